//! JSON Schema, OpenAPI and reference documentation from the types (feature `schemars`).
//!
//! All of them come from the same walk over the structs and their comments: what the reader takes, the schema describes.

mod reference;
mod scalars;

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use crate::{
    GroupVersionKind, Registry,
    registry::{Entry, MakeSchema},
};

/// What the definitions of a schema are under.
#[derive(Clone, Copy, Debug)]
enum Place {
    JsonSchema,
    OpenApi,
}

impl Place {
    const fn prefix(self) -> &'static str {
        match self {
            Self::JsonSchema => "#/$defs/",
            Self::OpenApi => "#/components/schemas/",
        }
    }
}

impl Registry {
    /// The JSON Schema, draft 2020-12, of a document of the kind; `None` if the kind is not known or
    /// has no schema.
    ///
    /// Unknown fields are refused, `apiVersion` and `kind` are constants, and `default` says what the component takes
    /// where a field of the document is unset. What only rules say is not in it: see [`Registry::load`].
    ///
    /// ```
    /// # #[cfg(feature = "kubelet")] {
    /// use componentconfig::{Kind, Registry, kubelet::v1beta1::KubeletConfiguration};
    ///
    /// let schema = Registry::kubernetes().json_schema(&KubeletConfiguration::GVK).unwrap();
    /// assert_eq!(schema["properties"]["maxPods"]["default"], 110);
    /// assert_eq!(schema["properties"]["kind"]["const"], "KubeletConfiguration");
    /// # }
    /// ```
    pub fn json_schema(&self, kind: &GroupVersionKind) -> Option<Value> {
        let entry = self.entries.get(kind)?;
        let (root, definitions) = parts(kind, entry, entry.schema?, Place::JsonSchema, "");
        let mut schema = Map::new();
        schema.insert(
            "$schema".to_owned(),
            "https://json-schema.org/draft/2020-12/schema".into(),
        );
        schema.insert("title".to_owned(), kind.kind().into());
        schema.extend(root);
        if !definitions.is_empty() {
            schema.insert("$defs".to_owned(), definitions.into());
        }
        Some(schema.into())
    }

    /// One JSON Schema for every document of a file that holds documents of the kinds known here: what an editor checks
    /// each document of a multi-document file against.
    pub fn file_schema(&self) -> Value {
        let mut definitions = Map::new();
        let mut branches = Vec::new();
        for (kind, entry, schema) in self.with_schemas() {
            let (root, parts) = parts(kind, entry, schema, Place::JsonSchema, &prefix(kind));
            let name = format!("{}{}", prefix(kind), kind.kind());
            branches.push(json!({
                "if": {
                    "properties": {
                        "apiVersion": {"const": kind.api_version()},
                        "kind": {"const": kind.kind()},
                    },
                    "required": ["apiVersion", "kind"],
                },
                "then": {"$ref": format!("#/$defs/{name}")},
            }));
            definitions.extend(parts);
            definitions.insert(name, root.into());
        }
        let known: Vec<Value> = self
            .with_schemas()
            .map(|(kind, ..)| {
                json!({
                    "properties": {
                        "apiVersion": {"const": kind.api_version()},
                        "kind": {"const": kind.kind()},
                    },
                })
            })
            .collect();
        json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": "Configuration documents",
            "type": "object",
            "required": ["apiVersion", "kind"],
            "anyOf": known,
            "allOf": branches,
            "$defs": definitions,
        })
    }

    fn with_schemas(&self) -> impl Iterator<Item = (&GroupVersionKind, &Entry, MakeSchema)> {
        let entries = self.entries.iter();
        entries.filter_map(|(kind, entry)| Some((kind, entry, entry.schema?)))
    }

    /// The kinds as the component schemas of an OpenAPI 3.1 document, each with `x-kubernetes-group-version-kind`.
    pub fn openapi(&self) -> Value {
        let mut schemas = Map::new();
        for (kind, entry, schema) in self.with_schemas() {
            let (mut root, parts) = parts(kind, entry, schema, Place::OpenApi, &prefix(kind));
            root.insert(
                "x-kubernetes-group-version-kind".to_owned(),
                json!([{"group": kind.group(), "version": kind.version(), "kind": kind.kind()}]),
            );
            schemas.extend(parts);
            schemas.insert(format!("{}{}", prefix(kind), kind.kind()), root.into());
        }
        json!({
            "openapi": "3.1.0",
            "info": {"title": "componentconfig", "version": "v1.36"},
            "paths": {},
            "components": {"schemas": schemas},
        })
    }

    /// The reference documentation of a kind in Markdown: every field with its type, its default and what it means.
    /// `None` if the kind is not known or has no schema.
    pub fn reference(&self, kind: &GroupVersionKind) -> Option<String> {
        let schema = self.json_schema(kind)?;
        let defaults = self.defaults(kind)?;
        Some(reference::write(kind, &schema, &defaults))
    }
}

