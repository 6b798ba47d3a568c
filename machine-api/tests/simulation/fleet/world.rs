//! One cluster of the simulation: its objects, what is true of its machines, and what must never be.

use std::collections::BTreeMap;

use componentconfig::core::Time;
use machine_api::{
    IntOrString,
    conditions::{self, has_status},
    controlplane::v1beta2::{KubeadmControlPlane, KubeadmControlPlaneRolloutStrategyType},
    core::v1beta2::{
        Cluster, Machine, MachineDeployment, MachineDeploymentRolloutStrategyType,
        MachineHealthCheck, MachineSet,
    },
    facts,
    kcp::{CLEANUP_HOOK, EtcdMember},
    labels,
    meta::{Condition, ConditionStatus},
};
use serde_json::json;

use apply_server::simulation::{Actor, Random, Stopped, Turn, Violation, World};

use super::{
    api::{Store, View},
    bug::Bug,
    control_plane, workers,
};

pub(crate) const OLD: &str = "v1.35.4";
pub(crate) const NEW: &str = "v1.36.0";
/// Rounds that a fleet gets to become as it should be, and how many more each step of its rollout may take: a machine goes and
/// another comes up, and each controller that has to see it may miss events and look at what was.
const PATIENCE: u64 = 1_000;
const STEP_PATIENCE: u64 = 50;
/// Machines stop to break after that many rounds, so that what broke can be repaired.
const TROUBLE: u64 = 120;

/// What a fleet is made of, and what is done to it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Options {
    /// How many workers it has.
    pub(crate) workers: i32,
    /// It has a control plane of three machines.
    pub(crate) control_plane: bool,
    /// Machines break, or never start.
    pub(crate) broken_machines: bool,
    pub(crate) bug: Option<Bug>,
}

/// What is true of a machine, whatever the API says.
#[derive(Clone, Debug)]
pub(crate) struct Truth {
    ready: u64,
    pub(crate) broken: bool,
    gone: Option<u64>,
    joined: bool,
}

/// One cluster with its machines.
pub(crate) struct Fleet {
    options: Options,
    pub(crate) bug: Option<Bug>,
    tick: u64,
    now: i64,
    version: &'static str,
    pub(crate) cluster: Cluster,
    pub(crate) check: MachineHealthCheck,
    pub(crate) deployments: Store<MachineDeployment>,
    pub(crate) kcps: Store<KubeadmControlPlane>,
    pub(crate) sets: Store<MachineSet>,
    pub(crate) machines: Store<Machine>,
    pub(crate) truths: BTreeMap<String, Truth>,
    pub(crate) members: Vec<EtcdMember>,
    pub(crate) views: Views,
    surge: i32,
    unavailable: i32,
    /// How many machines broke so far.
    broken: usize,
    /// What the control plane last said about itself.
    pub(crate) why: Vec<String>,
}

/// What the controller of MachineSets has seen of one of them.
pub(crate) type SetViews = (View<MachineSet>, View<Machine>, View<MachineDeployment>);

/// What each controller has seen.
pub(crate) struct Views {
    pub(crate) deployment: (View<MachineDeployment>, View<MachineSet>),
    pub(crate) sets: BTreeMap<String, SetViews>,
    pub(crate) check: View<Machine>,
    pub(crate) control_plane: (View<KubeadmControlPlane>, View<Machine>),
}

