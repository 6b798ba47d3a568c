//! What a run does with failures, waits, cancellations, conditions and journals, and what it tells.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use bootstrap_phases::{
    Applies, CancelToken, Change, Compat, Content, Cx, Digest, ErrorClass, Event, EventKind,
    EventLog, FileError, FileErrorKind, Files, Flow, Idle, Journal, JsonLines, ManualClock,
    MemFiles, MemJournal, Node, Note, Outcome, Owner, Phase, PhaseError, PhaseState, Plan,
    RetryPolicy, RunError, RunStatus, Runner, Selection, Stat, Workflow,
};

fn write(path: &'static str, text: &'static str) -> impl Phase<()> {
    move |cx: &Cx<'_, ()>| {
        let mut plan = cx.draft();
        plan.file(path, 0o644, Content::text(text))?;
        Ok(plan.finish())
    }
}

/// Fails this many times with this error before it has nothing to do.
struct Flaky {
    failures: u32,
    error: PhaseError,
    asked: AtomicU32,
    policy: RetryPolicy,
}

impl Flaky {
    fn new(failures: u32, error: PhaseError, policy: RetryPolicy) -> Self {
        Self {
            failures,
            error,
            asked: AtomicU32::new(0),
            policy,
        }
    }
}

impl Phase<()> for Flaky {
    fn plan(&self, _: &Cx<'_, ()>) -> Result<Plan, PhaseError> {
        if self.asked.fetch_add(1, Ordering::SeqCst) < self.failures {
            return Err(self.error.clone());
        }
        Ok(Plan::up_to_date())
    }

    fn retry(&self, _: &Cx<'_, ()>) -> RetryPolicy {
        self.policy.clone()
    }
}

fn one(phase: impl Phase<()> + 'static) -> Flow<()> {
    let workflow = Workflow::new("test").phase(Node::new("one", "").run(phase));
    workflow.build_unchecked()
}

fn busy() -> PhaseError {
    PhaseError::transient("busy", "busy")
}

fn not_yet() -> PhaseError {
    PhaseError::not_yet("absent", "not there")
}

const SECOND: Duration = Duration::from_secs(1);

fn policy() -> RetryPolicy {
    RetryPolicy::new().delays(SECOND, 30 * SECOND).attempts(4)
}

/// Runs a flow of one phase; answers the failure and the sleeps in milliseconds.
fn outcome(flow: &Flow<()>) -> (Option<PhaseError>, Vec<u128>) {
    let (files, clock) = (MemFiles::new(), ManualClock::at(0));
    let half = || 0.5;
    let outcome = Runner::new(flow, &files)
        .clock(&clock)
        .jitter(&half)
        .run(&());
    let error = outcome.err().and_then(|failure| match failure.error {
        RunError::Phase { error, .. } => Some(error),
        _ => None,
    });
    let sleeps = clock.sleeps();
    (error, sleeps.iter().map(Duration::as_millis).collect())
}

#[test]
fn transient_failures_are_tried_again_after_growing_delays() {
    let flow = one(Flaky::new(3, busy(), policy()));
    assert_eq!(outcome(&flow), (None, vec![1100, 2200, 4400]));
    let flow = one(Flaky::new(4, busy(), policy()));
    assert_eq!(outcome(&flow), (Some(busy()), vec![1100, 2200, 4400]));
    let flow = one(Flaky::new(1, busy(), RetryPolicy::once()));
    assert_eq!(outcome(&flow), (Some(busy()), vec![]));
}

#[test]
fn other_failures_are_final() {
    for class in [
        ErrorClass::Conflict,
        ErrorClass::Denied,
        ErrorClass::Invalid,
        ErrorClass::Fatal,
    ] {
        let error = PhaseError::new(class, "no", "no").field("spec.x");
        let flow = one(Flaky::new(1, error.clone(), policy()));
        assert_eq!(outcome(&flow), (Some(error), vec![]));
    }
}

