//! Checks of Services.

mod addresses;
mod update;

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{
    super::{
        cause::{Causes, Field},
        go, names,
        read::{at, has, int, list, path, text},
    },
    container, meta,
};
pub(super) use addresses::single_stack;
use addresses::{addresses, external_ip};
pub(super) use update::update;

const MOST_AFFINITY_SECONDS: i64 = 86400;

/// A Service.
pub(super) fn service(object: &Value, causes: &mut Causes) {
    let spec = at(object, "spec");
    let kind = text(spec, "type");
    let ports = list(spec, "ports");
    if ports.is_empty() && !is_headless(spec) && kind != "ExternalName" {
        causes.required("spec.ports", "");
    }
    match kind {
        "LoadBalancer" | "NodePort" if is_headless(spec) => {
            let detail = format!("may not be set to 'None' for {kind} services");
            causes.invalid("spec.clusterIPs[0]", "None", &detail);
        }
        "ExternalName" => external_name(spec, causes),
        _ => {}
    }
    let mut names = BTreeSet::new();
    for (index, port) in ports.iter().enumerate() {
        self::port(
            port,
            ports.len() > 1,
            &mut names,
            format_args!("spec.ports[{index}]"),
            causes,
        );
    }
    meta::labels(at(spec, "selector"), format_args!("spec.selector"), causes);
    affinity(spec, causes);
    addresses(spec, causes);
    for (index, ip) in list(spec, "externalIPs")
        .iter()
        .filter_map(Value::as_str)
        .enumerate()
    {
        external_ip(ip, format_args!("spec.externalIPs[{index}]"), causes);
    }
    let kinds = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];
    causes.one_of("spec.type", kind, &kinds);
    node_ports(spec, causes);
    duplicate_ports(ports, causes);
    source_ranges(object, causes);
    let allocates = has(spec, "allocateLoadBalancerNodePorts");
    if allocates && kind != "LoadBalancer" {
        let detail = "may only be used when `type` is 'LoadBalancer'";
        causes.forbidden("spec.allocateLoadBalancerNodePorts", detail);
    } else if !allocates && kind == "LoadBalancer" {
        causes.required("allocateLoadBalancerNodePorts", "");
    }
    load_balancer_class(spec, causes);
    traffic(spec, causes);
}

/// Whether a Service has no address of its own.
pub(crate) fn is_headless(spec: &Value) -> bool {
    matches!(list(spec, "clusterIPs"), [only] if only == "None")
}

fn external_name(spec: &Value, causes: &mut Causes) {
    let detail = "may not be set for ExternalName services";
    for key in ["clusterIPs", "ipFamilies"] {
        if !list(spec, key).is_empty() {
            causes.forbidden(format_args!("spec.{key}"), detail);
        }
    }
    if has(spec, "ipFamilyPolicy") {
        causes.forbidden("spec.ipFamilyPolicy", detail);
    }
    let name = text(spec, "externalName");
    let name = name.strip_suffix('.').unwrap_or(name);
    if name.is_empty() {
        causes.required("spec.externalName", "");
    } else {
        causes.each("spec.externalName", name, names::dns_subdomain(name));
    }
}

fn port<'a>(
    port: &'a Value,
    needs_name: bool,
    seen: &mut BTreeSet<&'a str>,
    field: Field<'_>,
    causes: &mut Causes,
) {
    let name = text(port, "name");
    if needs_name && name.is_empty() {
        causes.required(format_args!("{field}.name"), "");
    } else if !name.is_empty() {
        causes.each(format_args!("{field}.name"), name, names::dns_label(name));
        if !seen.insert(name) {
            causes.duplicate(format_args!("{field}.name"), name);
        }
    }
    for wrong in names::port_number(int(port, "port")) {
        causes.invalid(format_args!("{field}.port"), int(port, "port"), &wrong);
    }
    let protocols = ["SCTP", "TCP", "UDP"];
    causes.one_of(
        format_args!("{field}.protocol"),
        text(port, "protocol"),
        &protocols,
    );
    container::port_or_name(
        at(port, "targetPort"),
        format_args!("{field}.targetPort"),
        causes,
    );
    if let Some(protocol) = at(port, "appProtocol").as_str() {
        causes.each(
            format_args!("{field}.appProtocol"),
            protocol,
            names::label_key(protocol),
        );
    }
}

