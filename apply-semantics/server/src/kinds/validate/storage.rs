//! Checks of the kinds of the storage group.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{
    super::{
        cause::{Causes, Field},
        go, names,
        read::{at, entries, has, list, text},
    },
    meta,
};

const MOST_PARAMETERS: usize = 512;
const MOST_PARAMETER_BYTES: usize = 256 * 1024;

/// A StorageClass.
pub(super) fn storage_class(object: &Value, causes: &mut Causes) {
    let provisioner = text(object, "provisioner");
    if provisioner.is_empty() {
        causes.required("provisioner", "");
    } else {
        let wrong = names::label_key(&provisioner.to_ascii_lowercase());
        causes.each("provisioner", provisioner, wrong);
    }
    parameters(object, causes);
    let policy = text(object, "reclaimPolicy");
    if !policy.is_empty() && !matches!(policy, "Delete" | "Retain") {
        causes.not_supported("reclaimPolicy", policy, &["Delete", "Retain"]);
    }
    let mode = text(object, "volumeBindingMode");
    let modes = ["Immediate", "WaitForFirstConsumer"];
    if !has(object, "volumeBindingMode") {
        causes.required("volumeBindingMode", "");
    } else if !modes.contains(&mode) {
        causes.not_supported("volumeBindingMode", mode, &modes);
    }
    for (index, term) in list(object, "allowedTopologies").iter().enumerate() {
        topology(term, format_args!("allowedTopologies[{index}]"), causes);
    }
}

fn parameters(object: &Value, causes: &mut Causes) {
    let parameters = entries(object, "parameters");
    if parameters.len() > MOST_PARAMETERS {
        return causes.too_long("parameters", MOST_PARAMETERS);
    }
    let mut size = 0;
    for (key, value) in parameters {
        if key.is_empty() {
            causes.invalid("parameters", "", "field can not be empty.");
        }
        size += key.len() + value.as_str().unwrap_or_default().len();
    }
    if size > MOST_PARAMETER_BYTES {
        causes.too_long("parameters", MOST_PARAMETER_BYTES);
    }
}

fn topology(term: &Value, field: Field<'_>, causes: &mut Causes) {
    let mut keys = BTreeSet::new();
    for (index, rule) in list(term, "matchLabelExpressions").iter().enumerate() {
        let field = format_args!("{field}.matchLabelExpressions[{index}]");
        let values = list(rule, "values");
        if values.is_empty() {
            causes.required(format_args!("{field}.values"), "");
        }
        let mut seen = BTreeSet::new();
        for (index, value) in values.iter().filter_map(Value::as_str).enumerate() {
            if !seen.insert(value) {
                causes.duplicate(format_args!("{field}.values[{index}]"), value);
            }
        }
        let key = text(rule, "key");
        causes.each(format_args!("{field}.key"), key, names::label_key(key));
        if !keys.insert(key) {
            causes.duplicate(format_args!("{field}.key"), key);
        }
    }
}

/// What may not change in a StorageClass or VolumeAttributesClass.
pub(super) fn class_update(new: &Value, old: &Value, fields: &[&str], causes: &mut Causes) {
    for key in fields {
        meta::immutable_value(at(new, key), at(old, key), format_args!("{key}"), causes);
    }
}

/// A VolumeAttributesClass.
pub(super) fn attributes_class(object: &Value, causes: &mut Causes) {
    let driver = text(object, "driverName");
    if driver.is_empty() {
        causes.required("driverName", "");
    } else {
        causes.each(
            "driverName",
            driver,
            names::dns_subdomain(&driver.to_ascii_lowercase()),
        );
    }
    if entries(object, "parameters").is_empty() {
        causes.required("parameters", "must contain at least one key/value pair");
    }
    parameters(object, causes);
}

