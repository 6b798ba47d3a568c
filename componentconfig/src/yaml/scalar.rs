//! Which type a YAML scalar has, by the rules of YAML 1.1 as go-yaml v2 takes them.
//!
//! The text alone decides, never the type that somebody wants: `yes` is a boolean, `014` is twelve, `1_000` a thousand,
//! `1.36` a float; `12:30:45` and dates stay text.

use std::borrow::Cow;

use super::{binary, timestamp};
use crate::load::Scalar;

/// The tag of a scalar, where it has one that matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tag {
    Null,
    Bool,
    Int,
    Float,
    Timestamp,
    Binary,
    /// `!!str`, `!`, and every tag that nobody knows.
    Text,
}

impl Tag {
    /// The meaning of `tag:yaml.org,2002:` followed by `name`.
    pub(crate) fn core(name: &str) -> Self {
        match name {
            "null" => Self::Null,
            "bool" => Self::Bool,
            "int" => Self::Int,
            "float" => Self::Float,
            "timestamp" => Self::Timestamp,
            "binary" => Self::Binary,
            _ => Self::Text,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Null => "!!null",
            Self::Bool => "!!bool",
            Self::Int => "!!int",
            Self::Float => "!!float",
            Self::Timestamp => "!!timestamp",
            Self::Binary => "!!binary",
            Self::Text => "!!str",
        }
    }
}

/// The value of a plain scalar without a tag.
pub(crate) fn plain(text: Cow<'_, str>) -> Scalar<'_> {
    typed(&text).unwrap_or(Scalar::Text(text))
}

/// The value of a scalar with a tag, quoted or not.
///
/// # Errors
/// What the text is instead of what the tag says.
pub(crate) fn tagged(tag: Tag, text: Cow<'_, str>) -> Result<Scalar<'_>, String> {
    let found = match tag {
        Tag::Text => return Ok(Scalar::Text(text)),
        Tag::Binary => {
            return binary::decode(&text)
                .map(|text| Scalar::Text(text.into()))
                .ok_or_else(|| "!!binary value contains invalid base64 data".to_owned());
        }
        Tag::Timestamp if timestamp::is_timestamp(&text) => return Ok(Scalar::Text(text)),
        _ => typed(&text),
    };
    match (tag, found) {
        (Tag::Null, Some(Scalar::Null)) => Ok(Scalar::Null),
        (Tag::Bool, Some(found @ Scalar::Bool(_)))
        | (Tag::Int, Some(found @ (Scalar::Int(_) | Scalar::Uint(_))))
        | (Tag::Float, Some(found @ Scalar::Float(_))) => Ok(found),
        #[allow(clippy::cast_precision_loss, reason = "a float is asked for")]
        (Tag::Float, Some(Scalar::Int(value))) => Ok(Scalar::Float(value as f64)),
        (_, found) => Err(format!(
            "cannot decode {} `{text}` as a {}",
            found.map_or("!!str", |found| tag_of(&found).name()),
            tag.name()
        )),
    }
}

/// Whether a string written plain would be read as something else.
pub(crate) fn is_typed(text: &str) -> bool {
    typed(text).is_some() || text == "<<" || timestamp::is_timestamp(text)
}

const fn tag_of(scalar: &Scalar<'_>) -> Tag {
    match scalar {
        Scalar::Null => Tag::Null,
        Scalar::Bool(_) => Tag::Bool,
        Scalar::Int(_) | Scalar::Uint(_) => Tag::Int,
        Scalar::Float(_) => Tag::Float,
        Scalar::Text(_) => Tag::Text,
    }
}

/// What a text is if it is not just a text.
fn typed(text: &str) -> Option<Scalar<'static>> {
    match text.as_bytes().first() {
        None => Some(Scalar::Null),
        Some(b'~' | b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O') => {
            word(text)
        }
        Some(b'.') => word(text).or_else(|| float(text)),
        Some(b'0'..=b'9' | b'+' | b'-') => word(text).or_else(|| number(text)),
        _ => None,
    }
}

fn word(text: &str) -> Option<Scalar<'static>> {
    Some(match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            Scalar::Bool(true)
        }
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            Scalar::Bool(false)
        }
        "~" | "null" | "Null" | "NULL" => Scalar::Null,
        ".nan" | ".NaN" | ".NAN" => Scalar::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => Scalar::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => Scalar::Float(f64::NEG_INFINITY),
        _ => return None,
    })
}

fn number(text: &str) -> Option<Scalar<'static>> {
    let plain: Cow<'_, str> = if text.contains('_') {
        text.replace('_', "").into()
    } else {
        text.into()
    };
    integer(&plain).or_else(|| {
        if looks_like_float(&plain) {
            float(&plain)
        } else {
            late_binary(&plain)
        }
    })
}

