//! The keys and certificates that a cluster is made with, and the Secrets that they are kept in.
//!
//! Follows `util/secret` and `util/kubeconfig` of Cluster API. No key is made here: whoever makes them is a
//! [`CertificateSource`](crate::provider::CertificateSource).
//!
//! ```
//! use machine_api::{certificates::{KeyPair, Purpose}, meta::OwnerReference};
//!
//! let pair = KeyPair { certificate: "-----BEGIN CERTIFICATE-----".to_owned(), key: "-----BEGIN KEY-----".into() };
//! let secret = Purpose::ClusterCa.secret("default", "prod", &pair, Some(&OwnerReference::default()));
//! assert_eq!(secret["metadata"]["name"], "prod-ca");
//! assert_eq!(secret["type"], "cluster.x-k8s.io/secret");
//! assert_eq!(KeyPair::of_secret(&secret)?, pair);
//! # Ok::<(), machine_api::certificates::SecretError>(())
//! ```

use std::fmt;

use componentconfig::{scalar::Bytes, secret::Secret};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    bootstrap::v1beta2::{ClusterConfiguration, ExternalEtcd},
    labels,
    meta::OwnerReference,
};

/// The type of Secrets that Cluster API makes.
pub const SECRET_TYPE: &str = "cluster.x-k8s.io/secret";

/// Authorities are valid for so many days if nothing else is said.
pub const AUTHORITY_DAYS: i32 = 3650;

/// A certificate, or a public key, and its private key, as PEM.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyPair {
    /// The certificate.
    pub certificate: String,
    /// The private key; empty if there is none.
    pub key: Secret,
}

/// What a machine of the control plane gets to sign with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Certificates {
    /// The authority of the cluster.
    pub cluster_ca: Option<KeyPair>,
    /// That of etcd; its certificate alone if etcd is elsewhere.
    pub etcd_ca: Option<KeyPair>,
    /// That of the front proxy.
    pub front_proxy_ca: Option<KeyPair>,
    /// The key of service accounts.
    pub service_account: Option<KeyPair>,
    /// The API server's client certificate for an etcd that is elsewhere.
    pub api_server_etcd_client: Option<KeyPair>,
}

impl Certificates {
    /// Puts a pair into its place; a kubeconfig has none.
    pub fn set(&mut self, purpose: Purpose, pair: KeyPair) {
        let place = match purpose {
            Purpose::ClusterCa => &mut self.cluster_ca,
            Purpose::EtcdCa => &mut self.etcd_ca,
            Purpose::FrontProxyCa => &mut self.front_proxy_ca,
            Purpose::ServiceAccount => &mut self.service_account,
            Purpose::ApiServerEtcdClient => &mut self.api_server_etcd_client,
            Purpose::Kubeconfig => return,
        };
        *place = Some(pair);
    }
}

/// What a Secret of a cluster is for. Displays as the end of its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Purpose {
    /// The authority of the cluster.
    ClusterCa,
    /// The key of service accounts.
    ServiceAccount,
    /// The authority of the front proxy.
    FrontProxyCa,
    /// The authority of etcd.
    EtcdCa,
    /// The API server's client certificate for an etcd that is elsewhere, which the user provides.
    ApiServerEtcdClient,
    /// The administrator's kubeconfig.
    Kubeconfig,
}

impl Purpose {
    /// Every purpose.
    pub const ALL: [Self; 6] = [
        Self::ClusterCa,
        Self::ServiceAccount,
        Self::FrontProxyCa,
        Self::EtcdCa,
        Self::ApiServerEtcdClient,
        Self::Kubeconfig,
    ];

    /// The name of the Secret of that cluster.
    pub fn secret_name(self, cluster: &str) -> String {
        format!("{cluster}-{self}")
    }

    /// The Secret that keeps a pair. Without owner it is one of the user.
    pub fn secret(
        self,
        namespace: &str,
        cluster: &str,
        pair: &KeyPair,
        owner: Option<&OwnerReference>,
    ) -> Value {
        let data = json!({
            "tls.crt": base64(&pair.certificate),
            "tls.key": base64(pair.key.expose()),
        });
        secret(namespace, &self.secret_name(cluster), cluster, &data, owner)
    }
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ClusterCa => "ca",
            Self::ServiceAccount => "sa",
            Self::FrontProxyCa => "proxy",
            Self::EtcdCa => "etcd",
            Self::ApiServerEtcdClient => "apiserver-etcd-client",
            Self::Kubeconfig => "kubeconfig",
        })
    }
}

