//! Jobs: the selector and labels that the server makes.

use serde_json::{Value, json};

use super::super::read::{at, flag, object, path, put, text};

/// A new Job selects its pods by its own uid, unless the user selects.
pub(super) fn create(job: &mut Value) {
    if !flag(at(job, "spec"), "manualSelector") {
        generate(job);
    }
    let labels = path(job, &["spec", "template", "metadata", "labels"]).clone();
    let held = path(job, &["metadata", "labels"]);
    if held.as_object().is_none_or(serde_json::Map::is_empty)
        && let Some(metadata) = job.get_mut("metadata")
    {
        put(metadata, "labels", labels);
    }
}

fn generate(job: &mut Value) {
    let metadata = at(job, "metadata");
    let (uid, name) = (
        text(metadata, "uid").to_owned(),
        text(metadata, "name").to_owned(),
    );
    let Some(spec) = job.get_mut("spec") else {
        return;
    };
    let labels = spec.get_mut("template").and_then(|template| {
        object(template, "metadata")?;
        template
            .get_mut("metadata")
            .and_then(|metadata| object(metadata, "labels"))
    });
    if let Some(labels) = labels {
        for (key, value) in [
            ("controller-uid", &uid),
            ("batch.kubernetes.io/controller-uid", &uid),
            ("job-name", &name),
            ("batch.kubernetes.io/job-name", &name),
        ] {
            // A label of the user stands, and is refused for what it is.
            labels.entry(key).or_insert_with(|| json!(value));
        }
    }
    object(spec, "selector");
    if let Some(wanted) = spec
        .get_mut("selector")
        .and_then(|selector| object(selector, "matchLabels"))
    {
        wanted
            .entry("batch.kubernetes.io/controller-uid")
            .or_insert_with(|| json!(uid));
    }
}
