//! Server-side apply.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    ApplyOptions, BEFORE_FIRST_APPLY, Conflict, Conflicts, Effect, Engine, RequestError,
    Resolution, Stage, Written,
    error::{object_text, type_text},
    history::History,
    last_applied::{self, KUBECTL},
    lookup,
    pure::{Pure, Refused, Versioned},
    report::is_equal_but_for_entries,
    tracked::Tracked,
    update::{name_of, tracked_update, type_of},
};
use crate::{
    fieldset::FieldSet,
    managed_fields::{self, ManagedFields, Manager},
    path::{Path, PathElement},
    typed::{Duplicates, Typed},
    updater::{self, UpdateError},
};

pub(super) fn apply(
    engine: &Engine,
    live: Option<Value>,
    config: Value,
    options: &ApplyOptions,
) -> Result<Written, RequestError> {
    let request = Apply::new(engine, live, &config, options)?;
    let annotation = request.annotation(&config);
    let config = request.config(config)?;
    let resolved = request.resolve(config, OnConflicts::Fail)?;
    request.finish(resolved.merged, resolved.yielded, annotation)
}

/// What to do about conflicts that the policy leaves.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum OnConflicts {
    Fail,
    /// Go on as if it were forced.
    Note,
}

/// An apply to a live object.
pub(super) struct Apply<'a> {
    pure: Pure<'a>,
    options: &'a ApplyOptions,
    manager: Manager,
    live: Versioned,
    created: bool,
    /// The entries of the live object.
    before: ManagedFields,
    /// Those with what was there before the first apply.
    entries: ManagedFields,
}

/// What the engine below made of an apply.
pub(super) struct Merged {
    /// `None` if the live object stays as it is.
    object: Option<Typed>,
    entries: ManagedFields,
}

impl Merged {
    pub(super) fn object(&self) -> Option<&Typed> {
        self.object.as_ref()
    }
}

pub(super) struct Resolved {
    pub(super) merged: Merged,
    pub(super) conflicts: Conflicts,
    pub(super) yielded: Vec<Path>,
}

/// A conflict as the engine below has it: an identifier of a manager and a field.
type Found = (String, Path);

impl<'a> Apply<'a> {
    pub(super) fn new(
        engine: &'a Engine,
        live: Option<Value>,
        config: &Value,
        options: &'a ApplyOptions,
    ) -> Result<Self, RequestError> {
        let (version, kind) = type_of(config).map_err(|error| untyped(config, error))?;
        let wanted = options.version.as_deref().unwrap_or(version);
        let live_kind = live.as_ref().and_then(|live| live.get("kind")?.as_str());
        if wanted != version || live_kind.is_some_and(|live| live != kind) {
            let found = type_text(version, kind);
            return Err(RequestError::WrongType { found });
        }
        if managed_fields::of(config).is_some_and(|entries| !entries.is_null()) {
            return Err(RequestError::ManagedFieldsInConfig);
        }
        let pure = Pure::new(engine, kind, version, &options.subresource);
        let before = live
            .as_ref()
            .map_or(Ok(ManagedFields::new()), ManagedFields::decode)
            .map_err(RequestError::ManagedFields)?;
        let created = live.is_none();
        let live = match live {
            Some(mut live) => {
                managed_fields::take(&mut live);
                pure.in_version(Stage::LiveOfApply, live)
            }
            None => pure.nothing(),
        };
        let mut request = Self {
            manager: Manager::applier(name_of(&options.manager), &*options.subresource),
            entries: before.clone(),
            pure,
            options,
            live,
            created,
            before,
        };
        if request.entries.is_empty() && !created {
            request.entries = request.before_first_apply()?;
        }
        request.live()?;
        Ok(request)
    }

    /// The configuration, which is valid.
    pub(super) fn config(&self, config: Value) -> Result<Typed, RequestError> {
        let config = self.pure.in_version(Stage::Config, config);
        config.checked(Stage::Config, Duplicates::Forbid)?;
        config.into_typed()
    }

    /// The text of the annotation of kubectl, if this is kubectl.
    pub(super) fn annotation(&self, config: &Value) -> Option<String> {
        (self.options.manager == KUBECTL).then(|| last_applied::text(config))
    }

    /// The live object in the version of the request.
    pub(super) fn live(&self) -> Result<&Typed, RequestError> {
        self.live.checked(Stage::LiveOfApply, Duplicates::Allow)
    }

