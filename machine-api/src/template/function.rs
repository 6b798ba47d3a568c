//! The functions of templates.

use std::cmp::Ordering;

use serde_json::Value;

use super::{Dialect, format, sprig::Sprig};

/// A function that a template can call. `And` and `Or` are called by the evaluation, which stops at the first value that
/// decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Function {
    And,
    Eq,
    Ge,
    Gt,
    Index,
    Le,
    Len,
    Lt,
    Ne,
    Not,
    Or,
    Print,
    Printf,
    Println,
    Slice,
    Sprig(Sprig),
}

const NAMES: [(&str, Function); 15] = [
    ("and", Function::And),
    ("eq", Function::Eq),
    ("ge", Function::Ge),
    ("gt", Function::Gt),
    ("index", Function::Index),
    ("le", Function::Le),
    ("len", Function::Len),
    ("lt", Function::Lt),
    ("ne", Function::Ne),
    ("not", Function::Not),
    ("or", Function::Or),
    ("print", Function::Print),
    ("printf", Function::Printf),
    ("println", Function::Println),
    ("slice", Function::Slice),
];

impl Function {
    pub(super) fn from_name(name: &str, dialect: Dialect) -> Option<Self> {
        if dialect == Dialect::Sprig
            && let Some(sprig) = Sprig::from_name(name)
        {
            return Some(Self::Sprig(sprig));
        }
        let found = NAMES.into_iter().find(|(other, _)| *other == name);
        found.map(|(_, function)| function)
    }

    pub(super) fn name(self) -> &'static str {
        if let Self::Sprig(sprig) = self {
            return sprig.name();
        }
        let found = NAMES.into_iter().find(|(_, other)| *other == self);
        found.map_or("", |(name, _)| name)
    }

    pub(super) fn call(self, arguments: &[Value]) -> Result<Value, String> {
        let answer = match self {
            Self::Eq => equal_to_any(arguments).map(Value::Bool),
            Self::Ne => match arguments {
                [a, b] => equal(a, b).map(|equal| Value::Bool(!equal)),
                _ => Err(format!("takes two arguments, not {}", arguments.len())),
            },
            Self::Lt => ordered(arguments, Ordering::is_lt),
            Self::Le => ordered(arguments, Ordering::is_le),
            Self::Gt => ordered(arguments, Ordering::is_gt),
            Self::Ge => ordered(arguments, Ordering::is_ge),
            Self::Index => index(arguments),
            Self::Len => length(arguments),
            Self::Not => one(arguments).map(|value| Value::Bool(!truth(value))),
            Self::Print => Ok(format::print(arguments).into()),
            Self::Println => Ok(format::println(arguments).into()),
            Self::Printf => printf(arguments),
            Self::Slice => slice(arguments),
            Self::Sprig(sprig) => sprig.call(arguments),
            Self::And | Self::Or => arguments
                .last()
                .cloned()
                .ok_or_else(|| "needs an argument".to_owned()),
        };
        answer.map_err(|problem| format!("{}: {problem}", self.name()))
    }
}

/// Whether Go takes a value for true: what is not empty, not zero and not false.
pub(super) fn truth(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(value) => *value,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(fields) => !fields.is_empty(),
    }
}

pub(super) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "a map",
    }
}

pub(super) fn one(arguments: &[Value]) -> Result<&Value, String> {
    match arguments {
        [value] => Ok(value),
        _ => Err(format!("takes one argument, not {}", arguments.len())),
    }
}

