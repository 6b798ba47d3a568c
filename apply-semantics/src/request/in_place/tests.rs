//! Random sequences of writes, done in place and step by step, come out the same.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::cast_possible_truncation,
    reason = "a test"
)]

use std::time::Instant;

use serde_json::{Map, Value, json};

use super::{
    super::{
        ApplyOptions, Effect, Engine, Kinds, UpdateOptions, apply as step_by_step,
        update as updates,
    },
    Attempt,
};
use crate::{
    fused::maps_are_sorted,
    managed_fields::{self, Time},
    schema::{Schema, Type},
    typed::EmptyContainers,
    updater::Filter,
};

/// A small generator of numbers, the same from the same seed.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % limit
    }

    fn one_in(&mut self, limit: usize) -> bool {
        self.below(limit) == 0
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }
}

const NAMES: [&str; 4] = ["a", "b", "c", "name"];
const TEXTS: [&str; 4] = ["x", "y", "<é\"", ""];

/// A type: an atom in the form of schemas.
fn atom(random: &mut Random, depth: usize) -> Value {
    let scalars = ["string", "numeric", "boolean", "untyped"];
    match random.below(if depth == 0 { 2 } else { 9 }) {
        0 | 1 => json!({"scalar": random.pick(&scalars)}),
        2 => json!({"map": {"elementType": atom(random, depth - 1)}}),
        3 => {
            json!({"map": {"elementType": atom(random, depth - 1), "elementRelationship": "atomic"}})
        }
        4 => {
            json!({"list": {"elementType": atom(random, depth - 1), "elementRelationship": "atomic"}})
        }
        5 => {
            json!({"list": {"elementType": {"scalar": random.pick(&["string", "numeric"])}, "elementRelationship": "associative"}})
        }
        6 => keyed(random, depth),
        7 if random.one_in(3) => json!({"namedType": "__untyped_deduced_"}),
        _ => json!({"map": {"fields": fields(random, depth - 1, &NAMES)}}),
    }
}

fn fields(random: &mut Random, depth: usize, names: &[&str]) -> Value {
    names
        .iter()
        .map(|name| json!({"name": name, "type": atom(random, depth)}))
        .collect()
}

fn keyed(random: &mut Random, depth: usize) -> Value {
    let mut all = fields(random, depth - 1, &["a", "b"]);
    let all = all.as_array_mut().unwrap();
    all.push(json!({"name": "name", "type": {"scalar": "string"}}));
    let mut port = json!({"name": "port", "type": {"scalar": "numeric"}});
    if random.one_in(2) {
        port["default"] = json!(80);
    }
    all.push(port);
    let keys = *random.pick(&[&["name"][..], &["name", "port"], &["port"]]);
    let element = json!({"map": {"fields": all}});
    json!({"list": {"elementType": element, "elementRelationship": "associative", "keys": keys}})
}

fn schema(random: &mut Random) -> Value {
    let mut root = fields(random, 3, &["spec", "status", "data"]);
    let fields = root.as_array_mut().unwrap();
    for name in ["apiVersion", "kind"] {
        fields.push(json!({"name": name, "type": {"scalar": "string"}}));
    }
    let strings = json!({"map": {"elementType": {"scalar": "string"}}});
    let metadata = json!({"map": {"fields": [
        {"name": "name", "type": {"scalar": "string"}},
        {"name": "uid", "type": {"scalar": "string"}},
        {"name": "labels", "type": strings},
    ]}});
    fields.push(json!({"name": "metadata", "type": metadata}));
    let untyped = |name: &str, relationship: &str, entries: &str| {
        json!({"name": name, "scalar": "untyped",
            "list": {"elementType": {"namedType": "__untyped_atomic_"}, "elementRelationship": "atomic"},
            "map": {"elementType": {"namedType": entries}, "elementRelationship": relationship}})
    };
    json!({"types": [
        {"name": "Thing", "map": {"fields": root}},
        untyped("__untyped_atomic_", "atomic", "__untyped_atomic_"),
        untyped("__untyped_deduced_", "separable", "__untyped_deduced_"),
    ]})
}

