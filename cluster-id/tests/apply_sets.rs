//! ApplySets that kubectl and this crate manage in turns.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

use apply_semantics::{
    client_side::{self, Command, Kinds, Namespace, Options, Pruning, RunOptions},
    op::{ApplyOptions, DeleteOptions, ObjectRef, Operation, Outcome, Reason, Refusal},
};
use apply_server::{Fault, FaultRule, Server};
use cluster_id::reconcile::{
    Action, ApplySet, Ending, Inventory, ObserveError, Policy, ReconcileError, Reconciler, Record,
    Report, Run, run,
};
use componentconfig::core::Time;
use serde_json::{Value, json};

fn map(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "default"}})
}

fn secret(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "namespace": "default"}})
}

fn parent() -> ObjectRef {
    ObjectRef::of(&secret("web")).unwrap()
}

fn reconciler(tool: &str) -> Reconciler {
    let mut policy = Policy::new("deployer", "");
    policy.apply_set = Some(ApplySet::new(parent(), tool, "v1"));
    policy.most_deleted = None;
    Reconciler::new(policy)
}

fn reconcile(server: &mut Server, tool: &str, desired: &[Value]) -> Result<Report, ReconcileError> {
    let (_, mut execution) = reconciler(tool).begin(server, desired, &Inventory::default())?;
    let now = Time::from_unix(1_800_000_000).unwrap();
    assert_eq!(
        run(&mut execution, server, &mut Vec::<Record>::new(), now)?,
        Run::Done
    );
    Ok(execution.report())
}

/// `kubectl apply --server-side --prune --applyset=web`.
fn kubectl(server: &mut Server, documents: Vec<Value>) -> client_side::RunReport {
    let kinds = Kinds::builtin();
    let set = client_side::ApplySet::new("web", Some("default"), &kinds).unwrap();
    let options = RunOptions {
        pruning: Some(Pruning::ApplySet(set)),
        ..RunOptions::default()
    };
    let command = Command::Apply(Options::new().server_side());
    let namespace = Namespace::default_to("default");
    let run = client_side::Run::new(documents, &kinds, &namespace, &command, options);
    run.unwrap().execute(server)
}

fn exists(server: &Server, object: &Value) -> bool {
    server
        .execute(&Operation::get(ObjectRef::of(object).unwrap()))
        .is_ok()
}

fn kinds_of_parent(server: &Server) -> String {
    let parent = server
        .execute(&Operation::get(parent()))
        .unwrap()
        .into_object()
        .unwrap();
    let kinds = &parent["metadata"]["annotations"]["applyset.kubernetes.io/contains-group-kinds"];
    kinds.as_str().unwrap().to_owned()
}

#[test]
fn either_goes_on_where_the_other_left_off() {
    let mut server = Server::new();
    assert!(kubectl(&mut server, vec![map("a"), map("b")]).is_success());
    let report = reconcile(&mut server, "kubectl", &[map("a"), secret("c")]).unwrap();
    let endings: Vec<Ending> = report.ended.iter().map(|ended| ended.ending).collect();
    assert_eq!(
        endings,
        [Ending::Updated, Ending::Created, Ending::Deleted],
        "{report:?}"
    );
    assert!(!exists(&server, &map("b")));
    assert_eq!(kinds_of_parent(&server), "ConfigMap,Secret");

    let report = kubectl(&mut server, vec![secret("c")]);
    assert!(report.is_success(), "{report:?}");
    assert_eq!(report.pruned, [ObjectRef::of(&map("a")).unwrap()]);
    assert_eq!(kinds_of_parent(&server), "Secret");
    let report = reconcile(&mut server, "kubectl", &[]).unwrap();
    assert_eq!(report.count(Ending::Deleted), 1);
    assert_eq!(kinds_of_parent(&server), "");
}

#[test]
fn an_old_list_does_not_hide_what_is_known() {
    let (mut server, mut journal) = (Server::new(), Vec::<Record>::new());
    let reconciler = reconciler("fleet");
    let now = Time::from_unix(1_800_000_000).unwrap();
    let mut reconcile = |server: &mut Server, desired: &[Value], behind: u64| {
        if behind > 0 {
            server.inject(FaultRule::stale(behind));
        }
        let begun = reconciler.begin(server, desired, &Inventory::replay(&journal));
        server.clear_faults();
        let (_, mut execution) = begun.unwrap();
        run(&mut execution, server, &mut journal, now).unwrap();
        let report = execution.report();
        let endings = report
            .ended
            .iter()
            .map(|ended| ended.ending)
            .collect::<Vec<_>>();
        (endings, Inventory::replay(&journal))
    };
    reconcile(&mut server, &[map("a")], 0);
    let delete = Operation::delete(ObjectRef::of(&map("a")).unwrap(), DeleteOptions::default());
    server.execute(&delete).unwrap();
    let (_, known) = reconcile(&mut server, &[map("a")], 0);

    // The list shows the first object, of another uid than the one that is known.
    let (endings, still_known) = reconcile(&mut server, &[], 2);
    assert_eq!(endings, [Ending::Blocked]);
    assert_eq!(still_known, known);
    let (endings, known) = reconcile(&mut server, &[], 0);
    assert_eq!(endings, [Ending::Deleted]);
    assert!(known.is_empty() && !exists(&server, &map("a")));
}

