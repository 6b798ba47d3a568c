//! Laws that hold for all patches.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test"
)]

use apply_semantics::{
    patch::{
        Outcome, Patch, PatchType, json, merge,
        strategic::{self, OnConflict, Schema},
    },
    types::builtin,
};
use proptest::{collection, option, prelude::*};
use serde_json::{Map, Value, json};

/// Any JSON, with the names and directives that patches give a meaning to.
fn anything() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-2_i64..3).prop_map(Value::from),
        Just(json!(0.5)),
        prop_oneof![
            Just("a"),
            Just("b"),
            Just("delete"),
            Just("replace"),
            Just("merge")
        ]
        .prop_map(Value::from),
    ];
    scalar.prop_recursive(5, 40, 4, |inner| {
        prop_oneof![
            collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            collection::vec((key(), inner), 0..5).prop_map(object),
        ]
    })
}

fn key() -> impl Strategy<Value = &'static str> {
    prop_oneof![
        Just("a"),
        Just("name"),
        Just("metadata"),
        Just("spec"),
        Just("containers"),
        Just("ports"),
        Just("containerPort"),
        Just("finalizers"),
        Just("volumes"),
        Just("emptyDir"),
        Just("configMap"),
        Just("$patch"),
        Just("$retainKeys"),
        Just("$deleteFromPrimitiveList/finalizers"),
        Just("$setElementOrder/containers"),
        Just("$setElementOrder/finalizers"),
        Just("$setElementOrder"),
    ]
}

fn object(entries: Vec<(&str, Value)>) -> Value {
    Value::Object(
        entries
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value))
            .collect(),
    )
}

/// A pod as a client may write it: no nulls, no key twice in a list.
fn pod() -> impl Strategy<Value = Value> {
    let container = (
        names(),
        option::of(text()),
        option::of(ports()),
        option::of(collection::vec(text(), 0..3)),
    );
    let container = container.prop_map(|(name, image, ports, args)| {
        with(
            json!({"name": name}),
            [
                ("image", image),
                ("ports", ports),
                ("args", args.map(Value::from)),
            ],
        )
    });
    let volume = (names(), any::<bool>()).prop_map(|(name, empty)| {
        let source = if empty {
            ("emptyDir", json!({}))
        } else {
            ("configMap", json!({"name": "c"}))
        };
        with(json!({"name": name}), [(source.0, Some(source.1))])
    });
    let lists = (
        option::of(unique(container, "name")),
        option::of(unique(volume, "name")),
    );
    let metadata = (option::of(labels()), option::of(unique_scalars()));
    (lists, metadata).prop_map(|((containers, volumes), (labels, finalizers))| {
        let metadata = with(json!({}), [("labels", labels), ("finalizers", finalizers)]);
        let spec = with(
            json!({}),
            [("containers", containers), ("volumes", volumes)],
        );
        json!({"metadata": metadata, "spec": spec})
    })
}

fn names() -> impl Strategy<Value = &'static str> {
    prop_oneof![Just("a"), Just("b"), Just("c"), Just("d"), Just("e")]
}

fn text() -> impl Strategy<Value = Value> {
    names().prop_map(Value::from)
}

fn ports() -> impl Strategy<Value = Value> {
    let port = (1..5, option::of(text()))
        .prop_map(|(port, name)| with(json!({"containerPort": port}), [("name", name)]));
    unique(port, "containerPort")
}

fn labels() -> impl Strategy<Value = Value> {
    collection::vec((names(), text()), 0..3).prop_map(object)
}

fn unique_scalars() -> impl Strategy<Value = Value> {
    collection::btree_set(names(), 0..4)
        .prop_map(|set| set.into_iter().collect::<Vec<_>>())
        .prop_shuffle()
        .prop_map(Value::from)
}

fn unique(
    element: impl Strategy<Value = Value>,
    key: &'static str,
) -> impl Strategy<Value = Value> {
    collection::vec(element, 0..4).prop_map(move |mut list| {
        let mut seen = Vec::new();
        list.retain(|element| {
            let new = !seen.contains(&element[key]);
            seen.push(element[key].clone());
            new
        });
        Value::Array(list)
    })
}

fn with<const N: usize>(mut object: Value, fields: [(&str, Option<Value>); N]) -> Value {
    for (name, value) in fields {
        if let Some(value) = value {
            object[name] = value;
        }
    }
    object
}

fn schema() -> Schema<'static> {
    builtin().kind("v1", "Pod").into()
}

fn patch_of(outcome: Outcome) -> Value {
    outcome.patch().expect("no preconditions, no conflicts")
}

/// Without nulls, which merge patches cannot set.
fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let kept = map.into_iter().filter(|(_, value)| !value.is_null());
            Value::Object(
                kept.map(|(key, value)| (key, without_nulls(value)))
                    .collect(),
            )
        }
        Value::Array(items) => items
            .into_iter()
            .filter(|item| !item.is_null())
            .map(without_nulls)
            .collect(),
        other => other,
    }
}

