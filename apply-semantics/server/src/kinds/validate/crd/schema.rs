//! Checks of the schemas of custom resources.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::super::super::{
    cause::{Causes, Field},
    read::{at, entries, flag, has, list, text},
};

const TYPES: [&str; 6] = ["array", "boolean", "integer", "number", "object", "string"];

const LIST_TYPE: &str = "x-kubernetes-list-type";

const MAP_KEYS: &str = "x-kubernetes-list-map-keys";

const MAP_TYPE: &str = "x-kubernetes-map-type";

const INT_OR_STRING: &str = "x-kubernetes-int-or-string";

const KEEPS_UNKNOWN: &str = "x-kubernetes-preserve-unknown-fields";

pub(super) fn schema_at_root(schema: &Value, field: Field<'_>, causes: &mut Causes) {
    let kind = text(schema, "type");
    if kind.is_empty() {
        causes.required(
            format_args!("{field}.type"),
            "must not be empty at the root",
        );
    } else if kind != "object" {
        causes.invalid(
            format_args!("{field}.type"),
            kind,
            "must be object at the root",
        );
    }
    self::schema(schema, field, causes);
    structure(schema, field, causes);
}

/// What is checked of every schema.
pub(super) fn schema(schema: &Value, field: Field<'_>, causes: &mut Causes) {
    let kind = text(schema, "type");
    if !kind.is_empty() && !TYPES.contains(&kind) {
        causes.not_supported(format_args!("{field}.type"), kind, &TYPES);
    }
    if flag(schema, "uniqueItems") {
        let detail =
            "uniqueItems cannot be set to true since the runtime complexity becomes quadratic";
        causes.forbidden(format_args!("{field}.uniqueItems"), detail);
    }
    list_type(schema, field, causes);
    map_type(schema, field, causes);
    for (name, property) in entries(schema, "properties") {
        self::schema(property, format_args!("{field}.properties[{name}]"), causes);
    }
    if at(schema, "additionalProperties").is_object() {
        let inner = at(schema, "additionalProperties");
        self::schema(inner, format_args!("{field}.additionalProperties"), causes);
    }
    if at(schema, "items").is_object() {
        self::schema(at(schema, "items"), format_args!("{field}.items"), causes);
    }
    for key in ["allOf", "anyOf", "oneOf"] {
        for (index, inner) in list(schema, key).iter().enumerate() {
            self::schema(inner, format_args!("{field}.{key}[{index}]"), causes);
        }
    }
}

fn list_type(schema: &Value, field: Field<'_>, causes: &mut Causes) {
    let list_type = at(schema, LIST_TYPE).as_str();
    let keys = list(schema, MAP_KEYS);
    let field_of_type = format_args!("{field}.{LIST_TYPE}");
    if let Some(list_type) = list_type {
        let kind = text(schema, "type");
        if kind != "array" {
            let field = format_args!("{field}.type");
            if kind.is_empty() {
                causes.required(field, &format!("must be array if {LIST_TYPE} is specified"));
            } else {
                causes.invalid(
                    field,
                    kind,
                    &format!("must be array if {LIST_TYPE} is specified"),
                );
            }
        }
        if !matches!(list_type, "atomic" | "map" | "set") {
            causes.not_supported(field_of_type, list_type, &["atomic", "map", "set"]);
        }
    }
    let items = at(schema, "items");
    if list_type == Some("map") {
        if keys.is_empty() {
            let detail = format!("must not be empty if {LIST_TYPE} is map");
            causes.required(format_args!("{field}.{MAP_KEYS}"), &detail);
        }
        if items.is_null() {
            causes.required(
                format_args!("{field}.items"),
                &format!("must have a schema if {LIST_TYPE} is map"),
            );
        } else if text(items, "type") != "object" {
            let detail = format!("must be object if parent array's {LIST_TYPE} is map");
            causes.invalid(
                format_args!("{field}.items.type"),
                text(items, "type"),
                &detail,
            );
        }
        map_keys(keys, items, field, causes);
    } else if !keys.is_empty() {
        let detail = format!("must be map if {MAP_KEYS} is non-empty");
        match list_type {
            None => causes.required(field_of_type, &detail),
            Some(list_type) => causes.invalid(field_of_type, list_type, &detail),
        }
    }
    if list_type == Some("set") {
        set_items(items, field, causes);
    }
}

