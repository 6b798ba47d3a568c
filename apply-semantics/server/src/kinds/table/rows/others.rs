//! Rows of policy, access, storage classes, certificates, admission, flow control and devices.

use serde_json::{Value, json};

use super::super::{
    super::read::{at, flag, has, list, path, text},
    cells,
};

pub(super) fn disruption_budget(object: &Value) -> Vec<Option<Value>> {
    let spec = at(object, "spec");
    let shown = |key: &str| {
        Some(match at(spec, key) {
            Value::Null => json!("N/A"),
            Value::String(text) => json!(text),
            number => json!(number.to_string()),
        })
    };
    vec![
        shown("minAvailable"),
        shown("maxUnavailable"),
        Some(cells::number(at(object, "status"), "disruptionsAllowed")),
        None,
    ]
}

pub(super) fn binding(object: &Value) -> Vec<Option<Value>> {
    let role = at(object, "roleRef");
    let of = |kind: &str| {
        let subjects = list(object, "subjects")
            .iter()
            .filter(|subject| text(subject, "kind") == kind);
        let names: Vec<String> = subjects
            .map(|subject| match text(subject, "namespace") {
                "" => text(subject, "name").to_owned(),
                namespace if kind == "ServiceAccount" => {
                    format!("{namespace}/{}", text(subject, "name"))
                }
                _ => text(subject, "name").to_owned(),
            })
            .collect();
        Some(json!(names.join(", ")))
    };
    vec![
        Some(json!(format!(
            "{}/{}",
            text(role, "kind"),
            text(role, "name")
        ))),
        None,
        of("User"),
        of("Group"),
        of("ServiceAccount"),
    ]
}

pub(super) fn storage(kind: &str, object: &Value) -> Option<Vec<Option<Value>>> {
    let spec = at(object, "spec");
    let flag_of = |key: &str| Some(json!(flag(spec, key)));
    Some(match kind {
        "StorageClass" => vec![
            Some(json!(text(object, "provisioner"))),
            Some(cells::or(object, "reclaimPolicy", "Delete")),
            Some(cells::or(object, "volumeBindingMode", "Immediate")),
            Some(json!(flag(object, "allowVolumeExpansion"))),
            None,
        ],
        "VolumeAttributesClass" if text(object, "apiVersion").ends_with("/v1") => {
            vec![Some(json!(text(object, "driverName"))), None]
        }
        "VolumeAttachment" => vec![
            Some(json!(text(spec, "attacher"))),
            Some(json!(text(at(spec, "source"), "persistentVolumeName"))),
            Some(json!(text(spec, "nodeName"))),
            Some(json!(flag(at(object, "status"), "attached"))),
            None,
        ],
        "CSINode" => vec![Some(json!(list(spec, "drivers").len())), None],
        "CSIDriver" => {
            let audiences: Vec<&str> = list(spec, "tokenRequests")
                .iter()
                .map(|request| text(request, "audience"))
                .collect();
            let modes: Vec<&str> = list(spec, "volumeLifecycleModes")
                .iter()
                .filter_map(Value::as_str)
                .collect();
            let audiences = if audiences.is_empty() {
                "<unset>".to_owned()
            } else {
                audiences.join(",")
            };
            vec![
                Some(json!(at(spec, "attachRequired").as_bool().unwrap_or(true))),
                flag_of("podInfoOnMount"),
                flag_of("storageCapacity"),
                Some(json!(audiences)),
                flag_of("requiresRepublish"),
                Some(cells::joined(&modes)),
                None,
            ]
        }
        "CSIStorageCapacity" => vec![
            Some(json!(text(object, "storageClassName"))),
            Some(cells::or(object, "capacity", "<unset>")),
        ],
        _ => return None,
    })
}

