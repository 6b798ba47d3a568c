//! Metrics of a HorizontalPodAutoscaler in the form that annotations of autoscaling/v1 hold, as text in the order of its Go structs.

use serde_json::{Map, Value, json};

use crate::kinds;

/// What a metric holds in both forms: the name of the field, and the fields of the annotation below it.
struct Form {
    field: &'static str,
    fields: &'static [Place],
}

/// A field of an annotation and the path to the same in version 2; `{}` is `target` in a wish and `current` in a status.
type Place = (&'static str, &'static [&'static str]);

const AMOUNT: &str = "{}";

const FORMS: &[Form] = &[
    Form {
        field: "object",
        fields: &[
            ("target", &["describedObject"]),
            ("metricName", &["metric", "name"]),
            ("{}Value", &[AMOUNT, "value"]),
            ("selector", &["metric", "selector"]),
            ("averageValue", &[AMOUNT, "averageValue"]),
        ],
    },
    Form {
        field: "pods",
        fields: &[
            ("metricName", &["metric", "name"]),
            ("{}AverageValue", &[AMOUNT, "averageValue"]),
            ("selector", &["metric", "selector"]),
        ],
    },
    Form {
        field: "resource",
        fields: &[
            ("name", &["name"]),
            ("{}AverageUtilization", &[AMOUNT, "averageUtilization"]),
            ("{}AverageValue", &[AMOUNT, "averageValue"]),
        ],
    },
    Form {
        field: "containerResource",
        fields: &[
            ("name", &["name"]),
            ("{}AverageUtilization", &[AMOUNT, "averageUtilization"]),
            ("{}AverageValue", &[AMOUNT, "averageValue"]),
            ("container", &["container"]),
        ],
    },
    Form {
        field: "external",
        fields: &[
            ("metricName", &["metric", "name"]),
            ("metricSelector", &["metric", "selector"]),
            ("{}Value", &[AMOUNT, "value"]),
            ("{}AverageValue", &[AMOUNT, "averageValue"]),
        ],
    },
];

/// Whether a metric is wished for or measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Of {
    Spec,
    Status,
}

impl Of {
    fn word(self) -> &'static str {
        match self {
            Self::Spec => "target",
            Self::Status => "current",
        }
    }
}

/// The text of an annotation that holds metrics of version 2.
pub(super) fn to_text(metrics: &[Value], of: Of) -> String {
    let metrics = metrics.iter().map(|metric| {
        let mut parts = vec![pair(
            "type",
            &metric.get("type").cloned().unwrap_or_default().to_string(),
        )];
        for form in FORMS {
            if let Some(source) = metric.get(form.field) {
                parts.push(pair(form.field, &source_text(source, form, of)));
            }
        }
        format!("{{{}}}", parts.join(","))
    });
    format!("[{}]", metrics.collect::<Vec<_>>().join(","))
}

fn source_text(source: &Value, form: &Form, of: Of) -> String {
    let mut parts = Vec::new();
    for (name, path) in form.fields {
        let value = path
            .iter()
            .try_fold(source, |at, part| at.get(part.replace(AMOUNT, of.word())));
        let text = match (value, *name) {
            (Some(value), "selector" | "metricSelector") => {
                kinds::ordered_json(value, "meta.v1.LabelSelector")
            }
            (Some(value), "target") => {
                kinds::ordered_json(value, "autoscaling.v2.CrossVersionObjectReference")
            }
            (Some(value), _) => value.to_string(),
            // These are no pointers, and written always.
            (None, "{}Value") if form.field == "object" => "\"0\"".to_owned(),
            (None, "{}AverageValue") if form.field == "pods" => "\"0\"".to_owned(),
            (None, _) => continue,
        };
        parts.push(pair(&name.replace(AMOUNT, of.word()), &text));
    }
    format!("{{{}}}", parts.join(","))
}

fn pair(name: &str, text: &str) -> String {
    format!("\"{name}\":{text}")
}

/// Metrics of version 2 from those of an annotation.
pub(super) fn from_annotation(metrics: &[Value], of: Of) -> Vec<Value> {
    let metrics = metrics.iter().map(|metric| {
        let mut read = Map::new();
        read.insert(
            "type".to_owned(),
            metric.get("type").cloned().unwrap_or_default(),
        );
        for form in FORMS {
            if let Some(source) = metric.get(form.field) {
                read.insert(form.field.to_owned(), source_from(source, form, of));
            }
        }
        Value::Object(read)
    });
    metrics.collect()
}

fn source_from(source: &Value, form: &Form, of: Of) -> Value {
    let mut read = Map::new();
    let averaged = form.field == "object" && source.get("averageValue").is_some();
    for (name, path) in form.fields {
        let Some(value) = source.get(name.replace(AMOUNT, of.word())) else {
            continue;
        };
        if !(averaged && *name == "{}Value") {
            put(&mut read, path, of, value.clone());
        }
    }
    if of == Of::Spec {
        let has = |field| source.get(of.word().to_owned() + field).is_some();
        let kind = if has("AverageUtilization") {
            "Utilization"
        } else if averaged || has("AverageValue") {
            "AverageValue"
        } else {
            "Value"
        };
        put(&mut read, &[AMOUNT, "type"], of, kind.into());
    }
    Value::Object(read)
}

/// Puts a value where a path of one or two names leads.
fn put(into: &mut Map<String, Value>, path: &[&str], of: Of, value: Value) {
    let named = |name: &str| name.replace(AMOUNT, of.word());
    match path {
        [outer, inner] => {
            let outer = into.entry(named(outer)).or_insert_with(|| json!({}));
            if let Some(outer) = outer.as_object_mut() {
                outer.insert(named(inner), value);
            }
        }
        path => {
            into.extend(path.iter().map(|name| (named(name), value.clone())));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_survive_in_the_order_of_go() {
        let metrics = [
            json!({"type": "Resource", "resource": {"name": "memory", "target": {"type": "Utilization", "averageUtilization": 20}}}),
            json!({"type": "Pods", "pods": {"metric": {"name": "m", "selector": {"matchLabels": {"a": "b"}}}, "target": {"type": "AverageValue", "averageValue": "1"}}}),
            json!({"type": "Object", "object": {"describedObject": {"apiVersion": "v1", "kind": "Pod", "name": "p"}, "metric": {"name": "m"}, "target": {"type": "Value", "value": "2"}}}),
            json!({"type": "External", "external": {"metric": {"name": "m"}, "target": {"type": "AverageValue", "averageValue": "3"}}}),
            json!({"type": "ContainerResource", "containerResource": {"name": "cpu", "container": "c", "target": {"type": "Utilization", "averageUtilization": 5}}}),
        ];
        let text = to_text(&metrics, Of::Spec);
        assert!(
            text.starts_with(r#"[{"type":"Resource","resource":{"name":"memory","targetAverageUtilization":20}},{"type":"Pods","pods":{"metricName":"m","targetAverageValue":"1","selector":{"matchLabels":{"a":"b"}}}},{"type":"Object","object":{"target":{"kind":"Pod","name":"p","apiVersion":"v1"},"metricName":"m","targetValue":"2"}}"#),
            "{text}"
        );
        let read: Vec<Value> = serde_json::from_str(&text).unwrap();
        assert_eq!(from_annotation(&read, Of::Spec), metrics);
    }
}
