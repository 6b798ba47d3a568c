//! Applies.

use serde_json::{Value, json};

use super::{Attempt, change_owners, compare, put, text};
use crate::{
    fieldset::FieldSet,
    fused::{self, Apply, Fields, Plan, trie},
    managed_fields::{self, Manager},
    request::{
        ApplyOptions, BEFORE_FIRST_APPLY, Conflict, ConflictPolicy, Conflicts, Effect, Engine,
        RequestError, Written,
        entries::Entries,
        history::{Before, History},
        last_applied::KUBECTL,
        lookup,
        update::{name_of, type_of},
    },
    schema::Type,
};

pub(in crate::request) fn apply(
    engine: &Engine,
    live: Option<Value>,
    config: Value,
    options: &ApplyOptions,
) -> Attempt {
    if let Some(live) = live {
        return apply_to(engine, live, config, options, false);
    }
    let nothing = json!({"apiVersion": config.get("apiVersion"), "kind": config.get("kind")});
    apply_to(engine, nothing, config, options, true).without_live()
}

/// Applies to an object, or to one that has nothing but a version and a kind because it is to be created.
fn apply_to(
    engine: &Engine,
    mut live: Value,
    mut config: Value,
    options: &ApplyOptions,
    created: bool,
) -> Attempt {
    let Some(ty) = object_type(engine, &live, &config, options) else {
        return Attempt::GivenUp(Some(live), config);
    };
    let version = text(&live, "apiVersion").to_owned();
    let list = managed_fields::take(&mut live);
    let is_first = list.is_none();
    let entries = match list {
        Some(list) => Entries::read(list, &version, &ty),
        None if created => Ok(Entries::none()),
        None => before_first_apply(engine, &ty, &live, options).ok_or(Value::Null),
    };
    let mut entries = match entries {
        Ok(entries) => entries,
        Err(list) => return give_back(live, (!is_first).then_some(list), config),
    };
    let had_owners = entries.len() > 0;
    let give_up = |live, entries: Entries, config| {
        give_back(live, (!is_first).then(|| entries.into_list()), config)
    };
    let manager = Manager::applier(name_of(&options.manager), &*options.subresource);
    let own = entries.position(&manager);
    let Some(mut plan) = plan(engine, &ty, &live, &config, &entries, own, options) else {
        return give_up(live, entries, config);
    };
    let taken = plan.taken();
    if !options.force && !taken.is_empty() {
        if options.policy != ConflictPolicy::default() {
            return give_up(live, entries, config);
        }
        let conflicts = conflicts(&entries, own, &taken, &version, [&live, &config]);
        return Attempt::Done(Err(RequestError::Conflicts(conflicts)));
    }
    let first = match own {
        Some(_) => None,
        None => match fused::first(&ty, &config, true) {
            Ok(first) => Some(first),
            Err(_) => return give_up(live, entries, config),
        },
    };
    for (other, fields) in &taken {
        entries.change(index(*other, own), |owned| trie::subtract(owned, fields));
    }
    let mut effect = match (own, first) {
        (Some(own), _) if plan.changes_own() => {
            entries.edit(own, |owned| plan.change_own(owned));
            Effect::ManagedFields
        }
        (None, Some(Value::Object(first))) if !first.is_empty() => {
            let time = options.time.filter(|_| plan.is_change);
            entries.add(&manager, &version, time, Value::Object(first));
            Effect::ManagedFields
        }
        _ => Effect::Nothing,
    };
    if !taken.is_empty() || (is_first && had_owners) {
        effect = Effect::ManagedFields;
    }
    if plan.is_change {
        effect = Effect::Object;
        if let Some(own) = entries.position(&manager) {
            entries.touch(own, options.time);
        }
        plan.change_object(&mut live, &mut config);
    }
    if created {
        effect = Effect::Object;
    }
    let (list, past) = entries.finish();
    put(&mut live, list);
    Attempt::Done(Ok(Written {
        object: live,
        effect,
        created,
        manager,
        history: History::written(Before::Changes(past)),
        yielded: Vec::new(),
    }))
}

/// The type of the objects, if this may be done in place.
fn object_type(
    engine: &Engine,
    live: &Value,
    config: &Value,
    options: &ApplyOptions,
) -> Option<Type> {
    let (version, kind) = type_of(config).ok()?;
    let plain = !engine.step_by_step
        && !engine.reset
        && options.manager != KUBECTL
        && !options.policy.can_yield()
        && options
            .version
            .as_ref()
            .is_none_or(|wanted| wanted == version)
        && text(live, "apiVersion") == version
        && text(live, "kind") == kind
        && managed_fields::of(config).is_none();
    plain.then(|| engine.kinds.ty(version, kind)).flatten()
}

/// Who owns what is there already, where nobody has been tracked so far.
fn before_first_apply(
    engine: &Engine,
    ty: &Type,
    live: &Value,
    options: &ApplyOptions,
) -> Option<Entries> {
    let version = text(live, "apiVersion");
    let blank = engine.kinds.blank(version, text(live, "kind"));
    let comparison = compare(engine, ty, [&blank, live], &options.subresource)?;
    let manager = Manager::updater(BEFORE_FIRST_APPLY, version, &*options.subresource);
    let mut entries = Entries::none();
    change_owners(&mut entries, None, &comparison, &manager, options.time);
    let settled = |fields: Option<&Fields>| {
        fields.is_some_and(|fields| trie::is_settled(&ty.schema, ty.root, fields))
    };
    let all = entries.fields().all(settled);
    all.then_some(entries)
}

fn plan(
    engine: &Engine,
    ty: &Type,
    live: &Value,
    config: &Value,
    entries: &Entries,
    own: Option<usize>,
    options: &ApplyOptions,
) -> Option<Plan> {
    let version = text(live, "apiVersion");
    let kinds = &engine.kinds;
    let excluded = kinds.excluded(version, text(live, "kind"), &options.subresource);
    let mut others: Vec<&Fields> = entries.fields().collect::<Option<_>>()?;
    let own = own.map(|own| others.remove(own));
    let apply = Apply {
        ty,
        live,
        config,
        own,
        others: &others,
        excluded,
        strip: true,
    };
    fused::plan(apply).ok()
}

/// The index of an entry, counted without that of the manager.
fn index(other: usize, own: Option<usize>) -> usize {
    other + usize::from(own.is_some_and(|own| own <= other))
}

fn conflicts(
    entries: &Entries,
    own: Option<usize>,
    taken: &[(usize, FieldSet)],
    version: &str,
    [live, wanted]: [&Value; 2],
) -> Conflicts {
    let owners = taken.iter().filter_map(|(other, fields)| {
        let (manager, since) = entries.manager(index(*other, own))?;
        Some((manager, since, fields))
    });
    let mut owners: Vec<_> = owners.collect();
    owners.sort_by(|(a, ..), (b, ..)| a.cmp(b));
    let conflicts = owners.iter().flat_map(|(manager, since, fields)| {
        fields.paths().map(|path| Conflict {
            live: lookup::find(live, &path).cloned(),
            wanted: lookup::find(wanted, &path).cloned(),
            path,
            manager: manager.clone(),
            api_version: version.to_owned(),
            since: *since,
        })
    });
    Conflicts(conflicts.collect())
}

fn give_back(mut live: Value, list: Option<Value>, other: Value) -> Attempt {
    if let Some(list) = list {
        managed_fields::put(&mut live, list);
    }
    Attempt::GivenUp(Some(live), other)
}
