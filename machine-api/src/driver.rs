//! A small reconciler: from the objects of a management cluster to operations that bring them forward.
//!
//! [`Driver::plan`] looks at a [`Snapshot`] once and says what is to be written; [`Driver::step`] reads, plans and writes through
//! any [`Executor`], such as an API server inside the process. It makes the decisions of this crate in the order in which
//! Cluster API's controllers would, for Clusters, KubeadmControlPlanes, MachineDeployments, MachineSets, Machines and
//! MachineHealthChecks, and does the part of providers through a [`Provider`]. Every step can be interrupted anywhere and begun
//! anew.
//!
//! Of a KubeadmControlPlane the driver makes the certificates, the administrator's kubeconfig and the machines, one at a time, and
//! looks after etcd; what it knows of the cluster, and the keys, come from the provider. Nodes of machines that go are drained: pods
//! leave by eviction, as far as their budgets let them. With its version change the configuration that machines join with, kube-proxy
//! and CoreDNS; the first of them needs the feature `bootstrap-data`.
//!
//! All of them say in their conditions how they are, as Cluster API's do; what is paused stays as it is.
//!
//! With the feature `kube`, `Driver::run` does that again and again through a `kube::Client`, whenever an object changes or it is time.
//!
//! What it does not do: it does not elect a leader among several of its kind, objects are not defaulted and validated
//! ([`admission`](crate::admission) does that, where objects come in), managed topologies are not rendered, MachinePools are not
//! looked at, and what only v1beta1 has (`status.deprecated`) is not written.

#[cfg(feature = "bootstrap-data")]
mod bootstrap;
mod chain;
mod cluster;
mod control_plane;
mod deployment;
mod health_check;
mod infrastructure;
#[cfg(feature = "kube")]
mod kube;
mod machine;
mod machine_set;
mod new_machine;
mod snapshot;
mod templates;

use std::collections::{BTreeMap, BTreeSet};

use apply_semantics::op::{Effect, Executor, Operation, Outcome, Reason, Refusal};
use componentconfig::core::Time;

pub use chain::{Chain, Workload};
pub use snapshot::Snapshot;

use crate::{
    Gates, Object, conditions,
    core::v1beta2::{Cluster, Machine},
    explain::Why,
    machine::{Node, drain::Eviction, observed::Connection},
    machine_set::preflight::PreflightCheck,
    meta::{Condition, ConditionStatus},
    names::RandomSource,
    provider::Provider,
};

/// Brings the objects of a management cluster forward. See the [module](self).
#[derive(Debug)]
pub struct Driver<P, R> {
    provider: P,
    random: R,
    gates: Gates,
    checks: Vec<PreflightCheck>,
    connections: BTreeMap<Place, Connection>,
    evictions: BTreeMap<Place, Evictions>,
    #[cfg(feature = "bootstrap-data")]
    makes_data: bool,
}

/// What became of evictions in a cluster, by pod.
type Evictions = BTreeMap<String, Eviction>;

/// Namespace and name.
type Place = (String, String);

/// What is to be written.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Plan {
    /// Operations that follow each other, for one object each.
    pub chains: Vec<Chain>,
    /// Why things happen, or do not.
    pub why: Vec<Why>,
    /// When to look again if nothing else happens, in seconds.
    pub requeue_after_seconds: Option<u32>,
}

/// What became of a plan.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Report {
    /// How many operations changed something.
    pub changes: usize,
    /// What was refused, by object. The next step tries again from what there is then.
    pub refusals: Vec<(String, Refusal)>,
    /// Why things happen, or do not.
    pub why: Vec<Why>,
    /// When to look again if nothing else happens, in seconds.
    pub requeue_after_seconds: Option<u32>,
}

/// What decisions are made of, and where they go.
struct Context<'a, P> {
    snapshot: &'a Snapshot,
    provider: &'a mut P,
    random: &'a mut dyn RandomSource,
    gates: Gates,
    checks: &'a [PreflightCheck],
    /// Of each cluster; `None` if it does not answer.
    nodes: BTreeMap<Place, Option<Vec<Node>>>,
    /// How the connections to clusters fare.
    connections: &'a mut BTreeMap<Place, Connection>,
    /// What became of the last evictions in each cluster.
    evictions: &'a BTreeMap<Place, Evictions>,
    #[cfg(feature = "bootstrap-data")]
    makes_data: bool,
    /// Templates that were made those of their cluster.
    owned: BTreeSet<Place>,
    /// Machines with what their control plane found out about them, until it is written.
    found: BTreeMap<Place, Machine>,
    now: Time,
    plan: Plan,
}

