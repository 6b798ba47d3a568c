//! MachineSets: which machines go, which are made, and what is written into them.

use machine_api::{
    Compat, Gates, conditions,
    core::v1beta2::{
        Cluster, ContractVersionedObjectReference, Machine, MachineDeployment, MachineSet,
        MachineSetDeletionOrder,
    },
    facts,
    machine_set::{
        delete_order::DeleteOrder,
        preflight::{Preflight, PreflightCheck},
        remediation,
        sync::{Observed, SyncAction},
    },
    propagation,
};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::{agree, conversion::prune, machine_texts::Texts};

pub(crate) type Outcome = Result<(), String>;

/// Replays a case, if it is of one of these suites; texts are counted apart.
pub(crate) fn run(case: &Value, texts: &mut Texts) -> Option<Outcome> {
    let (input, expect) = (&case["input"], &case["expect"]);
    Some(match case["suite"].as_str()? {
        "machineset-delete-order" => delete_order(input, expect),
        "machineset-sync" => sync(input, expect),
        "machineset-preflight" => preflight(input, expect, texts),
        "machineset-remediate" => remediate(input, expect, texts),
        "propagation-machineset" => propagated(machine_set(input), expect),
        "propagation-machine" => propagated(machine(input), expect),
        _ => return None,
    })
}

pub(crate) fn read<T: DeserializeOwned>(value: &Value) -> Result<T, String> {
    serde_json::from_value(value.clone()).map_err(|error| error.to_string())
}

pub(crate) fn optional<T: DeserializeOwned>(value: &Value) -> Result<Option<T>, String> {
    if value.is_null() {
        return Ok(None);
    }
    read(value).map(Some)
}

pub(crate) fn now(input: &Value) -> Result<componentconfig::core::Time, String> {
    let text = input["now"].as_str().unwrap_or("2026-06-01T00:00:00Z");
    text.parse().map_err(|_| format!("no time: {text}"))
}

pub(crate) fn names(machines: &[&Machine]) -> Vec<String> {
    let names = machines.iter().map(|machine| machine.metadata.name.clone());
    names.collect()
}

/// Cluster API's order is that of one mode; the other one only differs between machines of equal priority.
fn delete_order(input: &Value, expect: &Value) -> Outcome {
    let machines: Vec<Machine> = read(&input["machines"])?;
    let order: MachineSetDeletionOrder = read(&input["order"])?;
    let count = usize::try_from(input["count"].as_i64().unwrap_or_default()).unwrap_or_default();
    let fixed = DeleteOrder::new(&order, now(input)?).map_err(|error| error.to_string())?;
    let upstream = fixed.compat(Compat::Upstream);
    agree(
        &json!(names(&upstream.select(&machines, count))),
        &expect["selected"],
    )?;
    for machine in &machines {
        let name = &machine.metadata.name;
        let (ours, theirs) = (
            fixed.priority(machine),
            expect["priorities"][name].as_f64().ok_or("no priority")?,
        );
        if (ours - theirs).abs() > 1e-6 {
            return Err(format!("{name}: priority {ours}, expected {theirs}"));
        }
    }
    let all = fixed.select(&machines, usize::MAX);
    let priorities: Vec<f64> = all.iter().map(|machine| fixed.priority(machine)).collect();
    if !priorities.is_sorted_by(|a, b| a >= b) {
        return Err(format!("the better order is another one: {priorities:?}"));
    }
    Ok(())
}

