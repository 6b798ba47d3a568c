//! What libyaml, and with it Kubernetes, refuses or reads otherwise than a parser of YAML 1.2.
//!
//! The parser underneath reads YAML 1.2; where the two differ on texts that somebody may write, this is where the older
//! one gets its way.

use std::borrow::Cow;

use crate::{Span, load::SyntaxError};

/// The text with U+0085, a line break for YAML 1.1, as a line feed.
pub(super) fn line_breaks(text: &str) -> Cow<'_, str> {
    if text.contains('\u{85}') {
        Cow::Owned(text.replace('\u{85}', "\n"))
    } else {
        Cow::Borrowed(text)
    }
}

/// The first character that no YAML text may contain, wherever it stands.
pub(super) fn control_character(text: &str) -> Option<SyntaxError> {
    // Most texts are printable ASCII and need no look at their characters; without a branch, this is a few bytes at once.
    let blank = |byte: u8| matches!(byte, b'\t' | b'\n' | b'\r');
    let unusual = |byte: u8| !blank(byte) && !(b' '..=b'~').contains(&byte);
    if !text
        .bytes()
        .fold(false, |found, byte| found | unusual(byte))
    {
        return None;
    }
    let (at, c) = text.char_indices().find(|(_, c)| is_forbidden(*c))?;
    let before = text.get(..at)?;
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next()?.chars().count() + 1;
    Some(SyntaxError {
        message: format!(
            "control characters are not allowed (U+{:04X})",
            u32::from(c)
        ),
        span: Span::new(
            u32::try_from(line).unwrap_or(u32::MAX),
            u32::try_from(column).unwrap_or(u32::MAX),
            1,
        ),
    })
}

const fn is_forbidden(c: char) -> bool {
    match c {
        '\t' | '\n' | '\r' | '\u{85}' => false,
        _ => matches!(c, '\0'..='\x1f' | '\x7f'..='\u{9f}' | '\u{fffe}' | '\u{ffff}'),
    }
}

/// Whether a double-quoted scalar, as it stands in the text, escapes half of a surrogate pair: `"\ud83d\ude00"`.
pub(super) fn escapes_surrogate(raw: &str) -> bool {
    let mut rest = raw;
    while let Some((_, after)) = rest.split_once('\\') {
        let mut chars = after.chars();
        let digits = match chars.next() {
            Some('u') => chars.as_str().get(..4),
            Some('U') => chars.as_str().get(..8),
            _ => None,
        };
        let code = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
        if code.is_some_and(|code| (0xd800..0xe000).contains(&code)) {
            return true;
        }
        rest = chars.as_str();
    }
    false
}

/// Whether an anchor has a name that YAML 1.1 allows.
pub(super) fn is_anchor_name(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    !name.is_empty() && name.bytes().all(allowed)
}

/// Whether a tab stands where block collections are indented: before the first token of the line that `before` begins.
pub(super) fn is_indented_by_tab(before: &str) -> bool {
    let line = before.rsplit('\n').next().unwrap_or_default();
    let mut bytes = line.bytes().peekable();
    while let Some(byte) = bytes.next() {
        match byte {
            b' ' => {}
            b'\t' => return true,
            b'-' | b'?' if matches!(bytes.peek(), None | Some(b' ' | b'\t')) => {}
            _ => return false,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_have_a_place() {
        assert_eq!(control_character("a: é\u{feff}\u{a0}\u{85}\t\r\n"), None);
        for (text, place) in [
            ("a\nb\u{7}", "2:2"),
            ("\0", "1:1"),
            ("é\u{80}", "1:2"),
            ("\u{ffff}", "1:1"),
        ] {
            let error = control_character(text).unwrap();
            assert_eq!(error.span.to_string(), place, "{text:?}");
        }
    }

    #[test]
    fn halves_of_pairs() {
        for raw in [r"\ud83d", r"a\\\uDE00", r"\U0000d800"] {
            assert!(escapes_surrogate(raw), "{raw}");
        }
        for raw in ["", r"\\ud83d", r"\u00e9", r"\U0001f600", r"\u12", "\\"] {
            assert!(!escapes_surrogate(raw), "{raw}");
        }
    }

    #[test]
    fn tabs_in_indentation() {
        for before in ["\t", "a: b\n \t", "-\t", "- -  \t", "? \t"] {
            assert!(is_indented_by_tab(before), "{before:?}");
        }
        for before in ["", "  ", "- ", "a:\t", "\t\n", "--\t", "a\t- "] {
            assert!(!is_indented_by_tab(before), "{before:?}");
        }
    }
}
