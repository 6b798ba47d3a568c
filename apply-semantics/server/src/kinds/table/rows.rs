//! The cells of each kind.

use serde_json::{Value, json};

use super::{
    super::read::{at, entries, flag, has, int, list, path, text},
    autoscaling, cells, pods,
};

/// What stands in a row.
pub(super) enum Row {
    /// The cells behind the name; the age where there is none.
    Between(Vec<Option<Value>>),
    /// All cells.
    Whole(Vec<Value>),
}

/// The row of an object of a kind that has columns of its own.
pub(super) fn row(object: &Value, now: &str) -> Option<Row> {
    let (group, kind) = (text(object, "apiVersion"), text(object, "kind"));
    let group = group.rsplit_once('/').map_or("", |(group, _)| group);
    let cells = match (group, kind) {
        ("", "Event") | ("events.k8s.io", _) => return Some(Row::Whole(event(object, now))),
        ("", kind) => core(kind, object, now)?,
        ("apps", kind) => apps(kind, object)?,
        ("batch", kind) => batch(kind, object, now)?,
        ("autoscaling", _) => autoscaling::row(object),
        ("policy", _) => disruption_budget(object),
        ("networking.k8s.io", kind) => networking(kind, object)?,
        ("discovery.k8s.io", _) => endpoint_slice(object),
        ("rbac.authorization.k8s.io", kind) if kind.ends_with("Binding") => binding(object),
        ("storage.k8s.io", kind) => storage(kind, object)?,
        ("coordination.k8s.io", "Lease") => {
            vec![
                Some(json!(text(at(object, "spec"), "holderIdentity"))),
                None,
            ]
        }
        ("certificates.k8s.io", _) => signing_request(object),
        ("scheduling.k8s.io", _) => vec![
            Some(cells::number(object, "value")),
            Some(json!(flag(object, "globalDefault"))),
            None,
            Some(json!(text(object, "preemptionPolicy"))),
        ],
        ("node.k8s.io", _) => vec![Some(json!(text(object, "handler"))), None],
        ("admissionregistration.k8s.io", kind) if text(object, "apiVersion").ends_with("/v1") => {
            admission(kind, object)?
        }
        ("flowcontrol.apiserver.k8s.io", kind) => flow_control(kind, object),
        ("resource.k8s.io", kind) if text(object, "apiVersion").ends_with("/v1") => {
            devices(kind, object)?
        }
        _ => return None,
    };
    Some(Row::Between(cells))
}

fn core(kind: &str, object: &Value, now: &str) -> Option<Vec<Option<Value>>> {
    let (spec, status) = (at(object, "spec"), at(object, "status"));
    Some(match kind {
        "Pod" => pods::row(object, now),
        "PodTemplate" => {
            let template = at(object, "template");
            let [names, images] = cells::containers(at(template, "spec"));
            let labels = cells::labels(at(template, "metadata"), "labels");
            vec![Some(names), Some(images), Some(labels)]
        }
        "ReplicationController" => replicas(object, cells::labels(spec, "selector")),
        "Service" => service(object),
        "Endpoints" => vec![Some(endpoints(object)), None],
        "Node" => node(object),
        "Namespace" => vec![Some(json!(text(status, "phase"))), None],
        "Secret" => vec![
            Some(json!(text(object, "type"))),
            Some(json!(entries(object, "data").len())),
            None,
        ],
        "ConfigMap" => {
            let count = entries(object, "data").len() + entries(object, "binaryData").len();
            vec![Some(json!(count)), None]
        }
        "ServiceAccount" => vec![Some(json!(list(object, "secrets").len())), None],
        "PersistentVolume" => persistent_volume(object),
        "PersistentVolumeClaim" => claim(object),
        "ResourceQuota" => quota(object),
        _ => return None,
    })
}

