//! Laws of Clusters that are made from a ClusterClass.
#![allow(
    clippy::indexing_slicing,
    clippy::unnecessary_wraps,
    clippy::unwrap_used,
    reason = "a test"
)]

use std::collections::{BTreeMap, BTreeSet};

use machine_api::{
    Compat, Gates,
    core::v1beta2::{
        Cluster, ClusterClass, ClusterClassTemplateReference, ClusterStatus, Machine,
        StatusUpgradePlanVersion,
    },
    labels, names,
    topology::{
        self, Action, BlockingHook, Contract, Desired, Hook, Hooks, Outcome, State, TopologyError,
    },
};
use proptest::prelude::*;
use serde_json::{Value, json};

fn read<T: serde::de::DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).unwrap()
}

fn reference(kind: &str, name: &str) -> Value {
    json!({"templateRef": {"apiVersion": "demo.io/v1", "kind": format!("Demo{kind}Template"), "name": name}})
}

/// A patch of templates that are of a kind.
fn patch(name: &str, kind: &str, resources: &Value, operations: &Value) -> Value {
    json!({"name": name, "definitions": [{
        "selector": {"apiVersion": "demo.io/v1", "kind": format!("Demo{kind}Template"), "matchResources": resources},
        "jsonPatches": operations}]})
}

/// A class with patches that try to change what is not theirs, and what is.
fn class(check: bool) -> ClusterClass {
    let hostile = json!([
        {"op": "add", "path": "/spec/template/spec/replicas", "value": 99},
        {"op": "add", "path": "/spec/template/spec/version", "value": "v9.9.9"},
        {"op": "add", "path": "/spec/template/spec/machineTemplate", "value": {
            "metadata": {"labels": {"stolen": "yes"}}, "spec": {"infrastructureRef": {"name": "stolen"}, "deletion": {"nodeDrainTimeoutSeconds": 99}}}},
        {"op": "add", "path": "/spec/template/metadata", "value": {
            "labels": {labels::CLUSTER_NAME: "stolen", labels::TOPOLOGY_OWNED: "stolen", "mine": "yes"},
            "annotations": {labels::CLONED_FROM_NAME: "stolen"}}},
        {"op": "add", "path": "/spec/template/spec/size", "valueFrom": {"template": "{{ .size | default 1 }}"}},
    ]);
    let workers = json!([
        {"op": "add", "path": "/metadata/labels", "value": {labels::TOPOLOGY_DEPLOYMENT_NAME: "stolen"}},
        {"op": "add", "path": "/spec/template/spec/version", "valueFrom": {"variable": "builtin.machineDeployment.version"}},
    ]);
    let mut class = json!({"metadata": {"name": "cc", "namespace": "default"}, "spec": {
        "infrastructure": reference("Cluster", "ic"),
        "controlPlane": {"templateRef": reference("ControlPlane", "cp")["templateRef"], "machineInfrastructure": reference("Machine", "cpm"),
            "metadata": {"labels": {"of": "class"}}},
        "workers": {"machineDeployments": [
            {"class": "a", "bootstrap": reference("Config", "b"), "infrastructure": reference("Machine", "m")},
            {"class": "b", "bootstrap": reference("Config", "b"), "infrastructure": reference("Machine", "m"), "metadata": {"annotations": {"of": "class"}}}],
            "machinePools": [{"class": "p", "bootstrap": reference("Config", "b"), "infrastructure": reference("MachinePool", "mp")}]},
        "patches": [
            patch("control plane", "ControlPlane", &json!({"controlPlane": true}), &hostile),
            patch("workers", "Machine", &json!({"machineDeploymentClass": {"names": ["*"]}}), &workers),
        ]},
        "status": {"variables": [{"name": "size", "definitions": [{"from": "inline", "required": false, "schema": {"openAPIV3Schema": {"type": "integer"}}}]}]}});
    if check {
        let checks = json!({"checks": {"nodeStartupTimeoutSeconds": 300}});
        class["spec"]["controlPlane"]["healthCheck"] = checks.clone();
        class["spec"]["workers"]["machineDeployments"][0]["healthCheck"] = checks;
    }
    read(class)
}

fn template(reference: &ClusterClassTemplateReference) -> Option<Value> {
    Some(json!({
        "apiVersion": reference.api_version, "kind": reference.kind,
        "metadata": {"name": reference.name, "namespace": "default", "uid": "u", "resourceVersion": "1", "labels": {"t": "x"}},
        "spec": {"template": {"spec": {"from": reference.name}}}}))
}

