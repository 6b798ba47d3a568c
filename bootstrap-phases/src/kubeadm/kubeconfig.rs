//! Kubeconfigs: written as client-go writes them, and read as far as a cluster's own files are concerned.
//!
//! Follows `cmd/kubeadm/app/util/kubeconfig` and `cmd/kubeadm/app/phases/kubeconfig`.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::pki::{Certificate, PkiError, PrivateKey};
use crate::Secret;

/// A kubeconfig to be written: one cluster, one user, one context.
#[derive(Clone)]
pub struct KubeconfigSpec {
    /// URL of the API server.
    pub server: String,
    /// Name of the cluster.
    pub cluster: String,
    /// Name of the user.
    pub user: String,
    /// The authority whose certificates the server may have. It goes into the file.
    pub authority: Certificate,
    /// How the user shows who he is.
    pub credentials: Credentials,
}

/// How a user shows who he is. Never shows itself.
#[derive(Clone)]
#[non_exhaustive]
pub enum Credentials {
    /// A client certificate and its key; both go into the file.
    Certificate {
        /// The certificate.
        certificate: Certificate,
        /// Its key.
        key: PrivateKey,
    },
    /// A bearer token.
    Token(Secret),
}

impl KubeconfigSpec {
    /// The file's content. It holds the user's credentials.
    ///
    /// # Errors
    /// The key cannot be exported, or a token is no text.
    pub fn render(&self) -> Result<Secret, PkiError> {
        let context = format!("{}@{}", self.user, self.cluster);
        let value = json!({
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{
                "name": self.cluster,
                "cluster": {
                    "certificate-authority-data": STANDARD.encode(self.authority.to_pem()),
                    "server": self.server,
                },
            }],
            "contexts": [{
                "name": context,
                "context": { "cluster": self.cluster, "user": self.user },
            }],
            "current-context": context,
            "users": [{ "name": self.user, "user": self.credentials.to_value()? }],
        });
        Ok(Secret::new(componentconfig::yaml::write(&value)))
    }
}

impl Credentials {
    fn to_value(&self) -> Result<Value, PkiError> {
        Ok(match self {
            Self::Certificate { certificate, key } => json!({
                "client-certificate-data": STANDARD.encode(certificate.to_pem()),
                "client-key-data": STANDARD.encode(key.to_pem()?.as_bytes()),
            }),
            Self::Token(token) => {
                let text = std::str::from_utf8(token.expose()).map_err(|_| PkiError::Spec {
                    field: "token",
                    why: "is not text".to_owned(),
                })?;
                json!({ "token": text })
            }
        })
    }
}

impl fmt::Debug for KubeconfigSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KubeconfigSpec")
            .field("server", &self.server)
            .field("cluster", &self.cluster)
            .field("user", &self.user)
            .field("authority", &self.authority)
            .field("credentials", &self.credentials)
            .finish()
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Certificate { .. } => "Certificate(redacted)",
            Self::Token(_) => "Token(redacted)",
        })
    }
}

/// What a kubeconfig says in its current context.
#[derive(Clone)]
#[non_exhaustive]
pub struct Kubeconfig {
    /// URL of the API server; empty if the file names none.
    pub server: String,
    /// The authorities whose certificates the server may have.
    pub authority: Data,
    /// The client certificate.
    pub client_certificate: Data,
    /// The client certificate's key.
    pub client_key: Data,
}

/// Bytes that stand in a kubeconfig, or in a file that it names.
#[derive(Clone, PartialEq, Eq)]
pub enum Data {
    /// Neither.
    None,
    /// In the kubeconfig.
    Inline(Secret),
    /// In this file, as the kubeconfig names it.
    File(String),
}

/// Why a text is no kubeconfig. Quotes nothing of it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KubeconfigError {
    /// It is not text in UTF-8.
    #[error("not UTF-8 text")]
    NotText,
    /// It is no YAML.
    #[error("invalid YAML{}", place(*line, *column))]
    Yaml {
        /// Line of the first fault, from 1; 0 if it has no place.
        line: u32,
        /// Column, from 1.
        column: u32,
    },
    /// A field has a wrong type or value.
    #[error("{field}: {why}")]
    Field {
        /// Path of the field.
        field: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The current context is not among the contexts.
    #[error("current-context: there is no context of this name")]
    NoContext,
    /// The current context's cluster is not among the clusters.
    #[error("contexts: the current context's cluster is not among the clusters")]
    NoCluster,
}

