//! How a cluster of an inventory is reached: what its profile says of where it is, with the plugin of ours that gets credentials.

mod exec;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{ClusterProfile, Connection, NamedExtension};

pub use exec::{ArgumentsPolicy, EnvironmentPolicy, ExecConfig, ExecEnvVar, Provider};

/// What a cluster tells the plugin, by the rules of client authentication.
const EXEC: &str = "client.authentication.k8s.io/exec";
/// What a cluster adds to the arguments of the plugin (KEP-5339).
const ARGUMENTS: &str = "clusterprofiles.multicluster.x-k8s.io/exec/additional-args";
/// What a cluster adds to the environment of the plugin (KEP-5339).
const ENVIRONMENT: &str = "clusterprofiles.multicluster.x-k8s.io/exec/additional-envs";
/// The plugins that get credentials here, the preferred one first: the file that KEP-5339 has controllers read.
///
/// ```
/// use cluster_id::inventory::{AccessConfig, ClusterProfile};
/// use serde_json::json;
///
/// let config: AccessConfig = serde_json::from_value(json!({"providers": [{
///     "name": "secretreader",
///     "execConfig": {
///         "apiVersion": "client.authentication.k8s.io/v1", "command": "./secretreader", "provideClusterInfo": true,
///     },
/// }]}))?;
/// let mut profile = ClusterProfile::new("eu-1", "fleet", "ours");
/// profile.status = Some(serde_json::from_value(json!({"accessProviders": [
///     {"name": "secretreader", "cluster": {"server": "https://10.0.0.1:6443", "certificate-authority-data": "Zm9v"}},
/// ]}))?);
/// let kubeconfig = config.access(&profile)?.kubeconfig("eu-1");
/// assert_eq!(kubeconfig["clusters"][0]["cluster"]["server"], "https://10.0.0.1:6443");
/// assert_eq!(kubeconfig["users"][0]["user"]["exec"]["command"], "./secretreader");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AccessConfig {
    /// The plugins.
    pub providers: Vec<Provider>,
}

/// How one cluster is reached.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Access {
    /// The provider that both sides know.
    pub provider: String,
    /// Where the cluster is. Only what names the server and its authority is taken over from the profile: neither a file of
    /// another machine, nor leave not to check the certificate.
    pub connection: Connection,
    /// How credentials are got.
    pub exec: ExecConfig,
}

/// Why a cluster cannot be reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum AccessError {
    /// No provider is known to both sides.
    #[error(
        "ClusterProfile {profile}: status.accessProviders: has [{}], known here are [{}]",
        .offered.join(", "), .known.join(", ")
    )]
    NoProvider {
        /// The name of the profile.
        profile: String,
        /// The providers that it has.
        offered: Vec<String>,
        /// Those that are known.
        known: Vec<String>,
    },
    /// The profile does not say where the cluster is.
    #[error(
        "ClusterProfile {profile}: status.accessProviders[{provider}].cluster.server: required"
    )]
    NoServer {
        /// The name of the profile.
        profile: String,
        /// The provider.
        provider: String,
    },
    /// A plugin cannot be started as the file says.
    #[error("providers[{provider}].execConfig{field}: {why}")]
    Exec {
        /// The provider.
        provider: String,
        /// The field in it.
        field: &'static str,
        /// What is wrong.
        why: &'static str,
    },
    /// An extension of a profile has not its form.
    #[error(
        "ClusterProfile {profile}: status.accessProviders[{provider}].cluster.extensions[{extension}]: must be {expected}"
    )]
    Extension {
        /// The name of the profile.
        profile: String,
        /// The provider.
        provider: String,
        /// The name of the extension.
        extension: &'static str,
        /// What it has to be.
        expected: &'static str,
    },
}

