//! Lists in pages.

use std::{fmt, sync::Arc};

use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
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
        let bytes = BASE64
            .decode(text)
            .map_err(|_| invalid("illegal base64 data"))?;
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
        f.write_str(&BASE64.encode(token.to_string()))
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

/// Base64 for URLs. What is written has no padding; what is read may have some, and bits left over.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::URL_SAFE,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

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