impl Kubeconfig {
    /// Reads a kubeconfig. Only what the current context leads to has to be sound.
    ///
    /// # Errors
    /// See [`KubeconfigError`].
    pub fn parse(text: &[u8]) -> Result<Self, KubeconfigError> {
        let text = std::str::from_utf8(text).map_err(|_| KubeconfigError::NotText)?;
        let value = componentconfig::yaml::read(text).map_err(|report| {
            let place = report.errors().find_map(|error| error.span);
            let (line, column) = place.map_or((0, 0), |span| (span.line, span.column));
            KubeconfigError::Yaml { line, column }
        })?;
        Self::from_value(&value)
    }

    fn from_value(root: &Value) -> Result<Self, KubeconfigError> {
        expect(root, "apiVersion", "v1")?;
        expect(root, "kind", "Config")?;
        let name = text(root, "", "current-context")?;
        let context =
            named(root, "contexts", "context", name)?.ok_or(KubeconfigError::NoContext)?;
        let cluster_name = text(context, "contexts[].context.", "cluster")?;
        let cluster =
            named(root, "clusters", "cluster", cluster_name)?.ok_or(KubeconfigError::NoCluster)?;
        let user_name = text(context, "contexts[].context.", "user")?;
        // A context may do without a user; then there are no credentials.
        let user = named(root, "users", "user", user_name)?.unwrap_or(&Value::Null);
        Ok(Self {
            server: text(cluster, "clusters[].cluster.", "server")?.to_owned(),
            authority: data(cluster, "clusters[].cluster.", "certificate-authority")?,
            client_certificate: data(user, "users[].user.", "client-certificate")?,
            client_key: data(user, "users[].user.", "client-key")?,
        })
    }
}

impl fmt::Debug for Kubeconfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kubeconfig")
            .field("server", &self.server)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Data {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("None"),
            Self::Inline(_) => f.write_str("Inline(redacted)"),
            Self::File(path) => write!(f, "File({path:?})"),
        }
    }
}

/// A field that may be left out, but may not say anything else.
fn expect(root: &Value, field: &str, wanted: &'static str) -> Result<(), KubeconfigError> {
    match root.get(field) {
        None | Some(Value::Null) => Ok(()),
        Some(Value::String(found)) if found == wanted => Ok(()),
        Some(_) => {
            let why = if wanted == "v1" {
                "must be v1"
            } else {
                "must be Config"
            };
            Err(KubeconfigError::Field {
                field: field.to_owned(),
                why,
            })
        }
    }
}

fn text<'a>(parent: &'a Value, path: &str, field: &str) -> Result<&'a str, KubeconfigError> {
    match parent.get(field) {
        None | Some(Value::Null) => Ok(""),
        Some(Value::String(text)) => Ok(text),
        Some(_) => Err(KubeconfigError::Field {
            field: format!("{path}{field}"),
            why: "must be a string",
        }),
    }
}

/// The entry of a list of named things; of two with the same name, the first one counts.
fn named<'a>(
    root: &'a Value,
    list: &str,
    field: &str,
    name: &str,
) -> Result<Option<&'a Value>, KubeconfigError> {
    let entries = match root.get(list) {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Array(entries)) => entries,
        Some(_) => {
            return Err(KubeconfigError::Field {
                field: list.to_owned(),
                why: "must be a list",
            });
        }
    };
    for entry in entries {
        if text(entry, &format!("{list}[]."), "name")? == name {
            return Ok(entry.get(field));
        }
    }
    Ok(None)
}

/// The field with `-data` counts before the one that names a file.
fn data(parent: &Value, path: &str, field: &str) -> Result<Data, KubeconfigError> {
    let inline = format!("{field}-data");
    let encoded = text(parent, path, &inline)?;
    if !encoded.is_empty() {
        let compact: String = encoded.split(['\r', '\n']).collect();
        let why = "must be base64";
        return STANDARD
            .decode(compact)
            .map(|bytes| Data::Inline(Secret::new(bytes)))
            .map_err(|_| KubeconfigError::Field {
                field: format!("{path}{inline}"),
                why,
            });
    }
    Ok(match text(parent, path, field)? {
        "" => Data::None,
        file => Data::File(file.to_owned()),
    })
}

fn place(line: u32, column: u32) -> String {
    if line == 0 {
        String::new()
    } else {
        format!(" at line {line}, column {column}")
    }
}
