//! What holds of every implementation of server-side apply.

use std::{error, fmt};

use serde_json::{Map, Value};

use crate::{
    fieldset::FieldSet,
    path::{self, PathElement},
    typed::{Duplicates, Typed},
    updater::UpdateError,
};

use super::{
    model::{State, Subject},
    operations::{Action, Op},
};

/// The invariants. Each has a function of this module that checks it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Invariant {
    /// I1: whatever leaf a manager owns is in the object.
    OwnedIsPresent,
    /// I2: no manager owns nothing.
    NoEmptySets,
    /// I3: to apply a configuration again does nothing more.
    ApplyTwice,
    /// I4: after an apply the object says what the configuration says.
    ConfigIsIn,
    /// I5: an apply that forces nothing takes nothing from others but what goes away.
    OthersKeep,
    /// I6: a refused write changes nothing.
    RefusedIsNothing,
    /// I7: a field that its only owner drops goes away, and one that somebody else owns stays.
    DroppedGoes,
    /// I8: applies that have nothing to do with each other can be exchanged, up to the order of lists.
    DisjointCommute,
    /// I9: without conflict force makes no difference.
    ForceIsNothing,
    /// I10: a set of fields is read as it was written, and written as it was read.
    FieldsV1,
    /// I11: sets of fields obey the laws of sets.
    SetAlgebra,
    /// I12: to apply what was extracted does nothing.
    ExtractAgain,
    /// I13: an update that changes nothing changes nobody's fields.
    UpdateSame,
    /// I14: two implementations agree.
    Agreement,
}

/// An invariant that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Which.
    pub invariant: Invariant,
    /// How.
    pub detail: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.invariant, self.detail)
    }
}

impl error::Error for Violation {}

/// Whether an invariant holds.
pub type Check = Result<(), Violation>;

fn hold(holds: bool, invariant: Invariant, detail: impl FnOnce() -> String) -> Check {
    if holds {
        return Ok(());
    }
    Err(Violation {
        invariant,
        detail: detail(),
    })
}

fn fields_of(object: &Typed, invariant: Invariant) -> Result<FieldSet, Violation> {
    object.field_set().map_err(|errors| Violation {
        invariant,
        detail: errors.to_string(),
    })
}

/// I1, for states without null values: a manager may own null in a list or map, which is not there for anybody who looks.
///
/// # Errors
/// The fields that are owned and not there.
pub fn owned_is_present(state: &State) -> Check {
    let present = fields_of(&state.live, Invariant::OwnedIsPresent)?;
    let present = state.live.ty().with_named_fields(&present);
    for (name, managed) in &state.managers {
        let missing = managed.fields.leaves().difference(&present);
        hold(missing.is_empty(), Invariant::OwnedIsPresent, || {
            format!("{name} owns {missing}")
        })?;
    }
    Ok(())
}

/// I2.
///
/// # Errors
/// The manager that owns nothing.
pub fn no_empty_sets(state: &State) -> Check {
    let idle = state
        .managers
        .iter()
        .find(|(_, managed)| managed.fields.is_empty());
    hold(idle.is_none(), Invariant::NoEmptySets, || {
        idle.map(|(name, _)| name.clone()).unwrap_or_default()
    })
}

/// I3: a state right after an apply that was not refused.
///
/// # Errors
/// What the second apply did.
pub fn apply_twice(subject: &dyn Subject, after: &State, op: &Op) -> Check {
    let again = Op {
        action: Action::Apply,
        ..op.clone()
    };
    does_nothing(subject, after, &again, Invariant::ApplyTwice)
}

fn does_nothing(subject: &dyn Subject, state: &State, op: &Op, invariant: Invariant) -> Check {
    let mut next = state.clone();
    let written = subject.write(&mut next, op);
    hold(written.is_ok(), invariant, || {
        written
            .err()
            .map(|error| error.to_string())
            .unwrap_or_default()
    })?;
    hold(next == *state, invariant, || {
        format!("{} became {}", shown(state), shown(&next))
    })
}

