//! Rollouts of MachineDeployments: one plan, and scaling while paused.

use std::collections::BTreeMap;

use machine_api::{
    Compat, Gates,
    core::v1beta2::{Machine, MachineDeployment, MachineSet},
    names,
    rollout::{MovingMachine, PlannedSet, Rollout, scale},
};
use serde_json::{Value, json};

use crate::{
    agree, machine_set::Outcome, machine_texts::Texts, read_or_default as read,
    rollout_sequence::sequence,
};

/// Annotations that a case names.
const ANNOTATIONS: [&str; 8] = [
    "machinedeployment.clusters.x-k8s.io/revision",
    "machinedeployment.clusters.x-k8s.io/revision-history",
    "machinedeployment.clusters.x-k8s.io/desired-replicas",
    "machinedeployment.clusters.x-k8s.io/max-replicas",
    "cluster.x-k8s.io/disable-machine-create",
    "in-place-updates.internal.cluster.x-k8s.io/acknowledged-move",
    "in-place-updates.internal.cluster.x-k8s.io/move-machines-to-machineset",
    "in-place-updates.internal.cluster.x-k8s.io/receive-machines-from-machinesets",
];

pub(crate) fn gates(input: &Value) -> Result<Gates, String> {
    let mut gates = Gates::default();
    for (name, on) in read::<BTreeMap<String, bool>>(&input["gates"])? {
        if !gates.set(&name, on) {
            return Err(format!("no gate {name}"));
        }
    }
    Ok(gates)
}

/// Runs a case of the suites of this file; `None` if it is of another one.
pub(crate) fn run(case: &Value, texts: &mut Texts) -> Option<Outcome> {
    Some(match case["suite"].as_str()? {
        "rollout-plan" => run_plan(case, texts),
        "rollout-sequence" => run_sequence(case, texts),
        "rollout-scale" => [Compat::Upstream, Compat::Fixed]
            .into_iter()
            .try_for_each(|compat| agree(&scaled(&case["input"], compat)?, &case["expect"])),
        _ => return None,
    })
}

/// The plan is Cluster API's; the right one is another only where Cluster API forgets some machines.
fn run_plan(case: &Value, texts: &mut Texts) -> Outcome {
    let answer = |compat| plan(&case["input"], compat);
    let (upstream, fixed) = (answer(Compat::Upstream)?, answer(Compat::Fixed)?);
    for (place, text) in texts_of(&case["expect"]) {
        let ours = texts_of(&upstream).get(&place).cloned();
        texts.count("rollout-plan", ours.as_deref(), &text);
    }
    let expected = decided(&case["expect"]);
    agree(&decided(&upstream), &expected)?;
    if differs_rightly(&case["input"], &upstream, &fixed) {
        return Ok(());
    }
    agree(&decided(&fixed), &expected)
}

/// The rollout is Cluster API's; the right decisions come to rest whenever those do.
fn run_sequence(case: &Value, texts: &mut Texts) -> Outcome {
    let (input, expected) = (&case["input"], &case["expect"]);
    let upstream = sequence(input, Compat::Upstream)?;
    let notes = |answer: &Value| -> Vec<(String, String)> {
        let steps = answer["steps"].as_array().into_iter().flatten();
        steps
            .flat_map(|step| {
                let notes = step["notes"].as_object().into_iter().flatten();
                notes.map(|(set, notes)| (format!("{} {set}", step["round"]), notes.to_string()))
            })
            .collect()
    };
    let ours: BTreeMap<String, String> = notes(&upstream).into_iter().collect();
    for (place, text) in notes(expected) {
        texts.count(
            "rollout-sequence",
            ours.get(&place).map(String::as_str),
            &text,
        );
    }
    let without_notes = |answer: &Value| {
        let mut answer = answer.clone();
        for step in answer["steps"].as_array_mut().into_iter().flatten() {
            step["notes"] = Value::Null;
        }
        answer
    };
    agree(&without_notes(&upstream), &without_notes(expected))?;
    let fixed = sequence(input, Compat::Fixed)?;
    agree(&fixed["converged"], &expected["converged"])
}