/// What a control plane needs before its first machine is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Needed {
    /// What for.
    pub purpose: Purpose,
    /// Whether the user provides it, so that it is never made.
    pub external: bool,
}

/// What a control plane with that configuration needs, in the order in which it is named.
///
/// Follows `NewCertificatesForInitialControlPlane` of Cluster API.
pub fn needed(configuration: &ClusterConfiguration) -> Vec<Needed> {
    let external = configuration.etcd.external != ExternalEtcd::default();
    let own = [
        Purpose::ClusterCa,
        Purpose::ServiceAccount,
        Purpose::FrontProxyCa,
    ];
    let mut all: Vec<Needed> = own
        .map(|purpose| Needed {
            purpose,
            external: false,
        })
        .into();
    if external {
        all.push(Needed {
            purpose: Purpose::ApiServerEtcdClient,
            external,
        });
    }
    all.push(Needed {
        purpose: Purpose::EtcdCa,
        external,
    });
    all
}

/// Why a Secret cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Secret {name}: data[{key}]: {problem}")]
#[non_exhaustive]
pub struct SecretError {
    /// Its name.
    pub name: String,
    /// The key of its data.
    pub key: String,
    /// What is wrong with it.
    pub problem: &'static str,
}

impl KeyPair {
    /// The pair that a Secret keeps. The key may be missing: that of an etcd elsewhere is nobody's business.
    ///
    /// # Errors
    /// There is no certificate, or the data is no text.
    pub fn of_secret(secret: &Value) -> Result<Self, SecretError> {
        let certificate = value(secret, "tls.crt")?.ok_or_else(|| SecretError {
            name: name(secret),
            key: "tls.crt".to_owned(),
            problem: "required",
        })?;
        Ok(Self {
            certificate: certificate.expose().to_owned(),
            key: value(secret, "tls.key")?.unwrap_or_default(),
        })
    }
}

/// The value of a key of a Secret.
///
/// # Errors
/// It is not base64 of UTF-8.
pub fn value(secret: &Value, key: &str) -> Result<Option<Secret>, SecretError> {
    let Some(value) = secret.pointer("/data").and_then(|data| data.get(key)) else {
        return Ok(None);
    };
    let bytes = Bytes::deserialize(value).ok();
    let text = bytes.and_then(|bytes| String::from_utf8(bytes.as_slice().to_vec()).ok());
    let problem = || SecretError {
        name: name(secret),
        key: key.to_owned(),
        problem: "expected text in base64",
    };
    Ok(Some(text.ok_or_else(problem)?.into()))
}

/// The Secret with the administrator's kubeconfig: how to reach a cluster at an endpoint such as `10.0.0.1:6443`.
///
/// Follows `kubeconfig.CreateSecretWithOwner` of Cluster API.
pub fn kubeconfig_secret(
    namespace: &str,
    cluster: &str,
    kubeconfig: &Secret,
    owner: &OwnerReference,
) -> Value {
    let name = Purpose::Kubeconfig.secret_name(cluster);
    let data = json!({"value": base64(kubeconfig.expose())});
    secret(namespace, &name, cluster, &data, Some(owner))
}

/// The administrator's kubeconfig of a cluster: `client` is a certificate of the authority `ca` for the user `kubernetes-admin` of the
/// group `system:masters`.
///
/// ```
/// use machine_api::certificates::{KeyPair, kubeconfig};
///
/// let pair = |text: &str| KeyPair { certificate: text.to_owned(), key: text.into() };
/// let text = kubeconfig("prod", "10.0.0.1:6443", &pair("ca"), &pair("me"));
/// assert!(text.expose().contains("    certificate-authority-data: Y2E=\n    server: https://10.0.0.1:6443\n  name: prod\n"));
/// ```
pub fn kubeconfig(cluster: &str, endpoint: &str, ca: &KeyPair, client: &KeyPair) -> Secret {
    let user = format!("{cluster}-admin");
    let context = format!("{user}@{cluster}");
    let cluster = scalar(cluster);
    let (user, context) = (scalar(&user), scalar(&context));
    let (authority, certificate, key) = (
        base64(&ca.certificate),
        base64(&client.certificate),
        base64(client.key.expose()),
    );
    format!(
        "apiVersion: v1\n\
         clusters:\n\
         - cluster:\n    certificate-authority-data: {authority}\n    server: https://{endpoint}\n  name: {cluster}\n\
         contexts:\n\
         - context:\n    cluster: {cluster}\n    user: {user}\n  name: {context}\n\
         current-context: {context}\n\
         kind: Config\n\
         users:\n\
         - name: {user}\n  user:\n    client-certificate-data: {certificate}\n    client-key-data: {key}\n"
    )
    .into()
}