impl<P: Provider, R: RandomSource> Driver<P, R> {
    /// A driver that does what providers do through `provider`, and takes random parts of names from `random`.
    pub const fn new(provider: P, random: R, gates: Gates) -> Self {
        Self {
            provider,
            random,
            gates,
            checks: Vec::new(),
            connections: BTreeMap::new(),
            evictions: BTreeMap::new(),
            #[cfg(feature = "bootstrap-data")]
            makes_data: false,
        }
    }

    /// With bootstrap data of machines that is made from their KubeadmConfig here, with the certificates of the cluster, rather than
    /// by the provider.
    #[cfg(feature = "bootstrap-data")]
    #[must_use]
    pub fn bootstrap_data(mut self) -> Self {
        self.makes_data = true;
        self
    }

    /// With these checks before machines are made; none if none are named.
    #[must_use]
    pub fn preflight_checks(mut self, checks: Vec<PreflightCheck>) -> Self {
        self.checks = checks;
        self
    }

    /// The provider.
    pub const fn provider(&mut self) -> &mut P {
        &mut self.provider
    }

    /// Says what is to be written for what a snapshot shows. The provider is asked, and begins what it is asked for.
    pub fn plan(&mut self, snapshot: &Snapshot, now: Time) -> Plan {
        let mut context = Context {
            snapshot,
            provider: &mut self.provider,
            random: &mut self.random,
            gates: self.gates,
            checks: &self.checks,
            nodes: BTreeMap::new(),
            connections: &mut self.connections,
            evictions: &self.evictions,
            #[cfg(feature = "bootstrap-data")]
            makes_data: self.makes_data,
            owned: BTreeSet::new(),
            found: BTreeMap::new(),
            now,
            plan: Plan::default(),
        };
        for cluster in &snapshot.clusters {
            context.see_nodes(cluster);
        }
        for cluster in &snapshot.clusters {
            context.provide_cluster(cluster);
            context.cluster(cluster);
        }
        for deployment in &snapshot.machine_deployments {
            context.deployment(deployment);
        }
        for set in &snapshot.machine_sets {
            context.machine_set(set);
        }
        for machine in &snapshot.machines {
            context.provide_machine(machine);
            context.machine(machine);
        }
        context.provide_orphans();
        for check in &snapshot.machine_health_checks {
            context.health_check(check);
        }
        context.plan
    }

    /// Reads, plans and writes once.
    ///
    /// # Errors
    /// The objects cannot be read. What is refused when it is written is part of the report.
    pub fn step(&mut self, api: &mut dyn Executor, now: Time) -> Result<Report, Refusal> {
        let snapshot = Snapshot::read(api)?;
        let plan = self.plan(&snapshot, now);
        let mut report = Report::of(&plan);
        for chain in plan.chains {
            if !self.inside(&chain, now, &mut report) {
                continue;
            }
            for operation in &chain.operations {
                if !report.take(&snapshot, &chain.subject, api.execute(operation)) {
                    break;
                }
            }
        }
        report.why = plan.why;
        Ok(report)
    }

    /// What is to be done inside of a cluster. Says whether all of it was, or need not be any more. A pod that cannot be evicted
    /// keeps nothing from being done.
    fn inside(&mut self, chain: &Chain, now: Time, report: &mut Report) -> bool {
        let Some(workload) = &chain.workload else {
            return true;
        };
        let cluster = (workload.namespace.as_str(), workload.cluster.as_str());
        for operation in &workload.operations {
            let outcome = self.provider.execute(cluster, operation, now);
            if let Some(pod) = evicted_pod(operation) {
                let place = (workload.namespace.clone(), workload.cluster.clone());
                let all = self.evictions.entry(place).or_default();
                all.insert(pod, eviction(outcome.as_ref().err()));
                // A pod that stays is no failure: the draining goes on.
                report.changes += usize::from(outcome.is_ok());
                continue;
            }
            match outcome {
                Ok(outcome) => report.changes += usize::from(is_change(&outcome)),
                Err(refusal) if is_done_already(operation, &refusal) => {}
                Err(refusal) => {
                    // What comes after it may depend on it.
                    report.refusals.push((chain.subject.clone(), refusal));
                    return false;
                }
            }
        }
        true
    }
}

