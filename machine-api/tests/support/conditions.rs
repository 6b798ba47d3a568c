//! Conditions.

use machine_api::{
    conditions::{Aggregate, Owner, Summary, set},
    core::v1beta2::Machine,
    meta::Condition,
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

fn read<T: DeserializeOwned + Default>(value: &Value) -> Result<T, String> {
    if value.is_null() {
        return Ok(T::default());
    }
    serde_json::from_value(value.clone()).map_err(|error| error.to_string())
}

/// The condition as a case names its parts.
fn shown(condition: Result<Condition, impl ToString>) -> Value {
    match condition {
        Ok(condition) => json!({
            "type": condition.r#type,
            "status": condition.status,
            "reason": condition.reason,
            "message": condition.message,
        }),
        Err(error) => json!({"error": error.to_string()}),
    }
}

pub(crate) fn summary(input: &Value) -> Result<Value, String> {
    let conditions: Vec<Condition> = read(&input["conditions"])?;
    let names = |field: &str| read::<Vec<String>>(&input[field]);
    let (types, negative, optional) = (
        names("forTypes")?,
        names("negativePolarity")?,
        names("ignoreIfMissing")?,
    );
    let types: Vec<&str> = types.iter().map(String::as_str).collect();
    let negative: Vec<&str> = negative.iter().map(String::as_str).collect();
    let optional: Vec<&str> = optional.iter().map(String::as_str).collect();
    let summary = Summary::of(&types).negative(&negative).optional(&optional);
    Ok(shown(summary.compute(
        input["target"].as_str().unwrap_or_default(),
        &conditions,
    )))
}

pub(crate) fn aggregate(input: &Value) -> Result<Value, String> {
    let machines: Vec<Machine> = read(&input["machines"])?;
    let owners: Vec<Owner<'_>> = machines.iter().map(Owner::from).collect();
    let mut aggregate = Aggregate::of(input["source"].as_str().ok_or("no source")?);
    if let Some(target) = input["target"].as_str() {
        aggregate = aggregate.target(target);
    }
    if input["negativePolarity"] == true {
        aggregate = aggregate.negative();
    }
    Ok(shown(aggregate.compute(&owners)))
}

pub(crate) fn written(input: &Value) -> Result<Value, String> {
    let mut conditions: Vec<Condition> = read(&input["conditions"])?;
    let now = input["now"].as_str().unwrap_or("2026-06-01T00:00:00Z");
    let now = now.parse().map_err(|_| "no time")?;
    for condition in read::<Vec<Condition>>(&input["set"])? {
        set(
            &mut conditions,
            condition,
            input["generation"].as_i64().unwrap_or_default(),
            now,
        );
    }
    Ok(json!({ "conditions": conditions }))
}
