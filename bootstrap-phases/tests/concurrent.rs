//! Phases planned at the same time: it is done, within bounds; and what a run leaves, tells and journals is what it is without.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::struct_excessive_bools,
    reason = "a test"
)]

use std::{
    collections::BTreeSet,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Barrier,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bootstrap_phases::{
    Applies, CancelToken, Change, Content, Cx, Digest, Effect, Entry, Event, EventKind, EventLog,
    Files as _, Flow, Journal as _, ManualClock, MemFiles, MemJournal, Node, Outcome, PhaseError,
    Plan, RetryPolicy, RunError, Runner, Workflow,
    testing::{CrashFiles, CrashJournal, CrashPoint},
};
use proptest::prelude::*;
use serde_json::Value;

/// A phase of a random workflow.
#[derive(Clone, Debug)]
struct Sketch {
    /// Earlier phases whose files it reads.
    needs: BTreeSet<usize>,
    /// Whether it says what it needs and makes; else it stands alone.
    declares: bool,
    /// How often it has to be asked before it can be planned.
    waits: usize,
    /// Whether it fails.
    fails: bool,
    /// Whether its condition holds.
    applies: bool,
    /// Whether it also writes a file that others write too, and says so to nobody.
    shares: bool,
}

fn sketches() -> impl Strategy<Value = Vec<Sketch>> {
    let needs = proptest::collection::btree_set(0..8usize, 0..3);
    let sketch = (needs, 0..5u8, 0..3usize, 0..12u8, 0..8u8, 0..4u8);
    let sketch = sketch.prop_map(|(needs, declares, waits, fails, applies, shares)| Sketch {
        needs,
        declares: declares > 0,
        waits,
        fails: fails == 0,
        applies: applies > 0,
        shares: shares == 0,
    });
    proptest::collection::vec(sketch, 1..8)
}

fn name(index: usize) -> String {
    format!("p{index}")
}

/// A workflow: each phase writes a file with the contents of those it needs, in a folder that all share.
fn flow(sketches: &[Sketch]) -> Flow<()> {
    let mut workflow = Workflow::new("random");
    for (index, sketch) in sketches.iter().enumerate() {
        let mut node = Node::new(name(index), "");
        let needs: Vec<usize> = sketch
            .needs
            .iter()
            .copied()
            .filter(|n| *n < index)
            .collect();
        let declared = |need: &usize| sketches.get(*need).is_some_and(|one| one.declares);
        if sketch.declares {
            node = node.outputs([name(index)]);
            node = node.inputs(needs.iter().filter(|need| declared(need)).map(|n| name(*n)));
        }
        let (sketch, asked) = (sketch.clone(), AtomicUsize::new(0));
        if !sketch.applies {
            node = node.run_if(|_| Ok(Applies::No("not here".into())));
        }
        let phase = move |cx: &Cx<'_, ()>| -> Result<Plan, PhaseError> {
            if asked.fetch_add(1, Ordering::SeqCst) < sketch.waits {
                return Err(PhaseError::not_yet("wait", "not yet"));
            }
            if sketch.fails {
                return Err(PhaseError::fatal("broken", "it never works"));
            }
            let mut text = name(index);
            for need in &needs {
                let made = cx.files.read_if_exists(&format!("/all/{}", name(*need)))?;
                text.push_str(&String::from_utf8_lossy(&made.unwrap_or_default()));
            }
            let mut plan = cx.draft();
            plan.dir("/all", 0o700 + u32::try_from(index % 8).unwrap_or(0))?;
            plan.file(
                &format!("/all/{}", name(index)),
                0o600,
                Content::text(&text),
            )?;
            if sketch.shares {
                let before = cx.files.read_if_exists("/all/shared")?.unwrap_or_default();
                if before.is_empty() || !text.is_empty() && before != text.as_bytes() {
                    plan.file("/all/shared", 0o600, Content::text(text))?;
                }
            }
            Ok(plan.finish())
        };
        let policy = RetryPolicy::new().poll(Duration::from_secs(1));
        workflow = workflow.phase(node.run(phase).retry(policy));
    }
    workflow.build_unchecked()
}

/// All that a run leaves and tells, without times.
#[derive(Debug, PartialEq)]
struct Outcomes {
    files: Vec<(String, u32, Vec<u8>)>,
    events: Vec<Value>,
    journal: Vec<Value>,
    error: Option<RunError>,
}

fn tree(files: &MemFiles) -> Vec<(String, u32, Vec<u8>)> {
    let paths = files.paths().into_iter();
    paths
        .map(|(path, stat)| {
            let content = files.read(&path).unwrap_or_default();
            (path, stat.mode, content)
        })
        .collect()
}

