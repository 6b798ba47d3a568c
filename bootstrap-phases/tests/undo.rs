//! Undoing runs: the world is what it was before, also when the run or the undo was cut off anywhere; what somebody changed since is
//! told and left alone.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

#[path = "support/random.rs"]
mod random;

use std::sync::{Arc, Mutex};

use bootstrap_phases::{
    Content, Cx, Digest, Effect, EventKind, EventLog, Files, Flow, Journal, JournalError,
    ManualClock, MemFiles, MemJournal, Node, Outcome, Outlook, Owner, PhaseError, PhaseState, Plan,
    Port, Report, RunError, RunFailure, RunStatus, Runner, Workflow,
    testing::{CrashFiles, CrashJournal, CrashPoint, LossyFiles, LossyJournal},
};
use proptest::{prelude::*, sample::Index, test_runner::Config as Proptest};
use random::{Config, Plot, plots};
use serde_json::json;

/// Where copies are kept.
const KEPT: &str = "/kept";

fn config() -> Config {
    "the configuration".to_owned()
}

fn digest() -> Digest {
    Digest::of(config().as_bytes())
}

type Ran = Result<Report, Box<RunFailure>>;

/// Runs a plot, or undoes the run that the journal has.
fn go(plot: &Plot, files: &dyn Files, journal: &dyn Journal, undo: bool) -> Ran {
    let (flow, clock) = (plot.flow(), ManualClock::at(0));
    let runner = Runner::new(&flow, files).clock(&clock).keep(KEPT);
    let runner = runner.journal(journal, digest());
    if undo {
        runner.undo()
    } else {
        runner.run(&config())
    }
}

/// How many durable steps it takes, and how it ends.
fn count(plot: &Plot, files: &MemFiles, journal: &MemJournal, undo: bool) -> (usize, Ran) {
    let crash = CrashPoint::never();
    let counted = CrashFiles::new(files, &crash);
    let counted_journal = CrashJournal::new(journal, &crash);
    let outcome = go(plot, &counted, &counted_journal, undo);
    (crash.steps(), outcome)
}

fn killed(plot: &Plot, files: &dyn Files, journal: &dyn Journal, undo: bool, step: usize) {
    let crash = CrashPoint::at(step);
    let crashing = CrashFiles::new(files, &crash);
    let crashing_journal = CrashJournal::new(journal, &crash);
    let outcome = go(plot, &crashing, &crashing_journal, undo);
    assert!(outcome.is_err() || !crash.has_crashed(), "{outcome:?}");
}

