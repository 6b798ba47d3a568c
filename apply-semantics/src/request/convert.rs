//! Objects of other versions.

use std::borrow::Cow;

use serde_json::Value;

use super::Kinds;
use crate::{
    typed::{Duplicates, Typed},
    updater::{ConvertError, Converter},
};

/// Converts whole objects between versions of their kind.
pub trait Convert: Send + Sync {
    /// The object in the version `to`, such as `apps/v1`. It has its `apiVersion` changed too.
    ///
    /// # Errors
    /// There is no such version, or the object cannot be converted to it.
    fn convert(&self, object: Value, from: &str, to: &str) -> Result<Value, ConvertError>;
}

/// All versions of a kind have the same fields: only `apiVersion` changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SameFields;

impl Convert for SameFields {
    fn convert(&self, mut object: Value, _: &str, to: &str) -> Result<Value, ConvertError> {
        if let Value::Object(object) = &mut object {
            object.insert("apiVersion".to_owned(), to.into());
        }
        Ok(object)
    }
}

/// The versions of one kind, for the engine below.
#[derive(Clone, Copy)]
pub(super) struct Versions<'a> {
    pub(super) kinds: &'a Kinds,
    pub(super) converter: &'a dyn Convert,
    pub(super) kind: &'a str,
}

impl Versions<'_> {
    /// A value in another version.
    pub(super) fn value(&self, object: Value, from: &str, to: &str) -> Result<Value, ConvertError> {
        if from == to {
            return Ok(object);
        }
        self.converter.convert(object, from, to)
    }
}

impl Converter for Versions<'_> {
    fn convert<'a>(
        &self,
        object: &'a Typed,
        from: &str,
        to: &str,
    ) -> Result<Cow<'a, Typed>, ConvertError> {
        if from == to {
            return Ok(Cow::Borrowed(object));
        }
        let Some(ty) = self.kinds.ty(to, self.kind) else {
            return Err(if self.kinds.refuses_unknown_versions(to, self.kind) {
                let reason = "request to convert CR to an invalid group/version: ";
                ConvertError::Other(format!("{reason}{to}"))
            } else {
                ConvertError::MissingVersion
            });
        };
        let Some(value) = object.value() else {
            return Ok(Cow::Owned(Typed::unchecked(ty, None)));
        };
        let converted = self.converter.convert(value.clone(), from, to)?;
        Typed::new(ty, converted, Duplicates::Forbid)
            .map(Cow::Owned)
            .map_err(|errors| ConvertError::Other(errors.to_string()))
    }
}
