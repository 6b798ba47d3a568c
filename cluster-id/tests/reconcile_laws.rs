//! What no plan may do, whatever is desired, lives, and was applied before.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

use std::collections::BTreeMap;

use apply_semantics::plan::Planner;
use cluster_id::{
    reconcile::{
        Action, Adoption, Inventory, OWNING_INVENTORY, ObjectId, Plan, PlanError, Policy,
        Recreation, plan,
    },
    rollout::Portion,
};
use proptest::prelude::*;
use serde_json::{Value, json};

const US: &str = "ours";

fn id(name: &str) -> ObjectId {
    ObjectId {
        kind: "ConfigMap".to_owned(),
        namespace: "shop".to_owned(),
        name: name.to_owned(),
        ..ObjectId::default()
    }
}

fn map(name: &str, value: u8, annotations: &Value) -> Value {
    json!({
        "apiVersion": "v1", "kind": "ConfigMap", "data": {"value": value.to_string()},
        "metadata": {"name": name, "namespace": "shop", "annotations": annotations},
    })
}

/// What a server would have after the plan was carried out.
fn carry_out(
    plan: &Plan,
    desired: &[Value],
    live: &BTreeMap<ObjectId, Value>,
    inventory: &Inventory,
    policy: &Policy,
) -> (BTreeMap<ObjectId, Value>, Inventory) {
    let (mut live, mut inventory) = (live.clone(), inventory.clone());
    for step in plan.steps() {
        match &step.action {
            Action::Create | Action::Update | Action::Adopt | Action::Recreate { .. } => {
                let mut manifests = desired.iter();
                let manifest = manifests
                    .find(|object| ObjectId::of(object) == step.object)
                    .unwrap();
                let mut manifest = manifest.clone();
                manifest["metadata"]["annotations"][OWNING_INVENTORY] = json!(policy.inventory);
                let planner = Planner::new();
                let options = apply_semantics::plan::PlanOptions::new(&policy.manager).force();
                let before = live.get(&step.object);
                let mut object = planner.apply(before, &manifest, &options).object.unwrap();
                let uid = before.map_or_else(
                    || format!("new-{}", step.object.name),
                    |live| {
                        live["metadata"]["uid"]
                            .as_str()
                            .unwrap_or_default()
                            .to_owned()
                    },
                );
                object["metadata"]["uid"] = json!(uid);
                live.insert(step.object.clone(), object);
                inventory.insert(step.object.clone(), uid);
            }
            Action::Delete { uid } => {
                assert_eq!(live[&step.object]["metadata"]["uid"], json!(uid));
                live.remove(&step.object);
                inventory.remove(&step.object);
            }
            Action::Orphan | Action::Forget => inventory.remove(&step.object),
            _ => {}
        }
    }
    (live, inventory)
}

type World = (Vec<Value>, BTreeMap<ObjectId, Value>, Inventory, Policy);

