//! How a node that joins finds the cluster and comes to trust it.
//!
//! Follows `cmd/kubeadm/app/discovery`: `cluster-info`, which anybody may read, is trusted if it is signed with the token; the
//! authority in it is trusted if it is pinned, or if the user says that it need not be.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::kubeconfig::{Data, Kubeconfig};
use super::objects::cluster_info;
use super::pki::{Certificate, PinError, Pins};
use componentconfig::kubeadm::token::Token;

/// A cluster that is trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cluster {
    /// URL of its API server.
    pub server: String,
    /// The PEM texts of its authorities.
    pub authority: Vec<u8>,
    /// The kubeconfig that was read, without any user.
    pub kubeconfig: String,
}

/// Why a cluster is not trusted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Distrust {
    /// There is no kubeconfig in `cluster-info`.
    #[error("cluster-info holds no kubeconfig")]
    NoKubeconfig,
    /// The token did not sign it: the ID is unknown there, or has no right to sign, or is no more.
    #[error(
        "cluster-info is not signed with the token of ID {id}: the token may be unknown or over"
    )]
    NotSigned {
        /// The token's ID.
        id: String,
    },
    /// It is signed with another secret than the token's.
    #[error(
        "the signature of cluster-info is not that of the token: its secret is another one, or somebody is in between"
    )]
    WrongSignature,
    /// The kubeconfig makes no sense.
    #[error("the kubeconfig of cluster-info: {0}")]
    BadKubeconfig(String),
    /// Its authority is not pinned.
    #[error("cluster CA found in cluster-info: {0}")]
    Pin(#[from] PinError),
    /// The kubeconfig that was fetched again, over a connection that is trusted, is another one.
    #[error("cluster-info changed between the first look and the one over a trusted connection")]
    Changed,
}

/// Trusts `cluster-info` as far as the token and the pins do. Without pins nothing is asked of the authority: that is for the user
/// to say (`unsafeSkipCAVerification`).
///
/// # Errors
/// Why it is not trusted.
pub fn by_token(cluster_info: &Value, token: &Token, pins: &Pins) -> Result<Cluster, Distrust> {
    let data = |key: &str| {
        let text = cluster_info.get("data").and_then(|data| data.get(key));
        text.and_then(Value::as_str).filter(|text| !text.is_empty())
    };
    let kubeconfig = data(cluster_info::KEY).ok_or(Distrust::NoKubeconfig)?;
    let signature =
        data(&cluster_info::signature_key(token.id())).ok_or_else(|| Distrust::NotSigned {
            id: token.id().to_owned(),
        })?;
    if !cluster_info::is_signed(kubeconfig, signature, token.id(), token.secret()) {
        return Err(Distrust::WrongSignature);
    }
    let cluster = by_kubeconfig(kubeconfig.as_bytes())?;
    if !pins.is_empty() {
        let certificates = Certificate::bundle_from_pem(&cluster.authority)
            .map_err(|error| Distrust::BadKubeconfig(error.to_string()))?;
        pins.check(&certificates)?;
    }
    Ok(cluster)
}

/// Whether what was fetched again, over a connection to the authority that is trusted now, is what was trusted.
///
/// # Errors
/// It is not.
pub fn confirm(cluster: &Cluster, again: &Value) -> Result<(), Distrust> {
    let text = again
        .get("data")
        .and_then(|data| data.get(cluster_info::KEY));
    if text.and_then(Value::as_str) == Some(cluster.kubeconfig.as_str()) {
        Ok(())
    } else {
        Err(Distrust::Changed)
    }
}

/// The cluster of a kubeconfig that the user trusts already: that of a discovery file.
///
/// # Errors
/// It makes no sense, or names no server or authority.
pub fn by_kubeconfig(text: &[u8]) -> Result<Cluster, Distrust> {
    let bad = |why: String| Distrust::BadKubeconfig(why);
    let value = std::str::from_utf8(text).map_err(|_| bad("it is not UTF-8 text".to_owned()))?;
    let read = componentconfig::yaml::read(value);
    let read = read.map_err(|_| bad("it is not YAML".to_owned()))?;
    let clusters = read
        .get("clusters")
        .and_then(Value::as_array)
        .map(Vec::as_slice);
    // The cluster of `cluster-info` has no name, and no context leads to it.
    let mut unnamed = clusters.into_iter().flatten();
    let unnamed = unnamed.find(|entry| {
        entry
            .get("name")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .is_empty()
    });
    let only = unnamed.and_then(|entry| entry.get("cluster"));
    let (server, authority) = if let Some(cluster) = only {
        let field = |name: &str| {
            cluster
                .get(name)
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        let pem = STANDARD.decode(field("certificate-authority-data"));
        let pem = pem.map_err(|_| bad("its authority is not base64".to_owned()))?;
        (field("server").to_owned(), pem)
    } else {
        let parsed = Kubeconfig::parse(text).map_err(|error| bad(error.to_string()))?;
        let Data::Inline(pem) = parsed.authority else {
            return Err(bad("its authority is not part of it".to_owned()));
        };
        (parsed.server, pem.expose().to_vec())
    };
    if server.is_empty() || authority.is_empty() {
        return Err(bad("it lacks a server or an authority".to_owned()));
    }
    Ok(Cluster {
        server,
        authority,
        kubeconfig: value.to_owned(),
    })
}
