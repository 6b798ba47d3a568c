//! Checks of amounts of resources: of containers, of quotas, of ranges of limits.

use std::collections::BTreeSet;

use apply_semantics::defaults::Quantity;
use serde_json::Value;

use super::super::{
    cause::{Causes, Field},
    names,
    read::{at, entries, list, text},
};

/// Resources of containers.
const CONTAINER: [&str; 3] = ["cpu", "memory", "ephemeral-storage"];
/// What only comes in whole numbers.
const WHOLE: [&str; 9] = [
    "services",
    "replicationcontrollers",
    "resourcequotas",
    "secrets",
    "configmaps",
    "persistentvolumeclaims",
    "services.nodeports",
    "services.loadbalancers",
    "pods",
];
/// What quotas name without a prefix.
const QUOTA: [&str; 20] = [
    "cpu",
    "memory",
    "ephemeral-storage",
    "requests.cpu",
    "requests.memory",
    "requests.storage",
    "requests.ephemeral-storage",
    "limits.cpu",
    "limits.memory",
    "limits.ephemeral-storage",
    "pods",
    "resourcequotas",
    "services",
    "replicationcontrollers",
    "secrets",
    "persistentvolumeclaims",
    "configmaps",
    "services.nodeports",
    "services.loadbalancers",
    "storage",
];

/// The amount of a text; nought if it is none.
pub(super) fn amount(value: &Value) -> Option<Quantity> {
    value.as_str().and_then(Quantity::parse).or_else(zero)
}

/// Nought.
pub(super) fn zero() -> Option<Quantity> {
    Quantity::parse("0")
}

/// Limits and requests of a container.
pub(super) fn requirements(
    value: &Value,
    claims: &BTreeSet<String>,
    field: Field<'_>,
    causes: &mut Causes,
) {
    let limits = at(value, "limits");
    for (name, limit) in entries(value, "limits") {
        let field = format_args!("{field}.limits[{name}]");
        container_name(name, field, causes);
        value_of(name, limit, field, causes);
    }
    let field_of_requests = format_args!("{field}.requests");
    for (name, request) in entries(value, "requests") {
        let field_of_request = format_args!("{field_of_requests}[{name}]");
        container_name(name, field_of_request, causes);
        value_of(name, request, field_of_request, causes);
        let shared = is_native(name) && !name.starts_with("hugepages-");
        match limits.get(name.as_str()) {
            Some(limit) => {
                let (asked, most) = (amount(request), amount(limit));
                let most_text = limit.as_str().unwrap_or_default();
                if asked != most && !shared {
                    let detail = format!("must be equal to {name} limit of {most_text}");
                    causes.invalid(field_of_requests, request.clone(), &detail);
                } else if asked > most {
                    let detail =
                        format!("must be less than or equal to {name} limit of {most_text}");
                    causes.invalid(field_of_requests, request.clone(), &detail);
                }
            }
            None if !shared => {
                let detail = "Limit must be set for non overcommitable resources";
                causes.required(format_args!("{field}.limits"), detail);
            }
            None => {}
        }
    }
    claim_names(value, claims, format_args!("{field}.claims"), causes);
}

fn claim_names(value: &Value, claims: &BTreeSet<String>, field: Field<'_>, causes: &mut Causes) {
    for (index, claim) in list(value, "claims").iter().enumerate() {
        let name = text(claim, "name");
        let field = format_args!("{field}[{index}]");
        if name.is_empty() {
            causes.required(field, "");
        } else if !claims.contains(name) {
            causes.not_found(field, name);
        }
    }
}

fn container_name(name: &str, field: Field<'_>, causes: &mut Causes) {
    if !resource_name(name, field, causes) {
        return;
    }
    let known = CONTAINER.contains(&name) || name.starts_with("hugepages-");
    if !name.contains('/') && !known {
        causes.invalid(field, name, "must be a standard resource for containers");
    }
}

/// Answers whether the name is fine.
fn resource_name(name: &str, field: Field<'_>, causes: &mut Causes) -> bool {
    let wrong = names::label_key(name);
    let fine = wrong.is_empty();
    causes.each(field, name, wrong);
    let known = QUOTA.contains(&name)
        || ["hugepages-", "requests.hugepages-", "count/"]
            .iter()
            .any(|start| name.starts_with(start));
    if fine && !name.contains('/') && !known {
        causes.invalid(
            field,
            name,
            "must be a standard resource type or fully qualified",
        );
        return CONTAINER.contains(&name);
    }
    fine
}

fn value_of(name: &str, value: &Value, field: Field<'_>, causes: &mut Causes) {
    let amount = amount(value);
    if amount < zero() {
        causes.invalid(field, value.clone(), "must be greater than or equal to 0");
    }
    let whole = WHOLE.contains(&name) || !is_native(name) && !name.starts_with("requests.");
    if whole && !is_whole(value) {
        causes.invalid(field, value.clone(), "must be an integer");
    }
}

/// Canonical texts of fractions end with the suffix of thousandths or less.
fn is_whole(value: &Value) -> bool {
    !value
        .as_str()
        .is_some_and(|text| text.ends_with(['m', 'u', 'n']))
}

