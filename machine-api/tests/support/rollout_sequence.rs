//! Whole rollouts: plans and what MachineSets make of them, round by round, in the simulator that the cases describe.

use std::collections::{BTreeMap, BTreeSet};

use componentconfig::core::Time;
use machine_api::{
    Compat, Gates, IntOrString,
    core::v1beta2::{
        Machine, MachineDeployment, MachineDeploymentRolloutStrategyType, MachineSet,
        MachineSetDeletionOrder,
    },
    labels,
    machine_set::sync::{Observed, SyncAction},
    meta::{Condition, ConditionStatus, OwnerReference},
    names,
    rollout::{MovingMachine, Rollout},
};
use serde_json::{Value, json};

use crate::{machine_set::now, rollout::gates};

/// The name of the MachineSet that a plan makes, before it gets its own.
const MADE: &str = "md-bbbbb";

/// A machine, and what only the simulator knows of it.
struct Simulated {
    machine: Machine,
    set: String,
    /// The round from which on it has a node.
    ready: i64,
    broken: bool,
    /// The round in which it goes.
    gone: Option<i64>,
    /// The round in which its update ends.
    updated: Option<i64>,
}

struct Simulation {
    deployment: MachineDeployment,
    sets: Vec<MachineSet>,
    machines: Vec<Simulated>,
    gates: Gates,
    compat: Compat,
    now: Time,
    in_place: bool,
    startup: i64,
    deletion: i64,
    update: i64,
    round: i64,
    /// How many machines there have ever been.
    made: usize,
}

pub(crate) fn sequence(input: &Value, compat: Compat) -> Result<Value, String> {
    let mut simulation = Simulation::new(input, compat)?;
    let events: Vec<&Value> = input["events"].as_array().into_iter().flatten().collect();
    let last = events
        .iter()
        .filter_map(|event| event["round"].as_i64())
        .max();
    let mut steps = Vec::new();
    let mut converged = false;
    for round in 0..number(input, "maxRounds") {
        simulation.round = round;
        for event in events.iter().filter(|event| event["round"] == round) {
            simulation.happens(event);
        }
        simulation.settle();
        let before = simulation.snapshot();
        steps.push(simulation.step()?);
        let quiet = simulation.snapshot() == before && last.is_none_or(|last| round > last);
        if quiet && simulation.is_still() {
            converged = true;
            break;
        }
    }
    let mut last: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for set in &simulation.sets {
        last.entry(&set.metadata.name).or_default();
    }
    for machine in &simulation.machines {
        last.entry(&machine.set).or_default().insert(machine.name());
    }
    Ok(json!({"converged": converged, "steps": steps, "final": last}))
}

fn number(value: &Value, field: &str) -> i64 {
    value[field].as_i64().unwrap_or_default()
}

fn small(value: &Value) -> Option<i32> {
    i32::try_from(value.as_i64()?).ok()
}

fn text(value: &Value, field: &str) -> String {
    value[field].as_str().unwrap_or_default().to_owned()
}

fn before(now: Time, seconds: i64) -> Option<Time> {
    Time::from_unix(now.unix() - seconds)
}

impl Simulated {
    fn name(&self) -> &str {
        &self.machine.metadata.name
    }

    fn has_mark(&self, mark: &str) -> bool {
        self.machine.metadata.annotations.contains_key(mark)
    }

    fn is_deleting(&self) -> bool {
        self.gone.is_some()
    }

    fn available(&self, round: i64) -> bool {
        round >= self.ready
            && !self.broken
            && !self.is_deleting()
            && !self.has_mark(labels::UPDATE_IN_PROGRESS)
    }
}

fn deployment(input: &Value) -> Result<MachineDeployment, String> {
    let mut deployment = MachineDeployment::default();
    "md".clone_into(&mut deployment.metadata.name);
    let spec = &mut deployment.spec;
    spec.replicas = small(&input["replicas"]);
    spec.template.spec.version = text(input, "template");
    let strategy = &mut spec.rollout.strategy;
    strategy.r#type = MachineDeploymentRolloutStrategyType::from(text(input, "strategy"));
    let bound = |field: &str| -> Result<Option<IntOrString>, String> {
        crate::machine_set::optional(&input[field])
    };
    strategy.rolling_update.max_surge = bound("maxSurge")?;
    strategy.rolling_update.max_unavailable = bound("maxUnavailable")?;
    spec.deletion.order = MachineSetDeletionOrder::from(text(input, "deletionOrder"));
    Ok(deployment)
}

