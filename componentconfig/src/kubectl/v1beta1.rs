//! The types of `kubectl.config.k8s.io/v1beta1`.
//!
//! They mirror `staging/src/k8s.io/kubectl/pkg/config/v1beta1/types.go`.

use serde::{Deserialize, Serialize};

/// What a user prefers of kubectl: the file `kuberc`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct Preference {
    /// Default values of options, by command.
    pub defaults: Option<Vec<CommandDefaults>>,
    /// Short names for commands.
    pub aliases: Option<Vec<AliasOverride>>,
    /// Which credential plugins may run: `AllowAll`, `DenyAll` or `Allowlist`. Empty: all.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub credential_plugin_policy: String,
    /// The plugins, for the policy `Allowlist`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub credential_plugin_allowlist: Vec<AllowlistEntry>,
}

/// A short name for a command.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct AliasOverride {
    /// The name, of letters.
    pub name: String,
    /// The command, such as `get` or `set env`.
    pub command: String,
    /// Arguments before those of the user.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub prepend_args: Vec<String>,
    /// Arguments behind those of the user.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub append_args: Vec<String>,
    /// Default values of its options.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<CommandOptionDefault>,
}

/// A plugin that may run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct AllowlistEntry {
    /// The program, by an old name of the field `command`; read, and written as that.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// The program: a path, or a name that is looked up.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub command: String,
}

/// Default values of the options of a command.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct CommandDefaults {
    /// The command.
    pub command: String,
    /// The options.
    pub options: Option<Vec<CommandOptionDefault>>,
}

/// The default value of an option.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct CommandOptionDefault {
    /// The option, without dashes.
    pub name: String,
    /// The value, as text.
    pub r#default: String,
}

crate::kind::kinds!("kubectl.config.k8s.io", "v1beta1": Preference);
