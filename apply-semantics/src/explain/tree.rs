//! An object as a tree for a terminal.

use serde_json::Value;

use super::{
    Explanation, View,
    align::{Line, align},
    field::{Field, Shape},
    label::{UNOWNED, printable},
    walk::Token,
};
use crate::managed_fields::Entry;

/// Values are cut behind this many characters.
const LONGEST_VALUE: usize = 40;

pub(super) fn tree(explanation: &Explanation<'_>, view: View) -> String {
    let mut lines = vec![Line::new(title(explanation.object()), None)];
    branches(explanation, view, explanation.field(0), "", &mut lines);
    align(&lines, "")
}

/// The kind, namespace and name, and the version.
fn title(object: &Value) -> String {
    let text = |pointer| {
        object
            .pointer(pointer)
            .and_then(Value::as_str)
            .map(printable)
    };
    let mut title = text("/kind").unwrap_or_else(|| "object".to_owned());
    if let Some(name) = text("/metadata/name") {
        let namespace = text("/metadata/namespace").map(|namespace| namespace + "/");
        title = format!("{title} {}{name}", namespace.unwrap_or_default());
    }
    match text("/apiVersion") {
        Some(version) => format!("{title} ({version})"),
        None => title,
    }
}

fn branches(
    explanation: &Explanation<'_>,
    view: View,
    field: Field<'_>,
    way: &str,
    lines: &mut Vec<Line>,
) {
    let mut children = field
        .children()
        .filter(|child| !is_title(*child))
        .peekable();
    while let Some(child) = children.next() {
        let (branch, below) = match children.peek() {
            Some(_) => ("\u{251c}\u{2500} ", "\u{2502}  "),
            None => ("\u{2514}\u{2500} ", "   "),
        };
        let text = format!("{way}{branch}{}{}", name(child), value(child, view));
        lines.push(Line::new(text, note(explanation, child, view)));
        branches(explanation, view, child, &format!("{way}{below}"), lines);
    }
}

/// Whether the title says it already.
fn is_title(field: Field<'_>) -> bool {
    let Token::Name(name) = field.token() else {
        return false;
    };
    match field.parent() {
        None => matches!(name, "apiVersion" | "kind"),
        Some(parent) => {
            matches!(name, "name" | "namespace")
                && matches!(parent.token(), Token::Name("metadata"))
                && parent.parent().is_none()
        }
    }
}

fn name(field: Field<'_>) -> String {
    match (field.token(), field.element()) {
        (Token::Name(name), _) => printable(name),
        (_, Some(element)) => printable(&element.to_string()),
        _ => String::new(),
    }
}

fn value(field: Field<'_>, view: View) -> String {
    let text = match (field.shape(), field.value()) {
        (Shape::Map | Shape::List, _) => return String::new(),
        _ if field.is_secret() && !view.secrets => "***".to_owned(),
        (_, Value::String(text)) => printable(text),
        (_, value) => printable(&value.to_string()),
    };
    // The element of a set is its value.
    if matches!(field.element(), Some(crate::path::PathElement::Value(_))) {
        return String::new();
    }
    if text.chars().nth(LONGEST_VALUE).is_none() {
        return format!(": {text}");
    }
    let cut: String = text.chars().take(LONGEST_VALUE - 1).collect();
    format!(": {cut}\u{2026}")
}

fn note(explanation: &Explanation<'_>, field: Field<'_>, view: View) -> Option<String> {
    if !view.color {
        return explanation.note(field, view);
    }
    if !field.is_owned() {
        let note = explanation.note(field, view)?;
        debug_assert_eq!(note, UNOWNED);
        return Some(format!("\u{1b}[2m{note}\u{1b}[0m"));
    }
    let entries = explanation.entries();
    let colored = |index: &usize| {
        let owner = entries.get(*index)?;
        let color = color(entries, owner);
        let text = explanation.owner_text(owner, view);
        Some(format!("\u{1b}[{color}m{text}\u{1b}[0m"))
    };
    let owners: Vec<String> = field.owner_indexes().iter().filter_map(colored).collect();
    Some(owners.join(", "))
}

/// The colour of a manager, the same for all its entries: six of them, none of which is black, white or that of errors.
fn color(entries: &[Entry], owner: &Entry) -> u8 {
    const COLORS: [u8; 6] = [32, 36, 33, 35, 34, 92];
    let mut names: Vec<&str> = entries.iter().map(Entry::name).collect();
    names.sort_unstable();
    names.dedup();
    let at = names.iter().position(|name| *name == owner.name());
    COLORS
        .iter()
        .cycle()
        .nth(at.unwrap_or(0))
        .copied()
        .unwrap_or(0)
}
