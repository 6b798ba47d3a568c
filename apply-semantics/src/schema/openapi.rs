//! Schemas from OpenAPI, as kube-openapi's `schemaconv` makes them.

use serde_json::{Map as JsonMap, Value};

use super::{
    Atom, Definition, Field, List, Map, Reference, Relationship, Scalar, SchemaError,
    UNTYPED_ATOMIC, UNTYPED_DEDUCED,
};

const QUANTITY: &str = "io.k8s.apimachinery.pkg.api.resource.Quantity";
const RAW_EXTENSION: &str = "io.k8s.apimachinery.pkg.runtime.RawExtension";

type Object = JsonMap<String, Value>;
type Converted<T> = Result<T, SchemaError>;

impl Definition {
    /// Converts OpenAPI schemas, by name: the `definitions` of an OpenAPI v2 document, or the `components.schemas` of a v3 one.
    /// References are followed by the last part of their path. The common types are added at the end.
    ///
    /// `preserve_unknown_fields` lets all structs have fields that are not declared; `x-kubernetes-preserve-unknown-fields`
    /// does so for a schema and all inlined in it.
    ///
    /// # Errors
    /// A type, list type or map type is not known, or a list has no elements or keys where it must.
    pub fn from_openapi(schemas: &Object, preserve_unknown_fields: bool) -> Converted<Vec<Self>> {
        let schemas = schemas
            .iter()
            .filter(|(_, schema)| reference(schema).is_none());
        let definition = |(name, schema): (&String, &Value)| {
            let atom = match name.as_str() {
                // Nothing in their schemas says that these are written in several ways.
                QUANTITY => Atom {
                    scalar: Some(Scalar::Untyped),
                    ..Atom::default()
                },
                RAW_EXTENSION => Self::untyped_atomic().atom,
                _ => Conversion {
                    place: name,
                    preserve: preserve_unknown_fields,
                }
                .atom(schema)?,
            };
            Ok(Self {
                name: name.clone(),
                atom,
            })
        };
        let mut definitions = schemas.map(definition).collect::<Converted<Vec<_>>>()?;
        definitions.extend([Self::untyped_atomic(), Self::untyped_deduced()]);
        Ok(definitions)
    }
}

#[derive(Clone, Copy)]
struct Conversion<'a> {
    place: &'a str,
    /// Whether structs may have fields that are not declared.
    preserve: bool,
}

