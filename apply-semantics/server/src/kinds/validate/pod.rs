//! Checks of the spec of a pod, and of templates of pods.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{
    super::{
        cause::{Causes, Field},
        names,
        read::{at, flag, has, int, list, path, text},
    },
    container, meta, scheduling, security, volume,
};

/// Seconds and other numbers that Kubernetes keeps in 32 bits.
pub(super) const MOST_INT: i64 = i32::MAX as i64;

/// A template of pods at `field`.
pub(super) fn template(template: &Value, field: Field<'_>, causes: &mut Causes) {
    let metadata = at(template, "metadata");
    meta::labels(
        at(metadata, "labels"),
        format_args!("{field}.labels"),
        causes,
    );
    meta::annotations(
        at(metadata, "annotations"),
        format_args!("{field}.annotations"),
        causes,
    );
    annotations(
        metadata,
        at(template, "spec"),
        format_args!("{field}.annotations"),
        causes,
    );
    spec(
        at(template, "spec"),
        None,
        format_args!("{field}.spec"),
        causes,
    );
    if !list(at(template, "spec"), "ephemeralContainers").is_empty() {
        let detail = "ephemeral containers not allowed in pod template";
        causes.forbidden(format_args!("{field}.spec.ephemeralContainers"), detail);
    }
}

/// Annotations that mean something for pods.
pub(super) fn annotations(metadata: &Value, spec: &Value, field: Field<'_>, causes: &mut Causes) {
    let annotations = at(metadata, "annotations");
    if let Some(mirror) = annotations.get("kubernetes.io/config.mirror")
        && text(spec, "nodeName").is_empty()
    {
        let detail = "must set spec.nodeName if mirror pod annotation is set";
        causes.invalid(
            format_args!("{field}[kubernetes.io/config.mirror]"),
            mirror.clone(),
            detail,
        );
    }
    let cost = "controller.kubernetes.io/pod-deletion-cost";
    if let Some(value) = annotations.get(cost).and_then(Value::as_str)
        && !is_cost(value)
    {
        causes.invalid(
            format_args!("{field}[{cost}]"),
            value,
            "must be a 32bit integer",
        );
    }
}

fn is_cost(text: &str) -> bool {
    let padded = text.len() > 1 && text.trim_start_matches('-').starts_with('0');
    text.parse::<i32>().is_ok() && !text.starts_with('+') && !padded
}

/// The spec of a pod. With the name of the pod if it is one, and no template.
pub(super) fn spec(spec: &Value, pod: Option<&str>, field: Field<'_>, causes: &mut Causes) {
    if !has(spec, "terminationGracePeriodSeconds") {
        causes.required(format_args!("{field}.terminationGracePeriodSeconds"), "");
    }
    let volumes = volume::volumes(
        list(spec, "volumes"),
        pod,
        format_args!("{field}.volumes"),
        causes,
    );
    let claims = resource_claims(spec, field, causes);
    let context = container::Context {
        spec,
        volumes: &volumes,
        claims: &claims,
    };
    container::containers(&context, field, causes);
    host_ports(spec, pod.is_some(), field, causes);
    let restart = ["Always", "OnFailure", "Never"];
    causes.one_of(
        format_args!("{field}.restartPolicy"),
        text(spec, "restartPolicy"),
        &restart,
    );
    let dns = ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"];
    causes.one_of(
        format_args!("{field}.dnsPolicy"),
        text(spec, "dnsPolicy"),
        &dns,
    );
    meta::labels(
        at(spec, "nodeSelector"),
        format_args!("{field}.nodeSelector"),
        causes,
    );
    security::pod(spec, format_args!("{field}.securityContext"), causes);
    scheduling::affinity(
        at(spec, "affinity"),
        format_args!("{field}.affinity"),
        causes,
    );
    dns_config(spec, format_args!("{field}.dnsConfig"), causes);
    gates(spec, field, causes);
    scheduling::spread(
        spec,
        format_args!("{field}.topologySpreadConstraints"),
        causes,
    );
    host_users(spec, field, causes);
    words(spec, field, causes);
    scheduling::tolerations(
        list(spec, "tolerations"),
        format_args!("{field}.tolerations"),
        causes,
    );
    host_aliases(spec, field, causes);
    classes(spec, field, causes);
}

fn resource_claims(spec: &Value, field: Field<'_>, causes: &mut Causes) -> BTreeSet<String> {
    let mut seen = BTreeSet::new();
    for (index, claim) in list(spec, "resourceClaims").iter().enumerate() {
        let field = format_args!("{field}.resourceClaims[{index}]");
        let name = text(claim, "name");
        if name.is_empty() {
            causes.required(format_args!("{field}.name"), "");
        } else if seen.contains(name) {
            causes.duplicate(format_args!("{field}.name"), name);
        } else {
            causes.each(format_args!("{field}.name"), name, names::dns_label(name));
            seen.insert(name.to_owned());
        }
        let shown = || super::super::go::internal(claim, "core.v1.PodResourceClaim").compact();
        match (has(claim, "resourceClaimName"), has(claim, "resourceClaimTemplateName")) {
            (true, true) => causes.invalid_shown(
                field,
                &shown(),
                "at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified",
            ),
            (false, false) => causes.invalid_shown(
                field,
                &shown(),
                "must specify one of: `resourceClaimName`, `resourceClaimTemplateName`",
            ),
            _ => {}
        }
    }
    seen
}