    /// Who owns what is there already.
    fn before_first_apply(&self) -> Result<ManagedFields, RequestError> {
        let manager = Manager::updater(
            BEFORE_FIRST_APPLY,
            self.pure.version(),
            &*self.options.subresource,
        );
        let entries = || {
            let new = self.live.checked(Stage::New, Duplicates::Allow)?;
            let blank = self.pure.blank();
            let blank = blank.checked(Stage::Live, Duplicates::Allow)?;
            let none = ManagedFields::new();
            tracked_update(&self.pure, blank, new, &none, &manager, self.options.time)
                .map_err(RequestError::Ownership)
        };
        entries().map_err(|error| RequestError::BeforeFirstApply(Box::new(error)))
    }

    /// Applies, with conflicts resolved as the policy says.
    pub(super) fn resolve(
        &self,
        mut config: Typed,
        on_conflicts: OnConflicts,
    ) -> Result<Resolved, RequestError> {
        let mut yielded = Vec::new();
        let mut conflicts = Conflicts::default();
        if self.options.policy.can_yield() {
            config = self.yield_owned(config, &mut yielded)?;
        }
        let mut force = self.options.force;
        loop {
            let refused = match self.attempt(config, force)? {
                Ok(merged) => {
                    return Ok(Resolved {
                        merged,
                        conflicts,
                        yielded,
                    });
                }
                Err(refused) => refused,
            };
            config = refused.config;
            let found = self.without_last_applied(refused.found)?;
            let (yields, failing) = self.by_policy(&config, found);
            if !failing.is_empty() {
                conflicts = self.conflicts(failing, &config)?;
                if on_conflicts == OnConflicts::Fail {
                    return Err(RequestError::Conflicts(conflicts));
                }
            }
            // Without anything to leave to others, all that is left is to be taken.
            force = yields.is_empty();
            config = without(config, yields, &mut yielded);
        }
    }

    /// Applies; or answers the conflicts, with the configuration.
    fn attempt(
        &self,
        config: Typed,
        force: bool,
    ) -> Result<Result<Merged, Conflicting>, RequestError> {
        let identifier = self.manager.identifier();
        let mut tracked = Tracked::new(&self.entries);
        let applied = self
            .pure
            .apply(self.live()?, config, &tracked.managers, &identifier, force);
        let applied = match applied {
            Ok(applied) => applied,
            Err(refused) => return Conflicting::from(refused).map(Err),
        };
        tracked.managers = applied.managers;
        tracked.introduce(self.manager.clone());
        tracked.strip(&identifier);
        if applied.object.is_some() {
            tracked.touch(&identifier, self.options.time);
        }
        Ok(Ok(Merged {
            object: applied.object,
            entries: tracked.into_entries(),
        }))
    }

    /// The conflicts without those over fields that kubectl applied on the client's side.
    fn without_last_applied(&self, found: Vec<Found>) -> Result<Vec<Found>, RequestError> {
        if self.options.manager != KUBECTL {
            return Ok(found);
        }
        let own = last_applied::own_fields(self.live()?, self.pure.version());
        let own = own.unwrap_or_default();
        Ok(found
            .into_iter()
            .filter(|(_, path)| !own.contains(path))
            .collect())
    }

    /// The fields that are left to others, and the conflicts that make the request fail.
    fn by_policy(&self, config: &Typed, found: Vec<Found>) -> (Vec<Path>, Vec<Found>) {
        let (mut yields, mut failing) = (Vec::new(), Vec::new());
        for (identifier, path) in found {
            match self.options.policy.resolution(&path) {
                Resolution::Take => {}
                Resolution::Yield | Resolution::AdoptEqual if can_leave(config, &path) => {
                    yields.push(path);
                }
                _ => failing.push((identifier, path)),
            }
        }
        (yields, failing)
    }

    /// The configuration without what others own already and the policy leaves to them, whatever its value.
    fn yield_owned(&self, config: Typed, yielded: &mut Vec<Path>) -> Result<Typed, RequestError> {
        let others = self.entries.iter().filter(|entry| {
            entry.manager() != self.manager && entry.api_version() == self.pure.version()
        });
        let owned = others.fold(FieldSet::new(), |owned, entry| owned.union(entry.fields()));
        let fields = config
            .field_set()
            .map_err(|errors| RequestError::Ownership(errors.into()))?;
        let shared = fields.intersection(&owned);
        let yields = shared.paths().filter(|path| {
            self.options.policy.resolution(path) == Resolution::Yield && can_leave(&config, path)
        });
        let yields = yields.collect();
        Ok(without(config, yields, yielded))
    }

