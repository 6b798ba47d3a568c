//! Kubernetes quantities: `500m`, `1Gi`.
//!
//! Follows `apimachinery/pkg/api/resource/quantity.go`.

mod decimal;

use std::{cmp::Ordering, fmt, str::FromStr};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, Visitor},
};

use decimal::{Decimal, signed};

/// An amount of something: a decimal number with a suffix, `m`, `k`, `M` and so on for powers of ten, `Ki`, `Mi` and so
/// on for powers of 1024, or `e3` for any power of ten.
///
/// Most forms are read as one canonical text, `1024Mi` as `1Gi` and `0.5` as `500m`; some that are canonical but for a
/// sign or zeros keep their text (`+1Gi`, `1.500`), as upstream keeps them. Equality is that of the text; compare
/// amounts with [`compare`](Self::compare). What is below a billionth is rounded up to it.
///
/// ```
/// use componentconfig::scalar::Quantity;
///
/// let quantity: Quantity = "1024Mi".parse()?;
/// assert_eq!(quantity.to_string(), "1Gi");
/// assert_eq!(quantity.value(), Some(1 << 30));
/// # Ok::<(), componentconfig::scalar::ParseQuantityError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Quantity(String);

impl Quantity {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The amount as an integer, rounded up (away from zero); `None` if 64 bits do not hold it.
    pub fn value(&self) -> Option<i64> {
        self.amount().rounded_up(0).to_i64()
    }

    /// The amount in thousandths, rounded up (away from zero); `None` if 64 bits do not hold it.
    pub fn milli_value(&self) -> Option<i64> {
        let mut amount = self.amount();
        amount.exponent = amount.exponent.saturating_add(3);
        amount.rounded_up(0).to_i64()
    }

    /// The nearest number that 64 bits hold as a float; infinite if the amount is too large.
    pub fn approximate(&self) -> f64 {
        self.amount().to_f64()
    }

    /// Whether the amount is less than zero (`Less`), zero, or more.
    pub fn sign(&self) -> Ordering {
        self.amount().sign()
    }

    /// Which amount is larger, whatever the texts.
    #[must_use]
    pub fn compare(&self, other: &Self) -> Ordering {
        self.amount().compare(&other.amount())
    }

    fn amount(&self) -> Decimal {
        // The text was parsed before.
        parse(&self.0).map_or_else(|_| Decimal::default(), |parsed| parsed.amount)
    }
}

/// Zero.
impl Default for Quantity {
    fn default() -> Self {
        Self("0".to_owned())
    }
}

impl FromStr for Quantity {
    type Err = ParseQuantityError;

    fn from_str(text: &str) -> Result<Self, ParseQuantityError> {
        let parsed = parse(text)?;
        Ok(Self(if parsed.keeps_text {
            text.to_owned()
        } else {
            canonical(&parsed.amount, parsed.format)
        }))
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for Quantity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

/// From a string or a number; null is zero.
impl<'de> Deserialize<'de> for Quantity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(QuantityVisitor)
    }
}

struct QuantityVisitor;

impl Visitor<'_> for QuantityVisitor {
    type Value = Quantity;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a quantity such as \"500m\" or \"1Gi\"")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Quantity, E> {
        text.trim().parse().map_err(E::custom)
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Quantity, E> {
        self.visit_str(&number.to_string())
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Quantity, E> {
        self.visit_str(&number.to_string())
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Quantity, E> {
        let plain = number == 0.0 || (1e-6..1e21).contains(&number.abs());
        self.visit_str(&if plain {
            number.to_string()
        } else {
            format!("{number:e}")
        })
    }

    fn visit_unit<E: de::Error>(self) -> Result<Quantity, E> {
        Ok(Quantity::default())
    }
}

/// A text that is no quantity, with the words of apimachinery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseQuantityError {
    /// It has not the form of one.
    #[error(
        "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
    )]
    Format,
    /// It has no digits.
    #[error("unable to parse numeric part of quantity")]
    Number,
    /// Its suffix is none.
    #[error("unable to parse quantity's suffix")]
    Suffix,
}

/// The sort of suffix, which is kept when the amount is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Binary,
    Decimal,
    Exponent,
}

struct Parsed {
    amount: Decimal,
    format: Format,
    /// Whether upstream prints the text as it came.
    keeps_text: bool,
}

