//! Checks that several kinds share.

use componentconfig::field::{Errors, FieldError, Path};
use serde::Serialize;
use serde_json::Value;

use crate::{
    Gates, IntOrString, Rounding,
    core::v1beta2::{Bootstrap, ContractVersionedObjectReference, MachineTaint, ObjectMeta},
    labels,
    meta::LabelSelector,
    names::{NameOf, generate},
    selector::Selector,
    template::Template,
};

/// The path of nested fields.
pub(super) fn path(names: &[&'static str]) -> Path {
    names
        .iter()
        .fold(Path::default(), |path, name| path.child(*name))
}

/// A value as errors show it.
pub(super) fn shown<T: Serialize>(value: &T) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}

/// A Kubernetes version: `v` and a semantic version without leniency.
pub(super) fn version(version: &str, at: &Path, errors: &mut Errors) {
    if !version.starts_with('v') {
        errors.invalid(at, version, "must start with v");
    }
    if semver::Version::parse(version.strip_prefix('v').unwrap_or(version)).is_err() {
        errors.invalid(at, version, "must be a valid semantic version");
    }
}

/// A leading `v` where a version lacks it.
pub(super) fn with_v(version: &mut String) {
    if !version.is_empty() && !version.starts_with('v') {
        version.insert(0, 'v');
    }
}

/// Where bootstrap data comes from has to be said.
pub(super) fn bootstrap(bootstrap: &Bootstrap, at: &Path, errors: &mut Errors) {
    if bootstrap.config_ref == ContractVersionedObjectReference::default()
        && bootstrap.data_secret_name.is_none()
    {
        let detail =
            format!("expected either {at}.dataSecretName or {at}.configRef to be populated");
        errors.required(at, detail);
    }
}

/// Taints that may be given to machines.
pub(super) fn taints(taints: &[MachineTaint], at: &Path, gates: Gates, errors: &mut Errors) {
    if !gates.machine_taint_propagation && !taints.is_empty() {
        errors.forbidden(
            at,
            "taints are not allowed to be set when the feature gate MachineTaintPropagation is disabled",
        );
    }
    for (index, taint) in taints.iter().enumerate() {
        let at = at.index(index).child("key");
        let key = taint.key.as_str();
        let problem = match key {
            "node.cluster.x-k8s.io/uninitialized" | "node.cluster.x-k8s.io/outdated-revision" => {
                Some("taint key is not allowed")
            }
            "node.kubernetes.io/out-of-service" => None,
            "node-role.kubernetes.io/master" => {
                Some("taint is deprecated since 1.24 and should not be used anymore")
            }
            _ if key.starts_with("node.kubernetes.io/") => Some(
                "taint key must not have the prefix node.kubernetes.io/, except for node.kubernetes.io/out-of-service",
            ),
            _ if key.starts_with("node.cloudprovider.kubernetes.io/") => {
                Some("taint key must not have the prefix node.cloudprovider.kubernetes.io/")
            }
            _ => None,
        };
        if let Some(problem) = problem {
            errors.invalid(&at, key, problem);
        }
        for problem in labels::key_problems(key) {
            errors.invalid(&at, key, problem);
        }
    }
}

/// Workers do not get the taint of the control plane.
pub(super) fn worker_taints(taints: &[MachineTaint], at: &Path, gates: Gates, errors: &mut Errors) {
    if !gates.machine_taint_propagation {
        return;
    }
    for (index, taint) in taints.iter().enumerate() {
        if taint.key == "node-role.kubernetes.io/control-plane" {
            let at = at.index(index).child("key");
            errors.invalid(
                &at,
                taint.key.as_str(),
                "taint is not allowed for worker Machines",
            );
        }
    }
}

const ANNOTATIONS_LIMIT: usize = 256 * 1024;

/// Labels and annotations of what is made from a template.
pub(crate) fn metadata(metadata: &ObjectMeta, at: &Path, errors: &mut Errors) {
    let place = at.child("labels");
    for (key, value) in &metadata.labels {
        for problem in labels::key_problems(key) {
            errors.invalid(&place, key.as_str(), problem);
        }
        for problem in labels::value_problems(value) {
            errors.invalid(&place, value.as_str(), problem);
        }
    }
    let place = at.child("annotations");
    let mut size = 0;
    for (key, value) in &metadata.annotations {
        for problem in labels::key_problems(&key.to_lowercase()) {
            errors.invalid(&place, key.as_str(), problem);
        }
        size += key.len() + value.len();
    }
    if size > ANNOTATIONS_LIMIT {
        errors.push(FieldError::too_long(place, "", ANNOTATIONS_LIMIT));
    }
}

/// A number or a percentage.
pub(super) fn number_or_percentage(value: Option<&IntOrString>, at: &Path, errors: &mut Errors) {
    let Some(value) = value else { return };
    if value.scaled(0, Rounding::Down).is_err() {
        let text = value.to_string();
        let problem = text.strip_suffix('%').map_or_else(
            || "invalid type: string is not a percentage".to_owned(),
            |number| {
                format!("invalid value {text:?}: strconv.Atoi: parsing {number:?}: invalid syntax")
            },
        );
        let detail = format!(
            "must be either an int or a percentage: invalid value for IntOrString: {problem}"
        );
        errors.invalid(at, text, detail);
    }
}

/// A template for the names of machines: it has to be random, and give names that are valid.
pub(super) fn machine_naming(template: &str, what: NameOf<'_>, at: &Path, errors: &mut Errors) {
    if template.is_empty() {
        return;
    }
    let at = at.child("template");
    if !template.contains("{{ .random }}") {
        errors.invalid(&at, template, "invalid template, {{ .random }} is missing");
    }
    naming(template, what, &at, errors);
}

/// A template for names has to give names that are valid.
pub(super) fn naming(template: &str, what: NameOf<'_>, at: &Path, errors: &mut Errors) {
    let name = Template::parse(template)
        .and_then(|parsed| generate(&parsed, "cluster", what, &mut |length| "b".repeat(length)));
    match name {
        Err(error) => errors.invalid(at, template, format!("invalid template: {error}")),
        Ok(name) => {
            for problem in labels::subdomain_problems(&name) {
                let detail = format!(
                    "invalid template, generated names would not be valid Kubernetes object names: {problem}"
                );
                errors.invalid(at, template, detail);
            }
        }
    }
}

/// The selector, if it can be read.
pub(super) fn selector(
    selector: &LabelSelector,
    at: &Path,
    errors: &mut Errors,
) -> Option<Selector> {
    match Selector::new(selector) {
        Ok(selector) => Some(selector),
        Err(error) => {
            errors.invalid(at, shown(selector), error.message);
            None
        }
    }
}

/// A field that cannot be changed.
pub(super) fn immutable<T: PartialEq>(new: &T, old: Option<&T>, at: &Path, errors: &mut Errors) {
    if old.is_some_and(|old| old != new) {
        errors.forbidden(at, "field is immutable");
    }
}
