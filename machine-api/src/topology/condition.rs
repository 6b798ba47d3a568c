//! What the status of a Cluster says about its topology: the condition TopologyReconciled, and the versions still to go through.
//!
//! Follows `core/reconcilers/topology/cluster/status.go`.

use std::collections::BTreeSet;

use componentconfig::Kind;

use super::{Desired, WorkersTracker, object};
use crate::{
    conditions,
    core::v1beta2::{Cluster, ClusterClass, ClusterStatus, StatusUpgradePlanVersion},
    labels,
    meta::{Condition, ConditionStatus},
};

/// What came of the computation of the objects and of making them so.
#[derive(Clone, Copy, Debug)]
pub enum Outcome<'a> {
    /// Something failed, in words.
    Failed(&'a str),
    /// Nothing was computed: the Cluster goes, its class is not ready, or an extension holds its creation back.
    NotComputed,
    /// The objects that there should be.
    Computed(&'a Desired),
}

/// An extension that holds something back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct BlockingHook<'a> {
    /// The hook that it was called at, such as `BeforeClusterUpgrade`.
    pub hook: &'a str,
    /// What it says; empty if nothing.
    pub message: &'a str,
}

const NOT_RECONCILED: &str = "ClusterClass not reconciled. If this condition persists please check ClusterClass status. A ClusterClass is reconciled if.status.observedGeneration == .metadata.generation is true. If this is not the case either ClusterClass reconciliation failed or the ClusterClass is paused";

