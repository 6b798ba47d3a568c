//! What holds for MachineHealthChecks, whatever the machines.
#![allow(clippy::expect_used, reason = "a test")]
#![allow(dead_code, reason = "laws share one file of machines")]

#[path = "laws/fleet.rs"]
mod fleet;

use fleet::{NOW, at, condition, machines};
use machine_api::{
    Compat, IntOrString, conditions,
    core::v1beta2::{Cluster, Machine, MachineHealthCheck, UnhealthyMachineCondition},
    health_check::{Action, HealthPlan, Observed, Request, Verdict},
    labels,
    machine::Node,
    meta::ConditionStatus,
};
use proptest::{prelude::*, sample::select};
use serde_json::json;

fn cluster() -> Cluster {
    let mut cluster = Cluster::default();
    cluster.status.conditions = ["ControlPlaneInitialized", "InfrastructureReady"]
        .map(|kind| condition(kind, ConditionStatus::True))
        .to_vec();
    cluster
}

/// A check of all machines of a cluster that calls those unhealthy whose nodes are.
fn check() -> MachineHealthCheck {
    let mut check = MachineHealthCheck::default();
    "prod".clone_into(&mut check.spec.cluster_name);
    check.spec.checks.unhealthy_machine_conditions = vec![UnhealthyMachineCondition {
        r#type: "NodeHealthy".to_owned(),
        status: ConditionStatus::False,
        timeout_seconds: Some(300),
    }];
    check
}

fn limits() -> impl Strategy<Value = (Option<IntOrString>, String)> {
    let most = prop_oneof![
        (0_i32..8).prop_map(IntOrString::Int),
        (0_i32..120).prop_map(|percent| IntOrString::String(format!("{percent}%"))),
    ];
    prop_oneof![
        prop::option::of(most).prop_map(|most| (most, String::new())),
        (0_u32..4, 0_u32..6).prop_map(|(min, more)| (None, format!("[{min}-{}]", min + more))),
    ]
}

fn of_cluster(mut machines: Vec<Machine>) -> Vec<Machine> {
    for machine in &mut machines {
        let label = (labels::CLUSTER_NAME.to_owned(), "prod".to_owned());
        machine.metadata.labels.insert(label.0, label.1);
    }
    machines
}

fn nodes() -> Vec<Node> {
    let mut node = Node::default();
    "node".clone_into(&mut node.metadata.name);
    vec![node]
}

/// The machines once the conditions of a plan are written.
fn written(plan: &HealthPlan<'_>, machines: &[Machine]) -> Vec<Machine> {
    let mut machines = machines.to_vec();
    for action in &plan.actions {
        if let Action::SetCondition { machine, condition } = action {
            let name = &machine.metadata.name;
            let mut all = machines.iter_mut();
            let found = all.find(|one| one.metadata.name == *name).expect("there");
            conditions::set(&mut found.status.conditions, condition.clone(), 0, at(NOW));
        }
    }
    machines
}

proptest! {
    /// Owners are only asked while the number of machines that are not healthy is within the limit.
    #[test]
    fn nothing_is_remediated_beyond_the_limit(machines in machines(), (most, range) in limits(), compat in select(vec![Compat::Fixed, Compat::Upstream])) {
        let (cluster, mut check, machines, nodes) = (cluster(), check(), of_cluster(machines), nodes());
        check.spec.remediation.trigger_if.unhealthy_less_than_or_equal_to.clone_from(&most);
        check.spec.remediation.trigger_if.unhealthy_in_range.clone_from(&range);
        let plan = Observed::new(&cluster, &check, &machines, Some(&nodes), at(NOW)).compat(compat).plan().expect("a selector");
        let allowance = plan.allowance.as_ref().expect("a limit");
        let asked = plan.actions.iter().filter(|action| matches!(
            action, Action::SetCondition { condition, .. } if condition.r#type == "OwnerRemediated"
        )).count();
        let unhealthy = allowance.unhealthy();
        prop_assert!(asked <= unhealthy);
        let within = match (&most, range.as_str()) {
            (None, "") => true,
            (Some(IntOrString::Int(most)), "") => unhealthy <= usize::try_from(*most).expect("a size"),
            (Some(IntOrString::String(percent)), "") => {
                let percent: usize = percent.trim_end_matches('%').parse().expect("a number");
                unhealthy <= allowance.expected * percent / 100
            }
            (_, range) => {
                let (min, max) = range[1..range.len() - 1].split_once('-').expect("a range");
                let number = |text: &str| text.parse::<usize>().expect("a number");
                (number(min)..=number(max)).contains(&unhealthy)
            }
        };
        prop_assert_eq!(within, allowance.allowed);
        prop_assert!(within || asked == 0);
        if compat == Compat::Fixed {
            prop_assert!(allowance.remaining >= 0);
        }
        prop_assert!(!plan.explain().is_empty());
    }

    /// What a plan writes is enough: the next one changes nothing.
    #[test]
    fn a_plan_is_enough(machines in machines(), seed in 0_usize..13) {
        let (cluster, check, machines, nodes) = (cluster(), check(), of_cluster(machines), nodes());
        let plan = |machines: &[Machine]| {
            let plan = Observed::new(&cluster, &check, machines, Some(&nodes), at(NOW)).plan().expect("a selector");
            (written(&plan, machines), plan.status(at(NOW)).expect("a limit"))
        };
        let (once, status) = plan(&machines);
        prop_assert_eq!(&plan(&once).0, &once);
        let mut turned = machines.clone();
        turned.rotate_left(seed.min(machines.len()));
        prop_assert_eq!(plan(&turned).1, status);
    }

    /// Machines that nobody may look at are left as they are.
    #[test]
    fn skipped_machines_are_left_alone(machines in machines()) {
        let (cluster, check, machines, nodes) = (cluster(), check(), of_cluster(machines), nodes());
        let plan = Observed::new(&cluster, &check, &machines, Some(&nodes), at(NOW)).plan().expect("a selector");
        for (machine, verdict) in &plan.verdicts {
            if let Verdict::Skipped(_) = verdict {
                let name = &machine.metadata.name;
                prop_assert!(plan.actions.iter().all(|action| action.machine().metadata.name != *name));
            }
        }
    }
}