fn plan(input: &Value, compat: Compat) -> Result<Value, String> {
    let deployment: MachineDeployment = read(&input["machineDeployment"])?;
    let sets: Vec<MachineSet> = read(&input["machineSets"])?;
    let machines: Vec<Machine> = read(&input["machines"])?;
    let answers: BTreeMap<String, bool> = read(&input["canUpdateInPlace"])?;
    let now = input["now"].as_str().unwrap_or("2026-06-01T00:00:00Z");
    let in_place = |set: &MachineSet, _: &MachineDeployment| {
        let answer = answers.get(&set.metadata.name);
        answer.copied().ok_or_else(|| "not asked".to_owned())
    };
    let moving = MovingMachine::all(&machines);
    let now = now.parse().map_err(|_| "no time")?;
    let mut rollout = Rollout::of(&deployment, &sets, now)
        .gates(gates(input)?)
        .compat(compat)
        .moving(&moving)
        .in_place(&in_place);
    if input["templatesExist"] == false {
        rollout = rollout.without_templates();
    }
    let plan = match rollout.plan(&mut |length| names::suffix(0, length)) {
        Ok(plan) => plan,
        Err(error) => return Ok(json!({"error": error.to_string()})),
    };
    let written: BTreeMap<String, MachineSet> = plan
        .machine_sets()
        .map_err(|error| error.to_string())?
        .into_iter()
        .map(|set| (set.metadata.name.clone(), set))
        .collect();
    let shown = |set: &PlannedSet<'_>| {
        let written = &written[set.name()];
        let annotations = written.metadata.annotations.iter();
        let annotations: BTreeMap<_, _> = annotations
            .filter(|(key, _)| ANNOTATIONS.contains(&key.as_str()))
            .collect();
        assert_eq!(written.spec.replicas, Some(set.replicas()));
        json!({"name": set.name(), "replicas": set.replicas(), "annotations": annotations})
    };
    let current = plan.current().ok_or("no current MachineSet")?;
    let mut old: Vec<&PlannedSet<'_>> = plan.old().iter().collect();
    old.sort_by_key(|set| set.name().to_owned());
    let notes: BTreeMap<&str, Vec<String>> = plan
        .sets()
        .filter(|set| !set.reasons().is_empty())
        .map(|set| {
            (
                set.name(),
                set.reasons().iter().map(ToString::to_string).collect(),
            )
        })
        .collect();
    let up_to_date: BTreeMap<&str, Value> = plan
        .sets()
        .filter(|set| set.observed().is_some())
        .map(|set| {
            let changes = set.changes();
            let messages: Vec<String> = changes
                .iter()
                .filter_map(machine_api::rollout::TemplateChange::message)
                .collect();
            let log: Vec<String> = changes.iter().map(ToString::to_string).collect();
            let eligible = set.in_place_allowed();
            (
                set.name(),
                json!({"messages": messages, "log": log, "eligibleForInPlaceUpdate": eligible}),
            )
        })
        .collect();
    let mut answer = json!({
        "new": shown(current),
        "newExists": current.observed().is_some(),
        "old": old.into_iter().map(shown).collect::<Vec<_>>(),
        "revision": plan.revision(),
        "notes": notes,
        "upToDate": up_to_date,
    });
    if let Some(reason) = plan.create_message() {
        answer["createReason"] = json!(reason);
    }
    if !plan.acknowledged().is_empty() {
        answer["acknowledged"] = json!(plan.acknowledged());
    }
    Ok(answer)
}

/// The answer without what is the second metric.
fn decided(answer: &Value) -> Value {
    let mut answer = answer.clone();
    if let Value::Object(fields) = &mut answer {
        fields.remove("notes");
        fields.remove("createReason");
    }
    if let Some(Value::Object(sets)) = answer.get_mut("upToDate") {
        for set in sets.values_mut() {
            set["log"] = Value::Null;
        }
    }
    answer
}

/// The texts of a plan, by their place.
fn texts_of(answer: &Value) -> BTreeMap<String, String> {
    let mut texts = BTreeMap::new();
    let mut add = |place: String, text: &Value| {
        if !text.is_null() {
            texts.insert(place, text.to_string());
        }
    };
    for (set, notes) in answer["notes"].as_object().into_iter().flatten() {
        add(format!("notes {set}"), notes);
    }
    for (set, verdict) in answer["upToDate"].as_object().into_iter().flatten() {
        add(format!("log {set}"), &verdict["log"]);
    }
    add("createReason".to_owned(), &answer["createReason"]);
    texts
}

/// Whether the right plan may be another one: Cluster API forgets machines that are missing already with `OnDelete`, and that
/// machines are about to go with `RollingUpdate`.
fn differs_rightly(input: &Value, upstream: &Value, fixed: &Value) -> bool {
    let replicas = |answer: &Value| -> Vec<i64> {
        let sets = answer["old"].as_array().into_iter().flatten();
        sets.filter_map(|set| set["replicas"].as_i64()).collect()
    };
    let (theirs, ours) = (replicas(upstream), replicas(fixed));
    let (all_theirs, all_ours): (i64, i64) = (theirs.iter().sum(), ours.iter().sum());
    if input["machineDeployment"]["spec"]["rollout"]["strategy"]["type"] == "OnDelete" {
        return all_ours < all_theirs;
    }
    let mut sets = input["machineSets"].as_array().into_iter().flatten();
    let leaving = sets.any(|set| {
        let there = set["status"]["replicas"].as_i64().unwrap_or_default();
        there > set["spec"]["replicas"].as_i64().unwrap_or_default()
    });
    leaving
        && all_ours > all_theirs
        && theirs
            .iter()
            .zip(&ours)
            .all(|(theirs, ours)| ours >= theirs)
}

fn scaled(input: &Value, compat: Compat) -> Result<Value, String> {
    let deployment: MachineDeployment = read(&input["machineDeployment"])?;
    let old: Vec<MachineSet> = read(&input["old"])?;
    let current: Option<MachineSet> = read(&input["new"])?;
    Ok(match scale(&deployment, current.as_ref(), &old, compat) {
        Ok(replicas) => json!({ "replicas": replicas }),
        Err(error) => json!({"error": error.to_string()}),
    })
}
