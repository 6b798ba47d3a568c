//! Defaults that depend on other fields, by type, from the defaulting functions of Kubernetes 1.36.

mod autoscaling;
mod pods;
mod workloads;

use serde_json::{Map, Value, json};

use super::canonical::is_empty;

type Object = Map<String, Value>;

/// What is set before the table's defaults are.
pub(super) fn before(type_name: &str, object: &mut Object) {
    match type_name {
        "apps.v1.StatefulSetSpec" => workloads::stateful_set(object),
        "batch.v1.Job" => workloads::job(object),
        "core.v1.LimitRangeItem" => limit_range_item(object),
        "core.v1.Namespace" => namespace(object),
        "core.v1.NodeStatus" => node_status(object),
        "core.v1.Pod" => pods::pod(object),
        "core.v1.ReplicationController" => workloads::replication_controller(object),
        "core.v1.Volume" => pods::volume(object),
        "core.v1.Container" | "core.v1.EphemeralContainer" => pods::container(object),
        "networking.v1.NetworkPolicySpec" => network_policy(object),
        "rbac.v1.Subject" => subject(object),
        _ => {}
    }
}

/// What depends on the table's defaults.
pub(super) fn after(type_name: &str, object: &mut Object) {
    match type_name {
        "apiextensions.v1.CustomResourceDefinition" => custom_resource_definition(object),
        "apps.v1.DaemonSetUpdateStrategy" => {
            workloads::rolling_update(object, &json!(1), &json!(0));
        }
        "apps.v1.DeploymentStrategy" => {
            workloads::rolling_update(object, &json!("25%"), &json!("25%"));
        }
        "autoscaling.v1.HorizontalPodAutoscaler" => autoscaling::object_v1(object),
        "autoscaling.v2.HorizontalPodAutoscalerSpec" => autoscaling::spec(object),
        "core.v1.Service" => service(object),
        "resource.v1.DeviceSubRequest"
        | "resource.v1.ExactDeviceRequest"
        | "resource.v1beta1.DeviceSubRequest"
        | "resource.v1beta2.DeviceSubRequest"
        | "resource.v1beta2.ExactDeviceRequest" => exact_count(object),
        "resource.v1beta1.DeviceRequest" => first_available(object),
        _ => {}
    }
}

/// The text of a field, or nothing.
fn text<'a>(object: &'a Object, field: &str) -> &'a str {
    object
        .get(field)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// Sets a field that is absent or null.
fn default(object: &mut Object, field: &str, value: impl FnOnce() -> Value) {
    if object.get(field).is_none_or(Value::is_null) {
        object.insert(field.to_owned(), value());
    }
}

/// Sets a field that is absent, null or zero.
fn default_if_zero(object: &mut Object, field: &str, value: impl FnOnce() -> Value) {
    if object.get(field).is_none_or(is_empty) {
        object.insert(field.to_owned(), value());
    }
}

/// A field that is an object, made if it is not there.
fn object_at<'a>(object: &'a mut Object, field: &str) -> Option<&'a mut Object> {
    let value = object.entry(field).or_insert(Value::Null);
    if value.is_null() {
        *value = json!({});
    }
    value.as_object_mut()
}

/// A list that is there.
fn items<'a>(object: &'a mut Object, field: &str) -> impl Iterator<Item = &'a mut Object> {
    let items = object.get_mut(field).and_then(Value::as_array_mut);
    items.into_iter().flatten().filter_map(Value::as_object_mut)
}

/// Adds the entries of one map to another, as far as they are not there. An empty map is not made.
fn complete(object: &mut Object, target: &str, source: &Value) {
    let Some(entries) = source.as_object().filter(|entries| !entries.is_empty()) else {
        return;
    };
    if let Some(target) = object_at(object, target) {
        for (key, value) in entries {
            default(target, key, || value.clone());
        }
    }
}

/// Limits of containers complete each other: the default from the maximum, the default request from the default and the minimum.
fn limit_range_item(item: &mut Object) {
    if text(item, "type") != "Container" {
        return;
    }
    for (target, source) in [
        ("default", "max"),
        ("defaultRequest", "default"),
        ("defaultRequest", "min"),
    ] {
        let source = item.get(source).cloned().unwrap_or_default();
        complete(item, target, &source);
    }
}

