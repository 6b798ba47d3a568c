//! The row of a pod: what its containers amount to.

use serde_json::{Value, json};

use super::{
    super::read::{at, has, int, list, path, text},
    cells,
};

/// Ready, status, restarts, and after the age the wide columns.
pub(super) fn row(pod: &Value, now: &str) -> Vec<Option<Value>> {
    let (spec, status) = (at(pod, "spec"), at(pod, "status"));
    let containers = list(status, "containerStatuses");
    let sidecars = list(spec, "initContainers")
        .iter()
        .filter(|c| text(c, "restartPolicy") == "Always")
        .count();
    let total = list(spec, "containers").len() + sidecars;
    let ready = containers
        .iter()
        .filter(|held| at(held, "ready") == &Value::Bool(true))
        .count();
    let ips = list(status, "podIPs").first().map(|ip| text(ip, "ip"));
    let none = |text: &str| json!(if text.is_empty() { "<none>" } else { text });
    vec![
        Some(json!(format!("{ready}/{total}"))),
        Some(json!(reason(pod))),
        Some(restarts(containers, now)),
        None,
        Some(none(ips.unwrap_or_else(|| text(status, "podIP")))),
        Some(none(text(spec, "nodeName"))),
        Some(none(text(status, "nominatedNodeName"))),
        Some(gates(spec, status)),
    ]
}

fn restarts(containers: &[Value], now: &str) -> Value {
    let count: i64 = containers
        .iter()
        .map(|held| int(held, "restartCount"))
        .sum();
    let ended =
        |held: &Value| text(path(held, &["lastState", "terminated"]), "finishedAt").to_owned();
    let last = containers
        .iter()
        .map(ended)
        .filter(|time| !time.is_empty())
        .max();
    match last {
        Some(last) if count != 0 => {
            let since = cells::since(&last, now);
            json!(format!(
                "{count} ({} ago)",
                since.as_str().unwrap_or_default()
            ))
        }
        _ => json!(count.to_string()),
    }
}

fn gates(spec: &Value, status: &Value) -> Value {
    let gates = list(spec, "readinessGates");
    if gates.is_empty() {
        return json!("<none>");
    }
    let holds = |kind: &str| {
        list(status, "conditions")
            .iter()
            .any(|held| text(held, "type") == kind && text(held, "status") == "True")
    };
    let passed = gates
        .iter()
        .filter(|gate| holds(text(gate, "conditionType")))
        .count();
    json!(format!("{passed}/{}", gates.len()))
}

/// One word for how a pod is.
fn reason(pod: &Value) -> String {
    let (metadata, spec, status) = (at(pod, "metadata"), at(pod, "spec"), at(pod, "status"));
    let mut reason = text(status, "phase").to_owned();
    if !text(status, "reason").is_empty() {
        text(status, "reason").clone_into(&mut reason);
    }
    let gated = list(status, "conditions").iter().any(|held| {
        text(held, "type") == "PodScheduled" && text(held, "reason") == "SchedulingGated"
    });
    if gated {
        "SchedulingGated".clone_into(&mut reason);
    }
    match initialising(spec, status) {
        Some(initial) => reason = initial,
        None => running(status, &mut reason),
    }
    if has(metadata, "deletionTimestamp") {
        let lost = text(status, "reason") == "NodeLost";
        let over = matches!(text(status, "phase"), "Succeeded" | "Failed");
        if lost {
            "Unknown".clone_into(&mut reason);
        } else if !over {
            "Terminating".clone_into(&mut reason);
        }
    }
    reason
}

fn initialising(spec: &Value, status: &Value) -> Option<String> {
    let wanted = list(spec, "initContainers");
    for (index, held) in list(status, "initContainerStatuses").iter().enumerate() {
        let state = at(held, "state");
        let ended = at(state, "terminated");
        let stays = wanted
            .iter()
            .any(|c| text(c, "name") == text(held, "name") && text(c, "restartPolicy") == "Always");
        if !ended.is_null() && int(ended, "exitCode") == 0
            || stays && at(held, "started") == &Value::Bool(true)
        {
            continue;
        }
        if !ended.is_null() {
            let reason = text(ended, "reason");
            return Some(if !reason.is_empty() {
                format!("Init:{reason}")
            } else if int(ended, "signal") != 0 {
                format!("Init:Signal:{}", int(ended, "signal"))
            } else {
                format!("Init:ExitCode:{}", int(ended, "exitCode"))
            });
        }
        let waiting = text(at(state, "waiting"), "reason");
        if !waiting.is_empty() && waiting != "PodInitializing" {
            return Some(format!("Init:{waiting}"));
        }
        return Some(format!("Init:{index}/{}", wanted.len()));
    }
    None
}

fn running(status: &Value, reason: &mut String) {
    let mut any_running = false;
    for held in list(status, "containerStatuses").iter().rev() {
        let state = at(held, "state");
        let (waiting, ended) = (
            text(at(state, "waiting"), "reason"),
            at(state, "terminated"),
        );
        if !waiting.is_empty() {
            waiting.clone_into(reason);
        } else if !ended.is_null() {
            *reason = match (text(ended, "reason"), int(ended, "signal")) {
                ("", 0) => format!("ExitCode:{}", int(ended, "exitCode")),
                ("", signal) => format!("Signal:{signal}"),
                (text, _) => text.to_owned(),
            };
        } else if at(held, "ready") == &Value::Bool(true) && has(state, "running") {
            any_running = true;
        }
    }
    if reason == "Completed" && any_running {
        let ready = list(status, "conditions")
            .iter()
            .any(|held| text(held, "type") == "Ready" && text(held, "status") == "True");
        if ready { "Running" } else { "NotReady" }.clone_into(reason);
    }
}
