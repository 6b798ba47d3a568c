//! Defaults that depend on other fields, by type, from the defaulting functions of Kubernetes 1.36.

mod autoscaling;
mod pods;
mod workloads;

use serde_json::{Map, Value, json};

use super::{canonical::is_empty, fill::Filling};

type Object = Map<String, Value>;

/// What sets the defaults of an object of one type.
pub(super) type Function = fn(&mut Object, &mut Filling);

/// What is set before the table's defaults are.
pub(super) fn before(type_name: &str) -> Option<Function> {
    Some(match type_name {
        "apps.v1.StatefulSetSpec" => workloads::stateful_set,
        "batch.v1.Job" => workloads::job,
        "core.v1.LimitRangeItem" => limit_range_item,
        "core.v1.Namespace" => namespace,
        "core.v1.NodeStatus" => node_status,
        "core.v1.Pod" => pods::pod,
        "core.v1.ReplicationController" => workloads::replication_controller,
        "core.v1.Volume" => pods::volume,
        "core.v1.Container" | "core.v1.EphemeralContainer" => pods::container,
        "networking.v1.NetworkPolicySpec" => network_policy,
        "rbac.v1.Subject" => subject,
        _ => return None,
    })
}

/// What depends on the table's defaults.
pub(super) fn after(type_name: &str) -> Option<Function> {
    Some(match type_name {
        "apiextensions.v1.CustomResourceDefinition" => custom_resource_definition,
        "apps.v1.DaemonSetUpdateStrategy" => workloads::daemon_set_update,
        "apps.v1.DeploymentStrategy" => workloads::deployment_strategy,
        "autoscaling.v1.HorizontalPodAutoscaler" => autoscaling::object_v1,
        "autoscaling.v2.HorizontalPodAutoscalerSpec" => autoscaling::spec,
        "core.v1.Service" => service,
        "resource.v1.DeviceSubRequest"
        | "resource.v1.ExactDeviceRequest"
        | "resource.v1beta1.DeviceSubRequest"
        | "resource.v1beta2.DeviceSubRequest"
        | "resource.v1beta2.ExactDeviceRequest" => exact_count,
        "resource.v1beta1.DeviceRequest" => first_available,
        _ => return None,
    })
}

/// The text of a field, or nothing.
fn text<'a>(object: &'a Object, field: &str) -> &'a str {
    object
        .get(field)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// A list that is there.
fn items<'a>(object: &'a mut Object, field: &str) -> impl Iterator<Item = &'a mut Object> {
    let items = object.get_mut(field).and_then(Value::as_array_mut);
    items.into_iter().flatten().filter_map(Value::as_object_mut)
}

/// Limits of containers complete each other: the default from the maximum, the default request from the default and the minimum.
fn limit_range_item(item: &mut Object, filling: &mut Filling) {
    if text(item, "type") != "Container" {
        return;
    }
    for (target, source) in [
        ("default", "max"),
        ("defaultRequest", "default"),
        ("defaultRequest", "min"),
    ] {
        let source = item.get(source).cloned().unwrap_or_default();
        filling.complete(item, target, &source);
    }
}

fn namespace(object: &mut Object, filling: &mut Filling) {
    let name = object
        .get("metadata")
        .map(|metadata| metadata["name"].clone());
    let Some(name) = name.filter(|name| !is_empty(name)) else {
        return;
    };
    let labels = filling
        .object_at(object, "metadata")
        .and_then(|metadata| filling.object_at(metadata, "labels"));
    if let Some(labels) = labels {
        filling.insert(labels, "kubernetes.io/metadata.name", name);
    }
}

fn node_status(status: &mut Object, filling: &mut Filling) {
    if let Some(capacity) = status
        .get("capacity")
        .filter(|capacity| !is_empty(capacity))
        .cloned()
    {
        filling.default(status, "allocatable", || capacity);
    }
}