/// On the network of the host, a port of a container is that of the host.
fn host_ports(spec: &Value, is_pod: bool, field: Field<'_>, causes: &mut Causes) {
    if !flag(spec, "hostNetwork") {
        return;
    }
    for (c, container) in list(spec, "containers").iter().enumerate() {
        for (p, port) in list(container, "ports").iter().enumerate() {
            let host = int(port, "hostPort");
            if (is_pod || host != 0) && host != int(port, "containerPort") {
                let field = format_args!("{field}.containers[{c}].ports[{p}].hostPort");
                causes.invalid(
                    field,
                    host,
                    "must match `containerPort` when `hostNetwork` is true",
                );
            }
        }
    }
}

fn dns_config(spec: &Value, field: Field<'_>, causes: &mut Causes) {
    let config = at(spec, "dnsConfig");
    let servers = list(config, "nameservers");
    if text(spec, "dnsPolicy") == "None" {
        if config.is_null() {
            return causes.required(field, "must provide `dnsConfig` when `dnsPolicy` is None");
        }
        if servers.is_empty() {
            let detail = "must provide at least one DNS nameserver when `dnsPolicy` is None";
            return causes.required(format_args!("{field}.nameservers"), detail);
        }
    }
    if servers.len() > 3 {
        let detail = "must not have more than 3 nameservers";
        causes.invalid(
            format_args!("{field}.nameservers"),
            servers.to_vec(),
            detail,
        );
    }
    for (index, server) in servers.iter().filter_map(Value::as_str).enumerate() {
        causes.each(
            format_args!("{field}.nameservers[{index}]"),
            server,
            names::ip(server),
        );
    }
    let searches = list(config, "searches");
    if searches.len() > 32 {
        let detail = "must not have more than 32 search paths";
        causes.invalid(format_args!("{field}.searches"), searches.to_vec(), detail);
    }
    for (index, option) in list(config, "options").iter().enumerate() {
        if text(option, "name").is_empty() {
            causes.required(
                format_args!("{field}.options[{index}]"),
                "must not be empty",
            );
        }
    }
}

fn gates(spec: &Value, field: Field<'_>, causes: &mut Causes) {
    for (index, gate) in list(spec, "readinessGates").iter().enumerate() {
        let kind = text(gate, "conditionType");
        let field = format_args!("{field}.readinessGates[{index}].conditionType");
        causes.each(field, kind, names::label_key(kind));
    }
    let mut seen = BTreeSet::new();
    for (index, gate) in list(spec, "schedulingGates").iter().enumerate() {
        let field = format_args!("{field}.schedulingGates[{index}]");
        let name = text(gate, "name");
        causes.each(field, name, names::label_key(name));
        if !seen.insert(name) {
            causes.duplicate(field, name);
        }
    }
}

fn host_users(spec: &Value, field: Field<'_>, causes: &mut Causes) {
    if at(spec, "hostUsers") != &Value::Bool(false) {
        return;
    }
    for (key, shown) in [
        ("hostNetwork", "hostNetwork"),
        ("hostPID", "HostPID"),
        ("hostIPC", "HostIPC"),
    ] {
        if flag(spec, key) {
            causes.forbidden(
                format_args!("{field}.{shown}"),
                "when `pod.Spec.HostUsers` is false",
            );
        }
    }
}

fn words(spec: &Value, field: Field<'_>, causes: &mut Causes) {
    let mut word = |key: &str, form: meta::Name| {
        let value = text(spec, key);
        if !value.is_empty() {
            causes.each(format_args!("{field}.{key}"), value, form(value));
        }
    };
    word("serviceAccountName", names::dns_subdomain);
    word("nodeName", names::dns_subdomain);
    if let Some(seconds) = at(spec, "activeDeadlineSeconds").as_i64()
        && !(1..=MOST_INT).contains(&seconds)
    {
        let field = format_args!("{field}.activeDeadlineSeconds");
        causes.invalid(field, seconds, &names::between(1, MOST_INT));
    }
    let mut word = |key: &str| {
        let value = text(spec, key);
        if !value.is_empty() {
            causes.each(
                format_args!("{field}.{key}"),
                value,
                names::dns_label(value),
            );
        }
    };
    word("hostname");
    word("subdomain");
}

fn host_aliases(spec: &Value, field: Field<'_>, causes: &mut Causes) {
    for (index, alias) in list(spec, "hostAliases").iter().enumerate() {
        let field = format_args!("{field}.hostAliases[{index}]");
        let ip = text(alias, "ip");
        causes.each(format_args!("{field}.ip"), ip, names::ip(ip));
        for (index, name) in list(alias, "hostnames")
            .iter()
            .filter_map(Value::as_str)
            .enumerate()
        {
            causes.each(
                format_args!("{field}.hostnames[{index}]"),
                name,
                names::dns_subdomain(name),
            );
        }
    }
}

fn classes(spec: &Value, field: Field<'_>, causes: &mut Causes) {
    for key in ["priorityClassName", "runtimeClassName"] {
        let name = text(spec, key);
        if !name.is_empty() || key == "runtimeClassName" && has(spec, key) {
            causes.each(
                format_args!("{field}.{key}"),
                name,
                names::dns_subdomain(name),
            );
        }
    }
    if has(spec, "preemptionPolicy") {
        let policies = ["PreemptLowerPriority", "Never"];
        let policy = text(spec, "preemptionPolicy");
        causes.one_of(format_args!("{field}.preemptionPolicy"), policy, &policies);
    }
    if has(spec, "os") {
        let name = text(path(spec, &["os"]), "name");
        causes.one_of(format_args!("{field}.os.name"), name, &["linux", "windows"]);
    }
}
