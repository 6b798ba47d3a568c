//! Plans carried out on an API server, and what becomes of them when something goes wrong.

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
    ApplyOptions, DeleteOptions, ObjectRef, Operation, Outcome, Reason, Refusal,
};
use apply_server::{Fault, FaultRule, Server};
use cluster_id::reconcile::{
    Action, Adoption, Ending, Execution, Inventory, Next, OWNING_INVENTORY, ObjectId, Policy,
    Reconciler, Record, Recreation, Report, Run, run,
};
use serde_json::{Value, json};

use objects::{at, deployment, map};

fn reconciler() -> Reconciler {
    let mut policy = Policy::new("deployer", "shop");
    policy.most_deleted = None;
    Reconciler::new(policy)
}

/// A server, and what a reconciler keeps.
struct World {
    server: Server,
    journal: Vec<Record>,
    now: i64,
}

impl World {
    fn new() -> Self {
        Self {
            server: Server::new(),
            journal: Vec::new(),
            now: 0,
        }
    }

    /// Reconciles, and waits for what has to be waited for.
    fn reconcile(&mut self, reconciler: &Reconciler, desired: &[Value]) -> Report {
        let inventory = Inventory::replay(&self.journal);
        let begun = reconciler.begin(&mut self.server, desired, &inventory);
        let (_, mut execution) = begun.unwrap();
        loop {
            let now = at(self.now);
            match run(&mut execution, &mut self.server, &mut self.journal, now).unwrap() {
                Run::Done => break,
                Run::Waiting(waiting) => {
                    assert!(waiting.until > now && !waiting.reasons.is_empty());
                    self.now = waiting.until.unix() - at(0).unix();
                }
                other => panic!("{other:?}"),
            }
        }
        let replayed = Inventory::replay(&self.journal);
        assert_eq!(execution.inventory(), &replayed);
        execution.report()
    }

    fn get(&mut self, manifest: &Value) -> Option<Value> {
        let get = Operation::get(ObjectRef::of(manifest).unwrap());
        self.server
            .execute(&get)
            .ok()
            .and_then(Outcome::into_object)
    }

    fn apply(&mut self, manifest: &Value, manager: &str) -> Value {
        let options = ApplyOptions::new(manager).force();
        let apply = Operation::apply_object(manifest.clone(), options).unwrap();
        self.server.execute(&apply).unwrap().into_object().unwrap()
    }

    fn patch_finalizers(&mut self, manifest: &Value, finalizers: &Value) {
        let mut bare = manifest.clone();
        bare.as_object_mut()
            .unwrap()
            .retain(|key, _| key != "data" && key != "spec");
        bare["metadata"]["finalizers"] = finalizers.clone();
        self.apply(&bare, "holder");
    }
}

fn endings(report: &Report) -> Vec<(&str, Ending)> {
    let ended = report.ended.iter();
    ended
        .map(|ended| (ended.object.name.as_str(), ended.ending))
        .collect()
}

#[test]
fn objects_are_created_changed_and_deleted() {
    let mut world = World::new();
    let reconciler = reconciler();
    let report = world.reconcile(&reconciler, &[map("a", "1"), map("b", "1")]);
    assert_eq!(
        endings(&report),
        [("a", Ending::Created), ("b", Ending::Created)]
    );
    let report = world.reconcile(&reconciler, &[map("a", "2"), map("c", "1")]);
    let expected = [
        ("a", Ending::Updated),
        ("c", Ending::Created),
        ("b", Ending::Deleted),
    ];
    assert_eq!(endings(&report), expected);
    assert_eq!(world.get(&map("b", "")), None);
    assert_eq!(world.get(&map("a", "")).unwrap()["data"]["value"], "2");

    let written = world.journal.len();
    world.server.forget_requests();
    let report = world.reconcile(&reconciler, &[map("a", "2"), map("c", "1")]);
    let expected = [("a", Ending::Unchanged), ("c", Ending::Unchanged)];
    assert_eq!(endings(&report), expected);
    assert_eq!(world.journal.len(), written);
    assert!(report.is_success());
}

