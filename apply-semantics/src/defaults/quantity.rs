//! Quantities: amounts such as `500m` or `1Gi`, and their canonical text.

use std::{cmp::Ordering, fmt};

/// The powers of ten and of two that suffixes stand for.
const DECIMAL: [(&str, i32); 10] = [
    ("n", -9),
    ("u", -6),
    ("m", -3),
    ("", 0),
    ("k", 3),
    ("M", 6),
    ("G", 9),
    ("T", 12),
    ("P", 15),
    ("E", 18),
];
const BINARY: [(&str, i32); 6] = [
    ("Ki", 10),
    ("Mi", 20),
    ("Gi", 30),
    ("Ti", 40),
    ("Pi", 50),
    ("Ei", 60),
];
/// Digits beyond these are not kept apart from each other in 128 bits.
const MOST_DIGITS: usize = 30;
const NANO: i32 = -9;

/// An amount, with the family of suffixes that it is written in.
///
/// It follows `resource.Quantity` of apimachinery: amounts are exact to the nano, and what is finer is rounded up.
#[derive(Debug, Clone)]
pub struct Quantity {
    /// The amount is this many times ten to the power of `scale`.
    value: i128,
    scale: i32,
    format: Format,
    /// The text, where it is kept as it was written.
    kept: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    DecimalExponent,
    Decimal,
    Binary,
}

/// The parts of a text.
struct Parts<'a> {
    negative: bool,
    whole: &'a str,
    fraction: &'a str,
    suffix: &'a str,
}

impl Parts<'_> {
    fn digits(&self) -> impl DoubleEndedIterator<Item = u8> + Clone {
        self.whole.bytes().chain(self.fraction.bytes())
    }
}

impl Quantity {
    /// Reads a quantity; `None` if the text is none, or has more digits than can be told apart.
    pub fn parse(text: &str) -> Option<Self> {
        let parts = split(text)?;
        let (base, exponent, format) = suffix(parts.suffix)?;
        let digits = parts.digits().skip_while(|digit| *digit == b'0');
        if digits.clone().count() > MOST_DIGITS || exponent.abs() > 100 {
            return None;
        }
        let number = |sum: i128, digit: u8| sum * 10 + i128::from(digit - b'0');
        let mut quantity = Self {
            value: digits.fold(0, number),
            scale: -i32::try_from(parts.fraction.len()).ok()?,
            format,
            kept: None,
        };
        if base == 2 {
            quantity.value = quantity.value.checked_mul(1_i128 << exponent)?;
        } else {
            quantity.scale += exponent;
        }
        if is_kept(&parts, exponent, &quantity) {
            quantity.kept = Some(text.to_owned());
        }
        quantity.bound();
        if parts.negative {
            quantity.value = -quantity.value;
        }
        Some(quantity)
    }

    /// The same amount, rounded up (away from zero) to thousandths, as the API server does with lists of resources.
    #[must_use]
    pub fn round_up_to_milli(mut self) -> Self {
        if self.scale < -3 {
            self.kept = None;
            self.round_up(-3);
        }
        self
    }

    /// The sum, in the family of suffixes of this one.
    #[must_use]
    pub fn plus(&self, other: &Self) -> Self {
        let scale = self.scale.min(other.scale);
        let at = |quantity: &Self| {
            let factor = 10_i128.checked_pow(quantity.scale.abs_diff(scale));
            factor.map_or(i128::MAX, |factor| quantity.value.saturating_mul(factor))
        };
        Self {
            value: at(self).saturating_add(at(other)),
            scale,
            format: if self.is_zero() {
                other.format
            } else {
                self.format
            },
            kept: None,
        }
    }

    /// Whether the server keeps it as it was written, in that text.
    pub(super) fn is_kept_as(&self, text: &str) -> bool {
        self.kept.as_deref() == Some(text)
    }

