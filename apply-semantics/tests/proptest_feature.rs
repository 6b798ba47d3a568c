//! The invariants hold of our own engines, and the checks find what they are meant to find.

#![cfg(feature = "proptest")]
#![recursion_limit = "256"]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

use apply_semantics::{
    managed_fields::{Entry, ManagedFields, Operation, strip},
    proptest::{
        Action, Generator, Model, Op, ReconcilerFault, ReconcilerOptions, State, Subject,
        check_reconciler, check_sequence, crd_objects, invariants, mutation, object,
        object_with_duplicates, op_sequence, ops, projection, schema,
    },
    request::{ApplyOptions, Engine, Kinds, RequestError, UpdateOptions},
    schema::{Schema, Type},
    structural::StructuralSchema,
    typed::{Duplicates, EmptyContainers, Typed},
    updater::{Managed, SameVersion, UpdateError, Updater},
};
use proptest::{
    prelude::*,
    strategy::ValueTree as _,
    test_runner::{TestError, TestRunner},
};
use serde_json::{Value, json};

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

fn holds(check: Result<impl Sized, invariants::Violation>) -> Result<(), TestCaseError> {
    check
        .map(drop)
        .map_err(|violation| TestCaseError::fail(violation.to_string()))
}

fn deployment() -> Type {
    Type::builtin("apps/v1", "Deployment").unwrap()
}

proptest! {
    #![proptest_config(config(128))]

    #[test]
    fn the_updater_keeps_to_the_invariants(
        (ops, schema) in schema().prop_flat_map(|schema| (op_sequence(schema.ty(), 5), Just(schema)))
    ) {
        let start = State::new(schema.ty());
        holds(check_sequence(&Updater::new(SameVersion), &Model::default(), start, &ops))?;
    }

    #[test]
    fn the_updater_that_preserves_empty_containers_agrees_with_the_model(
        (ops, schema) in schema().prop_flat_map(|schema| (op_sequence(schema.ty(), 5), Just(schema)))
    ) {
        let empty = EmptyContainers::Preserve;
        let updater = Updater::new(SameVersion).empty_containers(empty);
        let mut state = State::new(schema.ty());
        for op in ops {
            holds(invariants::agreement(&updater, &Model { empty }, &state, &op))?;
            let _refused = updater.write(&mut state, &op);
        }
    }

    #[test]
    fn on_objects_with_duplicates_the_updater_agrees_with_the_model(
        (live, ops, schema) in schema().prop_flat_map(|schema| {
            let ty = schema.ty();
            (object_with_duplicates(ty), op_sequence(ty, 4), Just(schema.clone()))
        })
    ) {
        let updater = Updater::new(SameVersion);
        let mut state = State::new(schema.ty());
        let first = Op { manager: "first".to_owned(), action: Action::Update, object: live };
        for op in std::iter::once(first).chain(ops) {
            holds(invariants::agreement(&updater, &Model::default(), &state, &op))?;
            let _refused = updater.write(&mut state, &op);
        }
    }

    #[test]
    fn mutations_and_projections_are_valid(
        (whole, changed, part, schema) in schema().prop_flat_map(|schema| {
            let ty = schema.ty().clone();
            (object(&ty), Just(schema)).prop_flat_map(move |(whole, schema)| {
                let (changed, part) = (mutation(&ty, &whole), projection(&ty, &whole));
                (Just(whole), changed, part, Just(schema))
            })
        })
    ) {
        let typed = |value: &Value| Typed::new(schema.ty().clone(), value.clone(), Duplicates::Forbid).unwrap();
        typed(&changed);
        let merged = typed(&whole).merge(typed(&part)).unwrap();
        let changes = typed(&whole).compare(&merged).unwrap();
        prop_assert!(changes.modified.is_empty() && changes.added.is_empty(), "{part} is no part of {whole}");
    }
}

