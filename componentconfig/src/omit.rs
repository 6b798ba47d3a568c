//! When a field is left out of the text, as Go's `omitempty` decides it.

#[cfg(feature = "kubelet")]
use serde::{Serialize, Serializer};

/// Whether a plain field holds its zero value.
pub(crate) fn zero<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// Whether there is no collection, or nothing in it: `omitempty` makes no difference between the two.
#[cfg(feature = "kubelet")]
#[allow(clippy::ref_option, reason = "what serde calls")]
pub(crate) fn none_or_empty<T: Default + PartialEq>(value: &Option<T>) -> bool {
    value.as_ref().is_none_or(zero)
}

/// Writes an empty collection as null, as Go does with one that was never made.
#[cfg(feature = "kubelet")]
pub(crate) fn null_if_empty<T, S>(value: &T, serializer: S) -> Result<S::Ok, S::Error>
where
    T: Default + PartialEq + Serialize,
    S: Serializer,
{
    if zero(value) {
        serializer.serialize_none()
    } else {
        value.serialize(serializer)
    }
}
