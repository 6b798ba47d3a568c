//! What can be wrong with a patch.

use std::{error, fmt};

use serde_json::Value;

/// Why a patch could not be made, merged or applied.
///
/// Messages name fields, directives and kinds of values, never the values themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatchError {
    operation: Option<usize>,
    path: String,
    fault: PatchFault,
}

/// The fault behind a [`PatchError`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum PatchFault {
    /// Something else was expected at this place.
    Expected {
        /// What the rules want, such as `an object`.
        wanted: &'static str,
        /// What is there.
        found: JsonKind,
    },
    /// The type of the object has no such field, so nobody knows how to merge it.
    UnknownField {
        /// The name of the type.
        type_name: String,
        /// The name of the field.
        field: String,
    },
    /// The schema does not declare what is inside this value, so objects and lists below it cannot be merged.
    NoFields,
    /// The schema declares something else than a list here.
    NotAList,
    /// A list whose elements are lists cannot be merged.
    ListOfLists,
    /// Elements of one list, or of the list and its patch, are of different kinds.
    MixedElements,
    /// There is no element to tell the kind of the list from.
    NoElements,
    /// The schema says that a list of objects merges, and not by which key.
    NoMergeKey,
    /// An element of a list has no merge key.
    MissingMergeKey {
        /// The merge key.
        key: String,
    },
    /// Two objects or lists stand where only scalars can be compared.
    NotComparable,
    /// `$patch` holds no directive that may stand there.
    BadDirective,
    /// `$retainKeys` is no list of names, or the patch sets a field it does not name.
    BadRetainKeys,
    /// Two patches disagree about `$retainKeys`.
    RetainKeysDiffer,
    /// A `$deleteFromPrimitiveList` key does not name a list.
    BadDeleteList,
    /// A `$setElementOrder` key does not name a list, or two patches disagree about it.
    BadElementOrder,
    /// Elements of the patch are missing from `$setElementOrder`, or stand there in another order.
    ElementOrderDiffers,
    /// The operation of a JSON patch has no known `op`.
    UnknownOperation,
    /// The operation of a JSON patch lacks this member, or it is no string.
    MissingMember(&'static str),
    /// The path leads nowhere.
    MissingPath,
    /// There is no such key.
    MissingKey,
    /// The last part of the path is no index of the list.
    BadIndex,
    /// The value to test differs.
    TestFailed,
}

/// The kinds of JSON values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum JsonKind {
    /// `null`.
    Null,
    /// `true` or `false`.
    Boolean,
    /// A whole number that fits 64 bits, written without fraction and exponent.
    Integer,
    /// Any other number.
    Float,
    /// A string.
    String,
    /// A list.
    List,
    /// An object.
    Object,
}

impl JsonKind {
    /// The kind of a value.
    pub fn of(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(_) => Self::Boolean,
            Value::Number(number) if number.is_i64() => Self::Integer,
            Value::Number(_) => Self::Float,
            Value::String(_) => Self::String,
            Value::Array(_) => Self::List,
            Value::Object(_) => Self::Object,
        }
    }
}

impl fmt::Display for JsonKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Null => "null",
            Self::Boolean => "a boolean",
            Self::Integer => "an integer",
            Self::Float => "a number",
            Self::String => "a string",
            Self::List => "a list",
            Self::Object => "an object",
        })
    }
}

impl PatchError {
    pub(crate) fn expected(wanted: &'static str, found: &Value) -> Self {
        PatchFault::Expected {
            wanted,
            found: JsonKind::of(found),
        }
        .into()
    }

    /// The index of the operation of a JSON patch.
    pub fn operation(&self) -> Option<usize> {
        self.operation
    }

    /// Where: a field path such as `spec.containers[0].ports`, or the path of a JSON patch operation as it stands.
    /// Empty for the whole object.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What is wrong there.
    pub fn fault(&self) -> &PatchFault {
        &self.fault
    }

    pub(crate) fn in_operation(mut self, index: usize, path: &str) -> Self {
        self.operation = Some(index);
        path.clone_into(&mut self.path);
        self
    }

    /// Says that the place so far is below that field.
    pub(crate) fn below(mut self, field: &str) -> Self {
        let dot = if self.path.is_empty() || self.path.starts_with('[') {
            ""
        } else {
            "."
        };
        self.path = format!("{field}{dot}{}", self.path);
        self
    }

    /// Says that the place so far is below that element of a list.
    pub(crate) fn below_element(self, index: usize) -> Self {
        self.below(&format!("[{index}]"))
    }
}

impl From<PatchFault> for PatchError {
    fn from(fault: PatchFault) -> Self {
        Self {
            operation: None,
            path: String::new(),
            fault,
        }
    }
}

impl fmt::Display for PatchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(operation) = self.operation {
            write!(f, "operation {operation}: ")?;
        }
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        write!(f, "{}", self.fault)
    }
}

impl fmt::Display for PatchFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Expected { wanted, found } => {
                return write!(f, "expected {wanted}, found {found}");
            }
            Self::UnknownField { type_name, field } => {
                return write!(f, "type {type_name} has no field {field:?}");
            }
            Self::MissingMergeKey { key } => return write!(f, "element has no merge key {key:?}"),
            Self::MissingMember(member) => return write!(f, "operation has no string {member:?}"),
            Self::NoFields => "the type declares no fields, so nothing below can be merged",
            Self::NotAList => "the type declares no list here",
            Self::ListOfLists => "a list of lists cannot be merged",
            Self::MixedElements => "elements of the list are of different kinds",
            Self::NoElements => "the list has no elements to order",
            Self::NoMergeKey => "a list of objects without merge key cannot be merged",
            Self::NotComparable => "objects and lists cannot be compared as keys or set elements",
            Self::BadDirective => "unknown $patch directive",
            Self::BadRetainKeys => "$retainKeys must be a list that names every field of the patch",
            Self::RetainKeysDiffer => "the patches have different $retainKeys",
            Self::BadDeleteList => {
                "$deleteFromPrimitiveList must name a list: $deleteFromPrimitiveList/<field>"
            }
            Self::BadElementOrder => {
                "$setElementOrder must name a list, and be the same in both patches"
            }
            Self::ElementOrderDiffers => "the order of the patch does not match $setElementOrder",
            Self::UnknownOperation => "op must be one of add, remove, replace, move, copy, test",
            Self::MissingPath => "the path does not exist",
            Self::MissingKey => "no such key",
            Self::BadIndex => "no such index",
            Self::TestFailed => "the value differs from the tested one",
        })
    }
}

impl error::Error for PatchError {}