/// With the finalizers sorted: a patch that only sorts a list of scalars is not made, as in the original.
fn as_sets(mut pod: Value) -> Value {
    if let Some(finalizers) = pod["metadata"]
        .get_mut("finalizers")
        .and_then(Value::as_array_mut)
    {
        finalizers.sort_by_key(Value::to_string);
    }
    pod
}

fn as_object(value: Value) -> Value {
    if value.is_object() {
        value
    } else {
        json!({"value": value})
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_patch_panics(object in anything(), patch in anything(), other in anything()) {
        for kind in [PatchType::Strategic, PatchType::Merge, PatchType::Json] {
            for ty in [None, builtin().kind("v1", "Pod")] {
                let _ = Patch::new(kind, patch.clone()).apply(object.clone(), ty);
            }
        }
        for schema in [schema(), Schema::Untyped] {
            let _ = strategic::create_two_way(&object, &patch, schema, &[]);
            let _ = strategic::create_three_way(&object, &patch, &other, schema, OnConflict::Refuse, &[]);
            let _ = strategic::merge_patches([object.clone(), patch.clone()], schema);
        }
        let _ = merge::create_three_way(&object, &patch, &other, &[]);
        let _ = merge::merge_patches(object, patch);
    }

    #[test]
    fn operations_do_not_panic(object in anything(), op in 0_usize..6, from in "(/[a-z01~-]{0,2}){0,3}", path in "(/[a-z01~-]{0,2}){0,3}", value in anything()) {
        let op = ["add", "remove", "replace", "move", "copy", "test"][op];
        let _ = json::apply(object, &json!([{"op": op, "from": from, "path": path, "value": value}]));
    }

    #[test]
    fn a_two_way_patch_makes_the_modified_object(original in pod(), modified in pod()) {
        let patch = patch_of(strategic::create_two_way(&original, &modified, schema(), &[]).unwrap());
        prop_assert_eq!(as_sets(strategic::apply(original, patch, schema()).unwrap()), as_sets(modified));
    }

    #[test]
    fn a_two_way_patch_applied_twice_changes_nothing_more(original in pod(), modified in pod()) {
        let patch = patch_of(strategic::create_two_way(&original, &modified, schema(), &[]).unwrap());
        let once = strategic::apply(original, patch.clone(), schema()).unwrap();
        prop_assert_eq!(strategic::apply(once.clone(), patch, schema()).unwrap(), once);
    }

    #[test]
    fn a_three_way_patch_on_an_untouched_object_makes_the_modified_one(original in pod(), modified in pod()) {
        let outcome = strategic::create_three_way(&original, &modified, &original, schema(), OnConflict::Overwrite, &[]);
        let patch = patch_of(outcome.unwrap());
        prop_assert_eq!(as_sets(strategic::apply(original, patch, schema()).unwrap()), as_sets(modified));
    }

    #[test]
    fn the_empty_patch_changes_nothing(object in anything()) {
        let object = as_object(object);
        let empty = json!({});
        prop_assert_eq!(&strategic::apply(object.clone(), empty.clone(), schema()).unwrap(), &object);
        prop_assert_eq!(&merge::apply(object.clone(), empty).unwrap(), &object);
        prop_assert_eq!(&json::apply(object.clone(), &json!([])).unwrap(), &object);
    }

    #[test]
    fn a_merge_patch_makes_the_modified_object(original in anything(), modified in anything()) {
        let (original, modified) = (as_object(original), without_nulls(as_object(modified)));
        let patch = merge::create(&original, &modified).unwrap();
        let patched = merge::apply(original, patch).unwrap();
        prop_assert_eq!(patched, modified);
    }

    #[test]
    fn a_merge_patch_applied_twice_changes_nothing_more(object in anything(), patch in anything()) {
        let patch = as_object(without_nulls_in_lists(patch));
        let once = merge::apply(as_object(object), patch.clone()).unwrap();
        prop_assert_eq!(merge::apply(once.clone(), patch).unwrap(), once);
    }

    #[test]
    fn what_is_added_can_be_removed(object in anything(), value in anything()) {
        let object = as_object(object);
        let patch = json!([
            {"op": "add", "path": "/new~0/", "value": value}, {"op": "remove", "path": "/new~0/"}
        ]);
        let mut with_place = object.clone();
        with_place["new~"] = Value::Object(Map::new());
        prop_assert_eq!(json::apply(with_place.clone(), &patch).unwrap(), with_place);
    }
}

fn without_nulls_in_lists(value: Value) -> Value {
    match value {
        Value::Object(map) => Value::Object(
            map.into_iter()
                .map(|(key, value)| (key, without_nulls_in_lists(value)))
                .collect(),
        ),
        list @ Value::Array(_) => without_nulls(list),
        other => other,
    }
}
