//! The tag `!!binary`: base64.

/// The decoded text, each byte that is not UTF-8 replaced by U+FFFD; `None` if it is no base64.
pub(super) fn decode(text: &str) -> Option<String> {
    let bytes = bytes(text)?;
    let mut out = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        out.push_str(chunk.valid());
        out.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
    }
    Some(out)
}

/// Standard alphabet, padded; line breaks are skipped.
fn bytes(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = text
        .bytes()
        .filter(|byte| !matches!(byte, b'\n' | b'\r'))
        .collect();
    if !digits.len().is_multiple_of(4) {
        return None;
    }
    let mut out = Vec::with_capacity(digits.len() / 4 * 3);
    let groups = digits.len() / 4;
    for (number, group) in digits.chunks_exact(4).enumerate() {
        let padding = match group {
            [.., b'=', b'='] => 2,
            [.., b'='] => 1,
            _ => 0,
        };
        if padding > 0 && number + 1 < groups {
            return None;
        }
        let value = group
            .iter()
            .take(4 - padding)
            .try_fold(0_u32, |value, byte| Some(value << 6 | sextet(*byte)?))?;
        let [_, bytes @ ..] = (value << (6 * padding)).to_be_bytes();
        out.extend(bytes.iter().take(3 - padding));
    }
    Some(out)
}

fn sextet(byte: u8) -> Option<u32> {
    let value = match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    };
    Some(value.into())
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
