//! Messages as JSON.

use apply_semantics::managed_fields::Time;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::{Map, Value};

use super::{
    Fault,
    messages::{self, Field, Form, Message},
    wire::{self, Data, Fields},
};

/// Messages in messages are read to that depth: JSON schemas hold themselves.
const DEEPEST: u32 = 100;

const SCHEMA: &str = "apiextensions.v1.JSONSchemaProps";

/// The fields of a message.
pub(super) fn message(message: &Message, bytes: &[u8]) -> Result<Map<String, Value>, Fault> {
    let mut object = Map::new();
    into(&mut object, message, bytes, DEEPEST)?;
    Ok(object)
}

fn into(
    object: &mut Map<String, Value>,
    message: &Message,
    bytes: &[u8],
    depth: u32,
) -> Result<(), Fault> {
    let depth = depth
        .checked_sub(1)
        .ok_or(Fault::Malformed("messages are nested too deep"))?;
    for field in Fields::of(bytes) {
        let (number, data) = field?;
        // What is not known was added by a later release.
        let Some(field) = message.field(number) else {
            continue;
        };
        put(object, field, data, depth)?;
    }
    Ok(())
}

fn put(
    object: &mut Map<String, Value>,
    field: &Field,
    data: Data<'_>,
    depth: u32,
) -> Result<(), Fault> {
    match &field.form {
        Form::Message(name) if field.name.is_empty() => {
            let message = messages::named(name).ok_or(WRONG)?;
            into(object, message, bytes_of(data)?, depth)
        }
        Form::List(form) => {
            let list = object
                .entry(field.name)
                .or_insert_with(|| Value::Array(Vec::new()));
            let list = list.as_array_mut().ok_or(WRONG)?;
            match (&**form, data) {
                // Numbers may stand together.
                (Form::Integer, Data::Bytes(mut bytes)) => {
                    while !bytes.is_empty() {
                        list.push(signed(wire::number(&mut bytes)?));
                    }
                }
                (form, data) => list.push(value(form, data, depth)?.unwrap_or_default()),
            }
            Ok(())
        }
        Form::Map(form) => {
            let map = object
                .entry(field.name)
                .or_insert_with(|| Value::Object(Map::new()));
            let (key, value) = entry(form, bytes_of(data)?, depth)?;
            map.as_object_mut().ok_or(WRONG)?.insert(key, value);
            Ok(())
        }
        form => {
            let found = value(form, data, depth)?;
            if let Some(found) = found.filter(|found| field.keeps_zero || !is_zero(form, found)) {
                object.insert(field.name.to_owned(), found);
            }
            Ok(())
        }
    }
}

const WRONG: Fault = Fault::Malformed("wrong wireType");

fn bytes_of(data: Data<'_>) -> Result<&[u8], Fault> {
    match data {
        Data::Bytes(bytes) => Ok(bytes),
        _ => Err(WRONG),
    }
}

/// An entry of a map. What it does not say is empty.
fn entry(form: &Form, bytes: &[u8], depth: u32) -> Result<(String, Value), Fault> {
    let mut key = String::new();
    let mut held = None;
    for field in Fields::of(bytes) {
        match field? {
            (1, Data::Bytes(bytes)) => wire::text(bytes)?.clone_into(&mut key),
            (2, data) => held = value(form, data, depth)?,
            _ => {}
        }
    }
    let empty = || match form {
        Form::String | Form::Bytes => Ok(Some(Value::from(""))),
        Form::Integer => Ok(Some(Value::from(0))),
        form => value(form, Data::Bytes(b""), depth),
    };
    let held = match held {
        Some(held) => Some(held),
        None => empty()?,
    };
    Ok((key, held.unwrap_or_default()))
}

/// A value; none for a time that is none, which JSON leaves out.
fn value(form: &Form, data: Data<'_>, depth: u32) -> Result<Option<Value>, Fault> {
    Ok(Some(match (form, data) {
        (Form::Integer, Data::Number(number)) => signed(number),
        (Form::Boolean, Data::Number(number)) => Value::Bool(number != 0),
        (Form::Double, Data::Double(number)) => number.into(),
        (Form::Integer | Form::Boolean | Form::Double, _) => return Err(WRONG),
        (form, data) => return of_bytes(form, bytes_of(data)?, depth),
    }))
}

