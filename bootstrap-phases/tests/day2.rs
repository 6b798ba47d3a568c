//! Plans over several nodes: their laws, on random clusters; what they say; and a rotation of certificates on three control planes
//! whose process is killed on the way.

#![cfg(feature = "kubeadm")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::assigning_clones,
    reason = "a test"
)]

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bootstrap_phases::kubeadm::credentials::{Renewal, renew_workflow};
use bootstrap_phases::kubeadm::day2::{
    Desired, EtcdMember, Halt, Managed, NodeState, Observed, Plan, PlanError, Role, Step, Task,
    Unfinished, carry_out, plan,
};
use bootstrap_phases::kubeadm::pki::{Certificate, FixedKeys};
use bootstrap_phases::kubeadm::upgrade::{apply_workflow, node_workflow};
use bootstrap_phases::kubeadm::{HostFacts, InitContext, init_context, init_workflow};
use bootstrap_phases::testing::{CrashFiles, CrashJournal, CrashPoint};
use bootstrap_phases::{Digest, Files as _, ManualClock, MemFiles, MemJournal, Runner, Selection};
use componentconfig::kubeadm::Facts;
use proptest::prelude::*;
use semver::Version;

const DAY: Duration = Duration::from_secs(86_400);

fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_795_235_010)
}

fn days(days: u32) -> SystemTime {
    now() + days * DAY
}

fn version(minor: u64) -> Version {
    Version::new(1, minor, 0)
}

// Laws.

fn node(index: usize, control_plane: bool) -> impl Strategy<Value = NodeState> {
    let certificates = proptest::collection::vec((0..400u32, any::<bool>()), 0..3);
    let task = prop_oneof![
        Just(Task::Renew {
            certificates: vec!["c0".to_owned()]
        }),
        Just(Task::Configure {
            to: Digest::of(b"new"),
            first: false
        }),
    ];
    let health = (0..10u8, 0..8u8, 0..6u8, 0..8u8);
    let state = (0..3u8, 0..3u8, proptest::option::weighted(0.1, task));
    (certificates, health, state).prop_map(
        move |(certificates, (reachable, ready, healthy, learner), (config, version_, task))| {
            let mut node = if control_plane {
                NodeState::control_plane(format!("cp-{index}"))
            } else {
                NodeState::worker(format!("w-{index}"))
            };
            node.reachable = reachable > 0;
            node.ready = ready > 0;
            if let Some(member) = &mut node.etcd {
                *member = EtcdMember {
                    healthy: healthy > 0,
                    learner: learner == 0,
                };
            }
            let certificates = certificates.into_iter().enumerate();
            node.certificates = certificates
                .map(|(index, (left, external))| Managed {
                    external,
                    ..Managed::new(format!("c{index}"), days(left))
                })
                .collect();
            node.config =
                [None, Some(Digest::of(b"old")), Some(Digest::of(b"new"))][usize::from(config)];
            node.version =
                [None, Some(version(35)), Some(version(36))][usize::from(version_)].clone();
            node.unfinished = task.map(|task| Unfinished { task, error: None });
            node
        },
    )
}

fn observed() -> impl Strategy<Value = Observed> {
    (1..5usize, 0..4usize)
        .prop_flat_map(|(control_planes, workers)| {
            let nodes: Vec<_> = (0..control_planes)
                .map(|index| node(index, true).boxed())
                .chain((0..workers).map(|index| node(index, false).boxed()))
                .collect();
            nodes
        })
        .prop_shuffle()
        .prop_map(|nodes| Observed { nodes })
}

fn desired() -> impl Strategy<Value = Desired> {
    (any::<bool>(), any::<bool>(), any::<bool>()).prop_map(|(config, upgrade, allow_downtime)| {
        Desired {
            config: config.then(|| Digest::of(b"new")),
            version: upgrade.then(|| version(36)),
            allow_downtime,
            ..Desired::new()
        }
    })
}

