//! Schemas of CustomResourceDefinitions from the types.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, generate::SchemaSettings, json_schema};
use serde_json::{Map, Value};

/// Types that stand for others in schemas.
macro_rules! stand_ins {
    ($($(#[$doc:meta])* $name:ident, $schema:tt;)+) => {
        $($(#[$doc])*
        #[derive(Debug)]
        pub(crate) enum $name {}

        impl JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!($schema)
            }
        })+
    };
}

stand_ins! {
    /// Any value.
    Anything, {"x-kubernetes-preserve-unknown-fields": true};
    /// Bytes.
    Base64, {"type": "string", "format": "byte"};
    /// Metadata, which the API server knows.
    Metadata, {"type": "object"};
    /// A quantity, such as `500m`.
    Quantity, {
        "x-kubernetes-int-or-string": true,
        "pattern": r"^(\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))))?$"
    };
}

/// Says in the schema of an object that a field must be there.
pub(crate) fn require(schema: &mut Schema, field: &str) {
    let required = schema
        .ensure_object()
        .entry("required")
        .or_insert_with(|| Value::Array(Vec::new()));
    if let Value::Array(fields) = required {
        fields.push(field.into());
    }
}

/// The structural schema of a kind, as `openAPIV3Schema` of a CustomResourceDefinition holds it.
///
/// ```
/// let schema = machine_api::schema::structural::<machine_api::core::v1beta2::Machine>();
/// assert_eq!(schema["properties"]["spec"]["properties"]["clusterName"]["maxLength"], 63);
/// ```
pub fn structural<T: JsonSchema>() -> Value {
    let settings = SchemaSettings::openapi3().with(|settings| {
        settings.inline_subschemas = true;
        settings.meta_schema = None;
    });
    let schema = settings.into_generator().into_root_schema_for::<T>();
    let mut value = schema.to_value();
    if let Value::Object(root) = &mut value {
        root.remove("title");
        root.remove("components");
    }
    clean(&mut value);
    value
}

/// Makes a schema structural: no defaults but the declared ones, no null, no alternatives.
fn clean(schema: &mut Value) {
    let Value::Object(schema) = schema else {
        return;
    };
    schema.remove("default");
    schema.remove("nullable");
    schema.retain(|_, value| !value.is_null());
    schema.remove("title");
    if let Some(default) = schema.remove("x-default") {
        schema.insert("default".to_owned(), default);
    }
    flatten(schema);
    one_type(schema);
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        properties.values_mut().for_each(clean);
    }
    for inner in ["items", "additionalProperties"] {
        if let Some(inner) = schema.get_mut(inner) {
            clean(inner);
        }
    }
}

/// Takes what `allOf` with one schema, or `anyOf` of a schema and null, hold to where they stand.
fn flatten(schema: &mut Map<String, Value>) {
    for group in ["allOf", "anyOf", "oneOf"] {
        let Some(Value::Array(parts)) = schema.remove(group) else {
            continue;
        };
        for part in parts {
            let Value::Object(part) = part else { continue };
            if part.get("type").is_some_and(|kind| kind == "null") {
                continue;
            }
            for (key, value) in part {
                schema.entry(key).or_insert(value);
            }
        }
    }
}

/// Leaves one type of a type and null.
fn one_type(schema: &mut Map<String, Value>) {
    if let Some(Value::Array(types)) = schema.get("type") {
        let kind = types.iter().find(|kind| **kind != "null").cloned();
        if let Some(kind) = kind {
            schema.insert("type".to_owned(), kind);
        }
    }
}