#[test]
fn waiting_uses_no_attempts_up_but_ends_at_the_deadline() {
    let patient = RetryPolicy::once().poll(2 * SECOND).deadline(60 * SECOND);
    let flow = one(Flaky::new(20, not_yet(), patient.clone()));
    let (error, sleeps) = outcome(&flow);
    assert_eq!((error, sleeps.len()), (None, 20));
    let flow = one(Flaky::new(
        u32::MAX,
        not_yet(),
        patient.deadline(5 * SECOND),
    ));
    let (error, sleeps) = outcome(&flow);
    assert_eq!(sleeps, [2000, 2000, 1000]);
    let error = error.unwrap();
    assert_eq!(
        (error.class, error.code.as_ref()),
        (ErrorClass::NotYet, "phase.deadline")
    );
    assert_eq!(
        error.to_string(),
        "the phase's deadline passed after 5 s in this phase, last answer: not there"
    );
}

#[test]
fn the_runs_deadline_ends_waits_too_and_a_node_may_say_how_it_is_tried() {
    let flow = Workflow::new("test")
        .phase(
            Node::new("one", "")
                .retry(RetryPolicy::new().poll(3 * SECOND))
                .run(Flaky::new(u32::MAX, not_yet(), RetryPolicy::new())),
        )
        .build()
        .unwrap();
    let (files, clock) = (MemFiles::new(), ManualClock::at(0));
    let runner = Runner::new(&flow, &files)
        .clock(&clock)
        .deadline(4 * SECOND);
    let failure = runner.run(&()).unwrap_err();
    assert!(
        matches!(&failure.error, RunError::Phase { error, .. } if error.code == "run.deadline")
    );
    assert_eq!(clock.sleeps(), [3 * SECOND, SECOND]);
}

#[test]
fn a_cancelled_run_stops_before_the_next_phase_and_is_resumed() {
    let token = CancelToken::new();
    let cancelling = token.clone();
    let flow = Workflow::new("test")
        .phase(Node::new("a", "").run(move |cx: &Cx<'_, ()>| {
            let mut plan = cx.draft();
            plan.file("/a", 0o644, Content::text("a"))?;
            cancelling.cancel();
            Ok(plan.finish())
        }))
        .phase(Node::new("b", "").run(write("/b", "b")))
        .build()
        .unwrap();
    let (files, journal) = (MemFiles::new(), MemJournal::new());
    let config = Digest::of(b"");
    let failure = Runner::new(&flow, &files)
        .journal(&journal, config)
        .cancel(&token)
        .run(&())
        .unwrap_err();
    assert_eq!(failure.error, RunError::Cancelled);
    assert_eq!(failure.report.outcome, Outcome::Cancelled);
    assert_eq!(failure.report.phases[0].state, PhaseState::Cancelled);
    assert!(files.paths().is_empty(), "{:?}", files.paths());
    let report = Runner::new(&flow, &files)
        .journal(&journal, config)
        .run(&())
        .unwrap();
    assert!(report.resumed);
    assert_eq!(files.list("/").unwrap(), ["a", "b"]);
}

#[test]
fn a_cancelled_wait_ends() {
    let token = CancelToken::new();
    let flow = one(Flaky::new(u32::MAX, not_yet(), policy()));
    let files = MemFiles::new();
    let cancelling = |event: &Event| {
        if matches!(event.kind, EventKind::Waiting { .. }) {
            token.cancel();
        }
    };
    let runner = Runner::new(&flow, &files)
        .cancel(&token)
        .events(&cancelling);
    assert_eq!(runner.run(&()).unwrap_err().error, RunError::Cancelled);
}

