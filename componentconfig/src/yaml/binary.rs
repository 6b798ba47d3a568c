//! The tag `!!binary`: base64.

use crate::base64;

/// The decoded text, each byte that is not UTF-8 replaced by U+FFFD; `None` if it is no base64.
pub(super) fn decode(text: &str) -> Option<String> {
    let bytes = base64::decode(text)?;
    let mut out = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        out.push_str(chunk.valid());
        out.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padding_and_line_breaks() {
        for (text, wanted) in [
            ("", Some("")),
            ("aA==", Some("h")),
            ("aGU=", Some("he")),
            ("aGVs", Some("hel")),
            ("aGVs\r\nbG8=\n", Some("hello")),
            ("/+8=", Some("\u{fffd}\u{fffd}")),
            ("aG=", None),
            ("aG==aGVs", None),
            ("a===", None),
            ("====", None),
            ("a b=", None),
            ("aGV", None),
        ] {
            assert_eq!(decode(text).as_deref(), wanted, "{text}");
        }
    }
}
