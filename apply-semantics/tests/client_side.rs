//! What the recorded commands do not show of `client_side`.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::format_push_string,
    clippy::needless_pass_by_value,
    clippy::unnecessary_wraps,
    reason = "tests"
)]

use apply_semantics::{
    client_side::{
        Action, Answer, ApplySet, ApplySetFault, Command, DryRun, Failure, KINDS_ANNOTATION, Kinds,
        LabelPruning, Namespace, Options, PART_OF_LABEL, Pruning, Request, Run, RunOptions,
        RunReport, Step, TOOLING_ANNOTATION, Warning, annotated, plan,
    },
    op::{Effect, ObjectList, Outcome, Reason, Refusal, ResourceRef},
};
use serde_json::{Value, json};

fn config_map(name: &str, color: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "a"}, "data": {"color": color}})
}

fn found(object: Value) -> Answer {
    Ok(Outcome::object(object, Effect::Unknown))
}

fn refused(reason: Reason) -> Answer {
    Err(Refusal::new(reason, "no"))
}

fn list(items: Vec<Value>) -> Answer {
    Ok(Outcome::List(ObjectList {
        items,
        ..ObjectList::default()
    }))
}

fn gone() -> Answer {
    Ok(Outcome::Deleted { object: None })
}

fn namespace() -> Namespace {
    Namespace::default_to("a")
}

fn line(request: &Request) -> String {
    let sent = request.sent();
    let query = sent.query.get("force").map_or("", String::as_str);
    format!(
        "{} {} {query}",
        sent.method,
        sent.path.rsplit('/').next().unwrap()
    )
    .trim_end()
    .to_owned()
}

/// Plays a run with these answers, and says what it sent.
fn play(run: &mut Run, answers: Vec<Answer>) -> (Vec<String>, RunReport) {
    let mut sent = Vec::new();
    let mut answers = answers.into_iter();
    let mut step = run.step();
    loop {
        step = match step {
            Step::Send(request) => {
                sent.push(line(&request));
                run.answer(
                    answers
                        .next()
                        .unwrap_or_else(|| panic!("no answer to {request:?}")),
                )
            }
            Step::Done(report) => {
                assert_eq!(answers.count(), 0, "answers are left");
                return (sent, *report);
            }
            Step::Failed(failure) => panic!("{failure}"),
        }
    }
}

fn run(documents: Vec<Value>, command: Command, options: RunOptions) -> Run {
    Run::new(
        documents,
        &Kinds::builtin(),
        &namespace(),
        &command,
        options,
    )
    .unwrap()
}

#[test]
fn with_force_the_old_object_comes_back_if_the_new_one_cannot_be_made() {
    let live = annotated(&config_map("m", "red"));
    let mut run = run(
        vec![config_map("m", "green")],
        Command::Apply(Options::new().force()),
        RunOptions::default(),
    );
    let answers = vec![
        found(live.clone()),
        refused(Reason::Invalid),
        gone(),
        found(live.clone()),
        refused(Reason::NotFound),
        refused(Reason::Forbidden),
        found(live),
    ];
    let (sent, report) = play(&mut run, answers);
    assert_eq!(
        sent,
        [
            "GET m",
            "PATCH m",
            "DELETE m",
            "GET m",
            "GET m",
            "POST configmaps",
            "POST configmaps"
        ]
    );
    let Err(Failure::Refused { refusal, .. }) = &report.objects[0].1 else {
        panic!("{report:?}")
    };
    assert_eq!(refusal.reason, Reason::Forbidden);
}