/// What a step does to a node, as somebody sees who knows nothing of plans.
fn apply(observed: &mut Observed, step: &Step) {
    let node = observed
        .nodes
        .iter_mut()
        .find(|node| node.name == step.node)
        .unwrap();
    node.unfinished = None;
    node.ready = true;
    if let Some(member) = &mut node.etcd {
        member.healthy = true;
    }
    match &step.task {
        Task::Renew { certificates } => {
            for one in &mut node.certificates {
                if certificates.contains(&one.name) && !one.external {
                    one.ends = days(365).into();
                }
            }
        }
        Task::Configure { to, .. } => node.config = Some(*to),
        Task::Upgrade { to, .. } => {
            node.version = Some(to.clone());
            for one in node.certificates.iter_mut().filter(|one| !one.external) {
                one.ends = days(365).into();
            }
        }
        other => panic!("{other}"),
    }
}

/// What must hold while a step is made on a node.
fn assert_safe(observed: &Observed, step: &Step, desired: &Desired) {
    let node = observed
        .nodes
        .iter()
        .find(|node| node.name == step.node)
        .unwrap();
    assert!(node.reachable, "{step}");
    // Never two at once: nothing else is begun, unless this is what was begun.
    let begun = observed
        .nodes
        .iter()
        .filter(|node| node.unfinished.is_some());
    let begun: Vec<&str> = begun.map(|node| node.name.as_str()).collect();
    assert!(
        begun.is_empty() || begun.contains(&step.node.as_str()),
        "{step}: begun on {begun:?}"
    );
    let voters: Vec<_> = observed
        .nodes
        .iter()
        .filter_map(|node| {
            node.etcd
                .filter(|member| !member.learner)
                .map(|m| (&node.name, m.healthy))
        })
        .collect();
    let answers = |but: Option<&str>| {
        let left = voters
            .iter()
            .filter(|(name, healthy)| *healthy && Some(name.as_str()) != but);
        left.count()
    };
    let quorum = voters.len() / 2 + 1;
    let had = answers(None) >= quorum;
    let small = voters.len() == 1 || (voters.len() == 2 && desired.allow_downtime);
    assert!(
        !had || small || answers(Some(&step.node)) >= quorum,
        "{step}: no quorum left"
    );
    // Workers come last where it matters.
    if step.role == Role::Worker && node.unfinished.is_none() {
        let control_planes = || {
            observed
                .nodes
                .iter()
                .filter(|node| node.role == Role::ControlPlane)
        };
        match &step.task {
            Task::Upgrade { to, .. } => {
                assert!(control_planes().all(|node| node.version.as_ref().is_none_or(|v| v == to)));
            }
            Task::Configure { to, .. } => {
                assert!(control_planes().all(|node| node.config == Some(*to)));
            }
            _ => {}
        }
    }
}

fn planned(observed: &Observed, desired: &Desired) -> Plan {
    plan(observed, desired, now()).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn a_plan_ends_is_safe_at_every_step_and_leaves_nothing_to_do(
        observed in observed(),
        desired in desired(),
    ) {
        let whole = planned(&observed, &desired);
        let mut world = observed;
        for (index, step) in whole.steps.iter().enumerate() {
            // After a crash the plan is what is left of it.
            prop_assert_eq!(&planned(&world, &desired).steps[..], &whole.steps[index..]);
            assert_safe(&world, step, &desired);
            apply(&mut world, step);
        }
        let rest = planned(&world, &desired);
        prop_assert!(rest.steps.is_empty());
        prop_assert_eq!(&rest.blocked, &whole.blocked);
        let in_the_way = world.nodes.iter().any(|node| {
            !node.reachable || node.etcd.is_some_and(|member| !member.healthy) || !node.ready
        });
        let two = world.nodes.iter().filter(|node| node.etcd.is_some_and(|m| !m.learner)).count() == 2;
        prop_assert!(rest.is_empty() || in_the_way || two, "{}", rest);
    }

    #[test]
    fn the_order_in_which_nodes_are_told_does_not_matter(
        observed in observed(),
        desired in desired(),
        by in 0..5usize,
    ) {
        let mut turned = observed.clone();
        let length = turned.nodes.len();
        turned.nodes.rotate_left(by % length);
        prop_assert_eq!(planned(&observed, &desired), planned(&turned, &desired));
    }

    #[test]
    fn whatever_fails_ends_the_call_and_the_next_one_begins_with_it(
        observed in observed(),
        desired in desired(),
        fails in 0..6usize,
    ) {
        let world = RefCell::new(observed);
        let mut count = 0;
        let look = || Ok::<_, String>(world.borrow().clone());
        let outcome = carry_out(&desired, now, look, |step| {
            assert_safe(&world.borrow(), step, &desired);
            count += 1;
            if count > fails {
                let mut world = world.borrow_mut();
                let node = world.nodes.iter_mut().find(|node| node.name == step.node).unwrap();
                let (task, error) = (step.task.clone(), Some("broken".to_owned()));
                node.unfinished = Some(Unfinished { task, error });
                return Err("broken".to_owned());
            }
            apply(&mut world.borrow_mut(), step);
            Ok(())
        });
        let failed = match outcome.halt {
            Some(Halt::Failed { step, error }) => {
                prop_assert_eq!(error, "broken");
                Some(step)
            }
            None | Some(Halt::Blocked(_)) => None,
            Some(other) => panic!("{other:?}"),
        };
        prop_assert_eq!(outcome.done.len(), count.min(fails));
        let mut first = None;
        let again = carry_out(&desired, now, look, |step| {
            assert_safe(&world.borrow(), step, &desired);
            first.get_or_insert_with(|| step.clone());
            apply(&mut world.borrow_mut(), step);
            Ok(())
        });
        prop_assert!(matches!(again.halt, None | Some(Halt::Blocked(_))), "{:?}", again.halt);
        if let (Some(failed), Some(first)) = (&failed, &first) {
            // Where several had been begun already, another one may come first.
            prop_assert!(first.node == failed.node || first.why[0].starts_with("it was begun"));
        }
    }
}

