//! From what is observed and wanted to steps in order.

use std::{
    collections::BTreeSet,
    fmt,
    time::{Duration, SystemTime},
};

use serde::Serialize;

use super::guard;
use super::state::{Desired, EtcdMember, NodeState, Observed, Role};
use super::step::{Step, Task};

const DAY: u64 = 86_400;

/// What has to be done, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Plan {
    /// One after the other; each only when the one before it succeeded.
    pub steps: Vec<Step>,
    /// What has to be done and cannot be after these steps.
    pub blocked: Vec<Blocked>,
    /// What ends and can be renewed by nobody here, a sentence each.
    pub notes: Vec<String>,
}

/// A node on which something has to be done that cannot be done now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Blocked {
    /// What would be done.
    pub step: Step,
    /// Why it cannot be.
    pub reason: String,
}

/// Why there can be no plan.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// Two nodes have the same name.
    #[error("nodes: two are called {name}")]
    DuplicateNode {
        /// The name.
        name: String,
    },
    /// Certificates would have to be renewed for ever.
    #[error(
        "renewBefore: certificates hold for {period} seconds and would be renewed with {before} left; it has to be less"
    )]
    NeverDone {
        /// How long certificates hold, in seconds.
        period: u64,
        /// When they are renewed, in seconds before their end.
        before: u64,
    },
    /// Something is to be configured or upgraded, and there is no control plane.
    #[error("nodes: there is no control plane to begin with")]
    NoControlPlane,
}

/// What has to be done, on one node after the other, so that the cluster is as it is wanted. It supposes that every step succeeds.
///
/// # Errors
/// What is observed or wanted contradicts itself.
pub fn plan(observed: &Observed, desired: &Desired, now: SystemTime) -> Result<Plan, PlanError> {
    check(observed, desired)?;
    let mut plan = Plan {
        notes: notes(observed, desired, now),
        ..Plan::default()
    };
    let mut model = observed.clone();
    loop {
        match next(&model, desired, now) {
            Next::Step(step) => {
                succeed(&mut model, &step, desired, now);
                plan.steps.push(step);
            }
            Next::Blocked(blocked) => {
                plan.blocked = blocked;
                return Ok(plan);
            }
        }
    }
}

fn check(observed: &Observed, desired: &Desired) -> Result<(), PlanError> {
    let mut names = BTreeSet::new();
    for node in &observed.nodes {
        if !names.insert(&node.name) {
            let name = node.name.clone();
            return Err(PlanError::DuplicateNode { name });
        }
    }
    let (period, before) = (desired.certificate_period, desired.renew_before);
    if before >= period {
        return Err(PlanError::NeverDone {
            period: period.as_secs(),
            before: before.as_secs(),
        });
    }
    let wanted = desired.config.is_some() || desired.version.is_some();
    let mut nodes = observed.nodes.iter();
    if wanted && !observed.nodes.is_empty() && !nodes.any(is_control_plane) {
        return Err(PlanError::NoControlPlane);
    }
    Ok(())
}

fn is_control_plane(node: &NodeState) -> bool {
    node.role == Role::ControlPlane
}

enum Next {
    Step(Step),
    /// Nothing can be done; what would have to be.
    Blocked(Vec<Blocked>),
}

/// The first step that may be made.
fn next(observed: &Observed, desired: &Desired, now: SystemTime) -> Next {
    let mut blocked = Vec::new();
    // Nothing may be begun anywhere while something is begun somewhere.
    let mut begun: Option<String> = None;
    for node in in_order(observed) {
        let Some(step) = due(observed, node, desired, now) else {
            continue;
        };
        let waits = begun
            .as_ref()
            .map(|other| format!("a run on {other} has to be finished first"))
            .or_else(|| too_early(observed, node, &step, desired));
        match waits.or_else(|| guard::objection(observed, node, desired)) {
            None => return Next::Step(step),
            Some(reason) => blocked.push(Blocked { step, reason }),
        }
        if node.unfinished.is_some() && begun.is_none() {
            begun = Some(node.name.clone());
        }
    }
    Next::Blocked(blocked)
}

/// The order in which nodes are worked on.
fn in_order(observed: &Observed) -> Vec<&NodeState> {
    let silent = |member: &EtcdMember| !member.healthy;
    let mut nodes: Vec<&NodeState> = observed.nodes.iter().collect();
    nodes.sort_by_key(|node| {
        let spared = node.etcd.as_ref().is_some_and(silent) || !node.ready;
        (
            node.unfinished.is_none(),
            node.role,
            !(spared && is_control_plane(node)),
            node.name.clone(),
        )
    });
    nodes
}