#[test]
fn pauses_are_for_what_was_there_a_moment_ago() {
    let live = annotated(&config_map("m", "red"));
    let options = Options::new();
    let manifest = config_map("m", "green");
    let mut plan = plan(
        Some(&live),
        manifest,
        &Kinds::builtin(),
        &namespace(),
        &options,
    )
    .unwrap();
    let pause = |step: Step<_>| match step {
        Step::Send(request) => request.delay().as_secs(),
        other => panic!("{other:?}"),
    };
    assert_eq!(pause(plan.step()), 0);
    assert_eq!(pause(plan.answer(refused(Reason::Conflict))), 0);
    assert_eq!(pause(plan.answer(found(live))), 0);
    assert_eq!(pause(plan.answer(refused(Reason::Conflict))), 1);
}

#[test]
fn a_failed_hand_over_is_a_warning() {
    let mut live = annotated(&config_map("m", "red"));
    live["metadata"]["resourceVersion"] = "7".into();
    live["metadata"]["managedFields"] = json!([{
        "manager": "kubectl-client-side-apply", "operation": "Update", "apiVersion": "v1",
        "fieldsV1": {"f:metadata": {"f:annotations": {"f:kubectl.kubernetes.io/last-applied-configuration": {}}}},
    }]);
    let apply = Command::Apply(Options::new().server_side());
    let manifest = || vec![config_map("m", "red")];

    let (sent, report) = play(
        &mut run(manifest(), apply.clone(), RunOptions::default()),
        vec![found(live.clone()), refused(Reason::Forbidden)],
    );
    assert_eq!(sent, ["PATCH m false", "PATCH m"]);
    let report = report.objects[0].1.as_ref().unwrap();
    assert!(matches!(
        report.warnings(),
        [Warning::AnnotationNotSaved(_)]
    ));

    let conflicts = [found(live.clone()), found(live.clone())]
        .into_iter()
        .chain(
            [refused(Reason::Conflict), found(live.clone())]
                .into_iter()
                .cycle()
                .take(9),
        );
    let (sent, report) = play(
        &mut run(manifest(), apply, RunOptions::default()),
        conflicts.collect(),
    );
    assert_eq!(sent.iter().filter(|line| *line == "GET m").count(), 4);
    let report = report.objects[0].1.as_ref().unwrap();
    assert!(matches!(report.warnings(), [Warning::NotMigrated(_)]));
}

#[test]
fn nothing_is_pruned_after_a_failure() {
    let pruning = Some(Pruning::Labels(LabelPruning {
        selector: None,
        allowlist: vec!["core/v1/ConfigMap".to_owned()],
    }));
    let options = || RunOptions {
        pruning: pruning.clone(),
        ..RunOptions::default()
    };
    let apply = || Command::Apply(Options::new());
    let documents = vec![config_map("a", "red"), config_map("b", "red")];
    let (sent, report) = play(
        &mut run(documents, apply(), options()),
        vec![
            refused(Reason::Forbidden),
            found(annotated(&config_map("b", "red"))),
        ],
    );
    assert_eq!(sent, ["GET a", "GET b"]);
    assert!(!report.is_success());

    let stale = annotated(&config_map("old", "red"));
    let (sent, report) = play(
        &mut run(vec![config_map("b", "red")], apply(), options()),
        vec![
            found(annotated(&config_map("b", "red"))),
            list(vec![stale, config_map("foreign", "red")]),
            gone(),
        ],
    );
    assert_eq!(sent, ["GET b", "GET configmaps", "DELETE old"]);
    assert_eq!(report.pruned[0].name, "old");
}

