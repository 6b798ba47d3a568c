//! Checks of volumes of pods and of persistent volumes.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    super::{
        cause::{Causes, Field},
        names,
        read::{at, has, int, list, text},
    },
    claim,
};

/// Volumes that are fine, by name.
pub(super) type Volumes<'a> = BTreeMap<&'a str, &'a Value>;

/// The sources of a volume of a pod, in the order in which the server looks for them.
const SOURCES: [&str; 30] = [
    "emptyDir",
    "hostPath",
    "gitRepo",
    "gcePersistentDisk",
    "awsElasticBlockStore",
    "secret",
    "nfs",
    "iscsi",
    "glusterfs",
    "flocker",
    "persistentVolumeClaim",
    "rbd",
    "cinder",
    "cephfs",
    "quobyte",
    "downwardAPI",
    "fc",
    "flexVolume",
    "configMap",
    "azureFile",
    "vsphereVolume",
    "photonPersistentDisk",
    "portworxVolume",
    "azureDisk",
    "storageos",
    "projected",
    "scaleIO",
    "csi",
    "ephemeral",
    "image",
];

/// The volumes of a pod; answers those that are fine.
pub(super) fn volumes<'a>(
    volumes: &'a [Value],
    pod: Option<&str>,
    field: Field<'_>,
    causes: &mut Causes,
) -> Volumes<'a> {
    let mut fine = Volumes::new();
    for (index, volume) in volumes.iter().enumerate() {
        let field = format_args!("{field}[{index}]");
        let before = causes.len();
        source(volume, pod, field, causes);
        let name = text(volume, "name");
        if name.is_empty() {
            causes.required(format_args!("{field}.name"), "");
        } else {
            causes.each(format_args!("{field}.name"), name, names::dns_label(name));
        }
        if fine.contains_key(name) {
            causes.duplicate(format_args!("{field}.name"), name);
        }
        if causes.len() == before {
            fine.insert(name, volume);
        }
    }
    fine
}

fn source(volume: &Value, pod: Option<&str>, field: Field<'_>, causes: &mut Causes) {
    let mut named = SOURCES.into_iter().filter(|kind| has(volume, kind));
    let Some(first) = named.next() else {
        return causes.required(field, "must specify a volume type");
    };
    checked(
        at(volume, first),
        first,
        format_args!("{field}.{first}"),
        causes,
    );
    if let (Some(pod), "ephemeral") = (pod, first) {
        let claim = format!("{pod}-{}", text(volume, "name"));
        for wrong in names::dns_subdomain(&claim) {
            let detail = format!("PVC name {}: {wrong}", super::super::cause::quoted(&claim));
            causes.invalid(format_args!("{field}.name"), text(volume, "name"), &detail);
        }
    }
    for kind in named {
        causes.forbidden(
            format_args!("{field}.{kind}"),
            "may not specify more than 1 volume type",
        );
    }
}

fn checked(source: &Value, kind: &str, field: Field<'_>, causes: &mut Causes) {
    let mut required = |keys: &[&str]| {
        for key in keys.iter().filter(|key| text(source, key).is_empty()) {
            causes.required(format_args!("{field}.{key}"), "");
        }
    };
    match kind {
        "hostPath" => host_path(source, field, causes),
        "gitRepo" => required(&["repository"]),
        "gcePersistentDisk" => required(&["pdName"]),
        "awsElasticBlockStore" | "cinder" | "portworxVolume" => required(&["volumeID"]),
        "secret" => {
            required(&["secretName"]);
            mode(source, field, causes);
            items(source, field, causes);
        }
        "configMap" => {
            required(&["name"]);
            mode(source, field, causes);
            items(source, field, causes);
        }
        "nfs" => nfs(source, field, causes),
        "iscsi" => required(&["targetPortal", "iqn"]),
        "glusterfs" => required(&["endpoints", "path"]),
        "persistentVolumeClaim" => required(&["claimName"]),
        "downwardAPI" => mode(source, field, causes),
        "flexVolume" | "csi" => required(&["driver"]),
        "azureFile" => required(&["secretName", "shareName"]),
        "vsphereVolume" => required(&["volumePath"]),
        "photonPersistentDisk" => required(&["pdID"]),
        "azureDisk" => required(&["diskName", "diskURI"]),
        "projected" => projected(source, field, causes),
        "scaleIO" => required(&["gateway", "system", "volumeName"]),
        "ephemeral" => {
            let template = at(source, "volumeClaimTemplate");
            if template.is_null() {
                causes.required(format_args!("{field}.volumeClaimTemplate"), "");
            } else {
                let field = format_args!("{field}.volumeClaimTemplate.spec");
                claim::spec(at(template, "spec"), field, causes);
            }
        }
        _ => {}
    }
}

