//! The types of `output.kubeadm.k8s.io/v1alpha3`.
//!
//! They mirror `cmd/kubeadm/app/apis/output/v1alpha3/types.go`.

use serde::{Deserialize, Serialize};

use crate::core::Time;
pub use crate::kubeadm::token::BootstrapToken;

/// What `kubeadm certs check-expiration -o yaml` prints.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct CertificateExpirationInfo {
    /// The certificates.
    pub certificates: Option<Vec<Certificate>>,
    /// The authorities.
    pub certificate_authorities: Option<Vec<Certificate>>,
}

/// A certificate.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct Certificate {
    /// Its name.
    pub name: String,
    /// When it ends.
    pub expiration_date: Option<Time>,
    /// How many seconds are left.
    pub residual_time: i64,
    /// Whether its authority's key is elsewhere.
    pub externally_managed: bool,
    /// The authority.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub ca_name: String,
    /// Whether it is not there.
    pub missing: bool,
}

/// Images, as `kubeadm config images list -o yaml` prints them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct Images {
    /// The images.
    pub images: Option<Vec<String>>,
}

/// What `kubeadm upgrade plan -o yaml` prints.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct UpgradePlan {
    /// The versions to upgrade to.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub available_upgrades: Vec<AvailableUpgrade>,
    /// The versions of component configurations.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub config_versions: Vec<ComponentConfigVersionState>,
}

/// A version to upgrade to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct AvailableUpgrade {
    /// What it is.
    pub description: String,
    /// The versions of the components.
    pub components: Option<Vec<ComponentUpgradePlan>>,
}

/// The version of a component's configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ComponentConfigVersionState {
    /// Its group.
    pub group: String,
    /// The present version. Empty: the configuration is generated.
    pub current_version: String,
    /// The version that kubeadm prefers.
    pub preferred_version: String,
    /// Whether somebody has to act.
    pub manual_upgrade_required: bool,
}

/// The versions of a component.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ComponentUpgradePlan {
    /// The component.
    pub name: String,
    /// The present version.
    pub current_version: String,
    /// The version after the upgrade.
    pub new_version: String,
    /// The node, for kubelets.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub node_name: String,
}

crate::kind::kinds!("output.kubeadm.k8s.io", "v1alpha3": CertificateExpirationInfo);
crate::kind::kinds!("output.kubeadm.k8s.io", "v1alpha3": Images);
crate::kind::kinds!("output.kubeadm.k8s.io", "v1alpha3": UpgradePlan);
