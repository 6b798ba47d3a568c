//! `UpgradeConfiguration` and its parts.

use serde::{Deserialize, Serialize};

use super::{Patches, Timeouts};
use crate::omit;

/// What the `kubeadm upgrade` commands need to know.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct UpgradeConfiguration {
    /// For `kubeadm upgrade apply`.
    pub apply: UpgradeApplyConfiguration,
    /// For `kubeadm upgrade diff`.
    pub diff: UpgradeDiffConfiguration,
    /// For `kubeadm upgrade node`.
    pub node: UpgradeNodeConfiguration,
    /// For `kubeadm upgrade plan`.
    pub plan: UpgradePlanConfiguration,
    /// How long steps may take.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeouts: Option<Timeouts>,
}

/// What `kubeadm upgrade apply` needs to know.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct UpgradeApplyConfiguration {
    /// The version to upgrade to.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub kubernetes_version: String,
    /// Allows alpha and beta versions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow_experimental_upgrades: Option<bool>,
    /// Allows release candidates.
    #[serde(rename = "allowRCUpgrades", skip_serializing_if = "Option::is_none")]
    pub allow_rc_upgrades: Option<bool>,
    /// Whether certificates are renewed. Unset: yes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate_renewal: Option<bool>,
    /// Only tells what would be done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dry_run: Option<bool>,
    /// Whether etcd is upgraded too. Unset: yes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub etcd_upgrade: Option<bool>,
    /// Upgrades although some requirements are not met, without asking.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub force_upgrade: Option<bool>,
    /// Pre-flight checks whose errors count as warnings; `all` ignores every check.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ignore_preflight_errors: Vec<String>,
    /// Where patches lie.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub patches: Option<Patches>,
    /// Prints the configuration that will be used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub print_config: Option<bool>,
    /// Phases to skip, by path.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub skip_phases: Vec<String>,
    /// When images are pulled: `Always`, `IfNotPresent` or `Never`. Unset: `IfNotPresent`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub image_pull_policy: String,
    /// Whether images are pulled one after the other. Unset: yes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_pull_serial: Option<bool>,
}

/// What `kubeadm upgrade diff` needs to know.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct UpgradeDiffConfiguration {
    /// The version to compare with.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub kubernetes_version: String,
    /// How many lines of context a diff shows. Unset: 3.
    #[serde(skip_serializing_if = "omit::zero")]
    pub context_lines: i64,
}

/// What `kubeadm upgrade node` needs to know.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct UpgradeNodeConfiguration {
    /// Whether certificates are renewed. Unset: yes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate_renewal: Option<bool>,
    /// Only tells what would be done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dry_run: Option<bool>,
    /// Whether etcd is upgraded too. Unset: yes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub etcd_upgrade: Option<bool>,
    /// Pre-flight checks whose errors count as warnings; `all` ignores every check.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ignore_preflight_errors: Vec<String>,
    /// Phases to skip, by path.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub skip_phases: Vec<String>,
    /// Where patches lie.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub patches: Option<Patches>,
    /// When images are pulled: `Always`, `IfNotPresent` or `Never`. Unset: `IfNotPresent`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub image_pull_policy: String,
    /// Whether images are pulled one after the other. Unset: yes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_pull_serial: Option<bool>,
}

/// What `kubeadm upgrade plan` needs to know.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct UpgradePlanConfiguration {
    /// The version to upgrade to.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub kubernetes_version: String,
    /// Allows alpha and beta versions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow_experimental_upgrades: Option<bool>,
    /// Allows release candidates.
    #[serde(rename = "allowRCUpgrades", skip_serializing_if = "Option::is_none")]
    pub allow_rc_upgrades: Option<bool>,
    /// Only tells what would be done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dry_run: Option<bool>,
    /// Whether etcd is upgraded too. Unset: yes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub etcd_upgrade: Option<bool>,
    /// Pre-flight checks whose errors count as warnings; `all` ignores every check.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ignore_preflight_errors: Vec<String>,
    /// Prints the configuration that will be used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub print_config: Option<bool>,
}
