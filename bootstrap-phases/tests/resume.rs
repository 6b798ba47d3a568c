//! Runs that go on where others ended, and what their journals say.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use bootstrap_phases::{
    Content, Cx, Digest, Event, EventKind, EventLog, Files, Flow, Idle, Journal, JournalError,
    MemFiles, MemJournal, Node, Phase, PhaseError, PhaseProgress, Plan, Record, RunError,
    RunStatus, Runner, Workflow,
    testing::{CrashFiles, CrashJournal, CrashPoint},
};

fn one(phase: impl Phase<()> + 'static) -> Flow<()> {
    let workflow = Workflow::new("test").phase(Node::new("one", "").run(phase));
    workflow.build_unchecked()
}

#[test]
fn an_unfinished_run_of_something_else_is_refused() {
    let failing =
        one(|_: &Cx<'_, ()>| -> Result<Plan, PhaseError> { Err(PhaseError::fatal("no", "no")) });
    let (files, journal) = (MemFiles::new(), MemJournal::new());
    let (config, other) = (Digest::of(b"config"), Digest::of(b"other"));
    Runner::new(&failing, &files)
        .journal(&journal, config)
        .run(&())
        .unwrap_err();
    let refusal = |flow: &Flow<()>, config: Digest| {
        let failure = Runner::new(flow, &files)
            .journal(&journal, config)
            .run(&())
            .unwrap_err();
        failure.error
    };
    assert_eq!(
        refusal(&failing, other),
        RunError::Journal(JournalError::OtherConfiguration {
            journal: config,
            run: other
        })
    );
    let elsewhere = Workflow::new("elsewhere").phase(Node::new("x", "").run(Idle));
    let elsewhere = elsewhere.build().unwrap();
    assert!(matches!(
        refusal(&elsewhere, config),
        RunError::Journal(JournalError::OtherWorkflow { .. })
    ));
    Runner::new(&elsewhere, &files)
        .journal(&journal, other)
        .fresh()
        .run(&())
        .unwrap();
    // A run that succeeded is over: the next one is nobody's continuation.
    let report = Runner::new(&one(Idle), &files)
        .journal(&journal, config)
        .run(&())
        .unwrap();
    assert!(!report.resumed);
}

#[test]
fn a_finished_phase_whose_work_was_undone_runs_again_and_says_so() {
    let fails = Arc::new(AtomicU32::new(1));
    let failing = fails.clone();
    let flow = Workflow::new("test")
        .phase(Node::new("a", "").run(|cx: &Cx<'_, ()>| {
            let mut plan = cx.draft();
            plan.file("/a", 0o644, Content::text("a"))?;
            Ok(plan.finish())
        }))
        .phase(Node::new("b", "").run(move |_: &Cx<'_, ()>| {
            match failing.fetch_min(0, Ordering::SeqCst) {
                0 => Ok(Plan::up_to_date()),
                _ => Err(PhaseError::fatal("no", "no")),
            }
        }))
        .build()
        .unwrap();
    let (files, journal, log) = (MemFiles::new(), MemJournal::new(), EventLog::new());
    let runner = Runner::new(&flow, &files)
        .journal(&journal, Digest::of(b""))
        .events(&log);
    runner.run(&()).unwrap_err();
    files.remove("/a").unwrap();
    assert!(runner.run(&()).unwrap().resumed);
    assert_eq!(files.read("/a").unwrap(), b"a");
    let again =
        |event: &Event| matches!(&event.kind, EventKind::RunsAgain { path, .. } if path == "a");
    assert_eq!(log.events().iter().filter(|event| again(event)).count(), 1);
}

/// Two files in one phase, and a journal that stops at its `done`, or files that stop at a rename.
fn interrupted(step: usize) -> (Flow<()>, MemFiles, MemJournal) {
    let flow = one(|cx: &Cx<'_, ()>| {
        let mut plan = cx.draft();
        plan.file("/tls.crt", 0o644, Content::text("certificate"))?;
        plan.file("/tls.key", 0o600, Content::secret("key"))?;
        Ok(plan.finish())
    });
    let (files, journal, crash) = (MemFiles::new(), MemJournal::new(), CrashPoint::at(step));
    let (crashing, crashing_journal) = (
        CrashFiles::new(&files, &crash),
        CrashJournal::new(&journal, &crash),
    );
    let runner = Runner::new(&flow, &crashing).journal(&crashing_journal, Digest::of(b""));
    assert!(runner.run(&()).is_err());
    (flow, files, journal)
}