impl Simulation {
    fn new(input: &Value, compat: Compat) -> Result<Self, String> {
        let now = now(input)?;
        let mut simulation = Self {
            deployment: deployment(input)?,
            sets: Vec::new(),
            machines: Vec::new(),
            gates: gates(input)?,
            compat,
            now,
            in_place: input["inPlace"] == true,
            startup: number(input, "startupRounds"),
            deletion: number(input, "deletionRounds"),
            update: number(input, "updateRounds"),
            round: 0,
            made: 0,
        };
        for given in input["machineSets"].as_array().into_iter().flatten() {
            let mut set = MachineSet::default();
            let name = text(given, "name");
            let metadata = &mut set.metadata;
            metadata.name.clone_from(&name);
            metadata.creation_timestamp = before(now, number(given, "ageSeconds"));
            let hash = labels::MACHINE_TEMPLATE_HASH.to_owned();
            metadata.labels.insert(hash, name.clone());
            let revision = text(given, "revision");
            if !revision.is_empty() {
                let annotations = &mut metadata.annotations;
                annotations.insert(labels::REVISION.to_owned(), revision);
            }
            set.spec.replicas = small(&given["replicas"]);
            set.spec.template.spec.version = text(given, "template");
            simulation.sets.push(set);
            for given in given["machines"].as_array().into_iter().flatten() {
                simulation.add_given(&name, given);
            }
        }
        Ok(simulation)
    }

    fn add_given(&mut self, set: &str, given: &Value) {
        let age = number(given, "ageSeconds");
        let mut machine = self.machine(text(given, "name"), set, before(self.now, age));
        if given["deleteAnnotation"] == true {
            let annotations = &mut machine.machine.metadata.annotations;
            annotations.insert(labels::DELETE_MACHINE.to_owned(), String::new());
        }
        machine.broken = given["unhealthy"] == true;
        self.machines.push(machine);
        self.made += 1;
    }

    fn create(&mut self, set: &str, actions: &mut Vec<String>) {
        self.made += 1;
        let name = format!("m{}", self.made);
        actions.push(format!("create {name} in {set}"));
        let mut machine = self.machine(name, set, before(self.now, -self.round));
        machine.ready = self.round + self.startup;
        self.machines.push(machine);
    }

    fn machine(&self, name: String, set: &str, created: Option<Time>) -> Simulated {
        let mut machine = Machine::default();
        machine.metadata.name = name;
        machine.metadata.creation_timestamp = created;
        Simulated {
            machine,
            set: set.to_owned(),
            ready: self.round,
            broken: false,
            gone: None,
            updated: None,
        }
    }

    fn happens(&mut self, event: &Value) {
        if let Some(replicas) = small(&event["setReplicas"]) {
            self.deployment.spec.replicas = Some(replicas);
        }
        if let Some(version) = event["setTemplate"].as_str() {
            let spec = &mut self.deployment.spec.template.spec;
            version.clone_into(&mut spec.version);
        }
        let gone = self.round + self.deletion;
        for machine in &mut self.machines {
            let named = |field: &str| event[field] == machine.machine.metadata.name;
            if named("break") {
                machine.broken = true;
            }
            if named("repair") {
                machine.broken = false;
            }
            if named("userDelete") && machine.gone.is_none() {
                machine.gone = Some(gone);
            }
        }
    }

    /// What ends in this round ends.
    fn settle(&mut self) {
        let round = self.round;
        self.machines
            .retain(|machine| machine.gone.is_none_or(|gone| gone > round));
        for machine in &mut self.machines {
            if machine.updated.is_some_and(|end| end <= round) {
                machine.updated = None;
                let annotations = &mut machine.machine.metadata.annotations;
                annotations.remove(labels::UPDATE_IN_PROGRESS);
            }
        }
        self.count();
    }

