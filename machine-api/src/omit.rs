//! When a field is left out of the text, as Go's `omitempty` and `omitzero` decide it.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Whether a field holds its zero value.
pub(crate) fn zero<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// Writes an empty collection as null, as Go does with one that was never made.
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

/// Reads null as the zero value.
pub(crate) fn nullable<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: Default + Deserialize<'de>,
    D: Deserializer<'de>,
{
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}
