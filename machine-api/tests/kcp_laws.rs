//! Laws of control planes: what they do themselves never costs etcd its quorum or the cluster its last API server.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::struct_excessive_bools,
    reason = "a test: what is taken is there"
)]

use componentconfig::core::Time;
use machine_api::{
    Compat, IntOrString, conditions,
    controlplane::v1beta2::{KubeadmControlPlane, KubeadmControlPlaneRolloutStrategyType},
    core::v1beta2::{Cluster, Machine},
    kcp::{
        API_SERVER_POD_HEALTHY, Action, CLEANUP_HOOK, CONTROLLER_MANAGER_POD_HEALTHY, Change,
        ControlPlane, ETCD_MEMBER_HEALTHY, ETCD_POD_HEALTHY, EtcdCluster, EtcdMember,
        RemediationWait, SCHEDULER_POD_HEALTHY, Wait,
    },
    labels,
    meta::{Condition, ConditionStatus},
};
use proptest::{collection::vec, prelude::*};

fn now() -> Time {
    "2026-06-01T00:00:00Z".parse().expect("a time")
}

fn condition(kind: &str, holds: bool, reason: &str) -> Condition {
    Condition {
        r#type: kind.to_owned(),
        status: if holds {
            ConditionStatus::True
        } else {
            ConditionStatus::False
        },
        reason: reason.to_owned(),
        ..Condition::default()
    }
}

/// What is arbitrary of a machine.
#[derive(Clone, Debug)]
struct Traits {
    node: bool,
    components: bool,
    member: bool,
    checked: bool,
    marked: bool,
    deleting: bool,
    outdated: bool,
    domain: u8,
}

fn traits() -> impl Strategy<Value = Traits> {
    let often = || prop::bool::weighted(0.8);
    let seldom = || prop::bool::weighted(0.15);
    (
        often(),
        often(),
        often(),
        often(),
        seldom(),
        seldom(),
        seldom(),
        0..4_u8,
    )
        .prop_map(
            |(node, components, member, checked, marked, deleting, outdated, domain)| Traits {
                node,
                components,
                member,
                checked,
                marked,
                deleting,
                outdated,
                domain,
            },
        )
}

fn machine(index: usize, traits: &Traits) -> Machine {
    let mut machine = Machine::default();
    machine.metadata.name = format!("m{index}");
    machine.metadata.creation_timestamp = Time::from_unix(1_700_000_000 + i64::from(traits.domain));
    let version = if traits.outdated {
        "v1.35.0"
    } else {
        "v1.36.0"
    };
    version.clone_into(&mut machine.spec.version);
    machine.spec.failure_domain = format!("d{}", traits.domain);
    let annotations = &mut machine.metadata.annotations;
    annotations.insert(CLEANUP_HOOK.to_owned(), String::new());
    if traits.marked {
        annotations.insert(labels::DELETE_MACHINE.to_owned(), String::new());
    }
    if traits.deleting {
        machine.metadata.deletion_timestamp = Some(now());
        let waits = condition("Deleting", true, "WaitingForPreTerminateHook");
        machine.status.conditions.push(waits);
    }
    if traits.node {
        machine.status.node_ref.name = format!("m{index}");
    }
    for kind in [
        API_SERVER_POD_HEALTHY,
        CONTROLLER_MANAGER_POD_HEALTHY,
        SCHEDULER_POD_HEALTHY,
        ETCD_POD_HEALTHY,
    ] {
        machine
            .status
            .conditions
            .push(condition(kind, traits.components, "R"));
    }
    let member = condition(ETCD_MEMBER_HEALTHY, traits.member, "R");
    machine.status.conditions.push(member);
    machine
        .status
        .conditions
        .push(condition("HealthCheckSucceeded", traits.checked, "R"));
    if !traits.checked {
        machine
            .status
            .conditions
            .push(condition("OwnerRemediated", false, "R"));
    }
    machine
}

fn kcp(replicas: i32, surge: i32) -> KubeadmControlPlane {
    let mut kcp = KubeadmControlPlane::default();
    kcp.spec.replicas = Some(replicas);
    "v1.36.0".clone_into(&mut kcp.spec.version);
    let strategy = &mut kcp.spec.rollout.strategy;
    strategy.r#type = KubeadmControlPlaneRolloutStrategyType::RollingUpdate;
    strategy.rolling_update.max_surge = Some(IntOrString::Int(surge));
    kcp.status.initialization.control_plane_initialized = Some(true);
    let certificates = condition("CertificatesAvailable", true, "R");
    kcp.status.conditions.push(certificates);
    kcp
}

