//! Cases of group `engine`: made-up trees through the runner, with [`Compat::Upstream`].

use std::{
    cell::OnceCell,
    sync::{Mutex, PoisonError},
};

use bootstrap_phases::{
    Applies, Compat, Cx, Flag, Flow, MemFiles, Node, PhaseError, Plan, Runner as PhaseRunner,
    Selection, Workflow,
    cli::{self, Invocation},
};
use conformance_runner::{Runner, first_difference};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::cases::Case;

pub(crate) fn replay(runner: &mut Runner, cases: &[Case]) {
    for case in cases {
        runner.case("engine", &case.id, || replay_case(case));
    }
}

fn replay_case(case: &Case) -> Result<(), String> {
    let inputs: Vec<Input> = serde_json::from_value(case.json("inputs.json")?)
        .map_err(|error| format!("inputs.json: {error}"))?;
    let outputs = case.json("expected/outputs.json")?;
    let outputs = outputs.as_array().ok_or("outputs.json: no list")?;
    if inputs.len() != outputs.len() {
        return Err("as many inputs as outputs expected".to_owned());
    }
    for (index, (input, expected)) in inputs.iter().zip(outputs).enumerate() {
        // A crash upstream is no answer to meet; ours must only not crash.
        let actual = answer(input);
        if expected.get("panic").is_some() {
            continue;
        }
        let errors = ["error", "secondError", "initDataError"];
        let expected = presence(expected, &errors);
        if let Some(difference) = first_difference(&presence(&actual, &errors), &expected) {
            return Err(format!("input {index}: {difference}"));
        }
    }
    Ok(())
}

/// Of errors only whether there is one counts.
fn presence(value: &Value, errors: &[&str]) -> Value {
    let mut value = value.clone();
    for error in errors {
        if let Some(text) = value.get_mut(*error) {
            *text = Value::Bool(!text.is_null());
        }
    }
    value
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Input {
    mode: String,
    #[serde(default)]
    phases: Vec<PhaseSpec>,
    #[serde(default)]
    filter: Vec<String>,
    #[serde(default)]
    skip: Vec<String>,
    #[serde(default)]
    args: Vec<String>,
    #[serde(default)]
    command_flags: Vec<String>,
    #[serde(default)]
    additional_flags: Vec<String>,
    #[serde(default)]
    help: bool,
    #[serde(default)]
    init_data_first: bool,
    #[serde(default)]
    data_error: Option<String>,
    #[serde(default)]
    skip_from_data: Vec<String>,
    #[serde(default)]
    run_twice: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct PhaseSpec {
    name: String,
    #[serde(default)]
    aliases: Vec<String>,
    #[serde(default)]
    run: Option<String>,
    #[serde(default)]
    run_if: Option<String>,
    #[serde(default)]
    hidden: bool,
    #[serde(default)]
    run_all_siblings: bool,
    #[serde(default)]
    dependencies: Vec<String>,
    #[serde(default)]
    inherit_flags: Vec<String>,
    #[serde(default)]
    local_flags: Vec<String>,
    #[serde(default)]
    phases: Vec<PhaseSpec>,
}

/// What the made-up phases run with: it hears of every call.
#[derive(Default)]
struct Calls(Mutex<Vec<String>>);

impl Calls {
    fn hear(&self, call: impl Into<String>) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(call.into());
    }

    fn heard(&self) -> Vec<String> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

fn node(spec: &PhaseSpec, parent: &str) -> Node<Calls> {
    let label = match parent {
        "" => spec.name.clone(),
        parent => format!("{parent}/{}", spec.name),
    };
    let mut node = Node::new(spec.name.as_str(), "")
        .dependencies(spec.dependencies.clone())
        .inherit_flags(spec.inherit_flags.clone())
        .local_flags(spec.local_flags.clone())
        .children(spec.phases.iter().map(|child| node(child, &label)));
    for alias in &spec.aliases {
        node = node.alias(alias.as_str());
    }
    if spec.hidden {
        node = node.hidden();
    }
    if spec.run_all_siblings {
        node = node.run_all_siblings();
    }
    if let Some(outcome) = spec.run.clone() {
        let label = label.clone();
        node = node.run(move |cx: &Cx<'_, Calls>| {
            cx.config.hear(format!("run {label}"));
            fail(&outcome).map(|()| Plan::up_to_date())
        });
    }
    if let Some(outcome) = spec.run_if.clone() {
        node = node.run_if(move |cx| {
            cx.config.hear(format!("runIf {label}"));
            fail(&outcome).map(|()| Applies::when(outcome == "true", "told so"))
        });
    }
    node
}

fn fail(outcome: &str) -> Result<(), PhaseError> {
    match outcome.strip_prefix("fail:") {
        Some(text) => Err(PhaseError::fatal("made-up", text)),
        None => Ok(()),
    }
}

fn flow(input: &Input) -> Flow<Calls> {
    let workflow = Workflow::new("flow")
        .flags(
            input
                .command_flags
                .iter()
                .map(|name| Flag::new(name.as_str())),
        )
        .phase_flags(
            input
                .additional_flags
                .iter()
                .map(|name| Flag::new(name.as_str())),
        )
        .phases(input.phases.iter().map(|spec| node(spec, "")));
    let workflow = match input.mode.as_str() {
        "cli" => workflow.description("The flow"),
        _ => workflow,
    };
    workflow.build_unchecked()
}

/// The configuration of the made-up command: made when first needed, and only once unless making it fails.
struct Data<'a> {
    input: &'a Input,
    calls: &'a Calls,
    made: OnceCell<()>,
}

