//! Schemas: what the fields of objects are, and which lists and maps are owned and merged as a whole.
//!
//! A schema is written as [`Definition`]s, in the form of structured-merge-diff, and compiled once into a [`Schema`], in
//! which every reference is resolved. A [`Type`] is a place to start from: the type of an object.
//!
//! ```
//! use apply_semantics::schema::Schema;
//! use serde_json::json;
//!
//! let schema = Schema::from_value(&json!({"types": [{"name": "widget", "map": {"fields": [
//!     {"name": "size", "type": {"scalar": "numeric"}},
//!     {"name": "tags", "type": {"list": {"elementType": {"scalar": "string"}, "elementRelationship": "associative"}}},
//! ]}}]}))?;
//! let widget = schema.type_named("widget").expect("just defined");
//! assert!(widget.validate(Some(&json!({"size": 1, "tags": ["a"]}))).is_ok());
//! # Ok::<(), apply_semantics::schema::SchemaError>(())
//! ```

pub mod builder;
mod builtin;
mod compile;
mod crd;
mod definition;
mod names;
mod openapi;
mod read;
#[cfg(feature = "schemars")]
mod schemars;

use std::{
    collections::BTreeMap,
    error, fmt,
    sync::{Arc, OnceLock},
};

use serde_json::Value;

use names::Fields;

pub use definition::{Atom, Definition, Field, List, Map, Reference, Relationship, Scalar};

/// The name of the type of anything that is owned as a whole.
pub const UNTYPED_ATOMIC: &str = "__untyped_atomic_";
/// The name of the type whose structure is deduced from the value: granular maps, atomic lists.
pub const UNTYPED_DEDUCED: &str = "__untyped_deduced_";

/// A compiled schema. It is shared by the types and typed objects made from it.
#[derive(Debug)]
pub struct Schema {
    nodes: Vec<Node>,
    names: BTreeMap<String, Target>,
}

/// What a reference leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    /// No type is given.
    Absent,
    /// There is no such type, or its relationship cannot be overridden.
    Unresolved,
    /// The node at that index.
    Node(usize),
}

/// The kinds of values that a type allows.
#[derive(Debug, Clone, Default)]
pub(crate) struct Node {
    pub(crate) scalar: Option<Scalar>,
    pub(crate) list: Option<ListNode>,
    pub(crate) map: Option<MapNode>,
}

#[derive(Debug, Clone)]
pub(crate) struct ListNode {
    pub(crate) element: Target,
    /// Owned and merged as a whole; else by the keys of elements, or by value if there are none.
    pub(crate) atomic: bool,
    /// Sorted.
    pub(crate) keys: Arc<[Arc<str>]>,
}

#[derive(Debug, Clone)]
pub(crate) struct MapNode {
    pub(crate) fields: Arc<Fields>,
    /// The type of entries that are not declared.
    pub(crate) element: Target,
    /// Owned and merged as a whole.
    pub(crate) atomic: bool,
    /// No fields, and entries whose type is deduced.
    pub(crate) deduced: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct FieldNode {
    pub(crate) target: Target,
    pub(crate) default: Option<Value>,
}

impl MapNode {
    /// The type of an entry.
    pub(crate) fn entry(&self, name: &str) -> Target {
        self.fields
            .get(name)
            .map_or(self.element, |field| field.target)
    }

    /// The type of an entry, and whether it is a declared field.
    pub(crate) fn lookup(&self, name: &str) -> (Target, bool) {
        match self.fields.get(name) {
            Some(field) => (field.target, true),
            None => (self.element, false),
        }
    }
}

impl Schema {
    /// Compiles definitions. Of several with one name the last counts.
    ///
    /// # Errors
    /// A list is neither atomic nor associative.
    pub fn compile(definitions: &[Definition]) -> Result<Arc<Self>, SchemaError> {
        compile::compile(definitions).map(Arc::new)
    }

    /// Compiles definitions in their JSON form, `{"types": [...]}`.
    ///
    /// # Errors
    /// The JSON has another form, or [`Schema::compile`] fails.
    pub fn from_value(value: &Value) -> Result<Arc<Self>, SchemaError> {
        Self::compile(&Definition::read_all(value)?)
    }

    /// The type of that name.
    pub fn type_named(self: &Arc<Self>, name: &str) -> Option<Type> {
        let root = *self.names.get(name)?;
        Some(Type {
            schema: Arc::clone(self),
            root,
        })
    }

    pub(crate) fn node(&self, target: Target) -> Result<&Node, Fault> {
        const EMPTY: Node = Node {
            scalar: None,
            list: None,
            map: None,
        };
        match target {
            Target::Absent => Ok(&EMPTY),
            Target::Unresolved => Err(Fault::NoSuchType),
            Target::Node(index) => self.nodes.get(index).ok_or(Fault::NoSuchType),
        }
    }
}

/// A type of a schema. Cheap to clone; two are equal if they are the same type of the same compiled schema.
#[derive(Clone)]
pub struct Type {
    pub(crate) schema: Arc<Schema>,
    pub(crate) root: Target,
}

impl Type {
    /// The type whose structure is deduced from the value, for objects without a schema.
    pub fn deduced() -> Self {
        static DEDUCED: OnceLock<Arc<Schema>> = OnceLock::new();
        let schema = DEDUCED.get_or_init(|| {
            let untyped = [Definition::untyped_atomic(), Definition::untyped_deduced()];
            Schema::compile(&untyped).unwrap_or_else(|_| {
                Arc::new(Schema {
                    nodes: Vec::new(),
                    names: BTreeMap::new(),
                })
            })
        });
        let root = schema
            .names
            .get(UNTYPED_DEDUCED)
            .copied()
            .unwrap_or(Target::Unresolved);
        Self {
            schema: Arc::clone(schema),
            root,
        }
    }
}

impl PartialEq for Type {
    fn eq(&self, other: &Self) -> bool {
        self.root == other.root && Arc::ptr_eq(&self.schema, &other.schema)
    }
}

impl fmt::Debug for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = self
            .schema
            .names
            .iter()
            .find(|(_, target)| **target == self.root);
        write!(f, "Type({})", named.map_or("", |(name, _)| name))
    }
}

/// What the schema itself may lack when a value is walked by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// A reference leads nowhere.
    NoSuchType,
    /// The type allows no kind of value.
    NoKind,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoSuchType => "the schema has no such type",
            Self::NoKind => "the schema allows no kind of value here",
        })
    }
}

/// Why a schema cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemaError {
    /// The type, with fields behind dots, or the place in the JSON.
    pub place: String,
    /// What is wrong there.
    pub reason: String,
}

impl SchemaError {
    pub(crate) fn new(place: &str, reason: impl Into<String>) -> Self {
        Self {
            place: place.to_owned(),
            reason: reason.into(),
        }
    }
}

impl fmt::Display for SchemaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.reason)
    }
}

impl error::Error for SchemaError {}
