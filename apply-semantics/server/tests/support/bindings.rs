//! Placeholders of recordings, and what they stand for in a run.

use std::collections::BTreeMap;

use serde_json::Value;

/// What placeholders stand for.
#[derive(Default)]
pub(crate) struct Bindings(BTreeMap<String, String>);

/// A text with the placeholders in it told apart.
#[derive(Debug, PartialEq, Eq)]
enum Part<'a> {
    Text(&'a str),
    Placeholder(&'a str),
}

fn parts(text: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find('<') {
        let after = &rest[start..];
        let Some(end) = after.find('>') else { break };
        let candidate = &after[..=end];
        if is_placeholder(candidate) {
            parts.push(Part::Text(&rest[..start]));
            parts.push(Part::Placeholder(candidate));
            rest = &after[end + 1..];
        } else {
            parts.push(Part::Text(&rest[..=start]));
            rest = &rest[start + 1..];
        }
    }
    parts.push(Part::Text(rest));
    parts
}

fn is_placeholder(text: &str) -> bool {
    let inner = &text[1..text.len() - 1];
    inner == "any"
        || inner == "time"
        || inner.starts_with("time@")
        || ["uid:", "rv:", "ip:", "port:", "name:", "continue:"]
            .iter()
            .any(|kind| inner.starts_with(kind))
}

/// Whether a text is a span such as `27s` or `3m12s`.
fn is_age(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit())
        && text.ends_with(['s', 'm', 'h', 'd', 'y'])
        && text
            .chars()
            .all(|c| c.is_ascii_digit() || "smhdy".contains(c))
}

impl Bindings {
    /// Says what a placeholder stands for.
    pub(crate) fn bind(&mut self, placeholder: String, value: String) {
        self.0.insert(placeholder, value);
    }

    /// A text with values in place of placeholders.
    pub(crate) fn fill(&self, text: &str) -> String {
        let filled = parts(text).into_iter().map(|part| match part {
            Part::Text(text) => text,
            Part::Placeholder(name) => self.0.get(name).map_or_else(
                // A version that no answer has shown: one that was before.
                || if name.starts_with("<rv:") { "1" } else { name },
                String::as_str,
            ),
        });
        filled.collect()
    }

    /// JSON text with values in place of placeholders. A port is a number.
    pub(crate) fn fill_text(&self, json: &str) -> String {
        let mut text = json.to_owned();
        for (name, value) in self.0.iter().filter(|(name, _)| name.starts_with("<port:")) {
            text = text.replace(&format!("\"{name}\""), value);
        }
        self.fill(&text)
    }

    /// A value with values in place of placeholders. A port is a number.
    pub(crate) fn fill_value(&self, value: &Value) -> Value {
        match value {
            Value::String(text) if text.starts_with("<port:") && self.0.contains_key(text) => {
                self.0[text].parse::<u64>().map_or(Value::Null, Value::from)
            }
            Value::String(text) => self.fill(text).into(),
            Value::Array(items) => items.iter().map(|item| self.fill_value(item)).collect(),
            Value::Object(fields) => Value::Object(
                fields
                    .iter()
                    .map(|(key, value)| (self.fill(key), self.fill_value(value)))
                    .collect(),
            ),
            other => other.clone(),
        }
    }