#[derive(Clone, Debug)]
struct Wanted {
    version: u64,
    replicas: Option<i32>,
    deployments: Vec<(String, bool, Option<i32>, u8)>,
    pools: bool,
    size: Option<i32>,
    check: bool,
    contract: bool,
}

fn wanted() -> impl Strategy<Value = Wanted> {
    let deployment = ("[a-d]", any::<bool>(), prop::option::of(0..4_i32), 0..6_u8);
    (
        30..34_u64,
        prop::option::of(1..4_i32),
        prop::collection::vec(deployment, 0..4),
        any::<bool>(),
        prop::option::of(1..9_i32),
        any::<bool>(),
        any::<bool>(),
    )
        .prop_map(
            |(version, replicas, mut deployments, pools, size, check, contract)| {
                let mut seen = BTreeSet::new();
                deployments.retain(|(name, ..)| seen.insert(name.clone()));
                Wanted {
                    version,
                    replicas,
                    deployments,
                    pools,
                    size,
                    check,
                    contract,
                }
            },
        )
}

impl Wanted {
    fn cluster(&self) -> Cluster {
        let deployments = self.deployments.iter().map(|(name, b, replicas, hold)| {
            let mut one = json!({"name": name, "class": if *b { "b" } else { "a" }});
            if let Some(replicas) = replicas {
                one["replicas"] = json!(replicas);
            }
            match hold {
                0 => one["metadata"] = json!({"annotations": {labels::DEFER_UPGRADE: ""}}),
                1 => one["metadata"] = json!({"annotations": {labels::HOLD_UPGRADE_SEQUENCE: ""}}),
                _ => {}
            }
            one
        });
        let mut topology = json!({
            "classRef": {"name": "cc"}, "version": format!("v1.{}.0", self.version), "controlPlane": {},
            "workers": {"machineDeployments": deployments.collect::<Vec<_>>()}});
        if let Some(replicas) = self.replicas {
            topology["controlPlane"]["replicas"] = json!(replicas);
        }
        if self.pools {
            topology["workers"]["machinePools"] = json!([{"name": "p", "class": "p"}]);
        }
        if let Some(size) = self.size {
            topology["variables"] = json!([{"name": "size", "value": size}]);
        }
        read(
            json!({"metadata": {"name": "c1", "namespace": "default", "uid": "u1"}, "spec": {"topology": topology}}),
        )
    }
}

fn desired(
    wanted: &Wanted,
    cluster: &Cluster,
    current: &State,
    hooks: &dyn Hooks,
    machines: &[Machine],
    seed: u64,
) -> Result<Desired, TopologyError> {
    let contract = if wanted.contract {
        Contract::V1Beta1
    } else {
        Contract::V1Beta2
    };
    let mut count = seed;
    topology::desired(
        &topology::Observed {
            cluster,
            class: &class(wanted.check),
            templates: &template,
            contracts: &|_: &str, _: &str| Some(contract),
            current,
            machines,
            kubelet_versions: &BTreeMap::new(),
            upgrade_plan: None,
            hooks,
            external_patches: &(),
            gates: Gates::default(),
            compat: Compat::Fixed,
        },
        &mut move |length| {
            count += 1;
            names::suffix(count, length)
        },
    )
}

/// Does what the changes say: what waits is left as it is.
fn applied(desired: &Desired, current: &State) -> State {
    let mut state = desired.state.clone();
    for topology in &desired.tracker.machine_deployments.pending_create {
        state.machine_deployments.remove(topology);
    }
    for topology in &desired.tracker.machine_pools.pending_create {
        state.machine_pools.remove(topology);
    }
    let status = current.control_plane.as_ref();
    let status = status.map(|state| state.object["status"].clone());
    if let (Some(state), Some(status)) = (&mut state.control_plane, status)
        && !status.is_null()
    {
        state.object["status"] = status;
    }
    state
}

/// The control plane reaches its version.
fn settle(state: &mut State) {
    if let Some(control_plane) = &mut state.control_plane {
        let version = control_plane.object["spec"]["version"].clone();
        control_plane.object["status"] = json!({"version": version});
    }
}

