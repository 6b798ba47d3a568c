//! Schemas as they are written down.

use serde_json::Value;

use super::{UNTYPED_ATOMIC, UNTYPED_DEDUCED};

/// A named type.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Definition {
    /// The name that references use.
    pub name: String,
    /// The type.
    pub atom: Atom,
}

/// The kinds of values a type allows: any of a scalar, a list and a map.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Atom {
    /// Scalars of this kind.
    pub scalar: Option<Scalar>,
    /// Lists.
    pub list: Option<Box<List>>,
    /// Maps and structs.
    pub map: Option<Box<Map>>,
}

/// The kinds of scalars.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scalar {
    /// Numbers.
    Numeric,
    /// Strings.
    String,
    /// Booleans.
    Boolean,
    /// Any scalar.
    Untyped,
}

/// A list type.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct List {
    /// The type of elements.
    pub element: Reference,
    /// Atomic or associative.
    pub relationship: Relationship,
    /// The fields that tell the elements of an associative list apart; none for a set of scalars.
    pub keys: Vec<String>,
}

/// A map or struct type.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Map {
    /// The declared fields.
    pub fields: Vec<Field>,
    /// The type of all other entries; if it is empty, there may be none.
    pub element: Reference,
    /// Atomic, or separable, which is the default.
    pub relationship: Relationship,
}

/// A declared field.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Field {
    /// The JSON name.
    pub name: String,
    /// The type.
    pub reference: Reference,
    /// The default, which completes the keys of list elements.
    pub default: Option<Value>,
}

/// A reference to a named type, or an inlined type.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Reference {
    /// The name of the type.
    pub name: Option<String>,
    /// The type itself, if there is no name.
    pub inlined: Atom,
    /// Overrides the relationship of the type.
    pub relationship: Option<Relationship>,
    /// Whether null is a value of its own. This has no effect but that types that differ in it are different.
    pub nullable: bool,
}

/// How the elements of a list or map belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Relationship {
    /// Not said: separable for maps, not allowed for lists.
    #[default]
    Unset,
    /// One by one.
    Separable,
    /// As a whole.
    Atomic,
    /// Elements of a list, told apart by keys or value.
    Associative,
}

impl Definition {
    /// The common type of anything that is owned as a whole.
    pub fn untyped_atomic() -> Self {
        Self {
            name: UNTYPED_ATOMIC.to_owned(),
            atom: Atom::untyped(UNTYPED_ATOMIC, Relationship::Atomic),
        }
    }

    /// The common type whose structure is deduced from the value.
    pub fn untyped_deduced() -> Self {
        Self {
            name: UNTYPED_DEDUCED.to_owned(),
            atom: Atom::untyped(UNTYPED_DEDUCED, Relationship::Separable),
        }
    }
}

impl Atom {
    /// Any scalar, atomic lists, and maps of that relationship with entries of that type.
    fn untyped(entries: &str, relationship: Relationship) -> Self {
        Self {
            scalar: Some(Scalar::Untyped),
            list: Some(Box::new(List {
                element: Reference::named(UNTYPED_ATOMIC),
                relationship: Relationship::Atomic,
                keys: Vec::new(),
            })),
            map: Some(Box::new(Map {
                fields: Vec::new(),
                element: Reference::named(entries),
                relationship,
            })),
        }
    }
}

impl Reference {
    /// A reference by name.
    pub fn named(name: &str) -> Self {
        Self {
            name: Some(name.to_owned()),
            ..Self::default()
        }
    }

    /// An inlined type.
    pub fn inlined(atom: Atom) -> Self {
        Self {
            inlined: atom,
            ..Self::default()
        }
    }

    /// Whether it refers to nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether it is the deduced type, or an inlined type with untyped scalars.
    pub(super) fn is_deduced(&self) -> bool {
        match &self.name {
            Some(name) => name == UNTYPED_DEDUCED,
            None => self.inlined.scalar == Some(Scalar::Untyped),
        }
    }
}

impl Scalar {
    pub(super) const NAMES: [(Self, &'static str); 4] = [
        (Self::Numeric, "numeric"),
        (Self::String, "string"),
        (Self::Boolean, "boolean"),
        (Self::Untyped, "untyped"),
    ];
}

impl Relationship {
    pub(super) const NAMES: [(Self, &'static str); 4] = [
        (Self::Unset, ""),
        (Self::Separable, "separable"),
        (Self::Atomic, "atomic"),
        (Self::Associative, "associative"),
    ];
}
