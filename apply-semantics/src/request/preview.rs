//! What an apply would do.

use std::fmt;

use serde_json::Value;

use super::{
    ApplyOptions, Conflicts, Engine, Report, RequestError, Written,
    apply::{Apply, OnConflicts},
    lookup,
};
use crate::{
    fieldset::FieldSet,
    path::{self, Path, PathElement},
    typed::Typed,
};

/// What an apply would do: as it is if there are no conflicts, and as it would be if they were forced else.
#[derive(Debug, Clone, PartialEq)]
pub struct Preview {
    written: Written,
    conflicts: Conflicts,
    changes: Vec<Change>,
}

/// A field that would change. The values are for whoever asks: no text shows them by itself, as they may be secret.
#[derive(Clone, PartialEq)]
pub struct Change {
    path: Path,
    from: Option<Value>,
    to: Option<Value>,
}

impl Change {
    /// The field: a leaf, or a list or map that is owned as a whole.
    pub fn path(&self) -> &[PathElement] {
        &self.path
    }

    /// The field, as messages name it.
    pub fn path_text(&self) -> String {
        path::display(&self.path)
    }

    /// What is there now.
    pub fn from(&self) -> Option<&Value> {
        self.from.as_ref()
    }

    /// What would be there.
    pub fn to(&self) -> Option<&Value> {
        self.to.as_ref()
    }
}

impl fmt::Debug for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match (&self.from, &self.to) {
            (None, _) => "added",
            (_, None) => "removed",
            _ => "modified",
        };
        write!(f, "{} {kind}", self.path_text())
    }
}

impl Preview {
    /// What the apply would answer, were all conflicts forced.
    pub fn written(&self) -> &Written {
        &self.written
    }

    /// The object that there would be.
    pub fn object(&self) -> &Value {
        self.written.object()
    }

    /// What it would mean for the ownership of fields: who would lose what, what would be owned together, what would go away.
    pub fn report(&self) -> Report {
        self.written.report()
    }

    /// The conflicts for which the apply would be refused.
    pub fn conflicts(&self) -> &Conflicts {
        &self.conflicts
    }

    /// The fields that would change, in the order of paths.
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// What the apply would answer.
    ///
    /// # Errors
    /// It would be refused for conflicts.
    pub fn into_result(self) -> Result<Written, RequestError> {
        if self.conflicts.is_empty() {
            Ok(self.written)
        } else {
            Err(RequestError::Conflicts(self.conflicts))
        }
    }
}

pub(super) fn preview(
    engine: &Engine,
    live: Option<Value>,
    config: Value,
    options: &ApplyOptions,
) -> Result<Preview, RequestError> {
    let request = Apply::new(engine, live, &config, options)?;
    let annotation = request.annotation(&config);
    let config = request.config(config)?;
    let resolved = request.resolve(config, OnConflicts::Note)?;
    let changes = match resolved.merged.object() {
        Some(new) => changes(request.live()?, new)?,
        None => Vec::new(),
    };
    Ok(Preview {
        conflicts: resolved.conflicts,
        changes,
        written: request.finish(resolved.merged, resolved.yielded, annotation)?,
    })
}

fn changes(live: &Typed, new: &Typed) -> Result<Vec<Change>, RequestError> {
    let comparison = live
        .compare(new)
        .map_err(|errors| RequestError::Ownership(errors.into()))?;
    let paths = [comparison.added, comparison.modified, comparison.removed]
        .iter()
        .map(FieldSet::leaves)
        .fold(FieldSet::new(), |all, leaves| all.union(&leaves));
    let value = |typed: &Typed, path: &[PathElement]| lookup::find(typed.value()?, path).cloned();
    let changes = paths.paths().map(|path| Change {
        from: value(live, &path),
        to: value(new, &path),
        path,
    });
    // The configuration may mention what the engine keeps by itself.
    let owned = changes.filter(|change| change.path_text() != ".metadata.managedFields");
    Ok(owned.collect())
}
