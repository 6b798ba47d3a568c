//! Checks of webhooks, admission policies, flow control, certificates, leases, classes and device claims.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{
    super::{
        cause::{Causes, Field},
        go, names,
        read::{at, has, int, list, text},
        semantic,
    },
    meta,
};

/// The webhooks of a configuration.
pub(super) fn webhooks(object: &Value, causes: &mut Causes) {
    let mut seen = BTreeSet::new();
    for (index, hook) in list(object, "webhooks").iter().enumerate() {
        let field = format_args!("webhooks[{index}]");
        webhook(hook, field, causes);
        let name = text(hook, "name");
        if !name.is_empty() && !seen.insert(name) {
            causes.duplicate(format_args!("{field}.name"), name);
        }
    }
}

fn webhook(hook: &Value, field: Field<'_>, causes: &mut Causes) {
    let name = text(hook, "name");
    qualified_domain(name, format_args!("{field}.name"), causes);
    for (index, rule) in list(hook, "rules").iter().enumerate() {
        rule_with_operations(rule, format_args!("{field}.rules[{index}]"), causes);
    }
    let mut choice = |key: &str, choices: &[&str]| {
        let value = text(hook, key);
        if has(hook, key) && !choices.contains(&value) {
            causes.not_supported(format_args!("{field}.{key}"), value, choices);
        }
    };
    choice("failurePolicy", &["Fail", "Ignore"]);
    choice("matchPolicy", &["Equivalent", "Exact"]);
    choice("reinvocationPolicy", &["IfNeeded", "Never"]);
    let effects = ["None", "NoneOnDryRun"];
    if has(hook, "sideEffects") {
        let effect = text(hook, "sideEffects");
        if !effects.contains(&effect) {
            causes.not_supported(format_args!("{field}.sideEffects"), effect, &effects);
        }
    } else {
        causes.required(
            format_args!("{field}.sideEffects"),
            "must specify one of None, NoneOnDryRun",
        );
    }
    if let Some(seconds) = at(hook, "timeoutSeconds").as_i64()
        && !(1..=30).contains(&seconds)
    {
        let detail = "the timeout value must be between 1 and 30 seconds";
        causes.invalid(format_args!("{field}.timeoutSeconds"), seconds, detail);
    }
    for key in ["namespaceSelector", "objectSelector"] {
        meta::selector(at(hook, key), format_args!("{field}.{key}"), causes);
    }
    client_config(
        at(hook, "clientConfig"),
        format_args!("{field}.clientConfig"),
        causes,
    );
    review_versions(
        hook,
        format_args!("{field}.admissionReviewVersions"),
        causes,
    );
}

fn client_config(config: &Value, field: Field<'_>, causes: &mut Causes) {
    let url = at(config, "url").as_str();
    match (url, has(config, "service")) {
        (None, false) | (Some(_), true) => {
            causes.required(field, "exactly one of url or service is required");
        }
        (Some(url), false) => {
            if !url.starts_with("https://") {
                let scheme = url.split_once("://").map_or("", |(scheme, _)| scheme);
                let detail =
                    "'https' is the only allowed URL scheme; desired format: https://host[/path]";
                causes.invalid(format_args!("{field}.url"), scheme, detail);
            }
        }
        (None, true) => {
            let service = at(config, "service");
            for key in ["name", "namespace"] {
                if text(service, key).is_empty() {
                    let detail = format!("service {key} is required");
                    causes.required(format_args!("{field}.service.{key}"), &detail);
                }
            }
        }
    }
}

fn review_versions(hook: &Value, field: Field<'_>, causes: &mut Causes) {
    let versions = list(hook, "admissionReviewVersions");
    let known = ["v1", "v1beta1"];
    let texts: Vec<&str> = versions.iter().filter_map(Value::as_str).collect();
    if texts.is_empty() {
        let detail = "must specify one of v1, v1beta1";
        return causes.required(field, detail);
    }
    let mut seen = BTreeSet::new();
    for (index, version) in texts.iter().enumerate() {
        let field = format_args!("{field}[{index}]");
        if !seen.insert(*version) {
            causes.invalid(field, *version, "duplicate version");
        }
        causes.each(field, version, names::dns_1035_label(version));
    }
    if !texts.iter().any(|version| known.contains(version)) {
        let detail = "must include at least one of v1, v1beta1";
        causes.invalid(field, versions.to_vec(), detail);
    }
}

fn qualified_domain(name: &str, field: Field<'_>, causes: &mut Causes) {
    if name.is_empty() {
        return causes.required(field, "");
    }
    let wrong = names::dns_subdomain(name);
    if !wrong.is_empty() {
        causes.invalid(field, name, &wrong.join(","));
    } else if name.split('.').count() < 3 {
        let detail = "should be a domain with at least three segments separated by dots";
        causes.invalid(field, name, detail);
    }
}

