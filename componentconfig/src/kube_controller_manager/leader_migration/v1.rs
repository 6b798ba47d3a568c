//! The types of leader migration, `controllermanager.config.k8s.io/v1`.
//!
//! They mirror `staging/src/k8s.io/controller-manager/config/v1/types.go`.

use serde::{Deserialize, Serialize};

/// Which component runs which controller while controllers move from one component to another.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct LeaderMigrationConfiguration {
    /// The name of the lock that both components share.
    pub leader_name: String,
    /// The controllers that move.
    pub controller_leaders: Option<Vec<ControllerLeaderConfiguration>>,
}

/// A controller that moves.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ControllerLeaderConfiguration {
    /// The controller.
    pub name: String,
    /// The component that runs it; `*` stands for both.
    pub component: String,
}

crate::kind::kinds!("controllermanager.config.k8s.io", "v1": LeaderMigrationConfiguration);
