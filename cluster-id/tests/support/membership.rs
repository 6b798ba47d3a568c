//! Suites about members and namespaces of a ClusterSet.

use std::collections::BTreeSet;

use cluster_id::{
    Explain, Rule,
    id::ClusterId,
    membership::{Command, Roster},
    sameness::violations,
};
use serde_json::{Value, json};

use crate::case::{read, same};

pub(crate) fn membership(input: &Value, expect: &Value) -> Result<(), String> {
    let now = "2026-06-01T00:00:00Z".parse().unwrap();
    let mut roster = Roster::default();
    let mut results = Vec::new();
    for event in input["events"].as_array().unwrap() {
        let before = roster.clone();
        let outcome = command(event).and_then(|command| {
            roster
                .apply(&command, now)
                .map(|_| ())
                .map_err(|refusal| refusal.rule())
        });
        if outcome.is_err() && roster != before {
            return Err(format!("refused, and yet something has changed: {event}"));
        }
        results.push(match outcome {
            Ok(()) => json!({"ok": true}),
            Err(rule) => json!({"ok": false, "rule": rule}),
        });
    }
    same(&json!({ "results": results }), expect)
}

/// The command that an event is, or the rule that keeps it from being one.
fn command(event: &Value) -> Result<Command, Rule> {
    let cluster = read(&event["cluster"]);
    Ok(match event["op"].as_str().unwrap() {
        "setId" => {
            let id = ClusterId::parse(event["value"].as_str().unwrap());
            let id = id.map_err(|error| error.rule().unwrap())?;
            Command::SetId { cluster, id }
        }
        "dropId" => Command::DropId { cluster },
        "join" => {
            let set = read(&event["set"]);
            Command::Join { cluster, set }
        }
        "leave" => Command::Leave { cluster },
        other => panic!("no event {other}"),
    })
}

pub(crate) fn namespace_sameness(input: &Value, expect: &Value) -> Result<(), String> {
    let clusters = input["clusters"].as_array().unwrap();
    let clusters = clusters
        .iter()
        .map(|cluster| (read(&cluster["name"]), read(&cluster["namespaces"])))
        .collect();
    let exemptions: Vec<_> = read(&input["exempt"]);
    let found = violations(&clusters, &exemptions);
    let names: BTreeSet<_> = found
        .into_iter()
        .map(|violation| violation.namespace)
        .collect();
    let expected: BTreeSet<String> = read(&expect["violations"]);
    same(&json!(names), &json!(expected))
}
