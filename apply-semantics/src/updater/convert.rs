//! Objects in other versions.

use std::{borrow::Cow, error, fmt};

use crate::typed::Typed;

/// Converts objects between versions.
pub trait Converter {
    /// The object in another version, or as it is. This is asked for with equal versions too, and for objects without value.
    ///
    /// # Errors
    /// There is no such version, or the object cannot be converted to it.
    fn convert<'a>(
        &self,
        object: &'a Typed,
        from: &str,
        to: &str,
    ) -> Result<Cow<'a, Typed>, ConvertError>;
}

impl<C: Converter + ?Sized> Converter for &C {
    fn convert<'a>(
        &self,
        object: &'a Typed,
        from: &str,
        to: &str,
    ) -> Result<Cow<'a, Typed>, ConvertError> {
        C::convert(self, object, from, to)
    }
}

/// Why an object could not be converted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConvertError {
    /// There is no such version (any more). Managers at such versions are forgotten.
    MissingVersion,
    /// Something else.
    Other(String),
}

impl fmt::Display for ConvertError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MissingVersion => f.write_str("no such version"),
            Self::Other(reason) => f.write_str(reason),
        }
    }
}

impl error::Error for ConvertError {}

/// Every object is the same in every version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SameVersion;

impl Converter for SameVersion {
    fn convert<'a>(
        &self,
        object: &'a Typed,
        _: &str,
        _: &str,
    ) -> Result<Cow<'a, Typed>, ConvertError> {
        Ok(Cow::Borrowed(object))
    }
}