impl AccessConfig {
    /// How the cluster of a profile is reached: by the first plugin of ours that the profile names.
    ///
    /// Follows `pkg/access` of `cluster-inventory-api`; other than there a plugin's arguments stay as they are for the next cluster,
    /// variables have an order, and a server has to be named.
    ///
    /// # Errors
    /// There is no such plugin or it cannot be started, the profile has no server, or what it adds has not the form of it.
    pub fn access(&self, profile: &ClusterProfile) -> Result<Access, AccessError> {
        let name = || profile.metadata.name.clone();
        let mut known = self.providers.iter();
        let found = known.find_map(|provider| Some((provider, profile.provider(&provider.name)?)));
        let Some((provider, offered)) = found else {
            return Err(AccessError::NoProvider {
                profile: name(),
                offered: profile.providers().map(|one| one.name.clone()).collect(),
                known: self.providers.iter().map(|one| one.name.clone()).collect(),
            });
        };
        let mut exec = provider.checked()?;
        let cluster = &offered.cluster;
        if cluster.server.is_empty() {
            return Err(AccessError::NoServer {
                profile: name(),
                provider: provider.name.clone(),
            });
        }
        let malformed = |extension, expected| AccessError::Extension {
            profile: name(),
            provider: provider.name.clone(),
            extension,
            expected,
        };
        for NamedExtension { name, extension } in &cluster.extensions {
            if name == ARGUMENTS && provider.arguments == ArgumentsPolicy::Append {
                let more =
                    texts(extension).ok_or_else(|| malformed(ARGUMENTS, "a list of texts"))?;
                exec.args.extend(more);
            }
            if name == ENVIRONMENT && provider.environment != EnvironmentPolicy::Ignore {
                let more =
                    variables(extension).ok_or_else(|| malformed(ENVIRONMENT, "texts by name"))?;
                exec.add(more, provider.environment);
            }
        }
        let told = cluster.extensions.iter().filter(|one| one.name == EXEC);
        let connection = Connection {
            server: cluster.server.clone(),
            tls_server_name: cluster.tls_server_name.clone(),
            certificate_authority_data: cluster.certificate_authority_data.clone(),
            proxy_url: cluster.proxy_url.clone(),
            disable_compression: cluster.disable_compression,
            extensions: told.cloned().collect(),
            ..Connection::default()
        };
        Ok(Access {
            provider: provider.name.clone(),
            connection,
            exec,
        })
    }
}

impl Access {
    /// A kubeconfig with this cluster alone, under that name. The plugin never asks anybody: what reads it is a program.
    pub fn kubeconfig(&self, name: &str) -> Value {
        let mut exec = json!(self.exec);
        if let Value::Object(exec) = &mut exec {
            exec.insert("interactiveMode".to_owned(), "Never".into());
        }
        json!({
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": name, "cluster": self.connection}],
            "users": [{"name": name, "user": {"exec": exec}}],
            "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
            "current-context": name,
        })
    }
}

/// A plain value as YAML reads it where a text is asked for.
fn plain(value: &Value) -> Option<String> {
    match value {
        Value::Null => Some(String::new()),
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        Value::Array(_) | Value::Object(_) => None,
    }
}

fn texts(extension: &Value) -> Option<Vec<String>> {
    match extension {
        Value::Null => Some(Vec::new()),
        Value::Array(items) => items.iter().map(plain).collect(),
        _ => None,
    }
}

