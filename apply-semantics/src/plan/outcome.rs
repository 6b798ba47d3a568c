//! What a plan says.

use std::fmt;

use serde_core::ser::{Serialize, SerializeMap, SerializeStruct, Serializer};
use serde_json::Value;

use crate::{fieldset::FieldSet, request::Conflicts};

/// What applying a manifest, or replacing an object, would do.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct Plan {
    /// What it comes to.
    pub decision: Decision,
    /// What would change in the object; with conflicts what would if they were forced. The ownership of fields,
    /// `resourceVersion` and `generation` are left out.
    pub changes: Vec<FieldChange>,
    /// What the manager would own.
    pub owned: FieldSet,
    /// What the manager owns now.
    pub owned_before: FieldSet,
    /// The fields that others own.
    pub conflicts: Option<Conflicts>,
    /// What a server would refuse.
    pub refusals: Vec<Refusal>,
    /// The object that there would be, as far as it can be told.
    pub object: Option<Value>,
    /// Whether the values are secret: nothing but `changes` and `object` shows them.
    pub secret: bool,
}

/// What a plan comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Decision {
    /// There is no object yet.
    Create,
    /// The object would stay as it is. Its manager may come to own more or less.
    NoOp,
    /// The object would change.
    Update,
    /// A server would refuse the change of these fields, but would take a new object: it has to be replaced.
    Recreate {
        /// The fields.
        fields: Vec<String>,
    },
    /// Other managers own fields that would change ([`Plan::conflicts`]).
    Conflict,
    /// A server would refuse the object, new or not ([`Plan::refusals`]).
    Refused,
    /// Only a server can tell.
    Ask {
        /// Why.
        why: String,
    },
}

/// A difference between two objects.
#[derive(Clone, PartialEq)]
pub struct FieldChange {
    /// Where, as a JSON pointer.
    pub path: String,
    /// What is there; nothing if it would be added.
    pub from: Option<Value>,
    /// What would be there; nothing if it would be removed.
    pub to: Option<Value>,
}

/// A field that a server refuses, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The field, such as `spec.selector`.
    pub path: String,
    /// What the rule is.
    pub why: String,
}

impl Plan {
    pub(super) fn new(decision: Decision) -> Self {
        Self {
            decision,
            changes: Vec::new(),
            owned: FieldSet::new(),
            owned_before: FieldSet::new(),
            conflicts: None,
            refusals: Vec::new(),
            object: None,
            secret: false,
        }
    }

    pub(super) fn refused(path: impl Into<String>, why: impl Into<String>) -> Self {
        let refusal = Refusal {
            path: path.into(),
            why: why.into(),
        };
        Self {
            refusals: vec![refusal],
            ..Self::new(Decision::Refused)
        }
    }

    /// The fields that the manager would come to own.
    pub fn owned_more(&self) -> FieldSet {
        self.owned.difference(&self.owned_before)
    }

    /// The fields that the manager would no longer own.
    pub fn owned_less(&self) -> FieldSet {
        self.owned_before.difference(&self.owned)
    }

    /// Why the decision is what it is, a reason a line.
    pub fn reasons(&self) -> Vec<String> {
        match &self.decision {
            Decision::Create => vec!["there is no object yet".to_owned()],
            Decision::NoOp => vec!["the object is as the manifest wants it".to_owned()],
            Decision::Update => self
                .changes
                .iter()
                .map(|change| format!("{} {}", change.op(), change.path))
                .collect(),
            Decision::Recreate { .. } | Decision::Refused => {
                self.refusals.iter().map(ToString::to_string).collect()
            }
            Decision::Conflict => self.conflicts.iter().map(ToString::to_string).collect(),
            Decision::Ask { why } => vec![why.clone()],
        }
    }
}

impl Decision {
    /// The name, such as `recreate`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::NoOp => "no-op",
            Self::Update => "update",
            Self::Recreate { .. } => "recreate",
            Self::Conflict => "conflict",
            Self::Refused => "refused",
            Self::Ask { .. } => "ask",
        }
    }
}

impl FieldChange {
    /// `add`, `remove` or `replace`.
    pub fn op(&self) -> &'static str {
        match (&self.from, &self.to) {
            (None, _) => "add",
            (_, None) => "remove",
            _ => "replace",
        }
    }
}

/// Without values, which may be secret.
impl fmt::Debug for FieldChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.op(), self.path)
    }
}

impl fmt::Debug for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plan")
            .field("decision", &self.decision)
            .field("changes", &self.changes)
            .field("refusals", &self.refusals)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.why)
    }
}

/// The decision, and its reasons below it. Without values.
impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.decision.name())?;
        for reason in self.reasons() {
            write!(f, "\n  {reason}")?;
        }
        Ok(())
    }
}

/// `{"decision", "reasons", "changes": [{"path", "op", "from", "to"}], "ownedMore", "ownedLess", "refusals"}`. The values of secrets are
/// left out.
impl Serialize for Plan {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let changes: Vec<_> = self
            .changes
            .iter()
            .map(|change| Shown(change, self.secret))
            .collect();
        let mut plan = serializer.serialize_struct("Plan", 6)?;
        plan.serialize_field("decision", self.decision.name())?;
        plan.serialize_field("reasons", &self.reasons())?;
        plan.serialize_field("changes", &changes)?;
        plan.serialize_field("ownedMore", &self.owned_more().to_value())?;
        plan.serialize_field("ownedLess", &self.owned_less().to_value())?;
        plan.serialize_field("refusals", &self.refusals)?;
        plan.end()
    }
}

impl Serialize for Refusal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut refusal = serializer.serialize_struct("Refusal", 2)?;
        refusal.serialize_field("path", &self.path)?;
        refusal.serialize_field("why", &self.why)?;
        refusal.end()
    }
}

/// A change as it is written, with or without its values.
struct Shown<'a>(&'a FieldChange, bool);

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(change, secret) = self;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("path", &change.path)?;
        map.serialize_entry("op", change.op())?;
        for (name, value) in [("from", &change.from), ("to", &change.to)] {
            if let Some(value) = value.as_ref().filter(|_| !secret) {
                map.serialize_entry(name, value)?;
            }
        }
        map.end()
    }
}
