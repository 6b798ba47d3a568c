//! Comparing JSON values the way the cases ask for: numbers by value, key order free, list order strict.

use serde_json::{Number, Value};

/// The first place where two values differ, as a JSON pointer with both sides, or `None` if they are equal.
#[must_use]
pub fn first_difference(actual: &Value, expected: &Value) -> Option<String> {
    difference_at("", actual, expected)
}

/// Whether two JSON numbers are the same number: `1` and `1.0` are.
#[must_use]
#[allow(clippy::float_cmp, reason = "equality by value is what is asked for")]
pub fn same_number(a: &Number, b: &Number) -> bool {
    if let (Some(a), Some(b)) = (a.as_i64(), b.as_i64()) {
        return a == b;
    }
    if let (Some(a), Some(b)) = (a.as_u64(), b.as_u64()) {
        return a == b;
    }
    a.as_f64() == b.as_f64()
}

fn difference_at(path: &str, actual: &Value, expected: &Value) -> Option<String> {
    match (actual, expected) {
        (Value::Object(a), Value::Object(b)) => {
            let missing = b.keys().find(|key| !a.contains_key(*key));
            if let Some(key) = missing {
                return Some(format!("{path}/{key}: missing, expected {}", b[key]));
            }
            a.iter().find_map(|(key, value)| match b.get(key) {
                Some(wanted) => difference_at(&format!("{path}/{key}"), value, wanted),
                None => Some(format!("{path}/{key}: unexpected {value}")),
            })
        }
        (Value::Array(a), Value::Array(b)) => {
            let inner = a
                .iter()
                .zip(b)
                .enumerate()
                .find_map(|(index, (x, y))| difference_at(&format!("{path}/{index}"), x, y));
            inner.or_else(|| {
                (a.len() != b.len()).then(|| {
                    format!(
                        "{path}: {} items, expected {}: {actual} / {expected}",
                        a.len(),
                        b.len()
                    )
                })
            })
        }
        (Value::Number(a), Value::Number(b)) if same_number(a, b) => None,
        _ if actual == expected => None,
        _ => Some(format!("{path}: {actual}, expected {expected}")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_compare_by_value() {
        assert_eq!(first_difference(&json!({"a": 1.0}), &json!({"a": 1})), None);
        assert!(
            first_difference(
                &json!(9_007_199_254_740_993_i64),
                &json!(9_007_199_254_740_992_i64)
            )
            .is_some()
        );
    }

    #[test]
    fn the_place_is_named() {
        let text = first_difference(&json!({"a": [1, {"b": 2}]}), &json!({"a": [1, {"b": 3}]}));
        assert_eq!(text.as_deref(), Some("/a/1/b: 2, expected 3"));
        let text = first_difference(&json!({"a": 1}), &json!({"a": 1, "b": 2}));
        assert_eq!(text.as_deref(), Some("/b: missing, expected 2"));
    }
}
