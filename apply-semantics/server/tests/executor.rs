//! The server as an executor of operations, without HTTP.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test"
)]

use apply_semantics::{
    op::{
        ApplyOptions, Conflict, DeleteOptions, Effect, Executor, ListOptions, Operation, Outcome,
        Propagation, Reason, Recorder, Refusal, Replay, ResourceRef, WriteOptions,
    },
    patch::{Patch, PatchType},
};
use apply_server::{FaultRule, ManualClock, Server, Snapshot};
use serde_json::{Value, json};

fn config(name: &str, color: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"namespace": "default", "name": name}, "data": {"color": color}})
}

fn configs() -> ResourceRef {
    ResourceRef::of_kind("v1", "ConfigMap")
}

fn apply(server: &Server, object: Value, manager: &str) -> Result<Outcome, Refusal> {
    server.execute(&Operation::apply_object(object, ApplyOptions::new(manager)).unwrap())
}

fn get(server: &Server, name: &str) -> Result<Value, Refusal> {
    let target = configs().within("default").named(name);
    server
        .execute(&Operation::get(target))
        .map(|outcome| outcome.into_object().unwrap())
}

#[test]
fn apply_tells_what_it_did() {
    let server = Server::new();
    let effect = |outcome: Result<Outcome, Refusal>| outcome.unwrap().effect().unwrap();
    assert_eq!(
        effect(apply(&server, config("a", "red"), "m")),
        Effect::Created
    );
    assert_eq!(
        effect(apply(&server, config("a", "red"), "m")),
        Effect::Unchanged
    );
    assert_eq!(
        effect(apply(&server, config("a", "blue"), "m")),
        Effect::Changed
    );
    let refusal = apply(&server, config("a", "green"), "other").unwrap_err();
    let Some(Conflict::Fields(fields)) = refusal.conflict() else {
        unreachable!("{refusal:?}")
    };
    assert_eq!(fields[0].manager, "m");
    assert_eq!(fields[0].field, ".data.color");
}

#[test]
fn stale_updates_are_refused() {
    let server = Server::new();
    apply(&server, config("a", "red"), "m").unwrap();
    let old = get(&server, "a").unwrap();
    apply(&server, config("a", "blue"), "m").unwrap();
    let update = Operation::update_object(old, WriteOptions::new("u")).unwrap();
    let refusal = server.execute(&update).unwrap_err();
    assert_eq!(refusal.conflict(), Some(Conflict::Stale));
}

#[test]
fn a_dry_run_leaves_no_trace() {
    let server = Server::new();
    let before = server.revision();
    let operation = Operation::apply_object(config("a", "red"), ApplyOptions::new("m").dry_run());
    let outcome = server.execute(&operation.unwrap()).unwrap();
    assert_eq!(outcome.effect(), Some(Effect::Created));
    assert_eq!(server.revision(), before);
    assert!(get(&server, "a").unwrap_err().is_not_found());
}

#[test]
fn patches_of_all_types_are_applied() {
    let server = Server::new();
    apply(&server, config("a", "red"), "m").unwrap();
    let target = configs().within("default").named("a");
    for (kind, content) in [
        (PatchType::Merge, json!({"data": {"size": "1"}})),
        (PatchType::Strategic, json!({"data": {"size": "2"}})),
        (
            PatchType::Json,
            json!([{"op": "replace", "path": "/data/size", "value": "3"}]),
        ),
    ] {
        let patch = Operation::patch(
            target.clone(),
            Patch::new(kind, content),
            WriteOptions::new("p"),
        );
        assert_eq!(
            server.execute(&patch).unwrap().effect(),
            Some(Effect::Changed),
            "{kind}"
        );
    }
    assert_eq!(
        get(&server, "a").unwrap()["data"],
        json!({"color": "red", "size": "3"})
    );
}

#[test]
fn lists_come_in_pages_of_one_moment() {
    let server = Server::new();
    for name in ["a", "b", "c"] {
        apply(&server, config(name, "red"), "m").unwrap();
    }
    let page = |options: ListOptions| {
        let list = server.execute(&Operation::list(configs().within("default"), options));
        list.map(|outcome| outcome.into_list().unwrap())
    };
    let names = |items: &[Value]| -> Vec<String> {
        items
            .iter()
            .map(|item| item["metadata"]["name"].as_str().unwrap().to_owned())
            .collect()
    };
    let first = page(ListOptions::default().limit(2)).unwrap();
    assert_eq!(names(&first.items), ["a", "b"]);
    assert_eq!(first.remaining, Some(1));
    apply(&server, config("d", "red"), "m").unwrap();
    let token = first.continue_token.unwrap();
    let second = page(ListOptions::default().limit(2).continue_token(&token)).unwrap();
    assert_eq!(names(&second.items), ["c"], "the list is as it was");
    server.compact();
    let refusal = page(ListOptions::default().continue_token(token)).unwrap_err();
    assert_eq!(refusal.reason, Reason::Expired);
}

