//! What an update of a ClusterClass may not change: kinds of templates, and what Clusters of the class still need.

use std::collections::BTreeSet;

use componentconfig::{
    GroupVersion,
    field::{Errors, Path},
};

use crate::{
    admission::{
        check::path,
        cluster::{autoscaled, says_health},
    },
    core::v1beta2::{Cluster, ClusterClass, ClusterClassTemplateReference},
};

impl ClusterClass {
    /// What the Clusters of the class still need.
    pub(super) fn validate_for_users(&self, old: &Self, users: &[Cluster], errors: &mut Errors) {
        let (spec, at) = (&self.spec, path(&["spec"]));
        for user in users
            .iter()
            .filter(|_| !spec.kubernetes_versions.is_empty())
        {
            let version = &user.spec.topology.version;
            if !spec.kubernetes_versions.contains(version) {
                let detail = format!(
                    "Kubernetes Version {version} is used by Cluster {:?} but not set in ClusterClass",
                    user.metadata.name
                );
                errors.forbidden(&at.child("kubernetesVersions"), detail);
            }
        }
        let place = at.child("workers").child("machineDeployments");
        let (was, now) = (
            &old.spec.workers.machine_deployments,
            &spec.workers.machine_deployments,
        );
        let gone = removed(
            was.iter().map(|class| &*class.class),
            now.iter().map(|class| &*class.class),
        );
        for user in users {
            for used in &user.spec.topology.workers.machine_deployments {
                if gone.contains(&*used.class) {
                    still_used("MachineDeploymentClass", &used.class, user, &place, errors);
                }
            }
        }
        let place = at.child("workers").child("machinePools");
        let (was, now) = (&old.spec.workers.machine_pools, &spec.workers.machine_pools);
        let gone = removed(
            was.iter().map(|class| &*class.class),
            now.iter().map(|class| &*class.class),
        );
        for user in users {
            for used in &user.spec.topology.workers.machine_pools {
                if gone.contains(&*used.class) {
                    still_used("MachinePoolClass", &used.class, user, &place, errors);
                }
            }
        }
        self.validate_removed_health_checks(old, users, errors);
        for user in users {
            autoscaled(user, Some(self), errors);
        }
    }

    fn validate_removed_health_checks(&self, old: &Self, users: &[Cluster], errors: &mut Errors) {
        let (was, now) = (
            &old.spec.control_plane.health_check,
            &self.spec.control_plane.health_check,
        );
        let lost = says_health(&was.checks, &was.remediation)
            && !says_health(&now.checks, &now.remediation);
        let needs = |user: &&Cluster| {
            let check = &user.spec.topology.control_plane.health_check;
            check.enabled == Some(true) && !says_health(&check.checks, &check.remediation)
        };
        let at = path(&["spec", "controlPlane", "healthCheck"]);
        health_check_used(users.iter().filter(|user| lost && needs(user)), &at, errors);
        for class in &self.spec.workers.machine_deployments {
            let mut classes = old.spec.workers.machine_deployments.iter();
            let Some(was) = classes.find(|was| was.class == class.class) else {
                continue;
            };
            let (was, now) = (&was.health_check, &class.health_check);
            let lost = says_health(&was.checks, &was.remediation)
                && !says_health(&now.checks, &now.remediation);
            let needs = |user: &&Cluster| {
                let mut deployments = user.spec.topology.workers.machine_deployments.iter();
                deployments.any(|one| {
                    let check = &one.health_check;
                    one.class == class.class
                        && check.enabled == Some(true)
                        && !says_health(&check.checks, &check.remediation)
                })
            };
            let at = path(&["spec", "workers", "machineDeployments"]);
            let at = at.key(class.class.clone()).child("healthCheck");
            health_check_used(users.iter().filter(|user| lost && needs(user)), &at, errors);
        }
    }
}

fn removed<'a>(
    was: impl Iterator<Item = &'a str>,
    now: impl Iterator<Item = &'a str>,
) -> BTreeSet<&'a str> {
    let now: BTreeSet<_> = now.collect();
    was.filter(|name| !now.contains(name)).collect()
}

