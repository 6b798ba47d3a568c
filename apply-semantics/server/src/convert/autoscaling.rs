//! HorizontalPodAutoscaler in autoscaling/v1 and v2: v1 knows only one metric, and carries the rest in annotations.

use serde_json::{Map, Value, json};

const METRICS: &str = "autoscaling.alpha.kubernetes.io/metrics";
const CURRENT_METRICS: &str = "autoscaling.alpha.kubernetes.io/current-metrics";
const CONDITIONS: &str = "autoscaling.alpha.kubernetes.io/conditions";
const BEHAVIOR: &str = "autoscaling.alpha.kubernetes.io/behavior";

pub(super) fn to_v1(object: &mut Value) {
    if let Some(Value::Array(metrics)) = take(object, "spec", "metrics") {
        let cpu = metrics.iter().position(is_cpu_utilization);
        if let Some(percentage) = cpu.and_then(|at| metrics.get(at)).and_then(utilization) {
            put(object, "spec", "targetCPUUtilizationPercentage", percentage);
        }
        let rest = metrics.into_iter().enumerate();
        let rest: Vec<_> = rest
            .filter(|(at, _)| Some(*at) != cpu)
            .map(|(_, metric)| metric)
            .collect();
        annotate(
            object,
            METRICS,
            Some(Value::Array(rest)).filter(|rest| *rest != json!([])),
        );
    }
    let behavior = take(object, "spec", "behavior");
    annotate(object, BEHAVIOR, behavior);
    if object.get("status").is_some_and(Value::is_object) {
        let current = take(object, "status", "currentMetrics").filter(|metrics| !metrics.is_null());
        annotate(object, CURRENT_METRICS, current);
        let conditions = take(object, "status", "conditions");
        annotate(object, CONDITIONS, conditions);
        for count in ["currentReplicas", "desiredReplicas"] {
            if object.pointer(&format!("/status/{count}")).is_none() {
                put(object, "status", count, json!(0));
            }
        }
    }
}

pub(super) fn to_v2(object: &mut Value) {
    let mut metrics = Vec::new();
    if let Some(Value::Array(others)) = unannotate(object, METRICS) {
        metrics.extend(others);
    }
    if let Some(percentage) = take(object, "spec", "targetCPUUtilizationPercentage") {
        metrics.push(
            json!({"type": "Resource", "resource": {"name": "cpu", "target": {
                "type": "Utilization", "averageUtilization": percentage,
            }}}),
        );
    }
    if !metrics.is_empty() {
        put(object, "spec", "metrics", Value::Array(metrics));
    }
    if let Some(behavior) = unannotate(object, BEHAVIOR) {
        put(object, "spec", "behavior", behavior);
    }
    let (current, conditions) = (
        unannotate(object, CURRENT_METRICS),
        unannotate(object, CONDITIONS),
    );
    if object.get("status").is_some_and(Value::is_object) {
        put(
            object,
            "status",
            "currentMetrics",
            current.unwrap_or(Value::Null),
        );
        if let Some(conditions) = conditions {
            put(object, "status", "conditions", conditions);
        }
        // What v2 leaves out when it is zero.
        let zero = take(object, "status", "currentReplicas").filter(|count| *count != json!(0));
        if let Some(count) = zero {
            put(object, "status", "currentReplicas", count);
        }
        take(object, "status", "currentCPUUtilizationPercentage");
    }
}

fn is_cpu_utilization(metric: &Value) -> bool {
    let text = |path| metric.pointer(path).and_then(Value::as_str);
    text("/type") == Some("Resource")
        && text("/resource/name") == Some("cpu")
        && utilization(metric).is_some()
}

fn utilization(metric: &Value) -> Option<Value> {
    metric
        .pointer("/resource/target/averageUtilization")
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

fn annotate(object: &mut Value, name: &str, value: Option<Value>) {
    let Some(value) = value else { return };
    if let Some(metadata) = part(object, "metadata") {
        let annotations = metadata.entry("annotations").or_insert_with(|| json!({}));
        if let Some(annotations) = annotations.as_object_mut() {
            annotations.insert(name.to_owned(), value.to_string().into());
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
            {"type": "Pods", "pods": {"metric": {"name": "m"}}},
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
