//! Writes by several managers: who owns what, who conflicts with whom, and what goes away.
//!
//! This follows the `merge` package of structured-merge-diff. An [`Updater`] knows nothing of `metadata.managedFields`: it takes
//! and gives [`Managers`].
//!
//! ```
//! use apply_semantics::{schema::Type, typed::Typed, updater::{Change, Managers, SameVersion, UpdateError, Updater}};
//! use serde_json::json;
//!
//! let object = |value| Typed::unchecked(Type::deduced(), Some(value));
//! let updater = Updater::new(SameVersion);
//! let nothing = Typed::unchecked(Type::deduced(), None);
//!
//! let change = Change::new("deployer", "v1");
//! let applied = updater.apply(&nothing, object(json!({"replicas": 1})), &Managers::new(), &change)?;
//! let live = applied.object.expect("something changed");
//! let conflict = updater.apply(&live, object(json!({"replicas": 5})), &applied.managers, &Change::new("scaler", "v1"));
//! assert_eq!(conflict.unwrap_err().to_string(), "conflict with \"deployer\": .replicas");
//! # Ok::<(), UpdateError>(())
//! ```

mod conflicts;
mod convert;
mod filter;
mod prune;

use std::{collections::BTreeMap, error, fmt};

use crate::{
    fieldset::FieldSet,
    typed::{Comparison, EmptyContainers, Typed, ValidationErrors},
    value::equal,
};

pub use conflicts::{Conflict, Conflicts};
pub use convert::{ConvertError, Converter, SameVersion};
pub use filter::Filter;

/// What a manager owns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Managed {
    /// The fields.
    pub fields: FieldSet,
    /// The version of the object in which the fields are named.
    pub version: String,
    /// Whether the manager applied them, rather than updated the object.
    pub applied: bool,
}

/// What each manager owns, by name.
pub type Managers = BTreeMap<String, Managed>;

/// Who writes, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The name of the manager.
    pub manager: String,
    /// The version of the object that is written.
    pub version: String,
    /// Whether an apply takes fields from other managers instead of conflicting with them. Updates always do.
    pub force: bool,
}

impl Change {
    /// A change by that manager, in that version, that takes nothing from others.
    pub fn new(manager: impl Into<String>, version: impl Into<String>) -> Self {
        Self {
            manager: manager.into(),
            version: version.into(),
            force: false,
        }
    }

    /// The same, taking fields from others.
    #[must_use]
    pub fn force(self) -> Self {
        Self {
            force: true,
            ..self
        }
    }
}

/// What comes of an apply.
#[derive(Debug, Clone, PartialEq)]
pub struct Applied {
    /// The new object; `None` if it is as it was, unless [`Updater::return_unchanged`] is set.
    pub object: Option<Typed>,
    /// What each manager owns now, also if the object is as it was.
    pub managers: Managers,
}

/// Decides what writes to objects do.
#[derive(Debug, Clone)]
pub struct Updater<C> {
    converter: C,
    filters: BTreeMap<String, Filter>,
    empty: EmptyContainers,
    return_unchanged: bool,
}

impl<C> Updater<C> {
    /// Writes to objects that are converted between versions like that.
    pub fn new(converter: C) -> Self {
        Self {
            converter,
            filters: BTreeMap::new(),
            empty: EmptyContainers::default(),
            return_unchanged: false,
        }
    }

    /// The same, with the fields that can be owned in a version restricted.
    #[must_use]
    pub fn filter(mut self, version: impl Into<String>, filter: Filter) -> Self {
        self.filters.insert(version.into(), filter);
        self
    }

    /// The same, with what becomes of lists and maps that an apply empties.
    #[must_use]
    pub fn empty_containers(self, empty: EmptyContainers) -> Self {
        Self { empty, ..self }
    }

    /// The same, returning the object also if an apply does not change it.
    #[must_use]
    pub fn return_unchanged(self) -> Self {
        Self {
            return_unchanged: true,
            ..self
        }
    }
}

impl<C: Converter> Updater<C> {
    /// Replaces the live object with a new one. The manager comes to own what differs.
    ///
    /// Returns what each manager owns then.
    ///
    /// # Errors
    /// One of the objects is not valid or cannot be converted.
    pub fn update(
        &self,
        live: &Typed,
        new: &Typed,
        managers: &Managers,
        change: &Change,
    ) -> Result<Managers, UpdateError> {
        let result = self.update_step_by_step(live, new, managers, change);
        #[cfg(test)]
        crate::fused::check::update(
            &crate::fused::check::Write {
                live,
                managers,
                change,
                filter: self.filters.get(&change.version),
            },
            new,
            &result,
        );
        result
    }

