//! Checks of the smaller kinds of the core group.

use serde_json::Value;

use super::{
    super::{
        cause::{Causes, Field},
        names,
        read::{at, entries, flag, has, list, path, same, text},
        semantic,
    },
    meta, resources, scheduling, volume,
};

/// The values of a ConfigMap or Secret together hold at most so many bytes.
const MOST_BYTES: usize = 1024 * 1024;

/// A ConfigMap.
pub(super) fn config_map(object: &Value, causes: &mut Causes) {
    let mut size = 0;
    for (key, value) in entries(object, "data") {
        let field = format_args!("data[{key}]");
        causes.each(field, key, names::config_key(key));
        if at(object, "binaryData").get(key.as_str()).is_some() {
            causes.invalid(
                field,
                key.as_str(),
                "duplicate of key present in binaryData",
            );
        }
        size += value.as_str().unwrap_or_default().len();
    }
    for (key, value) in entries(object, "binaryData") {
        causes.each(
            format_args!("binaryData[{key}]"),
            key,
            names::config_key(key),
        );
        size += decoded_length(value);
    }
    if size > MOST_BYTES {
        causes.too_long("", MOST_BYTES);
    }
}

/// The length of what a text in base64 holds.
fn decoded_length(value: &Value) -> usize {
    let text = value.as_str().unwrap_or_default().trim_end_matches('=');
    text.len() * 3 / 4
}

/// What may not change in a ConfigMap or Secret that says so.
pub(super) fn immutable_data(new: &Value, old: &Value, fields: &[&str], causes: &mut Causes) {
    if !flag(old, "immutable") {
        return;
    }
    let detail = "field is immutable when `immutable` is set";
    if !flag(new, "immutable") {
        causes.forbidden("immutable", detail);
    }
    for key in fields
        .iter()
        .filter(|key| !same(at(new, key), at(old, key)))
    {
        causes.forbidden(*key, detail);
    }
}

/// A Secret.
pub(super) fn secret(object: &Value, causes: &mut Causes) {
    let mut size = 0;
    for (key, value) in entries(object, "data") {
        causes.each(format_args!("data[{key}]"), key, names::config_key(key));
        size += decoded_length(value);
    }
    if size > MOST_BYTES {
        causes.too_long("data", MOST_BYTES);
    }
    let held = |key: &str| at(object, "data").get(key).is_some();
    let mut needs = |key: &str| causes.required(format_args!("data[{key}]"), "");
    match text(object, "type") {
        "kubernetes.io/service-account-token" => {
            let key = "kubernetes.io/service-account.name";
            if text(path(object, &["metadata", "annotations"]), key).is_empty() {
                causes.required(format_args!("metadata.annotations[{key}]"), "");
            }
        }
        "kubernetes.io/dockercfg" if !held(".dockercfg") => needs(".dockercfg"),
        "kubernetes.io/dockerconfigjson" if !held(".dockerconfigjson") => {
            needs(".dockerconfigjson");
        }
        "kubernetes.io/basic-auth" if !held("username") && !held("password") => {
            needs("username");
            needs("password");
        }
        "kubernetes.io/ssh-auth" if text(at(object, "data"), "ssh-privatekey").is_empty() => {
            needs("ssh-privatekey");
        }
        "kubernetes.io/tls" => {
            for key in ["tls.crt", "tls.key"].into_iter().filter(|key| !held(key)) {
                needs(key);
            }
        }
        _ => {}
    }
}

/// A Node.
pub(super) fn node(object: &Value, causes: &mut Causes) {
    scheduling::taints(
        list(at(object, "spec"), "taints"),
        format_args!("metadata.taints"),
        causes,
    );
    let ranges = list(at(object, "spec"), "podCIDRs");
    for (index, range) in ranges.iter().filter_map(Value::as_str).enumerate() {
        causes.each(
            format_args!("spec.podCIDRs[{index}]"),
            range,
            names::cidr(range),
        );
    }
    let is_v6 = |range: &Value| range.as_str().is_some_and(|range| range.contains(':'));
    let is_dual = ranges.iter().any(is_v6) && !ranges.iter().all(is_v6);
    if ranges.len() > 2 || ranges.len() == 2 && !is_dual {
        let detail = "may specify no more than one CIDR for each IP family";
        causes.invalid("spec.podCIDRs", ranges.to_vec(), detail);
    }
}

/// What may not change in a Node.
pub(super) fn node_update(new: &Value, old: &Value, causes: &mut Causes) {
    let (spec, held) = (at(new, "spec"), at(old, "spec"));
    let (ranges, before) = (list(spec, "podCIDRs"), list(held, "podCIDRs"));
    let detail = "node updates may not change podCIDR except from \"\" to valid";
    if !before.is_empty() {
        let changed = ranges
            .iter()
            .zip(before)
            .filter(|(range, held)| range != held)
            .count();
        let times = if ranges.len() == before.len() {
            changed
        } else {
            1
        };
        for _ in 0..times {
            causes.forbidden("spec.podCIDRs", detail);
        }
    }
    let provider = text(held, "providerID");
    if !provider.is_empty() && provider != text(spec, "providerID") {
        let detail = "node updates may not change providerID except from \"\" to valid";
        causes.forbidden("spec.providerID", detail);
    }
}

/// A PersistentVolume.
pub(super) fn persistent_volume(object: &Value, causes: &mut Causes) {
    volume::persistent(at(object, "spec"), format_args!("spec"), causes);
}

