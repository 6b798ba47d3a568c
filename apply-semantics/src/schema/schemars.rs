//! Schemas of Rust types, by what `schemars` knows of them (feature `schemars`).

use std::sync::Arc;

use ::schemars::{JsonSchema, generate::SchemaSettings};
use serde_json::{Map as JsonMap, Value};

use super::{Definition, Schema, SchemaError, Type};

type Object = JsonMap<String, Value>;

impl Definition {
    /// The definitions of a Rust type and of all types in it, by their schemars names, with the common types.
    ///
    /// Markers come from `#[schemars(extend("x-kubernetes-list-type" = "set"))]` and the like. Alternatives (`oneOf`, `anyOf`, as
    /// enums with data have) are taken together: of objects the fields of all, of scalars of one kind that kind, and else anything.
    ///
    /// # Errors
    /// As [`Definition::from_openapi`].
    pub fn from_schemars<T: JsonSchema>() -> Result<Vec<Self>, SchemaError> {
        let generator = SchemaSettings::openapi3().into_generator();
        let mut root = generator.into_root_schema_for::<T>().to_value();
        let mut schemas = root
            .pointer_mut("/components/schemas")
            .map(Value::take)
            .unwrap_or_default();
        let mut schemas = schemas
            .as_object_mut()
            .map(std::mem::take)
            .unwrap_or_default();
        if let Some(root) = root.as_object_mut() {
            for header in ["$schema", "components", "title"] {
                root.remove(header);
            }
        }
        schemas.insert(T::schema_name().into_owned(), root);
        for schema in schemas.values_mut() {
            merge_alternatives(schema);
        }
        Self::from_openapi(&schemas, false)
    }
}

impl Schema {
    /// The schema of a Rust type and of all types in it.
    ///
    /// # Errors
    /// As [`Definition::from_schemars`] and [`Schema::compile`].
    pub fn from_schemars<T: JsonSchema>() -> Result<Arc<Self>, SchemaError> {
        Self::compile(&Definition::from_schemars::<T>()?)
    }
}

impl Type {
    /// The type of values of a Rust type.
    ///
    /// ```
    /// use apply_semantics::schema::Type;
    /// use schemars::JsonSchema;
    /// use serde_json::json;
    ///
    /// #[derive(JsonSchema)]
    /// struct Widget {
    ///     size: Option<u32>,
    ///     #[schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["name"]))]
    ///     rooms: Vec<Room>,
    /// }
    /// #[derive(JsonSchema)]
    /// struct Room {
    ///     name: String,
    /// }
    ///
    /// let ty = Type::from_schemars::<Widget>()?;
    /// let set = ty.field_set(Some(&json!({"rooms": [{"name": "a"}]}))).unwrap();
    /// assert_eq!(set.to_string(), r#"{"f:rooms":{"k:{\"name\":\"a\"}":{".":{},"f:name":{}}}}"#);
    /// # Ok::<(), apply_semantics::schema::SchemaError>(())
    /// ```
    ///
    /// # Errors
    /// As [`Schema::from_schemars`].
    pub fn from_schemars<T: JsonSchema>() -> Result<Self, SchemaError> {
        let schema = Schema::from_schemars::<T>()?;
        let name = T::schema_name();
        let missing = || SchemaError::new(&name, "no such type");
        schema.type_named(&name).ok_or_else(missing)
    }
}

/// Puts the alternatives of a schema, and of all in it, into one.
fn merge_alternatives(schema: &mut Value) {
    let Some(object) = schema.as_object_mut() else {
        return;
    };
    for below in ["items", "additionalProperties"] {
        if let Some(below) = object.get_mut(below) {
            merge_alternatives(below);
        }
    }
    if let Some(properties) = object.get_mut("properties").and_then(Value::as_object_mut) {
        properties.values_mut().for_each(merge_alternatives);
    }
    if object.contains_key("$ref") {
        return;
    }
    for junctor in ["oneOf", "anyOf", "allOf"] {
        let Some(Value::Array(mut alternatives)) = object.remove(junctor) else {
            continue;
        };
        alternatives.iter_mut().for_each(merge_alternatives);
        alternatives.retain(|alternative| !is_null(alternative));
        for (name, value) in together(alternatives) {
            match (object.get_mut(&name), value) {
                (Some(Value::Object(there)), Value::Object(more)) => {
                    for (name, value) in more {
                        there.entry(name).or_insert(value);
                    }
                }
                (None, value) => drop(object.insert(name, value)),
                _ => {}
            }
        }
    }
}