#[test]
fn what_cannot_be_changed_is_replaced_once_it_is_gone() {
    let mut world = World::new();
    let reconciler = reconciler();
    world.reconcile(&reconciler, &[deployment("web", "web:1")]);
    world.patch_finalizers(&deployment("web", ""), &json!(["example.com/hold"]));
    let before = world.get(&deployment("web", "")).unwrap();

    // It waits for the finalizer, and gives up in the end.
    let report = world.reconcile(&reconciler, &[deployment("shop", "web:1")]);
    assert_eq!(endings(&report), [("web", Ending::Failed)]);
    let why = &report.ended[0].reasons[0];
    assert_eq!(
        why,
        "it is being deleted; finalizers: [example.com/hold], for 300 seconds"
    );

    // Once the finalizer is gone, the next run creates the new object.
    world.patch_finalizers(&deployment("web", ""), &json!([]));
    assert_eq!(world.get(&before), None);
    let report = world.reconcile(&reconciler, &[deployment("shop", "web:1")]);
    assert_eq!(endings(&report), [("web", Ending::Created)]);
    let after = world.get(&before).unwrap();
    assert_eq!(after["spec"]["selector"]["matchLabels"]["app"], "shop");
    assert_ne!(after["metadata"]["uid"], before["metadata"]["uid"]);

    let report = world.reconcile(&reconciler, &[deployment("web", "web:1")]);
    assert_eq!(endings(&report), [("web", Ending::Recreated)]);
}

#[test]
fn a_deletion_that_has_begun_is_not_begun_again() {
    let mut world = World::new();
    let reconciler = reconciler();
    world.reconcile(&reconciler, &[map("a", "1")]);
    world.patch_finalizers(&map("a", ""), &json!(["example.com/hold"]));
    world.reconcile(&reconciler, &[]);
    world.server.forget_requests();
    let report = world.reconcile(&reconciler, &[]);
    assert_eq!(report.ended[0].action, Action::Await);
    let deletions = world.server.requests();
    assert!(deletions.iter().all(|request| request.verb != "delete"));
}

/// A replacement that the server refuses: the selector does not match the labels of the template.
fn impossible() -> Value {
    let mut broken = deployment("shop", "web:1");
    broken["spec"]["template"]["metadata"]["labels"] = json!({"app": "other"});
    broken
}

#[test]
fn what_was_there_comes_back_if_its_replacement_is_refused() {
    let mut world = World::new();
    let reconciler = reconciler();
    world.reconcile(&reconciler, &[deployment("web", "web:1")]);
    let report = world.reconcile(&reconciler, &[impossible()]);
    assert_eq!(endings(&report), [("web", Ending::Restored)]);
    let restored = world.get(&impossible()).unwrap();
    assert_eq!(restored["spec"]["selector"]["matchLabels"]["app"], "web");

    // The same manifest is not tried again, another one is.
    let report = world.reconcile(&reconciler, &[impossible()]);
    assert_eq!(endings(&report), [("web", Ending::Blocked)]);
    let uid = |world: &mut World| world.get(&impossible()).unwrap()["metadata"]["uid"].clone();
    assert_eq!(uid(&mut world), restored["metadata"]["uid"]);
    let report = world.reconcile(&reconciler, &[deployment("shop", "web:1")]);
    assert_eq!(endings(&report), [("web", Ending::Recreated)]);
    let report = world.reconcile(&reconciler, &[deployment("shop", "web:2")]);
    assert_eq!(endings(&report), [("web", Ending::Updated)]);
}