    /// Writes what only the simulator knows into the machines, and counts them.
    fn count(&mut self) {
        let (round, now) = (self.round, self.now);
        for simulated in &mut self.machines {
            let machine = &mut simulated.machine;
            machine.metadata.deletion_timestamp = simulated.gone.map(|_| now);
            machine.metadata.owner_references = vec![OwnerReference {
                api_version: "cluster.x-k8s.io/v1beta2".to_owned(),
                kind: "MachineSet".to_owned(),
                name: simulated.set.clone(),
                controller: Some(true),
                ..OwnerReference::default()
            }];
            if round >= simulated.ready {
                let name = machine.metadata.name.clone();
                machine.status.node_ref.name = name;
                machine.status.conditions = vec![Condition {
                    r#type: "NodeHealthy".to_owned(),
                    status: if simulated.broken {
                        ConditionStatus::False
                    } else {
                        ConditionStatus::True
                    },
                    ..Condition::default()
                }];
            }
        }
        let wanted = &self.deployment.spec.template.spec.version;
        for set in &mut self.sets {
            let own = || {
                self.machines
                    .iter()
                    .filter(|machine| machine.set == set.metadata.name)
            };
            let updated = |machine: &&Simulated| !machine.has_mark(labels::UPDATE_IN_PROGRESS);
            let available = |machine: &&Simulated| machine.available(round);
            let total = |count: usize| i32::try_from(count).ok();
            set.status.replicas = total(own().count());
            set.status.available_replicas = total(own().filter(available).count());
            set.status.up_to_date_replicas = if set.spec.template.spec.version == *wanted {
                total(own().filter(updated).count())
            } else {
                Some(0)
            };
        }
    }

    fn snapshot(&self) -> Vec<String> {
        let sets = self.sets.iter().map(|set| {
            format!(
                "{} {:?} {:?}",
                set.metadata.name, set.spec.replicas, set.status
            )
        });
        let machines = self.machines.iter().map(|machine| {
            let metadata = &machine.machine.metadata;
            let (set, deleting) = (&machine.set, machine.is_deleting());
            format!(
                "{} {set} {deleting} {:?}",
                metadata.name, metadata.annotations
            )
        });
        sets.chain(machines).collect()
    }

    fn is_still(&self) -> bool {
        self.machines.iter().all(|machine| {
            !machine.is_deleting()
                && machine.ready <= self.round
                && machine.updated.is_none()
                && !machine.has_mark(labels::UPDATE_IN_PROGRESS)
        })
    }

    fn step(&mut self) -> Result<Value, String> {
        let mut step = self.plan()?;
        let mut order: Vec<(Option<Time>, String)> = self
            .sets
            .iter()
            .map(|set| (set.metadata.creation_timestamp, set.metadata.name.clone()))
            .collect();
        order.sort();
        let mut actions = Vec::new();
        for (_, name) in order {
            self.start_updates(&name, &mut actions);
            self.sync(&name, &mut actions)?;
            self.count();
        }
        step["actions"] = json!(actions);
        let state: BTreeMap<&str, [Option<i32>; 3]> = self
            .sets
            .iter()
            .map(|set| {
                let status = &set.status;
                let counts = [
                    set.spec.replicas,
                    status.replicas,
                    status.available_replicas,
                ];
                (set.metadata.name.as_str(), counts)
            })
            .collect();
        step["state"] = json!(state);
        Ok(step)
    }

    fn plan(&mut self) -> Result<Value, String> {
        let machines: Vec<Machine> = self
            .machines
            .iter()
            .map(|machine| machine.machine.clone())
            .collect();
        let moving = MovingMachine::all(&machines);
        let in_place = self.in_place;
        let answer = move |_: &MachineSet, _: &MachineDeployment| Ok(in_place);
        let plan = Rollout::of(&self.deployment, &self.sets, self.now)
            .gates(self.gates)
            .compat(self.compat)
            .moving(&moving)
            .in_place(&answer)
            .plan(&mut |length| names::suffix(0, length))
            .map_err(|error| error.to_string())?;
        let name = format!("ms{}", self.sets.len() + 1);
        let renamed = |text: &str| text.replace(MADE, &name);
        let notes: BTreeMap<String, Vec<String>> = plan
            .sets()
            .filter(|set| !set.reasons().is_empty())
            .map(|set| {
                let notes = set
                    .reasons()
                    .iter()
                    .map(|reason| renamed(&reason.to_string()));
                (renamed(set.name()), notes.collect())
            })
            .collect();
        let replicas: BTreeMap<String, i32> = plan
            .sets()
            .map(|set| (renamed(set.name()), set.replicas()))
            .collect();
        let current = plan.current().ok_or("no current MachineSet")?;
        let mut step = json!({
            "round": self.round,
            "new": renamed(current.name()),
            "replicas": replicas,
        });
        if !notes.is_empty() {
            step["notes"] = json!(notes);
        }
        if current.observed().is_none() {
            step["created"] = json!(name);
        }
        let desired = plan.machine_sets().map_err(|error| error.to_string())?;
        let created = before(self.now, -self.round);
        for mut set in desired {
            set.metadata.name = renamed(&set.metadata.name);
            for value in set.metadata.annotations.values_mut() {
                *value = renamed(value);
            }
            let name = &set.metadata.name;
            let present = self
                .sets
                .iter_mut()
                .find(|present| present.metadata.name == *name);
            if let Some(present) = present {
                set.metadata.creation_timestamp = present.metadata.creation_timestamp;
                *present = set;
            } else {
                set.metadata.creation_timestamp = created;
                self.sets.push(set);
            }
        }
        self.count();
        Ok(step)
    }