impl Conversion<'_> {
    fn atom(mut self, schema: &Value) -> Converted<Atom> {
        self.preserve |=
            schema.get("x-kubernetes-preserve-unknown-fields") == Some(&Value::Bool(true));
        let format = schema
            .get("format")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let mut atom = Atom::default();
        match type_of(schema) {
            "" => {
                atom.scalar = Some(Scalar::Untyped);
                atom.list = Some(Box::new(self.list(schema)?));
                atom.map = Some(Box::new(self.map(schema)?));
            }
            "object" => atom.map = Some(Box::new(self.map(schema)?)),
            "array" => atom.list = Some(Box::new(self.list(schema)?)),
            "integer" | "number" => atom.scalar = Some(Scalar::Numeric),
            "boolean" => atom.scalar = Some(Scalar::Boolean),
            "string" if matches!(format, "" | "byte") => atom.scalar = Some(Scalar::String),
            // Strings of some format may be written as numbers too.
            "string" => atom.scalar = Some(Scalar::Untyped),
            other => return Err(self.error(format!("type {other:?} is not known"))),
        }
        Ok(atom)
    }

    fn reference(self, schema: &Value) -> Converted<Reference> {
        let of_all = schema.get("allOf").and_then(Value::as_array);
        let of_all = of_all.and_then(|all| {
            if let [only] = all.as_slice() {
                reference(only)
            } else {
                None
            }
        });
        let Some(target) = reference(schema).or(of_all) else {
            return Ok(Reference::inlined(self.atom(schema)?));
        };
        let relationship = self.map_relationship(schema)?;
        let relationship = (relationship != Relationship::Unset).then_some(relationship);
        Ok(Reference {
            relationship,
            ..Reference::named(target)
        })
    }

    fn map(self, schema: &Value) -> Converted<Map> {
        let properties = schema.get("properties").and_then(Value::as_object);
        let field = |(name, property): (&String, &Value)| {
            let default = property
                .get("default")
                .filter(|default| !default.is_null())
                .cloned();
            Ok(Field {
                name: name.clone(),
                reference: self.reference(property)?,
                default,
            })
        };
        let fields = properties
            .into_iter()
            .flatten()
            .map(field)
            .collect::<Converted<Vec<_>>>()?;
        let open = || Ok(Reference::named(UNTYPED_DEDUCED));
        let element = match schema.get("additionalProperties") {
            // Without any property declared an object is free.
            None | Some(Value::Null) if self.preserve || fields.is_empty() => open(),
            Some(Value::Bool(true)) => open(),
            None | Some(Value::Null | Value::Bool(false)) => Ok(Reference::default()),
            Some(schema) => self.reference(schema),
        };
        Ok(Map {
            fields,
            element: element?,
            relationship: self.map_relationship(schema)?,
        })
    }

    fn list(self, schema: &Value) -> Converted<List> {
        let (relationship, keys) = self.list_relationship(schema)?;
        let element = match schema.get("items") {
            Some(items @ Value::Object(_)) => self.reference(items)?,
            Some(Value::Array(_)) => return Err(self.error("items must be one schema")),
            _ if type_of(schema).is_empty() => Reference::named(UNTYPED_ATOMIC),
            _ => return Err(self.error("a list must have items")),
        };
        Ok(List {
            element,
            relationship,
            keys,
        })
    }

    fn map_relationship(self, schema: &Value) -> Converted<Relationship> {
        match schema.get("x-kubernetes-map-type").map(Value::as_str) {
            None => Ok(Relationship::Unset),
            Some(Some("atomic")) => Ok(Relationship::Atomic),
            Some(Some("granular")) => Ok(Relationship::Separable),
            Some(_) => Err(self.error("x-kubernetes-map-type is not known")),
        }
    }

    /// What the list type says, and else the patch strategy.
    fn list_relationship(self, schema: &Value) -> Converted<(Relationship, Vec<String>)> {
        let text = |name| schema.get(name).map(Value::as_str);
        match (
            text("x-kubernetes-list-type"),
            text("x-kubernetes-patch-strategy"),
        ) {
            (Some(Some("atomic")), _) => Ok((Relationship::Atomic, Vec::new())),
            (Some(Some("set")), _) => Ok((Relationship::Associative, Vec::new())),
            (Some(Some("map")), _) => Ok((Relationship::Associative, self.list_keys(schema)?)),
            (Some(_), _) => Err(self.error("x-kubernetes-list-type is not known")),
            (None, Some(Some("merge" | "merge,retainKeys"))) => {
                match text("x-kubernetes-patch-merge-key") {
                    None => Ok((Relationship::Associative, Vec::new())),
                    Some(Some(key)) => Ok((Relationship::Associative, vec![key.to_owned()])),
                    Some(None) => Err(self.error("x-kubernetes-patch-merge-key is no string")),
                }
            }
            _ => Ok((Relationship::Atomic, Vec::new())),
        }
    }

    fn list_keys(self, schema: &Value) -> Converted<Vec<String>> {
        let keys = schema
            .get("x-kubernetes-list-map-keys")
            .and_then(Value::as_array);
        let keys = keys
            .ok_or_else(|| self.error("a list of type map must have x-kubernetes-list-map-keys"))?;
        Ok(keys
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect())
    }

    fn error(self, reason: impl Into<String>) -> SchemaError {
        SchemaError::new(self.place, reason)
    }
}

/// The name that a schema refers to.
fn reference(schema: &Value) -> Option<&str> {
    let path = schema.get("$ref")?.as_str()?;
    path.rsplit('/').next().filter(|name| !name.is_empty())
}

/// The type, of several the first.
fn type_of(schema: &Value) -> &str {
    match schema.get("type") {
        Some(Value::Array(types)) => types.first().and_then(Value::as_str).unwrap_or_default(),
        Some(ty) => ty.as_str().unwrap_or_default(),
        None => "",
    }
}