#[test]
fn the_fields_of_the_parent_of_an_apply_set_are_taken_back() {
    let set = ApplySet::new("set", Some("a"), &Kinds::builtin()).unwrap();
    let options = RunOptions {
        pruning: Some(Pruning::ApplySet(set.clone())),
        ..RunOptions::default()
    };
    let parent = |kinds: &str, tool: &str| {
        json!({"metadata": {
            "name": "set", "labels": {"applyset.kubernetes.io/id": set.id()},
            "annotations": {KINDS_ANNOTATION: kinds, TOOLING_ANNOTATION: tool},
        }})
    };
    let apply = Command::Apply(Options::new().server_side());
    let documents = || vec![config_map("m", "red")];
    let answers = vec![
        found(parent("Secret,Node", "kubectl/v1")),
        refused(Reason::Conflict),
        found(Value::Null),
        found(config_map("m", "red")),
        list(vec![json!({"metadata": {"name": "n"}})]),
        list(vec![json!({"metadata": {"name": "s"}})]),
        gone(),
        gone(),
        found(Value::Null),
    ];
    let (sent, report) = play(
        &mut run(documents(), apply.clone(), options.clone()),
        answers,
    );
    assert_eq!(
        sent,
        [
            "GET set",
            "PATCH set false",
            "PATCH set true",
            "PATCH m false",
            "GET nodes",
            "GET secrets",
            "DELETE n",
            "DELETE s",
            "PATCH set false",
        ]
    );
    assert!(report.is_success());

    for (parent, fault) in [
        (
            parent("Nonsense", "kubectl/v1"),
            ApplySetFault::UnknownKind {
                kind: "Nonsense".to_owned(),
            },
        ),
        (
            parent("", "a/b/v1"),
            ApplySetFault::OtherTool {
                found: "a/b".to_owned(),
                wanted: "kubectl".to_owned(),
            },
        ),
        (
            json!({"metadata": {}}),
            ApplySetFault::NoParentAnnotation {
                key: TOOLING_ANNOTATION,
            },
        ),
    ] {
        let (_, report) = play(
            &mut run(documents(), apply.clone(), options.clone()),
            vec![found(parent)],
        );
        assert_eq!(report.failures, [Failure::ApplySet(fault)]);
    }

    let mut labelled = config_map("m", "red");
    labelled["metadata"]["labels"] = json!({PART_OF_LABEL: "x"});
    let taken = Run::new(
        vec![labelled],
        &Kinds::builtin(),
        &namespace(),
        &apply,
        options,
    );
    assert_eq!(
        taken.unwrap_err(),
        Failure::ApplySet(ApplySetFault::LabelTaken)
    );
}

#[test]
fn custom_resources_are_parents_if_their_definition_says_so() {
    let kinds = Kinds::builtin().with(ResourceRef::of_kind("example.io/v1", "Set"), false);
    let set = ApplySet::new("sets.example.io/mine", None, &kinds).unwrap();
    let options = RunOptions {
        pruning: Some(Pruning::ApplySet(set)),
        ..RunOptions::default()
    };
    let apply = Command::Apply(Options::new());
    let documents = vec![config_map("m", "red")];
    let mut run = Run::new(documents, &kinds, &namespace(), &apply, options).unwrap();
    let (sent, report) = play(
        &mut run.clone(),
        vec![
            list(vec![json!({"metadata": {"name": "sets.example.io"}})]),
            refused(Reason::NotFound),
        ],
    );
    assert_eq!(sent, ["GET customresourcedefinitions", "GET mine"]);
    assert_eq!(
        report.failures,
        [Failure::ApplySet(ApplySetFault::NoParent)]
    );
    let (_, report) = play(&mut run, vec![list(Vec::new())]);
    assert!(matches!(
        report.failures[..],
        [Failure::ApplySet(ApplySetFault::KindNotPermitted { .. })]
    ));
    assert_eq!(
        ApplySet::new("set", None, &kinds),
        Err(ApplySetFault::NoNamespace)
    );
}

#[test]
fn options_that_do_not_go_together_are_refused() {
    let by_labels = Some(Pruning::Labels(LabelPruning::default()));
    for (options, pruning) in [
        (Options::new().force_conflicts(), None),
        (Options::new().server_side().dry_run(DryRun::Client), None),
        (Options::new().server_side().force(), None),
        (Options::new().force().dry_run(DryRun::Server), None),
        (Options::new().subresource("status"), None),
        (Options::new().force(), by_labels.clone()),
        (Options::new().server_side(), by_labels),
    ] {
        let command = Command::Apply(options);
        let run = RunOptions {
            pruning,
            ..RunOptions::default()
        };
        let documents = vec![config_map("m", "red")];
        let refused = Run::new(documents, &Kinds::builtin(), &namespace(), &command, run);
        assert!(matches!(refused, Err(Failure::Options(_))), "{command:?}");
    }
}