fn equal_to_any(arguments: &[Value]) -> Result<bool, String> {
    let (first, others) = arguments.split_first().ok_or("needs two arguments")?;
    if others.is_empty() {
        return Err("needs two arguments".to_owned());
    }
    for other in others {
        if equal(first, other)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn compared(arguments: &[Value], test: fn(Ordering) -> bool) -> Result<Value, String> {
    match arguments {
        [a, b] => compare(a, b).map(|order| Value::Bool(test(order))),
        _ => Err(format!("takes two arguments, not {}", arguments.len())),
    }
}

fn ordered(arguments: &[Value], test: fn(Ordering) -> bool) -> Result<Value, String> {
    if arguments.iter().any(Value::is_boolean) {
        return Err("booleans have no order".to_owned());
    }
    compared(arguments, test)
}

/// Nothing is equal to nothing alone.
fn equal(a: &Value, b: &Value) -> Result<bool, String> {
    if a.is_null() || b.is_null() {
        return Ok(a.is_null() && b.is_null());
    }
    compare(a, b).map(Ordering::is_eq)
}

/// Whole numbers are compared with whole ones, and others with others, as Go's types are.
fn compare(a: &Value, b: &Value) -> Result<Ordering, String> {
    let numbers = || match (a.is_f64(), b.is_f64()) {
        (true, true) => a.as_f64()?.partial_cmp(&b.as_f64()?),
        (false, false) => match (a.as_i64(), b.as_i64()) {
            (Some(a), Some(b)) => Some(a.cmp(&b)),
            _ => a.as_u64().zip(b.as_u64()).map(|(a, b)| a.cmp(&b)),
        },
        _ => None,
    };
    let order = match (a, b) {
        (Value::String(a), Value::String(b)) => Some(a.cmp(b)),
        (Value::Bool(a), Value::Bool(b)) => Some(a.cmp(b)),
        (Value::Number(_), Value::Number(_)) => numbers(),
        _ => None,
    };
    order.ok_or_else(|| format!("{} and {} cannot be compared", kind(a), kind(b)))
}

fn index(arguments: &[Value]) -> Result<Value, String> {
    let (whole, keys) = arguments.split_first().ok_or("needs a value")?;
    let mut value = whole;
    for key in keys {
        let found = match (value, key) {
            (Value::Object(fields), Value::String(name)) => fields.get(name),
            (Value::Array(items), Value::Number(_)) => {
                let item = offset(key).and_then(|at| items.get(at));
                Some(item.ok_or_else(|| format!("there is no {key}"))?)
            }
            _ => return Err(format!("{} is no index of {}", kind(key), kind(value))),
        };
        // A key that a map has not gives nothing.
        value = found.unwrap_or(&Value::Null);
    }
    Ok(value.clone())
}

fn length(arguments: &[Value]) -> Result<Value, String> {
    match one(arguments)? {
        Value::String(text) => Ok(text.len().into()),
        Value::Array(items) => Ok(items.len().into()),
        Value::Object(fields) => Ok(fields.len().into()),
        other => Err(format!("{} has no length", kind(other))),
    }
}

fn printf(arguments: &[Value]) -> Result<Value, String> {
    match arguments.split_first() {
        Some((Value::String(pattern), values)) => Ok(format::printf(pattern, values).into()),
        Some((other, _)) => Err(format!("{} is no format", kind(other))),
        None => Err("needs a format".to_owned()),
    }
}

/// A part of a text, by bytes.
pub(super) fn slice(arguments: &[Value]) -> Result<Value, String> {
    let (value, bounds) = arguments.split_first().ok_or("needs a value")?;
    let Value::String(text) = value else {
        return Err(format!("{} cannot be sliced here", kind(value)));
    };
    let bound =
        |value: &Value| offset(value).ok_or_else(|| format!("{value} is no place in a text"));
    let (start, end) = match bounds {
        [] => (0, text.len()),
        [start] => (bound(start)?, text.len()),
        [start, end] => (bound(start)?, bound(end)?),
        _ => return Err("takes a text and two places at most".to_owned()),
    };
    let part = text.get(start..end);
    let outside = || format!("{start} to {end} is not within {} bytes", text.len());
    Ok(part.ok_or_else(outside)?.into())
}

pub(super) fn offset(value: &Value) -> Option<usize> {
    usize::try_from(value.as_u64()?).ok()
}