/// I4: a state right after an apply that was not refused.
///
/// # Errors
/// What the configuration would still change.
pub fn config_is_in(after: &State, op: &Op) -> Check {
    let config = Typed::new(
        after.live.ty().clone(),
        op.object.clone(),
        Duplicates::Forbid,
    );
    let merged = config.and_then(|config| after.live.clone().merge(config));
    let changes = merged.and_then(|merged| after.live.compare(&merged));
    let changes = changes.map_err(|errors| Violation {
        invariant: Invariant::ConfigIsIn,
        detail: errors.to_string(),
    })?;
    let left = changes.added.union(&changes.modified);
    hold(left.is_empty(), Invariant::ConfigIsIn, || {
        format!("{left} is missing in {}", shown(after))
    })
}

/// I5: the states around an apply that forces nothing.
///
/// # Errors
/// What somebody lost.
pub fn others_keep(before: &State, after: &State, op: &Op) -> Check {
    let present = fields_of(&after.live, Invariant::OthersKeep)?;
    let present = after.live.ty().with_named_fields(&present);
    let owner = op.owner();
    for (name, managed) in before.managers.iter().filter(|(name, _)| **name != owner) {
        let lost = managed.fields.difference(&after.owned(name));
        let taken = lost.intersection(&present);
        hold(taken.is_empty(), Invariant::OthersKeep, || {
            format!("{name} lost {taken}")
        })?;
    }
    Ok(())
}

/// I6.
///
/// # Errors
/// What became of the state.
pub fn refused_is_nothing(before: &State, after: &State) -> Check {
    hold(before == after, Invariant::RefusedIsNothing, || {
        format!("{} became {}", shown(before), shown(after))
    })
}

/// I7, for fields in structs and maps: elements of lists go with their element. The states around an apply that was not refused.
///
/// # Errors
/// The field that stayed or went.
pub fn dropped_goes(before: &State, after: &State, op: &Op) -> Check {
    let owner = op.owner();
    let dropped = before
        .owned(&owner)
        .leaves()
        .difference(&after.owned(&owner));
    let present = fields_of(&after.live, Invariant::DroppedGoes)?;
    let in_fields = |path: &path::Path| {
        let is_field = |element: &PathElement| matches!(element, PathElement::Field(_));
        path.iter().all(is_field)
    };
    for path in dropped.paths().filter(in_fields) {
        let owned = |fields: &FieldSet| has_prefix(fields, &path);
        let mut others = after.managers.iter().filter(|(name, _)| **name != owner);
        let exact = others.any(|(_, managed)| managed.fields.contains(&path));
        let somebody = after
            .managers
            .values()
            .any(|managed| owned(&managed.fields));
        let shown = || path::display(&path);
        if exact {
            hold(present.contains(&path), Invariant::DroppedGoes, || {
                format!("{} is owned and gone", shown())
            })?;
        } else if !somebody {
            hold(!has_prefix(&present, &path), Invariant::DroppedGoes, || {
                format!("nobody owns {}", shown())
            })?;
        }
    }
    Ok(())
}

/// Whether a path, or one below it, is in a set.
fn has_prefix(fields: &FieldSet, path: &[PathElement]) -> bool {
    let below = path
        .iter()
        .fold(fields.clone(), |fields, element| fields.below(element));
    fields.contains(path) || !below.is_empty()
}

/// I8: two applies to one state, by different managers, whose fields then and now have nothing in common but what says what the object
/// is. If one of them is refused either way there is nothing to check.
///
/// # Errors
/// The two outcomes.
pub fn disjoint_commute(subject: &dyn Subject, state: &State, one: &Op, other: &Op) -> Check {
    let (Some(ones), Some(others)) = (interest(state, one), interest(state, other)) else {
        return Ok(());
    };
    if one.owner() == other.owner() || touches(&ones, &others) {
        return Ok(());
    }
    let (mut first, mut second) = (state.clone(), state.clone());
    let both =
        |state: &mut State, ops: [&Op; 2]| ops.iter().all(|op| subject.write(state, op).is_ok());
    if !both(&mut first, [one, other]) || !both(&mut second, [other, one]) {
        return Ok(());
    }
    hold(
        first.is_equivalent(&second),
        Invariant::DisjointCommute,
        || format!("{} or {}", shown(&first), shown(&second)),
    )
}

