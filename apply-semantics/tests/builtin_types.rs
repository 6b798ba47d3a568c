//! The embedded table of built-in types: that it holds the recorded facts, and the way to write it anew.
//!
//! `UPDATE_TABLE=1 cargo test -p apply-semantics --test builtin_types` writes `src/types/table.txt` from
//! `tests/conformance/typed-schemas/schemas.json`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test"
)]

use std::{collections::BTreeMap, env, fmt::Write, fs, path::PathBuf};

use apply_semantics::types::{Types, builtin};
use serde_json::Value;

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn facts() -> Value {
    let text = fs::read_to_string(path("tests/conformance/typed-schemas/schemas.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

#[test]
fn the_table_is_up_to_date() {
    let table = table(&facts());
    let file = path("src/types/table.txt");
    if env::var_os("UPDATE_TABLE").is_some() {
        fs::write(&file, &table).unwrap();
    }
    assert!(
        fs::read_to_string(&file).unwrap() == table,
        "out of date: run with UPDATE_TABLE=1"
    );
}

#[test]
fn the_table_reads_as_the_facts_do() {
    let facts = facts();
    let kinds = facts["kinds"].as_object().unwrap();
    let types = Types::from_condensed(facts["types"].as_object().unwrap()).unwrap();
    let types = types
        .with_kinds(
            kinds
                .iter()
                .map(|(kind, name)| (kind.as_str(), name.as_str().unwrap())),
        )
        .unwrap();
    assert!(
        *builtin() == types,
        "the table was not read as it was written"
    );
}

fn table(facts: &Value) -> String {
    let types = facts["types"].as_object().unwrap();
    let index: BTreeMap<&str, usize> = types
        .keys()
        .enumerate()
        .map(|(n, name)| (name.as_str(), n))
        .collect();
    let mut out = String::new();
    for (name, def) in types {
        let atomic = if def.get("a").is_some() { "!" } else { "" };
        write!(out, "{atomic}{name}").unwrap();
        for (field, value) in def["f"].as_object().unwrap() {
            write!(out, " {field}:{}", node(value, &index)).unwrap();
        }
        out.push('\n');
    }
    for (kind, name) in facts["kinds"].as_object().unwrap() {
        writeln!(out, "={kind} {}", index[name.as_str().unwrap()]).unwrap();
    }
    out
}

fn node(value: &Value, index: &BTreeMap<&str, usize>) -> String {
    let Value::Object(object) = value else {
        let code = value.as_str().unwrap();
        return code
            .strip_prefix('@')
            .map_or_else(|| code.to_owned(), |name| format!("@{}", index[name]));
    };
    let shape = match (object.get("l"), object.get("m"), object.get("of")) {
        (Some(element), _, _) => format!("[{}]", node(element, index)),
        (_, Some(value), _) => format!("{{{}}}", node(value, index)),
        (_, _, Some(inner)) => node(inner, index),
        _ => panic!("no shape in {value}"),
    };
    shape + &markers(value)
}

fn markers(value: &Value) -> String {
    let mut out = String::new();
    let mut marker = |text: &str| write!(out, ";{text}").unwrap();
    match value.get("t").map(|kind| kind.as_str().unwrap()) {
        Some("m") => {
            let keys: Vec<_> = value["k"]
                .as_array()
                .unwrap()
                .iter()
                .map(|key| key.as_str().unwrap())
                .collect();
            marker(&format!("m,{}", keys.join(",")));
        }
        Some(other) => marker(other),
        None => {}
    }
    match value.get("mt").map(|kind| kind.as_str().unwrap()) {
        Some("granular") => marker("g"),
        Some(other) => panic!("map type {other}"),
        None if value.get("a").is_some() => marker("a"),
        None => {}
    }
    if let Some(strategy) = value.get("ps") {
        let letters = strategy
            .as_str()
            .unwrap()
            .split(',')
            .map(|part| match part {
                "merge" => 'm',
                "replace" => 'r',
                "retainKeys" => 'k',
                other => panic!("patch strategy {other}"),
            });
        marker(&format!("p{}", letters.collect::<String>()));
    }
    if let Some(key) = value.get("pk") {
        marker(&format!("k,{}", key.as_str().unwrap()));
    }
    if let Some(default) = value.get("d") {
        marker(&format!("d{default}"));
    }
    out
}
