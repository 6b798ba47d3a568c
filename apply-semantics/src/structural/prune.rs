//! Defaults, nulls, and fields that a schema does not know.

use serde_json::{Map, Value};

use super::{Additional, Node, is_meta, join};

/// Sets defaults where nothing is, or where null is and must not be.
pub(super) fn set_defaults(node: &Node, value: &mut Value) {
    match value {
        Value::Object(entries) => {
            for (name, property) in &node.properties {
                if let Some(default) = property
                    .default
                    .as_ref()
                    .filter(|_| missing(property, entries.get(name)))
                {
                    entries.insert(name.clone(), default.clone());
                }
            }
            for (name, entry) in entries {
                let Some(of) = node.entry(name) else { continue };
                if !node.properties.contains_key(name) && missing(of, Some(entry)) {
                    *entry = of.default.clone().unwrap_or_default();
                }
                set_defaults(of, entry);
            }
        }
        Value::Array(items) => {
            let Some(of) = &node.items else { return };
            for item in items {
                if missing(of, Some(item)) {
                    *item = of.default.clone().unwrap_or_default();
                }
                set_defaults(of, item);
            }
        }
        _ => {}
    }
}

fn missing(node: &Node, value: Option<&Value>) -> bool {
    value.is_none_or(|value| value.is_null() && !node.nullable)
}

/// Removes null where it must not be and no default takes its place.
pub(super) fn drop_nulls(node: &Node, value: &mut Value) {
    match value {
        Value::Object(entries) => {
            entries.retain(|name, entry| {
                let of = node.entry(name);
                !(entry.is_null() && of.is_some_and(|of| !of.nullable && of.default.is_none()))
            });
            for (name, entry) in entries {
                if let Some(of) = node.entry(name) {
                    drop_nulls(of, entry);
                }
            }
        }
        Value::Array(items) => {
            if let Some(of) = &node.items {
                for item in items {
                    drop_nulls(of, item);
                }
            }
        }
        _ => {}
    }
}

/// Prunes a whole resource, which has metadata whatever its schema says.
pub(super) fn prune_root(node: &Node, value: &mut Value, pruned: &mut Vec<String>) {
    prune(Some(node), value, true, "", pruned);
}

/// Prunes a value; without a schema nothing of an object is known.
fn prune(
    node: Option<&Node>,
    value: &mut Value,
    resource: bool,
    path: &str,
    pruned: &mut Vec<String>,
) {
    match value {
        Value::Object(entries) => prune_object(node, entries, resource, path, pruned),
        Value::Array(items) => {
            let keep = node.is_some_and(|node| node.preserve_unknown);
            let of = node.and_then(|node| node.items.as_deref());
            if keep && of.is_none() {
                return;
            }
            for (index, item) in items.iter_mut().enumerate() {
                let embedded = of.is_some_and(|of| of.embedded);
                prune(of, item, embedded, &format!("{path}[{index}]"), pruned);
            }
        }
        _ => {}
    }
}

fn prune_object(
    node: Option<&Node>,
    entries: &mut Map<String, Value>,
    resource: bool,
    path: &str,
    pruned: &mut Vec<String>,
) {
    let keep = node.is_some_and(|node| node.preserve_unknown);
    entries.retain(|name, entry| {
        let meta = resource && is_meta(name);
        if meta {
            return true;
        }
        let path = join(path, name);
        let declared = node.and_then(|node| node.properties.get(name));
        match (declared, node.map(|node| &node.additional)) {
            (Some(of), _) => prune(Some(of), entry, of.embedded, &path, pruned),
            (None, Some(Additional::Each(of))) => {
                prune(Some(of), entry, of.embedded, &path, pruned);
            }
            _ if keep => {}
            (None, Some(Additional::Any)) => prune(None, entry, false, &path, pruned),
            _ => {
                pruned.push(path);
                return false;
            }
        }
        true
    });
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::structural::StructuralSchema;

    #[test]
    fn unknown_fields_go_unless_they_are_preserved() {
        let schema = StructuralSchema::parse(&json!({"type": "object", "properties": {
            "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": true, "properties": {"known": {"type": "object", "properties": {}}}},
            "template": {"type": "object", "x-kubernetes-embedded-resource": true, "properties": {"spec": {"type": "object"}}},
            "map": {"type": "object", "additionalProperties": {"type": "object", "properties": {"a": {"type": "string"}}}}}}))
        .unwrap();
        let mut object = json!({"kind": "A", "metadata": {"x": 1}, "y": 1,
            "free": {"any": {"z": 1}, "known": {"z": 1}},
            "template": {"kind": "B", "metadata": {}, "spec": {"z": 1}, "z": 1},
            "map": {"k": {"a": "1", "b": "2"}}});
        let pruned = schema.prune(&mut object);
        assert_eq!(
            pruned,
            [
                "free.known.z",
                "map.k.b",
                "template.spec.z",
                "template.z",
                "y"
            ]
        );
        assert_eq!(object["free"], json!({"any": {"z": 1}, "known": {}}));
        assert_eq!(
            object["template"],
            json!({"kind": "B", "metadata": {}, "spec": {}})
        );
        assert!(schema.prune(&mut object).is_empty());
    }

    #[test]
    fn null_is_nothing_unless_it_is_allowed() {
        let schema = StructuralSchema::parse(&json!({"type": "object", "properties": {
            "a": {"type": "string", "default": "d"}, "b": {"type": "string"}, "c": {"type": "string", "nullable": true},
            "list": {"type": "array", "items": {"type": "object", "properties": {"n": {"type": "integer", "default": 1}}}}}}))
        .unwrap();
        let mut object = json!({"a": null, "b": null, "c": null, "list": [{}, {"n": 2}]});
        schema.set_defaults(&mut object);
        assert_eq!(
            object,
            json!({"a": "d", "c": null, "list": [{"n": 1}, {"n": 2}]})
        );
    }
}
