//! Cases of kind `run`: command lines of kubeadm, one after the other, on one tree of files.

#![allow(
    clippy::indexing_slicing,
    reason = "JSON answers null where there is nothing"
)]

mod class;
mod commands;
mod dry;
mod files;
mod host;
mod joined;
pub(crate) mod live;

use std::{cell::RefCell, collections::BTreeMap, sync::Arc};

use bootstrap_phases::{
    CancelToken, Compat, Cx, EventKind, EventLog, Flow, ManualClock, MemFiles, PhaseError,
    PlanFailure, RunError, RunPlan, Runner as PhaseRunner,
    cli::{self, Invocation},
    kubeadm::{
        self, InitContext,
        api::{Api, PORT},
        commands::{self as queries, Format, Query, Surroundings},
        phases,
        pki::KeySource,
    },
};
use componentconfig::kubeadm::LoadOptions;
use conformance_runner::{Runner, first_difference};
use serde_json::{Value, json};

use crate::{cases::Case, certificates};
use files::Tree;
use host::Host;

pub(crate) fn replay(runner: &mut Runner, cases: &[Case]) {
    let flow = match kubeadm::init_workflow().build() {
        Ok(flow) => flow,
        Err(error) => {
            runner.case("init", "init-workflow", || Err(error.to_string()));
            return;
        }
    };
    let mut absent = Vec::new();
    for case in cases {
        let steps = steps(case);
        if let Some(what) = steps.iter().flatten().find_map(what_is_missing) {
            absent.push((case.id.as_str(), what));
            continue;
        }
        let verbatim = RefCell::new(None);
        runner.case(&case.group, &case.id, || {
            let outcome = replay_case(case, &flow, &steps.clone()?)?;
            *verbatim.borrow_mut() = Some(outcome);
            Ok(())
        });
        let has_files = case.folder().join("expected/files").exists();
        if let Some(differences) = verbatim.take().filter(|_| has_files) {
            let suite = format!("{} (verbatim)", case.group);
            runner.case(&suite, &case.id, || none(&differences));
        }
    }
    for (id, what) in absent {
        runner.not_counted(
            &format!("{}: {id}", cases[0].group),
            1,
            &format!("needs {what}"),
        );
    }
}

fn none(differences: &[String]) -> Result<(), String> {
    if differences.is_empty() {
        Ok(())
    } else {
        Err(differences.join("; "))
    }
}

fn steps(case: &Case) -> Result<Vec<Value>, String> {
    let about = componentconfig::yaml::read(&case.text("case.yaml")?).map_err(|e| e.to_string())?;
    about["steps"]
        .as_array()
        .cloned()
        .ok_or_else(|| "case.yaml has no steps".to_owned())
}

/// What a step needs that is not here.
fn what_is_missing(step: &Value) -> Option<String> {
    let words: Vec<&str> = words(&step["run"]);
    match words.as_slice() {
        []
        | [
            "init" | "join" | "certs" | "kubeconfig" | "token" | "reset",
            ..,
        ]
        | ["config", "images", "list", ..] => None,
        [first, rest @ ..] => {
            let named = rest.iter().take_while(|word| !word.starts_with('-'));
            let command: Vec<&str> = std::iter::once(*first).chain(named.copied()).collect();
            Some(format!("the command {}", command.join(" ")))
        }
    }
}

fn words(list: &Value) -> Vec<&str> {
    list.as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}

