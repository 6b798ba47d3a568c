//! Checks of Roles and their bindings.

use serde_json::Value;

use super::{
    super::{
        cause::{Causes, Field},
        go, names,
        read::{at, list, same, text},
    },
    meta,
};

const GROUP: &str = "rbac.authorization.k8s.io";

/// The rules of a Role or ClusterRole.
pub(super) fn role(object: &Value, causes: &mut Causes) {
    let namespaced = text(object, "kind") == "Role";
    for (index, rule) in list(object, "rules").iter().enumerate() {
        self::rule(rule, namespaced, format_args!("rules[{index}]"), causes);
    }
    let aggregation = at(object, "aggregationRule");
    if aggregation.is_null() {
        return;
    }
    let selectors = list(aggregation, "clusterRoleSelectors");
    let field = "aggregationRule.clusterRoleSelectors";
    if selectors.is_empty() {
        causes.required(
            field,
            "at least one clusterRoleSelector required if aggregationRule is non-nil",
        );
    }
    for (index, selector) in selectors.iter().enumerate() {
        meta::selector(selector, format_args!("{field}[{index}]"), causes);
    }
}

fn rule(rule: &Value, namespaced: bool, field: Field<'_>, causes: &mut Causes) {
    let held = |key: &str| !list(rule, key).is_empty();
    if !held("verbs") {
        causes.required(
            format_args!("{field}.verbs"),
            "verbs must contain at least one value",
        );
    }
    if held("nonResourceURLs") {
        let urls = list(rule, "nonResourceURLs").to_vec();
        let field = format_args!("{field}.nonResourceURLs");
        if namespaced {
            let detail = "namespaced rules cannot apply to non-resource URLs";
            causes.invalid(field, urls.clone(), detail);
        }
        if ["apiGroups", "resources", "resourceNames"]
            .iter()
            .any(|key| held(key))
        {
            let detail = "rules cannot apply to both regular resources and non-resource URLs";
            causes.invalid(field, urls, detail);
        }
        return;
    }
    if !held("apiGroups") {
        let detail = "resource rules must supply at least one api group";
        causes.required(format_args!("{field}.apiGroups"), detail);
    }
    if !held("resources") {
        let detail = "resource rules must supply at least one resource";
        causes.required(format_args!("{field}.resources"), detail);
    }
}

/// A RoleBinding or ClusterRoleBinding.
pub(super) fn binding(object: &Value, causes: &mut Causes) {
    let namespaced = text(object, "kind") == "RoleBinding";
    let reference = at(object, "roleRef");
    let group = text(reference, "apiGroup");
    if group != GROUP {
        causes.not_supported("roleRef.apiGroup", group, &[GROUP]);
    }
    let kinds: &[&str] = if namespaced {
        &["Role", "ClusterRole"]
    } else {
        &["ClusterRole"]
    };
    let kind = text(reference, "kind");
    if !kinds.contains(&kind) {
        causes.not_supported("roleRef.kind", kind, kinds);
    }
    let name = text(reference, "name");
    if name.is_empty() {
        causes.required("roleRef.name", "");
    } else {
        causes.each("roleRef.name", name, names::path_segment(name));
    }
    for (index, subject) in list(object, "subjects").iter().enumerate() {
        self::subject(
            subject,
            namespaced,
            format_args!("subjects[{index}]"),
            causes,
        );
    }
}

fn subject(subject: &Value, namespaced: bool, field: Field<'_>, causes: &mut Causes) {
    let (kind, name, group) = (
        text(subject, "kind"),
        text(subject, "name"),
        text(subject, "apiGroup"),
    );
    if name.is_empty() {
        causes.required(format_args!("{field}.name"), "");
    }
    match kind {
        "ServiceAccount" => {
            if !name.is_empty() {
                causes.each(
                    format_args!("{field}.name"),
                    name,
                    names::dns_subdomain(name),
                );
            }
            if !group.is_empty() {
                causes.not_supported(format_args!("{field}.apiGroup"), group, &[""]);
            }
            if !namespaced && text(subject, "namespace").is_empty() {
                causes.required(format_args!("{field}.namespace"), "");
            }
        }
        "User" | "Group" => {
            if group != GROUP {
                causes.not_supported(format_args!("{field}.apiGroup"), group, &[GROUP]);
            }
        }
        _ => {
            let kinds = ["ServiceAccount", "User", "Group"];
            causes.not_supported(format_args!("{field}.kind"), kind, &kinds);
        }
    }
}

/// The role that a binding refers to, which may not change.
pub(super) fn binding_update(new: &Value, old: &Value, causes: &mut Causes) {
    if !same(at(new, "roleRef"), at(old, "roleRef")) {
        let shown = go::internal(at(new, "roleRef"), "rbac.v1.RoleRef").compact();
        causes.invalid_shown("roleRef", &shown, "cannot change roleRef");
    }
}