impl Data<'_> {
    fn make(&self) -> Result<(), String> {
        if self.made.get().is_some() {
            return Ok(());
        }
        self.calls.hear("data");
        if let Some(error) = &self.input.data_error {
            return Err(error.clone());
        }
        self.made.get_or_init(|| ());
        Ok(())
    }
}

fn answer(input: &Input) -> Value {
    let flow = flow(input);
    let calls = Calls::default();
    let data = Data {
        input,
        calls: &calls,
        made: OnceCell::new(),
    };
    let mut answer = Map::new();
    let error = if input.mode == "cli" {
        answer_cli(input, &flow, &data)
    } else {
        if input.init_data_first
            && let Err(error) = data.make()
        {
            answer.insert("initDataError".to_owned(), json!(error));
        }
        let selection = Selection::only(input.filter.clone()).skip(input.skip.clone());
        run(&flow, &data, selection)
    };
    answer.insert("error".to_owned(), json!(error.err()));
    if input.run_twice {
        calls.hear("--");
        let error = run(&flow, &data, Selection::all());
        answer.insert("secondError".to_owned(), json!(error.err()));
    }
    if input.help {
        let help = cli::help(&flow);
        let help = match input.mode.as_str() {
            "cli" => help.as_str(),
            _ => help.trim_end_matches('\n'),
        };
        answer.insert("help".to_owned(), json!(help));
        if input.mode == "cli" {
            answer.insert("commands".to_owned(), commands(&flow));
        }
    }
    answer.insert("calls".to_owned(), json!(calls.heard()));
    Value::Object(answer)
}

fn answer_cli(input: &Input, flow: &Flow<Calls>, data: &Data<'_>) -> Result<(), String> {
    let call = match cli::parse(flow, &input.args).map_err(|error| error.to_string())? {
        Invocation::Run(call) => call,
        other => return Err(format!("unexpected: {other:?}")),
    };
    let call = if input.init_data_first {
        data.make()?;
        call.with_config_skip(input.skip_from_data.clone())
    } else {
        call
    };
    run(flow, data, call.selection)
}

/// The selection is checked before the data are made, and those before anything runs.
fn run(flow: &Flow<Calls>, data: &Data<'_>, selection: Selection) -> Result<(), String> {
    let selection = selection.compat(Compat::Upstream);
    flow.selected(&selection)
        .map_err(|error| error.to_string())?;
    data.make()?;
    let files = MemFiles::new();
    let runner = PhaseRunner::new(flow, &files).select(selection);
    runner
        .run(data.calls)
        .map(drop)
        .map_err(|failure| failure.to_string())
}

fn commands(flow: &Flow<Calls>) -> Value {
    cli::commands(flow)
        .into_iter()
        .map(|command| {
            let flags: Vec<_> = command.flags.into_iter().map(|flag| flag.name).collect();
            let value = json!({"aliases": command.aliases, "flags": flags});
            (command.words, value)
        })
        .collect::<Map<_, _>>()
        .into()
}
