//! Certificates and kubeconfigs after the cluster is up: renewed, looked at, asked for, made for users.
//!
//! Follows `cmd/kubeadm/app/cmd/{certs,kubeconfig}.go` and `cmd/kubeadm/app/phases/certs/renewal`.

mod cluster;
mod expiration;
mod renew;
mod requests;
mod user;

use serde_json::{Map, Value};

use super::InitContext;
use super::pki::{CERTIFICATES, ClusterCertificate};

pub use cluster::cluster_context;
pub use expiration::expiration;
pub(crate) use renew::renewed;
pub use renew::{Renewal, renew_workflow};
pub use requests::requests_workflow;
pub use user::{UserCredentials, user_kubeconfig};

/// Something with a certificate that ends, and can be renewed while its authority's key is here.
#[derive(Clone, Copy, Debug)]
enum Renewable {
    Certificate(&'static ClusterCertificate),
    /// A kubeconfig with a client certificate of the cluster's authority, by its file's name.
    Kubeconfig {
        file: &'static str,
        owner: &'static str,
    },
}

/// The kubeconfigs that are renewed. That of the kubelet is the kubelet's own to renew.
const KUBECONFIGS: [Renewable; 4] = [
    Renewable::Kubeconfig {
        file: "admin.conf",
        owner: "the admin to use and for kubeadm itself",
    },
    Renewable::Kubeconfig {
        file: "controller-manager.conf",
        owner: "the controller manager to use",
    },
    Renewable::Kubeconfig {
        file: "scheduler.conf",
        owner: "the scheduler to use",
    },
    Renewable::Kubeconfig {
        file: "super-admin.conf",
        owner: "the super-admin",
    },
];

/// All of them by name, sorted. Those of etcd are left out where it runs elsewhere.
fn all(external_etcd: bool) -> Vec<Renewable> {
    let certificates = CERTIFICATES
        .iter()
        .filter(|certificate| certificate.authority.is_some())
        .filter(|certificate| !(external_etcd && certificate.is_etcds()))
        .map(Renewable::Certificate);
    let mut all: Vec<Renewable> = certificates.chain(KUBECONFIGS).collect();
    all.sort_by_key(|one| one.name());
    all
}

impl Renewable {
    /// Its name on the command line.
    fn name(self) -> &'static str {
        match self {
            Self::Certificate(certificate) => certificate.name,
            Self::Kubeconfig { file, .. } => file,
        }
    }

    /// What it is, for people.
    fn description(self) -> String {
        match self {
            Self::Certificate(certificate) => certificate.description.to_owned(),
            Self::Kubeconfig { owner, .. } => {
                format!("certificate embedded in the kubeconfig file for {owner}")
            }
        }
    }

    /// The authority that signs it.
    fn authority(self) -> Option<&'static ClusterCertificate> {
        match self {
            Self::Certificate(certificate) => certificate.authority(),
            Self::Kubeconfig { .. } => CERTIFICATES.first(),
        }
    }

    /// Where it lies: without `.crt` and `.key` for a certificate.
    fn path(self, context: &InitContext) -> String {
        match self {
            Self::Certificate(certificate) => context.pki_path(certificate.base_name),
            Self::Kubeconfig { file, .. } => context.kubeconfig_path(file),
        }
    }
}

/// The cluster and the user of a kubeconfig's current context, to be changed.
pub(crate) fn current<'a>(
    kubeconfig: &'a mut Value,
    list: &str,
    field: &str,
) -> Option<&'a mut Map<String, Value>> {
    let context = kubeconfig.get("current-context")?.as_str()?.to_owned();
    let contexts = kubeconfig.get("contexts")?.as_array()?.iter();
    let mut contexts =
        contexts.filter(|entry| entry.get("name").and_then(Value::as_str) == Some(&context));
    let name = contexts
        .next()?
        .get("context")?
        .get(field)?
        .as_str()?
        .to_owned();
    let entries = kubeconfig.get_mut(list)?.as_array_mut()?;
    let mut entries = entries.iter_mut();
    let entry = entries.find(|entry| entry.get("name").and_then(Value::as_str) == Some(&name))?;
    entry.get_mut(field)?.as_object_mut()
}
