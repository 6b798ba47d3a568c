//! From the first Cluster API to today's.
#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test")]

use machine_api::{
    Gates,
    admission::{Admit, Request},
    core::v1beta2::Bootstrap,
    seed::{self, Infrastructure, MigrationError, Objects, Providers},
};
use proptest::prelude::*;
use serde_json::{Value, json};

struct Demo;

fn infrastructure(value: &Value, kind: &str) -> Result<Infrastructure, String> {
    if value["apiVersion"] != "demo.k8s.io/v1alpha1" {
        return Err("it is not ours".to_owned());
    }
    Ok(Infrastructure {
        api_version: "infrastructure.demo.io/v1".to_owned(),
        kind: kind.to_owned(),
        spec: json!({"size": value["size"]}),
        bootstrap: Bootstrap {
            data_secret_name: Some("startup".to_owned()),
            ..Bootstrap::default()
        },
    })
}

impl Providers for Demo {
    fn cluster(&self, provider_spec: &Value) -> Result<Infrastructure, String> {
        infrastructure(provider_spec, "DemoCluster")
    }

    fn machine(&self, provider_spec: &Value) -> Result<Infrastructure, String> {
        infrastructure(provider_spec, "DemoMachine")
    }
}

fn read<T: serde::de::DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).unwrap()
}

fn provider(size: u32) -> Value {
    json!({"apiVersion": "demo.k8s.io/v1alpha1", "size": size})
}

fn objects() -> Objects {
    let template = |spec: Value| json!({"metadata": {"labels": {"set": "w"}}, "spec": spec});
    Objects {
        clusters: vec![read(
            json!({"metadata": {"name": "prod", "namespace": "default", "uid": "u", "resourceVersion": "7"},
            "spec": {"clusterNetwork": {"services": {"cidrBlocks": ["10.2.0.0/16"]}, "pods": {"cidrBlocks": ["10.1.0.0/16"]}, "serviceDomain": "cluster.local"},
                "providerSpec": {"value": provider(0)}},
            "status": {"apiEndpoints": [{"host": "a", "port": 443}, {"host": "b", "port": 443}], "errorReason": "Oops", "errorMessage": "it broke"}}),
        )],
        machine_classes: vec![read(
            json!({"metadata": {"name": "small", "namespace": "default"}, "capacity": {"cpu": "2"}, "providerSpec": provider(1)}),
        )],
        machine_deployments: vec![read(
            json!({"metadata": {"name": "workers", "namespace": "default"}, "spec": {
            "replicas": 3, "minReadySeconds": 5, "revisionHistoryLimit": 1, "selector": {"matchLabels": {"set": "w"}},
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": "10%"}},
            "template": template(json!({"versions": {"kubelet": "1.12.3"}, "taints": [{"key": "a", "effect": "NoSchedule"}],
                "providerSpec": {"valueFrom": {"machineClass": {"name": "small"}}}}))}}),
        )],
        machine_sets: vec![read(
            json!({"metadata": {"name": "single", "namespace": "default"}, "spec": {
            "replicas": 1, "deletePolicy": "Oldest", "selector": {"matchLabels": {"set": "w"}},
            "template": template(json!({"versions": {"kubelet": "v1.12.3"}, "providerSpec": {"value": provider(3)}}))}}),
        )],
        machines: vec![read(
            json!({"metadata": {"name": "m", "namespace": "default", "labels": {"cluster.k8s.io/cluster-name": "prod"},
                "ownerReferences": [{"apiVersion": "cluster.k8s.io/v1alpha1", "kind": "MachineSet", "name": "single", "uid": "x", "controller": true}]},
            "spec": {"versions": {"kubelet": "v1.12.3", "controlPlane": "v1.12.3"}, "providerID": "demo://m", "providerSpec": {"value": provider(2)}},
            "status": {"nodeRef": {"kind": "Node", "name": "n"}, "lastOperation": {"type": "Create"}, "addresses": [{"type": "InternalIP", "address": "10.0.0.9"}]}}),
        )],
    }
}

