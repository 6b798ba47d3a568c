//! Why an object is refused: one cause a field, worded as `field.Error` of apimachinery words it.

use std::fmt::{self, Write as _};

use apply_semantics::value;
use serde_json::Value;

use super::go;

/// One reason to refuse an object, as it stands in `details.causes` of a `Status`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cause {
    /// `FieldValueInvalid` and its like.
    pub(crate) reason: &'static str,
    /// What is wrong, with the value where the server shows it.
    pub(crate) message: String,
    /// The path: `spec.ports[0].name`, `data[key]`.
    pub(crate) field: String,
}

/// The part of a `Status` message after `is invalid: `, of the fields and messages of the causes: each once, in brackets where
/// there are several.
pub(crate) fn summary<'a>(causes: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let mut texts: Vec<String> = Vec::new();
    for (field, message) in causes {
        let text = if field.is_empty() {
            message.to_owned()
        } else {
            format!("{field}: {message}")
        };
        if !texts.contains(&text) {
            texts.push(text);
        }
    }
    match texts.as_slice() {
        [text] => text.clone(),
        texts => format!("[{}]", texts.join(", ")),
    }
}

/// Where something stands in an object, such as `spec.ports[0].name`. It is put into words only if something is wrong there,
/// as almost nothing ever is.
pub(super) type Field<'a> = fmt::Arguments<'a>;

/// Causes as they are found, in the order in which the server checks.
#[derive(Debug, Default)]
pub(super) struct Causes(Vec<Cause>);

impl Causes {
    pub(super) fn into_vec(self) -> Vec<Cause> {
        self.0
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Says what was said of taints from `start` on once more: the server checks them twice.
    pub(super) fn repeat_taints_from(&mut self, start: usize) {
        let said = self.0.iter().skip(start);
        let again: Vec<_> = said
            .filter(|cause| cause.field.contains("taints"))
            .cloned()
            .collect();
        self.0.extend(again);
    }

    pub(super) fn required(&mut self, field: impl fmt::Display, detail: &str) {
        self.push("FieldValueRequired", field, with("Required value", detail));
    }

    pub(super) fn forbidden(&mut self, field: impl fmt::Display, detail: &str) {
        self.push("FieldValueForbidden", field, with("Forbidden", detail));
    }

    /// The value as it is shown: text in quotes, numbers plain, null for none, everything else as JSON.
    pub(super) fn invalid(
        &mut self,
        field: impl fmt::Display,
        value: impl Into<Value>,
        detail: &str,
    ) {
        self.invalid_shown(field, &shown(&value.into()), detail);
    }

    /// As [`Causes::invalid`], with the value already as the server shows it.
    pub(super) fn invalid_shown(&mut self, field: impl fmt::Display, shown: &str, detail: &str) {
        self.push(
            "FieldValueInvalid",
            field,
            with(&format!("Invalid value: {shown}"), detail),
        );
    }

    pub(super) fn duplicate(&mut self, field: impl fmt::Display, value: impl Into<Value>) {
        self.duplicate_shown(field, &shown(&value.into()));
    }

    pub(super) fn duplicate_shown(&mut self, field: impl fmt::Display, shown: &str) {
        self.push(
            "FieldValueDuplicate",
            field,
            format!("Duplicate value: {shown}"),
        );
    }

    pub(super) fn not_found(&mut self, field: impl fmt::Display, value: impl Into<Value>) {
        let message = format!("Not found: {}", shown(&value.into()));
        self.push("FieldValueNotFound", field, message);
    }

    pub(super) fn not_supported(
        &mut self,
        field: impl fmt::Display,
        value: impl Into<Value>,
        supported: &[&str],
    ) {
        self.not_supported_shown(field, &shown(&value.into()), supported);
    }

    pub(super) fn not_supported_shown(
        &mut self,
        field: impl fmt::Display,
        shown: &str,
        supported: &[&str],
    ) {
        let mut message = format!("Unsupported value: {shown}");
        for (index, value) in supported.iter().enumerate() {
            message.push_str(if index == 0 {
                ": supported values: "
            } else {
                ", "
            });
            let _ = write!(message, "{}", quoted(value));
        }
        self.push("FieldValueNotSupported", field, message);
    }

    pub(super) fn too_long(&mut self, field: impl fmt::Display, most: usize) {
        let unit = if most == 1 { "byte" } else { "bytes" };
        let message = format!("Too long: may not be more than {most} {unit}");
        self.push("FieldValueTooLong", field, message);
    }

    pub(super) fn too_many(&mut self, field: impl fmt::Display, actual: usize, most: usize) {
        let unit = if most == 1 { "item" } else { "items" };
        let message = format!("Too many: {actual}: must have at most {most} {unit}");
        self.push("FieldValueTooMany", field, message);
    }

    /// One of several words is expected: required if there is none, not supported if it is another.
    pub(super) fn one_of(&mut self, field: impl fmt::Display, value: &str, supported: &[&str]) {
        if value.is_empty() {
            self.required(field, "");
        } else if !supported.contains(&value) {
            self.not_supported(field, value, supported);
        }
    }

    /// One cause a message.
    pub(super) fn each(&mut self, field: impl fmt::Display, value: &str, messages: Vec<String>) {
        for message in messages {
            self.invalid(&field, value, &message);
        }
    }

    fn push(&mut self, reason: &'static str, field: impl fmt::Display, message: String) {
        self.0.push(Cause {
            reason,
            message,
            field: field.to_string(),
        });
    }
}

fn with(text: &str, detail: &str) -> String {
    if detail.is_empty() {
        text.to_owned()
    } else {
        format!("{text}: {detail}")
    }
}

/// A text as Go quotes it.
pub(super) fn quoted(text: &str) -> String {
    value::display(&Value::String(text.to_owned()))
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => quoted(text),
        other => go::json(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_read_as_the_servers() {
        let mut causes = Causes::default();
        causes.required("a", "");
        causes.not_supported("b", "x", &["y", "z"]);
        causes.invalid("c", 0, "must be more");
        causes.invalid("c", 0, "must be more");
        causes.too_long("d", 1);
        let causes = causes.into_vec();
        let said =
            |causes: &[Cause]| summary(causes.iter().map(|cause| (&*cause.field, &*cause.message)));
        assert_eq!(
            said(&causes),
            "[a: Required value, b: Unsupported value: \"x\": supported values: \"y\", \"z\", \
             c: Invalid value: 0: must be more, d: Too long: may not be more than 1 byte]"
        );
        assert_eq!(said(&causes[..1]), "a: Required value");
    }
}
