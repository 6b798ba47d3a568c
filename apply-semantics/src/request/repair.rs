//! Ownership of objects that lost their entries.

use std::fmt;

use serde_json::Value;

use super::{
    BEFORE_FIRST_APPLY, Engine, RequestError, Stage,
    error::type_text,
    pure::Pure,
    update::{name_of, type_of},
};
use crate::{
    fieldset::FieldSet,
    managed_fields::{self, Entry, ManagedFields, Manager, Operation, Time, strip},
    typed::{Duplicates, Typed},
};

/// What a manager applied last, as far as that is known.
#[derive(Clone, PartialEq)]
pub struct Claim {
    manager: String,
    subresource: String,
    config: Value,
    time: Option<Time>,
}

impl Claim {
    /// That manager applied that configuration.
    pub fn new(manager: impl Into<String>, config: Value) -> Self {
        Self {
            manager: manager.into(),
            subresource: String::new(),
            config,
            time: None,
        }
    }

    /// The same, through a subresource.
    #[must_use]
    pub fn subresource(self, subresource: impl Into<String>) -> Self {
        let subresource = subresource.into();
        Self {
            subresource,
            ..self
        }
    }

    /// The same, at that time.
    #[must_use]
    pub fn at(self, time: Time) -> Self {
        let time = Some(time);
        Self { time, ..self }
    }
}

/// Without the configuration, which may be secret.
impl fmt::Debug for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claim")
            .field("manager", &self.manager)
            .field("subresource", &self.subresource)
            .field("time", &self.time)
            .finish_non_exhaustive()
    }
}

/// An object whose entries were rebuilt.
#[derive(Clone, PartialEq)]
pub struct Repaired {
    object: Value,
    entries: ManagedFields,
    claims: Vec<Settled>,
    unowned: FieldSet,
}

/// What came of a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Settled {
    /// Who claimed.
    pub manager: Manager,
    /// What it owns now.
    pub owned: FieldSet,
    /// What it claimed and does not get: the object has something else there, or nothing.
    pub changed_since: FieldSet,
}

impl Repaired {
    /// The object with its entries.
    pub fn object(&self) -> &Value {
        &self.object
    }

    /// The object, by itself.
    pub fn into_object(self) -> Value {
        self.object
    }

    /// Who manages what now.
    pub fn managed_fields(&self) -> &ManagedFields {
        &self.entries
    }

    /// What came of each claim, in their order.
    pub fn claims(&self) -> &[Settled] {
        &self.claims
    }

    /// The fields of the object that nobody owns.
    pub fn unowned(&self) -> &FieldSet {
        &self.unowned
    }
}

/// Without the object, which may be secret.
impl fmt::Debug for Repaired {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Repaired")
            .field("managed_fields", &self.entries)
            .field("claims", &self.claims)
            .field("unowned", &self.unowned)
            .finish_non_exhaustive()
    }
}

pub(super) fn repair(
    engine: &Engine,
    mut live: Value,
    claims: Vec<Claim>,
) -> Result<Repaired, RequestError> {
    let mut entries = ManagedFields::decode(&live).map_err(RequestError::ManagedFields)?;
    managed_fields::take(&mut live);
    let (version, kind) = type_of(&live)?;
    let (version, kind) = (version.to_owned(), kind.to_owned());
    let pure = Pure::new(engine, &kind, &version, "");
    let live = pure.in_version(Stage::Live, live);
    let typed = live.checked(Stage::Live, Duplicates::Allow)?;

    let mut settled = Vec::with_capacity(claims.len());
    for claim in claims {
        let Claim {
            manager,
            subresource,
            config,
            time,
        } = claim;
        if type_of(&config)? != (&*version, &*kind) {
            let (version, kind) = type_of(&config)?;
            let found = type_text(version, kind);
            return Err(RequestError::WrongType { found });
        }
        let config = pure.in_version(Stage::Config, config);
        let config = config.checked(Stage::Config, Duplicates::Forbid)?;
        let filter = engine.kinds().filter_of(&version, &kind, &subresource);
        let claimed = strip(&fields_of(config)?);
        let claimed = filter.map_or(claimed.clone(), |filter| filter.apply(&claimed));
        let owned = still_so(&claimed, config, typed)?;
        let manager = Manager::applier(name_of(&manager), subresource);
        take_over(&mut entries, &manager, &version, &owned, time);
        settled.push(Settled {
            changed_since: claimed.difference(&owned),
            manager,
            owned,
        });
    }
    let all = strip(&fields_of(typed)?);
    let unowned = entries
        .iter()
        .fold(all, |left, entry| left.difference(entry.fields()));
    let mut object = live.into_original();
    entries.write(&mut object);
    Ok(Repaired {
        object,
        entries,
        claims: settled,
        unowned,
    })
}

