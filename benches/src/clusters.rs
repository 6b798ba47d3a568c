//! Exports of services, and objects that were applied.
#![allow(
    clippy::expect_used,
    reason = "a measurement without its input cannot go on"
)]

use apply_server::Server;
use cluster_id::{
    id::ClusterId,
    mcs::{Export, ServiceExport},
    reconcile::{Inventory, Observation, Observed, Policy, Reconciler, Record, observe, run},
};
use serde_json::{Value, json};

use crate::fleet::NOW;

/// The exports of one service; if `differ`, those of each tenth cluster have another port and other labels.
///
/// # Panics
/// Never: what is written here is an export.
pub fn exports(clusters: usize, differ: bool) -> Vec<(ClusterId, Export)> {
    let export = |index: usize| {
        let other = differ && index % 10 == 9;
        let ports: Vec<Value> = (0..5)
            .map(|port| json!({"name": format!("p{port}"), "port": 8000 + port + u16::from(other), "protocol": "TCP"}))
            .collect();
        let service = json!({
            "type": "ClusterIP", "ports": ports, "ipFamilies": ["IPv4"], "sessionAffinity": "None",
        });
        let export: ServiceExport = serde_json::from_value(json!({
            "apiVersion": "multicluster.x-k8s.io/v1beta1", "kind": "ServiceExport",
            "metadata": {"name": "web", "namespace": "shop", "creationTimestamp": NOW.to_string()},
            "spec": {"exportedLabels": {"tier": if other { "gold" } else { "silver" }}},
        }))
        .expect("an export");
        let service = serde_json::from_value(service).expect("a service");
        let id = ClusterId::parse(&format!("cluster-{index:04}")).expect("an id");
        (
            id,
            Export::new(&export, Some(service)).expect("an export with a time"),
        )
    };
    (0..clusters).map(export).collect()
}

/// Objects that were applied, and what is known of them.
#[derive(Debug)]
pub struct Reconciliation {
    /// What is desired.
    pub desired: Vec<Value>,
    /// What is there.
    pub observed: Observed,
    /// By what is planned.
    pub reconciler: Reconciler,
}

/// That many objects, of four kinds, applied on a server and as they should be.
///
/// # Panics
/// Never: the server is in memory and takes what is written here.
pub fn reconciliation(objects: usize) -> Reconciliation {
    let desired: Vec<Value> = (0..objects).map(object).collect();
    let reconciler = Reconciler::new(Policy::new("deployer", "bench"));
    let mut server = Server::new();
    let mut journal: Vec<Record> = Vec::new();
    let (_, mut execution) = reconciler
        .begin(&mut server, &desired, &Inventory::default())
        .expect("a plan");
    run(&mut execution, &mut server, &mut journal, *NOW).expect("a journal that is memory");
    let inventory = Inventory::replay(&journal);
    let observation = Observation::new(&desired, &inventory, &reconciler.policy, &reconciler.kinds);
    let observed = observe(&mut server, observation).expect("what is there");
    Reconciliation {
        desired,
        observed,
        reconciler,
    }
}

fn object(index: usize) -> Value {
    let labels = json!({"app": format!("app-{index}"), "team": "shop"});
    let metadata =
        json!({"name": format!("app-{index}"), "namespace": "default", "labels": labels});
    match index % 4 {
        0 => {
            let container = json!({
                "name": "app", "image": "registry.example.com/app:1.2.3",
                "ports": [{"containerPort": 8080, "name": "http"}],
                "env": [{"name": "MODE", "value": "fast"}, {"name": "SIZE", "value": "10"}],
                "resources": {"requests": {"cpu": "100m", "memory": "64Mi"}},
            });
            json!({
                "apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata,
                "spec": {
                    "replicas": 3,
                    "selector": {"matchLabels": {"app": format!("app-{index}")}},
                    "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
                },
            })
        }
        1 => json!({
            "apiVersion": "v1", "kind": "Service", "metadata": metadata,
            "spec": {"selector": labels, "ports": [{"name": "http", "port": 80, "targetPort": 8080}]},
        }),
        2 => json!({
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata,
            "data": {"mode": "fast", "size": "10", "place": "here"},
        }),
        _ => json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata}),
    }
}
