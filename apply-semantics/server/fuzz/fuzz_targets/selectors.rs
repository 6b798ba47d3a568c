//! Selectors of any text are read or refused, and a list by index is the list by looking at each object.
#![no_main]

use std::sync::LazyLock;

use apply_semantics::op::{ListOptions, ObjectList, Operation, Reason, ResourceRef};
use apply_server::Server;
use libfuzzer_sys::fuzz_target;
use serde_json::json;

static SERVER: LazyLock<Server> = LazyLock::new(|| {
    let tiers = [None, Some("gold"), Some("iron"), Some("")];
    let objects = tiers.into_iter().enumerate().map(|(number, tier)| {
        let mut object = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"namespace": "default", "name": format!("n{number}")}});
        if let Some(tier) = tier {
            object["metadata"]["labels"] = json!({"tier": tier, "size": number.to_string()});
        }
        object
    });
    objects
        .fold(
            Server::builder().remember_requests(0),
            apply_server::Builder::object,
        )
        .build()
});

fn page(labels: &str, fields: &str, limit: u32, token: Option<String>) -> Option<ObjectList> {
    let mut options = ListOptions::default().labels(labels).fields(fields);
    if limit > 0 {
        options = options.limit(limit);
    }
    if let Some(token) = token {
        options = options.continue_token(token);
    }
    let collection = ResourceRef::of_kind("v1", "ConfigMap").within("default");
    match SERVER.execute(&Operation::list(collection, options)) {
        Ok(outcome) => Some(outcome.into_list().expect("a list")),
        Err(refusal) => {
            assert_eq!(refusal.reason, Reason::BadRequest, "{labels:?} {fields:?}");
            None
        }
    }
}

fuzz_target!(|input: &str| {
    let (labels, fields) = input.split_once('\n').unwrap_or((input, ""));
    let Some(whole) = page(labels, fields, 0, None) else {
        return;
    };
    // What follows a token looks at each object.
    let mut items = Vec::new();
    let mut next = page(labels, fields, 1, None);
    while let Some(list) = next.take() {
        items.extend(list.items);
        next = list
            .continue_token
            .and_then(|token| page(labels, fields, 1, Some(token)));
    }
    assert_eq!(items, whole.items, "{labels:?} {fields:?}");
});
