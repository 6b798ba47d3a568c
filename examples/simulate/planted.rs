//! Mistakes that are made on purpose, and what it takes to find them.

use apply_server::simulation::Simulation;

use crate::{machines, membership, nodes, reconcile, rollout};

/// Mistakes of authorities.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Membership {
    LostUpdate,
    TwoRosters,
    NoRepair,
}

/// Mistakes of a deployer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reconcile {
    ForgetsIntent,
    KeepsAll,
    LosesInventory,
}

/// Mistakes of a rollout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rollout {
    OneMore,
    NoSoak,
    Hasty,
    GoesOn,
}

/// Mistakes of those who set up nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Nodes {
    NoJournal,
    TakenForDone,
    ClearsAway,
}

/// A mistake, and the scenario that it is made in.
pub(crate) struct Planted {
    pub(crate) krate: &'static str,
    pub(crate) what: &'static str,
    pub(crate) simulation: Simulation,
}

/// All of them.
pub(crate) fn all() -> Vec<Planted> {
    use machines::Bug;
    let planted = |krate, what, simulation| Planted {
        krate,
        what,
        simulation,
    };
    let machine = |bug: Bug| match bug {
        Bug::RolloutGrows | Bug::RolloutShrinks | Bug::SetDeletes | Bug::SetCreates => {
            machines::rollout(Some(bug))
        }
        Bug::HealthCheck | Bug::HealthCheckSleeps => machines::health_checks(Some(bug)),
        Bug::Remediation => machines::cluster(Some(bug)),
        _ => machines::control_plane(Some(bug)),
    };
    let machine = Bug::ALL
        .into_iter()
        .map(|(bug, what)| planted("machine-api", what, machine(bug)));
    let members = [
        (
            Membership::LostUpdate,
            "an authority writes the roster without looking whether somebody else did",
        ),
        (
            Membership::TwoRosters,
            "each authority keeps a roster of its own",
        ),
        (
            Membership::NoRepair,
            "what a cluster is told of its membership is not told again",
        ),
    ]
    .map(|(bug, what)| planted("cluster-id", what, membership::simulation(Some(bug))));
    let objects = [
        (
            Reconcile::ForgetsIntent,
            "an object is applied before the journal knows of it",
        ),
        (
            Reconcile::KeepsAll,
            "an object is taken for deleted that nobody deleted",
        ),
        (
            Reconcile::LosesInventory,
            "a run that begins anew does not read the journal",
        ),
    ]
    .map(|(bug, what)| planted("cluster-id", what, reconcile::simulation(Some(bug))));
    let stages = [
        (
            Rollout::OneMore,
            "a stage changes one cluster more at a time than it may",
        ),
        (
            Rollout::NoSoak,
            "a stage is watched a minute less than asked for",
        ),
        (Rollout::Hasty, "a cluster that has begun is taken for done"),
        (Rollout::GoesOn, "a cluster that failed is taken for done"),
    ]
    .map(|(bug, what)| planted("cluster-id", what, rollout::simulation(Some(bug))));
    let runs = [
        (Nodes::NoJournal, "the journal is lost with the process"),
        (
            Nodes::TakenForDone,
            "a run that was killed is taken for done",
        ),
        (
            Nodes::ClearsAway,
            "whoever goes on clears a key away before",
        ),
    ]
    .map(|(bug, what)| planted("bootstrap-phases", what, nodes::simulation(Some(bug))));
    machine
        .chain(members)
        .chain(objects)
        .chain(stages)
        .chain(runs)
        .collect()
}

/// What it took to find a mistake.
pub(crate) struct Found {
    /// How many seeds, in the middle of some attempts.
    pub(crate) median: u64,
    pub(crate) rule: String,
    /// The story of the first one.
    pub(crate) story: String,
    pub(crate) faults: usize,
    pub(crate) steps: usize,
}

impl Planted {
    /// Looks for it some times, each time with other seeds; `None` if it was not found once.
    pub(crate) fn find(&self, attempts: u64, most: u64) -> Option<Found> {
        let mut needed = Vec::new();
        let mut story = None;
        for attempt in 0..attempts {
            let first = attempt * 10_000;
            let run = self.simulation.find(first..first + most)?;
            needed.push(run.seed - first + 1);
            if story.is_none() {
                story = self.simulation.shrink(&run);
            }
        }
        needed.sort_unstable();
        let story = story?;
        Some(Found {
            median: needed.get(needed.len() / 2).copied()?,
            rule: story.violation.rule.clone(),
            faults: story.faults(),
            steps: story.steps(),
            story: story.to_string(),
        })
    }
}
