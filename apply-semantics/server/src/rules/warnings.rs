//! What the server warns of in objects that it stores nevertheless.

use serde_json::Value;

/// Warnings about a new or changed object of a built-in kind.
pub(super) fn of(object: &Value) -> Vec<String> {
    let mut found = Vec::new();
    match kind(object) {
        "Service" => service(object, &mut found),
        "Pod" => pod_spec(object, "spec", &mut found),
        "Deployment"
        | "ReplicaSet"
        | "StatefulSet"
        | "DaemonSet"
        | "Job"
        | "ReplicationController" => {
            pod_spec(object, "spec.template.spec", &mut found);
        }
        "PodTemplate" => pod_spec(object, "template.spec", &mut found),
        "CronJob" => pod_spec(object, "spec.jobTemplate.spec.template.spec", &mut found),
        _ => {}
    }
    found
}

fn kind(object: &Value) -> &str {
    object
        .get("kind")
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// What makes no sense without an address.
fn service(object: &Value, found: &mut Vec<String>) {
    let text = |path: &str| {
        object
            .pointer(path)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    if text("/spec/clusterIP") != "None" {
        return;
    }
    if !text("/spec/loadBalancerIP").is_empty() {
        found.push("spec.loadBalancerIP is ignored for headless services".to_owned());
    }
    let external = object
        .pointer("/spec/externalIPs")
        .and_then(Value::as_array);
    if external.is_some_and(|ips| !ips.is_empty()) {
        found.push("spec.externalIPs is ignored for headless services".to_owned());
    }
    if text("/spec/sessionAffinity") != "None" {
        found.push("spec.SessionAffinity is ignored for headless services".to_owned());
    }
}

fn pod_spec(object: &Value, path: &str, found: &mut Vec<String>) {
    let spec = path
        .split('.')
        .try_fold(object, |value, name| value.get(name));
    for field in ["initContainers", "containers"] {
        let containers = spec
            .and_then(|spec| spec.get(field))
            .and_then(Value::as_array);
        for (index, container) in containers.into_iter().flatten().enumerate() {
            let path = format!("{path}.{field}[{index}]");
            environment(container, &path, found);
            ports(container, &path, found);
        }
    }
}

/// A variable that comes again.
fn environment(container: &Value, path: &str, found: &mut Vec<String>) {
    let variables = list(container, "env");
    for (index, variable) in variables.iter().enumerate() {
        let name = text(variable, "name");
        if variables
            .iter()
            .take(index)
            .any(|earlier| text(earlier, "name") == name)
        {
            found.push(format!("{path}.env[{index}]: hides previous definition of \"{name}\", which may be dropped when using apply"));
        }
    }
}

/// Ports that are there twice, and host addresses without a host port.
fn ports(container: &Value, path: &str, found: &mut Vec<String>) {
    let ports = list(container, "ports");
    let number =
        |port: &Value, name: &str| port.get(name).and_then(Value::as_i64).unwrap_or_default();
    for (index, port) in ports.iter().enumerate() {
        let same = |other: &&Value| {
            ["containerPort", "hostPort"]
                .iter()
                .all(|name| number(other, name) == number(port, name))
                && ["protocol", "hostIP"]
                    .iter()
                    .all(|name| text(other, name) == text(port, name))
        };
        if let Some(first) = ports
            .iter()
            .take(index)
            .collect::<Vec<_>>()
            .iter()
            .position(same)
        {
            found.push(format!(
                "{path}.ports[{index}]: duplicate port definition with {path}.ports[{first}]"
            ));
        }
        let host = text(port, "hostIP");
        if !host.is_empty() && number(port, "hostPort") == 0 {
            found.push(format!(
                "{path}.ports[{index}]: hostIP set without hostPort: {{Name:{} HostPort:0 ContainerPort:{} Protocol:{} HostIP:{host}}}",
                text(port, "name"),
                number(port, "containerPort"),
                text(port, "protocol"),
            ));
        }
    }
}

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value
        .get(name)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}
