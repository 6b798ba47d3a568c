//! How a text is written: plain, in quotes, or as a block.
//!
//! The choice is that of go-yaml v2, except that U+2028 and U+2029 are always escaped: readers of YAML 1.1 take them
//! for line breaks and readers of YAML 1.2 do not.

use crate::yaml::scalar;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    Plain,
    Single,
    Double,
    Literal,
}

/// The two styles without escapes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Plain,
    Single,
}

impl Style {
    /// The style for `text`; `one_line` if it has to stay on its line.
    pub(super) fn of(text: &str, one_line: bool) -> Self {
        if is_word(text) {
            return if scalar::is_typed(text) {
                Self::Double
            } else {
                Self::Plain
            };
        }
        let facts = Facts::of(text);
        if text.contains('\n') {
            return if facts.block && !one_line {
                Self::Literal
            } else {
                Self::Double
            };
        }
        if is_misread(text) || !facts.single {
            return Self::Double;
        }
        if facts.plain {
            Self::Plain
        } else {
            Self::Single
        }
    }
}

/// Whether a text begins with a letter and holds nothing that means anything to a reader: most texts are such.
fn is_word(text: &str) -> bool {
    let harmless =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'/');
    text.as_bytes().first().is_some_and(u8::is_ascii_alphabetic) && text.bytes().all(harmless)
}

/// Whether a reader would take the plain text for something else than a text.
fn is_misread(text: &str) -> bool {
    scalar::is_typed(text) || is_base_60(text)
}

/// Whether YAML 1.1 has a number in base 60 there, such as `12:30:45`. Kubernetes reads a text, others do not.
fn is_base_60(text: &str) -> bool {
    let text = text.strip_prefix(['-', '+']).unwrap_or(text);
    let text = match text.split_once('.') {
        Some((whole, fraction)) if fraction.bytes().all(is_digit_or_underscore) => whole,
        Some(_) => return false,
        None => text,
    };
    let mut parts = text.split(':');
    let first = parts.next().unwrap_or_default();
    let starts = first.starts_with(|c: char| c.is_ascii_digit());
    let sixtieth = |part: &str| match part.as_bytes() {
        [digit] => digit.is_ascii_digit(),
        [ten, digit] => (b'0'..=b'5').contains(ten) && digit.is_ascii_digit(),
        _ => false,
    };
    starts && first.bytes().all(is_digit_or_underscore) && text.contains(':') && parts.all(sixtieth)
}

const fn is_digit_or_underscore(byte: u8) -> bool {
    byte.is_ascii_digit() || byte == b'_'
}

/// Which styles can hold a text.
#[derive(Clone, Copy, Debug)]
struct Facts {
    plain: bool,
    single: bool,
    block: bool,
}

impl Facts {
    fn of(text: &str) -> Self {
        let special = text.chars().any(|c| !is_printable(c));
        let blank_before_break = text.contains(" \n");
        let blank_after_break = text.contains("\n ");
        let outer = |c: char| c == ' ' || c == '\n';
        let edges = text.starts_with(outer) || text.ends_with(outer);
        let single = !(special || blank_before_break || blank_after_break);
        Self {
            plain: single && !edges && !text.contains('\n') && !has_indicators(text),
            single,
            block: !(text.is_empty() || special || blank_before_break || text.ends_with(' ')),
        }
    }
}

/// Whether some character would mean something to a reader where it stands.
fn has_indicators(text: &str) -> bool {
    if text.starts_with("---") || text.starts_with("...") {
        return true;
    }
    let followed = |rest: &str| rest.is_empty() || rest.starts_with([' ', '\t']);
    let first = match text.chars().next() {
        Some(
            '#' | ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%'
            | '@' | '`',
        ) => true,
        Some('?' | ':' | '-') => followed(text.get(1..).unwrap_or_default()),
        _ => false,
    };
    first
        || text.ends_with(':')
        || [": ", ":\t", " #", "\t#"]
            .iter()
            .any(|pair| text.contains(pair))
}