    /// The amount as a float, which is near it.
    #[expect(clippy::cast_precision_loss, reason = "near is what it says")]
    pub fn to_f64(&self) -> f64 {
        self.value as f64 * 10_f64.powi(self.scale)
    }

    /// Whether the amount is zero.
    pub fn is_zero(&self) -> bool {
        self.value == 0
    }

    /// Rounds up to the nano, and caps amounts that are written in binary suffixes, as they are read.
    fn bound(&mut self) {
        self.round_up(NANO);
        if self.format == Format::Binary {
            let most = i128::from(i64::MAX);
            if self.integer() > most {
                (self.value, self.scale) = (most, 0);
            }
        }
    }

    fn round_up(&mut self, scale: i32) {
        while self.scale < scale {
            let rest = self.value % 10;
            self.value /= 10;
            self.value += rest.signum();
            self.scale += 1;
        }
    }

    /// The amount as a whole number, saturating; fractions are cut off.
    fn integer(&self) -> i128 {
        let factor = 10_i128.checked_pow(self.scale.unsigned_abs());
        match (factor, self.scale >= 0) {
            (Some(factor), true) => self.value.saturating_mul(factor),
            (None, true) => i128::MAX,
            (Some(factor), false) => self.value / factor,
            (None, false) => 0,
        }
    }

    fn is_integer(&self) -> bool {
        self.scale >= 0
            || 10_i128
                .checked_pow(self.scale.unsigned_abs())
                .is_some_and(|factor| self.value % factor == 0)
    }

    /// The text in decimal suffixes or exponents: the mantissa without zeros, the exponent a multiple of three.
    fn decimal(&self, format: Format) -> String {
        let (mut value, mut exponent) = (self.value, self.scale);
        while value % 10 == 0 {
            value /= 10;
            exponent += 1;
        }
        while exponent % 3 != 0 {
            value = value.saturating_mul(10);
            exponent -= 1;
        }
        match (format, exponent) {
            (_, 0) => value.to_string(),
            (Format::DecimalExponent, _) => format!("{value}e{exponent}"),
            _ => {
                let suffix = DECIMAL.iter().find(|(_, power)| *power == exponent);
                format!("{value}{}", suffix.map_or("", |(suffix, _)| suffix))
            }
        }
    }

    fn binary(&self) -> String {
        let mut value = self.integer();
        let mut suffix = "";
        for (next, _) in BINARY {
            if value % 1024 != 0 {
                break;
            }
            value /= 1024;
            suffix = next;
        }
        format!("{value}{suffix}")
    }
}

/// The canonical text, or the text as it was written where the server keeps it.
impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(kept) = &self.kept {
            return f.write_str(kept);
        }
        if self.is_zero() {
            return f.write_str("0");
        }
        let small = self.integer().abs() < 1024;
        let text = match self.format {
            Format::Binary if small || !self.is_integer() => self.decimal(Format::Decimal),
            Format::Binary => self.binary(),
            format => self.decimal(format),
        };
        f.write_str(&text)
    }
}

/// Amounts are compared, however they are written.
impl Ord for Quantity {
    fn cmp(&self, other: &Self) -> Ordering {
        let scale = self.scale.min(other.scale);
        let at = |quantity: &Self| {
            let factor = 10_i128.checked_pow(quantity.scale.abs_diff(scale));
            let limit = if quantity.value < 0 {
                i128::MIN
            } else {
                i128::MAX
            };
            match (factor, quantity.value) {
                (_, 0) => 0,
                (Some(factor), value) => value.checked_mul(factor).unwrap_or(limit),
                (None, _) => limit,
            }
        };
        at(self).cmp(&at(other))
    }
}

