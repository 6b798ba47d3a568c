//! Checks of metadata, labels and selectors, which all kinds share.

use serde_json::Value;

use super::super::{
    cause::{Causes, Field},
    names::{self, Wrong},
    read::{at, entries, flag, has, int, list, same, text},
};

/// All annotations of an object together hold at most so many bytes.
const MOST_ANNOTATION_BYTES: usize = 256 * 1024;
const MOST_MANAGER_BYTES: usize = 128;

/// The form of a kind's names.
pub(super) type Name = fn(&str) -> Wrong;

/// Metadata as a kind checks it itself, of a new object and often of a changed one.
pub(super) fn object_meta(object: &Value, namespaced: bool, name_form: Name, causes: &mut Causes) {
    custom_meta(object, namespaced, name_form, causes);
    kube_finalizers(at(object, "metadata"), causes);
}

/// Metadata of a custom resource: its finalizers need no prefix.
pub(super) fn custom_meta(object: &Value, namespaced: bool, name_form: Name, causes: &mut Causes) {
    generic(at(object, "metadata"), namespaced, name_form, causes);
}

/// What is checked of every kind before its own checks when an object changes.
pub(super) fn common_update(new: &Value, old: &Value, namespaced: bool, causes: &mut Causes) {
    let (new, old) = (at(new, "metadata"), at(old, "metadata"));
    generic(new, namespaced, names::path_segment, causes);
    immutable(new, old, causes);
    repeated(new, causes, always);
}

/// Changes of metadata as kinds check them once more, after [`common_update`].
pub(super) fn object_meta_update(new: &Value, old: &Value, causes: &mut Causes) {
    custom_meta_update(new, old, causes);
    kube_finalizers(at(new, "metadata"), causes);
}

/// Changes of metadata of a custom resource, after [`common_update`].
pub(super) fn custom_meta_update(new: &Value, old: &Value, causes: &mut Causes) {
    let (new, old) = (at(new, "metadata"), at(old, "metadata"));
    repeated(new, causes, |new, causes| {
        immutable(new, old, causes);
        always(new, causes);
    });
}

/// Checks once more what was checked: the server says twice what is wrong. Where nothing was wrong until now, nothing is.
fn repeated(meta: &Value, causes: &mut Causes, check: impl FnOnce(&Value, &mut Causes)) {
    if !causes.is_empty() {
        check(meta, causes);
    }
}

fn generic(meta: &Value, namespaced: bool, name_form: Name, causes: &mut Causes) {
    let prefix = text(meta, "generateName");
    if !prefix.is_empty() {
        // A random suffix follows, so a dash may stand at the end.
        let masked = prefix.strip_suffix('-').map(|stem| format!("{stem}a"));
        let wrong = name_form(masked.as_deref().unwrap_or(prefix));
        causes.each("metadata.generateName", prefix, wrong);
    }
    let name = text(meta, "name");
    if name.is_empty() {
        causes.required("metadata.name", "name or generateName is required");
    } else {
        causes.each("metadata.name", name, name_form(name));
    }
    let namespace = text(meta, "namespace");
    match (namespaced, namespace.is_empty()) {
        (true, true) => causes.required("metadata.namespace", ""),
        (true, false) => causes.each("metadata.namespace", namespace, names::dns_label(namespace)),
        (false, false) => causes.forbidden("metadata.namespace", "not allowed on this type"),
        (false, true) => {}
    }
    non_negative(meta, "generation", format_args!("metadata"), causes);
    shared(meta, causes);
    finalizers(meta, causes);
    managed_fields(meta, causes);
}

/// What is checked of new metadata, and again when it changes.
fn always(meta: &Value, causes: &mut Causes) {
    shared(meta, causes);
    managed_fields(meta, causes);
}

fn immutable(new: &Value, old: &Value, causes: &mut Causes) {
    if has(old, "deletionTimestamp") {
        let added: Vec<&str> = added_finalizers(new, old);
        if !added.is_empty() {
            let shown: Vec<String> = added
                .iter()
                .map(|name| super::super::cause::quoted(name))
                .collect();
            let detail = format!(
                "no new finalizers can be added if the object is being deleted, found new finalizers []string{{{}}}",
                shown.join(", ")
            );
            causes.forbidden("metadata.finalizers", &detail);
        }
    }
    if int(new, "generation") < int(old, "generation") {
        causes.invalid(
            "metadata.generation",
            int(new, "generation"),
            "must not be decremented",
        );
    }
    for key in ["name", "namespace", "uid"] {
        if text(new, key) != text(old, key) {
            causes.invalid(
                format_args!("metadata.{key}"),
                text(new, key),
                "field is immutable",
            );
        }
    }
    for key in [
        "creationTimestamp",
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
    ] {
        immutable_value(
            at(new, key),
            at(old, key),
            format_args!("metadata.{key}"),
            causes,
        );
    }
}

