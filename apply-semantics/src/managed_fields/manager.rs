//! Who manages fields.

use std::{cmp::Ordering, fmt, str::FromStr};

use crate::{go_text, scan::write_html_string};

/// How fields came to be managed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operation {
    /// By server-side apply: the manager says what it wants, and owns it.
    Apply,
    /// By anything else: create, update, and the other patches.
    Update,
}

impl Operation {
    /// As it is written in entries.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Apply => "Apply",
            Self::Update => "Update",
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Only the two exact spellings.
impl FromStr for Operation {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "Apply" => Ok(Self::Apply),
            "Update" => Ok(Self::Update),
            _ => Err(()),
        }
    }
}

/// What tells managers apart: who applies is one manager in all versions, who updates is one for each version; and each
/// subresource is managed by itself.
///
/// They are ordered as the API server orders them in the messages of conflicts, which is by their [`Manager::identifier`].
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Manager {
    name: String,
    operation: Operation,
    /// Empty for appliers.
    api_version: String,
    subresource: String,
}

impl Manager {
    /// Who applies under that name, to the object itself (subresource `""`) or to a subresource.
    pub fn applier(name: impl Into<String>, subresource: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            operation: Operation::Apply,
            api_version: String::new(),
            subresource: subresource.into(),
        }
    }

    /// Who updates under that name in that version.
    pub fn updater(
        name: impl Into<String>,
        api_version: impl Into<String>,
        subresource: impl Into<String>,
    ) -> Self {
        Self {
            name: name.into(),
            operation: Operation::Update,
            api_version: api_version.into(),
            subresource: subresource.into(),
        }
    }

    /// The name, as in `fieldManager`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How it manages fields.
    pub fn operation(&self) -> Operation {
        self.operation
    }

    /// The version that it updates; none if it applies.
    pub fn api_version(&self) -> Option<&str> {
        (self.operation == Operation::Update).then_some(&*self.api_version)
    }

    /// The subresource; empty for the object itself.
    pub fn subresource(&self) -> &str {
        &self.subresource
    }

    /// The text by which the API server tells managers apart: the JSON of an entry without fields and time.
    pub fn identifier(&self) -> String {
        let mut out = String::from("{");
        let fields = [
            ("manager", self.name.as_str()),
            ("operation", self.operation.as_str()),
            ("apiVersion", &self.api_version),
            ("subresource", &self.subresource),
        ];
        for (name, text) in fields.into_iter().filter(|(_, text)| !text.is_empty()) {
            if out.len() > 1 {
                out.push(',');
            }
            write_html_string(&mut out, name);
            out.push(':');
            write_html_string(&mut out, text);
        }
        out.push('}');
        out
    }
}

impl Ord for Manager {
    fn cmp(&self, other: &Self) -> Ordering {
        self.identifier().cmp(&other.identifier())
    }
}

impl PartialOrd for Manager {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// As the messages of conflicts name managers: `"name"`, `"name" with subresource "status"`, `"name" using apps/v1`.
impl fmt::Display for Manager {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = String::new();
        go_text::write_quoted(&mut out, &self.name);
        if !self.subresource.is_empty() {
            out.push_str(" with subresource ");
            go_text::write_quoted(&mut out, &self.subresource);
        }
        if self.operation == Operation::Update {
            out.push_str(" using ");
            out.push_str(&self.api_version);
        }
        f.write_str(&out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_those_of_the_server() {
        assert_eq!(
            Manager::applier("a<b", "").identifier(),
            r#"{"manager":"a\u003cb","operation":"Apply"}"#
        );
        assert_eq!(
            Manager::updater("", "apps/v1", "scale").identifier(),
            r#"{"operation":"Update","apiVersion":"apps/v1","subresource":"scale"}"#
        );
    }

    #[test]
    fn the_order_is_that_of_identifiers() {
        // The quote behind a name is greater than a blank or an exclamation mark.
        let mut managers = [
            Manager::applier("a", ""),
            Manager::applier("a!", ""),
            Manager::updater("a", "v1", ""),
            Manager::applier("a", "status"),
        ];
        managers.sort();
        let texts: Vec<_> = managers.iter().map(ToString::to_string).collect();
        assert_eq!(
            texts,
            [
                "\"a!\"",
                "\"a\" with subresource \"status\"",
                "\"a\"",
                "\"a\" using v1"
            ]
        );
    }
}
