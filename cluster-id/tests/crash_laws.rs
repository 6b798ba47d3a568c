//! Runs that are killed between any two operations, and what the next run makes of it.

#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

use std::collections::{BTreeMap, BTreeSet};

use apply_semantics::op::{
    ApplyOptions, CollectionRef, Effect, ListOptions, ObjectRef, Operation, Outcome, ResourceRef,
};
use apply_server::Server;
use cluster_id::reconcile::{
    Adoption, Execution, Inventory, Next, OWNING_INVENTORY, ObjectId, Policy, Reconciler, Record,
};
use componentconfig::core::Time;
use proptest::prelude::*;
use serde_json::{Value, json};

const US: &str = "shop";

fn map(name: &str, value: u8) -> Value {
    json!({
        "apiVersion": "v1", "kind": "ConfigMap", "data": {"value": value.to_string()},
        "metadata": {"name": name, "namespace": "default"},
    })
}

/// A Deployment whose selector is the value: another value is another object.
fn deployment(name: &str, value: u8) -> Value {
    let labels = json!({"app": format!("v{value}")});
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "c", "image": "c"}]}},
        },
    })
}

/// Lower-case names are of ConfigMaps, others of Deployments.
fn objects(named: &BTreeMap<String, u8>) -> Vec<Value> {
    let object = |(name, value): (&String, &u8)| match name.as_str() {
        "d" | "e" => deployment(name, *value),
        _ => map(name, *value),
    };
    named.iter().map(object).collect()
}

/// What is kept when a process is killed, and what it did to the server.
struct World {
    server: Server,
    journal: Vec<Record>,
    created: BTreeSet<String>,
    adopted: BTreeSet<String>,
    deleted: BTreeSet<String>,
    now: i64,
}

fn uid(object: &Value) -> String {
    object["metadata"]["uid"].as_str().unwrap().to_owned()
}

impl World {
    fn new(theirs: &BTreeMap<String, u8>) -> Self {
        let server = Server::new();
        for object in objects(theirs) {
            let apply = Operation::apply_object(object, ApplyOptions::new("somebody")).unwrap();
            server.execute(&apply).unwrap();
        }
        Self {
            server,
            journal: Vec::new(),
            created: BTreeSet::new(),
            adopted: BTreeSet::new(),
            deleted: BTreeSet::new(),
            now: 1_800_000_000,
        }
    }

    fn live(&self) -> Vec<Value> {
        let kinds = [("v1", "ConfigMap"), ("apps/v1", "Deployment")];
        let list = |(version, kind): (&str, &str)| {
            let all: CollectionRef = ResourceRef::of_kind(version, kind).within("default");
            let list = Operation::list(all, ListOptions::default());
            self.server
                .execute(&list)
                .unwrap()
                .into_list()
                .unwrap()
                .items
        };
        kinds.into_iter().flat_map(list).collect()
    }

    /// What there is, but for what differs from one run to the next.
    fn state(&self) -> BTreeMap<ObjectId, Value> {
        let part = |object: &Value| match object.get("data") {
            Some(data) => data.clone(),
            None => object["spec"]["selector"].clone(),
        };
        let live = self.live();
        live.iter()
            .map(|object| {
                let owner = object["metadata"]["annotations"][OWNING_INVENTORY].clone();
                (ObjectId::of(object), json!([part(object), owner]))
            })
            .collect()
    }

    /// Carries out so many records and operations at most; with `lost`, the answer to the last operation gets lost. Says
    /// whether it got to the end.
    fn run(&mut self, execution: &mut Execution, budget: usize, lost: bool) -> bool {
        let mut done = 0;
        loop {
            let now = Time::from_unix(self.now).unwrap();
            let next = execution.next(now);
            assert_eq!(execution.next(now), next);
            match next {
                Next::Done => return true,
                Next::Wait(waiting) => self.now = waiting.until.unix(),
                _ if done == budget => return false,
                Next::Record(record) => {
                    self.journal.push(record);
                    execution.recorded();
                    done += 1;
                }
                Next::Do(operation) => {
                    let answer = self.execute(&operation);
                    done += 1;
                    if done == budget && lost {
                        return false;
                    }
                    execution.answered(answer, now);
                }
                other => panic!("{other:?}"),
            }
            self.nothing_is_orphaned();
        }
    }

    fn execute(&mut self, operation: &Operation) -> Result<Outcome, apply_semantics::op::Refusal> {
        let target = operation.target().unwrap();
        let before = self.server.execute(&Operation::get(target)).ok();
        let before = before.and_then(Outcome::into_object);
        let answer = self.server.execute(operation);
        match (operation, &answer, before) {
            (Operation::Delete { .. }, Ok(_), Some(before)) => {
                let uid = uid(&before);
                assert!(self.created.contains(&uid) || self.adopted.contains(&uid));
                assert!(self.deleted.insert(uid), "deleted twice");
            }
            (Operation::Apply { .. }, Ok(outcome), before) => {
                let object = outcome.as_object().unwrap();
                if outcome.effect() == Some(Effect::Created) {
                    assert_eq!(before, None);
                    self.created.insert(uid(object));
                } else {
                    self.adopted.insert(uid(object));
                }
            }
            _ => {}
        }
        answer
    }

