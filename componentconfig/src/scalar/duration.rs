//! Go durations: `1m30s`.
//!
//! Follows Go's `time.ParseDuration` and `apimachinery/pkg/apis/meta/v1/duration.go`.

use std::{fmt, str::FromStr};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, Visitor},
};

use crate::quote::quote_ascii;

const MICROSECOND: i64 = 1_000;
const MILLISECOND: i64 = 1_000_000;
const SECOND: i64 = 1_000_000_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;

/// A span of time in nanoseconds, as `metav1.Duration` has it: from about -292 to 292 years.
///
/// In documents it is a string such as `1.5h`, `90s` or `-5ms`, and it is printed in one way: `1h30m0s`, `1m30s`.
/// `null` is refused where a `Duration` is read; use `Option<Duration>` where upstream has a pointer.
///
/// ```
/// use componentconfig::scalar::Duration;
///
/// let duration: Duration = "90s".parse()?;
/// assert_eq!(duration, Duration::from_secs(90));
/// assert_eq!(duration.to_string(), "1m30s");
/// # Ok::<(), componentconfig::scalar::ParseDurationError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Duration(i64);

impl Duration {
    /// No time.
    pub const ZERO: Self = Self(0);

    /// So many nanoseconds.
    #[must_use]
    pub const fn from_nanos(nanoseconds: i64) -> Self {
        Self(nanoseconds)
    }

    /// So many milliseconds; too many are the longest duration.
    #[must_use]
    pub const fn from_millis(milliseconds: i64) -> Self {
        Self(milliseconds.saturating_mul(MILLISECOND))
    }

    /// So many seconds; too many are the longest duration.
    #[must_use]
    pub const fn from_secs(seconds: i64) -> Self {
        Self(seconds.saturating_mul(SECOND))
    }

    /// So many minutes; too many are the longest duration.
    #[must_use]
    pub const fn from_mins(minutes: i64) -> Self {
        Self(minutes.saturating_mul(MINUTE))
    }

    /// So many hours; too many are the longest duration.
    #[must_use]
    pub const fn from_hours(hours: i64) -> Self {
        Self(hours.saturating_mul(HOUR))
    }

    /// The nanoseconds.
    pub const fn as_nanos(self) -> i64 {
        self.0
    }

    /// The seconds, with their fraction.
    #[allow(clippy::cast_precision_loss, reason = "a float is asked for")]
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / SECOND as f64
    }

    /// The same as the standard library has it; `None` if it is negative.
    #[must_use]
    pub fn to_std(self) -> Option<std::time::Duration> {
        u64::try_from(self.0)
            .ok()
            .map(std::time::Duration::from_nanos)
    }

    /// Whether there is no time in it, which upstream often takes for "not set".
    pub const fn is_zero(&self) -> bool {
        self.0 == 0
    }
}

/// Reads `"300ms"`, `"-1.5h"`, `"2h45m"`: an optional sign and numbers with the units `ns`, `us` (or `µs`), `ms`, `s`,
/// `m`, `h`. `"0"` needs no unit.
impl FromStr for Duration {
    type Err = ParseDurationError;

    fn from_str(text: &str) -> Result<Self, ParseDurationError> {
        let (negative, body) = match text.as_bytes().first() {
            Some(b'-') => (true, text.get(1..)),
            Some(b'+') => (false, text.get(1..)),
            _ => (false, Some(text)),
        };
        let body = body.unwrap_or_default();
        if body == "0" {
            return Ok(Self::ZERO);
        }
        let wrong = |kind| ParseDurationError {
            text: text.to_owned(),
            kind,
        };
        if body.is_empty() {
            return Err(wrong(ErrorKind::Invalid));
        }
        let magnitude = magnitude(body).map_err(wrong)?;
        let nanoseconds = if negative {
            0_i64.checked_sub_unsigned(magnitude)
        } else {
            i64::try_from(magnitude).ok()
        };
        nanoseconds
            .map(Self)
            .ok_or_else(|| wrong(ErrorKind::Invalid))
    }
}

