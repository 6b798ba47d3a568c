//! Suite `ssa-apiserver`: what an API server makes of the ownership of fields, step by step.
//!
//! Each write is judged alone: the live object is what the server answered before, and the answer says what must become of
//! `managedFields`, or which conflicts there are. What a server adds to an object by itself is completed from the answer, or
//! by the defaults of the kind; steps that depend on more than that are not counted.

use std::collections::BTreeMap;

use apply_semantics::{
    defaults::normalise,
    managed_fields::{self, Time},
    patch::{Patch, PatchType},
    path,
    request::{ApplyOptions, Engine, Kinds, OnFailure, RequestError, UpdateOptions, settle},
    structural::StructuralSchema,
    typed::EmptyContainers,
    types::builtin,
    updater::Filter,
};
use conformance_runner::Runner;
use serde_json::{Value, json};

use crate::{cases, difference};

const SUITE: &str = "ssa-apiserver/ownership";
const START: i64 = 1_767_225_600;
const MINUTE: i64 = 60;
/// What a server sets by itself.
const SERVER_METADATA: [&str; 7] = [
    "uid",
    "resourceVersion",
    "creationTimestamp",
    "deletionTimestamp",
    "generation",
    "namespace",
    "selfLink",
];
/// The subresources that are written with the object itself.
const OF_THE_OBJECT: [&str; 6] = [
    "",
    "approval",
    "ephemeralcontainers",
    "finalize",
    "resize",
    "status",
];
/// What a server decides by itself of some kinds.
const SERVER_FIELDS: &[(&str, &str)] = &[
    (
        "DaemonSet",
        "/metadata/annotations/deprecated.daemonset.template.generation",
    ),
    ("Namespace", "/spec/finalizers"),
    ("Pod", "/status/podIP"),
    ("Service", "/spec/allocateLoadBalancerNodePorts"),
    ("Service", "/spec/clusterIP"),
    ("Service", "/spec/clusterIPs"),
    ("Service", "/spec/externalTrafficPolicy"),
    ("Service", "/spec/healthCheckNodePort"),
    ("Service", "/spec/internalTrafficPolicy"),
    ("Service", "/spec/ipFamilies"),
    ("Service", "/spec/ipFamilyPolicy"),
    ("Service", "/spec/ports/0/nodePort"),
    ("Service", "/spec/ports/1/nodePort"),
];

pub(crate) fn run(runner: &mut Runner) {
    let crds = runner.cases().join("ssa-apiserver/crds.json");
    let crds: Value = serde_json::from_str(&std::fs::read_to_string(crds).unwrap()).unwrap();
    let mut kinds = Kinds::builtin();
    for crd in crds.as_array().unwrap() {
        kinds.insert_crd(crd).unwrap();
    }
    let schemas = schemas(&crds);
    let engine = Engine::new(kinds).empty_containers(EmptyContainers::Preserve);
    let mut skipped: BTreeMap<&str, usize> = BTreeMap::new();
    for (id, sequence) in cases(runner, "ssa-apiserver/sequences") {
        let mut replay = Replay::new(&engine, &schemas);
        for step in sequence["steps"].as_array().unwrap() {
            match replay.step(step) {
                Verdict::NotAWrite => {}
                Verdict::Skipped(why) => *skipped.entry(why).or_default() += 1,
                Verdict::Judged(result) => {
                    runner.case(SUITE, &format!("{id}#{}", step["n"]), || result);
                }
            }
        }
    }
    for (why, steps) in skipped {
        runner.not_counted(SUITE, steps, why);
    }
}

/// The schemas of all versions, by version and kind.
fn schemas(crds: &Value) -> BTreeMap<String, StructuralSchema> {
    let mut schemas = BTreeMap::new();
    for crd in crds.as_array().unwrap() {
        let [group, kind] = ["/spec/group", "/spec/names/kind"]
            .map(|place| crd.pointer(place).and_then(Value::as_str).unwrap());
        for (version, schema) in StructuralSchema::from_crd(crd).unwrap() {
            schemas.insert(format!("{group}/{version}/{kind}"), schema);
        }
    }
    schemas
}

enum Verdict {
    NotAWrite,
    Skipped(&'static str),
    Judged(Result<(), String>),
}

struct Replay<'a> {
    engine: &'a Engine,
    bodies: BTreeMap<u64, Value>,
    /// `None` where something has changed the object, and no answer says how.
    live: BTreeMap<String, Option<Value>>,
    schemas: &'a BTreeMap<String, StructuralSchema>,
    uids: Uids,
}

