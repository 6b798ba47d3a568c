//! Words and numbers as Go prints them, which is how every Kubernetes error message has them.

use std::fmt::Write as _;

/// `text` in double quotes, as `strconv.Quote` writes it.
pub(crate) fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        push_escaped(&mut out, c);
    }
    out.push('"');
    out
}

/// `text` in double quotes, as the package `time` writes it: all that is not plain ASCII as bytes.
pub(crate) fn quote_ascii(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for byte in text.bytes() {
        match byte {
            b'"' | b'\\' => out.extend(['\\', char::from(byte)]),
            b' '..=b'\x7f' => out.push(char::from(byte)),
            // Writing to a String cannot fail.
            _ => drop(write!(out, "\\x{byte:02x}")),
        }
    }
    out.push('"');
    out
}

/// The words quoted and joined by `, `.
pub(crate) fn quote_all<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    words.into_iter().map(quote).collect::<Vec<_>>().join(", ")
}

/// The shortest text that reads back as `number`, as the verb `%v` prints it: `1e+06`, but `100000`.
pub(crate) fn float(number: f64) -> String {
    if number == 0.0 {
        return if number.is_sign_negative() { "-0" } else { "0" }.to_owned();
    }
    exponent_of_go(format!("{number:e}"), || number.to_string())
}

/// The same for a number that is first rounded to 32 bits, and for those that are none: what `sigs.k8s.io/yaml` makes
/// of a key.
pub(crate) fn float32(number: f64) -> String {
    if number.is_nan() {
        return ".nan".to_owned();
    }
    #[allow(
        clippy::cast_possible_truncation,
        reason = "rounding is what is asked for"
    )]
    let narrow = number as f32;
    if narrow.is_infinite() {
        return if narrow > 0.0 { ".inf" } else { "-.inf" }.to_owned();
    }
    if narrow == 0.0 {
        return float(narrow.into());
    }
    exponent_of_go(format!("{narrow:e}"), || narrow.to_string())
}

fn exponent_of_go(scientific: String, plain: impl FnOnce() -> String) -> String {
    let Some((digits, exponent)) = scientific.split_once('e') else {
        return scientific;
    };
    let power: i32 = exponent.parse().unwrap_or(0);
    if (-4..6).contains(&power) {
        return plain();
    }
    let sign = if power < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", power.abs())
}

fn push_escaped(out: &mut String, c: char) {
    match c {
        '"' | '\\' => out.extend(['\\', c]),
        '\x07' => out.push_str("\\a"),
        '\x08' => out.push_str("\\b"),
        '\x0c' => out.push_str("\\f"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        '\x0b' => out.push_str("\\v"),
        _ if printable(c) => out.push(c),
        _ => {
            let code = u32::from(c);
            // Writing to a String cannot fail.
            let _ = match code {
                0..=0x7f => write!(out, "\\x{code:02x}"),
                0x80..=0xffff => write!(out, "\\u{code:04x}"),
                _ => write!(out, "\\U{code:08x}"),
            };
        }
    }
}

fn printable(c: char) -> bool {
    match c {
        ' '..='~' => true,
        // Combining marks print, but `escape_debug` escapes them; the classes of Go's table are otherwise the same.
        _ => !c.is_control() && (c.escape_debug().len() == 1 || c.is_alphanumeric()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoting_is_go_quoting() {
        assert_eq!(quote("a\"b\\c"), r#""a\"b\\c""#);
        assert_eq!(quote("\n\u{7}\u{1}\u{7f}"), r#""\n\a\x01\x7f""#);
        assert_eq!(quote("é😀\u{200b}\u{feff}"), "\"é😀\\u200b\\ufeff\"");
        assert_eq!(quote_all(["a", "b"]), r#""a", "b""#);
    }

    #[test]
    fn floats_are_short() {
        for (number, text) in [
            (1.5, "1.5"),
            (100_000.0, "100000"),
            (1e6, "1e+06"),
            (123.25, "123.25"),
            (1e-5, "1e-05"),
            (-2.5e-7, "-2.5e-07"),
            (-0.0, "-0"),
        ] {
            assert_eq!(float(number), text);
        }
    }
}
