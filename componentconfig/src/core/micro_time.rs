//! Points in time to the microsecond.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::{ParseTimeError, Time};

/// A point in time with a resolution of one microsecond, as `metav1.MicroTime` is written: RFC 3339 in UTC with six
/// digits behind the seconds.
///
/// ```
/// use componentconfig::core::MicroTime;
///
/// let time: MicroTime = "2026-03-01T12:00:00.5+02:00".parse()?;
/// assert_eq!(time.to_string(), "2026-03-01T10:00:00.500000Z");
/// # Ok::<(), componentconfig::core::ParseTimeError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MicroTime {
    second: Time,
    micros: u32,
}

const MICROS: u32 = 1_000_000;

impl MicroTime {
    /// So many microseconds, fewer than a million, after a second.
    pub fn new(second: Time, micros: u32) -> Option<Self> {
        (micros < MICROS).then_some(Self { second, micros })
    }

    /// The second it is in.
    pub const fn second(self) -> Time {
        self.second
    }

    /// How many microseconds after that.
    pub const fn micros(self) -> u32 {
        self.micros
    }
}

/// Reads RFC 3339. What is smaller than a microsecond is dropped.
impl FromStr for MicroTime {
    type Err = ParseTimeError;

    fn from_str(text: &str) -> Result<Self, ParseTimeError> {
        let second: Time = text.parse()?;
        let fraction = text
            .split_once(['.', ','])
            .map_or("", |(_, fraction)| fraction);
        let digits = fraction.chars().map_while(|c| c.to_digit(10)).chain([0; 6]);
        let micros = digits.take(6).fold(0, |micros, digit| micros * 10 + digit);
        Ok(Self { second, micros })
    }
}

impl fmt::Display for MicroTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let second = self.second.to_string();
        write!(f, "{}.{:06}Z", second.trim_end_matches('Z'), self.micros)
    }
}

impl Serialize for MicroTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for MicroTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        for (text, written) in [
            ("2026-03-01T10:00:00Z", "2026-03-01T10:00:00.000000Z"),
            (
                "2026-03-01T10:00:00.123456789Z",
                "2026-03-01T10:00:00.123456Z",
            ),
            ("2026-03-01T10:00:00.5+01:00", "2026-03-01T09:00:00.500000Z"),
        ] {
            let time: MicroTime = text.parse().unwrap();
            assert_eq!(time.to_string(), written);
            assert_eq!(written.parse(), Ok(time));
        }
        assert!("2026-03-01".parse::<MicroTime>().is_err());
    }
}