#[test]
fn a_refusal_is_no_reason_to_recreate() {
    for reason in [Reason::Invalid, Reason::Forbidden, Reason::BadRequest] {
        let mut world = World::new();
        let mut reconciler = reconciler();
        reconciler.policy.recreation = Recreation::Always;
        world.reconcile(&reconciler, &[deployment("web", "web:1"), map("old", "1")]);
        let refusal = Refusal::new(reason, "field is immutable");
        let rule = FaultRule::new(Fault::Refuse(refusal));
        world
            .server
            .inject(rule.verb("apply").resource("deployments"));
        let report = world.reconcile(&reconciler, &[deployment("web", "web:2")]);
        // Nothing else is deleted either.
        let expected = [("web", Ending::Failed), ("old", Ending::Blocked)];
        assert_eq!(endings(&report), expected, "{reason:?}");
        let deleted = world
            .server
            .requests()
            .iter()
            .any(|request| request.verb == "delete");
        assert!(!deleted);
    }
}

#[test]
fn what_the_server_does_not_get_done_is_tried_again() {
    let mut world = World::new();
    let reconciler = reconciler();
    world
        .server
        .inject(FaultRule::too_many_requests(7).verb("apply").times(1));
    let report = world.reconcile(&reconciler, &[map("a", "1")]);
    assert_eq!(endings(&report), [("a", Ending::Created)]);
    assert_eq!(world.now, 7);

    // An answer that got lost: it is there, and is ours.
    world
        .server
        .inject(FaultRule::lost_answer().verb("apply").times(1));
    world
        .server
        .inject(FaultRule::lost_answer().verb("delete").times(1));
    let report = world.reconcile(&reconciler, &[map("b", "1")]);
    assert_eq!(
        endings(&report),
        [("b", Ending::Created), ("a", Ending::Deleted)]
    );
    assert_eq!(Inventory::replay(&world.journal).len(), 1);

    world.server.inject(FaultRule::unavailable().verb("apply"));
    let report = world.reconcile(&reconciler, &[map("b", "2")]);
    assert_eq!(endings(&report), [("b", Ending::Failed)]);
}

#[test]
fn what_somebody_else_does_meanwhile_is_theirs() {
    // Somebody creates the object between plan and execution.
    let mut world = World::new();
    let reconciler = reconciler();
    let begun = reconciler.begin(&mut world.server, &[map("a", "1")], &Inventory::default());
    let (_, mut execution) = begun.unwrap();
    let mut theirs = map("a", "1");
    theirs["data"]["more"] = json!("theirs");
    let before = world.apply(&theirs, "somebody");
    run(&mut execution, &mut world.server, &mut world.journal, at(0)).unwrap();
    assert_eq!(endings(&execution.report()), [("a", Ending::Blocked)]);
    assert!(Inventory::replay(&world.journal).is_empty());
    let after = world.get(&theirs).unwrap();
    assert_eq!(after["data"], before["data"]);
    assert_eq!(after["metadata"].get("annotations"), None);
    let report = world.reconcile(&reconciler, &[]);
    assert!(report.ended.is_empty());
    assert!(world.get(&theirs).is_some());

    // Somebody puts another object in its place before it is deleted.
    let mut world = World::new();
    world.reconcile(&reconciler, &[map("a", "1")]);
    let inventory = Inventory::replay(&world.journal);
    let begun = reconciler.begin(&mut world.server, &[], &inventory);
    let (_, mut execution) = begun.unwrap();
    let target = ObjectRef::of(&theirs).unwrap();
    let delete = Operation::delete(target, DeleteOptions::default());
    world.server.execute(&delete).unwrap();
    world.apply(&theirs, "somebody");
    run(&mut execution, &mut world.server, &mut world.journal, at(0)).unwrap();
    assert_eq!(endings(&execution.report()), [("a", Ending::Forgotten)]);
    assert!(world.get(&theirs).is_some());
}

