//! Numbers.

use serde_json::{Number, Value};

use super::{Body, exactly, string_of};

/// Longer than this no list is that is made by counting.
const COUNT_MAX: i64 = 1 << 16;

/// Any value as a whole number, as sprig takes it: what is none is 0.
pub(super) fn int_of(value: &Value) -> i64 {
    match value {
        Value::Bool(value) => i64::from(*value),
        Value::Number(number) => number
            .as_i64()
            .unwrap_or_else(|| truncated(number.as_f64().unwrap_or_default())),
        Value::String(text) => parsed(text).unwrap_or_default(),
        _ => 0,
    }
}

#[allow(clippy::cast_possible_truncation, reason = "what is meant")]
const fn truncated(float: f64) -> i64 {
    float as i64
}

/// A whole number in the notations of Go.
fn parsed(text: &str) -> Option<i64> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let lower = digits.to_ascii_lowercase();
    let (base, digits) = match lower.get(..2) {
        Some("0x") => (16, lower.get(2..)?),
        Some("0o") => (8, lower.get(2..)?),
        Some("0b") => (2, lower.get(2..)?),
        _ if lower.len() > 1 && lower.starts_with('0') => (8, lower.get(1..)?),
        _ => (10, lower.as_str()),
    };
    if !digits.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        return None;
    }
    let number = i64::from_str_radix(digits, base).ok()?;
    Some(if negative { -number } else { number })
}

#[allow(clippy::cast_precision_loss, reason = "as Go does")]
fn float_of(value: &Value) -> f64 {
    match value {
        Value::Bool(value) => f64::from(u8::from(*value)),
        Value::Number(number) => number.as_f64().unwrap_or_default(),
        Value::String(text) => text.parse().unwrap_or_default(),
        _ => 0.0,
    }
}

fn float(value: f64) -> Value {
    Number::from_f64(value).map_or(Value::Null, Value::Number)
}

fn fold(
    arguments: &[Value],
    step: fn(i64, i64) -> Option<i64>,
    problem: &str,
) -> Result<Value, String> {
    let mut numbers = arguments.iter().map(int_of);
    let first = numbers.next().ok_or("needs an argument")?;
    let folded = numbers.try_fold(first, step);
    folded.map(Value::from).ok_or_else(|| problem.to_owned())
}

const RANGE: &str = "out of range";

/// `count` numbers from `start` on, each `step` more.
fn counted(start: i64, stop: i64, step: i64) -> Result<Vec<i64>, String> {
    if step == 0 || (stop - start).signum() != step.signum() {
        return Ok(Vec::new());
    }
    let count = (i128::from(stop) - i128::from(start)).unsigned_abs();
    let count = count.div_ceil(i128::from(step).unsigned_abs());
    if count > u128::try_from(COUNT_MAX).unwrap_or_default() {
        return Err("the list is too long".to_owned());
    }
    let count = i64::try_from(count).unwrap_or_default();
    Ok((0..count).map(|index| start + index * step).collect())
}

fn small(value: &Value) -> Result<i64, String> {
    let number = int_of(value);
    if number.abs() > i64::from(i32::MAX) {
        return Err("the list is too long".to_owned());
    }
    Ok(number)
}

pub(super) const FUNCTIONS: &[(&str, Body)] = &[
    ("add", |arguments| fold(arguments, i64::checked_add, RANGE)),
    ("sub", |arguments| fold(arguments, i64::checked_sub, RANGE)),
    ("mul", |arguments| fold(arguments, i64::checked_mul, RANGE)),
    ("max", |arguments| {
        fold(arguments, |a, b| Some(a.max(b)), RANGE)
    }),
    ("min", |arguments| {
        fold(arguments, |a, b| Some(a.min(b)), RANGE)
    }),
    ("biggest", |arguments| {
        fold(arguments, |a, b| Some(a.max(b)), RANGE)
    }),
    ("div", |arguments| {
        let [a, b] = exactly(arguments)?;
        let quotient = int_of(a).checked_div(int_of(b));
        quotient
            .map(Value::from)
            .ok_or("division by zero".to_owned())
    }),
    ("mod", |arguments| {
        let [a, b] = exactly(arguments)?;
        let rest = int_of(a).checked_rem(int_of(b));
        rest.map(Value::from).ok_or("division by zero".to_owned())
    }),
    ("add1", |arguments| {
        let [number] = exactly(arguments)?;
        let next = int_of(number).checked_add(1);
        next.map(Value::from).ok_or(RANGE.to_owned())
    }),
    ("int", |arguments| {
        let [number] = exactly(arguments)?;
        Ok(int_of(number).into())
    }),
    ("int64", |arguments| {
        let [number] = exactly(arguments)?;
        Ok(int_of(number).into())
    }),
    ("float64", |arguments| {
        let [number] = exactly(arguments)?;
        Ok(float(float_of(number)))
    }),
    ("atoi", |arguments| {
        let [text] = exactly(arguments)?;
        let number: i64 = super::text_of(text)?.parse().unwrap_or_default();
        Ok(number.into())
    }),
    ("floor", |arguments| {
        let [number] = exactly(arguments)?;
        Ok(float(float_of(number).floor()))
    }),
    ("ceil", |arguments| {
        let [number] = exactly(arguments)?;
        Ok(float(float_of(number).ceil()))
    }),
    ("round", |arguments| {
        let [number, places] = exactly(arguments)?;
        let places = i32::try_from(int_of(places).clamp(0, 300)).unwrap_or_default();
        let scale = 10_f64.powi(places);
        let scaled = float_of(number) * scale;
        // Halves go up, also below zero.
        let floor = scaled.floor();
        let rounded = if scaled - floor >= 0.5 {
            floor + 1.0
        } else {
            floor
        };
        Ok(float(rounded / scale))
    }),
    ("until", |arguments| {
        let [count] = exactly(arguments)?;
        let count = small(count)?;
        Ok(counted(0, count, if count < 0 { -1 } else { 1 })?.into())
    }),
    ("untilStep", |arguments| {
        let [start, stop, step] = exactly(arguments)?;
        Ok(counted(small(start)?, small(stop)?, small(step)?)?.into())
    }),
    ("seq", |arguments| {
        let numbers = arguments.iter().map(small).collect::<Result<Vec<_>, _>>()?;
        let (start, step, end) = match *numbers {
            [end] => (1, if end < 1 { -1 } else { 1 }, end),
            [start, end] => (start, if end < start { -1 } else { 1 }, end),
            [start, step, end] => (start, step, end),
            _ => return Ok("".into()),
        };
        let list = counted(start, end + step.signum(), step)?;
        let list: Vec<String> = list
            .into_iter()
            .map(|number| string_of(&number.into()))
            .collect();
        Ok(list.join(" ").into())
    }),
];