/// What may not change in a PersistentVolume.
pub(super) fn persistent_volume_update(new: &Value, old: &Value, causes: &mut Causes) {
    let (spec, held) = (at(new, "spec"), at(old, "spec"));
    let (mut source, before) = (
        volume::persistent_source_of(spec),
        volume::persistent_source_of(held),
    );
    let secret = "controllerExpandSecretRef";
    if !has(at(&before, "csi"), secret)
        && let Some(csi) = source.get_mut("csi").and_then(Value::as_object_mut)
    {
        csi.remove(secret);
    }
    if !semantic::equal(&source, &before, "core.v1.PersistentVolumeSpec") {
        let shown = |source: &Value| persistent_source_text(source);
        let detail = format!(
            "spec.persistentvolumesource is immutable after creation\n{}",
            super::super::diff::unified(&shown(&before), &shown(&source))
        );
        causes.forbidden("spec.persistentvolumesource", &detail);
    }
    meta::immutable_value(
        at(spec, "volumeMode"),
        at(held, "volumeMode"),
        format_args!("volumeMode"),
        causes,
    );
    let (affinity, before) = (at(spec, "nodeAffinity"), at(held, "nodeAffinity"));
    if !before.is_null() && !same(affinity, before) {
        let shown = if affinity.is_null() {
            "null".to_owned()
        } else {
            super::super::go::internal(affinity, "core.v1.VolumeNodeAffinity").compact()
        };
        let detail = "field is immutable, except for updating from beta label to GA";
        causes.invalid_shown("nodeAffinity", &shown, detail);
    }
}

/// The source of a volume as the server prints it: the spec's fields without those around.
fn persistent_source_text(source: &Value) -> String {
    super::super::go::internal_without(
        source,
        "core.v1.PersistentVolumeSpec",
        &[
            "capacity",
            "accessModes",
            "claimRef",
            "persistentVolumeReclaimPolicy",
            "storageClassName",
            "mountOptions",
            "volumeMode",
            "nodeAffinity",
            "volumeAttributesClassName",
        ],
    )
    .pretty()
}

/// A Namespace.
pub(super) fn namespace(object: &Value, causes: &mut Causes) {
    for name in list(at(object, "spec"), "finalizers")
        .iter()
        .filter_map(Value::as_str)
    {
        causes.each("spec.finalizers", name, names::label_key(name));
        meta::kube_finalizer(name, format_args!("spec.finalizers"), causes);
    }
}

/// The status of a Namespace.
pub(super) fn namespace_status(new: &Value, causes: &mut Causes) {
    let phase = text(at(new, "status"), "phase");
    let ends = has(at(new, "metadata"), "deletionTimestamp");
    if !ends && phase != "Active" {
        let detail = "may only be 'Active' if `deletionTimestamp` is empty";
        causes.invalid("status.Phase", phase, detail);
    } else if ends && phase != "Terminating" {
        let detail = "may only be 'Terminating' if `deletionTimestamp` is not empty";
        causes.invalid("status.Phase", phase, detail);
    }
}

/// Endpoints.
pub(super) fn endpoints(object: &Value, causes: &mut Causes) {
    let subsets = list(object, "subsets");
    for (index, subset) in subsets.iter().enumerate() {
        let field = format_args!("subsets[{index}]");
        let addresses = ["addresses", "notReadyAddresses"];
        if addresses.iter().all(|key| list(subset, key).is_empty()) {
            causes.required(field, "must specify `addresses` or `notReadyAddresses`");
        }
        for key in addresses {
            for (index, address) in list(subset, key).iter().enumerate() {
                let field = format_args!("{field}.{key}[{index}]");
                let ip = text(address, "ip");
                causes.each(format_args!("{field}.ip"), ip, names::ip(ip));
                let host = text(address, "hostname");
                if !host.is_empty() {
                    causes.each(
                        format_args!("{field}.hostname"),
                        host,
                        names::dns_label(host),
                    );
                }
            }
        }
        let ports = list(subset, "ports");
        for (index, port) in ports.iter().enumerate() {
            endpoint_port(
                port,
                ports.len() > 1,
                format_args!("{field}.ports[{index}]"),
                causes,
            );
        }
    }
}

fn endpoint_port(port: &Value, needs_name: bool, field: Field<'_>, causes: &mut Causes) {
    let name = text(port, "name");
    if needs_name && name.is_empty() {
        causes.required(format_args!("{field}.name"), "");
    } else if !name.is_empty() {
        causes.each(format_args!("{field}.name"), name, names::dns_label(name));
    }
    let number = at(port, "port").as_i64().unwrap_or_default();
    for wrong in names::port_number(number) {
        causes.invalid(format_args!("{field}.port"), number, &wrong);
    }
    let protocols = ["SCTP", "TCP", "UDP"];
    causes.one_of(
        format_args!("{field}.protocol"),
        text(port, "protocol"),
        &protocols,
    );
}

/// The scopes of a quota, which may not change; their order may.
pub(super) fn quota_update(new: &Value, old: &Value, causes: &mut Causes) {
    resources::quota(at(new, "spec"), causes);
    let scopes = |object: &Value| {
        let scopes = list(at(object, "spec"), "scopes")
            .iter()
            .filter_map(Value::as_str);
        let mut scopes: Vec<String> = scopes.map(str::to_owned).collect();
        scopes.sort_unstable();
        scopes.dedup();
        scopes
    };
    if scopes(new) != scopes(old) {
        let shown = path(new, &["spec", "scopes"]).clone();
        causes.invalid("spec.scopes", shown, "field is immutable");
    }
}
