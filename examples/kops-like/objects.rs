//! From the cluster file to the objects of Cluster API.

use std::fmt;

use bootstrap_phases::Digest;
use componentconfig::Kind;
use machine_api::{
    admission::{self, Operation, Request},
    contract::ContractVersion,
    controlplane::v1beta2::KubeadmControlPlane,
    core::v1beta2::MachineDeployment,
    crd, labels,
};
use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    api::{Api, NAMESPACE},
    kind::{Cluster, NodeGroup},
};
use examples::failure::Failure;

/// Group and version of the cloud's kinds.
pub(crate) const CLOUD: &str = "infrastructure.kops-like.example/v1";
pub(crate) const BOOTSTRAP: &str = "bootstrap.cluster.x-k8s.io/v1beta2";
pub(crate) const CORE: &str = "cluster.x-k8s.io/v1beta2";
pub(crate) const CONTROL_PLANE: &str = "controlplane.cluster.x-k8s.io/v1beta2";

const CLOUD_KINDS: [&str; 3] = ["MemoryCluster", "MemoryMachine", "MemoryMachineTemplate"];

/// cloud-init fills it in: only the machine knows its name.
pub(crate) const HOSTNAME: &str = "{{ ds.meta_data.local_hostname }}";

/// The definitions of all kinds that are used.
pub(crate) fn definitions() -> Vec<Value> {
    let own = crd::definitions().iter().map(|definition| {
        let mut definition = definition.to_value();
        // Nobody here converts: one version is enough. Kinds that others refer to say which contract they keep.
        let versions = definition
            .pointer_mut("/spec/versions")
            .and_then(Value::as_array_mut);
        if let Some(versions) = versions {
            let last = versions.len().saturating_sub(1);
            versions.drain(..last);
        }
        labelled(definition, "v1beta2")
    });
    own.chain(CLOUD_KINDS.map(cloud_definition)).collect()
}

fn labelled(mut definition: Value, version: &str) -> Value {
    let label = ContractVersion::V1Beta2.label();
    if let Some(metadata) = definition
        .get_mut("metadata")
        .and_then(Value::as_object_mut)
    {
        metadata.insert("labels".to_owned(), json!({label: version}));
    }
    definition
}

/// A kind of the cloud: everything is allowed in it.
fn cloud_definition(kind: &str) -> Value {
    let (group, version) = CLOUD.split_once('/').unwrap_or_default();
    let singular = kind.to_lowercase();
    let plural = format!("{singular}s");
    let open = json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true});
    let definition = json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": format!("{plural}.{group}")},
        "spec": {
            "group": group, "scope": "Namespaced",
            "names": {"kind": kind, "plural": plural, "singular": singular, "listKind": format!("{kind}List")},
            "versions": [{
                "name": version, "served": true, "storage": true, "subresources": {"status": {}},
                "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": open, "status": open}}},
            }],
        },
    });
    labelled(definition, version)
}

/// What the objects of a cluster are labelled with, as a selector.
pub(crate) fn selector(cluster: &str) -> String {
    format!("{}={cluster}", labels::CLUSTER_NAME)
}

/// The objects that a file stands for, those first that others refer to.
pub(crate) fn of(file: &Cluster) -> Vec<Value> {
    let name = file.metadata.name.as_str();
    let mut objects = vec![object(
        CLOUD,
        "MemoryCluster",
        name,
        name,
        &json!(file.spec.cloud),
    )];
    let machines = template(
        file,
        "control-plane",
        "MemoryMachineTemplate",
        &json!({"image": file.spec.control_plane.image}),
    );
    let control_plane = control_plane(file, &machines);
    objects.extend([machines, control_plane, cluster(file)]);
    for group in &file.spec.node_groups {
        let machines = template(
            file,
            &group.name,
            "MemoryMachineTemplate",
            &json!({"image": group.image}),
        );
        let join = json!({"joinConfiguration": {"nodeRegistration": registration()}});
        let config = template(file, &group.name, "KubeadmConfigTemplate", &join);
        let deployment = deployment(file, group, &machines, &config);
        objects.extend([machines, config, deployment]);
    }
    objects
}

fn object(api_version: &str, kind: &str, cluster: &str, name: &str, spec: &Value) -> Value {
    json!({
        "apiVersion": api_version, "kind": kind,
        "metadata": {"name": name, "namespace": NAMESPACE, "labels": {labels::CLUSTER_NAME: cluster}},
        "spec": spec,
    })
}

