//! Schemas of declared types, and of the built-in ones.

use std::{
    collections::BTreeSet,
    sync::{Arc, OnceLock},
};

use serde_json::Value;

use super::{
    Atom, Definition, Field, List, Map, Reference, Relationship, Scalar, Schema, SchemaError, Type,
    UNTYPED_DEDUCED,
};
use crate::types::{self, Leaf, ListType, MapType, Node, Shape, Types};

impl Definition {
    /// The definitions of declared types, with the common types at the end. Lists without a list type are as their patch
    /// strategy says, or atomic.
    pub fn from_types(types: &Types) -> Vec<Self> {
        let keys = keys_of_lists(types);
        let definition = |(name, node): (&str, Node<'_>)| {
            let keyed = |found: &types::Field<'_>| keys.contains(&(name, found.name()));
            let fields = node
                .fields()
                .map(|found| {
                    let default = zero(found.node()).filter(|_| keyed(&found));
                    let field = field(found);
                    Field {
                        default: field.default.or(default),
                        ..field
                    }
                })
                .collect();
            let relationship = map_relationship(node.map_type()).unwrap_or_default();
            let map = Map {
                fields,
                element: Reference::default(),
                relationship,
            };
            Self {
                name: name.to_owned(),
                atom: Atom {
                    map: Some(Box::new(map)),
                    ..Atom::default()
                },
            }
        };
        let definitions = types.all().map(definition);
        definitions
            .chain([Self::untyped_atomic(), Self::untyped_deduced()])
            .collect()
    }
}

/// The fields, with the names of their structs, by which alone the elements of a list are told apart. Go writes them in any case, so
/// that an element without has the zero value.
fn keys_of_lists(types: &Types) -> BTreeSet<(&str, &str)> {
    let lists = types.all().flat_map(|(_, node)| node.fields());
    lists
        .filter_map(|field| {
            let node = field.node();
            let Shape::List(element) = node.shape() else {
                return None;
            };
            match (element.shape(), node.list_keys()) {
                (Shape::Struct(name), [key]) => Some((name, key.as_ref())),
                _ => None,
            }
        })
        .collect()
}

/// The zero value of a scalar that can be a key.
fn zero(node: Node<'_>) -> Option<Value> {
    match node.shape() {
        Shape::Leaf(Leaf::String) => Some(Value::from("")),
        Shape::Leaf(Leaf::Integer) => Some(Value::from(0)),
        _ => None,
    }
}

impl Schema {
    /// The schema of all built-in types of Kubernetes 1.36, by the names that [`types::builtin`] has. It is made on first use and
    /// shared.
    ///
    /// # Errors
    /// Never for the types of this crate.
    pub fn builtin() -> Result<&'static Arc<Self>, SchemaError> {
        static SCHEMA: OnceLock<Result<Arc<Schema>, SchemaError>> = OnceLock::new();
        let schema =
            SCHEMA.get_or_init(|| Self::compile(&Definition::from_types(types::builtin())));
        schema.as_ref().map_err(Clone::clone)
    }
}

impl Type {
    /// The type of a built-in kind, by `group/version` (or `version` alone for the core group) and kind.
    ///
    /// ```
    /// use apply_semantics::schema::Type;
    /// let deployment = Type::builtin("apps/v1", "Deployment").expect("a built-in kind");
    /// let set = deployment.field_set(Some(&serde_json::json!({"spec": {"replicas": 1}})))?;
    /// assert_eq!(set.to_string(), r#"{"f:spec":{"f:replicas":{}}}"#);
    /// # Ok::<(), apply_semantics::typed::ValidationErrors>(())
    /// ```
    pub fn builtin(api_version: &str, kind: &str) -> Option<Self> {
        let Shape::Struct(name) = types::builtin().kind(api_version, kind)?.shape() else {
            return None;
        };
        Schema::builtin().ok()?.type_named(name)
    }
}

fn field(field: types::Field<'_>) -> Field {
    let mut reference = place(field.node());
    let unmarked = field.node().list_type() == ListType::Unmarked;
    if let Some(list) = &mut reference.inlined.list
        && unmarked
        && field.strategy().merge
    {
        list.relationship = Relationship::Associative;
        list.keys
            .extend((!field.merge_key().is_empty()).then(|| field.merge_key().to_owned()));
    }
    Field {
        name: field.name().to_owned(),
        reference,
        default: field.default_value().cloned(),
    }
}