/// Whether an operation was refused since what it does is done.
fn is_done_already(operation: &Operation, refusal: &Refusal) -> bool {
    match operation {
        Operation::Delete { .. } => refusal.is_not_found(),
        Operation::Create { .. } => refusal.is_already_exists(),
        _ => false,
    }
}

impl Report {
    /// Of a plan of which nothing was written yet.
    fn of(plan: &Plan) -> Self {
        Self {
            requeue_after_seconds: plan.requeue_after_seconds,
            ..Self::default()
        }
    }

    /// Takes what became of an operation. Says whether what follows from it may be done.
    fn take(
        &mut self,
        snapshot: &Snapshot,
        subject: &str,
        outcome: Result<Outcome, Refusal>,
    ) -> bool {
        match outcome {
            Ok(outcome) => {
                // Over HTTP an answer does not say whether something was written; the version of the object does.
                let same = outcome.effect() == Some(Effect::Unknown)
                    && outcome
                        .as_object()
                        .is_some_and(|object| snapshot.shows(object));
                self.changes += usize::from(is_change(&outcome) && !same);
                true
            }
            Err(refusal) => {
                self.refusals.push((subject.to_owned(), refusal));
                false
            }
        }
    }
}

impl<P> Context<'_, P> {
    fn look_again(&mut self, seconds: impl TryInto<u32>) {
        let seconds = seconds.try_into().unwrap_or(u32::MAX);
        let before = self.plan.requeue_after_seconds;
        self.plan.requeue_after_seconds =
            Some(before.map_or(seconds, |before| before.min(seconds)));
    }

    /// Writes the condition `Paused` of an object of a cluster. Says whether it is left as it is.
    fn pause<T: Object>(&self, cluster: &Cluster, object: &T, list: &mut Vec<Condition>) -> bool {
        let paused = conditions::paused(cluster, object.metadata(), T::GVK.kind());
        let is_paused = paused.status == ConditionStatus::True;
        let generation = object.metadata().generation;
        conditions::set(list, paused, generation, self.now);
        is_paused
    }

    fn fails(&mut self, subject: impl Into<String>, reason: &'static str, error: &impl ToString) {
        self.plan
            .why
            .push(Why::new(subject, reason, error.to_string()));
    }
}

/// The pod that an operation evicts.
fn evicted_pod(operation: &Operation) -> Option<String> {
    let Operation::CreateSubresource { target, .. } = operation else {
        return None;
    };
    (target.subresource.as_deref() == Some("eviction")).then(|| {
        let namespace = target.namespace.as_deref().unwrap_or_default();
        format!("{namespace}/{}", target.name)
    })
}

/// What an eviction came to. Follows `evictPods` of Cluster API.
fn eviction(refusal: Option<&Refusal>) -> Eviction {
    let Some(refusal) = refusal else {
        return Eviction::Accepted;
    };
    let causes = &refusal.details.causes;
    if refusal.is_not_found() {
        Eviction::NotFound
    } else if refusal.reason == Reason::TooManyRequests {
        let mut message = refusal.message.clone();
        for cause in causes {
            message.push(' ');
            message.push_str(&cause.message);
        }
        Eviction::Budget(message)
    } else if causes
        .iter()
        .any(|cause| cause.reason == "NamespaceTerminating")
    {
        Eviction::NamespaceTerminating
    } else {
        Eviction::Failed(format!("failed to evict Pod: {}", refusal.message))
    }
}

/// A deletion always changes something: only objects that are there are deleted.
fn is_change(outcome: &Outcome) -> bool {
    !matches!(outcome.effect(), Some(Effect::Unchanged | Effect::Read))
}