impl Fleet {
    pub(crate) fn new(seed: u64, options: Options) -> Self {
        let mut random = Random::new(seed);
        let surge = i32::try_from(random.below(30)).expect("few");
        let unavailable = i32::try_from(random.below(15)).expect("few");
        let unavailable = unavailable.max(i32::from(surge == 0));
        let control_plane_surge = i32::from(random.percent(50));
        let mut world = Self {
            options,
            bug: options.bug,
            tick: 0,
            now: 0,
            version: OLD,
            cluster: cluster(),
            check: check(),
            deployments: Store::new(),
            kcps: Store::new(),
            sets: Store::new(),
            machines: Store::new(),
            truths: BTreeMap::new(),
            members: Vec::new(),
            views: Views {
                deployment: (View::new(), View::new()),
                sets: BTreeMap::new(),
                check: View::new(),
                control_plane: (View::new(), View::new()),
            },
            surge,
            unavailable,
            broken: 0,
            why: Vec::new(),
        };
        world
            .deployments
            .create(deployment(options.workers, surge, unavailable));
        if options.control_plane {
            world.kcps.create(kcp(control_plane_surge));
        }
        world.set_version(OLD);
        world
    }

    pub(crate) fn now(&self) -> Time {
        Time::from_unix(self.now).expect("a time")
    }

    fn set_version(&mut self, version: &'static str) {
        self.version = version;
        for deployment in self
            .deployments
            .all()
            .map(|all| all.metadata.clone())
            .collect::<Vec<_>>()
        {
            self.deployments
                .change(&deployment.name, &deployment.uid, |all| {
                    version.clone_into(&mut all.spec.template.spec.version);
                    all.metadata.generation += 1;
                });
        }
        for kcp in self
            .kcps
            .all()
            .map(|all| all.metadata.clone())
            .collect::<Vec<_>>()
        {
            self.kcps.change(&kcp.name, &kcp.uid, |all| {
                version.clone_into(&mut all.spec.version);
            });
        }
    }

    /// The provider: machines come up, and go.
    fn provide(&mut self, turn: &mut Turn<'_>) {
        let (tick, now) = (self.tick, self.now());
        let trouble = self.options.broken_machines && tick < TROUBLE;
        let machines: Vec<Machine> = self.machines.all().cloned().collect();
        for machine in &machines {
            let name = &machine.metadata.name;
            let slow = turn.random().below(5);
            let never = trouble && turn.random().percent(3);
            let truth = self.truths.entry(name.clone()).or_insert(Truth {
                ready: tick + 1 + slow,
                broken: never,
                gone: None,
                joined: false,
            });
            if machine.metadata.is_deleting() {
                self.end(machine, slow, turn);
            } else if tick >= truth.ready && (truth.joined || !truth.broken) {
                truth.joined = true;
                let broken = truth.broken;
                if facts::is_control_plane(machine) && !broken {
                    self.join(name, turn);
                }
                self.report(machine, broken, now, turn);
            }
        }
        for member in &mut self.members {
            let truth = self.truths.get(&member.name);
            if truth.is_some_and(|truth| !truth.broken && truth.ready < tick) {
                member.is_learner = false;
            }
        }
    }

    /// A machine that is to go is drained, waits for its hook, and is gone some time later.
    fn end(&mut self, machine: &Machine, slow: u64, turn: &mut Turn<'_>) {
        let metadata = &machine.metadata;
        let tick = self.tick;
        if metadata.annotations.contains_key(CLEANUP_HOOK) {
            if !has_status(
                &machine.status.conditions,
                "Deleting",
                &ConditionStatus::True,
            ) {
                let waits = condition("Deleting", true, "WaitingForPreTerminateHook");
                let now = self.now();
                self.machines
                    .change(&metadata.name, &metadata.uid, |machine| {
                        conditions::set(&mut machine.status.conditions, waits, 1, now);
                    });
            }
            return;
        }
        let Some(truth) = self.truths.get_mut(&metadata.name) else {
            return;
        };
        let gone = *truth.gone.get_or_insert(tick + slow);
        if gone <= tick {
            turn.tell_of(format_args!("machine {} is gone", metadata.name));
            self.truths.remove(&metadata.name);
            self.machines.remove(&metadata.name);
        }
    }

