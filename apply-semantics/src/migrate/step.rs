//! What becomes of each entry.

use std::fmt;

use serde_core::{Serialize, Serializer};
use serde_json::{Value, json};

use super::entries::{fields_or_none, text};
use crate::fieldset::FieldSet;

/// What becomes of an entry by `Update`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step {
    /// It becomes the entry of the applier.
    Becomes {
        /// Its manager.
        manager: String,
        /// The version in which its fields are named.
        api_version: String,
        /// The applier.
        applier: String,
        /// Its fields.
        fields: FieldSet,
    },
    /// It is joined to the entry of the applier, and goes.
    Joins {
        /// Its manager.
        manager: String,
        /// The version in which its fields are named.
        api_version: String,
        /// The applier.
        applier: String,
        /// The fields that the applier comes to own.
        gained: FieldSet,
    },
    /// It goes, because its fields are named in another version than those of the applier, or another entry was joined already.
    Dropped {
        /// Its manager.
        manager: String,
        /// The version in which its fields are named.
        api_version: String,
        /// Its fields that the applier does not own.
        lost: FieldSet,
        /// Those of them that nobody owns then.
        orphaned: FieldSet,
    },
}

impl Step {
    pub(super) fn becomes(entry: Option<&Value>, to: &str, fields: &FieldSet) -> Option<Self> {
        let entry = entry?;
        Some(Self::Becomes {
            manager: text(entry, "manager").to_owned(),
            api_version: text(entry, "apiVersion").to_owned(),
            applier: to.to_owned(),
            fields: fields.clone(),
        })
    }

    pub(super) fn joins(entry: Option<&Value>, to: &str, gained: FieldSet) -> Option<Self> {
        let entry = entry?;
        Some(Self::Joins {
            manager: text(entry, "manager").to_owned(),
            api_version: text(entry, "apiVersion").to_owned(),
            applier: to.to_owned(),
            gained,
        })
    }

    pub(super) fn dropped(entry: &Value, kept: &FieldSet) -> Self {
        Self::Dropped {
            manager: text(entry, "manager").to_owned(),
            api_version: text(entry, "apiVersion").to_owned(),
            lost: fields_or_none(entry).difference(kept),
            orphaned: FieldSet::new(),
        }
    }
}

/// Fills in which of the lost fields nobody owns once all is done.
pub(super) fn find_orphans(steps: &mut [Step], after: &[Value]) {
    let owned = after.iter().fold(FieldSet::new(), |owned, entry| {
        owned.union(&fields_or_none(entry))
    });
    for step in steps {
        if let Step::Dropped { lost, orphaned, .. } = step {
            *orphaned = lost.difference(&owned);
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Becomes {
                manager,
                api_version,
                applier,
                fields,
            } => write!(
                f,
                "{manager:?} (Update, {api_version}) becomes {applier:?} (Apply): {}",
                count(fields)
            ),
            Self::Joins {
                manager,
                api_version,
                applier,
                gained,
            } => write!(
                f,
                "{manager:?} (Update, {api_version}) joins {applier:?} (Apply), which gains {}",
                count(gained)
            ),
            Self::Dropped {
                manager,
                api_version,
                lost,
                orphaned,
            } => write!(
                f,
                "{manager:?} (Update, {api_version}) is dropped: it loses {}, {} then owned by nobody",
                count(lost),
                orphaned.len()
            ),
        }
    }
}

fn count(fields: &FieldSet) -> String {
    match fields.len() {
        1 => "1 field".to_owned(),
        many => format!("{many} fields"),
    }
}

/// What becomes of the entry (`becomes`, `joins` or `dropped`), its manager and version, and the fields concerned as FieldsV1.
impl Serialize for Step {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let value = match self {
            Self::Becomes {
                manager,
                api_version,
                applier,
                fields,
            } => json!({
                "step": "becomes", "manager": manager, "apiVersion": api_version, "applier": applier,
                "fields": fields.to_value(),
            }),
            Self::Joins {
                manager,
                api_version,
                applier,
                gained,
            } => json!({
                "step": "joins", "manager": manager, "apiVersion": api_version, "applier": applier,
                "gained": gained.to_value(),
            }),
            Self::Dropped {
                manager,
                api_version,
                lost,
                orphaned,
            } => json!({
                "step": "dropped", "manager": manager, "apiVersion": api_version,
                "lost": lost.to_value(), "orphaned": orphaned.to_value(),
            }),
        };
        value.serialize(serializer)
    }
}
