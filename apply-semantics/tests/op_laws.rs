//! Laws of operations: they survive JSON and HTTP, and never show what is in an object.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test"
)]

use apply_semantics::{
    op::{
        ApplyOptions, Cause, CollectionRef, DeleteOptions, Effect, Exchange, Executor,
        FieldValidation, ListOptions, ObjectList, ObjectRef, Operation, Order, Outcome,
        Propagation, Reason, Recorder, Refusal, Replay, ResourceRef, WriteOptions,
    },
    patch::{Patch, PatchType},
};
use proptest::{option, prelude::*};
use serde_json::{Value, json};

fn word() -> impl Strategy<Value = String> {
    "[a-z][a-z0-9.-]{0,8}"
}

fn resource() -> impl Strategy<Value = ResourceRef> {
    let group = prop_oneof![Just(String::new()), word().prop_map(|g| g + ".io")];
    (group, "v[1-3]", "[a-z]{3,9}s", "[A-Z][a-z]{2,6}").prop_map(
        |(group, version, resource, kind)| ResourceRef::new(group, version, resource, kind),
    )
}

fn collection() -> impl Strategy<Value = CollectionRef> {
    (resource(), option::of(word())).prop_map(|(resource, namespace)| CollectionRef {
        resource,
        namespace,
    })
}

fn target() -> impl Strategy<Value = ObjectRef> {
    let sub = option::of(prop_oneof![
        Just("status".to_owned()),
        Just("scale".to_owned())
    ]);
    (collection(), "[a-zA-Z0-9:%é ._-]{1,12}", sub)
        .prop_filter("dots alone are no name", |(_, name, _)| {
            !name.trim_matches('.').is_empty()
        })
        .prop_map(|(collection, name, subresource)| ObjectRef {
            subresource,
            ..collection.named(name)
        })
}

fn write() -> impl Strategy<Value = WriteOptions> {
    (option::of("\\PC{1,10}"), any::<bool>(), validation()).prop_map(
        |(field_manager, dry_run, field_validation)| WriteOptions {
            field_manager,
            dry_run,
            field_validation,
        },
    )
}

fn validation() -> impl Strategy<Value = Option<FieldValidation>> {
    option::of(prop_oneof![
        Just(FieldValidation::Ignore),
        Just(FieldValidation::Warn),
        Just(FieldValidation::Strict),
    ])
}

fn apply() -> impl Strategy<Value = ApplyOptions> {
    ("\\PC{1,10}", any::<bool>(), any::<bool>(), validation()).prop_map(
        |(manager, force, dry_run, field_validation)| ApplyOptions {
            manager,
            force,
            dry_run,
            field_validation,
        },
    )
}

fn delete() -> impl Strategy<Value = DeleteOptions> {
    let propagation = option::of(prop_oneof![
        Just(Propagation::Orphan),
        Just(Propagation::Background),
        Just(Propagation::Foreground),
    ]);
    (
        option::of(word()),
        option::of("[0-9]{1,4}"),
        propagation,
        option::of(0_i64..60),
        any::<bool>(),
    )
        .prop_map(
            |(uid, resource_version, propagation, seconds, dry_run)| DeleteOptions {
                uid,
                resource_version,
                propagation,
                grace_period_seconds: seconds,
                dry_run,
            },
        )
}

fn list() -> impl Strategy<Value = ListOptions> {
    (
        option::of("\\PC{1,10}"),
        option::of("\\PC{1,10}"),
        option::of(1_u32..500),
        option::of(word()),
        option::of("[0-9]{1,4}"),
    )
        .prop_map(|(labels, fields, limit, token, version)| ListOptions {
            label_selector: labels,
            field_selector: fields,
            limit,
            continue_token: token,
            resource_version: version,
        })
}

/// An object whose content must stay out of sight.
fn object(kind: &str) -> Value {
    json!({"apiVersion": "v1", "kind": kind, "metadata": {"name": "a"}, "data": {"k": "hunter2"}})
}

fn operation() -> impl Strategy<Value = Operation> {
    let patch_type = prop_oneof![
        Just(PatchType::Json),
        Just(PatchType::Merge),
        Just(PatchType::Strategic)
    ];
    prop_oneof![
        target().prop_map(Operation::get),
        (collection(), list()).prop_map(|(c, o)| Operation::list(c, o)),
        (collection(), write()).prop_map(|(c, o)| {
            let kind = c.resource.kind.clone();
            Operation::create(c, object(&kind), o)
        }),
        (target(), write()).prop_map(|(t, options)| Operation::CreateSubresource {
            target: t.subresource("eviction"),
            object: object("Eviction"),
            options,
        }),
        (target(), apply()).prop_map(|(t, o)| {
            let kind = t.resource.kind.clone();
            Operation::apply(t, object(&kind), o)
        }),
        (target(), write()).prop_map(|(t, o)| {
            let kind = t.resource.kind.clone();
            Operation::update(t, object(&kind), o)
        }),
        (target(), patch_type, write()).prop_map(|(t, ty, o)| Operation::patch(
            t,
            Patch::new(ty, object("Any")),
            o
        )),
        (target(), delete()).prop_map(|(t, o)| Operation::delete(t, o)),
        (collection(), list(), delete()).prop_map(|(collection, list, options)| {
            Operation::DeleteCollection {
                collection,
                list,
                options,
            }
        }),
    ]
}

