//! Laws of requests on whole objects.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test"
)]

use std::sync::OnceLock;

use apply_semantics::{
    managed_fields::{ManagedFields, Operation, Time},
    request::{
        ApplyOptions, ConflictPolicy, Effect, Engine, Kinds, RequestError, Resolution,
        UpdateOptions, Written, settle,
    },
};
use proptest::{collection, option, prelude::*};
use serde_json::{Value, json};

const VERSION: &str = "example.com/v1";

fn engine() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(|| {
        let text = json!({"type": "string"});
        let properties = json!({
            "size": {"type": "integer"},
            "mode": text,
            "tags": {"type": "array", "x-kubernetes-list-type": "set", "items": text},
            "steps": {"type": "array", "items": text},
            "ports": {"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["port", "protocol"],
                "items": {"type": "object", "properties": {
                    "port": {"type": "integer"}, "protocol": {"type": "string", "default": "TCP"}, "note": text,
                }}},
            "selector": {"type": "object", "x-kubernetes-map-type": "atomic", "additionalProperties": text},
            "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": true},
        });
        let schema = json!({"type": "object", "properties": {"spec": {"type": "object", "properties": properties}}});
        let mut kinds = Kinds::new();
        kinds
            .insert_crd(&json!({"spec": {"group": "example.com", "names": {"kind": "Widget"},
                "versions": [{"name": "v1", "schema": {"openAPIV3Schema": schema}}]}}))
            .unwrap();
        Engine::new(kinds)
    })
}

fn text() -> impl Strategy<Value = Value> {
    prop_oneof![Just("a"), Just("b"), Just("c")].prop_map(Value::from)
}

fn map() -> impl Strategy<Value = Value> {
    collection::btree_map("[abc]", text(), 1..3)
        .prop_map(|map| Value::Object(map.into_iter().collect()))
}

fn list() -> impl Strategy<Value = Value> {
    collection::btree_set("[abcd]", 1..4)
        .prop_map(Vec::from_iter)
        .prop_shuffle()
        .prop_map(Value::from)
}

fn ports() -> impl Strategy<Value = Value> {
    let port = (option::of(Just(Value::from("UDP"))), option::of(text()));
    collection::btree_map(1_i64..4, port, 1..3).prop_map(|ports| {
        let port = |(port, (protocol, note))| {
            present([
                ("port", Some(Value::from(port))),
                ("protocol", protocol),
                ("note", note),
            ])
        };
        ports.into_iter().map(port).collect()
    })
}

fn configs() -> impl Strategy<Value = Value> {
    let spec = (
        option::of((1_i64..3).prop_map(Value::from)),
        option::of(text()),
        option::of(list()),
        option::of(list()),
        option::of(ports()),
        option::of(map()),
        option::of(map()),
    );
    (option::of(map()), spec).prop_map(
        |(labels, (size, mode, tags, steps, ports, selector, free))| {
            let spec = present([
                ("size", size),
                ("mode", mode),
                ("tags", tags),
                ("steps", steps),
                ("ports", ports),
                ("selector", selector),
                ("free", free),
            ]);
            let metadata = present([("name", Some("w".into())), ("labels", labels)]);
            let spec = spec
                .as_object()
                .is_some_and(|spec| !spec.is_empty())
                .then_some(spec);
            present([
                ("apiVersion", Some(VERSION.into())),
                ("kind", Some("Widget".into())),
                ("metadata", Some(metadata)),
                ("spec", spec),
            ])
        },
    )
}

fn present<const N: usize>(fields: [(&str, Option<Value>); N]) -> Value {
    let fields = fields
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Value::Object(fields.collect())
}

#[derive(Debug, Clone)]
struct Write {
    manager: &'static str,
    operation: Operation,
    object: Value,
}

fn writes() -> impl Strategy<Value = Vec<Write>> {
    let operation = prop_oneof![3 => Just(Operation::Apply), 1 => Just(Operation::Update)];
    let manager = prop_oneof![Just("x"), Just("y"), Just("z")];
    let write = (manager, operation, configs()).prop_map(|(manager, operation, object)| Write {
        manager,
        operation,
        object,
    });
    collection::vec(write, 1..6)
}

fn at(minute: usize) -> Time {
    Time::from_unix_seconds(60 * i64::try_from(minute).unwrap())
}

/// The object after some writes, of which none is refused.
fn live(writes: &[Write]) -> Value {
    let mut live: Option<Value> = None;
    for (index, write) in writes.iter().enumerate() {
        let object = write.object.clone();
        let written = match write.operation {
            Operation::Apply => {
                let options = ApplyOptions::new(write.manager).at(at(index)).force(true);
                engine().apply(live.take(), object, &options)
            }
            Operation::Update => {
                let options = UpdateOptions::new(write.manager).at(at(index));
                engine().update(live.take(), object, &options)
            }
        };
        let mut object = written.unwrap().into_object();
        object["metadata"]["uid"] = "u".into();
        live = Some(object);
    }
    live.unwrap()
}