/// A template whose name tells its content: another content is another template, and machines of the old one are outdated.
fn template(file: &Cluster, of: &str, kind: &str, spec: &Value) -> Value {
    let cluster = file.metadata.name.as_str();
    let digest = Digest::of(spec.to_string().as_bytes()).to_string();
    let digest = digest.rsplit(':').next().unwrap_or_default();
    let name = format!("{cluster}-{of}-{}", digest.get(..8).unwrap_or_default());
    let api_version = match kind {
        "KubeadmConfigTemplate" => BOOTSTRAP,
        _ => CLOUD,
    };
    object(
        api_version,
        kind,
        cluster,
        &name,
        &json!({"template": {"spec": spec}}),
    )
}

fn referring(object: &Value) -> Value {
    let text = |pointer| {
        object
            .pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let group = text("/apiVersion").split('/').next();
    json!({"apiGroup": group, "kind": text("/kind"), "name": text("/metadata/name")})
}

fn registration() -> Value {
    json!({"name": HOSTNAME, "criSocket": "unix:///run/containerd/containerd.sock"})
}

fn cluster(file: &Cluster) -> Value {
    let (name, network) = (file.metadata.name.as_str(), &file.spec.network);
    let group = |api_version: &str| api_version.split('/').next().unwrap_or_default().to_owned();
    object(
        CORE,
        "Cluster",
        name,
        name,
        &json!({
            "clusterNetwork": {
                "pods": {"cidrBlocks": [network.pod_subnet]},
                "services": {"cidrBlocks": [network.service_subnet]},
                "serviceDomain": network.dns_domain,
            },
            "infrastructureRef": {"apiGroup": group(CLOUD), "kind": "MemoryCluster", "name": name},
            "controlPlaneRef": {"apiGroup": group(CONTROL_PLANE), "kind": "KubeadmControlPlane", "name": control_plane_name(name)},
        }),
    )
}

pub(crate) fn control_plane_name(cluster: &str) -> String {
    format!("{cluster}-control-plane")
}

fn control_plane(file: &Cluster, machines: &Value) -> Value {
    let (name, spec) = (file.metadata.name.as_str(), &file.spec);
    object(
        CONTROL_PLANE,
        "KubeadmControlPlane",
        name,
        &control_plane_name(name),
        &json!({
            "replicas": spec.control_plane.replicas,
            "version": spec.kubernetes_version,
            "machineTemplate": {"spec": {"infrastructureRef": referring(machines)}},
            "kubeadmConfigSpec": {
                "clusterConfiguration": {
                    "encryptionAlgorithm": spec.certificates.encryption_algorithm,
                    "certificateValidityPeriodDays": spec.certificates.validity_days,
                },
                "initConfiguration": {"nodeRegistration": registration()},
                "joinConfiguration": {"nodeRegistration": registration()},
            },
        }),
    )
}

pub(crate) fn deployment_name(cluster: &str, group: &str) -> String {
    format!("{cluster}-{group}")
}

fn deployment(file: &Cluster, group: &NodeGroup, machines: &Value, config: &Value) -> Value {
    let name = file.metadata.name.as_str();
    object(
        CORE,
        "MachineDeployment",
        name,
        &deployment_name(name, &group.name),
        &json!({
            "clusterName": name,
            "replicas": group.replicas,
            "rollout": {"strategy": {"type": "RollingUpdate", "rollingUpdate": {
                "maxSurge": group.max_surge, "maxUnavailable": group.max_unavailable,
            }}},
            "template": {"spec": {
                "clusterName": name,
                "version": file.spec.kubernetes_version,
                "infrastructureRef": referring(machines),
                "bootstrap": {"configRef": referring(config)},
            }},
        }),
    )
}

/// Fields whose change replaces machines, by kind.
const REPLACING: [(&str, &[&str]); 2] = [
    (
        "KubeadmControlPlane",
        &["version", "machineTemplate", "kubeadmConfigSpec"],
    ),
    ("MachineDeployment", &["template"]),
];

/// A machine that would be replaced, and why: an object, and its fields that differ from what runs.
#[derive(Debug, Serialize)]
pub(crate) struct Held {
    pub(crate) object: String,
    pub(crate) fields: Vec<&'static str>,
}

impl fmt::Display for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (object, fields) = (&self.object, self.fields.join(", "));
        write!(f, "{object}: {fields} of its machines differ from the file")
    }
}

