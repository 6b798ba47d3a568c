//! What is not valid about an object.

use std::{error, fmt};

use crate::{patch::JsonKind, path::PathElement, schema::Fault};

/// Everything that is not valid about an object. There is at least one error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValidationErrors(Vec<ValidationError>);

/// One thing that is not valid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValidationError {
    /// Where, as paths are displayed, such as `.spec.ports[port=80].name`.
    pub path: String,
    /// What is wrong there.
    pub reason: Reason,
}

/// Why a value is not valid.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// Another kind of value was expected.
    Expected {
        /// What the schema wants, such as `a number`.
        wanted: &'static str,
        /// What is there; nothing if there is no value.
        found: Option<JsonKind>,
    },
    /// The schema declares no such field.
    UndeclaredField,
    /// An element of a keyed list is no object.
    ElementNoObject(JsonKind),
    /// An element of a keyed list has none of the keys, and none of them has a default.
    ElementWithoutKeys,
    /// The schema declares no fields for the elements of a keyed list.
    ElementsWithoutFields,
    /// An element of a set is no scalar.
    ElementNoScalar(JsonKind),
    /// An element is there more than once.
    Duplicate,
    /// The schema has no such type.
    NoSuchType,
    /// The schema allows no kind of value.
    NoKind,
    /// Two objects have different types.
    TypesDiffer,
}

impl ValidationErrors {
    /// All errors, in the order in which they were found.
    pub fn iter(&self) -> impl Iterator<Item = &ValidationError> {
        self.0.iter()
    }

    /// The errors, if there are any.
    pub(super) fn check(errors: Vec<ValidationError>) -> Result<(), Self> {
        if errors.is_empty() {
            Ok(())
        } else {
            Err(Self(errors))
        }
    }

    /// Says that the places are below that element.
    pub(super) fn below(mut self, element: &PathElement) -> Self {
        prefix(&mut self.0, element);
        self
    }
}

/// Says that the places of errors are below that element.
pub(super) fn prefix(errors: &mut [ValidationError], element: &PathElement) {
    for error in errors {
        error.path.insert_str(0, &element.to_string());
    }
}

impl From<Reason> for ValidationError {
    fn from(reason: Reason) -> Self {
        Self {
            path: String::new(),
            reason,
        }
    }
}

impl From<Reason> for ValidationErrors {
    fn from(reason: Reason) -> Self {
        Self(vec![reason.into()])
    }
}

impl From<Fault> for Reason {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::NoSuchType => Self::NoSuchType,
            Fault::NoKind => Self::NoKind,
        }
    }
}

impl From<Fault> for ValidationErrors {
    fn from(fault: Fault) -> Self {
        Reason::from(fault).into()
    }
}

impl From<ValidationErrors> for Vec<ValidationError> {
    fn from(errors: ValidationErrors) -> Self {
        errors.0
    }
}

impl fmt::Display for ValidationErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.0.iter().enumerate() {
            let separator = if index > 0 { "; " } else { "" };
            write!(f, "{separator}{error}")?;
        }
        Ok(())
    }
}

impl fmt::Display for ValidationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() {
            return self.reason.fmt(f);
        }
        write!(f, "{}: {}", self.path, self.reason)
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Expected {
                wanted,
                found: Some(found),
            } => return write!(f, "expected {wanted}, found {found}"),
            Self::Expected {
                wanted,
                found: None,
            } => return write!(f, "expected {wanted}, found nothing"),
            Self::ElementNoObject(found) => {
                return write!(
                    f,
                    "an element of a keyed list must be an object, found {found}"
                );
            }
            Self::ElementNoScalar(found) => {
                return write!(f, "an element of a set must be a scalar, found {found}");
            }
            Self::UndeclaredField => "field not declared in schema",
            Self::ElementWithoutKeys => "an element of a keyed list has none of its keys",
            Self::ElementsWithoutFields => "the elements of a keyed list have no declared fields",
            Self::Duplicate => "duplicate element",
            Self::NoSuchType => "the schema has no such type",
            Self::NoKind => "the schema allows no kind of value here",
            Self::TypesDiffer => "the objects have different types",
        })
    }
}

impl error::Error for ValidationErrors {}
impl error::Error for ValidationError {}
