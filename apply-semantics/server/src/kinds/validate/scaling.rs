//! Checks of HorizontalPodAutoscalers, PodDisruptionBudgets and scales.

use serde_json::Value;

use super::{
    super::{
        cause::{Causes, Field},
        go, names,
        read::{at, has, int, list, text},
    },
    meta, resources, workload,
};

const METRICS: [(&str, &str); 5] = [
    ("ContainerResource", "containerResource"),
    ("External", "external"),
    ("Object", "object"),
    ("Pods", "pods"),
    ("Resource", "resource"),
];

/// The spec of a HorizontalPodAutoscaler of version 2.
pub(super) fn autoscaler(spec: &Value, causes: &mut Causes) {
    let least = at(spec, "minReplicas").as_i64();
    if let Some(least) = least.filter(|least| *least < 1) {
        causes.invalid(
            "spec.minReplicas",
            least,
            "must be greater than or equal to 1",
        );
    }
    let most = int(spec, "maxReplicas");
    if most < 1 {
        causes.required("spec.maxReplicas", "must be set and greater than 0");
    }
    if least.is_some_and(|least| most < least) {
        let detail = "must be greater than or equal to `minReplicas`";
        causes.invalid("spec.maxReplicas", most, detail);
    }
    target_reference(
        at(spec, "scaleTargetRef"),
        format_args!("spec.scaleTargetRef"),
        causes,
    );
    for (index, metric) in list(spec, "metrics").iter().enumerate() {
        self::metric(metric, format_args!("spec.metrics[{index}]"), causes);
    }
    for direction in ["scaleUp", "scaleDown"] {
        let rules = at(at(spec, "behavior"), direction);
        if !rules.is_null() {
            scaling_rules(rules, format_args!("spec.behavior.{direction}"), causes);
        }
    }
}

fn target_reference(reference: &Value, field: Field<'_>, causes: &mut Causes) {
    for key in ["kind", "name"] {
        let value = text(reference, key);
        if value.is_empty() {
            causes.required(format_args!("{field}.{key}"), "");
        } else {
            causes.each(
                format_args!("{field}.{key}"),
                value,
                names::path_segment(value),
            );
        }
    }
    let version = text(reference, "apiVersion");
    let is_core = text(reference, "kind") == "ReplicationController" && version == "v1";
    if !version.contains('/') && !is_core {
        let detail = "apiVersion must specify API group";
        causes.invalid(format_args!("{field}.apiVersion"), version, detail);
    }
}

fn metric(metric: &Value, field: Field<'_>, causes: &mut Causes) {
    let kind = text(metric, "type");
    let kinds = METRICS.map(|(kind, _)| kind);
    if kind.is_empty() {
        causes.required(
            format_args!("{field}.type"),
            "must specify a metric source type",
        );
    }
    let known = METRICS.iter().find(|(known, _)| *known == kind);
    if known.is_none() {
        // Once since it is unknown, and once since no source belongs to it.
        causes.not_supported(format_args!("{field}.type"), kind, &kinds);
    }
    let present: Vec<&str> = METRICS
        .map(|(_, key)| key)
        .into_iter()
        .filter(|key| has(metric, key))
        .collect();
    if let [only] = present.as_slice() {
        source(
            at(metric, only),
            only,
            format_args!("{field}.{only}"),
            causes,
        );
    }
    match known {
        Some((_, key)) if !has(metric, key) => {
            let detail = "must populate information for the given metric source";
            causes.required(format_args!("{field}.{key}"), detail);
        }
        Some(_) => {}
        None => causes.not_supported(format_args!("{field}.type"), kind, &kinds),
    }
    if present.len() != 1 {
        let own = known.map_or("", |(_, key)| key);
        for key in present.iter().filter(|key| **key != own) {
            let detail = "must populate the given metric source only";
            causes.forbidden(format_args!("{field}.{key}"), detail);
        }
    }
}

fn source(source: &Value, kind: &str, field: Field<'_>, causes: &mut Causes) {
    let goal = at(source, "target");
    match kind {
        "resource" | "containerResource" => {
            if text(source, "name").is_empty() {
                causes.required(format_args!("{field}.name"), "must specify a resource name");
            }
            if kind == "containerResource" && text(source, "container").is_empty() {
                causes.required(
                    format_args!("{field}.container"),
                    "must specify a container",
                );
            }
            target(goal, format_args!("{field}.target"), causes);
            let (share, amount) = (has(goal, "averageUtilization"), has(goal, "averageValue"));
            if !share && !amount {
                let detail = "must set either a target raw value or a target utilization";
                causes.required(format_args!("{field}.target.averageUtilization"), detail);
            } else if share && amount {
                let detail = "may not set both a target raw value and a target utilization";
                causes.forbidden(format_args!("{field}.target.averageValue"), detail);
            }
        }
        _ => {
            if kind == "object" {
                target_reference(
                    at(source, "describedObject"),
                    format_args!("{field}.describedObject"),
                    causes,
                );
            }
            let name = text(at(source, "metric"), "name");
            if name.is_empty() {
                causes.required(
                    format_args!("{field}.metric.name"),
                    "must specify a metric name",
                );
            } else {
                causes.each(
                    format_args!("{field}.metric.name"),
                    name,
                    names::path_segment(name),
                );
            }
            target(goal, format_args!("{field}.target"), causes);
            if kind == "pods" && !has(goal, "averageValue") {
                let detail = "must specify a positive target averageValue";
                causes.required(format_args!("{field}.target.averageValue"), detail);
            } else if kind != "pods" && !has(goal, "value") && !has(goal, "averageValue") {
                let detail = "must set either a target value or averageValue";
                causes.required(format_args!("{field}.target.averageValue"), detail);
            }
        }
    }
}

