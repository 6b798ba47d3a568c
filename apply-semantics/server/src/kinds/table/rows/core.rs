//! Rows of the core kinds.

use serde_json::{Value, json};

use super::super::{
    super::read::{at, entries, flag, has, int, list, path, text},
    cells, pods,
};
use super::workloads::replicas;

pub(super) fn core(kind: &str, object: &Value, now: &str) -> Option<Vec<Option<Value>>> {
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

pub(super) fn balancers(ingress: &[Value]) -> Vec<&str> {
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
