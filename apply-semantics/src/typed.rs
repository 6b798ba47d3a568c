//! Objects of a type: validated, compared, merged, and cut down to sets of fields.
//!
//! This follows the `typed` package of structured-merge-diff 6.4.2, rule by rule.
//!
//! ```
//! use apply_semantics::{schema::Type, typed::{Duplicates, Typed}};
//! use serde_json::json;
//!
//! let live = Typed::new(Type::deduced(), json!({"a": 1, "b": {"c": 2}}), Duplicates::Forbid)?;
//! let config = Typed::new(Type::deduced(), json!({"b": {"c": 3}}), Duplicates::Forbid)?;
//! let merged = live.clone().merge(config)?;
//! assert_eq!(merged.value(), Some(&json!({"a": 1, "b": {"c": 3}})));
//! assert_eq!(live.compare(&merged)?.modified.to_string(), r#"{"f:b":{"f:c":{}}}"#);
//! # Ok::<(), apply_semantics::typed::ValidationErrors>(())
//! ```

mod compare;
mod error;
mod extract;
pub(crate) mod field_set;
pub(crate) mod item;
mod merge;
mod reconcile;
mod remove;
pub(crate) mod valid;
pub(crate) mod validate;

use serde_json::Value;

use crate::{
    fieldset::FieldSet,
    schema::{Fault, ListNode, MapNode, Node, Scalar, Schema, Target, Type},
};

pub use compare::Comparison;
pub use error::{Reason, ValidationError, ValidationErrors};

/// Whether the elements of a set or keyed list may be there more than once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Duplicates {
    /// They may: what is stored already is not refused for it.
    Allow,
    /// They may not.
    Forbid,
}

/// What becomes of a list or map of which everything was removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EmptyContainers {
    /// It becomes null, as in structured-merge-diff 6.3.3 and 6.4.2.
    #[default]
    Collapse,
    /// It stays, empty, as in structured-merge-diff 6.3.1, 6.3.2 and 6.4.0, and so in Kubernetes 1.36.0 to 1.36.2.
    Preserve,
}

/// A value with its type. There may be no value at all, which is not null.
#[derive(Debug, Clone, PartialEq)]
pub struct Typed {
    ty: Type,
    value: Option<Value>,
}

impl Typed {
    /// A value that is valid for its type.
    ///
    /// # Errors
    /// Everything that is not valid.
    pub fn new(ty: Type, value: Value, duplicates: Duplicates) -> Result<Self, ValidationErrors> {
        ty.validate_with(Some(&value), duplicates)?;
        Ok(Self {
            ty,
            value: Some(value),
        })
    }

    /// A value whose validity is known already. Operations on an invalid one fail or leave parts out.
    pub fn unchecked(ty: Type, value: Option<Value>) -> Self {
        Self { ty, value }
    }

    /// The type.
    pub fn ty(&self) -> &Type {
        &self.ty
    }

    /// The value.
    pub fn value(&self) -> Option<&Value> {
        self.value.as_ref()
    }

    /// The value, by itself.
    pub fn into_value(self) -> Option<Value> {
        self.value
    }

    /// Whether the value is valid for the type.
    ///
    /// # Errors
    /// Everything that is not valid.
    pub fn check(&self, duplicates: Duplicates) -> Result<(), ValidationErrors> {
        self.ty.validate_with(self.value(), duplicates)
    }

    /// The set of all leaves and list elements.
    ///
    /// # Errors
    /// The schema does not cover the value.
    pub fn field_set(&self) -> Result<FieldSet, ValidationErrors> {
        self.ty.field_set(self.value())
    }

    /// What changes from this object to the other.
    ///
    /// # Errors
    /// The types differ, or the value of either is not valid.
    pub fn compare(&self, other: &Self) -> Result<Comparison, ValidationErrors> {
        self.same_type(other)?;
        self.ty.compare(self.value(), other.value())
    }

    /// This object with the other over it: what the other has wins, nothing goes away. The order of lists is that of this
    /// object, as far as the other does not say otherwise.
    ///
    /// # Errors
    /// The types differ, or the value of either is not valid.
    pub fn merge(self, over: Self) -> Result<Self, ValidationErrors> {
        self.same_type(&over)?;
        let value = self.ty.merge(self.value, over.value)?;
        Ok(Self { ty: self.ty, value })
    }

    /// This object without the list elements and map entries in the set.
    #[must_use]
    pub fn remove(self, fields: &FieldSet, empty: EmptyContainers) -> Self {
        let value = remove::remove(&self.ty, self.value.unwrap_or_default(), fields, empty);
        Self {
            ty: self.ty,
            value: Some(value),
        }
    }

    /// Only the list elements and map entries in the set. Elements of keyed lists are without their keys, unless the set has
    /// them; a set of leaves ([`FieldSet::leaves`]) takes no more than it names.
    #[must_use]
    pub fn extract(&self, fields: &FieldSet) -> Self {
        let null = Value::Null;
        let value = extract::extract(&self.ty, self.value().unwrap_or(&null), fields);
        Self {
            ty: self.ty.clone(),
            value: Some(value),
        }
    }