/// Replays the steps and compares everything; answers what differs on the stricter level.
fn replay_case(
    case: &Case,
    flow: &Flow<InitContext>,
    steps: &[Value],
) -> Result<Vec<String>, String> {
    let tree = Tree::laid_out(case)?;
    let clock = ManualClock::at(host::NOW);
    let keys = host::keys(&case.id);
    let expected = case.json("expected/steps.json")?;
    let mut expected = expected.as_array().into_iter().flatten();
    let mut problems = Vec::new();
    for (index, step) in steps.iter().enumerate() {
        if step["run"].is_null() {
            tree.edit(step)?;
            continue;
        }
        let mut line = words(&step["run"]);
        let expected = expected.next().ok_or("fewer recorded steps than steps")?;
        let recorded = |name: &str| match expected[name].as_str() {
            Some(name) => componentconfig::yaml::read(&case.text(&format!("expected/{name}"))?)
                .map_err(|error| error.to_string()),
            None => Ok(Value::Null),
        };
        let actions = recorded("actions")?;
        let call = Call {
            flow,
            files: &tree.files,
            clock: &clock,
            keys: keys.clone(),
            host: Host::of_step(step),
            api: (line.first() == Some(&"join")).then(|| joined::made_up(&actions, &keys)),
        };
        if step["stdin"]
            .as_str()
            .is_some_and(|answer| answer.trim() == "y")
        {
            line.push("--force");
        }
        let answer = call.answer(&line);
        let mut expected = expected.clone();
        if let Some(name) = expected["stdoutFile"].as_str() {
            let text = case.text(&format!("expected/{name}"))?;
            expected["stdoutJson"] = if text.starts_with("---") {
                documents(&text)?
            } else {
                componentconfig::yaml::read(&text).map_err(|error| error.to_string())?
            };
        }
        let expected = &expected;
        let mut differences: Vec<String> = compare_step(&answer, expected, &tree.files).collect();
        if let (Some(found), false) = (&answer.actions, actions.is_null()) {
            differences.extend(dry::action_differences(found, &actions, &tree.files));
        }
        differences.extend(dry::write_differences(
            &answer.written,
            &recorded("wouldWrite")?,
        ));
        let differences = differences.into_iter();
        problems.extend(differences.map(|text| format!("step {}: {text}", index + 1)));
    }
    problems.extend(tree.differences(&case.json("expected/tree.json")?));
    problems.extend(tree.file_differences(case)?);
    let certificates = optional(case, "expected/certificates.json");
    let keys = optional(case, "expected/keys.json");
    problems.extend(certificates::differences(
        &tree.files,
        host::now(),
        &certificates,
        &keys,
    ));
    none(&problems)?;
    tree.verbatim_differences(case)
}

/// The documents of a printed file, without empty fields.
fn documents(text: &str) -> Result<Value, String> {
    let read = |part: &str| componentconfig::yaml::read(part).map_err(|error| error.to_string());
    let parts = text.split("---\n").filter(|part| !part.trim().is_empty());
    let all: Vec<Value> = parts.map(read).collect::<Result<_, _>>()?;
    Ok(dry::pruned(&json!(all)))
}

fn optional(case: &Case, name: &str) -> Value {
    case.json(name).unwrap_or(Value::Null)
}

/// One command line on a host.
struct Call<'a> {
    flow: &'a Flow<InitContext>,
    files: &'a MemFiles,
    clock: &'a ManualClock,
    keys: Arc<dyn KeySource>,
    host: Host,
    /// The cluster's API; without one it does not answer.
    api: Option<Api>,
}

/// What a call came to, as far as it is compared.
#[derive(Default)]
struct Answer {
    entered: Option<Vec<String>>,
    failed: Option<String>,
    error: Option<Failure>,
    /// What was printed, where that is compared or easily could be.
    stdout: Value,
    /// What a dry run would send.
    actions: Option<Vec<Value>>,
    /// What a dry run would write, by path; texts only.
    written: BTreeMap<String, String>,
}

struct Failure {
    class: &'static str,
    phase: Option<String>,
    /// Field and kind of every error of validation.
    fields: Vec<Value>,
    text: String,
}

impl Failure {
    fn new(class: &'static str, text: &dyn std::fmt::Display) -> Self {
        Self {
            class,
            phase: None,
            fields: Vec::new(),
            text: text.to_string(),
        }
    }
}

impl From<Failure> for Answer {
    fn from(failure: Failure) -> Self {
        Self {
            error: Some(failure),
            ..Self::default()
        }
    }
}