#[test]
fn the_sets_of_other_tools_are_left_alone() {
    let mut server = Server::new();
    reconcile(&mut server, "fleet", &[map("a")]).unwrap();
    let report = kubectl(&mut server, vec![map("b")]);
    assert!(!report.is_success());
    let error = reconcile(&mut server, "other", &[]).unwrap_err();
    assert!(matches!(
        error,
        ReconcileError::Observe(ObserveError::ApplySet(_))
    ));
    assert!(exists(&server, &map("a")));

    // Nor is a member of another set taken.
    let mut theirs = map("x");
    theirs["metadata"]["labels"] = json!({"applyset.kubernetes.io/part-of": "applyset-other-v1"});
    let apply = Operation::apply_object(theirs.clone(), ApplyOptions::new("other")).unwrap();
    server.execute(&apply).unwrap();
    let report = reconcile(&mut server, "fleet", &[map("a"), map("x")]).unwrap();
    assert_eq!(report.ended[1].ending, Ending::Blocked);
    let get = Operation::get(ObjectRef::of(&theirs).unwrap());
    let live = server.execute(&get).unwrap().into_object().unwrap();
    assert_eq!(live["metadata"]["labels"], theirs["metadata"]["labels"]);
}

#[test]
fn the_parent_knows_before_there_is_an_object_and_after_it_is_gone() {
    // No object is written if the parent cannot be.
    let mut server = Server::new();
    let refusal = || FaultRule::new(Fault::Refuse(Refusal::new(Reason::Forbidden, "no")));
    server.inject(refusal().verb("apply").resource("secrets"));
    let report = reconcile(&mut server, "fleet", &[map("a")]).unwrap();
    assert_eq!(report.apply_set.as_deref(), Some("no"));
    assert_eq!(report.ended[0].ending, Ending::Blocked);
    assert!(!exists(&server, &map("a")));
    server.clear_faults();

    // A failure leaves the parent with all that there may be.
    reconcile(&mut server, "fleet", &[map("a"), map("b")]).unwrap();
    server.inject(refusal().verb("delete").resource("configmaps").name("a"));
    let report = reconcile(&mut server, "fleet", &[secret("c")]).unwrap();
    assert_eq!(report.count(Ending::Failed), 1);
    assert_eq!(kinds_of_parent(&server), "ConfigMap,Secret");
    server.clear_faults();
    let report = reconcile(&mut server, "fleet", &[secret("c")]).unwrap();
    assert!(report.is_success());
    assert_eq!(kinds_of_parent(&server), "Secret");
    server.forget_requests();
    let report = reconcile(&mut server, "fleet", &[secret("c")]).unwrap();
    assert_eq!(report.ended[0].action, Action::NoOp);
    assert!(
        server
            .requests()
            .iter()
            .all(|request| matches!(request.verb, "get" | "list"))
    );
}

#[test]
fn custom_parents_need_permission_and_have_to_be_there() {
    let mut server = Server::new();
    let schema = json!({"openAPIV3Schema": {"type": "object"}});
    let mut definition = json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "sets.example.com"},
        "spec": {"group": "example.com", "scope": "Cluster",
            "names": {"plural": "sets", "kind": "Set", "singular": "set"},
            "versions": [{"name": "v1", "served": true, "storage": true, "schema": schema}]},
    });
    let custom =
        json!({"apiVersion": "example.com/v1", "kind": "Set", "metadata": {"name": "web"}});
    let mut reconciler = reconciler("fleet");
    let parent = ObjectRef::of(&custom).unwrap();
    reconciler.policy.apply_set = Some(ApplySet::new(parent, "fleet", "v1"));
    let apply = |server: &Server, object: &Value| {
        let apply = Operation::apply_object(object.clone(), ApplyOptions::new("admin")).unwrap();
        server.execute(&apply).map(Outcome::into_object).unwrap()
    };
    let begin = |server: &mut Server| {
        let begun = reconciler.begin(server, &[map("a")], &Inventory::default());
        begun.map(|_| ()).map_err(|error| error.to_string())
    };
    apply(&server, &definition);
    let error = begin(&mut server).unwrap_err();
    assert!(
        error.contains("sets.example.com may not be parents"),
        "{error}"
    );
    definition["metadata"]["labels"] = json!({"applyset.kubernetes.io/is-parent-type": "true"});
    apply(&server, &definition);
    let error = begin(&mut server).unwrap_err();
    assert!(error.contains("does not exist"), "{error}");
    let mut mine = custom;
    mine["metadata"]["annotations"] = json!({
        "applyset.kubernetes.io/tooling": "fleet/v0",
        "applyset.kubernetes.io/contains-group-kinds": "",
    });
    let id = reconciler.policy.apply_set.as_ref().unwrap().id();
    mine["metadata"]["labels"] = json!({"applyset.kubernetes.io/id": id});
    apply(&server, &mine);
    begin(&mut server).unwrap();
}