fn parse(text: &str) -> Result<Parsed, ParseQuantityError> {
    let parts = Parts::of(text)?;
    let (format, exponent) = suffix(parts.suffix).ok_or(ParseQuantityError::Suffix)?;
    let digits = parts.whole.len().max(1) + parts.fraction.len();
    let scale = exponent - signed(parts.fraction.len());
    // Upstream has a fast way for what surely fits 64 bits, and only that one keeps texts.
    let fast = match format {
        Format::Binary => {
            parts.fraction.is_empty() && signed(parts.whole.len().max(1)) + exponent * 3 / 10 < 15
        }
        Format::Decimal | Format::Exponent => digits <= 18 && scale >= NANO,
    };
    if !fast && !parts.has_digits {
        return Err(ParseQuantityError::Number);
    }
    let mut amount = Decimal::new(parts.negative, parts.whole, parts.fraction);
    let mut format_now = format;
    match format {
        Format::Binary => {
            amount.shift_left(exponent);
            amount = amount.rounded_up(NANO).capped();
            if amount.is_below_one() && !amount.is_zero() {
                format_now = Format::Decimal;
            }
        }
        Format::Decimal | Format::Exponent => {
            amount.exponent += exponent;
            amount = amount.rounded_up(NANO);
        }
    }
    Ok(Parsed {
        keeps_text: text == "0" || (fast && parts.is_canonical(format, scale)),
        amount,
        format: format_now,
    })
}

/// No quantity is finer than ten to this power.
const NANO: i64 = -9;

/// A text in pieces: sign, digits before and after the point without leading zeros, suffix.
struct Parts<'a> {
    negative: bool,
    whole: &'a str,
    fraction: &'a str,
    suffix: &'a str,
    has_digits: bool,
}

impl<'a> Parts<'a> {
    fn of(text: &'a str) -> Result<Self, ParseQuantityError> {
        if text.is_empty() {
            return Err(ParseQuantityError::Format);
        }
        let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
        let significant = unsigned.trim_start_matches('0');
        let (whole, rest) = split_digits(significant);
        let (fraction, suffix) = match rest.strip_prefix('.') {
            Some(rest) => split_digits(rest),
            None => ("", rest),
        };
        let after_letters = suffix.trim_start_matches(|c| "eEinumkKMGTP".contains(c));
        let exponent = after_letters
            .strip_prefix(['-', '+'])
            .unwrap_or(after_letters);
        if !split_digits(exponent).1.is_empty() {
            return Err(ParseQuantityError::Format);
        }
        Ok(Self {
            negative: text.starts_with('-'),
            whole,
            fraction,
            suffix,
            has_digits: unsigned.len() > significant.len() || whole.len() + fraction.len() > 0,
        })
    }

    /// Whether the number could not be written with a larger suffix.
    fn is_canonical(&self, format: Format, scale: i64) -> bool {
        if format == Format::Binary {
            let low = self.whole.parse::<u64>().unwrap_or(0) & 7;
            return low != 0;
        }
        let digits = [self.whole, self.fraction].concat();
        let first = if self.whole.is_empty() { "0" } else { &digits };
        scale % 3 == 0 && !digits.ends_with("000") && !first.starts_with('0')
    }
}

fn split_digits(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !c.is_ascii_digit());
    text.split_at(end.unwrap_or(text.len()))
}

/// The suffixes of powers of ten, from `10^-9` on in steps of three.
const DECIMAL: [&str; 10] = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"];

/// The suffixes of powers of 1024, from the first on.
const BINARY: [&str; 6] = ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];

/// The sort of a suffix and its exponent, of two or of ten.
fn suffix(text: &str) -> Option<(Format, i64)> {
    if let Some(at) = DECIMAL.iter().position(|suffix| *suffix == text) {
        return Some((Format::Decimal, 3 * signed(at) + NANO));
    }
    if let Some(at) = BINARY.iter().position(|suffix| *suffix == text) {
        return Some((Format::Binary, 10 * (signed(at) + 1)));
    }
    let exponent: i64 = text.strip_prefix(['e', 'E'])?.parse().ok()?;
    // Upstream cuts the exponent to 32 bits; nobody means what then comes out.
    let exponent = i32::try_from(exponent).ok()?;
    Some((Format::Exponent, exponent.into()))
}

fn canonical(amount: &Decimal, format: Format) -> String {
    if amount.is_zero() {
        return "0".to_owned();
    }
    if format == Format::Binary
        && let Some(value) = amount.to_i64().filter(|value| value.unsigned_abs() >= 1024)
    {
        return binary(value);
    }
    let (mantissa, exponent) = amount.in_thousands();
    let named = usize::try_from((exponent - NANO) / 3).ok();
    match named.and_then(|at| DECIMAL.get(at)) {
        Some(suffix) if format != Format::Exponent => format!("{mantissa}{suffix}"),
        _ if exponent == 0 => mantissa,
        // Also for what is above the largest suffix, where upstream loses the exponent.
        _ => format!("{mantissa}e{exponent}"),
    }
}