/// Where a request goes.
struct Target {
    api_version: String,
    collection: String,
    name: Option<String>,
    subresource: String,
}

impl Target {
    fn of(path: &str) -> Self {
        let mut parts: Vec<&str> = path.trim_matches('/').split('/').collect();
        let version = if parts[0] == "api" { 2 } else { 3 };
        let api_version = parts[1..version].join("/");
        let group = if version == 2 { "" } else { parts[1] };
        let mut rest = parts.split_off(version);
        let mut namespace = "";
        if rest[0] == "namespaces" && rest.len() > 2 && !["status", "finalize"].contains(&rest[2]) {
            namespace = rest[1];
            rest.drain(..2);
        }
        let text = |at: usize| rest.get(at).map(|part| (*part).to_owned());
        Self {
            api_version,
            collection: format!("{group}/{namespace}/{}", rest[0]),
            name: text(1),
            subresource: text(2).unwrap_or_default(),
        }
    }

    fn key(&self, body: &Value) -> String {
        let name = self.name.clone();
        let name = name.or_else(|| Some(body.pointer("/metadata/name")?.as_str()?.to_owned()));
        format!("{}/{}", self.collection, name.unwrap_or_default())
    }
}

impl<'a> Replay<'a> {
    fn new(engine: &'a Engine, schemas: &'a BTreeMap<String, StructuralSchema>) -> Self {
        Self {
            engine,
            bodies: BTreeMap::new(),
            live: BTreeMap::new(),
            schemas,
            uids: Uids::default(),
        }
    }

    fn step(&mut self, step: &Value) -> Verdict {
        let number = step["n"].as_u64().unwrap();
        self.uids
            .learn(&step["request"]["body"], &step["response"]["body"]);
        let uids = &self.uids;
        let (request, response) = (uids.bound(&step["request"]), &step["response"]);
        let body = match response["sameBodyAs"].as_u64() {
            Some(same) => self.bodies[&same].clone(),
            None => uids.bound(&response["body"]),
        };
        self.bodies.insert(number, body.clone());
        let target = Target::of(request["path"].as_str().unwrap());
        let code = response["code"].as_u64().unwrap();
        let method = request["method"].as_str().unwrap();
        let live = self.live.get(&target.key(&body)).cloned();
        let known = live.as_ref().is_none_or(Option::is_some);
        let exchange = Exchange {
            engine: self.engine,
            live: live.flatten(),
            schemas: self.schemas,
            target: &target,
            request: &request,
            code,
            answer: &body,
            time: Time::from_unix_seconds(START + (i64::try_from(number).unwrap() + 2) * MINUTE),
        };
        let verdict = match method {
            "GET" | "DELETE" => Verdict::NotAWrite,
            _ if !known => Verdict::Skipped("the live object is not known"),
            _ => exchange.judge(),
        };
        let dry_run = request["query"].get("dryRun").is_some();
        if code < 300 && !dry_run {
            self.store(method, &target, &body);
        }
        verdict
    }

    fn store(&mut self, method: &str, target: &Target, body: &Value) {
        let key = target.key(body);
        let is_object = body.get("kind").is_some_and(|kind| {
            let kind = kind.as_str().unwrap();
            kind != "Status"
                && kind != "Scale"
                && kind != "PartialObjectMetadata"
                && !kind.ends_with("List")
        });
        match (method, target.subresource.as_str()) {
            ("DELETE", _) if target.name.is_none() => {
                self.live
                    .retain(|other, _| !other.starts_with(&target.collection));
            }
            ("DELETE", "") => {
                let stays = body.pointer("/metadata/finalizers").is_some()
                    || body.pointer("/spec/finalizers").is_some()
                    || body
                        .pointer("/metadata/deletionGracePeriodSeconds")
                        .is_some_and(|n| n != 0);
                if is_object && stays {
                    self.live.insert(key, Some(body.clone()));
                } else {
                    self.live.remove(&key);
                }
            }
            (_, part) if OF_THE_OBJECT.contains(&part) && is_object => {
                self.live.insert(key, Some(body.clone()));
            }
            ("GET", _) => {}
            // It changes the object, and the answer does not say how.
            _ => drop(self.live.insert(key, None)),
        }
    }
}

