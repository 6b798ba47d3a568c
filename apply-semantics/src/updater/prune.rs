//! What goes away when a manager applies less than before.

use std::{borrow::Cow, collections::BTreeMap};

use super::{ConvertError, Converter, Managed, Managers, PruneStep, UpdateError, Updater};
use crate::{fieldset::FieldSet, typed::Typed};

/// An object and its version.
#[derive(Clone)]
struct Versioned<'a> {
    object: Typed,
    version: &'a str,
}

impl<C: Converter> Updater<C> {
    /// Removes from a merged object what the manager applied last time, unless somebody owns it now.
    ///
    /// What to remove is found by trial: everything that was applied last time is removed; what anybody owns is put back; and
    /// so is what went away with it and had not been applied.
    pub(super) fn prune(
        &self,
        merged: Typed,
        last: &Managed,
        managers: &Managers,
        version: &str,
    ) -> Result<Typed, UpdateError> {
        let Some(merged_then) =
            self.in_version(PruneStep::LastApplied, &merged, version, &last.version)?
        else {
            return Ok(merged);
        };
        let merged_then = merged_then.into_owned();
        let applied_last = merged_then.ty().with_named_fields(&last.fields);

        let bare = merged_then.clone().remove(&applied_last, self.empty);
        let before = Versioned {
            object: merged_then.clone(),
            version: &last.version,
        };
        let after = self.put_back_owned(before, bare, managers)?;
        let pruned = match self.in_version(
            PruneStep::Dangling,
            &after.object,
            after.version,
            &last.version,
        )? {
            None => merged_then,
            Some(after) => {
                let kept = after.ty().with_named_fields(&remains(&after)?);
                let all = merged_then.ty().with_named_fields(&remains(&merged_then)?);
                merged_then.remove(
                    &all.difference(&kept).intersection(&applied_last),
                    self.empty,
                )
            }
        };
        let converted = self.converter.convert(&pruned, &last.version, version);
        converted
            .map(Cow::into_owned)
            .map_err(|error| UpdateError::convert(version, error))
    }

    /// Removes from an object what is missing in its bare form, except for what anybody owns, version by version.
    fn put_back_owned<'a>(
        &self,
        mut full: Versioned<'a>,
        bare: Typed,
        managers: &'a Managers,
    ) -> Result<Versioned<'a>, UpdateError> {
        let mut bare = Versioned {
            object: bare,
            version: full.version,
        };
        for (version, owned) in owned_by_version(managers, full.version) {
            let Some(next) =
                self.in_version(PruneStep::OwnedMerged, &full.object, full.version, version)?
            else {
                continue;
            };
            full = Versioned {
                object: next.into_owned(),
                version,
            };
            let Some(next) =
                self.in_version(PruneStep::OwnedPruned, &bare.object, bare.version, version)?
            else {
                continue;
            };
            let ty = full.object.ty();
            let all = ty.with_named_fields(&remains(&full.object)?);
            let kept = ty
                .with_named_fields(&remains(&next)?)
                .union(&ty.with_named_fields(&owned));
            let object = full
                .object
                .clone()
                .remove(&all.difference(&kept), self.empty);
            bare = Versioned { object, version };
        }
        Ok(bare)
    }

    /// The object in another version; `None` if there is no such version.
    fn in_version<'a>(
        &self,
        step: PruneStep,
        object: &'a Typed,
        from: &str,
        to: &str,
    ) -> Result<Option<Cow<'a, Typed>>, UpdateError> {
        match self.converter.convert(object, from, to) {
            Ok(object) => Ok(Some(object)),
            Err(ConvertError::MissingVersion) => Ok(None),
            Err(error) => Err(UpdateError::Prune {
                step,
                version: to.to_owned(),
                error,
            }),
        }
    }
}

fn remains(object: &Typed) -> Result<FieldSet, UpdateError> {
    Ok(object.ty().field_set_of_remains(object.value())?)
}

/// What all managers together own at each version. The first version comes first: what is missing in it could keep the object
/// from being converted to the others.
fn owned_by_version<'a>(managers: &'a Managers, first: &str) -> Vec<(&'a str, FieldSet)> {
    let mut owned: BTreeMap<&str, FieldSet> = BTreeMap::new();
    for managed in managers.values() {
        let fields = owned.entry(&managed.version).or_default();
        *fields = fields.union(&managed.fields);
    }
    let mut owned: Vec<_> = owned.into_iter().collect();
    owned.sort_by_key(|(version, _)| *version != first);
    owned
}
