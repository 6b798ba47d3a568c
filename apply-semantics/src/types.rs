//! What a field is, as far as patches and ownership care: its shape, and the markers Kubernetes puts on it.
//!
//! [`builtin`] holds every kind that an API server of Kubernetes 1.36 stores or accepts, taken from its OpenAPI
//! documents. Types of your own come from [`Types::from_condensed`].
//!
//! ```
//! use apply_semantics::types::{builtin, Strategy};
//!
//! let pod = builtin().kind("v1", "Pod").expect("Pod is a built-in kind");
//! let containers = pod.field("spec").and_then(|spec| spec.node().field("containers")).expect("declared");
//! assert_eq!(containers.strategy(), Strategy { merge: true, ..Strategy::default() });
//! assert_eq!(containers.merge_key(), "name");
//! assert_eq!(containers.node().list_keys(), ["name"]);
//! ```

mod condensed;
mod table;

use std::{borrow::Cow, collections::BTreeMap, fmt};

use serde_json::Value;

pub use condensed::TypesError;
pub use table::builtin;

type Text = Cow<'static, str>;

/// A set of named types, and which of them are kinds.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Types {
    pub(crate) defs: Vec<TypeDef>,
    pub(crate) names: BTreeMap<Text, usize>,
    pub(crate) kinds: BTreeMap<Text, usize>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TypeDef {
    pub(crate) name: Text,
    pub(crate) atomic: bool,
    /// Sorted by name.
    pub(crate) fields: Vec<FieldDef>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct FieldDef {
    pub(crate) name: Text,
    /// The [`prefix`] of the name, by which it is looked for.
    pub(crate) prefix: u64,
    pub(crate) node: NodeDef,
    pub(crate) strategy: Strategy,
    pub(crate) merge_key: Text,
    pub(crate) default: Option<Value>,
}

/// A place in a type: what may stand there, with the markers of that place.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct NodeDef {
    pub(crate) shape: ShapeDef,
    pub(crate) list: ListType,
    pub(crate) keys: Vec<Text>,
    pub(crate) map: MapType,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum ShapeDef {
    Leaf(Leaf),
    Named(usize),
    List(Box<NodeDef>),
    Map(Box<NodeDef>),
}

/// What a place without inner structure holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Leaf {
    /// A string.
    String,
    /// A whole number.
    Integer,
    /// Any number.
    Number,
    /// A truth value.
    Boolean,
    /// A time stamp in seconds.
    Time,
    /// A time stamp with microseconds.
    MicroTime,
    /// Bytes, written in base64.
    Bytes,
    /// A quantity: a string or a number.
    Quantity,
    /// An integer or a string.
    IntOrString,
    /// Any JSON, owned and compared as a whole.
    Raw,
    /// An object without declared fields.
    Object,
    /// Any JSON.
    Any,
}

/// How server-side apply treats a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ListType {
    /// No marker: as a whole.
    #[default]
    Unmarked,
    /// As a whole.
    Atomic,
    /// A set of scalars.
    Set,
    /// By the keys of its elements.
    Map,
}

/// How server-side apply treats a map or a struct.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MapType {
    /// No marker: as its type says, which is field by field unless it says atomic.
    #[default]
    Unmarked,
    /// Field by field.
    Granular,
    /// As a whole.
    Atomic,
}

/// The patch strategy of a field (`patchStrategy`), for strategic merge patches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Strategy {
    /// `merge`: the elements of a list are merged, by the merge key or as a set.
    pub merge: bool,
    /// `replace`: the value is replaced as a whole, although it could be merged.
    pub replace: bool,
    /// `retainKeys`: fields that the patch does not name are cleared.
    pub retain_keys: bool,
}

impl Types {
    /// The type of a kind, by `group/version` (or `version` alone for the core group) and kind.
    pub fn kind(&self, api_version: &str, kind: &str) -> Option<Node<'_>> {
        let key = format!("{api_version}/{kind}");
        self.kinds.get(key.as_str()).map(|&index| self.node(index))
    }

    /// The kinds, as `group/version/Kind` (`v1/Pod` for the core group), sorted.
    pub fn kinds(&self) -> impl Iterator<Item = (&str, Node<'_>)> {
        let named = self.kinds.iter();
        named.map(|(kind, &index)| (kind.as_ref(), self.node(index)))
    }

    /// All types, in the order of [`Node::type_place`].
    pub(crate) fn in_order(&self) -> impl Iterator<Item = Node<'_>> {
        (0..self.defs.len()).map(|index| self.node(index))
    }

    /// All types, by name, sorted.
    pub fn all(&self) -> impl Iterator<Item = (&str, Node<'_>)> {
        let named = self.names.iter();
        named.map(|(name, &index)| (name.as_ref(), self.node(index)))
    }

    /// The type of a name, such as `core.v1.Container`.
    pub fn named(&self, name: &str) -> Option<Node<'_>> {
        self.names.get(name).map(|&index| self.node(index))
    }

    fn node(&self, index: usize) -> Node<'_> {
        Node {
            types: self,
            at: At::Type(index),
        }
    }
}

/// A place in a set of types. Cheap to copy.
#[derive(Clone, Copy)]
pub struct Node<'a> {
    types: &'a Types,
    at: At<'a>,
}

#[derive(Clone, Copy)]
enum At<'a> {
    Type(usize),
    Place(&'a NodeDef),
}

