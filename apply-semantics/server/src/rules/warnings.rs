//! What the server warns of in objects that it stores nevertheless.

use std::fmt::{self, Arguments};

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

/// What is odd in the spec of a Pod, at `path`.
fn pod_spec(object: &Value, path: &str, found: &mut Vec<String>) {
    let spec = path
        .split('.')
        .try_fold(object, |value, name| value.get(name));
    let Some(spec) = spec else { return };
    constraints(spec, path, found);
    volumes(spec, path, found);
    doubled(spec, path, ("hostAliases", "ip"), found);
    doubled(spec, path, ("imagePullSecrets", "name"), found);
    let mut ports = Ports::default();
    for field in ["initContainers", "containers"] {
        for (index, container) in list(spec, field).iter().enumerate() {
            environment(container, format_args!("{path}.{field}[{index}]"), found);
            ports.add(container, (path, field, index));
        }
    }
    found.append(&mut ports.found);
    if spec
        .get("terminationGracePeriodSeconds")
        .and_then(Value::as_i64)
        .is_some_and(|seconds| seconds < 0)
    {
        found.push(format!("{path}.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1"));
    }
    for field in ["podAffinity", "podAntiAffinity"] {
        affinity(spec, path, field, found);
    }
}

/// Constraints that match no Pod.
fn constraints(spec: &Value, path: &str, found: &mut Vec<String>) {
    for (index, constraint) in list(spec, "topologySpreadConstraints").iter().enumerate() {
        if is_null(constraint, "labelSelector") {
            found.push(format!("{path}.topologySpreadConstraints[{index}].labelSelector: a null labelSelector results in matching no pod"));
        }
    }
}

/// Terms of affinity that match no Pod.
fn affinity(spec: &Value, path: &str, field: &str, found: &mut Vec<String>) {
    let Some(affinity) = spec
        .get("affinity")
        .and_then(|affinity| affinity.get(field))
    else {
        return;
    };
    let path = format!("{path}.affinity.{field}");
    let required = "requiredDuringSchedulingIgnoredDuringExecution";
    for (index, term) in list(affinity, required).iter().enumerate() {
        if is_null(term, "labelSelector") {
            found.push(format!("{path}.{required}[{index}].labelSelector: a null labelSelector results in matching no pod"));
        }
    }
    let preferred = "preferredDuringSchedulingIgnoredDuringExecution";
    for (index, weighted) in list(affinity, preferred).iter().enumerate() {
        let term = weighted.get("podAffinityTerm");
        if term.is_some_and(|term| is_null(term, "labelSelector")) {
            found.push(format!("{path}.{preferred}[{index}].podAffinityTerm.labelSelector: a null labelSelector results in matching no pod"));
        }
    }
}

/// Kinds of volumes that work no more, or not for long.
fn volumes(spec: &Value, path: &str, found: &mut Vec<String>) {
    const DEPRECATED: &[(&str, &str)] = &[
        (
            "photonPersistentDisk",
            "deprecated in v1.11, non-functional in v1.16+",
        ),
        ("gitRepo", "deprecated in v1.11"),
        ("scaleIO", "deprecated in v1.16, non-functional in v1.22+"),
        ("flocker", "deprecated in v1.22, non-functional in v1.25+"),
        ("storageos", "deprecated in v1.22, non-functional in v1.25+"),
        ("quobyte", "deprecated in v1.22, non-functional in v1.25+"),
        ("glusterfs", "deprecated in v1.25, non-functional in v1.26+"),
        ("cephfs", "deprecated in v1.28, non-functional in v1.31+"),
        ("rbd", "deprecated in v1.28, non-functional in v1.31+"),
    ];
    for (index, volume) in list(spec, "volumes").iter().enumerate() {
        for (field, since) in DEPRECATED {
            if !is_null(volume, field) {
                // One name is spelled in another way there.
                let shown = if *field == "storageos" {
                    "storageOS"
                } else {
                    field
                };
                found.push(format!("{path}.volumes[{index}].{shown}: {since}"));
            }
        }
    }
}

/// Items of a list that have the same text in a field as one before.
fn doubled(spec: &Value, path: &str, (field, key): (&str, &str), found: &mut Vec<String>) {
    let items = list(spec, field);
    for (index, item) in items.iter().enumerate() {
        let name = text(item, key);
        if items
            .iter()
            .take(index)
            .any(|earlier| text(earlier, key) == name)
        {
            found.push(format!(
                "{path}.{field}[{index}].{key}: duplicate {key} \"{name}\""
            ));
        }
    }
    if field == "imagePullSecrets" {
        for (index, item) in items.iter().enumerate() {
            if text(item, key).is_empty() {
                found.push(format!(
                    "{path}.{field}[{index}].{key}: invalid empty name \"\""
                ));
            }
        }
    }
}