#[test]
fn an_adoption_that_is_refused_does_not_make_an_object_ours() {
    let mut world = World::new();
    let mut reconciler = reconciler();
    world.apply(&map("a", "theirs"), "somebody");
    reconciler.policy.adoption = Adoption::AdoptIfNoInventory;
    reconciler.policy.force = true;
    let refusal = FaultRule::new(Fault::Refuse(Refusal::new(Reason::Forbidden, "no")));
    world.server.inject(refusal.verb("apply").times(1));
    let report = world.reconcile(&reconciler, &[map("a", "1")]);
    assert_eq!(endings(&report), [("a", Ending::Failed)]);
    let report = world.reconcile(&reconciler, &[]);
    assert!(report.ended.is_empty(), "{report:?}");

    // Killed between the record and the request it was not adopted either.
    let uid = world.get(&map("a", "")).unwrap()["metadata"]["uid"]
        .as_str()
        .unwrap()
        .to_owned();
    let object = ObjectId::of(&map("a", ""));
    world.journal.push(Record::Applying { object, uid });
    let report = world.reconcile(&reconciler, &[]);
    assert_eq!(endings(&report), [("a", Ending::Orphaned)]);
    assert!(world.get(&map("a", "")).is_some());

    // With the policy, it is adopted, and then ours.
    let report = world.reconcile(&reconciler, &[map("a", "1")]);
    assert_eq!(endings(&report), [("a", Ending::Adopted)]);
    let report = world.reconcile(&reconciler, &[]);
    assert_eq!(endings(&report), [("a", Ending::Deleted)]);
}

#[test]
fn what_depends_on_a_failure_is_blocked_and_the_rest_goes_on() {
    let mut world = World::new();
    let on = |name: &str, other: &str| {
        let mut object = map(name, "1");
        let path = format!("/namespaces/default/ConfigMap/{other}");
        object["metadata"]["annotations"] = json!({"config.kubernetes.io/depends-on": path});
        object
    };
    let refusal = FaultRule::new(Fault::Refuse(Refusal::new(Reason::Forbidden, "no")));
    world
        .server
        .inject(refusal.verb("apply").resource("configmaps").name("a"));
    let desired = [
        map("a", "1"),
        on("b", "a"),
        on("c", "b"),
        on("d", "z"),
        map("z", "1"),
    ];
    let report = world.reconcile(&reconciler(), &desired);
    let expected = [
        ("a", Ending::Failed),
        ("z", Ending::Created),
        ("b", Ending::Blocked),
        ("d", Ending::Created),
        ("c", Ending::Blocked),
    ];
    assert_eq!(endings(&report), expected);
}

#[test]
fn custom_resources_wait_for_their_definition() {
    let mut world = World::new();
    let names = json!({"plural": "gadgetses", "kind": "Gadgets", "singular": "gadgets"});
    let schema = json!({"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}});
    let definition = json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "gadgetses.example.com"},
        "spec": {"group": "example.com", "scope": "Namespaced", "names": names,
            "versions": [{"name": "v1", "served": true, "storage": true, "schema": schema}]},
    });
    let gadget = json!({
        "apiVersion": "example.com/v1", "kind": "Gadgets",
        "metadata": {"name": "one", "namespace": "default"},
    });
    let report = world.reconcile(&reconciler(), &[gadget, definition]);
    assert!(report.is_success(), "{report:?}");
    assert_eq!(report.ended[1].object.name, "one");
}

