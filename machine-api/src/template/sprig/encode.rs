//! Texts that stand for something else: JSON, Base64.

use componentconfig::scalar::Bytes;
use serde_json::Value;

use super::{Body, exactly, text_of};

/// Floats that are whole as Go writes them.
fn plain(value: &Value) -> Value {
    match value {
        Value::Number(number) => match number.as_f64().filter(|_| number.is_f64()) {
            Some(float) if float.fract() == 0.0 && float.abs() < 1e15 => {
                #[allow(clippy::cast_possible_truncation, reason = "it is whole and small")]
                let whole = float as i64;
                whole.into()
            }
            _ => value.clone(),
        },
        Value::Array(items) => items.iter().map(plain).collect(),
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort_by_key(|(name, _)| *name);
            let fields = fields.into_iter();
            Value::Object(
                fields
                    .map(|(name, value)| (name.clone(), plain(value)))
                    .collect(),
            )
        }
        other => other.clone(),
    }
}

/// What must not stand in HTML as it is.
const ESCAPES: [(char, &str); 5] = [
    ('<', "\\u003c"),
    ('>', "\\u003e"),
    ('&', "\\u0026"),
    ('\u{2028}', "\\u2028"),
    ('\u{2029}', "\\u2029"),
];

fn escaped(text: &str) -> String {
    let mut text = text.to_owned();
    for (character, escape) in ESCAPES {
        text = text.replace(character, escape);
    }
    text
}

/// JSON whose numbers are floats, as Go reads it.
fn floats(value: Value) -> Value {
    match value {
        Value::Number(number) => {
            let float = number.as_f64().and_then(serde_json::Number::from_f64);
            Value::Number(float.unwrap_or(number))
        }
        Value::Array(items) => items.into_iter().map(floats).collect(),
        Value::Object(fields) => {
            let fields = fields.into_iter();
            Value::Object(fields.map(|(name, value)| (name, floats(value))).collect())
        }
        other => other,
    }
}

pub(super) const FUNCTIONS: &[(&str, Body)] = &[
    ("toJson", |arguments| {
        let [value] = exactly(arguments)?;
        Ok(escaped(&plain(value).to_string()).into())
    }),
    ("toRawJson", |arguments| {
        let [value] = exactly(arguments)?;
        Ok(plain(value).to_string().into())
    }),
    ("toPrettyJson", |arguments| {
        let [value] = exactly(arguments)?;
        let text = serde_json::to_string_pretty(&plain(value));
        text.map(|text| escaped(&text).into())
            .map_err(|error| error.to_string())
    }),
    ("fromJson", |arguments| {
        let [text] = exactly(arguments)?;
        let value = serde_json::from_str(text_of(text)?).unwrap_or_default();
        Ok(floats(value))
    }),
    ("b64enc", |arguments| {
        let [text] = exactly(arguments)?;
        let bytes = Bytes::from(text_of(text)?.as_bytes().to_vec());
        serde_json::to_value(bytes).map_err(|error| error.to_string())
    }),
    ("b64dec", |arguments| {
        let [text] = exactly(arguments)?;
        text_of(text)?;
        // What is no Base64 gives the complaint, as sprig does.
        Ok(match serde_json::from_value::<Bytes>(text.clone()) {
            Ok(bytes) => String::from_utf8_lossy(bytes.as_slice())
                .into_owned()
                .into(),
            Err(error) => error.to_string().into(),
        })
    }),
];