// What plans say.

fn cluster() -> Vec<NodeState> {
    let mut nodes: Vec<_> = ["cp-1", "cp-2", "cp-3"]
        .map(NodeState::control_plane)
        .into();
    nodes.extend(["w-1", "w-2"].map(NodeState::worker));
    nodes
}

fn text(nodes: Vec<NodeState>, desired: &Desired) -> String {
    planned(&Observed { nodes }, desired).to_string()
}

#[test]
fn an_upgrade_goes_through_control_planes_first_and_renews_by_the_way() {
    let mut nodes = cluster();
    for node in &mut nodes {
        node.version = Some(version(35));
    }
    nodes[1]
        .certificates
        .push(Managed::new("apiserver", days(3)));
    let text = text(nodes, &Desired::new().version(version(36)));
    let wanted = "\
cp-1: upgrade the cluster to v1.36.0 (it runs v1.35.0)
cp-2: upgrade to v1.36.0 (it runs v1.35.0)
cp-3: upgrade to v1.36.0 (it runs v1.35.0)
w-1: upgrade to v1.36.0 (it runs v1.35.0)
w-2: upgrade to v1.36.0 (it runs v1.35.0)
";
    assert_eq!(text, wanted);
}

#[test]
fn who_is_silent_comes_first_and_others_are_not_touched_while_they_are_needed() {
    let mut nodes = cluster();
    for node in &mut nodes[..3] {
        node.certificates.push(Managed::new("etcd-peer", days(5)));
    }
    nodes[2].etcd = Some(EtcdMember {
        healthy: false,
        learner: false,
    });
    let all = text(nodes.clone(), &Desired::new());
    assert!(
        all.starts_with("cp-3: renew etcd-peer (etcd-peer ends in 5 days)\ncp-1: "),
        "{all}"
    );
    nodes[2].reachable = false;
    let blocked = text(nodes, &Desired::new());
    let why = "without its member 1 of 3 members of etcd would answer, and 2 are a quorum";
    assert!(
        blocked.contains(&format!(
            "blocked: cp-1: renew etcd-peer (etcd-peer ends in 5 days): {why}\n"
        )),
        "{blocked}"
    );
    assert!(
        blocked.contains(
            "blocked: cp-3: renew etcd-peer (etcd-peer ends in 5 days): it cannot be reached\n"
        ),
        "{blocked}"
    );
}

#[test]
fn two_members_need_somebody_who_says_so_and_one_does_not() {
    let ending =
        |name: &str| NodeState::control_plane(name).certificate(Managed::new("apiserver", days(1)));
    let one = vec![ending("cp-1")];
    assert_eq!(
        text(one, &Desired::new()),
        "cp-1: renew apiserver (apiserver ends in 1 day)\n"
    );
    let two = vec![ending("cp-1"), ending("cp-2")];
    assert_eq!(
        text(two.clone(), &Desired::new())
            .matches("blocked: ")
            .count(),
        2
    );
    let allowed = Desired {
        allow_downtime: true,
        ..Desired::new()
    };
    assert_eq!(text(two, &allowed).lines().count(), 2);
}