    /// A control plane machine joins etcd: the first one votes, the others listen first, and only join where there is a quorum.
    fn join(&mut self, name: &str, turn: &mut Turn<'_>) {
        let known = self.members.iter().any(|member| member.name == name);
        if known || (!self.members.is_empty() && !self.has_quorum()) {
            return;
        }
        turn.tell_of(format_args!("machine {name} joins etcd"));
        self.members.push(EtcdMember {
            name: name.to_owned(),
            id: turn.random().number(),
            is_learner: !self.members.is_empty(),
        });
    }

    /// What the API says of a machine with a node.
    fn report(&mut self, machine: &Machine, broken: bool, now: Time, turn: &mut Turn<'_>) {
        let healthy = has_status(
            &machine.status.conditions,
            "NodeHealthy",
            &ConditionStatus::True,
        );
        if !machine.status.node_ref.name.is_empty() && healthy != broken {
            return;
        }
        let metadata = &machine.metadata;
        let state = if broken { "is broken" } else { "is up" };
        turn.tell_of(format_args!("machine {} {state}", metadata.name));
        self.machines
            .change(&metadata.name, &metadata.uid, |machine| {
                machine
                    .status
                    .node_ref
                    .name
                    .clone_from(&machine.metadata.name);
                for (kind, holds) in [
                    ("InfrastructureReady", true),
                    ("NodeHealthy", !broken),
                    ("Ready", !broken),
                    ("Available", !broken),
                ] {
                    let condition = condition(kind, holds, "Simulated");
                    conditions::set(&mut machine.status.conditions, condition, 1, now);
                }
            });
    }

    fn break_something(&mut self, turn: &mut Turn<'_>) {
        if self.tick >= TROUBLE || self.truths.is_empty() || !turn.random().percent(20) {
            return;
        }
        let place = turn.random().below(self.truths.len() as u64);
        let place = usize::try_from(place).expect("few");
        let name = self.truths.keys().nth(place).cloned().unwrap_or_default();
        let name = &name;
        let member = self.members.iter().any(|member| member.name == *name);
        self.set_broken(name, true);
        // What is asked is what the control plane does, not what nobody could survive.
        if member && !(self.has_quorum() && self.has_control_plane()) {
            self.set_broken(name, false);
        } else {
            turn.tell_of(format_args!("machine {name} breaks"));
            self.broken += 1;
        }
    }

    fn set_broken(&mut self, name: &str, broken: bool) {
        if let Some(truth) = self.truths.get_mut(name) {
            truth.broken = broken;
        }
    }

    pub(crate) fn is_healthy(&self, name: &str) -> bool {
        let truth = self.truths.get(name);
        truth.is_some_and(|truth| truth.joined && !truth.broken)
    }

    pub(crate) fn has_quorum(&self) -> bool {
        let voting = self.members.iter().filter(|member| !member.is_learner);
        let healthy = voting
            .clone()
            .filter(|member| self.is_healthy(&member.name));
        healthy.count() > voting.count() / 2
    }

    fn has_control_plane(&self) -> bool {
        self.members
            .iter()
            .any(|member| self.is_healthy(&member.name))
    }

    fn workers(&self) -> impl Iterator<Item = &Machine> {
        self.machines
            .all()
            .filter(|machine| !facts::is_control_plane(machine))
    }

    fn control_plane(&self) -> impl Iterator<Item = &Machine> {
        let machines = self.machines.all();
        machines.filter(|machine| facts::is_control_plane(machine))
    }

    /// How many workers there are, how many of them are available, and how many machines the control plane has.
    fn counts(&self) -> (usize, usize, usize) {
        let (mut workers, mut available, mut control_plane) = (0, 0, 0);
        for machine in self.machines.all() {
            if facts::is_control_plane(machine) {
                control_plane += 1;
                continue;
            }
            workers += 1;
            let healthy =
                !machine.metadata.is_deleting() && self.is_healthy(&machine.metadata.name);
            available += usize::from(healthy);
        }
        (workers, available, control_plane)
    }

    fn rolls(&self) -> bool {
        self.deployments
            .all()
            .any(|all| all.spec.template.spec.version == NEW)
    }