/// run, stage, two files, sync, intent; then mode and rename of each.
const BEFORE_INTENT: usize = 5;
const BETWEEN_RENAMES: usize = 8;

#[test]
fn a_status_says_how_far_a_run_came() {
    let progress = |journal: &MemJournal| {
        let status = RunStatus::of(&journal.load().unwrap()).unwrap();
        assert_eq!(status.outcome, None);
        status.phases[0].progress.clone()
    };
    let (flow, files, journal) = interrupted(BEFORE_INTENT);
    assert_eq!(progress(&journal), PhaseProgress::Staging);
    assert_eq!(files.paths().len(), 2);
    Runner::new(&flow, &files)
        .journal(&journal, Digest::of(b""))
        .run(&())
        .unwrap();
    let status = RunStatus::of(&journal.load().unwrap()).unwrap();
    assert_eq!(
        status.phases[0].progress,
        PhaseProgress::Done { changes: 2 }
    );
    let text = status.to_string();
    assert!(
        text.contains(": succeeded at ") && text.contains(", resumed once\n"),
        "{text}"
    );
    assert!(text.ends_with("\n  one  done, 2 changes"), "{text}");
    let (_, _, journal) = interrupted(BETWEEN_RENAMES);
    assert_eq!(progress(&journal), PhaseProgress::Interrupted);
    assert_eq!(RunStatus::of(&[]), None);
}

#[test]
fn what_was_staged_and_tampered_with_is_not_put_in_place() {
    let resume = |flow: &Flow<()>, files: &MemFiles, journal: &MemJournal| {
        let runner = Runner::new(flow, files).journal(journal, Digest::of(b""));
        match runner.run(&()) {
            Ok(_) => "ok".to_owned(),
            Err(failure) => match failure.error {
                RunError::Recovery { error, .. } => error.code.into_owned(),
                other => other.to_string(),
            },
        }
    };
    let staged = |files: &MemFiles| {
        let paths = files.paths().into_iter().map(|(path, _)| path);
        paths
            .into_iter()
            .find(|path| path.ends_with(".staged"))
            .unwrap()
    };
    let (flow, files, journal) = interrupted(BETWEEN_RENAMES);
    assert_eq!(files.read("/tls.crt").unwrap(), b"certificate");
    let key = staged(&files);
    files.write_atomic(&key, b"forged", 0o600).unwrap();
    assert_eq!(
        resume(&flow, &files, &journal),
        "journal.staged-file-changed"
    );
    files.remove(&key).unwrap();
    assert_eq!(resume(&flow, &files, &journal), "journal.staged-file-lost");
    // Someone who put the file there in the meantime is met by the phase's own plan.
    files.create_file("/tls.key", b"another", 0o600).unwrap();
    assert_eq!(resume(&flow, &files, &journal), "ok");
    assert_eq!(files.read("/tls.key").unwrap(), b"key");
}

#[test]
fn the_journal_has_every_step_of_a_phase() {
    let (flow, files, journal) = interrupted(BEFORE_INTENT);
    Runner::new(&flow, &files)
        .journal(&journal, Digest::of(b""))
        .run(&())
        .unwrap();
    let names: Vec<_> = journal
        .load()
        .unwrap()
        .into_iter()
        .map(|entry| match entry.record {
            Record::Run { .. } => "run",
            Record::Resumed { .. } => "resumed",
            Record::Stage { .. } => "stage",
            Record::Intent { .. } => "intent",
            Record::Dropped { .. } => "dropped",
            Record::Done { .. } => "done",
            Record::End { .. } => "end",
            _ => "other",
        })
        .collect();
    assert_eq!(
        names,
        [
            "run", "stage", "dropped", "resumed", "stage", "intent", "done", "end"
        ]
    );
}