    fn update_step_by_step(
        &self,
        live: &Typed,
        new: &Typed,
        managers: &Managers,
        change: &Change,
    ) -> Result<Managers, UpdateError> {
        let mut managers = self.reconcile(live, managers, &change.version)?;
        let comparison = self.take_over(live, new, &mut managers, &change.clone().force())?;
        let old = managers
            .remove(&change.manager)
            .map(|managed| managed.fields)
            .unwrap_or_default();
        let fields = old
            .difference(&comparison.removed)
            .union(&comparison.modified)
            .union(&comparison.added);
        let fields = self.filtered(fields, &change.version);
        if !fields.is_empty() {
            let managed = Managed {
                fields,
                version: change.version.clone(),
                applied: false,
            };
            managers.insert(change.manager.clone(), managed);
        }
        Ok(managers)
    }

    /// Merges a configuration over the live object. The manager owns what is in it; what it had in its last one, and nobody
    /// owns now, goes away.
    ///
    /// # Errors
    /// Other managers own what would change, or one of the objects is not valid or cannot be converted.
    pub fn apply(
        &self,
        live: &Typed,
        config: Typed,
        managers: &Managers,
        change: &Change,
    ) -> Result<Applied, UpdateError> {
        #[cfg(test)]
        let applied = config.clone();
        let result = self.apply_step_by_step(live, config, managers, change);
        #[cfg(test)]
        crate::fused::check::apply(
            &crate::fused::check::Write {
                live,
                managers,
                change,
                filter: self.filters.get(&change.version),
            },
            &applied,
            &result,
        );
        result
    }

    fn apply_step_by_step(
        &self,
        live: &Typed,
        config: Typed,
        managers: &Managers,
        change: &Change,
    ) -> Result<Applied, UpdateError> {
        let mut managers = self.reconcile(live, managers, &change.version)?;
        let fields = self.filtered(config.field_set()?, &change.version);
        let merged = live.clone().merge(config)?;
        let managed = Managed {
            fields,
            version: change.version.clone(),
            applied: true,
        };
        let last = managers.insert(change.manager.clone(), managed);
        let new = match last {
            Some(last) if !last.fields.is_empty() => {
                self.prune(merged, &last, &managers, &change.version)?
            }
            _ => merged,
        };
        self.take_over(live, &new, &mut managers, change)?;
        let same = match (live.value(), new.value()) {
            (Some(live), Some(new)) => equal(live, new),
            (live, new) => live == new,
        };
        let object = (self.return_unchanged || !same).then_some(new);
        Ok(Applied { object, managers })
    }

    /// Brings what managers own in line with the types of today. Managers at versions that are gone are left out.
    fn reconcile(
        &self,
        live: &Typed,
        managers: &Managers,
        version: &str,
    ) -> Result<Managers, UpdateError> {
        let mut reconciled = Managers::new();
        for (name, managed) in managers {
            let object = match self.converter.convert(live, version, &managed.version) {
                Ok(object) => object,
                Err(ConvertError::MissingVersion) => continue,
                Err(error) => return Err(UpdateError::convert(&managed.version, error)),
            };
            let mut managed = managed.clone();
            if let Some(fields) = object.ty().reconcile(&managed.fields)? {
                managed.fields = fields;
            }
            reconciled.insert(name.clone(), managed);
        }
        Ok(reconciled)
    }

