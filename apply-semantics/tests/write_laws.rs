//! Laws of sequences of writes by several managers.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test"
)]

use std::sync::{Arc, OnceLock};

use apply_semantics::{
    schema::{Schema, Type},
    typed::{Duplicates, Typed},
    updater::{Applied, Change, Managers, SameVersion, UpdateError, Updater},
    value::equal,
};
use proptest::{collection, option, prelude::*};
use serde_json::{Map, Value, json};

fn ty() -> Type {
    static SCHEMA: OnceLock<Arc<Schema>> = OnceLock::new();
    let list = |element: Value, keys: Value| json!({"list": {"elementType": element, "elementRelationship": "associative", "keys": keys}});
    let map = |element: Value| json!({"map": {"elementType": element}});
    let schema = SCHEMA.get_or_init(|| {
        let fields = json!([
            {"name": "kind", "type": {"scalar": "string"}},
            {"name": "size", "type": {"scalar": "numeric"}},
            {"name": "labels", "type": map(json!({"scalar": "string"}))},
            {"name": "tags", "type": list(json!({"scalar": "string"}), json!([]))},
            {"name": "ports", "type": list(json!({"namedType": "port"}), json!(["port", "protocol"]))},
            {"name": "selector", "type": {"map": {"elementType": {"scalar": "string"}, "elementRelationship": "atomic"}}},
            {"name": "inner", "type": {"namedType": "widget"}},
        ]);
        let port = json!([
            {"name": "port", "type": {"scalar": "numeric"}},
            {"name": "protocol", "type": {"scalar": "string"}, "default": "TCP"},
            {"name": "note", "type": {"scalar": "string"}},
        ]);
        let types = json!({"types": [
            {"name": "widget", "map": {"fields": fields}}, {"name": "port", "map": {"fields": port}}
        ]});
        Schema::from_value(&types).unwrap()
    });
    schema.type_named("widget").unwrap()
}

fn text() -> impl Strategy<Value = Value> {
    prop_oneof![Just("a"), Just("b"), Just("c")].prop_map(Value::from)
}

fn map() -> impl Strategy<Value = Value> {
    collection::btree_map("[abc]", text(), 1..3)
        .prop_map(|map| Value::Object(map.into_iter().collect()))
}

fn tags() -> impl Strategy<Value = Value> {
    collection::btree_set("[abcd]", 1..4)
        .prop_map(Vec::from_iter)
        .prop_shuffle()
        .prop_map(Value::from)
}

fn ports() -> impl Strategy<Value = Value> {
    let port = (option::of(Just("UDP")), option::of(text()));
    collection::btree_map(1_i64..4, port, 1..3).prop_map(|ports| {
        let port = |(port, (protocol, note)): (i64, (Option<&str>, Option<Value>))| {
            fields([
                ("port", Some(port.into())),
                ("protocol", protocol.map(Value::from)),
                ("note", note),
            ])
        };
        ports.into_iter().map(port).collect()
    })
}

fn widgets() -> impl Strategy<Value = Value> {
    let leaf = Just(Value::Object(Map::new()));
    leaf.prop_recursive(1, 2, 1, |inner| {
        let size = option::of((1_i64..3).prop_map(Value::from));
        let parts = (
            size,
            option::of(map()),
            option::of(tags()),
            option::of(ports()),
            option::of(map()),
        );
        (parts, option::of(inner)).prop_map(|((size, labels, tags, ports, selector), inner)| {
            let inner =
                inner.filter(|inner| inner.as_object().is_some_and(|inner| !inner.is_empty()));
            fields([
                ("size", size),
                ("labels", labels),
                ("tags", tags),
                ("ports", ports),
                ("selector", selector),
                ("inner", inner),
            ])
        })
    })
}

/// A whole object. Like every object of an API server it says what it is, and so is never empty.
fn objects() -> impl Strategy<Value = Value> {
    widgets().prop_map(|mut widget| {
        widget["kind"] = "Widget".into();
        widget
    })
}

fn fields<const N: usize>(fields: [(&str, Option<Value>); N]) -> Value {
    let fields = fields
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Value::Object(fields.collect())
}

#[derive(Debug, Clone)]
struct Write {
    manager: &'static str,
    update: bool,
    force: bool,
    object: Value,
}

fn writes() -> impl Strategy<Value = Vec<Write>> {
    let write = (
        prop_oneof![Just("x"), Just("y"), Just("z")],
        0_u8..4,
        any::<bool>(),
        objects(),
    )
        .prop_map(|(manager, kind, force, object)| Write {
            manager,
            update: kind == 0,
            force,
            object,
        });
    collection::vec(write, 1..7)
}

fn typed(value: &Value) -> Typed {
    Typed::new(ty(), value.clone(), Duplicates::Forbid).unwrap()
}

