//! The types of `kubectl.config.k8s.io/v1alpha1`.
//!
//! They mirror `staging/src/k8s.io/kubectl/pkg/config/v1alpha1/types.go`.

use serde::{Deserialize, Serialize};

pub use super::v1beta1::CommandOptionDefault;

/// What a user prefers of kubectl: the file `kuberc`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct Preference {
    /// Default values of options, by command.
    pub overrides: Option<Vec<CommandDefaults>>,
    /// Short names for commands.
    pub aliases: Option<Vec<AliasOverride>>,
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
    pub flags: Vec<CommandOptionDefault>,
}

/// Default values of the options of a command.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct CommandDefaults {
    /// The command.
    pub command: String,
    /// The options.
    pub flags: Option<Vec<CommandOptionDefault>>,
}

crate::kind::kinds!("kubectl.config.k8s.io", "v1alpha1": Preference);
