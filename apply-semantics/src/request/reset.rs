//! Fields of built-in kinds that the API server does not take from requests to one of their endpoints.

use serde_json::{Map, Value};

use super::lookup;
use crate::{
    fieldset::{FieldSet, Pattern, Patterns},
    path::{Path, PathElement},
    updater::Filter,
};

/// Everything but those fields, with dots between their names.
pub(super) fn exclude(fields: &[&str]) -> Filter {
    Filter::Exclude(fields.iter().map(|field| path(field)).collect::<FieldSet>())
}

/// Only those fields, with all below them; a star stands for any list element.
fn include(fields: &[&str]) -> Filter {
    let step = |step| match step {
        "*" => Pattern::Any,
        name => Pattern::Element(PathElement::field(name)),
    };
    let patterns = fields.iter().map(|field| field.split('.').map(step));
    Filter::Include(patterns.collect::<Patterns>())
}

fn path(field: &str) -> Path {
    field.split('.').map(PathElement::field).collect()
}

/// Kinds whose status has an endpoint of its own, with their versions and what that endpoint leaves alone. The endpoint of the
/// object leaves the status alone.
const STATUS: &[(&str, &[&str], &[&str])] = &[
    (
        "APIService",
        &[
            "apiregistration.k8s.io/v1",
            "apiregistration.k8s.io/v1beta1",
        ],
        &["spec"],
    ),
    (
        "CertificateSigningRequest",
        &[
            "certificates.k8s.io/v1",
            "certificates.k8s.io/v1alpha1",
            "certificates.k8s.io/v1beta1",
        ],
        &["spec", "status.conditions"],
    ),
    ("CronJob", &["batch/v1"], &["spec"]),
    (
        "CustomResourceDefinition",
        &["apiextensions.k8s.io/v1"],
        &["metadata", "spec"],
    ),
    ("DaemonSet", &["apps/v1"], &["spec"]),
    ("Deployment", &["apps/v1"], &["spec", "metadata.labels"]),
    (
        "FlowSchema",
        &["flowcontrol.apiserver.k8s.io/v1"],
        &["metadata", "spec"],
    ),
    (
        "HorizontalPodAutoscaler",
        &["autoscaling/v1", "autoscaling/v2"],
        &["spec"],
    ),
    ("Ingress", &["networking.k8s.io/v1"], &["spec"]),
    ("Job", &["batch/v1"], &["spec"]),
    ("Namespace", &["v1"], &["spec"]),
    ("Node", &["v1"], &["spec"]),
    ("PersistentVolume", &["v1"], &["spec"]),
    ("PersistentVolumeClaim", &["v1"], &["spec"]),
    (
        "Pod",
        &["v1"],
        &[
            "spec",
            "metadata.deletionTimestamp",
            "metadata.ownerReferences",
        ],
    ),
    ("PodDisruptionBudget", &["policy/v1"], &["spec"]),
    (
        "PriorityLevelConfiguration",
        &["flowcontrol.apiserver.k8s.io/v1"],
        &["metadata", "spec"],
    ),
    ("ReplicaSet", &["apps/v1"], &["spec"]),
    ("ReplicationController", &["v1"], &["spec"]),
    (
        "ResourceClaim",
        &[
            "resource.k8s.io/v1",
            "resource.k8s.io/v1beta1",
            "resource.k8s.io/v1beta2",
        ],
        &["metadata", "spec"],
    ),
    ("ResourceQuota", &["v1"], &["spec"]),
    ("Service", &["v1"], &["spec"]),
    (
        "ServiceCIDR",
        &["networking.k8s.io/v1", "networking.k8s.io/v1beta1"],
        &["spec"],
    ),
    ("StatefulSet", &["apps/v1"], &["spec"]),
    (
        "ValidatingAdmissionPolicy",
        &["admissionregistration.k8s.io/v1"],
        &["metadata", "spec"],
    ),
    (
        "VolumeAttachment",
        &["storage.k8s.io/v1"],
        &["metadata", "spec"],
    ),
];

/// What an endpoint takes from requests.
#[derive(Debug, Clone, Copy)]
pub(super) enum Rule {
    AllBut(&'static [&'static str]),
    Only(&'static [&'static str]),
}

/// What a subresource of a kind, or the object itself (`""`), takes from requests, and in which versions.
pub(super) fn rule(kind: &str, subresource: &str) -> Option<(&'static [&'static str], Rule)> {
    let (_, versions, rest) = STATUS.iter().find(|(name, ..)| *name == kind)?;
    let rule = match (kind, subresource) {
        ("CertificateSigningRequest", "") => Rule::AllBut(&["spec", "status"]),
        (_, "") | ("Namespace", "finalize") => Rule::AllBut(&["status"]),
        (_, "status") => Rule::AllBut(rest),
        ("CertificateSigningRequest", "approval") => Rule::AllBut(&["spec", "status.certificate"]),
        ("Pod", "ephemeralcontainers") => Rule::Only(&["spec.ephemeralContainers"]),
        ("Pod", "resize") => Rule::Only(&[
            "spec.containers.*.resources",
            "spec.containers.*.resizePolicy",
            "spec.initContainers.*.resources",
            "spec.initContainers.*.resizePolicy",
        ]),
        _ => return None,
    };
    Some((versions, rule))
}

/// The same as filters, by version.
pub(super) fn builtin(kind: &str, subresource: &str) -> Vec<(String, Filter)> {
    let Some((versions, rule)) = rule(kind, subresource) else {
        return Vec::new();
    };
    let filter = match rule {
        Rule::AllBut(fields) => exclude(fields),
        Rule::Only(fields) => include(fields),
    };
    versions
        .iter()
        .map(|version| ((*version).to_owned(), filter.clone()))
        .collect()
}

/// Gives the fields that a filter excludes their live values back.
pub(super) fn restore(filter: &Filter, live: Option<&Value>, new: &mut Value) {
    let Filter::Exclude(fields) = filter else {
        return;
    };
    for path in fields.paths() {
        let before = live.and_then(|live| lookup::find(live, &path));
        match before {
            Some(before) => put(new, &path, before),
            None => {
                lookup::remove(new, &path);
            }
        }
    }
}

/// Puts a value at a path of fields, with what is missing on the way.
fn put(object: &mut Value, path: &[PathElement], value: &Value) {
    let mut place = object;
    for element in path {
        let (PathElement::Field(name), Value::Object(map)) = (element, place) else {
            return;
        };
        place = map
            .entry(&**name)
            .or_insert_with(|| Value::Object(Map::new()));
    }
    place.clone_from(value);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::request::{ApplyOptions, Effect, Engine, Kinds, UpdateOptions};

    #[test]
    fn what_cannot_be_written_stays() {
        let engine = Engine::new(Kinds::builtin()).reset_fields();
        let web = |replicas, ready| {
            json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"},
                "spec": {"replicas": replicas}, "status": {"replicas": ready}})
        };
        let options = ApplyOptions::new("a");
        let created = engine.apply(None, web(1, 7), &options).unwrap();
        assert_eq!(created.object().get("status"), None);

        let status = UpdateOptions::new("c").subresource("status");
        let live = engine.update(Some(created.into_object()), web(9, 1), &status);
        let live = live.unwrap().into_object();
        assert_eq!(
            (&live["spec"]["replicas"], &live["status"]["replicas"]),
            (&json!(1), &json!(1))
        );

        let same = engine
            .apply(Some(live.clone()), web(1, 7), &options)
            .unwrap();
        assert_eq!(same.effect(), Effect::Nothing);
        assert_eq!(same.object(), &live);
    }
}