fn host_path(source: &Value, field: Field<'_>, causes: &mut Causes) {
    let path = text(source, "path");
    if path.is_empty() {
        return causes.required(format_args!("{field}.path"), "");
    }
    causes.each(
        format_args!("{field}.path"),
        path,
        names::no_backsteps(path),
    );
    let kinds = [
        "",
        "BlockDevice",
        "CharDevice",
        "Directory",
        "DirectoryOrCreate",
        "File",
        "FileOrCreate",
        "Socket",
    ];
    let kind = text(source, "type");
    if !kinds.contains(&kind) {
        causes.not_supported(format_args!("{field}.type"), kind, &kinds);
    }
}

fn nfs(source: &Value, field: Field<'_>, causes: &mut Causes) {
    for key in ["server", "path"] {
        if text(source, key).is_empty() {
            causes.required(format_args!("{field}.{key}"), "");
        }
    }
    let path = text(source, "path");
    if !path.starts_with('/') {
        causes.invalid(
            format_args!("{field}.path"),
            path,
            "must be an absolute path",
        );
    }
}

fn is_mode(value: &Value) -> bool {
    value
        .as_i64()
        .is_none_or(|mode| (0..=0o777).contains(&mode))
}

fn mode(source: &Value, field: Field<'_>, causes: &mut Causes) {
    if !is_mode(at(source, "defaultMode")) {
        let mode = int(source, "defaultMode");
        causes.invalid(format_args!("{field}.defaultMode"), mode, MODE);
    }
}

const MODE: &str = "must be a number between 0 and 0777 (octal), both inclusive";

/// Keys of a Secret or ConfigMap as files.
fn items(source: &Value, field: Field<'_>, causes: &mut Causes) {
    for (index, item) in list(source, "items").iter().enumerate() {
        let field = format_args!("{field}.items[{index}]");
        for key in ["key", "path"] {
            if text(item, key).is_empty() {
                causes.required(format_args!("{field}.{key}"), "");
            }
        }
        let path = text(item, "path");
        causes.each(
            format_args!("{field}.path"),
            path,
            names::descending_path(path),
        );
        if !is_mode(at(item, "mode")) {
            causes.invalid(format_args!("{field}.mode"), int(item, "mode"), MODE);
        }
    }
}

fn projected(source: &Value, field: Field<'_>, causes: &mut Causes) {
    mode(source, field, causes);
    for (index, source) in list(source, "sources").iter().enumerate() {
        let field = format_args!("{field}.sources[{index}]");
        let kinds = [
            "secret",
            "configMap",
            "downwardAPI",
            "serviceAccountToken",
            "clusterTrustBundle",
            "podCertificate",
        ];
        let mut named = kinds.into_iter().filter(|kind| has(source, kind));
        if let Some(kind @ ("secret" | "configMap")) = named.next() {
            let field = format_args!("{field}.{kind}");
            if text(at(source, kind), "name").is_empty() {
                causes.required(format_args!("{field}.name"), "");
            }
            items(at(source, kind), field, causes);
        }
        for kind in named {
            let detail = "may not specify more than 1 volume type per source";
            causes.forbidden(format_args!("{field}.{kind}"), detail);
        }
    }
}