fn target(target: &Value, field: Field<'_>, causes: &mut Causes) {
    let kind = text(target, "type");
    if kind.is_empty() {
        causes.required(
            format_args!("{field}.type"),
            "must specify a metric target type",
        );
    }
    if !matches!(kind, "Utilization" | "Value" | "AverageValue") {
        let detail = "must be either Utilization, Value, or AverageValue";
        causes.invalid(format_args!("{field}.type"), kind, detail);
    }
    for key in ["value", "averageValue"] {
        if has(target, key) && resources::amount(at(target, key)) <= resources::zero() {
            causes.invalid(
                format_args!("{field}.{key}"),
                at(target, key).clone(),
                "must be positive",
            );
        }
    }
    if let Some(share) = at(target, "averageUtilization").as_i64()
        && share < 1
    {
        causes.invalid(
            format_args!("{field}.averageUtilization"),
            share,
            "must be greater than 0",
        );
    }
}

fn scaling_rules(rules: &Value, field: Field<'_>, causes: &mut Causes) {
    if let Some(seconds) = at(rules, "stabilizationWindowSeconds").as_i64() {
        let field = format_args!("{field}.stabilizationWindowSeconds");
        if seconds < 0 {
            causes.invalid(field, seconds, "must be greater than or equal to zero");
        } else if seconds > 3600 {
            causes.invalid(field, seconds, "must be less than or equal to 3600");
        }
    }
    let policy = text(rules, "selectPolicy");
    if has(rules, "selectPolicy") && !matches!(policy, "Disabled" | "Max" | "Min") {
        causes.not_supported(
            format_args!("{field}.selectPolicy"),
            policy,
            &["Disabled", "Max", "Min"],
        );
    }
    let policies = list(rules, "policies");
    if policies.is_empty() {
        causes.required(
            format_args!("{field}.policies"),
            "must specify at least one Policy",
        );
    }
    for (index, policy) in policies.iter().enumerate() {
        let field = format_args!("{field}.policies[{index}]");
        let kind = text(policy, "type");
        if !matches!(kind, "Percent" | "Pods") {
            causes.not_supported(format_args!("{field}.type"), kind, &["Percent", "Pods"]);
        }
        for key in ["value", "periodSeconds"] {
            let number = int(policy, key);
            if number <= 0 {
                causes.invalid(
                    format_args!("{field}.{key}"),
                    number,
                    "must be greater than zero",
                );
            } else if key == "periodSeconds" && number > 1800 {
                causes.invalid(
                    format_args!("{field}.{key}"),
                    number,
                    "must be less than or equal to 1800",
                );
            }
        }
    }
}

/// The spec of a PodDisruptionBudget.
pub(super) fn disruption_budget(spec: &Value, causes: &mut Causes) {
    if has(spec, "minAvailable") && has(spec, "maxUnavailable") {
        let shown = go::internal(spec, "policy.v1.PodDisruptionBudgetSpec").compact();
        causes.invalid_shown(
            "spec",
            &shown,
            "minAvailable and maxUnavailable cannot be both set",
        );
    }
    for key in ["minAvailable", "maxUnavailable"] {
        let field = format_args!("spec.{key}");
        workload::amount(at(spec, key), field, causes);
        workload::at_most_all(at(spec, key), field, causes);
    }
    meta::selector(at(spec, "selector"), format_args!("spec.selector"), causes);
    let policy = text(spec, "unhealthyPodEvictionPolicy");
    let policies = ["AlwaysAllow", "IfHealthyBudget"];
    if has(spec, "unhealthyPodEvictionPolicy") && !policies.contains(&policy) {
        causes.not_supported("spec.unhealthyPodEvictionPolicy", policy, &policies);
    }
}

/// A scale.
pub(super) fn scale(object: &Value, causes: &mut Causes) {
    meta::non_negative(at(object, "spec"), "replicas", format_args!("spec"), causes);
}