#[test]
fn a_condition_leaves_out_all_below_or_as_upstream_one_phase() {
    let asked = std::sync::Arc::new(AtomicU32::new(0));
    let counting = asked.clone();
    let group = Node::new("group", "")
        .run(write("/group", "x"))
        .run_if(move |_| {
            counting.fetch_add(1, Ordering::SeqCst);
            Ok(Applies::No("there is no group".into()))
        })
        .children([
            Node::new("a", "").run(write("/a", "a")),
            Node::new("b", "").run(write("/b", "b")),
        ]);
    let flow = Workflow::new("test").phase(group).build().unwrap();
    let states = |compat: Compat| -> Vec<_> {
        let files = MemFiles::new();
        let selection = Selection::all().compat(compat);
        let report = Runner::new(&flow, &files)
            .select(selection)
            .run(&())
            .unwrap();
        report
            .phases
            .into_iter()
            .map(|phase| (phase.state, phase.reason))
            .collect()
    };
    let no = (
        PhaseState::NotApplicable,
        Some("there is no group".to_owned()),
    );
    assert_eq!(states(Compat::Fixed), [no.clone(), no.clone(), no.clone()]);
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    assert_eq!(
        states(Compat::Upstream),
        [no, (PhaseState::Done, None), (PhaseState::Done, None)]
    );
    // The condition of a group counts for one phase of it, too.
    let files = MemFiles::new();
    let runner = Runner::new(&flow, &files).select(Selection::only(["group/a"]));
    assert_eq!(
        runner.run(&()).unwrap().phases[0].state,
        PhaseState::NotApplicable
    );
}

#[test]
fn events_count_phases_and_changes_and_survive_json() {
    let flow = Workflow::new("test")
        .phase(Node::new("a", "").run(|cx: &Cx<'_, ()>| {
            let mut plan = cx.draft();
            plan.dir("/d", 0o755)?
                .file("/d/x", 0o644, Content::text("x"))?
                .note(Note::info("demo", "hello"));
            Ok(plan.finish())
        }))
        .phase(Node::new("b", "").run(Idle))
        .build()
        .unwrap();
    let (files, clock) = (MemFiles::new(), ManualClock::at(0));
    let lines = JsonLines::new(Vec::new());
    Runner::new(&flow, &files)
        .clock(&clock)
        .events(&lines)
        .name("r")
        .run(&())
        .unwrap();
    let text = String::from_utf8(lines.finish().unwrap()).unwrap();
    let events: Vec<Event> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let told: Vec<String> = events.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "[r] test started",
            "[a] started (1 of 2)",
            "[a] hello",
            "[a] changes to make: 2",
            "[a] create folder /d (0755)",
            "[a] write /d/x (0644, 1 bytes)",
            "[a] done",
            "[b] started (2 of 2)",
            "[b] up to date",
            "[r] succeeded",
        ]
    );
    let numbers: Vec<_> = events.iter().map(|event| event.seq).collect();
    assert_eq!(numbers, (0..10).collect::<Vec<u64>>());
    assert_eq!(
        text.lines().nth(5).unwrap(),
        concat!(
            r#"{"schema":"bootstrap-phases/v1","run":"r","seq":5,"time":"1970-01-01T00:00:00.000000Z","type":"changed","#,
            r#""path":"a","index":2,"total":2,"change":{"op":"writeFile","path":"/d/x","mode":420,"#,
            r#""sha256":"2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881","size":1}}"#
        )
    );
}

