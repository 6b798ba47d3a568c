//! Custom resources, by their definition.

use std::{collections::BTreeSet, error, fmt, sync::Arc};

use ::proptest::{
    string::string_regex,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use serde_json::{Map, Number, Value, json};

use super::{
    generator::{Dice, Generator},
    reduce,
};
use crate::structural::{FieldErrors, StructuralSchema};

const DEPTH: usize = 6;
/// How often an object is made anew until it is valid, for rules such as `oneOf` that nothing but luck meets.
const TRIES: usize = 64;

/// Why there are no objects of a definition.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum CrdError {
    /// The definition has no version with a schema.
    NoSchema,
    /// A schema is not structural.
    NotStructural(FieldErrors),
    /// No valid object was found.
    NoObject {
        /// What was wrong with the last try.
        because: String,
    },
}

impl fmt::Display for CrdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSchema => f.write_str("the definition has no version with a schema"),
            Self::NotStructural(errors) => errors.fmt(f),
            Self::NoObject { because } => write!(f, "found no valid object: {because}"),
        }
    }
}

impl error::Error for CrdError {}

/// Valid custom resources of a CustomResourceDefinition, in the version that is stored. They have what is required, keep to enumerations,
/// limits, patterns and formats, and shrink to fewer fields that are still valid. Rules in CEL are not kept to.
///
/// ```
/// use apply_semantics::proptest::crd_objects;
/// use proptest::{strategy::{Strategy, ValueTree}, test_runner::TestRunner};
/// use serde_json::json;
///
/// let crd = json!({"spec": {"group": "a.example", "names": {"kind": "Box"}, "versions": [{"name": "v1", "storage": true,
///     "schema": {"openAPIV3Schema": {"type": "object", "required": ["spec"], "properties": {"spec": {"type": "object",
///         "required": ["color"], "properties": {"color": {"type": "string", "enum": ["red", "blue"]}}}}}}}]}});
/// let boxes = crd_objects(&crd)?;
/// let object = boxes.new_tree(&mut TestRunner::deterministic()).expect("always made").current();
/// assert_eq!(object["kind"], "Box");
/// assert!(["red", "blue"].contains(&object["spec"]["color"].as_str().expect("required")));
/// # Ok::<(), apply_semantics::proptest::CrdError>(())
/// ```
///
/// # Errors
/// The definition has no structural schema, or no valid object was found.
pub fn crd_objects(crd: &Value) -> Result<Generator<Value>, CrdError> {
    let version = stored_version(crd).ok_or(CrdError::NoSchema)?;
    let name = version
        .get("name")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let structural = StructuralSchema::from_crd(crd).map_err(CrdError::NotStructural)?;
    let structural = Arc::new(structural.get(name).cloned().ok_or(CrdError::NoSchema)?);
    let schema = version.pointer("/schema/openAPIV3Schema").cloned();
    let schema = schema.ok_or(CrdError::NoSchema)?;
    let text = |pointer: &str| {
        crd.pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let identity = json!({
        "apiVersion": format!("{}/{name}", text("/spec/group")),
        "kind": text("/spec/names/kind"),
        "metadata": {"name": "a"},
    });
    let make = move |dice: &mut Dice<'_>| {
        let mut object = value(&schema, dice, DEPTH);
        if let (Some(object), Some(identity)) = (object.as_object_mut(), identity.as_object()) {
            object.extend(identity.clone());
        }
        object
    };
    let fallback = first_valid(&make, &structural)?;
    let judge = Arc::clone(&structural);
    Ok(Generator::new(
        move |dice| {
            let mut tries = (0..TRIES).map(|_| make(dice));
            let valid = tries.find(|object| structural.validate(object).is_empty());
            valid.unwrap_or_else(|| fallback.clone())
        },
        move |object| {
            let mut simpler = reduce::values(object);
            let named = |object: &Value| object.pointer("/metadata/name").is_some();
            simpler.retain(|object| named(object) && judge.validate(object).is_empty());
            simpler
        },
    ))
}

fn stored_version(crd: &Value) -> Option<&Value> {
    let versions = crd.pointer("/spec/versions")?.as_array()?;
    let stored = |version: &&Value| version.get("storage") == Some(&Value::Bool(true));
    versions.iter().find(stored).or(versions.first())
}

