//! What a server completes and clears in Services that change.

use serde_json::Value;

use super::{at, copy, items, set};
use crate::plan::semantic::{at_mut, text};

/// Allocated values that the new object leaves out stay, and what only one type of service has goes with the type.
pub(super) fn update(old: &Value, new: &mut Value) {
    let (before, after) = (
        text(old, "spec.type").to_owned(),
        text(new, "spec.type").to_owned(),
    );
    if needs_address(&before) && needs_address(&after) {
        addresses(old, new);
    }
    if has_node_ports(&before) && has_node_ports(&after) {
        node_ports(old, new);
    }
    let checked = |object: &Value| {
        text(object, "spec.type") == "LoadBalancer"
            && text(object, "spec.externalTrafficPolicy") == "Local"
    };
    if checked(old) && checked(new) && is_unset(new, "spec.healthCheckNodePort") {
        copy(old, new, "spec.healthCheckNodePort");
    }
    if before != after {
        drop_of_type(old, new, &after);
    }
}

fn needs_address(kind: &str) -> bool {
    matches!(kind, "ClusterIP" | "NodePort" | "LoadBalancer")
}

fn has_node_ports(kind: &str) -> bool {
    matches!(kind, "NodePort" | "LoadBalancer")
}

fn is_unset(object: &Value, path: &str) -> bool {
    at(object, path).is_none_or(|value| value.is_null() || value == "" || value.as_i64() == Some(0))
}

fn addresses(old: &Value, new: &mut Value) {
    let changed = |path: &str, new: &Value| at(old, path) != at(new, path);
    if is_unset(new, "spec.clusterIP") {
        copy(old, new, "spec.clusterIP");
    }
    let only_single = changed("spec.clusterIP", new) && !changed("spec.clusterIPs", new);
    if items(new, "spec.clusterIPs").is_empty() {
        copy(old, new, "spec.clusterIPs");
    }
    if only_single && let Some(address) = at(new, "spec.clusterIP").cloned() {
        // The single address wins over a list that did not follow it.
        if let Some(first) = at_mut(new, "spec.clusterIPs").and_then(|list| list.get_mut(0)) {
            *first = address;
        }
    }
    for path in ["spec.ipFamilies", "spec.ipFamilyPolicy"] {
        if at(new, path).is_none() {
            copy(old, new, path);
        }
    }
}

fn node_ports(old: &Value, new: &mut Value) {
    let allocated: Vec<_> = items(old, "spec.ports").to_vec();
    let mut used: Vec<Value> = items(new, "spec.ports")
        .iter()
        .filter_map(|port| port.get("nodePort").cloned())
        .collect();
    let ports = at_mut(new, "spec.ports").and_then(Value::as_array_mut);
    for port in ports
        .into_iter()
        .flatten()
        .filter(|port| is_unset(port, "nodePort"))
    {
        let same = |before: &&Value| {
            before.get("port") == port.get("port") && before.get("protocol") == port.get("protocol")
        };
        let before = allocated
            .iter()
            .find(same)
            .and_then(|before| before.get("nodePort"))
            .cloned();
        if let Some(before) = before.filter(|before| !used.contains(before)) {
            set(port, "nodePort", before.clone());
            used.push(before);
        }
    }
}

/// Clears what the new type does not have, if it is as it was.
fn drop_of_type(old: &Value, new: &mut Value, kind: &str) {
    let mut fields = Vec::new();
    if !needs_address(kind) {
        fields.extend([
            "clusterIP",
            "clusterIPs",
            "ipFamilies",
            "ipFamilyPolicy",
            "internalTrafficPolicy",
        ]);
    }
    if kind != "LoadBalancer" {
        fields.extend([
            "allocateLoadBalancerNodePorts",
            "loadBalancerClass",
            "healthCheckNodePort",
        ]);
    }
    if !has_node_ports(kind) {
        fields.push("externalTrafficPolicy");
        drop_node_ports(old, new);
    }
    for field in fields {
        let path = format!("spec.{field}");
        let external =
            field == "externalTrafficPolicy" && !items(new, "spec.externalIPs").is_empty();
        if at(old, &path) == at(new, &path) && !external {
            at_mut(new, "spec")
                .and_then(Value::as_object_mut)
                .map(|spec| spec.remove(field));
        }
    }
}

fn drop_node_ports(old: &Value, new: &mut Value) {
    let before: Vec<_> = items(old, "spec.ports")
        .iter()
        .map(|port| port.get("nodePort").cloned())
        .collect();
    let after: Vec<_> = items(new, "spec.ports")
        .iter()
        .map(|port| port.get("nodePort").cloned())
        .collect();
    if before != after {
        return;
    }
    let ports = at_mut(new, "spec.ports").and_then(Value::as_array_mut);
    for port in ports.into_iter().flatten().filter_map(Value::as_object_mut) {
        port.remove("nodePort");
    }
}