fn affinity(spec: &Value, causes: &mut Causes) {
    let affinity = text(spec, "sessionAffinity");
    causes.one_of("spec.sessionAffinity", affinity, &["ClientIP", "None"]);
    let field = "spec.sessionAffinityConfig";
    let config = at(spec, "sessionAffinityConfig");
    if affinity == "None" && !config.is_null() {
        causes.forbidden(field, "must not be set when session affinity is None");
    }
    if affinity != "ClientIP" {
        return;
    }
    let detail = "when session affinity type is ClientIP";
    match path(config, &["clientIP", "timeoutSeconds"]).as_i64() {
        _ if config.is_null() => causes.required(field, detail),
        _ if !has(config, "clientIP") => causes.required(format_args!("{field}.clientIP"), detail),
        None => causes.required(format_args!("{field}.clientIP.timeoutSeconds"), detail),
        Some(seconds) if !(1..=MOST_AFFINITY_SECONDS).contains(&seconds) => {
            let detail = "must be greater than 0 and less than 86400";
            causes.invalid(
                format_args!("{field}.clientIP.timeoutSeconds"),
                seconds,
                detail,
            );
        }
        Some(_) => {}
    }
}

fn node_ports(spec: &Value, causes: &mut Causes) {
    let mut seen = BTreeSet::new();
    let is_cluster_only = text(spec, "type") == "ClusterIP";
    for (index, port) in list(spec, "ports").iter().enumerate() {
        let field = format_args!("spec.ports[{index}].nodePort");
        let number = int(port, "nodePort");
        if number != 0 && is_cluster_only {
            causes.forbidden(field, "may not be used when `type` is 'ClusterIP'");
        }
    }
    for (index, port) in list(spec, "ports").iter().enumerate() {
        let number = int(port, "nodePort");
        if number != 0 && !seen.insert((text(port, "protocol"), number)) {
            causes.duplicate(format_args!("spec.ports[{index}].nodePort"), number);
        }
    }
}

fn duplicate_ports(ports: &[Value], causes: &mut Causes) {
    let mut seen = BTreeSet::new();
    for (index, port) in ports.iter().enumerate() {
        let (protocol, number) = (text(port, "protocol"), int(port, "port"));
        if !seen.insert((protocol, number)) {
            let key = json!({"protocol": protocol, "port": number});
            let shown = go::internal(&key, "core.v1.ServicePort").compact();
            causes.duplicate_shown(format_args!("spec.ports[{index}]"), &shown);
        }
    }
}

fn source_ranges(object: &Value, causes: &mut Causes) {
    let spec = at(object, "spec");
    let detail = "may only be used when `type` is 'LoadBalancer'";
    let balances = text(spec, "type") == "LoadBalancer";
    let ranges = list(spec, "loadBalancerSourceRanges");
    if !ranges.is_empty() {
        let field = "spec.LoadBalancerSourceRanges";
        if !balances {
            causes.forbidden(field, detail);
        }
        for (index, range) in ranges.iter().filter_map(Value::as_str).enumerate() {
            let range = range.trim();
            causes.each(format_args!("{field}[{index}]"), range, names::cidr(range));
        }
        return;
    }
    let key = "service.beta.kubernetes.io/load-balancer-source-ranges";
    let annotation = path(object, &["metadata", "annotations", key]).as_str();
    if annotation.is_some() && !balances {
        causes.forbidden(format_args!("metadata.annotations[{key}]"), detail);
    }
}

fn load_balancer_class(spec: &Value, causes: &mut Causes) {
    let field = "spec.loadBalancerClass";
    if let Some(class) = at(spec, "loadBalancerClass").as_str() {
        if text(spec, "type") == "LoadBalancer" {
            causes.each(field, class, names::label_key(class));
        } else {
            causes.forbidden(field, "may only be used when `type` is 'LoadBalancer'");
        }
    }
}