    /// The first difference between an answer and what was recorded; new placeholders are bound on the way.
    pub(crate) fn difference(
        &mut self,
        actual: &Value,
        expected: &Value,
        path: &str,
    ) -> Option<String> {
        match (actual, expected) {
            (Value::Object(a), Value::Object(b)) => {
                let mut left: BTreeMap<&String, &Value> = a.iter().collect();
                for (key, wanted) in b {
                    let filled = self.fill(key);
                    let found = left.keys().copied().find(|name| {
                        **name == filled || (key.contains('<') && self.text(name, key).is_none())
                    });
                    let Some(found) = found else {
                        return Some(format!("{path}/{key}: missing, expected {wanted}"));
                    };
                    let value = left.remove(found)?;
                    if let Some(difference) =
                        self.difference(value, wanted, &format!("{path}/{key}"))
                    {
                        return Some(difference);
                    }
                }
                let (key, value) = left.first_key_value()?;
                Some(format!("{path}/{key}: unexpected {value}"))
            }
            (Value::Array(a), Value::Array(b)) if path.ends_with("/details/causes") => {
                self.multiset(a, b, path)
            }
            (Value::Array(a), Value::Array(b)) => {
                for (index, (actual, expected)) in a.iter().zip(b).enumerate() {
                    if let Some(difference) =
                        self.difference(actual, expected, &format!("{path}/{index}"))
                    {
                        return Some(difference);
                    }
                }
                (a.len() != b.len()).then(|| {
                    format!(
                        "{path}: {} items, expected {}: {actual} / {expected}",
                        a.len(),
                        b.len()
                    )
                })
            }
            (Value::Number(a), Value::String(b)) if b.starts_with("<port:") => self
                .text(&a.to_string(), b)
                .map(|why| format!("{path}: {why}")),
            (Value::Number(a), Value::Number(b)) if conformance_runner::same_number(a, b) => None,
            // Ages go by the clock of the run.
            (Value::String(a), Value::String(b))
                if path.contains("/cells/") && is_age(a) && is_age(b) =>
            {
                None
            }
            (Value::String(a), Value::String(b)) => {
                self.text(a, b).map(|why| format!("{path}: {why}"))
            }
            _ if actual == expected => None,
            _ => Some(format!("{path}: {actual}, expected {expected}")),
        }
    }

    fn multiset(&mut self, actual: &[Value], expected: &[Value], path: &str) -> Option<String> {
        let mut left: Vec<&Value> = actual.iter().collect();
        for wanted in expected {
            let at = left
                .iter()
                .position(|found| self.difference(found, wanted, path).is_none());
            match at {
                Some(at) => drop(left.remove(at)),
                None => return Some(format!("{path}: missing {wanted}; left {left:?}")),
            }
        }
        left.first()
            .map(|extra| format!("{path}: unexpected {extra}"))
    }

    /// Why a text is not the recorded one.
    fn text(&mut self, actual: &str, expected: &str) -> Option<String> {
        let mut rest = actual;
        let mut bound: Vec<(String, String)> = Vec::new();
        let parts = parts(expected);
        for (index, part) in parts.iter().enumerate() {
            match part {
                Part::Text(text) => match rest.strip_prefix(text) {
                    Some(after) => rest = after,
                    None => return Some(format!("{actual:?}, expected {:?}", self.fill(expected))),
                },
                Part::Placeholder(name) => {
                    let known = self
                        .0
                        .get(*name)
                        .or_else(|| bound.iter().find(|(n, _)| n == name).map(|(_, v)| v))
                        .cloned();
                    let next = parts.get(index + 1);
                    let value = match (known, next) {
                        (Some(value), _) => value,
                        (None, Some(Part::Text(text))) if !text.is_empty() => {
                            rest.split(text).next().unwrap_or_default().to_owned()
                        }
                        (None, _) => rest.to_owned(),
                    };
                    match rest.strip_prefix(value.as_str()) {
                        Some(after) if !value.is_empty() => rest = after,
                        _ => {
                            return Some(format!(
                                "{actual:?}, expected {:?} ({name} is {value:?})",
                                self.fill(expected)
                            ));
                        }
                    }
                    if !matches!(*name, "<any>" | "<time>") {
                        bound.push(((*name).to_owned(), value));
                    }
                }
            }
        }
        if !rest.is_empty() {
            return Some(format!("{actual:?}, expected {:?}", self.fill(expected)));
        }
        // Two placeholders are two values.
        for (name, value) in bound {
            let kind = name.split(':').next().unwrap_or_default().to_owned();
            let taken = self.0.iter().find(|(other, v)| {
                **other != name && other.split(':').next() == Some(&kind) && **v == value
            });
            if let (Some((other, _)), "<rv" | "<uid" | "<name") = (taken, kind.as_str()) {
                return Some(format!("{name} is {value:?}, as {other} is"));
            }
            self.0.insert(name, value);
        }
        None
    }
}
