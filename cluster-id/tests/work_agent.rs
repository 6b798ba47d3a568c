//! Bundles brought into a cluster by an agent: the bundle is on one API server, its objects and the ledger are on another.

#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

#[allow(dead_code, reason = "other tests use the rest")]
#[path = "support/objects.rs"]
mod objects;

use apply_semantics::op::{
    ApplyOptions, DeleteOptions, Executor as _, ObjectRef, Operation, Outcome, ResourceRef,
    WriteOptions,
};
use apply_server::Server;
use cluster_id::{
    reconcile::{Adoption, Policy, Reconciler, Run},
    work::{Agent, AgentError, Next, Pass, WORK_FINALIZER, sync},
};
use serde_json::{Value, json};

use objects::{GROUP, at, definition, map};

fn get(server: &mut Server, target: &ObjectRef) -> Option<Value> {
    let answer = server.execute(&Operation::get(target.clone())).ok();
    answer.and_then(Outcome::into_object)
}

fn work_ref() -> ObjectRef {
    let works = ResourceRef::new(GROUP, "v1alpha1", "works", "Work");
    works.within("eu-1").named("shop")
}

fn ledger_ref() -> ObjectRef {
    let ledgers = ResourceRef::new(GROUP, "v1alpha1", "appliedworks", "AppliedWork");
    ledgers.all().named("shop")
}

fn apply(server: &mut Server, object: &Value, manager: &str) {
    let options = ApplyOptions::new(manager).force();
    let apply = Operation::apply_object(object.clone(), options).unwrap();
    server.execute(&apply).unwrap();
}

/// The condition of that type, as `status reason: message`.
fn condition(conditions: &Value, kind: &str) -> String {
    let mut found = conditions.as_array().unwrap().iter();
    let found = found.find(|condition| condition["type"] == kind).unwrap();
    let text = |field: &str| found[field].as_str().unwrap();
    format!("{} {}: {}", text("status"), text("reason"), text("message"))
}

struct World {
    hub: Server,
    spoke: Server,
    agent: Agent,
    now: i64,
}

impl World {
    fn new() -> Self {
        let (mut hub, mut spoke) = (Server::new(), Server::new());
        let namespace =
            json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "eu-1"}});
        apply(&mut hub, &namespace, "admin");
        apply(
            &mut hub,
            &definition("works", "Work", "Namespaced"),
            "admin",
        );
        apply(
            &mut spoke,
            &definition("appliedworks", "AppliedWork", "Cluster"),
            "admin",
        );
        let mut policy = Policy::new("work-agent", "");
        policy.most_deleted = None;
        let agent = Agent::new(Reconciler::new(policy));
        let now = 0;
        Self {
            hub,
            spoke,
            agent,
            now,
        }
    }

    fn publish(&mut self, manifests: &[Value]) {
        let work = json!({
            "apiVersion": format!("{GROUP}/v1alpha1"), "kind": "Work",
            "metadata": {"name": "shop", "namespace": "eu-1"},
            "spec": {"workload": {"manifests": manifests}},
        });
        let options = ApplyOptions::new("publisher").force();
        let apply = Operation::apply(work_ref(), work, options);
        self.hub.execute(&apply).unwrap();
    }

    fn try_sync(&mut self) -> Result<Pass, AgentError> {
        let mut pass = self.agent.begin("eu-1", "shop");
        loop {
            self.now += 1;
            let now = at(self.now);
            match sync(&mut pass, &mut self.hub, &mut self.spoke, now)? {
                Run::Done => return Ok(pass),
                Run::Waiting(waiting) => self.now = waiting.until.unix() - at(0).unix(),
                other => panic!("{other:?}"),
            }
        }
    }

    fn sync(&mut self) {
        self.try_sync().unwrap();
    }

    fn work(&mut self) -> Option<Value> {
        get(&mut self.hub, &work_ref())
    }

    fn status(&mut self) -> Value {
        self.work().unwrap()["status"].clone()
    }

    fn map(&mut self, name: &str) -> Option<Value> {
        get(&mut self.spoke, &ObjectRef::of(&map(name, "")).unwrap())
    }

    /// The objects that the ledger names, with what it says of their uids.
    fn ledger(&mut self) -> Option<Vec<(String, String)>> {
        let ledger = get(&mut self.spoke, &ledger_ref())?;
        let resources = ledger["status"]["appliedResources"].as_array().cloned();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let resources = resources.unwrap_or_default();
        let resources = resources.iter();
        Some(
            resources
                .map(|one| (text(&one["name"]), text(&one["uid"])))
                .collect(),
        )
    }

    fn uid(&mut self, name: &str) -> String {
        let map = self.map(name).unwrap();
        map["metadata"]["uid"].as_str().unwrap().to_owned()
    }

    /// What was written in both clusters since the last time.
    fn writes(&mut self) -> usize {
        let writes = |server: &mut Server| {
            let requests = server.requests().into_iter();
            let count = requests.filter(|request| request.verb != "get").count();
            server.forget_requests();
            count
        };
        writes(&mut self.hub) + writes(&mut self.spoke)
    }
}

