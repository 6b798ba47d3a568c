//! Fields of built-in kinds that the API server does not take from requests to one of their endpoints.

use crate::{
    fieldset::{FieldSet, Pattern, Patterns},
    path::{Path, PathElement},
    updater::Filter,
};

/// Everything but those fields, with dots between their names.
pub(super) fn exclude(fields: &[&str]) -> Filter {
    Filter::Exclude(fields.iter().map(|field| path(field)).collect::<FieldSet>())
}

fn include(fields: &[&str]) -> Filter {
    let steps = |field: &&str| path(field).into_iter().map(Pattern::Element);
    Filter::Include(fields.iter().map(steps).collect::<Patterns>())
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
        (_, "") => Rule::AllBut(&["status"]),
        (_, "status") => Rule::AllBut(rest),
        ("CertificateSigningRequest", "approval") => Rule::AllBut(&["spec", "status.certificate"]),
        ("Pod", "resize") => Rule::Only(&["spec.containers", "spec.initContainers"]),
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
