//! What holds for every workflow: laws of plans, runs, journals and selections, over random ones.

#[path = "support/random.rs"]
mod random;

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use bootstrap_phases::{
    ChangeRecord, Compat, Content, Cx, Digest, EventKind, EventLog, Files, Flow, Idle, Journal,
    ManualClock, MemFiles, MemJournal, Node, PhaseError, Record, Report, RunFailure, Runner,
    Selection, Workflow,
    testing::{CrashFiles, CrashJournal, CrashPoint, LossyFiles, LossyJournal},
};
use proptest::{prelude::*, test_runner::Config as Proptest};
use random::{Config, Plot, plots};

fn config() -> Config {
    "the configuration".to_owned()
}

fn digest() -> Digest {
    Digest::of(config().as_bytes())
}

fn run(
    flow: &Flow<Config>,
    files: &dyn Files,
    journal: &dyn Journal,
) -> Result<Report, Box<RunFailure>> {
    let clock = ManualClock::at(0);
    let runner = Runner::new(flow, files).clock(&clock);
    runner.journal(journal, digest()).run(&config())
}

/// The tree after a run that nothing disturbs, and how many durable steps it took. `None` for a plot whose phases refuse it.
fn undisturbed(plot: &Plot) -> Option<(MemFiles, usize)> {
    let (files, journal, crash) = (plot.files(), MemJournal::new(), CrashPoint::never());
    let (counted, counted_journal) = (
        CrashFiles::new(&files, &crash),
        CrashJournal::new(&journal, &crash),
    );
    run(&plot.flow(), &counted, &counted_journal).ok()?;
    let steps = crash.steps();
    Some((files, steps))
}

fn crash(plot: &Plot, files: &dyn Files, journal: &dyn Journal, step: usize) {
    let crash = CrashPoint::at(step);
    let (crashing, crashing_journal) = (
        CrashFiles::new(files, &crash),
        CrashJournal::new(journal, &crash),
    );
    let outcome = run(&plot.flow(), &crashing, &crashing_journal);
    assert_eq!(outcome.is_err(), crash.has_crashed(), "{outcome:?}");
}