#[test]
fn a_bundle_is_applied_and_then_left_alone() {
    let mut world = World::new();
    world.publish(&[map("a", "1"), map("b", "1")]);
    world.sync();
    let work = world.work().unwrap();
    assert_eq!(work["metadata"]["finalizers"], json!([WORK_FINALIZER]));
    let conditions = &work["status"]["conditions"];
    assert_eq!(
        condition(conditions, "Applied"),
        "True AppliedWorkComplete: all 2 manifests are applied"
    );
    assert!(condition(conditions, "Available").starts_with("True AsExpected"));
    let second = &work["status"]["manifestConditions"][1];
    let identifier = json!({"ordinal": 1, "version": "v1", "kind": "ConfigMap",
        "resource": "configmaps", "namespace": "default", "name": "b"});
    assert_eq!(second["identifier"], identifier);
    assert!(condition(&second["conditions"], "Applied").starts_with("True"));
    let expected = ["a", "b"].map(|name| (name.to_owned(), world.uid(name)));
    assert_eq!(world.ledger().unwrap(), expected);

    world.writes();
    world.sync();
    assert_eq!(world.writes(), 0);

    // What others write stays, and a change of the bundle is one of the object.
    let mut label = map("a", "");
    label.as_object_mut().unwrap().remove("data");
    label["metadata"]["labels"] = json!({"team": "blue"});
    apply(&mut world.spoke, &label, "labeller");
    world.publish(&[map("a", "2"), map("b", "1")]);
    world.sync();
    let changed = world.map("a").unwrap();
    assert_eq!(
        (
            &changed["data"]["value"],
            &changed["metadata"]["labels"]["team"]
        ),
        (&json!("2"), &json!("blue"))
    );
}

#[test]
fn what_no_manifest_names_is_deleted() {
    let mut world = World::new();
    world.publish(&[map("a", "1"), map("b", "1")]);
    world.sync();
    world.publish(&[map("b", "1")]);
    world.sync();
    assert_eq!(world.map("a"), None);
    let expected = [("b".to_owned(), world.uid("b"))];
    assert_eq!(world.ledger().unwrap(), expected);

    // An object of that name that somebody else made meanwhile is not the one that was applied.
    let target = ObjectRef::of(&map("b", "")).unwrap();
    let delete = Operation::delete(target, DeleteOptions::default());
    world.spoke.execute(&delete).unwrap();
    apply(&mut world.spoke, &map("b", "theirs"), "somebody");
    world.publish(&[]);
    world.sync();
    assert_eq!(world.map("b").unwrap()["data"]["value"], "theirs");
    assert_eq!(world.ledger().unwrap(), []);
}

#[test]
fn a_bundle_that_is_deleted_is_cleared_away() {
    let mut world = World::new();
    world.publish(&[map("a", "1"), map("b", "1")]);
    world.sync();
    let mut held = map("b", "");
    held.as_object_mut().unwrap().remove("data");
    held["metadata"]["finalizers"] = json!(["example.com/holder"]);
    apply(&mut world.spoke, &held, "holder");
    let delete = Operation::delete(work_ref(), DeleteOptions::default());
    world.hub.execute(&delete).unwrap();
    world.sync();
    // The bundle stays as long as something of it is there, and says what.
    assert_eq!(world.map("a"), None);
    let degraded = condition(&world.status()["conditions"], "Degraded");
    assert!(
        degraded.starts_with("True CleanupFailed: ConfigMap default/b"),
        "{degraded}"
    );
    assert_eq!(world.ledger().unwrap().len(), 1);

    held["metadata"]["finalizers"] = json!([]);
    apply(&mut world.spoke, &held, "holder");
    world.sync();
    assert_eq!(
        (world.map("b"), world.ledger(), world.work()),
        (None, None, None)
    );
    world.writes();
    world.sync();
    assert_eq!(world.writes(), 0);
}

