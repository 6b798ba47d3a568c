//! The certificates of a control plane, as a table.
//!
//! Follows `cmd/kubeadm/app/phases/certs/certlist.go`.

use std::time::{Duration, SystemTime};

use componentconfig::kubeadm::v1beta4::{ClusterConfiguration, InitConfiguration};

use super::{Algorithm, CertSpec, PkiError, Usage, Validity, names};
use crate::Note;
use crate::kubeadm::net::NetError;

/// One certificate of a control plane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ClusterCertificate {
    /// Name of its phase and on the command line: `etcd-server`.
    pub name: &'static str,
    /// Its files below the folder of the certificates, without `.crt` and `.key`: `etcd/server`.
    pub base_name: &'static str,
    /// Name of the authority that signs it; none for an authority, which signs itself.
    pub authority: Option<&'static str>,
    /// What it is, for people: `certificate for serving etcd`.
    pub description: &'static str,
    subject: Subject,
    usages: &'static [Usage],
    names: Names,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Subject {
    Fixed(&'static str),
    Node,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Names {
    None,
    ApiServer,
    EtcdServer,
    EtcdPeer,
}

/// All of them, authorities before what they sign, in the order of kubeadm's phases.
pub const CERTIFICATES: [ClusterCertificate; 10] = [
    authority(
        "ca",
        "ca",
        "kubernetes",
        "self-signed Kubernetes CA to provision identities for other Kubernetes components",
    ),
    ClusterCertificate {
        names: Names::ApiServer,
        ..leaf(
            "apiserver",
            "apiserver",
            "ca",
            "kube-apiserver",
            SERVER,
            "certificate for serving the Kubernetes API",
        )
    },
    leaf(
        "apiserver-kubelet-client",
        "apiserver-kubelet-client",
        "ca",
        "kube-apiserver-kubelet-client",
        CLIENT,
        "certificate for the API server to connect to kubelet",
    ),
    authority(
        "front-proxy-ca",
        "front-proxy-ca",
        "front-proxy-ca",
        "self-signed CA to provision identities for front proxy",
    ),
    leaf(
        "front-proxy-client",
        "front-proxy-client",
        "front-proxy-ca",
        "front-proxy-client",
        CLIENT,
        "certificate for the front proxy client",
    ),
    authority(
        "etcd-ca",
        "etcd/ca",
        "etcd-ca",
        "self-signed CA to provision identities for etcd",
    ),
    ClusterCertificate {
        subject: Subject::Node,
        names: Names::EtcdServer,
        ..leaf(
            "etcd-server",
            "etcd/server",
            "etcd-ca",
            "",
            BOTH,
            "certificate for serving etcd",
        )
    },
    ClusterCertificate {
        subject: Subject::Node,
        names: Names::EtcdPeer,
        ..leaf(
            "etcd-peer",
            "etcd/peer",
            "etcd-ca",
            "",
            BOTH,
            "certificate for etcd nodes to communicate with each other",
        )
    },
    leaf(
        "etcd-healthcheck-client",
        "etcd/healthcheck-client",
        "etcd-ca",
        "kube-etcd-healthcheck-client",
        CLIENT,
        "certificate for liveness probes to healthcheck etcd",
    ),
    leaf(
        "apiserver-etcd-client",
        "apiserver-etcd-client",
        "etcd-ca",
        "kube-apiserver-etcd-client",
        CLIENT,
        "certificate the apiserver uses to access etcd",
    ),
];

const SERVER: &[Usage] = &[Usage::ServerAuth];
const CLIENT: &[Usage] = &[Usage::ClientAuth];
/// etcd serves and asks with the same certificate.
const BOTH: &[Usage] = &[Usage::ServerAuth, Usage::ClientAuth];

/// What a configuration without `certificateValidityPeriod` means: a year.
const VALIDITY: Duration = Duration::from_secs(365 * 24 * 3600);
/// What a configuration without `caCertificateValidityPeriod` means: ten years.
const CA_VALIDITY: Duration = Duration::from_secs(10 * 365 * 24 * 3600);

impl ClusterCertificate {
    /// The certificate of this name.
    pub fn by_name(name: &str) -> Option<&'static Self> {
        CERTIFICATES
            .iter()
            .find(|certificate| certificate.name == name)
    }

    /// The authority that signs it; none for an authority.
    pub fn authority(&self) -> Option<&'static Self> {
        self.authority.and_then(Self::by_name)
    }

    /// Whether it belongs to etcd's own authority, or is that: then it is not made when etcd runs elsewhere.
    pub fn is_etcds(&self) -> bool {
        self.name == "etcd-ca" || self.authority == Some("etcd-ca")
    }

    /// What the certificate should say in a cluster of this configuration, when the run began at `start`. What is odd but
    /// no error comes in `notes`.
    ///
    /// # Errors
    /// An address, endpoint or subnet of the configuration that names are made of is none.
    pub fn spec(
        &self,
        init: &InitConfiguration,
        cluster: &ClusterConfiguration,
        start: SystemTime,
        notes: &mut Vec<Note>,
    ) -> Result<CertSpec, NetError> {
        let common_name = match self.subject {
            Subject::Fixed(name) => name,
            Subject::Node => &init.node_registration.name,
        };
        if self.authority.is_none() {
            return Ok(CertSpec::authority(
                common_name,
                ca_validity(cluster, start),
            ));
        }
        let local = cluster.etcd.local.as_ref();
        let names = match self.names {
            Names::None => super::AltNames::default(),
            Names::ApiServer => names::api_server(init, cluster, notes)?,
            Names::EtcdServer => {
                let added = local.map_or(&[][..], |etcd| &etcd.server_cert_sans);
                names::etcd(init, added, self.base_name, notes)?
            }
            Names::EtcdPeer => {
                let added = local.map_or(&[][..], |etcd| &etcd.peer_cert_sans);
                names::etcd(init, added, self.base_name, notes)?
            }
        };
        let spec = CertSpec::leaf(common_name, self.usages, leaf_validity(cluster, start));
        Ok(spec.names(names).normalized())
    }
}

