//! Services: addresses and ports, and what goes when the type changes. Of clusters with one family of addresses.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{
    super::{
        read::{at, has, int, list, put, same, text},
        validate::service::{is_external, needs_health_check},
    },
    Cx,
};

/// Addresses and ports of a new Service.
pub(super) fn create(object: &mut Value, cx: &dyn Cx) {
    if let Some(spec) = object.get_mut("spec") {
        let first = text(spec, "clusterIP").to_owned();
        if !first.is_empty() && list(spec, "clusterIPs").is_empty() {
            put(spec, "clusterIPs", json!([first]));
        }
        allocate(spec, cx);
    }
}

/// What a changed Service keeps, and what it gets anew.
pub(super) fn update(new: &mut Value, old: &Value, cx: &dyn Cx) {
    let held = at(old, "spec");
    if let Some(spec) = new.get_mut("spec") {
        keep(spec, held);
        match_addresses(spec, held);
        drop_unneeded(spec, held);
        allocate(spec, cx);
    }
}

fn needs_address(spec: &Value) -> bool {
    text(spec, "type") != "ExternalName"
}

fn needs_node_port(spec: &Value) -> bool {
    match text(spec, "type") {
        "NodePort" => true,
        "LoadBalancer" => at(spec, "allocateLoadBalancerNodePorts") != &Value::Bool(false),
        _ => false,
    }
}

/// What was allocated and is not named stays.
fn keep(spec: &mut Value, held: &Value) {
    if needs_address(spec) && needs_address(held) {
        if text(spec, "clusterIP").is_empty() {
            put(spec, "clusterIP", at(held, "clusterIP").clone());
        }
        if list(spec, "clusterIPs").is_empty() && text(spec, "clusterIP") == text(held, "clusterIP")
        {
            put(spec, "clusterIPs", at(held, "clusterIPs").clone());
        }
    }
    if needs_node_port(spec) && needs_node_port(held) {
        keep_node_ports(spec, held);
    }
    let key = "healthCheckNodePort";
    if needs_health_check(spec) && needs_health_check(held) && int(spec, key) == 0 {
        put(spec, key, at(held, key).clone());
    }
}

/// Ports are known by their names, whatever else of them changes.
fn keep_node_ports(spec: &mut Value, held: &Value) {
    let used = |spec: &Value| -> BTreeSet<i64> {
        let ports = list(spec, "ports").iter().map(|port| int(port, "nodePort"));
        ports.filter(|port| *port != 0).collect()
    };
    let mut taken: BTreeSet<i64> = used(held).intersection(&used(spec)).copied().collect();
    let known: BTreeMap<&str, i64> = list(held, "ports")
        .iter()
        .map(|port| (text(port, "name"), int(port, "nodePort")))
        .collect();
    let ports = spec.get_mut("ports").and_then(Value::as_array_mut);
    for port in ports
        .into_iter()
        .flatten()
        .filter(|port| int(port, "nodePort") == 0)
    {
        let number = known.get(text(port, "name")).copied().unwrap_or_default();
        if number != 0 && taken.insert(number) {
            put(port, "nodePort", number);
        }
    }
}

/// The list of addresses follows the single field where only that was changed.
fn match_addresses(spec: &mut Value, held: &Value) {
    let (first, before) = (text(spec, "clusterIP").to_owned(), text(held, "clusterIP"));
    let unchanged = same(at(spec, "clusterIPs"), at(held, "clusterIPs"));
    if first == before {
        if list(spec, "clusterIPs").is_empty() && !first.is_empty() {
            put(spec, "clusterIPs", json!([first]));
        }
    } else if first.is_empty() && unchanged {
        put(spec, "clusterIPs", Value::Null);
    } else if unchanged || list(spec, "clusterIPs").is_empty() {
        let mut all = list(spec, "clusterIPs").to_vec();
        match all.first_mut() {
            Some(ip) => *ip = json!(first),
            None => all.push(json!(first)),
        }
        put(spec, "clusterIPs", all);
    }
}

