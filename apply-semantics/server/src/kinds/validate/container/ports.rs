//! Checks of the ports of containers.

use std::collections::BTreeSet;

use serde_json::Value;

use super::super::super::{
    cause::{Causes, Field},
    names,
    read::{int, list, text},
};

const PROTOCOLS: [&str; 3] = ["SCTP", "TCP", "UDP"];

pub(super) fn ports(ports: &[Value], field: Field<'_>, causes: &mut Causes) {
    let mut seen = BTreeSet::new();
    for (index, port) in ports.iter().enumerate() {
        let field = format_args!("{field}[{index}]");
        let name = text(port, "name");
        if !name.is_empty() {
            let wrong = names::port_name(name);
            if wrong.is_empty() && !seen.insert(name) {
                causes.duplicate(format_args!("{field}.name"), name);
            }
            causes.each(format_args!("{field}.name"), name, wrong);
        }
        if int(port, "containerPort") == 0 {
            causes.required(format_args!("{field}.containerPort"), "");
        } else {
            number(port, "containerPort", field, causes);
        }
        if int(port, "hostPort") != 0 {
            number(port, "hostPort", field, causes);
        }
        causes.one_of(
            format_args!("{field}.protocol"),
            text(port, "protocol"),
            &PROTOCOLS,
        );
    }
}

/// The number of a port in a field.
fn number(object: &Value, key: &str, field: Field<'_>, causes: &mut Causes) {
    let port = int(object, key);
    for wrong in names::port_number(port) {
        causes.invalid(format_args!("{field}.{key}"), port, &wrong);
    }
}

/// A port by number or name.
pub(in crate::kinds::validate) fn port_or_name(
    port: &Value,
    field: Field<'_>,
    causes: &mut Causes,
) {
    if let Some(name) = port.as_str() {
        return causes.each(field, name, names::port_name(name));
    }
    let port = port.as_i64().unwrap_or_default();
    for wrong in names::port_number(port) {
        causes.invalid(field, port, &wrong);
    }
}

pub(super) fn host_port_conflicts(containers: &[Value], field: Field<'_>, causes: &mut Causes) {
    let mut seen = BTreeSet::new();
    for (c, container) in containers.iter().enumerate() {
        for (p, port) in list(container, "ports").iter().enumerate() {
            let host = int(port, "hostPort");
            let (protocol, address) = (text(port, "protocol"), text(port, "hostIP"));
            if host != 0 && !seen.insert((protocol, address, host)) {
                causes.duplicate(
                    format_args!("{field}[{c}].ports[{p}].hostPort"),
                    format!("{protocol}/{address}/{host}"),
                );
            }
        }
    }
}