fn run(sketches: &[Sketch], jobs: usize) -> Outcomes {
    let flow = flow(sketches);
    let (files, journal, log) = (MemFiles::new(), MemJournal::new(), EventLog::new());
    let clock = ManualClock::at(0);
    let outcome = Runner::new(&flow, &files)
        .clock(&clock)
        .journal(&journal, Digest::of(b"random"))
        .events(&log)
        .name("random")
        .jobs(jobs)
        .run(&());
    Outcomes {
        files: tree(&files),
        events: log.events().iter().map(timeless).collect(),
        journal: journal.load().unwrap().iter().map(entry).collect(),
        error: outcome.err().map(|failure| failure.error),
    }
}

fn timeless(event: &Event) -> Value {
    without_times(serde_json::to_value(event).unwrap())
}

fn entry(entry: &Entry) -> Value {
    without_times(serde_json::to_value(entry).unwrap())
}

fn without_times(mut value: Value) -> Value {
    for time in ["time", "tookMs", "elapsedMs"] {
        if let Some(fields) = value.as_object_mut() {
            fields.remove(time);
        }
    }
    value
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn nobody_can_tell_how_many_were_planned_at_a_time(sketches in sketches(), jobs in 2..6usize) {
        prop_assert_eq!(run(&sketches, 1), run(&sketches, jobs));
    }
}

/// A phase that needs nothing of others.
fn free(
    name: &'static str,
    plan: impl Fn(&Cx<'_, ()>) -> Result<Plan, PhaseError> + Send + Sync + 'static,
) -> Node<()> {
    Node::new(name, "").outputs([name]).run(plan)
}

fn file(cx: &Cx<'_, ()>, path: &str) -> Result<Plan, PhaseError> {
    let mut plan = cx.draft();
    plan.file(path, 0o600, Content::text(path))?;
    Ok(plan.finish())
}

#[test]
fn two_that_wait_for_each_other_meet() {
    static MEET: Barrier = Barrier::new(2);
    let meet = |path: &'static str| {
        move |cx: &Cx<'_, ()>| {
            MEET.wait();
            file(cx, path)
        }
    };
    let flow = Workflow::new("two")
        .phase(free("one", meet("/one")))
        .phase(free("two", meet("/two")))
        .build()
        .unwrap();
    let files = MemFiles::new();
    let report = Runner::new(&flow, &files).jobs(2).run(&()).unwrap();
    assert_eq!(report.changes(), 2);
}

fn pulls(count: usize, alongside: bool) -> Flow<()> {
    let pull = move |_: &Cx<'_, ()>| {
        let effects = (0..count).map(|index| {
            let name = format!("image {index}");
            let pull = Effect::new("pull", name.as_str(), format!("pull {name}"), Value::Null);
            Change::Effect(if alongside { pull.alongside() } else { pull })
        });
        Ok(Plan {
            changes: effects.collect(),
            ..Plan::up_to_date()
        })
    };
    let phase = Node::new("pull", "").run(pull);
    Workflow::new("pulls").phase(phase).build().unwrap()
}

#[test]
fn effects_that_go_alongside_each_other_meet() {
    let meet = Barrier::new(3);
    let port = |_: &Effect| {
        meet.wait();
        Ok(())
    };
    let (flow, files) = (pulls(6, true), MemFiles::new());
    let runner = Runner::new(&flow, &files).port("pull", &port).jobs(3);
    assert_eq!(runner.run(&()).unwrap().changes(), 6);
}

#[test]
fn what_effects_alongside_tell_is_what_they_tell_one_by_one() {
    let run = |jobs: usize, alongside: bool, fails: Option<&'static str>| {
        let once = AtomicUsize::new(0);
        let port = |effect: &Effect| {
            if Some(effect.target()) == fails && once.fetch_add(1, Ordering::SeqCst) < 2 {
                return Err(PhaseError::transient("busy", "the registry is busy"));
            }
            Ok(())
        };
        let (flow, files, log) = (pulls(7, alongside), MemFiles::new(), EventLog::new());
        let (clock, journal) = (ManualClock::at(0), MemJournal::new());
        let runner = Runner::new(&flow, &files).port("pull", &port).events(&log);
        let runner = runner.clock(&clock).journal(&journal, Digest::of(b"pulls"));
        let outcome = runner.jobs(jobs).run(&());
        let events: Vec<Value> = log.events().iter().map(timeless).collect();
        let entries = journal.load().unwrap();
        let entries: Vec<Value> = entries.iter().map(entry).collect();
        (events, entries, outcome.is_ok())
    };
    for fails in [None, Some("image 0"), Some("image 3"), Some("image 6")] {
        assert_eq!(run(4, true, fails), run(1, false, fails), "{fails:?}");
    }
}

