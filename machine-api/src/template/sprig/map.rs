//! Maps.

use serde_json::{Map, Value};

use super::{Body, exactly, string_of, text_of, wrong_type};

type Fields = Map<String, Value>;

fn map_of(value: &Value) -> Result<&Fields, String> {
    value.as_object().ok_or_else(|| wrong_type(value, "a map"))
}

/// The first map with what it lacks from the others.
fn merge(into: &mut Fields, from: &Fields) {
    for (name, value) in from {
        match (into.get_mut(name), value) {
            (Some(Value::Object(into)), Value::Object(from)) => merge(into, from),
            (Some(present), value) if !super::truth(present) => *present = value.clone(),
            (Some(_), _) => {}
            (None, value) => {
                into.insert(name.clone(), value.clone());
            }
        }
    }
}

fn chosen(arguments: &[Value], keep: bool) -> Result<Value, String> {
    let (map, names) = arguments.split_first().ok_or("needs a map")?;
    let names: Vec<&str> = names.iter().map(text_of).collect::<Result<_, _>>()?;
    let fields = map_of(map)?.iter();
    let fields = fields.filter(|(name, _)| names.contains(&name.as_str()) == keep);
    let fields = fields.map(|(name, value)| (name.clone(), value.clone()));
    Ok(Value::Object(fields.collect()))
}

pub(super) const FUNCTIONS: &[(&str, Body)] = &[
    ("dict", |arguments| {
        let pairs = arguments.chunks(2).map(|pair| match pair {
            [key, value] => (string_of(key), value.clone()),
            [key] => (string_of(key), "".into()),
            _ => (String::new(), Value::Null),
        });
        Ok(Value::Object(pairs.collect()))
    }),
    ("get", |arguments| {
        let [map, name] = exactly(arguments)?;
        let found = map_of(map)?.get(text_of(name)?);
        Ok(found.cloned().unwrap_or_else(|| "".into()))
    }),
    ("hasKey", |arguments| {
        let [map, name] = exactly(arguments)?;
        Ok(map_of(map)?.contains_key(text_of(name)?).into())
    }),
    ("keys", |arguments| {
        let mut keys = Vec::new();
        for map in arguments {
            keys.extend(map_of(map)?.keys().cloned());
        }
        // Sprig's own order is none.
        keys.sort();
        Ok(keys.into())
    }),
    ("values", |arguments| {
        let [map] = exactly(arguments)?;
        let mut fields: Vec<_> = map_of(map)?.iter().collect();
        fields.sort_by_key(|(name, _)| *name);
        Ok(fields.into_iter().map(|(_, value)| value.clone()).collect())
    }),
    ("pluck", |arguments| {
        let (name, maps) = arguments.split_first().ok_or("needs a name")?;
        let name = text_of(name)?;
        let mut found = Vec::new();
        for map in maps {
            found.extend(map_of(map)?.get(name).cloned());
        }
        Ok(found.into())
    }),
    ("pick", |arguments| chosen(arguments, true)),
    ("omit", |arguments| chosen(arguments, false)),
    ("dig", |arguments| {
        let [names @ .., default, map] = arguments else {
            return Err("needs a name, a default and a map".to_owned());
        };
        if names.is_empty() {
            return Err("needs a name, a default and a map".to_owned());
        }
        map_of(map)?;
        let mut value = map;
        for name in names {
            match map_of(value)?.get(text_of(name)?) {
                Some(found) => value = found,
                None => return Ok(default.clone()),
            }
        }
        Ok(value.clone())
    }),
    ("merge", |arguments| {
        let (first, others) = arguments.split_first().ok_or("needs a map")?;
        let mut merged = map_of(first)?.clone();
        for other in others {
            merge(&mut merged, map_of(other)?);
        }
        Ok(Value::Object(merged))
    }),
];