proptest! {
    /// The same in, the same out; and what was applied is not changed again, whatever names would be made now.
    #[test]
    fn what_was_applied_is_as_it_should_be(wanted in wanted()) {
        let cluster = wanted.cluster();
        let first = desired(&wanted, &cluster, &State::default(), &(), &[], 0).unwrap();
        let again = desired(&wanted, &cluster, &State::default(), &(), &[], 0).unwrap();
        prop_assert_eq!(&first, &again);
        let mut state = applied(&first, &State::default());
        settle(&mut state);
        let second = desired(&wanted, &first.cluster, &state, &(), &[], 1000).unwrap();
        let changes = second.changes(&first.cluster, &state);
        let explained = second.explain(&first.cluster, &state);
        prop_assert!(changes.is_empty(), "{explained:?}");
        prop_assert_eq!(explained[0].reason, "AsWanted");
    }

    /// What the topology sets no patch changes; what a patch may change it does.
    #[test]
    fn patches_change_only_what_is_theirs(wanted in wanted()) {
        let cluster = wanted.cluster();
        let made = desired(&wanted, &cluster, &State::default(), &(), &[], 0).unwrap();
        let control_plane = &made.state.control_plane.as_ref().unwrap().object;
        let machines = made.state.control_plane.as_ref().unwrap().infrastructure_machine_template.as_ref().unwrap();
        let spec = &control_plane["spec"];
        prop_assert_eq!(&spec["version"], &json!(cluster.spec.topology.version));
        prop_assert_eq!(&spec["size"], &json!(wanted.size.unwrap_or(1)));
        if let Some(replicas) = wanted.replicas {
            prop_assert_eq!(&spec["replicas"], &json!(replicas));
        }
        prop_assert_eq!(&spec["machineTemplate"]["metadata"]["labels"]["of"], &json!("class"));
        prop_assert_eq!(&spec["machineTemplate"]["metadata"]["labels"]["stolen"], &Value::Null);
        let path = if wanted.contract { "/machineTemplate/infrastructureRef/name" } else { "/machineTemplate/spec/infrastructureRef/name" };
        prop_assert_eq!(spec.pointer(path), machines.pointer("/metadata/name"));
        let metadata = &control_plane["metadata"];
        prop_assert_eq!(&metadata["labels"][labels::CLUSTER_NAME], &json!("c1"));
        prop_assert_eq!(&metadata["labels"][labels::TOPOLOGY_OWNED], &json!(""));
        prop_assert_eq!(&metadata["labels"]["mine"], &json!("yes"));
        prop_assert_eq!(&metadata["annotations"][labels::CLONED_FROM_NAME], &json!("cp"));
        for (name, state) in &made.state.machine_deployments {
            let template = state.infrastructure_machine_template.as_ref().unwrap();
            prop_assert_eq!(&template["metadata"]["labels"][labels::TOPOLOGY_DEPLOYMENT_NAME], &json!(name));
            prop_assert_eq!(&template["spec"]["template"]["spec"]["version"], &json!(cluster.spec.topology.version));
            prop_assert_eq!(&template["metadata"]["uid"], &Value::Null);
            prop_assert_eq!(&state.object.spec.template.spec.infrastructure_ref.name, template["metadata"]["name"].as_str().unwrap());
            for key in [labels::DEFER_UPGRADE, labels::HOLD_UPGRADE_SEQUENCE] {
                prop_assert!(!state.object.metadata.annotations.contains_key(key));
            }
        }
    }

}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// An upgrade that is done step by step comes to its end, never with workers ahead of the control plane nor more of them on
    /// their way than may be; those that are put off keep their version.
    #[test]
    fn an_upgrade_comes_to_its_end(wanted in wanted(), finish in prop::collection::vec(any::<bool>(), 12)) {
        let mut wanted = wanted;
        wanted.version = 32;
        let cluster = wanted.cluster();
        let first = desired(&wanted, &cluster, &State::default(), &(), &[], 0).unwrap();
        let mut state = applied(&first, &State::default());
        settle(&mut state);
        wanted.version = 33;
        let mut cluster = wanted.cluster();
        let minor = |version: &str| -> u64 { version.split('.').nth(1).unwrap().parse().unwrap() };
        let mut machines: Vec<Machine> = state.machine_deployments.values().map(|state| read(json!({
            "metadata": {"name": state.object.metadata.name, "namespace": "default", "labels": state.object.spec.selector.match_labels},
            "spec": {"version": "v1.32.0"}}))).collect();
        for finished in finish.into_iter().chain([true; 16]) {
            let made = desired(&wanted, &cluster, &state, &(), &machines, 0).unwrap();
            prop_assert!(made.tracker.machine_deployments.upgrading.len() <= 1);
            prop_assert!(!made.explain(&cluster, &state).is_empty());
            let control_plane = made.state.control_plane.as_ref().unwrap();
            let leading = minor(control_plane.object["spec"]["version"].as_str().unwrap());
            for state in made.state.machine_deployments.values() {
                prop_assert!(minor(&state.object.spec.template.spec.version) <= leading);
            }
            state = applied(&made, &state);
            cluster = made.cluster;
            if finished {
                settle(&mut state);
                for machine in &mut machines {
                    let owner = state.machine_deployments.values().find(|state| state.object.metadata.name == machine.metadata.name);
                    machine.spec.version = owner.unwrap().object.spec.template.spec.version.clone();
                }
            }
        }
        let control_plane = state.control_plane.as_ref().unwrap();
        prop_assert_eq!(control_plane.object["spec"]["version"].as_str(), Some("v1.33.0"));
        let mut held = false;
        for (name, _, _, hold) in &wanted.deployments {
            held |= *hold == 1;
            let version = &state.machine_deployments[name].object.spec.template.spec.version;
            let wanted = if held || *hold == 0 { "v1.32.0" } else { "v1.33.0" };
            prop_assert_eq!(version.as_str(), wanted);
        }
    }
}

