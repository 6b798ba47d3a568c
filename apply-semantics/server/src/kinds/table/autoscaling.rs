//! The row of a HorizontalPodAutoscaler: what it measures against what it wants.

use serde_json::{Value, json};

use super::super::read::{at, has, int, list, text};

/// Reference, targets, bounds and replicas.
pub(super) fn row(object: &Value) -> Vec<Option<Value>> {
    let (spec, status) = (at(object, "spec"), at(object, "status"));
    let target = at(spec, "scaleTargetRef");
    let least = at(spec, "minReplicas")
        .as_i64()
        .map_or_else(|| "<unset>".to_owned(), |least| least.to_string());
    vec![
        Some(json!(format!(
            "{}/{}",
            text(target, "kind"),
            text(target, "name")
        ))),
        Some(json!(targets(object))),
        Some(json!(least)),
        Some(json!(int(spec, "maxReplicas"))),
        Some(json!(int(status, "currentReplicas"))),
        None,
    ]
}

fn targets(object: &Value) -> String {
    let (spec, status) = (at(object, "spec"), at(object, "status"));
    if let Some(wanted) = at(spec, "targetCPUUtilizationPercentage").as_i64() {
        let held = at(status, "currentCPUUtilizationPercentage").as_i64();
        let held = held.map_or_else(|| "<unknown>".to_owned(), |held| format!("{held}%"));
        return format!("cpu: {held}/{wanted}%");
    }
    let metrics = list(spec, "metrics");
    if metrics.is_empty() {
        return "<none>".to_owned();
    }
    let held = list(status, "currentMetrics");
    let shown = metrics
        .iter()
        .enumerate()
        .map(|(index, metric)| target(metric, held.get(index).unwrap_or(&Value::Null)));
    let shown: Vec<String> = shown.collect();
    match shown.get(..2) {
        Some(first) if shown.len() > 2 => {
            format!("{} + {} more...", first.join(", "), shown.len() - 2)
        }
        _ => shown.join(", "),
    }
}

fn target(metric: &Value, held: &Value) -> String {
    let kind = text(metric, "type");
    let key = match kind {
        "ContainerResource" => "containerResource",
        "External" => "external",
        "Object" => "object",
        "Pods" => "pods",
        _ => "resource",
    };
    let (source, current) = (at(metric, key), at(at(held, key), "current"));
    let wanted = at(source, "target");
    let amount =
        |value: &Value, key: &str| at(value, key).as_str().unwrap_or("<unknown>").to_owned();
    let (value, average) = (has(wanted, "value"), has(wanted, "averageValue"));
    let shown = if has(wanted, "averageUtilization") {
        let held = at(current, "averageUtilization").as_i64();
        let held = held.map_or_else(|| "<unknown>".to_owned(), |held| format!("{held}%"));
        format!("{held}/{}%", int(wanted, "averageUtilization"))
    } else if average {
        let suffix = if matches!(key, "external" | "object") {
            " (avg)"
        } else {
            ""
        };
        format!(
            "{}/{}{suffix}",
            amount(current, "averageValue"),
            amount(wanted, "averageValue")
        )
    } else if value {
        format!("{}/{}", amount(current, "value"), amount(wanted, "value"))
    } else {
        "<unknown>/<auto>".to_owned()
    };
    match key {
        "resource" | "containerResource" => format!("{}: {shown}", text(source, "name")),
        _ => shown,
    }
}
