//! How objects of the built-in kinds are.

use serde_json::Value;

use crate::reconcile::{Established, Readiness};

use super::Health;

/// Deployments, ReplicaSets, StatefulSets, DaemonSets, Jobs, Pods and claims by their status; what the API itself needs as
/// [`Established`] has it; every other object is available as soon as it is there.
///
/// A status that is of an older generation than the object counts as progress.
#[derive(Clone, Copy, Debug, Default)]
pub struct Workloads;

impl Readiness for Workloads {
    fn health(&self, live: &Value) -> Health {
        let text = |pointer: &str| live.pointer(pointer).and_then(Value::as_str);
        let group = text("/apiVersion").and_then(|version| version.split_once('/'));
        let group = group.map_or("", |(group, _)| group);
        let judge: fn(&Value) -> Health = match (group, text("/kind").unwrap_or_default()) {
            ("apps", "Deployment") => deployment,
            ("apps", "ReplicaSet") => |live| replicas(live, "readyReplicas"),
            ("apps", "StatefulSet") => stateful_set,
            ("apps", "DaemonSet") => daemon_set,
            ("batch", "Job") => job,
            ("", "Pod") => pod,
            ("", "PersistentVolumeClaim") => claim,
            _ => return Established.health(live),
        };
        let number = |pointer: &str| live.pointer(pointer).and_then(Value::as_i64);
        let observed = number("/status/observedGeneration").unwrap_or(0);
        match number("/metadata/generation") {
            // Jobs, Pods and claims do not say which generation their status is of.
            Some(generation) if group == "apps" && observed < generation => Health::Progressing(
                format!("its status is of generation {observed}, it is at {generation}"),
            ),
            _ => judge(live),
        }
    }
}

fn number(live: &Value, pointer: &str) -> i64 {
    live.pointer(pointer).and_then(Value::as_i64).unwrap_or(0)
}

fn wanted(live: &Value) -> i64 {
    let replicas = live.pointer("/spec/replicas").and_then(Value::as_i64);
    replicas.unwrap_or(1)
}

fn condition<'a>(live: &'a Value, kind: &str) -> Option<&'a Value> {
    let conditions = live.pointer("/status/conditions")?.as_array()?;
    conditions
        .iter()
        .find(|condition| condition.get("type").and_then(Value::as_str) == Some(kind))
}

fn holds(live: &Value, kind: &str, status: &str) -> bool {
    condition(live, kind)
        .is_some_and(|condition| condition.get("status").and_then(Value::as_str) == Some(status))
}

fn message(live: &Value, kind: &str) -> String {
    let text = |field: &str| condition(live, kind)?.get(field)?.as_str();
    let found = text("message").filter(|message| !message.is_empty());
    found.or_else(|| text("reason")).unwrap_or(kind).to_owned()
}

fn of(ready: i64, wanted: i64, what: &str) -> Health {
    if ready >= wanted {
        Health::Available
    } else {
        Health::Progressing(format!("{ready} of {wanted} {what}"))
    }
}

fn replicas(live: &Value, field: &str) -> Health {
    let ready = number(live, &format!("/status/{field}"));
    of(ready, wanted(live), "replicas are ready")
}

fn deployment(live: &Value) -> Health {
    if holds(live, "Progressing", "False") {
        return Health::Degraded(message(live, "Progressing"));
    }
    let updated = number(live, "/status/updatedReplicas");
    match of(updated, wanted(live), "replicas are updated") {
        Health::Available => replicas(live, "availableReplicas"),
        other => other,
    }
}

fn stateful_set(live: &Value) -> Health {
    let strategy = live.pointer("/spec/updateStrategy");
    let on_delete = strategy.and_then(|strategy| strategy.get("type")?.as_str());
    let partition = strategy.and_then(|one| one.pointer("/rollingUpdate/partition")?.as_i64());
    let to_update = (wanted(live) - partition.unwrap_or(0)).max(0);
    let updated = number(live, "/status/updatedReplicas");
    match of(updated, to_update, "replicas are updated") {
        Health::Progressing(why) if on_delete != Some("OnDelete") => Health::Progressing(why),
        _ => replicas(live, "readyReplicas"),
    }
}

