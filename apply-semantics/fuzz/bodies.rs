//! What the fuzz targets try. The targets hand over what the fuzzer found; `tests/fuzz_seeds.rs` hands over the seeds, so that what is
//! here cannot rot.

use std::cmp::Ordering;

use apply_semantics::{
    fieldset::FieldSet,
    patch::{
        Outcome, Patch, PatchType, merge,
        strategic::{self, OnConflict, Schema as PatchSchema},
    },
    path::PathElement,
    proptest::{
        Action, Model, Op, State, Subject, check_sequence, invariants, op_sequence, schema,
    },
    request::{ApplyOptions, Engine, Kinds, RequestError, UpdateOptions, Written},
    schema::{Definition, Schema, Type},
    structural::StructuralSchema,
    typed::{Duplicates, Typed},
    types::builtin,
    updater::{SameVersion, Updater},
};
use proptest::{
    strategy::{Strategy, ValueTree},
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use serde_json::Value;

/// A target: its name, and what it does with some bytes.
pub(crate) type Target = (&'static str, fn(&[u8]));

/// All targets.
pub(crate) const TARGETS: [Target; 7] = [
    ("fields_v1", fields_v1),
    ("objects", objects),
    ("patches", patches),
    ("path_elements", path_elements),
    ("requests", requests),
    ("schemas", schemas),
    ("sequences", sequences),
];

/// Any text as FieldsV1: what was read must be written so that it reads the same.
pub(crate) fn fields_v1(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let Ok(set) = text.parse::<FieldSet>() else {
        return;
    };
    let written = set.to_string();
    let again: FieldSet = written.parse().expect("what was written reads");
    assert!(again == set);
    assert_eq!(again.to_string(), written);
    assert!(set.union(&again) == set && set.difference(&again).is_empty());
    let value = set.to_value();
    assert!(FieldSet::from_value(&value).is_ok_and(|again| again == set));
    let half: FieldSet = set.paths().step_by(2).collect();
    invariants::set_algebra(&set, &half).expect("sets are sets");
}

/// Any lines as path elements: they read as they are written, and are in one order.
pub(crate) fn path_elements(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let parsed = text
        .lines()
        .take(8)
        .filter_map(|line| PathElement::parse(line).ok());
    let elements: Vec<PathElement> = parsed.collect();
    for element in &elements {
        let written = element.serialize();
        let again = PathElement::parse(&written).expect("what was written reads");
        assert!(again == *element, "{written}");
        assert_eq!(again.serialize(), written);
    }
    for one in &elements {
        for other in &elements {
            assert_eq!(one.cmp(other), other.cmp(one).reverse());
            assert_eq!(one.cmp(other) == Ordering::Equal, one == other);
        }
    }
    let path: Vec<_> = elements;
    if !path.is_empty() {
        let set: FieldSet = [path.clone()].into_iter().collect();
        assert!(set.contains(&path));
        fields_v1(set.to_string().as_bytes());
    }
}

/// JSON values, one behind the other.
fn values(data: &[u8], most: usize) -> Vec<Value> {
    let values = serde_json::Deserializer::from_slice(data).into_iter::<Value>();
    values.map_while(Result::ok).take(most).collect()
}

/// Any JSON as a schema in each of its forms, and any other JSON as an object of each of its types.
pub(crate) fn schemas(data: &[u8]) {
    let values = values(data, 3);
    let Some(written) = values.first() else {
        return;
    };
    let mut forms: Vec<Vec<Definition>> = Vec::new();
    forms.extend(Definition::read_all(written));
    forms.extend(Definition::from_crd(written));
    if let Some(schemas) = written.as_object() {
        for preserve in [false, true] {
            forms.extend(Definition::from_openapi(schemas, preserve));
        }
    }
    let structural = StructuralSchema::parse(written);
    let null = Value::Null;
    let object = values.get(1).unwrap_or(&null);
    let other = values.get(2).unwrap_or(&null);
    if let Ok(structural) = structural {
        let mut object = object.clone();
        structural.set_defaults(&mut object);
        structural.prune(&mut object);
        drop(structural.validate(&object));
        drop(structural.validate_update(&object, other));
    }
    for definitions in forms {
        let again = Definition::read_all(&Definition::write_all(&definitions));
        let Ok(schema) = Schema::compile(&definitions) else {
            continue;
        };
        assert!(again.is_ok_and(|again| Schema::compile(&again).is_ok()));
        for definition in definitions.iter().take(4) {
            if let Some(ty) = schema.type_named(&definition.name) {
                walk(&ty, object, other);
            }
        }
    }
}

fn walk(ty: &Type, object: &Value, other: &Value) {
    let typed = |value: &Value| Typed::new(ty.clone(), value.clone(), Duplicates::Allow);
    let (Ok(object), Ok(other)) = (typed(object), typed(other)) else {
        return;
    };
    let (Ok(fields), Ok(others)) = (object.field_set(), other.field_set()) else {
        return;
    };
    drop(object.compare(&other));
    drop(object.clone().merge(other));
    drop(object.extract_with_keys(&others.leaves()));
    drop(object.remove(&fields.leaves(), Default::default()));
    drop(ty.reconcile(&others));
}

/// Any JSON objects as objects and patches: what was made must apply.
pub(crate) fn patches(data: &[u8]) {
    let mut values = values(data, 3).into_iter();
    let (Some(object), Some(patch)) = (values.next(), values.next()) else {
        return;
    };
    let current = values.next().unwrap_or_default();
    let pod = builtin().kind("v1", "Pod");
    for kind in [PatchType::Strategic, PatchType::Merge, PatchType::Json] {
        let _applied = Patch::new(kind, patch.clone()).apply(object.clone(), pod);
    }
    for schema in [PatchSchema::from(pod), PatchSchema::Untyped] {
        drop(strategic::create_two_way(&object, &patch, schema, &[]));
        drop(strategic::create_three_way(
            &object,
            &patch,
            &current,
            schema,
            OnConflict::Refuse,
            &[],
        ));
        drop(strategic::first_conflict(&object, &patch, schema));
        drop(strategic::merge_patches(
            [object.clone(), patch.clone()],
            schema,
        ));
    }
    if object.is_object()
        && let Ok(Outcome::Patch(made)) = merge::create_three_way(&current, &patch, &object, &[])
    {
        merge::apply(object, made).expect("a made patch applies");
    }
}

/// The types that objects are tried with.
fn types() -> Vec<Type> {
    let built_in = ["Pod", "Service", "ConfigMap"].into_iter();
    let built_in = built_in.filter_map(|kind| Type::builtin("v1", kind));
    built_in.chain([Type::deduced()]).collect()
}

/// Any JSON objects as writes by two managers: the engine agrees with the model, whatever the objects are.
pub(crate) fn objects(data: &[u8]) {
    let values = values(data, 6);
    for ty in types() {
        let updater = Updater::new(SameVersion);
        let mut state = State::new(&ty);
        for (index, object) in values.iter().enumerate() {
            let action = [Action::Apply, Action::Update, Action::ForceApply][index % 3];
            let manager = ["one", "other"][index % 2].to_owned();
            let op = Op {
                manager,
                action,
                object: object.clone(),
            };
            invariants::agreement(&updater, &Model::default(), &state, &op).expect("one rule");
            let before = state.clone();
            if updater.write(&mut state, &op).is_err() {
                invariants::refused_is_nothing(&before, &state).expect("refused");
            }
            invariants::no_empty_sets(&state).expect("nobody owns nothing");
            for managed in state.managers.values() {
                invariants::fields_v1(&managed.fields).expect("canonical");
            }
        }
    }
}

/// Any bytes as the chance in the generators' hand: all invariants hold of what comes out.
pub(crate) fn sequences(data: &[u8]) {
    // The generators ask for eight bytes a time, and get zeros when there are no more.
    let rng = TestRng::from_seed(RngAlgorithm::PassThrough, data);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let schema = schema()
        .new_tree(&mut runner)
        .expect("always made")
        .current();
    let ops = op_sequence(schema.ty(), 5)
        .new_tree(&mut runner)
        .expect("always made")
        .current();
    let start = State::new(schema.ty());
    let checked = check_sequence(&Updater::new(SameVersion), &Model::default(), start, &ops);
    if let Err(violation) = checked {
        panic!("{violation}: {ops:?} of {schema:?}");
    }
}

/// Any JSON as the live object, with whatever entries of managed fields, and as what is written to it: whatever way the engine takes, it
/// answers as the one that follows the original step by step.
pub(crate) fn requests(data: &[u8]) {
    let mut values = values(data, 2).into_iter();
    let (Some(live), Some(object)) = (values.next(), values.next()) else {
        return;
    };
    let engine = Engine::new(Kinds::builtin().or_deduced());
    let literal = engine.clone().reference();
    for live in [None, Some(live)] {
        for force in [false, true] {
            let options = ApplyOptions::new("fuzzer").force(force);
            let apply = |engine: &Engine| engine.apply(live.clone(), object.clone(), &options);
            same(apply(&engine), apply(&literal));
        }
        let options = UpdateOptions::new("fuzzer");
        let update = |engine: &Engine| engine.update(live.clone(), object.clone(), &options);
        if let Some(written) = same(update(&engine), update(&literal)) {
            // An object that is not tracked is not looked at, so what was written need not be valid.
            let again =
                |engine: &Engine| engine.update(Some(written.clone()), written.clone(), &options);
            same(again(&engine), again(&literal));
        }
    }
}

/// What two engines wrote, which is the same, or nothing if both refused.
fn same(one: Result<Written, RequestError>, other: Result<Written, RequestError>) -> Option<Value> {
    match (one, other) {
        (Ok(one), Ok(other)) => {
            assert_eq!(one.object(), other.object());
            Some(one.into_object())
        }
        (Err(one), Err(other)) => {
            assert_eq!(one.code(), other.code(), "{one} / {other}");
            None
        }
        (one, other) => panic!("{:?} / {:?}", one.map(drop), other.map(drop)),
    }
}