/// A value for an atom; seldom one that does not fit.
fn value(random: &mut Random, atom: &Value, depth: usize) -> Value {
    if random.one_in(40) {
        return Value::Null;
    }
    if random.one_in(150) {
        return json!([1, "x"]);
    }
    if let Some(scalar) = atom["scalar"].as_str() {
        let kind = if scalar == "untyped" {
            *random.pick(&["string", "numeric", "boolean"])
        } else {
            scalar
        };
        return match kind {
            "string" => json!(random.pick(&TEXTS)),
            "numeric" => random
                .pick(&[
                    json!(1),
                    json!(2),
                    json!(1.0),
                    json!(80),
                    json!(2.5),
                    json!(9_007_199_254_740_993_u64),
                ])
                .clone(),
            _ => json!(random.one_in(2)),
        };
    }
    if atom["namedType"].is_string() {
        return free(random, depth);
    }
    if let Some(list) = atom["list"].as_object() {
        let count = random.below(5);
        let mut items: Vec<Value> = (0..count)
            .map(|_| value(random, &list["elementType"], depth + 1))
            .collect();
        if list["elementRelationship"] == "associative" && !random.one_in(12) {
            distinct(&mut items, list.get("keys"));
        }
        return items.into();
    }
    let map = &atom["map"];
    let mut entries = Map::new();
    if let Some(fields) = map["fields"].as_array() {
        for field in fields {
            let key = field["name"] == "name" || field["name"] == "port";
            if random.one_in(if key { 6 } else { 2 }) == key {
                continue;
            }
            entries.insert(
                field["name"].as_str().unwrap().to_owned(),
                value(random, &field["type"], depth + 1),
            );
        }
    } else {
        for _ in 0..random.below(4) {
            entries.insert(
                (*random.pick(&NAMES)).to_owned(),
                value(random, &map["elementType"], depth + 1),
            );
        }
    }
    entries.into()
}

fn free(random: &mut Random, depth: usize) -> Value {
    match random.below(if depth > 5 { 3 } else { 5 }) {
        0 => json!(random.pick(&TEXTS)),
        1 => json!(1),
        2 => json!([1, {"a": 2}]),
        _ => (0..random.below(3))
            .map(|_| ((*random.pick(&NAMES)).to_owned(), free(random, depth + 1)))
            .collect::<Map<_, _>>()
            .into(),
    }
}

/// Leaves one of elements with the same keys.
fn distinct(items: &mut Vec<Value>, keys: Option<&Value>) {
    let mut seen = Vec::new();
    items.retain(|item| {
        let identity = match keys.and_then(Value::as_array) {
            None => item.to_string().replace(".0", ""),
            Some(keys) => keys
                .iter()
                .map(|key| {
                    item.get(key.as_str().unwrap())
                        .map_or("80".to_owned(), |value| value.to_string().replace(".0", ""))
                })
                .collect(),
        };
        let new = !seen.contains(&identity);
        seen.push(identity);
        new
    });
}

fn object(random: &mut Random, schema: &Value) -> Value {
    let mut object = value(random, &json!({"map": schema["types"][0]["map"]}), 0);
    if !object.is_object() {
        object = json!({});
    }
    object["apiVersion"] = "x.io/v1".into();
    object["kind"] = "Thing".into();
    let mut labels = Map::new();
    for _ in 0..random.below(3) {
        labels.insert(
            (*random.pick(&NAMES)).to_owned(),
            json!(random.pick(&TEXTS)),
        );
    }
    object["metadata"] = json!({"name": "thing", "labels": labels});
    object
}

/// A variation: parts of one object in another.
fn mixed(random: &mut Random, into: &mut Value, from: &Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (name, value) in from {
                match into.get_mut(name) {
                    Some(_)
                        if random.one_in(8)
                            && !["apiVersion", "kind", "metadata"].contains(&name.as_str()) =>
                    {
                        into.remove(name);
                    }
                    Some(there) if !random.one_in(10) => mixed(random, there, value),
                    _ if random.one_in(3) => drop(into.insert(name.clone(), value.clone())),
                    _ => {}
                }
            }
        }
        (Value::Array(into), Value::Array(from)) => {
            if random.one_in(4) && !into.is_empty() {
                into.remove(random.below(into.len()));
            }
            if random.one_in(4) && into.len() > 1 {
                let other = random.below(into.len());
                into.swap(0, other);
            }
            if random.one_in(4) {
                into.extend(from.first().cloned());
            }
            let at = random.below(into.len().max(1));
            if let (Some(into), Some(from)) = (into.get_mut(at), from.get(at)) {
                mixed(random, into, from);
            }
        }
        (into, from) => {
            if random.one_in(3) {
                *into = from.clone();
            }
        }
    }
}