struct Blocking(Hook);

impl Hooks for Blocking {
    fn is_blocking(&self, hook: Hook, _: &str, _: &str) -> bool {
        hook == self.0
    }
}

/// A Cluster at v1.32 that is to be at v1.33, with one MachineDeployment.
fn old() -> (Wanted, Cluster, State) {
    let mut wanted = Wanted {
        version: 32,
        replicas: None,
        deployments: vec![("a".to_owned(), false, None, 5)],
        pools: false,
        size: None,
        check: true,
        contract: false,
    };
    let made = desired(&wanted, &wanted.cluster(), &State::default(), &(), &[], 0).unwrap();
    let mut state = applied(&made, &State::default());
    settle(&mut state);
    wanted.version = 33;
    let cluster = wanted.cluster();
    (wanted, cluster, state)
}

#[test]
fn an_extension_holds_an_upgrade_back() {
    let (wanted, cluster, state) = old();
    for hook in [Hook::BeforeClusterUpgrade, Hook::BeforeControlPlaneUpgrade] {
        let made = desired(&wanted, &cluster, &state, &Blocking(hook), &[], 0).unwrap();
        let control_plane = made.state.control_plane.as_ref().unwrap();
        assert_eq!(control_plane.object["spec"]["version"], "v1.32.0");
        assert!(made.tracker.control_plane.pending_upgrade);
        assert!(made.hooks.contains(&(hook, true)));
        let explained = made.explain(&cluster, &state);
        let held = explained.iter().any(|why| why.reason == hook.name());
        assert!(held, "{explained:?}");
    }
    // Once it lets go, what is to be asked afterwards is noted on the Cluster.
    let made = desired(&wanted, &cluster, &state, &(), &[], 0).unwrap();
    assert!(made.tracker.control_plane.starting_upgrade);
    let pending = &made.cluster.metadata.annotations[labels::PENDING_HOOKS];
    assert_eq!(
        pending,
        "AfterClusterUpgrade,AfterControlPlaneUpgrade,AfterWorkersUpgrade,BeforeWorkersUpgrade"
    );
    assert_eq!(
        made.cluster.metadata.annotations[labels::UPGRADE_STEP],
        "v1.33.0"
    );
    // Workers wait for the one that comes after the control plane.
    let mut state = applied(&made, &state);
    settle(&mut state);
    let hook = Hook::AfterControlPlaneUpgrade;
    let held = desired(&wanted, &made.cluster, &state, &Blocking(hook), &[], 0).unwrap();
    let of = |made: &Desired| {
        let state = &made.state.machine_deployments["a"];
        state.object.spec.template.spec.version.clone()
    };
    assert_eq!(of(&held), "v1.32.0");
    let made = desired(&wanted, &made.cluster, &state, &(), &[], 0).unwrap();
    assert_eq!(of(&made), "v1.33.0");
}