    /// Whatever we applied is in the journal.
    fn nothing_is_orphaned(&self) {
        let inventory = Inventory::replay(&self.journal);
        for object in self.live() {
            if object["metadata"]["annotations"][OWNING_INVENTORY] == US {
                assert!(inventory.contains(&ObjectId::of(&object)), "{object}");
            }
        }
    }

    fn begin(&mut self, reconciler: &Reconciler, desired: &[Value]) -> Execution {
        let inventory = Inventory::replay(&self.journal);
        let begun = reconciler.begin(&mut self.server, desired, &inventory);
        begun.unwrap().1
    }

    fn finish(&mut self, reconciler: &Reconciler, desired: &[Value]) {
        let mut execution = self.begin(reconciler, desired);
        assert!(self.run(&mut execution, usize::MAX, false));
    }
}

fn reconciler(adoption: Adoption) -> Reconciler {
    let mut policy = Policy::new("deployer", US);
    policy.most_deleted = None;
    policy.force = true;
    policy.adoption = adoption;
    Reconciler::new(policy)
}

fn named() -> impl Strategy<Value = BTreeMap<String, u8>> {
    prop::collection::btree_map("[a-e]", 0..3_u8, 0..5)
}

fn adoption() -> impl Strategy<Value = Adoption> {
    prop_oneof![
        Just(Adoption::MustMatch),
        Just(Adoption::AdoptIfNoInventory)
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn a_killed_run_comes_to_what_an_undisturbed_one_comes_to(
        theirs in named(),
        first in named(),
        second in named(),
        adoption in adoption(),
        kills in prop::collection::vec((0..12_usize, any::<bool>()), 0..6),
    ) {
        let reconciler = reconciler(adoption);
        let (first, second) = (objects(&first), objects(&second));
        let mut undisturbed = World::new(&theirs);
        undisturbed.finish(&reconciler, &first);
        undisturbed.finish(&reconciler, &second);

        let mut world = World::new(&theirs);
        let untouched: Vec<Value> = match adoption {
            Adoption::MustMatch => world.live(),
            _ => Vec::new(),
        };
        let (early, late) = kills.split_at(kills.len() / 2);
        for (desired, kills) in [(&first, early), (&second, late)] {
            for (budget, lost) in kills {
                let mut execution = world.begin(&reconciler, desired);
                world.run(&mut execution, *budget, *lost);
                world.nothing_is_orphaned();
            }
            world.finish(&reconciler, desired);
        }
        prop_assert_eq!(world.state(), undisturbed.state());

        // What is done is done.
        let (records, revision) = (world.journal.len(), world.server.revision());
        world.finish(&reconciler, &second);
        prop_assert_eq!(world.journal.len(), records);
        prop_assert_eq!(world.server.revision(), revision);

        // What is not ours is as it was.
        for object in untouched {
            let target = ObjectRef::of(&object).unwrap();
            let live = world.server.execute(&Operation::get(target)).unwrap();
            prop_assert_eq!(live.into_object().unwrap(), object);
        }
    }
}

/// Every place at which a run can be killed, with the last answer or without it.
#[test]
fn it_does_not_matter_where_a_run_is_killed() {
    let named = |objects: &[(&str, u8)]| {
        let objects = objects.iter();
        objects
            .map(|(name, value)| ((*name).to_owned(), *value))
            .collect::<BTreeMap<String, u8>>()
    };
    let first = objects(&named(&[("a", 0), ("b", 0), ("d", 0), ("e", 0)]));
    let second = objects(&named(&[("a", 1), ("c", 0), ("d", 1)]));
    let theirs = named(&[("x", 0)]);
    let reconciler = reconciler(Adoption::MustMatch);
    let mut undisturbed = World::new(&theirs);
    undisturbed.finish(&reconciler, &first);
    undisturbed.finish(&reconciler, &second);
    let mut killed = 0;
    for lost in [false, true] {
        for budget in 0.. {
            let mut world = World::new(&theirs);
            world.finish(&reconciler, &first);
            let mut execution = world.begin(&reconciler, &second);
            if world.run(&mut execution, budget, lost) {
                break;
            }
            killed += 1;
            world.finish(&reconciler, &second);
            assert_eq!(world.state(), undisturbed.state(), "{budget} {lost}");
        }
    }
    // Two records and an operation for each that is created, changed, or deleted, and twice that for the replaced one.
    assert!(killed > 2 * 14, "{killed}");
}