/// The sum of all numbers with their units, at most `2^63`.
fn magnitude(mut rest: &str) -> Result<u64, ErrorKind> {
    let mut sum: u64 = 0;
    while !rest.is_empty() {
        let (whole, after) = digits(rest);
        let (fraction, after) = match after.strip_prefix('.') {
            Some(after) => digits(after),
            None => ("", after),
        };
        if whole.is_empty() && fraction.is_empty() {
            return Err(ErrorKind::Invalid);
        }
        let whole = whole_number(whole)?;
        let end = after
            .find(|c: char| c == '.' || c.is_ascii_digit())
            .unwrap_or(after.len());
        let (unit, after) = after.split_at(end);
        if unit.is_empty() {
            return Err(ErrorKind::MissingUnit);
        }
        let scale =
            unit_nanoseconds(unit).ok_or_else(|| ErrorKind::UnknownUnit(unit.to_owned()))?;
        let part = scaled(whole, fraction, scale).ok_or(ErrorKind::Invalid)?;
        sum = sum
            .checked_add(part)
            .filter(|sum| *sum <= 1 << 63)
            .ok_or(ErrorKind::Invalid)?;
        rest = after;
    }
    Ok(sum)
}

fn whole_number(digits: &str) -> Result<u64, ErrorKind> {
    if digits.is_empty() {
        return Ok(0);
    }
    let number = digits.parse().ok();
    number
        .filter(|number| *number <= 1 << 63)
        .ok_or(ErrorKind::Invalid)
}

/// `whole.fraction` times `scale`, what is below a nanosecond cut off.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "the fraction goes through a float upstream: the same rounding is wanted"
)]
fn scaled(whole: u64, fraction: &str, scale: i64) -> Option<u64> {
    let part = whole.checked_mul(scale.unsigned_abs())?;
    // Digits beyond what 63 bits hold are not looked at.
    let mut digits: u64 = 0;
    let mut divisor = 1.0;
    for digit in fraction.bytes().map(|byte| u64::from(byte - b'0')) {
        let Some(next) = digits
            .checked_mul(10)
            .and_then(|digits| digits.checked_add(digit))
            .filter(|next| *next <= 1 << 63)
        else {
            break;
        };
        digits = next;
        divisor *= 10.0;
    }
    let below = digits as f64 * (scale as f64 / divisor);
    part.checked_add(below as u64)
        .filter(|part| *part <= 1 << 63)
}

fn digits(text: &str) -> (&str, &str) {
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    text.split_at(end)
}

fn unit_nanoseconds(unit: &str) -> Option<i64> {
    Some(match unit {
        "ns" => 1,
        // The micro sign and the Greek letter mu.
        "us" | "\u{b5}s" | "\u{3bc}s" => MICROSECOND,
        "ms" => MILLISECOND,
        "s" => SECOND,
        "m" => MINUTE,
        "h" => HOUR,
        _ => return None,
    })
}

/// Prints `1h15m30.918s`; below a second, one unit only: `1.5ms`; none as `0s`.
impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 < 0 {
            f.write_str("-")?;
        }
        let nanoseconds = self.0.unsigned_abs();
        let (micro, milli, second) = (1_000, 1_000_000, 1_000_000_000);
        match nanoseconds {
            0 => return f.write_str("0s"),
            1..1_000 => return write!(f, "{nanoseconds}ns"),
            1_000..1_000_000 => return decimal(f, nanoseconds, micro, "\u{b5}s"),
            1_000_000..1_000_000_000 => return decimal(f, nanoseconds, milli, "ms"),
            _ => {}
        }
        let minutes = nanoseconds / (60 * second);
        if minutes >= 60 {
            write!(f, "{}h", minutes / 60)?;
        }
        if minutes > 0 {
            write!(f, "{}m", minutes % 60)?;
        }
        decimal(f, nanoseconds % (60 * second), second, "s")
    }
}