    fn set(&self, name: &str) -> Result<&MachineSet, String> {
        let mut sets = self.sets.iter();
        let set = sets.find(|set| set.metadata.name == name);
        set.ok_or_else(|| format!("no MachineSet {name}"))
    }

    /// Machines that the MachineDeployment has counted, or need not count, are updated.
    fn start_updates(&mut self, name: &str, actions: &mut Vec<String>) {
        let Ok(set) = self.set(name) else {
            return;
        };
        let annotations = &set.metadata.annotations;
        let receives = annotations.contains_key(labels::RECEIVE_MACHINES_FROM_MACHINE_SETS);
        let known = annotations
            .get(labels::ACKNOWLEDGED_MOVE)
            .cloned()
            .unwrap_or_default();
        let end = self.round + self.update;
        let mut own: Vec<&mut Simulated> = self
            .machines
            .iter_mut()
            .filter(|machine| machine.set == name)
            .collect();
        own.sort_by_key(|machine| machine.name().to_owned());
        for machine in own {
            let counted = known.split(',').any(|known| known == machine.name());
            if machine.has_mark(labels::PENDING_ACKNOWLEDGE_MOVE) && (!receives || counted) {
                let annotations = &mut machine.machine.metadata.annotations;
                annotations.remove(labels::PENDING_ACKNOWLEDGE_MOVE);
                machine.updated = Some(end);
                actions.push(format!("start-update {}", machine.name()));
            }
        }
    }

    fn sync(&mut self, name: &str, actions: &mut Vec<String>) -> Result<(), String> {
        let set = self.set(name)?;
        let own = self.machines.iter().filter(|machine| machine.set == name);
        let own: Vec<Machine> = own.map(|machine| machine.machine.clone()).collect();
        let target = set
            .metadata
            .annotations
            .get(labels::MOVE_MACHINES_TO_MACHINE_SET);
        let target = target.map(|target| self.set(target)).transpose()?;
        let observed = Observed::new(set, &own, self.now)
            .target(target)
            .compat(self.compat);
        let plan = observed.plan().map_err(|error| error.to_string())?;
        let names = |machines: Vec<&Machine>| -> Vec<String> {
            machines
                .into_iter()
                .map(|machine| machine.metadata.name.clone())
                .collect()
        };
        match plan.action {
            SyncAction::Create { count } => {
                for _ in 0..count {
                    self.create(name, actions);
                }
            }
            SyncAction::Delete { delete, .. } => {
                for machine in names(delete) {
                    actions.push(format!("delete {machine} in {name}"));
                    let gone = self.round + 1 + self.deletion;
                    self.find(&machine)?.gone = Some(gone);
                }
            }
            SyncAction::Move { target, moved, .. } => {
                let target = target.metadata.name.clone();
                for machine in names(moved) {
                    actions.push(format!("move {machine} to {target}"));
                    let simulated = self.find(&machine)?;
                    simulated.set.clone_from(&target);
                    for mark in [labels::UPDATE_IN_PROGRESS, labels::PENDING_ACKNOWLEDGE_MOVE] {
                        let annotations = &mut simulated.machine.metadata.annotations;
                        annotations.insert(mark.to_owned(), String::new());
                    }
                }
            }
            SyncAction::Nothing
            | SyncAction::CreateDisabled { .. }
            | SyncAction::MoveRefused { .. } => {}
        }
        Ok(())
    }

    fn find(&mut self, name: &str) -> Result<&mut Simulated, String> {
        let mut machines = self.machines.iter_mut();
        let machine = machines.find(|machine| machine.name() == name);
        machine.ok_or_else(|| format!("no machine {name}"))
    }
}
