//! Schemas of custom resources, from their definitions.

use std::sync::Arc;

use serde_json::{Map as JsonMap, Value, json};

use super::{Definition, Schema, SchemaError, Type};
use crate::types;

type Object = JsonMap<String, Value>;

const META: &str = "meta.v1.ObjectMeta";

impl Definition {
    /// The definitions of all versions of a CustomResourceDefinition of `apiextensions.k8s.io/v1`, by the names
    /// `group/version/Kind`, with those of the metadata and the common types.
    ///
    /// As on a server, resources and embedded resources have `apiVersion`, `kind` and `metadata` whatever their schema says, and a
    /// version without schema has the deduced type.
    ///
    /// # Errors
    /// The definition lacks a group or kind, or a schema has a type, list type or map type that is not known.
    pub fn from_crd(crd: &Value) -> Result<Vec<Self>, SchemaError> {
        let spec = crd.get("spec").unwrap_or(&Value::Null);
        let text = |pointer: &str| {
            let text = spec.pointer(pointer).and_then(Value::as_str);
            text.ok_or_else(|| SchemaError::new("spec", format!("expected a string at {pointer}")))
        };
        let (group, kind) = (text("/group")?, text("/names/kind")?);
        let preserve = spec.get("preserveUnknownFields") == Some(&Value::Bool(true));
        let mut schemas = Object::new();
        for version in spec
            .get("versions")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            let name = version
                .get("name")
                .and_then(Value::as_str)
                .unwrap_or_default();
            let mut schema = version.pointer("/schema/openAPIV3Schema").cloned();
            let schema = schema.take().unwrap_or_else(
                || json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true}),
            );
            schemas.insert(format!("{group}/{name}/{kind}"), resource(schema, true));
        }
        let mut definitions = Self::from_openapi(&schemas, preserve)?;
        let meta = Self::from_types(types::builtin());
        definitions.extend(
            meta.into_iter()
                .filter(|definition| definition.name.starts_with("meta.v1.")),
        );
        Ok(definitions)
    }
}

impl Schema {
    /// The schema of all versions of a CustomResourceDefinition. [`Schema::kind`] finds the type of an object.
    ///
    /// ```
    /// use apply_semantics::schema::Schema;
    /// use serde_json::json;
    ///
    /// let schema = Schema::from_crd(&json!({"spec": {"group": "a.example", "names": {"kind": "Box"}, "versions": [{"name": "v1",
    ///     "schema": {"openAPIV3Schema": {"type": "object", "properties": {"tags": {"type": "array",
    ///         "items": {"type": "string"}, "x-kubernetes-list-type": "set"}}}}}]}}))?;
    /// let ty = schema.kind("a.example/v1", "Box").expect("a version of the definition");
    /// let set = ty.field_set(Some(&json!({"metadata": {"name": "b"}, "tags": ["x"]})));
    /// assert_eq!(set.unwrap().to_string(), r#"{"f:metadata":{"f:name":{}},"f:tags":{"v:\"x\"":{}}}"#);
    /// # Ok::<(), apply_semantics::schema::SchemaError>(())
    /// ```
    ///
    /// # Errors
    /// As [`Definition::from_crd`] and [`Schema::compile`].
    pub fn from_crd(crd: &Value) -> Result<Arc<Self>, SchemaError> {
        Self::compile(&Definition::from_crd(crd)?)
    }

    /// The type of a kind, for schemas whose types are named `group/version/Kind`, as those of [`Schema::from_crd`] are.
    pub fn kind(self: &Arc<Self>, api_version: &str, kind: &str) -> Option<Type> {
        self.type_named(&format!("{api_version}/{kind}"))
    }
}

/// Adds what every resource has, here and in embedded resources.
fn resource(mut schema: Value, is_resource: bool) -> Value {
    let Some(object) = schema.as_object_mut() else {
        return schema;
    };
    let embedded = object.get("x-kubernetes-embedded-resource") == Some(&Value::Bool(true));
    for name in ["items", "additionalProperties"] {
        if let Some(below) = object.get_mut(name).filter(|below| below.is_object()) {
            *below = resource(below.take(), false);
        }
    }
    for below in object
        .get_mut("properties")
        .and_then(Value::as_object_mut)
        .into_iter()
        .flat_map(Object::values_mut)
    {
        *below = resource(below.take(), false);
    }
    if is_resource || embedded {
        let properties = object.entry("properties").or_insert_with(|| json!({}));
        if let Some(properties) = properties.as_object_mut() {
            // An object without declared properties is free, and stays so.
            let free = properties.is_empty();
            properties.insert("apiVersion".to_owned(), json!({"type": "string"}));
            properties.insert("kind".to_owned(), json!({"type": "string"}));
            properties.insert(
                "metadata".to_owned(),
                json!({"$ref": format!("#/definitions/{META}")}),
            );
            if free {
                object
                    .entry("x-kubernetes-preserve-unknown-fields")
                    .or_insert(Value::Bool(true));
            }
        }
    }
    schema
}