fn still_used(kind: &str, class: &str, user: &Cluster, at: &Path, errors: &mut Errors) {
    let name = &user.metadata.name;
    errors.forbidden(
        at,
        format!("{kind} {class:?} cannot be deleted because it is used by Cluster {name:?}"),
    );
}

fn health_check_used<'a>(users: impl Iterator<Item = &'a Cluster>, at: &Path, errors: &mut Errors) {
    let names: Vec<&str> = users.map(|user| &*user.metadata.name).collect();
    if !names.is_empty() {
        let names = names.join(",");
        errors.forbidden(
            at,
            format!("healthCheck cannot be deleted because it is used by Cluster(s) {names:?}"),
        );
    }
}

/// Templates keep their groups and kinds.
pub(in crate::admission) fn compatible(
    old: &ClusterClass,
    new: &ClusterClass,
    errors: &mut Errors,
) {
    let (old, new, at) = (&old.spec, &new.spec, path(&["spec"]));
    let place = at.child("infrastructure").child("templateRef");
    same_kind(
        &old.infrastructure.template_ref,
        &new.infrastructure.template_ref,
        &place,
        errors,
    );
    let control_plane = at.child("controlPlane");
    let place = control_plane.child("templateRef");
    same_kind(
        &old.control_plane.template_ref,
        &new.control_plane.template_ref,
        &place,
        errors,
    );
    let (was, now) = (
        &old.control_plane.machine_infrastructure,
        &new.control_plane.machine_infrastructure,
    );
    let place = control_plane
        .child("machineInfrastructure")
        .child("templateRef");
    same_kind(&was.template_ref, &now.template_ref, &place, errors);
    let workers = at.child("workers");
    let (was, now) = (&old.workers, &new.workers);
    let place = workers.child("machineDeployments");
    for (index, class) in now.machine_deployments.iter().enumerate() {
        let was = was.machine_deployments.iter();
        let was = was.filter(|was| was.class == class.class);
        let was = was.map(|was| &was.infrastructure.template_ref);
        all_of_kind(
            was,
            &class.infrastructure.template_ref,
            &place.index(index),
            errors,
        );
    }
    let place = workers.child("machinePools");
    for (index, class) in now.machine_pools.iter().enumerate() {
        let was = was.machine_pools.iter();
        let was = was.filter(|was| was.class == class.class);
        let was = was.map(|was| &was.infrastructure.template_ref);
        all_of_kind(
            was,
            &class.infrastructure.template_ref,
            &place.index(index),
            errors,
        );
    }
}

/// The infrastructure of workers, and what it was in classes of the same name.
fn all_of_kind<'a>(
    old: impl Iterator<Item = &'a ClusterClassTemplateReference>,
    new: &ClusterClassTemplateReference,
    at: &Path,
    errors: &mut Errors,
) {
    let place = at.child("infrastructure").child("templateRef");
    for old in old {
        same_kind(old, new, &place, errors);
    }
}

fn same_kind(
    old: &ClusterClassTemplateReference,
    new: &ClusterClassTemplateReference,
    at: &Path,
    errors: &mut Errors,
) {
    let group = |reference: &ClusterClassTemplateReference| {
        let version = reference.api_version.parse::<GroupVersion>();
        version
            .map(|version| version.group().to_owned())
            .unwrap_or_default()
    };
    let (was, now) = (group(old), group(new));
    if was != now {
        let detail = format!(
            "group of apiVersion cannot be changed from {was:?} to {now:?} to prevent incompatible changes in the Clusters"
        );
        errors.forbidden(&at.child("apiVersion"), detail);
    }
    if old.kind != new.kind {
        let detail = format!(
            "kind cannot be changed from {:?} to {:?} to prevent incompatible changes in the Clusters",
            old.kind, new.kind
        );
        errors.forbidden(&at.child("kind"), detail);
    }
}