impl Call<'_> {
    fn answer(&self, words: &[&str]) -> Answer {
        if queries::is_query(words) {
            return self.query(words);
        }
        if let ["reset", ..] = words {
            return self.reset(words);
        }
        if let ["join", ..] = words {
            return self.join_dry(words);
        }
        if let [
            group @ ("certs" | "kubeconfig" | "token"),
            command,
            rest @ ..,
        ] = words
        {
            return self.command(group, command, rest);
        }
        let call = match cli::parse(self.flow, words.get(1..).unwrap_or_default()) {
            Ok(Invocation::Run(call)) => call,
            Ok(_) => return Failure::new("other", &"asks for help").into(),
            Err(error) => return Failure::new("usage", &error).into(),
        };
        let early = self
            .flow
            .selected(&call.selection.clone().compat(Compat::Upstream));
        if let (true, Err(error)) = (call.single_phase, early) {
            return Failure::new(class::of_selection(&error), &error).into();
        }
        let mut context = match self.context(&call) {
            Ok(context) => context,
            Err(failure) => return failure.into(),
        };
        if call.flag("print-manifest").is_some() {
            return self.print_manifest(&call.selection.only, &context);
        }
        let mut call = call.with_config_skip(context.init.skip_phases.clone());
        if !call.single_phase {
            call.selection.skip = kubeadm::settle_addons(&mut context, call.selection.skip);
        }
        let selection = call.selection.compat(Compat::Upstream);
        let selected = match self.flow.selected(&selection) {
            Ok(selected) => selected,
            Err(error) => return Failure::new(class::of_selection(&error), &error).into(),
        };
        let events = EventLog::new();
        let api = context.api.clone().unwrap_or_else(dry::no_api);
        let runner = PhaseRunner::new(self.flow, self.files)
            .clock(self.clock)
            .events(&events)
            .select(selection.clone())
            .port(PORT, &api);
        if context.init.dry_run {
            let plan = runner.plan(&context);
            if let Ok(plan) = &plan
                && let Err(why) = dry::lay_out(plan, &context.pki_path(""), self.files)
            {
                return Failure::new("other", &why).into();
            }
            return of_plan(&selected, plan);
        }
        let outcome = runner.run(&context);
        let started: Vec<String> = events
            .events()
            .into_iter()
            .filter_map(|event| match event.kind {
                EventKind::PhaseStarted { path, .. } => Some(path),
                _ => None,
            })
            .collect();
        let failure = outcome.err().map(|failure| of_run(&failure.error));
        Answer {
            entered: Some(entered(&selected, &started)),
            failed: failure.as_ref().and_then(|failure| failure.phase.clone()),
            error: failure,
            ..Answer::default()
        }
    }

    /// `--print-manifest` of an add-on.
    fn print_manifest(&self, only: &[String], context: &InitContext) -> Answer {
        let cancel = CancelToken::new();
        let cx = Cx::new(context, self.files, self.clock, &cancel);
        let printed = match only {
            [path] if path.ends_with("coredns") => phases::coredns_manifests(&cx),
            _ => phases::kube_proxy_manifests(&cx),
        };
        match printed {
            Ok(printed) => Answer {
                entered: Some(only.to_vec()),
                stdout: dry::pruned(&json!(printed)),
                ..Answer::default()
            },
            Err(error) => of_phase(&error).into(),
        }
    }

    /// A command that only asks.
    fn query(&self, words: &[&str]) -> Answer {
        let call = match queries::parse(words) {
            Ok(call) => call,
            Err(error) => return Failure::new("usage", &error).into(),
        };
        let host = self.host.facts_of_phases();
        let (facts, keys) = (&self.host.facts, self.keys.clone());
        let mut here = Surroundings::new(self.files, self.clock, facts, &host, keys);
        here.api.clone_from(&self.api);
        here.machine = Some(Arc::new(host::bare()));
        here.compat = Compat::Upstream;
        let answer = match queries::answer(&call, &here) {
            Ok(answer) => answer,
            Err(error) => return class::of_command(&error).into(),
        };
        let stdout = match (call.query, call.format) {
            (Query::CertificateKey | Query::TokenGenerate, _) => {
                json!({"pattern": answer.text.trim().len()})
            }
            (_, Format::Text) => json!(answer.text.lines().collect::<Vec<_>>()),
            _ => answer.data,
        };
        Answer {
            stdout,
            ..Answer::default()
        }
    }

    /// What kubeadm does before its first phase.
    fn context(&self, call: &cli::Call) -> Result<InitContext, Failure> {
        let mut context = self.loaded(&call.flags)?;
        if let Some(folder) = call.flag("kubeconfig-dir") {
            folder.clone_into(&mut context.paths.kubeconfigs);
        }
        if context.init.dry_run {
            context.api = Some(dry::api(&context.init.node_registration.name));
        } else {
            context.api = Some(self.api.clone().unwrap_or_else(dry::no_api));
        }
        context.kubeconfig = call.flag("kubeconfig").map(str::to_owned);
        context.machine = Some(Arc::new(host::bare()));
        if call.flag("upload-certs").is_some() {
            context = context
                .upload_certificates()
                .map_err(|error| Failure::new("other", &error))?;
        }
        phases::check_external_authorities(&context, self.files, host::now())
            .map_err(|error| of_phase(&error))?;
        Ok(context)
    }

    fn loaded(&self, flags: &[(String, String)]) -> Result<InitContext, Failure> {
        let path = flags.iter().find(|(name, _)| name == "config");
        let text = path
            .map(|(_, path)| files::text(self.files, path))
            .transpose()
            .map_err(|error| Failure::new("missing-input", &error))?;
        let options = LoadOptions {
            compat: componentconfig::Compat::Upstream,
            ..LoadOptions::init()
        };
        let (text, facts) = (text.as_deref(), &self.host.facts);
        let loaded = kubeadm::flags::load_call_with(flags, "input.yaml", text, facts, options)
            .map_err(|report| class::of_report(&report))?;
        Ok(InitContext::loaded(loaded.config)
            .host(self.host.facts_of_phases())
            .keys(self.keys.clone())
            .compat(Compat::Upstream))
    }
}