/// The sources of a persistent volume, in the order in which the server looks for them.
const PERSISTENT_SOURCES: [&str; 22] = [
    "hostPath",
    "gcePersistentDisk",
    "awsElasticBlockStore",
    "glusterfs",
    "flocker",
    "nfs",
    "rbd",
    "quobyte",
    "cephfs",
    "iscsi",
    "cinder",
    "fc",
    "flexVolume",
    "azureFile",
    "vsphereVolume",
    "photonPersistentDisk",
    "portworxVolume",
    "azureDisk",
    "scaleIO",
    "local",
    "storageos",
    "csi",
];

/// The spec of a persistent volume.
pub(super) fn persistent(spec: &Value, field: Field<'_>, causes: &mut Causes) {
    claim::access_modes(spec, field, causes);
    if at(spec, "capacity")
        .as_object()
        .is_none_or(serde_json::Map::is_empty)
    {
        causes.required(format_args!("{field}.capacity"), "");
    } else if at(spec, "capacity").get("storage").is_none() {
        let shown = super::super::go::json(at(spec, "capacity"));
        causes.not_supported_shown(format_args!("{field}.capacity"), &shown, &["storage"]);
    }
    let policy = text(spec, "persistentVolumeReclaimPolicy");
    let policies = ["Delete", "Recycle", "Retain"];
    if !policy.is_empty() && !policies.contains(&policy) {
        causes.not_supported(
            format_args!("{field}.persistentVolumeReclaimPolicy"),
            policy,
            &policies,
        );
    }
    if has(spec, "nodeAffinity") {
        let required = at(at(spec, "nodeAffinity"), "required");
        if required.is_null() {
            let detail = "must specify required node constraints";
            causes.required(format_args!("{field}.nodeAffinity.required"), detail);
        } else {
            super::scheduling::node_selector(
                required,
                format_args!("{field}.nodeAffinity.required"),
                true,
                causes,
            );
        }
    }
    persistent_source(spec, field, causes);
    let class = text(spec, "storageClassName");
    if !class.is_empty() {
        causes.each(
            format_args!("{field}.storageClassName"),
            class,
            names::dns_subdomain(class),
        );
    }
    claim::volume_mode(spec, field, causes);
}

fn persistent_source(spec: &Value, field: Field<'_>, causes: &mut Causes) {
    let mut named = PERSISTENT_SOURCES
        .into_iter()
        .filter(|kind| has(spec, kind));
    let Some(first) = named.next() else {
        return causes.required(field, "must specify a volume type");
    };
    let first_field = format_args!("{field}.{first}");
    match first {
        "local" => {
            if text(at(spec, first), "path").is_empty() {
                causes.required(format_args!("{first_field}.path"), "");
            }
            if !has(spec, "nodeAffinity") {
                causes.required(
                    format_args!("{field}.nodeAffinity"),
                    "Local volume requires node affinity",
                );
            }
        }
        "csi" => {
            for key in ["driver", "volumeHandle"] {
                if text(at(spec, first), key).is_empty() {
                    causes.required(format_args!("{first_field}.{key}"), "");
                }
            }
        }
        _ => checked(at(spec, first), first, first_field, causes),
    }
    for kind in named {
        causes.forbidden(
            format_args!("{field}.{kind}"),
            "may not specify more than 1 volume type",
        );
    }
    if first == "hostPath"
        && text(at(spec, first), "path") == "/"
        && text(spec, "persistentVolumeReclaimPolicy") == "Recycle"
    {
        let detail = "may not be 'recycle' for a hostPath mount of '/'";
        causes.forbidden(
            format_args!("{field}.persistentVolumeReclaimPolicy"),
            detail,
        );
    }
}

/// The part of a persistent volume's spec that says where it is.
pub(super) fn persistent_source_of(spec: &Value) -> Value {
    let named = PERSISTENT_SOURCES
        .into_iter()
        .filter(|kind| has(spec, kind));
    named
        .map(|kind| (kind.to_owned(), at(spec, kind).clone()))
        .collect()
}
