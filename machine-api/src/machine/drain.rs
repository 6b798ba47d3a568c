//! Draining a node: which pods have to go, which are waited for, and which are left.
//!
//! Follows `core/reconcilers/machine/drain`. Pods go only by eviction, so that the API server refuses what would break a
//! PodDisruptionBudget; nothing here deletes a pod.

mod progress;
mod rules;

use std::{collections::BTreeSet, fmt};

use componentconfig::core::Time;
use serde::Serialize;

use self::rules::Rules;
use super::{Named, Pod, view::key};
use crate::core::v1beta2::{Cluster, Machine, MachineDrainRule};

pub use progress::{Eviction, Progress};

/// Draining is looked at again after so many seconds.
pub const RETRY_SECONDS: i64 = 20;

/// On a node that does not answer, pods get so many seconds, and are given up so many seconds after their end was due.
const UNREACHABLE_SECONDS: i64 = 1;

/// What draining a node depends on.
#[derive(Clone, Copy, Debug)]
pub struct Observed<'a> {
    /// The cluster of the machine.
    pub cluster: &'a Cluster,
    /// The machine.
    pub machine: &'a Machine,
    /// All MachineDrainRules of the machine's namespace.
    pub rules: &'a [MachineDrainRule],
    /// All namespaces of the workload cluster.
    pub namespaces: &'a [Named],
    /// The pods of the node.
    pub pods: &'a [Pod],
    /// All DaemonSets of the workload cluster.
    pub daemon_sets: &'a [Named],
    /// Whether nothing was heard of the node for a while.
    pub node_unreachable: bool,
    /// The time.
    pub now: Time,
}

/// What happens to a pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Behavior {
    /// It is evicted.
    Drain,
    /// It is left where it is.
    Skip,
    /// It is waited for.
    WaitCompleted,
}

/// When it happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Group {
    /// It is to be evicted now.
    EvictNow,
    /// It is to be evicted once those of lower order are gone.
    EvictLater,
    /// It is waited for now.
    WaitCompletedNow,
    /// It is waited for once those of lower order are gone.
    WaitCompletedLater,
    /// It is on its way out.
    DeletionTimestampSet,
    /// It does not count.
    Ignored,
}

/// Why a pod is treated as it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub enum Reason {
    /// No rule says otherwise.
    Default,
    /// A MachineDrainRule.
    Rule(String),
    /// Its label `cluster.x-k8s.io/drain`.
    Label,
    /// It belongs to a DaemonSet, which would make it anew.
    DaemonSet,
    /// The kubelet runs it by itself, from a file.
    Static,
    /// Its end was due long ago on a node that does not answer.
    GivenUp,
}

/// What is lost when a pod is evicted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[non_exhaustive]
pub enum Warning {
    /// The DaemonSet that it belongs to is not there.
    OrphanedDaemonSet,
    /// It keeps data in a directory of the node.
    LocalStorage,
    /// Nobody makes it anew.
    NoController,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OrphanedDaemonSet => "evicting orphaned DaemonSet-managed Pod",
            Self::LocalStorage => "evicting Pod with local storage",
            Self::NoController => "evicting Pod that has no controller",
        })
    }
}

/// The decision about a pod.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PodDecision {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// What happens to it.
    pub behavior: Behavior,
    /// Pods of lower order go first; none is 0.
    pub order: Option<i32>,
    /// When it happens.
    pub group: Group,
    /// Why.
    pub reason: Reason,
    /// What is lost when it is evicted; nothing unless it is.
    pub warnings: Vec<Warning>,
}

impl PodDecision {
    /// Namespace and name in one text.
    pub fn key(&self) -> String {
        key(&self.namespace, &self.name)
    }

    /// What Cluster API says of it: the warnings, or that it belongs to a DaemonSet.
    pub fn message(&self) -> String {
        if self.reason == Reason::DaemonSet {
            return "ignoring DaemonSet-managed Pod".to_owned();
        }
        let warnings: Vec<String> = self.warnings.iter().map(Warning::to_string).collect();
        warnings.join(", ")
    }
}

/// What is to be done to drain a node.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct DrainPlan {
    /// All pods of the node, by namespace and name.
    pub pods: Vec<PodDecision>,
    /// How many seconds evicted pods get; their own time if none.
    pub grace_period_seconds: Option<i64>,
}

/// Why it cannot be said what is to be done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DrainError {
    /// A selector of a rule means nothing. All rules have to be valid, also those that are about other machines.
    #[error("MachineDrainRule {rule}: {place}: {problem}")]
    Selector {
        /// The rule.
        rule: String,
        /// The place of the selector.
        place: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A rule that counts has a behaviour that there is not.
    #[error(
        "MachineDrainRule {rule} has unknown spec.drain.behavior {behavior:?} (Drain, Skip, WaitCompleted are known)"
    )]
    Behavior {
        /// The rule.
        rule: String,
        /// The behaviour.
        behavior: String,
    },
    /// The namespace of a pod is not there.
    #[error("Namespace of Pod {pod} does not exist")]
    Namespace {
        /// Namespace and name of the pod.
        pod: String,
    },
}

