//! Suites `semantic-diff`: what applying a manifest would change, and what a server refuses to change.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use apply_semantics::{
    fieldset::FieldSet,
    patch::json as json_patch,
    plan::{Decision, FieldChange, Plan, PlanOptions, Planner},
    typed::EmptyContainers,
};
use conformance_runner::{Runner, first_difference};
use serde_json::{Value, json};

use crate::cases;

const PAIRS: &str = "semantic-diff/pairs";
const UPDATES: &str = "semantic-diff/updates";
const DIGEST: &str = "semantic-diff/immutable";

pub(crate) fn run(runner: &mut Runner) {
    let planner = planner(runner);
    for (id, case) in cases(runner, PAIRS) {
        runner.case(PAIRS, &id, || pair(&planner, &bound(&case)));
    }
    let mut digest = BTreeMap::new();
    for (id, case) in cases(runner, UPDATES) {
        let case = bound(&case);
        let live = created(&planner, &case["object"]);
        let mut paths = Digest::default();
        for (index, edit) in case["edits"].as_array().unwrap().iter().enumerate() {
            let plan = live.clone().and_then(|live| update(&planner, &live, edit));
            paths.add(edit, plan.as_ref().ok());
            if edit["outcome"] != "invalid" {
                runner.case(UPDATES, &format!("{id}-{index:02}"), || judge(edit, &plan?));
            }
        }
        let kind = case["kind"].as_str().unwrap().to_owned();
        digest
            .entry(kind)
            .or_insert_with(Vec::new)
            .push(paths.finish(&case["object"]));
    }
    check_digest(runner, &digest);
}

/// A planner with the behaviour of the recorded server, 1.36.2.
fn planner(runner: &Runner) -> Planner {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance");
    let read = |cases: &Path| fs::read_to_string(cases.join("semantic-diff/crds.json"));
    let text = read(runner.cases()).or_else(|_| read(&own)).unwrap();
    let crds: Vec<Value> = serde_json::from_str(&text).unwrap();
    let planner = Planner::new().empty_containers(EmptyContainers::Preserve);
    crds.iter()
        .fold(planner, |planner, crd| planner.crd(crd).unwrap())
}

/// The case with values in the places of those that differ from run to run.
fn bound(value: &Value) -> Value {
    match value {
        Value::String(text) if text.starts_with("<port:") => 30_001.into(),
        Value::String(text) if text.starts_with("<time") => "2030-01-01T00:00:00Z".into(),
        Value::Array(items) => items.iter().map(bound).collect(),
        Value::Object(entries) => {
            let entries = entries
                .iter()
                .map(|(key, value)| (key.clone(), bound(value)));
            Value::Object(entries.collect())
        }
        other => other.clone(),
    }
}

fn pair(planner: &Planner, case: &Value) -> Result<(), String> {
    let options = PlanOptions::new("owner");
    let plan = planner.apply(Some(&case["live"]), &case["manifest"], &options);
    match case["code"].as_u64().unwrap() {
        200 => accepted(case, &plan),
        409 => conflicting(case, &plan),
        _ => expect(plan.decision == Decision::Refused, || {
            format!("not refused: {plan}")
        }),
    }
}

fn accepted(case: &Value, plan: &Plan) -> Result<(), String> {
    let wanted = if case["objectChanges"] == true {
        Decision::Update
    } else {
        Decision::NoOp
    };
    expect(plan.decision == wanted, || {
        format!("{plan}\nwanted {}", wanted.name())
    })?;
    same_changes(&plan.changes, &case["changes"])?;
    let (before, after) = (flat(&plan.owned_before), flat(&plan.owned));
    let paths =
        |paths: Vec<&Vec<String>>| -> Value { paths.into_iter().map(|path| json!(path)).collect() };
    same_set(
        "owned more",
        &paths(after.difference(&before).collect()),
        &case["ownedMore"],
    )?;
    same_set(
        "owned less",
        &paths(before.difference(&after).collect()),
        &case["ownedLess"],
    )
}

fn conflicting(case: &Value, plan: &Plan) -> Result<(), String> {
    expect(plan.decision == Decision::Conflict, || plan.to_string())?;
    let conflicts = plan.conflicts.as_ref().unwrap();
    same_set(
        "causes",
        &conflicts.to_status()["details"]["causes"],
        &case["status"]["details"]["causes"],
    )?;
    expect(case["status"]["message"] == conflicts.to_string(), || {
        conflicts.to_string()
    })?;
    same_changes(&plan.changes, &case["forced"]["changes"])
}

fn same_changes(changes: &[FieldChange], wanted: &Value) -> Result<(), String> {
    let written = changes.iter().map(|change| {
        let mut written = json!({"path": change.path, "op": change.op()});
        for (name, value) in [("from", &change.from), ("to", &change.to)] {
            if let Some(value) = value {
                written[name] = value.clone();
            }
        }
        written
    });
    same_set("changes", &written.collect(), wanted)
}

/// Compares lists whose order says nothing.
fn same_set(what: &str, actual: &Value, wanted: &Value) -> Result<(), String> {
    let sorted = |list: &Value| -> BTreeSet<String> {
        list.as_array()
            .into_iter()
            .flatten()
            .map(Value::to_string)
            .collect()
    };
    let (actual, wanted) = (sorted(actual), sorted(wanted));
    expect(actual == wanted, || {
        format!("{what}: {actual:?}\nwanted {wanted:?}")
    })
}

fn expect(holds: bool, why: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(why()) }
}

