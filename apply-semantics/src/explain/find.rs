//! Finding a field by a text.

use std::{error, fmt};

use super::{Field, field::Place, label::printable, walk::Token};

/// There is no field of that text in the object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoSuchField {
    /// The text.
    pub text: String,
    /// The path of the field that comes nearest; empty if that is the object itself.
    pub nearest: String,
}

impl fmt::Display for NoSuchField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: not in the object", printable(&self.text))?;
        if self.nearest.is_empty() {
            return Ok(());
        }
        write!(f, "; the nearest field is {}", printable(&self.nearest))
    }
}

impl error::Error for NoSuchField {}

pub(super) fn find<'e>(root: Field<'e>, text: &str) -> Result<Field<'e>, NoSuchField> {
    let mut search = Search {
        nearest: root,
        left: usize::MAX,
    };
    let found = if text.starts_with('/') {
        search.pointer(root, text)
    } else {
        search.path(
            Place::of(root),
            root,
            text.strip_prefix('$').unwrap_or(text),
            true,
        )
    };
    found.ok_or_else(|| NoSuchField {
        text: text.to_owned(),
        nearest: search.nearest.to_string(),
    })
}

struct Search<'e> {
    nearest: Field<'e>,
    /// How much of the text was left at the nearest field.
    left: usize,
}

impl<'e> Search<'e> {
    fn pointer(&mut self, root: Field<'e>, text: &str) -> Option<Field<'e>> {
        let mut place = Place::of(root);
        let mut field = root;
        for token in text.split('/').skip(1) {
            let token = token.replace("~1", "/").replace("~0", "~");
            let is_it = |child: &Place<'_>| match child.token {
                Token::Name(name) => name == token,
                Token::Index(index) => index.to_string() == token,
                Token::Root => false,
            };
            self.nearest = field;
            place = place.children().into_iter().find(is_it)?;
            field = place.field.unwrap_or(field);
        }
        Some(field)
    }

    /// The field that the rest of a path leads to. Names may have dots in them, so every way is tried that fits the text.
    fn path(
        &mut self,
        place: Place<'e>,
        field: Field<'e>,
        rest: &str,
        first: bool,
    ) -> Option<Field<'e>> {
        if rest.len() < self.left {
            (self.nearest, self.left) = (field, rest.len());
        }
        if rest.is_empty() {
            return (!first).then_some(field);
        }
        place.children().into_iter().find_map(|child| {
            let below = child.field.unwrap_or(field);
            steps(child, first, rest)
                .into_iter()
                .find_map(|rest| self.path(child, below, rest, false))
        })
    }
}

/// What is left of a path behind a step to a place, for each way to write that step.
fn steps<'t>(place: Place<'_>, first: bool, rest: &'t str) -> Vec<&'t str> {
    let mut left = Vec::new();
    match place.token {
        Token::Root => {}
        Token::Name(name) => {
            let plain = rest.strip_prefix('.').or(first.then_some(rest));
            left.extend(
                plain
                    .and_then(|rest| rest.strip_prefix(name))
                    .filter(|rest| is_end(rest)),
            );
            let inner = bracket(rest);
            left.extend(
                inner
                    .filter(|(inner, _)| unquoted(inner) == name)
                    .map(|(_, rest)| rest),
            );
        }
        Token::Index(index) => {
            let element = place
                .field
                .and_then(Field::element)
                .map(ToString::to_string);
            if let Some(element) = &element {
                left.extend(rest.strip_prefix(element.as_str()));
            }
            let inner = bracket(rest);
            left.extend(
                inner
                    .filter(|(inner, _)| {
                        let element = element.as_deref().and_then(bracket);
                        *inner == index.to_string()
                            || element.is_some_and(|(element, _)| {
                                without_quotes(element) == without_quotes(inner)
                            })
                    })
                    .map(|(_, rest)| rest),
            );
        }
    }
    // An element that is counted is written in one way only; it must not be followed twice.
    left.dedup();
    left
}

fn is_end(rest: &str) -> bool {
    rest.is_empty() || rest.starts_with(['.', '['])
}

/// What is in the bracket that a text begins with, and what is behind it. Brackets in quotes do not count.
fn bracket(text: &str) -> Option<(&str, &str)> {
    let inner = text.strip_prefix('[')?;
    let mut quote: Option<char> = None;
    let mut escaped = false;
    for (at, char) in inner.char_indices() {
        match (quote, char) {
            (Some(_), '\\') if !escaped => {
                escaped = true;
                continue;
            }
            (Some(open), char) if char == open && !escaped => quote = None,
            (None, '"' | '\'') => quote = Some(char),
            (None, ']') => return Some((inner.get(..at)?, inner.get(at + 1..)?)),
            _ => {}
        }
        escaped = false;
    }
    None
}

/// A text without the quotes around it.
fn unquoted(text: &str) -> &str {
    let inner = |quote| text.strip_prefix(quote)?.strip_suffix(quote);
    inner('"').or_else(|| inner('\'')).unwrap_or_default()
}

fn without_quotes(text: &str) -> String {
    text.chars()
        .filter(|char| !matches!(char, '"' | '\''))
        .collect()
}
