//! Every write of the literal engine in the tests of this crate is done in one walk too, and has to come out the same.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test"
)]

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;

use super::{Apply, Excluded, Fields, plan, trie};
use crate::{
    typed::Typed,
    updater::{Applied, Change, Filter, Managers, UpdateError},
};

/// How many applies were done in one walk, and how many were given up.
pub(crate) static APPLIED: AtomicUsize = AtomicUsize::new(0);
pub(crate) static GIVEN_UP: AtomicUsize = AtomicUsize::new(0);

pub(crate) struct Write<'a> {
    pub(crate) live: &'a Typed,
    pub(crate) managers: &'a Managers,
    pub(crate) change: &'a Change,
    pub(crate) filter: Option<&'a Filter>,
}

/// The sets of all managers as FieldsV1, if they may be walked.
fn settled(write: &Write<'_>) -> Option<Vec<(String, Value)>> {
    let ty = write.live.ty();
    let managers = write.managers.iter().map(|(name, managed)| {
        let fields = managed.fields.to_value();
        let fits = managed.version == write.change.version
            && fields
                .as_object()
                .is_some_and(|fields| trie::is_settled(&ty.schema, ty.root, fields));
        fits.then(|| (name.clone(), fields))
    });
    managers.collect()
}

fn of_managers(managers: &Managers) -> Vec<(String, Value)> {
    let fields = managers.iter();
    fields
        .map(|(name, managed)| (name.clone(), managed.fields.to_value()))
        .collect()
}

fn undone(mut fields: Value, undo: &trie::Undo) -> Value {
    trie::undo(fields.as_object_mut().unwrap(), undo);
    fields
}

pub(crate) fn apply(write: &Write<'_>, config: &Typed, result: &Result<Applied, UpdateError>) {
    let done = try_apply(write, config, result);
    let count = if done.is_some() { &APPLIED } else { &GIVEN_UP };
    count.fetch_add(1, Ordering::Relaxed);
}

fn try_apply(
    write: &Write<'_>,
    config: &Typed,
    result: &Result<Applied, UpdateError>,
) -> Option<()> {
    let mut sets = settled(write)?;
    let excluded = match write.filter {
        None => Excluded::Nothing,
        Some(Filter::Exclude(fields)) => Excluded::Set(fields),
        Some(Filter::Include(_)) => Excluded::AllBut,
    };
    let (live, config) = (write.live.value()?, config.value()?);
    let mut own = None;
    if let Some(at) = sets
        .iter()
        .position(|(name, _)| *name == write.change.manager)
    {
        own = Some(sets.remove(at).1);
    }
    let others: Vec<&Fields> = sets
        .iter()
        .map(|(_, set)| set.as_object().unwrap())
        .collect();
    let mut plan = plan(Apply {
        ty: write.live.ty(),
        live,
        config,
        own: own.as_ref().map(|own| own.as_object().unwrap()),
        others: &others,
        excluded,
        strip: false,
    })
    .ok()?;
    let taken = plan.taken();
    let context = || {
        format!(
            "live {live}\nconfig {config}\nmanagers {:?}\nby {}",
            of_managers(write.managers),
            write.change.manager
        )
    };
    if !write.change.force && !taken.is_empty() {
        let Err(UpdateError::Conflicts(conflicts)) = result else {
            panic!("no conflict: {result:?}\n{}", context());
        };
        let taken: Vec<_> = taken
            .iter()
            .map(|(at, set)| (sets[*at].0.as_str(), set))
            .collect();
        assert_eq!(
            taken,
            conflicts.by_manager().collect::<Vec<_>>(),
            "{}",
            context()
        );
        return Some(());
    }
    let applied = match result {
        Err(error) => panic!("{error}\n{}", context()),
        Ok(applied) => applied,
    };
    for (at, fields) in taken {
        assert!(trie::meets(sets[at].1.as_object().unwrap(), &fields));
        trie::subtract(sets[at].1.as_object_mut().unwrap(), &fields);
    }
    let own = if let Some(mut own) = own {
        let before = own.clone();
        let undo = plan.change_own(&mut own);
        assert_eq!(undone(own.clone(), &undo), before);
        own
    } else {
        super::first(write.live.ty(), config, false).ok()?
    };
    sets.push((write.change.manager.clone(), own));
    sets.retain(|(_, set)| !set.as_object().unwrap().is_empty());
    sets.sort_by(|(a, _), (b, _)| a.cmp(b));
    assert_eq!(sets, of_managers(&applied.managers), "{}", context());
    let is_change = plan.is_change;
    let mut new = live.clone();
    plan.change_object(&mut new, &mut config.clone());
    match &applied.object {
        None => assert!(!is_change, "{}", context()),
        Some(object) if is_change => assert_eq!(Some(&new), object.value(), "{}", context()),
        Some(object) => assert!(crate::value::equal(object.value().unwrap(), live)),
    }
    Some(())
}

pub(crate) fn update(_: &Write<'_>, _: &Typed, _: &Result<Managers, UpdateError>) {}