#[test]
fn the_last_event_comes_even_when_a_phase_panics() {
    let flow = one(|_: &Cx<'_, ()>| -> Result<Plan, PhaseError> { panic!("oh") });
    let (files, journal, log) = (MemFiles::new(), MemJournal::new(), EventLog::new());
    let runner = Runner::new(&flow, &files)
        .journal(&journal, Digest::of(b""))
        .events(&log);
    catch_unwind(AssertUnwindSafe(|| runner.run(&()))).unwrap_err();
    let last = log.events().pop().unwrap();
    assert!(
        last.to_string().ends_with("panicked: phase one panicked"),
        "{last}"
    );
    let status = RunStatus::of(&journal.load().unwrap()).unwrap();
    assert_eq!(status.outcome, Some(Outcome::Panicked));
}

#[test]
fn a_selection_that_makes_no_sense_ends_the_run_before_it_begins() {
    let (flow, files, log) = (one(Idle), MemFiles::new(), EventLog::new());
    let journal = MemJournal::new();
    let runner = Runner::new(&flow, &files)
        .journal(&journal, Digest::of(b""))
        .select(Selection::only(["two"]))
        .events(&log);
    let failure = runner.run(&()).unwrap_err();
    assert!(matches!(failure.error, RunError::Select(_)));
    assert_eq!(log.events().len(), 2);
    assert!(journal.load().unwrap().is_empty());
    assert!(matches!(
        runner.plan(&()).unwrap_err().error,
        RunError::Select(_)
    ));
}

#[test]
fn a_failure_between_renames_is_finished_by_the_next_attempt_with_the_same_files() {
    struct Stubborn<'a>(&'a MemFiles, AtomicU32);
    impl Files for Stubborn<'_> {
        fn rename(&self, from: &str, to: &str) -> Result<(), FileError> {
            if to == "/tls.key" && self.1.fetch_add(1, Ordering::SeqCst) < 2 {
                let kind = FileErrorKind::Transient("busy".to_owned());
                return Err(FileError::new("rename", from, kind));
            }
            self.0.rename(from, to)
        }
        fn read(&self, path: &str) -> Result<Vec<u8>, FileError> {
            self.0.read(path)
        }
        fn link_stat(&self, path: &str) -> Result<Option<Stat>, FileError> {
            self.0.link_stat(path)
        }
        fn link_target(&self, path: &str) -> Result<Option<String>, FileError> {
            self.0.link_target(path)
        }
        fn list(&self, path: &str) -> Result<Vec<String>, FileError> {
            self.0.list(path)
        }
        fn create_dir(&self, path: &str, mode: u32) -> Result<(), FileError> {
            self.0.create_dir(path, mode)
        }
        fn create_file(&self, path: &str, content: &[u8], mode: u32) -> Result<(), FileError> {
            self.0.create_file(path, content, mode)
        }
        fn set_mode(&self, path: &str, mode: u32) -> Result<(), FileError> {
            self.0.set_mode(path, mode)
        }
        fn set_owner(&self, path: &str, owner: Owner) -> Result<(), FileError> {
            self.0.set_owner(path, owner)
        }
        fn remove(&self, path: &str) -> Result<(), FileError> {
            self.0.remove(path)
        }
        fn sync_dir(&self, path: &str) -> Result<(), FileError> {
            self.0.sync_dir(path)
        }
    }
    let issued = AtomicU32::new(0);
    let issued: &'static AtomicU32 = Box::leak(Box::new(issued));
    let flow = one(move |cx: &Cx<'_, ()>| {
        let mut plan = cx.draft();
        if cx.files.stat("/tls.key")?.is_none() {
            let number = issued.fetch_add(1, Ordering::SeqCst).to_string();
            plan.file("/tls.crt", 0o644, Content::text(number.as_str()))?;
            plan.file("/tls.key", 0o600, Content::secret(number))?;
        }
        Ok(plan.finish())
    });
    let (memory, clock, log) = (MemFiles::new(), ManualClock::at(0), EventLog::new());
    let files = Stubborn(&memory, AtomicU32::new(0));
    let report = Runner::new(&flow, &files)
        .clock(&clock)
        .events(&log)
        .run(&())
        .unwrap();
    assert_eq!((report.changes(), issued.load(Ordering::SeqCst)), (2, 1));
    assert_eq!(clock.sleeps().len(), 2);
    let changed = |event: &Event| matches!(event.kind, EventKind::Changed { .. });
    assert_eq!(
        log.events().iter().filter(|event| changed(event)).count(),
        2
    );
}