fn shared(meta: &Value, causes: &mut Causes) {
    labels(at(meta, "labels"), format_args!("metadata.labels"), causes);
    annotations(
        at(meta, "annotations"),
        format_args!("metadata.annotations"),
        causes,
    );
    owners(meta, causes);
}

fn added_finalizers<'a>(new: &'a Value, old: &Value) -> Vec<&'a str> {
    let held = list(old, "finalizers");
    let added = list(new, "finalizers")
        .iter()
        .filter(|name| !held.contains(name));
    let mut added: Vec<&str> = added.filter_map(Value::as_str).collect();
    added.sort_unstable();
    added.dedup();
    added
}

/// Keys and values of labels.
pub(super) fn labels(value: &Value, field: Field<'_>, causes: &mut Causes) {
    let mut entries: Vec<_> = value.as_object().into_iter().flatten().collect();
    entries.sort_by_key(|(key, _)| *key);
    for (key, value) in entries {
        causes.each(field, key, names::label_key(key));
        let value = value.as_str().unwrap_or_default();
        causes.each(field, value, names::label_value(value));
    }
}

/// Keys and size of annotations.
pub(super) fn annotations(value: &Value, field: Field<'_>, causes: &mut Causes) {
    let mut size = 0;
    let mut entries: Vec<_> = value.as_object().into_iter().flatten().collect();
    entries.sort_by_key(|(key, _)| *key);
    for (key, value) in entries {
        causes.each(field, key, names::label_key(&key.to_ascii_lowercase()));
        size += key.len() + value.as_str().unwrap_or_default().len();
    }
    if size > MOST_ANNOTATION_BYTES {
        causes.too_long(field, MOST_ANNOTATION_BYTES);
    }
}

fn owners(meta: &Value, causes: &mut Causes) {
    let field = "metadata.ownerReferences";
    let mut controller: Option<String> = None;
    for owner in list(meta, "ownerReferences") {
        if text(owner, "apiVersion").is_empty() {
            causes.invalid(
                format_args!("{field}.apiVersion"),
                "",
                "version must not be empty",
            );
        }
        for key in ["kind", "name", "uid"] {
            if text(owner, key).is_empty() {
                causes.invalid(format_args!("{field}.{key}"), "", "must not be empty");
            }
        }
        if text(owner, "apiVersion") == "v1" && text(owner, "kind") == "Event" {
            let shown = super::super::go::internal(owner, "meta.v1.OwnerReference").compact();
            let detail = "/v1, Kind=Event is disallowed from being an owner";
            causes.invalid_shown(field, &shown, detail);
        }
        if flag(owner, "controller") {
            let name = format!("{}/{}", text(owner, "kind"), text(owner, "name"));
            match &controller {
                Some(first) => {
                    let shown = super::super::go::internal_list(
                        list(meta, "ownerReferences"),
                        "meta.v1.OwnerReference",
                    );
                    let detail = format!(
                        "Only one reference can have Controller set to true. Found \"true\" in references for {first} and {name}"
                    );
                    causes.invalid_shown(field, &shown.compact(), &detail);
                }
                None => controller = Some(name),
            }
        }
    }
}

fn finalizers(meta: &Value, causes: &mut Causes) {
    let field = "metadata.finalizers";
    let names_of = list(meta, "finalizers");
    for name in names_of.iter().filter_map(Value::as_str) {
        causes.each(field, name, names::label_key(name));
    }
    let has = |name: &str| names_of.iter().any(|held| held == name);
    if has("orphan") && has("foregroundDeletion") {
        let detail = "finalizer orphan and foregroundDeletion cannot be both set";
        causes.invalid(field, names_of.to_vec(), detail);
    }
}

fn kube_finalizers(meta: &Value, causes: &mut Causes) {
    for (index, name) in list(meta, "finalizers").iter().enumerate() {
        let name = name.as_str().unwrap_or_default();
        let field = format_args!("metadata.finalizers[{index}]");
        kube_finalizer(name, field, causes);
    }
}