fn sync(input: &Value, expect: &Value) -> Outcome {
    let set: MachineSet = read(&input["machineSet"])?;
    let machines: Vec<Machine> = read(&input["machines"])?;
    let target: Option<MachineSet> = optional(&input["target"])?;
    for compat in [Compat::Upstream, Compat::Fixed] {
        let plan = Observed::new(&set, &machines, now(input)?)
            .target(target.as_ref())
            .compat(compat)
            .plan()
            .map_err(|error| error.to_string())?;
        let mut answer = json!({"create": 0, "delete": 0, "move": 0});
        match &plan.action {
            SyncAction::Create { count } => answer["create"] = json!(count),
            SyncAction::Delete { count, delete, .. } => {
                answer["delete"] = json!(count);
                answer["deleted"] = json!(names(delete));
            }
            SyncAction::Move {
                count,
                target,
                moved,
                delete,
                ..
            } => {
                let mut moved = names(moved);
                moved.sort();
                answer["move"] = json!(count);
                answer["moveTarget"] = json!(target.metadata.name);
                answer["moved"] = json!(moved);
                answer["deleted"] = json!(names(delete));
            }
            SyncAction::MoveRefused {
                count,
                target,
                refusal,
            } => {
                answer["move"] = json!(count);
                answer["moveTarget"] = json!(target);
                answer["moveError"] = json!(refusal.to_string());
            }
            // A number below zero is what machines that do not count yet come to.
            SyncAction::Nothing if plan.surplus < 0 => {
                let key = "in-place-updates.internal.cluster.x-k8s.io/move-machines-to-machineset";
                match set.metadata.annotations.get(key) {
                    Some(target) if !target.is_empty() => {
                        answer["move"] = json!(plan.surplus);
                        answer["moveTarget"] = json!(target);
                        answer["moved"] = json!([]);
                    }
                    _ => answer["delete"] = json!(plan.surplus),
                }
                answer["deleted"] = json!([]);
            }
            SyncAction::Nothing | SyncAction::CreateDisabled { .. } => {}
        }
        let mut expect = expect.clone();
        // Machines that do not count yet are deleted by Cluster API only.
        if compat == Compat::Fixed && deletes_uncounted(&machines, &expect) {
            for side in [&mut answer, &mut expect] {
                side["deleted"] = json!(side["deleted"].as_array().map(Vec::len));
            }
        }
        agree(&answer, &expect)?;
        if plan.explain().is_empty() {
            return Err("nothing is explained".to_owned());
        }
    }
    Ok(())
}

/// What the checks look at besides MachineSet and Cluster.
struct Surroundings {
    cluster: Cluster,
    control_plane: Value,
    bootstrap_template: Value,
    checks: Vec<PreflightCheck>,
    gates: Gates,
}

impl Surroundings {
    fn new(input: &Value, set: &MachineSet) -> Result<Self, String> {
        let cluster: Cluster = read(&input["cluster"])?;
        let find = |reference: &ContractVersionedObjectReference| {
            let existing = input["existing"].as_array().into_iter().flatten();
            let mut found = existing.filter(|object| {
                object["kind"] == reference.kind.as_str()
                    && object["metadata"]["name"] == reference.name.as_str()
            });
            found.next().cloned().unwrap_or_default()
        };
        Ok(Self {
            control_plane: find(&cluster.spec.control_plane_ref),
            bootstrap_template: find(&set.spec.template.spec.bootstrap.config_ref),
            checks: read(&input["preflightChecks"])?,
            gates: crate::admission::gates(input)?,
            cluster,
        })
    }

    fn preflight<'a>(&'a self, set: &'a MachineSet) -> Preflight<'a> {
        let there = |object: &'a Value| Some(object).filter(|object| !object.is_null());
        Preflight::new(&self.cluster, set, there(&self.control_plane), &self.checks)
            .bootstrap_template(there(&self.bootstrap_template))
            .gates(self.gates)
    }
}

/// As many failures, of the same checks; texts are counted apart.
fn preflight(input: &Value, expect: &Value, texts: &mut Texts) -> Outcome {
    let set: MachineSet = read(&input["machineSet"])?;
    let surroundings = Surroundings::new(input, &set)?;
    for compat in [Compat::Upstream, Compat::Fixed] {
        let failures = match surroundings.preflight(&set).compat(compat).run() {
            Ok(failures) => failures,
            Err(error) if expect["error"].is_null() => return Err(error.to_string()),
            Err(_) => continue,
        };
        let expected = expect["messages"]
            .as_array()
            .ok_or("an error is expected")?;
        if failures.len() != expected.len() {
            return Err(format!("{failures:?}, expected {expected:?}"));
        }
        for (failure, expected) in failures.iter().zip(expected) {
            let expected = expected.as_str().unwrap_or_default();
            let check = format!("{:?}", failure.check().as_str());
            if !expected.contains(&check) {
                return Err(format!("{check}, expected {expected}"));
            }
            texts.count("machineset-preflight", Some(&failure.to_string()), expected);
        }
    }
    Ok(())
}

