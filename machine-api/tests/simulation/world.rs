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

use crate::{
    api::{Faults, Random, Store, View},
    control_plane, workers,
};

pub(crate) const OLD: &str = "v1.35.4";
pub(crate) const NEW: &str = "v1.36.0";
const FIRST: i64 = 1_780_000_000;
/// Seconds of a tick.
const TICK: i64 = 10;
/// Ticks that a fleet gets to become as it should be, and how many more each step of its rollout may take: a machine goes and
/// another comes up, and each controller that has to see it may miss events and look at what was.
const PATIENCE: u64 = 1_000;
const STEP_PATIENCE: u64 = 50;

/// A mistake that is made on purpose in what one planner says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bug {
    /// The current MachineSet grows by one too many.
    RolloutGrows,
    /// An old MachineSet shrinks by one too many.
    RolloutShrinks,
    /// A MachineSet that is too large deletes one too many.
    SetDeletes,
    /// A MachineSet that is too small makes one too many.
    SetCreates,
    /// A health check finds a healthy machine unhealthy.
    HealthCheck,
    /// Remediation takes all machines that are unhealthy, however many are replaced already.
    Remediation,
    /// A control plane removes members whatever the harm.
    ControlPlane,
}

/// What goes wrong in a run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scenario {
    pub(crate) faults: Faults,
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

pub(crate) struct World {
    pub(crate) scenario: Scenario,
    pub(crate) random: Random,
    pub(crate) tick: u64,
    pub(crate) cluster: Cluster,
    pub(crate) check: MachineHealthCheck,
    pub(crate) deployments: Store<MachineDeployment>,
    pub(crate) kcps: Store<KubeadmControlPlane>,
    pub(crate) sets: Store<MachineSet>,
    pub(crate) machines: Store<Machine>,
    pub(crate) truths: BTreeMap<String, Truth>,
    pub(crate) members: Vec<EtcdMember>,
    pub(crate) views: Views,
    replicas: i32,
    surge: i32,
    unavailable: i32,
    /// How many machines broke so far.
    broken: usize,
    /// What the control plane last said about itself.
    pub(crate) why: Vec<String>,
    /// A violation that only shows while something happens.
    pub(crate) violation: Option<String>,
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

impl World {
    pub(crate) fn new(seed: u64, scenario: Scenario, replicas: i32) -> Self {
        let mut random = Random::new(seed);
        let surge = i32::try_from(random.below(30)).expect("few");
        let unavailable = i32::try_from(random.below(15)).expect("few");
        let unavailable = unavailable.max(i32::from(surge == 0));
        let control_plane_surge = i32::from(random.percent(50));
        let mut world = Self {
            scenario,
            random,
            tick: 0,
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
            replicas,
            surge,
            unavailable,
            broken: 0,
            why: Vec::new(),
            violation: None,
        };
        world
            .deployments
            .create(deployment(replicas, surge, unavailable));
        world.kcps.create(kcp(control_plane_surge));
        world
    }

    pub(crate) fn now(&self) -> Time {
        let seconds = FIRST + i64::try_from(self.tick).expect("few") * TICK;
        Time::from_unix(seconds).expect("a time")
    }

    /// Runs until all is as it should be, changes the version, and runs again.
    ///
    /// # Errors
    /// Something happened that must never be, or nothing more does.
    pub(crate) fn run(&mut self) -> Result<(), String> {
        for version in [OLD, NEW] {
            self.set_version(version);
            let start = self.tick;
            loop {
                self.step()?;
                if self.is_done(version) {
                    break;
                }
                if self.tick > start + self.patience() {
                    return Err(format!("nothing more happens: {}", self.summary()));
                }
            }
        }
        Ok(())
    }

    /// A rollout that may replace few machines at a time takes longer.
    fn patience(&self) -> u64 {
        let at_once = self.surge + self.unavailable;
        PATIENCE + STEP_PATIENCE * u64::from((self.replicas / at_once.max(1)).unsigned_abs())
    }