fn decimal(f: &mut fmt::Formatter<'_>, value: u64, unit: u64, name: &str) -> fmt::Result {
    write!(f, "{}", value / unit)?;
    if !value.is_multiple_of(unit) {
        let width = unit.ilog10() as usize;
        let fraction = format!("{:0width$}", value % unit);
        write!(f, ".{}", fraction.trim_end_matches('0'))?;
    }
    f.write_str(name)
}

impl From<Duration> for serde_json::Value {
    fn from(duration: Duration) -> Self {
        Self::String(duration.to_string())
    }
}

impl Serialize for Duration {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Duration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(DurationVisitor)
    }
}

struct DurationVisitor;

impl Visitor<'_> for DurationVisitor {
    type Value = Duration;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a duration such as \"1m30s\"")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Duration, E> {
        text.parse().map_err(E::custom)
    }
}

/// A text that is no duration, with the words of Go: `time: unknown unit "d" in duration "1d"`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseDurationError {
    text: String,
    kind: ErrorKind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum ErrorKind {
    Invalid,
    MissingUnit,
    UnknownUnit(String),
}

impl fmt::Display for ParseDurationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = quote_ascii(&self.text);
        match &self.kind {
            ErrorKind::Invalid => write!(f, "time: invalid duration {text}"),
            ErrorKind::MissingUnit => write!(f, "time: missing unit in duration {text}"),
            ErrorKind::UnknownUnit(unit) => {
                write!(
                    f,
                    "time: unknown unit {} in duration {text}",
                    quote_ascii(unit)
                )
            }
        }
    }
}

impl std::error::Error for ParseDurationError {}

/// A duration that may also be written as a number of nanoseconds, and is printed the way it came.
///
/// The field `logging.flushFrequency` is one. Upstream: `component-base/logs/api/v1/types.go`, `TimeOrMetaDuration`.
///
/// ```
/// use componentconfig::scalar::DurationOrNanoseconds;
///
/// for text in ["\"1m30s\"", "5000000000", "0"] {
///     let duration: DurationOrNanoseconds = serde_json::from_str(text).unwrap();
///     assert_eq!(serde_json::to_string(&duration).unwrap(), text);
/// }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DurationOrNanoseconds {
    /// How long.
    pub duration: Duration,
    /// Whether it is printed as a string; a number otherwise.
    pub as_string: bool,
}

impl From<Duration> for DurationOrNanoseconds {
    fn from(duration: Duration) -> Self {
        Self {
            duration,
            as_string: true,
        }
    }
}

impl Serialize for DurationOrNanoseconds {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.as_string {
            self.duration.serialize(serializer)
        } else {
            serializer.serialize_i64(self.duration.as_nanos())
        }
    }
}

impl<'de> Deserialize<'de> for DurationOrNanoseconds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(EitherVisitor)
    }
}

struct EitherVisitor;

impl EitherVisitor {
    const fn nanoseconds(nanoseconds: i64) -> DurationOrNanoseconds {
        DurationOrNanoseconds {
            duration: Duration::from_nanos(nanoseconds),
            as_string: false,
        }
    }
}

