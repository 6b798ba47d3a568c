//! Checks of NetworkPolicies and EndpointSlices.

use serde_json::Value;

use super::{
    super::{
        cause::{Causes, Field},
        names,
        read::{at, has, list, text},
    },
    meta,
};

/// The spec of a NetworkPolicy.
pub(super) fn network_policy(spec: &Value, causes: &mut Causes) {
    meta::selector(
        at(spec, "podSelector"),
        format_args!("spec.podSelector"),
        causes,
    );
    for (direction, peers) in [("ingress", "from"), ("egress", "to")] {
        for (index, rule) in list(spec, direction).iter().enumerate() {
            let field = format_args!("spec.{direction}[{index}]");
            for (index, port) in list(rule, "ports").iter().enumerate() {
                policy_port(port, format_args!("{field}.ports[{index}]"), causes);
            }
            for (index, peer) in list(rule, peers).iter().enumerate() {
                policy_peer(peer, format_args!("{field}.{peers}[{index}]"), causes);
            }
        }
    }
    let types = list(spec, "policyTypes");
    if types.len() > 2 {
        let detail = "may not specify more than two policyTypes";
        return causes.invalid("spec.policyTypes", types.to_vec(), detail);
    }
    for (index, kind) in types.iter().filter_map(Value::as_str).enumerate() {
        if !matches!(kind, "Ingress" | "Egress") {
            causes.not_supported(
                format_args!("spec.policyTypes[{index}]"),
                kind,
                &["Ingress", "Egress"],
            );
        }
    }
}

fn policy_port(port: &Value, field: Field<'_>, causes: &mut Causes) {
    let protocol = text(port, "protocol");
    if has(port, "protocol") && !matches!(protocol, "TCP" | "UDP" | "SCTP") {
        causes.not_supported(
            format_args!("{field}.protocol"),
            protocol,
            &["TCP", "UDP", "SCTP"],
        );
    }
    let end = at(port, "endPort").as_i64();
    let end_field = format_args!("{field}.endPort");
    let number = at(port, "port");
    if let Some(name) = number.as_str() {
        if let Some(end) = end {
            causes.invalid(
                end_field,
                end,
                "may not be specified when `port` is non-numeric",
            );
        }
        return causes.each(format_args!("{field}.port"), name, names::port_name(name));
    }
    let Some(first) = number.as_i64() else {
        if let Some(end) = end {
            causes.invalid(
                end_field,
                end,
                "may not be specified when `port` is not specified",
            );
        }
        return;
    };
    for wrong in names::port_number(first) {
        causes.invalid(format_args!("{field}.port"), first, &wrong);
    }
    if let Some(end) = end {
        if end < first {
            causes.invalid(end_field, end, "must be greater than or equal to `port`");
        }
        for wrong in names::port_number(end) {
            causes.invalid(end_field, end, &wrong);
        }
    }
}

fn policy_peer(peer: &Value, field: Field<'_>, causes: &mut Causes) {
    let mut peers = 0;
    for key in ["podSelector", "namespaceSelector"] {
        if has(peer, key) {
            peers += 1;
            meta::selector(at(peer, key), format_args!("{field}.{key}"), causes);
        }
    }
    let block = at(peer, "ipBlock");
    if block.is_null() {
        if peers == 0 {
            causes.required(field, "must specify a peer");
        }
        return;
    }
    ip_block(block, format_args!("{field}.ipBlock"), causes);
    if peers > 0 {
        causes.forbidden(field, "may not specify both ipBlock and another peer");
    }
}

fn ip_block(block: &Value, field: Field<'_>, causes: &mut Causes) {
    let range = text(block, "cidr");
    if range.is_empty() {
        return causes.required(format_args!("{field}.cidr"), "");
    }
    let wrong = names::cidr(range);
    let readable = wrong.is_empty();
    causes.each(format_args!("{field}.cidr"), range, wrong);
    for (index, except) in list(block, "except")
        .iter()
        .filter_map(Value::as_str)
        .enumerate()
    {
        let field = format_args!("{field}.except[{index}]");
        let wrong = names::cidr(except);
        let both = readable && wrong.is_empty();
        causes.each(field, except, wrong);
        if both && !names::is_strictly_within(except, range) {
            causes.invalid(field, except, "must be a strict subset of `cidr`");
        }
    }
}

/// An EndpointSlice.
pub(super) fn endpoint_slice(object: &Value, causes: &mut Causes) {
    let kind = text(object, "addressType");
    causes.one_of("addressType", kind, &["FQDN", "IPv4", "IPv6"]);
    for (index, endpoint) in list(object, "endpoints").iter().enumerate() {
        let field = format_args!("endpoints[{index}].addresses");
        let addresses = list(endpoint, "addresses");
        if addresses.is_empty() {
            causes.required(field, "must contain at least 1 address");
        } else if addresses.len() > 100 {
            causes.too_many(field, addresses.len(), 100);
        }
        for (index, address) in addresses.iter().filter_map(Value::as_str).enumerate() {
            let field = format_args!("{field}[{index}]");
            match kind {
                "FQDN" => causes.each(field, address, names::dns_subdomain(address)),
                _ => causes.each(field, address, names::ip(address)),
            }
        }
    }
    for (index, port) in list(object, "ports").iter().enumerate() {
        let field = format_args!("ports[{index}]");
        let name = text(port, "name");
        if !name.is_empty() {
            causes.each(format_args!("{field}.name"), name, names::dns_label(name));
        }
        let protocols = ["SCTP", "TCP", "UDP"];
        causes.one_of(
            format_args!("{field}.protocol"),
            text(port, "protocol"),
            &protocols,
        );
    }
}