/// The client certificate of the first user in a kubeconfig whose data is in it.
pub fn client_certificate(kubeconfig: &str) -> Option<String> {
    let (_, rest) = kubeconfig.split_once("client-certificate-data")?;
    let rest = rest.trim_start_matches(['"', ':', ' ']);
    let end = rest.find(|next: char| !next.is_ascii_alphanumeric() && !"+/=".contains(next));
    let data = rest.get(..end.unwrap_or(rest.len()))?;
    let bytes = Bytes::deserialize(&json!(data)).ok()?;
    String::from_utf8(bytes.as_slice().to_vec()).ok()
}

/// A Secret of a cluster.
pub(crate) fn secret(
    namespace: &str,
    name: &str,
    cluster: &str,
    data: &Value,
    owner: Option<&OwnerReference>,
) -> Value {
    let mut secret = json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": name,
            "namespace": namespace,
            "labels": {labels::CLUSTER_NAME: cluster},
        },
        "type": SECRET_TYPE,
        "data": data,
    });
    if let (Some(owner), Some(Value::Object(metadata))) = (owner, secret.get_mut("metadata")) {
        metadata.insert("ownerReferences".to_owned(), json!([owner]));
    }
    secret
}

pub(crate) fn base64(text: &str) -> String {
    let value = json!(Bytes::from(text.as_bytes().to_vec()));
    value.as_str().unwrap_or_default().to_owned()
}

fn name(secret: &Value) -> String {
    let name = secret.pointer("/metadata/name").and_then(Value::as_str);
    name.unwrap_or_default().to_owned()
}

/// A DNS name as YAML reads it as a text: some of them would be numbers, or truths.
fn scalar(name: &str) -> String {
    const WORDS: [&str; 9] = ["true", "false", "yes", "no", "on", "off", "null", "y", "n"];
    let number = name.starts_with(|first: char| first.is_ascii_digit() || first == '-');
    if number || WORDS.contains(&name) {
        return format!("\"{name}\"");
    }
    name.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_etcd_elsewhere_is_the_users_matter() {
        let own = needed(&ClusterConfiguration::default());
        assert!(own.iter().all(|one| !one.external));
        assert_eq!(own.len(), 4);
        let mut configuration = ClusterConfiguration::default();
        configuration.etcd.external.endpoints = vec!["https://e:2379".to_owned()];
        let purposes: Vec<(Purpose, bool)> = needed(&configuration)
            .iter()
            .map(|one| (one.purpose, one.external))
            .collect();
        assert_eq!(
            purposes,
            [
                (Purpose::ClusterCa, false),
                (Purpose::ServiceAccount, false),
                (Purpose::FrontProxyCa, false),
                (Purpose::ApiServerEtcdClient, true),
                (Purpose::EtcdCa, true),
            ]
        );
    }

    #[test]
    fn what_is_no_text_is_an_error_and_not_shown() {
        let broken = json!({"metadata": {"name": "prod-ca"}, "data": {"tls.crt": "%%%"}});
        let error = KeyPair::of_secret(&broken).unwrap_err();
        assert_eq!(
            error.to_string(),
            "Secret prod-ca: data[tls.crt]: expected text in base64"
        );
        let missing = KeyPair::of_secret(&json!({"metadata": {"name": "prod-ca"}})).unwrap_err();
        assert_eq!(missing.problem, "required");
    }

    #[test]
    fn a_client_certificate_is_found_in_yaml_and_json() {
        let pair = |text: &str| KeyPair {
            certificate: text.to_owned(),
            key: text.into(),
        };
        let text = kubeconfig("prod", "h:1", &pair("ca"), &pair("me, myself"));
        assert_eq!(
            client_certificate(text.expose()).as_deref(),
            Some("me, myself")
        );
        let json = r#"{"users":[{"user":{"client-certificate-data":"bWU=","x":1}}]}"#;
        assert_eq!(client_certificate(json).as_deref(), Some("me"));
        assert_eq!(client_certificate("users: []"), None);
    }

    #[test]
    fn names_stay_texts() {
        assert_eq!(scalar("prod"), "prod");
        assert_eq!(scalar("1e3"), "\"1e3\"");
        assert_eq!(scalar("no"), "\"no\"");
    }
}
