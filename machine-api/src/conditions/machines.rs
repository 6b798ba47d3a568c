//! Conditions that owners of machines have in common, made of those of their machines.

use std::collections::BTreeSet;

use componentconfig::core::Time;

use super::{Aggregate, Owner, find, has_status, told};
use crate::{
    core::v1beta2::Machine,
    facts,
    machine::shortened,
    meta::{Condition, ConditionStatus},
};

/// A machine without condition `UpToDate` counts from this many seconds on.
const SETTLED_SECONDS: i64 = 10;

/// A machine that takes longer than so many seconds to go is told of.
const STALE_SECONDS: i64 = 15 * 60;
/// And why, if its node is being drained for longer than so many seconds.
const DRAIN_SECONDS: i64 = 5 * 60;

/// So many names are shown.
const SHOWN: usize = 3;

/// What messages of `Deleting` say of a machine that takes long, and what that comes from.
const CAUSES: [(&str, &str); 4] = [
    (
        "cannot evict pod as it would violate the pod's disruption budget.",
        "PodDisruptionBudgets",
    ),
    (
        "deletionTimestamp set, but still not removed from the Node",
        "Pods not terminating",
    ),
    ("failed to evict Pod", "Pod eviction errors"),
    ("waiting for completion", "Pods not completed yet"),
];

/// How many machines there are and are to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Scale {
    pub(crate) current: usize,
    pub(crate) wanted: usize,
}

impl Scale {
    /// `None` if it is not said how many there are to be. Of what is deleted nothing is to be left.
    pub(crate) fn of(current: usize, replicas: Option<i32>, deleting: bool) -> Option<Self> {
        let wanted = usize::try_from(replicas?).unwrap_or_default();
        let wanted = if deleting { 0 } else { wanted };
        Some(Self { current, wanted })
    }
}

/// `ScalingUp`: what keeps machines from being made follows the numbers, else what would.
pub(crate) fn scaling_up(
    scale: Option<Scale>,
    blocked: &str,
    would_be_blocked: Option<&str>,
) -> Condition {
    const TYPE: &str = "ScalingUp";
    match scale {
        None => waits_for_replicas(TYPE),
        Some(Scale { current, wanted }) if current < wanted => {
            let message = format!("Scaling up from {current} to {wanted} replicas{blocked}");
            told(TYPE, ConditionStatus::True, TYPE, &message)
        }
        Some(_) => {
            let message = would_be_blocked
                .map(|missing| format!("Scaling up would be blocked because {missing}"));
            let message = message.unwrap_or_default();
            told(TYPE, ConditionStatus::False, "NotScalingUp", &message)
        }
    }
}

/// `ScalingDown`: what takes long follows the numbers.
pub(crate) fn scaling_down(scale: Option<Scale>, slow: &str) -> Condition {
    const TYPE: &str = "ScalingDown";
    match scale {
        None => waits_for_replicas(TYPE),
        Some(Scale { current, wanted }) if current > wanted => {
            let message = format!("Scaling down from {current} to {wanted} replicas{slow}");
            told(TYPE, ConditionStatus::True, TYPE, &message)
        }
        Some(_) => told(TYPE, ConditionStatus::False, "NotScalingDown", ""),
    }
}

/// Of what is not told how many machines it is to have.
pub(crate) fn waits_for_replicas(kind: &str) -> Condition {
    let message = "Waiting for spec.replicas set";
    told(
        kind,
        ConditionStatus::Unknown,
        "WaitingForReplicasSet",
        message,
    )
}

/// `RollingOut`: how many machines are not as they are to be, and all reasons for it.
pub(crate) fn rolling_out(machines: &[&Machine]) -> Condition {
    let outdated: Vec<&Condition> = machines
        .iter()
        .filter_map(|machine| find(&machine.status.conditions, "UpToDate"))
        .filter(|condition| condition.status == ConditionStatus::False)
        .collect();
    if outdated.is_empty() {
        return told("RollingOut", ConditionStatus::False, "NotRollingOut", "");
    }
    let messages = outdated.iter().map(|condition| condition.message.as_str());
    let reasons: BTreeSet<&str> = messages
        .filter(|message| !message.is_empty())
        .flat_map(|message| message.split('\n'))
        .collect();
    let mut reasons: Vec<&str> = reasons.into_iter().collect();
    reasons.sort_by_key(|reason| !reason.starts_with("* Version"));
    let count = outdated.len();
    let mut message = format!("Rolling out {count} not up-to-date replicas");
    for reason in reasons {
        message.push('\n');
        message.push_str(reason);
    }
    told("RollingOut", ConditionStatus::True, "RollingOut", &message)
}

/// What the machines' condition `Ready` comes to, under another name.
pub(crate) fn ready(machines: &[&Machine], target: &str) -> Condition {
    let owners: Vec<Owner<'_>> = machines.iter().map(|one| Owner::from(*one)).collect();
    let reasons = Reasons {
        issue: "NotReady",
        unknown: "ReadyUnknown",
        good: "Ready",
        nothing: "NoReplicas",
    };
    aggregate(Aggregate::of("Ready").target(target), &owners, &reasons)
}