#[test]
fn nobody_looks_closer_at_what_has_not_changed() {
    let mut world = World::new();
    let mut reconciler = reconciler();
    world.reconcile(&reconciler, &[map("a", "1")]);
    let reason = |report: &Report| report.ended[0].reasons[0].clone();
    let unchanged = world.reconcile(&reconciler, &[map("a", "1")]);
    assert!(reason(&unchanged).starts_with("neither it nor its manifest has changed"));

    // A change of the object, of the manifest or of the manager is looked at.
    let mut more = map("a", "1");
    more["data"] = json!({"more": "1"});
    world.apply(&more, "somebody");
    let report = world.reconcile(&reconciler, &[map("a", "1")]);
    assert_eq!(endings(&report), [("a", Ending::Unchanged)]);
    assert_eq!(reason(&report), "the object is as the manifest wants it");
    let report = world.reconcile(&reconciler, &[map("a", "1")]);
    assert_eq!(reason(&report), reason(&unchanged));
    more["data"] = json!({"value": "3"});
    world.apply(&more, "somebody");
    reconciler.policy.force = true;
    let report = world.reconcile(&reconciler, &[map("a", "1")]);
    assert_eq!(endings(&report), [("a", Ending::Updated)]);
    let report = world.reconcile(&reconciler, &[map("a", "2")]);
    assert_eq!(endings(&report), [("a", Ending::Updated)]);
    reconciler.policy.manager = "other".to_owned();
    let report = world.reconcile(&reconciler, &[map("a", "2")]);
    assert_ne!(reason(&report), reason(&unchanged));
}

/// Begins with what is answered as it was so many writes ago.
fn begin_stale(
    world: &World,
    reconciler: &Reconciler,
    desired: &[Value],
    writes: u64,
) -> Execution {
    world.server.inject(FaultRule::stale(writes));
    let inventory = Inventory::replay(&world.journal);
    let begun = reconciler.begin(&mut world.server.clone(), desired, &inventory);
    world.server.clear_faults();
    begun.unwrap().1
}

#[test]
fn an_old_look_does_not_make_what_is_ours_forgotten() {
    let deleted = |world: &World| {
        let delete = Operation::delete(
            ObjectRef::of(&map("a", "")).unwrap(),
            DeleteOptions::default(),
        );
        world.server.execute(&delete).unwrap();
    };
    for force in [false, true] {
        for again in [false, true] {
            for desired in [&[][..], &[map("a", "2")][..]] {
                let mut world = World::new();
                let mut reconciler = reconciler();
                reconciler.policy.force = force;
                world.reconcile(&reconciler, &[map("a", "1")]);
                let mut writes = 1;
                if again {
                    // The look shows an earlier object of ours.
                    deleted(&world);
                    world.reconcile(&reconciler, &[map("a", "1")]);
                    writes = 2;
                }
                let uid = |world: &mut World| {
                    world.get(&map("a", "")).unwrap()["metadata"]["uid"].clone()
                };
                let ours = uid(&mut world);
                world.apply(&map("a", "theirs"), "somebody");
                let before = world.journal.clone();
                let mut execution = begin_stale(&world, &reconciler, desired, writes + 1);
                run(&mut execution, &mut world.server, &mut world.journal, at(0)).unwrap();
                let case = format!("force {force}, again {again}, {desired:?}");
                let report = execution.report();
                assert_eq!(endings(&report), [("a", Ending::Blocked)], "{case}");
                assert_eq!(
                    report.ended[0].reasons,
                    ["it is not as it was when the plan was made"]
                );
                assert_eq!(world.journal, before, "{case}");

                // A new look finds it, and it can be deleted.
                assert_eq!(uid(&mut world), ours, "{case}");
                let report = world.reconcile(&reconciler, &[]);
                assert_eq!(endings(&report), [("a", Ending::Deleted)], "{case}");
            }
        }
    }
}

#[test]
fn old_looks_on_the_way_do_not_make_what_is_ours_forgotten() {
    // All reads are answered as before it was applied; somebody may have taken a field.
    for taken in [false, true] {
        for desired in [&[][..], &[map("a", "2")][..]] {
            let mut world = World::new();
            let reconciler = reconciler();
            world.reconcile(&reconciler, &[map("a", "1")]);
            let mut writes = 1;
            if taken {
                world.apply(&map("a", "theirs"), "somebody");
                writes = 2;
            }
            let mut execution = begin_stale(&world, &reconciler, desired, writes);
            world.server.inject(FaultRule::stale(writes));
            run(&mut execution, &mut world.server, &mut world.journal, at(0)).unwrap();
            world.server.clear_faults();
            let case = format!("taken {taken}, {desired:?}");
            let ending = match (taken, desired) {
                (false, [_]) => Ending::Created,
                _ => Ending::Blocked,
            };
            assert_eq!(endings(&execution.report()), [("a", ending)], "{case}");
            let known = Inventory::replay(&world.journal);
            assert!(known.contains(&ObjectId::of(&map("a", ""))), "{case}");

            let report = world.reconcile(&reconciler, &[]);
            assert_eq!(endings(&report), [("a", Ending::Deleted)], "{case}");
        }
    }
}