fn is_native(name: &str) -> bool {
    !name.contains('/') || name.contains("kubernetes.io/")
}

/// The spec of a quota.
pub(super) fn quota(spec: &Value, causes: &mut Causes) {
    for (name, value) in entries(spec, "hard") {
        let field = format_args!("spec.hard[{name}]");
        resource_name(name, field, causes);
        value_of(name, value, field, causes);
    }
    let scopes: Vec<&str> = list(spec, "scopes")
        .iter()
        .filter_map(Value::as_str)
        .collect();
    let known = [
        "Terminating",
        "NotTerminating",
        "BestEffort",
        "NotBestEffort",
        "PriorityClass",
        "CrossNamespacePodAffinity",
        "VolumeAttributesClass",
    ];
    let all = Value::from(list(spec, "scopes"));
    for _ in scopes.iter().filter(|scope| !known.contains(scope)) {
        causes.invalid("spec.scopes", all.clone(), "unsupported scope");
    }
    for pair in [
        ["BestEffort", "NotBestEffort"],
        ["Terminating", "NotTerminating"],
    ] {
        if pair.iter().all(|scope| scopes.contains(scope)) {
            causes.invalid("spec.scopes", all.clone(), "conflicting scopes");
        }
    }
}

/// The limits of a range.
pub(super) fn limit_range(spec: &Value, causes: &mut Causes) {
    let mut seen = BTreeSet::new();
    for (index, limit) in list(spec, "limits").iter().enumerate() {
        let field = format_args!("spec.limits[{index}]");
        let kind = text(limit, "type");
        let wrong = names::label_key(kind);
        let known = ["Pod", "Container", "PersistentVolumeClaim"];
        if wrong.is_empty() && !kind.contains('/') && !known.contains(&kind) {
            let detail = "must be a standard limit type or fully qualified";
            causes.invalid(format_args!("{field}.type"), kind, detail);
        }
        causes.each(format_args!("{field}.type"), kind, wrong);
        if !seen.insert(kind) {
            causes.duplicate(format_args!("{field}.type"), kind);
        }
        limit_names(limit, field, causes);
        let keys = ["max", "min", "default", "defaultRequest"];
        let names: BTreeSet<&String> = keys
            .iter()
            .flat_map(|key| entries(limit, key))
            .map(|(name, _)| name)
            .collect();
        for name in names {
            limit_order(limit, name, field, causes);
        }
    }
}

fn limit_names(limit: &Value, field: Field<'_>, causes: &mut Causes) {
    let kind = text(limit, "type");
    for key in [
        "max",
        "min",
        "default",
        "defaultRequest",
        "maxLimitRequestRatio",
    ] {
        let named = entries(limit, key);
        if kind == "Pod" && matches!(key, "default" | "defaultRequest") {
            if !named.is_empty() {
                causes.forbidden(
                    format_args!("{field}.{key}"),
                    "may not be specified when `type` is 'Pod'",
                );
            }
            continue;
        }
        for (name, _) in named {
            let field = format_args!("{field}.{key}[{name}]");
            if matches!(kind, "Pod" | "Container") {
                container_name(name, field, causes);
            } else {
                resource_name(name, field, causes);
            }
        }
    }
    let has_storage = |key: &str| at(limit, key).get("storage").is_some();
    if kind == "PersistentVolumeClaim" && !has_storage("min") && !has_storage("max") {
        let detail =
            "either minimum or maximum storage value is required, but neither was provided";
        causes.required(format_args!("{field}.limits"), detail);
    }
}

fn limit_order(limit: &Value, name: &str, field: Field<'_>, causes: &mut Causes) {
    let words = [
        ("min", "min"),
        ("defaultRequest", "default request"),
        ("default", "default"),
        ("max", "max"),
    ];
    let word = |key: &str| {
        words
            .iter()
            .find(|(known, _)| *known == key)
            .map_or("", |(_, word)| word)
    };
    let mut ordered = |low: &str, high: &str, at_key: &str, shown_key: &str, high_word: &str| {
        let (Some(less), Some(more)) = (at(limit, low).get(name), at(limit, high).get(name)) else {
            return;
        };
        if amount(less) > amount(more) {
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let detail = format!(
                "{} value {} is greater than {high_word} value {}",
                word(low),
                text(less),
                text(more)
            );
            let shown = at(limit, shown_key).get(name).cloned().unwrap_or_default();
            causes.invalid(format_args!("{field}.{at_key}[{name}]"), shown, &detail);
        }
    };
    ordered("min", "max", "min", "min", "max");
    ordered(
        "min",
        "defaultRequest",
        "defaultRequest",
        "defaultRequest",
        "default request",
    );
    ordered(
        "defaultRequest",
        "max",
        "defaultRequest",
        "defaultRequest",
        "max",
    );
    ordered(
        "defaultRequest",
        "default",
        "defaultRequest",
        "defaultRequest",
        "default limit",
    );
    ordered("min", "default", "default", "min", "default");
    ordered("default", "max", "default", "max", "max");
}
