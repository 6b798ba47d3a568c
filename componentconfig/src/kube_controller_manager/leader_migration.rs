//! Which component runs which controller while controllers move from one component to another.

pub mod v1;
pub mod v1alpha1;
pub mod v1beta1;

use self::v1::ControllerLeaderConfiguration;
use crate::{
    Upgrade,
    config::{Config, same_shape},
    field::{Errors, Path},
};

/// What v1 always locks.
const LEASES: &str = "leases";

impl Config for v1::LeaderMigrationConfiguration {
    fn validate(&self) -> Errors {
        validate(
            &self.leader_name,
            LEASES,
            self.controller_leaders.as_deref(),
        )
    }
}

impl Config for v1beta1::LeaderMigrationConfiguration {
    fn validate(&self) -> Errors {
        let leaders = self.controller_leaders.as_deref();
        validate(&self.leader_name, &self.resource_lock, leaders)
    }
}

impl Config for v1alpha1::LeaderMigrationConfiguration {
    fn validate(&self) -> Errors {
        let leaders = self.controller_leaders.as_deref();
        validate(&self.leader_name, &self.resource_lock, leaders)
    }
}

same_shape!(
    v1alpha1::LeaderMigrationConfiguration,
    v1beta1::LeaderMigrationConfiguration {
        leader_name,
        resource_lock,
        controller_leaders
    }
);

impl Upgrade for v1beta1::LeaderMigrationConfiguration {
    type Newer = v1::LeaderMigrationConfiguration;

    fn up(self) -> Self::Newer {
        v1::LeaderMigrationConfiguration {
            leader_name: self.leader_name,
            controller_leaders: self.controller_leaders,
        }
    }

    fn down(newer: Self::Newer) -> Self {
        Self {
            leader_name: newer.leader_name,
            resource_lock: LEASES.to_owned(),
            controller_leaders: newer.controller_leaders,
        }
    }
}

/// Follows `staging/src/k8s.io/controller-manager/pkg/leadermigration/config/config.go`.
fn validate(name: &str, lock: &str, leaders: Option<&[ControllerLeaderConfiguration]>) -> Errors {
    let mut errors = Errors::new();
    if name.is_empty() {
        let detail = "leaderName must be set for LeaderMigrationConfiguration";
        errors.required(&Path::new("leaderName"), detail);
    }
    if !matches!(lock, "leases" | "endpoints") {
        let detail = "resource Lock must be one of 'leases' or 'endpoints'";
        errors.invalid(&Path::new("resourceLock"), lock, detail);
    }
    for (index, leader) in leaders.unwrap_or_default().iter().enumerate() {
        let path = Path::new("controllerLeaders").index(index);
        if leader.component.is_empty() {
            errors.required(&path.child("component"), "component must be set");
        }
        if leader.name.is_empty() {
            errors.required(&path.child("name"), "name must be set");
        }
    }
    errors
}
