//! What Go says about values that it cannot read.

use apply_semantics::defaults::UnreadableErrors;
use serde_json::Value;

/// The first thing that cannot be read, in the words of Go's decoders where they are known.
pub(super) fn text(errors: &UnreadableErrors, object: &Value) -> String {
    let Some(error) = errors.iter().next() else {
        return String::new();
    };
    let value = at(object, &error.path);
    if error.expected.contains("quantity") {
        return "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'".to_owned();
    }
    let base64 = error.expected.contains("base64") || error.expected.contains("bytes");
    if base64 && let Some(offset) = value.and_then(Value::as_str).map(bad_base64) {
        return format!("error decoding from json: illegal base64 data at input byte {offset}");
    }
    error.to_string()
}

/// Where a text stops to be base64.
fn bad_base64(text: &str) -> usize {
    let good = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=\r\n".contains(&byte);
    text.bytes()
        .position(|byte| !good(byte))
        .unwrap_or(text.len())
}

/// The value at a path such as `spec.containers[0].image`.
pub(crate) fn at<'a>(object: &'a Value, path: &str) -> Option<&'a Value> {
    let parts = path.split(['.', '[', ']']).filter(|part| !part.is_empty());
    parts
        .into_iter()
        .try_fold(object, |value, part| match value {
            Value::Array(items) => items.get(part.parse::<usize>().ok()?),
            other => other.get(part),
        })
}
