//! The kind of the cluster file: two versions, the defaults, the rules and one conversion.

use componentconfig::{
    Config, Registry, Upgrade,
    field::{Errors, Path},
    kind,
};
use machine_api::{labels::subdomain_problems, version::Version};
use serde::{Deserialize, Serialize};

/// A cluster: one control plane and groups of nodes, each group of one image.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Cluster {
    pub(crate) metadata: Metadata,
    pub(crate) spec: Spec,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Metadata {
    pub(crate) name: String,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Spec {
    /// The version of all nodes, such as `v1.36.1`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) kubernetes_version: String,
    pub(crate) network: Network,
    pub(crate) certificates: Certificates,
    pub(crate) control_plane: ControlPlane,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) node_groups: Vec<NodeGroup>,
    pub(crate) cloud: Cloud,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Network {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) pod_subnet: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) service_subnet: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) dns_domain: String,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Certificates {
    /// The kind of the keys, as kubeadm names them.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) encryption_algorithm: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) validity_days: Option<i32>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct ControlPlane {
    /// An odd number: etcd is on the same machines.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) replicas: Option<i32>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) image: String,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct NodeGroup {
    pub(crate) name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) replicas: Option<i32>,
    /// That of the control plane if unset.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) image: String,
    /// How many nodes there may be too many while they are replaced.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) max_surge: Option<i32>,
    /// How many nodes may be missing while they are replaced.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) max_unavailable: Option<i32>,
}

/// How the cloud in memory behaves.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Cloud {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) zones: Vec<String>,
    /// How many seconds it takes to make a machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) create_seconds: Option<u32>,
    /// How many seconds it takes to delete one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) delete_seconds: Option<u32>,
}

/// The version of last year: nodes of one kind only.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct ClusterV1Alpha1 {
    pub(crate) metadata: Metadata,
    pub(crate) spec: SpecV1Alpha1,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct SpecV1Alpha1 {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) kubernetes_version: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) image: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) masters: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) nodes: Option<i32>,
}

kind!(ClusterV1Alpha1: "kops-like.example", "v1alpha1", "Cluster");
kind!(Cluster: "kops-like.example", "v1alpha2", "Cluster");

pub(crate) fn registry() -> Registry {
    Registry::new()
        .with::<Cluster>()
        .with_older::<ClusterV1Alpha1>()
}

/// The group that the nodes of v1alpha1 belong to.
const NODES: &str = "nodes";

/// The kinds of keys that kubeadm makes.
const ALGORITHMS: [&str; 5] = [
    "ECDSA-P256",
    "ECDSA-P384",
    "RSA-2048",
    "RSA-3072",
    "RSA-4096",
];

impl Config for ClusterV1Alpha1 {}

impl Config for Cluster {
    fn set_defaults(&mut self) {
        let spec = &mut self.spec;
        fill(&mut spec.network.pod_subnet, "10.244.0.0/16");
        fill(&mut spec.network.service_subnet, "10.96.0.0/12");
        fill(&mut spec.network.dns_domain, "cluster.local");
        fill(&mut spec.certificates.encryption_algorithm, "ECDSA-P256");
        spec.certificates.validity_days.get_or_insert(365);
        spec.control_plane.replicas.get_or_insert(1);
        for group in &mut spec.node_groups {
            group.replicas.get_or_insert(1);
            group.max_surge.get_or_insert(1);
            group.max_unavailable.get_or_insert(0);
            fill(&mut group.image, &spec.control_plane.image);
        }
        spec.cloud.create_seconds.get_or_insert(0);
        spec.cloud.delete_seconds.get_or_insert(0);
    }

