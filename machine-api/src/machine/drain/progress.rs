//! What came of a draining.

use std::collections::BTreeMap;

use componentconfig::core::Time;
use serde::{Deserialize, Serialize};

use super::{DrainPlan, Group, PodDecision, Reason};
use crate::{explain::Why, machine::shortened};

/// What the API server answered to an eviction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Eviction {
    /// The pod is on its way out.
    Accepted,
    /// The pod is not there any more.
    NotFound,
    /// It would break a PodDisruptionBudget: the server's message and its causes.
    Budget(String),
    /// The namespace goes, so nothing can be made in it.
    NamespaceTerminating,
    /// It was not tried, since there was no time left.
    NoTime,
    /// Anything else that was wrong.
    Failed(String),
}

impl Eviction {
    /// Why the pod was not evicted.
    fn failure(&self) -> Option<String> {
        match self {
            Self::Accepted | Self::NotFound => None,
            Self::Budget(message) | Self::Failed(message) => Some(message.clone()),
            Self::NamespaceTerminating => Some(
                "Cannot evict pod from terminating namespace: unable to create eviction \
                 (kube-controller-manager should set deletionTimestamp)"
                    .to_owned(),
            ),
            Self::NoTime => {
                Some("eviction timeout of 10s reached, eviction will be retried".to_owned())
            }
        }
    }
}

/// How far a draining is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Progress {
    /// Pods on their way out.
    pub deleting: Vec<String>,
    /// Pods that were not evicted, by what hindered it.
    pub failed: BTreeMap<String, Vec<String>>,
    /// Pods that are waited for.
    pub waiting: Vec<String>,
    /// Pods to evict later.
    pub evict_later: Vec<String>,
    /// Pods to wait for later.
    pub wait_later: Vec<String>,
}

impl DrainPlan {
    /// Whether nothing is left that has to go.
    pub fn is_complete(&self) -> bool {
        self.pods.iter().all(|pod| pod.group == Group::Ignored)
    }

    /// The pods to evict now.
    pub fn evictions(&self) -> impl Iterator<Item = &PodDecision> {
        self.of(Group::EvictNow)
    }

    fn of(&self, group: Group) -> impl Iterator<Item = &PodDecision> {
        self.pods.iter().filter(move |pod| pod.group == group)
    }

    /// How far the draining is, given what became of the evictions; one that is not among them was not tried.
    pub fn progress(&self, evictions: &BTreeMap<String, Eviction>) -> Progress {
        let keys = |group| self.of(group).map(PodDecision::key).collect();
        let mut progress = Progress {
            deleting: keys(Group::DeletionTimestampSet),
            waiting: keys(Group::WaitCompletedNow),
            evict_later: keys(Group::EvictLater),
            wait_later: keys(Group::WaitCompletedLater),
            ..Progress::default()
        };
        for pod in self.evictions() {
            let key = pod.key();
            match evictions.get(&key).unwrap_or(&Eviction::NoTime) {
                Eviction::Accepted => progress.deleting.push(key),
                Eviction::NotFound => {}
                other => {
                    let failure = other.failure().unwrap_or_default();
                    progress.failed.entry(failure).or_default().push(key);
                }
            }
        }
        progress
    }

    /// Why the draining of a node is not done, pod by pod, before anything is tried.
    pub fn explain(&self, node: &str) -> Vec<Why> {
        if self.is_complete() {
            let evidence = "it is drained: no pod has to go any more";
            return vec![Why::new(format!("Node {node}"), "Drained", evidence)];
        }
        self.pods.iter().map(PodDecision::explain).collect()
    }
}

impl PodDecision {
    /// What happens to the pod, and why.
    pub fn explain(&self) -> Why {
        let (reason, what, remedy) = match self.group {
            Group::EvictNow => (
                "EvictNow",
                "it is evicted, unless a PodDisruptionBudget forbids it",
                Some("let the PodDisruptionBudget allow it if it is refused"),
            ),
            Group::EvictLater => (
                "EvictLater",
                "it is evicted once pods of lower order are gone",
                None,
            ),
            Group::WaitCompletedNow => ("WaitCompletedNow", "it has to end by itself", None),
            Group::WaitCompletedLater => (
                "WaitCompletedLater",
                "it has to end by itself, once pods of lower order are gone",
                None,
            ),
            Group::DeletionTimestampSet => (
                "DeletionTimestampSet",
                "it is on its way out",
                Some("look at its finalizers and at the kubelet of the node if it does not go"),
            ),
            Group::Ignored => ("Ignored", "it is left", None),
        };
        let why = match &self.reason {
            Reason::Default => String::new(),
            Reason::Rule(rule) => format!(", says MachineDrainRule {rule}"),
            Reason::Label => format!(", says its label {}", crate::labels::POD_DRAIN),
            Reason::DaemonSet => ", since its DaemonSet would make it anew".to_owned(),
            Reason::Static => ", since the kubelet runs it from a file".to_owned(),
            Reason::GivenUp => ", since the node does not answer and its end was due".to_owned(),
        };
        let found = Why::new(
            format!("Pod {}", self.key()),
            reason,
            format!("{what}{why}"),
        );
        match remedy {
            Some(remedy) => found.remedy(remedy),
            None => found,
        }
    }
}

const LISTED: usize = 3;
const FAILURES: usize = 5;
const BUDGET: &str = "pod as it would violate the pod's disruption budget.";

impl Progress {
    /// Whether nothing is left that has to go.
    pub fn is_complete(&self) -> bool {
        self.deleting.is_empty()
            && self.failed.is_empty()
            && self.waiting.is_empty()
            && self.evict_later.is_empty()
            && self.wait_later.is_empty()
    }

    /// The message of the condition Deleting for a draining that began at `started`; empty if it is complete.
    pub fn message(&self, started: Time) -> String {
        if self.is_complete() {
            return String::new();
        }
        let mut lines = vec![format!("Drain not completed yet (started at {started}):")];
        let line = |pods: &[String], what: &str| {
            let kind = if pods.len() > 1 { "Pods" } else { "Pod" };
            format!("* {kind} {}: {what}", shortened(pods, LISTED))
        };
        if !self.deleting.is_empty() {
            let what = "deletionTimestamp set, but still not removed from the Node";
            lines.push(line(&self.deleting, what));
        }
        for (failure, pods) in self.failed.iter().take(FAILURES) {
            let failure = failure.replace(
                &format!("Cannot evict {BUDGET}"),
                &format!("cannot evict {BUDGET}"),
            );
            let text = if failure.starts_with(&format!("cannot evict {BUDGET}")) {
                failure
            } else {
                format!("failed to evict Pod, {failure}")
            };
            lines.push(line(pods, &text));
        }
        let more: usize = self.failed.values().skip(FAILURES).map(Vec::len).sum();
        if more > 0 {
            let kind = if more == 1 { "Pod" } else { "Pods" };
            lines.push(format!("* {more} {kind} with other issues"));
        }
        if !self.waiting.is_empty() {
            lines.push(line(&self.waiting, "waiting for completion"));
        }
        let after = "After above Pods have been removed from the Node,";
        if !self.evict_later.is_empty() {
            let pods = shortened(&self.evict_later, LISTED);
            lines.push(format!(
                "{after} the following Pods will be evicted: {pods}"
            ));
        }
        if !self.wait_later.is_empty() {
            let pods = shortened(&self.wait_later, LISTED);
            lines.push(format!(
                "{after} waiting for the following Pods to complete without eviction: {pods}"
            ));
        }
        lines.join("\n")
    }
}
