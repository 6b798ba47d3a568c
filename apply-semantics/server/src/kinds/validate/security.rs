//! Checks of the security contexts of pods and containers.

use serde_json::Value;

use super::super::{
    cause::{Causes, Field},
    names,
    read::{at, flag, has, list, text},
};

const MOST_ID: i64 = i32::MAX as i64;

/// The security context of a pod, with what stands beside it in the spec.
pub(super) fn pod(spec: &Value, field: Field<'_>, causes: &mut Causes) {
    let context = at(spec, "securityContext");
    for key in ["fsGroup", "runAsUser", "runAsGroup"] {
        id(at(context, key), format_args!("{field}.{key}"), causes);
    }
    for (index, group) in list(context, "supplementalGroups").iter().enumerate() {
        id(
            group,
            format_args!("{field}.supplementalGroups[{index}]"),
            causes,
        );
    }
    if flag(spec, "shareProcessNamespace") && flag(spec, "hostPID") {
        let detail = "ShareProcessNamespace and HostPID cannot both be enabled";
        causes.invalid(format_args!("{field}.shareProcessNamespace"), true, detail);
    }
    for (index, sysctl) in list(context, "sysctls").iter().enumerate() {
        if text(sysctl, "name").is_empty() {
            causes.required(format_args!("{field}.sysctls[{index}].name"), "");
        }
    }
    let mut choice = |key: &str, choices: &[&str]| {
        let value = text(context, key);
        if has(context, key) && !choices.contains(&value) {
            causes.not_supported(format_args!("{field}.{key}"), value, choices);
        }
    };
    choice("fsGroupChangePolicy", &["Always", "OnRootMismatch"]);
    choice("supplementalGroupsPolicy", &["Merge", "Strict"]);
    choice("seLinuxChangePolicy", &["MountOption", "Recursive"]);
    profiles(context, field, causes);
}

/// The security context of a container.
pub(super) fn container(context: &Value, field: Field<'_>, causes: &mut Causes) {
    if context.is_null() {
        return;
    }
    for key in ["runAsUser", "runAsGroup"] {
        id(at(context, key), format_args!("{field}.{key}"), causes);
    }
    let mount = text(context, "procMount");
    if has(context, "procMount") && !matches!(mount, "Default" | "Unmasked") {
        causes.not_supported(
            format_args!("{field}.procMount"),
            mount,
            &["Default", "Unmasked"],
        );
    }
    profiles(context, field, causes);
    if at(context, "allowPrivilegeEscalation") == &Value::Bool(false) {
        let added = list(at(context, "capabilities"), "add");
        if added.iter().any(|capability| capability == "CAP_SYS_ADMIN") {
            let detail = "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN";
            let shown = super::super::go::internal(context, "core.v1.SecurityContext").compact();
            causes.invalid_shown(field, &shown, detail);
        }
        if flag(context, "privileged") {
            let detail = "cannot set `allowPrivilegeEscalation` to false and `privileged` to true";
            let shown = super::super::go::internal(context, "core.v1.SecurityContext").compact();
            causes.invalid_shown(field, &shown, detail);
        }
    }
}

fn profiles(context: &Value, field: Field<'_>, causes: &mut Causes) {
    for (key, word) in [
        ("seccompProfile", "seccomp type"),
        ("appArmorProfile", "AppArmor type"),
    ] {
        let profile = at(context, key);
        if profile.is_null() {
            continue;
        }
        let field = format_args!("{field}.{key}");
        let kind = text(profile, "type");
        causes.one_of(
            format_args!("{field}.type"),
            kind,
            &["Localhost", "RuntimeDefault", "Unconfined"],
        );
        let local = at(profile, "localhostProfile").as_str();
        match (kind == "Localhost", local) {
            (true, None) => {
                let detail = format!("must be set when {word} is Localhost");
                causes.required(format_args!("{field}.localhostProfile"), &detail);
            }
            (true, Some(path)) if key == "seccompProfile" => {
                causes.each(
                    format_args!("{field}.localhostProfile"),
                    path,
                    names::descending_path(path),
                );
            }
            (false, Some(_)) => {
                let shown = super::super::go::internal(
                    profile,
                    if key == "seccompProfile" {
                        "core.v1.SeccompProfile"
                    } else {
                        "core.v1.AppArmorProfile"
                    },
                );
                let detail = format!("can only be set when {word} is Localhost");
                causes.invalid_shown(
                    format_args!("{field}.localhostProfile"),
                    &shown.compact(),
                    &detail,
                );
            }
            _ => {}
        }
    }
}

/// A number of a user or group.
fn id(value: &Value, field: Field<'_>, causes: &mut Causes) {
    if let Some(id) = value.as_i64()
        && !(0..=MOST_ID).contains(&id)
    {
        causes.invalid(field, id, &names::between(0, MOST_ID));
    }
}
