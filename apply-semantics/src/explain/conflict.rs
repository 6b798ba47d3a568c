//! Who would object.

use std::fmt;

use serde_json::{Map, Value, json};

use super::{Explanation, View, owned::Owned, secret::is_hidden, walk};
use crate::{
    managed_fields::{Entry, Manager, Operation, strip, take},
    path::{self, Path, PathElement},
    request::BEFORE_FIRST_APPLY,
    typed::{Duplicates, Typed},
    types::builtin,
    updater::{Change, Managed, Managers, SameVersion, UpdateError, Updater},
};

/// A field that an apply would change, and that somebody else owns.
#[derive(Clone, PartialEq)]
pub struct Conflict {
    path: Path,
    owner: Entry,
    owner_text: String,
    live: Option<Value>,
    wanted: Option<Value>,
}

impl Conflict {
    /// The field.
    pub fn path(&self) -> &[PathElement] {
        &self.path
    }

    /// The owner.
    pub fn owner(&self) -> &Entry {
        &self.owner
    }

    /// What stands there now; nothing if nothing does, or if it is secret.
    pub fn live(&self) -> Option<&Value> {
        self.live.as_ref()
    }

    /// What would stand there; nothing if it is secret.
    pub fn wanted(&self) -> Option<&Value> {
        self.wanted.as_ref()
    }
}

/// The values may be long, so only the path and the owner are shown.
impl fmt::Debug for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Conflict({}, {})",
            path::display(&self.path),
            self.owner.manager()
        )
    }
}

/// The path, the owner, and both values.
impl fmt::Display for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: owned by {}",
            path::display(&self.path),
            self.owner_text
        )?;
        if let Some(live) = &self.live {
            write!(f, ", is {live}")?;
        }
        if let Some(wanted) = &self.wanted {
            write!(f, ", would be {wanted}")?;
        }
        Ok(())
    }
}

impl Explanation<'_> {
    /// Who would object if a manager applied a configuration without force: each field that would change and that others own, by
    /// owner and path. `subresource` is the one through which the manager applies, empty for the object itself.
    ///
    /// An object without entries counts as managed by [`BEFORE_FIRST_APPLY`], as it will be. A status that has a subresource of its
    /// own is not looked at through others.
    ///
    /// Fields are compared by the names of the object's version. What the manager itself owns by other operations than apply
    /// counts as that of others, as it does for a server.
    ///
    /// # Errors
    /// The configuration is not valid for the type.
    pub fn conflicts(
        &self,
        manager: &str,
        subresource: &str,
        config: &Value,
    ) -> Result<Vec<Conflict>, UpdateError> {
        let me = Manager::applier(manager, subresource);
        let managers = self.managers(|_| true);
        self.conflicts_with(&me, config, managers)
    }

    /// The same for one field and its value: what the manager applies already does not matter. The path is one of the object, or
    /// one that is not there yet.
    ///
    /// # Errors
    /// The value is not valid for the type.
    pub fn conflicts_at(
        &self,
        manager: &str,
        subresource: &str,
        path: &[PathElement],
        value: &Value,
    ) -> Result<Vec<Conflict>, UpdateError> {
        let me = Manager::applier(manager, subresource);
        let config = configuration(Some(self.object), path, value);
        let managers = self.managers(|entry| entry.manager() != me);
        self.conflicts_with(&me, &config, managers)
    }

    fn managers(&self, keep: impl Fn(&Entry) -> bool) -> Vec<Entry> {
        let kept = self.entries.iter().filter(|entry| keep(entry));
        kept.cloned().collect()
    }

    fn conflicts_with(
        &self,
        me: &Manager,
        config: &Value,
        mut entries: Vec<Entry>,
    ) -> Result<Vec<Conflict>, UpdateError> {
        let version = self.object.get("apiVersion").and_then(Value::as_str);
        let change = Change::new(me.identifier(), version.unwrap_or_default());
        let config = self.admitted(config, me.subresource());
        let wanted = Typed::new(self.ty.clone(), config.clone(), Duplicates::Forbid)?;
        let live = Typed::unchecked(self.ty.clone(), Some(without_entries(self.object)));
        let updater = Updater::new(SameVersion);
        if self.entries.is_empty() {
            entries.extend(self.before_first_apply(&updater, &live)?);
        }
        let managers: Managers = entries.iter().map(managed).collect();
        let conflicts = match updater.apply(&live, wanted, &managers, &change) {
            Ok(_) => return Ok(Vec::new()),
            Err(UpdateError::Conflicts(conflicts)) => conflicts,
            Err(error) => return Err(error),
        };
        let config = Explanation {
            object: &config,
            ty: self.ty.clone(),
            entries: Vec::new(),
            nodes: walk::walk(&self.ty, &config, &Owned::default()),
            absent: Vec::new(),
            secret: self.secret,
        };
        let found = conflicts.iter().filter_map(|conflict| {
            let owner = |entry: &&Entry| entry.manager().identifier() == conflict.manager;
            let owner = entries.iter().find(owner)?;
            Some(self.conflict(&config, owner, conflict.path))
        });
        Ok(found.collect())
    }

    /// What a server gives all fields to when an object without entries is applied for the first time.
    fn before_first_apply(
        &self,
        updater: &Updater<SameVersion>,
        live: &Typed,
    ) -> Result<Option<Entry>, UpdateError> {
        let version = self.object.get("apiVersion").and_then(Value::as_str);
        let version = version.unwrap_or_default();
        let nothing = Typed::unchecked(self.ty.clone(), None);
        let change = Change::new(BEFORE_FIRST_APPLY, version);
        let mut managers = updater.update(&nothing, live, &Managers::new(), &change)?;
        let fields = managers
            .remove(BEFORE_FIRST_APPLY)
            .map(|managed| strip(&managed.fields));
        Ok(fields.map(|fields| Entry::new(BEFORE_FIRST_APPLY, Operation::Update, version, fields)))
    }

    /// What a server takes of a configuration: where the status has a subresource of its own it is applied through that alone.
    fn admitted(&self, config: &Value, subresource: &str) -> Value {
        let mut config = without_entries(config);
        let leave_out = match subresource {
            "" => "status",
            "status" => "spec",
            _ => return config,
        };
        if let Value::Object(config) = &mut config
            && self.has_status()
        {
            config.remove(leave_out);
        }
        config
    }

    /// Whether the status has a subresource of its own: among the built-in kinds it has one wherever there is a status, and for
    /// others only entries can show it.
    fn has_status(&self) -> bool {
        let text = |name| {
            self.object
                .get(name)
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        match builtin().kind(text("apiVersion"), text("kind")) {
            Some(kind) => kind.field("status").is_some(),
            None => self
                .entries
                .iter()
                .any(|entry| entry.subresource() == "status"),
        }
    }

    fn conflict(&self, config: &Explanation<'_>, owner: &Entry, path: Path) -> Conflict {
        let value = |explanation: &Explanation<'_>| {
            let value = explanation.at(&path)?.value().clone();
            let hidden = self.secret && is_hidden(&path, &value);
            (!hidden).then_some(value)
        };
        Conflict {
            live: value(self),
            wanted: value(config),
            owner: owner.clone(),
            owner_text: self.owner_text(owner, View::new()),
            path,
        }
    }
}