fn rule_with_operations(rule: &Value, field: Field<'_>, causes: &mut Causes) {
    for key in ["operations", "apiGroups", "apiVersions", "resources"] {
        if list(rule, key).is_empty() {
            causes.required(format_args!("{field}.{key}"), "");
        }
    }
    let operations = ["*", "CONNECT", "CREATE", "DELETE", "UPDATE"];
    let given: Vec<&str> = list(rule, "operations")
        .iter()
        .filter_map(Value::as_str)
        .collect();
    for (index, operation) in given.iter().enumerate() {
        if !operations.contains(operation) {
            causes.not_supported(
                format_args!("{field}.operations[{index}]"),
                *operation,
                &operations,
            );
        }
    }
    for key in ["operations", "apiGroups", "apiVersions"] {
        let given = list(rule, key);
        if given.len() > 1 && given.iter().any(|value| value == "*") {
            let detail = "if '*' is present, must not specify other values";
            causes.invalid(format_args!("{field}.{key}"), given.to_vec(), detail);
        }
    }
    let scope = text(rule, "scope");
    if has(rule, "scope") && !matches!(scope, "*" | "Cluster" | "Namespaced") {
        causes.not_supported(
            format_args!("{field}.scope"),
            scope,
            &["*", "Cluster", "Namespaced"],
        );
    }
}

/// The spec of a ValidatingAdmissionPolicyBinding.
pub(super) fn policy_binding(spec: &Value, causes: &mut Causes) {
    if text(spec, "policyName").is_empty() {
        causes.required("spec.policyName", "");
    }
    let actions = list(spec, "validationActions");
    if actions.is_empty() {
        causes.required(
            "spec.validationActions",
            "at least one validation action is required",
        );
    }
    let mut seen = BTreeSet::new();
    for (index, action) in actions.iter().filter_map(Value::as_str).enumerate() {
        if !matches!(action, "Audit" | "Deny" | "Warn") {
            let known = ["Audit", "Deny", "Warn"];
            causes.not_supported("spec.validationActions", action, &known);
        }
        if !seen.insert(action) {
            causes.duplicate(format_args!("spec.validationActions[{index}]"), action);
        }
    }
    if seen.contains("Deny") && seen.contains("Warn") {
        let detail = "must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)";
        causes.invalid("spec.validationActions", actions.to_vec(), detail);
    }
}

/// The spec of a FlowSchema.
pub(super) fn flow_schema(spec: &Value, causes: &mut Causes) {
    let precedence = int(spec, "matchingPrecedence");
    if precedence <= 0 {
        causes.invalid(
            "spec.matchingPrecedence",
            precedence,
            "must be a positive value",
        );
    } else if precedence > 10_000 {
        let detail = "must not be greater than 10000";
        causes.invalid("spec.matchingPrecedence", precedence, detail);
    }
    let method = at(spec, "distinguisherMethod");
    if !method.is_null() && !matches!(text(method, "type"), "ByNamespace" | "ByUser") {
        let shown = go::internal(method, "flowcontrol.v1.FlowDistinguisherMethod").compact();
        let types = ["ByNamespace", "ByUser"];
        causes.not_supported_shown("spec.distinguisherMethod.type", &shown, &types);
    }
    let level = text(at(spec, "priorityLevelConfiguration"), "name");
    if level.is_empty() {
        let detail = "must reference a priority level";
        causes.required("spec.priorityLevelConfiguration.name", detail);
    } else {
        causes.each(
            "spec.priorityLevelConfiguration.name",
            level,
            names::dns_subdomain(level),
        );
    }
    for (index, rule) in list(spec, "rules").iter().enumerate() {
        let field = format_args!("spec.rules[{index}]");
        if list(rule, "subjects").is_empty() {
            causes.required(
                format_args!("{field}.subjects"),
                "subjects must contain at least one value",
            );
        }
        if list(rule, "resourceRules").is_empty() && list(rule, "nonResourceRules").is_empty() {
            let detail = "at least one of resourceRules and nonResourceRules has to be non-empty";
            causes.required(field, detail);
        }
    }
}

/// The spec of a PriorityLevelConfiguration.
pub(super) fn priority_level(spec: &Value, causes: &mut Causes) {
    let kind = text(spec, "type");
    match kind {
        "Exempt" if has(spec, "limited") => {
            let detail = "must be nil if the type is not Limited";
            causes.forbidden("spec.limited", detail);
        }
        "Limited" if !has(spec, "limited") => {
            causes.required("spec.limited", "must not be empty when type is Limited");
        }
        "Exempt" | "Limited" => {}
        _ => causes.not_supported("spec.type", kind, &["Exempt", "Limited"]),
    }
}