impl PartialOrd for Quantity {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Quantity {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Quantity {}

fn split(text: &str) -> Option<Parts<'_>> {
    let (negative, rest) = match text.as_bytes().first()? {
        b'-' => (true, text.get(1..)?),
        b'+' => (false, text.get(1..)?),
        _ => (false, text),
    };
    let digits = |text: &str| {
        text.find(|c: char| !c.is_ascii_digit())
            .unwrap_or(text.len())
    };
    let (whole, mut rest) = rest.split_at(digits(rest));
    let mut fraction = "";
    if let Some(after) = rest.strip_prefix('.') {
        (fraction, rest) = after.split_at(digits(after));
    }
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let whole = whole.trim_start_matches('0');
    Some(Parts {
        negative,
        whole: if whole.is_empty() { "0" } else { whole },
        fraction,
        suffix: rest,
    })
}

/// The base, the exponent, and the family of a suffix.
fn suffix(text: &str) -> Option<(u32, i32, Format)> {
    if let Some((_, exponent)) = DECIMAL.iter().find(|(suffix, _)| *suffix == text) {
        return Some((10, *exponent, Format::Decimal));
    }
    if let Some((_, exponent)) = BINARY.iter().find(|(suffix, _)| *suffix == text) {
        return Some((2, *exponent, Format::Binary));
    }
    let exponent = text.strip_prefix(['e', 'E'])?;
    let exponent = exponent.parse().ok()?;
    Some((10, exponent, Format::DecimalExponent))
}

/// Whether the server keeps the text: it does where a quick look says that it is canonical already, which it need not be.
fn is_kept(parts: &Parts<'_>, exponent: i32, quantity: &Quantity) -> bool {
    let count = parts.whole.len() + parts.fraction.len();
    if count > 18 || quantity.scale < NANO {
        return false;
    }
    if quantity.format == Format::Binary {
        // Three digits of accuracy for every ten binary ones, of fifteen in all.
        let room = 14_i32 - i32::try_from(parts.whole.len()).unwrap_or(i32::MAX / 2);
        let odd_enough = quantity.value >> exponent & 7 != 0;
        return parts.fraction.is_empty() && room >= exponent * 3 / 10 && odd_enough;
    }
    let thousands = count >= 3 && parts.digits().rev().take(3).all(|digit| digit == b'0');
    quantity.scale % 3 == 0 && !thousands && !parts.whole.starts_with('0')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_become_canonical() {
        let cases = [
            ("0", "0"),
            ("1000m", "1"),
            ("0.5", "500m"),
            (".5", "500m"),
            ("1e3", "1e3"),
            ("1E3", "1E3"),
            ("1000", "1k"),
            ("1073741824", "1073741824"),
            ("1024Mi", "1Gi"),
            ("1.5Gi", "1536Mi"),
            ("0.5Ki", "512"),
            ("1.1Ki", "1126400m"),
            ("0.000001", "1u"),
            ("1u", "1u"),
            ("0.1n", "1n"),
            ("2", "2"),
            ("-1000m", "-1"),
            ("1.500", "1.500"),
            ("12e2", "1200"),
            ("1000e3", "1e6"),
        ];
        for (text, canonical) in cases {
            assert_eq!(
                Quantity::parse(text).unwrap().to_string(),
                canonical,
                "{text}"
            );
        }
    }

    #[test]
    fn other_texts_are_no_quantities() {
        for text in ["", "x", "1x", "1 Gi", "Gi", "1mi", "1e", "--1", "."] {
            assert!(Quantity::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn amounts_are_compared() {
        let of = |text| Quantity::parse(text).unwrap();
        assert_eq!(of("1Gi"), of("1073741824"));
        assert_eq!(of("1"), of("1000m"));
        assert!(of("1G") < of("1Gi"));
        assert!(of("-1") < of("0"));
    }

    #[test]
    fn resources_are_rounded_up_to_milli() {
        let round = |text| {
            Quantity::parse(text)
                .unwrap()
                .round_up_to_milli()
                .to_string()
        };
        assert_eq!(round("1u"), "1m");
        assert_eq!(round("1.0005"), "1001m");
        assert_eq!(round("100m"), "100m");
    }
}
