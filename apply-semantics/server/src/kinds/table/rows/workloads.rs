//! Rows of workloads: apps and batch.

use serde_json::{Value, json};

use super::super::{
    super::read::{at, flag, int, list, path, text},
    cells,
};

pub(super) fn replicas(object: &Value, selector: Value) -> Vec<Option<Value>> {
    let (spec, status) = (at(object, "spec"), at(object, "status"));
    let [names, images] = cells::containers(path(spec, &["template", "spec"]));
    vec![
        Some(cells::number(spec, "replicas")),
        Some(cells::number(status, "replicas")),
        Some(cells::number(status, "readyReplicas")),
        None,
        Some(names),
        Some(images),
        Some(selector),
    ]
}

pub(super) fn apps(kind: &str, object: &Value) -> Option<Vec<Option<Value>>> {
    let (spec, status) = (at(object, "spec"), at(object, "status"));
    let [names, images] = cells::containers(path(spec, &["template", "spec"]));
    let selector = cells::selector(at(spec, "selector"));
    let of = |key: &str| Some(cells::number(status, key));
    let ready = || {
        Some(json!(format!(
            "{}/{}",
            int(status, "readyReplicas"),
            int(spec, "replicas")
        )))
    };
    Some(match kind {
        "Deployment" => vec![
            ready(),
            of("updatedReplicas"),
            of("availableReplicas"),
            None,
            Some(names),
            Some(images),
            Some(selector),
        ],
        "ReplicaSet" => replicas(object, selector),
        "StatefulSet" => vec![ready(), None, Some(names), Some(images)],
        "DaemonSet" => vec![
            of("desiredNumberScheduled"),
            of("currentNumberScheduled"),
            of("numberReady"),
            of("updatedNumberScheduled"),
            of("numberAvailable"),
            Some(cells::labels(
                path(spec, &["template", "spec"]),
                "nodeSelector",
            )),
            None,
            Some(names),
            Some(images),
            Some(selector),
        ],
        "ControllerRevision" => {
            let owners = list(at(object, "metadata"), "ownerReferences").iter();
            let mut owner = owners
                .filter(|owner| flag(owner, "controller"))
                .map(|owner| {
                    let version = text(owner, "apiVersion");
                    let group = version.rsplit_once('/').map_or("", |(group, _)| group);
                    let kind = text(owner, "kind").to_ascii_lowercase();
                    let dot = if group.is_empty() { "" } else { "." };
                    format!("{kind}{dot}{group}/{}", text(owner, "name"))
                });
            let owner = owner.next_back().unwrap_or_else(|| "<none>".to_owned());
            vec![
                Some(json!(owner)),
                Some(cells::number(object, "revision")),
                None,
            ]
        }
        _ => return None,
    })
}

pub(super) fn batch(kind: &str, object: &Value, now: &str) -> Option<Vec<Option<Value>>> {
    let (spec, status) = (at(object, "spec"), at(object, "status"));
    match kind {
        "Job" => Some(job(spec, status, now)),
        "CronJob" => {
            let pod = path(spec, &["jobTemplate", "spec", "template", "spec"]);
            let [names, images] = cells::containers(pod);
            let last = text(status, "lastScheduleTime");
            let last = if last.is_empty() {
                json!("<none>")
            } else {
                cells::since(last, now)
            };
            Some(vec![
                Some(json!(text(spec, "schedule"))),
                Some(cells::or(spec, "timeZone", "<none>")),
                Some(json!(if flag(spec, "suspend") {
                    "True"
                } else {
                    "False"
                })),
                Some(json!(list(status, "active").len())),
                Some(last),
                None,
                Some(names),
                Some(images),
                Some(cells::selector(path(
                    spec,
                    &["jobTemplate", "spec", "selector"],
                ))),
            ])
        }
        _ => None,
    }
}

fn job(spec: &Value, status: &Value, now: &str) -> Vec<Option<Value>> {
    let done = int(status, "succeeded");
    let completions = match (
        at(spec, "completions").as_i64(),
        at(spec, "parallelism").as_i64(),
    ) {
        (Some(wanted), _) => format!("{done}/{wanted}"),
        (None, Some(parallel)) if parallel > 1 => format!("{done}/1 of {parallel}"),
        (None, _) => format!("{done}/1"),
    };
    let (start, end) = (text(status, "startTime"), text(status, "completionTime"));
    let duration = match (start.is_empty(), end.is_empty()) {
        (true, _) => json!(""),
        (false, true) => cells::since(start, now),
        (false, false) => cells::since(start, end),
    };
    let holds = |kind: &str| {
        list(status, "conditions")
            .iter()
            .any(|held| text(held, "type") == kind && text(held, "status") == "True")
    };
    let state = if holds("Complete") {
        "Complete"
    } else if holds("Failed") {
        "Failed"
    } else if holds("Suspended") {
        "Suspended"
    } else if holds("FailureTarget") {
        "FailureTarget"
    } else if holds("SuccessCriteriaMet") {
        "SuccessCriteriaMet"
    } else {
        "Running"
    };
    let [names, images] = cells::containers(path(spec, &["template", "spec"]));
    vec![
        Some(json!(state)),
        Some(json!(completions)),
        Some(duration),
        None,
        Some(names),
        Some(images),
        Some(cells::selector(at(spec, "selector"))),
    ]
}
