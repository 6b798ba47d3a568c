//! Reading the parts of a case.

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// The value with every `{"$repeat": [text, n]}` written out.
pub(crate) fn expand(value: &Value) -> Value {
    match value {
        Value::Object(map) => match map.get("$repeat").and_then(Value::as_array) {
            Some(repeat) => {
                let count = usize::try_from(repeat[1].as_u64().unwrap()).unwrap();
                json!(repeat[0].as_str().unwrap().repeat(count))
            }
            None => map
                .iter()
                .map(|(key, value)| (key.clone(), expand(value)))
                .collect(),
        },
        Value::Array(items) => items.iter().map(expand).collect(),
        _ => value.clone(),
    }
}

/// The value as a type that reads itself.
pub(crate) fn read<T: DeserializeOwned>(value: &Value) -> T {
    serde_json::from_value(value.clone()).unwrap_or_else(|error| panic!("{error}: {value}"))
}

/// A failure that shows both sides, unless they are equal.
pub(crate) fn same(actual: &Value, expected: &Value) -> Result<(), String> {
    conformance_runner::first_difference(actual, expected).map_or(Ok(()), Err)
}