proptest! {
    #![proptest_config(config(48))]

    #[test]
    fn deployments_keep_to_the_invariants(ops in op_sequence(&deployment(), 4)) {
        let start = State::new(&deployment());
        holds(check_sequence(&Updater::new(SameVersion), &Model::default(), start, &ops))?;
    }

    #[test]
    #[cfg(feature = "reference")]
    fn whole_requests_are_answered_alike_in_one_walk_and_step_by_step(ops in ops(&boxes(), 5)) {
        let mut kinds = Kinds::new();
        kinds.insert("a.example/v1", "Box", box_type());
        let engine = Engine::new(kinds);
        let (one, other) = (Requests(engine.clone()), Requests(engine.reference()));
        let mut state = State::new(&box_type());
        for op in ops {
            holds(invariants::agreement(&one, &other, &state, &op))?;
            let _refused = one.write(&mut state, &op);
        }
    }

    #[test]
    fn whole_requests_keep_to_the_invariants(ops in ops(&boxes(), 4)) {
        let mut kinds = Kinds::new();
        kinds.insert("a.example/v1", "Box", box_type());
        let start = State::new(&box_type());
        holds(check_sequence(&Requests(Engine::new(kinds)), &Stripped, start, &ops))?;
    }
}

fn box_type() -> Type {
    let schema = Schema::from_crd(&crd()).unwrap();
    schema.kind("a.example/v1", "Box").unwrap()
}

/// Objects that say which one they are, and leave to the server what is the server's.
fn boxes() -> Generator<Value> {
    object(&box_type()).map_values(|mut object| {
        object["apiVersion"] = "a.example/v1".into();
        object["kind"] = "Box".into();
        let metadata = object["metadata"].as_object_mut();
        let labels = metadata.and_then(|metadata| metadata.remove("labels"));
        object["metadata"] = json!({"name": "a", "namespace": "b"});
        if let Some(labels) = labels {
            object["metadata"]["labels"] = labels;
        }
        object
    })
}

/// The engine of whole requests. What managers own is in the object between its requests.
struct Requests(Engine);

impl Requests {
    fn live(state: &State) -> Option<Value> {
        let mut object = state.object()?.clone();
        let mut managed = ManagedFields::new();
        for (owner, owned) in &state.managers {
            let (name, operation) = match owner.strip_suffix(" (update)") {
                Some(name) => (name, Operation::Update),
                None => (owner.as_str(), Operation::Apply),
            };
            managed.insert(Entry::new(
                name,
                operation,
                "a.example/v1",
                owned.fields.clone(),
            ));
        }
        managed.write(&mut object);
        Some(object)
    }

    fn state(mut object: Value, ty: &Type) -> State {
        let managed = ManagedFields::decode(&object).unwrap();
        object["metadata"]
            .as_object_mut()
            .unwrap()
            .remove("managedFields");
        let managers = managed.iter().map(|entry| {
            let applied = entry.operation() == Operation::Apply;
            let suffix = if applied { "" } else { " (update)" };
            let managed = Managed {
                fields: entry.fields().clone(),
                version: "v1".to_owned(),
                applied,
            };
            (format!("{}{suffix}", entry.name()), managed)
        });
        State {
            managers: managers.collect(),
            live: Typed::unchecked(ty.clone(), Some(object)),
        }
    }
}

impl Subject for Requests {
    fn write(&self, state: &mut State, op: &Op) -> Result<(), UpdateError> {
        let live = Self::live(state);
        let object = op.object.clone();
        let written = match op.action {
            Action::Update => self
                .0
                .update(live, object, &UpdateOptions::new(&op.manager)),
            action => {
                let options = ApplyOptions::new(&op.manager).force(action == Action::ForceApply);
                self.0.apply(live, object, &options)
            }
        };
        match written {
            Ok(written) => *state = Self::state(written.into_object(), state.live.ty()),
            Err(RequestError::Conflicts(_)) => {
                // The conflicts of the model have the same fields; which ones is for the recorded cases to say.
                let mut conflicting = state.clone();
                return match Stripped.write(&mut conflicting, op) {
                    Err(error) => Err(error),
                    Ok(()) => panic!("no conflict: {op:?}"),
                };
            }
            Err(error) => panic!("{error}: {op:?}"),
        }
        Ok(())
    }
}

/// The model, as far as managers may own fields of whole objects.
struct Stripped;

impl Subject for Stripped {
    fn write(&self, state: &mut State, op: &Op) -> Result<(), UpdateError> {
        Model::default().write(state, op)?;
        for managed in state.managers.values_mut() {
            managed.fields = strip(&managed.fields);
        }
        state
            .managers
            .retain(|_, managed| !managed.fields.is_empty());
        Ok(())
    }
}