/// A write, with what the server answered.
struct Exchange<'a> {
    engine: &'a Engine,
    live: Option<Value>,
    /// The schemas of custom resources, by version and kind.
    schemas: &'a BTreeMap<String, StructuralSchema>,
    target: &'a Target,
    request: &'a Value,
    code: u64,
    answer: &'a Value,
    time: Time,
}

impl Exchange<'_> {
    fn judge(self) -> Verdict {
        if !OF_THE_OBJECT.contains(&&*self.target.subresource) {
            return Verdict::Skipped("the subresource has an object of its own");
        }
        if self.answer["kind"] == "PartialObjectMetadata" {
            return Verdict::Skipped("the answer is not the object");
        }
        if self.needs_conversion() {
            return Verdict::Skipped("versions of the built-in kind have other fields");
        }
        if self.request.get("bodyText").is_some() {
            return Verdict::Skipped("the body is YAML");
        }
        let content_type = self.request["headers"]["Content-Type"]
            .as_str()
            .unwrap_or_default();
        let content_type = content_type.split(';').next().unwrap_or_default();
        match (self.request["method"].as_str().unwrap(), content_type) {
            ("PATCH", "application/apply-patch+yaml") => self.judge_apply(),
            (_, _) if self.code >= 300 => {
                Verdict::Skipped("refused by something else than the engine")
            }
            ("PATCH", content_type) => self.judge_patch(content_type),
            _ => {
                let mut new = self.request["body"].clone();
                for name in ["apiVersion", "kind"] {
                    new[name] = self.answer[name].clone();
                }
                self.judge_update(new)
            }
        }
    }

    /// Whether the object has to be converted between versions that differ in their fields.
    fn needs_conversion(&self) -> bool {
        let versions = self.live.iter().flat_map(|live| {
            let entries = managed_fields::of(live)
                .and_then(Value::as_array)
                .into_iter()
                .flatten();
            entries
                .chain([live])
                .filter_map(|part| part["apiVersion"].as_str())
        });
        let mut others = versions.filter(|version| *version != self.target.api_version);
        others.any(|version| version.starts_with("autoscaling/"))
    }

    fn query(&self, name: &str) -> &str {
        self.request["query"][name].as_str().unwrap_or_default()
    }

    fn judge_apply(self) -> Verdict {
        let message = self.answer["message"].as_str().unwrap_or_default();
        let ours = [
            "Apply failed",
            "failed to create typed patch",
            "failed to prune",
            "metadata.managedFields",
        ];
        let refused_by_us = ours.iter().any(|begin| message.starts_with(begin));
        if self.code >= 300 && !refused_by_us {
            return Verdict::Skipped("refused by something else than the engine");
        }
        let mut options = ApplyOptions::new(self.query("fieldManager"))
            .subresource(&*self.target.subresource)
            .version(&*self.target.api_version)
            .at(self.time);
        options = options.force(self.query("force") == "true");
        let config = self.request["body"].clone();
        let written = self.engine.apply(self.live.clone(), config, &options);
        Verdict::Judged(match written {
            Ok(_) if self.code >= 300 => Err(format!("applied, expected {message}")),
            Ok(written) => self.compare(written.into_object()),
            Err(RequestError::Conflicts(conflicts)) => {
                let mut status = conflicts.to_status();
                let mut wanted = self.answer.clone();
                sort_causes(&mut status);
                sort_causes(&mut wanted);
                difference(&status, &wanted).map_or(Ok(()), Err)
            }
            Err(error) if u64::from(error.code()) == self.code => Ok(()),
            Err(error) => Err(format!("{error}, expected {} {message}", self.code)),
        })
    }

    fn judge_patch(self, content_type: &str) -> Verdict {
        let Some(live) = self.live.clone() else {
            return Verdict::Skipped("the live object is not known");
        };
        let Some(kind) = PatchType::from_content_type(content_type) else {
            return Verdict::Skipped("refused by something else than the engine");
        };
        let patch = Patch::new(kind, self.request["body"].clone());
        let version = live["apiVersion"].as_str().unwrap().to_owned();
        let node = builtin().kind(&version, live["kind"].as_str().unwrap());
        match patch.apply(live, node) {
            Ok(new) => self.judge_update(new),
            Err(error) => Verdict::Judged(Err(format!("{error}"))),
        }
    }

    fn judge_update(self, mut new: Value) -> Verdict {
        let custom = self.answer["apiVersion"]
            .as_str()
            .unwrap()
            .starts_with("conf.example.com");
        if custom {
            let entries = managed_fields::take(&mut new);
            new = self.answer.clone();
            managed_fields::take(&mut new);
            if let Some(entries) = entries {
                new["metadata"]["managedFields"] = entries;
            }
        } else if normalise(&mut new).is_err() {
            return Verdict::Skipped("cannot be read");
        }
        let named = self.query("fieldManager");
        let agent = self.request["headers"]["User-Agent"]
            .as_str()
            .unwrap_or_default();
        let manager = if named.is_empty() {
            default_manager(agent)
        } else {
            named.to_owned()
        };
        let options = UpdateOptions::new(manager)
            .subresource(&*self.target.subresource)
            .version(&*self.target.api_version)
            .on_failure(OnFailure::Forget)
            .at(self.time);
        let written = self.engine.update(self.live.clone(), new, &options);
        Verdict::Judged(match written {
            Ok(written) => self.compare_entries(written.object()),
            Err(error) => Err(error.to_string()),
        })
    }

    /// Compares an applied object with the server's, as far as the engine decides it.
    fn compare(&self, mut object: Value) -> Result<(), String> {
        self.compare_entries(&object)?;
        if !["", "status"].contains(&&*self.target.subresource) {
            return Ok(());
        }
        self.complete(&mut object)?;
        let mut wanted = self.answer.clone();
        let kind = wanted["kind"].as_str().unwrap().to_owned();
        for object in [&mut object, &mut wanted] {
            managed_fields::take(object);
            for name in SERVER_METADATA {
                remove(object, &format!("/metadata/{name}"));
            }
            for (_, field) in SERVER_FIELDS.iter().filter(|(of, _)| *of == kind) {
                remove(object, field);
            }
            // Empty lists do not survive how objects are stored.
            if !self.is_custom() {
                without_empty(object);
            }
        }
        let (object, wanted) = match self.target.subresource.as_str() {
            "status" => (object["status"].take(), wanted["status"].take()),
            _ => (object, wanted),
        };
        if self.live.is_none() {
            return part(&object, &wanted).map_or(Ok(()), |path| Err(format!("{path} differs")));
        }
        difference(&object, &wanted).map_or(Ok(()), Err)
    }

    fn is_custom(&self) -> bool {
        self.target.api_version.starts_with("conf.example.com")
    }

    /// Does what the server does with an object after it was applied.
    fn complete(&self, object: &mut Value) -> Result<(), String> {
        let version = &self.target.api_version;
        let kind = object["kind"].as_str().unwrap().to_owned();
        // What requests to this endpoint say of some fields is ignored.
        for field in ignored(self.engine, version, &kind) {
            match self.answer.get(&field) {
                Some(value) => object[&field] = value.clone(),
                None => remove(object, &format!("/{field}")),
            }
        }
        if let Some(schema) = self.schemas.get(&format!("{version}/{kind}")) {
            schema.prune(object);
            schema.set_defaults(object);
            return Ok(());
        }
        normalise(object).map_err(|error| error.to_string())
    }

    /// Compares who owns what, as if the server had made of the object what it made of its own.
    fn compare_entries(&self, object: &Value) -> Result<(), String> {
        let mut completed = self.answer.clone();
        managed_fields::take(&mut completed);
        if let Some(entries) = managed_fields::of(object) {
            completed["metadata"]["managedFields"] = entries.clone();
        }
        if let Some(live) = &self.live {
            settle(live, &mut completed);
        }
        let entries = |object| managed_fields::of(object).cloned().unwrap_or_default();
        let (entries, wanted) = (entries(&completed), entries(self.answer));
        difference(&entries, &wanted)
            .map_or(Ok(()), |difference| Err(format!("entries {difference}")))
    }
}

