//! `certs`: authorities, the certificates they sign, and the key pair of service accounts.
//!
//! Follows `cmd/kubeadm/app/cmd/phases/init/certs.go` and `cmd/kubeadm/app/phases/certs`.

use super::{NOTHING, check_external_authorities, noted};
use crate::kubeadm::InitContext;
use crate::kubeadm::pki::existing::{Decision, Found, Pair, find};
use crate::kubeadm::pki::{
    self, Authority, CERTIFICATES, CertSpec, ClusterCertificate, FileProblem, PrivateKey, Problem,
    PublicKey,
};
use crate::{Compat, Content, Cx, Draft, Node, Note, Phase, PhaseError, Plan};

const FLAGS: [&str; 4] = ["cert-dir", "config", "kubernetes-version", "dry-run"];
/// What else the names in the API server's certificate depend on.
const API_SERVER_FLAGS: [&str; 5] = [
    "apiserver-advertise-address",
    "control-plane-endpoint",
    "apiserver-cert-extra-sans",
    "service-dns-domain",
    "service-cidr",
];

/// The phase `certs` with all below it: makes the authorities, certificates and keys of a control plane that are not there
/// yet, in the folder `certificatesDir`.
///
/// What is there already is kept if it is sound. What that means depends on the context's [`Compat`]: by default a file that
/// will not work (expired, not from the authority, without its key, lacking names) is refused with what mends it;
/// with [`Compat::Upstream`] only what kubeadm looks at is looked at.
pub fn certs() -> Node<InitContext> {
    let certificates = CERTIFICATES.iter().map(certificate);
    Node::new("certs", "Certificate generation")
        .after(NOTHING)
        .run(folder)
        .children([Node::run_all("Generate all certificates")
            .inherit_flags(FLAGS)
            .inherit_flags(API_SERVER_FLAGS)])
        .children(certificates)
        .children([Node::new(
            "sa",
            "Generate a private key for signing service account tokens along with its public key",
        )
        .inherit_flags(FLAGS)
        .outputs(["pki/sa"])
        .run(service_accounts)])
}

fn certificate(certificate: &'static ClusterCertificate) -> Node<InitContext> {
    let node = Node::new(
        certificate.name,
        format!("Generate the {}", certificate.description),
    )
    .inherit_flags(FLAGS)
    .inputs(certificate.authority().map(output))
    .outputs([output(certificate)])
    .run(Certificate(certificate));
    if certificate.name == "apiserver" {
        node.inherit_flags(API_SERVER_FLAGS)
    } else {
        node
    }
}

/// The name under which other phases ask for a certificate: `pki/etcd/ca`.
fn output(certificate: &ClusterCertificate) -> String {
    format!("pki/{}", certificate.base_name)
}

/// Before the first certificate is made: is there all that cannot be made?
fn folder(cx: &Cx<'_, InitContext>) -> Result<Plan, PhaseError> {
    let folder = &cx.config.cluster.certificates_dir;
    let mut plan = noted(Note::info(
        "pki.folder",
        format!("using the certificates' folder {folder}"),
    ));
    plan.notes.extend(check_external_authorities(
        cx.config,
        cx.files,
        cx.clock.now(),
    )?);
    Ok(plan)
}

