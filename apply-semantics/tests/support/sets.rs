//! Suites `values`, `pathelement`, `pathelement-order`, `fieldsv1` and `sets`.

use std::cmp::Ordering;

use apply_semantics::{
    fieldset::{FieldSet, Pattern, Patterns},
    path::{self, PathElement},
    value,
};
use conformance_runner::Runner;
use serde_json::Value;

use super::cases;

type Check = fn(&Value) -> Result<(), String>;

pub(crate) fn run(runner: &mut Runner) {
    let suites: [(&str, Check); 5] = [
        ("values", values),
        ("pathelement", element),
        ("pathelement-order", order),
        ("fieldsv1", fields_v1),
        ("sets", sets),
    ];
    for (suite, check) in suites {
        for (id, case) in cases(runner, suite) {
            runner.case(suite, &id, || check(&case));
        }
    }
}

fn values(case: &Value) -> Result<(), String> {
    let (a, b) = (&case["a"], &case["b"]);
    same("cmp", &sign(value::compare(a, b)), &case["cmp"])?;
    same("equal", &value::equal(a, b).into(), &case["equal"])?;
    same("json_a", &value::path_text(a).into(), &case["json_a"])?;
    if case["text_a"] == "(varies)" {
        return Ok(());
    }
    same("text_a", &value::display(a).into(), &case["text_a"])
}

fn element(case: &Value) -> Result<(), String> {
    let element = PathElement::parse(text(&case["in"]));
    same("ok", &element.is_ok().into(), &case["ok"])?;
    let Ok(element) = element else { return Ok(()) };
    same("out", &element.serialize().into(), &case["out"])?;
    // The original writes the entries of a map in any order.
    let sorted = |text: &str| {
        let mut chars: Vec<char> = text.chars().collect();
        chars.sort_unstable();
        chars
    };
    if matches!(&element, PathElement::Value(value) if value.is_object()) {
        let same = sorted(&element.to_string()) == sorted(text(&case["text"]));
        return if same {
            Ok(())
        } else {
            Err(format!("text {element}"))
        };
    }
    same("text", &element.to_string().into(), &case["text"])
}

fn order(case: &Value) -> Result<(), String> {
    let [a, b] = ["a", "b"].map(|name| PathElement::parse(text(&case[name])).unwrap());
    same("cmp", &sign(a.cmp(&b)), &case["cmp"])?;
    same("equal", &(a == b).into(), &case["equal"])
}

fn fields_v1(case: &Value) -> Result<(), String> {
    let set: Result<FieldSet, _> = text(&case["in"]).parse();
    same("ok", &set.is_ok().into(), &case["ok"])?;
    let Ok(set) = set else { return Ok(()) };
    same("out", &set.to_string().into(), &case["out"])?;
    same("size", &set.len().into(), &case["size"])?;
    let paths: Vec<String> = set.paths().map(|path| path::display(&path)).collect();
    let wanted = case
        .get("paths")
        .cloned()
        .unwrap_or_else(|| Vec::<Value>::new().into());
    same("paths", &paths.into(), &wanted)?;
    let value: Value = serde_json::from_str(&set.to_string()).unwrap();
    let again = FieldSet::from_value(&value).map_err(|error| error.to_string())?;
    same(
        "from the parsed text",
        &again.to_string().into(),
        &case["out"],
    )?;
    let again = FieldSet::from_value(&set.to_value()).map_err(|error| error.to_string())?;
    same("from the value", &again.to_string().into(), &case["out"])
}

fn sets(case: &Value) -> Result<(), String> {
    let [a, b] = ["a", "b"].map(|name| set(&case[name]));
    let element = PathElement::parse(text(&case["pe"])).unwrap();
    let wanted = &case["want"];
    for (name, set) in [
        ("union", a.union(&b)),
        ("intersection", a.intersection(&b)),
        ("difference", a.difference(&b)),
        ("recursive_difference", a.recursive_difference(&b)),
        ("leaves", a.leaves()),
        ("with_prefix", a.below(&element)),
    ] {
        same(name, &set.to_string().into(), &wanted[name])?;
    }
    same("size", &a.len().into(), &wanted["size"])?;
    same("empty", &a.is_empty().into(), &wanted["empty"])?;
    same("equal", &(a == b).into(), &wanted["equal"])?;
    let has: Vec<bool> = b.paths().map(|path| a.contains(&path)).collect();
    let has = if has.is_empty() {
        Value::Null
    } else {
        has.into()
    };
    same("a_has_paths_of_b", &has, &wanted["a_has_paths_of_b"])?;
    same(
        "collected",
        &a.paths().collect::<FieldSet>().to_string().into(),
        &case["a"],
    )?;
    if let Some(include) = case.get("include") {
        let matching = a.matching(&patterns(include));
        same("include", &matching.to_string().into(), &wanted["include"])?;
    }
    Ok(())
}

/// Reads patterns: lists of path elements, `*` for any.
pub(crate) fn patterns(patterns: &Value) -> Patterns {
    let step = |step: &Value| match text(step) {
        "*" => Pattern::Any,
        element => Pattern::Element(PathElement::parse(element).unwrap()),
    };
    let patterns = patterns.as_array().unwrap().iter();
    patterns
        .map(|pattern| {
            pattern
                .as_array()
                .unwrap()
                .iter()
                .map(step)
                .collect::<Vec<_>>()
        })
        .collect()
}

pub(crate) fn set(value: &Value) -> FieldSet {
    text(value).parse().unwrap()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn sign(order: Ordering) -> Value {
    (order as i8).into()
}

fn same(what: &str, actual: &Value, wanted: &Value) -> Result<(), String> {
    if actual == wanted {
        Ok(())
    } else {
        Err(format!("{what}: {actual}, expected {wanted}"))
    }
}