fn variables(extension: &Value) -> Option<BTreeMap<String, String>> {
    match extension {
        Value::Null => Some(BTreeMap::new()),
        Value::Object(fields) => fields
            .iter()
            .map(|(name, value)| Some((name.clone(), plain(value)?)))
            .collect(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(arguments: &str, environment: &str) -> AccessConfig {
        serde_json::from_value(json!({"providers": [
            {"name": "first", "execConfig": {"apiVersion": "client.authentication.k8s.io/v1", "command": "first", "args": null, "env": null}},
            {
                "name": "second",
                "execConfig": {
                    "apiVersion": "client.authentication.k8s.io/v1beta1", "command": "second", "args": ["get"],
                    "env": [{"name": "MODE", "value": "ours"}, {"name": "A", "value": "1"}], "provideClusterInfo": true,
                },
                "profileSourcedCLIArgsPolicy": arguments,
                "profileSourcedEnvVarsPolicy": environment,
            },
        ]}))
        .unwrap()
    }

    fn profile(status: Value) -> ClusterProfile {
        let mut profile = ClusterProfile::new("eu-1", "fleet", "ours");
        profile.status = Some(serde_json::from_value(status).unwrap());
        profile
    }

    fn second(extensions: &Value) -> ClusterProfile {
        let cluster = json!({
            "server": "https://a", "tls-server-name": "api", "insecure-skip-tls-verify": true,
            "certificate-authority": "/etc/ca.crt", "proxy-url": "http://p", "extensions": extensions,
        });
        profile(json!({"accessProviders": [{"name": "second", "cluster": cluster}]}))
    }

    #[test]
    fn our_order_decides_and_the_newer_list_goes_first() {
        let of = |server: &str| json!({"server": server});
        let both = profile(json!({
            "credentialProviders": [{"name": "first", "cluster": of("https://old")}, {"name": "second", "cluster": of("https://b")}],
            "accessProviders": [{"name": "second", "cluster": of("https://c")}, {"name": "first", "cluster": of("https://new")}],
        }));
        let access = config("", "").access(&both).unwrap();
        assert_eq!(
            (access.provider.as_str(), access.connection.server.as_str()),
            ("first", "https://new")
        );
        let old = profile(
            json!({"credentialProviders": [{"name": "second", "cluster": of("https://b")}]}),
        );
        assert_eq!(
            config("", "").access(&old).unwrap().connection.server,
            "https://b"
        );
    }

    #[test]
    fn a_profile_adds_what_the_policy_lets_it() {
        let extensions = json!([
            {"name": ARGUMENTS, "extension": ["--project", 7, true]},
            {"name": ENVIRONMENT, "extension": {"MODE": "theirs", "B": 2}},
        ]);
        let profile = second(&extensions);
        let started = |arguments, environment| {
            let exec = config(arguments, environment)
                .access(&profile)
                .unwrap()
                .exec;
            let env = exec.env.iter();
            let env: Vec<String> = env
                .map(|variable| format!("{}={}", variable.name, variable.value))
                .collect();
            (exec.args.join(" "), env.join(" "))
        };
        let pair = |args: &str, env: &str| (args.to_owned(), env.to_owned());
        assert_eq!(started("", ""), pair("get", "MODE=ours A=1"));
        assert_eq!(started("Ignore", "Ignore"), pair("get", "MODE=ours A=1"));
        assert_eq!(
            started("Append", "AppendIfNotExists"),
            pair("get --project 7 true", "MODE=ours A=1 B=2")
        );
        assert_eq!(started("Append", "Replace").1, "MODE=theirs A=1 B=2");

        // The next cluster gets nothing of it.
        let config = config("Append", "Replace");
        let first = config.access(&profile).unwrap();
        assert_eq!(config.access(&profile).unwrap(), first);
        assert!(!format!("{first:?}").contains("theirs"), "{first:?}");
    }

    #[test]
    fn a_kubeconfig_has_what_a_plugin_needs_and_no_more() {
        let told = json!({"clusterName": "eu-1"});
        let profile = second(&json!([
            {"name": EXEC, "extension": told},
            {"name": "other.example.com", "extension": {}},
        ]));
        let kubeconfig = config("", "").access(&profile).unwrap().kubeconfig("eu");
        assert_eq!(
            kubeconfig["clusters"],
            json!([{"name": "eu", "cluster": {
                "server": "https://a", "tls-server-name": "api", "proxy-url": "http://p",
                "extensions": [{"name": EXEC, "extension": told}],
            }}])
        );
        assert_eq!(
            kubeconfig["users"][0]["user"]["exec"],
            json!({
                "apiVersion": "client.authentication.k8s.io/v1beta1", "command": "second", "args": ["get"],
                "env": [{"name": "MODE", "value": "ours"}, {"name": "A", "value": "1"}],
                "provideClusterInfo": true, "interactiveMode": "Never",
            })
        );
        assert_eq!(kubeconfig["current-context"], "eu");
    }

    #[test]
    fn what_cannot_work_is_refused_with_its_place() {
        let refused = |config: &AccessConfig, profile: &ClusterProfile| {
            config.access(profile).unwrap_err().to_string()
        };
        let third = profile(json!({"accessProviders": [{"name": "third"}]}));
        assert_eq!(
            refused(&config("", ""), &third),
            "ClusterProfile eu-1: status.accessProviders: has [third], known here are [first, second]"
        );
        let nowhere = profile(json!({"accessProviders": [{"name": "first"}]}));
        assert_eq!(
            refused(&config("", ""), &nowhere),
            "ClusterProfile eu-1: status.accessProviders[first].cluster.server: required"
        );
        let odd = second(&json!([{"name": ARGUMENTS, "extension": {"a": 1}}]));
        assert!(config("Ignore", "").access(&odd).is_ok());
        assert!(refused(&config("Append", ""), &odd).ends_with("must be a list of texts"));
        let odd = second(&json!([{"name": ENVIRONMENT, "extension": {"A": [1]}}]));
        assert!(refused(&config("", "Replace"), &odd).ends_with("must be texts by name"));

        let plain = second(&json!([]));
        let broken = |change: &dyn Fn(&mut ExecConfig)| {
            let mut config = config("", "");
            change(config.providers[1].exec_config.as_mut().unwrap());
            refused(&config, &plain)
        };
        assert_eq!(
            broken(&|exec| exec.command.clear()),
            "providers[second].execConfig.command: required"
        );
        assert!(
            broken(&|exec| exec.api_version = "v1".to_owned())
                .starts_with("providers[second].execConfig.apiVersion: must be")
        );
        assert!(broken(&|exec| exec.env[0].name.clear()).ends_with(".env.name: required"));
        let mut missing = config("", "");
        missing.providers[1].exec_config = None;
        assert_eq!(
            refused(&missing, &plain),
            "providers[second].execConfig: required"
        );
    }
}
