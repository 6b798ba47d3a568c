//! What holds for moves, whatever belongs to what.
#![allow(clippy::expect_used, reason = "a test")]

use std::collections::{BTreeMap, BTreeSet};

use machine_api::{
    Compat,
    moving::{Graph, Left, MovableKind, NotReady, Step},
};
use proptest::{collection::vec, prelude::*};
use serde_json::{Value, json};

const CORE: &str = "cluster.x-k8s.io/v1beta2";

fn kinds() -> Vec<MovableKind> {
    vec![
        MovableKind::new(CORE, "Cluster"),
        MovableKind::new(CORE, "ClusterClass"),
        MovableKind::new("v1", "Secret"),
        MovableKind::new("v1", "ConfigMap"),
        MovableKind::new("i.io/v1", "Identity")
            .labelled(false, true)
            .cluster_scoped(true),
    ]
}

fn object(api_version: &str, kind: &str, name: &str, owners: &[&str]) -> Value {
    let owners: Vec<Value> = owners
        .iter()
        .map(|uid| json!({"apiVersion": "v1", "kind": "X", "name": uid, "uid": uid}))
        .collect();
    json!({
        "apiVersion": api_version, "kind": kind,
        "metadata": {"name": name, "namespace": "default", "uid": name, "ownerReferences": owners},
    })
}

/// Clusters and things that may own each other in any way, cycles included.
fn objects() -> impl Strategy<Value = Vec<Value>> {
    vec((any::<bool>(), vec(0_usize..14, 0..3)), 1..14).prop_map(|all| {
        let owners = |owners: &[usize]| owners.iter().map(|owner| format!("o{owner}")).collect();
        let all = all.iter().enumerate();
        all.map(|(index, (cluster, owned))| {
            let owners: Vec<String> = owners(owned);
            let owners: Vec<&str> = owners.iter().map(String::as_str).collect();
            let kind = if *cluster { "Cluster" } else { "Thing" };
            object(CORE, kind, &format!("o{index}"), &owners)
        })
        .collect()
    })
}

proptest! {
    /// Every object is in exactly one place; owners come before what they own; and the order of the objects does not matter.
    #[test]
    fn owners_come_first(objects in objects(), turn in 0_usize..14) {
        let kinds = kinds();
        let sequence = Graph::new(&kinds, &objects).expect("a graph").sequence();
        let mut place = BTreeMap::new();
        for (level, group) in sequence.groups.iter().enumerate() {
            prop_assert!(!group.is_empty());
            for id in group {
                prop_assert_eq!(place.insert(id.name.clone(), level), None);
            }
        }
        for (id, _) in &sequence.left {
            prop_assert!(!place.contains_key(&id.name));
        }
        let found = sequence.left.iter().filter(|(_, why)| *why != Left::NotFound).count();
        prop_assert_eq!(place.len() + found, objects.len());
        for object in &objects {
            let name = object["metadata"]["name"].as_str().expect("a name");
            let Some(level) = place.get(name) else { continue };
            for owner in object["metadata"]["ownerReferences"].as_array().expect("a list") {
                let owner = owner["uid"].as_str().expect("a uid");
                prop_assert!(place.get(owner).is_some_and(|other| other < level), "{owner} of {name}");
            }
        }
        let mut turned = objects.clone();
        turned.rotate_left(turn.min(objects.len()));
        prop_assert_eq!(&Graph::new(&kinds, &turned).expect("a graph").sequence(), &sequence);
        prop_assert_eq!(sequence.explain().len(), sequence.left.len());
    }

    /// Carried out in order, every object can be made, with owners that are there, and everything that is deleted was made.
    #[test]
    fn steps_can_be_carried_out(objects in objects()) {
        let kinds = kinds();
        let graph = Graph::new(&kinds, &objects).expect("a graph");
        let sequence = graph.sequence();
        let (mut uids, mut deleted) = (BTreeMap::new(), BTreeSet::new());
        for step in sequence.steps() {
            match step {
                Step::Create(group) => {
                    let mut made = Vec::new();
                    for id in group {
                        let object = graph.for_target(&id, &uids).expect("owners are there").expect("an object");
                        prop_assert_eq!(object["metadata"].get("uid"), None);
                        made.push(id);
                    }
                    uids.extend(made.into_iter().map(|id| (id.clone(), format!("new-{}", id.name))));
                }
                Step::Delete(group) => {
                    for id in group {
                        prop_assert!(uids.contains_key(&id));
                        prop_assert!(deleted.insert(id));
                    }
                }
                _ => {}
            }
        }
        prop_assert_eq!(deleted.len(), uids.len());
    }
}