/// What an apply has to do with: what its manager owned, and what it wants.
fn interest(state: &State, op: &Op) -> Option<FieldSet> {
    let config = Typed::new(
        state.live.ty().clone(),
        op.object.clone(),
        Duplicates::Forbid,
    )
    .ok()?;
    let identity: FieldSet = ["apiVersion", "kind"]
        .map(|name| vec![PathElement::field(name)])
        .into_iter()
        .collect();
    let wanted = config.field_set().ok()?;
    Some(
        wanted
            .union(&state.owned(&op.owner()))
            .difference(&identity),
    )
}

/// Whether a path of one set is a path of the other, or leads to one.
fn touches(one: &FieldSet, other: &FieldSet) -> bool {
    let mut paths = one.paths();
    let mut back = other.paths();
    paths.any(|path| has_prefix(other, &path)) || back.any(|path| has_prefix(one, &path))
}

/// I9: an apply that forces nothing and was not refused, from that state to this one.
///
/// # Errors
/// What force makes of it.
pub fn force_is_nothing(subject: &dyn Subject, before: &State, after: &State, op: &Op) -> Check {
    let forced = Op {
        action: Action::ForceApply,
        ..op.clone()
    };
    let mut other = before.clone();
    let written = subject.write(&mut other, &forced);
    hold(
        written.is_ok() && other == *after,
        Invariant::ForceIsNothing,
        || format!("{} or {}", shown(after), shown(&other)),
    )
}

/// I10.
///
/// # Errors
/// The text.
pub fn fields_v1(fields: &FieldSet) -> Check {
    let text = fields.to_string();
    let again = text.parse::<FieldSet>();
    let same = again.is_ok_and(|again| again == *fields && again.to_string() == text);
    hold(same, Invariant::FieldsV1, || text)
}

/// I11.
///
/// # Errors
/// The two sets.
pub fn set_algebra(a: &FieldSet, b: &FieldSet) -> Check {
    let both = a.intersection(b);
    let laws = a.difference(b).union(&both) == *a
        && both == b.intersection(a)
        && a.union(b) == b.union(a)
        && a.union(a) == *a
        && a.difference(b).intersection(b).is_empty()
        && a.union(b).difference(b) == a.difference(b)
        && a.recursive_difference(b)
            .difference(&a.difference(b))
            .is_empty()
        && a.leaves().difference(a).is_empty();
    hold(laws, Invariant::SetAlgebra, || format!("{a} and {b}"))
}

/// I12: a state right after an apply that was not refused.
///
/// # Errors
/// What applying what was extracted did.
pub fn extract_again(subject: &dyn Subject, after: &State, op: &Op) -> Check {
    let owned = after.owned(&op.owner()).leaves();
    let extracted = after.live.extract_with_keys(&owned).into_value();
    let mut object = extracted.unwrap_or_default();
    if let Some(live) = after.object() {
        identify(&mut object, live);
    }
    let again = Op {
        action: Action::Apply,
        object,
        ..op.clone()
    };
    let mut next = after.clone();
    let written = subject.write(&mut next, &again);
    let same = written.is_ok() && next.live == after.live;
    hold(same, Invariant::ExtractAgain, || {
        format!(
            "{} of {} became {}",
            again.object,
            shown(after),
            shown(&next)
        )
    })
}