/// The spec of a Lease.
pub(super) fn lease(spec: &Value, causes: &mut Causes) {
    if let Some(seconds) = at(spec, "leaseDurationSeconds").as_i64()
        && seconds <= 0
    {
        causes.invalid(
            "spec.leaseDurationSeconds",
            seconds,
            "must be greater than 0",
        );
    }
    if let Some(transitions) = at(spec, "leaseTransitions").as_i64()
        && transitions < 0
    {
        let detail = "must be greater than or equal to 0";
        causes.invalid("spec.leaseTransitions", transitions, detail);
    }
}

/// A PriorityClass.
pub(super) fn priority_class(object: &Value, causes: &mut Causes) {
    let (name, value) = (text(at(object, "metadata"), "name"), int(object, "value"));
    if name.starts_with("system-") {
        if !matches!(name, "system-cluster-critical" | "system-node-critical") {
            let detail = "priority class names with 'system-' prefix are reserved for system use only. error: invalid system priority class";
            causes.forbidden("metadata.name", detail);
        }
    } else if value > 1_000_000_000 {
        let detail = "maximum allowed value of a user defined priority is 1000000000";
        causes.forbidden("value", detail);
    }
    if has(object, "preemptionPolicy") {
        let policy = text(object, "preemptionPolicy");
        let policies = ["PreemptLowerPriority", "Never"];
        causes.one_of("preemptionPolicy", policy, &policies);
    }
}

/// What may not change in a PriorityClass.
pub(super) fn priority_class_update(new: &Value, old: &Value, causes: &mut Causes) {
    if int(new, "value") != int(old, "value") {
        causes.forbidden("value", "may not be changed in an update.");
    }
    let key = "preemptionPolicy";
    meta::immutable_value(at(new, key), at(old, key), format_args!("{key}"), causes);
}

/// A RuntimeClass.
pub(super) fn runtime_class(object: &Value, causes: &mut Causes) {
    let handler = text(object, "handler");
    causes.each("handler", handler, names::dns_label(handler));
    let scheduling = at(object, "scheduling");
    meta::labels(
        at(scheduling, "nodeSelector"),
        format_args!("scheduling.nodeSelector"),
        causes,
    );
    super::scheduling::tolerations(
        list(scheduling, "tolerations"),
        format_args!("scheduling.tolerations"),
        causes,
    );
}

/// The spec of a CertificateSigningRequest.
pub(super) fn signing_request(spec: &Value, causes: &mut Causes) {
    let request = text(spec, "request");
    if let Some(detail) = super::super::pem::certificate_request_error(request) {
        causes.invalid("spec.request", request, detail);
    }
    if list(spec, "usages").is_empty() {
        causes.required("spec.usages", "usages must contain at least one value");
    }
    for (index, usage) in list(spec, "usages")
        .iter()
        .filter_map(Value::as_str)
        .enumerate()
    {
        if !USAGES.contains(&usage) {
            causes.not_supported(format_args!("spec.usages[{index}]"), usage, &USAGES);
        }
    }
    let signer = text(spec, "signerName");
    if signer.is_empty() {
        causes.required("spec.signerName", "");
    } else {
        causes.each(
            "spec.signerName",
            signer,
            names::domain_prefixed_path(signer),
        );
    }
    if let Some(seconds) = at(spec, "expirationSeconds").as_i64()
        && seconds < 600
    {
        let detail = "may not specify a duration less than 600 seconds (10 minutes)";
        causes.invalid("spec.expirationSeconds", seconds, detail);
    }
}

const USAGES: [&str; 23] = [
    "any",
    "cert sign",
    "client auth",
    "code signing",
    "content commitment",
    "crl sign",
    "data encipherment",
    "decipher only",
    "digital signature",
    "email protection",
    "encipher only",
    "ipsec end system",
    "ipsec tunnel",
    "ipsec user",
    "key agreement",
    "key encipherment",
    "microsoft sgc",
    "netscape sgc",
    "ocsp signing",
    "s/mime",
    "server auth",
    "signing",
    "timestamping",
];

/// Conditions of a request that stay once they are set.
pub(super) fn signing_request_update(new: &Value, old: &Value, causes: &mut Causes) {
    let holds = |object: &Value, kind: &str| {
        list(at(object, "status"), "conditions")
            .iter()
            .any(|held| text(held, "type") == kind)
    };
    for kind in ["Approved", "Denied", "Failed"] {
        if holds(old, kind) && !holds(new, kind) {
            let detail = format!("updates may not remove a condition of type \"{kind}\"");
            causes.forbidden("status.conditions", &detail);
        }
    }
}

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

/// A spec that may not change at all.
pub(super) fn fixed_spec(new: &Value, old: &Value, type_name: &str, causes: &mut Causes) {
    if !semantic::equal(at(new, "spec"), at(old, "spec"), type_name) {
        let shown = go::internal(at(new, "spec"), type_name).compact();
        causes.invalid_shown("spec", &shown, "field is immutable");
    }
}
