//! Conditions of objects.

use std::fmt;

use componentconfig::core::Time;
use serde::{Deserialize, Serialize};

/// A `metav1.Condition`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Condition {
    /// What it is about.
    #[serde(rename = "type")]
    pub condition_type: String,
    /// Whether it holds.
    pub status: ConditionStatus,
    /// The generation of the object that it was found on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// When the status last changed; `None` until it is written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_transition_time: Option<Time>,
    /// Why, as a word.
    pub reason: String,
    /// Why, as a sentence.
    #[serde(default)]
    pub message: String,
}

/// Whether a condition holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ConditionStatus {
    /// It holds.
    True,
    /// It does not.
    False,
    /// Nobody knows.
    Unknown,
}

impl Condition {
    /// A condition that was not written yet.
    pub fn new(
        condition_type: impl Into<String>,
        status: ConditionStatus,
        reason: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            condition_type: condition_type.into(),
            status,
            observed_generation: None,
            last_transition_time: None,
            reason: reason.into(),
            message: message.into(),
        }
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}={:?} ({}): {}",
            self.condition_type, self.status, self.reason, self.message
        )
    }
}

/// Writes `desired` into the conditions of an object of that `generation`, and says whether anything has changed.
///
/// The time of a condition changes only with its status. A condition of one of the types in `owned` that is not desired
/// goes; those that others wrote stay. Follows `apimachinery/pkg/api/meta` (`SetStatusCondition`).
pub fn update_conditions(
    conditions: &mut Vec<Condition>,
    desired: &[Condition],
    owned: &[&str],
    generation: Option<i64>,
    now: Time,
) -> bool {
    let before = conditions.clone();
    conditions.retain(|condition| {
        let kind = condition.condition_type.as_str();
        let wanted = desired.iter().any(|other| other.condition_type == kind);
        wanted || !owned.contains(&kind)
    });
    for condition in desired {
        let mut condition = condition.clone();
        condition.observed_generation = generation;
        let existing = conditions
            .iter_mut()
            .find(|other| other.condition_type == condition.condition_type);
        let same_status = existing
            .as_deref()
            .filter(|other| other.status == condition.status);
        condition.last_transition_time = same_status
            .and_then(|other| other.last_transition_time)
            .or(Some(now));
        match existing {
            Some(existing) => *existing = condition,
            None => conditions.push(condition),
        }
    }
    *conditions != before
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_follows_the_status() {
        let at = |second: i64| Time::from_unix(second).unwrap();
        let condition = |status, reason| Condition::new("Conflict", status, reason, "");
        let mut conditions = vec![Condition::new("Ready", ConditionStatus::True, "Ready", "")];
        let mut write = |desired: &[Condition], second| {
            let changed =
                update_conditions(&mut conditions, desired, &["Conflict"], Some(1), at(second));
            let conflict = conditions
                .iter()
                .find(|other| other.condition_type == "Conflict");
            (
                changed,
                conflict.and_then(|other| other.last_transition_time),
                conditions.len(),
            )
        };
        let (yes, no) = (ConditionStatus::True, ConditionStatus::False);
        assert_eq!(
            write(&[condition(no, "NoConflicts")], 1),
            (true, Some(at(1)), 2)
        );
        assert_eq!(
            write(&[condition(no, "NoConflicts")], 2),
            (false, Some(at(1)), 2)
        );
        assert_eq!(write(&[condition(no, "Other")], 3), (true, Some(at(1)), 2));
        assert_eq!(
            write(&[condition(yes, "PortConflict")], 4),
            (true, Some(at(4)), 2)
        );
        assert_eq!(write(&[], 5), (true, None, 1));
        assert_eq!(write(&[], 6), (false, None, 1));
    }
}
