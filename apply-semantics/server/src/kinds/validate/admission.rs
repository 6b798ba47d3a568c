//! Checks of what takes part in admission: webhooks, and bindings of policies.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{
    super::{
        cause::{Causes, Field},
        names,
        read::{at, has, list, text},
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