fn namespace(object: &mut Object) {
    let name = object
        .get("metadata")
        .map(|metadata| metadata["name"].clone());
    let Some(name) = name.filter(|name| !is_empty(name)) else {
        return;
    };
    let labels = object_at(object, "metadata").and_then(|metadata| object_at(metadata, "labels"));
    if let Some(labels) = labels {
        labels.insert("kubernetes.io/metadata.name".to_owned(), name);
    }
}

fn node_status(status: &mut Object) {
    if let Some(capacity) = status
        .get("capacity")
        .filter(|capacity| !is_empty(capacity))
        .cloned()
    {
        default(status, "allocatable", || capacity);
    }
}

/// A policy is one of ingress; if it has rules for egress it is one of egress too.
fn network_policy(spec: &mut Object) {
    let egress = spec.get("egress").is_some_and(|egress| !is_empty(egress));
    default_if_zero(spec, "policyTypes", || {
        if egress {
            json!(["Ingress", "Egress"])
        } else {
            json!(["Ingress"])
        }
    });
}

fn subject(subject: &mut Object) {
    if matches!(text(subject, "kind"), "User" | "Group") {
        default_if_zero(subject, "apiGroup", || "rbac.authorization.k8s.io".into());
    }
}

fn exact_count(request: &mut Object) {
    if text(request, "allocationMode") == "ExactCount" {
        default_if_zero(request, "count", || 1.into());
    }
}

/// In v1beta1 the fields of an exact request stand beside the alternatives, and mean nothing with them.
fn first_available(request: &mut Object) {
    if request
        .get("firstAvailable")
        .is_some_and(|list| !is_empty(list))
    {
        request.remove("allocationMode");
    } else {
        exact_count(request);
    }
}

fn custom_resource_definition(object: &mut Object) {
    let Some(spec) = object_at(object, "spec") else {
        return;
    };
    if let Some(names) = object_at(spec, "names") {
        let kind = text(names, "kind").to_owned();
        if !kind.is_empty() {
            default_if_zero(names, "singular", || kind.to_lowercase().into());
            default_if_zero(names, "listKind", || format!("{kind}List").into());
        }
    }
    let versions = spec.get("versions").and_then(Value::as_array);
    let stored = versions
        .into_iter()
        .flatten()
        .find(|version| version["storage"] == true);
    let stored = stored.map(|version| json!([version["name"]]));
    if let (Some(stored), Some(status)) = (stored, object_at(object, "status")) {
        default_if_zero(status, "storedVersions", || stored);
    }
}

fn service(service: &mut Object) {
    let virtual_addresses = service
        .get("spec")
        .is_some_and(|spec| spec["type"] == "LoadBalancer");
    if let Some(spec) = object_at(service, "spec") {
        service_spec(spec);
    }
    let ingress = service
        .get_mut("status")
        .and_then(|status| status.pointer_mut("/loadBalancer/ingress"));
    let ingress = ingress
        .and_then(Value::as_array_mut)
        .filter(|_| virtual_addresses);
    for ingress in ingress
        .into_iter()
        .flatten()
        .filter_map(Value::as_object_mut)
    {
        if !text(ingress, "ip").is_empty() {
            default(ingress, "ipMode", || "VIP".into());
        }
    }
}

fn service_spec(spec: &mut Object) {
    match text(spec, "sessionAffinity") {
        "None" => drop(spec.remove("sessionAffinityConfig")),
        "ClientIP" => {
            let timeout = |spec: &Object| {
                spec.get("sessionAffinityConfig")?
                    .pointer("/clientIP/timeoutSeconds")
                    .cloned()
            };
            if timeout(spec).is_none_or(|timeout| timeout.is_null()) {
                let config = json!({"clientIP": {"timeoutSeconds": 10800}});
                spec.insert("sessionAffinityConfig".to_owned(), config);
            }
        }
        _ => {}
    }
    for port in items(spec, "ports") {
        let number = port.get("port").cloned().unwrap_or_else(|| 0.into());
        default_if_zero(port, "targetPort", || number);
    }
    let kind = text(spec, "type").to_owned();
    let external_ips = spec.get("externalIPs").is_some_and(|list| !is_empty(list));
    let balanced = kind == "LoadBalancer";
    if balanced || kind == "NodePort" || (kind == "ClusterIP" && external_ips) {
        default_if_zero(spec, "externalTrafficPolicy", || "Cluster".into());
    }
    if matches!(kind.as_str(), "NodePort" | "LoadBalancer" | "ClusterIP") {
        default(spec, "internalTrafficPolicy", || "Cluster".into());
    }
    if balanced {
        default(spec, "allocateLoadBalancerNodePorts", || true.into());
    }
}