fn daemon_set(live: &Value) -> Health {
    let wanted = number(live, "/status/desiredNumberScheduled");
    let strategy = live.pointer("/spec/updateStrategy/type");
    let updated = number(live, "/status/updatedNumberScheduled");
    match of(updated, wanted, "pods are updated") {
        Health::Progressing(why) if strategy.and_then(Value::as_str) != Some("OnDelete") => {
            Health::Progressing(why)
        }
        _ => of(
            number(live, "/status/numberAvailable"),
            wanted,
            "pods are available",
        ),
    }
}

fn job(live: &Value) -> Health {
    if holds(live, "Failed", "True") {
        Health::Degraded(message(live, "Failed"))
    } else if holds(live, "Complete", "True") {
        Health::Available
    } else {
        Health::Progressing("it is not complete".to_owned())
    }
}

fn pod(live: &Value) -> Health {
    let phase = live.pointer("/status/phase").and_then(Value::as_str);
    match phase {
        Some("Succeeded") => Health::Available,
        Some("Failed") => {
            let message = live.pointer("/status/message").and_then(Value::as_str);
            Health::Degraded(message.unwrap_or("it failed").to_owned())
        }
        _ if holds(live, "Ready", "True") => Health::Available,
        _ => Health::Progressing("it is not ready".to_owned()),
    }
}

fn claim(live: &Value) -> Health {
    match live.pointer("/status/phase").and_then(Value::as_str) {
        Some("Bound") => Health::Available,
        Some("Lost") => Health::Degraded("its volume is lost".to_owned()),
        _ => Health::Progressing("it is not bound".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn health(api_version: &str, kind: &str, spec: &Value, status: &Value) -> Health {
        Workloads.health(&json!({
            "apiVersion": api_version, "kind": kind, "metadata": {"generation": 2},
            "spec": spec, "status": status,
        }))
    }

    #[test]
    fn workloads_are_as_their_status_says() {
        let progressing = |why: &str| Health::Progressing(why.to_owned());
        let degraded = |why: &str| Health::Degraded(why.to_owned());
        let three = json!({"replicas": 3});
        let of = |kind: &str, status: &Value| health("apps/v1", kind, &three, status);
        assert_eq!(
            of(
                "Deployment",
                &json!({"observedGeneration": 1, "availableReplicas": 3})
            ),
            progressing("its status is of generation 1, it is at 2")
        );
        assert_eq!(
            of(
                "Deployment",
                &json!({"observedGeneration": 2, "updatedReplicas": 1, "availableReplicas": 3})
            ),
            progressing("1 of 3 replicas are updated")
        );
        assert_eq!(
            of(
                "Deployment",
                &json!({"observedGeneration": 2, "updatedReplicas": 3, "availableReplicas": 3})
            ),
            Health::Available
        );
        let late = json!({"observedGeneration": 2, "conditions": [
            {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"},
        ]});
        assert_eq!(
            of("Deployment", &late),
            degraded("ProgressDeadlineExceeded")
        );
        let status = json!({"observedGeneration": 2, "updatedReplicas": 1, "readyReplicas": 3});
        assert_eq!(
            of("StatefulSet", &status),
            progressing("1 of 3 replicas are updated")
        );
        let partition =
            json!({"replicas": 3, "updateStrategy": {"rollingUpdate": {"partition": 2}}});
        assert_eq!(
            health("apps/v1", "StatefulSet", &partition, &status),
            Health::Available
        );
        let status = json!({"observedGeneration": 2, "desiredNumberScheduled": 2,
            "updatedNumberScheduled": 2, "numberAvailable": 1});
        assert_eq!(
            of("DaemonSet", &status),
            progressing("1 of 2 pods are available")
        );
        let none = json!({});
        assert_eq!(
            health("batch/v1", "Job", &none, &none),
            progressing("it is not complete")
        );
        let failed = json!({"conditions": [{"type": "Failed", "status": "True", "message": "no"}]});
        assert_eq!(health("batch/v1", "Job", &none, &failed), degraded("no"));
        assert_eq!(
            health("v1", "Pod", &none, &json!({"phase": "Succeeded"})),
            Health::Available
        );
        let lost = json!({"phase": "Lost"});
        assert_eq!(
            health("v1", "PersistentVolumeClaim", &none, &lost),
            degraded("its volume is lost")
        );
        assert_eq!(health("v1", "ConfigMap", &none, &none), Health::Available);
        // Another group's kind of that name is not judged by these rules.
        assert_eq!(
            health("example.com/v1", "Job", &none, &none),
            Health::Available
        );
    }
}
