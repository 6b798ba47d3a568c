//! Changes beyond files: carried out in their place, tried again, and repeated or left to the next plan after a crash.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Mutex,
};

use bootstrap_phases::{
    Change, Content, Cx, Digest, Effect, ErrorClass, Files as _, Flow, Journal as _, ManualClock,
    MemFiles, MemJournal, Node, PhaseError, Plan, RunError, Runner, Workflow,
};
use serde_json::json;

/// Stops a service, writes its settings, starts it; says which settings it finds.
fn service(repeatable: bool) -> Flow<()> {
    let phase = move |cx: &Cx<'_, ()>| -> Result<Plan, PhaseError> {
        let mut draft = cx.draft();
        draft.file("/settings", 0o644, Content::text("new"))?;
        let plan = draft.finish();
        if plan.is_empty() {
            return Ok(plan);
        }
        let effect = |what: &str| {
            let effect = Effect::new("host", "demo.service", format!("{what} demo"), json!(what));
            if repeatable {
                effect.repeatable()
            } else {
                effect
            }
        };
        let mut draft = cx.draft();
        draft.effect(effect("stop"));
        for change in plan.changes {
            draft.push(change);
        }
        draft.effect(effect("start"));
        Ok(draft.finish())
    };
    Workflow::new("demo")
        .phase(Node::new("service", "Settings").run(phase))
        .build()
        .unwrap()
}

#[test]
fn in_their_place_and_in_plans_not_at_all() {
    let (flow, files) = (service(false), MemFiles::new());
    let seen = Mutex::new(Vec::new());
    let port = |effect: &Effect| -> Result<(), PhaseError> {
        let there = files.stat("/settings").unwrap().is_some();
        seen.lock().unwrap().push((effect.data().clone(), there));
        Ok(())
    };
    let runner = Runner::new(&flow, &files).port("host", &port);
    let plan = runner.plan(&()).unwrap();
    assert_eq!(
        plan.to_string(),
        "service: planned\n  * stop demo\n  + write /settings (0644, 3 bytes)\n  * start demo\n"
    );
    assert!(seen.lock().unwrap().is_empty());
    assert_eq!(runner.run(&()).unwrap().changes(), 3);
    assert_eq!(
        *seen.lock().unwrap(),
        [(json!("stop"), false), (json!("start"), true)]
    );
    assert!(runner.plan(&()).unwrap().is_empty());
}

#[test]
fn a_transient_failure_is_tried_again_from_where_it_was() {
    let (flow, files, clock) = (service(false), MemFiles::new(), ManualClock::at(0));
    let seen = Mutex::new(Vec::new());
    let port = |effect: &Effect| -> Result<(), PhaseError> {
        let mut seen = seen.lock().unwrap();
        seen.push(effect.data().clone());
        if seen.len() == 2 {
            return Err(PhaseError::transient("host.busy", "busy"));
        }
        Ok(())
    };
    Runner::new(&flow, &files)
        .clock(&clock)
        .port("host", &port)
        .run(&())
        .unwrap();
    assert_eq!(
        *seen.lock().unwrap(),
        [json!("stop"), json!("start"), json!("start")]
    );
}

#[test]
fn without_a_port_nothing_is_half_done_silently() {
    let (flow, files) = (service(false), MemFiles::new());
    let failure = Runner::new(&flow, &files).run(&()).unwrap_err();
    let RunError::Phase { error, .. } = failure.error else {
        panic!()
    };
    assert_eq!(
        (error.class, error.code.as_ref()),
        (ErrorClass::Fatal, "effect.no-port")
    );
    assert!(files.stat("/settings").unwrap().is_none());
}

#[test]
fn a_crash_before_the_last_effect_repeats_what_may_be_repeated() {
    for repeatable in [true, false] {
        let (flow, files, journal) = (service(repeatable), MemFiles::new(), MemJournal::new());
        let config = Digest::of(b"");
        let seen = Mutex::new(Vec::new());
        let crash = |effect: &Effect| -> Result<(), PhaseError> {
            assert!(effect.data() != "start", "the machine goes down");
            Ok(())
        };
        let run = AssertUnwindSafe(|| {
            Runner::new(&flow, &files)
                .journal(&journal, config)
                .port("host", &crash)
                .run(&())
        });
        catch_unwind(run).unwrap_err();
        let port = |effect: &Effect| -> Result<(), PhaseError> {
            seen.lock().unwrap().push(effect.data().clone());
            Ok(())
        };
        let runner = Runner::new(&flow, &files)
            .journal(&journal, config)
            .port("host", &port);
        assert!(runner.run(&()).unwrap().resumed);
        let expected = if repeatable {
            vec![json!("stop"), json!("start")]
        } else {
            Vec::new()
        };
        assert_eq!(*seen.lock().unwrap(), expected);
        assert_eq!(files.read("/settings").unwrap(), b"new");
    }
}

#[test]
fn what_is_private_is_not_in_the_journal() {
    let phase = |cx: &Cx<'_, ()>| -> Result<Plan, PhaseError> {
        let mut draft = cx.draft();
        let effect = Effect::new("api", "Secret a", "create Secret a", json!("hunter2"));
        draft.push(Change::Effect(effect.private().repeatable()));
        Ok(draft.finish())
    };
    let flow = Workflow::new("demo")
        .phase(Node::new("secret", "").run(phase))
        .build()
        .unwrap();
    let (files, journal) = (MemFiles::new(), MemJournal::new());
    let port = |_: &Effect| -> Result<(), PhaseError> { Ok(()) };
    Runner::new(&flow, &files)
        .journal(&journal, Digest::of(b""))
        .port("api", &port)
        .run(&())
        .unwrap();
    let text = serde_json::to_string(&journal.load().unwrap()).unwrap();
    assert!(
        text.contains("create Secret a") && !text.contains("hunter2"),
        "{text}"
    );
}