/// The name of one kind of Secret has more hyphens than Cluster API expects.
#[test]
fn secrets_of_every_purpose_move() {
    let secret = |name| object("v1", "Secret", name, &[]);
    let objects = [
        object(CORE, "Cluster", "c1", &[]),
        secret("c1-apiserver-etcd-client"),
        secret("c1-sa"),
        secret("c1-other"),
    ];
    let moved = |compat| {
        let graph = Graph::with_compat(&kinds(), &objects, compat).expect("a graph");
        graph.sequence().groups.concat().len()
    };
    assert_eq!(moved(Compat::Fixed), 3);
    assert_eq!(moved(Compat::Upstream), 2);
}

#[test]
fn what_is_shared_is_not_deleted() {
    let mut identity = object("i.io/v1", "Identity", "id", &[]);
    identity["metadata"]["namespace"] = Value::Null;
    let mut cluster = object(CORE, "Cluster", "c1", &[]);
    cluster["spec"] = json!({"topology": {"classRef": {"name": "class"}}});
    let objects = [
        identity,
        object("v1", "Secret", "key", &["id"]),
        object(CORE, "ClusterClass", "class", &[]),
        object("i.io/v1", "Template", "template", &["class"]),
        cluster.clone(),
    ];
    cluster["metadata"]["namespace"] = json!("elsewhere");
    cluster["spec"]["topology"]["classRef"]["namespace"] = json!("default");
    let graph = Graph::new(&kinds(), &objects).expect("a graph");
    let deleted = |graph: &Graph<'_>| -> Vec<String> {
        let steps = graph.sequence().steps().into_iter();
        let deleted = steps.filter_map(|step| match step {
            Step::Delete(group) => Some(group),
            _ => None,
        });
        deleted.flatten().map(|id| id.name).collect()
    };
    assert_eq!(deleted(&graph), ["c1", "template", "class"]);
    let graph = graph.keeping_what_is_shared("default", &[cluster]);
    assert_eq!(deleted(&graph), ["c1"]);
}

#[test]
fn what_stays_has_a_reason() {
    let objects = [
        object(CORE, "Cluster", "c1", &[]),
        object(CORE, "Machine", "a", &["c1", "gone"]),
        object(CORE, "Machine", "b", &["c1", "d"]),
        object(CORE, "Machine", "d", &["c1", "b"]),
        object(CORE, "Machine", "e", &["a"]),
        object("v1", "ConfigMap", "f", &[]),
    ];
    let sequence = Graph::new(&kinds(), &objects).expect("a graph").sequence();
    let why: BTreeMap<&str, &Left> = sequence
        .left
        .iter()
        .map(|(id, why)| (id.name.as_str(), why))
        .collect();
    assert!(matches!(why["a"], Left::OwnerUnknown(owner) if owner.name == "gone"));
    assert_eq!((why["b"], why["d"]), (&Left::Cycle, &Left::Cycle));
    assert!(matches!(why["e"], Left::OwnerStays(owner) if owner.name == "a"));
    assert_eq!(why["f"], &Left::Unrelated);
    assert_eq!(sequence.stuck().count(), 4);
}

#[test]
fn what_is_not_ready_is_found() {
    let mut cluster = object(CORE, "Cluster", "c1", &[]);
    cluster["metadata"]["annotations"] = json!({"clusterctl.cluster.x-k8s.io/block-move": ""});
    let machine = object(CORE, "Machine", "m1", &["c1"]);
    let not_ready = |objects: &[Value]| -> Vec<NotReady> {
        let found = Graph::new(&kinds(), objects).expect("a graph").not_ready();
        found.into_iter().map(|(_, why)| why).collect()
    };
    assert_eq!(
        not_ready(&[cluster.clone(), machine]),
        [
            NotReady::InfrastructureNotProvisioned,
            NotReady::Blocked,
            NotReady::NoNode
        ]
    );
    cluster["metadata"]["annotations"] = json!({});
    cluster["spec"] = json!({"paused": true, "controlPlaneRef": {"name": "cp"}});
    cluster["status"] = json!({
        "initialization": {"infrastructureProvisioned": true},
        "conditions": [{"type": "ControlPlaneInitialized", "status": "True"}],
    });
    assert_eq!(
        not_ready(&[cluster.clone()]),
        [NotReady::ControlPlaneNotInitialized, NotReady::Paused]
    );
    cluster["status"]["initialization"]["controlPlaneInitialized"] = json!(true);
    cluster["spec"]["paused"] = json!(false);
    assert_eq!(not_ready(&[cluster]), []);
}