proptest! {
    #![proptest_config(Proptest { cases: 80, ..Proptest::default() })]

    #[test]
    fn a_run_and_its_undo_leave_the_world_as_it_was(plot in plots()) {
        let (files, journal) = (plot.files(), MemJournal::new());
        let (before, flow) = (files.clone(), plot.flow());
        // A run that failed is undone like one that did not.
        let first = go(&plot, &files, &journal, false);
        let after = files.clone();
        let log = EventLog::new();
        let runner = Runner::new(&flow, &files).keep(KEPT).events(&log).journal(&journal, digest());
        let plan = runner.undo_plan().unwrap();
        prop_assert_eq!(&files, &after, "a plan changes nothing");
        let report = runner.undo().unwrap();
        prop_assert_eq!(&files, &before);
        let made = log.events().iter().filter(|event| matches!(event.kind, EventKind::Changed { .. })).count();
        prop_assert_eq!((plan.changes().count(), report.changes()), (made, made));
        prop_assert!(plan.phases.iter().all(|phase| phase.notes.is_empty()), "{}", plan);
        prop_assert!(runner.undo_plan().unwrap().is_empty());
        prop_assert_eq!(runner.undo().unwrap().changes(), 0);
        let again = go(&plot, &files, &journal, false);
        prop_assert_eq!(again.is_ok(), first.is_ok());
        prop_assert_eq!(&files, &after);
    }

    #[test]
    fn a_run_killed_anywhere_can_be_undone(plot in plots(), step in any::<Index>()) {
        let (steps, _) = count(&plot, &plot.files(), &MemJournal::new(), false);
        let (files, journal) = (plot.files(), MemJournal::new());
        killed(&plot, &files, &journal, false, step.index(steps));
        match go(&plot, &files, &journal, true) {
            Ok(_) => prop_assert_eq!(&files, &plot.files()),
            Err(failure) => {
                prop_assert_eq!((step.index(steps), &failure.error), (0, &RunError::NothingToUndo));
            }
        }
    }

    #[test]
    fn a_run_killed_and_resumed_can_be_undone(plot in plots(), step in any::<Index>()) {
        let (steps, _) = count(&plot, &plot.files(), &MemJournal::new(), false);
        let (files, journal) = (plot.files(), MemJournal::new());
        killed(&plot, &files, &journal, false, step.index(steps));
        let _ = go(&plot, &files, &journal, false);
        go(&plot, &files, &journal, true).unwrap();
        prop_assert_eq!(&files, &plot.files());
    }

    #[test]
    fn an_undo_killed_twice_anywhere_goes_on(plot in plots(), first in any::<Index>(), second in any::<Index>()) {
        let (files, journal) = (plot.files(), MemJournal::new());
        let _ = go(&plot, &files, &journal, false);
        let (left, noted) = (files.clone(), MemJournal::new());
        for entry in journal.load().unwrap() {
            noted.append(&entry).unwrap();
        }
        let (steps, _) = count(&plot, &left, &noted, true);
        killed(&plot, &files, &journal, true, first.index(steps));
        let unfinished = journal.load().unwrap();
        // An undo that has begun comes to its end before anything else is run.
        if RunStatus::of(&unfinished).unwrap().outcome.is_none() {
            let other = go(&plot, &files, &journal, false).unwrap_err().error;
            prop_assert!(matches!(other, RunError::Journal(JournalError::OtherWorkflow { .. })), "{}", other);
        }
        killed(&plot, &files, &journal, true, second.index(steps));
        go(&plot, &files, &journal, true).unwrap();
        prop_assert_eq!(&files, &plot.files());
    }

    #[test]
    fn a_power_loss_takes_nothing_that_an_undo_needs(
        plot in plots(),
        undo in any::<bool>(),
        step in any::<Index>(),
        kept in prop::collection::vec(any::<Index>(), 1..6),
    ) {
        let (base, journal) = (plot.files(), LossyJournal::new());
        if undo {
            let _ = go(&plot, &base, &journal, false);
        }
        let disk = LossyFiles::new(base);
        killed(&plot, &disk, &journal, undo, step.index(120));
        let mut kept = kept.into_iter().cycle();
        let mut keep = |pending| kept.next().map_or(0, |kept| kept.index(pending + 1));
        let files = disk.power_loss(|_, pending| keep(pending));
        let journal = journal.power_loss(keep).unwrap();
        match go(&plot, &files, &journal, true) {
            Ok(_) => prop_assert_eq!(&files, &plot.files()),
            Err(failure) => prop_assert_eq!(&failure.error, &RunError::NothingToUndo),
        }
    }

    #[test]
    fn what_somebody_changed_is_told_and_nothing_is_done(plot in plots(), which in any::<Index>()) {
        let (files, journal, flow) = (plot.files(), MemJournal::new(), plot.flow());
        let clock = ManualClock::at(0);
        let log = EventLog::new();
        let runner = Runner::new(&flow, &files).clock(&clock).keep(KEPT).journal(&journal, digest()).events(&log);
        let _ = runner.run(&config());
        let changed = log.events().into_iter().filter_map(|event| match event.kind {
            EventKind::Changed { change, .. } => Some(change.path().to_owned()),
            _ => None,
        });
        let written: Vec<String> = changed
            .filter(|path| files.stat(path).unwrap().is_some_and(|stat| stat.is_file()))
            .filter(|path| files.read(path).unwrap() != b"")
            .collect();
        let path = which.get(&written);
        files.write_atomic(path, b"somebody else's", 0o600).unwrap();
        let (before, entries) = (files.clone(), journal.load().unwrap());
        let outcome = runner.undo();
        if let Err(failure) = outcome {
            let RunError::ChangedSince { what } = failure.error else { panic!("{}", failure.error) };
            prop_assert_eq!(what, [path.clone()]);
            prop_assert_eq!(&files, &before);
            prop_assert_eq!(journal.load().unwrap(), entries);
            Runner::new(&flow, &files).keep(KEPT).journal(&journal, digest()).force().undo().unwrap();
        }
        // Only the mode was set of a file that nobody wrote.
        let wanted = plot.files();
        let is_its = wanted.read_if_exists(path).unwrap() == files.read_if_exists(path).unwrap();
        if is_its {
            prop_assert_eq!(&files, &wanted);
        } else {
            prop_assert_eq!(files.read(path).unwrap(), b"somebody else's");
        }
    }

    #[test]
    fn secrets_are_in_no_plan_event_or_journal_of_an_undo(plot in plots()) {
        let (flow, files, journal, log) = (plot.flow(), plot.files(), MemJournal::new(), EventLog::new());
        let secret = |config: &str| -> Ran {
            let runner = Runner::new(&flow, &files).keep(KEPT).journal(&journal, digest());
            runner.run(&config.to_owned())
        };
        // The second run replaces the secrets of the first.
        let _ = (secret("the first configuration"), secret("the configuration"));
        let runner = Runner::new(&flow, &files).keep(KEPT).journal(&journal, digest()).events(&log);
        let plan = runner.undo_plan().unwrap();
        let told = format!("{}{plan:?}{:?}", serde_json::to_string(&plan).unwrap(), runner.undo());
        let told = format!(
            "{told}{}{}",
            serde_json::to_string(&log.events()).unwrap(),
            serde_json::to_string(&journal.load().unwrap()).unwrap(),
        );
        prop_assert!(!told.contains("key of the"), "{}", told);
        prop_assert!(!told.contains("secret "), "{}", told);
    }
}