/// The same without the kind, where a request does not carry it.
fn without_kind(mut operation: Operation) -> Operation {
    let clear = |resource: &mut ResourceRef| resource.kind = String::new();
    match &mut operation {
        Operation::Get { target }
        | Operation::CreateSubresource { target, .. }
        | Operation::Patch { target, .. }
        | Operation::Delete { target, .. } => clear(&mut target.resource),
        Operation::Apply { target, .. } | Operation::Update { target, .. }
            if target.subresource.is_some() =>
        {
            clear(&mut target.resource);
        }
        Operation::List { collection, .. } | Operation::DeleteCollection { collection, .. } => {
            clear(&mut collection.resource);
        }
        _ => {}
    }
    operation
}

proptest! {
    #[test]
    fn operations_survive_json(operation in operation()) {
        let text = serde_json::to_string(&operation).unwrap();
        prop_assert_eq!(serde_json::from_str::<Operation>(&text).unwrap(), operation);
    }

    #[test]
    fn operations_survive_http(operation in operation()) {
        let request = operation.to_request();
        let parsed = Operation::from_request(&request).unwrap();
        prop_assert_eq!(parsed, without_kind(operation));
    }

    #[test]
    fn queries_survive_encoding(operation in operation()) {
        let request = operation.to_request();
        let encoded = request.path_and_query();
        let query = encoded.split_once('?').map_or("", |(_, query)| query);
        prop_assert_eq!(apply_semantics::op::Request::parse_query(query), request.query);
    }

    #[test]
    fn nobody_sees_what_is_in_an_object(operation in operation()) {
        let shown = format!("{operation} {operation:?} {:?}", operation.to_request());
        prop_assert!(!shown.contains("hunter2"));
    }
}

fn exchanges() -> Vec<Exchange> {
    let target = ResourceRef::of_kind("v1", "Secret").within("a").named("b");
    let secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "b"}, "data": {"k": "hunter2"}});
    let list = ObjectList {
        items: vec![secret.clone()],
        resource_version: "7".to_owned(),
        continue_token: Some("t".to_owned()),
        remaining: Some(3),
    };
    let cause = Cause::new("FieldValueInvalid", "Invalid value: \"hunter2\"", "data.k");
    vec![
        Exchange {
            operation: Operation::update(target.clone(), secret.clone(), WriteOptions::new("m")),
            result: Ok(Outcome::Object {
                object: secret.clone(),
                effect: Effect::Changed,
                warnings: vec!["old".to_owned()],
            }),
        },
        Exchange {
            operation: Operation::list(target.collection(), ListOptions::default()),
            result: Ok(Outcome::List(list)),
        },
        Exchange {
            operation: Operation::delete(target.clone(), DeleteOptions::default()),
            result: Ok(Outcome::Deleted { object: None }),
        },
        Exchange {
            operation: Operation::get(target.clone()),
            result: Err(Refusal::new(Reason::Invalid, "hunter2")
                .about(&target.resource, "b")
                .with_causes(vec![cause])
                .retry_after(2)),
        },
    ]
}

#[test]
fn exchanges_survive_json_lines() {
    let lines: String = exchanges().iter().map(|e| e.to_line() + "\n").collect();
    assert_eq!(Exchange::read_lines(&lines).unwrap(), exchanges());
    let error = Exchange::read_lines("{}\n").unwrap_err();
    assert_eq!(error.place(), "line 1");
}

#[test]
fn a_redacted_recording_holds_no_secret() {
    let mut source = Replay::new(exchanges());
    let mut recorder = Recorder::new(&mut source).redact_secrets();
    for exchange in exchanges() {
        let _ = recorder.execute(&exchange.operation);
    }
    assert!(
        !recorder.to_json_lines().contains("hunter2"),
        "{}",
        recorder.to_json_lines()
    );
    let mut again = Replay::from_json_lines(&recorder.to_json_lines())
        .unwrap()
        .redacted();
    assert!(again.execute(&exchanges()[0].operation).is_ok());
}

#[test]
fn a_strict_replay_names_the_first_difference() {
    let target = ResourceRef::of_kind("v1", "ConfigMap")
        .within("a")
        .named("b");
    let with = |size: u32| {
        Operation::update(
            target.clone(),
            json!({"data": {"size": size}}),
            WriteOptions::default(),
        )
    };
    let recorded = Exchange {
        operation: with(1),
        result: Ok(Outcome::Deleted { object: None }),
    };
    let mut replay = Replay::new(vec![recorded.clone()]);
    let refusal = replay.execute(&with(2)).unwrap_err();
    assert!(
        refusal.message.ends_with("they differ at object.data.size"),
        "{}",
        refusal.message
    );
    assert!(!replay.is_finished());
    assert!(replay.execute(&with(1)).is_ok());
    let end = replay.execute(&with(1)).unwrap_err();
    assert!(end.message.contains("after the end"), "{}", end.message);

    let other = Exchange {
        operation: Operation::get(target.clone()),
        ..recorded.clone()
    };
    let mut any = Replay::new(vec![other, recorded]).order(Order::Any);
    assert!(any.execute(&with(1)).is_ok());
    assert_eq!(any.unused().count(), 1);
}

#[test]
fn namespaces_are_objects_and_places() {
    for (path, namespace, name, sub) in [
        ("/api/v1/namespaces/a", None, "a", None),
        ("/api/v1/namespaces/a/status", None, "a", Some("status")),
        (
            "/api/v1/namespaces/a/pods/b/log",
            Some("a"),
            "b",
            Some("log"),
        ),
    ] {
        let mut request = Operation::get(ObjectRef::default()).to_request();
        path.clone_into(&mut request.path);
        let target = Operation::from_request(&request).unwrap().target().unwrap();
        assert_eq!(target.namespace.as_deref(), namespace);
        assert_eq!(target.name, name);
        assert_eq!(target.subresource.as_deref(), sub);
    }
}
