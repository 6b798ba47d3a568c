//! Schemas written down in code.
//!
//! ```
//! use apply_semantics::schema::{Schema, builder::{boolean, keyed, list, number, object, set, string}};
//! use serde_json::json;
//!
//! let port = object().field("port", number()).defaulted("protocol", string(), json!("TCP")).field("open", boolean());
//! let widget = object()
//!     .field("size", number())
//!     .field("args", list(string()))
//!     .field("tags", set(string()))
//!     .field("ports", keyed(["port", "protocol"], port));
//! let schema = Schema::builder().define("widget", widget).build()?;
//!
//! let ty = schema.type_named("widget").expect("just defined");
//! let set = ty.field_set(Some(&json!({"args": ["-v"], "tags": ["a"], "ports": [{"port": 80}]}))).unwrap();
//! assert_eq!(set.to_string(), concat!(
//!     r#"{"f:args":{},"f:ports":{"k:{\"port\":80,\"protocol\":\"TCP\"}":{".":{},"f:port":{}}},"f:tags":{"v:\"a\"":{}}}"#,
//! ));
//! # Ok::<(), apply_semantics::schema::SchemaError>(())
//! ```

use std::sync::Arc;

use serde_json::Value;

use super::{
    Atom, Definition, Field, List, Map, Reference, Relationship, Scalar, Schema, SchemaError,
    UNTYPED_ATOMIC, UNTYPED_DEDUCED,
};

/// Definitions that become a [`Schema`].
#[derive(Debug, Clone, Default)]
pub struct Builder {
    definitions: Vec<Definition>,
}

/// A struct or map that is being written down.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Object(Map);

impl Schema {
    /// Begins a schema. [`builder`](self) has the parts to make types of.
    pub fn builder() -> Builder {
        Builder::default()
    }
}

impl Builder {
    /// Adds a named type. References to names may come before their definitions.
    #[must_use]
    pub fn define(mut self, name: &str, of: impl Into<Reference>) -> Self {
        let Reference {
            inlined,
            name: alias,
            ..
        } = of.into();
        // A name for another name is that type again.
        let named =
            alias.and_then(|alias| self.definitions.iter().find(|other| other.name == alias));
        let atom = named.map_or(inlined, |other| other.atom.clone());
        self.definitions.push(Definition {
            name: name.to_owned(),
            atom,
        });
        self
    }

    /// Compiles the definitions, with the common types [`raw`] and [`deduced`] added.
    ///
    /// # Errors
    /// As [`Schema::compile`].
    pub fn build(mut self) -> Result<Arc<Schema>, SchemaError> {
        self.definitions
            .extend([Definition::untyped_atomic(), Definition::untyped_deduced()]);
        Schema::compile(&self.definitions)
    }
}

impl Object {
    /// Adds a field.
    #[must_use]
    pub fn field(self, name: &str, of: impl Into<Reference>) -> Self {
        self.with(name, of.into(), None)
    }

    /// Adds a field with a default, which completes the keys of list elements that lack it.
    #[must_use]
    pub fn defaulted(self, name: &str, of: impl Into<Reference>, default: Value) -> Self {
        self.with(name, of.into(), Some(default))
    }

    /// Allows entries that are not declared, of that type.
    #[must_use]
    pub fn others(mut self, of: impl Into<Reference>) -> Self {
        self.0.element = of.into();
        self
    }

    /// The same, owned as a whole.
    #[must_use]
    pub fn atomic(mut self) -> Self {
        self.0.relationship = Relationship::Atomic;
        self
    }

    fn with(mut self, name: &str, reference: Reference, default: Option<Value>) -> Self {
        self.0.fields.push(Field {
            name: name.to_owned(),
            reference,
            default,
        });
        self
    }
}

impl From<Object> for Reference {
    fn from(object: Object) -> Self {
        Self::inlined(Atom {
            map: Some(Box::new(object.0)),
            ..Atom::default()
        })
    }
}

/// A struct: an object with declared fields.
pub fn object() -> Object {
    Object::default()
}

/// A map from strings to values of a type.
pub fn map(of: impl Into<Reference>) -> Object {
    object().others(of)
}

/// A list that is owned as a whole.
pub fn list(of: impl Into<Reference>) -> Reference {
    list_of(of.into(), Relationship::Atomic, Vec::new())
}

/// A list whose elements are scalars that each are there once.
pub fn set(of: impl Into<Reference>) -> Reference {
    list_of(of.into(), Relationship::Associative, Vec::new())
}

/// A list whose elements are objects that are told apart by these fields.
pub fn keyed<const N: usize>(keys: [&str; N], of: impl Into<Reference>) -> Reference {
    let keys = keys.iter().map(ToString::to_string).collect();
    list_of(of.into(), Relationship::Associative, keys)
}

/// A string.
pub fn string() -> Reference {
    scalar(Scalar::String)
}

/// A number.
pub fn number() -> Reference {
    scalar(Scalar::Numeric)
}

/// A truth value.
pub fn boolean() -> Reference {
    scalar(Scalar::Boolean)
}

/// Any scalar, such as a quantity, which may be a number or a string.
pub fn any_scalar() -> Reference {
    scalar(Scalar::Untyped)
}

/// The type of that name.
pub fn named(name: &str) -> Reference {
    Reference::named(name)
}

/// Anything, owned as a whole.
pub fn raw() -> Reference {
    Reference::named(UNTYPED_ATOMIC)
}

/// Anything, with a structure that is deduced from the value: granular maps, atomic lists.
pub fn deduced() -> Reference {
    Reference::named(UNTYPED_DEDUCED)
}

fn scalar(scalar: Scalar) -> Reference {
    Reference::inlined(Atom {
        scalar: Some(scalar),
        ..Atom::default()
    })
}

fn list_of(element: Reference, relationship: Relationship, keys: Vec<String>) -> Reference {
    let list = List {
        element,
        relationship,
        keys,
    };
    Reference::inlined(Atom {
        list: Some(Box::new(list)),
        ..Atom::default()
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_built_is_what_is_written() {
        let built = Schema::builder()
            .define(
                "a",
                object()
                    .field("b", named("b"))
                    .field("c", map(number()).atomic())
                    .field("d", any_scalar()),
            )
            .define(
                "b",
                keyed(
                    ["k"],
                    object()
                        .field("k", string())
                        .field("v", deduced())
                        .field("w", raw()),
                ),
            );
        let written = json!({"types": [
            {"name": "a", "map": {"fields": [
                {"name": "b", "type": {"namedType": "b"}},
                {"name": "c", "type": {"map": {"elementType": {"scalar": "numeric"}, "elementRelationship": "atomic"}}},
                {"name": "d", "type": {"scalar": "untyped"}}]}},
            {"name": "b", "list": {"elementRelationship": "associative", "keys": ["k"], "elementType": {"map": {"fields": [
                {"name": "k", "type": {"scalar": "string"}},
                {"name": "v", "type": {"namedType": "__untyped_deduced_"}},
                {"name": "w", "type": {"namedType": "__untyped_atomic_"}}]}}}}]});
        assert_eq!(Definition::write_all(&built.definitions), written);
        assert!(built.build().is_ok());
    }
}
