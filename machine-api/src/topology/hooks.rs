//! What extensions may hold back.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::Observed;
use crate::labels;

/// A point of an upgrade at which extensions are asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[non_exhaustive]
pub enum Hook {
    /// Before anything is upgraded.
    BeforeClusterUpgrade,
    /// Before the control plane gets another version.
    BeforeControlPlaneUpgrade,
    /// After the control plane got another version.
    AfterControlPlaneUpgrade,
    /// Before workers get another version.
    BeforeWorkersUpgrade,
    /// After workers got another version.
    AfterWorkersUpgrade,
}

impl Hook {
    /// Its name, as the annotation of pending hooks has it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::BeforeClusterUpgrade => "BeforeClusterUpgrade",
            Self::BeforeControlPlaneUpgrade => "BeforeControlPlaneUpgrade",
            Self::AfterControlPlaneUpgrade => "AfterControlPlaneUpgrade",
            Self::BeforeWorkersUpgrade => "BeforeWorkersUpgrade",
            Self::AfterWorkersUpgrade => "AfterWorkersUpgrade",
        }
    }
}

/// What extensions answered. `()` stands for no extensions. Only asked if the gate `RuntimeSDK` is on.
///
/// Whoever has not asked an extension yet answers that it holds the upgrade back, sees in [`Desired::hooks`](super::Desired) that
/// it was asked for, and asks it.
pub trait Hooks {
    /// Whether an extension holds the upgrade from one version to another one back.
    fn is_blocking(&self, hook: Hook, from: &str, to: &str) -> bool;
}

impl Hooks for () {
    fn is_blocking(&self, _: Hook, _: &str, _: &str) -> bool {
        false
    }
}

/// Annotations that begin so hold an upgrade back before anything is upgraded.
const HOLD: &str = "before-upgrade.hook.cluster.cluster.x-k8s.io";

/// The hooks that were asked, and those that are still to be.
pub(super) struct Calls<'a> {
    observed: &'a Observed<'a>,
    pending: BTreeSet<String>,
    changed: bool,
    asked: Vec<(Hook, bool)>,
}

impl<'a> Calls<'a> {
    pub(super) fn new(observed: &'a Observed<'a>) -> Self {
        let pending = observed
            .cluster
            .metadata
            .annotations
            .get(labels::PENDING_HOOKS);
        let pending = pending.map_or("", String::as_str).split(',');
        let pending = pending.filter(|hook| !hook.is_empty());
        Self {
            observed,
            pending: pending.map(str::to_owned).collect(),
            changed: false,
            asked: Vec::new(),
        }
    }

    pub(super) fn into_calls(self) -> Vec<(Hook, bool)> {
        self.asked
    }

    pub(super) fn is_pending(&self, hook: &str) -> bool {
        self.pending.contains(hook)
    }

    pub(super) fn mark(&mut self, hooks: &[&str]) {
        if self.observed.gates.runtime_sdk {
            for hook in hooks {
                self.changed |= self.pending.insert((*hook).to_owned());
            }
        }
    }

    /// Asks a hook; false if it holds the upgrade back.
    fn ask(&mut self, hook: Hook, from: &str, to: &str) -> bool {
        if !self.observed.gates.runtime_sdk {
            return true;
        }
        let blocking = self.observed.hooks.is_blocking(hook, from, to);
        self.asked.push((hook, blocking));
        !blocking
    }

    pub(super) fn before_step(&mut self, from: &str, to: &str) -> bool {
        self.ask(Hook::BeforeControlPlaneUpgrade, from, to)
    }

    /// Before an upgrade begins: once, and not while an annotation of the Cluster holds it back.
    pub(super) fn before_upgrade(&mut self, from: &str, to: &str) -> bool {
        if !self.observed.gates.runtime_sdk || self.is_pending("AfterClusterUpgrade") {
            return true;
        }
        let mut annotations = self.observed.cluster.metadata.annotations.keys();
        if annotations.any(|key| key.starts_with(HOLD)) {
            self.asked.push((Hook::BeforeClusterUpgrade, true));
            return false;
        }
        self.ask(Hook::BeforeClusterUpgrade, from, to)
    }

    /// A hook that is only asked if it is still to be, and done once it lets go.
    pub(super) fn pending(&mut self, hook: Hook, from: &str, to: &str) -> bool {
        if !self.observed.gates.runtime_sdk || !self.is_pending(hook.name()) {
            return true;
        }
        let go = self.ask(hook, from, to);
        if go {
            self.changed |= self.pending.remove(hook.name());
        }
        go
    }

    pub(super) fn is_blocking(&self, hooks: &[Hook]) -> bool {
        self.asked
            .iter()
            .any(|(hook, blocking)| *blocking && hooks.contains(hook))
    }

    pub(super) fn write(&self, annotations: &mut BTreeMap<String, String>) {
        if !self.changed {
            return;
        }
        if self.pending.is_empty() {
            annotations.remove(labels::PENDING_HOOKS);
            return;
        }
        let pending: Vec<&str> = self.pending.iter().map(String::as_str).collect();
        annotations.insert(labels::PENDING_HOOKS.to_owned(), pending.join(","));
    }
}
