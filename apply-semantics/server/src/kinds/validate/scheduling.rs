//! Checks of where pods may run: affinity, tolerations, taints, spreading.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{
    super::{
        cause::{Causes, Field},
        go, names,
        read::{at, has, int, list, text},
    },
    meta,
};

const EFFECTS: [&str; 3] = ["NoSchedule", "PreferNoSchedule", "NoExecute"];
const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";
const PREFERRED: &str = "preferredDuringSchedulingIgnoredDuringExecution";

/// Affinity of a pod to nodes and pods.
pub(super) fn affinity(affinity: &Value, field: Field<'_>, causes: &mut Causes) {
    let nodes = at(affinity, "nodeAffinity");
    let node_field = format_args!("{field}.nodeAffinity");
    if has(nodes, REQUIRED) {
        node_selector(
            at(nodes, REQUIRED),
            format_args!("{node_field}.{REQUIRED}"),
            true,
            causes,
        );
    }
    for (index, term) in list(nodes, PREFERRED).iter().enumerate() {
        let field = format_args!("{node_field}.{PREFERRED}[{index}]");
        weight(term, field, causes);
        // Values may be any here, as such a term may match nothing.
        node_term(
            at(term, "preference"),
            format_args!("{field}.preference"),
            false,
            causes,
        );
    }
    for kind in ["podAffinity", "podAntiAffinity"] {
        let pods = at(affinity, kind);
        for (index, term) in list(pods, REQUIRED).iter().enumerate() {
            pod_term(
                term,
                format_args!("{field}.{kind}.{REQUIRED}[{index}]"),
                causes,
            );
        }
        for (index, term) in list(pods, PREFERRED).iter().enumerate() {
            let field = format_args!("{field}.{kind}.{PREFERRED}[{index}]");
            weight(term, field, causes);
            pod_term(
                at(term, "podAffinityTerm"),
                format_args!("{field}.podAffinityTerm"),
                causes,
            );
        }
    }
}

fn weight(term: &Value, field: Field<'_>, causes: &mut Causes) {
    let weight = int(term, "weight");
    if !(1..=100).contains(&weight) {
        causes.invalid(
            format_args!("{field}.weight"),
            weight,
            "must be in the range 1-100",
        );
    }
}

/// A selector of nodes.
pub(super) fn node_selector(selector: &Value, field: Field<'_>, strict: bool, causes: &mut Causes) {
    let terms = list(selector, "nodeSelectorTerms");
    let field = format_args!("{field}.nodeSelectorTerms");
    if terms.is_empty() {
        return causes.required(field, "must have at least one node selector term");
    }
    for (index, term) in terms.iter().enumerate() {
        node_term(term, format_args!("{field}[{index}]"), strict, causes);
    }
}

fn node_term(term: &Value, field: Field<'_>, strict: bool, causes: &mut Causes) {
    for (index, rule) in list(term, "matchExpressions").iter().enumerate() {
        node_rule(
            rule,
            format_args!("{field}.matchExpressions[{index}]"),
            strict,
            causes,
        );
    }
    for (index, rule) in list(term, "matchFields").iter().enumerate() {
        let field = format_args!("{field}.matchFields[{index}]");
        match text(rule, "operator") {
            "In" | "NotIn" if list(rule, "values").len() != 1 => causes.required(
                format_args!("{field}.values"),
                "must be only one value when `operator` is 'In' or 'NotIn' for node field selector",
            ),
            "In" | "NotIn" => {}
            operator => causes.invalid(
                format_args!("{field}.operator"),
                operator,
                "not a valid selector operator",
            ),
        }
        if text(rule, "key") != "metadata.name" {
            causes.invalid(
                format_args!("{field}.key"),
                text(rule, "key"),
                "not a valid field selector key",
            );
        }
    }
}

fn node_rule(rule: &Value, field: Field<'_>, strict: bool, causes: &mut Causes) {
    let values = list(rule, "values");
    let values_field = format_args!("{field}.values");
    match text(rule, "operator") {
        "In" | "NotIn" if values.is_empty() => {
            causes.required(
                values_field,
                "must be specified when `operator` is 'In' or 'NotIn'",
            );
        }
        "Exists" | "DoesNotExist" if !values.is_empty() => causes.forbidden(
            values_field,
            "may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
        ),
        "Gt" | "Lt" if values.len() != 1 => causes.required(
            values_field,
            "must be specified single value when `operator` is 'Lt' or 'Gt'",
        ),
        "In" | "NotIn" | "Exists" | "DoesNotExist" | "Gt" | "Lt" => {}
        operator => causes.invalid(
            format_args!("{field}.operator"),
            operator,
            "not a valid selector operator",
        ),
    }
    let key = text(rule, "key");
    causes.each(format_args!("{field}.key"), key, names::label_key(key));
    if strict {
        for (index, value) in values.iter().filter_map(Value::as_str).enumerate() {
            causes.each(
                format_args!("{values_field}[{index}]"),
                value,
                names::label_value(value),
            );
        }
    }
}