fn fields_of(typed: &Typed) -> Result<FieldSet, RequestError> {
    let fields = typed.field_set();
    fields.map_err(|errors| RequestError::Ownership(errors.into()))
}

/// The fields of a configuration that the live object has as they are claimed.
fn still_so(claimed: &FieldSet, config: &Typed, live: &Typed) -> Result<FieldSet, RequestError> {
    let changes = config
        .compare(live)
        .map_err(|errors| RequestError::Ownership(errors.into()))?;
    Ok(claimed
        .difference(&changes.modified)
        .difference(&changes.removed))
}

/// Adds fields to the entry of a manager, and takes them from the one that was made up.
fn take_over(
    entries: &mut ManagedFields,
    manager: &Manager,
    version: &str,
    fields: &FieldSet,
    time: Option<Time>,
) {
    let before = entries.get(manager);
    let time = time.or_else(|| before.and_then(Entry::time));
    let fields = before.map_or_else(|| fields.clone(), |entry| entry.fields().union(fields));
    let made_up: Vec<Entry> = entries
        .iter()
        .filter(|entry| entry.name() == BEFORE_FIRST_APPLY)
        .cloned()
        .collect();
    for entry in made_up {
        entries.remove(&entry.manager());
        let left = entry.fields().difference(&fields);
        if !left.is_empty() {
            entries.insert(entry.with_fields(left));
        }
    }
    if !fields.is_empty() {
        let entry = Entry::new(manager.name(), Operation::Apply, version, fields);
        entries.insert(entry.at(time).on(manager.subresource()));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::request::{ApplyOptions, Effect, Kinds};

    fn web(spec: &Value) -> Value {
        json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": spec})
    }

    #[test]
    fn lost_entries_are_rebuilt() {
        let engine = Engine::new(Kinds::builtin());
        let apply = |live, manager, config| {
            let options = ApplyOptions::new(manager).at(Time::from_unix_seconds(0));
            engine.apply(live, config, &options).unwrap()
        };
        let configs = [
            web(&json!({"replicas": 1, "paused": true})),
            web(&json!({"minReadySeconds": 5})),
        ];
        let live = apply(None, "a", configs[0].clone()).into_object();
        let live = apply(Some(live), "b", configs[1].clone()).into_object();
        let mut wiped = live.clone();
        managed_fields::take(&mut wiped);

        let [a, b] = configs.clone();
        let at = Time::from_unix_seconds(0);
        let claims = vec![Claim::new("a", a).at(at), Claim::new("b", b).at(at)];
        let repaired = engine.repair(wiped, claims).unwrap();
        assert_eq!(repaired.object(), &live);
        assert!(repaired.unowned().is_empty());
        let again = apply(Some(repaired.into_object()), "a", configs[0].clone());
        assert_eq!(again.effect(), Effect::Nothing);
    }

    #[test]
    fn what_has_changed_since_is_not_owned() {
        let engine = Engine::new(Kinds::builtin());
        let live = web(&json!({"replicas": 5, "paused": true, "minReadySeconds": 5}));
        let claim = Claim::new(
            "a",
            web(&json!({"replicas": 1, "paused": true, "revisionHistoryLimit": 3})),
        );
        let repaired = engine.repair(live, vec![claim]).unwrap();
        let [settled] = repaired.claims() else {
            panic!("one claim")
        };
        assert_eq!(settled.owned.to_string(), r#"{"f:spec":{"f:paused":{}}}"#);
        assert_eq!(
            settled.changed_since.to_string(),
            r#"{"f:spec":{"f:replicas":{},"f:revisionHistoryLimit":{}}}"#
        );
        assert_eq!(
            repaired.unowned().to_string(),
            r#"{"f:spec":{"f:minReadySeconds":{},"f:replicas":{}}}"#
        );
    }

    #[test]
    fn the_made_up_manager_gives_way() {
        let engine = Engine::new(Kinds::builtin());
        let mut live = web(&json!({"replicas": 1, "paused": true}));
        let before = Entry::new(
            BEFORE_FIRST_APPLY,
            Operation::Update,
            "apps/v1",
            r#"{"f:spec":{"f:paused":{},"f:replicas":{}}}"#.parse().unwrap(),
        );
        let entries: ManagedFields = [before].into_iter().collect();
        entries.write(&mut live);
        let claim = Claim::new("a", web(&json!({"paused": true})));
        let repaired = engine.repair(live, vec![claim]).unwrap();
        let fields: Vec<_> = repaired
            .managed_fields()
            .iter()
            .map(|entry| entry.fields().to_string())
            .collect();
        assert_eq!(
            fields,
            [
                r#"{"f:spec":{"f:paused":{}}}"#,
                r#"{"f:spec":{"f:replicas":{}}}"#
            ]
        );
    }
}
