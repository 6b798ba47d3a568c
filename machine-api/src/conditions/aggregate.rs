//! One condition, made of those of many objects.

use std::collections::{BTreeMap, BTreeSet};

use super::{ConditionsError, Priority, find, not_reported, text};
use crate::{
    core::v1beta2::Machine,
    labels,
    meta::{Condition, ConditionStatus},
};

/// How many messages are listed, and how many names for each.
const SHOWN: usize = 3;

/// An object with conditions.
#[derive(Clone, Copy, Debug)]
pub struct Owner<'a> {
    /// Its kind.
    pub kind: &'a str,
    /// Its name.
    pub name: &'a str,
    /// Whether it is a machine of the control plane; those are named first.
    pub control_plane: bool,
    /// Its conditions.
    pub conditions: &'a [Condition],
}

impl<'a> From<&'a Machine> for Owner<'a> {
    fn from(machine: &'a Machine) -> Self {
        Self {
            kind: "Machine",
            name: &machine.metadata.name,
            control_plane: machine.metadata.labels.contains_key(labels::CONTROL_PLANE),
            conditions: &machine.status.conditions,
        }
    }
}

/// Which condition of many objects is made into one.
#[derive(Clone, Copy, Debug)]
pub struct Aggregate<'a> {
    source: &'a str,
    target: &'a str,
    negative: bool,
}

impl<'a> Aggregate<'a> {
    /// The condition of that type, under the same name. Where it is missing it counts as unknown.
    pub const fn of(source: &'a str) -> Self {
        Self {
            source,
            target: source,
            negative: false,
        }
    }

    /// Under another name.
    #[must_use]
    pub const fn target(mut self, target: &'a str) -> Self {
        self.target = target;
        self
    }

    /// `False` is the good status, of the conditions and of the one that is made of them.
    #[must_use]
    pub const fn negative(mut self) -> Self {
        self.negative = true;
        self
    }

    /// The type of the condition that is made.
    pub(crate) const fn name(&self) -> &'a str {
        self.target
    }

    /// The status of a condition that is as it should be.
    pub(crate) const fn good(&self) -> ConditionStatus {
        Priority::Info.status(self.negative)
    }

    /// The condition, without a time.
    ///
    /// ```
    /// use machine_api::{conditions::{Aggregate, Owner}, core::v1beta2::Machine, meta::ConditionStatus};
    ///
    /// let mut machine = Machine::default();
    /// machine.metadata.name = "a".to_owned();
    /// let ready = Aggregate::of("Ready").target("MachinesReady").compute(&[Owner::from(&machine)])?;
    /// assert_eq!(ready.status, ConditionStatus::Unknown);
    /// assert_eq!(ready.message, "* Machine a: Condition Ready not yet reported");
    /// # Ok::<(), machine_api::conditions::ConditionsError>(())
    /// ```
    ///
    /// # Errors
    /// There are no objects.
    pub fn compute(&self, owners: &[Owner<'_>]) -> Result<Condition, ConditionsError> {
        let mut found: Vec<(Owner<'_>, Condition)> = owners
            .iter()
            .map(|owner| {
                let message = || format!("Condition {} not yet reported", self.source);
                let condition = find(owner.conditions, self.source).cloned();
                (
                    *owner,
                    condition.unwrap_or_else(|| not_reported(self.source, message())),
                )
            })
            .collect();
        found.sort_by_key(|(_, condition)| condition.last_transition_time);
        let priority = |condition: &Condition| Priority::of(condition, self.negative);
        let worst = found.iter().map(|(_, condition)| priority(condition)).min();
        let worst = worst.ok_or(ConditionsError::Nothing)?;
        // Issues come before what is unknown; what is as it should be is only listed if there is nothing else.
        found.sort_by_key(|(_, condition)| priority(condition));
        let listed = found
            .into_iter()
            .filter(|(_, condition)| match priority(condition) {
                Priority::Info => worst == Priority::Info && !condition.message.is_empty(),
                Priority::Issue | Priority::Unknown => true,
            });
        let mut messages = Messages::default();
        for (owner, condition) in listed {
            messages.add(owner, priority(&condition), condition.message);
        }
        Ok(Condition {
            r#type: self.target.to_owned(),
            status: worst.status(self.negative),
            reason: worst.reason().to_owned(),
            message: messages.lines().join("\n"),
            ..Condition::default()
        })
    }
}

/// Messages, and the objects that have them.
#[derive(Default)]
struct Messages<'a> {
    by_kind: BTreeMap<&'a str, BTreeMap<String, Vec<&'a str>>>,
    /// What counts most of a message, whatever the kind.
    priorities: BTreeMap<String, Priority>,
    /// Messages that a machine of the control plane has.
    first: BTreeSet<String>,
    control_plane: BTreeSet<&'a str>,
}

impl<'a> Messages<'a> {
    fn add(&mut self, owner: Owner<'a>, priority: Priority, message: String) {
        let known = self.priorities.entry(message.clone()).or_insert(priority);
        *known = priority.min(*known);
        if owner.control_plane {
            self.control_plane.insert(owner.name);
            self.first.insert(message.clone());
        }
        let messages = self.by_kind.entry(owner.kind).or_default();
        messages.entry(message).or_default().push(owner.name);
    }

    /// A line for each of the first messages, and one for the number of objects with others.
    fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        let mut left = SHOWN;
        for (kind, messages) in &self.by_kind {
            let mut others: BTreeMap<Priority, usize> = BTreeMap::new();
            for (message, names) in self.in_order(messages) {
                if left == 0 {
                    *others.entry(self.priority(message)).or_default() += names.len();
                    continue;
                }
                left -= 1;
                let mut line = self.objects(kind, names);
                text::append(&mut line, message);
                lines.push(line);
            }
            for (priority, number) in others {
                let what = match priority {
                    Priority::Issue => "with other issues",
                    Priority::Unknown => "with status unknown",
                    Priority::Info => "with additional info",
                };
                let kind = if number == 1 {
                    (*kind).to_owned()
                } else {
                    text::plural(kind)
                };
                lines.push(format!("And {number} {kind} {what}"));
            }
        }
        lines
    }

    fn priority(&self, message: &str) -> Priority {
        self.priorities
            .get(message)
            .copied()
            .unwrap_or(Priority::Info)
    }

    /// Those of the control plane first, then what counts most, then what most objects have.
    fn in_order<'b>(
        &self,
        messages: &'b BTreeMap<String, Vec<&'a str>>,
    ) -> Vec<(&'b String, &'b Vec<&'a str>)> {
        let mut messages: Vec<_> = messages.iter().collect();
        messages.sort_by_cached_key(|(message, names)| {
            let later = !self.first.contains(*message);
            let fewer = std::cmp::Reverse(names.len());
            (later, self.priority(message), fewer, names.join(","))
        });
        messages
    }

    /// The beginning of a line: the objects that have a message.
    fn objects(&self, kind: &str, names: &[&'a str]) -> String {
        let mut names = names.to_vec();
        names.sort_by_key(|name| (!self.control_plane.contains(name), *name));
        let more = names.len().saturating_sub(SHOWN);
        let kind = if names.len() == 1 {
            kind.to_owned()
        } else {
            text::plural(kind)
        };
        names.truncate(SHOWN);
        let names = names.join(", ");
        if more > 0 {
            format!("* {kind} {names}, ... ({more} more):")
        } else {
            format!("* {kind} {names}:")
        }
    }
}