fn map_keys(keys: &[Value], items: &Value, field: Field<'_>, causes: &mut Causes) {
    let keys_field = format_args!("{field}.{MAP_KEYS}");
    let mut seen = BTreeSet::new();
    let mut unique = true;
    for key in keys.iter().filter_map(Value::as_str) {
        let Some(property) = at(items, "properties").get(key) else {
            let detail = "entries must all be names of item properties";
            causes.invalid(keys_field, keys.to_vec(), detail);
            continue;
        };
        if matches!(text(property, "type"), "array" | "object") {
            let field = format_args!("{field}.items.properties[{key}].type");
            let detail = "must be a scalar type if parent array's x-kubernetes-list-type is map";
            causes.invalid(field, text(items, "type"), detail);
        }
        unique &= seen.insert(key);
        let required = list(items, "required").iter().any(|name| name == key);
        if !required && !has(property, "default") {
            let detail = "this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property";
            causes.required(
                format_args!("{field}.items.properties[{key}].default"),
                detail,
            );
        }
    }
    if !unique {
        causes.invalid(
            keys_field,
            keys.to_vec(),
            "must not contain duplicate entries",
        );
    }
}

fn set_items(items: &Value, field: Field<'_>, causes: &mut Causes) {
    let detail = "must be atomic as item of a list with x-kubernetes-list-type=set";
    match text(items, "type") {
        "object" if text(items, MAP_TYPE) != "atomic" => {
            let shown = at(items, MAP_TYPE).clone();
            causes.invalid(format_args!("{field}.items.{MAP_TYPE}"), shown, detail);
        }
        "array" if !matches!(at(items, LIST_TYPE).as_str(), None | Some("atomic")) => {
            let shown = at(items, LIST_TYPE).clone();
            causes.invalid(format_args!("{field}.items.{LIST_TYPE}"), shown, detail);
        }
        _ => {}
    }
}

fn map_type(schema: &Value, field: Field<'_>, causes: &mut Causes) {
    let Some(map_type) = at(schema, MAP_TYPE).as_str() else {
        return;
    };
    let kind = text(schema, "type");
    if kind != "object" {
        let detail = format!("must be object if {MAP_TYPE} is specified");
        if kind.is_empty() {
            causes.required(format_args!("{field}.type"), &detail);
        } else {
            causes.invalid(format_args!("{field}.type"), kind, &detail);
        }
    }
    if !matches!(map_type, "atomic" | "granular") {
        causes.not_supported(
            format_args!("{field}.{MAP_TYPE}"),
            map_type,
            &["atomic", "granular"],
        );
    }
}

/// A schema says of every place what stands there.
fn structure(schema: &Value, field: Field<'_>, causes: &mut Causes) {
    let typed = |schema: &Value| {
        !text(schema, "type").is_empty()
            || flag(schema, INT_OR_STRING)
            || flag(schema, KEEPS_UNKNOWN)
    };
    for (name, property) in entries(schema, "properties") {
        let field = format_args!("{field}.properties[{name}]");
        if !typed(property) {
            causes.required(
                format_args!("{field}.type"),
                "must not be empty for specified object fields",
            );
        }
        structure(property, field, causes);
    }
    for (key, detail) in [
        ("items", "must not be empty for specified array items"),
        (
            "additionalProperties",
            "must not be empty for specified object fields",
        ),
    ] {
        let inner = at(schema, key);
        if inner
            .as_object()
            .is_some_and(|inner: &Map<String, Value>| !inner.is_empty() || key == "items")
        {
            let field = format_args!("{field}.{key}");
            if !typed(inner) {
                causes.required(format_args!("{field}.type"), detail);
            }
            structure(inner, field, causes);
        }
    }
    if text(schema, "type") == "array" && !has(schema, "items") {
        causes.required(format_args!("{field}.items"), "must be specified");
    }
}