fn broken(name: &str) -> Machine {
    let mut machine = Machine::default();
    name.clone_into(&mut machine.metadata.name);
    "node".clone_into(&mut machine.status.node_ref.name);
    machine.status.conditions = vec![condition("NodeHealthy", ConditionStatus::False)];
    machine
}

/// A request that exists keeps Cluster API from making the others.
#[test]
fn every_unhealthy_machine_gets_a_request() {
    let machines = of_cluster(vec![broken("a"), broken("b"), broken("c")]);
    let (cluster, mut check, nodes) = (cluster(), check(), nodes());
    let reference = &mut check.spec.remediation.template_ref;
    reference.api_version = "r.io/v1".to_owned();
    reference.kind = "FixTemplate".to_owned();
    reference.name = "fix".to_owned();
    let template =
        json!({"apiVersion": "r.io/v1", "kind": "FixTemplate", "metadata": {"name": "fix"}});
    let requests = [Request {
        machine: "b",
        deleting: false,
    }];
    let made = |compat| -> Vec<String> {
        let plan = Observed::new(&cluster, &check, &machines, Some(&nodes), at(NOW))
            .external(Some(&template), &requests)
            .compat(compat)
            .plan()
            .expect("a selector");
        assert_eq!(plan.request_kind(), Some(("r.io/v1", "Fix")));
        let actions = plan.actions.iter();
        actions
            .filter_map(|action| match action {
                Action::CreateRequest { request, .. } => {
                    assert_eq!(request["kind"], "Fix");
                    Some(request["metadata"]["name"].as_str()?.to_owned())
                }
                _ => None,
            })
            .collect()
    };
    assert_eq!(made(Compat::Fixed), ["a", "c"]);
    assert_eq!(made(Compat::Upstream), ["a"]);
}

#[test]
fn requests_go_with_their_reason() {
    let mut machine = broken("a");
    machine.status.conditions.clear();
    let machines = of_cluster(vec![machine]);
    let (cluster, mut check, nodes) = (cluster(), check(), nodes());
    check.spec.remediation.template_ref.name = "fix".to_owned();
    let requests = [Request {
        machine: "a",
        deleting: false,
    }];
    let plan = Observed::new(&cluster, &check, &machines, Some(&nodes), at(NOW))
        .external(None, &requests)
        .plan()
        .expect("a selector");
    assert!(matches!(
        plan.actions.last(),
        Some(Action::DeleteRequest { machine }) if machine.metadata.name == "a"
    ));
}

#[test]
fn nothing_happens_for_a_reason() {
    let machines = of_cluster(vec![broken("a"), broken("b")]);
    let (cluster, mut check, nodes) = (cluster(), check(), nodes());
    check.metadata.name = "workers".to_owned();
    check
        .spec
        .remediation
        .trigger_if
        .unhealthy_less_than_or_equal_to = Some("50%".into());
    let plan = Observed::new(&cluster, &check, &machines, Some(&nodes), at(NOW))
        .plan()
        .expect("a selector");
    let why: Vec<String> = plan.explain().iter().map(ToString::to_string).collect();
    assert_eq!(
        why[0],
        "MachineHealthCheck workers: Remediation is not allowed, the number of not started or unhealthy machines exceeds \
         maxUnhealthy (total: 2, unhealthy: 2, maxUnhealthy: 50%) (TooManyUnhealthy); to change that, mend machines, or widen \
         spec.remediation.triggerIf"
    );
    assert_eq!(why.len(), 3);
}
