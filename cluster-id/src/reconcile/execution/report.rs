//! What came of a plan.

use std::fmt;

use serde::Serialize;

use super::super::{Action, ObjectId};

/// What came of a plan, as far as it was carried out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Report {
    /// The steps that have ended, in the order of the plan.
    pub ended: Vec<Ended>,
    /// How many have not.
    pub open: usize,
    /// Why the parent of the ApplySet could not be written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub apply_set: Option<String>,
}

/// What came of one step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Ended {
    /// The object.
    pub object: ObjectId,
    /// What was to be done.
    pub action: Action,
    /// What came of it.
    pub ending: Ending,
    /// Why, a reason a line.
    pub reasons: Vec<String>,
}

/// What came of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Ending {
    /// It was created.
    Created,
    /// It was changed.
    Updated,
    /// It is ours now.
    Adopted,
    /// It was deleted and created again.
    Recreated,
    /// It was as it should be.
    Unchanged,
    /// It was deleted.
    Deleted,
    /// It was left, and is not in the inventory any more.
    Orphaned,
    /// It was gone.
    Forgotten,
    /// The new object was refused after the old one was deleted; what was applied before is there again.
    Restored,
    /// The server refused it, or it took too long.
    Failed,
    /// Nothing was done about it.
    Blocked,
}

impl Ending {
    /// Whether it is not what was planned.
    pub const fn is_failure(self) -> bool {
        matches!(self, Self::Restored | Self::Failed | Self::Blocked)
    }
}

impl Report {
    /// Whether everything was done and nothing failed.
    pub fn is_success(&self) -> bool {
        self.open == 0 && self.apply_set.is_none() && self.failures().next().is_none()
    }

    /// The steps that are not as planned.
    pub fn failures(&self) -> impl Iterator<Item = &Ended> {
        self.ended.iter().filter(|ended| ended.ending.is_failure())
    }

    /// How many steps ended so.
    pub fn count(&self, ending: Ending) -> usize {
        let ended = self.ended.iter();
        ended.filter(|ended| ended.ending == ending).count()
    }
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Adopted => "adopted",
            Self::Recreated => "recreated",
            Self::Unchanged => "unchanged",
            Self::Deleted => "deleted",
            Self::Orphaned => "left alone",
            Self::Forgotten => "gone already",
            Self::Restored => "restored",
            Self::Failed => "failed",
            Self::Blocked => "blocked",
        })
    }
}

/// As `Deployment.apps ns/web: updated (replace /spec/replicas)`.
impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.object, self.ending)?;
        if !self.reasons.is_empty() {
            write!(f, " ({})", self.reasons.join("; "))?;
        }
        Ok(())
    }
}