    /// Takes what changes from the other managers. Returns what changes.
    fn take_over(
        &self,
        old: &Typed,
        new: &Typed,
        managers: &mut Managers,
        change: &Change,
    ) -> Result<Comparison, UpdateError> {
        let mut comparisons = BTreeMap::new();
        let own = self.filtered_comparison(old.compare(new)?, &change.version);
        comparisons.insert(change.version.clone(), own);

        let mut conflicts = Conflicts::default();
        let others: Vec<String> = managers
            .keys()
            .filter(|name| **name != change.manager)
            .cloned()
            .collect();
        for name in others {
            let Some(managed) = managers.get_mut(&name) else {
                continue;
            };
            if !comparisons.contains_key(&managed.version) {
                let comparison = self.compare_in(&managed.version, old, new, &change.version)?;
                let Some(comparison) = comparison else {
                    managers.remove(&name);
                    continue;
                };
                comparisons.insert(managed.version.clone(), comparison);
            }
            let Some(comparison) = comparisons.get(&managed.version) else {
                continue;
            };
            let conflict = managed
                .fields
                .intersection(&comparison.modified.union(&comparison.added));
            managed.fields = managed
                .fields
                .difference(&conflict)
                .difference(&comparison.removed);
            conflicts.add(name, conflict);
        }
        if !change.force && !conflicts.is_empty() {
            return Err(UpdateError::Conflicts(conflicts));
        }
        managers.retain(|_, managed| !managed.fields.is_empty());
        Ok(comparisons.remove(&change.version).unwrap_or_default())
    }

    /// What changes, in another version; `None` if there is no such version.
    fn compare_in(
        &self,
        version: &str,
        old: &Typed,
        new: &Typed,
        from: &str,
    ) -> Result<Option<Comparison>, UpdateError> {
        let convert = |object| self.converter.convert(object, from, version);
        let (old, new) = match (convert(old), convert(new)) {
            (Ok(old), Ok(new)) => (old, new),
            (Err(ConvertError::MissingVersion), _) | (Ok(_), Err(ConvertError::MissingVersion)) => {
                return Ok(None);
            }
            (Err(error), _) | (_, Err(error)) => return Err(UpdateError::convert(version, error)),
        };
        Ok(Some(self.filtered_comparison(old.compare(&new)?, version)))
    }

    fn filtered(&self, fields: FieldSet, version: &str) -> FieldSet {
        self.filters
            .get(version)
            .map(|filter| filter.apply(&fields))
            .unwrap_or(fields)
    }

    fn filtered_comparison(&self, comparison: Comparison, version: &str) -> Comparison {
        match self.filters.get(version) {
            Some(Filter::Exclude(fields)) => comparison.without(fields),
            Some(Filter::Include(patterns)) => comparison.matching(patterns),
            None => comparison,
        }
    }
}

/// Why a write was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum UpdateError {
    /// Other managers own what would change.
    Conflicts(Conflicts),
    /// An object is not valid for its type.
    Invalid(ValidationErrors),
    /// What the manager gave up cannot be taken away, because the object with what was applied cannot be converted.
    Prune {
        /// What was being done.
        step: PruneStep,
        /// To this version.
        version: String,
        /// For this reason.
        error: ConvertError,
    },
    /// An object cannot be converted.
    Convert {
        /// To this version.
        version: String,
        /// For this reason.
        error: ConvertError,
    },
}

/// A conversion on the way to what a manager gave up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum PruneStep {
    /// The merged object, to the version that the manager applied before.
    LastApplied,
    /// The merged object, to the version of another entry.
    OwnedMerged,
    /// The object without what was applied before, to the version of another entry.
    OwnedPruned,
    /// What came of that, to the version that the manager applied before.
    Dangling,
}

impl UpdateError {
    fn convert(version: &str, error: ConvertError) -> Self {
        Self::Convert {
            version: version.to_owned(),
            error,
        }
    }
}

impl From<ValidationErrors> for UpdateError {
    fn from(errors: ValidationErrors) -> Self {
        Self::Invalid(errors)
    }
}

impl fmt::Display for UpdateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Conflicts(conflicts) => conflicts.fmt(f),
            Self::Invalid(errors) => errors.fmt(f),
            Self::Prune {
                step,
                version,
                error,
            } => match step {
                PruneStep::LastApplied => write!(
                    f,
                    "failed to convert merged object to last applied version: {error}"
                ),
                PruneStep::OwnedMerged => write!(
                    f,
                    "failed add back owned items: failed to convert merged object at version {version}: {error}"
                ),
                PruneStep::OwnedPruned => write!(
                    f,
                    "failed add back owned items: failed to convert pruned object at version {version}: {error}"
                ),
                PruneStep::Dangling => write!(
                    f,
                    "failed add back dangling items: failed to convert pruned object to last applied version: {error}"
                ),
            },
            Self::Convert { version, error } => write!(f, "cannot convert to {version}: {error}"),
        }
    }
}

impl error::Error for UpdateError {}