/// Whether a character ends a line for YAML 1.1.
pub(super) const fn is_break(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

const fn is_printable(c: char) -> bool {
    matches!(c, '\n' | ' '..='~' | '\u{a0}'..='\u{fffd}')
        && !matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}')
}

pub(super) const fn needs_escape(c: char) -> bool {
    !is_printable(c) || matches!(c, '\n' | '"' | '\\')
}

/// The escape of a character in double quotes.
pub(super) fn escape(c: char) -> String {
    let letter = match c {
        '\0' => '0',
        '\x07' => 'a',
        '\x08' => 'b',
        '\t' => 't',
        '\n' => 'n',
        '\x0b' => 'v',
        '\x0c' => 'f',
        '\r' => 'r',
        '\x1b' => 'e',
        '"' | '\\' => c,
        '\u{85}' => 'N',
        '\u{a0}' => '_',
        '\u{2028}' => 'L',
        '\u{2029}' => 'P',
        _ => {
            let code = u32::from(c);
            return match code {
                0..=0xff => format!("\\x{code:02X}"),
                0x100..=0xffff => format!("\\u{code:04X}"),
                _ => format!("\\U{code:08X}"),
            };
        }
    };
    format!("\\{letter}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn styles() {
        for (text, style) in [
            ("a", Style::Plain),
            ("a b", Style::Plain),
            ("a#b", Style::Plain),
            ("a:b", Style::Plain),
            ("-a", Style::Plain),
            ("?a", Style::Plain),
            ("=", Style::Plain),
            ("1.2.3", Style::Plain),
            ("é\u{a0}", Style::Plain),
            ("{{ x }}", Style::Single),
            ("-", Style::Single),
            ("- a", Style::Single),
            ("---a", Style::Single),
            ("a: b", Style::Single),
            ("a:", Style::Single),
            ("a #b", Style::Single),
            (" a", Style::Single),
            ("a ", Style::Single),
            ("'", Style::Single),
            ("", Style::Double),
            ("yes", Style::Double),
            ("1", Style::Double),
            ("12:30:45", Style::Double),
            ("1:1.5_", Style::Double),
            ("2001-01-01", Style::Double),
            ("a\tb", Style::Double),
            ("a\rb", Style::Double),
            ("\u{1f600}", Style::Double),
            ("\u{2028}", Style::Double),
            ("\u{85}", Style::Double),
            ("a\nb", Style::Literal),
            ("a \nb", Style::Double),
            ("a\nb ", Style::Double),
            ("a\n b", Style::Literal),
        ] {
            assert_eq!(Style::of(text, false), style, "{text:?}");
        }
        assert_eq!(Style::of("a\nb", true), Style::Double);
    }

    #[test]
    fn words_need_no_second_look() {
        for text in [
            "a",
            "a-b_c.d/e",
            "yes",
            "y",
            "n.o",
            "null",
            "off",
            "N",
            "true",
            "TRUE",
            "x1",
            "e3",
            "o",
        ] {
            let facts = Facts::of(text);
            assert!(
                is_word(text) && facts.plain && facts.single && !is_base_60(text),
                "{text}"
            );
            let misread = if is_misread(text) {
                Style::Double
            } else {
                Style::Plain
            };
            assert_eq!(Style::of(text, true), misread, "{text}");
        }
        for text in ["", "1", "-a", "a:", "a b", "a\nb", "é", "a#", "a'"] {
            assert!(!is_word(text), "{text}");
        }
    }

    #[test]
    fn base_60() {
        for text in ["1:1", "-1:0", "190:20:30", "1_0:59", "1:2.", "1:2.5_5"] {
            assert!(is_base_60(text), "{text}");
        }
        for text in [
            "1", "1:", ":1", "1:60", "1:1:", "a:1", "_1:1", "1:1.a", "1:123", "",
        ] {
            assert!(!is_base_60(text), "{text}");
        }
    }
}