#[test]
fn a_bundle_that_is_gone_is_cleared_away() {
    let mut world = World::new();
    world.publish(&[map("a", "1")]);
    world.sync();
    let mut work = world.work().unwrap();
    work["metadata"]["finalizers"] = json!([]);
    let update = Operation::update(work_ref(), work, WriteOptions::new("admin"));
    world.hub.execute(&update).unwrap();
    let delete = Operation::delete(work_ref(), DeleteOptions::default());
    world.hub.execute(&delete).unwrap();
    assert_eq!(world.work(), None);
    world.sync();
    assert_eq!((world.map("a"), world.ledger()), (None, None));
}

#[test]
fn what_is_not_ours_is_left_and_reported() {
    let mut world = World::new();
    apply(&mut world.spoke, &map("a", "theirs"), "somebody");
    world.publish(&[map("a", "1"), map("b", "1")]);
    world.sync();
    let status = world.status();
    assert_eq!(
        condition(&status["conditions"], "Applied"),
        "False AppliedWorkFailed: manifest 0: it is there and not ours"
    );
    let of = |place: usize| &status["manifestConditions"][place]["conditions"];
    assert_eq!(
        condition(of(0), "Applied"),
        "False AppliedManifestFailed: it is there and not ours"
    );
    assert!(condition(of(1), "Applied").starts_with("True"));
    let expected = [("b".to_owned(), world.uid("b"))];
    assert_eq!(world.ledger().unwrap(), expected);

    // Taken over without force: the fields of the other manager are a conflict, by name.
    world.agent.reconciler.policy.adoption = Adoption::AdoptIfNoInventory;
    world.sync();
    let applied = condition(&world.status()["conditions"], "Applied");
    assert!(
        applied.contains("somebody") && applied.contains("value"),
        "{applied}"
    );
    assert_eq!(world.map("a").unwrap()["data"]["value"], "theirs");
    world.agent.reconciler.policy.force = true;
    world.sync();
    assert_eq!(world.map("a").unwrap()["data"]["value"], "1");
    assert!(condition(&world.status()["conditions"], "Applied").starts_with("True"));
}

#[test]
fn manifests_that_cannot_be_read_stop_deletions_only() {
    let mut world = World::new();
    world.publish(&[map("a", "1")]);
    world.sync();
    let nameless = json!({"apiVersion": "v1", "kind": "ConfigMap"});
    world.publish(&[nameless, map("b", "1"), map("b", "2")]);
    world.sync();
    let applied = condition(&world.status()["conditions"], "Applied");
    assert_eq!(
        applied,
        "False AppliedWorkFailed: manifest 0: metadata.name: required; \
         manifest 2: ConfigMap default/b is manifest 1 already"
    );
    assert!(world.map("a").is_some());
    assert_eq!(world.map("b").unwrap()["data"]["value"], "1");
    assert_eq!(world.ledger().unwrap().len(), 2);
    world.publish(&[map("b", "1")]);
    world.sync();
    assert_eq!(world.map("a"), None);
}

#[test]
fn a_pass_may_end_anywhere() {
    for steps in 0.. {
        let mut world = World::new();
        world.publish(&[map("a", "1"), map("b", "1")]);
        let mut pass = world.agent.begin("eu-1", "shop");
        let mut ended = false;
        for _ in 0..steps {
            let answer = match pass.next(at(0)) {
                Next::Hub(operation) => world.hub.execute(&operation),
                Next::Spoke(operation) => world.spoke.execute(&operation),
                _ => {
                    ended = true;
                    break;
                }
            };
            pass.answered(answer, at(0)).unwrap();
        }
        // Whatever is in the cluster is in the ledger, so that it can be cleared away even now.
        let delete = Operation::delete(work_ref(), DeleteOptions::default());
        world.hub.execute(&delete).unwrap();
        world.sync();
        let left = (world.map("a"), world.map("b"), world.ledger(), world.work());
        assert_eq!(left, (None, None, None, None), "after {steps} operations");
        if ended {
            assert!(steps > 10);
            break;
        }
    }
}

#[test]
fn the_ledger_of_another_bundle_is_not_touched() {
    let mut world = World::new();
    let ledger = json!({
        "apiVersion": format!("{GROUP}/v1alpha1"), "kind": "AppliedWork", "metadata": {"name": "shop"},
        "spec": {"workName": "shop", "workNamespace": "us-2"},
    });
    apply(&mut world.spoke, &ledger, "admin");
    world.publish(&[map("a", "1")]);
    let error = world.try_sync().unwrap_err();
    assert_eq!(
        error.to_string(),
        "AppliedWork shop: it is of the Work us-2/shop"
    );
    assert_eq!(world.map("a"), None);
}
