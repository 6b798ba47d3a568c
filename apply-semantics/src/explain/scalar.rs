//! Scalars as YAML text that every reader, of YAML 1.1 or 1.2, takes for what they are.

use std::fmt::Write as _;

use serde_json::Value;

use super::label::is_printable;

/// A scalar on one line. Lists and maps are written as JSON.
pub(super) fn inline(value: &Value) -> String {
    match value {
        Value::String(text) => string(text),
        other => other.to_string(),
    }
}

/// A text on one line: as it is, or in double quotes.
pub(super) fn string(text: &str) -> String {
    if is_plain(text) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for char in text.chars() {
        match char {
            '"' | '\\' => out.extend(['\\', char]),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            char if is_printable(char) => out.push(char),
            char => {
                let code = u32::from(char);
                // Writing to a String cannot fail.
                let _ = match code {
                    0..=0xff => write!(out, "\\x{code:02x}"),
                    0x100..=0xffff => write!(out, "\\u{code:04x}"),
                    _ => write!(out, "\\U{code:08x}"),
                };
            }
        }
    }
    out.push('"');
    out
}

/// The lines of a text of several lines, with the header of a literal block; none if the block would not read back the same.
pub(super) fn block(text: &str) -> Option<(&'static str, std::str::Split<'_, char>)> {
    let (header, body) = match text.strip_suffix('\n') {
        Some(body) => ("|", body),
        None => ("|-", text),
    };
    let readable = |line: &str| {
        line.chars().all(|char| is_printable(char) || char == '\t')
            && (line.is_empty() || !line.trim().is_empty())
            && !line.starts_with('\t')
    };
    let first = body
        .chars()
        .next()
        .is_some_and(|char| !matches!(char, ' ' | '\n'));
    let fits =
        text.contains('\n') && first && !body.ends_with('\n') && body.split('\n').all(readable);
    fits.then(|| (header, body.split('\n')))
}

/// Whether a text can stand without quotes: it is no other scalar for anybody, and nothing in it means anything to YAML.
fn is_plain(text: &str) -> bool {
    let Some(first) = text.chars().next() else {
        return false;
    };
    let begins = first.is_ascii_digit()
        || first.is_alphabetic() && is_printable(first)
        || matches!(first, '/' | '_' | '$' | '(');
    begins
        && text.chars().all(is_printable)
        && !text.ends_with([' ', ':'])
        && !text.contains(": ")
        && !text.contains(" #")
        && !is_word(text)
        && !(first.is_ascii_digit() && may_be_number(text))
}

/// Whether a text is a word for null, a truth value or a special number in some version of YAML.
fn is_word(text: &str) -> bool {
    const WORDS: [&str; 14] = [
        "null", "true", "false", "yes", "no", "on", "off", "y", "n", "nan", "inf", "infinity", "t",
        "f",
    ];
    WORDS.iter().any(|word| text.eq_ignore_ascii_case(word))
}

/// Whether a text that begins with a digit may be a number, a time stamp or a number in base 60: whether it has none but the
/// characters of those.
fn may_be_number(text: &str) -> bool {
    text.chars().all(|char| {
        char.is_ascii_hexdigit()
            || matches!(
                char,
                'x' | 'X'
                    | 'o'
                    | 'O'
                    | 't'
                    | 'T'
                    | 'z'
                    | 'Z'
                    | '_'
                    | '.'
                    | ':'
                    | '+'
                    | '-'
                    | ' '
                    | ','
            )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_nobody_misreads_is_plain() {
        for plain in [
            "web:1",
            "registry.example/app:1",
            "100m",
            "3Gi",
            "a b",
            "$(NODE)",
            "/data",
            "\u{e9}t\u{e9}",
            "a#b",
            "x",
        ] {
            assert_eq!(string(plain), plain);
        }
        for quoted in [
            "",
            " a",
            "a ",
            "yes",
            "No",
            "y",
            "~",
            "null",
            "1",
            "1.5",
            "0x1F",
            "1e3",
            "12:30:45",
            "2024-01-01",
            "2024-01-01T00:00:00Z",
            "1_000",
            "-",
            "- a",
            "*",
            "&a",
            "a: b",
            "a:",
            "a #b",
            "{a",
            "[a",
            "'a",
            "?",
            "!x",
            "%a",
            "@a",
            "`a",
            ".5",
            "+1",
            "-1",
            "<<",
            "=",
            "0o7",
            ".inf",
            "|",
            ">",
        ] {
            assert_eq!(string(quoted), format!("\"{quoted}\""));
        }
        assert_eq!(string("a\"\\\n\t\u{7}\u{2028}"), r#""a\"\\\n\t\x07\u2028""#);
    }

    #[test]
    fn blocks_read_back() {
        assert!(
            block("a\nb\n").is_some_and(|(header, lines)| header == "|" && lines.eq(["a", "b"]))
        );
        assert!(
            block("a\n\n  b")
                .is_some_and(|(header, lines)| header == "|-" && lines.eq(["a", "", "  b"]))
        );
        for text in [
            "a", "\na", " a\nb", "a\n\n", "a\n \nb", "a\n\tb", "a\r\nb", "\n",
        ] {
            assert!(block(text).is_none(), "{text:?}");
        }
    }
}