#[test]
fn who_may_not_delete_looks_before_something_is_left() {
    let mut world = World::new();
    let reconciler = reconciler();
    world.reconcile(&reconciler, &[map("a", "1")]);
    let delete = Operation::delete(
        ObjectRef::of(&map("a", "")).unwrap(),
        DeleteOptions::default(),
    );
    world.server.execute(&delete).unwrap();
    let refusal = Refusal::new(Reason::Forbidden, "deletions are not for you");
    let forbidden = FaultRule::new(Fault::Refuse(refusal)).verb("delete");
    world.server.inject(forbidden);
    let report = world.reconcile(&reconciler, &[]);
    assert_eq!(endings(&report), [("a", Ending::Forgotten)]);
    assert!(Inventory::replay(&world.journal).is_empty());
}

#[test]
fn what_a_lost_run_applied_is_not_forgotten_for_an_old_look() {
    let mut world = World::new();
    let reconciler = reconciler();
    let begun = reconciler.begin(&mut world.server, &[map("a", "1")], &Inventory::default());
    let (_, mut execution) = begun.unwrap();
    // Killed after the request: the journal has not heard of its answer.
    while let Next::Record(record) = execution.next(at(0)) {
        world.journal.push(record);
        execution.recorded();
    }
    let Next::Do(apply) = execution.next(at(0)) else {
        panic!("it applies");
    };
    world.server.execute(&apply).unwrap();
    for desired in [&[][..], &[map("a", "2")][..]] {
        let mut execution = begin_stale(&world, &reconciler, desired, 1);
        run(&mut execution, &mut world.server, &mut world.journal, at(0)).unwrap();
        assert_eq!(endings(&execution.report()), [("a", Ending::Blocked)]);
        assert!(Inventory::replay(&world.journal).contains(&ObjectId::of(&map("a", ""))));
    }
    let report = world.reconcile(&reconciler, &[]);
    assert_eq!(endings(&report), [("a", Ending::Deleted)]);
}

#[test]
fn a_refused_adoption_does_not_make_what_is_ours_forgotten() {
    // Another inventory has marked it meanwhile, and it is the server does not let it be adopted back.
    let mut world = World::new();
    let mut reconciler = reconciler();
    reconciler.policy.adoption = Adoption::AdoptAll;
    reconciler.policy.force = true;
    world.reconcile(&reconciler, &[map("a", "1")]);
    let mut theirs = map("a", "theirs");
    theirs["metadata"]["annotations"] = json!({OWNING_INVENTORY: "other"});
    world.apply(&theirs, "somebody");
    let refusal = Refusal::new(Reason::Conflict, "somebody owns it");
    world.server.inject(
        FaultRule::new(Fault::Refuse(refusal))
            .verb("apply")
            .times(1),
    );
    let inventory = Inventory::replay(&world.journal);
    let begun = reconciler.begin(&mut world.server, &[map("a", "2")], &inventory);
    let (plan, mut execution) = begun.unwrap();
    let actions: Vec<&Action> = plan.steps().map(|step| &step.action).collect();
    assert_eq!(actions, [&Action::Adopt]);
    run(&mut execution, &mut world.server, &mut world.journal, at(0)).unwrap();
    assert_eq!(endings(&execution.report()), [("a", Ending::Failed)]);
    let known = Inventory::replay(&world.journal);
    assert!(known.contains(&ObjectId::of(&theirs)));
}