fn cluster() -> Cluster {
    let json = serde_json::json!({
        "spec": {"controlPlaneEndpoint": {"host": "example.com", "port": 6443}},
        "status": {
            "initialization": {"infrastructureProvisioned": true},
            "failureDomains": [
                {"name": "d0", "controlPlane": true},
                {"name": "d1", "controlPlane": true},
                {"name": "d2", "controlPlane": true},
                {"name": "d3"},
            ],
        },
    });
    serde_json::from_value(json).expect("a Cluster")
}

/// Members of machines that have a node, some learners, and some of no machine.
fn members(machines: &[Machine], learners: &[bool], strays: usize) -> Vec<EtcdMember> {
    let own = machines
        .iter()
        .filter(|machine| !machine.status.node_ref.name.is_empty());
    let own = own.map(|machine| machine.status.node_ref.name.clone());
    let strays = (0..strays).map(|index| format!("stray{index}"));
    let learner = |index: usize| learners.get(index).copied().unwrap_or_default();
    own.chain(strays)
        .enumerate()
        .map(|(index, name)| EtcdMember {
            name,
            id: index as u64,
            is_learner: learner(index),
        })
        .collect()
}

/// Whether the members left are a quorum, counted anew and not by what is tested.
fn has_quorum<'a>(members: impl Iterator<Item = &'a EtcdMember>, machines: &[Machine]) -> bool {
    let (mut voting, mut healthy) = (0_usize, 0_usize);
    for member in members.filter(|member| !member.is_learner && !member.name.is_empty()) {
        voting += 1;
        let machine = machines
            .iter()
            .find(|machine| machine.status.node_ref.name == member.name);
        let good = machine.is_none_or(|machine| {
            let conditions = &machine.status.conditions;
            conditions::has_status(conditions, ETCD_MEMBER_HEALTHY, &ConditionStatus::True)
        });
        healthy += usize::from(good);
    }
    healthy > voting / 2
}

