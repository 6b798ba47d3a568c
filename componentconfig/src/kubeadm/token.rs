//! Bootstrap tokens.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::{core::Time, scalar::Duration};

/// A token that lets nodes join. Upstream keeps this type in `kubeadm/app/apis/bootstraptoken/v1`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct BootstrapToken {
    /// The token. Unset: a random one.
    pub token: Option<Token>,
    /// What the token is for, for people.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// How long the token is valid; zero means for ever. Excludes `expires`. Unset: 24 hours, if `expires` is unset.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ttl: Option<Duration>,
    /// When the token ends. Excludes `ttl`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires: Option<Time>,
    /// What the token may be used for: `signing`, `authentication`. Unset or empty: both.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub usages: Vec<String>,
    /// The groups that a request with this token belongs to. Unset or empty:
    /// `system:bootstrappers:kubeadm:default-node-token`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
}

/// The text of a bootstrap token: a public identity and a secret, `abcdef.0123456789abcdef`.
///
/// `Debug` does not show the secret, and there is no `Display`; see [`expose`](Self::expose).
///
/// ```
/// use componentconfig::kubeadm::token::Token;
///
/// let token: Token = "abcdef.0123456789abcdef".parse()?;
/// assert_eq!((token.id(), token.secret()), ("abcdef", "0123456789abcdef"));
/// assert_eq!(format!("{token:?}"), "Token(abcdef..)");
/// # Ok::<(), componentconfig::kubeadm::token::ParseTokenError>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Token {
    id: String,
    secret: String,
}

impl Token {
    /// A token of these two parts.
    ///
    /// # Errors
    /// `id` is not 6, or `secret` not 16 lower-case letters and digits.
    pub fn new(id: impl Into<String>, secret: impl Into<String>) -> Result<Self, ParseTokenError> {
        let (id, secret) = (id.into(), secret.into());
        if is_part(&id, ID_LEN) && is_part(&secret, SECRET_LEN) {
            return Ok(Self { id, secret });
        }
        Err(ParseTokenError(()))
    }

    /// The public part: 6 characters.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The secret part: 16 characters.
    pub fn secret(&self) -> &str {
        &self.secret
    }

    /// The whole token, with its secret.
    #[must_use]
    pub fn expose(&self) -> String {
        format!("{}.{}", self.id, self.secret)
    }
}

impl FromStr for Token {
    type Err = ParseTokenError;

    fn from_str(text: &str) -> Result<Self, ParseTokenError> {
        let (id, secret) = text.split_once('.').ok_or(ParseTokenError(()))?;
        Self::new(id, secret)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Token({}..)", self.id)
    }
}

impl Serialize for Token {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.expose())
    }
}

impl<'de> Deserialize<'de> for Token {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl de::Visitor<'_> for Visitor {
            type Value = Token;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a bootstrap token")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Token, E> {
                text.parse().map_err(E::custom)
            }
        }

        deserializer.deserialize_str(Visitor)
    }
}

/// A text that is no bootstrap token. The message does not repeat it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the bootstrap token is not of the form \"\\A([a-z0-9]{{6}})\\.([a-z0-9]{{16}})\\z\"")]
pub struct ParseTokenError(());

const ID_LEN: usize = 6;
const SECRET_LEN: usize = 16;

fn is_part(text: &str, len: usize) -> bool {
    text.len() == len
        && text
            .bytes()
            .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_of_another_form_are_refused_without_repeating_them() {
        for bad in [
            "",
            ".",
            "abcdef",
            "abcdef.0123456789abcde",
            "abcdef.0123456789abcdefg",
            "abcde.0123456789abcdef",
            "Abcdef.0123456789abcdef",
            "abcdef.0123456789abcdeF",
            "abcdef.0123456789abcdef\n",
            "abcdef.0123456.89abcdef",
        ] {
            let error = bad.parse::<Token>().unwrap_err().to_string();
            assert_eq!(
                error,
                "the bootstrap token is not of the form \"\\A([a-z0-9]{6})\\.([a-z0-9]{16})\\z\""
            );
        }
    }
}
