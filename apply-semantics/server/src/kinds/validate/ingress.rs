//! Checks of Ingresses and IngressClasses.

use serde_json::Value;

use super::{
    super::{
        cause::{Causes, Field},
        names,
        read::{at, has, int, list, path, text},
    },
    service,
};

const PATH_TYPES: [&str; 3] = ["Exact", "ImplementationSpecific", "Prefix"];

const MOST_CONTROLLER: usize = 250;

/// The spec of an Ingress.
pub(super) fn ingress(spec: &Value, causes: &mut Causes) {
    let rules = list(spec, "rules");
    if rules.is_empty() && !has(spec, "defaultBackend") {
        let detail = "either `defaultBackend` or `rules` must be specified";
        let shown = if at(spec, "rules").is_null() {
            "null"
        } else {
            "[]"
        };
        causes.invalid_shown("spec", shown, detail);
    }
    if has(spec, "defaultBackend") {
        backend(
            at(spec, "defaultBackend"),
            format_args!("spec.defaultBackend"),
            causes,
        );
    }
    for (index, rule) in rules.iter().enumerate() {
        ingress_rule(rule, format_args!("spec.rules[{index}]"), causes);
    }
    for (index, tls) in list(spec, "tls").iter().enumerate() {
        let field = format_args!("spec.tls[{index}]");
        for (index, host) in list(tls, "hosts")
            .iter()
            .filter_map(Value::as_str)
            .enumerate()
        {
            causes.each(
                format_args!("{field}.hosts[{index}]"),
                host,
                host_name(host),
            );
        }
        let secret = text(tls, "secretName");
        if !secret.is_empty() {
            causes.each(
                format_args!("{field}.secretName"),
                secret,
                names::dns_subdomain(secret),
            );
        }
    }
    if let Some(class) = at(spec, "ingressClassName").as_str() {
        causes.each("spec.ingressClassName", class, names::dns_subdomain(class));
    }
}

fn host_name(host: &str) -> names::Wrong {
    if host.contains('*') {
        names::wildcard_subdomain(host)
    } else {
        names::dns_subdomain(host)
    }
}

fn ingress_rule(rule: &Value, field: Field<'_>, causes: &mut Causes) {
    let host = text(rule, "host");
    if !host.is_empty() {
        if names::sloppy_ip(host).is_some() {
            let detail = "must be a DNS name, not an IP address";
            causes.invalid(format_args!("{field}.host"), host, detail);
        }
        causes.each(format_args!("{field}.host"), host, host_name(host));
    }
    let http = at(rule, "http");
    if http.is_null() {
        return;
    }
    let paths = list(http, "paths");
    if paths.is_empty() {
        causes.required(format_args!("{field}.http.paths"), "");
    }
    for (index, path) in paths.iter().enumerate() {
        ingress_path(path, format_args!("{field}.http.paths[{index}]"), causes);
    }
}

fn ingress_path(path: &Value, field: Field<'_>, causes: &mut Causes) {
    if !has(path, "pathType") {
        return causes.required(
            format_args!("{field}.pathType"),
            "pathType must be specified",
        );
    }
    let (kind, text) = (text(path, "pathType"), text(path, "path"));
    let path_field = format_args!("{field}.path");
    let is_absolute = text.starts_with('/');
    match kind {
        "Exact" | "Prefix" => {
            if !is_absolute {
                causes.invalid(path_field, text, "must be an absolute path");
            }
            for part in ["//", "/./", "/../", "%2f", "%2F"] {
                if text.contains(part) {
                    causes.invalid(path_field, text, &format!("must not contain '{part}'"));
                }
            }
            for part in ["/..", "/."] {
                if text.ends_with(part) {
                    causes.invalid(path_field, text, &format!("cannot end with '{part}'"));
                }
            }
        }
        "ImplementationSpecific" => {
            if !text.is_empty() && !is_absolute {
                causes.invalid(path_field, text, "must be an absolute path");
            }
        }
        _ => causes.not_supported(format_args!("{field}.pathType"), kind, &PATH_TYPES),
    }
    backend(at(path, "backend"), format_args!("{field}.backend"), causes);
}

fn backend(backend: &Value, field: Field<'_>, causes: &mut Causes) {
    match (has(backend, "resource"), has(backend, "service")) {
        (true, true) => {
            causes.invalid(field, "", "cannot set both resource and service backends");
        }
        (true, false) => reference(
            at(backend, "resource"),
            format_args!("{field}.resource"),
            causes,
        ),
        (false, true) => backend_service(at(backend, "service"), field, causes),
        (false, false) => causes.invalid(field, "", "resource or service backend is required"),
    }
}