/// Says of a part of an object what the whole one is, which nobody may own.
fn identify(part: &mut Value, whole: &Value) {
    if part.is_null() {
        *part = Map::new().into();
    }
    for (parent, fields) in [
        ("", ["apiVersion", "kind"]),
        ("metadata", ["name", "namespace"]),
    ] {
        for field in fields {
            let Some(value) = whole.pointer(&format!("/{parent}/{field}").replace("//", "/"))
            else {
                continue;
            };
            let place = match (parent, part.as_object_mut()) {
                (_, None) => continue,
                ("", Some(part)) => part,
                (_, Some(part)) => {
                    let metadata = part.entry(parent).or_insert_with(|| Map::new().into());
                    match metadata.as_object_mut() {
                        Some(metadata) => metadata,
                        None => continue,
                    }
                }
            };
            place.insert(field.to_owned(), value.clone());
        }
    }
}

/// I13.
///
/// # Errors
/// What became of the managers.
pub fn update_same(subject: &dyn Subject, state: &State) -> Check {
    let Some(object) = state.object() else {
        return Ok(());
    };
    let update = Op {
        manager: "nobody".to_owned(),
        action: Action::Update,
        object: object.clone(),
    };
    does_nothing(subject, state, &update, Invariant::UpdateSame)
}

/// I14: what two implementations make of one write.
///
/// # Errors
/// The two outcomes.
pub fn agreement(one: &dyn Subject, other: &dyn Subject, state: &State, op: &Op) -> Check {
    let (mut first, mut second) = (state.clone(), state.clone());
    let answers = (one.write(&mut first, op), other.write(&mut second, op));
    let same = match &answers {
        (Ok(()), Ok(())) => first == second,
        (Err(UpdateError::Conflicts(one)), Err(UpdateError::Conflicts(other))) => one == other,
        (Err(_), Err(_)) => true,
        _ => false,
    };
    hold(same, Invariant::Agreement, || {
        let text = |answer: &Result<(), UpdateError>, state: &State| match answer {
            Ok(()) => shown(state),
            Err(error) => error.to_string(),
        };
        format!(
            "{} or {}",
            text(&answers.0, &first),
            text(&answers.1, &second)
        )
    })
}

/// Carries out a write and checks all that holds around a single one.
///
/// # Errors
/// The first invariant that does not hold.
pub fn check_write(subject: &dyn Subject, state: &mut State, op: &Op) -> Check {
    let before = state.clone();
    if subject.write(state, op).is_err() {
        return refused_is_nothing(&before, state);
    }
    no_empty_sets(state)?;
    for managed in state.managers.values() {
        fields_v1(&managed.fields)?;
        set_algebra(&managed.fields, &before.owned(&op.owner()))?;
    }
    if op.action == Action::Update {
        return Ok(());
    }
    config_is_in(state, op)?;
    apply_twice(subject, state, op)?;
    extract_again(subject, state, op)?;
    if op.action == Action::Apply {
        others_keep(&before, state, op)?;
        force_is_nothing(subject, &before, state, op)?;
    }
    dropped_goes(&before, state, op)
}

/// Carries out a sequence of writes, and checks everything: each write, each state between them, whether neighbours that have nothing
/// to do with each other can be exchanged, and whether the implementation agrees with another one, such as the [`Model`](super::Model).
///
/// # Errors
/// The first invariant that does not hold.
pub fn check_sequence(
    subject: &dyn Subject,
    other: &dyn Subject,
    start: State,
    ops: &[Op],
) -> Result<State, Violation> {
    let mut state = start;
    for (index, op) in ops.iter().enumerate() {
        agreement(subject, other, &state, op)?;
        if let Some(next) = ops.get(index + 1)
            && op.action == Action::Apply
            && next.action == Action::Apply
        {
            disjoint_commute(subject, &state, op, next)?;
        }
        check_write(subject, &mut state, op)?;
        owned_is_present(&state)?;
        update_same(subject, &state)?;
    }
    Ok(state)
}

fn shown(state: &State) -> String {
    let managers: Vec<_> = state
        .managers
        .iter()
        .map(|(name, managed)| format!("{name}: {}", managed.fields))
        .collect();
    let object = state.live.value().map(ToString::to_string);
    format!("{} of {}", object.unwrap_or_default(), managers.join(", "))
}
