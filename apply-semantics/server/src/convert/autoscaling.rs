//! HorizontalPodAutoscaler in autoscaling/v1 and v2: v1 knows only one metric, and carries the rest in annotations.

use serde_json::{Map, Value, json};

use super::metrics::{self, Of};
use crate::kinds;

const METRICS: &str = "autoscaling.alpha.kubernetes.io/metrics";
const CURRENT_METRICS: &str = "autoscaling.alpha.kubernetes.io/current-metrics";
const CONDITIONS: &str = "autoscaling.alpha.kubernetes.io/conditions";
const BEHAVIOR: &str = "autoscaling.alpha.kubernetes.io/behavior";

pub(super) fn to_v1(object: &mut Value) {
    if let Some(Value::Array(metrics)) = take(object, "spec", "metrics") {
        let cpu = metrics.iter().find(|metric| is_cpu(metric, "target"));
        if let Some(percentage) = cpu.and_then(|metric| utilization(metric, "target")) {
            put(object, "spec", "targetCPUUtilizationPercentage", percentage);
        }
        annotate_others(object, METRICS, metrics, Of::Spec);
    }
    if let Some(behavior) = take(object, "spec", "behavior") {
        let text =
            kinds::internal_json(&behavior, "autoscaling.v2.HorizontalPodAutoscalerBehavior");
        annotate(object, BEHAVIOR, text);
    }
    if !object.get("status").is_some_and(Value::is_object) {
        return;
    }
    if let Some(Value::Array(metrics)) = take(object, "status", "currentMetrics") {
        let cpu = metrics.iter().find(|metric| is_cpu(metric, "current"));
        if let Some(percentage) = cpu.and_then(|metric| utilization(metric, "current")) {
            put(
                object,
                "status",
                "currentCPUUtilizationPercentage",
                percentage,
            );
        }
        annotate_others(object, CURRENT_METRICS, metrics, Of::Status);
    }
    if let Some(Value::Array(conditions)) = take(object, "status", "conditions")
        && !conditions.is_empty()
    {
        let condition = "autoscaling.v2.HorizontalPodAutoscalerCondition";
        let texts = conditions
            .iter()
            .map(|one| kinds::ordered_json(one, condition));
        let text = format!("[{}]", texts.collect::<Vec<_>>().join(","));
        annotate(object, CONDITIONS, text);
    }
    for count in ["currentReplicas", "desiredReplicas"] {
        if object.pointer(&format!("/status/{count}")).is_none() {
            put(object, "status", count, json!(0));
        }
    }
}

/// The metrics that version 1 has no field for: all but the utilisation of the CPU, of which it has room for one.
fn annotate_others(object: &mut Value, name: &str, mut metrics: Vec<Value>, of: Of) {
    let word = if of == Of::Spec { "target" } else { "current" };
    metrics.retain(|metric| !is_cpu(metric, word));
    if !metrics.is_empty() {
        annotate(object, name, metrics::to_text(&metrics, of));
    }
}

pub(super) fn to_v2(object: &mut Value) {
    let mut metrics = Vec::new();
    if let Some(percentage) = take(object, "spec", "targetCPUUtilizationPercentage") {
        metrics.push(cpu_utilization(&percentage));
    }
    if let Some(Value::Array(others)) = unannotate(object, METRICS) {
        let others = metrics::from_annotation(&others, Of::Spec);
        // What measures something else comes first.
        metrics.splice(0..0, others);
    }
    // The default of version 2 is set here, where it is known that nothing else is measured.
    if metrics.is_empty() {
        metrics.push(cpu_utilization(&DEFAULT_CPU_UTILIZATION.into()));
    }
    if let Some(object) = object.as_object_mut() {
        object.entry("spec").or_insert_with(|| json!({}));
    }
    put(object, "spec", "metrics", Value::Array(metrics));
    if let Some(behavior) = unannotate(object, BEHAVIOR) {
        put(object, "spec", "behavior", with_json_names(behavior));
    }
    let (current, conditions) = (
        unannotate(object, CURRENT_METRICS),
        unannotate(object, CONDITIONS),
    );
    if object.get("status").is_some_and(Value::is_object) {
        let mut metrics = Vec::new();
        if let Some(Value::Array(others)) = current {
            metrics.extend(metrics::from_annotation(&others, Of::Status));
        }
        if let Some(percentage) = take(object, "status", "currentCPUUtilizationPercentage") {
            metrics.push(
                json!({"type": "Resource", "resource": {"name": "cpu", "current": {
                    "averageUtilization": percentage,
                }}}),
            );
        }
        let metrics = if metrics.is_empty() {
            Value::Null
        } else {
            metrics.into()
        };
        put(object, "status", "currentMetrics", metrics);
        if let Some(conditions) = conditions {
            put(object, "status", "conditions", conditions);
        }
        // What v2 leaves out when it is zero.
        let zero = take(object, "status", "currentReplicas").filter(|count| *count != json!(0));
        if let Some(count) = zero {
            put(object, "status", "currentReplicas", count);
        }
    }
}

