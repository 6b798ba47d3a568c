//! What comes of making a patch.

use std::fmt;

use serde_json::Value;

use super::PatchError;

/// What comes of making a patch: the patch, or a refusal that the caller has to deal with.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
#[must_use = "the patch may have been refused"]
pub enum Outcome {
    /// The patch.
    Patch(Value),
    /// The same fields were changed both in the object and in the configuration.
    Conflict(Conflict),
    /// The patch changes a field that it must not change.
    PreconditionFailed(Precondition),
}

/// Two sets of changes that disagree.
#[derive(Clone, PartialEq)]
pub struct Conflict {
    /// The first field they disagree about, as a field path.
    pub path: String,
    /// The patch that would have been made.
    pub patch: Value,
    /// The changes it would have undone, as a patch.
    pub changes: Value,
}

/// A field that a patch must not touch.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Precondition {
    /// The top-level field of that name, such as `apiVersion` or `kind`.
    KeyUnchanged(String),
    /// The field of that name in the metadata, such as `name`.
    MetadataKeyUnchanged(String),
}

impl Precondition {
    /// What `kubectl apply` demands: `apiVersion`, `kind` and `metadata.name` stay as they are.
    pub fn identity() -> [Self; 3] {
        [
            Self::KeyUnchanged("apiVersion".to_owned()),
            Self::KeyUnchanged("kind".to_owned()),
            Self::MetadataKeyUnchanged("name".to_owned()),
        ]
    }

    /// Whether a patch leaves the field alone.
    pub fn holds(&self, patch: &Value) -> bool {
        match self {
            Self::KeyUnchanged(key) => patch.get(key).is_none(),
            Self::MetadataKeyUnchanged(key) => patch
                .get("metadata")
                .and_then(|metadata| metadata.get(key))
                .is_none(),
        }
    }

    /// The patch, unless one of the preconditions fails.
    pub(super) fn check(patch: Value, preconditions: &[Self]) -> Outcome {
        match preconditions
            .iter()
            .find(|precondition| !precondition.holds(&patch))
        {
            Some(failed) => Outcome::PreconditionFailed(failed.clone()),
            None => Outcome::Patch(patch),
        }
    }
}

impl fmt::Display for Precondition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::KeyUnchanged(key) => write!(f, "{key} must not change"),
            Self::MetadataKeyUnchanged(key) => write!(f, "metadata.{key} must not change"),
        }
    }
}

impl Outcome {
    /// The patch, if there is one.
    pub fn patch(self) -> Option<Value> {
        match self {
            Self::Patch(patch) => Some(patch),
            Self::Conflict(_) | Self::PreconditionFailed(_) => None,
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Patch(_) => f.write_str("patch"),
            Self::Conflict(conflict) => conflict.fmt(f),
            Self::PreconditionFailed(precondition) => {
                write!(f, "precondition failed: {precondition}")
            }
        }
    }
}

impl fmt::Display for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "conflict: {} was changed differently in the object",
            self.path
        )
    }
}

/// Values may be secrets, so only the kind of outcome is shown.
impl fmt::Debug for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Outcome({self})")
    }
}

impl fmt::Debug for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Conflict")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

/// The result of making a patch.
pub(super) type Made = Result<Outcome, PatchError>;
