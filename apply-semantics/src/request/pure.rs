//! The one place where the engine below is called.

use serde_json::{Value, json};

use super::{Engine, RequestError, Stage, convert::Versions, error::object_text, reset};
use crate::{
    typed::{Duplicates, Typed},
    updater::{Applied, Change, Managers, UpdateError, Updater},
};

/// A write as the engine below takes it: objects without `managedFields`, in one version, and managers by identifier.
pub(super) struct Pure<'a> {
    engine: &'a Engine,
    kind: String,
    version: String,
    subresource: &'a str,
}

/// An apply that was refused, with the configuration given back if there are conflicts.
pub(super) struct Refused {
    pub(super) error: UpdateError,
    pub(super) config: Option<Typed>,
}

impl<'a> Pure<'a> {
    pub(super) fn new(engine: &'a Engine, kind: &str, version: &str, subresource: &'a str) -> Self {
        Self {
            engine,
            kind: kind.to_owned(),
            version: version.to_owned(),
            subresource,
        }
    }

    pub(super) fn version(&self) -> &str {
        &self.version
    }

    pub(super) fn versions(&self) -> Versions<'_> {
        Versions {
            kinds: &self.engine.kinds,
            converter: &*self.engine.converter,
            kind: &self.kind,
        }
    }

    /// An object of the request's version, not looked at yet.
    pub(super) fn typed(&self, object: Value) -> Result<Typed, RequestError> {
        match self.engine.kinds.ty(&self.version, &self.kind) {
            Some(ty) => Ok(Typed::unchecked(ty, Some(object))),
            None => Err(RequestError::UnknownKind {
                api_version: self.version.clone(),
                kind: self.kind.clone(),
            }),
        }
    }

    /// An object without anything in it, in the request's version.
    pub(super) fn blank(&self) -> Versioned {
        let blank = self.engine.kinds.blank(&self.version, &self.kind);
        Versioned::new(self.typed(blank))
    }

    /// What an object is made from: its version and kind.
    pub(super) fn nothing(&self) -> Versioned {
        Versioned::new(self.typed(json!({"apiVersion": self.version, "kind": self.kind})))
    }

    /// An object in the request's version.
    pub(super) fn in_version(&self, stage: Stage, object: Value) -> Versioned {
        let from = object.get("apiVersion").and_then(Value::as_str);
        if from.is_none_or(|from| from == self.version) {
            return Versioned::new(self.typed(object));
        }
        let from = from.unwrap_or_default().to_owned();
        let converted = self.versions().value(object.clone(), &from, &self.version);
        let typed = converted
            .map_err(|error| RequestError::Convert {
                stage,
                object: object_text(&object),
                error,
            })
            .and_then(|object| self.typed(object));
        Versioned {
            typed,
            original: Some(object),
        }
    }

    /// Applies; without an object if the live one stays as it is.
    pub(super) fn apply(
        &self,
        live: &Typed,
        config: Typed,
        managers: &Managers,
        manager: &str,
        force: bool,
    ) -> Result<Applied, Refused> {
        let mut change = Change::new(manager, &*self.version);
        change.force = force;
        let kept = (!force).then(|| config.clone());
        let applied = self.updater().apply(live, config, managers, &change);
        applied.map_err(|error| {
            let conflicts = matches!(error, UpdateError::Conflicts(_));
            let config = kept.filter(|_| conflicts);
            Refused { error, config }
        })
    }

    /// Updates; answers who owns what then.
    pub(super) fn update(
        &self,
        live: &Typed,
        new: &Typed,
        managers: &Managers,
        manager: &str,
    ) -> Result<Managers, UpdateError> {
        let change = Change::new(manager, &*self.version);
        self.updater().update(live, new, managers, &change)
    }

    /// Gives what this request cannot write its live values back, if the engine does that. Answers whether it does.
    pub(super) fn reset(&self, live: Option<&Value>, new: &mut Value) -> bool {
        if !self.engine.reset {
            return false;
        }
        let version = new
            .get("apiVersion")
            .and_then(Value::as_str)
            .unwrap_or(&self.version)
            .to_owned();
        let kinds = &self.engine.kinds;
        if let Some(filter) = kinds.filter_of(&version, &self.kind, self.subresource) {
            reset::restore(&filter, live, new);
        }
        true
    }

    fn updater(&self) -> Updater<Versions<'_>> {
        let updater = Updater::new(self.versions()).empty_containers(self.engine.empty);
        let filters = self.engine.kinds.filters(&self.kind, self.subresource);
        filters
            .into_iter()
            .fold(updater, |updater, (version, filter)| {
                updater.filter(version, filter)
            })
    }
}

/// An object in the version of a request, and as it was.
pub(super) struct Versioned {
    typed: Result<Typed, RequestError>,
    /// If it is another than the typed one.
    original: Option<Value>,
}

impl Versioned {
    fn new(typed: Result<Typed, RequestError>) -> Self {
        Self {
            typed,
            original: None,
        }
    }

    /// The object in the version of the request, which is valid.
    pub(super) fn checked(
        &self,
        stage: Stage,
        duplicates: Duplicates,
    ) -> Result<&Typed, RequestError> {
        let typed = self.typed.as_ref().map_err(Clone::clone)?;
        typed
            .check(duplicates)
            .map_err(|errors| RequestError::Invalid {
                stage,
                object: object_text(typed.value().unwrap_or(&Value::Null)),
                errors,
            })?;
        Ok(typed)
    }

    /// The object in the version of the request.
    pub(super) fn into_typed(self) -> Result<Typed, RequestError> {
        self.typed
    }

    /// The object as it was.
    pub(super) fn into_original(self) -> Value {
        let typed = || self.typed.ok().and_then(Typed::into_value);
        self.original.or_else(typed).unwrap_or_default()
    }
}