#[test]
fn a_failing_sequence_shrinks_to_the_one_write_that_matters() {
    let mut runner = TestRunner::new(config(256));
    let ty = Type::builtin("v1", "ConfigMap").unwrap();
    let failed = runner.run(&op_sequence(&ty, 6), |ops| {
        let guilty = ops.iter().any(|op| op.object["data"].get("b").is_some());
        prop_assert!(!guilty);
        Ok(())
    });
    let Err(TestError::Fail(_, ops)) = failed else {
        panic!("nothing failed")
    };
    let [op] = &ops[..] else { panic!("{ops:?}") };
    assert_eq!(
        (op.manager.as_str(), op.action),
        (op.manager.as_str(), Action::Apply)
    );
    let data = op.object["data"].as_object().unwrap();
    assert_eq!(
        (data.len(), op.object.as_object().unwrap().len()),
        (1, 3),
        "{op:?}"
    );
}

#[test]
fn a_broken_engine_is_found() {
    /// Forgets to take fields from others.
    struct Broken;
    impl Subject for Broken {
        fn write(&self, state: &mut State, op: &Op) -> Result<(), UpdateError> {
            let before = state.managers.clone();
            Model::default().write(state, op)?;
            let owner = op.owner();
            state
                .managers
                .extend(before.into_iter().filter(|(name, _)| *name != owner));
            Ok(())
        }
    }
    let mut runner = TestRunner::new(config(256));
    let ty = Type::builtin("v1", "ConfigMap").unwrap();
    let failed = runner.run(&op_sequence(&ty, 5), |ops| {
        holds(check_sequence(&Broken, &Broken, State::new(&ty), &ops))
    });
    let Err(TestError::Fail(_, ops)) = failed else {
        panic!("nothing failed")
    };
    assert_eq!(ops.len(), 2, "{ops:?}");
}

/// A controller that keeps as many replicas as an annotation asks for, and labels the object.
fn replicas(live: Option<&Value>) -> i64 {
    let wanted = live.and_then(|live| live.pointer("/metadata/annotations/a"));
    wanted.map_or(1, |text| i64::from(text == "b") + 1)
}

fn scaled(live: Option<&Value>) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"labels": {"scaled": "yes"}},
        "spec": {"replicas": replicas(live)},
    })
}

fn scaler() -> ReconcilerOptions {
    ReconcilerOptions::new(&deployment(), "scaler")
        .declares("spec.replicas")
        .unwrap()
        .declares("metadata.labels.scaled")
        .unwrap()
        .cases(64)
}

#[test]
fn a_controller_that_keeps_its_promises_passes() {
    check_reconciler(scaled, &scaler()).unwrap();
    check_reconciler(scaled, &scaler().without_force()).unwrap();
}

#[test]
fn a_controller_that_takes_what_it_read_is_found() {
    let greedy = |live: Option<&Value>| {
        let mut config = scaled(live);
        if let Some(labels) = live.and_then(|live| live["metadata"]["labels"].as_object()) {
            let mut labels = labels.clone();
            labels.insert("scaled".to_owned(), "yes".into());
            config["metadata"]["labels"] = labels.into();
        }
        config
    };
    let failure = check_reconciler(greedy, &scaler()).unwrap_err();
    let ReconcilerFault::TakesUndeclared { fields } = &failure.fault else {
        panic!("{failure}")
    };
    assert!(
        fields
            .to_string()
            .starts_with(r#"{"f:metadata":{"f:labels":"#),
        "{failure}"
    );
    assert_eq!(failure.ops.len(), 1, "{failure}");
}

#[test]
fn a_controller_that_never_rests_is_found() {
    let restless = |live: Option<&Value>| {
        let mut config = scaled(live);
        let now = live.and_then(|live| live["spec"]["replicas"].as_i64());
        config["spec"]["replicas"] = (now.unwrap_or(0) + 1).into();
        config
    };
    let failure = check_reconciler(restless, &scaler()).unwrap_err();
    assert!(
        matches!(failure.fault, ReconcilerFault::DoesNotSettle { .. }),
        "{failure}"
    );
    assert!(failure.ops.is_empty(), "{failure}");
}

#[test]
fn a_controller_that_answers_by_chance_is_found() {
    let count = std::cell::Cell::new(0);
    let moody = |live: Option<&Value>| {
        count.set(count.get() + 1);
        let mut config = scaled(live);
        config["spec"]["replicas"] = (count.get() % 2).into();
        config
    };
    let failure = check_reconciler(moody, &scaler()).unwrap_err();
    assert_eq!(failure.fault, ReconcilerFault::NotDeterministic);
}

#[test]
fn a_controller_that_makes_nonsense_is_found() {
    let wrong = |_: Option<&Value>| json!({"spec": {"replicas": "many"}});
    let failure = check_reconciler(wrong, &scaler()).unwrap_err();
    assert!(
        matches!(failure.fault, ReconcilerFault::InvalidConfig { .. }),
        "{failure}"
    );
}

#[test]
fn two_controllers_that_want_the_same_field_are_found() {
    let autoscaler = |replicas: i64| {
        move |live: Option<&Value>| {
            let identity = json!({"apiVersion": "apps/v1", "kind": "Deployment"});
            let mut config = identity;
            if live.is_some() {
                config["spec"]["replicas"] = replicas.into();
            }
            config
        }
    };
    let failure =
        check_reconciler(scaled, &scaler().beside("autoscaler", autoscaler(5))).unwrap_err();
    let with = "autoscaler".to_owned();
    assert_eq!(failure.fault, ReconcilerFault::Fights { with }, "{failure}");

    // Who leaves the field to the other one gets along with it.
    let modest = |_: Option<&Value>| json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"labels": {"scaled": "yes"}}});
    check_reconciler(modest, &scaler().beside("autoscaler", autoscaler(5))).unwrap();
}