#[test]
fn what_nobody_here_can_renew_is_noted_and_nothing_is_left_to_do() {
    let external = Managed {
        external: true,
        ..Managed::new("apiserver", days(0))
    };
    let nodes = vec![NodeState::control_plane("cp-1").certificate(external)];
    let plan = planned(&Observed { nodes }, &Desired::new());
    assert!(plan.is_empty());
    assert_eq!(
        plan.to_string(),
        "note: cp-1: apiserver is over, and its authority's key is elsewhere\n"
    );
}

#[test]
fn what_contradicts_itself_is_refused() {
    let observed = Observed {
        nodes: vec![NodeState::worker("a"), NodeState::worker("a")],
    };
    let refused =
        |observed: &Observed, desired: &Desired| plan(observed, desired, now()).unwrap_err();
    assert_eq!(
        refused(&observed, &Desired::new()),
        PlanError::DuplicateNode {
            name: "a".to_owned()
        }
    );
    let worker = Observed {
        nodes: vec![NodeState::worker("a")],
    };
    let upgrade = Desired::new().version(version(36));
    assert_eq!(refused(&worker, &upgrade), PlanError::NoControlPlane);
    let forever = Desired {
        renew_before: 365 * DAY,
        ..Desired::new()
    };
    assert!(matches!(
        refused(&worker, &forever),
        PlanError::NeverDone { .. }
    ));
}

#[test]
fn a_step_that_changes_nothing_is_not_made_for_ever() {
    let nodes =
        vec![NodeState::control_plane("cp-1").certificate(Managed::new("apiserver", days(1)))];
    let observed = Observed { nodes };
    let outcome = carry_out(
        &Desired::new(),
        now,
        || Ok::<_, String>(observed.clone()),
        |_| Ok(()),
    );
    assert_eq!(outcome.done.len(), 1);
    assert!(matches!(outcome.halt, Some(Halt::NoProgress { .. })));
}

#[test]
fn the_phases_of_every_step_are_there() {
    let tasks = [
        Task::Upgrade {
            to: version(36),
            first: true,
        },
        Task::Upgrade {
            to: version(36),
            first: false,
        },
        Task::Configure {
            to: Digest::of(b"new"),
            first: true,
        },
        Task::Configure {
            to: Digest::of(b"new"),
            first: false,
        },
        Task::Renew {
            certificates: vec!["apiserver".to_owned(), "admin.conf".to_owned()],
        },
    ];
    for (task, role) in tasks
        .iter()
        .flat_map(|task| [(task, Role::ControlPlane), (task, Role::Worker)])
    {
        let step = Step {
            node: "n".to_owned(),
            role,
            task: task.clone(),
            why: Vec::new(),
        };
        for run in step.runs() {
            let phases = Selection::only(run.phases.clone());
            let found = match run.workflow.as_str() {
                "init" => init_workflow()
                    .build()
                    .unwrap()
                    .selected(&phases)
                    .map(|found| found.len()),
                "renew" => renew_workflow(false)
                    .build()
                    .unwrap()
                    .selected(&phases)
                    .map(|found| found.len()),
                "apply" => apply_workflow()
                    .build()
                    .unwrap()
                    .selected(&phases)
                    .map(|found| found.len()),
                "node" => node_workflow()
                    .build()
                    .unwrap()
                    .selected(&phases)
                    .map(|found| found.len()),
                other => panic!("{other}"),
            };
            assert!(found.unwrap() > 0, "{step}");
        }
    }
}

// A rotation for real.

const CONFIG: &str = "
apiVersion: kubeadm.k8s.io/v1beta4
kind: InitConfiguration
localAPIEndpoint: {advertiseAddress: 10.1.2.3}
nodeRegistration: {name: cp}
---
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
kubernetesVersion: v1.36.1
encryptionAlgorithm: ECDSA-P256
";

struct Machine {
    files: MemFiles,
    journal: MemJournal,
    context: InitContext,
    /// What its journal is about, from the beginning of a run to its success.
    begun: Option<Task>,
}

