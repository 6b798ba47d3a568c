//! The kinds of the controller managers: `kubecontrollermanager.config.k8s.io`, which nothing reads from a file, and
//! leader migration.

pub mod generic;
pub mod leader_migration;
pub mod v1alpha1;

use crate::Registry;

/// Adds the kinds of the controller manager.
#[must_use]
pub fn register(registry: Registry) -> Registry {
    registry
        .builtin::<v1alpha1::KubeControllerManagerConfiguration>()
        .builtin::<leader_migration::v1::LeaderMigrationConfiguration>()
        .builtin_older::<leader_migration::v1beta1::LeaderMigrationConfiguration>()
        .builtin_older::<leader_migration::v1alpha1::LeaderMigrationConfiguration>()
}