/// What may stand at a [`Node`].
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Shape<'a> {
    /// A value without declared structure.
    Leaf(Leaf),
    /// A struct, with the name of its type.
    Struct(&'a str),
    /// A list of such elements.
    List(Node<'a>),
    /// A map from strings to such values.
    Map(Node<'a>),
}

impl<'a> Node<'a> {
    /// What may stand here.
    pub fn shape(self) -> Shape<'a> {
        let inner = |place| Node {
            types: self.types,
            at: At::Place(place),
        };
        match self.at {
            At::Place(NodeDef {
                shape: ShapeDef::Leaf(leaf),
                ..
            }) => Shape::Leaf(*leaf),
            At::Place(NodeDef {
                shape: ShapeDef::List(element),
                ..
            }) => Shape::List(inner(element)),
            At::Place(NodeDef {
                shape: ShapeDef::Map(value),
                ..
            }) => Shape::Map(inner(value)),
            _ => Shape::Struct(self.def().map_or("", |def| &def.name)),
        }
    }

    /// The declared field of that name. Names match exactly first, and else without regard to case, as Go's JSON does.
    pub fn field(self, name: &str) -> Option<Field<'a>> {
        self.field_at(self.position(name)?)
    }

    /// The place of the field of that name among the declared ones.
    pub(crate) fn position(self, name: &str) -> Option<usize> {
        let fields = &self.def()?.fields;
        let wanted = prefix(name);
        let exact = fields.binary_search_by(|field| {
            let by_prefix = field.prefix.cmp(&wanted);
            by_prefix.then_with(|| field.name.as_ref().cmp(name))
        });
        let folded = || {
            let mut fields = fields.iter();
            fields.position(|field| field.name.eq_ignore_ascii_case(name))
        };
        exact.ok().or_else(folded)
    }

    /// The declared field at a place.
    pub(crate) fn field_at(self, place: usize) -> Option<Field<'a>> {
        let def = self.def()?.fields.get(place)?;
        Some(Field {
            types: self.types,
            def,
        })
    }

    /// The place of the type of a struct among all types of its set.
    pub(crate) fn type_place(self) -> Option<usize> {
        match self.at {
            At::Type(index) => Some(index),
            At::Place(place) => match place.shape {
                ShapeDef::Named(index) => Some(index),
                _ => None,
            },
        }
    }

    /// The declared fields, sorted by name; none if this is no struct.
    pub fn fields(self) -> impl Iterator<Item = Field<'a>> {
        let fields = self.def().map_or(&[][..], |def| &def.fields);
        fields.iter().map(move |def| Field {
            types: self.types,
            def,
        })
    }

    /// The list type, if this is a list.
    pub fn list_type(self) -> ListType {
        match self.at {
            At::Type(_) => ListType::Unmarked,
            At::Place(place) => place.list,
        }
    }

    /// The fields that tell the elements of a list of type map apart.
    pub fn list_keys(self) -> &'a [Cow<'static, str>] {
        match self.at {
            At::Type(_) => &[],
            At::Place(place) => &place.keys,
        }
    }

    /// The map type of a map or struct: what this place says, and else what its type says.
    pub fn map_type(self) -> MapType {
        match (self.at, self.def()) {
            (At::Place(place), _) if place.map != MapType::Unmarked => place.map,
            (_, Some(def)) if def.atomic => MapType::Atomic,
            _ => MapType::Unmarked,
        }
    }

    /// The map type that this place says, whatever its type says.
    pub(crate) fn own_map_type(self) -> MapType {
        match self.at {
            At::Type(_) => MapType::Unmarked,
            At::Place(place) => place.map,
        }
    }

    fn def(self) -> Option<&'a TypeDef> {
        self.types.defs.get(self.type_place()?)
    }
}

/// The first eight bytes of a name, as a number that orders as they do: most names differ there already.
pub(crate) fn prefix(name: &str) -> u64 {
    let mut bytes = [0; 8];
    for (byte, of_name) in bytes.iter_mut().zip(name.bytes()) {
        *byte = of_name;
    }
    u64::from_be_bytes(bytes)
}

impl fmt::Debug for Node<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.shape() {
            Shape::Leaf(leaf) => write!(f, "{leaf:?}"),
            Shape::Struct(name) => f.write_str(name),
            Shape::List(element) => write!(f, "[{element:?}]"),
            Shape::Map(value) => write!(f, "{{{value:?}}}"),
        }
    }
}

/// A declared field of a struct. Cheap to copy.
#[derive(Debug, Clone, Copy)]
pub struct Field<'a> {
    types: &'a Types,
    def: &'a FieldDef,
}

impl<'a> Field<'a> {
    /// The JSON name.
    pub fn name(self) -> &'a str {
        &self.def.name
    }

    /// What stands in the field.
    pub fn node(self) -> Node<'a> {
        Node {
            types: self.types,
            at: At::Place(&self.def.node),
        }
    }

    /// The patch strategy.
    pub fn strategy(self) -> Strategy {
        self.def.strategy
    }

    /// The field that tells the elements of a merging list apart (`patchMergeKey`), or the empty string.
    pub fn merge_key(self) -> &'a str {
        &self.def.merge_key
    }

    /// The default that the schema states; it also completes the keys of list elements.
    pub fn default_value(self) -> Option<&'a Value> {
        self.def.default.as_ref()
    }
}
