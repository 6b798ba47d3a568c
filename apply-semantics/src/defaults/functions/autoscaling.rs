//! Defaults of autoscalers.

use serde_json::{Map, Value, json};

use super::{default, default_if_zero, object_at};

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
