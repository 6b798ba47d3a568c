//! Suites `updater` and `scenario-updater`: sequences of writes by several managers.

use std::{borrow::Cow, collections::BTreeMap};

use apply_semantics::{
    fieldset::FieldSet,
    schema::Type,
    typed::{Duplicates, EmptyContainers, Typed},
    updater::{Change, ConvertError, Converter, Filter, Managed, Managers, UpdateError, Updater},
};
use conformance_runner::Runner;
use serde_json::{Map, Value, json};

use super::{
    cases, difference,
    sets::{patterns, set},
    typed::Schemas,
};

pub(crate) fn run(runner: &mut Runner, schemas: &Schemas) {
    for suite in ["updater", "scenario-updater"] {
        for (id, case) in cases(runner, suite) {
            runner.case(suite, &id, || check(&case, schemas));
        }
    }
}

fn check(case: &Value, schemas: &Schemas) -> Result<(), String> {
    replay(case, schemas, EmptyContainers::Collapse, &case["want"])?;
    case.get("want_preserve_empty").map_or(Ok(()), |want| {
        replay(case, schemas, EmptyContainers::Preserve, want)
    })
}

fn replay(
    case: &Value,
    schemas: &Schemas,
    empty: EmptyContainers,
    wanted: &Value,
) -> Result<(), String> {
    let mut state = State::new(case, schemas, empty);
    let ops = case["ops"].as_array().unwrap();
    for (index, (op, wanted)) in ops.iter().zip(wanted.as_array().unwrap()).enumerate() {
        let answer = state.answer(op);
        compare(&answer, wanted).map_err(|error| format!("op {index} ({empty:?}): {error}"))?;
    }
    Ok(())
}

fn compare(answer: &Value, wanted: &Value) -> Result<(), String> {
    let mut wanted = wanted.clone();
    let fields = wanted.as_object_mut().unwrap();
    if fields.get("error").is_some_and(|error| error != "conflict") {
        // Which of the two other kinds it is, and the text, are free.
        fields.insert("error".to_owned(), "other".into());
        fields.remove("message");
    }
    difference(answer, &wanted).map_or(Ok(()), Err)
}

struct State<'a> {
    versions: Versions<'a>,
    filters: Vec<(String, Filter)>,
    return_unchanged: bool,
    empty: EmptyContainers,
    live: Option<(Typed, String)>,
    managers: Managers,
}

#[derive(Clone)]
struct Versions<'a> {
    schemas: &'a Schemas,
    /// Schema and type by version, or for all under `*`.
    types: BTreeMap<String, (String, String)>,
    kind: &'a str,
    existing: Vec<String>,
}

impl Versions<'_> {
    fn ty(&self, version: &str) -> Type {
        let (schema, ty) = self.types.get(version).unwrap_or_else(|| &self.types["*"]);
        self.schemas.ty(schema, ty)
    }
}

impl Converter for Versions<'_> {
    fn convert<'a>(
        &self,
        object: &'a Typed,
        from: &str,
        to: &str,
    ) -> Result<Cow<'a, Typed>, ConvertError> {
        if self.kind == "identity" {
            return Ok(Cow::Borrowed(object));
        }
        if !self.existing.iter().any(|version| version == to) {
            return Err(ConvertError::MissingVersion);
        }
        if self.kind == "accept" || from == to {
            return Ok(Cow::Borrowed(object));
        }
        let value = object
            .value()
            .map(|value| renamed(value, &format!("_{from}"), &format!("_{to}")));
        let typed = Typed::new(self.ty(to), value.unwrap_or_default(), Duplicates::Forbid);
        typed
            .map(Cow::Owned)
            .map_err(|errors| ConvertError::Other(errors.to_string()))
    }
}

pub(crate) fn renamed(value: &Value, from: &str, to: &str) -> Value {
    match value {
        Value::Object(map) => {
            let rename = |(key, value): (&String, &Value)| {
                let key = key
                    .strip_suffix(from)
                    .map_or_else(|| key.clone(), |stem| format!("{stem}{to}"));
                (key, renamed(value, from, to))
            };
            Value::Object(map.iter().map(rename).collect())
        }
        Value::Array(items) => items.iter().map(|item| renamed(item, from, to)).collect(),
        other => other.clone(),
    }
}

/// Why an operation failed.
enum Failure {
    Conflicts(UpdateError),
    Other,
}

impl From<UpdateError> for Failure {
    fn from(error: UpdateError) -> Self {
        if matches!(error, UpdateError::Conflicts(_)) {
            Self::Conflicts(error)
        } else {
            Self::Other
        }
    }
}

impl<'a> State<'a> {
    fn new(case: &'a Value, schemas: &'a Schemas, empty: EmptyContainers) -> Self {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let types = case["types"].as_object().unwrap().iter();
        let types = types
            .map(|(version, ty)| (version.clone(), (text(&ty["schema"]), text(&ty["type"]))))
            .collect();
        let existing = strings(&case["converter"]["versions"]);
        let kind = case["converter"]["kind"].as_str().unwrap();
        Self {
            versions: Versions {
                schemas,
                types,
                kind,
                existing,
            },
            filters: filters(case),
            return_unchanged: case["return_input_on_noop"] == true,
            empty,
            live: None,
            managers: Managers::new(),
        }
    }