    fn violation(&self, rule: &str, detail: &str) -> Violation {
        Violation::new(rule, format!("{detail}; {}", self.summary()))
    }

    fn summary(&self) -> String {
        let sets = self.sets.all().map(|set| {
            let (spec, status) = (&set.spec, &set.status);
            format!(
                "{} {:?}/{:?}/{:?}",
                spec.template.spec.version,
                spec.replicas,
                status.replicas,
                status.available_replicas
            )
        });
        let control_plane = self.control_plane();
        let control_plane = control_plane.map(|machine| {
            let metadata = &machine.metadata;
            format!(
                "{} {} deleting {} healthy {}",
                metadata.name,
                machine.spec.version,
                metadata.is_deleting(),
                self.is_healthy(&metadata.name)
            )
        });
        let members = self
            .members
            .iter()
            .map(|member| format!("{} {}", member.name, member.is_learner));
        format!(
            "{} wanted, {} surge, {} unavailable; sets {:?}; control plane {:?}; members {:?}; {:?}",
            self.options.workers,
            self.surge,
            self.unavailable,
            sets.collect::<Vec<_>>(),
            control_plane.collect::<Vec<_>>(),
            members.collect::<Vec<_>>(),
            self.why,
        )
    }
}

/// Who acts, in this order.
const ACTORS: [&str; 4] = [
    "MachineDeployment controller",
    "MachineSet controller",
    "MachineHealthCheck controller",
    "KubeadmControlPlane controller",
];

impl World for Fleet {
    fn actors(&self) -> Vec<Actor> {
        let mut actors = vec![Actor::environment("provider")];
        actors.extend(ACTORS.map(Actor::controller));
        if self.options.broken_machines {
            actors.push(Actor::disturbance("trouble"));
        }
        actors
    }

    fn act(&mut self, actor: usize, turn: &mut Turn<'_>) -> Result<(), Stopped> {
        (self.tick, self.now) = (turn.round(), turn.now());
        match actor {
            0 => self.provide(turn),
            1 => workers::deployment(self, turn)?,
            2 => workers::sets(self, turn)?,
            3 => workers::health_check(self, turn)?,
            4 => control_plane::reconcile(self, turn)?,
            _ => self.break_something(turn),
        }
        Ok(())
    }

    fn forget(&mut self, actor: usize) {
        // The others forget whenever a turn of theirs ends early.
        if actor == 2 {
            self.views.sets.clear();
        }
    }

    fn check(&self) -> Result<(), Violation> {
        let Options { workers, .. } = self.options;
        let most = usize::try_from(workers + self.surge).expect("a count") + self.broken;
        let least = usize::try_from((workers - self.unavailable).max(0)).expect("a count");
        let (machines, available, controllers) = self.counts();
        if machines > most {
            let detail = format!("{machines} machines, {most} are allowed");
            return Err(self.violation("no more machines than maxSurge allows", &detail));
        }
        if self.rolls() && !self.options.broken_machines && available < least {
            let detail = format!("{available} machines are available, {least} have to be");
            return Err(self.violation("as many available as maxUnavailable asks", &detail));
        }
        let current = |version: &str| {
            let sets = self.sets.all();
            sets.filter(|set| set.spec.template.spec.version == version)
                .count()
        };
        if current(NEW) > 1 || current(OLD) > 1 {
            return Err(self.violation("one MachineSet for each template", "there are two"));
        }
        if controllers > 4 {
            let rule = "no more than four control plane machines";
            return Err(self.violation(rule, "there are more"));
        }
        if !self.members.is_empty() && !self.has_quorum() {
            return Err(self.violation("etcd has a quorum", "it has none"));
        }
        Ok(())
    }

