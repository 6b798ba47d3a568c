//! A small reconciler: from the objects of a management cluster to operations that bring them forward.
//!
//! [`Driver::plan`] looks at a [`Snapshot`] once and says what is to be written; [`Driver::step`] reads, plans and writes through
//! any [`Executor`], such as an API server inside the process. It makes the decisions of this crate in the order in which
//! Cluster API's controllers would, for Clusters, MachineDeployments, MachineSets, Machines and MachineHealthChecks, and does the part of
//! providers through a [`Provider`]. Every step can be interrupted anywhere and begun anew.
//!
//! What it does not do: objects are not defaulted and validated ([`admission`](crate::admission) does that, where objects come in),
//! managed topologies are not rendered, and machines of a KubeadmControlPlane are not made. Nodes are not drained, since nothing
//! runs in them that the driver could see.

mod chain;
mod cluster;
mod deployment;
mod health_check;
mod infrastructure;
mod machine;
mod machine_set;
mod new_machine;
mod snapshot;

use std::collections::BTreeMap;

use apply_semantics::op::{Effect, Executor, Outcome, Refusal};
use componentconfig::core::Time;

pub use chain::Chain;
pub use snapshot::Snapshot;

use crate::{
    Gates, explain::Why, machine::Node, machine_set::preflight::PreflightCheck,
    names::RandomSource, provider::Provider,
};

/// Brings the objects of a management cluster forward. See the [module](self).
#[derive(Debug)]
pub struct Driver<P, R> {
    provider: P,
    random: R,
    gates: Gates,
    checks: Vec<PreflightCheck>,
}

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
    nodes: BTreeMap<(String, String), Option<Vec<Node>>>,
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
        }
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
        let mut report = Report {
            why: plan.why,
            requeue_after_seconds: plan.requeue_after_seconds,
            ..Report::default()
        };
        for chain in plan.chains {
            for operation in &chain.operations {
                match api.execute(operation) {
                    Ok(outcome) => report.changes += usize::from(is_change(&outcome)),
                    Err(refusal) => {
                        report.refusals.push((chain.subject, refusal));
                        break;
                    }
                }
            }
        }
        Ok(report)
    }
}

impl<P> Context<'_, P> {
    fn look_again(&mut self, seconds: impl TryInto<u32>) {
        let seconds = seconds.try_into().unwrap_or(u32::MAX);
        let before = self.plan.requeue_after_seconds;
        self.plan.requeue_after_seconds =
            Some(before.map_or(seconds, |before| before.min(seconds)));
    }

    fn fails(&mut self, subject: impl Into<String>, reason: &'static str, error: &impl ToString) {
        self.plan
            .why
            .push(Why::new(subject, reason, error.to_string()));
    }
}

/// A deletion always changes something: only objects that are there are deleted.
fn is_change(outcome: &Outcome) -> bool {
    !matches!(outcome.effect(), Some(Effect::Unchanged | Effect::Read))
}
