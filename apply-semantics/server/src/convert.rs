//! Objects in other versions of their kind.

mod autoscaling;
pub(crate) mod events;
mod metrics;

use std::{collections::BTreeMap, fmt, sync::Arc};

use apply_semantics::{request::Convert, updater::ConvertError};
use serde_json::Value;

use crate::registry::Resource;

/// A stored object in the version of a resource.
pub(crate) fn shared(object: &Arc<Value>, resource: &Resource) -> Arc<Value> {
    let version = object.get("apiVersion").and_then(Value::as_str);
    if version.is_some_and(|version| resource.has_version(version)) {
        return Arc::clone(object);
    }
    let mut converted = into(Value::clone(object), resource, &resource.api_version());
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

/// An object of a resource in another version.
pub(crate) fn into(object: Value, resource: &Resource, to: &str) -> Value {
    let custom = resource.custom.as_ref();
    match custom.and_then(|custom| custom.converter.as_ref()) {
        Some(converter) => converter.convert(object, to),
        None => owned(object, to),
    }
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

/// How objects of a custom kind get into other versions.
#[derive(Clone)]
pub(crate) struct Converter(Arc<Convertible>);

type Convertible = dyn Fn(Value, &str) -> Value + Send + Sync;

impl Converter {
    pub(crate) fn new(convert: impl Fn(Value, &str) -> Value + Send + Sync + 'static) -> Self {
        Self(Arc::new(convert))
    }

    /// The object in another version. Of its metadata only labels and annotations may become others.
    fn convert(&self, object: Value, to: &str) -> Value {
        if object.get("apiVersion").and_then(Value::as_str) == Some(to) {
            return object;
        }
        let kind = object.get("kind").cloned();
        let mut metadata = object.get("metadata").cloned();
        let mut converted = (self.0)(object, to);
        if let Some(metadata) = metadata.as_mut().and_then(Value::as_object_mut) {
            for name in ["labels", "annotations"] {
                match converted.get("metadata").and_then(|found| found.get(name)) {
                    Some(found) => drop(metadata.insert(name.to_owned(), found.clone())),
                    None => drop(metadata.remove(name)),
                }
            }
        }
        if let Some(fields) = converted.as_object_mut() {
            fields.insert("apiVersion".to_owned(), to.into());
            let kept = [("kind", kind), ("metadata", metadata)].into_iter();
            fields.extend(kept.filter_map(|(name, kept)| Some((name.to_owned(), kept?))));
        }
        converted
    }
}

impl fmt::Debug for Converter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Converter")
    }
}

/// The same for the engine that keeps the ownership of fields: the converters by group and kind.
#[derive(Debug, Clone, Default)]
pub(crate) struct Conversion(Arc<BTreeMap<(String, String), Converter>>);

impl Conversion {
    pub(crate) fn of(&self, group: &str, kind: &str) -> Option<&Converter> {
        self.0.get(&(group.to_owned(), kind.to_owned()))
    }

    pub(crate) fn add(&mut self, group: String, kind: String, converter: Converter) {
        Arc::make_mut(&mut self.0).insert((group, kind), converter);
    }
}

impl Convert for Conversion {
    fn convert(&self, object: Value, _: &str, to: &str) -> Result<Value, ConvertError> {
        let kind = object.get("kind").and_then(Value::as_str);
        let group = to.rsplit_once('/').map_or("", |(group, _)| group);
        let converter = kind.and_then(|kind| self.of(group, kind));
        Ok(match converter {
            Some(converter) => converter.convert(object, to),
            None => owned(object, to),
        })
    }
}
