//! Schemas of all shapes.

use std::fmt;

use serde_json::{Value, json};

use super::generator::{Dice, Generator};
use crate::schema::{Schema, Type};

/// The name of the type of objects in generated schemas.
pub const OBJECT: &str = "object";

/// A generated schema, as it is written and compiled.
#[derive(Clone)]
pub struct TestSchema {
    definitions: Value,
    ty: Type,
}

impl TestSchema {
    /// The type of objects.
    pub fn ty(&self) -> &Type {
        &self.ty
    }

    /// The definitions, in the JSON form of structured-merge-diff.
    pub fn definitions(&self) -> &Value {
        &self.definitions
    }

    fn compile(definitions: Value) -> Option<Self> {
        let schema = Schema::from_value(&definitions).ok()?;
        let ty = schema.type_named(OBJECT)?;
        Some(Self { definitions, ty })
    }
}

impl fmt::Debug for TestSchema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TestSchema({})", self.definitions)
    }
}

/// Schemas of all shapes: structs in structs, maps, sets, keyed lists with and without defaults, atomic lists and maps, and values of
/// unknown structure. They shrink to fewer fields.
pub fn schema() -> Generator<TestSchema> {
    Generator::new(
        |dice| {
            let deduced = || TestSchema {
                definitions: json!({"types": []}),
                ty: Type::deduced(),
            };
            TestSchema::compile(definitions(dice)).unwrap_or_else(deduced)
        },
        |schema| {
            let fields = schema.definitions.pointer(FIELDS).and_then(Value::as_array);
            (1..fields.map_or(0, Vec::len))
                .filter_map(|index| TestSchema::compile(without_field(&schema.definitions, index)))
                .collect()
        },
    )
}

const FIELDS: &str = "/types/0/map/fields";

fn without_field(definitions: &Value, index: usize) -> Value {
    let mut fewer = definitions.clone();
    let fields = fewer.pointer_mut(FIELDS);
    if let Some(fields) = fields.and_then(Value::as_array_mut) {
        fields.remove(index);
    }
    fewer
}

fn definitions(dice: &mut Dice<'_>) -> Value {
    let mut fields = vec![json!({"name": "kind", "type": {"scalar": "string"}})];
    for name in dice.some(&["f", "g", "h", "i", "j", "k"], 6) {
        fields.push(json!({"name": name, "type": reference(dice, 2)}));
    }
    let value = reference(dice, 1);
    let element = json!([
        {"name": "name", "type": {"scalar": "string"}},
        {"name": "port", "type": {"scalar": "numeric"}, "default": 1},
        {"name": "value", "type": value},
    ]);
    json!({"types": [
        {"name": OBJECT, "map": {"fields": fields}},
        {"name": "element", "map": {"fields": element}},
    ]})
}

fn reference(dice: &mut Dice<'_>, depth: usize) -> Value {
    let scalar = |dice: &mut Dice<'_>| {
        let kinds = ["string", "numeric", "boolean", "untyped"];
        json!({"scalar": dice.pick(&kinds)})
    };
    if depth == 0 {
        return scalar(dice);
    }
    let relationship = if dice.once_in(3) {
        "atomic"
    } else {
        "separable"
    };
    match dice.below(8) {
        0 | 1 => scalar(dice),
        2 => {
            let element = reference(dice, depth - 1);
            json!({"map": {"elementType": element, "elementRelationship": relationship}})
        }
        3 => json!({"list": {"elementType": scalar(dice), "elementRelationship": "associative"}}),
        4 | 5 => {
            let keys: &[&str] = if dice.once_in(2) {
                &["name"]
            } else {
                &["name", "port"]
            };
            json!({"list": {
                "elementType": {"namedType": "element"}, "elementRelationship": "associative", "keys": keys,
            }})
        }
        6 => {
            let element = reference(dice, depth - 1);
            json!({"list": {"elementType": element, "elementRelationship": "atomic"}})
        }
        _ => {
            let names = dice.some(&["p", "q", "r"], 3);
            let fields: Vec<_> = names
                .into_iter()
                .map(|name| json!({"name": name, "type": reference(dice, depth - 1)}))
                .collect();
            json!({"map": {"fields": fields, "elementRelationship": relationship}})
        }
    }
}
