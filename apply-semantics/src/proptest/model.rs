//! Server-side apply by the letter of its rules, slow and plain, to hold other implementations against.

use std::collections::BTreeSet;

use serde_json::Value;

use super::operations::{Action, Op};
use crate::{
    fieldset::FieldSet,
    schema::Type,
    typed::{Comparison, Duplicates, EmptyContainers, Typed, ValidationErrors},
    updater::{Change, Converter, Managed, Managers, UpdateError, Updater},
    value::equal,
};

/// The version in which everything happens.
pub(super) const VERSION: &str = "v1";

/// An object, and who owns what of it.
#[derive(Debug, Clone, PartialEq)]
pub struct State {
    /// The object; without a value before the first write.
    pub live: Typed,
    /// What each manager owns.
    pub managers: Managers,
}

impl State {
    /// No object yet.
    pub fn new(ty: &Type) -> Self {
        Self {
            live: Typed::unchecked(ty.clone(), None),
            managers: Managers::new(),
        }
    }

    /// The object, if there is one.
    pub fn object(&self) -> Option<&Value> {
        self.live.value().filter(|value| !value.is_null())
    }

    /// What a manager owns.
    pub fn owned(&self, owner: &str) -> FieldSet {
        let managed = self.managers.get(owner);
        managed
            .map(|managed| managed.fields.clone())
            .unwrap_or_default()
    }

    /// Whether the objects are equal but for the order of lists, and so is what everybody owns.
    pub fn is_equivalent(&self, other: &Self) -> bool {
        let same = self.live.compare(&other.live);
        let same = same.is_ok_and(|comparison| comparison == Comparison::default());
        same && self.managers == other.managers
    }
}

/// Something that carries out writes, and is held against the invariants.
pub trait Subject {
    /// Carries out a write, or refuses it and leaves the state as it was.
    ///
    /// # Errors
    /// The write is refused.
    fn write(&self, state: &mut State, op: &Op) -> Result<(), UpdateError>;
}

impl<C: Converter> Subject for Updater<C> {
    fn write(&self, state: &mut State, op: &Op) -> Result<(), UpdateError> {
        let ty = state.live.ty().clone();
        let change = Change::new(op.owner(), VERSION);
        if op.action == Action::Update {
            let new = Typed::new(ty, op.object.clone(), Duplicates::Allow)?;
            state.managers = self.update(&state.live, &new, &state.managers, &change)?;
            state.live = new;
            return Ok(());
        }
        let config = Typed::new(ty, op.object.clone(), Duplicates::Forbid)?;
        let change = if op.is_forced() {
            change.force()
        } else {
            change
        };
        let applied = self.apply(&state.live, config, &state.managers, &change)?;
        state.managers = applied.managers;
        if let Some(live) = applied.object {
            state.live = live;
        }
        Ok(())
    }
}

/// The literal engine: merges, set operations and removals in the order in which structured-merge-diff has them, nothing combined and
/// nothing left out. One version, no filters.
///
/// Follows `merge/update.go` of sigs.k8s.io/structured-merge-diff.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Model {
    /// What becomes of lists and maps that an apply empties.
    pub empty: EmptyContainers,
}

impl Subject for Model {
    fn write(&self, state: &mut State, op: &Op) -> Result<(), UpdateError> {
        let next = match op.action {
            Action::Update => update(state, op)?,
            Action::Apply | Action::ForceApply => self.apply(state, op)?,
        };
        *state = next;
        Ok(())
    }
}

fn update(state: &State, op: &Op) -> Result<State, UpdateError> {
    let ty = state.live.ty();
    let new = Typed::new(ty.clone(), op.object.clone(), Duplicates::Allow)?;
    let managers = reconciled(state)?;
    let (mut managers, changes) = without_what_changes(state, &new, managers, op)?;
    let owner = op.owner();
    let before = managers.remove(&owner);
    let before = before.map(|managed| managed.fields).unwrap_or_default();
    let kept = before.difference(&changes.removed);
    let fields = kept.union(&changes.modified).union(&changes.added);
    if !fields.is_empty() {
        managers.insert(owner, managed(fields, false));
    }
    Ok(State {
        live: new,
        managers,
    })
}

impl Model {
    fn apply(self, state: &State, op: &Op) -> Result<State, UpdateError> {
        let ty = state.live.ty();
        let config = Typed::new(ty.clone(), op.object.clone(), Duplicates::Forbid)?;
        let mut managers = reconciled(state)?;
        let fields = config.field_set()?;
        let merged = state.live.clone().merge(config)?;
        let last = managers.insert(op.owner(), managed(fields, true));
        let new = match last.map(|managed| managed.fields) {
            Some(last) if !last.is_empty() => self.pruned(&merged, &last, &managers)?,
            _ => merged,
        };
        let (managers, _) = without_what_changes(state, &new, managers, op)?;
        let unchanged = match (state.live.value(), new.value()) {
            (Some(live), Some(new)) => equal(live, new),
            (live, new) => live == new,
        };
        let live = if unchanged { state.live.clone() } else { new };
        Ok(State { live, managers })
    }

    /// What the manager applied last time goes away; what anybody owns comes back; and so does what went with it and had not been
    /// applied.
    fn pruned(
        self,
        merged: &Typed,
        last: &FieldSet,
        managers: &Managers,
    ) -> Result<Typed, ValidationErrors> {
        let named = |fields: &FieldSet| merged.ty().with_named_fields(fields);
        let present = |object: &Typed| object.field_set().map(|fields| named(&fields));
        let last = named(last);
        let bare = merged.clone().remove(&last, self.empty);
        let owned = managers
            .values()
            .fold(FieldSet::new(), |all, managed| all.union(&managed.fields));
        let kept = present(&bare)?.union(&named(&owned));
        let all = present(merged)?;
        let with_owned = merged.clone().remove(&all.difference(&kept), self.empty);
        let gone = all.difference(&present(&with_owned)?);
        Ok(merged.clone().remove(&gone.intersection(&last), self.empty))
    }
}

fn managed(fields: FieldSet, applied: bool) -> Managed {
    Managed {
        fields,
        version: VERSION.to_owned(),
        applied,
    }
}

/// What managers own, in line with the type of today.
fn reconciled(state: &State) -> Result<Managers, ValidationErrors> {
    let mut managers = state.managers.clone();
    for managed in managers.values_mut() {
        if let Some(fields) = state.live.ty().reconcile(&managed.fields)? {
            managed.fields = fields;
        }
    }
    Ok(managers)
}

/// What is left to the others when something changes, and what changes.
fn without_what_changes(
    state: &State,
    new: &Typed,
    mut managers: Managers,
    op: &Op,
) -> Result<(Managers, Comparison), UpdateError> {
    let changes = state.live.compare(new)?;
    let touched = changes.modified.union(&changes.added);
    let owner = op.owner();
    let mut conflicts = crate::updater::Conflicts::default();
    let others: BTreeSet<String> = managers.keys().cloned().collect();
    for name in others.into_iter().filter(|name| *name != owner) {
        let Some(managed) = managers.get_mut(&name) else {
            continue;
        };
        let conflict = managed.fields.intersection(&touched);
        let left = managed.fields.difference(&conflict);
        managed.fields = left.difference(&changes.removed);
        conflicts.add(name, conflict);
    }
    if !op.is_forced() && !conflicts.is_empty() {
        return Err(UpdateError::Conflicts(conflicts));
    }
    managers.retain(|_, managed| !managed.fields.is_empty());
    Ok((managers, changes))
}