#[test]
fn a_condition_tells_how_far_an_upgrade_is() {
    let (mut wanted, cluster, mut state) = old();
    let told = |made: &Desired, blocking: &[BlockingHook<'_>]| {
        let condition = topology::reconciled(&cluster, None, Outcome::Computed(made), blocking);
        (condition.reason, condition.message)
    };
    let name = state.machine_deployments["a"].object.metadata.name.clone();
    let held = Blocking(Hook::BeforeClusterUpgrade);
    let made = desired(&wanted, &cluster, &state, &held, &[], 0).unwrap();
    let blocking = [BlockingHook {
        hook: "BeforeClusterUpgrade",
        message: "a backup runs",
    }];
    let (reason, message) = told(&made, &blocking);
    assert_eq!(reason, "ClusterUpgrading");
    assert_eq!(
        message,
        format!(
            "Cluster is upgrading to v1.33.0\n  \
             * Following hooks are blocking upgrade: BeforeClusterUpgrade: a backup runs\n  \
             * DemoControlPlane pending upgrade to version v1.33.0\n  \
             * MachineDeployment {name} pending upgrade to version v1.33.0"
        )
    );
    let made = desired(&wanted, &cluster, &state, &(), &[], 0).unwrap();
    let (_, message) = told(&made, &[]);
    let upgrading = "* DemoControlPlane upgrading to version v1.33.0\n";
    assert!(message.contains(upgrading), "{message}");
    let mut status = ClusterStatus::default();
    made.write_upgrade_plan(&mut status);
    let plan = |versions: &[StatusUpgradePlanVersion]| versions[0].version.clone();
    assert_eq!(plan(&status.control_plane.unwrap().upgrade_plan), "v1.33.0");
    assert_eq!(plan(&status.workers.unwrap().upgrade_plan), "v1.33.0");
    // Workers that the user put off are the reason once nothing else moves.
    let control_plane = state.control_plane.as_mut().unwrap();
    control_plane.object["spec"]["version"] = json!("v1.33.0");
    settle(&mut state);
    wanted.deployments[0].3 = 0;
    let deferred = wanted.cluster();
    let made = desired(&wanted, &deferred, &state, &(), &[], 0).unwrap();
    let (reason, message) = told(&made, &[]);
    assert_eq!(reason, "MachineDeploymentsUpgradeDeferred");
    assert_eq!(
        message,
        format!(
            "Cluster is upgrading to v1.33.0\n  \
             * MachineDeployment {name} upgrade to version v1.33.0 deferred using defer-upgrade or hold-upgrade-sequence annotations"
        )
    );
    // Everything has its version.
    wanted.version = 32;
    let (_, _, state) = old();
    let made = desired(&wanted, &wanted.cluster(), &state, &(), &[], 0).unwrap();
    assert_eq!(
        told(&made, &[]),
        ("ReconcileSucceeded".to_owned(), String::new())
    );
}

#[test]
fn a_condition_tells_why_nothing_was_computed() {
    let told = |cluster: &Cluster,
                class: Option<&ClusterClass>,
                outcome,
                blocking: &[BlockingHook<'_>]| {
        let condition = topology::reconciled(cluster, class, outcome, blocking);
        (
            condition.status.as_str().to_owned(),
            condition.reason,
            condition.message,
        )
    };
    let found = |status: &str, reason: &str, message: &str| {
        (status.to_owned(), reason.to_owned(), message.to_owned())
    };
    let none = Outcome::NotComputed;
    let mut cluster = Cluster::default();
    assert_eq!(
        told(&cluster, None, none, &[]),
        found("True", "ReconcileSucceeded", "")
    );
    let blocking = [
        BlockingHook {
            hook: "B",
            message: "",
        },
        BlockingHook {
            hook: "A",
            message: "wait",
        },
    ];
    let held = "Following hooks are blocking Cluster topology creation: A: wait; B";
    assert_eq!(
        told(&cluster, None, none, &blocking),
        found("False", "ClusterCreating", held)
    );
    cluster.spec.control_plane_ref.name = "cp".to_owned();
    let unknown = found("Unknown", "NotYetReported", "Condition not yet reported");
    assert_eq!(told(&cluster, None, none, &[]), unknown);
    let mut class = class(false);
    class.metadata.generation = 2;
    let (_, reason, message) = told(&cluster, Some(&class), none, &[]);
    assert_eq!(reason, "ClusterClassNotReconciled");
    assert!(
        message.starts_with("ClusterClass not reconciled. "),
        "{message}"
    );
    cluster.metadata.deletion_timestamp = Some("2026-06-01T00:00:00Z".parse().unwrap());
    let deleting = found("False", "Deleting", "Cluster is deleting");
    assert_eq!(told(&cluster, Some(&class), none, &[]), deleting);
    let held = "Cluster is deleting. Following hooks are blocking delete: A: wait; B";
    assert_eq!(
        told(&cluster, Some(&class), none, &blocking),
        found("False", "Deleting", held)
    );
    let failed = found("False", "ReconcileFailed", "no template");
    assert_eq!(
        told(&cluster, Some(&class), Outcome::Failed("no template"), &[]),
        failed
    );
    cluster.spec.paused = Some(true);
    cluster
        .metadata
        .annotations
        .insert(labels::PAUSED.to_owned(), String::new());
    let paused =
        "Cluster spec.paused is set to true, Cluster has the cluster.x-k8s.io/paused annotation";
    let paused = found("False", "Paused", paused);
    assert_eq!(
        told(&cluster, Some(&class), Outcome::Failed("no template"), &[]),
        paused
    );
}