fn place(node: Node<'_>) -> Reference {
    match node.shape() {
        Shape::Struct(name) => Reference {
            relationship: map_relationship(node.own_map_type()),
            ..Reference::named(name)
        },
        Shape::Leaf(leaf) => Reference::inlined(leaf_atom(leaf)),
        Shape::List(element) => {
            let associative = matches!(node.list_type(), ListType::Map | ListType::Set);
            let list = List {
                element: place(element),
                relationship: if associative {
                    Relationship::Associative
                } else {
                    Relationship::Atomic
                },
                keys: node.list_keys().iter().map(ToString::to_string).collect(),
            };
            Reference::inlined(Atom {
                list: Some(Box::new(list)),
                ..Atom::default()
            })
        }
        Shape::Map(value) => {
            let relationship = map_relationship(node.map_type()).unwrap_or_default();
            let map = Map {
                fields: Vec::new(),
                element: place(value),
                relationship,
            };
            Reference::inlined(Atom {
                map: Some(Box::new(map)),
                ..Atom::default()
            })
        }
    }
}

fn map_relationship(map: MapType) -> Option<Relationship> {
    match map {
        MapType::Unmarked => None,
        MapType::Granular => Some(Relationship::Separable),
        MapType::Atomic => Some(Relationship::Atomic),
    }
}

fn leaf_atom(leaf: Leaf) -> Atom {
    let scalar = |scalar| Atom {
        scalar: Some(scalar),
        ..Atom::default()
    };
    match leaf {
        Leaf::String | Leaf::Bytes => scalar(Scalar::String),
        Leaf::Integer | Leaf::Number => scalar(Scalar::Numeric),
        Leaf::Boolean => scalar(Scalar::Boolean),
        Leaf::Time | Leaf::MicroTime | Leaf::Quantity | Leaf::IntOrString => {
            scalar(Scalar::Untyped)
        }
        Leaf::Raw => Definition::untyped_atomic().atom,
        Leaf::Any => Definition::untyped_deduced().atom,
        Leaf::Object => {
            let map = Map {
                element: Reference::named(UNTYPED_DEDUCED),
                ..Map::default()
            };
            Atom {
                map: Some(Box::new(map)),
                ..Atom::default()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_kind_has_a_type() {
        for (kind, _) in types::builtin().kinds() {
            let (version, name) = kind.rsplit_once('/').unwrap();
            let ty = Type::builtin(version, name).unwrap();
            let object = json!({"kind": name, "metadata": {"name": "a", "labels": {"b": "c"}}});
            ty.validate(Some(&object)).unwrap();
            let set = ty.field_set(Some(&object)).unwrap().to_string();
            assert_eq!(
                set,
                r#"{"f:kind":{},"f:metadata":{"f:labels":{"f:b":{}},"f:name":{}}}"#
            );
        }
    }

    #[test]
    fn defaults_complete_keys_and_places_override_types() {
        let ty = Type::builtin("v1", "Pod").unwrap();
        let pod =
            json!({"spec": {"containers": [{"name": "a", "ports": [{"containerPort": 80}]}]}});
        assert_eq!(
            ty.field_set(Some(&pod)).unwrap().to_string(),
            concat!(
                r#"{"f:spec":{"f:containers":{"k:{\"name\":\"a\"}":{".":{},"f:name":{},"f:ports":{"#,
                r#""k:{\"containerPort\":80,\"protocol\":\"TCP\"}":{".":{},"f:containerPort":{}}}}}}}"#
            )
        );
        let ty = Type::builtin("v1", "PersistentVolume").unwrap();
        let volume =
            json!({"spec": {"claimRef": {"name": "a"}, "cephfs": {"secretRef": {"name": "b"}}}});
        assert_eq!(
            ty.field_set(Some(&volume)).unwrap().to_string(),
            r#"{"f:spec":{"f:cephfs":{"f:secretRef":{}},"f:claimRef":{"f:name":{}}}}"#
        );
    }
}