fn has_api_server(machines: &[Machine], except: &str) -> bool {
    let mut machines = machines
        .iter()
        .filter(|machine| machine.metadata.name != except);
    machines.any(|machine| {
        let conditions = &machine.status.conditions;
        conditions::has_status(conditions, API_SERVER_POD_HEALTHY, &ConditionStatus::True)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    /// Whatever the state: what is removed leaves a quorum and an API server, one machine is changed at a time, and what is
    /// made stays within the surge.
    #[test]
    fn nothing_costs_the_quorum(
        all in vec(traits(), 0..8),
        learners in vec(prop::bool::weighted(0.05), 0..8),
        strays in prop_oneof![4 => Just(0_usize), 1 => 1..3_usize],
        replicas in prop_oneof![Just(1), Just(3), Just(5)],
        surge in 0..2_i32,
    ) {
        let machines: Vec<Machine> =
            all.iter().enumerate().map(|(index, traits)| machine(index, traits)).collect();
        let members = members(&machines, &learners, strays);
        let (kcp, cluster) = (kcp(replicas, surge), cluster());
        let etcd = EtcdCluster { members: &members, alarms: &[], leader: members.first().map(|member| member.name.as_str()) };
        let control_plane = ControlPlane::of(&kcp, &cluster, &machines, now()).etcd(etcd);
        let plan = control_plane.plan().expect("a plan");
        let without = |name: &str| {
            let name = name.to_owned();
            members.iter().filter(move |member| member.name != name)
        };
        let is_deleting = |machine: &Machine| machine.metadata.deletion_timestamp.is_some();
        match &plan.action {
            Action::ScaleDown { machine, leadership } | Action::Remediate { machine, leadership, .. } => {
                // One at a time, unless that is what keeps the other one from going.
                let stuck = |machine: &Machine| control_plane.harm_of_removing(machine).is_some();
                prop_assert!(machines.iter().filter(|machine| is_deleting(machine)).all(stuck), "one at a time");
                prop_assert!(has_api_server(&machines, &machine.metadata.name) || machines.len() == 1);
                let node = &machine.status.node_ref.name;
                if !node.is_empty() {
                    prop_assert!(has_quorum(without(node), &machines));
                }
                prop_assert!(leadership.iter().all(|candidate| candidate.metadata.name != machine.metadata.name));
            }
            Action::Release { machine, member, .. } => {
                prop_assert!(is_deleting(machine));
                if machines.len() > 1 {
                    prop_assert!(has_api_server(&machines, &machine.metadata.name));
                    if let Some(member) = member {
                        prop_assert!(has_quorum(without(&member.name), &machines));
                    }
                }
            }
            Action::RemoveMember { member } => {
                prop_assert!(machines.iter().all(|machine| machine.status.node_ref.name != member.name));
                prop_assert!(member.name.is_empty() || has_quorum(without(&member.name), &machines));
            }
            Action::ScaleUp { failure_domain, .. } => {
                let most = usize::try_from(replicas + surge).expect("a count");
                prop_assert!(machines.len() < most);
                prop_assert!(matches!(failure_domain, Some("d0" | "d1" | "d2")));
                prop_assert!(!machines.iter().any(is_deleting), "one at a time");
                // Even if the new member never starts, unless there was only one.
                prop_assert!(members.len() <= 1 || control_plane.etcd_after(Change::Add).is_safe());
            }
            Action::Initialize { .. } => prop_assert!(machines.is_empty()),
            _ => {}
        }
        prop_assert!(!plan.explain().is_empty());
    }

    /// What is said about the cluster after a change is what counting it says.
    #[test]
    fn quorum_is_counted_right(all in vec(traits(), 1..8), learners in vec(prop::bool::weighted(0.1), 0..8), strays in 0..3_usize) {
        let machines: Vec<Machine> =
            all.iter().enumerate().map(|(index, traits)| machine(index, traits)).collect();
        let members = members(&machines, &learners, strays);
        let (kcp, cluster) = (kcp(3, 1), cluster());
        let etcd = EtcdCluster { members: &members, ..EtcdCluster::default() };
        let control_plane = ControlPlane::of(&kcp, &cluster, &machines, now()).etcd(etcd);
        for machine in machines.iter().filter(|machine| !machine.status.node_ref.name.is_empty()) {
            let after = control_plane.etcd_after(Change::Remove(machine));
            let left = || members.iter().filter(|member| member.name != machine.status.node_ref.name);
            let learner = left().any(|member| member.is_learner);
            prop_assert_eq!(after.is_safe(), !learner && has_quorum(left(), &machines));
        }
    }
}

#[test]
fn machines_with_an_external_etcd_are_remediated_unlike_in_cluster_api() {
    let bad = Traits {
        checked: false,
        ..healthy()
    };
    let machines = trio(&healthy(), &bad);
    let (mut kcp, cluster) = (kcp(3, 1), cluster());
    let etcd = &mut kcp.spec.kubeadm_config_spec.cluster_configuration.etcd;
    etcd.external.endpoints = vec!["https://etcd.example.com:2379".to_owned()];
    let control_plane = ControlPlane::of(&kcp, &cluster, &machines, now());
    let plan = control_plane.plan().expect("a plan");
    assert!(
        matches!(plan.action, Action::Remediate { machine, .. } if machine.metadata.name == "m2")
    );
    let upstream = control_plane
        .compat(Compat::Upstream)
        .plan()
        .expect("a plan");
    assert_eq!(upstream.action, Action::Nothing);
    assert_eq!(
        upstream.deferred.expect("a reason").1.to_string(),
        "Failed to check etcd cluster health before remediation"
    );
}

#[test]
fn what_is_not_there_yet_is_waited_for() {
    let (kcp, mut cluster) = (kcp(3, 1), cluster());
    let plan = ControlPlane::of(&kcp, &cluster, &[], now())
        .plan()
        .expect("a plan");
    assert!(matches!(
        plan.action,
        Action::Initialize {
            failure_domain: Some("d0")
        }
    ));
    cluster.spec.control_plane_endpoint.host.clear();
    let plan = ControlPlane::of(&kcp, &cluster, &[], now())
        .plan()
        .expect("a plan");
    assert_eq!(plan.action, Action::Wait(Wait::Endpoint));
    cluster.status.initialization.infrastructure_provisioned = None;
    let plan = ControlPlane::of(&kcp, &cluster, &[], now())
        .plan()
        .expect("a plan");
    assert_eq!(plan.action, Action::Wait(Wait::Infrastructure));
    assert_eq!(
        plan.explain()[0].to_string(),
        "KubeadmControlPlane: the infrastructure of the cluster is not provisioned (NoInfrastructure); to change that, look at \
         the condition InfrastructureReady of the Cluster"
    );
}

/// Three machines with etcd: one healthy, and two as they are told.
fn trio(second: &Traits, third: &Traits) -> [Machine; 3] {
    [
        machine(0, &healthy()),
        machine(1, second),
        machine(2, third),
    ]
}

fn healthy() -> Traits {
    Traits {
        node: true,
        components: true,
        member: true,
        checked: true,
        marked: false,
        deleting: false,
        outdated: false,
        domain: 0,
    }
}

fn unhealthy() -> Traits {
    Traits {
        components: false,
        member: false,
        checked: false,
        ..healthy()
    }
}

/// What is done in both modes.
fn actions(
    kcp: &KubeadmControlPlane,
    machines: &[Machine],
    learners: &[bool],
) -> [Option<String>; 2] {
    let cluster = cluster();
    let members = members(machines, learners, 0);
    [Compat::Fixed, Compat::Upstream].map(|compat| {
        let etcd = EtcdCluster {
            members: &members,
            alarms: &[],
            leader: Some("m0"),
        };
        let control_plane = ControlPlane::of(kcp, &cluster, machines, now());
        let plan = control_plane
            .etcd(etcd)
            .compat(compat)
            .plan()
            .expect("a plan");
        match plan.action {
            Action::Remediate { machine, .. } => Some(machine.metadata.name.clone()),
            Action::Wait(_) => None,
            other => panic!("{other:?}"),
        }
    })
}

#[test]
fn an_unhealthy_machine_that_holds_back_another_one_goes_unlike_in_cluster_api() {
    let deleting = Traits {
        deleting: true,
        ..healthy()
    };
    let machines = trio(&deleting, &unhealthy());
    let [fixed, upstream] = actions(&kcp(3, 0), &machines, &[]);
    assert_eq!((fixed.as_deref(), upstream), (Some("m2"), None));
}

#[test]
fn a_remediation_that_cannot_be_completed_is_no_obstacle_unlike_in_cluster_api() {
    let mut kcp = kcp(3, 1);
    let remediation = r#"{"machine":"m9","timestamp":"2026-05-31T00:00:00Z","retryCount":0}"#;
    let annotations = &mut kcp.metadata.annotations;
    let key = labels::REMEDIATION_IN_PROGRESS.to_owned();
    annotations.insert(key, remediation.to_owned());
    let outdated = Traits {
        outdated: true,
        ..healthy()
    };
    let machines = trio(&outdated, &unhealthy());
    let [fixed, upstream] = actions(&kcp, &machines, &[]);
    assert_eq!((fixed.as_deref(), upstream), (Some("m2"), None));
}

/// A machine was remediated while a rollout had made one more, which never starts.
fn after_a_remediation_at_surge() -> (KubeadmControlPlane, [Machine; 3]) {
    let mut kcp = kcp(3, 1);
    let remediation = r#"{"machine":"m9","timestamp":"2026-05-31T00:00:00Z","retryCount":2}"#;
    let key = labels::REMEDIATION_IN_PROGRESS.to_owned();
    let annotations = &mut kcp.metadata.annotations;
    annotations.insert(key, remediation.to_owned());
    let never_started = Traits {
        node: false,
        ..unhealthy()
    };
    (kcp, trio(&healthy(), &never_started))
}

#[test]
fn a_remediation_that_nothing_will_replace_is_over_unlike_in_cluster_api() {
    let (kcp, machines) = after_a_remediation_at_surge();
    let (cluster, members) = (cluster(), members(&machines, &[], 0));
    let etcd = EtcdCluster {
        members: &members,
        alarms: &[],
        leader: Some("m0"),
    };
    let control_plane = ControlPlane::of(&kcp, &cluster, &machines, now()).etcd(etcd);
    let plan = control_plane.plan().expect("a plan");
    let completed = plan.completed.as_ref().expect("it is over");
    assert_eq!((&*completed.machine, completed.retry_count), ("m9", 2));
    let Action::Remediate {
        machine,
        remediation,
        ..
    } = &plan.action
    else {
        panic!("{:?}", plan.action)
    };
    // It was not made for the other one, so its tries are its own.
    assert_eq!(
        (&*machine.metadata.name, remediation.retry_count),
        ("m2", 0)
    );
    assert!(plan.explain().iter().any(|why| {
        why.to_string()
            .contains("the remediation of m9 is over and forgotten")
    }));

    let upstream = control_plane.compat(Compat::Upstream);
    let plan = upstream.plan().expect("a plan");
    assert_eq!((&plan.action, &plan.completed), (&Action::Nothing, &None));
    let (machine, reason) = plan.deferred.expect("one that stays");
    assert_eq!(
        (&*machine.metadata.name, reason),
        ("m2", RemediationWait::InProgress)
    );
}

#[test]
fn a_remediation_goes_on_while_its_machine_is_there_or_is_replaced() {
    let goes_on = |kcp: &KubeadmControlPlane, machines: &[Machine]| {
        let cluster = cluster();
        let control_plane = ControlPlane::of(kcp, &cluster, machines, now());
        let in_progress = control_plane.remediation_in_progress().expect("readable");
        in_progress.is_some()
    };
    let (kcp, mut machines) = after_a_remediation_at_surge();
    assert!(!goes_on(&kcp, &machines));
    // Too few, so another one is made for it.
    assert!(goes_on(&kcp, &machines[..2]));
    // The rollout goes on, and makes another one for it.
    "v1.35.0".clone_into(&mut machines[1].spec.version);
    assert!(goes_on(&kcp, &machines));
    "v1.36.0".clone_into(&mut machines[1].spec.version);
    // It is there yet.
    "m9".clone_into(&mut machines[1].metadata.name);
    assert!(goes_on(&kcp, &machines));
}

#[test]
fn a_remediation_that_was_replaced_is_forgotten() {
    let (kcp, mut machines) = after_a_remediation_at_surge();
    machines[1].metadata.creation_timestamp = Some(now());
    let completed = |machines: &[Machine], compat| {
        let cluster = cluster();
        let control_plane = ControlPlane::of(&kcp, &cluster, machines, now()).compat(compat);
        control_plane.plan().expect("a plan").completed.is_some()
    };
    assert!(completed(&machines, Compat::Fixed));
    assert!(completed(&machines, Compat::Upstream));
    // Cluster API only looks for another remediation; if the replacement goes meanwhile, the annotation comes back to life.
    machines[2] = machine(2, &healthy());
    assert!(completed(&machines, Compat::Fixed));
    assert!(!completed(&machines, Compat::Upstream));
}

#[test]
fn of_two_unhealthy_machines_the_one_goes_that_can_unlike_in_cluster_api() {
    // The last one is a learner: nothing but itself can go.
    let machines = [
        machine(0, &healthy()),
        machine(1, &unhealthy()),
        machine(2, &healthy()),
        machine(3, &unhealthy()),
    ];
    let [fixed, upstream] = actions(&kcp(3, 1), &machines, &[false, false, false, true]);
    assert_eq!((fixed.as_deref(), upstream), (Some("m3"), None));
}

/// Of two machines that are to end, the first waits for the other one's member to be healthy.
#[test]
fn of_two_machines_that_end_the_one_goes_that_can_unlike_in_cluster_api() {
    let deleting = Traits {
        deleting: true,
        ..healthy()
    };
    let sick = Traits {
        member: false,
        ..deleting.clone()
    };
    let machines = trio(&deleting, &sick);
    let cluster = cluster();
    let (kcp, members) = (kcp(3, 1), members(&machines, &[], 0));
    let released = |compat| {
        let etcd = EtcdCluster {
            members: &members,
            alarms: &[],
            leader: Some("m0"),
        };
        let control_plane = ControlPlane::of(&kcp, &cluster, &machines, now());
        let plan = control_plane.etcd(etcd).compat(compat).plan();
        match plan.expect("a plan").action {
            Action::Release { machine, .. } => Some(machine.metadata.name.clone()),
            _ => None,
        }
    };
    let [fixed, upstream] = [Compat::Fixed, Compat::Upstream].map(released);
    assert_eq!((fixed.as_deref(), upstream), (Some("m2"), None));
}

/// All are as good: their names decide, rather than the order in which they come.
#[test]
fn leadership_goes_by_names_unlike_in_cluster_api() {
    let machines = trio(&healthy(), &healthy());
    let reversed: Vec<Machine> = machines.iter().rev().cloned().collect();
    let (kcp, cluster) = (kcp(3, 1), cluster());
    let first = |machines: &[Machine], compat| {
        let etcd = EtcdCluster {
            leader: Some("m0"),
            ..EtcdCluster::default()
        };
        let control_plane = ControlPlane::of(&kcp, &cluster, machines, now());
        let control_plane = control_plane.etcd(etcd).compat(compat);
        let leaving = machines
            .iter()
            .find(|machine| machine.metadata.name == "m0");
        let candidates = control_plane.leadership_candidates(leaving.expect("it"));
        candidates[0].metadata.name.clone()
    };
    let both = |compat| [&machines[..], &reversed].map(|all| first(all, compat));
    let [one, other] = both(Compat::Fixed);
    assert_eq!(one, other);
    let [one, other] = both(Compat::Upstream);
    assert_ne!(one, other);
}