/// What has to be done next on a node.
fn due(observed: &Observed, node: &NodeState, desired: &Desired, now: SystemTime) -> Option<Step> {
    let step = |task: Task, why: Vec<String>| Step {
        node: node.name.clone(),
        role: node.role,
        task,
        why,
    };
    if let Some(unfinished) = &node.unfinished {
        let why = match &unfinished.error {
            Some(error) => format!("it was begun and failed: {error}"),
            None => "it was begun and not finished".to_owned(),
        };
        return Some(step(unfinished.task.clone(), vec![why]));
    }
    let control_planes = || observed.nodes.iter().filter(|node| is_control_plane(node));
    if let (Some(to), Some(is)) = (&desired.version, &node.version)
        && is != to
    {
        let first = is_control_plane(node)
            && !control_planes().any(|other| other.version.as_ref() == Some(to));
        let task = Task::Upgrade {
            to: to.clone(),
            first,
        };
        return Some(step(task, vec![format!("it runs v{is}")]));
    }
    if let Some(to) = desired.config
        && node.config != Some(to)
    {
        let first =
            is_control_plane(node) && !control_planes().any(|other| other.config == Some(to));
        let why = match node.config {
            Some(_) => "its files are made from another one",
            None => "it is not known what its files are made from",
        };
        return Some(step(Task::Configure { to, first }, vec![why.to_owned()]));
    }
    let ending = node
        .certificates
        .iter()
        .filter(|one| !one.external && one.left(now) < desired.renew_before);
    let mut ending: Vec<_> = ending.collect();
    ending.sort_by(|a, b| a.name.cmp(&b.name));
    if ending.is_empty() {
        return None;
    }
    let why = ending
        .iter()
        .map(|one| format!("{} {}", one.name, end(one.left(now))));
    let why = why.collect();
    let mut certificates: Vec<String> = ending.iter().map(|one| one.name.clone()).collect();
    certificates.dedup();
    Some(step(Task::Renew { certificates }, why))
}

fn end(left: Duration) -> String {
    match left.as_secs() / DAY {
        0 if left.is_zero() => "is over".to_owned(),
        0 => "ends today".to_owned(),
        1 => "ends in 1 day".to_owned(),
        days => format!("ends in {days} days"),
    }
}

/// Whether others have to be at the version or the configuration first.
fn too_early(
    observed: &Observed,
    node: &NodeState,
    step: &Step,
    desired: &Desired,
) -> Option<String> {
    let behind = |other: &&NodeState| match &step.task {
        Task::Upgrade { to, .. } => {
            desired.version.is_some() && other.version.as_ref().is_some_and(|version| version != to)
        }
        Task::Configure { to, .. } => desired.config.is_some() && other.config != Some(*to),
        Task::Renew { .. } => false,
    };
    // What is begun is finished first, whatever others lack.
    if is_control_plane(node) || node.unfinished.is_some() {
        return None;
    }
    let control_planes = observed
        .nodes
        .iter()
        .filter(|other| is_control_plane(other));
    let other = control_planes
        .filter(behind)
        .min_by_key(|other| &other.name)?;
    Some(format!("control plane {} comes first", other.name))
}

/// What a step leaves that succeeds.
fn succeed(model: &mut Observed, step: &Step, desired: &Desired, now: SystemTime) {
    let node = model.nodes.iter_mut().find(|node| node.name == step.node);
    let Some(node) = node else { return };
    node.unfinished = None;
    // What runs after a step was started by it.
    node.ready = true;
    if let Some(member) = &mut node.etcd {
        member.healthy = true;
    }
    let ends = (now + desired.certificate_period).into();
    let renewed = |name: &str| match &step.task {
        Task::Renew { certificates } => certificates.iter().any(|one| one == name),
        Task::Upgrade { .. } => true,
        Task::Configure { .. } => false,
    };
    for one in &mut node.certificates {
        if !one.external && renewed(&one.name) {
            one.ends = ends;
        }
    }
    match &step.task {
        Task::Upgrade { to, .. } => node.version = Some(to.clone()),
        Task::Configure { to, .. } => node.config = Some(*to),
        Task::Renew { .. } => {}
    }
}

fn notes(observed: &Observed, desired: &Desired, now: SystemTime) -> Vec<String> {
    let external = in_order(observed).into_iter().flat_map(|node| {
        let ending = node
            .certificates
            .iter()
            .filter(|one| one.external && one.left(now) < desired.renew_before);
        ending.map(|one| {
            format!(
                "{}: {} {}, and its authority's key is elsewhere",
                node.name,
                one.name,
                end(one.left(now))
            )
        })
    });
    external.collect()
}

impl Plan {
    /// Whether nothing has to be done.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty() && self.blocked.is_empty()
    }
}

/// A line for each step, then one for each that is blocked, then the notes.
impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for step in &self.steps {
            writeln!(f, "{step}")?;
        }
        for Blocked { step, reason } in &self.blocked {
            writeln!(f, "blocked: {step}: {reason}")?;
        }
        for note in &self.notes {
            writeln!(f, "note: {note}")?;
        }
        Ok(())
    }
}
