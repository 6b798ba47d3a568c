//! One condition of a control plane, made of several of all its machines.

use std::collections::{BTreeMap, BTreeSet};

use super::told;
use crate::{
    conditions::find,
    core::v1beta2::Machine,
    machine::shortened,
    meta::{Condition, ConditionStatus},
};

/// So many names are shown.
const SHOWN: usize = 3;

/// What is made of what.
pub(super) struct Gather<'a> {
    /// Types of conditions of the machines.
    pub(super) kinds: &'a [&'a str],
    /// What is wrong beside them.
    pub(super) errors: &'a [String],
    /// The type of the condition.
    pub(super) target: &'a str,
    /// What it is about, for people.
    pub(super) note: &'a str,
}

/// What counts most among the conditions.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Worst {
    Nothing,
    Info,
    Unknown,
    Issue,
}

/// The condition. Follows `aggregateConditionsFromMachinesToKCP` of Cluster API.
pub(super) fn gather(machines: &[Machine], what: &Gather<'_>) -> Condition {
    let mut worst = Worst::Nothing;
    let mut by_message: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for machine in machines {
        let (own, message) = of_machine(machine, what.kinds);
        worst = worst.max(own);
        if let Some(message) = message {
            let names = by_message.entry(message).or_default();
            names.push(machine.metadata.name.clone());
        }
    }
    let mut groups: Vec<(String, Vec<String>)> = by_message.into_iter().collect();
    for (_, names) in &mut groups {
        names.sort_unstable();
    }
    groups.sort_by(|a, b| {
        let (many, few) = (b.1.len(), a.1.len());
        many.cmp(&few)
            .then_with(|| a.1.join(",").cmp(&b.1.join(",")))
    });
    let lines = groups.iter().map(|(message, names)| {
        let plural = if names.len() > 1 { "s" } else { "" };
        format!("* Machine{plural} {}:\n{message}", shortened(names, SHOWN))
    });
    let errors = what.errors.iter().map(|error| format!("* {error}"));
    let lines: Vec<String> = lines.chain(errors).collect();
    let message = lines.join("\n");
    if !what.errors.is_empty() || worst == Worst::Issue {
        return told(what.target, ConditionStatus::False, "NotHealthy", &message);
    }
    match worst {
        Worst::Info => told(what.target, ConditionStatus::True, "Healthy", ""),
        Worst::Nothing => {
            let message = format!("No Machines reporting {} status", what.note);
            told(
                what.target,
                ConditionStatus::Unknown,
                "HealthUnknown",
                &message,
            )
        }
        Worst::Unknown | Worst::Issue => told(
            what.target,
            ConditionStatus::Unknown,
            "HealthUnknown",
            &message,
        ),
    }
}

/// What counts most on a machine, and what is said about it.
fn of_machine(machine: &Machine, kinds: &[&str]) -> (Worst, Option<String>) {
    let found: Vec<&Condition> = kinds
        .iter()
        .filter_map(|kind| find(&machine.status.conditions, kind))
        .collect();
    let mut worst = Worst::Nothing;
    let mut lines = Vec::new();
    for condition in &found {
        let own = match condition.status {
            ConditionStatus::True => Worst::Info,
            ConditionStatus::False => Worst::Issue,
            // What is not made yet cannot be known.
            _ if machine.spec.provider_id.is_empty() => Worst::Info,
            _ => Worst::Unknown,
        };
        worst = worst.max(own);
        if own == Worst::Info {
            continue;
        }
        let message = match condition.message.as_str() {
            "" => format!("condition is {}", condition.status),
            message => message.to_owned(),
        };
        lines.push(format!("  * {}: {message}", condition.r#type));
    }
    if lines.is_empty() {
        return (worst, None);
    }
    let messages: BTreeSet<&str> = found.iter().map(|one| one.message.as_str()).collect();
    if found.len() > 1
        && let (1, Some(message)) = (messages.len(), messages.first())
    {
        return (
            worst,
            Some(format!("  * Control plane components: {message}")),
        );
    }
    (worst, Some(lines.join("\n")))
}