    fn is_settled(&self) -> bool {
        let version = self.version;
        let replicas = usize::try_from(self.options.workers).expect("a count");
        let right = |machine: &Machine| {
            machine.spec.version == version
                && !machine.metadata.is_deleting()
                && self.is_healthy(&machine.metadata.name)
        };
        let right_members =
            |member: &EtcdMember| !member.is_learner && self.is_healthy(&member.name);
        let controllers = if self.options.control_plane { 3 } else { 0 };
        self.workers().count() == replicas
            && self.workers().all(right)
            && self.control_plane().count() == controllers
            && self.control_plane().all(right)
            && self.members.len() == controllers
            && self.members.iter().all(right_members)
            && self.sets.all().all(|set| {
                set.spec.template.spec.version == version || set.spec.replicas == Some(0)
            })
    }

    fn advance(&mut self) -> bool {
        let more = self.version == OLD;
        self.set_version(NEW);
        more
    }

    /// A rollout that may replace few machines at a time takes longer.
    fn patience(&self) -> u64 {
        let at_once = self.surge + self.unavailable;
        let steps = (self.options.workers / at_once.max(1)).unsigned_abs();
        PATIENCE + STEP_PATIENCE * u64::from(steps)
    }

    fn summary(&self) -> String {
        self.summary()
    }
}

pub(crate) fn condition(kind: &str, holds: bool, reason: &str) -> Condition {
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

fn deployment(replicas: i32, surge: i32, unavailable: i32) -> MachineDeployment {
    let mut deployment = MachineDeployment::default();
    "workers".clone_into(&mut deployment.metadata.name);
    let spec = &mut deployment.spec;
    spec.replicas = Some(replicas);
    "c".clone_into(&mut spec.cluster_name);
    let app = ("app".to_owned(), "workers".to_owned());
    spec.template.metadata.labels.extend([app.clone()]);
    spec.selector.match_labels.extend([app]);
    let strategy = &mut spec.rollout.strategy;
    strategy.r#type = MachineDeploymentRolloutStrategyType::RollingUpdate;
    strategy.rolling_update.max_surge = Some(IntOrString::Int(surge));
    strategy.rolling_update.max_unavailable = Some(IntOrString::Int(unavailable));
    spec.remediation.max_in_flight = Some(IntOrString::Int(3));
    deployment
}

fn kcp(surge: i32) -> KubeadmControlPlane {
    let mut kcp = KubeadmControlPlane::default();
    "cp".clone_into(&mut kcp.metadata.name);
    kcp.spec.replicas = Some(3);
    let strategy = &mut kcp.spec.rollout.strategy;
    strategy.r#type = KubeadmControlPlaneRolloutStrategyType::RollingUpdate;
    strategy.rolling_update.max_surge = Some(IntOrString::Int(surge));
    kcp
}

fn cluster() -> Cluster {
    let since = "2026-01-01T00:00:00Z";
    let json = json!({
        "metadata": {"name": "c"},
        "spec": {"controlPlaneEndpoint": {"host": "example.com", "port": 6443}},
        "status": {
            "initialization": {"infrastructureProvisioned": true},
            "failureDomains": [{"name": "a", "controlPlane": true}, {"name": "b", "controlPlane": true}],
            "conditions": [
                {"type": "ControlPlaneInitialized", "status": "True", "reason": "R", "message": "", "lastTransitionTime": since},
                {"type": "InfrastructureReady", "status": "True", "reason": "R", "message": "", "lastTransitionTime": since},
            ],
        },
    });
    serde_json::from_value(json).expect("a Cluster")
}

fn check() -> MachineHealthCheck {
    let json = json!({
        "metadata": {"name": "check"},
        "spec": {
            "clusterName": "c",
            "selector": {"matchLabels": {labels::CLUSTER_NAME: "c"}},
            "checks": {
                "nodeStartupTimeoutSeconds": 150,
                "unhealthyMachineConditions": [{"type": "NodeHealthy", "status": "False", "timeoutSeconds": 30}],
            },
        },
    });
    serde_json::from_value(json).expect("a MachineHealthCheck")
}
