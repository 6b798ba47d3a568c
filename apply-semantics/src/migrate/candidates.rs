//! Which managers of an object are worth migrating.

use std::fmt;

use serde_json::Value;

use super::{
    MigrateError,
    entries::{self, fields_or_none, text},
};
use crate::{
    path::PathElement,
    request::{BEFORE_FIRST_APPLY, LAST_APPLIED},
};

/// A manager whose fields an applier would better own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The manager.
    pub manager: String,
    /// What shows it.
    pub sign: Sign,
}

/// What shows that a manager should be migrated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Sign {
    /// It owns the annotation in which `kubectl apply` keeps what it last applied on the client's side.
    LastApplied,
    /// It is [`BEFORE_FIRST_APPLY`].
    BeforeFirstApply,
}

/// The managers of an object that an applier should take over from: those that own, by `Update`, the annotation
/// `kubectl.kubernetes.io/last-applied-configuration`, as `kubectl apply --server-side` looks for them, and
/// [`BEFORE_FIRST_APPLY`]. Each comes once, in the order of the entries. Entries that cannot be read are passed over.
///
/// # Errors
/// `metadata.managedFields` is no list.
pub fn client_side_managers(object: &Value) -> Result<Vec<Candidate>, MigrateError> {
    let annotation = ["metadata", "annotations", LAST_APPLIED].map(PathElement::field);
    let mut found: Vec<Candidate> = Vec::new();
    let updates = entries::of(object)?.iter();
    for entry in updates.filter(|entry| text(entry, "operation") == "Update") {
        let manager = text(entry, "manager");
        let sign = if fields_or_none(entry).contains(&annotation) {
            Sign::LastApplied
        } else if manager == BEFORE_FIRST_APPLY {
            Sign::BeforeFirstApply
        } else {
            continue;
        };
        if !found.iter().any(|candidate| candidate.manager == manager) {
            found.push(Candidate {
                manager: manager.to_owned(),
                sign,
            });
        }
    }
    Ok(found)
}

impl fmt::Display for Sign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::LastApplied => "owns the annotation of client-side apply",
            Self::BeforeFirstApply => {
                "owns what was there before the object was applied for the first time"
            }
        })
    }
}