/// The fields that an API server takes from nobody who writes the object itself.
fn ignored(engine: &Engine, version: &str, kind: &str) -> Vec<String> {
    let Some(Filter::Exclude(fields)) = engine.kinds().filter_of(version, kind, "") else {
        return Vec::new();
    };
    fields
        .paths()
        .map(|path| path::display(&path).trim_start_matches('.').to_owned())
        .collect()
}

fn remove(object: &mut Value, pointer: &str) {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    if let Some(parent) = object.pointer_mut(parent).and_then(Value::as_object_mut) {
        parent.remove(name);
    }
}

fn without_empty(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.values_mut().for_each(without_empty);
            map.retain(|_, value| {
                !value.is_null() && value.as_array().is_none_or(|items| !items.is_empty())
            });
        }
        Value::Array(items) => items.iter_mut().for_each(without_empty),
        _ => {}
    }
}

/// Where a value is not a part of another: what a server adds to a new object may be more.
fn part(value: &Value, whole: &Value) -> Option<String> {
    match (value, whole) {
        (Value::Object(map), Value::Object(whole)) => map.iter().find_map(|(name, value)| {
            let missing = Value::Null;
            let place = part(value, whole.get(name).unwrap_or(&missing))?;
            Some(format!("/{name}{place}"))
        }),
        (Value::Array(items), Value::Array(whole)) if whole.len() >= items.len() => {
            let mut pairs = items.iter().zip(whole).enumerate();
            pairs.find_map(|(index, (item, whole))| Some(format!("/{index}{}", part(item, whole)?)))
        }
        _ => difference(value, whole).map(|_| String::new()),
    }
}

