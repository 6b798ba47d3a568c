//! Events in their two groups: the same objects, with other names for some of their fields.

use serde_json::{Map, Value};

/// The names in the core group, and those in `events.k8s.io`.
const NAMES: [(&str, &str); 7] = [
    ("count", "deprecatedCount"),
    ("firstTimestamp", "deprecatedFirstTimestamp"),
    ("involvedObject", "regarding"),
    ("lastTimestamp", "deprecatedLastTimestamp"),
    ("message", "note"),
    ("reportingComponent", "reportingController"),
    ("source", "deprecatedSource"),
];

pub(super) fn to_events(event: &mut Value) {
    if let Some(fields) = event.as_object_mut() {
        for (core, other) in NAMES {
            rename(fields, core, other);
        }
        // What one group always says, the other leaves out.
        for name in ["reportingController", "reportingInstance"] {
            if fields.get(name).is_some_and(|value| value == "") {
                fields.remove(name);
            }
        }
    }
}

pub(super) fn to_core(event: &mut Value) {
    if let Some(fields) = event.as_object_mut() {
        for (core, other) in NAMES {
            rename(fields, other, core);
        }
        for name in ["reportingComponent", "reportingInstance"] {
            fields.entry(name).or_insert_with(|| "".into());
        }
    }
}

/// The name that a field selector of `events.k8s.io` has in the core group.
pub(crate) fn core_field(field: &str) -> String {
    if let Some(rest) = field.strip_prefix("regarding.") {
        return format!("involvedObject.{rest}");
    }
    let field = if field == "reportingController" {
        "reportingComponent"
    } else {
        field
    };
    field.to_owned()
}

fn rename(fields: &mut Map<String, Value>, from: &str, to: &str) {
    if let Some(value) = fields.remove(from) {
        fields.insert(to.to_owned(), value);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn there_and_back() {
        let core = json!({
            "involvedObject": {"name": "p"}, "message": "m", "reason": "r", "count": 2,
            "reportingComponent": "", "reportingInstance": "",
        });
        let mut event = core.clone();
        to_events(&mut event);
        assert_eq!(
            event,
            json!({"regarding": {"name": "p"}, "note": "m", "reason": "r", "deprecatedCount": 2})
        );
        to_core(&mut event);
        assert_eq!(event, core);
    }
}
