//! So many clusters, or so many of a hundred.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// A number of clusters, or a percentage of them: `3` or `"25%"` in JSON.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Portion {
    /// So many; a negative number counts as none.
    Count(i32),
    /// So many of a hundred, rounded up; a negative number counts as none, more than 100 is all.
    Percent(f64),
}

/// A text that is no percentage.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is neither a number of clusters nor a percentage such as 25%")]
pub struct ParsePortionError(String);

impl Portion {
    /// So many clusters of a total, and never more than that.
    pub fn of(self, total: usize) -> usize {
        match self {
            Self::Count(count) => usize::try_from(count).unwrap_or(0).min(total),
            Self::Percent(percent) => percent_of(percent, total),
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "the result is between nothing and the total, and no fleet has 2^53 clusters"
)]
fn percent_of(percent: f64, total: usize) -> usize {
    let portion = (percent / 100.0 * total as f64).ceil();
    portion.clamp(0.0, total as f64) as usize
}

impl From<i32> for Portion {
    fn from(count: i32) -> Self {
        Self::Count(count)
    }
}

impl FromStr for Portion {
    type Err = ParsePortionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let percent = text
            .strip_suffix('%')
            .and_then(|number| number.parse().ok());
        let percent = percent.filter(|percent: &f64| percent.is_finite());
        percent
            .map(Self::Percent)
            .ok_or_else(|| ParsePortionError(text.to_owned()))
    }
}

impl fmt::Display for Portion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count(count) => count.fmt(f),
            Self::Percent(percent) => write!(f, "{percent}%"),
        }
    }
}

impl Serialize for Portion {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Count(count) => serializer.serialize_i32(*count),
            Self::Percent(_) => serializer.collect_str(self),
        }
    }
}

impl<'de> Deserialize<'de> for Portion {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Either {
            Count(i32),
            Text(String),
        }
        match Either::deserialize(deserializer)? {
            Either::Count(count) => Ok(Self::Count(count)),
            Either::Text(text) => text.parse().map_err(D::Error::custom),
        }
    }
}