/// What the machines' condition `UpToDate` comes to, under another name. Nothing is said of machines that were made just now.
pub(crate) fn up_to_date(machines: &[&Machine], target: &str, now: Time) -> Condition {
    let settled = |machine: &&&Machine| {
        let made = machine.metadata.creation_timestamp;
        let age = made.map(|made| now.unix() - made.unix());
        find(&machine.status.conditions, "UpToDate").is_some()
            || age.is_none_or(|age| age > SETTLED_SECONDS)
    };
    let machines = machines.iter().filter(settled);
    let owners: Vec<Owner<'_>> = machines.map(|machine| Owner::from(*machine)).collect();
    let reasons = Reasons {
        issue: "NotUpToDate",
        unknown: "UpToDateUnknown",
        good: "UpToDate",
        nothing: "NoReplicas",
    };
    aggregate(Aggregate::of("UpToDate").target(target), &owners, &reasons)
}

/// Reasons of a condition that is made of others.
pub(crate) struct Reasons<'a> {
    pub(crate) issue: &'a str,
    pub(crate) unknown: &'a str,
    pub(crate) good: &'a str,
    /// There are none to make it of.
    pub(crate) nothing: &'a str,
}

/// A condition of many objects with reasons of its own; it is good if there are none.
pub(crate) fn aggregate(
    aggregate: Aggregate<'_>,
    owners: &[Owner<'_>],
    reasons: &Reasons<'_>,
) -> Condition {
    match aggregate.compute(owners) {
        Err(_) => told(aggregate.name(), aggregate.good(), reasons.nothing, ""),
        Ok(condition) => Condition {
            reason: if condition.status == aggregate.good() {
                reasons.good
            } else if condition.status == ConditionStatus::Unknown {
                reasons.unknown
            } else {
                reasons.issue
            }
            .to_owned(),
            ..condition
        },
    }
}

/// `Remediating`: what is done about unhealthy machines, or which of them nothing is done about `by` their owner.
pub(crate) fn remediating(machines: &[&Machine], by: &str) -> Condition {
    let asked = machines.iter().filter(|one| facts::awaits_remediation(one));
    let asked: Vec<Owner<'_>> = asked.map(|machine| Owner::from(*machine)).collect();
    let aggregate = Aggregate::of("OwnerRemediated").target("Remediating");
    if let Ok(condition) = aggregate.compute(&asked) {
        let message = &condition.message;
        return told("Remediating", ConditionStatus::True, "Remediating", message);
    }
    let mut unhealthy: Vec<String> = machines
        .iter()
        .filter(|machine| {
            let conditions = &machine.status.conditions;
            has_status(conditions, "HealthCheckSucceeded", &ConditionStatus::False)
        })
        .map(|machine| machine.metadata.name.clone())
        .collect();
    unhealthy.sort_unstable();
    let message = if unhealthy.is_empty() {
        String::new()
    } else {
        format!(
            "{} not healthy (not to be remediated{by})",
            named(&unhealthy)
        )
    };
    let reason = "NotRemediating";
    told("Remediating", ConditionStatus::False, reason, &message)
}

/// `Deleting`: the machines that are left, else what else is, else that it is done.
pub(crate) fn deleting(
    deleting: bool,
    machines: &[&Machine],
    otherwise: Option<&str>,
    now: Time,
) -> Condition {
    if !deleting {
        return told("Deleting", ConditionStatus::False, "NotDeleting", "");
    }
    let message = match machines.len() {
        0 => otherwise.unwrap_or("Deletion completed").to_owned(),
        1 => format!("Deleting 1 Machine{}", slow(machines, now)),
        many => format!("Deleting {many} Machines{}", slow(machines, now)),
    };
    told("Deleting", ConditionStatus::True, "Deleting", &message)
}

/// A line about machines that take long to go, or nothing.
pub(crate) fn slow(machines: &[&Machine], now: Time) -> String {
    stale(machines, now).map_or_else(String::new, |stale| format!("\n* {stale}"))
}

/// Machines that take long to go, and why.
pub(crate) fn stale(machines: &[&Machine], now: Time) -> Option<String> {
    let since = |time: Option<Time>| time.map_or(0, |time| now.unix() - time.unix());
    let stale: Vec<&&Machine> = machines
        .iter()
        .filter(|machine| since(machine.metadata.deletion_timestamp) > STALE_SECONDS)
        .collect();
    if stale.is_empty() {
        return None;
    }
    let mut names: Vec<String> = stale
        .iter()
        .map(|machine| machine.metadata.name.clone())
        .collect();
    names.sort_unstable();
    let mut text = format!("{} in deletion since more than 15m", named(&names));
    let drained: Vec<&str> = stale
        .iter()
        .filter_map(|machine| {
            let condition = find(&machine.status.conditions, "Deleting")?;
            let draining =
                condition.status == ConditionStatus::True && condition.reason == "DrainingNode";
            let start = machine.status.deletion.as_ref()?.node_drain_start_time;
            (draining && since(start) > DRAIN_SECONDS).then_some(condition.message.as_str())
        })
        .collect();
    let causes: Vec<&str> = CAUSES
        .iter()
        .filter(|(text, _)| drained.iter().any(|message| message.contains(text)))
        .map(|(_, cause)| *cause)
        .collect();
    if !causes.is_empty() {
        text.push_str(", delay likely due to ");
        text.push_str(&causes.join(", "));
    }
    Some(text)
}

/// Machines by name, with the verb.
fn named(names: &[String]) -> String {
    let (plural, verb) = if names.len() > 1 {
        ("s", "are")
    } else {
        ("", "is")
    };
    format!("Machine{plural} {} {verb}", shortened(names, SHOWN))
}