proptest! {
    #![proptest_config(Proptest { cases: 100, ..Proptest::default() })]

    #[test]
    fn a_plan_changes_nothing_and_a_run_does_what_it_said(plot in plots()) {
        let (flow, files) = (plot.flow(), plot.files());
        let before = files.clone();
        let log = EventLog::new();
        let runner = Runner::new(&flow, &files).events(&log);
        let plan = runner.plan(&config());
        prop_assert_eq!(&files, &before);
        let outcome = runner.run(&config());
        prop_assert_eq!(plan.is_ok(), outcome.is_ok());
        let (Ok(plan), Ok(report)) = (plan, outcome) else { return Ok(()) };
        let mut planned: Vec<(String, ChangeRecord)> = Vec::new();
        for phase in &plan.phases {
            planned.extend(phase.changes.iter().map(|planned| {
                (phase.path.clone(), ChangeRecord::from(&planned.change))
            }));
        }
        let mut made: Vec<(String, ChangeRecord)> = log.events().into_iter().filter_map(|event| {
            match event.kind {
                EventKind::Changed { path, change, .. } => Some((path, change)),
                _ => None,
            }
        }).collect();
        prop_assert_eq!(report.changes(), made.len());
        // Folders are made before the rest of a phase.
        let order = |(path, change): &(String, ChangeRecord)| (path.clone(), change.to_string());
        planned.sort_by_key(order);
        made.sort_by_key(order);
        prop_assert_eq!(planned, made);
    }

    #[test]
    fn after_a_run_there_is_nothing_to_do(plot in plots()) {
        let (flow, files) = (plot.flow(), plot.files());
        let runner = Runner::new(&flow, &files);
        prop_assume!(runner.run(&config()).is_ok());
        let plan = runner.plan(&config()).unwrap();
        prop_assert!(plan.is_empty(), "{}", plan);
        let after = files.clone();
        prop_assert_eq!(runner.run(&config()).unwrap().changes(), 0);
        prop_assert_eq!(files, after);
    }

    #[test]
    fn a_run_that_crashed_twice_and_was_resumed_equals_one_that_did_not(
        plot in plots(),
        first in any::<prop::sample::Index>(),
        second in any::<prop::sample::Index>(),
    ) {
        let Some((expected, steps)) = undisturbed(&plot) else { return Ok(()) };
        let (files, journal) = (plot.files(), MemJournal::new());
        crash(&plot, &files, &journal, first.index(steps));
        crash(&plot, &files, &journal, second.index(steps));
        let report = run(&plot.flow(), &files, &journal);
        prop_assert!(report.is_ok(), "{:?}", report);
        prop_assert_eq!(&files, &expected);
        prop_assert!(Runner::new(&plot.flow(), &files).plan(&config()).unwrap().is_empty());
    }

    #[test]
    fn a_crash_shows_every_path_as_it_was_or_as_it_is_to_be(
        plot in plots(),
        step in any::<prop::sample::Index>(),
    ) {
        let Some((expected, steps)) = undisturbed(&plot) else { return Ok(()) };
        let (base, files) = (plot.files(), plot.files());
        crash(&plot, &files, &MemJournal::new(), step.index(steps));
        for (path, _) in files.paths() {
            if path.ends_with(".staged") || path.contains(".staged/") {
                continue;
            }
            let seen = |files: &MemFiles| {
                (files.stat(&path).unwrap(), files.read(&path).ok())
            };
            let now = seen(&files);
            prop_assert!(now == seen(&base) || now == seen(&expected), "{}: {:?}", path, now);
        }
    }

    #[test]
    fn beginning_afresh_after_a_crash_leaves_nothing_behind(
        plot in plots(),
        step in any::<prop::sample::Index>(),
    ) {
        let Some((expected, steps)) = undisturbed(&plot) else { return Ok(()) };
        let (files, journal) = (plot.files(), MemJournal::new());
        crash(&plot, &files, &journal, step.index(steps));
        let (flow, clock) = (plot.flow(), ManualClock::at(1_000_000));
        let other = Digest::of(b"another configuration");
        let runner = Runner::new(&flow, &files).clock(&clock).journal(&journal, other);
        let refused = runner.run(&config());
        let fresh = Runner::new(&flow, &files).clock(&clock).journal(&journal, other).fresh();
        // A crash before the first entry leaves nothing that another configuration could disturb.
        prop_assert_eq!(refused.is_ok(), step.index(steps) == 0);
        prop_assert!(fresh.run(&config()).is_ok());
        prop_assert_eq!(&files, &expected);
    }

    #[test]
    fn a_power_loss_forgets_nothing_that_the_journal_relies_on(
        plot in plots(),
        step in any::<prop::sample::Index>(),
        kept in prop::collection::vec(any::<prop::sample::Index>(), 1..6),
    ) {
        let Some((expected, steps)) = undisturbed(&plot) else { return Ok(()) };
        let (disk, journal) = (LossyFiles::new(plot.files()), LossyJournal::new());
        crash(&plot, &disk, &journal, step.index(steps));
        let mut kept = kept.into_iter().cycle();
        let mut keep = |pending| kept.next().map_or(0, |kept| kept.index(pending + 1));
        let files = disk.power_loss(|_, pending| keep(pending));
        let journal = journal.power_loss(keep).unwrap();
        let report = run(&plot.flow(), &files, &journal);
        prop_assert!(report.is_ok(), "{:?}", report);
        prop_assert_eq!(&files, &expected);
    }

    #[test]
    fn secrets_are_in_no_event_plan_or_journal(plot in plots()) {
        let (flow, files, journal, log) =
            (plot.flow(), plot.files(), MemJournal::new(), EventLog::new());
        let runner = Runner::new(&flow, &files).journal(&journal, digest()).events(&log);
        let plan = serde_json::to_string(&runner.plan(&config()).ok()).unwrap();
        let report = runner.run(&config());
        let told = format!(
            "{plan}{}{}{report:?}{:?}",
            serde_json::to_string(&log.events()).unwrap(),
            serde_json::to_string(&journal.load().unwrap()).unwrap(),
            runner.plan(&config()),
        );
        prop_assert!(!told.contains("key of the configuration"), "{}", told);
        prop_assert!(!told.contains("secret "), "{}", told);
    }
}

/// A workflow that issues pairs, each by a number that is never used again, and refuses to go on with half of one.
fn issuing(issued: &Arc<AtomicU64>) -> Flow<Config> {
    let pairs = ["ca", "server", "client"].map(|name| {
        let issued = issued.clone();
        Node::new(name, "").run(move |cx: &Cx<'_, Config>| {
            let (crt, key) = (format!("/pki/{name}.crt"), format!("/pki/{name}.key"));
            let there = (
                cx.files.read_if_exists(&crt)?,
                cx.files.read_if_exists(&key)?,
            );
            if there.0 != there.1 {
                return Err(PhaseError::conflict("half", format!("half of pair {name}")));
            }
            let mut plan = cx.draft();
            if there.0.is_none() {
                let number = issued.fetch_add(1, Ordering::SeqCst).to_string();
                plan.dir("/pki", 0o755)?;
                plan.file(&crt, 0o644, Content::text(number.as_str()))?;
                plan.file(&key, 0o600, Content::secret(number))?;
            }
            Ok(plan.finish())
        })
    });
    Workflow::new("issuing").phases(pairs).build_unchecked()
}

/// How many pairs were staged for good: each phase with an `intent` is never to be planned with a new pair again.
fn intended(journal: &MemJournal) -> usize {
    let entries = journal.load().unwrap_or_default();
    let intents = entries.iter().filter_map(|entry| match &entry.record {
        Record::Intent { phase, .. } => Some(phase.clone()),
        _ => None,
    });
    intents.collect::<BTreeSet<_>>().len()
}

