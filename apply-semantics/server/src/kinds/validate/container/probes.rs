//! Checks of what containers have that keep running: probes and handlers of their lifecycle.

use serde_json::Value;

use super::super::{
    super::{
        cause::{Causes, Field},
        names,
        read::{at, has, int, list, text},
    },
    meta::non_negative,
};
use super::{Context, ports::port_or_name};

/// What a container has that keeps running.
pub(super) fn running(
    container: &Value,
    context: &Context<'_>,
    field: Field<'_>,
    causes: &mut Causes,
) {
    let grace = at(context.spec, "terminationGracePeriodSeconds").as_i64();
    for hook in ["postStart", "preStop"] {
        let handler = at(at(container, "lifecycle"), hook);
        if !handler.is_null() {
            self::handler(
                handler,
                grace,
                format_args!("{field}.lifecycle.{hook}"),
                causes,
            );
        }
    }
    for key in ["livenessProbe", "readinessProbe", "startupProbe"] {
        let probe = at(container, key);
        if !probe.is_null() {
            self::probe(probe, key, grace, format_args!("{field}.{key}"), causes);
        }
    }
}

fn probe(probe: &Value, key: &str, grace: Option<i64>, field: Field<'_>, causes: &mut Causes) {
    handler(probe, grace, field, causes);
    for key in [
        "initialDelaySeconds",
        "timeoutSeconds",
        "periodSeconds",
        "successThreshold",
        "failureThreshold",
    ] {
        non_negative(probe, key, field, causes);
    }
    let own_grace = at(probe, "terminationGracePeriodSeconds").as_i64();
    if let Some(seconds) = own_grace.filter(|seconds| *seconds <= 0) {
        let field = format_args!("{field}.terminationGracePeriodSeconds");
        causes.invalid(field, seconds, "must be greater than 0");
    }
    if key == "readinessProbe" {
        if let Some(seconds) = own_grace {
            let field = format_args!("{field}.terminationGracePeriodSeconds");
            causes.invalid(field, seconds, "must not be set for readinessProbes");
        }
    } else if int(probe, "successThreshold") != 1 {
        let threshold = int(probe, "successThreshold");
        causes.invalid(
            format_args!("{field}.successThreshold"),
            threshold,
            "must be 1",
        );
    }
}

fn handler(handler: &Value, grace: Option<i64>, field: Field<'_>, causes: &mut Causes) {
    let kinds = ["exec", "httpGet", "tcpSocket", "grpc", "sleep"];
    let mut named = kinds.into_iter().filter(|kind| has(handler, kind));
    match named.next() {
        None => causes.required(field, "must specify a handler type"),
        Some(kind) => action(
            at(handler, kind),
            kind,
            grace,
            format_args!("{field}.{kind}"),
            causes,
        ),
    }
    for kind in named {
        let detail = "may not specify more than 1 handler type";
        causes.forbidden(format_args!("{field}.{kind}"), detail);
    }
}

fn action(action: &Value, kind: &str, grace: Option<i64>, field: Field<'_>, causes: &mut Causes) {
    match kind {
        "exec" if list(action, "command").is_empty() => {
            causes.required(format_args!("{field}.command"), "");
        }
        "httpGet" => {
            if text(action, "path").is_empty() {
                causes.required(format_args!("{field}.path"), "");
            }
            port_or_name(at(action, "port"), format_args!("{field}.port"), causes);
            let scheme = text(action, "scheme");
            if !matches!(scheme, "HTTP" | "HTTPS") {
                causes.not_supported(format_args!("{field}.scheme"), scheme, &["HTTP", "HTTPS"]);
            }
            for header in list(action, "httpHeaders") {
                let name = text(header, "name");
                causes.each(
                    format_args!("{field}.httpHeaders"),
                    name,
                    names::http_header(name),
                );
            }
        }
        "tcpSocket" | "grpc" => {
            port_or_name(at(action, "port"), format_args!("{field}.port"), causes);
        }
        "sleep" => {
            let seconds = int(action, "seconds");
            if let Some(grace) = grace.filter(|grace| seconds < 0 || seconds > *grace) {
                let detail = format!(
                    "must be non-negative and less than terminationGracePeriodSeconds ({grace})"
                );
                causes.invalid(field, seconds, &detail);
            }
        }
        _ => {}
    }
}