/// Whether an alternative allows nothing but null.
fn is_null(schema: &Value) -> bool {
    let only = schema.get("const").or_else(|| {
        schema
            .get("enum")?
            .as_array()
            .filter(|values| values.len() == 1)?
            .first()
    });
    schema.get("type").is_some_and(|ty| ty == "null") || only.is_some_and(Value::is_null)
}

/// What alternatives have in common, as far as the structure goes.
fn together(mut alternatives: Vec<Value>) -> Object {
    if alternatives.len() == 1 {
        let only = alternatives.pop().unwrap_or_default();
        return only.as_object().cloned().unwrap_or_default();
    }
    let mut whole = Object::new();
    let is_object = |schema: &Value| {
        schema.get("properties").is_some() || schema.get("type").is_some_and(|ty| ty == "object")
    };
    if alternatives.iter().all(is_object) {
        let mut fields = Object::new();
        for alternative in &alternatives {
            let properties = alternative.get("properties").and_then(Value::as_object);
            for (name, property) in properties.into_iter().flatten() {
                fields
                    .entry(name.clone())
                    .or_insert_with(|| property.clone());
            }
        }
        whole.insert("type".to_owned(), "object".into());
        whole.insert("properties".to_owned(), fields.into());
    } else if let Some(ty) = alternatives.first().and_then(|first| first.get("type"))
        && alternatives
            .iter()
            .all(|other| other.get("type") == Some(ty))
    {
        whole.insert("type".to_owned(), ty.clone());
    }
    whole
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[derive(JsonSchema)]
    #[expect(dead_code, reason = "only its schema is used")]
    struct Widget {
        size: u32,
        color: Option<Color>,
        shape: Shape,
        label: Option<Label>,
        #[schemars(extend("x-kubernetes-list-type" = "set"))]
        tags: Vec<String>,
        words: Vec<String>,
        #[schemars(extend("x-kubernetes-map-type" = "atomic"))]
        limits: std::collections::BTreeMap<String, i64>,
    }

    #[derive(JsonSchema)]
    #[expect(dead_code, reason = "only its schema is used")]
    enum Color {
        /// Like blood.
        Red,
        /// Like the sky.
        Blue,
    }

    #[derive(JsonSchema)]
    #[serde(rename_all = "camelCase")]
    #[expect(dead_code, reason = "only its schema is used")]
    enum Shape {
        Circle { radius: u32 },
        Square { side: u32 },
    }

    #[derive(JsonSchema)]
    #[expect(dead_code, reason = "only its schema is used")]
    struct Label {
        text: String,
    }

    #[test]
    fn types_are_as_their_markers_say() {
        let ty = Type::from_schemars::<Widget>().unwrap();
        let widget = json!({"size": 1, "color": "Red", "shape": {"circle": {"radius": 1}}, "label": {"text": "a"},
            "tags": ["a"], "words": ["b"], "limits": {"a": 1}});
        ty.validate(Some(&widget)).unwrap();
        assert_eq!(
            ty.field_set(Some(&widget)).unwrap().to_string(),
            concat!(
                r#"{"f:color":{},"f:label":{"f:text":{}},"f:limits":{},"f:shape":{"f:circle":{"f:radius":{}}},"#,
                r#""f:size":{},"f:tags":{"v:\"a\"":{}},"f:words":{}}"#
            )
        );
        assert!(ty.validate(Some(&json!({"size": "big"}))).is_err());
        assert!(ty.validate(Some(&json!({"shape": {"line": {}}}))).is_err());
    }
}
