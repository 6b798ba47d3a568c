//! Just enough of PEM to say whether a text is a request for a certificate. The request itself is not read.

/// What is wrong with a request in base64 of PEM.
pub(super) fn certificate_request_error(base64: &str) -> Option<&'static str> {
    let text = decode(base64)
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .unwrap_or_default();
    let begins = "-----BEGIN CERTIFICATE REQUEST-----";
    let ends = "-----END CERTIFICATE REQUEST-----";
    let body = text
        .split_once(begins)
        .and_then(|(_, rest)| rest.split_once(ends));
    let der = body.and_then(|(body, _)| decode(&body.split_whitespace().collect::<String>()));
    match der {
        Some(der) if der.first() == Some(&0x30) => None,
        Some(_) => Some("asn1: structure error"),
        None => Some("PEM block type must be CERTIFICATE REQUEST"),
    }
}

/// The bytes of a text in base64; `None` if it is not.
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    let digits = text.trim_end_matches('=');
    if !text.len().is_multiple_of(4) || text.len() - digits.len() > 2 {
        return None;
    }
    let mut out = Vec::with_capacity(digits.len() * 3 / 4);
    let (mut bits, mut held) = (0_u32, 0_u32);
    for c in digits.bytes() {
        let value = match c {
            b'A'..=b'Z' => c - b'A',
            b'a'..=b'z' => c - b'a' + 26,
            b'0'..=b'9' => c - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(value);
        held += 6;
        if held >= 8 {
            held -= 8;
            out.push(u8::try_from(bits >> held & 0xff).unwrap_or_default());
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_are_no_requests_are_refused() {
        assert_eq!(
            decode("bm90IGEgcmVxdWVzdA==").as_deref(),
            Some(&b"not a request"[..])
        );
        assert_eq!(
            certificate_request_error("bm90IGEgcmVxdWVzdA=="),
            Some("PEM block type must be CERTIFICATE REQUEST")
        );
        assert!(decode("a").is_none() && decode("a===").is_none());
    }
}
