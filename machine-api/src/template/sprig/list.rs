//! Lists.

use serde_json::Value;

use super::{Body, exactly, list_of, truth};

fn parts(
    arguments: &[Value],
    of: fn(&[Value]) -> Option<Value>,
    otherwise: Value,
) -> Result<Value, String> {
    let [list] = exactly(arguments)?;
    Ok(of(list_of(list)?).unwrap_or(otherwise))
}

pub(super) const FUNCTIONS: &[(&str, Body)] = &[
    ("list", |arguments| Ok(arguments.to_vec().into())),
    ("tuple", |arguments| Ok(arguments.to_vec().into())),
    ("first", |arguments| {
        parts(arguments, |list| list.first().cloned(), Value::Null)
    }),
    ("last", |arguments| {
        parts(arguments, |list| list.last().cloned(), Value::Null)
    }),
    ("rest", |arguments| {
        parts(
            arguments,
            |list| list.split_first().map(|(_, rest)| rest.to_vec().into()),
            Value::Null,
        )
    }),
    ("initial", |arguments| {
        parts(
            arguments,
            |list| list.split_last().map(|(_, rest)| rest.to_vec().into()),
            Value::Null,
        )
    }),
    ("reverse", |arguments| {
        parts(
            arguments,
            |list| Some(list.iter().rev().cloned().collect()),
            Value::Null,
        )
    }),
    ("uniq", |arguments| {
        parts(
            arguments,
            |list| {
                let mut seen: Vec<Value> = Vec::new();
                for item in list {
                    if !seen.contains(item) {
                        seen.push(item.clone());
                    }
                }
                Some(seen.into())
            },
            Value::Null,
        )
    }),
    ("compact", |arguments| {
        parts(
            arguments,
            |list| Some(list.iter().filter(|item| truth(item)).cloned().collect()),
            Value::Null,
        )
    }),
    ("append", |arguments| {
        let [list, item] = exactly(arguments)?;
        let mut list = list_of(list)?.clone();
        list.push(item.clone());
        Ok(list.into())
    }),
    ("prepend", |arguments| {
        let [list, item] = exactly(arguments)?;
        let mut list = list_of(list)?.clone();
        list.insert(0, item.clone());
        Ok(list.into())
    }),
    ("concat", |arguments| {
        let lists = arguments.iter().map(list_of);
        let lists: Vec<_> = lists.collect::<Result<_, _>>()?;
        Ok(lists.into_iter().flatten().cloned().collect())
    }),
    ("has", |arguments| {
        let [item, list] = exactly(arguments)?;
        Ok((!list.is_null() && list_of(list)?.contains(item)).into())
    }),
    ("without", |arguments| {
        let (list, items) = arguments.split_first().ok_or("needs a list")?;
        let kept = list_of(list)?.iter().filter(|item| !items.contains(item));
        Ok(kept.cloned().collect())
    }),
];
