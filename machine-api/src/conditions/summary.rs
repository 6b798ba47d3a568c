//! One condition of an object, made of its others.

use super::{ConditionsError, Priority, not_reported, text};
use crate::meta::Condition;

/// Which conditions of an object are made into one. They are named in the order in which the message lists them.
#[derive(Clone, Copy, Debug)]
pub struct Summary<'a> {
    types: &'a [&'a str],
    negative: &'a [&'a str],
    optional: &'a [&'a str],
    harmless: fn(&Condition) -> bool,
    rewrite: fn(Vec<String>) -> Vec<String>,
}

impl<'a> Summary<'a> {
    /// Conditions of these types. One that is missing counts as unknown.
    pub const fn of(types: &'a [&'a str]) -> Self {
        Self {
            types,
            negative: &[],
            optional: &[],
            harmless: |_| false,
            rewrite: std::convert::identity,
        }
    }

    /// Types of which `False` is the good status.
    #[must_use]
    pub const fn negative(mut self, types: &'a [&'a str]) -> Self {
        self.negative = types;
        self
    }

    /// Types that may be missing.
    #[must_use]
    pub const fn optional(mut self, types: &'a [&'a str]) -> Self {
        self.optional = types;
        self
    }

    /// Conditions that are as they should be, whatever their status.
    #[must_use]
    pub const fn harmless(mut self, these: fn(&Condition) -> bool) -> Self {
        self.harmless = these;
        self
    }

    /// A last change of the lines that the message is made of, one for each condition that counts.
    #[must_use]
    pub const fn rewrite(mut self, lines: fn(Vec<String>) -> Vec<String>) -> Self {
        self.rewrite = lines;
        self
    }

    /// The condition `target`, without a time.
    ///
    /// # Errors
    /// None of the conditions is there nor has to be, or `target` is one of them.
    pub fn compute(
        &self,
        target: &str,
        conditions: &[Condition],
    ) -> Result<Condition, ConditionsError> {
        if self.types.contains(&target) {
            return Err(ConditionsError::OfItself(target.to_owned()));
        }
        let mut found = self.in_scope(conditions);
        found.sort_by_key(|condition| {
            let place = self
                .types
                .iter()
                .rposition(|kind| *kind == condition.r#type);
            (place, condition.last_transition_time)
        });
        let priority = |condition: &Condition| {
            if (self.harmless)(condition) {
                return Priority::Info;
            }
            let kind = condition.r#type.as_str();
            Priority::of(condition, self.negative.contains(&kind))
        };
        let worst = found
            .iter()
            .map(priority)
            .min()
            .ok_or(ConditionsError::Nothing)?;
        let lines = found.iter().filter(|condition| match priority(condition) {
            Priority::Info => worst == Priority::Info && !condition.message.is_empty(),
            Priority::Issue | Priority::Unknown => true,
        });
        let lines = (self.rewrite)(lines.map(line).collect());
        Ok(Condition {
            r#type: target.to_owned(),
            status: worst.status(false),
            reason: worst.reason().to_owned(),
            message: lines.join("\n"),
            ..Condition::default()
        })
    }

    /// The conditions that are there, and those that should be.
    fn in_scope(&self, conditions: &[Condition]) -> Vec<Condition> {
        let named = conditions
            .iter()
            .filter(|one| self.types.contains(&one.r#type.as_str()));
        let mut found: Vec<Condition> = named.cloned().collect();
        for kind in self.types {
            if !self.optional.contains(kind) && !found.iter().any(|one| one.r#type == **kind) {
                found.push(not_reported(kind, "Condition not yet reported".to_owned()));
            }
        }
        found
    }
}

fn line(condition: &Condition) -> String {
    let mut line = format!("* {}:", condition.r#type);
    if condition.message.is_empty() {
        line.push(' ');
        line.push_str(&condition.reason);
    } else {
        text::append(&mut line, &condition.message);
    }
    line
}
