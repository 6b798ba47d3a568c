//! Writes done in the live object, wherever one walk can tell what they do ([`crate::fused`]).

#[cfg(test)]
mod tests;

use serde_json::Value;

use super::{
    ApplyOptions, Conflict, ConflictPolicy, Conflicts, Effect, Engine, RequestError, UpdateOptions,
    Written,
    entries::Entries,
    history::{Before, History},
    last_applied::KUBECTL,
    lookup,
    update::{name_of, type_of},
};
use crate::{
    fieldset::FieldSet,
    fused::{self, Apply, Fields, Plan, trie},
    managed_fields::{self, MAX_UPDATERS, Manager, strip},
    schema::Type,
    typed::{Comparison, Duplicates, valid::is_valid},
    updater::Filter,
    value::equal,
};

/// What became of a request.
pub(super) enum Attempt {
    Done(Result<Written, RequestError>),
    /// Nothing: here are the live object and the other one again.
    GivenUp(Option<Value>, Value),
}

pub(super) fn apply(
    engine: &Engine,
    live: Option<Value>,
    mut config: Value,
    options: &ApplyOptions,
) -> Attempt {
    let Some(mut live) = live else {
        return Attempt::GivenUp(None, config);
    };
    let Some((ty, list)) = operands(engine, &mut live, &config, options) else {
        return Attempt::GivenUp(Some(live), config);
    };
    let version = text(&live, "apiVersion").to_owned();
    let mut entries = match Entries::read(list, &version, &ty) {
        Ok(entries) => entries,
        Err(list) => return give_back(live, list, config),
    };
    let manager = Manager::applier(name_of(&options.manager), &*options.subresource);
    let own = entries.position(&manager);
    let Some(mut plan) = plan(engine, &ty, &live, &config, &entries, own, options) else {
        return give_back(live, entries.into_list(), config);
    };
    let taken = plan.taken();
    if !options.force && !taken.is_empty() {
        if options.policy != ConflictPolicy::default() {
            return give_back(live, entries.into_list(), config);
        }
        let conflicts = conflicts(&entries, own, &taken, &version, [&live, &config]);
        return Attempt::Done(Err(RequestError::Conflicts(conflicts)));
    }
    let first = match own {
        Some(_) => None,
        None => match fused::first(&ty, &config, true) {
            Ok(first) => Some(first),
            Err(_) => return give_back(live, entries.into_list(), config),
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
            entries.add(&manager, &version, None, Value::Object(first));
            Effect::ManagedFields
        }
        _ => Effect::Nothing,
    };
    if !taken.is_empty() {
        effect = Effect::ManagedFields;
    }
    if plan.is_change {
        effect = Effect::Object;
        if let Some(own) = entries.position(&manager) {
            entries.touch(own, options.time);
        }
        plan.change_object(&mut live, &mut config);
    }
    let (list, past) = entries.finish();
    put(&mut live, list);
    Attempt::Done(Ok(Written {
        object: live,
        effect,
        created: false,
        manager,
        history: History::written(Before::Changes(past)),
        yielded: Vec::new(),
    }))
}

/// The type of the objects, and the entries taken out of the live one, if this may be done in place.
fn operands(
    engine: &Engine,
    live: &mut Value,
    config: &Value,
    options: &ApplyOptions,
) -> Option<(Type, Value)> {
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
    if !plain {
        return None;
    }
    let ty = engine.kinds.ty(version, kind)?;
    Some((ty, managed_fields::take(live)?))
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

fn give_back(mut live: Value, list: Value, other: Value) -> Attempt {
    managed_fields::put(&mut live, list);
    Attempt::GivenUp(Some(live), other)
}

fn text<'a>(object: &'a Value, name: &str) -> &'a str {
    let text = object.get(name).and_then(Value::as_str);
    text.unwrap_or_default()
}

pub(super) fn update(
    engine: &Engine,
    live: Option<Value>,
    new: Value,
    options: &UpdateOptions,
) -> Attempt {
    let Some(live) = live else {
        return Attempt::GivenUp(None, new);
    };
    let Some(ty) = update_type(engine, &live, &new, options) else {
        return Attempt::GivenUp(Some(live), new);
    };
    let mut update = Update::new(live, new);
    match update.write(engine, &ty, options) {
        Some(written) => Attempt::Done(Ok(written)),
        None => update.give_up(),
    }
}

/// The type of the objects, if this may be done in place.
fn update_type(
    engine: &Engine,
    live: &Value,
    new: &Value,
    options: &UpdateOptions,
) -> Option<Type> {
    let (version, kind) = type_of(new).ok()?;
    let plain = !engine.step_by_step
        && !engine.reset
        && options
            .version
            .as_ref()
            .is_none_or(|wanted| wanted == version)
        && text(live, "apiVersion") == version
        && text(live, "kind") == kind;
    plain.then(|| engine.kinds.ty(version, kind)).flatten()
}