/// An integer with an optional sign, in the base that its beginning names: `0x`, `0o` or `0`, `0b`, or decimal.
fn integer(text: &str) -> Option<Scalar<'static>> {
    let (negative, signed, digits) = match text.as_bytes().first()? {
        b'-' => (true, true, text.get(1..)?),
        b'+' => (false, true, text.get(1..)?),
        _ => (false, false, text),
    };
    let (base, digits) = base_of(digits);
    let magnitude = magnitude(digits, base)?;
    if negative {
        return 0_i64.checked_sub_unsigned(magnitude).map(Scalar::Int);
    }
    match i64::try_from(magnitude) {
        Ok(value) => Some(Scalar::Int(value)),
        // What needs the 64th bit has no sign.
        Err(_) => (!signed).then_some(Scalar::Uint(magnitude)),
    }
}

fn base_of(digits: &str) -> (u32, &str) {
    let Some(rest) = digits.strip_prefix('0').filter(|rest| !rest.is_empty()) else {
        return (10, digits);
    };
    for (letters, base) in [(['x', 'X'], 16), (['o', 'O'], 8), (['b', 'B'], 2)] {
        if let Some(rest) = rest.strip_prefix(letters) {
            return (base, rest);
        }
    }
    (8, rest)
}

fn magnitude(digits: &str, base: u32) -> Option<u64> {
    // `from_str_radix` would take a sign.
    let all_digits = !digits.is_empty() && digits.chars().all(|c| c.is_digit(base));
    u64::from_str_radix(digits, base)
        .ok()
        .filter(|_| all_digits)
}