#[derive(Debug, Default)]
struct Counts {
    sequences: usize,
    writes: usize,
    in_place: usize,
    conflicts: usize,
    changes: usize,
}

fn sequence(seed: u64, counts: &mut Counts) {
    let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    for _ in 0..4 {
        random.below(2);
    }
    let schema = schema(&mut random);
    let ty = if random.one_in(6) {
        Type::deduced()
    } else {
        Schema::from_value(&schema)
            .unwrap()
            .type_named("Thing")
            .unwrap()
    };
    let mut kinds = Kinds::new();
    kinds.insert("x.io/v1", "Thing", ty);
    if random.one_in(4) {
        let excluded = random
            .pick(&["{\"f:status\":{}}", "{\"f:spec\":{\"f:a\":{}}}"])
            .parse()
            .unwrap();
        kinds.filter("x.io/v1", "Thing", "", Filter::Exclude(excluded));
    }
    let empty = *random.pick(&[EmptyContainers::Collapse, EmptyContainers::Preserve]);
    let engine = Engine::new(kinds).empty_containers(empty);
    let mut live: Option<Value> = None;
    let mut last: Vec<Value> = vec![object(&mut random, &schema); 3];
    counts.sequences += 1;
    for step in 0..8 {
        let who = random.below(3);
        let other = object(&mut random, &schema);
        let time = Time::from_unix_seconds(1_600_000_000 + step);
        let manager = ["one", "two", "three"][who];
        counts.writes += 1;
        let (attempt, literal) = if random.one_in(3) {
            let mut new = live.clone().unwrap_or_else(|| other.clone());
            mixed(&mut random, &mut new, &other);
            if random.one_in(3) {
                managed_fields::take(&mut new);
            }
            let options = UpdateOptions::new(manager).at(time);
            let literal = updates::update(&engine, live.clone(), new.clone(), &options);
            (super::update(&engine, live.clone(), new, &options), literal)
        } else {
            if !random.one_in(4) {
                mixed(&mut random, &mut last[who], &other);
            }
            let options = ApplyOptions::new(manager).at(time).force(random.one_in(3));
            let config = last[who].clone();
            let literal = step_by_step::apply(&engine, live.clone(), config.clone(), &options);
            (
                super::apply(&engine, live.clone(), config, &options),
                literal,
            )
        };
        let literal = match attempt {
            Attempt::GivenUp(kept, _) => {
                assert_eq!(kept, live, "seed {seed} step {step}");
                literal
            }
            Attempt::Done(done) => {
                counts.in_place += 1;
                counts.conflicts += usize::from(done.is_err());
                assert_eq!(done, literal, "seed {seed} step {step}: live {live:?}");
                if let (Ok(done), Ok(literal)) = (&done, &literal) {
                    counts.changes += usize::from(done.effect() != Effect::Nothing);
                    assert_eq!(done.report(), literal.report(), "seed {seed} step {step}");
                    // Where entries keep their order, taking one out disturbs that of the others.
                    if maps_are_sorted() {
                        assert_eq!(
                            done.object().to_string(),
                            literal.object().to_string(),
                            "seed {seed} step {step}"
                        );
                    }
                }
                done
            }
        };
        if let Ok(written) = literal {
            let mut object = written.into_object();
            if !random.one_in(4) {
                object["metadata"]["uid"] = "u".into();
            }
            if random.one_in(8) {
                managed_fields::take(&mut object);
            }
            live = Some(object);
        }
    }
}

fn sequences(from: u64, count: u64) -> Counts {
    let mut counts = Counts::default();
    for seed in from..from + count {
        sequence(seed, &mut counts);
    }
    counts
}

#[test]
fn random_sequences_come_out_the_same() {
    let counts = sequences(1, 300);
    assert!(counts.in_place * 3 > counts.writes, "{counts:?}");
    assert!(counts.conflicts > 20 && counts.changes > 100, "{counts:?}");
}

/// `cargo test --release -p apply-semantics --lib many_random -- --ignored --nocapture`; `SEED` and `SEQUENCES` say which.
#[test]
#[ignore = "takes minutes"]
fn many_random_sequences_come_out_the_same() {
    let number = |name: &str, default: u64| {
        std::env::var(name).map_or(default, |text| text.parse().unwrap())
    };
    let (seed, count) = (number("SEED", 1_000_000), number("SEQUENCES", 100_000));
    let start = Instant::now();
    let counts = sequences(seed, count);
    println!("seed {seed}: {counts:?} in {:?}", start.elapsed());
}