/// Leaves what runs as it is: puts what the objects there are say in place of what would replace machines.
pub(crate) fn hold(api: &Api, objects: &mut [Value]) -> Result<Vec<Held>, Failure> {
    let mut held = Vec::new();
    for object in objects {
        let kind = text(object, "/kind").to_owned();
        let Some((_, fields)) = REPLACING.iter().find(|(of, _)| *of == kind) else {
            continue;
        };
        let Some(live) = api.get(
            text(object, "/apiVersion"),
            &kind,
            text(object, "/metadata/name"),
        )?
        else {
            continue;
        };
        let name = text(object, "/metadata/name").to_owned();
        let Some(spec) = object.get_mut("spec").and_then(Value::as_object_mut) else {
            continue;
        };
        let mut differing = Vec::new();
        for field in *fields {
            let now = live.pointer(&format!("/spec/{field}"));
            if let (Some(wanted), Some(now)) = (spec.get_mut(*field), now)
                && !holds(now, wanted)
            {
                *wanted = now.clone();
                differing.push(*field);
            }
        }
        if !differing.is_empty() {
            let object = format!("{kind} {name}");
            held.push(Held {
                object,
                fields: differing,
            });
        }
    }
    Ok(held)
}

/// MachineDeployments of a cluster that are not among its objects.
pub(crate) fn superfluous(
    api: &Api,
    cluster: &str,
    objects: &[Value],
) -> Result<Vec<String>, Failure> {
    let there = api.list(CORE, "MachineDeployment", &selector(cluster))?;
    let names = there
        .iter()
        .map(|one| text(one, "/metadata/name").to_owned());
    let wanted = |name: &String| {
        let mut objects = objects.iter();
        objects.any(|one| {
            text(one, "/kind") == "MachineDeployment" && text(one, "/metadata/name") == name
        })
    };
    Ok(names.filter(|name| !wanted(name)).collect())
}

/// Whether an object says everything that is wanted.
fn holds(now: &Value, wanted: &Value) -> bool {
    match (now, wanted) {
        (Value::Object(now), Value::Object(wanted)) => wanted
            .iter()
            .all(|(key, wanted)| now.get(key).is_some_and(|now| holds(now, wanted))),
        _ => now == wanted,
    }
}

/// The object as Cluster API's admission lets it in.
pub(crate) fn admitted(api: &Api, object: &Value) -> Result<Value, Failure> {
    let kinds = [
        KubeadmControlPlane::GVK,
        MachineDeployment::GVK,
        machine_api::core::v1beta2::Cluster::GVK,
    ];
    let kind = text(object, "/kind");
    if !kinds.iter().any(|known| known.kind() == kind) {
        return Ok(object.clone());
    }
    let name = text(object, "/metadata/name");
    let live = api.get(text(object, "/apiVersion"), kind, name)?;
    let operation = live.as_ref().map_or(Operation::Create, Operation::Update);
    let request = Request::new(&());
    let refused = |refusal: admission::Refusal| Failure::Input(format!("{kind} {name}: {refusal}"));
    let object = admission::default(object, operation, &request).map_err(refused)?;
    let mut merged = live.clone().unwrap_or_else(|| object.clone());
    if let Some(spec) = object.get("spec") {
        overlay(merged.pointer_mut("/spec"), spec);
    }
    admission::review(&merged, operation, &request).map_err(refused)?;
    Ok(object)
}

/// What an apply makes of an object that is there.
fn overlay(under: Option<&mut Value>, over: &Value) {
    match (under, over) {
        (Some(Value::Object(under)), Value::Object(over)) => {
            for (key, over) in over {
                match under.get_mut(key) {
                    Some(under) => overlay(Some(under), over),
                    None => {
                        under.insert(key.clone(), over.clone());
                    }
                }
            }
        }
        (Some(under), over) => *under = over.clone(),
        (None, _) => {}
    }
}

/// A field that is text; empty if it is not there.
pub(crate) fn text<'a>(object: &'a Value, pointer: &str) -> &'a str {
    object
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_default()
}