fn replicas(object: &Value, selector: Value) -> Vec<Option<Value>> {
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

fn apps(kind: &str, object: &Value) -> Option<Vec<Option<Value>>> {
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

fn batch(kind: &str, object: &Value, now: &str) -> Option<Vec<Option<Value>>> {
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

fn service(object: &Value) -> Vec<Option<Value>> {
    let spec = at(object, "spec");
    let kind = text(spec, "type");
    let first = list(spec, "clusterIPs").first().and_then(Value::as_str);
    let ip = first.unwrap_or_else(|| text(spec, "clusterIP"));
    let ports: Vec<String> = list(spec, "ports")
        .iter()
        .map(|port| match int(port, "nodePort") {
            0 => format!("{}/{}", int(port, "port"), text(port, "protocol")),
            node => format!("{}:{node}/{}", int(port, "port"), text(port, "protocol")),
        })
        .collect();
    vec![
        Some(json!(kind)),
        Some(json!(if ip.is_empty() { "<none>" } else { ip })),
        Some(external(object)),
        Some(cells::joined(
            &ports.iter().map(String::as_str).collect::<Vec<_>>(),
        )),
        None,
        Some(cells::labels(spec, "selector")),
    ]
}

fn external(object: &Value) -> Value {
    let spec = at(object, "spec");
    let ips: Vec<&str> = list(spec, "externalIPs")
        .iter()
        .filter_map(Value::as_str)
        .collect();
    match text(spec, "type") {
        "ExternalName" => json!(text(spec, "externalName")),
        "LoadBalancer" => {
            let ingress = list(path(object, &["status", "loadBalancer"]), "ingress");
            let mut all = balancers(ingress);
            all.extend(&ips);
            if all.is_empty() {
                json!("<pending>")
            } else {
                json!(all.join(","))
            }
        }
        _ => cells::joined(&ips),
    }
}

fn balancers(ingress: &[Value]) -> Vec<&str> {
    let mut all: Vec<&str> = ingress
        .iter()
        .map(|ingress| match text(ingress, "ip") {
            "" => text(ingress, "hostname"),
            ip => ip,
        })
        .filter(|text| !text.is_empty())
        .collect();
    all.sort_unstable();
    all.dedup();
    all
}

fn endpoints(object: &Value) -> Value {
    const MOST: usize = 3;
    let mut all = Vec::new();
    for subset in list(object, "subsets") {
        let ports = list(subset, "ports");
        let addresses = list(subset, "addresses").iter();
        if ports.is_empty() {
            all.extend(addresses.map(|address| text(address, "ip").to_owned()));
            continue;
        }
        for port in ports {
            let addresses = list(subset, "addresses").iter();
            all.extend(
                addresses.map(|address| format!("{}:{}", text(address, "ip"), int(port, "port"))),
            );
        }
    }
    let more = all.len().saturating_sub(MOST);
    let shown = all
        .iter()
        .take(MOST)
        .map(String::as_str)
        .collect::<Vec<_>>()
        .join(",");
    match (all.len(), more) {
        (0, _) => json!("<none>"),
        (_, 0) => json!(shown),
        (_, more) => json!(format!("{shown} + {more} more...")),
    }
}

fn node(object: &Value) -> Vec<Option<Value>> {
    let (spec, status) = (at(object, "spec"), at(object, "status"));
    let ready = list(status, "conditions")
        .iter()
        .find(|held| text(held, "type") == "Ready");
    let mut state = vec![match ready.map(|held| text(held, "status")) {
        Some("True") => "Ready",
        Some(_) => "NotReady",
        None => "Unknown",
    }];
    if flag(spec, "unschedulable") {
        state.push("SchedulingDisabled");
    }
    let mut roles: Vec<&str> = entries(at(object, "metadata"), "labels")
        .iter()
        .filter_map(
            |(key, value)| match key.strip_prefix("node-role.kubernetes.io/") {
                Some(role) => Some(role),
                None if key.as_str() == "kubernetes.io/role" => value.as_str(),
                None => None,
            },
        )
        .filter(|role| !role.is_empty())
        .collect();
    roles.sort_unstable();
    roles.dedup();
    let address = |kind: &str| {
        let found = list(status, "addresses")
            .iter()
            .find(|address| text(address, "type") == kind);
        Some(json!(
            found.map_or("<none>", |address| text(address, "address"))
        ))
    };
    let info = at(status, "nodeInfo");
    vec![
        Some(json!(state.join(","))),
        Some(cells::joined(&roles)),
        None,
        Some(json!(text(info, "kubeletVersion"))),
        address("InternalIP"),
        address("ExternalIP"),
        Some(cells::or(info, "osImage", "<unknown>")),
        Some(cells::or(info, "kernelVersion", "<unknown>")),
        Some(cells::or(info, "containerRuntimeVersion", "<unknown>")),
    ]
}

fn access_modes(value: &Value) -> Value {
    let modes: Vec<&str> = list(value, "accessModes")
        .iter()
        .filter_map(Value::as_str)
        .map(|mode| match mode {
            "ReadWriteOnce" => "RWO",
            "ReadOnlyMany" => "ROX",
            "ReadWriteMany" => "RWX",
            "ReadWriteOncePod" => "RWOP",
            other => other,
        })
        .collect();
    json!(modes.join(","))
}

fn class(object: &Value) -> Value {
    let annotation = path(
        object,
        &[
            "metadata",
            "annotations",
            "volume.beta.kubernetes.io/storage-class",
        ],
    );
    let class = annotation
        .as_str()
        .unwrap_or_else(|| text(at(object, "spec"), "storageClassName"));
    json!(class)
}

fn persistent_volume(object: &Value) -> Vec<Option<Value>> {
    let (spec, status) = (at(object, "spec"), at(object, "status"));
    let claim = at(spec, "claimRef");
    let claim = if claim.is_null() {
        String::new()
    } else {
        format!("{}/{}", text(claim, "namespace"), text(claim, "name"))
    };
    let phase = if has(at(object, "metadata"), "deletionTimestamp") {
        "Terminating"
    } else {
        text(status, "phase")
    };
    vec![
        Some(json!(text(at(spec, "capacity"), "storage"))),
        Some(access_modes(spec)),
        Some(json!(text(spec, "persistentVolumeReclaimPolicy"))),
        Some(json!(phase)),
        Some(json!(claim)),
        Some(class(object)),
        Some(cells::or(spec, "volumeAttributesClassName", "<unset>")),
        Some(json!(text(status, "reason"))),
        None,
        Some(cells::or(spec, "volumeMode", "<unset>")),
    ]
}

fn claim(object: &Value) -> Vec<Option<Value>> {
    let (spec, status) = (at(object, "spec"), at(object, "status"));
    let phase = if has(at(object, "metadata"), "deletionTimestamp") {
        "Terminating"
    } else {
        text(status, "phase")
    };
    let bound = !text(spec, "volumeName").is_empty();
    let capacity = if bound {
        text(at(status, "capacity"), "storage")
    } else {
        ""
    };
    vec![
        Some(json!(phase)),
        Some(json!(text(spec, "volumeName"))),
        Some(json!(capacity)),
        Some(if bound {
            access_modes(status)
        } else {
            json!("")
        }),
        Some(class(object)),
        Some(cells::or(spec, "volumeAttributesClassName", "<unset>")),
        None,
        Some(cells::or(spec, "volumeMode", "<unset>")),
    ]
}

fn quota(object: &Value) -> Vec<Option<Value>> {
    let status = at(object, "status");
    let used = at(status, "used");
    let shown = |limits: bool| {
        let hard = entries(status, "hard").into_iter();
        let chosen = hard.filter(|(name, _)| name.starts_with("limits.") == limits);
        let texts = chosen.map(|(name, most)| {
            let used = text(used, name);
            let used = if used.is_empty() { "0" } else { used };
            format!("{name}: {used}/{}", most.as_str().unwrap_or_default())
        });
        Some(json!(texts.collect::<Vec<_>>().join(", ")))
    };
    vec![shown(false), shown(true), None]
}

fn event(object: &Value, now: &str) -> Vec<Value> {
    let metadata = at(object, "metadata");
    let first = |keys: &[&str]| {
        let mut texts = keys.iter().map(|key| text(object, key));
        texts
            .find(|text| !text.is_empty())
            .unwrap_or_default()
            .to_owned()
    };
    let involved = if has(object, "involvedObject") {
        at(object, "involvedObject")
    } else {
        at(object, "regarding")
    };
    let name = text(involved, "name");
    let target = text(involved, "kind").to_ascii_lowercase();
    let target = if name.is_empty() {
        target
    } else {
        format!("{target}/{name}")
    };
    let began = first(&["firstTimestamp", "deprecatedFirstTimestamp", "eventTime"]);
    let series = text(at(object, "series"), "lastObservedTime").to_owned();
    let last = first(&["lastTimestamp", "deprecatedLastTimestamp"]);
    let last = [series, last, began.clone()]
        .into_iter()
        .find(|text| !text.is_empty())
        .unwrap_or_default();
    let count = at(at(object, "series"), "count").as_i64();
    let count = count
        .or_else(|| at(object, "count").as_i64())
        .or_else(|| at(object, "deprecatedCount").as_i64());
    let source = at(object, "source");
    let component = match text(source, "component") {
        "" => first(&["reportingComponent", "reportingController"]),
        component => component.to_owned(),
    };
    let host = text(source, "host");
    let component = if host.is_empty() {
        component
    } else {
        format!("{component}, {host}")
    };
    let message = first(&["message", "note"]);
    vec![
        cells::since(&last, now),
        json!(text(object, "type")),
        json!(text(object, "reason")),
        json!(target),
        json!(text(involved, "fieldPath")),
        json!(component),
        json!(message.trim()),
        cells::since(&began, now),
        json!(count.unwrap_or(1)),
        at(metadata, "name").clone(),
    ]
}

fn disruption_budget(object: &Value) -> Vec<Option<Value>> {
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

fn networking(kind: &str, object: &Value) -> Option<Vec<Option<Value>>> {
    let spec = at(object, "spec");
    Some(match kind {
        "Ingress" => ingress(object),
        "IngressClass" => {
            let parameters = at(spec, "parameters");
            let shown = if parameters.is_null() {
                "<none>".to_owned()
            } else {
                let group = text(parameters, "apiGroup");
                let dot = if group.is_empty() { "" } else { "." };
                format!(
                    "{}{dot}{group}/{}",
                    text(parameters, "kind"),
                    text(parameters, "name")
                )
            };
            vec![
                Some(json!(text(spec, "controller"))),
                Some(json!(shown)),
                None,
            ]
        }
        "NetworkPolicy" => vec![Some(cells::selector(at(spec, "podSelector"))), None],
        "IPAddress" if text(object, "apiVersion").ends_with("/v1") => {
            let parent = at(spec, "parentRef");
            let parts = ["resource", "group", "namespace", "name"].map(|key| text(parent, key));
            let [resource, group, namespace, name] = parts;
            let dot = if group.is_empty() { "" } else { "." };
            let slash = if namespace.is_empty() { "" } else { "/" };
            vec![
                Some(json!(format!(
                    "{resource}{dot}{group}/{namespace}{slash}{name}"
                ))),
                None,
            ]
        }
        "ServiceCIDR" if text(object, "apiVersion").ends_with("/v1") => {
            let ranges: Vec<&str> = list(spec, "cidrs")
                .iter()
                .filter_map(Value::as_str)
                .collect();
            vec![Some(json!(ranges.join(","))), None]
        }
        _ => return None,
    })
}

fn ingress(object: &Value) -> Vec<Option<Value>> {
    const MOST: usize = 3;
    let spec = at(object, "spec");
    let all = list(spec, "rules").iter().map(|rule| text(rule, "host"));
    let hosts: Vec<&str> = all.filter(|host| !host.is_empty()).collect();
    let shown = match hosts.get(..MOST) {
        Some(first) if hosts.len() > MOST => {
            format!("{} + {} more...", first.join(","), hosts.len() - MOST)
        }
        _ if hosts.is_empty() => "*".to_owned(),
        _ => hosts.join(","),
    };
    let ingress = list(path(object, &["status", "loadBalancer"]), "ingress");
    let ports = if list(spec, "tls").is_empty() {
        "80"
    } else {
        "80, 443"
    };
    vec![
        Some(cells::or(spec, "ingressClassName", "<none>")),
        Some(json!(shown)),
        Some(json!(balancers(ingress).join(","))),
        Some(json!(ports)),
        None,
    ]
}

fn endpoint_slice(object: &Value) -> Vec<Option<Value>> {
    const MOST: usize = 3;
    let shortened = |texts: Vec<String>, none: &str| {
        let more = texts.len().saturating_sub(MOST);
        let shown = texts
            .iter()
            .take(MOST)
            .map(String::as_str)
            .collect::<Vec<_>>()
            .join(",");
        match (texts.len(), more) {
            (0, _) => json!(none),
            (_, 0) => json!(shown),
            (_, more) => json!(format!("{shown} + {more} more...")),
        }
    };
    let ports = list(object, "ports")
        .iter()
        .map(|port| match at(port, "port").as_i64() {
            Some(number) => number.to_string(),
            None => "*".to_owned(),
        });
    let addresses = list(object, "endpoints")
        .iter()
        .flat_map(|endpoint| list(endpoint, "addresses"));
    let addresses = addresses.filter_map(Value::as_str).map(str::to_owned);
    vec![
        Some(json!(text(object, "addressType"))),
        Some(shortened(ports.collect(), "<unset>")),
        Some(shortened(addresses.collect(), "<unset>")),
        None,
    ]
}

fn binding(object: &Value) -> Vec<Option<Value>> {
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

fn storage(kind: &str, object: &Value) -> Option<Vec<Option<Value>>> {
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

fn signing_request(object: &Value) -> Vec<Option<Value>> {
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

fn admission(kind: &str, object: &Value) -> Option<Vec<Option<Value>>> {
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

fn flow_control(kind: &str, object: &Value) -> Vec<Option<Value>> {
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

fn devices(kind: &str, object: &Value) -> Option<Vec<Option<Value>>> {
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
