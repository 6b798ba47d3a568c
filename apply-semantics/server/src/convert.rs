//! Objects in other versions of their kind.

mod autoscaling;
pub(crate) mod events;
mod metrics;

use std::sync::Arc;

use apply_semantics::{request::Convert, updater::ConvertError};
use serde_json::Value;

use crate::registry::Resource;

/// A stored object in the version of a resource.
pub(crate) fn shared(object: &Arc<Value>, resource: &Resource) -> Arc<Value> {
    let version = resource.api_version();
    if object.get("apiVersion").and_then(Value::as_str) == Some(&version) {
        return Arc::clone(object);
    }
    let mut converted = owned(Value::clone(object), &version);
    // Versions may know different fields.
    if let Some(schema) = resource
        .custom
        .as_ref()
        .and_then(|custom| custom.structural.as_ref())
    {
        if !resource
            .custom
            .as_ref()
            .is_some_and(|custom| custom.preserves)
        {
            schema.prune(&mut converted);
        }
        schema.set_defaults(&mut converted);
    }
    Arc::new(converted)
}

/// An object in another version.
pub(crate) fn owned(mut object: Value, to: &str) -> Value {
    let from = object
        .get("apiVersion")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let kind = object
        .get("kind")
        .and_then(Value::as_str)
        .unwrap_or_default();
    if from == to {
        return object;
    }
    match (kind, from, to) {
        ("HorizontalPodAutoscaler", "autoscaling/v2", "autoscaling/v1") => {
            autoscaling::to_v1(&mut object);
        }
        ("HorizontalPodAutoscaler", "autoscaling/v1", "autoscaling/v2") => {
            autoscaling::to_v2(&mut object);
        }
        ("Event", "v1", "events.k8s.io/v1") => events::to_events(&mut object),
        ("Event", "events.k8s.io/v1", "v1") => events::to_core(&mut object),
        _ => {}
    }
    if let Some(fields) = object.as_object_mut() {
        fields.insert("apiVersion".to_owned(), to.into());
    }
    object
}

/// The same for the engine that keeps the ownership of fields.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Conversion;

impl Convert for Conversion {
    fn convert(&self, object: Value, _: &str, to: &str) -> Result<Value, ConvertError> {
        Ok(owned(object, to))
    }
}