/// What tells the definitions of one version from those of another.
fn prefix(kind: &GroupVersionKind) -> String {
    let group = if kind.group().is_empty() {
        "core"
    } else {
        kind.group()
    };
    format!("{group}.{}.", kind.version())
}

/// The schema of a kind itself, and the definitions that it refers to.
fn parts(
    kind: &GroupVersionKind,
    entry: &Entry,
    schema: MakeSchema,
    place: Place,
    prefix: &str,
) -> (Map<String, Value>, Map<String, Value>) {
    let mut generator = SchemaSettings::draft2020_12().into_generator();
    let root = schema(&mut generator);
    let name = root.get("$ref").and_then(Value::as_str);
    let name = name
        .and_then(|name| name.rsplit('/').next())
        .unwrap_or_default()
        .to_owned();
    let mut definitions = generator.take_definitions(false);
    for definition in definitions.values_mut() {
        tidy(definition, place, prefix);
    }
    let root = definitions.remove(&name).unwrap_or_default();
    let mut root = match root {
        Value::Object(root) => root,
        _ => Map::new(),
    };
    identify(&mut root, kind);
    set_defaults(&mut root, &(entry.defaults)());
    let named = definitions.into_iter();
    (
        root,
        named
            .map(|(name, schema)| (format!("{prefix}{name}"), schema))
            .collect(),
    )
}

/// Makes the schema what the reader takes: no unknown fields, no zero values that look like defaults.
fn tidy(schema: &mut Value, place: Place, prefix: &str) {
    match schema {
        Value::Object(fields) => {
            fields.remove("default");
            if fields.contains_key("properties") {
                fields.insert("additionalProperties".to_owned(), false.into());
            }
            if let Some(Value::String(reference)) = fields.get_mut("$ref") {
                let name = reference.rsplit('/').next().unwrap_or_default();
                *reference = format!("{}{prefix}{name}", place.prefix());
            }
            if let Some(Value::String(description)) = fields.get_mut("description") {
                *description = description.replace('\n', " ");
            }
            for (keyword, value) in fields {
                match (keyword.as_str(), value) {
                    // Fields may be called like keywords.
                    ("properties", Value::Object(properties)) => {
                        for property in properties.values_mut() {
                            tidy(property, place, prefix);
                        }
                    }
                    (_, value) => tidy(value, place, prefix),
                }
            }
        }
        Value::Array(items) => items
            .iter_mut()
            .for_each(|value| tidy(value, place, prefix)),
        _ => {}
    }
}

fn identify(root: &mut Map<String, Value>, kind: &GroupVersionKind) {
    let properties = root.entry("properties").or_insert_with(|| json!({}));
    if let Value::Object(properties) = properties {
        properties.insert(
            "apiVersion".to_owned(),
            json!({"const": kind.api_version()}),
        );
        properties.insert("kind".to_owned(), json!({"const": kind.kind()}));
    }
    root.insert("additionalProperties".to_owned(), false.into());
    root.insert("required".to_owned(), json!(["apiVersion", "kind"]));
}

/// Says what the fields of the document are where they are unset.
fn set_defaults(root: &mut Map<String, Value>, defaults: &Value) {
    let Some(Value::Object(properties)) = root.get_mut("properties") else {
        return;
    };
    for (name, schema) in properties {
        let default = defaults.get(name).filter(|value| is_something(value));
        if let (Value::Object(schema), Some(default)) = (schema, default)
            && !schema.contains_key("const")
        {
            schema.insert("default".to_owned(), default.clone());
        }
    }
}

/// Whether a default says anything: not what is nothing anyway.
pub(crate) fn is_something(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Object(map) => map.values().any(is_something),
        Value::Array(items) => !items.is_empty(),
        Value::String(text) => !text.is_empty() && text != "0s",
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::Bool(_) => true,
    }
}
