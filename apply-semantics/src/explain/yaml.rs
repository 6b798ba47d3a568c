//! An object as YAML with the owners behind each line.

use serde_json::Value;

use super::{
    Explanation, View,
    align::{Line, align},
    field::Place,
    scalar::{block, inline, string},
    walk::Token,
};

/// A key that takes more room than this has a line of its own.
const LONGEST_KEY: usize = 256;

pub(super) fn yaml(explanation: &Explanation<'_>, view: View) -> String {
    let mut writer = Writer {
        explanation,
        view,
        lines: Vec::new(),
    };
    let root = Place::of(explanation.field(0));
    writer.value(root, Lead::default(), 0);
    align(&writer.lines, "# ")
}

struct Writer<'e> {
    explanation: &'e Explanation<'e>,
    view: View,
    lines: Vec<Line>,
}

/// What stands on a line already.
#[derive(Default)]
struct Lead {
    text: String,
    /// Whether the value stands behind a key or a dash.
    behind_key: bool,
    behind_dash: bool,
    note: Option<String>,
}

impl<'e> Writer<'e> {
    /// Writes a value behind what stands on its line; `indent` is that of the map or list it is in.
    fn value(&mut self, place: Place<'e>, lead: Lead, indent: usize) {
        let hidden = !self.view.secrets && place.field.is_some_and(super::Field::is_secret);
        if hidden {
            return self.line(lead, "\"***\"");
        }
        match place.value {
            Value::Object(_) | Value::Array(_) => self.inner(place, lead, indent),
            Value::String(text) => match block(text) {
                Some((header, lines)) => {
                    let indent = if lead.text.is_empty() { 0 } else { indent + 2 };
                    self.line(lead, header);
                    self.lines.extend(lines.map(|line| {
                        let blank = if line.is_empty() { 0 } else { indent };
                        Line::new(format!("{:blank$}{line}", ""), None)
                    }));
                }
                None => self.line(lead, &string(text)),
            },
            scalar => self.line(lead, &inline(scalar)),
        }
    }

    fn inner(&mut self, place: Place<'e>, mut lead: Lead, indent: usize) {
        let children = place.children();
        let is_map = place.value.is_object();
        if children.is_empty() {
            return self.line(lead, if is_map { "{}" } else { "[]" });
        }
        let indent = match (lead.behind_key, lead.behind_dash, is_map) {
            (true, _, false) => indent,
            (true, ..) | (_, true, _) => indent + 2,
            _ => indent,
        };
        if lead.behind_key {
            let Lead { text, note, .. } = std::mem::take(&mut lead);
            self.lines.push(Line::new(text, note));
        }
        // The first line stands behind the dash of a list element.
        let mut before = lead.behind_dash.then_some(lead);
        for child in children {
            let around = before.take();
            match child.token {
                Token::Name(name) => self.entry(name, child, around, indent),
                Token::Index(_) | Token::Root => self.item(child, around, indent),
            }
        }
    }

    fn entry(&mut self, name: &str, child: Place<'e>, around: Option<Lead>, indent: usize) {
        let (start, item) = begin(around, indent);
        let note = join(self.note(child), item);
        let key = string(name);
        if key.len() > LONGEST_KEY {
            self.lines.push(Line::new(format!("{start}? {key}"), None));
            let lead = Lead {
                text: format!("{:indent$}:", ""),
                behind_dash: true,
                note,
                ..Lead::default()
            };
            return self.value(child, lead, indent);
        }
        let lead = Lead {
            text: format!("{start}{key}:"),
            behind_key: true,
            note,
            ..Lead::default()
        };
        self.value(child, lead, indent);
    }

    fn item(&mut self, child: Place<'e>, around: Option<Lead>, indent: usize) {
        let (start, item) = begin(around, indent);
        let lead = Lead {
            text: format!("{start}-"),
            behind_dash: true,
            note: join(self.note(child), item),
            ..Lead::default()
        };
        self.value(child, lead, indent);
    }

    fn note(&self, place: Place<'e>) -> Option<String> {
        self.explanation.note(place.field?, self.view)
    }

    fn line(&mut self, lead: Lead, text: &str) {
        let Lead {
            text: mut line,
            note,
            ..
        } = lead;
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(text);
        self.lines.push(Line::new(line, note));
    }
}

/// How a line begins, and what is noted about the list element that it begins.
fn begin(around: Option<Lead>, indent: usize) -> (String, Option<String>) {
    match around {
        Some(lead) => (format!("{} ", lead.text), lead.note),
        None => (" ".repeat(indent), None),
    }
}

/// The owners of a field, and those of the list element that begins with it.
fn join(field: Option<String>, item: Option<String>) -> Option<String> {
    match (field, item) {
        (Some(field), Some(item)) if field != item => Some(format!("{field}; element: {item}")),
        (None, Some(item)) => Some(format!("element: {item}")),
        (field, _) => field,
    }
}