/// A variable that comes again without building on the one before.
fn environment(container: &Value, path: Arguments<'_>, found: &mut Vec<String>) {
    let variables = list(container, "env");
    for (index, variable) in variables.iter().enumerate() {
        let name = text(variable, "name");
        let known = variables
            .iter()
            .take(index)
            .any(|earlier| text(earlier, "name") == name);
        if !known {
            continue;
        }
        let (value, reference) = (text(variable, "value"), format!("$({name})"));
        let builds =
            is_null(variable, "valueFrom") && value != reference && value.contains(&reference);
        if !builds {
            found.push(format!("{path}.env[{index}]: hides previous definition of \"{name}\", which may be dropped when using apply"));
        }
    }
}

/// The ports of the containers of a Pod, and what is odd about them.
#[derive(Default)]
struct Ports<'a> {
    seen: Vec<(PortOf<'a>, &'a Value)>,
    found: Vec<String>,
}

/// A port of a container: the path of the spec, the list of containers, the container and the port in it.
#[derive(Clone, Copy)]
struct PortOf<'a>(&'a str, &'a str, usize, usize);

impl fmt::Display for PortOf<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(spec, containers, container, port) = self;
        write!(f, "{spec}.{containers}[{container}].ports[{port}]")
    }
}

impl<'a> Ports<'a> {
    fn add(&mut self, container: &'a Value, (spec, field, at): (&'a str, &'a str, usize)) {
        for (index, port) in list(container, "ports").iter().enumerate() {
            let path = PortOf(spec, field, at, index);
            let host = text(port, "hostIP");
            if !host.is_empty() && number(port, "hostPort") == 0 {
                self.found.push(format!(
                    "{path}: hostIP set without hostPort: {{Name:{} HostPort:0 ContainerPort:{} Protocol:{} HostIP:{host}}}",
                    text(port, "name"),
                    number(port, "containerPort"),
                    text(port, "protocol"),
                ));
            }
            for (other_path, other) in &self.seen {
                if let Some(how) = clash(port, other) {
                    self.found
                        .push(format!("{path}: {how} port definition with {other_path}"));
                }
            }
            self.seen.push((path, port));
        }
    }
}

/// How two ports are in each other's way.
fn clash(port: &Value, other: &Value) -> Option<&'static str> {
    if number(port, "containerPort") != number(other, "containerPort")
        || text(port, "protocol") != text(other, "protocol")
    {
        return None;
    }
    let (host, others) = (text(port, "hostIP"), text(other, "hostIP"));
    let (port, other) = (number(port, "hostPort"), number(other, "hostPort"));
    if port == other && host == others {
        Some("duplicate")
    } else if port == 0 || other == 0 {
        Some("overlapping")
    } else if port == other && host.is_empty() != others.is_empty() {
        Some("dangerously ambiguous")
    } else {
        None
    }
}

fn number(value: &Value, name: &str) -> i64 {
    value.get(name).and_then(Value::as_i64).unwrap_or_default()
}

fn is_null(value: &Value, name: &str) -> bool {
    value.get(name).is_none_or(Value::is_null)
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn ports_clash_across_containers() {
        let pod = json!({"kind": "Pod", "spec": {"containers": [
            {"ports": [{"containerPort": 80, "protocol": "TCP"}, {"containerPort": 80, "protocol": "UDP"}]},
            {"ports": [
                {"containerPort": 80, "protocol": "TCP", "hostPort": 8080},
                {"containerPort": 80, "protocol": "UDP"},
            ]},
        ]}});
        assert_eq!(
            of(&pod),
            [
                "spec.containers[1].ports[0]: overlapping port definition with spec.containers[0].ports[0]",
                "spec.containers[1].ports[1]: duplicate port definition with spec.containers[0].ports[1]",
            ]
        );
    }

    #[test]
    fn variables_may_build_on_those_before() {
        let pod = json!({"kind": "Pod", "spec": {"containers": [{"env": [
            {"name": "A", "value": "1"}, {"name": "A", "value": "$(A)2"}, {"name": "A", "value": "$(A)"},
        ]}]}});
        let hidden = "spec.containers[0].env[2]: hides previous definition of \"A\", which may be dropped when using apply";
        assert_eq!(of(&pod), [hidden]);
    }

    #[test]
    fn selectors_of_nothing_and_old_volumes_are_told() {
        let pod = json!({"kind": "Pod", "spec": {
            "topologySpreadConstraints": [{"labelSelector": {}}, {}],
            "volumes": [{"name": "v", "gitRepo": {"repository": "r"}}],
            "imagePullSecrets": [{"name": "s"}, {"name": "s"}],
        }});
        assert_eq!(
            of(&pod),
            [
                "spec.topologySpreadConstraints[1].labelSelector: a null labelSelector results in matching no pod",
                "spec.volumes[0].gitRepo: deprecated in v1.11",
                "spec.imagePullSecrets[1].name: duplicate name \"s\"",
            ]
        );
    }
}