/// The spec of a CSIDriver.
pub(super) fn csi_driver(spec: &Value, causes: &mut Causes) {
    for key in [
        "attachRequired",
        "podInfoOnMount",
        "storageCapacity",
        "seLinuxMount",
    ] {
        let field = if key == "attachRequired" {
            "attachedRequired"
        } else {
            key
        };
        if !has(spec, key) {
            causes.required(format_args!("spec.{field}"), "");
        }
    }
    let policies = ["File", "None", "ReadWriteOnceWithFSType"];
    let policy = text(spec, "fsGroupPolicy");
    if has(spec, "fsGroupPolicy") && !policies.contains(&policy) {
        causes.not_supported("spec.fsGroupPolicy", policy, &policies);
    }
    let mut audiences = BTreeSet::new();
    for (index, request) in list(spec, "tokenRequests").iter().enumerate() {
        let field = format_args!("spec.tokenRequests[{index}]");
        let audience = text(request, "audience");
        if !audiences.insert(audience) {
            causes.duplicate(format_args!("{field}.audience"), audience);
        }
        if let Some(seconds) = at(request, "expirationSeconds").as_i64() {
            let detail = "may not specify a duration less than 10 minutes";
            if seconds < 600 {
                causes.invalid(format_args!("{field}.expirationSeconds"), seconds, detail);
            }
        }
    }
    for mode in list(spec, "volumeLifecycleModes")
        .iter()
        .filter_map(Value::as_str)
    {
        if !matches!(mode, "Persistent" | "Ephemeral") {
            let modes = ["Ephemeral", "Persistent"];
            causes.not_supported("spec.volumeLifecycleModes", mode, &modes);
        }
    }
}

/// What may not change in a CSIDriver.
pub(super) fn csi_driver_update(new: &Value, old: &Value, causes: &mut Causes) {
    let (new, old) = (at(new, "spec"), at(old, "spec"));
    for (key, field) in [
        ("attachRequired", "attachedRequired"),
        ("volumeLifecycleModes", "volumeLifecycleModes"),
    ] {
        meta::immutable_value(
            at(new, key),
            at(old, key),
            format_args!("spec.{field}"),
            causes,
        );
    }
}

/// The drivers of a CSINode.
pub(super) fn csi_node(spec: &Value, causes: &mut Causes) {
    let mut seen = BTreeSet::new();
    for (index, driver) in list(spec, "drivers").iter().enumerate() {
        let field = format_args!("spec.drivers[{index}]");
        let name = text(driver, "name");
        if name.is_empty() {
            causes.required(format_args!("{field}.name"), "");
        } else {
            causes.each(
                format_args!("{field}.name"),
                name,
                names::dns_subdomain(&name.to_ascii_lowercase()),
            );
            if !seen.insert(name) {
                causes.duplicate(format_args!("{field}.name"), name);
            }
        }
        if text(driver, "nodeID").is_empty() {
            causes.required(format_args!("{field}.nodeID"), "");
        }
    }
}

/// Drivers of a CSINode come and go, but each stays as it is.
pub(super) fn csi_node_update(new: &Value, old: &Value, causes: &mut Causes) {
    let drivers = list(at(new, "spec"), "drivers");
    for held in list(at(old, "spec"), "drivers") {
        let same_name = |driver: &&Value| text(driver, "name") == text(held, "name");
        if let Some(driver) = drivers.iter().find(same_name) {
            let is = super::super::semantic::equal(driver, held, "storage.v1.CSINodeDriver");
            if !is {
                let shown = go::internal(driver, "storage.v1.CSINodeDriver").compact();
                causes.invalid_shown("CSINodeDriver", &shown, "field is immutable");
            }
        }
    }
}

/// The spec of a VolumeAttachment.
pub(super) fn attachment(spec: &Value, causes: &mut Causes) {
    let attacher = text(spec, "attacher");
    if attacher.is_empty() {
        causes.required("spec.attacher", "");
    } else {
        causes.each(
            "spec.attacher",
            attacher,
            names::dns_subdomain(&attacher.to_ascii_lowercase()),
        );
    }
    let source = at(spec, "source");
    let name = at(source, "persistentVolumeName").as_str();
    match (has(source, "inlineVolumeSpec"), name) {
        (false, None) => {
            let detail = "must specify exactly one of inlineVolumeSpec and persistentVolumeName";
            causes.required("spec.source", detail);
        }
        (true, Some(_)) => {
            let detail = "must specify exactly one of inlineVolumeSpec and persistentVolumeName";
            causes.forbidden("spec.source", detail);
        }
        (_, Some("")) => {
            causes.required(
                "spec.source.persistentVolumeName",
                "must specify non empty persistentVolumeName",
            );
        }
        (_, Some(name)) => {
            causes.each(
                "spec.source.persistentVolumeName",
                name,
                names::dns_subdomain(name),
            );
        }
        (true, None) => {}
    }
    let node = text(spec, "nodeName");
    causes.each("spec.nodeName", node, names::dns_subdomain(node));
}