fn crd() -> Value {
    json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "boxes.a.example"},
        "spec": {"group": "a.example", "scope": "Namespaced", "names": {"kind": "Box", "plural": "boxes"}, "versions": [{
            "name": "v1", "served": true, "storage": true,
            "schema": {"openAPIV3Schema": {"type": "object", "required": ["spec"], "properties": {
                "spec": {"type": "object", "required": ["color", "code"], "properties": {
                    "color": {"type": "string", "enum": ["red", "blue"]},
                    "code": {"type": "string", "pattern": "^[a-c]{2,3}$"},
                    "size": {"type": "integer", "minimum": 3, "maximum": 4},
                    "even": {"type": "integer", "multipleOf": 2, "minimum": 1, "exclusiveMinimum": true},
                    "tags": {"type": "array", "minItems": 1, "maxItems": 2, "x-kubernetes-list-type": "set", "items": {"type": "string"}},
                    "parts": {"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"],
                        "items": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}, "at": {"type": "string", "format": "date-time"}}}},
                    "port": {"x-kubernetes-int-or-string": true},
                    "one": {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "string"}},
                        "oneOf": [{"required": ["a"]}, {"required": ["b"]}]},
                    "labels": {"type": "object", "additionalProperties": {"type": "string", "maxLength": 1}},
                }},
            }}},
        }]},
    })
}

#[test]
fn custom_resources_are_valid_by_their_definition() {
    let structural = StructuralSchema::from_crd(&crd())
        .unwrap()
        .remove("v1")
        .unwrap();
    let ty = Schema::from_crd(&crd())
        .unwrap()
        .kind("a.example/v1", "Box")
        .unwrap();
    let mut seen = std::collections::BTreeSet::new();
    let seen_in = std::cell::RefCell::new(&mut seen);
    TestRunner::new(config(256))
        .run(&crd_objects(&crd()).unwrap(), |object| {
            prop_assert_eq!(structural.validate(&object), Vec::new());
            prop_assert!(ty.validate(Some(&object)).is_ok());
            let fields = object["spec"].as_object().unwrap().keys().cloned();
            seen_in.borrow_mut().extend(fields);
            Ok(())
        })
        .unwrap();
    assert_eq!(seen.len(), 9, "{seen:?}");
}

#[test]
fn custom_resources_shrink_to_what_is_required() {
    let boxes = crd_objects(&crd()).unwrap();
    let mut tree = boxes.new_tree(&mut TestRunner::deterministic()).unwrap();
    while tree.simplify() {}
    let spec = tree.current()["spec"].clone();
    assert_eq!(spec.as_object().unwrap().len(), 2, "{spec}");
}

#[test]
fn a_definition_that_no_object_fits_is_an_error() {
    let mut crd = crd();
    let spec = &mut crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"];
    spec["properties"]["color"]["enum"] = json!(["red"]);
    spec["properties"]["color"]["maxLength"] = 1.into();
    assert!(crd_objects(&crd).is_err());
}