fn world() -> impl Strategy<Value = World> {
    let desired = prop::collection::btree_map("[a-e]", 0..3_u8, 0..5);
    let owner = prop_oneof![Just(""), Just(US), Just("theirs")];
    let live = prop::collection::btree_map("[a-e]", (0..3_u8, owner, 0..2_u8, any::<bool>()), 0..5);
    let inventory = prop::collection::btree_map("[a-e]", 0..2_u8, 0..5);
    let adoption = prop_oneof![
        Just(Adoption::MustMatch),
        Just(Adoption::AdoptIfNoInventory),
        Just(Adoption::AdoptAll)
    ];
    let most = prop_oneof![
        Just(None),
        (0..3_i32).prop_map(|most| Some(Portion::Count(most)))
    ];
    (desired, live, inventory, adoption, most).prop_map(
        |(desired, live, inventory, adoption, most)| {
            let desired = desired
                .iter()
                .map(|(name, value)| map(name, *value, &json!({})));
            let live = live.iter().map(|(name, (value, owner, uid, keep))| {
                let mut annotations = json!({});
                if !owner.is_empty() {
                    annotations[OWNING_INVENTORY] = json!(owner);
                }
                if *keep {
                    annotations["cli-utils.sigs.k8s.io/on-remove"] = json!("keep");
                }
                let mut object = map(name, *value, &annotations);
                object["metadata"]["uid"] = json!(format!("u{uid}"));
                (id(name), object)
            });
            let mut known = Inventory::default();
            for (name, uid) in &inventory {
                known.insert(id(name), format!("u{uid}"));
            }
            let mut policy = Policy::new("deployer", US);
            policy.force = true;
            policy.adoption = adoption;
            policy.most_deleted = most;
            (desired.collect(), live.collect(), known, policy)
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn only_what_was_applied_and_is_still_it_is_deleted((desired, live, inventory, policy) in world()) {
        let plan = plan(&desired, &live, &inventory, &policy, &Planner::new()).unwrap();
        let mut deleted = 0;
        for step in plan.steps() {
            let Action::Delete { uid } = &step.action else { continue };
            deleted += 1;
            let object = &live[&step.object];
            let known = inventory.iter().find(|(id, _)| **id == step.object);
            prop_assert_eq!(known.map(|(_, uid)| uid), Some(uid.as_str()));
            prop_assert_eq!(&object["metadata"]["uid"], uid);
            prop_assert!(object["metadata"]["annotations"][OWNING_INVENTORY] != "theirs");
            prop_assert!(object["metadata"]["annotations"]["cli-utils.sigs.k8s.io/on-remove"].is_null());
            prop_assert!(desired.iter().all(|desired| ObjectId::of(desired) != step.object));
        }
        if let Some(most) = policy.most_deleted {
            prop_assert!(deleted <= most.of(inventory.len()));
        }
    }

    #[test]
    fn what_belongs_to_others_is_left_alone((desired, live, inventory, policy) in world()) {
        let plan = plan(&desired, &live, &inventory, &policy, &Planner::new()).unwrap();
        for step in plan.steps().filter(|step| step.action.is_write()) {
            let Some(object) = live.get(&step.object) else { continue };
            if object["metadata"]["annotations"][OWNING_INVENTORY] == "theirs" {
                prop_assert_eq!(policy.adoption, Adoption::AdoptAll);
            }
        }
    }

    #[test]
    fn once_carried_out_nothing_is_left_to_do((desired, live, inventory, policy) in world()) {
        let planner = Planner::new();
        let first = plan(&desired, &live, &inventory, &policy, &planner).unwrap();
        let (live, inventory) = carry_out(&first, &desired, &live, &inventory, &policy);
        let second = plan(&desired, &live, &inventory, &policy, &planner).unwrap();
        prop_assert!(second.is_noop(), "{:?}", second);
    }

    #[test]
    fn the_order_of_what_is_desired_does_not_matter((mut desired, live, inventory, policy) in world()) {
        let planner = Planner::new();
        let one = plan(&desired, &live, &inventory, &policy, &planner).unwrap();
        desired.reverse();
        prop_assert_eq!(plan(&desired, &live, &inventory, &policy, &planner).unwrap(), one);
    }
}

#[test]
fn objects_wait_for_what_they_depend_on() {
    let on = |name: &str| json!({"config.kubernetes.io/depends-on": format!("/namespaces/shop/ConfigMap/{name}")});
    let desired = [
        map("a", 0, &on("b")),
        map("b", 0, &on("c")),
        map("c", 0, &json!({})),
    ];
    let policy = Policy::new("deployer", US);
    let planner = Planner::new();
    let (live, inventory) = (BTreeMap::new(), Inventory::default());
    let made = plan(&desired, &live, &inventory, &policy, &planner).unwrap();
    let names: Vec<Vec<&str>> = made
        .waves
        .iter()
        .map(|wave| wave.iter().map(|step| step.object.name.as_str()).collect())
        .collect();
    assert_eq!(names, [["c"], ["b"], ["a"]]);

    // They go in the reverse order.
    let (live, inventory) = carry_out(&made, &desired, &live, &inventory, &policy);
    let mut policy = policy;
    policy.most_deleted = None;
    let gone = plan(&[], &live, &inventory, &policy, &planner).unwrap();
    let names: Vec<&str> = gone.steps().map(|step| step.object.name.as_str()).collect();
    assert_eq!(names, ["a", "b", "c"]);

    let circle = [map("a", 0, &on("b")), map("b", 0, &on("a"))];
    let error = plan(
        &circle,
        &BTreeMap::new(),
        &Inventory::default(),
        &policy,
        &planner,
    );
    assert_eq!(error, Err(PlanError::Cycle(vec![id("a"), id("b")])));
    let nothing = [map(
        "a",
        0,
        &json!({"config.kubernetes.io/depends-on": "b"}),
    )];
    let error = plan(
        &nothing,
        &BTreeMap::new(),
        &Inventory::default(),
        &policy,
        &planner,
    );
    let message = error.unwrap_err().to_string();
    assert!(message.ends_with("\"b\" names no object"), "{message}");
}

#[test]
fn what_holds_data_is_recreated_only_if_that_is_allowed() {
    let claim = |class: &str| {
        json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "data", "namespace": "shop"},
            "spec": {"storageClassName": class, "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}})
    };
    let mut policy = Policy::new("deployer", "");
    let planner = Planner::new();
    let created = planner.apply(
        None,
        &claim("slow"),
        &apply_semantics::plan::PlanOptions::new("deployer"),
    );
    let mut live = created.object.unwrap();
    live["metadata"]["uid"] = json!("u1");
    let object = ObjectId::of(&live);
    let mut inventory = Inventory::default();
    inventory.insert(object.clone(), "u1");
    let live = BTreeMap::from([(object, live)]);
    let action = |policy: &Policy| {
        let plan = plan(&[claim("fast")], &live, &inventory, policy, &planner).unwrap();
        plan.waves[0][0].action.clone()
    };
    assert_eq!(action(&policy), Action::Blocked);
    policy.recreation = Recreation::Always;
    let Action::Recreate { fields, uid } = action(&policy) else {
        panic!("{:?}", action(&policy));
    };
    assert!(
        fields.contains(&"spec.storageClassName".to_owned()) || fields.contains(&"spec".to_owned())
    );
    assert_eq!(uid, "u1");
}
