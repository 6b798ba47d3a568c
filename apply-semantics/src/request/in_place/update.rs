//! Updates.

use serde_json::Value;

use super::{Attempt, change_owners, compare, put, text};
use crate::{
    managed_fields::{self, MAX_UPDATERS, Manager},
    request::{
        Effect, Engine, UpdateOptions, Written,
        entries::Entries,
        history::{Before, History},
        update::{has_uid, name_of, type_of},
    },
    schema::Type,
    value::equal,
};

pub(in crate::request) fn update(
    engine: &Engine,
    live: Option<Value>,
    new: Value,
    options: &UpdateOptions,
) -> Attempt {
    if let Some(live) = live {
        return update_to(engine, live, new, options, false);
    }
    let blank = engine
        .kinds
        .blank(text(&new, "apiVersion"), text(&new, "kind"));
    update_to(engine, blank, new, options, true).without_live()
}

/// Updates an object, or one that has nothing in it because it is to be created.
fn update_to(
    engine: &Engine,
    live: Value,
    new: Value,
    options: &UpdateOptions,
    created: bool,
) -> Attempt {
    let Some(ty) = update_type(engine, &live, &new, options) else {
        return Attempt::GivenUp(Some(live), new);
    };
    let mut update = Update::new(live, new, created);
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
    created: bool,
}

impl Update {
    fn new(mut live: Value, mut new: Value, created: bool) -> Self {
        Self {
            live_list: managed_fields::take(&mut live),
            new_list: managed_fields::take(&mut new),
            live,
            new,
            created,
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
        // An update without entries goes by those of the live object.
        let sent = options.subresource.is_empty() && self.new_list.is_some();
        let same = self.live == self.new || equal(&self.live, &self.new);
        // Whether the entries differ in more than times is left to those who read them.
        if same && sent && self.live_list != self.new_list {
            return None;
        }
        let objects = [&self.live, &self.new];
        let comparison = compare(engine, ty, objects, &options.subresource)?;
        let version = text(&self.new, "apiVersion").to_owned();
        let manager = Manager::updater(name_of(&options.manager), &*version, &*options.subresource);
        let list = if sent {
            &mut self.new_list
        } else {
            &mut self.live_list
        };
        let entries = match list.take() {
            Some(list) => Entries::read(list, &version, ty),
            // Nobody has been tracked so far, and nobody is from now on.
            None if !self.created && has_uid(&self.live) => return None,
            None => Ok(Entries::none()),
        };
        let mut entries = match entries {
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
        change_owners(&mut entries, own, &comparison, &manager, options.time);
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
            effect: if same && !self.created {
                Effect::Nothing
            } else {
                Effect::Object
            },
            created: self.created,
            manager,
            history: History::written(before),
            yielded: Vec::new(),
        })
    }
}