/// go-yaml looks once more at what begins with `0b`, and lets a sign stand after it.
fn late_binary(text: &str) -> Option<Scalar<'static>> {
    let digits = text.strip_prefix("0b")?;
    let negative = digits.starts_with('-');
    let magnitude = magnitude(digits.strip_prefix(['-', '+'])?, 2)?;
    let value = if negative {
        0_i64.checked_sub_unsigned(magnitude)
    } else {
        i64::try_from(magnitude).ok()
    };
    value.map(Scalar::Int)
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`
fn looks_like_float(text: &str) -> bool {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, rest) = split_digits(unsigned);
    let rest = match rest.strip_prefix('.').map(split_digits) {
        Some((fraction, rest)) if whole + fraction > 0 => rest,
        None if whole > 0 => rest,
        _ => return false,
    };
    let Some(exponent) = rest.strip_prefix(['e', 'E']) else {
        return rest.is_empty();
    };
    let exponent = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
    !exponent.is_empty() && split_digits(exponent).1.is_empty()
}

/// How many digits a text begins with, and what follows them.
fn split_digits(text: &str) -> (usize, &str) {
    let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
    (text.len() - rest.len(), rest)
}

/// A finite float; what is too large for one stays text.
fn float(text: &str) -> Option<Scalar<'static>> {
    if !looks_like_float(text) {
        return None;
    }
    let value: f64 = text.parse().ok()?;
    value.is_finite().then_some(Scalar::Float(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[allow(clippy::unnecessary_wraps, reason = "compared with options")]
    fn int(value: i64) -> Option<Scalar<'static>> {
        Some(Scalar::Int(value))
    }

    #[allow(clippy::unnecessary_wraps, reason = "compared with options")]
    fn float(value: f64) -> Option<Scalar<'static>> {
        Some(Scalar::Float(value))
    }

    #[test]
    fn words() {
        for text in [
            "y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON",
        ] {
            assert_eq!(typed(text), Some(Scalar::Bool(true)), "{text}");
        }
        for text in [
            "n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF",
        ] {
            assert_eq!(typed(text), Some(Scalar::Bool(false)), "{text}");
        }
        for text in ["", "~", "null", "Null", "NULL"] {
            assert_eq!(typed(text), Some(Scalar::Null), "{text}");
        }
        for text in [
            "yEs", "nO", "tRue", "oN", "oFF", "nULL", "NUll", "~~", "yes ", "nan", "inf", "Inf",
            ".iNF", "+.nan", "-.NaN", "<<", "=", "_1", "a", "é", "'", "@", "?b",
        ] {
            assert_eq!(typed(text), None, "{text}");
        }
        for text in [".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"] {
            assert_eq!(typed(text), float(f64::INFINITY), "{text}");
        }
        for text in ["-.inf", "-.Inf", "-.INF"] {
            assert_eq!(typed(text), float(f64::NEG_INFINITY), "{text}");
        }
        for text in [".nan", ".NaN", ".NAN"] {
            assert!(
                matches!(typed(text), Some(Scalar::Float(value)) if value.is_nan()),
                "{text}"
            );
        }
    }

    #[test]
    fn integers_in_every_base() {
        for (text, value) in [
            ("0", 0),
            ("-0", 0),
            ("+0", 0),
            ("+1", 1),
            ("1_000", 1000),
            ("1__0_", 10),
            ("0x1F", 31),
            ("0X1f", 31),
            ("-0x1F", -31),
            ("0x_1F", 31),
            ("0o14", 12),
            ("0O14", 12),
            ("014", 12),
            ("-014", -12),
            ("00", 0),
            ("0_7", 7),
            ("0b101", 5),
            ("0B101", 5),
            ("-0b101", -5),
            ("+0b101", 5),
            ("0b-1", -1),
            ("0b+1", 1),
            ("9223372036854775807", i64::MAX),
            ("-9223372036854775808", i64::MIN),
            ("-0x8000000000000000", i64::MIN),
        ] {
            assert_eq!(typed(text), int(value), "{text}");
        }
        assert_eq!(typed("9223372036854775808"), Some(Scalar::Uint(1 << 63)));
        assert_eq!(typed("18446744073709551615"), Some(Scalar::Uint(u64::MAX)));
        assert_eq!(typed("0xffffffffffffffff"), Some(Scalar::Uint(u64::MAX)));
    }

    #[test]
    fn floats() {
        for (text, value) in [
            ("1.", 1.0),
            ("0.", 0.0),
            (".5", 0.5),
            ("+.5", 0.5),
            ("-.5e-3", -0.0005),
            ("1.50", 1.5),
            ("08", 8.0),
            ("08.5", 8.5),
            ("-08", -8.0),
            ("1e3", 1000.0),
            ("1E+3", 1000.0),
            ("1_0.5_0", 10.5),
            ("1_e3", 1000.0),
            ("18446744073709551616", 18_446_744_073_709_551_616.0),
            ("+18446744073709551615", 18_446_744_073_709_551_615.0),
            ("-9223372036854775809", -9_223_372_036_854_775_809.0),
            ("1e-400", 0.0),
        ] {
            assert_eq!(typed(text), float(value), "{text}");
        }
        assert!(matches!(typed("-0.0"), Some(Scalar::Float(value)) if value.is_sign_negative()));
    }

    #[test]
    fn what_is_nearly_a_number_is_text() {
        for text in [
            "1e400",
            "-1e400",
            ".5e400",
            "1e",
            "1e+",
            "e3",
            ".e3",
            ".",
            "..",
            "+",
            "-",
            "-_",
            "+.",
            "0x",
            "0o",
            "0b",
            "0o8",
            "0xg",
            "0b2",
            "0b",
            "0b-",
            "-0b-1",
            "0x-1",
            "--1",
            "+-1",
            "1.2.3",
            "1,000",
            "1:1",
            "12:30:45",
            "190:20:30",
            "2001-12-14",
            "2001-12-14t21:59:43.10-05:00",
            "100m",
            "1Gi",
            "5E",
            "1e1.5",
            "0x1p4",
            "0x1.8",
            "1 ",
            "1 2",
            "٣",
            "+0x",
            "._5",
            ".5_",
            "-0b102",
        ] {
            assert_eq!(typed(text), None, "{text}");
        }
    }

    #[test]
    fn tags_have_the_last_word() {
        let read = |tag: &str, text: &'static str| tagged(Tag::core(tag), text.into());
        assert_eq!(read("int", "1"), Ok(Scalar::Int(1)));
        assert_eq!(read("float", "1"), Ok(Scalar::Float(1.0)));
        assert_eq!(read("null", ""), Ok(Scalar::Null));
        assert_eq!(read("str", "12"), Ok(Scalar::Text("12".into())));
        assert_eq!(read("set", "12"), Ok(Scalar::Text("12".into())));
        assert_eq!(
            read("binary", "aGVs\nbG8="),
            Ok(Scalar::Text("hello".into()))
        );
        assert_eq!(
            read("timestamp", "2001-01-01"),
            Ok(Scalar::Text("2001-01-01".into()))
        );
        for (tag, text, words) in [
            ("int", "x", "cannot decode !!str `x` as a !!int"),
            ("int", "1.5", "cannot decode !!float `1.5` as a !!int"),
            ("bool", "1", "cannot decode !!int `1` as a !!bool"),
            (
                "float",
                "18446744073709551615",
                "cannot decode !!int `18446744073709551615` as a !!float",
            ),
            ("null", "x", "cannot decode !!str `x` as a !!null"),
            (
                "timestamp",
                "12",
                "cannot decode !!int `12` as a !!timestamp",
            ),
            ("binary", "*", "!!binary value contains invalid base64 data"),
        ] {
            assert_eq!(read(tag, text), Err(words.to_owned()));
        }
    }

    #[test]
    fn what_must_be_quoted() {
        for text in ["", "yes", "1", "1.5", "~", "<<", "2001-01-01", ".inf"] {
            assert!(is_typed(text), "{text}");
        }
        assert!(!is_typed("v1") && !is_typed("12:30:45"));
    }
}