/// What belonged to the old type and was not changed goes with it.
fn drop_unneeded(spec: &mut Value, held: &Value) {
    let balances = |spec: &Value| text(spec, "type") == "LoadBalancer";
    if needs_address(held) && !needs_address(spec) {
        if same(at(spec, "clusterIPs"), at(held, "clusterIPs")) {
            put(spec, "clusterIP", Value::Null);
        }
        let keys = [
            "clusterIPs",
            "ipFamilies",
            "ipFamilyPolicy",
            "internalTrafficPolicy",
        ];
        drop_unchanged(spec, held, &keys);
    }
    if needs_node_port(held) && !needs_node_port(spec) {
        drop_node_ports(spec, held);
    }
    if needs_health_check(held) && !needs_health_check(spec) {
        drop_unchanged(spec, held, &["healthCheckNodePort"]);
    }
    if balances(held) && !balances(spec) {
        drop_unchanged(
            spec,
            held,
            &["allocateLoadBalancerNodePorts", "loadBalancerClass"],
        );
    }
    if is_external(held) && !is_external(spec) {
        drop_unchanged(spec, held, &["externalTrafficPolicy"]);
    }
}

fn drop_unchanged(spec: &mut Value, held: &Value, keys: &[&str]) {
    for key in keys {
        if same(at(spec, key), at(held, key)) {
            put(spec, key, Value::Null);
        }
    }
}

/// Ports of the nodes go if none of them was changed.
fn drop_node_ports(spec: &mut Value, held: &Value) {
    let used = |spec: &Value| -> BTreeSet<i64> {
        list(spec, "ports")
            .iter()
            .map(|port| int(port, "nodePort"))
            .filter(|port| *port != 0)
            .collect()
    };
    if !used(spec).is_subset(&used(held)) {
        return;
    }
    let ports = spec.get_mut("ports").and_then(Value::as_array_mut);
    for port in ports.into_iter().flatten() {
        put(port, "nodePort", Value::Null);
    }
}

/// Addresses, families and ports that are missing.
fn allocate(spec: &mut Value, cx: &dyn Cx) {
    if needs_address(spec) {
        families(spec);
        if text(spec, "clusterIP").is_empty()
            && let Some(ip) = cx.cluster_ip()
        {
            put(spec, "clusterIPs", json!([ip]));
            put(spec, "clusterIP", ip);
        }
    }
    if needs_node_port(spec) {
        node_ports(spec, cx);
    }
    let key = "healthCheckNodePort";
    if needs_health_check(spec)
        && int(spec, key) == 0
        && let Some(port) = cx.node_port()
    {
        put(spec, key, port);
    }
}

/// A Service without addresses and without selector may point to addresses of any family.
fn families(spec: &mut Value) {
    let headless = text(spec, "clusterIP") == "None";
    let selects = at(spec, "selector")
        .as_object()
        .is_some_and(|selector| !selector.is_empty());
    let any = headless && !selects;
    if !has(spec, "ipFamilyPolicy") {
        put(
            spec,
            "ipFamilyPolicy",
            if any {
                "RequireDualStack"
            } else {
                "SingleStack"
            },
        );
    }
    let mut families = list(spec, "ipFamilies").to_vec();
    if families.is_empty() {
        families.push(json!("IPv4"));
    }
    if any && text(spec, "ipFamilyPolicy") != "SingleStack" && families.len() == 1 {
        let other = if families.first().is_some_and(|family| family == "IPv4") {
            "IPv6"
        } else {
            "IPv4"
        };
        families.push(json!(other));
    }
    put(spec, "ipFamilies", families);
}

/// Ports of one number share a port of the nodes if their protocols differ.
fn node_ports(spec: &mut Value, cx: &dyn Cx) {
    let mut known: BTreeMap<(i64, String), i64> = BTreeMap::new();
    for port in list(spec, "ports") {
        let number = int(port, "nodePort");
        if number != 0 {
            known.insert(
                (int(port, "port"), text(port, "protocol").to_owned()),
                number,
            );
        }
    }
    let ports = spec.get_mut("ports").and_then(Value::as_array_mut);
    for port in ports
        .into_iter()
        .flatten()
        .filter(|port| int(port, "nodePort") == 0)
    {
        let (number, protocol) = (int(port, "port"), text(port, "protocol").to_owned());
        let shared = known
            .iter()
            .find(|((held, other), _)| *held == number && *other != protocol);
        let shared = shared.map(|(_, node_port)| *node_port);
        let taken = |node_port: &i64| {
            known
                .iter()
                .any(|((_, other), held)| *other == protocol && held == node_port)
        };
        let node_port = shared.filter(|node_port| !taken(node_port));
        let Some(node_port) = node_port.or_else(|| cx.node_port().map(i64::from)) else {
            continue;
        };
        known.insert((number, protocol), node_port);
        put(port, "nodePort", node_port);
    }
}