fn binary(mut value: i64) -> String {
    let mut suffix = "";
    for larger in BINARY {
        if value % 1024 != 0 {
            break;
        }
        value /= 1024;
        suffix = larger;
    }
    format!("{value}{suffix}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn canonical_texts() {
        for (text, wanted) in [
            ("0", "0"),
            ("00", "0"),
            ("-0", "0"),
            (".", "0"),
            ("+", "0"),
            ("m", "0"),
            ("0Ki", "0"),
            ("1024Mi", "1Gi"),
            ("1025Mi", "1025Mi"),
            ("1536Mi", "1536Mi"),
            ("2048Ki", "2Mi"),
            ("512", "512"),
            ("0.5Gi", "512Mi"),
            (".5Gi", "512Mi"),
            ("0.5Ki", "512"),
            ("1.5Ki", "1536"),
            ("0.1Mi", "104857600m"),
            ("0.0001Ki", "102400u"),
            ("1.5", "1500m"),
            ("1.500", "1.500"),
            ("+1Gi", "+1Gi"),
            ("05", "05"),
            ("1000m", "1"),
            ("1100m", "1100m"),
            ("1000", "1k"),
            ("1e3", "1e3"),
            ("1E3", "1E3"),
            ("1e4", "10e3"),
            ("1000e3", "1e6"),
            ("1.5e3", "1500"),
            ("1e-12", "1e-9"),
            ("0.0000000001", "1n"),
            ("-0.0000000001", "-1n"),
            ("1E", "1E"),
            ("1Pi", "1Pi"),
            ("1.Pi", "1Pi"),
            ("100000000000000000000", "100E"),
            (
                "123456789012345678901234567890",
                "123456789012345678901234567890",
            ),
            ("1000E", "1e21"),
        ] {
            let quantity: Quantity = text.parse().unwrap();
            assert_eq!(quantity.as_str(), wanted, "{text}");
        }
    }

    #[test]
    fn binary_amounts_end_at_63_bits() {
        let largest: Quantity = "8Ei".parse().unwrap();
        assert_eq!(largest.as_str(), "9223372036854775807");
        assert_eq!(largest.value(), Some(i64::MAX));
    }

    #[test]
    fn refusals_have_the_words_of_apimachinery() {
        use ParseQuantityError::{Format, Number, Suffix};
        for (text, error) in [
            ("", Format),
            ("1 Gi", Format),
            ("1x", Format),
            ("1.2.3", Format),
            ("--1", Suffix),
            ("1pi", Format),
            ("1Kib", Format),
            ("1KiB", Format),
            ("1e", Suffix),
            ("1Ki5", Suffix),
            ("1mm", Suffix),
            ("1K", Suffix),
            ("1e99999999999", Suffix),
            ("Pi", Number),
        ] {
            assert_eq!(text.parse::<Quantity>(), Err(error), "{text}");
        }
    }

    #[test]
    fn numbers_and_null_are_read() {
        let read = |text: &str| serde_json::from_str::<Quantity>(text).map(|q| q.0);
        assert_eq!(read("1000").unwrap(), "1k");
        assert_eq!(read("0.5").unwrap(), "500m");
        assert_eq!(read("-3").unwrap(), "-3");
        assert_eq!(read("null").unwrap(), "0");
        assert_eq!(read("\" 1Gi \"").unwrap(), "1Gi");
        assert!(read("true").is_err());
    }

    fn quantity(text: &str) -> Quantity {
        text.parse().unwrap()
    }

    #[test]
    fn amounts_compare() {
        let compare = |a: &str, b: &str| quantity(a).compare(&quantity(b));
        assert_eq!(compare("1Gi", "1024Mi"), Ordering::Equal);
        assert_eq!(compare("1G", "1Gi"), Ordering::Less);
        assert_eq!(compare("-1", "-2"), Ordering::Greater);
        assert_eq!(compare("1e30", "9Ei"), Ordering::Greater);
        assert_eq!(compare("0", "-1n"), Ordering::Greater);
        assert_eq!(quantity("1500m").value(), Some(2));
        assert_eq!(quantity("-1500m").value(), Some(-2));
        assert_eq!(quantity("1e30").value(), None);
        assert_eq!(quantity("1500m").milli_value(), Some(1500));
        assert_eq!(quantity("1n").milli_value(), Some(1));
        assert_eq!(quantity("9Pi").milli_value(), None);
    }

    #[test]
    fn amounts_as_floats() {
        let quantity = |text: &str| text.parse::<Quantity>().unwrap();
        for (text, float) in [
            ("0", 0.0),
            ("1500m", 1.5),
            ("-100m", -0.1),
            ("512Mi", 536_870_912.0),
            ("1e30", 1e30),
        ] {
            assert_eq!(
                quantity(text).approximate().to_bits(),
                f64::to_bits(float),
                "{text}"
            );
        }
        assert_eq!(quantity("-1n").sign(), Ordering::Less);
    }
}