    /// Conflicts with all that is known about them.
    fn conflicts(&self, found: Vec<Found>, config: &Typed) -> Result<Conflicts, RequestError> {
        let tracked = Tracked::new(&self.entries);
        let mut views: BTreeMap<String, [Option<Value>; 2]> = BTreeMap::new();
        let mut conflicts = Vec::with_capacity(found.len());
        for (identifier, path) in found {
            let known = tracked
                .known(&identifier)
                .zip(tracked.managers.get(&identifier));
            let Some(((manager, since), managed)) = known else {
                continue;
            };
            let version = &managed.version;
            if !views.contains_key(version) {
                let view = |typed: &Typed| self.view(typed, version);
                views.insert(version.clone(), [view(self.live()?), view(config)]);
            }
            let [live, wanted] = views.get(version).map_or([None, None], |views| {
                views
                    .each_ref()
                    .map(|view| lookup::find(view.as_ref()?, &path).cloned())
            });
            conflicts.push(Conflict {
                path,
                manager: manager.clone(),
                api_version: version.clone(),
                since,
                live,
                wanted,
            });
        }
        Ok(Conflicts(conflicts))
    }

    /// An object in another version, if it can be had.
    fn view(&self, typed: &Typed, version: &str) -> Option<Value> {
        let value = typed.value()?.clone();
        let converted = self
            .pure
            .versions()
            .value(value, self.pure.version(), version);
        converted.ok()
    }

    /// Puts everything into the object.
    pub(super) fn finish(
        self,
        merged: Merged,
        yielded: Vec<Path>,
        annotation: Option<String>,
    ) -> Result<Written, RequestError> {
        let Self {
            pure,
            live,
            created,
            before,
            manager,
            ..
        } = self;
        let Merged {
            object,
            mut entries,
        } = merged;
        let mut same = object.is_none() && !created;
        let mut object = match object {
            Some(new) => {
                let live = live.into_original();
                let new = new.into_value().unwrap_or_default();
                let mut new = in_version_of(&pure, new, &live)?;
                let was_reset = pure.reset((!created).then_some(&live), &mut new);
                // It may be that the configuration says only what it cannot, or that it manages nothing.
                let may_be_same = was_reset || managed_fields::of(&new).is_some();
                same = !created && may_be_same && is_equal_but_for_entries(&live, &new);
                new
            }
            None => live.into_original(),
        };
        if same && before.is_same_but_for_times(&entries) {
            entries.clone_from(&before);
        }
        let mut effect = match same {
            false => Effect::Object,
            true if before == entries => Effect::Nothing,
            true => Effect::ManagedFields,
        };
        if let Some(text) = annotation
            && last_applied::refresh(&mut object, &text)
        {
            effect = Effect::Object;
        }
        entries.write(&mut object);
        Ok(Written {
            object,
            effect,
            created,
            manager,
            history: History::read(before, entries),
            yielded,
        })
    }
}

/// The new object in the version of the live one.
fn in_version_of(pure: &Pure<'_>, new: Value, live: &Value) -> Result<Value, RequestError> {
    let version = live.get("apiVersion").and_then(Value::as_str);
    let version = version.unwrap_or(pure.version());
    let text = object_text(&new);
    pure.versions()
        .value(new, pure.version(), version)
        .map_err(|error| RequestError::Convert {
            stage: Stage::New,
            object: text,
            error,
        })
}

/// What the server says of an object that lacks its version or kind.
fn untyped(config: &Value, error: RequestError) -> RequestError {
    let text = |name| config.get(name).and_then(Value::as_str).unwrap_or_default();
    if !config.is_object() {
        return error;
    }
    RequestError::WrongType {
        found: type_text(text("apiVersion"), text("kind")),
    }
}

/// Whether a field can be left out of a configuration: it is there, and no key of a list element.
fn can_leave(config: &Typed, path: &[PathElement]) -> bool {
    let is_key = match path {
        [.., PathElement::Key(keys), PathElement::Field(name)] => {
            keys.iter().any(|(key, _)| key == &**name)
        }
        _ => false,
    };
    let config = config.value();
    !is_key && config.is_some_and(|config| lookup::find(config, path).is_some())
}

/// The configuration without some fields.
fn without(config: Typed, fields: Vec<Path>, yielded: &mut Vec<Path>) -> Typed {
    if fields.is_empty() {
        return config;
    }
    let ty = config.ty().clone();
    let mut value = config.into_value();
    for path in fields {
        if value
            .as_mut()
            .is_some_and(|value| lookup::remove(value, &path))
        {
            yielded.push(path);
        }
    }
    Typed::unchecked(ty, value)
}

/// An apply that conflicts.
struct Conflicting {
    found: Vec<Found>,
    config: Typed,
}

impl Conflicting {
    fn from(refused: Refused) -> Result<Self, RequestError> {
        match (refused.error, refused.config) {
            (UpdateError::Conflicts(conflicts), Some(config)) => Ok(Self {
                found: found(&conflicts),
                config,
            }),
            (error, _) => Err(RequestError::Ownership(error)),
        }
    }
}

fn found(conflicts: &updater::Conflicts) -> Vec<Found> {
    conflicts
        .iter()
        .map(|conflict| (conflict.manager.to_owned(), conflict.path))
        .collect()
}
