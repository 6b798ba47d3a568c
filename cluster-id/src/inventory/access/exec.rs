//! Plugins that get credentials, and how they are started.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Deserializer, Serialize};

use super::AccessError;

/// The versions of the protocol that client-go speaks with plugins.
const PROTOCOLS: [&str; 2] = [
    "client.authentication.k8s.io/v1",
    "client.authentication.k8s.io/v1beta1",
];

/// A plugin that gets credentials for the clusters whose profiles name it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Provider {
    /// The name that profiles have it under.
    pub name: String,
    /// How it is started.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exec_config: Option<ExecConfig>,
    /// What becomes of arguments that a profile adds.
    #[serde(rename = "profileSourcedCLIArgsPolicy")]
    pub arguments: ArgumentsPolicy,
    /// What becomes of variables that a profile adds.
    #[serde(rename = "profileSourcedEnvVarsPolicy")]
    pub environment: EnvironmentPolicy,
}

/// What becomes of arguments for the plugin that a profile adds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ArgumentsPolicy {
    /// Nothing.
    #[default]
    #[serde(alias = "")]
    Ignore,
    /// They come after our own.
    Append,
}

/// What becomes of variables for the plugin that a profile adds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum EnvironmentPolicy {
    /// Nothing.
    #[default]
    #[serde(alias = "")]
    Ignore,
    /// They count unless we have set them.
    AppendIfNotExists,
    /// They count, also where we have set them.
    Replace,
}

/// How a plugin is started: the part of client-go's `ExecConfig` that such a file has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ExecConfig {
    /// The version of the protocol, `client.authentication.k8s.io/v1` or `v1beta1`.
    pub api_version: String,
    /// The program.
    pub command: String,
    /// Its arguments.
    #[serde(deserialize_with = "or_null", skip_serializing_if = "Vec::is_empty")]
    pub args: Vec<String>,
    /// What is in its environment beside our own.
    #[serde(deserialize_with = "or_null", skip_serializing_if = "Vec::is_empty")]
    pub env: Vec<ExecEnvVar>,
    /// What people are told if the program is not there.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub install_hint: String,
    /// Whether it is told about the cluster.
    pub provide_cluster_info: bool,
}

/// A variable for a plugin. `Debug` does not show its value.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExecEnvVar {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
}

impl fmt::Debug for ExecEnvVar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}=***", self.name)
    }
}

fn or_null<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(
    deserializer: D,
) -> Result<T, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

impl Provider {
    /// How it is started, if client-go would start it.
    pub(super) fn checked(&self) -> Result<ExecConfig, AccessError> {
        let wrong = |field, why| AccessError::Exec {
            provider: self.name.clone(),
            field,
            why,
        };
        let exec = self.exec_config.as_ref();
        let exec = exec.ok_or_else(|| wrong("", "required"))?;
        if exec.command.is_empty() {
            return Err(wrong(".command", "required"));
        }
        if !PROTOCOLS.contains(&exec.api_version.as_str()) {
            let why =
                "must be client.authentication.k8s.io/v1 or client.authentication.k8s.io/v1beta1";
            return Err(wrong(".apiVersion", why));
        }
        if exec.env.iter().any(|variable| variable.name.is_empty()) {
            return Err(wrong(".env.name", "required"));
        }
        Ok(exec.clone())
    }
}

impl ExecConfig {
    /// Adds variables; ours come first, in their order.
    pub(super) fn add(&mut self, mut more: BTreeMap<String, String>, policy: EnvironmentPolicy) {
        for variable in &mut self.env {
            if let Some(value) = more.remove(&variable.name)
                && policy == EnvironmentPolicy::Replace
            {
                variable.value = value;
            }
        }
        let more = more.into_iter();
        self.env
            .extend(more.map(|(name, value)| ExecEnvVar { name, value }));
    }
}
