//! Flags whose values are lists of their own form.

use serde_json::{Map, Value, json};

use super::{pair, parts};
use crate::check::labels;

const EFFECTS: [&str; 3] = ["NoSchedule", "PreferNoSchedule", "NoExecute"];

/// Follows `ParseTaints` of `pkg/util/taints/taints.go`.
pub(super) fn taints(written: &str) -> Result<Value, String> {
    let taint = |text: &str| {
        let invalid = || format!("invalid taint spec: {text}");
        let (name, effect) = text.split_once(':').ok_or_else(invalid)?;
        let (key, value) = name.split_once('=').unwrap_or((name, ""));
        if !EFFECTS.contains(&effect) {
            return Err(format!("{}, unsupported taint effect", invalid()));
        }
        if !labels::is_qualified_name(key) || !labels::is_value(value) {
            return Err(invalid());
        }
        let mut taint = json!({"key": key, "effect": effect});
        if let (Value::Object(fields), false) = (&mut taint, value.is_empty()) {
            fields.insert("value".to_owned(), value.into());
        }
        Ok(taint)
    };
    written
        .split(',')
        .filter(|part| !part.is_empty())
        .map(taint)
        .collect()
}

/// Follows `vmodule` of `component-base/logs/api/v1/pflags.go`.
pub(super) fn modules(written: &str) -> Result<Value, String> {
    let module = |part: &str| {
        let malformed = || format!("{part:?} does not have the pattern=N format");
        let (pattern, verbosity) = pair(part, '=').map_err(|_| malformed())?;
        let verbosity: u32 = verbosity
            .parse()
            .ok()
            .filter(|_| !pattern.is_empty())
            .ok_or_else(malformed)?;
        Ok(json!({"filePattern": pattern, "verbosity": verbosity}))
    };
    parts(written).map(module).collect()
}

/// Follows `ReservedMemoryVar` of `pkg/util/flag/flags.go`.
pub(super) fn reservations(before: Value, written: &str, again: bool) -> Result<Value, String> {
    let malformed = || {
        "invalid command line argument, it must be in the form of <numa node>:<type>=<quantity>"
            .to_owned()
    };
    let mut list = match before {
        Value::Array(list) if again => list,
        _ => Vec::new(),
    };
    for node in written.split(';').filter(|node| !node.is_empty()) {
        let (number, limits) = node.split_once(':').ok_or_else(malformed)?;
        let number: i32 = number.parse().map_err(|_| malformed())?;
        let limits: Result<Map<String, Value>, String> = parts(limits)
            .map(|part| {
                let (resource, quantity) = pair(part, '=')?;
                Ok((resource.to_owned(), quantity.into()))
            })
            .collect();
        list.push(json!({"numaNode": number, "limits": limits?}));
    }
    Ok(list.into())
}

/// Follows `ColonSeparatedMultimapStringString` of `component-base/cli/flag`.
pub(super) fn headers(before: Value, written: &str, again: bool) -> Result<Value, String> {
    let mut map = match before {
        Value::Object(map) if again => map,
        _ => Map::new(),
    };
    for part in parts(written) {
        let (name, value) = pair(part, ':')?;
        match map.entry(name).or_insert_with(|| Value::Array(Vec::new())) {
            Value::Array(values) => values.push(value.into()),
            other => *other = vec![value].into(),
        }
    }
    Ok(map.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn taints_have_an_effect() {
        assert_eq!(
            taints("a=b:NoSchedule,c.example/d:NoExecute"),
            Ok(json!([
                {"key": "a", "value": "b", "effect": "NoSchedule"},
                {"key": "c.example/d", "effect": "NoExecute"},
            ]))
        );
        assert_eq!(taints(""), Ok(json!([])));
        for bad in [
            "a",
            "a=b",
            "a:Never",
            "a b:NoSchedule",
            "a=-:NoSchedule",
            "a:NoSchedule-",
        ] {
            assert!(taints(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn modules_have_a_verbosity() {
        assert_eq!(
            modules("a=1, b*=2"),
            Ok(json!([
                {"filePattern": "a", "verbosity": 1},
                {"filePattern": "b*", "verbosity": 2},
            ]))
        );
        for bad in ["a", "=1", "a=x", "a=-1"] {
            assert!(modules(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn memory_is_reserved_by_node_and_flags_add_up() {
        let first = reservations(
            Value::Null,
            "0:memory=1Gi,hugepages-2Mi=64Mi;1:memory=1Gi",
            false,
        );
        let first = first.unwrap();
        assert_eq!(
            first,
            json!([
                {"numaNode": 0, "limits": {"memory": "1Gi", "hugepages-2Mi": "64Mi"}},
                {"numaNode": 1, "limits": {"memory": "1Gi"}},
            ])
        );
        let more = reservations(first, "2:memory=2Gi", true).unwrap();
        assert_eq!(more.as_array().map(Vec::len), Some(3));
        for bad in ["memory=1Gi", "x:memory=1Gi", "0:memory"] {
            assert!(reservations(Value::Null, bad, false).is_err(), "{bad}");
        }
    }

    #[test]
    fn headers_come_more_than_once() {
        let first = headers(json!({"z": ["file"]}), "a:1,b:2,a:3", false).unwrap();
        assert_eq!(first, json!({"a": ["1", "3"], "b": ["2"]}));
        let more = headers(first, "b:x:y", true).unwrap();
        assert_eq!(more, json!({"a": ["1", "3"], "b": ["2", "x:y"]}));
        assert!(headers(Value::Null, "a", false).is_err());
    }
}
