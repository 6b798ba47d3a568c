//! The class of service of a pod, from what its containers ask for.

use std::collections::BTreeMap;

use serde_json::Value;

use super::read::{entries, is_empty, list, path};

/// `Guaranteed`, `Burstable` or `BestEffort`.
pub(super) fn qos_class(spec: &Value) -> &'static str {
    let containers = || {
        list(spec, "containers")
            .iter()
            .chain(list(spec, "initContainers"))
    };
    let asks = |key: &str| {
        containers().any(|container| {
            entries(path(container, &["resources"]), key)
                .iter()
                .any(|(name, amount)| counts(name, amount))
        })
    };
    if !asks("requests") && !asks("limits") {
        return "BestEffort";
    }
    let fixed = containers().all(|container| {
        let resources = path(container, &["resources"]);
        let limits: BTreeMap<_, _> = counted(resources, "limits");
        let requests: BTreeMap<_, _> = counted(resources, "requests");
        limits.len() == 2 && (requests.is_empty() || requests == limits)
    });
    if fixed { "Guaranteed" } else { "Burstable" }
}

fn counted<'a>(resources: &'a Value, key: &str) -> BTreeMap<&'a str, &'a Value> {
    let entries = entries(resources, key).into_iter();
    let counted = entries.filter(|(name, amount)| counts(name, amount));
    counted
        .map(|(name, amount)| (name.as_str(), amount))
        .collect()
}

fn counts(name: &str, amount: &Value) -> bool {
    matches!(name, "cpu" | "memory") && !is_empty(amount) && amount != "0"
}

#[cfg(test)]
mod tests {
    use super::qos_class;
    use serde_json::json;

    #[test]
    fn classes() {
        let class = |resources| qos_class(&json!({"containers": [{"resources": resources}]}));
        assert_eq!(class(json!({})), "BestEffort");
        assert_eq!(class(json!({"requests": {"cpu": "1"}})), "Burstable");
        let all = json!({"cpu": "1", "memory": "1Gi"});
        assert_eq!(class(json!({"limits": all})), "Guaranteed");
        assert_eq!(
            class(json!({"limits": all, "requests": {"cpu": "1", "memory": "1Gi"}})),
            "Guaranteed"
        );
        assert_eq!(
            class(json!({"limits": all, "requests": {"cpu": "1"}})),
            "Burstable"
        );
        assert_eq!(
            class(json!({"limits": {"ephemeral-storage": "1"}})),
            "BestEffort"
        );
    }
}
