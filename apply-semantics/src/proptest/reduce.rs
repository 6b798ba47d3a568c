//! What would be simpler than a value.

use serde_json::{Map, Value};

/// Values with one part less or one part simpler, the boldest cuts first. What says what an object is stays.
pub(super) fn values(value: &Value) -> Vec<Value> {
    simpler(value, true)
}

fn simpler(value: &Value, root: bool) -> Vec<Value> {
    match value {
        Value::Object(map) => objects(map, root),
        Value::Array(items) => lists(items),
        Value::String(text) if text.len() > 1 => vec!["a".into()],
        Value::Number(number) if !matches!(number.as_i64(), Some(0 | 1)) => vec![1.into()],
        Value::Bool(true) => vec![false.into()],
        _ => Vec::new(),
    }
}

fn objects(map: &Map<String, Value>, root: bool) -> Vec<Value> {
    let stays = |key: &str| root && matches!(key, "apiVersion" | "kind");
    let mut keys: Vec<&String> = map.keys().filter(|key| !stays(key)).collect();
    keys.sort_unstable();
    let without = |gone: &[&String]| {
        let left = map.iter().filter(|(key, _)| !gone.contains(key));
        let left = left.map(|(key, value)| (key.clone(), value.clone()));
        Value::Object(left.collect())
    };
    let mut found = Vec::new();
    if keys.len() > 2 {
        let (first, second) = keys.split_at(keys.len() / 2);
        found.extend([without(first), without(second)]);
    }
    found.extend(keys.iter().map(|key| without(&[*key])));
    for key in keys {
        let inner = map.get(key).map(|value| simpler(value, false));
        for simpler in inner.into_iter().flatten() {
            let mut map = map.clone();
            map.insert(key.clone(), simpler);
            found.push(Value::Object(map));
        }
    }
    found
}

fn lists(items: &[Value]) -> Vec<Value> {
    let mut found = Vec::new();
    if items.len() > 2 {
        let (first, second) = items.split_at(items.len() / 2);
        found.extend([Value::from(first), Value::from(second)]);
    }
    for index in 0..items.len() {
        let mut items = items.to_vec();
        items.remove(index);
        found.push(Value::Array(items));
    }
    for (index, item) in items.iter().enumerate() {
        for simpler in simpler(item, false) {
            let mut items = items.to_vec();
            if let Some(place) = items.get_mut(index) {
                *place = simpler;
            }
            found.push(Value::Array(items));
        }
    }
    found
}

/// Values that differ from a base in one place less.
pub(super) fn towards(base: &Value, value: &Value) -> Vec<Value> {
    if base == value {
        return Vec::new();
    }
    let mut found = vec![base.clone()];
    match (base, value) {
        (Value::Object(base), Value::Object(map)) => {
            for key in base
                .keys()
                .chain(map.keys().filter(|key| !base.contains_key(*key)))
            {
                found.extend(towards_entry(base, map, key).into_iter().map(Value::Object));
            }
        }
        (Value::Array(base), Value::Array(items)) if base.len() == items.len() => {
            for (index, (base, item)) in base.iter().zip(items).enumerate() {
                for closer in towards(base, item) {
                    let mut items = items.clone();
                    if let Some(place) = items.get_mut(index) {
                        *place = closer;
                    }
                    found.push(Value::Array(items));
                }
            }
        }
        _ => {}
    }
    found
}

fn towards_entry(
    base: &Map<String, Value>,
    map: &Map<String, Value>,
    key: &str,
) -> Vec<Map<String, Value>> {
    let with = |value: Option<&Value>| {
        let mut map = map.clone();
        map.remove(key);
        if let Some(value) = value {
            map.insert(key.to_owned(), value.clone());
        }
        map
    };
    match (base.get(key), map.get(key)) {
        (Some(base), Some(value)) => {
            let closer = towards(base, value);
            closer.iter().map(|value| with(Some(value))).collect()
        }
        (base, _) => vec![with(base)],
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn everything_becomes_nothing() {
        let mut value = json!({"kind": "A", "a": [1, {"b": "cc"}, 7.5], "d": {"e": true}});
        while let Some(simpler) = values(&value).into_iter().next() {
            value = simpler;
        }
        assert_eq!(value, json!({"kind": "A"}));
    }

    #[test]
    fn changes_are_taken_back_one_by_one() {
        let base = json!({"a": 1, "b": {"c": [1, 2]}});
        let changed = json!({"b": {"c": [1, 3]}, "d": 1});
        let closer = towards(&base, &changed);
        assert!(closer.contains(&json!({"a": 1, "b": {"c": [1, 3]}, "d": 1})));
        assert!(closer.contains(&json!({"b": {"c": [1, 2]}, "d": 1})));
        assert!(closer.contains(&json!({"b": {"c": [1, 3]}})));
        assert_eq!(towards(&base, &base), Vec::<Value>::new());
    }
}