impl Machine {
    fn new(name: &str) -> Self {
        let keys = Arc::new(FixedKeys::seeded(name));
        let (facts, host) = (Facts::default(), HostFacts::default());
        let context = init_context("c", CONFIG, &facts, host, keys).unwrap();
        let (files, clock) = (MemFiles::new(), ManualClock::new(now()));
        let flow = init_workflow().build().unwrap();
        let only = Selection::only(["certs", "kubeconfig"]);
        Runner::new(&flow, &files)
            .clock(&clock)
            .select(only)
            .run(&context)
            .unwrap();
        Self {
            files,
            journal: MemJournal::new(),
            context,
            begun: None,
        }
    }

    fn state(&self, name: &str, at: SystemTime) -> NodeState {
        let state = NodeState::control_plane(name);
        let mut state = state
            .certificates_of(&self.context, &self.files, at)
            .unwrap();
        state.unfinished = self
            .begun
            .clone()
            .map(|task| Unfinished { task, error: None });
        state
    }

    /// Makes the runs of a step, until a crash.
    fn make(&mut self, step: &Step, at: SystemTime, crash: &CrashPoint) -> Result<(), String> {
        self.begun = Some(step.task.clone());
        let renewal = Renewal {
            context: self.context.clone(),
            since: days(300),
        };
        let (files, clock) = (CrashFiles::new(&self.files, crash), ManualClock::new(at));
        let journal = CrashJournal::new(&self.journal, crash);
        for run in step.runs() {
            let flow = renew_workflow(false).build().unwrap();
            let runner = Runner::new(&flow, &files).select(Selection::only(run.phases));
            let runner = runner
                .clock(&clock)
                .journal(&journal, Digest::of(b"rotation"));
            runner
                .run(&renewal)
                .map_err(|failure| failure.to_string())?;
        }
        self.begun = None;
        Ok(())
    }

    fn serial(&self) -> Vec<u8> {
        let text = self
            .files
            .read("/etc/kubernetes/pki/apiserver.crt")
            .unwrap();
        Certificate::from_pem(&text).unwrap().serial().to_vec()
    }
}

#[test]
fn a_rotation_that_is_killed_goes_on_with_the_node_that_it_was_at() {
    let names = ["cp-1", "cp-2", "cp-3"];
    for kill_at in [3, 40, 90, 150] {
        let machines: BTreeMap<_, _> = names
            .map(|name| (name.to_owned(), Machine::new(name)))
            .into();
        let machines = RefCell::new(machines);
        let before: Vec<_> = machines.borrow().values().map(Machine::serial).collect();
        let look = |at: SystemTime| {
            let machines = machines.borrow();
            let nodes = machines
                .iter()
                .map(|(name, machine)| machine.state(name, at));
            Ok::<_, String>(Observed {
                nodes: nodes.collect(),
            })
        };
        let crash = CrashPoint::at(kill_at);
        let first = carry_out(
            &Desired::new(),
            || days(300),
            || look(days(300)),
            |step| {
                machines
                    .borrow_mut()
                    .get_mut(&step.node)
                    .unwrap()
                    .make(step, days(300), &crash)
            },
        );
        let Some(Halt::Failed {
            step: interrupted, ..
        }) = first.halt
        else {
            panic!("{kill_at}: {first:?}")
        };
        let between: Vec<_> = machines.borrow().values().map(Machine::serial).collect();
        let never = CrashPoint::never();
        let second = carry_out(
            &Desired::new(),
            || days(301),
            || look(days(301)),
            |step| {
                machines
                    .borrow_mut()
                    .get_mut(&step.node)
                    .unwrap()
                    .make(step, days(301), &never)
            },
        );
        assert_eq!(second.halt, None);
        assert_eq!(second.done[0].node, interrupted.node);
        assert_eq!(first.done.len() + second.done.len(), 3, "{kill_at}");
        let after: Vec<_> = machines.borrow().values().map(Machine::serial).collect();
        for ((before, between), after) in before.iter().zip(&between).zip(&after) {
            assert_ne!(before, after);
            assert!(
                between == before || between == after,
                "{kill_at}: renewed twice"
            );
        }
        assert!(
            plan(&look(days(301)).unwrap(), &Desired::new(), days(301))
                .unwrap()
                .is_empty()
        );
    }
}
