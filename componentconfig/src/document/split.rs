//! Where one document of a file ends and the next begins.
//!
//! Follows `apimachinery/pkg/util/yaml/decoder.go`, `YAMLReader`: the file is cut line by line before anybody looks at
//! it as YAML. A line that begins with `---` ends a document, even inside a block scalar; after the dashes only a
//! comment may stand. What is between two such lines is a document even if it holds nothing but comments.

use std::borrow::Cow;

use crate::{Class, Diagnostic, Span};

/// The text of one document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Part<'a> {
    /// Its lines, each ended by a line feed alone.
    pub(crate) text: Cow<'a, str>,
    /// The line of the file that its first line is, from 1 on.
    pub(crate) first_line: u32,
}

/// The documents of a file, and an error for each separator that is none.
pub(crate) fn split(text: &str) -> (Vec<Part<'_>>, Vec<Diagnostic>) {
    let mut parts = Vec::new();
    let mut errors = Vec::new();
    let mut begun: Option<(usize, u32)> = None;
    let mut at = 0;
    for (number, line) in (1_u32..).zip(text.split_inclusive('\n')) {
        let separator = line.strip_prefix("---");
        if let Some(rest) = separator {
            errors.extend(check_separator(rest.trim(), line, number));
        }
        // The first separator belongs to the document that it opens, as no other document is open.
        if separator.is_some()
            && let Some((start, first_line)) = begun.take()
        {
            parts.push(part(text, start..at, first_line));
        } else {
            begun = begun.or(Some((at, number)));
        }
        at += line.len();
    }
    parts.extend(begun.map(|(start, first_line)| part(text, start..text.len(), first_line)));
    (parts, errors)
}

fn check_separator(rest: &str, line: &str, number: u32) -> Option<Diagnostic> {
    if rest.is_empty() || rest.starts_with('#') {
        return None;
    }
    let width = u32::try_from(line.trim_end().chars().count()).unwrap_or(u32::MAX);
    let message = format!("invalid YAML document separator: {rest}");
    Some(
        Diagnostic::error(Class::Decode, message)
            .span(Span::new(number, 1, width))
            .help(
                "a line that begins with --- ends a document, and only a comment may follow on it",
            ),
    )
}

fn part(text: &str, range: std::ops::Range<usize>, first_line: u32) -> Part<'_> {
    let lines = text.get(range).unwrap_or_default();
    let text = if lines.ends_with('\n') && !lines.contains('\r') {
        Cow::Borrowed(lines)
    } else {
        let mut lines = lines.replace("\r\n", "\n");
        if !lines.ends_with('\n') {
            lines.push('\n');
        }
        Cow::Owned(lines)
    };
    Part { text, first_line }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> Vec<(u32, String)> {
        let (parts, errors) = split(text);
        assert!(errors.is_empty(), "{errors:?}");
        parts
            .into_iter()
            .map(|part| (part.first_line, part.text.into_owned()))
            .collect()
    }

    #[test]
    fn lines_that_begin_with_dashes_separate() {
        for (text, wanted) in [
            ("", vec![]),
            ("a", vec![(1, "a\n")]),
            ("a\r\nb\r\n", vec![(1, "a\nb\n")]),
            ("---\na\n", vec![(1, "---\na\n")]),
            ("a\n---\nb\n", vec![(1, "a\n"), (3, "b\n")]),
            ("---\n---\n", vec![(1, "---\n")]),
            ("---\n---\nb\n", vec![(1, "---\n"), (3, "b\n")]),
            ("a\n---\n---\nb\n", vec![(1, "a\n"), (3, "---\nb\n")]),
            ("a\n--- # c\nb\n---   \n", vec![(1, "a\n"), (3, "b\n")]),
            ("# c\n---\na\n", vec![(1, "# c\n"), (3, "a\n")]),
            ("a: |\n---\n  x\n", vec![(1, "a: |\n"), (3, "  x\n")]),
            ("a: |\n  ---\n", vec![(1, "a: |\n  ---\n")]),
            ("\u{feff}---\na\n", vec![(1, "\u{feff}---\na\n")]),
        ] {
            let wanted: Vec<_> = wanted
                .into_iter()
                .map(|(line, text)| (line, text.to_owned()))
                .collect();
            assert_eq!(parts(text), wanted, "{text:?}");
        }
    }

    #[test]
    fn nothing_but_a_comment_may_follow() {
        for line in ["---foo", "--- {a: b}", "--- >", "--- a # b", "----"] {
            let text = format!("a\n{line}\nb\n");
            let (parts, errors) = split(&text);
            assert_eq!(parts.len(), 2, "{line}");
            assert_eq!(errors[0].span.map(|span| span.line), Some(2), "{line}");
        }
    }
}