#[test]
fn garbage_goes_with_its_owner() {
    let server = Server::new();
    let owner = apply(&server, config("owner", "red"), "m")
        .unwrap()
        .into_object()
        .unwrap();
    let mut child = config("child", "red");
    child["metadata"]["ownerReferences"] = json!([{
        "apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": owner["metadata"]["uid"], "blockOwnerDeletion": true,
    }]);
    let delete = |name: &str, options: DeleteOptions| {
        server.execute(&Operation::delete(
            configs().within("default").named(name),
            options,
        ))
    };
    apply(&server, child.clone(), "m").unwrap();
    delete(
        "owner",
        DeleteOptions::default().propagation(Propagation::Orphan),
    )
    .unwrap();
    assert!(get(&server, "owner").is_err());
    assert!(
        get(&server, "child").unwrap()["metadata"]
            .get("ownerReferences")
            .is_none()
    );
    delete("child", DeleteOptions::default()).unwrap();

    for propagation in [Propagation::Background, Propagation::Foreground] {
        let owner = apply(&server, config("owner", "red"), "m")
            .unwrap()
            .into_object()
            .unwrap();
        child["metadata"]["ownerReferences"][0]["uid"] = owner["metadata"]["uid"].clone();
        apply(&server, child.clone(), "m").unwrap();
        delete("owner", DeleteOptions::default().propagation(propagation)).unwrap();
        assert!(get(&server, "owner").is_err(), "{propagation:?}");
        assert!(get(&server, "child").is_err(), "{propagation:?}");
    }
}

#[test]
fn finalizers_hold_an_object() {
    let server = Server::new();
    let mut object = config("a", "red");
    object["metadata"]["finalizers"] = json!(["x.io/hold"]);
    apply(&server, object, "m").unwrap();
    let target = configs().within("default").named("a");
    let outcome = server
        .execute(&Operation::delete(target, DeleteOptions::default()))
        .unwrap();
    assert!(outcome.is_pending_deletion());
    apply(&server, config("a", "red"), "m").unwrap();
    assert!(get(&server, "a").unwrap_err().is_not_found());
}

#[test]
fn a_namespace_takes_everything_along() {
    let server = Server::new();
    let namespaces = ResourceRef::of_kind("v1", "Namespace");
    apply(
        &server,
        json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "team"}}),
        "m",
    )
    .unwrap();
    let mut object = config("a", "red");
    object["metadata"]["namespace"] = json!("team");
    apply(&server, object.clone(), "m").unwrap();
    server
        .execute(&Operation::delete(
            namespaces.all().named("team"),
            DeleteOptions::default(),
        ))
        .unwrap();
    assert!(
        server
            .execute(&Operation::get(configs().within("team").named("a")))
            .is_err()
    );
    let refusal = apply(&server, object, "m").unwrap_err();
    assert_eq!(refusal.message, "namespaces \"team\" not found");
}

#[test]
fn lost_answers_are_done_nevertheless() {
    let server = Server::new();
    server.inject(FaultRule::lost_answer().verb("apply").times(1));
    let refusal = apply(&server, config("a", "red"), "m").unwrap_err();
    assert!(refusal.is_outcome_unknown());
    assert!(get(&server, "a").is_ok());
    assert_eq!(server.requests().verb("apply").refused().count(), 1);
    server.inject(FaultRule::conflict().resource("configmaps").after(1));
    assert!(get(&server, "a").is_ok());
    assert!(get(&server, "a").is_err());
    server.clear_faults();
    assert!(get(&server, "a").is_ok());
}

#[test]
fn a_snapshot_brings_everything_back() {
    let server = Server::new();
    apply(&server, config("a", "red"), "m").unwrap();
    let snapshot = server.snapshot();
    let text = snapshot.to_json();
    apply(&server, config("b", "red"), "m").unwrap();
    server.restore(&snapshot);
    assert!(get(&server, "b").is_err());
    let other = Server::builder().from_snapshot(&Snapshot::from_json(&text).unwrap());
    assert_eq!(get(&other, "a"), get(&server, "a"));
    let again = |server: &Server| {
        apply(server, config("c", "red"), "m")
            .unwrap()
            .into_object()
            .unwrap()["metadata"]["uid"]
            .clone()
    };
    assert_eq!(
        again(&server),
        again(&other),
        "identifiers go on from the same place"
    );
}

#[test]
fn what_was_answered_is_on_the_disk() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("objects");
    let open = || {
        Server::builder()
            .clock(ManualClock::at(1_700_000_000))
            .persistent(&file)
    };
    let server = open().unwrap();
    apply(&server, config("a", "red"), "m").unwrap();
    apply(&server, config("b", "red"), "m").unwrap();
    server
        .execute(&Operation::delete(
            configs().within("default").named("b"),
            DeleteOptions::default(),
        ))
        .unwrap();
    let (a, revision) = (get(&server, "a").unwrap(), server.revision());
    drop(server);
    // A write that was cut short was never answered.
    let mut text = std::fs::read(&file).unwrap();
    text.extend_from_slice(b"{\"revision\":999,\"tab");
    std::fs::write(&file, text).unwrap();
    let server = open().unwrap();
    assert_eq!(get(&server, "a").unwrap(), a);
    assert!(get(&server, "b").is_err());
    assert_eq!(server.revision(), revision);
    let c = apply(&server, config("c", "red"), "m")
        .unwrap()
        .into_object()
        .unwrap();
    assert_ne!(c["metadata"]["uid"], a["metadata"]["uid"]);
    drop(server);
    std::fs::write(&file, "nonsense\n").unwrap();
    assert_eq!(
        open().unwrap_err().to_string().split(':').next(),
        Some("the journal is damaged at byte 0")
    );
}

#[test]
fn runs_can_be_recorded_and_replayed() {
    let mut recorder = Recorder::new(Server::new());
    let operations = [
        Operation::apply_object(config("a", "red"), ApplyOptions::new("m")).unwrap(),
        Operation::list(
            configs().within("default"),
            ListOptions::default().labels("x=y"),
        ),
        Operation::get(configs().within("default").named("nobody")),
    ];
    let answers: Vec<_> = operations
        .iter()
        .map(|operation| recorder.execute(operation))
        .collect();
    let mut replay = Replay::from_json_lines(&recorder.to_json_lines()).unwrap();
    let again: Vec<_> = operations
        .iter()
        .map(|operation| replay.execute(operation))
        .collect();
    assert_eq!(again, answers);
}