fn of_bytes(form: &Form, bytes: &[u8], depth: u32) -> Result<Option<Value>, Fault> {
    Ok(Some(match form {
        Form::String => wire::text(bytes)?.into(),
        Form::Bytes => BASE64_STANDARD.encode(bytes).into(),
        Form::Time | Form::MicroTime if bytes.is_empty() => return Ok(None),
        Form::Time => time(bytes)?.0.into(),
        Form::MicroTime => {
            let (seconds, nanos) = time(bytes)?;
            let whole = seconds.trim_end_matches('Z');
            format!("{whole}.{:06}Z", nanos / 1000).into()
        }
        Form::Quantity => first_text(bytes, "0")?.into(),
        Form::IntOrString => int_or_string(bytes)?,
        Form::Raw => raw(bytes)?,
        Form::Strings => strings(bytes, 1)?,
        Form::SchemaOrList => schema_or(1, bytes, depth, |bytes| {
            let schemas = all(bytes, 2).map(|schema| of_schema(schema?, depth));
            schemas.collect::<Result<_, _>>().map(Value::Array)
        })?,
        Form::SchemaOrBoolean => schema_or(2, bytes, depth, |bytes| {
            let mut fields = Fields::of(bytes);
            let allows = fields.any(|field| matches!(field, Ok((1, Data::Number(1..)))));
            Ok(allows.into())
        })?,
        Form::SchemaOrStrings => schema_or(1, bytes, depth, |bytes| strings(bytes, 2))?,
        Form::Message(name) => {
            let message = messages::named(name).ok_or(WRONG)?;
            let mut object = Map::new();
            into(&mut object, message, bytes, depth)?;
            Value::Object(object)
        }
        Form::Integer | Form::Boolean | Form::Double | Form::List(_) | Form::Map(_) => {
            return Err(WRONG);
        }
    }))
}

/// Whether Go's JSON leaves a value out where it may.
fn is_zero(form: &Form, value: &Value) -> bool {
    match form {
        Form::String | Form::Bytes => value == "",
        Form::Integer => value.as_i64() == Some(0),
        Form::Double => value.as_f64() == Some(0.0),
        Form::Boolean => *value == Value::Bool(false),
        Form::Strings => value.as_array().is_some_and(Vec::is_empty),
        _ => false,
    }
}

/// Negative numbers are written as large ones.
fn signed(number: u64) -> Value {
    number.cast_signed().into()
}

/// A time in whole seconds, and the rest in nanoseconds.
fn time(bytes: &[u8]) -> Result<(String, u64), Fault> {
    let (mut seconds, mut nanos) = (0, 0);
    for field in Fields::of(bytes) {
        match field? {
            (1, Data::Number(number)) => seconds = number.cast_signed(),
            (2, Data::Number(number)) => nanos = number,
            _ => {}
        }
    }
    Ok((Time::from_unix_seconds(seconds).to_string(), nanos))
}

/// The first field of a message, which is a string.
fn first_text<'a>(bytes: &'a [u8], default: &'a str) -> Result<&'a str, Fault> {
    let text = all(bytes, 1).last().transpose()?.map(wire::text);
    let text = text.transpose()?.unwrap_or_default();
    Ok(if text.is_empty() { default } else { text })
}

fn int_or_string(bytes: &[u8]) -> Result<Value, Fault> {
    let (mut is_text, mut number, mut text) = (false, 0, "");
    for field in Fields::of(bytes) {
        match field? {
            (1, Data::Number(kind)) => is_text = kind == 1,
            (2, Data::Number(found)) => number = found,
            (3, Data::Bytes(found)) => text = wire::text(found)?,
            _ => {}
        }
    }
    Ok(if is_text { text.into() } else { signed(number) })
}

/// JSON in the first field of a message.
fn raw(bytes: &[u8]) -> Result<Value, Fault> {
    match all(bytes, 1).last().transpose()? {
        None | Some([]) => Ok(Value::Null),
        Some(text) => {
            serde_json::from_slice(text).map_err(|_| Fault::Malformed("raw JSON is none"))
        }
    }
}

fn strings(bytes: &[u8], number: u64) -> Result<Value, Fault> {
    let texts = all(bytes, number).map(|text| wire::text(text?).map(Value::from));
    texts.collect::<Result<_, _>>().map(Value::Array)
}

/// The schema in that field, or else what `other` reads.
fn schema_or(
    number: u64,
    bytes: &[u8],
    depth: u32,
    other: impl FnOnce(&[u8]) -> Result<Value, Fault>,
) -> Result<Value, Fault> {
    let schema = all(bytes, number).next();
    match schema {
        Some(schema) => of_schema(schema?, depth),
        None => other(bytes),
    }
}

fn of_schema(bytes: &[u8], depth: u32) -> Result<Value, Fault> {
    let mut object = Map::new();
    let message = messages::named(SCHEMA).ok_or(WRONG)?;
    into(&mut object, message, bytes, depth)?;
    Ok(Value::Object(object))
}

/// The contents of all fields of a number that hold bytes.
fn all(bytes: &[u8], number: u64) -> impl Iterator<Item = Result<&[u8], Fault>> {
    Fields::of(bytes).filter_map(move |field| match field {
        Ok((found, Data::Bytes(bytes))) if found == number => Some(Ok(bytes)),
        Ok(_) => None,
        Err(fault) => Some(Err(fault)),
    })
}
