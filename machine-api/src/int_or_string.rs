//! A number or a percentage.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A number, or a text that holds a percentage: `3` or `"25%"`. Follows `apimachinery/pkg/util/intstr`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum IntOrString {
    /// A number.
    Int(i32),
    /// A text; a percentage if it is to be used as a number.
    String(String),
}

/// Which way a percentage of a whole goes when it is no whole number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounding {
    /// To the next greater one.
    Up,
    /// To the next smaller one.
    Down,
}

impl IntOrString {
    /// The number itself, or the percentage of `total`.
    ///
    /// # Errors
    /// The text is no whole number followed by `%`.
    pub fn scaled(&self, total: i32, rounding: Rounding) -> Result<i32, ScaledValueError> {
        let text = match self {
            Self::Int(number) => return Ok(*number),
            Self::String(text) => text,
        };
        let error = || ScaledValueError {
            value: text.clone(),
        };
        let percent: i64 = text
            .strip_suffix('%')
            .ok_or_else(error)?
            .parse()
            .map_err(|_| error())?;
        // Exact where the original goes through floating point: the same for every number that fits.
        let product = percent.checked_mul(i64::from(total)).ok_or_else(error)?;
        let rest = product.rem_euclid(100);
        let down = product.div_euclid(100);
        let scaled = match rounding {
            Rounding::Up if rest > 0 => down + 1,
            _ => down,
        };
        i32::try_from(scaled).map_err(|_| error())
    }
}

impl Default for IntOrString {
    fn default() -> Self {
        Self::Int(0)
    }
}

#[cfg(feature = "schemars")]
impl schemars::JsonSchema for IntOrString {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "IntOrString".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"x-kubernetes-int-or-string": true})
    }
}

impl From<i32> for IntOrString {
    fn from(number: i32) -> Self {
        Self::Int(number)
    }
}

impl From<&str> for IntOrString {
    fn from(text: &str) -> Self {
        Self::String(text.to_owned())
    }
}

impl fmt::Display for IntOrString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(number) => number.fmt(f),
            Self::String(text) => f.write_str(text),
        }
    }
}

/// A text that is no percentage.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{value:?} is neither a number nor a percentage such as \"25%\"")]
#[non_exhaustive]
pub struct ScaledValueError {
    /// The text.
    pub value: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages_round_as_told() {
        let half = IntOrString::from("50%");
        assert_eq!(half.scaled(7, Rounding::Up), Ok(4));
        assert_eq!(half.scaled(7, Rounding::Down), Ok(3));
        assert_eq!(half.scaled(8, Rounding::Up), Ok(4));
        assert_eq!(IntOrString::from("-50%").scaled(3, Rounding::Up), Ok(-1));
        assert_eq!(IntOrString::from("-50%").scaled(3, Rounding::Down), Ok(-2));
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "",
            "%",
            "10",
            "1.5%",
            "10 %",
            " 10%",
            "9223372036854775807%",
        ] {
            assert!(
                IntOrString::from(text).scaled(3, Rounding::Up).is_err(),
                "{text}"
            );
        }
        let error = IntOrString::from("10").scaled(3, Rounding::Up).unwrap_err();
        assert_eq!(
            error.to_string(),
            "\"10\" is neither a number nor a percentage such as \"25%\""
        );
    }

    #[test]
    fn json_is_a_number_or_a_text() {
        for json in ["3", "\"25%\""] {
            let value: IntOrString = serde_json::from_str(json).unwrap();
            assert_eq!(serde_json::to_string(&value).unwrap(), json);
        }
    }
}
