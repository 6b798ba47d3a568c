//! Defaults of autoscalers.

use serde_json::{Map, Value, json};

use super::{default, default_if_zero, object_at};

/// What v1 scales by if nothing else is said, in its field or in the annotation for other metrics.
pub(super) fn object_v1(object: &mut Map<String, Value>) {
    let annotations = object
        .get("metadata")
        .and_then(|metadata| metadata.get("annotations"));
    let others = annotations.and_then(|all| all.get("autoscaling.alpha.kubernetes.io/metrics"));
    if others.is_none()
        && let Some(spec) = object_at(object, "spec")
    {
        default(spec, "targetCPUUtilizationPercentage", || 80.into());
    }
}

pub(super) fn spec(spec: &mut Map<String, Value>) {
    default_if_zero(spec, "metrics", || {
        let target = json!({"type": "Utilization", "averageUtilization": 80});
        json!([{"type": "Resource", "resource": {"name": "cpu", "target": target}}])
    });
    let Some(behavior) = spec.get_mut("behavior").and_then(Value::as_object_mut) else {
        return;
    };
    let percent = json!({"type": "Percent", "value": 100, "periodSeconds": 15});
    let pods = json!({"type": "Pods", "value": 4, "periodSeconds": 15});
    if let Some(up) = object_at(behavior, "scaleUp") {
        default(up, "stabilizationWindowSeconds", || 0.into());
        rules(up, json!([pods, percent]));
    }
    if let Some(down) = object_at(behavior, "scaleDown") {
        rules(down, json!([percent]));
    }
}

fn rules(rules: &mut Map<String, Value>, policies: Value) {
    default(rules, "selectPolicy", || "Max".into());
    default(rules, "policies", || policies);
}
