//! The one built-in kind whose versions have different fields and are both stable: autoscalers. What v2 has and v1 has no
//! field for is kept in annotations there.

use serde_json::{Map, Value, json};

use crate::{
    request::{Convert, SameFields},
    updater::ConvertError,
};

type Object = Map<String, Value>;

const METRICS: &str = "autoscaling.alpha.kubernetes.io/metrics";
const BEHAVIOR: &str = "autoscaling.alpha.kubernetes.io/behavior";
const PERCENTAGE: &str = "targetCPUUtilizationPercentage";

/// A type of metric, the field that describes its source, and where the parts of that stand in v2 (as pointers) and in v1.
type Source = (
    &'static str,
    &'static str,
    &'static [(&'static str, &'static str)],
);

const SOURCES: [Source; 5] = [
    (
        "Resource",
        "resource",
        &[
            ("/name", "name"),
            ("/target/averageUtilization", "targetAverageUtilization"),
            ("/target/averageValue", "targetAverageValue"),
        ],
    ),
    (
        "ContainerResource",
        "containerResource",
        &[
            ("/name", "name"),
            ("/container", "container"),
            ("/target/averageUtilization", "targetAverageUtilization"),
            ("/target/averageValue", "targetAverageValue"),
        ],
    ),
    (
        "Pods",
        "pods",
        &[
            ("/metric/name", "metricName"),
            ("/metric/selector", "selector"),
            ("/target/averageValue", "targetAverageValue"),
        ],
    ),
    (
        "Object",
        "object",
        &[
            ("/describedObject", "target"),
            ("/metric/name", "metricName"),
            ("/metric/selector", "selector"),
            ("/target/value", "targetValue"),
            ("/target/averageValue", "averageValue"),
        ],
    ),
    (
        "External",
        "external",
        &[
            ("/metric/name", "metricName"),
            ("/metric/selector", "metricSelector"),
            ("/target/value", "targetValue"),
            ("/target/averageValue", "targetAverageValue"),
        ],
    ),
];

/// Converts objects of built-in kinds between their versions.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Versions;

impl Convert for Versions {
    fn convert(&self, object: Value, from: &str, to: &str) -> Result<Value, ConvertError> {
        let scaler = object
            .get("kind")
            .is_some_and(|kind| kind == "HorizontalPodAutoscaler");
        let mut object = SameFields.convert(object, from, to)?;
        match (scaler, from, to, object.as_object_mut()) {
            (true, "autoscaling/v2", "autoscaling/v1", Some(object)) => to_v1(object),
            (true, "autoscaling/v1", "autoscaling/v2", Some(object)) => to_v2(object),
            _ => {}
        }
        Ok(object)
    }
}

fn to_v1(object: &mut Object) {
    let Some(spec) = object.get_mut("spec").and_then(Value::as_object_mut) else {
        return;
    };
    let behavior = spec
        .remove("behavior")
        .filter(|behavior| !behavior.is_null());
    let metrics = spec.remove("metrics").unwrap_or_default();
    let mut others = Vec::new();
    for metric in metrics.as_array().into_iter().flatten() {
        match utilization(metric) {
            Some(target) => drop(spec.insert(PERCENTAGE.to_owned(), target)),
            None => others.extend(metric_to_v1(metric)),
        }
    }
    if !others.is_empty() {
        annotate(object, METRICS, &others.into());
    }
    if let Some(behavior) = behavior {
        annotate(object, BEHAVIOR, &behavior);
    }
    // What is known of the current state is the server's, and not compared.
    object.remove("status");
}

fn to_v2(object: &mut Object) {
    let behavior = unannotate(object, BEHAVIOR);
    let others = unannotate(object, METRICS).unwrap_or_default();
    let Some(spec) = object.get_mut("spec").and_then(Value::as_object_mut) else {
        return;
    };
    let mut metrics: Vec<_> = others
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(metric_to_v2)
        .collect();
    if let Some(percentage) = spec.remove(PERCENTAGE).filter(|target| !target.is_null()) {
        let target = json!({"type": "Utilization", "averageUtilization": percentage});
        metrics.push(json!({"type": "Resource", "resource": {"name": "cpu", "target": target}}));
    }
    if !metrics.is_empty() {
        spec.insert("metrics".to_owned(), metrics.into());
    }
    if let Some(behavior) = behavior {
        spec.insert("behavior".to_owned(), behavior);
    }
    object.remove("status");
}