fn sort_causes(status: &mut Value) {
    let causes = status
        .pointer_mut("/details/causes")
        .and_then(Value::as_array_mut);
    if let Some(causes) = causes {
        causes.sort_by_key(ToString::to_string);
    }
}

/// The manager of a request that names none.
fn default_manager(agent: &str) -> String {
    let name = agent.split('/').next().unwrap_or_default();
    // What is sent is ISO 8859-1, and read as UTF-8.
    let read = name
        .chars()
        .map(|char| if char.is_ascii() { char } else { '\u{fffd}' });
    read.filter(|char| !char.is_control()).take(128).collect()
}

/// UIDs that requests name by themselves, by the placeholder that stands for them in answers.
#[derive(Default)]
struct Uids(BTreeMap<String, String>);

impl Uids {
    fn learn(&mut self, sent: &Value, answered: &Value) {
        let owners = |object: &Value| -> Vec<String> {
            let owners = object
                .pointer("/metadata/ownerReferences")
                .and_then(Value::as_array);
            let uids = owners
                .into_iter()
                .flatten()
                .filter_map(|owner| owner["uid"].as_str());
            uids.map(str::to_owned).collect()
        };
        let new = owners(sent)
            .into_iter()
            .filter(|uid| !self.0.values().any(|known| known == uid));
        let numbers = owners(answered).into_iter().filter_map(|uid| {
            let number = uid.strip_prefix("<uid:")?.strip_suffix('>')?.to_owned();
            (!self.0.contains_key(&number)).then_some(number)
        });
        let learned: Vec<_> = numbers.zip(new).collect();
        self.0.extend(learned);
    }

    /// A recorded value with real values in the place of those that differ from run to run.
    fn bound(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => {
                let port = text
                    .strip_prefix("<port:")
                    .and_then(|rest| rest.strip_suffix('>'));
                match port {
                    Some(number) => json!(30_000 + number.parse::<u32>().unwrap()),
                    None => self.bound_text(text).into(),
                }
            }
            Value::Array(items) => items.iter().map(|item| self.bound(item)).collect(),
            Value::Object(map) => map
                .iter()
                .map(|(key, value)| (self.bound_text(key), self.bound(value)))
                .collect::<serde_json::Map<_, _>>()
                .into(),
            other => other.clone(),
        }
    }

    /// Times by their steps, and UIDs by their numbers.
    fn bound_text(&self, text: &str) -> String {
        let Some(at) = text.find("<time@").or_else(|| text.find("<uid:")) else {
            return text.to_owned();
        };
        let (before, rest) = text.split_at(at);
        let (inside, after) = rest.split_once('>').unwrap();
        let bound = match inside.strip_prefix("<uid:") {
            Some(number) => self
                .0
                .get(number)
                .cloned()
                .unwrap_or_else(|| format!("00000000-0000-4000-8000-{number:0>12}")),
            None => time_of(inside.strip_prefix("<time@").unwrap()).to_string(),
        };
        format!("{before}{bound}{}", self.bound_text(after))
    }
}

fn time_of(step: &str) -> Time {
    let (step, more) = step.split_once('+').unwrap_or((step, "0s"));
    let more: i64 = more.trim_end_matches('s').parse().unwrap();
    let step: i64 = step.parse().unwrap();
    Time::from_unix_seconds(START + (step + 2) * MINUTE + more)
}