/// What was written with Go names, with JSON names and without what is empty.
fn with_json_names(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let fields = fields.into_iter().filter(|(_, value)| !value.is_null());
            let renamed = fields.map(|(name, value)| {
                let mut letters = name.chars();
                let first = letters.next().map(|letter| letter.to_ascii_lowercase());
                (
                    first.into_iter().chain(letters).collect(),
                    with_json_names(value),
                )
            });
            Value::Object(renamed.collect())
        }
        Value::Array(items) => items.into_iter().map(with_json_names).collect(),
        other => other,
    }
}

/// Percent of what is requested.
const DEFAULT_CPU_UTILIZATION: i32 = 80;

fn cpu_utilization(percentage: &Value) -> Value {
    json!({"type": "Resource", "resource": {"name": "cpu", "target": {
        "type": "Utilization", "averageUtilization": percentage,
    }}})
}

fn is_cpu(metric: &Value, of: &str) -> bool {
    let text = |path| metric.pointer(path).and_then(Value::as_str);
    text("/type") == Some("Resource")
        && text("/resource/name") == Some("cpu")
        && utilization(metric, of).is_some()
}

fn utilization(metric: &Value, of: &str) -> Option<Value> {
    metric
        .pointer(&format!("/resource/{of}/averageUtilization"))
        .cloned()
}

fn part<'a>(object: &'a mut Value, part: &str) -> Option<&'a mut Map<String, Value>> {
    object.get_mut(part)?.as_object_mut()
}

fn take(object: &mut Value, of: &str, field: &str) -> Option<Value> {
    part(object, of)?.remove(field)
}

fn put(object: &mut Value, of: &str, field: &str, value: Value) {
    if let Some(part) = part(object, of) {
        part.insert(field.to_owned(), value);
    }
}

fn annotate(object: &mut Value, name: &str, text: String) {
    if let Some(metadata) = part(object, "metadata") {
        let annotations = metadata.entry("annotations").or_insert_with(|| json!({}));
        if let Some(annotations) = annotations.as_object_mut() {
            annotations.insert(name.to_owned(), text.into());
        }
    }
}

fn unannotate(object: &mut Value, name: &str) -> Option<Value> {
    let metadata = part(object, "metadata")?;
    let annotations = metadata.get_mut("annotations")?.as_object_mut()?;
    let text = annotations.remove(name)?;
    if annotations.is_empty() {
        metadata.remove("annotations");
    }
    serde_json::from_str(text.as_str()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_v1_cannot_say_survives_in_annotations() {
        let v2 = json!({"metadata": {"name": "a"}, "spec": {"maxReplicas": 3, "metrics": [
            {"type": "Pods", "pods": {"metric": {"name": "m"}, "target": {"type": "AverageValue", "averageValue": "1"}}},
            {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 70}}},
        ], "behavior": {"scaleUp": {"stabilizationWindowSeconds": 3}}},
            "status": {"desiredReplicas": 0, "currentMetrics": null}});
        let mut object = v2.clone();
        to_v1(&mut object);
        assert_eq!(object["spec"]["targetCPUUtilizationPercentage"], 70);
        assert_eq!(
            object["status"],
            json!({"currentReplicas": 0, "desiredReplicas": 0})
        );
        to_v2(&mut object);
        assert_eq!(object, v2);
    }
}