/// The target of the metric that v1 has a field for.
fn utilization(metric: &Value) -> Option<Value> {
    let resource = metric.get("resource")?;
    let cpu = metric.get("type")? == "Resource" && resource.get("name")? == "cpu";
    resource
        .pointer("/target/averageUtilization")
        .filter(|_| cpu)
        .cloned()
}

fn metric_to_v1(metric: &Value) -> Option<Value> {
    let (kind, field, parts) = source_of(metric)?;
    let source = metric.get(field)?;
    let parts = parts
        .iter()
        .filter_map(|(from, to)| Some(((*to).to_owned(), source.pointer(from)?.clone())));
    Some(json!({"type": kind, field: parts.collect::<Object>()}))
}

fn metric_to_v2(metric: &Value) -> Option<Value> {
    let (kind, field, parts) = source_of(metric)?;
    let source = metric.get(field)?;
    let mut new = json!({});
    for (to, from) in parts {
        if let Some(value) = source.get(from) {
            insert(&mut new, to, value.clone());
        }
    }
    let target = new.get("target").cloned().unwrap_or_default();
    let kinds = [
        ("averageUtilization", "Utilization"),
        ("averageValue", "AverageValue"),
        ("value", "Value"),
    ];
    let target_kind = kinds.iter().find(|(field, _)| target.get(field).is_some());
    if let Some((_, target_kind)) = target_kind {
        insert(&mut new, "/target/type", (*target_kind).into());
    }
    Some(json!({"type": kind, field: new}))
}

fn source_of(metric: &Value) -> Option<Source> {
    let kind = metric.get("type")?;
    SOURCES.iter().find(|(name, ..)| kind == name).copied()
}

/// Puts a value at a pointer of at most two steps.
fn insert(object: &mut Value, pointer: &str, value: Value) {
    let Some(object) = object.as_object_mut() else {
        return;
    };
    match pointer.trim_start_matches('/').split_once('/') {
        None => drop(object.insert(pointer.trim_start_matches('/').to_owned(), value)),
        Some((parent, name)) => {
            let parent = object.entry(parent).or_insert_with(|| json!({}));
            parent
                .as_object_mut()
                .map(|parent| parent.insert(name.to_owned(), value));
        }
    }
}

fn annotate(object: &mut Object, name: &str, value: &Value) {
    let metadata = object.entry("metadata").or_insert_with(|| json!({}));
    let annotations = metadata
        .as_object_mut()
        .map(|metadata| metadata.entry("annotations").or_insert_with(|| json!({})));
    if let Some(annotations) = annotations.and_then(Value::as_object_mut) {
        annotations.insert(name.to_owned(), value.to_string().into());
    }
}

fn unannotate(object: &mut Object, name: &str) -> Option<Value> {
    let metadata = object.get_mut("metadata")?.as_object_mut()?;
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
    fn what_v1_has_no_field_for_survives() {
        let scaler = json!({"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "a"}, "spec": {
            "maxReplicas": 3, "behavior": {"scaleUp": {"selectPolicy": "Max"}}, "metrics": [
                {"type": "Pods", "pods": {"metric": {"name": "m"}, "target": {"type": "AverageValue", "averageValue": "1k"}}},
                {"type": "External", "external": {"metric": {"name": "e"}, "target": {"type": "Value", "value": "2"}}},
                {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 50}}}]}});
        let old = Versions
            .convert(scaler.clone(), "autoscaling/v2", "autoscaling/v1")
            .unwrap();
        assert_eq!(
            old["spec"],
            json!({"maxReplicas": 3, "targetCPUUtilizationPercentage": 50})
        );
        let metrics: Value =
            serde_json::from_str(old["metadata"]["annotations"][METRICS].as_str().unwrap())
                .unwrap();
        assert_eq!(
            metrics[0],
            json!({"type": "Pods", "pods": {"metricName": "m", "targetAverageValue": "1k"}})
        );
        let new = Versions
            .convert(old, "autoscaling/v1", "autoscaling/v2")
            .unwrap();
        assert_eq!(new, scaler);
    }
}
