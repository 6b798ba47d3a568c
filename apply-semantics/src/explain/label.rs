//! Owners in words.

use std::fmt::Write as _;

use super::{Explanation, View, field::Field};
use crate::managed_fields::Entry;

impl Explanation<'_> {
    /// Owners, separated by commas: `deployer (Apply), kubelet (Update, status)`. The version stands there if it is not that of the
    /// object.
    pub(super) fn owners_text<'e>(
        &self,
        owners: impl IntoIterator<Item = &'e Entry>,
        view: View,
    ) -> String {
        let texts = owners.into_iter().map(|owner| self.owner_text(owner, view));
        texts.collect::<Vec<_>>().join(", ")
    }

    pub(super) fn owner_text(&self, owner: &Entry, view: View) -> String {
        let mut out = printable(owner.name());
        let _ = write!(out, " ({}", owner.operation());
        if !owner.subresource().is_empty() {
            let _ = write!(out, ", {}", printable(owner.subresource()));
        }
        let version = self
            .object
            .get("apiVersion")
            .and_then(|version| version.as_str());
        if version.is_some_and(|version| version != owner.api_version()) {
            let _ = write!(out, ", {}", printable(owner.api_version()));
        }
        if let Some(time) = owner.time().filter(|_| view.times) {
            let _ = write!(out, ", {time}");
        }
        out.push(')');
        out
    }

    /// What stands behind a field in a view; nothing if there is nothing to say.
    pub(super) fn note(&self, field: Field<'_>, view: View) -> Option<String> {
        if field.is_owned() {
            return Some(self.owners_text(field.owners(), view));
        }
        (view.unowned && field.is_unowned()).then(|| UNOWNED.to_owned())
    }
}

pub(super) const UNOWNED: &str = "unowned";

/// The text with everything escaped that could break a line or steer a terminal. A blank name is quoted.
pub(super) fn printable(text: &str) -> String {
    if text.trim().is_empty() {
        return format!("{text:?}");
    }
    text.chars()
        .flat_map(|char| {
            let escaped = (!is_printable(char)).then(|| char.escape_unicode());
            let plain = is_printable(char).then_some(char);
            plain.into_iter().chain(escaped.into_iter().flatten())
        })
        .collect()
}

/// Whether a character can stand in YAML and on a terminal as it is.
pub(super) fn is_printable(char: char) -> bool {
    let marks = matches!(
        char,
        '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
    );
    let known =
        matches!(char, ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    known && !marks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_leave_their_line() {
        assert_eq!(printable("a b\u{e9}"), "a b\u{e9}");
        assert_eq!(printable("a\nb: c\u{1b}[2J"), "a\\u{a}b: c\\u{1b}[2J");
        assert_eq!(printable(""), "\"\"");
        assert_eq!(printable("a\u{2028}b"), "a\\u{2028}b");
    }
}
