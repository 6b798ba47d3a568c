//! Text in double quotes, as Go's `%q` writes it: what kubeadm puts into files that systemd reads.

use std::fmt::Write as _;

/// `text` in double quotes: quotes and backslashes escaped, what cannot be printed as `\n`, `\x7f`, `\u200b`, ...
pub(super) fn quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        push(&mut quoted, c);
    }
    quoted.push('"');
    quoted
}

fn push(quoted: &mut String, c: char) {
    let short = match c {
        '"' => Some(r#"\""#),
        '\\' => Some(r"\\"),
        '\u{7}' => Some(r"\a"),
        '\u{8}' => Some(r"\b"),
        '\u{c}' => Some(r"\f"),
        '\n' => Some(r"\n"),
        '\r' => Some(r"\r"),
        '\t' => Some(r"\t"),
        '\u{b}' => Some(r"\v"),
        _ => None,
    };
    let code = u32::from(c);
    // Writing into a String cannot fail.
    let _ = match short {
        Some(escape) => quoted.write_str(escape),
        None if is_printable(c) => quoted.write_char(c),
        None if code < 0x80 => write!(quoted, r"\x{code:02x}"),
        None if code < 0x1_0000 => write!(quoted, r"\u{code:04x}"),
        None => write!(quoted, r"\U{code:08x}"),
    };
}

/// Letters, marks, numbers, punctuation, symbols, and the ASCII blank: the standard library escapes all else. The letter in
/// front is there because it escapes a mark only where none can carry it.
fn is_printable(c: char) -> bool {
    match c {
        ' '..='~' => true,
        _ => String::from_iter(['a', c]).escape_debug().count() == 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_those_of_go() {
        assert_eq!(
            quote("a 'b' \"c\"\\\t\n\u{1b}\u{7f}"),
            r#""a 'b' \"c\"\\\t\n\x1b\x7f""#
        );
        assert_eq!(quote("hé☃\u{301}"), "\"hé☃\u{301}\"");
        assert_eq!(
            quote("\u{a0}\u{200b}\u{ad}\u{e0001}"),
            r#""\u00a0\u200b\u00ad\U000e0001""#
        );
    }
}