#[test]
fn everything_is_taken_along() {
    let made = seed::migrate(&objects(), &Demo).unwrap();
    let cluster = &made.clusters[0];
    assert_eq!(cluster.spec.control_plane_endpoint.host, "a");
    assert_eq!(cluster.spec.infrastructure_ref.kind, "DemoCluster");
    assert!(cluster.metadata.uid.is_empty() && cluster.metadata.resource_version.is_empty());
    let failure = cluster
        .status
        .deprecated
        .as_ref()
        .unwrap()
        .v1beta1
        .as_ref()
        .unwrap();
    assert_eq!(failure.failure_message.as_deref(), Some("it broke"));
    let deployment = &made.machine_deployments[0];
    let template = &deployment.spec.template.spec;
    assert_eq!(
        (template.version.as_str(), template.min_ready_seconds),
        ("v1.12.3", Some(5))
    );
    assert_eq!(template.infrastructure_ref.name, "small");
    assert_eq!(template.infrastructure_ref.kind, "DemoMachineTemplate");
    assert_eq!(template.taints[0].key, "a");
    assert_eq!(
        made.machine_sets[0]
            .spec
            .template
            .spec
            .infrastructure_ref
            .name,
        "single"
    );
    let machine = &made.machines[0];
    assert!(
        machine
            .metadata
            .labels
            .contains_key("cluster.x-k8s.io/control-plane")
    );
    assert_eq!(
        machine.metadata.owner_references[0].api_version,
        "cluster.x-k8s.io/v1beta2"
    );
    assert_eq!(machine.status.node_ref.name, "n");
    let kinds: Vec<&str> = made
        .infrastructure
        .iter()
        .map(|object| object["kind"].as_str().unwrap())
        .collect();
    assert_eq!(
        kinds,
        [
            "DemoCluster",
            "DemoMachineTemplate",
            "DemoMachineTemplate",
            "DemoMachine"
        ]
    );
    assert_eq!(
        made.infrastructure[3]["spec"],
        json!({"size": 2, "providerID": "demo://m"})
    );
    let lost: Vec<&str> = made.lost.iter().map(|lost| lost.field).collect();
    assert_eq!(
        lost,
        [
            "status.apiEndpoints",
            "capacity",
            "spec.revisionHistoryLimit",
            "status.lastOperation"
        ]
    );
}

/// What comes out is what Cluster API admits.
#[test]
fn what_is_made_is_admitted() {
    let made = seed::migrate(&objects(), &Demo).unwrap();
    let mut gates = Gates::default();
    gates.machine_taint_propagation = true;
    let request = Request::new(&()).gates(gates);
    for mut cluster in made.clusters {
        cluster.set_defaults(None, &request).unwrap();
        cluster.validate_create(&request).unwrap();
    }
    for mut deployment in made.machine_deployments {
        deployment.set_defaults(None, &request).unwrap();
        deployment.validate_create(&request).unwrap();
    }
    for mut set in made.machine_sets {
        set.set_defaults(None, &request).unwrap();
        set.validate_create(&request).unwrap();
    }
    for mut machine in made.machines {
        machine.set_defaults(None, &request).unwrap();
        machine.validate_create(&request).unwrap();
    }
}

#[test]
fn what_cannot_be_taken_along_is_named() {
    let mut without = objects();
    without.clusters.clear();
    without.machines[0].metadata.labels.clear();
    let error = seed::migrate(&without, &Demo).unwrap_err();
    assert!(
        matches!(
            error,
            MigrationError::NoCluster {
                kind: "MachineDeployment",
                ..
            }
        ),
        "{error}"
    );
    let mut without = objects();
    without.machine_classes.clear();
    let error = seed::migrate(&without, &Demo).unwrap_err();
    assert_eq!(
        error.to_string(),
        "MachineDeployment workers: there is no MachineClass \"small\""
    );
    let mut foreign = objects();
    foreign.machines[0].spec.provider_spec.value = Some(json!({"apiVersion": "x"}));
    let error = seed::migrate(&foreign, &Demo).unwrap_err();
    assert_eq!(error.to_string(), "Machine m: providerSpec: it is not ours");
    let mut none = objects();
    none.machine_sets[0].spec.template.spec.provider_spec = seed::ProviderSpec::default();
    let error = seed::migrate(&none, &Demo).unwrap_err();
    assert_eq!(
        error.to_string(),
        "MachineSet single: providerSpec says nothing"
    );
}

proptest! {
    /// Objects are read and written without loss, and the same ones always become the same.
    #[test]
    fn the_kinds_are_written_as_they_were(name in "[a-z]{1,8}", replicas in prop::option::of(0..9_i32), size in 0..9_u32, paused: bool) {
        let mut value = json!({"apiVersion": "cluster.k8s.io/v1alpha1", "kind": "MachineDeployment", "metadata": {"name": name}, "spec": {
            "selector": {"matchLabels": {"set": "w"}},
            "template": {"metadata": {"labels": {"set": "w"}}, "spec": {"providerSpec": {"value": provider(size)}}}}});
        if let Some(replicas) = replicas {
            value["spec"]["replicas"] = json!(replicas);
        }
        if paused {
            value["spec"]["paused"] = json!(true);
        }
        let deployment: seed::MachineDeployment = read(value.clone());
        prop_assert_eq!(serde_json::to_value(&deployment).unwrap(), value);
        let mut all = objects();
        all.machine_deployments = vec![deployment];
        prop_assert_eq!(seed::migrate(&all, &Demo).unwrap(), seed::migrate(&all, &Demo).unwrap());
    }
}
