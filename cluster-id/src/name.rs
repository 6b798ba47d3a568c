//! What Kubernetes takes as a name, and what exactly is wrong with a text that is none.
//!
//! Follows `apimachinery/pkg/util/validation` (`IsDNS1123Label`, `IsDNS1123Subdomain`, `IsValidLabelValue`).

use std::fmt;

use serde::Serialize;

/// The first thing that is wrong with a text that should be a name. Places are bytes from the start, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(tag = "fault", rename_all = "camelCase")]
#[non_exhaustive]
pub enum Fault {
    /// There is nothing.
    Empty,
    /// There are more bytes than fit.
    TooLong {
        /// How many there are.
        length: usize,
        /// How many fit.
        max: usize,
    },
    /// There are more labels, the parts between dots, than fit.
    TooManyLabels {
        /// How many fit.
        max: usize,
    },
    /// Two dots meet, or one is at the start or the end.
    EmptyLabel {
        /// Where a label should begin.
        at: usize,
    },
    /// A character is not allowed anywhere.
    Character {
        /// The character.
        found: char,
        /// Its place.
        at: usize,
    },
    /// A character is allowed, but neither first nor last.
    Edge {
        /// The character.
        found: char,
        /// Its place.
        at: usize,
    },
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Empty => f.write_str("it is empty"),
            Self::TooLong { length, max } => {
                write!(f, "it has {length} bytes, at most {max} fit")
            }
            Self::TooManyLabels { max: 1 } => f.write_str("it has a dot"),
            Self::TooManyLabels { max } => write!(f, "it has more than {max} labels"),
            Self::EmptyLabel { at } => write!(f, "a label is empty at byte {at}"),
            Self::Character {
                found: found @ 'A'..='Z',
                at,
            } => write!(f, "{found:?} at byte {at} is not lowercase"),
            Self::Character { found, at } => write!(f, "{found:?} at byte {at} is not allowed"),
            Self::Edge { found, at } => {
                write!(
                    f,
                    "{found:?} at byte {at} may neither begin nor end a label"
                )
            }
        }
    }
}

/// Longest DNS label, label value and namespace name.
pub(crate) const LABEL_MAX: usize = 63;
/// Longest DNS subdomain: the name of most objects.
pub(crate) const SUBDOMAIN_MAX: usize = 253;

/// A lowercase RFC 1123 label: `a-z`, `0-9` and `-`, at most 63, the first and last one no `-`.
pub(crate) fn check_label(text: &str) -> Result<(), Fault> {
    check_length(text, LABEL_MAX)?;
    check_part(text, 0)
}

/// A lowercase RFC 1123 subdomain: labels joined by dots, at most 253; labels have no length of their own.
pub(crate) fn check_subdomain(text: &str) -> Result<(), Fault> {
    check_length(text, SUBDOMAIN_MAX)?;
    check_parts(text)
}

/// One to `max` labels of at most 63 joined by dots.
pub(crate) fn check_labels(text: &str, max: usize) -> Result<(), Fault> {
    check_subdomain(text)?;
    if text.split('.').count() > max {
        return Err(Fault::TooManyLabels { max });
    }
    text.split('.')
        .try_for_each(|label| check_length(label, LABEL_MAX))
}

/// The value of a label: empty, or at most 63 of letters, digits, `-`, `_` and `.` with a letter or digit at both ends.
pub(crate) fn check_label_value(text: &str) -> Result<(), Fault> {
    if text.is_empty() {
        return Ok(());
    }
    check_length(text, LABEL_MAX)?;
    let inner = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    check_characters(text, 0, inner, |c| c.is_ascii_alphanumeric())
}

fn check_length(text: &str, max: usize) -> Result<(), Fault> {
    match text.len() {
        0 => Err(Fault::Empty),
        length if length > max => Err(Fault::TooLong { length, max }),
        _ => Ok(()),
    }
}

fn check_parts(text: &str) -> Result<(), Fault> {
    let mut at = 0;
    for part in text.split('.') {
        if part.is_empty() {
            return Err(Fault::EmptyLabel { at });
        }
        check_part(part, at)?;
        at += part.len() + 1;
    }
    Ok(())
}

fn check_part(part: &str, start: usize) -> Result<(), Fault> {
    let edge = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    check_characters(part, start, |c| edge(c) || c == '-', edge)
}

fn check_characters(
    part: &str,
    start: usize,
    inner: impl Fn(char) -> bool,
    edge: impl Fn(char) -> bool,
) -> Result<(), Fault> {
    for (offset, found) in part.char_indices() {
        let at = start + offset;
        if found == '.' && !inner('.') {
            return Err(Fault::TooManyLabels { max: 1 });
        }
        if !inner(found) {
            return Err(Fault::Character { found, at });
        }
        let outermost = offset == 0 || offset + found.len_utf8() == part.len();
        if outermost && !edge(found) {
            return Err(Fault::Edge { found, at });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels() {
        for good in ["a", "0", "a-b", "a--b", "xn--abc", &"a".repeat(63)] {
            assert_eq!(check_label(good), Ok(()), "{good}");
        }
        let long = "a".repeat(64);
        for (bad, fault) in [
            ("", Fault::Empty),
            (
                long.as_str(),
                Fault::TooLong {
                    length: 64,
                    max: 63,
                },
            ),
            ("a.b", Fault::TooManyLabels { max: 1 }),
            ("aB", Fault::Character { found: 'B', at: 1 }),
            ("ü", Fault::Character { found: 'ü', at: 0 }),
            ("-a", Fault::Edge { found: '-', at: 0 }),
            ("ab-", Fault::Edge { found: '-', at: 2 }),
        ] {
            assert_eq!(check_label(bad), Err(fault), "{bad}");
        }
    }

    #[test]
    fn subdomains() {
        let longest = "a".repeat(253);
        for good in ["a", "a.b", "1.2.3.4", longest.as_str()] {
            assert_eq!(check_subdomain(good), Ok(()), "{good}");
        }
        for (bad, fault) in [
            (".a", Fault::EmptyLabel { at: 0 }),
            ("a.", Fault::EmptyLabel { at: 2 }),
            ("a..b", Fault::EmptyLabel { at: 2 }),
            ("a.b_c", Fault::Character { found: '_', at: 3 }),
            ("a.-b", Fault::Edge { found: '-', at: 2 }),
        ] {
            assert_eq!(check_subdomain(bad), Err(fault), "{bad}");
        }
        assert_eq!(
            check_labels("a.b.c", 2),
            Err(Fault::TooManyLabels { max: 2 })
        );
        let wide = format!("{}.a", "b".repeat(64));
        assert_eq!(check_subdomain(&wide), Ok(()));
        assert!(check_labels(&wide, 2).is_err());
    }

    #[test]
    fn label_values() {
        for good in ["", "A", "c_1", "a..b", "a.b"] {
            assert_eq!(check_label_value(good), Ok(()), "{good}");
        }
        for bad in ["-a", "a.", "a b", "a/b", &"a".repeat(64)] {
            assert!(check_label_value(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn faults_are_sentences() {
        for (bad, text) in [
            ("", "it is empty"),
            ("Ab", "'A' at byte 0 is not lowercase"),
            ("a_b", "'_' at byte 1 is not allowed"),
            ("a-", "'-' at byte 1 may neither begin nor end a label"),
            ("a.b", "it has a dot"),
        ] {
            assert_eq!(check_label(bad).unwrap_err().to_string(), text);
        }
    }
}