#[test]
fn a_pair_is_never_halved_and_never_issued_again_once_it_is_intended() {
    for keep in [0, 1, 2, usize::MAX] {
        for step in 0.. {
            let issued = Arc::new(AtomicU64::new(0));
            let flow = issuing(&issued);
            let (disk, journal, crash) = (
                LossyFiles::new(MemFiles::new()),
                LossyJournal::new(),
                CrashPoint::at(step),
            );
            let (crashing, crashing_journal) = (
                CrashFiles::new(&disk, &crash),
                CrashJournal::new(&journal, &crash),
            );
            let outcome = run(&flow, &crashing, &crashing_journal);
            if !crash.has_crashed() {
                outcome.unwrap();
                break;
            }
            let files = disk.power_loss(|_, _| keep);
            let journal = journal.power_loss(|_| keep).unwrap();
            let settled = intended(&journal) as u64;
            let before = issued.load(Ordering::SeqCst);
            run(&flow, &files, &journal).unwrap();
            let after = issued.load(Ordering::SeqCst);
            assert_eq!(after - before, 3 - settled, "step {step}, {keep} kept");
            assert_eq!(
                files.list("/pki").unwrap().len(),
                6,
                "step {step}, {keep} kept"
            );
        }
    }
}

/// A tree of phases by the shape of its levels; every phase makes a thing of its own path and needs some earlier one's.
#[expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "names are different, inputs are made, and an index is of the list it was made for"
)]
fn trees() -> impl Strategy<Value = Flow<()>> {
    let leaf = (0_u8..4, any::<prop::sample::Index>(), any::<bool>());
    prop::collection::vec((leaf.clone(), prop::collection::vec(leaf, 0..4)), 1..5).prop_map(
        |groups| {
            let mut made: Vec<String> = Vec::new();
            let mut node =
                |name: String, path: String, (needs, which, _): (u8, prop::sample::Index, bool)| {
                    let mut node = Node::new(name, "").run(Idle).outputs([path.clone()]);
                    if needs > 0 && !made.is_empty() {
                        node = node.inputs([made[which.index(made.len())].clone()]);
                    }
                    made.push(path);
                    node
                };
            let nodes = groups
                .into_iter()
                .enumerate()
                .map(|(group, (own, leaves))| {
                    let path = format!("g{group}");
                    let parent = node(path.clone(), path.clone(), own);
                    let children = leaves.into_iter().enumerate().map(|(leaf, spec)| {
                        node(format!("l{leaf}"), format!("{path}/l{leaf}"), spec)
                    });
                    parent.children(children.collect::<Vec<_>>())
                });
            Workflow::new("tree")
                .phases(nodes.collect::<Vec<_>>())
                .build()
                .unwrap()
        },
    )
}

#[expect(
    clippy::indexing_slicing,
    reason = "an index of the list it was made for"
)]
fn pick(flow: &Flow<()>, picks: &[prop::sample::Index]) -> Vec<String> {
    let paths: Vec<_> = flow.paths().collect();
    picks
        .iter()
        .map(|pick| paths[pick.index(paths.len())].to_owned())
        .collect()
}

fn is_in(path: &str, tops: &[String]) -> bool {
    tops.iter()
        .any(|top| path == top || path.starts_with(&format!("{top}/")))
}

proptest! {
    #[test]
    fn only_and_skip_cut_subtrees_out_of_the_order(
        flow in trees(),
        only in prop::collection::vec(any::<prop::sample::Index>(), 0..4),
        skip in prop::collection::vec(any::<prop::sample::Index>(), 0..3),
    ) {
        let (only, skip) = (pick(&flow, &only), pick(&flow, &skip));
        let expected: Vec<_> = flow.paths()
            .filter(|path| (only.is_empty() || is_in(path, &only)) && !is_in(path, &skip))
            .collect();
        let selection = Selection::only(only).skip(skip);
        let upstream = flow.selected(&selection.clone().compat(Compat::Upstream)).unwrap();
        prop_assert_eq!(&upstream, &expected);
        // Strict selections are the same, or an error that says who needs what.
        let everything: Vec<_> = flow.paths().map(str::to_owned).collect();
        let provided = selection.clone().provided(everything);
        prop_assert_eq!(&flow.selected(&provided).unwrap(), &expected);
        if let Ok(selected) = flow.selected(&selection) {
            prop_assert_eq!(selected, expected);
        }
    }

    #[test]
    fn with_needs_nothing_is_wanting_and_nothing_is_too_much(
        flow in trees(),
        only in prop::collection::vec(any::<prop::sample::Index>(), 1..3),
    ) {
        let only = pick(&flow, &only);
        let selected = flow.selected(&Selection::only(only.clone()).with_needs()).unwrap();
        let tree = flow.tree();
        let nodes = tree.walk();
        let mut wanted: Vec<&str> = only.iter().map(String::as_str).collect();
        for (_, node) in &nodes {
            if selected.contains(&node.path.as_str()) {
                for input in &node.inputs {
                    prop_assert!(selected.contains(&input.as_str()), "{} lacks {}", node.path, input);
                    wanted.push(input);
                }
            }
        }
        let wanted: Vec<String> = wanted.into_iter().map(str::to_owned).collect();
        for path in selected {
            prop_assert!(is_in(path, &wanted), "{} is not needed", path);
        }
    }
}
