//! Checks of claims of persistent volumes.

use apply_semantics::defaults::Quantity;
use serde_json::Value;

use super::{
    super::{
        cause::{Causes, Field},
        diff, go, names,
        read::{at, has, list, path, put, same, text},
        semantic,
    },
    meta, resources,
};

const MODES: [&str; 4] = [
    "ReadOnlyMany",
    "ReadWriteMany",
    "ReadWriteOnce",
    "ReadWriteOncePod",
];

/// The spec of a claim.
pub(super) fn spec(spec: &Value, field: Field<'_>, causes: &mut Causes) {
    if list(spec, "accessModes").is_empty() {
        causes.required(
            format_args!("{field}.accessModes"),
            "at least 1 access mode is required",
        );
    }
    meta::selector(
        at(spec, "selector"),
        format_args!("{field}.selector"),
        causes,
    );
    modes(spec, field, causes);
    storage(spec, field, causes);
    let class = text(spec, "storageClassName");
    if !class.is_empty() {
        causes.each(
            format_args!("{field}.storageClassName"),
            class,
            names::dns_subdomain(class),
        );
    }
    volume_mode(spec, field, causes);
    for key in ["dataSource", "dataSourceRef"] {
        if has(spec, key) {
            data_source(at(spec, key), format_args!("{field}.{key}"), causes);
        }
    }
    let class = text(spec, "volumeAttributesClassName");
    if !class.is_empty() {
        let field = format_args!("{field}.volumeAttributesClassName");
        causes.each(field, class, names::dns_subdomain(class));
    }
}

fn storage(spec: &Value, field: Field<'_>, causes: &mut Causes) {
    let field = format_args!("{field}.resources[storage]");
    match path(spec, &["resources", "requests", "storage"]).as_str() {
        None => causes.required(field, ""),
        Some(amount) if Quantity::parse(amount) <= resources::zero() => {
            causes.invalid(field, amount, "must be greater than zero");
        }
        Some(_) => {}
    }
}

/// The access modes of a persistent volume.
pub(super) fn access_modes(spec: &Value, field: Field<'_>, causes: &mut Causes) {
    if list(spec, "accessModes").is_empty() {
        causes.required(format_args!("{field}.accessModes"), "");
    }
    modes(spec, field, causes);
}

fn modes(spec: &Value, field: Field<'_>, causes: &mut Causes) {
    let field = format_args!("{field}.accessModes");
    let modes: Vec<&str> = list(spec, "accessModes")
        .iter()
        .filter_map(Value::as_str)
        .collect();
    for mode in modes.iter().filter(|mode| !MODES.contains(mode)) {
        causes.not_supported(field, *mode, &MODES);
    }
    let alone = modes.contains(&"ReadWriteOncePod");
    let others = modes
        .iter()
        .any(|mode| MODES.contains(mode) && *mode != "ReadWriteOncePod");
    if alone && others {
        causes.forbidden(
            field,
            "may not use ReadWriteOncePod with other access modes",
        );
    }
}

/// The volume mode of a claim or a persistent volume.
pub(super) fn volume_mode(spec: &Value, field: Field<'_>, causes: &mut Causes) {
    let mode = text(spec, "volumeMode");
    if has(spec, "volumeMode") && !matches!(mode, "Block" | "Filesystem") {
        causes.not_supported(
            format_args!("{field}.volumeMode"),
            mode,
            &["Block", "Filesystem"],
        );
    }
}

fn data_source(source: &Value, field: Field<'_>, causes: &mut Causes) {
    for key in ["name", "kind"] {
        if text(source, key).is_empty() {
            causes.required(format_args!("{field}.{key}"), "");
        }
    }
    let group = text(source, "apiGroup");
    let kind = text(source, "kind");
    if group.is_empty() && kind != "PersistentVolumeClaim" {
        let detail = "must be 'PersistentVolumeClaim' when referencing the default apiGroup";
        causes.invalid(field, kind, detail);
    }
    if !group.is_empty() {
        causes.each(
            format_args!("{field}.apiGroup"),
            group,
            names::dns_subdomain(group),
        );
    }
}

/// What may not change in a claim.
pub(super) fn update(new: &Value, old: &Value, causes: &mut Causes) {
    let (new_spec, old_spec) = (at(new, "spec"), at(old, "spec"));
    let (mut left, mut right) = (old_spec.clone(), new_spec.clone());
    if text(old_spec, "volumeName").is_empty() {
        put(&mut left, "volumeName", at(new_spec, "volumeName").clone());
    }
    if !has(old_spec, "storageClassName") && has(new_spec, "storageClassName") {
        put(&mut right, "storageClassName", Value::Null);
    }
    if text(at(new, "status"), "phase") == "Bound" {
        let old_size = path(old_spec, &["resources", "requests", "storage"]).clone();
        if let Some(requests) = right.pointer_mut("/resources/requests") {
            put(requests, "storage", old_size);
        }
        if has(new_spec, "volumeAttributesClassName") {
            let old_class = at(old_spec, "volumeAttributesClassName").clone();
            put(&mut right, "volumeAttributesClassName", old_class);
        }
    }
    if !semantic::equal(&right, &left, "core.v1.PersistentVolumeClaimSpec") {
        let show = |spec: &Value| go::internal(spec, "core.v1.PersistentVolumeClaimSpec").pretty();
        let detail = format!(
            "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims\n{}",
            diff::unified(&show(&left), &show(&right))
        );
        causes.forbidden("spec", &detail);
    }
    shrinks(new, old, causes);
    meta::immutable_value(
        at(new_spec, "volumeMode"),
        at(old_spec, "volumeMode"),
        format_args!("volumeMode"),
        causes,
    );
    let (new_class, old_class) = (
        at(new_spec, "volumeAttributesClassName"),
        at(old_spec, "volumeAttributesClassName"),
    );
    if !same(new_class, old_class) && !old_class.is_null() {
        let field = "spec.volumeAttributesClassName";
        if new_class.is_null() {
            causes.forbidden(field, "update from non-nil value to nil is forbidden");
        } else if new_class == "" {
            causes.forbidden(
                field,
                "update from non-nil value to an empty string is forbidden",
            );
        }
    }
}

fn shrinks(new: &Value, old: &Value, causes: &mut Causes) {
    let size = |object: &Value, keys: &[&str]| resources::amount(path(object, keys));
    let keys = ["spec", "resources", "requests", "storage"];
    let (wanted, had) = (size(new, &keys), size(old, &keys));
    if wanted < had && wanted <= size(old, &["status", "capacity", "storage"]) {
        let detail = "field can not be less than status.capacity";
        causes.forbidden("spec.resources.requests.storage", detail);
    }
}
