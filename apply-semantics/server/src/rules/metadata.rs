//! The metadata of custom resources.

use apply_semantics::op::Cause;
use serde_json::Value;

use crate::kinds;

/// What is wrong with the metadata of a new object.
pub(super) fn validate_create(object: &Value, namespaced: bool) -> Vec<Cause> {
    super::causes(kinds::validate_metadata(object, namespaced))
}

/// What an update may not change in the metadata.
pub(super) fn validate_update(new: &Value, old: &Value, namespaced: bool) -> Vec<Cause> {
    super::causes(kinds::validate_metadata_update(new, old, namespaced))
}
