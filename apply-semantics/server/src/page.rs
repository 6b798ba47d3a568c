//! Lists in pages.

use std::{fmt, sync::Arc};

use serde_json::{Value, json};

use crate::{core::Selection, store::Object};

/// Where a list goes on: base64 of JSON, as the original's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token {
    /// The revision that all pages show.
    pub(crate) revision: u64,
    /// The key that was the last one.
    pub(crate) after: String,
}

impl Token {
    /// # Errors
    /// What an API server says about such a token.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let invalid =
            |why: &str| format!("invalid continue token: continue key is not valid: {why}");
        let bytes = decode(text).ok_or_else(|| invalid("illegal base64 data"))?;
        let token: Value =
            serde_json::from_slice(&bytes).map_err(|_| invalid(&go_complaint(&bytes)))?;
        let revision = token.get("rv").and_then(Value::as_u64);
        let after = token.get("start").and_then(Value::as_str);
        match (revision, after) {
            (Some(revision), Some(after)) => Ok(Self {
                revision,
                after: after.to_owned(),
            }),
            _ => Err(invalid(
                "incorrect encoded start resourceVersion (version meta.k8s.io/v1)",
            )),
        }
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let token = json!({"v": "meta.k8s.io/v1", "rv": self.revision, "start": self.after});
        f.write_str(&encode(token.to_string().as_bytes()))
    }
}

/// What Go's JSON says about text that is none.
fn go_complaint(bytes: &[u8]) -> String {
    match bytes.iter().find(|byte| !byte.is_ascii_whitespace()) {
        None => "unexpected end of JSON input".to_owned(),
        Some(byte) => {
            let shown = crate::core::go_character(*byte);
            format!("invalid character {shown} looking for beginning of value")
        }
    }
}

/// A part of a list.
#[derive(Debug, Default)]
pub(crate) struct Page {
    pub(crate) items: Vec<Arc<Object>>,
    /// The key of the last object, if more follow.
    pub(crate) next: Option<String>,
    /// How many follow.
    pub(crate) remaining: Option<u64>,
}

/// Takes objects that are selected, up to a limit.
pub(crate) fn take<'a>(
    objects: impl Iterator<Item = (&'a Arc<str>, &'a Arc<Object>)>,
    selection: &Selection,
    limit: Option<u64>,
) -> Page {
    let mut page = Page::default();
    let mut last = "";
    let mut rest = 0;
    for (key, object) in objects.filter(|(key, object)| selection.matches(key, object)) {
        if limit.is_some_and(|limit| page.items.len() as u64 >= limit) {
            rest += 1;
        } else {
            page.items.push(Arc::clone(object));
            last = key;
        }
    }
    if rest > 0 {
        page.next = Some(last.to_owned());
        page.remaining = Some(rest);
    }
    page
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Base64 for URLs, without padding.
fn encode(bytes: &[u8]) -> String {
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or_default());
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for index in 0..=chunk.len() {
            let sextet = (bits >> (18 - 6 * index)) & 63;
            let letter = ALPHABET.get(usize::try_from(sextet).unwrap_or_default());
            out.push(char::from(letter.copied().unwrap_or(b'A')));
        }
    }
    out
}

fn decode(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let mut bits = 0_u32;
    let mut held = 0;
    for byte in text.trim_end_matches('=').bytes() {
        let value = ALPHABET.iter().position(|letter| *letter == byte)?;
        bits = (bits << 6 | u32::try_from(value).ok()?) & 0xffff;
        held += 6;
        if held >= 8 {
            held -= 8;
            out.push(u8::try_from((bits >> held) & 0xff).ok()?);
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_survive() {
        for after in ["", "a", "ns/name", "ns/é"] {
            let token = Token {
                revision: 17,
                after: after.to_owned(),
            };
            assert_eq!(Token::parse(&token.to_string()), Ok(token));
        }
    }

    #[test]
    fn nonsense_is_refused_as_the_original_does() {
        assert_eq!(
            Token::parse("nonsense").unwrap_err(),
            "invalid continue token: continue key is not valid: invalid character '\\u009e' looking for beginning of value"
        );
    }
}