/// The members of a set, as their text has them: a member with others below it ends in a dot.
fn flat(set: &FieldSet) -> BTreeSet<Vec<String>> {
    fn walk(value: &Value, path: &mut Vec<String>, found: &mut BTreeSet<Vec<String>>) {
        let entries = value.as_object().unwrap();
        if entries.is_empty() {
            found.insert(path.clone());
        }
        for (name, entry) in entries {
            path.push(name.clone());
            walk(entry, path, found);
            path.pop();
        }
    }
    let mut found = BTreeSet::new();
    let value = set.to_value();
    if value.as_object().is_some_and(|entries| !entries.is_empty()) {
        walk(&value, &mut Vec::new(), &mut found);
    }
    found
}

/// The object as the recorded server created it, with what it allocated.
fn created(planner: &Planner, object: &Value) -> Result<Value, String> {
    let plan = planner.apply(None, object, &PlanOptions::new("creator"));
    let refused = plan.to_string();
    let mut live = plan.object.ok_or(refused)?;
    live["metadata"]["uid"] = "<uid:1>".into();
    let name = live["metadata"]["name"].clone();
    match live["kind"].as_str().unwrap() {
        "Job" => {
            let labels = json!({"batch.kubernetes.io/controller-uid": "<uid:1>", "batch.kubernetes.io/job-name": name,
                "controller-uid": "<uid:1>", "job-name": name});
            for (key, value) in labels.as_object().unwrap() {
                live["spec"]["template"]["metadata"]["labels"][key] = value.clone();
            }
            live["metadata"]["labels"] = live["spec"]["template"]["metadata"]["labels"].clone();
            live["spec"]["selector"] =
                json!({"matchLabels": {"batch.kubernetes.io/controller-uid": "<uid:1>"}});
        }
        "Service" => allocate(&mut live["spec"]),
        "CertificateSigningRequest" => {
            live["spec"]["username"] = "admin".into();
            live["spec"]["uid"] = "admin".into();
            live["spec"]["groups"] = json!(["system:masters", "system:authenticated"]);
        }
        "CustomResourceDefinition" => {
            live["status"]["conditions"] = json!([{"type": "Established", "status": "True"}]);
        }
        _ => {}
    }
    Ok(live)
}

fn allocate(spec: &mut Value) {
    if spec["type"] == "ExternalName" {
        return;
    }
    if spec["clusterIP"].is_null() {
        spec["clusterIP"] = "<ip:1>".into();
    }
    spec["clusterIPs"] = json!([spec["clusterIP"]]);
    spec["ipFamilies"] = json!(["IPv4"]);
    if spec["ipFamilyPolicy"].is_null() {
        spec["ipFamilyPolicy"] = "SingleStack".into();
    }
    if spec["type"] != "ClusterIP" {
        for port in spec["ports"].as_array_mut().unwrap() {
            if port["nodePort"].is_null() {
                port["nodePort"] = 30_001.into();
            }
        }
    }
    if spec["type"] == "LoadBalancer"
        && spec["externalTrafficPolicy"] == "Local"
        && spec["healthCheckNodePort"].is_null()
    {
        spec["healthCheckNodePort"] = 30_002.into();
    }
}

fn update(planner: &Planner, live: &Value, edit: &Value) -> Result<Plan, String> {
    let patch = if edit["op"] == "patch" {
        edit["value"].clone()
    } else {
        json!([edit])
    };
    let new = json_patch::apply(live.clone(), &patch)
        .map_err(|error| format!("the edit fails: {error}"))?;
    Ok(planner.update(live, &new))
}

fn judge(edit: &Value, plan: &Plan) -> Result<(), String> {
    let recreate = matches!(plan.decision, Decision::Recreate { .. });
    let wanted = edit["outcome"] == "immutable";
    expect(recreate == wanted, || {
        format!(
            "{} {} is {}: {plan}",
            edit["op"], edit["path"], edit["outcome"]
        )
    })
}

/// The fields that could not be changed, and of these those that could for some value.
#[derive(Default)]
struct Digest {
    immutable: BTreeSet<String>,
    accepted: BTreeSet<String>,
}

impl Digest {
    fn add(&mut self, edit: &Value, plan: Option<&Plan>) {
        let path = field(edit["path"].as_str().unwrap());
        let recreate = plan.is_some_and(|plan| matches!(plan.decision, Decision::Recreate { .. }));
        match edit["outcome"].as_str().unwrap() {
            "invalid" => {}
            _ if recreate => drop(self.immutable.insert(path)),
            "accepted" => drop(self.accepted.insert(path)),
            _ => {}
        }
    }

    fn finish(self, object: &Value) -> Value {
        let both: Vec<_> = self.immutable.intersection(&self.accepted).collect();
        json!({"object": object["metadata"]["name"], "immutable": self.immutable, "alsoAcceptedForSomeValue": both})
    }
}

/// The field of a JSON pointer: `/spec/ports/0/name` is `spec.ports[*].name`.
fn field(pointer: &str) -> String {
    let mut field = String::new();
    for part in pointer.split('/').skip(1) {
        if part == "-" || part.bytes().all(|byte| byte.is_ascii_digit()) {
            field.push_str("[*]");
            continue;
        }
        if !field.is_empty() {
            field.push('.');
        }
        field.push_str(&part.replace("~1", "/").replace("~0", "~"));
    }
    field
}

fn check_digest(runner: &mut Runner, digest: &BTreeMap<String, Vec<Value>>) {
    let file = runner.cases().join("semantic-diff/immutable.json");
    let Ok(text) = fs::read_to_string(file) else {
        return;
    };
    let recorded: BTreeMap<String, Value> = serde_json::from_str(&text).unwrap();
    for (kind, objects) in digest {
        let Some(wanted) = recorded.get(kind) else {
            continue;
        };
        runner.case(DIGEST, &format!("immutable-{kind}"), || {
            first_difference(&json!(objects), wanted).map_or(Ok(()), Err)
        });
    }
}
