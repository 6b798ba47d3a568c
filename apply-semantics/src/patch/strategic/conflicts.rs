//! Whether two patches get into each other's way.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{
    DIRECTIVE, RETAIN_KEYS, Schema, bad,
    elements::{common_kind, key_value, remove_repeated},
    schema::Found,
};
use crate::{
    go_text,
    patch::{JsonKind, PatchError},
    types::Strategy,
};

/// The path of the first conflict; empty for the value itself.
type MaybeConflict = Result<Option<String>, PatchError>;

pub(super) fn objects(
    left: &Map<String, Value>,
    right: &Map<String, Value>,
    schema: Schema<'_>,
) -> MaybeConflict {
    if left.get(DIRECTIVE) != right.get(DIRECTIVE) {
        return Ok(Some(String::new()));
    }
    fields(left, right, schema)
}

fn fields(
    left: &Map<String, Value>,
    right: &Map<String, Value>,
    schema: Schema<'_>,
) -> MaybeConflict {
    let names = left
        .iter()
        .filter(|(key, _)| *key != DIRECTIVE && *key != RETAIN_KEYS);
    for (key, left) in names {
        let Some(right) = right.get(key) else {
            continue;
        };
        let found = match left {
            Value::Array(_) => schema.list_field(key),
            Value::Object(_) => schema.object_field(key),
            _ => Ok(Found {
                schema: Schema::Untyped,
                strategy: Strategy::default(),
                merge_key: "",
            }),
        };
        let found = found.map_err(|fault| bad(fault).below(key))?;
        if let Some(path) = values(left, right, found).map_err(|error| error.below(key))? {
            return Ok(Some(join(key, &path)));
        }
    }
    Ok(None)
}

fn values(left: &Value, right: &Value, found: Found<'_>) -> MaybeConflict {
    match (left, right) {
        (Value::Object(left), Value::Object(right)) => {
            match left.get(DIRECTIVE) == right.get(DIRECTIVE) {
                true if found.strategy.replace => Ok(None),
                true => fields(left, right, found.schema),
                false => Ok(Some(String::new())),
            }
        }
        (Value::Array(left), Value::Array(right)) => lists(left, right, found),
        _ => Ok((left != right).then(String::new)),
    }
}

fn lists(left: &[Value], right: &[Value], found: Found<'_>) -> MaybeConflict {
    let kind = common_kind(left.iter().chain(right))?;
    if found.strategy.merge {
        // Lists of scalars merge without conflict.
        return if kind == JsonKind::Object {
            merging_lists(left, right, found)
        } else {
            Ok(None)
        };
    }
    if left.len() != right.len() {
        return Ok(Some(String::new()));
    }
    if kind != JsonKind::Object {
        return Ok((as_set(left)? != as_set(right)?).then(String::new));
    }
    let plain = Found {
        strategy: Strategy::default(),
        merge_key: "",
        ..found
    };
    for (index, (left, right)) in left.iter().zip(right).enumerate() {
        if let Some(path) =
            values(left, right, plain).map_err(|error| error.below_element(index))?
        {
            return Ok(Some(join(&format!("[{index}]"), &path)));
        }
    }
    Ok(None)
}

fn as_set(scalars: &[Value]) -> Result<Vec<Value>, PatchError> {
    let mut scalars = scalars.to_vec();
    remove_repeated(&mut scalars)?;
    scalars.sort_by_cached_key(go_text::display);
    Ok(scalars)
}

fn merging_lists(left: &[Value], right: &[Value], found: Found<'_>) -> MaybeConflict {
    let by_key =
        |list| -> Result<BTreeMap<String, &Value>, PatchError> { keyed(list, found.merge_key) };
    let (left, right) = (by_key(left)?, by_key(right)?);
    let plain = Found {
        strategy: Strategy::default(),
        merge_key: "",
        ..found
    };
    for (key, left) in left {
        let Some(right) = right.get(&key) else {
            continue;
        };
        let place = format!("[{}={key}]", found.merge_key);
        if let Some(path) = values(left, right, plain).map_err(|error| error.below(&place))? {
            return Ok(Some(join(&place, &path)));
        }
    }
    Ok(None)
}

fn keyed<'a>(
    list: &'a [Value],
    merge_key: &str,
) -> Result<BTreeMap<String, &'a Value>, PatchError> {
    let key = |(index, element): (usize, &'a Value)| {
        let key = key_value(element, merge_key).map_err(|error| error.below_element(index))?;
        Ok((go_text::display(key), element))
    };
    list.iter().enumerate().map(key).collect()
}

fn join(field: &str, path: &str) -> String {
    let dot = if path.is_empty() || path.starts_with('[') {
        ""
    } else {
        "."
    };
    format!("{field}{dot}{path}")
}
