//! Checks of the environment of containers.

use serde_json::Value;

use super::super::super::{
    cause::{Causes, Field},
    names,
    read::{at, has, text},
};

pub(super) fn env(vars: &[Value], field: Field<'_>, causes: &mut Causes) {
    for (index, var) in vars.iter().enumerate() {
        let field = format_args!("{field}[{index}]");
        let name = text(var, "name");
        if name.is_empty() {
            causes.required(format_args!("{field}.name"), "");
        } else {
            causes.each(format_args!("{field}.name"), name, names::env_name(name));
        }
        if has(var, "valueFrom") {
            env_source(var, format_args!("{field}.valueFrom"), causes);
        }
    }
}

fn env_source(var: &Value, field: Field<'_>, causes: &mut Causes) {
    let source = at(var, "valueFrom");
    let kinds = [
        "fieldRef",
        "resourceFieldRef",
        "configMapKeyRef",
        "secretKeyRef",
        "fileKeyRef",
    ];
    let named: Vec<&str> = kinds.into_iter().filter(|kind| has(source, kind)).collect();
    for kind in &named {
        let field = format_args!("{field}.{kind}");
        let source = at(source, kind);
        match *kind {
            "fieldRef" => field_ref(source, field, causes),
            "resourceFieldRef" if text(source, "resource").is_empty() => {
                causes.required(format_args!("{field}.resource"), "");
            }
            "configMapKeyRef" | "secretKeyRef" => key_ref(source, field, causes),
            _ => {}
        }
    }
    if named.is_empty() {
        let detail = "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`";
        causes.invalid(field, "", detail);
    } else if !text(var, "value").is_empty() {
        causes.invalid(field, "", "may not be specified when `value` is not empty");
    } else if named.len() > 1 {
        causes.invalid(
            field,
            "",
            "may not have more than one field specified at a time",
        );
    }
}

fn field_ref(source: &Value, field: Field<'_>, causes: &mut Causes) {
    for key in ["apiVersion", "fieldPath"] {
        if text(source, key).is_empty() {
            return causes.required(format_args!("{field}.{key}"), "");
        }
    }
    let paths = [
        "metadata.name",
        "metadata.namespace",
        "metadata.uid",
        "spec.nodeName",
        "spec.serviceAccountName",
        "status.hostIP",
        "status.hostIPs",
        "status.podIP",
        "status.podIPs",
    ];
    let path = text(source, "fieldPath");
    let is_keyed = ["metadata.labels['", "metadata.annotations['"]
        .iter()
        .any(|start| path.starts_with(start));
    if is_keyed || paths.contains(&path) {
        return;
    }
    if matches!(path, "metadata.labels" | "metadata.annotations") {
        causes.not_supported(format_args!("{field}.fieldPath"), path, &paths);
    } else {
        let detail = format!("error converting fieldPath: field label not supported: {path}");
        causes.invalid(format_args!("{field}.fieldPath"), path, &detail);
    }
}

fn key_ref(source: &Value, field: Field<'_>, causes: &mut Causes) {
    let name = text(source, "name");
    causes.each(
        format_args!("{field}.name"),
        name,
        names::dns_subdomain(name),
    );
    let key = text(source, "key");
    if key.is_empty() {
        causes.required(format_args!("{field}.key"), "");
    } else {
        causes.each(format_args!("{field}.key"), key, names::config_key(key));
    }
}

pub(super) fn env_from(sources: &[Value], list_field: Field<'_>, causes: &mut Causes) {
    for (index, source) in sources.iter().enumerate() {
        let field = format_args!("{list_field}[{index}]");
        let prefix = text(source, "prefix");
        if !prefix.is_empty() {
            causes.each(
                format_args!("{field}.prefix"),
                prefix,
                names::env_name(prefix),
            );
        }
        let named = ["configMapRef", "secretRef"]
            .into_iter()
            .filter(|kind| has(source, kind));
        let named: Vec<&str> = named.collect();
        for kind in &named {
            let name = text(at(source, kind), "name");
            if name.is_empty() {
                causes.required(format_args!("{field}.{kind}.name"), "");
            } else {
                causes.each(
                    format_args!("{field}.{kind}.name"),
                    name,
                    names::dns_subdomain(name),
                );
            }
        }
        match named.len() {
            0 => causes.invalid(
                list_field,
                "",
                "must specify one of: `configMapRef` or `secretRef`",
            ),
            1 => {}
            _ => causes.invalid(
                list_field,
                "",
                "may not have more than one field specified at a time",
            ),
        }
    }
}
