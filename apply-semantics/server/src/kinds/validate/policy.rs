//! Checks of flow control, leases and classes, and of specs that may not change.

use serde_json::Value;

use super::{
    super::{
        cause::Causes,
        go, names,
        read::{at, has, int, list, text},
        semantic,
    },
    meta,
};

/// The spec of a FlowSchema.
pub(super) fn flow_schema(spec: &Value, causes: &mut Causes) {
    let precedence = int(spec, "matchingPrecedence");
    if precedence <= 0 {
        causes.invalid(
            "spec.matchingPrecedence",
            precedence,
            "must be a positive value",
        );
    } else if precedence > 10_000 {
        let detail = "must not be greater than 10000";
        causes.invalid("spec.matchingPrecedence", precedence, detail);
    }
    let method = at(spec, "distinguisherMethod");
    if !method.is_null() && !matches!(text(method, "type"), "ByNamespace" | "ByUser") {
        let shown = go::internal(method, "flowcontrol.v1.FlowDistinguisherMethod").compact();
        let types = ["ByNamespace", "ByUser"];
        causes.not_supported_shown("spec.distinguisherMethod.type", &shown, &types);
    }
    let level = text(at(spec, "priorityLevelConfiguration"), "name");
    if level.is_empty() {
        let detail = "must reference a priority level";
        causes.required("spec.priorityLevelConfiguration.name", detail);
    } else {
        causes.each(
            "spec.priorityLevelConfiguration.name",
            level,
            names::dns_subdomain(level),
        );
    }
    for (index, rule) in list(spec, "rules").iter().enumerate() {
        let field = format_args!("spec.rules[{index}]");
        if list(rule, "subjects").is_empty() {
            causes.required(
                format_args!("{field}.subjects"),
                "subjects must contain at least one value",
            );
        }
        if list(rule, "resourceRules").is_empty() && list(rule, "nonResourceRules").is_empty() {
            let detail = "at least one of resourceRules and nonResourceRules has to be non-empty";
            causes.required(field, detail);
        }
    }
}

/// The spec of a PriorityLevelConfiguration.
pub(super) fn priority_level(spec: &Value, causes: &mut Causes) {
    let kind = text(spec, "type");
    match kind {
        "Exempt" if has(spec, "limited") => {
            let detail = "must be nil if the type is not Limited";
            causes.forbidden("spec.limited", detail);
        }
        "Limited" if !has(spec, "limited") => {
            causes.required("spec.limited", "must not be empty when type is Limited");
        }
        "Exempt" | "Limited" => {}
        _ => causes.not_supported("spec.type", kind, &["Exempt", "Limited"]),
    }
}

/// The spec of a Lease.
pub(super) fn lease(spec: &Value, causes: &mut Causes) {
    if let Some(seconds) = at(spec, "leaseDurationSeconds").as_i64()
        && seconds <= 0
    {
        causes.invalid(
            "spec.leaseDurationSeconds",
            seconds,
            "must be greater than 0",
        );
    }
    if let Some(transitions) = at(spec, "leaseTransitions").as_i64()
        && transitions < 0
    {
        let detail = "must be greater than or equal to 0";
        causes.invalid("spec.leaseTransitions", transitions, detail);
    }
}

/// A PriorityClass.
pub(super) fn priority_class(object: &Value, causes: &mut Causes) {
    let (name, value) = (text(at(object, "metadata"), "name"), int(object, "value"));
    if name.starts_with("system-") {
        if !matches!(name, "system-cluster-critical" | "system-node-critical") {
            let detail = "priority class names with 'system-' prefix are reserved for system use only. error: invalid system priority class";
            causes.forbidden("metadata.name", detail);
        }
    } else if value > 1_000_000_000 {
        let detail = "maximum allowed value of a user defined priority is 1000000000";
        causes.forbidden("value", detail);
    }
    if has(object, "preemptionPolicy") {
        let policy = text(object, "preemptionPolicy");
        let policies = ["PreemptLowerPriority", "Never"];
        causes.one_of("preemptionPolicy", policy, &policies);
    }
}

/// What may not change in a PriorityClass.
pub(super) fn priority_class_update(new: &Value, old: &Value, causes: &mut Causes) {
    if int(new, "value") != int(old, "value") {
        causes.forbidden("value", "may not be changed in an update.");
    }
    let key = "preemptionPolicy";
    meta::immutable_value(at(new, key), at(old, key), format_args!("{key}"), causes);
}

/// A RuntimeClass.
pub(super) fn runtime_class(object: &Value, causes: &mut Causes) {
    let handler = text(object, "handler");
    causes.each("handler", handler, names::dns_label(handler));
    let scheduling = at(object, "scheduling");
    meta::labels(
        at(scheduling, "nodeSelector"),
        format_args!("scheduling.nodeSelector"),
        causes,
    );
    super::scheduling::tolerations(
        list(scheduling, "tolerations"),
        format_args!("scheduling.tolerations"),
        causes,
    );
}

/// A spec that may not change at all.
pub(super) fn fixed_spec(new: &Value, old: &Value, type_name: &str, causes: &mut Causes) {
    if !semantic::equal(at(new, "spec"), at(old, "spec"), type_name) {
        let shown = go::internal(at(new, "spec"), type_name).compact();
        causes.invalid_shown("spec", &shown, "field is immutable");
    }
}