/// The objects of an update, and the entries that stood in them.
struct Update {
    live: Value,
    new: Value,
    live_list: Option<Value>,
    new_list: Option<Value>,
}

impl Update {
    fn new(mut live: Value, mut new: Value) -> Self {
        Self {
            live_list: managed_fields::take(&mut live),
            new_list: managed_fields::take(&mut new),
            live,
            new,
        }
    }

    fn give_up(mut self) -> Attempt {
        if let Some(list) = self.live_list {
            managed_fields::put(&mut self.live, list);
        }
        if let Some(list) = self.new_list {
            managed_fields::put(&mut self.new, list);
        }
        Attempt::GivenUp(Some(self.live), self.new)
    }

    fn write(&mut self, engine: &Engine, ty: &Type, options: &UpdateOptions) -> Option<Written> {
        let sent = options.subresource.is_empty();
        let same = self.live == self.new || equal(&self.live, &self.new);
        // Whether the entries differ in more than times is left to those who read them.
        if same && sent && self.live_list != self.new_list {
            return None;
        }
        let comparison = self.compare(engine, ty, options)?;
        let version = text(&self.new, "apiVersion").to_owned();
        let manager = Manager::updater(name_of(&options.manager), &*version, &*options.subresource);
        let list = if sent {
            &mut self.new_list
        } else {
            &mut self.live_list
        };
        let mut entries = match Entries::read(list.take()?, &version, ty) {
            Ok(entries) => entries,
            Err(unread) => {
                *list = Some(unread);
                return None;
            }
        };
        let own = entries.position(&manager);
        if entries.updaters() + usize::from(own.is_none()) > MAX_UPDATERS {
            *list = Some(entries.into_list());
            return None;
        }
        change_owners(&mut entries, own, &comparison, &manager, options);
        let (after, past) = entries.finish();
        let before = if sent {
            Before::List(self.live_list.take().unwrap_or_default())
        } else {
            Before::Changes(past)
        };
        let mut object = std::mem::take(&mut self.new);
        put(&mut object, after);
        Some(Written {
            object,
            effect: if same {
                Effect::Nothing
            } else {
                Effect::Object
            },
            created: false,
            manager,
            history: History::written(before),
            yielded: Vec::new(),
        })
    }

    /// What changes, if both objects are valid.
    fn compare(&self, engine: &Engine, ty: &Type, options: &UpdateOptions) -> Option<Comparison> {
        let is_valid = |value| is_valid(&ty.schema, ty.root, value, Duplicates::Allow);
        if !is_valid(&self.new) {
            return None;
        }
        if self.live == self.new {
            return Some(Comparison::default());
        }
        if !is_valid(&self.live) {
            return None;
        }
        let comparison = ty.compare(Some(&self.live), Some(&self.new)).ok()?;
        if comparison.is_same() {
            return Some(comparison);
        }
        let version = text(&self.new, "apiVersion");
        let filters = engine
            .kinds
            .filters(text(&self.new, "kind"), &options.subresource);
        // Of several filters of one version the last counts.
        let filter = filters.into_iter().rev().find(|(of, _)| of == version);
        let comparison = match filter {
            None => comparison,
            Some((_, Filter::Exclude(fields))) => comparison.without(&fields),
            Some((_, Filter::Include(patterns))) => comparison.matching(&patterns),
        };
        let sets = [&comparison.added, &comparison.modified, &comparison.removed];
        let plain = sets.into_iter().all(trie::is_plain);
        plain.then_some(comparison)
    }
}

/// Takes what changes from whoever owns it, and gives what is there to the manager.
fn change_owners(
    entries: &mut Entries,
    own: Option<usize>,
    comparison: &Comparison,
    manager: &Manager,
    options: &UpdateOptions,
) {
    if comparison.is_same() {
        return;
    }
    let changed = comparison.modified.union(&comparison.added);
    let touched = changed.union(&comparison.removed);
    for at in 0..entries.len() {
        if entries.owns_any(at, &touched) {
            entries.change(at, |owned| trie::subtract(owned, &touched));
        }
    }
    let current = strip(&changed);
    if current.is_empty() {
        return;
    }
    if let Some(own) = own {
        entries.change(own, |owned| trie::unite(owned, &current));
        entries.touch(own, options.time);
    } else {
        let version = manager.api_version().unwrap_or_default();
        entries.add(manager, version, options.time, current.to_value());
    }
}

/// Puts entries into an object; without any it has no list.
fn put(object: &mut Value, list: Value) {
    if list.as_array().is_some_and(|list| !list.is_empty()) {
        managed_fields::put(object, list);
    }
}
