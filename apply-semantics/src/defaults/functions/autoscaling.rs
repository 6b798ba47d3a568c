//! Defaults of autoscalers.

use serde_json::{Map, Value, json};

use super::Filling;

/// What v1 scales by if nothing else is said, in its field or in the annotation for other metrics.
pub(super) fn object_v1(object: &mut Map<String, Value>, filling: &mut Filling) {
    let annotations = object
        .get("metadata")
        .and_then(|metadata| metadata.get("annotations"));
    let others = annotations.and_then(|all| all.get("autoscaling.alpha.kubernetes.io/metrics"));
    if others.is_none()
        && let Some(spec) = filling.object_at(object, "spec")
    {
        filling.default(spec, "targetCPUUtilizationPercentage", || 80.into());
    }
}

pub(super) fn spec(spec: &mut Map<String, Value>, filling: &mut Filling) {
    filling.default_if_zero(spec, "metrics", || {
        let target = json!({"type": "Utilization", "averageUtilization": 80});
        json!([{"type": "Resource", "resource": {"name": "cpu", "target": target}}])
    });
    let Some(behavior) = spec.get_mut("behavior").and_then(Value::as_object_mut) else {
        return;
    };
    let percent = json!({"type": "Percent", "value": 100, "periodSeconds": 15});
    let pods = json!({"type": "Pods", "value": 4, "periodSeconds": 15});
    if let Some(up) = filling.object_at(behavior, "scaleUp") {
        filling.default(up, "stabilizationWindowSeconds", || 0.into());
        rules(up, json!([pods, percent]), filling);
    }
    if let Some(down) = filling.object_at(behavior, "scaleDown") {
        rules(down, json!([percent]), filling);
    }
}

fn rules(rules: &mut Map<String, Value>, policies: Value, filling: &mut Filling) {
    filling.default(rules, "selectPolicy", || "Max".into());
    filling.default(rules, "policies", || policies);
}