    fn set_version(&mut self, version: &str) {
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

    fn step(&mut self) -> Result<(), String> {
        self.tick += 1;
        self.provide();
        // Faults end after a while, so that what they broke can be repaired.
        if self.scenario.broken_machines && self.tick < 120 {
            self.break_something();
        }
        let first = self.random.below(4);
        for turn in 0..4 {
            if self.random.percent(self.scenario.faults.lost) {
                continue;
            }
            match (first + turn) % 4 {
                0 => workers::deployment(self),
                1 => workers::sets(self),
                2 => workers::health_check(self),
                _ => control_plane::reconcile(self),
            }
        }
        match self.violation.take().or_else(|| self.wrong()) {
            None => Ok(()),
            Some(wrong) => Err(format!("tick {}: {wrong}; {}", self.tick, self.summary())),
        }
    }

    /// The provider: machines come up, and go.
    fn provide(&mut self) {
        let (tick, now) = (self.tick, self.now());
        let machines: Vec<Machine> = self.machines.all().cloned().collect();
        for machine in &machines {
            let name = &machine.metadata.name;
            let slow = self.random.below(5);
            let never = self.scenario.broken_machines && tick < 120 && self.random.percent(3);
            let truth = self.truths.entry(name.clone()).or_insert(Truth {
                ready: tick + 1 + slow,
                broken: never,
                gone: None,
                joined: false,
            });
            if machine.metadata.is_deleting() {
                self.end(machine, slow);
            } else if tick >= truth.ready && (truth.joined || !truth.broken) {
                truth.joined = true;
                let broken = truth.broken;
                if facts::is_control_plane(machine) && !broken {
                    self.join(name);
                }
                self.report(machine, broken, now);
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
    fn end(&mut self, machine: &Machine, slow: u64) {
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
            self.truths.remove(&metadata.name);
            self.machines.remove(&metadata.name);
        }
    }

    /// A control plane machine joins etcd: the first one votes, the others listen first, and only join where there is a quorum.
    fn join(&mut self, name: &str) {
        let known = self.members.iter().any(|member| member.name == name);
        if known || (!self.members.is_empty() && !self.has_quorum()) {
            return;
        }
        self.members.push(EtcdMember {
            name: name.to_owned(),
            id: self.random.number(),
            is_learner: !self.members.is_empty(),
        });
    }

    /// What the API says of a machine with a node.
    fn report(&mut self, machine: &Machine, broken: bool, now: Time) {
        let healthy = has_status(
            &machine.status.conditions,
            "NodeHealthy",
            &ConditionStatus::True,
        );
        if !machine.status.node_ref.name.is_empty() && healthy != broken {
            return;
        }
        let metadata = &machine.metadata;
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

    fn break_something(&mut self) {
        if self.truths.is_empty() || !self.random.percent(20) {
            return;
        }
        let place = self.random.below(self.truths.len() as u64);
        let place = usize::try_from(place).expect("few");
        let name = self.truths.keys().nth(place).cloned().unwrap_or_default();
        let name = &name;
        let member = self.members.iter().any(|member| member.name == *name);
        self.set_broken(name, true);
        // What is asked is what the control plane does, not what nobody could survive.
        if member && !(self.has_quorum() && self.has_control_plane()) {
            self.set_broken(name, false);
        } else {
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

    fn available(&self) -> usize {
        let workers = self.workers();
        let available = workers.filter(|machine| {
            !machine.metadata.is_deleting() && self.is_healthy(&machine.metadata.name)
        });
        available.count()
    }

    fn rolls(&self) -> bool {
        self.deployments
            .all()
            .any(|all| all.spec.template.spec.version == NEW)
    }

    /// What must never be.
    fn wrong(&self) -> Option<String> {
        let most = usize::try_from(self.replicas + self.surge).expect("a count") + self.broken;
        let least = usize::try_from((self.replicas - self.unavailable).max(0)).expect("a count");
        let (machines, available) = (self.workers().count(), self.available());
        let current = |version: &str| {
            let sets = self.sets.all();
            sets.filter(|set| set.spec.template.spec.version == version)
                .count()
        };
        let control_plane = self.control_plane();
        if machines > most {
            return Some(format!("{machines} machines, {most} are allowed"));
        }
        if self.rolls() && !self.scenario.broken_machines && available < least {
            return Some(format!(
                "{available} machines are available, {least} have to be"
            ));
        }
        if current(NEW) > 1 || current(OLD) > 1 {
            return Some("two MachineSets of one template".to_owned());
        }
        if control_plane.count() > 4 {
            return Some("too many control plane machines".to_owned());
        }
        if !self.members.is_empty() && !self.has_quorum() {
            return Some("etcd has no quorum".to_owned());
        }
        None
    }

    fn is_done(&self, version: &str) -> bool {
        let replicas = usize::try_from(self.replicas).expect("a count");
        let right = |machine: &Machine| {
            machine.spec.version == version
                && !machine.metadata.is_deleting()
                && self.is_healthy(&machine.metadata.name)
        };
        let right_members =
            |member: &EtcdMember| !member.is_learner && self.is_healthy(&member.name);
        let control_plane = self.control_plane();
        self.workers().count() == replicas
            && self.workers().all(right)
            && control_plane.count() == 3
            && self.control_plane().all(right)
            && self.members.len() == 3
            && self.members.iter().all(right_members)
            && self.sets.all().all(|set| {
                set.spec.template.spec.version == version || set.spec.replicas == Some(0)
            })
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
            self.replicas,
            self.surge,
            self.unavailable,
            sets.collect::<Vec<_>>(),
            control_plane.collect::<Vec<_>>(),
            members.collect::<Vec<_>>(),
            self.why,
        )
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