/// A policy is one of ingress; if it has rules for egress it is one of egress too.
fn network_policy(spec: &mut Object, filling: &mut Filling) {
    let egress = spec.get("egress").is_some_and(|egress| !is_empty(egress));
    filling.default_if_zero(spec, "policyTypes", || {
        if egress {
            json!(["Ingress", "Egress"])
        } else {
            json!(["Ingress"])
        }
    });
}

fn subject(subject: &mut Object, filling: &mut Filling) {
    if matches!(text(subject, "kind"), "User" | "Group") {
        filling.default_if_zero(subject, "apiGroup", || "rbac.authorization.k8s.io".into());
    }
}

fn exact_count(request: &mut Object, filling: &mut Filling) {
    if text(request, "allocationMode") == "ExactCount" {
        filling.default_if_zero(request, "count", || 1.into());
    }
}

/// In v1beta1 the fields of an exact request stand beside the alternatives, and mean nothing with them.
fn first_available(request: &mut Object, filling: &mut Filling) {
    if request
        .get("firstAvailable")
        .is_some_and(|list| !is_empty(list))
    {
        filling.remove(request, "allocationMode");
    } else {
        exact_count(request, filling);
    }
}

fn custom_resource_definition(object: &mut Object, filling: &mut Filling) {
    let Some(spec) = filling.object_at(object, "spec") else {
        return;
    };
    if let Some(names) = filling.object_at(spec, "names") {
        let kind = text(names, "kind").to_owned();
        if !kind.is_empty() {
            filling.default_if_zero(names, "singular", || kind.to_lowercase().into());
            filling.default_if_zero(names, "listKind", || format!("{kind}List").into());
        }
    }
    let versions = spec.get("versions").and_then(Value::as_array);
    let stored = versions
        .into_iter()
        .flatten()
        .find(|version| version["storage"] == true);
    let stored = stored.map(|version| json!([version["name"]]));
    if let (Some(stored), Some(status)) = (stored, filling.object_at(object, "status")) {
        filling.default_if_zero(status, "storedVersions", || stored);
    }
}

fn service(service: &mut Object, filling: &mut Filling) {
    let virtual_addresses = service
        .get("spec")
        .is_some_and(|spec| spec["type"] == "LoadBalancer");
    if let Some(spec) = filling.object_at(service, "spec") {
        service_spec(spec, filling);
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
            filling.default(ingress, "ipMode", || "VIP".into());
        }
    }
}

fn service_spec(spec: &mut Object, filling: &mut Filling) {
    match text(spec, "sessionAffinity") {
        "None" => filling.remove(spec, "sessionAffinityConfig"),
        "ClientIP" => {
            let timeout = |spec: &Object| {
                spec.get("sessionAffinityConfig")?
                    .pointer("/clientIP/timeoutSeconds")
                    .cloned()
            };
            if timeout(spec).is_none_or(|timeout| timeout.is_null()) {
                let config = json!({"clientIP": {"timeoutSeconds": 10800}});
                filling.insert(spec, "sessionAffinityConfig", config);
            }
        }
        _ => {}
    }
    for port in items(spec, "ports") {
        let number = port.get("port").cloned().unwrap_or_else(|| 0.into());
        filling.default_if_zero(port, "targetPort", || number);
    }
    let kind = text(spec, "type").to_owned();
    let external_ips = spec.get("externalIPs").is_some_and(|list| !is_empty(list));
    let balanced = kind == "LoadBalancer";
    if balanced || kind == "NodePort" || (kind == "ClusterIP" && external_ips) {
        filling.default_if_zero(spec, "externalTrafficPolicy", || "Cluster".into());
    }
    if matches!(kind.as_str(), "NodePort" | "LoadBalancer" | "ClusterIP") {
        filling.default(spec, "internalTrafficPolicy", || "Cluster".into());
    }
    if balanced {
        filling.default(spec, "allocateLoadBalancerNodePorts", || true.into());
    }
}