#[test]
fn a_client_dry_run_writes_nothing() {
    let dry = || Options::new().dry_run(DryRun::Client);
    let live = annotated(&config_map("m", "red"));
    for (color, action) in [("red", Action::Unchanged), ("green", Action::Configured)] {
        let (sent, report) = play(
            &mut run(
                vec![config_map("m", color)],
                Command::Apply(dry()),
                RunOptions::default(),
            ),
            vec![found(live.clone())],
        );
        assert_eq!(sent, ["GET m"]);
        assert_eq!(report.objects[0].1.as_ref().unwrap().action(), action);
    }
    for command in [
        Command::Create(dry()),
        Command::Replace(dry()),
        Command::Delete(dry()),
    ] {
        let (sent, _) = play(
            &mut run(vec![config_map("m", "red")], command, RunOptions::default()),
            Vec::new(),
        );
        assert!(sent.is_empty());
    }
}

#[test]
fn diff_asks_for_a_dry_run_of_that_version() {
    let mut live = annotated(&config_map("m", "red"));
    live["metadata"]["resourceVersion"] = "7".into();
    let diff = || Command::Diff(Options::new());
    let run_of = |color: &str, answers| {
        play(
            &mut run(vec![config_map("m", color)], diff(), RunOptions::default()),
            answers,
        )
    };
    let (sent, report) = run_of("red", vec![found(live.clone())]);
    assert_eq!(sent, ["GET m"]);
    assert_eq!(
        report.objects[0].1.as_ref().unwrap().action(),
        Action::Unchanged
    );

    let manifest = config_map("m", "green");
    let mut plan = apply_semantics::client_side::Plan::new(
        diff(),
        apply_semantics::client_side::Target::of(manifest, &Kinds::builtin(), &namespace())
            .unwrap(),
    );
    let Step::Send(request) = plan.answer(found(live.clone())) else {
        panic!("no request")
    };
    let sent = request.sent();
    assert_eq!(sent.query["dryRun"], "All");
    assert_eq!(
        sent.body,
        Some(json!({"data": {"color": "green"}, "metadata": {"resourceVersion": "7"}}))
    );
    let Step::Done(report) = plan.answer(found(config_map("m", "green"))) else {
        panic!("not done")
    };
    assert_eq!(report.action(), Action::Configured);
}

#[test]
fn replace_with_force_makes_the_object_anew() {
    let options = Options::new().force();
    let (sent, report) = play(
        &mut run(
            vec![config_map("m", "red")],
            Command::Replace(options),
            RunOptions::default(),
        ),
        vec![
            refused(Reason::NotFound),
            refused(Reason::NotFound),
            found(config_map("m", "red")),
        ],
    );
    assert_eq!(sent, ["DELETE m", "GET m", "POST configmaps"]);
    assert!(report.is_success());
}

#[test]
fn secrets_do_not_show() {
    let secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "stringData": {"p": "hunter2"}});
    let mut run = run(
        vec![secret.clone()],
        Command::Apply(Options::new()),
        RunOptions::default(),
    );
    let mut shown = format!("{run:?} {:?}", run.step());
    let step = run.answer(refused(Reason::NotFound));
    shown += &format!("{step:?}");
    if let Step::Send(request) = &step {
        shown += &format!("{:?}", request.sent());
    }
    shown += &format!("{:?} {run:?}", run.answer(found(annotated(&secret))));
    assert!(shown.contains("Secret"));
    assert!(!shown.contains("hunter2"), "{shown}");
}