impl Visitor<'_> for EitherVisitor {
    type Value = DurationOrNanoseconds;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a duration such as \"1m30s\", or nanoseconds")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        DurationVisitor.visit_str(text).map(Into::into)
    }

    fn visit_i64<E: de::Error>(self, nanoseconds: i64) -> Result<Self::Value, E> {
        Ok(Self::nanoseconds(nanoseconds))
    }

    fn visit_u64<E: de::Error>(self, nanoseconds: u64) -> Result<Self::Value, E> {
        let nanoseconds = i64::try_from(nanoseconds);
        let too_many = |_| E::custom("too many nanoseconds for 64 bits");
        nanoseconds.map(Self::nanoseconds).map_err(too_many)
    }

    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        reason = "whole, and in range by the test before"
    )]
    fn visit_f64<E: de::Error>(self, nanoseconds: f64) -> Result<Self::Value, E> {
        if nanoseconds.fract() != 0.0 || nanoseconds.abs() >= i64::MAX as f64 {
            return Err(E::custom("not a whole number of nanoseconds"));
        }
        Ok(Self::nanoseconds(nanoseconds as i64))
    }

    fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
        Ok(Self::nanoseconds(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_accepted_form() {
        for (text, nanoseconds, printed) in [
            ("0", 0, "0s"),
            ("-0", 0, "0s"),
            ("+3s", 3 * SECOND, "3s"),
            ("1.5h", 90 * MINUTE, "1h30m0s"),
            (".5s", 500 * MILLISECOND, "500ms"),
            ("1.s", SECOND, "1s"),
            ("1µs", 1000, "1µs"),
            ("1μs", 1000, "1µs"),
            ("1us", 1000, "1µs"),
            ("-1s", -SECOND, "-1s"),
            ("90s", 90 * SECOND, "1m30s"),
            (
                "1h1m1s1ms1us1ns",
                HOUR + MINUTE + SECOND + 1_001_001,
                "1h1m1.001001001s",
            ),
            ("0.3333333333333333333h", 20 * MINUTE, "20m0s"),
            ("0.100000000000000000000h", 6 * MINUTE, "6m0s"),
            (
                "0.9223372036854775807h",
                55 * MINUTE + 20_413_933_267,
                "55m20.413933267s",
            ),
            (
                "39h9m14.425s",
                39 * HOUR + 9 * MINUTE + 14_425 * MILLISECOND,
                "39h9m14.425s",
            ),
            (
                "9223372036854775807ns",
                i64::MAX,
                "2562047h47m16.854775807s",
            ),
            (
                "-9223372036854775808ns",
                i64::MIN,
                "-2562047h47m16.854775808s",
            ),
            ("1100us", 1_100_000, "1.1ms"),
            ("999ns", 999, "999ns"),
        ] {
            let duration: Duration = text.parse().unwrap();
            assert_eq!(duration.as_nanos(), nanoseconds, "{text}");
            assert_eq!(duration.to_string(), printed, "{text}");
        }
    }

    #[test]
    fn refusals_have_the_words_of_go() {
        for (text, words) in [
            ("", "time: invalid duration \"\""),
            ("-", "time: invalid duration \"-\""),
            ("5", "time: missing unit in duration \"5\""),
            ("1d", "time: unknown unit \"d\" in duration \"1d\""),
            (
                "5 minutes",
                "time: unknown unit \" minutes\" in duration \"5 minutes\"",
            ),
            (".s", "time: invalid duration \".s\""),
            ("+.s", "time: invalid duration \"+.s\""),
            ("1s ", "time: unknown unit \"s \" in duration \"1s \""),
            (
                "9223372036854775808ns",
                "time: invalid duration \"9223372036854775808ns\"",
            ),
            ("3000000h", "time: invalid duration \"3000000h\""),
            (
                "1é",
                "time: unknown unit \"\\xc3\\xa9\" in duration \"1\\xc3\\xa9\"",
            ),
        ] {
            let error = text.parse::<Duration>().unwrap_err();
            assert_eq!(error.to_string(), words, "{text}");
        }
    }

    #[test]
    fn null_is_no_duration_but_no_nanoseconds() {
        let null = serde_json::Value::Null;
        let report = crate::decode_value::<Duration>(&null, crate::Strictness::Strict);
        let report = report.into_result().unwrap_err();
        assert_eq!(report.to_string(), "time: invalid duration \"\"");
        let either: DurationOrNanoseconds = serde_json::from_str("null").unwrap();
        assert_eq!(serde_json::to_string(&either).unwrap(), "0");
        assert!(serde_json::from_str::<DurationOrNanoseconds>("1.5").is_err());
        assert!(serde_json::from_str::<DurationOrNanoseconds>("18446744073709551615").is_err());
        let either: DurationOrNanoseconds = serde_json::from_str("1e9").unwrap();
        assert_eq!(either.duration, Duration::from_secs(1));
    }
}
