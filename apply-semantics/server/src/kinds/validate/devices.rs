//! Checks of claims of devices.

use serde_json::Value;

use super::super::{
    cause::{Causes, Field},
    names,
    read::{at, has, int, list, text},
};

/// The spec of a ResourceClaim.
pub(super) fn device_claim(spec: &Value, field: Field<'_>, causes: &mut Causes) {
    for (index, request) in list(at(spec, "devices"), "requests").iter().enumerate() {
        let field = format_args!("{field}.devices.requests[{index}]");
        let name = text(request, "name");
        causes.each(format_args!("{field}.name"), name, names::dns_label(name));
        match (has(request, "exactly"), has(request, "firstAvailable")) {
            (true, false) => exact(
                at(request, "exactly"),
                format_args!("{field}.exactly"),
                causes,
            ),
            (false, true) => {
                for (index, request) in list(request, "firstAvailable").iter().enumerate() {
                    let field = format_args!("{field}.firstAvailable[{index}]");
                    let name = text(request, "name");
                    causes.each(format_args!("{field}.name"), name, names::dns_label(name));
                    exact(request, field, causes);
                }
            }
            (false, false) => {
                let detail = "exactly one of `exactly` or `firstAvailable` is required";
                causes.required(field, detail);
            }
            (true, true) => {
                let detail = "exactly one of `exactly` or `firstAvailable` is required, but multiple fields are set";
                causes.invalid(field, Value::Null, detail);
            }
        }
    }
}

fn exact(request: &Value, field: Field<'_>, causes: &mut Causes) {
    let class = text(request, "deviceClassName");
    if class.is_empty() {
        causes.required(format_args!("{field}.deviceClassName"), "");
    } else {
        causes.each(
            format_args!("{field}.deviceClassName"),
            class,
            names::dns_subdomain(class),
        );
    }
    let mode = text(request, "allocationMode");
    match mode {
        "ExactCount" if int(request, "count") <= 0 => {
            causes.invalid(
                format_args!("{field}.count"),
                int(request, "count"),
                "must be greater than zero",
            );
        }
        "All" if int(request, "count") != 0 => {
            let detail = "must not be specified when allocationMode is 'All'";
            causes.invalid(format_args!("{field}.count"), int(request, "count"), detail);
        }
        "ExactCount" | "All" => {}
        _ => causes.not_supported(
            format_args!("{field}.allocationMode"),
            mode,
            &["All", "ExactCount"],
        ),
    }
}