fn options() -> ApplyOptions {
    ApplyOptions::new("x").at(at(1000))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn to_apply_twice_is_to_apply_once(writes in writes(), config in configs()) {
        let once = engine().apply(Some(live(&writes)), config.clone(), &options().force(true)).unwrap();
        let later = ApplyOptions::new("x").at(at(2000));
        let twice = engine().apply(Some(once.object().clone()), config, &later).unwrap();
        prop_assert_eq!(twice.effect(), Effect::Nothing);
        prop_assert_eq!(twice.object(), once.object());
    }

    #[test]
    fn to_update_with_the_same_changes_nothing(writes in writes()) {
        let live = live(&writes);
        let same = engine().update(Some(live.clone()), live.clone(), &UpdateOptions::new("n").at(at(1000))).unwrap();
        prop_assert_eq!(same.effect(), Effect::Nothing);
        prop_assert_eq!(same.object(), &live);
    }

    #[test]
    fn entries_read_back(writes in writes()) {
        let live = live(&writes);
        let entries = ManagedFields::decode(&live).unwrap();
        let mut bare = live.clone();
        bare["metadata"].as_object_mut().unwrap().remove("managedFields");
        entries.write(&mut bare);
        prop_assert_eq!(&bare, &live);
        let text: Value = serde_json::from_str(&entries.to_json()).unwrap();
        prop_assert_eq!(ManagedFields::from_entries(&text).unwrap(), entries);
    }

    #[test]
    fn force_matters_only_with_conflicts(writes in writes(), config in configs()) {
        let live = live(&writes);
        let apply = |options: &ApplyOptions| engine().apply(Some(live.clone()), config.clone(), options);
        let forced = apply(&options().force(true)).unwrap();
        match apply(&options()) {
            Ok(written) => prop_assert_eq!(written, forced),
            Err(RequestError::Conflicts(conflicts)) => {
                prop_assert!(!conflicts.is_empty());
                for conflict in conflicts.iter() {
                    let lost = forced.report().taken.into_iter().any(|(manager, fields)| {
                        manager == *conflict.manager() && fields.contains(conflict.path())
                    });
                    prop_assert!(lost, "{} keeps its field", conflict);
                }
            }
            Err(error) => prop_assert!(false, "{}", error),
        }
    }

    #[test]
    fn previews_come_true(writes in writes(), config in configs()) {
        let live = live(&writes);
        let preview = engine().preview(Some(live.clone()), config.clone(), &options()).unwrap();
        let forced = engine().apply(Some(live.clone()), config.clone(), &options().force(true)).unwrap();
        prop_assert_eq!(preview.object(), forced.object());
        prop_assert_eq!(preview.changes().is_empty(), forced.effect() < Effect::Object);
        let applied = engine().apply(Some(live), config, &options());
        prop_assert_eq!(preview.into_result(), applied);
    }

    #[test]
    fn to_take_everything_is_to_force(writes in writes(), config in configs()) {
        let live = live(&writes);
        let taking = options().policy(ConflictPolicy::new(Resolution::Take));
        let taken = engine().apply(Some(live.clone()), config.clone(), &taking);
        prop_assert_eq!(taken, engine().apply(Some(live), config, &options().force(true)));
    }

    #[test]
    fn who_yields_takes_nothing(writes in writes(), config in configs(), equal in any::<bool>()) {
        let resolution = if equal { Resolution::AdoptEqual } else { Resolution::Yield };
        let yielding = options().policy(ConflictPolicy::new(resolution));
        let written = engine().apply(Some(live(&writes)), config, &yielding).unwrap();
        let report = written.report();
        let mine = written.managed_fields().applied_by("x", "").map(|entry| entry.fields().clone());
        let mine = mine.unwrap_or_default();
        for (manager, fields) in report.taken {
            prop_assert!(fields.intersection(&mine).is_empty(), "{} loses {}", manager, fields);
        }
    }

    #[test]
    fn reports_add_up(writes in writes(), config in configs()) {
        let live = live(&writes);
        let own = |entries: &ManagedFields| entries.applied_by("x", "").map(|entry| entry.fields().clone()).unwrap_or_default();
        let before = own(&ManagedFields::decode(&live).unwrap());
        let written = engine().apply(Some(live), config, &options().force(true)).unwrap();
        let report = written.report();
        let after = own(written.managed_fields());
        prop_assert_eq!(before.difference(&after), report.given_up.union(&report.pruned));
        prop_assert_eq!(before.union(&report.gained).difference(&report.given_up).difference(&report.pruned), after);
    }

    #[test]
    fn nothing_is_left_to_settle(writes in writes(), config in configs()) {
        let live = live(&writes);
        let written = engine().apply(Some(live.clone()), config, &options().force(true)).unwrap();
        let effect = written.effect();
        let mut object = Written::into_object(written);
        let before = object.clone();
        prop_assert_eq!(settle(&live, &mut object), effect);
        prop_assert_eq!(object, before);
    }
}