/// A port that keeps a list of what is switched on.
#[derive(Default)]
struct Switches(Mutex<Vec<String>>);

impl Port for Switches {
    fn carry_out(&self, effect: &Effect) -> Result<(), PhaseError> {
        let mut on = self.0.lock().unwrap();
        on.retain(|name| name.trim_end_matches('!') != effect.target());
        if effect.data() == &json!("on") {
            on.push(effect.target().to_owned());
        }
        Ok(())
    }

    fn outlook(&self, effect: &Effect) -> Result<Outlook, PhaseError> {
        let on = self.0.lock().unwrap();
        let found = on
            .iter()
            .find(|name| name.trim_end_matches('!') == effect.target());
        Ok(match found {
            None => Outlook::Settled,
            Some(name) if name.ends_with('!') && !effect.is_forced() => {
                Outlook::Changed("it is loud".to_owned())
            }
            Some(_) => Outlook::Open,
        })
    }
}

fn switch(
    name: &'static str,
    with_undo: bool,
) -> impl Fn(&Cx<'_, Switches>) -> Result<Plan, PhaseError> {
    move |cx| {
        let mut plan = cx.draft();
        let effect =
            |what: &str| Effect::new("switch", name, format!("switch {name} {what}"), json!(what));
        if !cx
            .config
            .0
            .lock()
            .unwrap()
            .iter()
            .any(|on| on.trim_end_matches('!') == name)
        {
            let on = effect("on");
            plan.effect(if with_undo {
                on.undone_by(effect("off"))
            } else {
                on
            });
        }
        Ok(plan.finish())
    }
}

fn switches() -> Flow<Switches> {
    let phases = [
        Node::new("files", "")
            .undoable()
            .run(|cx: &Cx<'_, Switches>| {
                let mut plan = cx.draft();
                plan.dir("/made/deep", 0o755)?;
                plan.file("/made/deep/file", 0o644, Content::text("text"))?;
                Ok(plan.finish())
            }),
        Node::new("silent", "").run(switch("silent", true)),
        Node::new("one", "").undoable().run(switch("one", true)),
        Node::new("two", "").undoable().run(switch("two", false)),
    ];
    Workflow::new("switches").phases(phases).build().unwrap()
}

/// What a run of [`switches`] needs.
struct Switched {
    flow: Flow<Switches>,
    files: MemFiles,
    journal: MemJournal,
    on: Switches,
}

impl Switched {
    fn new() -> Self {
        Self {
            flow: switches(),
            files: MemFiles::new(),
            journal: MemJournal::new(),
            on: Switches::default(),
        }
    }

    fn runner(&self) -> Runner<'_, Switches> {
        let runner = Runner::new(&self.flow, &self.files).port("switch", &self.on);
        runner.journal(&self.journal, digest())
    }
}

#[test]
fn effects_are_undone_by_what_they_say_and_phases_without_undo_are_named() {
    let world = Switched::new();
    let (runner, files, on) = (world.runner(), &world.files, &world.on);
    assert_eq!(runner.undo().unwrap_err().error, RunError::NothingToUndo);
    runner.run(on).unwrap();
    let plan = runner.undo_plan().unwrap();
    let shown = "two: not undone (nothing of it can be undone)\none: planned\n  * switch one off\n\
                 silent: not undone (it offers no undo)\nfiles: planned\n  - remove /made/deep/file\n  \
                 - remove folder /made/deep if it is empty\n  - remove folder /made if it is empty\n";
    assert_eq!(plan.to_string(), shown);
    let report = runner.undo().unwrap();
    assert_eq!(*on.0.lock().unwrap(), ["silent", "two"]);
    let states: Vec<_> = report.phases.iter().map(|phase| phase.state).collect();
    assert_eq!(
        states,
        [
            PhaseState::NotUndone,
            PhaseState::Done,
            PhaseState::NotUndone,
            PhaseState::Done
        ]
    );
    assert_eq!(
        (report.workflow.as_str(), report.outcome),
        ("undo switches", Outcome::Succeeded)
    );
    assert!(files.paths().is_empty());
}