fn without_entries(object: &Value) -> Value {
    let mut object = object.clone();
    take(&mut object);
    object
}

fn managed(entry: &Entry) -> (String, Managed) {
    let managed = Managed {
        fields: entry.fields().clone(),
        version: entry.api_version().to_owned(),
        applied: entry.operation() == Operation::Apply,
    };
    (entry.manager().identifier(), managed)
}

/// An object with nothing but what makes it what it is, and a value at a path.
fn configuration(object: Option<&Value>, path: &[PathElement], value: &Value) -> Value {
    let mut config = build(object, path, value);
    if let Value::Object(map) = &mut config {
        for name in ["apiVersion", "kind"] {
            if let Some(value) = object.and_then(|object| object.get(name)) {
                map.entry(name).or_insert_with(|| value.clone());
            }
        }
    }
    config
}

fn build(live: Option<&Value>, path: &[PathElement], value: &Value) -> Value {
    let Some((element, rest)) = path.split_first() else {
        return value.clone();
    };
    match element {
        PathElement::Field(name) => {
            let live = live.and_then(|live| live.get(&**name));
            let entry = (name.to_string(), build(live, rest, value));
            Value::Object(Map::from_iter([entry]))
        }
        PathElement::Key(keys) => {
            let mut item = build(None, rest, value);
            if let Value::Object(item) = &mut item {
                for (name, key) in keys.iter() {
                    item.entry(name).or_insert_with(|| exact(key));
                }
            }
            json!([item])
        }
        PathElement::Value(item) => json!([**item]),
        PathElement::Index(index) => {
            let mut items = live.and_then(Value::as_array).cloned().unwrap_or_default();
            let at = usize::try_from(*index).unwrap_or_default();
            let item = build(items.get(at), rest, value);
            match items.get_mut(at) {
                Some(old) => *old = item,
                None => items.push(item),
            }
            Value::Array(items)
        }
    }
}

/// A number that is whole as an integer: in sets of fields all numbers are floats.
fn exact(value: &Value) -> Value {
    let whole = value
        .as_f64()
        .filter(|number| number.fract() == 0.0 && number.abs() < 9_007_199_254_740_992.0);
    match whole {
        #[allow(clippy::cast_possible_truncation, reason = "it is whole and in range")]
        Some(number) => json!(number as i64),
        None => value.clone(),
    }
}