/// The algorithm of a configuration's keys.
///
/// # Errors
/// [`PkiError::UnknownAlgorithm`].
pub fn algorithm(cluster: &ClusterConfiguration) -> Result<Algorithm, PkiError> {
    // The gate is older than the field, and counts more where it is set.
    match cluster.feature_gates.get("PublicKeysECDSA") {
        Some(true) => Ok(Algorithm::EcdsaP256),
        Some(false) => Ok(Algorithm::Rsa2048),
        None => cluster.encryption_algorithm.parse(),
    }
}

/// The validity of what authorities sign.
pub fn leaf_validity(cluster: &ClusterConfiguration, start: SystemTime) -> Validity {
    Validity::starting(start, period(cluster.certificate_validity_period, VALIDITY))
}

fn ca_validity(cluster: &ClusterConfiguration, start: SystemTime) -> Validity {
    Validity::starting(
        start,
        period(cluster.ca_certificate_validity_period, CA_VALIDITY),
    )
}

fn period(configured: Option<componentconfig::scalar::Duration>, otherwise: Duration) -> Duration {
    configured
        .and_then(|duration| u64::try_from(duration.as_nanos()).ok())
        .map_or(otherwise, Duration::from_nanos)
}

const fn leaf(
    name: &'static str,
    base_name: &'static str,
    authority: &'static str,
    common_name: &'static str,
    usages: &'static [Usage],
    description: &'static str,
) -> ClusterCertificate {
    ClusterCertificate {
        name,
        base_name,
        authority: Some(authority),
        description,
        subject: Subject::Fixed(common_name),
        usages,
        names: Names::None,
    }
}

const fn authority(
    name: &'static str,
    base_name: &'static str,
    common_name: &'static str,
    description: &'static str,
) -> ClusterCertificate {
    let certificate = leaf(name, base_name, "", common_name, &[], description);
    ClusterCertificate {
        authority: None,
        ..certificate
    }
}
