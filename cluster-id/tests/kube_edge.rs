//! Plans and passes carried out through kube clients, each against a server without a network.

#![cfg(feature = "kube")]
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on fails"
)]

#[allow(dead_code, reason = "other tests use the rest")]
#[path = "support/objects.rs"]
mod objects;

use apply_semantics::op::{ApplyOptions, KubeExecutor, ObjectRef, Operation, Outcome, ResourceRef};
use apply_server::{FaultRule, Server};
use cluster_id::{
    reconcile::{
        Ending, Execution, Inventory, Observation, Policy, Reconciler, Record, Run, observe_async,
        run_async,
    },
    work::{Agent, WORK_FINALIZER, sync_async},
};
use kube::Client;
use serde_json::{Value, json};

use objects::{GROUP, at, definition, deployment, map};

fn through_kube(server: &Server) -> KubeExecutor {
    KubeExecutor::new(Client::new(server.clone(), "default"))
}

fn get(server: &Server, target: ObjectRef) -> Option<Value> {
    let answer = server.execute(&Operation::get(target)).ok();
    answer.and_then(Outcome::into_object)
}

fn apply(server: &Server, object: Value, manager: &str) {
    let apply = Operation::apply_object(object, ApplyOptions::new(manager).force()).unwrap();
    server.execute(&apply).unwrap();
}

fn reconciler(id: &str) -> Reconciler {
    let mut policy = Policy::new("deployer", id);
    policy.most_deleted = None;
    Reconciler::new(policy)
}

/// Reconciles through kube, and waits for what has to be waited for.
async fn reconcile(server: &Server, journal: &mut Vec<Record>, desired: &[Value]) -> Execution {
    let (api, reconciler) = (through_kube(server), reconciler("shop"));
    let inventory = Inventory::replay(&*journal);
    let observation = Observation::new(desired, &inventory, &reconciler.policy, &reconciler.kinds);
    let observed = observe_async(&api, observation).await.unwrap();
    let (_, mut execution) = reconciler.plan(desired, &observed).unwrap();
    let mut now = at(0);
    loop {
        match run_async(&mut execution, &api, journal, now).await.unwrap() {
            Run::Done => return execution,
            Run::Waiting(waiting) => now = waiting.until,
            other => panic!("{other:?}"),
        }
    }
}

fn endings(execution: &Execution) -> Vec<(String, Ending)> {
    let ended = execution.report().ended.into_iter();
    ended
        .map(|ended| (ended.object.name, ended.ending))
        .collect()
}

#[tokio::test]
async fn plans_are_carried_out_through_kube() {
    let (server, mut journal) = (Server::new(), Vec::new());
    let mut check = async |desired: &[Value], expected: &[(&str, Ending)]| {
        let execution = reconcile(&server, &mut journal, desired).await;
        let expected = expected
            .iter()
            .map(|(name, ending)| ((*name).to_owned(), *ending));
        assert_eq!(endings(&execution), expected.collect::<Vec<_>>());
        assert_eq!(execution.inventory(), &Inventory::replay(&journal));
    };
    // The first apply is refused for the moment, and the answer to the second gets lost.
    server.inject(FaultRule::too_many_requests(3).verb("apply").times(1));
    server.inject(FaultRule::lost_answer().verb("apply").after(1).times(1));
    let first = [map("a", "1"), deployment("web", "web")];
    check(&first, &[("a", Ending::Created), ("web", Ending::Created)]).await;
    check(
        &first,
        &[("a", Ending::Unchanged), ("web", Ending::Unchanged)],
    )
    .await;
    // A selector cannot be changed.
    let second = [map("a", "2"), deployment("shop", "web")];
    check(
        &second,
        &[("a", Ending::Updated), ("web", Ending::Recreated)],
    )
    .await;
    // A conflict is told as it is by a server that is asked directly.
    apply(&server, map("a", "theirs"), "somebody");
    check(
        &second[..1],
        &[("a", Ending::Blocked), ("web", Ending::Blocked)],
    )
    .await;
    check(
        &second[1..],
        &[("web", Ending::Unchanged), ("a", Ending::Deleted)],
    )
    .await;
    check(&[], &[("web", Ending::Deleted)]).await;
    let target = ObjectRef::of(&deployment("shop", "web")).unwrap();
    assert_eq!(get(&server, target), None);
}

#[tokio::test]
async fn bundles_are_brought_from_hub_to_spoke_through_kube() {
    let (hub, spoke) = (Server::new(), Server::new());
    let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "eu-1"}});
    apply(&hub, namespace, "admin");
    apply(&hub, definition("works", "Work", "Namespaced"), "admin");
    let ledgers = definition("appliedworks", "AppliedWork", "Cluster");
    apply(&spoke, ledgers, "admin");

    let works = ResourceRef::new(GROUP, "v1alpha1", "works", "Work");
    let target = works.within("eu-1").named("shop");
    let publish = |manifests: &[Value]| {
        let work = json!({
            "apiVersion": format!("{GROUP}/v1alpha1"), "kind": "Work",
            "metadata": {"name": "shop", "namespace": "eu-1"},
            "spec": {"workload": {"manifests": manifests}},
        });
        let options = ApplyOptions::new("publisher").force();
        let apply = Operation::apply(target.clone(), work, options);
        hub.execute(&apply).unwrap();
    };
    let agent = Agent::new(reconciler(""));
    let mut now = at(0);
    let mut sync = async || {
        let mut pass = agent.begin("eu-1", "shop");
        let (hub, spoke) = (through_kube(&hub), through_kube(&spoke));
        while let Run::Waiting(waiting) = sync_async(&mut pass, &hub, &spoke, now).await.unwrap() {
            now = waiting.until;
        }
    };
    let value = |name: &str| {
        let found = get(&spoke, ObjectRef::of(&map(name, "")).unwrap());
        found.map(|found| found.pointer("/data/value").cloned().unwrap_or_default())
    };

    publish(&[map("a", "1"), map("b", "1")]);
    sync().await;
    assert_eq!(
        (value("a"), value("b")),
        (Some(json!("1")), Some(json!("1")))
    );
    let work = get(&hub, target.clone()).unwrap();
    assert_eq!(
        work.pointer("/metadata/finalizers"),
        Some(&json!([WORK_FINALIZER]))
    );
    let conditions = work.pointer("/status/conditions").and_then(Value::as_array);
    let applied = conditions.into_iter().flatten();
    let mut applied = applied.filter(|condition| condition.get("type") == Some(&json!("Applied")));
    let applied = applied.next().and_then(|condition| condition.get("status"));
    assert_eq!(applied, Some(&json!("True")));

    publish(&[map("a", "2")]);
    sync().await;
    assert_eq!((value("a"), value("b")), (Some(json!("2")), None));

    hub.execute(&Operation::delete(
        target.clone(),
        apply_semantics::op::DeleteOptions::default(),
    ))
    .unwrap();
    sync().await;
    assert_eq!(value("a"), None);
    assert_eq!(get(&hub, target), None);
}