/// Whether a Service can be reached from outside.
pub(crate) fn is_external(spec: &Value) -> bool {
    let kind = text(spec, "type");
    matches!(kind, "LoadBalancer" | "NodePort")
        || kind == "ClusterIP" && !list(spec, "externalIPs").is_empty()
}

/// Whether a load balancer asks nodes for the health of a Service.
pub(crate) fn needs_health_check(spec: &Value) -> bool {
    text(spec, "type") == "LoadBalancer" && text(spec, "externalTrafficPolicy") == "Local"
}

fn traffic(spec: &Value, causes: &mut Causes) {
    let policies = ["Cluster", "Local"];
    let outer = text(spec, "externalTrafficPolicy");
    let field = "spec.externalTrafficPolicy";
    if is_external(spec) {
        causes.one_of(field, outer, &policies);
    } else if !outer.is_empty() {
        causes.invalid(
            field,
            outer,
            "may only be set for externally-accessible services",
        );
    }
    let (field, port) = ("spec.healthCheckNodePort", int(spec, "healthCheckNodePort"));
    match (needs_health_check(spec), port) {
        (true, 0) => causes.required(field, ""),
        (true, port) => {
            for wrong in names::port_number(port) {
                causes.invalid(field, port, &wrong);
            }
        }
        (false, 0) => {}
        (false, port) => {
            let detail = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'";
            causes.invalid(field, port, detail);
        }
    }
    let (field, inner) = (
        "spec.internalTrafficPolicy",
        text(spec, "internalTrafficPolicy"),
    );
    if has(spec, "internalTrafficPolicy") {
        if !policies.contains(&inner) {
            causes.not_supported(field, inner, &policies);
        }
    } else if matches!(
        text(spec, "type"),
        "ClusterIP" | "NodePort" | "LoadBalancer"
    ) {
        causes.required(field, "");
    }
    let choices = ["PreferClose", "PreferSameNode", "PreferSameZone"];
    let choice = text(spec, "trafficDistribution");
    if has(spec, "trafficDistribution") && !choices.contains(&choice) {
        causes.not_supported("spec.trafficDistribution", choice, &choices);
    }
}

/// The status of a Service.
pub(super) fn status(object: &Value, causes: &mut Causes) {
    let ingress = list(path(object, &["status", "loadBalancer"]), "ingress");
    let field = "status.loadBalancer.ingress";
    if text(at(object, "spec"), "type") != "LoadBalancer" && !ingress.is_empty() {
        let detail = "may only be used when `spec.type` is 'LoadBalancer'";
        return causes.forbidden(field, detail);
    }
    for (index, ingress) in ingress.iter().enumerate() {
        let field = format_args!("{field}[{index}]");
        let ip = text(ingress, "ip");
        if !ip.is_empty() {
            causes.each(format_args!("{field}.ip"), ip, names::ip(ip));
        }
        let mode = at(ingress, "ipMode").as_str();
        match mode {
            None if !ip.is_empty() => {
                causes.required(
                    format_args!("{field}.ipMode"),
                    "must be specified when `ip` is set",
                );
            }
            Some(_) if ip.is_empty() => {
                let detail = "may not be specified when `ip` is not set";
                causes.forbidden(format_args!("{field}.ipMode"), detail);
            }
            Some(mode) if !matches!(mode, "VIP" | "Proxy") => {
                causes.not_supported(format_args!("{field}.ipMode"), mode, &["Proxy", "VIP"]);
            }
            _ => {}
        }
        host(ingress, field, causes);
    }
}

/// A host name that is no address.
pub(super) fn host(ingress: &Value, field: Field<'_>, causes: &mut Causes) {
    let host = text(ingress, "hostname");
    if host.is_empty() {
        return;
    }
    causes.each(
        format_args!("{field}.hostname"),
        host,
        names::dns_subdomain(host),
    );
    if names::sloppy_ip(host).is_some() {
        let detail = "must be a DNS name, not an IP address";
        causes.invalid(format_args!("{field}.hostname"), host, detail);
    }
}