/// The recordings name groups without an action too, if they were chosen and one of their phases was entered.
fn entered(selected: &[&str], started: &[String]) -> Vec<String> {
    let began = |path: &str| {
        let below = format!("{path}/");
        started
            .iter()
            .any(|started| started == path || started.starts_with(&below))
    };
    let paths = selected.iter().filter(|path| began(path));
    paths.map(|path| (*path).to_owned()).collect()
}

/// A run that came to its end entered everything that was chosen, but for entries that only stand for a group.
fn all_entered(selected: &[&str]) -> Vec<String> {
    let paths = selected.iter().filter(|path| !path.ends_with("/all"));
    paths.map(|path| (*path).to_owned()).collect()
}

fn of_plan(selected: &[&str], outcome: Result<RunPlan, Box<PlanFailure>>) -> Answer {
    let started = |plan: &RunPlan| -> Vec<String> {
        plan.phases.iter().map(|phase| phase.path.clone()).collect()
    };
    match outcome {
        Ok(plan) => match dry::actions(&plan) {
            Ok(actions) => Answer {
                entered: Some(all_entered(selected)),
                actions: Some(actions),
                written: dry::written(&plan),
                ..Answer::default()
            },
            Err(why) => Failure::new("other", &why).into(),
        },
        Err(failure) => {
            let mut paths: Vec<String> = started(&failure.plan);
            let error = of_run(&failure.error);
            paths.extend(error.phase.clone());
            Answer {
                entered: Some(entered(selected, &paths)),
                failed: error.phase.clone(),
                error: Some(error),
                written: dry::written(&failure.plan),
                ..Answer::default()
            }
        }
    }
}

fn of_run(error: &RunError) -> Failure {
    match error {
        RunError::Select(error) => Failure::new(class::of_selection(error), error),
        RunError::Phase { path, error } => Failure {
            phase: Some(path.clone()),
            ..of_phase(error)
        },
        other => Failure::new("other", other),
    }
}

fn of_phase(error: &PhaseError) -> Failure {
    Failure::new(class::of_phase(error), error)
}