fn backend_service(service: &Value, field: Field<'_>, causes: &mut Causes) {
    let name = text(service, "name");
    if name.is_empty() {
        causes.required(format_args!("{field}.service.name"), "");
    } else {
        causes.each(
            format_args!("{field}.service.name"),
            name,
            names::dns_label(name),
        );
    }
    let port = at(service, "port");
    let (name, number) = (text(port, "name"), int(port, "number"));
    match (name.is_empty(), number) {
        (false, 0) => {
            causes.each(
                format_args!("{field}.service.port.name"),
                name,
                names::port_name(name),
            );
        }
        (false, _) => causes.invalid(field, "", "cannot set both port name & port number"),
        (true, 0) => causes.required(field, "port name or number is required"),
        (true, number) => {
            for wrong in names::port_number(number) {
                causes.invalid(format_args!("{field}.service.port.number"), number, &wrong);
            }
        }
    }
}

fn reference(reference: &Value, field: Field<'_>, causes: &mut Causes) {
    if let Some(group) = at(reference, "apiGroup").as_str() {
        causes.each(
            format_args!("{field}.apiGroup"),
            group,
            names::dns_subdomain(group),
        );
    }
    for key in ["kind", "name"] {
        let value = text(reference, key);
        if value.is_empty() {
            causes.required(format_args!("{field}.{key}"), "");
        } else {
            causes.each(
                format_args!("{field}.{key}"),
                value,
                names::path_segment(value),
            );
        }
    }
}

/// The annotation that named the class before there was a field.
pub(super) fn ingress_annotation(object: &Value, causes: &mut Causes) {
    let key = "kubernetes.io/ingress.class";
    let annotation = path(object, &["metadata", "annotations", key]).as_str();
    let class = path(object, &["spec", "ingressClassName"]).as_str();
    if let (Some(annotation), Some(class)) = (annotation, class)
        && annotation != class
    {
        let detail = "must match `ingressClassName` when both are specified";
        causes.invalid(format_args!("annotations.{key}"), annotation, detail);
    }
}

/// The status of an Ingress.
pub(super) fn ingress_status(object: &Value, causes: &mut Causes) {
    let ingress = list(path(object, &["status", "loadBalancer"]), "ingress");
    for (index, ingress) in ingress.iter().enumerate() {
        let field = format_args!("status.loadBalancer.ingress[{index}]");
        let ip = text(ingress, "ip");
        if !ip.is_empty() {
            causes.each(format_args!("{field}.ip"), ip, names::ip(ip));
        }
        service::host(ingress, field, causes);
    }
}

/// The spec of an IngressClass.
pub(super) fn ingress_class(spec: &Value, causes: &mut Causes) {
    let controller = text(spec, "controller");
    if controller.is_empty() {
        causes.required("spec.controller", "");
    } else {
        if controller.len() > MOST_CONTROLLER {
            causes.too_long("spec.controller", MOST_CONTROLLER);
        }
        causes.each(
            "spec.controller",
            controller,
            names::domain_prefixed_path(controller),
        );
    }
    let parameters = at(spec, "parameters");
    if parameters.is_null() {
        return;
    }
    let field = "spec.parameters";
    reference(parameters, format_args!("{field}"), causes);
    let scope = text(parameters, "scope");
    let namespace = at(parameters, "namespace").as_str();
    match (scope, namespace) {
        _ if !has(parameters, "scope") => causes.required(format_args!("{field}.scope"), ""),
        ("Namespace", None) => {
            let detail = "`parameters.scope` is set to 'Namespace'";
            causes.required(format_args!("{field}.namespace"), detail);
        }
        ("Namespace", Some(namespace)) => {
            causes.each(
                format_args!("{field}.namespace"),
                namespace,
                names::dns_label(namespace),
            );
        }
        ("Cluster", Some(_)) => {
            let detail = "`parameters.scope` is set to 'Cluster'";
            causes.forbidden(format_args!("{field}.namespace"), detail);
        }
        ("Cluster", None) => {}
        _ => causes.not_supported(
            format_args!("{field}.scope"),
            scope,
            &["Cluster", "Namespace"],
        ),
    }
}