/// A phase that makes one certificate and its key.
struct Certificate(&'static ClusterCertificate);

impl Phase<InitContext> for Certificate {
    fn plan(&self, cx: &Cx<'_, InitContext>) -> Result<Plan, PhaseError> {
        if self.0.is_etcds() && cx.config.external_etcd() {
            let text = format!("etcd runs elsewhere: {} is not made", self.0.base_name);
            return Ok(noted(Note::info("pki.external-etcd", text)));
        }
        let mut notes = Vec::new();
        let plan = match self.0.authority() {
            None => self.authority(cx, &mut notes),
            Some(authority) => self.leaf(cx, authority, &mut notes),
        };
        let mut plan = plan?;
        plan.notes.splice(0..0, notes);
        Ok(plan)
    }
}

impl Certificate {
    fn authority(
        &self,
        cx: &Cx<'_, InitContext>,
        notes: &mut Vec<Note>,
    ) -> Result<Plan, PhaseError> {
        let context = cx.config;
        let now = cx.clock.now();
        let pair = look(cx, self.0)?;
        if pair.decide_authority(context.compat, now, notes)? == Decision::Keep {
            let kind = if pair.key().is_ok() {
                "certificate authority"
            } else {
                "keyless certificate authority"
            };
            return self.kept(cx, &pair, kind);
        }
        let spec = self.0.spec(&context.init, &context.cluster, now, notes)?;
        let key = context.keys.generate(pki::algorithm(&context.cluster)?)?;
        let made = Authority::self_signed(&spec, key, context.keys.as_ref())?;
        self.made(cx, &pair, made.certificate(), made.key(), &spec)
    }

    fn leaf(
        &self,
        cx: &Cx<'_, InitContext>,
        authority: &ClusterCertificate,
        notes: &mut Vec<Note>,
    ) -> Result<Plan, PhaseError> {
        let context = cx.config;
        let now = cx.clock.now();
        let (pair, signer) = (look(cx, self.0)?, look(cx, authority)?);
        let spec = self.0.spec(&context.init, &context.cluster, now, notes)?;
        if context.compat == Compat::Fixed {
            signer.decide_authority(context.compat, now, notes)?;
        }
        if pair.decide_leaf(&signer, &spec, context.compat, now, notes)? == Decision::Keep {
            return self.kept(cx, &pair, "certificate and key");
        }
        let authority_path = signer.certificate_path.clone();
        let (certificate, key) = signer.signing()?;
        signer.warn_of_period(certificate, now, notes);
        let signer = Authority::new(certificate.clone(), key.clone())?;
        let key = context.keys.generate(pki::algorithm(&context.cluster)?)?;
        let made = signer.issue(&spec, key.public_key(), context.keys.as_ref())?;
        if context.compat == Compat::Fixed {
            let verified = made.verify(&[], signer.certificate(), now);
            verified.map_err(|why| {
                FileProblem::new(
                    authority_path,
                    Problem::CannotSign {
                        certificate: self.0.base_name.to_owned(),
                        why,
                    },
                )
            })?;
        }
        self.made(cx, &pair, &made, &key, &spec)
    }

    /// The key comes before the certificate, and both together: a certificate never lies there without its key.
    fn made(
        &self,
        cx: &Cx<'_, InitContext>,
        pair: &Pair,
        certificate: &pki::Certificate,
        key: &PrivateKey,
        spec: &CertSpec,
    ) -> Result<Plan, PhaseError> {
        let mut draft = cx.draft();
        draft
            .dir(parent(&pair.key_path), 0o755)?
            .file(
                &pair.key_path,
                0o600,
                Content::secret(key.to_pem()?.as_bytes()),
            )?
            .file(
                &pair.certificate_path,
                0o644,
                Content::text(certificate.to_pem()),
            )?;
        draft.note(Note::info(
            "pki.made",
            format!("generating the {} certificate and key", self.0.base_name),
        ));
        if !spec.ca && !spec.dns_names.is_empty() {
            let ips = spec.ip_addresses.iter().map(ToString::to_string);
            let names: Vec<_> = spec.dns_names.iter().cloned().chain(ips).collect();
            let text = format!(
                "the {} certificate is for {}",
                self.0.base_name,
                names.join(", ")
            );
            draft.note(Note::info("pki.names", text));
        }
        Ok(draft.finish())
    }

    fn kept(&self, cx: &Cx<'_, InitContext>, pair: &Pair, what: &str) -> Result<Plan, PhaseError> {
        let text = format!("using the existing {} {what}", self.0.base_name);
        let mut plan = noted(Note::info("pki.kept", text));
        plan.notes.extend(exposed(cx, &pair.key_path)?);
        Ok(plan)
    }
}

/// A private key that others than its owner can read is kept, but somebody should know.
fn exposed(cx: &Cx<'_, InitContext>, key_path: &str) -> Result<Option<Note>, PhaseError> {
    let mode = cx.files.stat(key_path)?.map_or(0, |stat| stat.mode);
    let text =
        || format!("{key_path} can be read by others than its owner: it has the mode {mode:04o}");
    Ok((mode & 0o077 != 0).then(|| Note::warning("pki.key-exposed", text())))
}

/// The key pair that signs service accounts' tokens: `sa.key` and `sa.pub`.
fn service_accounts(cx: &Cx<'_, InitContext>) -> Result<Plan, PhaseError> {
    let context = cx.config;
    let (key_path, public_path) = (context.pki_path("sa.key"), context.pki_path("sa.pub"));
    let upstream = context.compat == Compat::Upstream;
    if upstream && look(cx, &CERTIFICATES[0])?.is_external_authority() {
        return Ok(noted(Note::info(
            "pki.kept",
            "using the existing keys of service accounts",
        )));
    }
    let exposed = exposed(cx, &key_path)?;
    let kept = || {
        let mut plan = noted(Note::info(
            "pki.kept",
            "using the existing key of service accounts",
        ));
        plan.notes.extend(exposed.clone());
        plan
    };
    let found = find(cx.files, &key_path, PrivateKey::from_pem)?;
    let public = find(cx.files, &public_path, PublicKey::from_pem)?;
    match (found, public) {
        (Found::Broken(error), _) => {
            Err(FileProblem::new(key_path, Problem::Unreadable(error)).into())
        }
        (Found::Good(_), _) if upstream => Ok(kept()),
        (Found::Good(key), Found::Good(public)) if key.public_key() == &public => Ok(kept()),
        (Found::Good(_), Found::Good(_)) => {
            Err(FileProblem::new(public_path, Problem::KeyMismatch { key: key_path }).into())
        }
        (Found::Good(_), Found::Broken(error)) => {
            Err(FileProblem::new(public_path, Problem::Unreadable(error)).into())
        }
        (Found::Good(key), Found::Nothing) => {
            let mut draft = cx.draft();
            draft.file(
                &public_path,
                0o600,
                Content::text(key.public_key().to_pem()),
            )?;
            draft.note(Note::info(
                "pki.public-key-restored",
                "writing the public key of service accounts anew",
            ));
            Ok(draft.finish())
        }
        (Found::Nothing, Found::Good(_) | Found::Broken(_)) if !upstream => {
            Err(FileProblem::new(public_path, Problem::HalfPair { missing: key_path }).into())
        }
        (Found::Nothing, _) => {
            let key = context.keys.generate(pki::algorithm(&context.cluster)?)?;
            let mut draft = cx.draft();
            draft.dir(parent(&key_path), 0o755)?;
            service_account_files(&mut draft, &key, &key_path, &public_path)?;
            Ok(draft.finish())
        }
    }
}

fn service_account_files(
    draft: &mut Draft<'_>,
    key: &PrivateKey,
    key_path: &str,
    public_path: &str,
) -> Result<(), PhaseError> {
    draft
        .file(key_path, 0o600, Content::secret(key.to_pem()?.as_bytes()))?
        .file(public_path, 0o600, Content::text(key.public_key().to_pem()))?
        .note(Note::info(
            "pki.made",
            "generating the key and public key of service accounts",
        ));
    Ok(())
}

fn look(cx: &Cx<'_, InitContext>, certificate: &ClusterCertificate) -> Result<Pair, PhaseError> {
    Pair::look(cx.files, &cx.config.pki_path(certificate.base_name))
}

fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(parent, _)| parent)
}

#[cfg(test)]
mod tests;