    fn answer(&mut self, op: &Value) -> Value {
        let before = (
            self.live.clone(),
            self.managers.clone(),
            self.versions.clone(),
        );
        let mut answer = Map::new();
        match self.run(op) {
            Ok(noop) if noop => drop(answer.insert("noop".to_owned(), true.into())),
            Ok(_) => {}
            Err(failure) => {
                (self.live, self.managers, self.versions) = before;
                answer = failure.answer();
            }
        }
        if let Some(live) = self.live.as_ref().and_then(|(live, _)| live.value()) {
            answer.insert("live".to_owned(), live.clone());
        }
        if !self.managers.is_empty() {
            answer.insert(
                "managers".to_owned(),
                self.managers
                    .iter()
                    .map(|(name, managed)| {
                        (
                            name.clone(),
                            json!({
                                "fields": managed.fields.to_string(),
                                "version": managed.version,
                                "applied": managed.applied,
                            }),
                        )
                    })
                    .collect::<Map<_, _>>()
                    .into(),
            );
        }
        answer.into()
    }

    /// Runs an operation; answers whether it was an apply that had nothing to do.
    fn run(&mut self, op: &Value) -> Result<bool, Failure> {
        match op["op"].as_str().unwrap() {
            "schema" => self
                .switch_schema(op["schema"].as_str().unwrap())
                .map(|()| false),
            "versions" => {
                self.versions.existing = strings(&op["versions"]);
                Ok(false)
            }
            kind => self.write(kind, op),
        }
    }

    fn switch_schema(&mut self, schema: &str) -> Result<(), Failure> {
        for (used, _) in self.versions.types.values_mut() {
            schema.clone_into(used);
        }
        let Some((live, version)) = &mut self.live else {
            return Ok(());
        };
        let ty = self.versions.ty(version);
        let value = live.value().cloned().unwrap_or_default();
        *live = Typed::new(ty, value, Duplicates::Forbid).map_err(|_| Failure::Other)?;
        Ok(())
    }

    fn write(&mut self, kind: &str, op: &Value) -> Result<bool, Failure> {
        let version = op["version"].as_str().unwrap();
        let manager = op["manager"].as_str().unwrap();
        let ty = self.versions.ty(version);
        let duplicates = if kind == "update" {
            Duplicates::Allow
        } else {
            Duplicates::Forbid
        };
        let object =
            Typed::new(ty.clone(), op["object"].clone(), duplicates).map_err(|_| Failure::Other)?;
        let live = match &self.live {
            Some((live, from)) => self
                .versions
                .convert(live, from, version)
                .map_err(|_| Failure::Other)?
                .into_owned(),
            None => Typed::unchecked(ty, Some(Value::Null)),
        };
        let change = Change::new(manager, version);
        let (config, change) = match kind {
            "update" => {
                self.managers = self
                    .updater()
                    .update(&live, &object, &self.managers, &change)?;
                self.live = Some((object, version.to_owned()));
                return Ok(false);
            }
            "extract_apply" => (
                self.extracted(&live, object, manager, version)?,
                change.force(),
            ),
            "force_apply" => (object, change.force()),
            _ => (object, change),
        };
        let applied = self
            .updater()
            .apply(&live, config, &self.managers, &change)?;
        self.managers = applied.managers;
        let noop = applied.object.is_none();
        self.live = Some((applied.object.unwrap_or(live), version.to_owned()));
        Ok(noop)
    }

    /// The configuration over what the manager owns of the live object.
    fn extracted(
        &self,
        live: &Typed,
        config: Typed,
        manager: &str,
        version: &str,
    ) -> Result<Typed, Failure> {
        match self.managers.get(manager) {
            _ if self.live.is_none() => Ok(config),
            None => live
                .extract(&FieldSet::new())
                .merge(config)
                .map_err(|_| Failure::Other),
            Some(managed) if managed.version == version => live
                .extract(&managed.fields.leaves())
                .merge(config)
                .map_err(|_| Failure::Other),
            Some(Managed { .. }) => Err(Failure::Other),
        }
    }

    fn updater(&self) -> Updater<&Versions<'a>> {
        let updater = Updater::new(&self.versions).empty_containers(self.empty);
        let updater = self
            .filters
            .iter()
            .fold(updater, |updater, (version, filter)| {
                updater.filter(version.clone(), filter.clone())
            });
        if self.return_unchanged {
            updater.return_unchanged()
        } else {
            updater
        }
    }
}

impl Failure {
    fn answer(self) -> Map<String, Value> {
        let error = |kind: &str| Map::from_iter([("error".to_owned(), kind.into())]);
        let Self::Conflicts(conflict) = self else {
            return error("other");
        };
        let mut answer = error("conflict");
        answer.insert("message".to_owned(), conflict.to_string().into());
        if let UpdateError::Conflicts(conflicts) = conflict {
            let fields = conflicts
                .by_manager()
                .map(|(manager, fields)| (manager.to_owned(), fields.to_string().into()));
            answer.insert("conflicts".to_owned(), Value::Object(fields.collect()));
        }
        answer
    }
}

fn filters(case: &Value) -> Vec<(String, Filter)> {
    let entries = |name: &str| {
        case.get(name)
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
    };
    let ignored =
        entries("ignored").map(|(version, fields)| (version.clone(), Filter::Exclude(set(fields))));
    let filters = entries("filters").map(|(version, filter)| {
        let filter = match filter.get("exclude") {
            Some(fields) => Filter::Exclude(set(fields)),
            None => Filter::Include(patterns(&filter["include"])),
        };
        (version.clone(), filter)
    });
    ignored.chain(filters).collect()
}

fn strings(value: &Value) -> Vec<String> {
    value
        .as_array()
        .into_iter()
        .flatten()
        .map(|text| text.as_str().unwrap().to_owned())
        .collect()
}
