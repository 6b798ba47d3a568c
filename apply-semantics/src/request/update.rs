//! Updates: any write but apply.

use serde_json::Value;

use super::{
    Effect, Engine, OnFailure, RequestError, Stage, UpdateOptions, Written,
    history::History,
    pure::{Pure, Versioned},
    tracked::Tracked,
};
use crate::{
    managed_fields::{
        self, MAX_UPDATERS, ManagedFields, ManagedFieldsError, Manager, Time, UNKNOWN_MANAGER,
    },
    typed::{Duplicates, Typed},
    updater::UpdateError,
    value::equal,
};

/// The name under which an update is compared, so that only what this request changes counts.
const CURRENT_OPERATION: &str = "current-operation";

pub(super) fn update(
    engine: &Engine,
    live: Option<Value>,
    mut new: Value,
    options: &UpdateOptions,
) -> Result<Written, RequestError> {
    let (version, kind) = type_of(&new)?;
    let version = options.version.as_deref().unwrap_or(version);
    let pure = Pure::new(engine, kind, version, &options.subresource);
    let manager = Manager::updater(name_of(&options.manager), version, &*options.subresource);

    let old_entries = live
        .as_ref()
        .map_or(Ok(ManagedFields::new()), ManagedFields::decode);
    let entries = entries(&new, &old_entries, &options.subresource);
    managed_fields::take(&mut new);
    let live = live.map(|mut live| {
        managed_fields::take(&mut live);
        live
    });
    // Nobody has been tracked so far, and this does not create the object.
    let untracked = entries.is_empty() && live.as_ref().is_some_and(has_uid);
    if untracked {
        pure.reset(live.as_ref(), &mut new);
        return Ok(written(live.as_ref(), new, old_entries, entries, manager));
    }

    let created = live.is_none();
    let new = pure.in_version(Stage::New, new);
    let live = live.map_or_else(|| pure.blank(), |live| pure.in_version(Stage::Live, live));
    let after = changed_entries(&pure, &live, &new, &entries, &manager, options.time);
    let after = match (after, options.on_failure) {
        (Ok(after), _) => after,
        (Err(error), OnFailure::Refuse) => return Err(error),
        (Err(_), OnFailure::Forget) => ManagedFields::new(),
        (Err(_), OnFailure::Keep) => old_entries.clone().unwrap_or_default(),
    };
    let live = (!created).then(|| live.into_original());
    let mut new = new.into_original();
    pure.reset(live.as_ref(), &mut new);
    Ok(written(live.as_ref(), new, old_entries, after, manager))
}

/// The version and the kind of an object.
pub(super) fn type_of(object: &Value) -> Result<(&str, &str), RequestError> {
    let text = |name| {
        let text = object.get(name).and_then(Value::as_str);
        text.filter(|text| !text.is_empty())
    };
    text("apiVersion")
        .zip(text("kind"))
        .ok_or(RequestError::NotAnObject)
}

/// The name that a manager goes by.
pub(super) fn name_of(name: &str) -> &str {
    if name.is_empty() {
        UNKNOWN_MANAGER
    } else {
        name
    }
}

/// What an update makes of the entries: compared are only the live and the new object, and what differs is added to what the
/// manager owns already.
pub(super) fn tracked_update(
    pure: &Pure<'_>,
    live: &Typed,
    new: &Typed,
    entries: &ManagedFields,
    manager: &Manager,
    time: Option<Time>,
) -> Result<ManagedFields, UpdateError> {
    let mut tracked = Tracked::new(entries);
    tracked.managers = pure.update(live, new, &tracked.managers, CURRENT_OPERATION)?;
    tracked.strip(CURRENT_OPERATION);
    if let Some(mut current) = tracked.managers.remove(CURRENT_OPERATION) {
        let identifier = manager.identifier();
        if let Some(previous) = tracked.managers.get(&identifier) {
            current.fields = current.fields.union(&previous.fields);
        }
        tracked.managers.insert(identifier.clone(), current);
        tracked.introduce(manager.clone());
        tracked.touch(&identifier, time);
    }
    let mut entries = tracked.into_entries();
    entries.cap_updaters(MAX_UPDATERS);
    Ok(entries)
}

pub(super) fn has_uid(object: &Value) -> bool {
    let uid = object.pointer("/metadata/uid").and_then(Value::as_str);
    uid.is_some_and(|uid| !uid.is_empty())
}

/// The entries that an update goes by.
fn entries(
    new: &Value,
    live: &Result<ManagedFields, ManagedFieldsError>,
    subresource: &str,
) -> ManagedFields {
    let live = || live.as_ref().ok().cloned().unwrap_or_default();
    if !subresource.is_empty() {
        return live();
    }
    if managed_fields::is_reset(new) {
        return ManagedFields::new();
    }
    match ManagedFields::decode(new) {
        Ok(entries) if !entries.is_empty() => entries,
        _ => live(),
    }
}

fn changed_entries(
    pure: &Pure<'_>,
    live: &Versioned,
    new: &Versioned,
    entries: &ManagedFields,
    manager: &Manager,
    time: Option<Time>,
) -> Result<ManagedFields, RequestError> {
    let new = new.checked(Stage::New, Duplicates::Allow)?;
    let live = live.checked(Stage::Live, Duplicates::Allow)?;
    tracked_update(pure, live, new, entries, manager, time).map_err(RequestError::Ownership)
}

/// Puts the entries into the new object, or the live ones if only their times differ from them.
fn written(
    live: Option<&Value>,
    mut object: Value,
    before: Result<ManagedFields, ManagedFieldsError>,
    mut after: ManagedFields,
    manager: Manager,
) -> Written {
    let same = live.is_some_and(|live| equal(live, &object));
    let effect = match &before {
        _ if !same => Effect::Object,
        Ok(before) if before.is_same_but_for_times(&after) => {
            after.clone_from(before);
            Effect::Nothing
        }
        _ => Effect::ManagedFields,
    };
    after.write(&mut object);
    Written {
        object,
        effect,
        created: live.is_none(),
        manager,
        history: History::read(before.unwrap_or_default(), after),
        yielded: Vec::new(),
    }
}
