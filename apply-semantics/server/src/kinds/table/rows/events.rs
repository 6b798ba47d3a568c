//! Rows of events, of both groups.

use serde_json::{Value, json};

use super::super::{
    super::read::{at, has, text},
    cells,
};

pub(super) fn event(object: &Value, now: &str) -> Vec<Value> {
    let metadata = at(object, "metadata");
    let first = |keys: &[&str]| {
        let mut texts = keys.iter().map(|key| text(object, key));
        texts
            .find(|text| !text.is_empty())
            .unwrap_or_default()
            .to_owned()
    };
    let involved = if has(object, "involvedObject") {
        at(object, "involvedObject")
    } else {
        at(object, "regarding")
    };
    let name = text(involved, "name");
    let target = text(involved, "kind").to_ascii_lowercase();
    let target = if name.is_empty() {
        target
    } else {
        format!("{target}/{name}")
    };
    let began = first(&["firstTimestamp", "deprecatedFirstTimestamp", "eventTime"]);
    let series = text(at(object, "series"), "lastObservedTime").to_owned();
    let last = first(&["lastTimestamp", "deprecatedLastTimestamp"]);
    let last = [series, last, began.clone()]
        .into_iter()
        .find(|text| !text.is_empty())
        .unwrap_or_default();
    let count = at(at(object, "series"), "count").as_i64();
    let count = count
        .or_else(|| at(object, "count").as_i64())
        .or_else(|| at(object, "deprecatedCount").as_i64());
    let source = at(object, "source");
    let component = match text(source, "component") {
        "" => first(&["reportingComponent", "reportingController"]),
        component => component.to_owned(),
    };
    let host = text(source, "host");
    let component = if host.is_empty() {
        component
    } else {
        format!("{component}, {host}")
    };
    let message = first(&["message", "note"]);
    vec![
        cells::since(&last, now),
        json!(text(object, "type")),
        json!(text(object, "reason")),
        json!(target),
        json!(text(involved, "fieldPath")),
        json!(component),
        json!(message.trim()),
        cells::since(&began, now),
        json!(count.unwrap_or(1)),
        at(metadata, "name").clone(),
    ]
}
