//! Patches: the three types an API server takes besides server-side apply, made, merged and applied.
//!
//! | type | module | content type |
//! |---|---|---|
//! | strategic merge patch | [`strategic`] | `application/strategic-merge-patch+json` |
//! | JSON merge patch, RFC 7396 | [`merge`] | `application/merge-patch+json` |
//! | JSON patch, RFC 6902 | [`json`] | `application/json-patch+json` |
//!
//! All of them behave as the libraries Kubernetes 1.36 uses, also where these have ways of their own.

mod error;
pub mod json;
pub mod merge;
mod outcome;
pub mod strategic;

use std::fmt;

use serde_json::Value;

pub use error::{JsonKind, PatchError, PatchFault};
pub use outcome::{Conflict, Outcome, Precondition};

use crate::types::Node;

/// The types of patch of this module.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PatchType {
    /// Strategic merge patch.
    Strategic,
    /// JSON merge patch.
    Merge,
    /// JSON patch.
    Json,
}

impl PatchType {
    /// The media type that names the patch in a request.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Strategic => "application/strategic-merge-patch+json",
            Self::Merge => "application/merge-patch+json",
            Self::Json => "application/json-patch+json",
        }
    }

    /// The patch type of a `Content-Type` header; parameters such as `charset` do not matter.
    pub fn from_content_type(content_type: &str) -> Option<Self> {
        let media = content_type.split(';').next().unwrap_or_default().trim();
        [Self::Strategic, Self::Merge, Self::Json]
            .into_iter()
            .find(|kind| kind.content_type() == media)
    }
}

impl fmt::Display for PatchType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Strategic => "strategic merge patch",
            Self::Merge => "JSON merge patch",
            Self::Json => "JSON patch",
        })
    }
}

/// A patch of any type.
///
/// ```
/// use apply_semantics::{patch::{Patch, PatchType}, types::builtin};
/// use serde_json::json;
///
/// let kind = PatchType::from_content_type("application/json-patch+json").expect("known");
/// let patch = Patch::new(kind, json!([{"op": "replace", "path": "/data/mode", "value": "fast"}]));
/// let object = json!({"kind": "ConfigMap", "data": {"mode": "slow"}});
/// let patched = patch.apply(object, builtin().kind("v1", "ConfigMap"))?;
/// assert_eq!(patched["data"]["mode"], "fast");
/// # Ok::<(), apply_semantics::patch::PatchError>(())
/// ```
#[derive(Clone, PartialEq)]
pub enum Patch {
    /// A strategic merge patch.
    Strategic(Value),
    /// A JSON merge patch.
    Merge(Value),
    /// A JSON patch: a list of operations.
    Json(Value),
}

impl Patch {
    /// A patch of that type with that content, which is looked at only when it is applied.
    pub fn new(patch_type: PatchType, content: Value) -> Self {
        match patch_type {
            PatchType::Strategic => Self::Strategic(content),
            PatchType::Merge => Self::Merge(content),
            PatchType::Json => Self::Json(content),
        }
    }

    /// The type of the patch.
    pub fn patch_type(&self) -> PatchType {
        match self {
            Self::Strategic(_) => PatchType::Strategic,
            Self::Merge(_) => PatchType::Merge,
            Self::Json(_) => PatchType::Json,
        }
    }

    /// Applies the patch to an object. A strategic merge patch needs the type of the object; with `None` it merges
    /// as [`strategic::Schema::Untyped`] does. The other patches ignore the type.
    ///
    /// # Errors
    /// The patch is malformed, or does not fit the object.
    pub fn apply(self, object: Value, ty: Option<Node<'_>>) -> Result<Value, PatchError> {
        match self {
            Self::Strategic(patch) => strategic::apply(object, patch, ty.into()),
            Self::Merge(patch) => merge::apply(object, patch),
            Self::Json(patch) => json::apply(object, &patch),
        }
    }
}

/// Content may hold secrets, so only the type is shown.
impl fmt::Debug for Patch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Patch({})", self.patch_type())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn content_types_go_both_ways() {
        for kind in [PatchType::Strategic, PatchType::Merge, PatchType::Json] {
            assert_eq!(
                PatchType::from_content_type(kind.content_type()),
                Some(kind)
            );
        }
        assert_eq!(
            PatchType::from_content_type("application/merge-patch+json; charset=utf-8"),
            Some(PatchType::Merge)
        );
        assert_eq!(
            PatchType::from_content_type("application/apply-patch+yaml"),
            None
        );
    }

    #[test]
    fn debug_shows_no_content() {
        let patch = Patch::new(PatchType::Merge, json!({"data": {"password": "c2VjcmV0"}}));
        assert_eq!(format!("{patch:?}"), "Patch(JSON merge patch)");
    }
}