/// A finalizer without a prefix is one of a few.
pub(super) fn kube_finalizer(name: &str, field: Field<'_>, causes: &mut Causes) {
    let known = matches!(name, "kubernetes" | "orphan" | "foregroundDeletion");
    if !name.contains('/') && !known {
        let detail = "name is neither a standard finalizer name nor is it fully qualified";
        causes.invalid(field, name, detail);
    }
}

fn managed_fields(meta: &Value, causes: &mut Causes) {
    for (index, entry) in list(meta, "managedFields").iter().enumerate() {
        let field = format_args!("metadata.managedFields[{index}]");
        let operation = text(entry, "operation");
        if !matches!(operation, "Apply" | "Update") {
            causes.invalid(
                format_args!("{field}.operation"),
                operation,
                "must be `Apply` or `Update`",
            );
        }
        let kind = text(entry, "fieldsType");
        if !kind.is_empty() && kind != "FieldsV1" {
            causes.invalid(
                format_args!("{field}.fieldsType"),
                kind,
                "must be `FieldsV1`",
            );
        }
        if text(entry, "manager").len() > MOST_MANAGER_BYTES {
            causes.too_long(format_args!("{field}.manager"), MOST_MANAGER_BYTES);
        }
    }
}

/// A selector: its keys, operators and values.
pub(super) fn selector(value: &Value, field: Field<'_>, causes: &mut Causes) {
    labels(
        at(value, "matchLabels"),
        format_args!("{field}.matchLabels"),
        causes,
    );
    for (index, rule) in list(value, "matchExpressions").iter().enumerate() {
        let field = format_args!("{field}.matchExpressions[{index}]");
        let values = list(rule, "values");
        match text(rule, "operator") {
            "In" | "NotIn" if values.is_empty() => causes.required(
                format_args!("{field}.values"),
                "must be specified when `operator` is 'In' or 'NotIn'",
            ),
            "Exists" | "DoesNotExist" if !values.is_empty() => causes.forbidden(
                format_args!("{field}.values"),
                "may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
            ),
            "In" | "NotIn" | "Exists" | "DoesNotExist" => {}
            operator => causes.invalid(
                format_args!("{field}.operator"),
                operator,
                "not a valid selector operator",
            ),
        }
        let key = text(rule, "key");
        causes.each(format_args!("{field}.key"), key, names::label_key(key));
        for (index, value) in values.iter().filter_map(Value::as_str).enumerate() {
            causes.each(
                format_args!("{field}.values[{index}]"),
                value,
                names::label_value(value),
            );
        }
    }
}

/// Whether a selector selects everything, since it asks for nothing.
pub(super) fn is_empty_selector(value: &Value) -> bool {
    entries(value, "matchLabels").is_empty() && list(value, "matchExpressions").is_empty()
}

/// Whether a selector selects an object with such labels. One that is not there selects nothing.
pub(super) fn selects(selector: &Value, labels: &Value) -> bool {
    if selector.is_null() {
        return false;
    }
    let pairs = entries(selector, "matchLabels");
    pairs
        .iter()
        .all(|(key, value)| labels.get(key.as_str()) == Some(*value))
        && list(selector, "matchExpressions")
            .iter()
            .all(|rule| meets(rule, labels))
}

fn meets(rule: &Value, labels: &Value) -> bool {
    let held = labels.get(text(rule, "key"));
    let among = held.is_some_and(|held| list(rule, "values").contains(held));
    match text(rule, "operator") {
        "In" => among,
        "NotIn" => !among,
        "Exists" => held.is_some(),
        "DoesNotExist" => held.is_none(),
        _ => false,
    }
}

/// A number that must not be less than nought.
pub(super) fn non_negative(object: &Value, key: &str, field: Field<'_>, causes: &mut Causes) {
    let value = int(object, key);
    if value < 0 {
        causes.invalid(
            format_args!("{field}.{key}"),
            value,
            "must be greater than or equal to 0",
        );
    }
}

/// A number at the root of an object that must not be less than nought.
pub(super) fn non_negative_at_root(object: &Value, key: &str, causes: &mut Causes) {
    let value = int(object, key);
    if value < 0 {
        causes.invalid(key, value, "must be greater than or equal to 0");
    }
}

/// A text that must stay as it is; one that is not there is shown as empty.
pub(super) fn immutable_text(new: &str, old: &str, field: Field<'_>, causes: &mut Causes) {
    if new != old {
        causes.invalid(field, new, "field is immutable");
    }
}

/// A field that must stay as it is.
pub(super) fn immutable_value(new: &Value, old: &Value, field: Field<'_>, causes: &mut Causes) {
    if !same(new, old) {
        causes.invalid(field, new.clone(), "field is immutable");
    }
}
