//! Rules in CEL, as far as they only compare the old object with the new one.

mod expression;

use std::fmt::Write as _;

use serde_json::Value;

use super::{FieldError, ListType, Node, Reason, join};
use expression::Expression;

/// A rule of `x-kubernetes-validations`.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// The expression, in CEL.
    pub rule: String,
    /// What the server says when it is broken, if the schema says so; an expression that would say it is not run.
    pub message: Option<String>,
    /// Whether the rule is asked also when there was no value before (`optionalOldSelf`).
    pub optional_old: bool,
    reason: Reason,
    field_path: Option<String>,
    parsed: Option<Expression>,
}

/// What a rule says to a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It allows it.
    Kept,
    /// It refuses it.
    Broken,
    /// It is more than can be understood here: only a server knows.
    Unknown,
}

impl Rule {
    pub(super) fn read_all(value: &Value) -> Vec<Self> {
        value
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Self::read)
            .collect()
    }

    fn read(value: &Value) -> Option<Self> {
        let text = |field: &str| value.get(field).and_then(Value::as_str).map(str::to_owned);
        let rule = text("rule")?;
        let reason = match text("reason").as_deref() {
            Some("FieldValueRequired") => Reason::Required,
            Some("FieldValueDuplicate") => Reason::Duplicate,
            Some("FieldValueForbidden") => Reason::Forbidden,
            _ => Reason::Invalid,
        };
        Some(Self {
            parsed: Expression::parse(&rule),
            message: text("message"),
            optional_old: value.get("optionalOldSelf") == Some(&Value::Bool(true)),
            field_path: text("fieldPath"),
            reason,
            rule,
        })
    }

    /// Whether the rule is about a change, rather than about one object.
    pub fn is_transition(&self) -> bool {
        self.rule.contains("oldSelf")
    }

    /// What the rule says to a value that replaces another.
    pub fn verdict(&self, new: &Value, old: &Value) -> Verdict {
        let parsed = self.parsed.as_ref().filter(|_| !self.optional_old);
        match parsed.and_then(|parsed| parsed.holds(new, old)) {
            Some(true) => Verdict::Kept,
            Some(false) => Verdict::Broken,
            None => Verdict::Unknown,
        }
    }

    /// The error when the rule is broken for the value at a path of the object.
    pub(super) fn error(&self, path: String, object: &Value) -> FieldError {
        let said = self
            .message
            .clone()
            .unwrap_or_else(|| format!("failed rule: {}", self.rule.trim()));
        let value = object.pointer(&pointer(&path));
        let path = match &self.field_path {
            Some(below) => join(&path, below.trim_start_matches('.')),
            None => path,
        };
        match value {
            Some(value)
                if self.reason == Reason::Invalid && !value.is_object() && !value.is_array() =>
            {
                FieldError::with_value(path, self.reason, value, &said)
            }
            _ => FieldError::new(path, self.reason, &said),
        }
    }
}

/// The JSON pointer of a path of fields and indexes.
fn pointer(path: &str) -> String {
    let parts = path.replace('[', ".").replace(']', "");
    let parts = parts.split('.').filter(|part| !part.is_empty());
    parts.flat_map(|part| ["/", part]).collect()
}

/// What the rules below a place say to a change. Old elements are found by the keys of lists of type map; elements of other
/// lists have no old values, so that rules about changes are not asked.
pub(super) fn transitions<'a>(
    node: &'a Node,
    new: &Value,
    old: Option<&Value>,
    path: &mut String,
    found: &mut Vec<(&'a Rule, String, Verdict)>,
) {
    if let Some(old) = old.filter(|old| *old != new) {
        for rule in &node.rules {
            found.push((rule, path.clone(), rule.verdict(new, old)));
        }
    }
    let length = path.len();
    match new {
        Value::Object(entries) => {
            for (name, entry) in entries {
                let Some(of) = node.entry(name) else { continue };
                *path = join(path, name);
                transitions(of, entry, old.and_then(|old| old.get(name)), path, found);
                path.truncate(length);
            }
        }
        Value::Array(items) => {
            let Some(of) = &node.items else { return };
            for (index, item) in items.iter().enumerate() {
                _ = write!(path, "[{index}]");
                transitions(of, item, counterpart(&node.list, item, old), path, found);
                path.truncate(length);
            }
        }
        _ => {}
    }
}

/// The old element of a list of type map.
fn counterpart<'v>(list: &ListType, item: &Value, old: Option<&'v Value>) -> Option<&'v Value> {
    let ListType::Map(keys) = list else {
        return None;
    };
    let same = |other: &&Value| keys.iter().all(|key| other.get(key) == item.get(key));
    old?.as_array()?.iter().find(same)
}
