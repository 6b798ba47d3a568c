//! From client-side apply to server-side apply: handing what an `Update` manager owns to an `Apply` manager.
//!
//! An object that was written by `kubectl apply` without `--server-side` belongs to a manager that *updated* it. Whoever applies
//! it from then on becomes a second owner, and what he leaves out of his configuration stays, because the first still owns it.
//! A migration turns the first owner's entry into that of the applier, or joins the two. It changes `metadata.managedFields` and
//! nothing else, by the rules of client-go's package `csaupgrade`.
//!
//! ```
//! use apply_semantics::migrate::{client_side_managers, migrate_client_side};
//! use serde_json::json;
//!
//! let object = json!({
//!     "apiVersion": "v1", "kind": "ConfigMap",
//!     "metadata": {"name": "settings", "resourceVersion": "7", "managedFields": [{
//!         "manager": "kubectl-client-side-apply", "operation": "Update", "apiVersion": "v1", "fieldsType": "FieldsV1",
//!         "fieldsV1": {
//!             "f:data": {"f:mode": {}},
//!             "f:metadata": {"f:annotations": {"f:kubectl.kubernetes.io/last-applied-configuration": {}}},
//!         },
//!     }]},
//!     "data": {"mode": "fast"},
//! });
//! let candidates = client_side_managers(&object)?;
//! assert_eq!(candidates[0].manager, "kubectl-client-side-apply");
//!
//! let migration = migrate_client_side(&object, &[&candidates[0].manager], "deployer", "")?;
//! assert_eq!(migration.to_string(), "\"kubectl-client-side-apply\" (Update, v1) becomes \"deployer\" (Apply): 2 fields\n");
//! let migrated = migration.patch()?.expect("something changes").apply(object.clone(), None)?;
//! assert_eq!(migrated["metadata"]["managedFields"][0]["operation"], "Apply");
//! assert_eq!(migrated["data"], object["data"]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod candidates;
mod entries;
mod step;

use std::{error, fmt};

use serde_json::{Value, json};

use crate::{
    fieldset::{FieldSet, FieldsV1Error},
    patch::Patch,
};

pub use candidates::{Candidate, Sign, client_side_managers};
pub use step::Step;

use entries::{find, has_subresource, is_by, text};

/// What a migration would do. Nothing happens until its patch is sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Migration {
    before: Vec<Value>,
    after: Vec<Value>,
    steps: Vec<Step>,
    resource_version: Option<String>,
}

/// Plans to give what the managers `from` own by `Update` to the manager `to`, who applies. `subresource` is that of the entries
/// concerned; empty for the object itself.
///
/// For each of `from`, in that order: if `to` has no entry yet, the first entry of the manager becomes it. Of the entries that are
/// left, the first one in the same version is joined to it, and all others are dropped.
///
/// # Errors
/// `metadata.managedFields` is no list, or the fields of an entry concerned cannot be read. If anything changes, the fields of
/// every other entry must be an object too, because the patch writes them all back.
pub fn migrate_client_side(
    object: &Value,
    from: &[&str],
    to: &str,
    subresource: &str,
) -> Result<Migration, MigrateError> {
    let before = entries::of(object)?.to_vec();
    let mut after = before.clone();
    let mut steps = Vec::new();
    for manager in from {
        hand_over(&mut after, manager, to, subresource, &mut steps)?;
    }
    if after != before {
        entries::check_all(&after)?;
    }
    step::find_orphans(&mut steps, &after);
    let resource_version = object
        .pointer("/metadata/resourceVersion")
        .and_then(Value::as_str)
        .filter(|version| !version.is_empty());
    Ok(Migration {
        before,
        after,
        steps,
        resource_version: resource_version.map(str::to_owned),
    })
}