#[test]
fn no_more_are_planned_at_a_time_than_asked_for() {
    static NOW: AtomicUsize = AtomicUsize::new(0);
    static MOST: AtomicUsize = AtomicUsize::new(0);
    let names = ["a", "b", "c", "d", "e", "f", "g", "h"];
    let mut workflow = Workflow::new("many");
    for name in names {
        workflow = workflow.phase(free(name, move |_: &Cx<'_, ()>| {
            let now = NOW.fetch_add(1, Ordering::SeqCst) + 1;
            MOST.fetch_max(now, Ordering::SeqCst);
            std::thread::sleep(Duration::from_millis(5));
            NOW.fetch_sub(1, Ordering::SeqCst);
            Ok(Plan::up_to_date())
        }));
    }
    let (flow, files) = (workflow.build().unwrap(), MemFiles::new());
    Runner::new(&flow, &files).jobs(3).run(&()).unwrap();
    assert!((1..=3).contains(&MOST.load(Ordering::SeqCst)));
}

#[test]
fn a_failure_lets_nobody_else_have_a_turn_and_ends_waits() {
    let broken = |_: &Cx<'_, ()>| Err(PhaseError::fatal("broken", "it never works"));
    let waiting = |_: &Cx<'_, ()>| Err(PhaseError::not_yet("wait", "it never comes"));
    let flow = Workflow::new("fails")
        .phase(free("first", |cx: &Cx<'_, ()>| file(cx, "/first")))
        .phase(free("broken", broken))
        .phase(free("planned", |cx: &Cx<'_, ()>| file(cx, "/planned")))
        .phase(free("waiting", waiting))
        .build()
        .unwrap();
    let (files, journal) = (MemFiles::new(), MemJournal::new());
    let runner = Runner::new(&flow, &files).journal(&journal, Digest::of(b"fails"));
    let failure = runner.jobs(4).run(&()).unwrap_err();
    assert!(matches!(failure.error, RunError::Phase { path, .. } if path == "broken"));
    assert_eq!(files.list("/").unwrap(), ["first"]);
}

#[test]
fn a_cancelled_run_ends_while_all_wait() {
    let token = CancelToken::new();
    let waiting = |_: &Cx<'_, ()>| Err(PhaseError::not_yet("wait", "it never comes"));
    let flow = Workflow::new("waits")
        .phase(free("one", waiting))
        .phase(free("two", waiting))
        .build()
        .unwrap();
    let (files, cancelling) = (MemFiles::new(), token.clone());
    let events = move |event: &Event| {
        if matches!(event.kind, EventKind::Waiting { .. }) {
            cancelling.cancel();
        }
    };
    let failure = Runner::new(&flow, &files)
        .events(&events)
        .cancel(&token)
        .jobs(2)
        .run(&())
        .unwrap_err();
    assert_eq!(failure.error, RunError::Cancelled);
    assert_eq!(failure.report.outcome, Outcome::Cancelled);
}

#[test]
fn a_panic_on_a_thread_goes_on_and_is_told() {
    let flow = Workflow::new("panics")
        .phase(free("one", |cx: &Cx<'_, ()>| file(cx, "/one")))
        .phase(free("two", |_: &Cx<'_, ()>| panic!("out of order")))
        .build()
        .unwrap();
    let (files, log) = (MemFiles::new(), EventLog::new());
    let runner = Runner::new(&flow, &files).events(&log).jobs(2);
    let panic = catch_unwind(AssertUnwindSafe(|| runner.run(&()))).unwrap_err();
    assert_eq!(panic.downcast_ref(), Some(&"out of order"));
    let last = log.events().last().unwrap().kind.clone();
    assert!(matches!(
        last,
        EventKind::RunFinished {
            outcome: Outcome::Panicked,
            ..
        }
    ));
    assert_eq!(files.list("/").unwrap(), ["one"]);
}

#[test]
fn killed_at_any_step_the_next_run_finishes() {
    let sketch = |needs: &[usize]| Sketch {
        needs: needs.iter().copied().collect(),
        declares: true,
        waits: 0,
        fails: false,
        applies: true,
        shares: false,
    };
    let sketches = [
        sketch(&[]),
        sketch(&[0]),
        sketch(&[0]),
        sketch(&[1, 2]),
        sketch(&[]),
    ];
    let wanted = run(&sketches, 1).files;
    for step in 0.. {
        let (files, journal) = (MemFiles::new(), MemJournal::new());
        let (crash, config) = (CrashPoint::at(step), Digest::of(b"random"));
        let crashing = CrashFiles::new(&files, &crash);
        let journalling = CrashJournal::new(&journal, &crash);
        let flow = flow(&sketches);
        let first = Runner::new(&flow, &crashing).journal(&journalling, config);
        if first.jobs(3).run(&()).is_ok() {
            assert!(step > 20, "{step}");
            break;
        }
        let next = Runner::new(&flow, &files).journal(&journal, config);
        next.jobs(3).run(&()).unwrap();
        assert_eq!(tree(&files), wanted, "step {step}");
    }
}