/// Machines deleted, and the condition of every machine that has one afterwards.
fn remediate(input: &Value, expect: &Value, texts: &mut Texts) -> Outcome {
    let set: MachineSet = read(&input["machineSet"])?;
    let mut machines: Vec<Machine> = read(&input["machines"])?;
    let deployment: Option<MachineDeployment> = optional(&input["machineDeployment"])?;
    let surroundings = Surroundings::new(input, &set)?;
    let observed = machines.clone();
    let plan = remediation::Observed {
        machine_set: &set,
        machine_deployment: deployment.as_ref(),
        machines: &observed,
        preflight: surroundings.preflight(&set),
    };
    let plan = plan.plan().map_err(|error| error.to_string())?;
    let now = now(input)?;
    for machine in &mut machines {
        let name = &machine.metadata.name;
        let conditions = &mut machine.status.conditions;
        if names(&plan.recovered).contains(name) {
            conditions::remove(conditions, "OwnerRemediated");
        }
        let verdict = plan
            .verdicts
            .iter()
            .find(|(one, _)| one.metadata.name == *name);
        if let Some((_, verdict)) = verdict {
            conditions::set(conditions, verdict.condition(), 0, now);
        }
    }
    let mut answer = json!({
        "deleted": names(&plan.delete),
        "requeueAfterSeconds": plan.requeue_after_seconds.unwrap_or(0),
        "ownerRemediated": {},
    });
    let mut expect = expect.clone();
    for side in [&mut answer, &mut expect] {
        if let Some(deleted) = side["deleted"].as_array_mut() {
            deleted.sort_by_key(Value::to_string);
        }
    }
    for machine in &machines {
        let conditions = &machine.status.conditions;
        let Some(condition) = conditions::find(conditions, "OwnerRemediated") else {
            continue;
        };
        let name = machine.metadata.name.as_str();
        answer["ownerRemediated"][name] =
            json!({"status": condition.status, "reason": condition.reason});
        let text = expect["ownerRemediated"][name].as_object_mut();
        if let Some(Value::String(text)) = text.and_then(|condition| condition.remove("message")) {
            texts.count("machineset-remediate", Some(&condition.message), &text);
        }
    }
    agree(&answer, &expect)
}

fn deletes_uncounted(machines: &[Machine], expect: &Value) -> bool {
    let deleted = expect["deleted"].as_array().into_iter().flatten();
    let mut deleted = deleted.filter_map(Value::as_str);
    deleted.any(|name| {
        let mut machines = machines.iter();
        machines.any(|one| one.metadata.name == name && facts::is_pending_acknowledge_move(one))
    })
}

fn propagated(answer: Result<Value, String>, expect: &Value) -> Outcome {
    let mut answer = match answer {
        Ok(object) => json!({ "object": object }),
        Err(error) => json!({ "error": error }),
    };
    if let Some(object) = answer["object"].as_object_mut() {
        without_kind(object);
    }
    let mut expect = expect.clone();
    prune(&mut answer);
    prune(&mut expect);
    agree(&answer, &expect)
}

/// Objects of the reference do not carry their kind.
fn without_kind(object: &mut Map<String, Value>) {
    object.remove("apiVersion");
    object.remove("kind");
}

fn random(input: &Value) -> impl FnMut(usize) -> String {
    let text = input["random"].as_str().unwrap_or("bbbbb").to_owned();
    move |_| text.clone()
}

fn machine_set(input: &Value) -> Result<Value, String> {
    let deployment: MachineDeployment = read(&input["machineDeployment"])?;
    let current: Option<MachineSet> = optional(&input["current"])?;
    let mut random = random(input);
    propagation::machine_set(&deployment, current.as_ref(), &mut random, now(input)?)
        .map(|set| json!(set))
        .map_err(|error| error.to_string())
}

fn machine(input: &Value) -> Result<Value, String> {
    let set: MachineSet = read(&input["machineSet"])?;
    let current: Option<Machine> = optional(&input["current"])?;
    let mut random = random(input);
    propagation::machine(&set, current.as_ref(), &mut random)
        .map(|machine| json!(machine))
        .map_err(|error| error.to_string())
}