    fn validate(&self) -> Errors {
        let mut errors = Errors::new();
        name(
            &mut errors,
            &Path::new("metadata").child("name"),
            &self.metadata.name,
        );
        let (spec, path) = (&self.spec, Path::new("spec"));
        let place = path.child("kubernetesVersion");
        match spec.kubernetes_version.parse::<Version>() {
            _ if spec.kubernetes_version.is_empty() => errors.required(&place, "such as v1.36.1"),
            Ok(_) if spec.kubernetes_version.starts_with('v') => {}
            _ => errors.invalid(
                &place,
                spec.kubernetes_version.as_str(),
                "must be of the form v1.36.1",
            ),
        }
        let place = path.child("certificates");
        let algorithm = spec.certificates.encryption_algorithm.as_str();
        if !ALGORITHMS.contains(&algorithm) {
            errors.not_supported(&place.child("encryptionAlgorithm"), algorithm, &ALGORITHMS);
        }
        let days = spec.certificates.validity_days.unwrap_or_default();
        if !(1..=1095).contains(&days) {
            errors.invalid(
                &place.child("validityDays"),
                days,
                "must be between 1 and 1095",
            );
        }
        control_plane(
            &mut errors,
            &path.child("controlPlane"),
            &spec.control_plane,
        );
        node_groups(&mut errors, &path.child("nodeGroups"), &spec.node_groups);
        errors
    }
}

impl Upgrade for ClusterV1Alpha1 {
    type Newer = Cluster;

    fn up(self) -> Cluster {
        let old = self.spec;
        let nodes = old.nodes.map(|nodes| NodeGroup {
            name: NODES.to_owned(),
            replicas: Some(nodes),
            ..NodeGroup::default()
        });
        Cluster {
            metadata: self.metadata,
            spec: Spec {
                kubernetes_version: old.kubernetes_version,
                control_plane: ControlPlane {
                    replicas: old.masters,
                    image: old.image,
                },
                node_groups: nodes.into_iter().collect(),
                ..Spec::default()
            },
        }
    }

    fn down(newer: Cluster) -> Self {
        let spec = newer.spec;
        let nodes = spec.node_groups.first();
        Self {
            metadata: newer.metadata,
            spec: SpecV1Alpha1 {
                kubernetes_version: spec.kubernetes_version,
                image: spec.control_plane.image,
                masters: spec.control_plane.replicas,
                nodes: nodes.and_then(|group| group.replicas),
            },
        }
    }
}

fn fill(field: &mut String, default: &str) {
    if field.is_empty() {
        default.clone_into(field);
    }
}

fn name(errors: &mut Errors, path: &Path, name: &str) {
    if name.is_empty() {
        return errors.required(path, "");
    }
    for problem in subdomain_problems(name) {
        errors.invalid(path, name, problem);
    }
    // Machines have it in their names, with a group and random letters behind it.
    if name.len() > 30 {
        errors.invalid(path, name, "must have at most 30 characters");
    }
}

fn control_plane(errors: &mut Errors, path: &Path, control_plane: &ControlPlane) {
    let replicas = control_plane.replicas.unwrap_or_default();
    if replicas < 1 || replicas % 2 == 0 {
        let text = "must be odd, so that etcd can lose a member";
        errors.invalid(&path.child("replicas"), replicas, text);
    }
    if control_plane.image.is_empty() {
        errors.required(&path.child("image"), "the image of the machines");
    }
}

fn node_groups(errors: &mut Errors, path: &Path, groups: &[NodeGroup]) {
    for (index, group) in groups.iter().enumerate() {
        let path = path.index(index);
        name(errors, &path.child("name"), &group.name);
        let mut before = groups.iter().take(index);
        if before.any(|other| other.name == group.name) {
            errors.duplicate(&path.child("name"), group.name.as_str());
        }
        let counts = [
            ("replicas", group.replicas),
            ("maxSurge", group.max_surge),
            ("maxUnavailable", group.max_unavailable),
        ];
        for (field, count) in counts {
            let count = count.unwrap_or_default();
            if count < 0 {
                errors.invalid(&path.child(field), count, "must not be negative");
            }
        }
        if group.max_surge == Some(0) && group.max_unavailable == Some(0) {
            let text = "must not be 0 when maxUnavailable is 0: nothing could ever be replaced";
            errors.invalid(&path.child("maxSurge"), 0, text);
        }
    }
}