/// The condition TopologyReconciled of a Cluster that is made from a class: true once the specs of all objects are as topology and
/// class say.
///
/// ```
/// use machine_api::{core::v1beta2::Cluster, topology::{self, Outcome}};
///
/// let mut cluster = Cluster::default();
/// cluster.spec.paused = Some(true);
/// let condition = topology::reconciled(&cluster, None, Outcome::NotComputed, &[]);
/// assert_eq!((condition.reason.as_str(), condition.message.as_str()), ("Paused", "Cluster spec.paused is set to true"));
/// ```
pub fn reconciled(
    cluster: &Cluster,
    class: Option<&ClusterClass>,
    outcome: Outcome<'_>,
    blocking: &[BlockingHook<'_>],
) -> Condition {
    let paused = conditions::paused(cluster, &cluster.metadata, Cluster::GVK.kind());
    if paused.status == ConditionStatus::True {
        return not("Paused", paused.message);
    }
    if let Outcome::Failed(problem) = outcome {
        return not("ReconcileFailed", problem.to_owned());
    }
    if cluster.metadata.is_deleting() {
        let held = held_back(blocking, "delete").map(|held| format!(". {held}"));
        let held = held.unwrap_or_default();
        return not("Deleting", format!("Cluster is deleting{held}"));
    }
    let seen = |class: &ClusterClass| class.metadata.generation == class.status.observed_generation;
    if !class.is_none_or(seen) {
        return not("ClusterClassNotReconciled", NOT_RECONCILED.to_owned());
    }
    let desired = match outcome {
        Outcome::Computed(desired) => Some(desired),
        _ => None,
    };
    let spec = &desired.map_or(cluster, |desired| &desired.cluster).spec;
    if spec.infrastructure_ref.name.is_empty() && spec.control_plane_ref.name.is_empty() {
        return match held_back(blocking, "Cluster topology creation") {
            Some(held) => not("ClusterCreating", held),
            None => done(),
        };
    }
    match desired {
        Some(desired) if desired.is_upgrading() => desired.upgrading(blocking),
        Some(_) => done(),
        None => condition(
            ConditionStatus::Unknown,
            "NotYetReported",
            "Condition not yet reported".to_owned(),
        ),
    }
}

fn condition(status: ConditionStatus, reason: &str, message: String) -> Condition {
    Condition {
        r#type: "TopologyReconciled".to_owned(),
        status,
        reason: reason.to_owned(),
        message,
        ..Condition::default()
    }
}

fn not(reason: &str, message: String) -> Condition {
    condition(ConditionStatus::False, reason, message)
}

fn done() -> Condition {
    condition(ConditionStatus::True, "ReconcileSucceeded", String::new())
}

/// Which extensions hold an action back; none if none does.
fn held_back(blocking: &[BlockingHook<'_>], action: &str) -> Option<String> {
    let blocking: BTreeSet<&BlockingHook<'_>> = blocking.iter().collect();
    let hooks = blocking.iter().map(|one| match one.message {
        "" => one.hook.to_owned(),
        message => format!("{}: {message}", one.hook),
    });
    let hooks: Vec<String> = hooks.collect();
    let text = || {
        let hooks = hooks.join("; ");
        format!("Following hooks are blocking {action}: {hooks}")
    };
    (!hooks.is_empty()).then(text)
}

impl Desired {
    /// Writes the versions that control plane and workers still go through.
    pub fn write_upgrade_plan(&self, status: &mut ClusterStatus) {
        let versions = |plan: &[String]| -> Vec<StatusUpgradePlanVersion> {
            let versions = plan.iter().cloned();
            versions
                .map(|version| StatusUpgradePlanVersion { version })
                .collect()
        };
        let tracker = &self.tracker;
        // MachinePools come after MachineDeployments, so theirs is the longer way.
        let workers = match &*tracker.machine_pools.upgrade_plan {
            [] => &tracker.machine_deployments.upgrade_plan,
            _ => &tracker.machine_pools.upgrade_plan,
        };
        let control_plane = status.control_plane.get_or_insert_default();
        control_plane.upgrade_plan = versions(&tracker.control_plane.upgrade_plan);
        status.workers.get_or_insert_default().upgrade_plan = versions(workers);
    }

    /// Whether anything has not the version that is wanted, or waits for what has not.
    fn is_upgrading(&self) -> bool {
        let control_plane = &self.tracker.control_plane;
        let hooks = self.cluster.metadata.annotations.get(labels::PENDING_HOOKS);
        let mut hooks = hooks.map_or("", String::as_str).split(',');
        control_plane.pending_upgrade
            || control_plane.starting_upgrade
            || control_plane.upgrading
            || self.tracker.machine_deployments.is_busy()
            || self.tracker.machine_pools.is_busy()
            || hooks.any(|hook| hook == "AfterClusterUpgrade")
    }

    fn upgrading(&self, blocking: &[BlockingHook<'_>]) -> Condition {
        let object = self.state.control_plane.as_ref().map(|state| &state.object);
        let kind = object.map_or("", object::kind);
        let version = object.map_or("", |object| object::text(object, &["spec", "version"]));
        let topology = &self.cluster.spec.topology;
        let mut lines = vec![format!("Cluster is upgrading to {}", topology.version)];
        lines.extend(held_back(blocking, "upgrade"));
        let control_plane = &self.tracker.control_plane;
        let moves = control_plane.starting_upgrade || control_plane.upgrading;
        if moves {
            let rest = rest(&control_plane.upgrade_plan, version);
            lines.push(format!("{kind} upgrading to version {version}{rest}"));
        } else if !control_plane.upgrade_plan.is_empty() {
            let plan = control_plane.upgrade_plan.join(", ");
            lines.push(format!("{kind} pending upgrade to version {plan}"));
        }
        let mut reason = "ClusterUpgrading";
        for (kind, annotations, put_off, tracker) in [
            (
                "MachineDeployment",
                "defer-upgrade",
                "MachineDeploymentsUpgradeDeferred",
                &self.tracker.machine_deployments,
            ),
            (
                "MachinePool",
                "topology.cluster.x-k8s.io/defer-upgrade",
                "MachinePoolsUpgradeDeferred",
                &self.tracker.machine_pools,
            ),
        ] {
            let names = Names::of(tracker);
            lines.extend(names.lines(kind, annotations, version, tracker));
            let only_deferred = !names.deferred.is_empty()
                && names.upgrading.is_empty()
                && names.pending.is_empty();
            if only_deferred && blocking.is_empty() && !moves && reason == "ClusterUpgrading" {
                reason = put_off;
            }
        }
        not(reason, lines.join("\n  * "))
    }
}

/// Names of workers, each of them once: those that move first, then those that were put off.
struct Names<'a> {
    upgrading: BTreeSet<&'a str>,
    deferred: BTreeSet<&'a str>,
    pending: BTreeSet<&'a str>,
}

impl<'a> Names<'a> {
    fn of(tracker: &'a WorkersTracker) -> Self {
        let names = |names: &'a BTreeSet<String>| names.iter().map(String::as_str);
        let upgrading: BTreeSet<&str> = names(&tracker.upgrading).collect();
        let deferred = names(&tracker.deferred).filter(|name| !upgrading.contains(name));
        let deferred: BTreeSet<&str> = deferred.collect();
        let pending = names(&tracker.pending_upgrade);
        let pending = pending.filter(|name| !upgrading.contains(name) && !deferred.contains(name));
        Self {
            pending: pending.collect(),
            upgrading,
            deferred,
        }
    }

    fn lines(
        &self,
        kind: &str,
        annotations: &str,
        version: &str,
        tracker: &WorkersTracker,
    ) -> Vec<String> {
        let mut lines = Vec::new();
        let plan = &tracker.upgrade_plan;
        if !self.upgrading.is_empty() {
            let (names, rest) = (listed(kind, &self.upgrading), rest(plan, version));
            lines.push(format!("{names} upgrading to version {version}{rest}"));
        }
        if !self.pending.is_empty() && !plan.is_empty() {
            let (names, plan) = (listed(kind, &self.pending), plan.join(", "));
            lines.push(format!("{names} pending upgrade to version {plan}"));
        }
        if !self.deferred.is_empty() {
            let names = listed(kind, &self.deferred);
            lines.push(format!(
                "{names} upgrade to version {version} deferred using {annotations} or hold-upgrade-sequence annotations"
            ));
        }
        if !tracker.pending_create.is_empty() {
            let names = tracker.pending_create.iter().map(String::as_str).collect();
            let names = listed(kind, &names);
            lines.push(format!(
                "{names} creation deferred while control plane upgrade is in progress"
            ));
        }
        lines
    }
}

impl WorkersTracker {
    fn is_busy(&self) -> bool {
        let waiting = [
            &self.pending_upgrade,
            &self.upgrading,
            &self.deferred,
            &self.pending_create,
        ];
        waiting.into_iter().any(|names| !names.is_empty())
    }
}

/// The versions of a plan that come after one.
fn rest(plan: &[String], version: &str) -> String {
    let rest: Vec<&str> = plan
        .iter()
        .map(String::as_str)
        .filter(|one| *one != version)
        .collect();
    if rest.is_empty() {
        return String::new();
    }
    format!(" ({} pending)", rest.join(", "))
}

const LISTED: usize = 3;

fn listed(kind: &str, names: &BTreeSet<&str>) -> String {
    let shown: Vec<&str> = names.iter().copied().take(LISTED).collect();
    let shown = shown.join(", ");
    match names.len().checked_sub(LISTED) {
        _ if names.len() == 1 => format!("{kind} {shown}"),
        None | Some(0) => format!("{kind}s {shown}"),
        Some(more) => format!("{kind}s {shown}, ... ({more} more)"),
    }
}