struct State {
    updater: Updater<SameVersion>,
    live: Typed,
    managers: Managers,
}

impl State {
    fn after(writes: &[Write]) -> Self {
        let live = Typed::unchecked(ty(), Some(Value::Null));
        let mut state = Self {
            updater: Updater::new(SameVersion),
            live,
            managers: Managers::new(),
        };
        for write in writes {
            if write.update {
                // An updater and an applier of one name are different managers.
                let change = Change::new(format!("{}-update", write.manager), "v1");
                let new = typed(&write.object);
                state.managers = state
                    .updater
                    .update(&state.live, &new, &state.managers, &change)
                    .unwrap();
                state.live = new;
            } else if let Ok(applied) = state.apply(&write.object, write.manager, write.force) {
                state.take(applied);
            }
            state.check();
        }
        state
    }

    fn apply(&self, config: &Value, manager: &str, force: bool) -> Result<Applied, UpdateError> {
        let change = Change::new(manager, "v1");
        let change = if force { change.force() } else { change };
        self.updater
            .apply(&self.live, typed(config), &self.managers, &change)
    }

    fn take(&mut self, applied: Applied) {
        self.live = applied.object.unwrap_or_else(|| self.live.clone());
        self.managers = applied.managers;
    }

    /// What holds after every write.
    fn check(&self) {
        let present = self.live.field_set().unwrap();
        let present = ty().with_named_fields(&present);
        for (name, managed) in &self.managers {
            assert!(!managed.fields.is_empty(), "{name} owns nothing");
            let missing = managed.fields.leaves().difference(&present);
            assert!(
                missing.is_empty(),
                "{name} owns {missing}, which is not there"
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn after_an_apply_the_object_says_what_the_configuration_says(writes in writes(), config in objects()) {
        let mut state = State::after(&writes);
        let applied = state.apply(&config, "x", true).unwrap();
        state.take(applied);
        state.check();
        let merged = state.live.clone().merge(typed(&config)).unwrap();
        prop_assert!(equal(merged.value().unwrap(), state.live.value().unwrap()));
        let owned = state.managers.get("x").map(|managed| managed.fields.clone()).unwrap_or_default();
        prop_assert_eq!(owned, typed(&config).field_set().unwrap());
    }

    #[test]
    fn an_apply_twice_does_nothing_more(writes in writes(), config in objects()) {
        let mut state = State::after(&writes);
        let applied = state.apply(&config, "x", true).unwrap();
        state.take(applied);
        let again = state.apply(&config, "x", false).unwrap();
        prop_assert!(again.object.is_none());
        prop_assert_eq!(again.managers, state.managers);
    }

    #[test]
    fn without_conflict_force_makes_no_difference(writes in writes(), config in objects()) {
        let state = State::after(&writes);
        match state.apply(&config, "x", false) {
            Ok(applied) => prop_assert_eq!(applied, state.apply(&config, "x", true).unwrap()),
            Err(UpdateError::Conflicts(conflicts)) => {
                prop_assert!(conflicts.iter().all(|conflict| conflict.manager != "x"));
                for (manager, fields) in conflicts.by_manager() {
                    prop_assert!(fields.difference(&state.managers.get(manager).unwrap().fields).is_empty());
                }
            }
            Err(other) => prop_assert!(false, "{}", other),
        }
    }

    #[test]
    fn an_update_to_the_same_changes_nobodys_fields(writes in writes()) {
        let state = State::after(&writes);
        let change = Change::new("updater", "v1");
        let managers = state.updater.update(&state.live, &state.live, &state.managers, &change).unwrap();
        prop_assert_eq!(managers, state.managers);
    }

    #[test]
    fn what_a_manager_owns_alone_goes_with_it(config in objects()) {
        let mut state = State::after(&[]);
        let applied = state.apply(&config, "x", false).unwrap();
        state.take(applied);
        let applied = state.apply(&json!({"kind": "Widget"}), "x", false).unwrap();
        state.take(applied);
        let left = typed(&json!({"kind": "Widget"})).field_set().unwrap();
        prop_assert!(equal(state.live.value().unwrap(), &json!({"kind": "Widget"})), "{:?}", state.live.value());
        prop_assert_eq!(&state.managers.get("x").unwrap().fields, &left);
    }

    #[test]
    fn what_was_extracted_can_be_applied_again(writes in writes(), config in objects()) {
        let mut state = State::after(&writes);
        let applied = state.apply(&config, "x", true).unwrap();
        state.take(applied);
        let Some(owned) = state.managers.get("x") else { return Ok(()) };
        let extracted = state.live.extract(&owned.fields.leaves());
        let again = state.apply(extracted.value().unwrap(), "x", false).unwrap();
        prop_assert!(again.object.is_none());
        prop_assert_eq!(&again.managers, &state.managers);
    }
}