    /// As [`Typed::extract`], with the keys of all list elements that the set goes through.
    #[must_use]
    pub fn extract_with_keys(&self, fields: &FieldSet) -> Self {
        match self.field_set() {
            Ok(all) => self.extract(&fields.union(&extract::key_fields(fields, &all))),
            Err(_) => self.extract(fields),
        }
    }

    fn same_type(&self, other: &Self) -> Result<(), ValidationErrors> {
        if self.ty == other.ty {
            Ok(())
        } else {
            Err(ValidationErrors::from(Reason::TypesDiffer))
        }
    }
}

impl Type {
    /// Whether a value is valid for the type, without duplicates. Null is valid for every type.
    ///
    /// # Errors
    /// Everything that is not valid.
    pub fn validate(&self, value: Option<&Value>) -> Result<(), ValidationErrors> {
        self.validate_with(value, Duplicates::Forbid)
    }

    /// The set as it would be if every declared field that has members of the set below it were a member too.
    #[must_use]
    pub fn with_named_fields(&self, fields: &FieldSet) -> FieldSet {
        reconcile::with_named_fields(self, fields)
    }

    /// Brings a set that was written under another version of the schema in line with this one: where there was something
    /// below what is now owned as a whole, the whole is owned. `None` if there is nothing to change.
    ///
    /// # Errors
    /// The schema lacks a type.
    pub fn reconcile(&self, fields: &FieldSet) -> Result<Option<FieldSet>, ValidationErrors> {
        reconcile::reconcile(self, fields)
    }
}

/// A kind of value, chosen from those that a type allows.
#[derive(Clone, Copy)]
pub(crate) enum Kind<'a> {
    Map(&'a MapNode),
    Scalar(Scalar),
    List(&'a ListNode),
}

impl Kind<'_> {
    fn is_same(self, other: Self) -> bool {
        std::mem::discriminant(&self) == std::mem::discriminant(&other)
    }
}

/// The kinds of a type that fit a value: the one of its kind, or all if the value is null, absent or of no such kind.
#[derive(Clone, Copy)]
pub(crate) enum Fit<'a> {
    One(Kind<'a>),
    All(&'a Node),
}

impl<'a> Fit<'a> {
    pub(crate) fn of(node: &'a Node, value: Option<&Value>) -> Self {
        let kind = match value {
            Some(Value::Bool(_) | Value::Number(_) | Value::String(_)) => {
                node.scalar.map(Kind::Scalar)
            }
            Some(Value::Array(_)) => node.list.as_ref().map(Kind::List),
            Some(Value::Object(_)) => node.map.as_ref().map(Kind::Map),
            Some(Value::Null) | None => None,
        };
        kind.map_or(Self::All(node), Self::One)
    }

    /// The kind by which the value is walked: of several it is the map, then the scalar.
    fn kind(self) -> Result<Kind<'a>, Fault> {
        match self {
            Self::One(kind) => Ok(kind),
            Self::All(node) => {
                let map = node.map.as_ref().map(Kind::Map);
                let scalar = || node.scalar.map(Kind::Scalar);
                let list = || node.list.as_ref().map(Kind::List);
                map.or_else(scalar).or_else(list).ok_or(Fault::NoKind)
            }
        }
    }

    /// Whether the kinds are the same.
    fn is_same(self, other: Self) -> bool {
        match (self.only(), other.only()) {
            (Some(left), Some(right)) => left.is_same(right),
            (None, None) => true,
            _ => false,
        }
    }

    /// The kind, if there is just one.
    fn only(self) -> Option<Kind<'a>> {
        match self {
            Self::One(kind) => Some(kind),
            Self::All(Node { scalar, list, map }) => match (scalar, list, map) {
                (Some(scalar), None, None) => Some(Kind::Scalar(*scalar)),
                (None, Some(list), None) => Some(Kind::List(list)),
                (None, None, Some(map)) => Some(Kind::Map(map)),
                _ => None,
            },
        }
    }
}

/// The kind by which a value is walked.
pub(crate) fn kind_of<'a>(
    schema: &'a Schema,
    target: Target,
    value: Option<&Value>,
) -> Result<Kind<'a>, Fault> {
    Fit::of(schema.node(target)?, value).kind()
}

/// The elements of a list; none of anything else.
fn elements(value: Option<&Value>) -> &[Value] {
    value.and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// Whether a list or map has entries. Null, nothing, and values of other kinds have none.
fn is_empty_list(value: Option<&Value>) -> bool {
    elements(value).is_empty()
}

pub(crate) fn is_empty_map(value: Option<&Value>) -> bool {
    value
        .and_then(Value::as_object)
        .is_none_or(serde_json::Map::is_empty)
}
