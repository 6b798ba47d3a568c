//! Percent-encoding of parts of URLs.

/// Encodes all but the unreserved characters.
pub(super) fn encode(text: &str, into: &mut String) {
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                into.push(char::from(byte));
            }
            other => {
                into.push('%');
                for digit in [other >> 4, other & 15] {
                    let digit = char::from_digit(u32::from(digit), 16).unwrap_or('0');
                    into.push(digit.to_ascii_uppercase());
                }
            }
        }
    }
}

/// Decodes; what is no valid escape stays as it is. In queries a plus sign is a blank.
pub(super) fn decode(text: &str, plus_is_blank: bool) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        let escaped = match (byte, after) {
            (b'%', [high, low, ..]) => hex(*high).zip(hex(*low)),
            _ => None,
        };
        match escaped {
            Some((high, low)) => {
                bytes.push(high << 4 | low);
                rest = after.get(2..).unwrap_or_default();
            }
            None if byte == b'+' && plus_is_blank => bytes.push(b' '),
            None => bytes.push(byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn hex(byte: u8) -> Option<u8> {
    let digit = char::from(byte).to_digit(16)?;
    u8::try_from(digit).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_encoded_decodes(text in "\\PC*") {
            let mut encoded = String::new();
            encode(&text, &mut encoded);
            prop_assert_eq!(decode(&encoded, true), text);
        }
    }

    #[test]
    fn odd_escapes_stay() {
        assert_eq!(decode("a%zz%4", false), "a%zz%4");
        assert_eq!(decode("a+b", true), "a b");
        assert_eq!(decode("a+b", false), "a+b");
    }
}
