//! The scalars that configuration is made of, as Kubernetes reads and prints them.

mod bytes;
mod duration;
mod quantity;

use serde::{Deserialize, Deserializer};

pub use bytes::Bytes;
pub use duration::{Duration, DurationOrNanoseconds, ParseDurationError};
pub use quantity::{ParseQuantityError, Quantity};

/// For `deserialize_with` on an `Option<T>` whose `T` is not a pointer upstream and has its own opinion about `null`:
/// `null` is read as a `T` (a [`Duration`] refuses it), and only an absent field is `None`.
///
/// ```
/// use componentconfig::{Strictness, decode_value, scalar::Duration};
///
/// #[derive(Default, serde::Deserialize)]
/// #[serde(rename_all = "camelCase", default)]
/// struct Periods {
///     #[serde(deserialize_with = "componentconfig::scalar::present")]
///     sync_frequency: Option<Duration>,
/// }
/// let read = |value| decode_value::<Periods>(&value, Strictness::Strict).into_result();
/// let (periods, _) = read(serde_json::json!({"syncFrequency": "90s"}))?;
/// assert_eq!(periods.sync_frequency, Some(Duration::from_secs(90)));
/// let report = read(serde_json::json!({"syncFrequency": null})).map(|_| ()).unwrap_err();
/// assert_eq!(report.to_string(), "syncFrequency: time: invalid duration \"\"");
/// # Ok::<(), componentconfig::Report>(())
/// ```
///
/// # Errors
/// Those of `T`.
pub fn present<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    T::deserialize(deserializer).map(Some)
}
