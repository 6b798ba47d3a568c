//! `kubeconfig user`: a kubeconfig for one more user.

use std::time::{Duration, SystemTime};

use crate::kubeadm::InitContext;
use crate::kubeadm::kubeconfig::{Credentials, KubeconfigSpec};
use crate::kubeadm::pki::existing::Pair;
use crate::kubeadm::pki::{self, Authority, CERTIFICATES, CertSpec, Usage, Validity};
use crate::{Files, PhaseError, Secret};

/// How a user shows who he is.
#[derive(Clone, Debug)]
pub enum UserCredentials {
    /// By a new client certificate.
    Certificate {
        /// The groups that he belongs to.
        organizations: Vec<String>,
        /// How long it holds; unset, as long as the cluster's certificates.
        period: Option<Duration>,
    },
    /// By a bearer token.
    Token(Secret),
}

/// The text of a kubeconfig for a user. It holds his credentials.
///
/// Follows `cmd/kubeadm/app/cmd/kubeconfig.go`.
///
/// # Errors
/// The authority's certificate, or the key that signs a certificate, is not there or not sound.
pub fn user_kubeconfig(
    context: &InitContext,
    files: &dyn Files,
    now: SystemTime,
    name: &str,
    credentials: &UserCredentials,
) -> Result<Secret, PhaseError> {
    let [ca, ..] = &CERTIFICATES;
    let pair = Pair::look(files, &context.pki_path(ca.base_name))?;
    let credentials = match credentials {
        UserCredentials::Token(token) => Credentials::Token(token.clone()),
        UserCredentials::Certificate {
            organizations,
            period,
        } => {
            let (certificate, key) = pair.signing()?;
            let signer = Authority::new(certificate.clone(), key.clone())?;
            let validity = match period {
                Some(period) => Validity::starting(now, *period),
                None => pki::leaf_validity(&context.cluster, now),
            };
            let mut spec = CertSpec::leaf(name, &[Usage::ClientAuth], validity);
            spec.organizations.clone_from(organizations);
            let key = context.keys.generate(pki::algorithm(&context.cluster)?)?;
            let certificate = signer.issue(&spec, key.public_key(), context.keys.as_ref())?;
            Credentials::Certificate { certificate, key }
        }
    };
    let spec = KubeconfigSpec {
        server: context.control_plane_url()?,
        cluster: context.cluster.cluster_name.clone(),
        user: name.to_owned(),
        authority: pair.bundle()?.first.clone(),
        credentials,
    };
    Ok(spec.render()?)
}