/// The first valid object of a fixed row of tries.
fn first_valid(
    make: &impl Fn(&mut Dice<'_>) -> Value,
    structural: &StructuralSchema,
) -> Result<Value, CrdError> {
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let mut because = String::new();
    for _ in 0..4 * TRIES {
        let object = super::generator::with_dice(&mut runner, make);
        match structural.validate(&object).first() {
            None => return Ok(object),
            Some(error) => because = error.to_string(),
        }
    }
    Err(CrdError::NoObject { because })
}

fn value(schema: &Value, dice: &mut Dice<'_>, depth: usize) -> Value {
    let flag = |name: &str| schema.get(name) == Some(&Value::Bool(true));
    if let Some(values) = schema.get("enum").and_then(Value::as_array) {
        return dice.pick(values).cloned().unwrap_or_default();
    }
    if flag("x-kubernetes-int-or-string") {
        return if dice.once_in(2) {
            number(schema, true, dice)
        } else {
            "50%".into()
        };
    }
    match schema.get("type").and_then(Value::as_str) {
        Some("object") => Value::Object(object(schema, dice, depth)),
        Some("array") => Value::Array(list(schema, dice, depth)),
        Some("string") => text(schema, dice),
        Some("integer") => number(schema, true, dice),
        Some("number") => number(schema, false, dice),
        Some("boolean") => dice.once_in(2).into(),
        _ => json!({}),
    }
}

fn object(schema: &Value, dice: &mut Dice<'_>, depth: usize) -> Map<String, Value> {
    let mut object = Map::new();
    let required = schema.get("required").and_then(Value::as_array);
    let is_required = |name: &str| {
        required.is_some_and(|required| required.iter().any(|required| required == name))
    };
    let properties = schema.get("properties").and_then(Value::as_object);
    let mut properties: Vec<_> = properties.into_iter().flatten().collect();
    properties.sort_unstable_by_key(|(name, _)| *name);
    for (name, property) in properties {
        if is_required(name) || depth > 0 && dice.once_in(2) {
            let value = value(property, dice, depth.saturating_sub(1));
            object.insert(name.clone(), value);
        }
    }
    let least = count(schema, "minProperties").unwrap_or(0);
    if let Some(entries) = schema
        .get("additionalProperties")
        .filter(|entries| entries.is_object())
    {
        let most = if depth == 0 { 0 } else { 3 };
        let names = ["a", "b", "c", "d", "e", "f"];
        let wanted = least.max(dice.below(most + 1));
        for name in names.iter().take(wanted) {
            let value = value(entries, dice, depth.saturating_sub(1));
            object.insert((*name).to_owned(), value);
        }
    }
    if schema.get("x-kubernetes-embedded-resource") == Some(&Value::Bool(true)) {
        let identity = json!({"apiVersion": "v1", "kind": "Kind", "metadata": {"name": "a"}});
        object.extend(identity.as_object().cloned().unwrap_or_default());
    }
    object
}

fn list(schema: &Value, dice: &mut Dice<'_>, depth: usize) -> Vec<Value> {
    let least = count(schema, "minItems").unwrap_or(0);
    let most = count(schema, "maxItems").unwrap_or(usize::MAX);
    let extra = if depth == 0 { 0 } else { dice.below(4) };
    let wanted = most.min(least + extra);
    let keys: Vec<&str> = schema
        .get("x-kubernetes-list-map-keys")
        .and_then(Value::as_array)
        .map(|keys| keys.iter().filter_map(Value::as_str).collect())
        .unwrap_or_default();
    let list_type = schema.get("x-kubernetes-list-type").and_then(Value::as_str);
    let element = schema.get("items").unwrap_or(&Value::Null);
    let mut seen = BTreeSet::new();
    let mut items = Vec::new();
    // Elements that are there already are left out; that there are too few then is for another try to mend.
    for _ in 0..2 * wanted {
        if items.len() == wanted {
            break;
        }
        let item = value(element, dice, depth.saturating_sub(1));
        let identity = match list_type {
            Some("map") => json!(keys.iter().map(|key| item.get(*key)).collect::<Vec<_>>()),
            Some("set") => item.clone(),
            _ => json!(items.len()),
        };
        if seen.insert(identity.to_string()) {
            items.push(item);
        }
    }
    items
}

fn text(schema: &Value, dice: &mut Dice<'_>) -> Value {
    if let Some(pattern) = schema.get("pattern").and_then(Value::as_str) {
        let strategy = string_regex(pattern.trim_start_matches('^').trim_end_matches('$')).ok();
        let drawn = strategy.and_then(|strategy| dice.draw(&strategy));
        return drawn.unwrap_or_default().into();
    }
    let text = match schema.get("format").and_then(Value::as_str) {
        Some("date-time" | "datetime") => "2024-05-01T08:00:00Z",
        Some("date") => "2024-05-01",
        Some("duration") => "5m",
        Some("byte") => "YQ==",
        Some("uri") => "https://a.example/b",
        Some("email") => "a@a.example",
        Some("hostname") => "a.example",
        Some("ipv4") => "192.0.2.1",
        Some("ipv6") => "2001:db8::1",
        Some("cidr") => "192.0.2.0/24",
        Some("uuid" | "uuid4") => "aaaaaaaa-0000-4000-8000-000000000001",
        _ => dice
            .pick(&["a", "b", "c", "dd"])
            .copied()
            .unwrap_or_default(),
    };
    let least = count(schema, "minLength").unwrap_or(0);
    let most = count(schema, "maxLength").unwrap_or(usize::MAX);
    let padded = text.chars().chain(std::iter::repeat('a'));
    let length = text.chars().count().clamp(least, most.max(least));
    padded.take(length).collect::<String>().into()
}

fn number(schema: &Value, whole: bool, dice: &mut Dice<'_>) -> Value {
    let limit = |name: &str| schema.get(name).and_then(Value::as_f64);
    let exclusive = |name: &str| schema.get(name) == Some(&Value::Bool(true));
    let step = limit("multipleOf")
        .filter(|step| *step > 0.0)
        .unwrap_or(1.0);
    let least = limit("minimum");
    let most = limit("maximum");
    let above = |value: f64| {
        least.is_none_or(|least| value > least || value >= least && !exclusive("exclusiveMinimum"))
    };
    let below = |value: f64| {
        most.is_none_or(|most| value < most || value <= most && !exclusive("exclusiveMaximum"))
    };
    let start = match (least, most) {
        (Some(least), _) => (least / step).ceil(),
        (None, Some(most)) => (most / step).floor() - 3.0,
        (None, None) => 0.0,
    };
    let choices: Vec<f64> = (0..5)
        .map(|steps| (start + f64::from(steps)) * step)
        .filter(|value| above(*value) && below(*value))
        .collect();
    let value = dice.pick(&choices).copied().unwrap_or(start * step);
    if whole {
        #[expect(clippy::cast_possible_truncation, reason = "a small whole number")]
        return (value as i64).into();
    }
    Number::from_f64(value).map_or(Value::Null, Value::Number)
}

fn count(schema: &Value, name: &str) -> Option<usize> {
    usize::try_from(schema.get(name)?.as_u64()?).ok()
}