#[test]
fn an_effect_on_what_somebody_changed_is_undone_by_force_only() {
    let world = Switched::new();
    let (runner, on) = (world.runner(), &world.on);
    runner.run(on).unwrap();
    on.0.lock()
        .unwrap()
        .iter_mut()
        .for_each(|name| name.push('!'));
    let error = runner.undo().unwrap_err().error;
    assert_eq!(
        error.to_string(),
        "somebody changed since what is to be undone: one (it is loud)"
    );
    runner.force().undo().unwrap();
    assert_eq!(*on.0.lock().unwrap(), ["silent!", "two!"]);
}

#[test]
fn what_others_put_into_a_folder_stays_with_it() {
    let world = Switched::new();
    let (runner, files, on) = (world.runner(), &world.files, &world.on);
    runner.run(on).unwrap();
    files.create_file("/made/theirs", b"theirs", 0o600).unwrap();
    runner.undo().unwrap();
    let paths: Vec<_> = files.paths().into_iter().map(|(path, _)| path).collect();
    assert_eq!(paths, ["/made", "/made/theirs"]);
}

#[test]
fn without_copies_what_was_replaced_is_named_and_stays() {
    let flow = Workflow::new("replace").phase(Node::new("replace", "").undoable().run(
        |cx: &Cx<'_, ()>| {
            let mut plan = cx.draft();
            plan.file("/replaced", 0o644, Content::text("new"))?;
            plan.file("/made", 0o644, Content::text("new"))?;
            Ok(plan.finish())
        },
    ));
    let (flow, files, journal) = (flow.build().unwrap(), MemFiles::new(), MemJournal::new());
    files.create_file("/replaced", b"old", 0o600).unwrap();
    let runner = Runner::new(&flow, &files).journal(&journal, digest());
    runner.run(&()).unwrap();
    let plan = runner.undo_plan().unwrap();
    let notes: Vec<_> = plan
        .phases
        .iter()
        .flat_map(|phase| &phase.notes)
        .map(|note| note.text.as_str())
        .collect();
    assert_eq!(
        notes,
        ["not undone: no copy of /replaced as it was is kept"]
    );
    runner.undo().unwrap();
    assert_eq!(files.list("/").unwrap(), ["replaced"]);
    assert_eq!(files.read("/replaced").unwrap(), b"new");
}

#[test]
fn copies_are_for_their_owner_only_and_go_with_the_next_run() {
    let text = Arc::new(Mutex::new("second".to_owned()));
    let written = text.clone();
    let flow = Workflow::new("replace").phase(Node::new("replace", "").undoable().run(
        move |cx: &Cx<'_, ()>| {
            let mut plan = cx.draft();
            plan.file(
                "/file",
                0o644,
                Content::text(written.lock().unwrap().as_str()),
            )?;
            Ok(plan.finish())
        },
    ));
    let (flow, files, journal) = (flow.build().unwrap(), MemFiles::new(), MemJournal::new());
    files.create_file("/file", b"first", 0o666).unwrap();
    files.set_owner("/file", Owner { uid: 7, gid: 8 }).unwrap();
    let runner = Runner::new(&flow, &files)
        .keep("/var/kept")
        .journal(&journal, digest());
    runner.run(&()).unwrap();
    assert_eq!(files.read("/var/kept/000000").unwrap(), b"first");
    assert_eq!(files.stat("/var/kept/000000").unwrap().unwrap().mode, 0o600);
    assert_eq!(files.stat("/var/kept").unwrap().unwrap().mode, 0o700);
    "third".clone_into(&mut text.lock().unwrap());
    runner.run(&()).unwrap();
    assert_eq!(files.read("/var/kept/000000").unwrap(), b"second");
    runner.undo().unwrap();
    assert_eq!(files.read("/file").unwrap(), b"second");
    assert!(files.stat("/var/kept").unwrap().is_none());
    runner.run(&()).unwrap();
    // A copy that is damaged brings nothing back.
    files
        .write_atomic("/var/kept/000000", b"damaged", 0o600)
        .unwrap();
    let plan = runner.undo_plan().unwrap();
    assert_eq!(plan.changes().count(), 0, "{plan}");
}