#[test]
fn an_annotation_holds_an_upgrade_back() {
    let (wanted, mut cluster, state) = old();
    let key = "before-upgrade.hook.cluster.cluster.x-k8s.io/backup".to_owned();
    cluster.metadata.annotations.insert(key, String::new());
    let made = desired(&wanted, &cluster, &state, &(), &[], 0).unwrap();
    assert_eq!(made.hooks, [(Hook::BeforeClusterUpgrade, true)]);
    assert!(made.tracker.control_plane.pending_upgrade);
}

#[test]
fn a_template_is_replaced_and_an_object_changed() {
    let (mut wanted, _, state) = old();
    wanted.version = 32;
    let cluster = wanted.cluster();
    let mut other = state.clone();
    let deployment = other.machine_deployments.get_mut("a").unwrap();
    deployment.infrastructure_machine_template.as_mut().unwrap()["spec"]["template"]["spec"]["from"] =
        json!("x");
    deployment.object.spec.replicas = Some(7);
    deployment.bootstrap_template.as_mut().unwrap()["metadata"]["labels"]["t"] = json!("y");
    wanted.deployments[0].2 = Some(2);
    let cluster_now = wanted.cluster();
    let made = desired(&wanted, &cluster_now, &other, &(), &[], 0).unwrap();
    let changes = made.changes(&made.cluster, &other);
    let found: Vec<(&str, Action)> = changes
        .iter()
        .map(|change| (change.kind.as_str(), change.action))
        .collect();
    assert_eq!(
        found,
        [
            ("DemoConfigTemplate", Action::Apply),
            ("DemoMachineTemplate", Action::Rotate),
            ("MachineDeployment", Action::Apply)
        ]
    );
    // One that the topology has no more goes with all that belongs to it.
    wanted.deployments.clear();
    let made = desired(&wanted, &wanted.cluster(), &state, &(), &[], 0).unwrap();
    let changes = made.changes(&made.cluster, &state);
    assert_eq!(changes.len(), 4, "{changes:?} {cluster:?}");
    assert!(changes.iter().all(|change| change.action == Action::Delete));
}

#[test]
fn a_missing_step_is_refused_or_as_upstream_forgotten() {
    let (mut wanted, _, mut state) = old();
    wanted.version = 34;
    let cluster = wanted.cluster();
    let control_plane = state.control_plane.as_mut().unwrap();
    control_plane.object["spec"]["version"] = json!("v1.33.0");
    settle(&mut state);
    let deployment = state.machine_deployments.get_mut("a").unwrap();
    deployment.object.spec.template.spec.version = "v1.29.0".to_owned();
    let with = |compat| {
        topology::desired(
            &topology::Observed {
                cluster: &cluster,
                class: &class(false),
                templates: &template,
                contracts: &|_: &str, _: &str| Some(Contract::V1Beta2),
                current: &state,
                machines: &[],
                kubelet_versions: &BTreeMap::new(),
                upgrade_plan: None,
                hooks: &(),
                external_patches: &(),
                gates: Gates::default(),
                compat,
            },
            &mut |length| "z".repeat(length),
        )
    };
    assert!(matches!(with(Compat::Fixed), Err(TopologyError::Plan(_))));
    let made = with(Compat::Upstream).unwrap();
    assert!(made.tracker.machine_deployments.upgrade_plan.is_empty());
}
