//! Which fields can be owned.

use crate::fieldset::{FieldSet, Patterns};

/// Which fields of an object can be owned, in one version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Filter {
    /// All but these, and what is below them.
    Exclude(FieldSet),
    /// Only what matches.
    Include(Patterns),
}

impl Filter {
    /// The fields that can be owned.
    pub fn apply(&self, fields: &FieldSet) -> FieldSet {
        match self {
            Self::Exclude(excluded) => fields.recursive_difference(excluded),
            Self::Include(patterns) => fields.matching(patterns),
        }
    }
}