fn pod_term(term: &Value, field: Field<'_>, causes: &mut Causes) {
    for key in ["labelSelector", "namespaceSelector"] {
        meta::selector(at(term, key), format_args!("{field}.{key}"), causes);
    }
    for namespace in list(term, "namespaces").iter().filter_map(Value::as_str) {
        causes.each(
            format_args!("{field}.namespace"),
            namespace,
            names::dns_label(namespace),
        );
    }
    let key = text(term, "topologyKey");
    if key.is_empty() {
        causes.required(format_args!("{field}.topologyKey"), "can not be empty");
    }
    causes.each(
        format_args!("{field}.topologyKey"),
        key,
        names::label_key(key),
    );
}

/// Tolerations.
pub(super) fn tolerations(tolerations: &[Value], field: Field<'_>, causes: &mut Causes) {
    for (index, toleration) in tolerations.iter().enumerate() {
        let field = format_args!("{field}[{index}]");
        let (key, operator) = (text(toleration, "key"), text(toleration, "operator"));
        let (value, effect) = (text(toleration, "value"), text(toleration, "effect"));
        if !key.is_empty() {
            causes.each(format_args!("{field}.key"), key, names::label_key(key));
        } else if operator != "Exists" {
            let detail = "operator must be Exists when `key` is empty, which means \"match all values and all keys\"";
            causes.invalid(format_args!("{field}.operator"), operator, detail);
        }
        if has(toleration, "tolerationSeconds") && effect != "NoExecute" {
            let detail = "effect must be 'NoExecute' when `tolerationSeconds` is set";
            causes.invalid(format_args!("{field}.effect"), effect, detail);
        }
        match operator {
            "" | "Equal" => {
                let wrong = names::label_value(value);
                if !wrong.is_empty() {
                    causes.invalid(format_args!("{field}.operator"), value, &wrong.join(";"));
                }
            }
            "Exists" if !value.is_empty() => {
                let detail = "value must be empty when `operator` is 'Exists'";
                causes.invalid(format_args!("{field}.operator"), value, detail);
            }
            "Exists" => {}
            other => causes.not_supported(
                format_args!("{field}.operator"),
                other,
                &["Equal", "Exists"],
            ),
        }
        if !effect.is_empty() && !EFFECTS.contains(&effect) {
            causes.not_supported(format_args!("{field}.effect"), effect, &EFFECTS);
        }
    }
}

/// Taints of a node.
pub(super) fn taints(taints: &[Value], field: Field<'_>, causes: &mut Causes) {
    let mut seen = BTreeSet::new();
    for (index, taint) in taints.iter().enumerate() {
        let field = format_args!("{field}[{index}]");
        let (key, value, effect) = (
            text(taint, "key"),
            text(taint, "value"),
            text(taint, "effect"),
        );
        causes.each(format_args!("{field}.key"), key, names::label_key(key));
        let wrong = names::label_value(value);
        if !wrong.is_empty() {
            causes.invalid(format_args!("{field}.value"), value, &wrong.join(";"));
        }
        causes.one_of(format_args!("{field}.effect"), effect, &EFFECTS);
        if !seen.insert((key, effect)) {
            let shown = go::internal(taint, "core.v1.Taint").compact();
            let shown = format!("{shown}: taints must be unique by key and effect pair");
            causes.duplicate_shown(field, &shown);
        }
    }
}

/// How pods of a kind are spread.
pub(super) fn spread(spec: &Value, field: Field<'_>, causes: &mut Causes) {
    let constraints = list(spec, "topologySpreadConstraints");
    for (index, constraint) in constraints.iter().enumerate() {
        let field = format_args!("{field}[{index}]");
        let skew = int(constraint, "maxSkew");
        if skew <= 0 {
            causes.invalid(
                format_args!("{field}.maxSkew"),
                skew,
                "must be greater than zero",
            );
        }
        let (key, action) = (
            text(constraint, "topologyKey"),
            text(constraint, "whenUnsatisfiable"),
        );
        if key.is_empty() {
            causes.required(format_args!("{field}.topologyKey"), "can not be empty");
        }
        if !matches!(action, "DoNotSchedule" | "ScheduleAnyway") {
            let actions = ["DoNotSchedule", "ScheduleAnyway"];
            causes.not_supported(format_args!("{field}.whenUnsatisfiable"), action, &actions);
        }
        let pair = |other: &&Value| {
            text(other, "topologyKey") == key && text(other, "whenUnsatisfiable") == action
        };
        if constraints.iter().skip(index + 1).any(|other| pair(&other)) {
            let field = format!("{field}.{{topologyKey, whenUnsatisfiable}}");
            causes.duplicate(field, format!("{{{key}, {action}}}"));
        }
        if let Some(domains) = at(constraint, "minDomains").as_i64() {
            let field = format_args!("{field}.minDomains");
            if domains <= 0 {
                causes.invalid(field, domains, "must be greater than zero");
            }
            if action != "DoNotSchedule" {
                let detail = format!(
                    "can only use minDomains if whenUnsatisfiable=DoNotSchedule, not {action}"
                );
                causes.invalid(field, domains, &detail);
            }
        }
        for key in ["nodeAffinityPolicy", "nodeTaintsPolicy"] {
            let policy = text(constraint, key);
            if has(constraint, key) && !matches!(policy, "Honor" | "Ignore") {
                causes.not_supported(format_args!("{field}.{key}"), policy, &["Honor", "Ignore"]);
            }
        }
        meta::selector(
            at(constraint, "labelSelector"),
            format_args!("{field}.labelSelector"),
            causes,
        );
    }
}