fn hand_over(
    list: &mut Vec<Value>,
    from: &str,
    to: &str,
    subresource: &str,
    steps: &mut Vec<Step>,
) -> Result<(), MigrateError> {
    let old = |entry: &Value| is_by(entry, from, "Update") && has_subresource(entry, subresource);
    let target = find(list, |entry| {
        is_by(entry, to, "Apply") && has_subresource(entry, subresource)
    });
    let (target, mut fields) = if let Some(target) = target {
        (target, entries::fields(list, target)?)
    } else {
        let Some(target) = find(list, old) else {
            return Ok(());
        };
        let fields = entries::fields(list, target)?;
        steps.extend(Step::becomes(list.get(target), to, &fields));
        if let Some(entry) = list.get_mut(target) {
            entry["manager"] = to.into();
            entry["operation"] = "Apply".into();
        }
        (target, fields)
    };
    let version = list
        .get(target)
        .map(|entry| text(entry, "apiVersion").to_owned());
    let joined = find(list, |entry| {
        old(entry) && Some(text(entry, "apiVersion")) == version.as_deref()
    });
    if let Some(joined) = joined {
        let theirs = entries::fields(list, joined)?;
        steps.extend(Step::joins(
            list.get(joined),
            to,
            theirs.difference(&fields),
        ));
        fields = fields.union(&theirs);
    }
    if let Some(entry) = list.get_mut(target) {
        entry["fieldsV1"] = fields.to_value();
    }
    let dropped = list.iter().enumerate();
    let dropped = dropped.filter(|(index, entry)| old(entry) && Some(*index) != joined);
    steps.extend(dropped.map(|(_, entry)| Step::dropped(entry, &fields)));
    list.retain(|entry| !old(entry));
    Ok(())
}

impl Migration {
    /// Whether anything changes.
    pub fn is_needed(&self) -> bool {
        self.before != self.after
    }

    /// The new `metadata.managedFields`.
    pub fn managed_fields(&self) -> &[Value] {
        &self.after
    }

    /// What becomes of each entry that is touched.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// The fields that nobody owns after the migration although somebody did before. They stay in the object, and no apply
    /// removes them.
    pub fn orphaned(&self) -> FieldSet {
        let none = FieldSet::new();
        self.steps.iter().fold(none, |all, step| match step {
            Step::Dropped { orphaned, .. } => all.union(orphaned),
            Step::Becomes { .. } | Step::Joins { .. } => all,
        })
    }

    /// The JSON patch that does it; `None` if nothing changes. It also sets the resource version to the one that the plan was made
    /// from, so that a server refuses it if the object has changed since.
    ///
    /// # Errors
    /// The object has no resource version.
    pub fn patch(&self) -> Result<Option<Patch>, MigrateError> {
        if !self.is_needed() {
            return Ok(None);
        }
        let version = self.resource_version.as_deref();
        let version = version.ok_or(MigrateError::NoResourceVersion)?;
        Ok(Some(patch(&self.after, version)))
    }

    /// The JSON patch that takes it back; `None` if nothing changes. `resource_version` is the one that the object has once the
    /// migration has been written.
    pub fn reverse_patch(&self, resource_version: &str) -> Option<Patch> {
        self.is_needed()
            .then(|| patch(&self.before, resource_version))
    }
}

fn patch(entries: &[Value], resource_version: &str) -> Patch {
    Patch::Json(json!([
        {"op": "replace", "path": "/metadata/managedFields", "value": entries},
        {"op": "replace", "path": "/metadata/resourceVersion", "value": resource_version},
    ]))
}

/// What the migration does, one line for each entry that is touched.
impl fmt::Display for Migration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for step in &self.steps {
            writeln!(f, "{step}")?;
        }
        Ok(())
    }
}

/// Why a migration cannot be planned or written.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum MigrateError {
    /// `metadata.managedFields` is no list.
    NotAList,
    /// The fields of an entry cannot be read.
    Fields {
        /// The index of the entry.
        index: usize,
        /// Its manager.
        manager: String,
        /// What is wrong; nothing if there are no fields at all.
        error: Option<FieldsV1Error>,
    },
    /// The object has no resource version, so a patch could overwrite what others have written since.
    NoResourceVersion,
}

impl fmt::Display for MigrateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAList => f.write_str("metadata.managedFields: expected a list"),
            Self::Fields {
                index,
                manager,
                error,
            } => {
                write!(f, "metadata.managedFields[{index}].fieldsV1 of {manager:?}: ")?;
                match error {
                    Some(error) => error.fmt(f),
                    None => f.write_str("expected an object"),
                }
            }
            Self::NoResourceVersion => f.write_str(
                "metadata.resourceVersion: needed to refuse the patch if the object has changed since",
            ),
        }
    }
}

impl error::Error for MigrateError {}

#[cfg(test)]
mod tests;