fn compare_step(
    answer: &Answer,
    expected: &Value,
    files: &MemFiles,
) -> impl Iterator<Item = String> {
    let mut out: Vec<String> = Vec::new();
    let exit = u8::from(answer.error.is_some());
    let text = answer
        .error
        .as_ref()
        .map_or("no error", |error| &error.text);
    if (expected["exitCode"] != 0) != (exit != 0) {
        out.push(format!(
            "exit code {}, expected {}: {text}",
            exit, expected["exitCode"]
        ));
    }
    out.extend(stdout_differences(&answer.stdout, expected, files));
    let mut field = |name: &str, found: Value, expected: &Value| {
        if let Some(difference) = first_difference(&found, expected) {
            out.push(format!("{name}: {difference} ({text})"));
        }
    };
    field(
        "phasesEntered",
        json!(answer.entered),
        &expected["phasesEntered"],
    );
    field(
        "phaseFailed",
        json!(answer.failed),
        &expected["phaseFailed"],
    );
    if let (Some(error), false) = (&answer.error, expected["error"].is_null()) {
        let expected = &expected["error"];
        field("class", json!(error.class), &expected["class"]);
        if !expected["phase"].is_null() {
            field("phase", json!(error.phase), &expected["phase"]);
        }
        if let Some(fields) = expected["fields"].as_array() {
            field(
                "fields",
                json!(as_set(&error.fields)),
                &json!(as_set(fields)),
            );
        }
    }
    out.into_iter()
}

/// What was printed, where it is compared: data, data with times, a pattern of random characters, a kubeconfig, or lines.
fn stdout_differences(stdout: &Value, expected: &Value, files: &MemFiles) -> Vec<String> {
    let mut out = Vec::new();
    if let Some(length) = stdout["pattern"].as_u64() {
        let pattern = expected["stdoutPattern"].as_str().unwrap_or_default();
        let lengths = [("[0-9a-f]{64}", 64), (r"[a-z0-9]{6}\.[a-z0-9]{16}", 23)];
        if !lengths.contains(&(pattern, length)) {
            out.push(format!("{length} characters are not {pattern}"));
        }
    } else if stdout.is_object() && expected["certificates"].is_object() {
        out.extend(kubeconfig_differences(stdout, expected, files));
    } else if !stdout.is_null() {
        let [json, lines] = ["stdoutJson", "stdout"].map(|name| &expected[name]);
        let recorded = if json.is_null() { lines } else { json };
        dry::difference("stdout", recorded, stdout, files, &mut out);
    }
    out
}

/// A printed kubeconfig: its text, and the certificate and key in it.
fn kubeconfig_differences(found: &Value, expected: &Value, files: &MemFiles) -> Vec<String> {
    let mut out = Vec::new();
    let mut shown = found.clone();
    for (name, recorded) in expected["certificates"].as_object().into_iter().flatten() {
        let field = name.trim_start_matches("stdout#");
        let pem = dry::decoded(&found["users"][0]["user"][field]);
        match certificates::describe_certificate(files, host::now(), &pem) {
            Ok(mut described) => {
                // The recordings do not say who signed what was only printed.
                if let Some(fields) = described.as_object_mut() {
                    fields.remove("signedBy");
                }
                out.extend(certificates::compare(name, recorded, &described));
            }
            Err(why) => out.push(why),
        }
        shown["users"][0]["user"][field] = json!("{{CERTIFICATE}}");
    }
    for (name, recorded) in expected["keys"].as_object().into_iter().flatten() {
        let field = name.trim_start_matches("stdout#");
        match certificates::describe_key(&dry::decoded(&found["users"][0]["user"][field])) {
            Ok(described) => out.extend(certificates::compare(name, recorded, &described)),
            Err(why) => out.push(why),
        }
        shown["users"][0]["user"][field] = json!("{{KEY}}");
    }
    dry::difference("stdout", &expected["stdoutJson"], &shown, files, &mut out);
    out
}

fn as_set(fields: &[Value]) -> Vec<String> {
    let mut fields: Vec<String> = fields.iter().map(ToString::to_string).collect();
    fields.sort();
    fields.dedup();
    fields
}
