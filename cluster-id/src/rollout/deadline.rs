//! How long a cluster may take.

use std::{fmt, str::FromStr};

use componentconfig::{core::Time, scalar::Duration};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::clock::seconds;

/// How long a cluster may be on its way, or failed, before it is late: `"5m"`, or `"None"` for ever.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Deadline {
    /// For ever.
    #[default]
    None,
    /// So long after it came to be where it is.
    After(Duration),
}

/// A text that is no deadline.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no deadline: expected None or hours, minutes and seconds such as 1h30m")]
pub struct ParseDeadlineError(String);

impl Deadline {
    /// The second at which a cluster is late that came to be where it is at that time; `None` for never.
    pub(super) fn since(self, time: Time) -> Option<i64> {
        match self {
            Self::None => None,
            Self::After(duration) => Some(time.unix().saturating_add(seconds(duration))),
        }
    }
}

impl FromStr for Deadline {
    type Err = ParseDeadlineError;

    /// Reads a deadline; an empty text is none.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.is_empty() || text == "None" {
            return Ok(Self::None);
        }
        let error = || ParseDeadlineError(text.to_owned());
        let duration: Duration = text.parse().map_err(|_| error())?;
        if duration < Duration::ZERO {
            return Err(error());
        }
        Ok(Self::After(duration))
    }
}

impl fmt::Display for Deadline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("None"),
            Self::After(duration) => duration.fmt(f),
        }
    }
}

impl Serialize for Deadline {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Deadline {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}