#[test]
fn contradicting_changes_are_refused_before_anything_is_done() {
    let dir = |path: &str| Change::CreateDir {
        path: path.to_owned(),
        mode: 0o755,
        owner: None,
    };
    let gone = |path: &str, keep_root| Change::Remove {
        path: path.to_owned(),
        keep_root,
    };
    let refused = |changes: Vec<Change>| {
        let plan = Plan {
            changes,
            notes: Vec::new(),
        };
        let files = MemFiles::new();
        let flow = one(move |_: &Cx<'_, ()>| Ok(plan.clone()));
        let runner = Runner::new(&flow, &files);
        let failed = runner.run(&()).is_err();
        assert_eq!(runner.plan(&()).is_err(), failed);
        failed
    };
    assert!(refused(vec![dir("/a"), dir("/a/")]));
    assert!(refused(vec![gone("/a", false), dir("/a")]));
    assert!(refused(vec![dir("/a"), dir("/a/b"), gone("/a", true)]));
    assert!(!refused(vec![dir("/a"), gone("/a", true)]));
    assert!(!refused(vec![dir("/a"), dir("/ab"), gone("/abc", false)]));
}

#[test]
fn a_plan_shows_before_and_after_and_hides_what_may_be_secret() {
    let files = MemFiles::new();
    files.create_file("/conf", b"old\n", 0o644).unwrap();
    files.create_file("/key", b"old key", 0o600).unwrap();
    files.create_file("/junk", b"junk", 0o644).unwrap();
    let flow = Workflow::new("test")
        .phase(Node::new("change", "").run(|cx: &Cx<'_, ()>| {
            let mut plan = cx.draft();
            plan.file("/conf", 0o644, Content::text("new\n"))?
                .file("/key", 0o600, Content::secret("new key"))?
                .absent("/junk")?;
            Ok(plan.finish())
        }))
        .phase(
            Node::new("wait", "")
                .outputs(["up"])
                .run(Flaky::new(u32::MAX, not_yet(), policy())),
        )
        .phase(Node::new("after", "").inputs(["up"]).run(Flaky::new(
            u32::MAX,
            PhaseError::fatal("no", "no server"),
            policy(),
        )))
        .build()
        .unwrap();
    let plan = Runner::new(&flow, &files).plan(&()).unwrap();
    assert_eq!(
        plan.to_string(),
        "change: planned\n  ~ write /conf (0644, 4 bytes)\n  ~ write /key (0600, 7 bytes)\n  - remove /junk\n\
         wait: later (not there)\nafter: later (no server)\n"
    );
    let before: Vec<_> = plan
        .changes()
        .map(|planned| planned.before.as_ref().unwrap().content.clone().unwrap())
        .collect();
    assert_eq!(before[0], Content::text("old\n"));
    assert_eq!(before[1].as_text(), None);
    assert_eq!(before[2].as_text(), None);
    let states: Vec<_> = plan
        .states()
        .map(|(path, state)| (path, state.state))
        .collect();
    assert_eq!(states[1], ("wait", PhaseState::Later));
    let tree = flow.tree().with_states(plan.states()).to_string();
    assert!(tree.contains("[planned, 3 changes]"), "{tree}");
}

#[test]
fn owners_modes_and_removals_are_carried_out() {
    let files = MemFiles::new();
    files.create_dir_all("/var/cache/x", 0o700).unwrap();
    files.create_dir("/var/old", 0o700).unwrap();
    files.create_file("/var/log", b"", 0o666).unwrap();
    let owner = Owner { uid: 7, gid: 8 };
    let flow = one(move |cx: &Cx<'_, ()>| {
        let mut plan = cx.draft();
        plan.empty_dir("/var/cache")?
            .absent("/var/old")?
            .mode("/var/log", 0o600)?
            .owner("/var/log", owner)?
            .owned_file("/var/new", 0o640, owner, Content::text("x"))?;
        Ok(plan.finish())
    });
    let runner = Runner::new(&flow, &files);
    assert_eq!(runner.run(&()).unwrap().changes(), 5);
    assert_eq!(files.list("/var").unwrap(), ["cache", "log", "new"]);
    assert!(files.list("/var/cache").unwrap().is_empty());
    for (path, mode) in [("/var/log", 0o600), ("/var/new", 0o640)] {
        let stat = files.stat(path).unwrap().unwrap();
        assert_eq!((stat.mode, stat.owner), (mode, owner), "{path}");
    }
    assert!(runner.plan(&()).unwrap().is_empty());
}