/// What is to be done to drain a node.
///
/// ```
/// use machine_api::{core::v1beta2::{Cluster, Machine}, machine::{Named, Pod, drain::{self, Group}}};
///
/// let pods: Vec<Pod> = serde_json::from_str(r#"[
///     {"metadata": {"namespace": "web", "name": "a"}},
///     {"metadata": {"namespace": "web", "name": "b", "labels": {"cluster.x-k8s.io/drain": "skip"}}}]"#)?;
/// let namespaces: Vec<Named> = serde_json::from_str(r#"[{"metadata": {"name": "web"}}]"#)?;
/// let plan = drain::plan(&drain::Observed {
///     cluster: &Cluster::default(),
///     machine: &Machine::default(),
///     rules: &[],
///     namespaces: &namespaces,
///     pods: &pods,
///     daemon_sets: &[],
///     node_unreachable: false,
///     now: "2026-06-01T00:00:00Z".parse()?,
/// })?;
/// assert_eq!(plan.pods[0].group, Group::EvictNow);
/// assert_eq!(plan.pods[1].group, Group::Ignored);
/// assert_eq!(plan.evictions().count(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// A rule that means nothing, or a pod in a namespace that is not there.
pub fn plan(observed: &Observed<'_>) -> Result<DrainPlan, DrainError> {
    let unreachable = observed.node_unreachable;
    let grace_period_seconds = unreachable.then_some(UNREACHABLE_SECONDS);
    let mut pods = Vec::with_capacity(observed.pods.len());
    if !observed.pods.is_empty() {
        let rules = Rules::of(observed)?;
        let daemon_sets: BTreeSet<(&str, &str)> = observed
            .daemon_sets
            .iter()
            .map(|one| (one.metadata.namespace.as_str(), one.metadata.name.as_str()))
            .collect();
        for pod in observed.pods {
            pods.push((pod, decide(pod, observed, &daemon_sets, &rules)?));
        }
    }
    pods.sort_by_cached_key(|(pod, _)| pod.key());
    let lowest = pods
        .iter()
        .filter(|(_, decision)| decision.behavior != Behavior::Skip)
        .map(|(_, decision)| decision.order.unwrap_or_default())
        .min();
    let pods = pods.into_iter().map(|(pod, decision)| {
        let now = lowest == Some(decision.order.unwrap_or_default());
        let group = match decision.behavior {
            Behavior::Skip => Group::Ignored,
            Behavior::WaitCompleted if now => Group::WaitCompletedNow,
            Behavior::WaitCompleted => Group::WaitCompletedLater,
            Behavior::Drain if pod.metadata.is_deleting() => Group::DeletionTimestampSet,
            Behavior::Drain if now => Group::EvictNow,
            Behavior::Drain => Group::EvictLater,
        };
        PodDecision { group, ..decision }
    });
    Ok(DrainPlan {
        pods: pods.collect(),
        grace_period_seconds,
    })
}

/// What happens to a pod, whatever happens to others.
fn decide(
    pod: &Pod,
    observed: &Observed<'_>,
    daemon_sets: &BTreeSet<(&str, &str)>,
    rules: &Rules<'_>,
) -> Result<PodDecision, DrainError> {
    let (namespace, name) = (&pod.metadata.namespace, &pod.metadata.name);
    let decision = |behavior, order, reason, warnings| PodDecision {
        namespace: namespace.clone(),
        name: name.clone(),
        behavior,
        order,
        group: Group::Ignored,
        reason,
        warnings,
    };
    let skip = |reason| Ok(decision(Behavior::Skip, None, reason, Vec::new()));
    let overdue = pod
        .metadata
        .deletion_timestamp
        .is_some_and(|time| observed.now.unix() - time.unix() > UNREACHABLE_SECONDS);
    if observed.node_unreachable && overdue {
        return skip(Reason::GivenUp);
    }
    let mut warnings = Vec::new();
    let controller = pod.metadata.controller();
    let finished = pod.is_finished();
    if let Some(owner) = controller.filter(|owner| owner.kind == "DaemonSet" && !finished) {
        if daemon_sets.contains(&(namespace.as_str(), owner.name.as_str())) {
            return skip(Reason::DaemonSet);
        }
        warnings.push(Warning::OrphanedDaemonSet);
    }
    if pod.metadata.annotations.contains_key(MIRROR_POD) {
        return skip(Reason::Static);
    }
    let mut volumes = pod.spec.volumes.iter();
    if !finished && volumes.any(|volume| volume.empty_dir.is_some()) {
        warnings.push(Warning::LocalStorage);
    }
    if !finished && controller.is_none() {
        warnings.push(Warning::NoController);
    }
    match label(pod) {
        Some(Behavior::Skip) => return skip(Reason::Label),
        Some(behavior) => return Ok(decision(behavior, Some(0), Reason::Label, Vec::new())),
        None => {}
    }
    let (behavior, order, reason) = rules.decide(pod)?;
    if behavior != Behavior::Drain {
        warnings.clear();
    }
    Ok(decision(behavior, order, reason, warnings))
}

const MIRROR_POD: &str = "kubernetes.io/config.mirror";

/// What the pod's own label says.
fn label(pod: &Pod) -> Option<Behavior> {
    let value = pod.metadata.labels.get(crate::labels::POD_DRAIN)?;
    if value.eq_ignore_ascii_case("skip") {
        return Some(Behavior::Skip);
    }
    let plain = value.replacen('-', "", 1);
    plain
        .eq_ignore_ascii_case("waitcompleted")
        .then_some(Behavior::WaitCompleted)
}
