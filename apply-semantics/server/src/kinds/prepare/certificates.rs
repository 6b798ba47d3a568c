//! Requests for certificates: who asked, and when they were approved.

use serde_json::{Value, json};

use super::{
    super::read::{at, has, list, put, text},
    User, keep_all_but,
};

/// A request says who sent it, whatever it said itself.
pub(super) fn create(object: &mut Value, user: &User) {
    if let Some(spec) = object.get_mut("spec") {
        put(spec, "username", user.name.clone());
        put(spec, "uid", user.uid.clone());
        put(spec, "groups", user.groups.clone());
        put(spec, "extra", Value::Null);
    }
}

/// Only conditions change here.
pub(super) fn approval(new: &mut Value, old: &Value, now: &str) {
    let given = list(at(new, "status"), "conditions").to_vec();
    keep_all_but(new, old, &["status"]);
    let mut status = at(old, "status").clone();
    put(&mut status, "conditions", given);
    put(new, "status", status);
    stamp(new, old, now);
}

/// Everything but approval and denial changes here.
pub(super) fn status(new: &mut Value, old: &Value, now: &str) {
    let decided = |condition: &&Value| matches!(text(condition, "type"), "Approved" | "Denied");
    let held = list(at(old, "status"), "conditions").iter().filter(decided);
    let given = list(at(new, "status"), "conditions")
        .iter()
        .filter(|condition| !decided(condition));
    let conditions: Vec<Value> = held.chain(given).cloned().collect();
    if let Some(status) = new.get_mut("status") {
        let conditions = if conditions.is_empty() {
            Value::Null
        } else {
            json!(conditions)
        };
        put(status, "conditions", conditions);
    }
    stamp(new, old, now);
}

fn stamp(new: &mut Value, old: &Value, now: &str) {
    let conditions = new
        .get_mut("status")
        .and_then(|status| status.get_mut("conditions"));
    for condition in conditions
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
    {
        let held = list(at(old, "status"), "conditions").iter().find(|held| {
            text(held, "type") == text(condition, "type")
                && text(held, "status") == text(condition, "status")
        });
        if !has(condition, "lastUpdateTime") {
            put(condition, "lastUpdateTime", now);
        }
        if !has(condition, "lastTransitionTime") {
            let since = held
                .map_or("", |held| text(held, "lastTransitionTime"))
                .to_owned();
            put(
                condition,
                "lastTransitionTime",
                if since.is_empty() {
                    now.to_owned()
                } else {
                    since
                },
            );
        }
    }
}
