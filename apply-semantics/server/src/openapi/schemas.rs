//! The component schemas of a document.

use std::collections::BTreeMap;

use apply_semantics::types::{Field, Leaf, ListType, MapType, Node, Shape, builtin};
use serde_json::{Map, Value, json};

use crate::registry::Resource;

/// Schemas by name, with all that they refer to.
#[derive(Default)]
pub(super) struct Components(BTreeMap<String, Value>);

impl Components {
    /// Adds the schema of a resource, and answers its name.
    pub(super) fn of_resource(&mut self, resource: &Resource) -> String {
        let kind =
            json!([{"group": resource.group, "version": resource.version, "kind": resource.kind}]);
        let (name, mut schema) = match &resource.custom {
            Some(custom) => {
                let name = custom_name(resource);
                let mut schema = custom.schema.clone();
                self.add_identity(&mut schema);
                (name, schema)
            }
            None => match builtin().kind(&resource.api_version(), &resource.kind) {
                Some(node) => {
                    let name = self.add(node);
                    let schema = self.0.get(&name).cloned().unwrap_or_default();
                    (name, schema)
                }
                None => (custom_name(resource), json!({"type": "object"})),
            },
        };
        if let Some(fields) = schema.as_object_mut() {
            fields.insert("x-kubernetes-group-version-kind".to_owned(), kind);
        }
        self.0.insert(name.clone(), schema);
        name
    }

    pub(super) fn finish(self) -> Value {
        Value::Object(self.0.into_iter().collect())
    }

    /// Gives the schema of a custom resource the fields that all objects have.
    fn add_identity(&mut self, schema: &mut Value) {
        let metadata = builtin()
            .kind("v1", "Namespace")
            .and_then(|node| node.field("metadata"));
        let metadata = metadata.map(|field| self.schema(field.node()));
        let Some(schema) = schema.as_object_mut() else {
            return;
        };
        let fields = schema.entry("properties").or_insert_with(|| json!({}));
        if let Some(fields) = fields.as_object_mut() {
            fields.insert("apiVersion".to_owned(), json!({"type": "string"}));
            fields.insert("kind".to_owned(), json!({"type": "string"}));
            fields.insert(
                "metadata".to_owned(),
                metadata.unwrap_or_else(|| json!({"type": "object"})),
            );
        }
    }

    /// Adds a struct under the name that Kubernetes gives it.
    fn add(&mut self, node: Node<'_>) -> String {
        let Shape::Struct(type_name) = node.shape() else {
            return String::new();
        };
        let name = full_name(type_name);
        if self.0.contains_key(&name) {
            return name;
        }
        // Types refer to themselves.
        self.0.insert(name.clone(), Value::Null);
        let mut fields = Map::new();
        for field in node.fields() {
            fields.insert(field.name().to_owned(), self.field(field));
        }
        let mut schema = json!({"type": "object"});
        if let Some(schema) = schema.as_object_mut() {
            if !fields.is_empty() {
                schema.insert("properties".to_owned(), Value::Object(fields));
            }
            mark_map(schema, node.map_type());
        }
        self.0.insert(name.clone(), schema);
        name
    }

    fn field(&mut self, field: Field<'_>) -> Value {
        let mut schema = self.schema(field.node());
        let Some(fields) = schema.as_object_mut() else {
            return schema;
        };
        if let Some(default) = field.default_value() {
            fields.insert("default".to_owned(), default.clone());
        }
        let strategy = field.strategy();
        let words: Vec<&str> = [
            (strategy.merge, "merge"),
            (strategy.replace, "replace"),
            (strategy.retain_keys, "retainKeys"),
        ]
        .into_iter()
        .filter_map(|(set, word)| set.then_some(word))
        .collect();
        if !words.is_empty() {
            fields.insert(
                "x-kubernetes-patch-strategy".to_owned(),
                words.join(",").into(),
            );
        }
        if !field.merge_key().is_empty() {
            fields.insert(
                "x-kubernetes-patch-merge-key".to_owned(),
                field.merge_key().into(),
            );
        }
        schema
    }

    fn schema(&mut self, node: Node<'_>) -> Value {
        match node.shape() {
            Shape::Struct(_) => {
                let mut schema = Map::new();
                let reference = json!({"$ref": format!("#/components/schemas/{}", self.add(node))});
                schema.insert("allOf".to_owned(), json!([reference]));
                mark_map(&mut schema, node.map_type());
                Value::Object(schema)
            }
            Shape::List(element) => {
                let mut schema = Map::new();
                schema.insert("type".to_owned(), "array".into());
                schema.insert("items".to_owned(), self.schema(element));
                mark_list(&mut schema, node);
                Value::Object(schema)
            }
            Shape::Map(entry) => {
                let mut schema = Map::new();
                schema.insert("type".to_owned(), "object".into());
                schema.insert("additionalProperties".to_owned(), self.schema(entry));
                mark_map(&mut schema, node.map_type());
                Value::Object(schema)
            }
            Shape::Leaf(leaf) => leaf_schema(leaf),
            _ => json!({}),
        }
    }
}

fn leaf_schema(leaf: Leaf) -> Value {
    match leaf {
        Leaf::String => json!({"type": "string"}),
        Leaf::Integer => json!({"type": "integer"}),
        Leaf::Number => json!({"type": "number"}),
        Leaf::Boolean => json!({"type": "boolean"}),
        Leaf::Time | Leaf::MicroTime => json!({"type": "string", "format": "date-time"}),
        Leaf::Bytes => json!({"type": "string", "format": "byte"}),
        Leaf::Quantity => json!({"oneOf": [{"type": "string"}, {"type": "number"}]}),
        Leaf::IntOrString => {
            json!({"oneOf": [{"type": "integer"}, {"type": "string"}], "format": "int-or-string"})
        }
        Leaf::Raw | Leaf::Object => json!({"type": "object"}),
        _ => json!({}),
    }
}

fn mark_list(schema: &mut Map<String, Value>, node: Node<'_>) {
    let word = match node.list_type() {
        ListType::Unmarked => return,
        ListType::Atomic => "atomic",
        ListType::Set => "set",
        ListType::Map => "map",
    };
    schema.insert("x-kubernetes-list-type".to_owned(), word.into());
    let keys: Vec<&str> = node.list_keys().iter().map(AsRef::as_ref).collect();
    if !keys.is_empty() {
        schema.insert("x-kubernetes-list-map-keys".to_owned(), keys.into());
    }
}

fn mark_map(schema: &mut Map<String, Value>, map: MapType) {
    let word = match map {
        MapType::Unmarked => return,
        MapType::Granular => "granular",
        MapType::Atomic => "atomic",
    };
    schema.insert("x-kubernetes-map-type".to_owned(), word.into());
}

/// `core.v1.Pod` is `io.k8s.api.core.v1.Pod`; types of the machinery are elsewhere.
fn full_name(name: &str) -> String {
    let home = if name.starts_with("meta.") || name.starts_with("runtime.") {
        "io.k8s.apimachinery.pkg.apis"
    } else if name.starts_with("apiextensions.") {
        "io.k8s.apiextensions-apiserver.pkg.apis"
    } else if name.starts_with("apiregistration.") {
        "io.k8s.kube-aggregator.pkg.apis"
    } else {
        "io.k8s.api"
    };
    format!("{home}.{name}")
}

/// `Widget` of `v1` of `example.com` is `com.example.v1.Widget`.
fn custom_name(resource: &Resource) -> String {
    let mut parts: Vec<&str> = resource.group.split('.').collect();
    parts.reverse();
    parts.push(&resource.version);
    parts.push(&resource.kind);
    parts.join(".")
}
