//! Conditions: writing them, and making one of many.
//!
//! Follows `util/conditions` of Cluster API. Of many conditions, those that are not as they should be decide; texts say which
//! they are.
//!
//! ```
//! use machine_api::{conditions::Summary, meta::{Condition, ConditionStatus}};
//!
//! let disk = Condition {
//!     r#type: "DiskFull".to_owned(),
//!     status: ConditionStatus::True,
//!     message: "97% used".to_owned(),
//!     ..Condition::default()
//! };
//! let ready = Summary::of(&["DiskFull", "Network"]).negative(&["DiskFull"]).compute("Ready", &[disk])?;
//! assert_eq!(ready.status, ConditionStatus::False);
//! assert_eq!(ready.message, "* DiskFull: 97% used\n* Network: Condition not yet reported");
//! # Ok::<(), machine_api::conditions::ConditionsError>(())
//! ```

mod aggregate;
pub(crate) mod machines;
mod mirror;
mod order;
mod paused;
mod summary;
mod text;

use componentconfig::core::Time;

use crate::meta::{Condition, ConditionStatus};

pub use aggregate::{Aggregate, Owner};
pub(crate) use mirror::{Mirror, of_object};
pub(crate) use paused::paused;
pub use summary::Summary;
pub(crate) use text::plural;

/// Why conditions cannot be made into one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConditionsError {
    /// There is nothing to make one of.
    #[error("there are no conditions to make one of")]
    Nothing,
    /// The condition would be made of itself.
    #[error("condition {0} cannot be made of itself")]
    OfItself(String),
}

/// The condition of that type.
pub fn find<'a>(conditions: &'a [Condition], kind: &str) -> Option<&'a Condition> {
    conditions.iter().find(|condition| condition.r#type == kind)
}

/// Whether there is a condition of that type with that status.
pub fn has_status(conditions: &[Condition], kind: &str, status: &ConditionStatus) -> bool {
    find(conditions, kind).is_some_and(|condition| condition.status == *status)
}

/// Writes a condition of an object of that generation and keeps the order that Cluster API writes conditions in.
///
/// The time is `now` if the condition has none, and only changes with the status. A condition that changes nothing leaves
/// everything as it is. Says whether anything changed.
///
/// ```
/// use machine_api::{conditions, meta::{Condition, ConditionStatus}};
///
/// let now = "2026-06-01T00:00:00Z".parse()?;
/// let paused = Condition { r#type: "Paused".to_owned(), status: ConditionStatus::False, ..Condition::default() };
/// let mut list = Vec::new();
/// assert!(conditions::set(&mut list, paused.clone(), 3, now));
/// assert!(!conditions::set(&mut list, paused, 3, now));
/// assert_eq!(list[0].observed_generation, 3);
/// # Ok::<(), componentconfig::core::ParseTimeError>(())
/// ```
pub fn set(
    conditions: &mut Vec<Condition>,
    mut condition: Condition,
    generation: i64,
    now: Time,
) -> bool {
    condition.observed_generation = generation;
    let time = condition.last_transition_time.unwrap_or(now);
    condition.last_transition_time = Some(time);
    let present = conditions
        .iter_mut()
        .find(|present| present.r#type == condition.r#type);
    if let Some(present) = present {
        if present.status == condition.status {
            condition.last_transition_time = present.last_transition_time;
        }
        if *present == condition {
            return false;
        }
        *present = condition;
    } else {
        conditions.push(condition);
    }
    conditions.sort_by(|a, b| order::rank(&a.r#type).cmp(&order::rank(&b.r#type)));
    true
}

/// Removes the condition of that type.
pub fn remove(conditions: &mut Vec<Condition>, kind: &str) {
    conditions.retain(|condition| condition.r#type != kind);
}

/// How much a condition counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Priority {
    Issue,
    Unknown,
    Info,
}

impl Priority {
    /// Of a condition whose good status is true, or false if it is `negative`.
    const fn of(condition: &Condition, negative: bool) -> Self {
        match (&condition.status, negative) {
            (ConditionStatus::True, false) | (ConditionStatus::False, true) => Self::Info,
            (ConditionStatus::True, true) | (ConditionStatus::False, false) => Self::Issue,
            _ => Self::Unknown,
        }
    }

    /// The reason of a condition that is made of others, by what counts most among them.
    const fn reason(self) -> &'static str {
        match self {
            Self::Issue => "IssuesReported",
            Self::Unknown => "UnknownReported",
            Self::Info => "InfoReported",
        }
    }

    /// The status of a condition that is made of others.
    const fn status(self, negative: bool) -> ConditionStatus {
        match (self, negative) {
            (Self::Unknown, _) => ConditionStatus::Unknown,
            (Self::Issue, false) | (Self::Info, true) => ConditionStatus::False,
            (Self::Issue, true) | (Self::Info, false) => ConditionStatus::True,
        }
    }
}

/// A condition without a time.
pub(crate) fn told(kind: &str, status: ConditionStatus, reason: &str, message: &str) -> Condition {
    Condition {
        r#type: kind.to_owned(),
        status,
        reason: reason.to_owned(),
        message: message.to_owned(),
        ..Condition::default()
    }
}

/// A condition that nobody wrote yet.
fn not_reported(kind: &str, message: String) -> Condition {
    Condition {
        r#type: kind.to_owned(),
        status: ConditionStatus::Unknown,
        reason: "NotYetReported".to_owned(),
        message,
        ..Condition::default()
    }
}
