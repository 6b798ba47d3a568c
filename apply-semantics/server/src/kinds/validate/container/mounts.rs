//! Checks of what containers mount, as file systems and as devices.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::super::{
    super::{
        cause::{Causes, Field},
        names,
        read::{has, list, text},
    },
    volume::Volumes,
};

fn by_name<'a>(items: &'a [Value], key: &str) -> BTreeMap<&'a str, &'a str> {
    items
        .iter()
        .map(|item| (text(item, "name"), text(item, key)))
        .collect()
}

pub(super) fn mounts(
    container: &Value,
    volumes: &Volumes<'_>,
    list_field: Field<'_>,
    causes: &mut Causes,
) {
    let devices = by_name(list(container, "volumeDevices"), "devicePath");
    let mut points = BTreeSet::new();
    for (index, mount) in list(container, "volumeMounts").iter().enumerate() {
        let field = format_args!("{list_field}[{index}]");
        let (name, point) = (text(mount, "name"), text(mount, "mountPath"));
        if name.is_empty() {
            causes.required(format_args!("{field}.name"), "");
        }
        if !volumes.contains_key(name) {
            causes.not_found(format_args!("{field}.name"), name);
        }
        if point.is_empty() {
            causes.required(format_args!("{field}.mountPath"), "");
        }
        if !points.insert(point) {
            causes.invalid(format_args!("{field}.mountPath"), point, "must be unique");
        }
        if devices.contains_key(name) {
            causes.invalid(
                format_args!("{field}.name"),
                name,
                "must not already exist in volumeDevices",
            );
        }
        if devices.values().any(|device| *device == point) {
            let detail = "must not already exist as a path in volumeDevices";
            causes.invalid(format_args!("{field}.mountPath"), point, detail);
        }
        for key in ["subPath", "subPathExpr"] {
            let sub = text(mount, key);
            if !sub.is_empty() {
                causes.each(
                    format_args!("{list_field}.{key}"),
                    sub,
                    names::descending_path(sub),
                );
            }
        }
        if !text(mount, "subPath").is_empty() && !text(mount, "subPathExpr").is_empty() {
            let detail = "subPathExpr and subPath are mutually exclusive";
            causes.invalid(
                format_args!("{field}.subPathExpr"),
                text(mount, "subPathExpr"),
                detail,
            );
        }
    }
}

pub(super) fn devices(
    container: &Value,
    volumes: &Volumes<'_>,
    field: Field<'_>,
    causes: &mut Causes,
) {
    let mounts = by_name(list(container, "volumeMounts"), "mountPath");
    let (mut names_seen, mut paths) = (BTreeSet::new(), BTreeSet::new());
    for (index, device) in list(container, "volumeDevices").iter().enumerate() {
        let field = format_args!("{field}[{index}]");
        let (name, path) = (text(device, "name"), text(device, "devicePath"));
        if name.is_empty() {
            causes.required(format_args!("{field}.name"), "");
        } else if !names_seen.insert(name) {
            causes.invalid(format_args!("{field}.name"), name, "must be unique");
        }
        match volumes.get(name) {
            None => causes.not_found(format_args!("{field}.name"), name),
            Some(volume) if !has(volume, "persistentVolumeClaim") && !has(volume, "ephemeral") => {
                let detail = "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode";
                causes.invalid(format_args!("{field}.name"), name, detail);
            }
            Some(_) => {}
        }
        if path.is_empty() {
            causes.required(format_args!("{field}.devicePath"), "");
        }
        if !paths.insert(path) {
            causes.invalid(format_args!("{field}.devicePath"), path, "must be unique");
        }
        if !names::no_backsteps(path).is_empty() {
            causes.invalid(
                format_args!("{field}.devicePath"),
                path,
                "can not contain backsteps ('..')",
            );
        }
        if mounts.contains_key(name) {
            causes.invalid(
                format_args!("{field}.name"),
                name,
                "must not already exist in volumeMounts",
            );
        }
        if mounts.values().any(|mount| *mount == path) {
            let detail = "must not already exist as a path in volumeMounts";
            causes.invalid(format_args!("{field}.devicePath"), path, detail);
        }
    }
}