pub(super) fn signing_request(object: &Value) -> Vec<Option<Value>> {
    let spec = at(object, "spec");
    let duration = at(spec, "expirationSeconds").as_i64();
    let duration = duration.map_or_else(|| "<none>".to_owned(), cells::duration);
    let conditions = list(at(object, "status"), "conditions");
    let holds = |kind: &str| conditions.iter().any(|held| text(held, "type") == kind);
    let mut state = if holds("Denied") {
        "Denied"
    } else if holds("Approved") {
        "Approved"
    } else {
        "Pending"
    }
    .to_owned();
    if holds("Failed") {
        state.push_str(",Failed");
    }
    if has(at(object, "status"), "certificate") {
        state.push_str(",Issued");
    }
    vec![
        None,
        Some(cells::or(spec, "signerName", "<none>")),
        Some(json!(text(spec, "username"))),
        Some(json!(duration)),
        Some(json!(state)),
    ]
}

pub(super) fn admission(kind: &str, object: &Value) -> Option<Vec<Option<Value>>> {
    let spec = at(object, "spec");
    Some(match kind {
        "MutatingWebhookConfiguration" | "ValidatingWebhookConfiguration" => {
            vec![Some(json!(list(object, "webhooks").len())), None]
        }
        "ValidatingAdmissionPolicy" | "MutatingAdmissionPolicy" => {
            let key = if kind.starts_with('V') {
                "validations"
            } else {
                "mutations"
            };
            let parameters = at(spec, "paramKind");
            let shown = if parameters.is_null() {
                "<unset>".to_owned()
            } else {
                format!(
                    "{}/{}",
                    text(parameters, "apiVersion"),
                    text(parameters, "kind")
                )
            };
            vec![Some(json!(list(spec, key).len())), Some(json!(shown)), None]
        }
        "ValidatingAdmissionPolicyBinding" | "MutatingAdmissionPolicyBinding" => {
            let parameters = at(spec, "paramRef");
            let shown = match (text(parameters, "namespace"), text(parameters, "name")) {
                _ if parameters.is_null() => "<unset>".to_owned(),
                (_, "") => "*".to_owned(),
                ("", name) => format!("*/{name}"),
                (namespace, name) => format!("{namespace}/{name}"),
            };
            vec![
                Some(json!(text(spec, "policyName"))),
                Some(json!(shown)),
                None,
            ]
        }
        _ => return None,
    })
}

pub(super) fn flow_control(kind: &str, object: &Value) -> Vec<Option<Value>> {
    let spec = at(object, "spec");
    if kind == "FlowSchema" {
        let dangles = list(at(object, "status"), "conditions")
            .iter()
            .find(|held| text(held, "type") == "Dangling");
        return vec![
            Some(json!(text(at(spec, "priorityLevelConfiguration"), "name"))),
            Some(cells::number(spec, "matchingPrecedence")),
            Some(cells::or(at(spec, "distinguisherMethod"), "type", "<none>")),
            None,
            Some(json!(dangles.map_or("?", |held| text(held, "status")))),
        ];
    }
    let limited = at(spec, "limited");
    let queuing = path(limited, &["limitResponse", "queuing"]);
    let number = |value: &Value, key: &str| match at(value, key).as_i64() {
        Some(number) => Some(json!(number)),
        None => Some(json!("<none>")),
    };
    vec![
        Some(json!(text(spec, "type"))),
        number(limited, "nominalConcurrencyShares"),
        number(queuing, "queues"),
        number(queuing, "handSize"),
        number(queuing, "queueLengthLimit"),
        None,
    ]
}

pub(super) fn devices(kind: &str, object: &Value) -> Option<Vec<Option<Value>>> {
    let (spec, status) = (at(object, "spec"), at(object, "status"));
    Some(match kind {
        "ResourceClaim" => {
            let mut states = Vec::new();
            if has(at(object, "metadata"), "deletionTimestamp") {
                states.push("deleted");
            }
            if !has(status, "allocation") {
                states.push("pending");
            } else if list(status, "reservedFor").is_empty() {
                states.push("allocated");
            } else {
                states.extend(["allocated", "reserved"]);
            }
            vec![Some(json!(states.join(","))), None]
        }
        "ResourceClaimTemplate" | "DeviceClass" => vec![None],
        "ResourceSlice" => vec![
            Some(json!(text(spec, "nodeName"))),
            Some(json!(text(spec, "driver"))),
            Some(json!(text(at(spec, "pool"), "name"))),
            None,
        ],
        _ => return None,
    })
}
