//! What the server answers, before it is written down in the form that the client wants.

use std::sync::Arc;

use apply_semantics::op::{Effect, ObjectList, Outcome};
use bytes::Bytes;
use serde_json::Value;

use crate::{convert, registry::Resource, store::Object, watch::WatchRequest};

/// An answer that is no refusal.
pub(crate) struct Answer {
    pub(crate) code: u16,
    pub(crate) content: Content,
    pub(crate) effect: Effect,
}

pub(crate) enum Content {
    /// An object of the resource, in the version asked for.
    Object {
        resource: Arc<Resource>,
        object: Item,
    },
    /// Something else: a `Status`, a `Scale`, a `Binding`.
    Other(Arc<Value>),
    List(List),
    Watch(Box<WatchRequest>),
}

/// An object in the version asked for: as it is stored, or made for the answer.
#[derive(Debug, Clone)]
pub(crate) enum Item {
    Stored(Arc<Object>),
    Made(Arc<Value>),
}

impl Item {
    /// A stored object in the version of a resource.
    pub(crate) fn of(object: &Arc<Object>, resource: &Resource) -> Self {
        if resource.has_version(object.api_version()) {
            Self::Stored(Arc::clone(object))
        } else {
            Self::Made(convert::shared(&object.value(), resource))
        }
    }

    /// Whether this is that stored object.
    pub(crate) fn is(&self, object: &Arc<Object>) -> bool {
        matches!(self, Self::Stored(own) if Arc::ptr_eq(own, object))
    }

    pub(crate) fn value(&self) -> Arc<Value> {
        match self {
            Self::Stored(object) => object.value(),
            Self::Made(value) => Arc::clone(value),
        }
    }

    fn into_value(self) -> Value {
        let value = self.value();
        drop(self);
        Arc::try_unwrap(value).unwrap_or_else(|value| Value::clone(&value))
    }

    /// The object as JSON.
    pub(crate) fn text(&self) -> Bytes {
        match self {
            Self::Stored(object) => object.text().clone(),
            Self::Made(value) => value.to_string().into(),
        }
    }

    /// Writes the object as an item of a list, which need not repeat what it is.
    pub(crate) fn write(&self, text: &mut Vec<u8>, typed: bool) {
        match self {
            Self::Stored(object) if typed => text.extend_from_slice(object.text()),
            Self::Stored(object) => {
                text.push(b'{');
                text.extend_from_slice(object.untyped());
            }
            Self::Made(value) if typed => text.extend_from_slice(value.to_string().as_bytes()),
            Self::Made(value) => {
                let value = untyped(Value::clone(value)).to_string();
                text.extend_from_slice(value.as_bytes());
            }
        }
    }

    /// About how long the object is as JSON.
    fn length(&self) -> usize {
        match self {
            Self::Stored(object) => object.text().len(),
            Self::Made(_) => 1024,
        }
    }
}

/// An object without what it is.
fn untyped(mut object: Value) -> Value {
    if let Some(fields) = object.as_object_mut() {
        fields.remove("apiVersion");
        fields.remove("kind");
    }
    object
}

/// Objects of one resource, in the version asked for.
pub(crate) struct List {
    pub(crate) resource: Arc<Resource>,
    pub(crate) items: Vec<Item>,
    pub(crate) revision: u64,
    pub(crate) continue_token: Option<String>,
    pub(crate) remaining: Option<u64>,
}

impl Answer {
    pub(crate) fn object(resource: &Arc<Resource>, object: Arc<Value>, effect: Effect) -> Self {
        Self::item(resource, Item::Made(object), effect)
    }

    pub(crate) fn stored(resource: &Arc<Resource>, object: &Arc<Object>, effect: Effect) -> Self {
        Self::item(resource, Item::of(object, resource), effect)
    }

    fn item(resource: &Arc<Resource>, object: Item, effect: Effect) -> Self {
        let resource = Arc::clone(resource);
        Self {
            code: if effect == Effect::Created { 201 } else { 200 },
            content: Content::Object { resource, object },
            effect,
        }
    }

    pub(crate) fn other(code: u16, value: Value, effect: Effect) -> Self {
        Self {
            code,
            content: Content::Other(Arc::new(value)),
            effect,
        }
    }

    pub(crate) fn list(list: List) -> Self {
        Self {
            code: 200,
            content: Content::List(list),
            effect: Effect::Read,
        }
    }

    /// Lets a watch break off after that many events.
    pub(crate) fn drop_watch_after(&mut self, events: u64) {
        if let Content::Watch(request) = &mut self.content {
            request.events = Some(events);
        }
    }

    /// The answer as the outcome of an operation. A watch has none.
    pub(crate) fn into_outcome(self, deletion: bool, warnings: Vec<String>) -> Outcome {
        let whole =
            |object: Arc<Value>| Arc::try_unwrap(object).unwrap_or_else(|o| Value::clone(&o));
        match self.content {
            Content::Other(value) if deletion && is_success(&value) => {
                Outcome::Deleted { object: None }
            }
            Content::Object { object, .. } if deletion => Outcome::Deleted {
                object: Some(object.into_value()),
            },
            Content::Other(object) if deletion => Outcome::Deleted {
                object: Some(whole(object)),
            },
            Content::Object { object, .. } => Outcome::Object {
                object: object.into_value(),
                effect: self.effect,
                warnings,
            },
            Content::Other(object) => Outcome::Object {
                object: whole(object),
                effect: self.effect,
                warnings,
            },
            Content::List(list) if deletion => Outcome::Deleted {
                object: Some(list.into_value()),
            },
            Content::List(list) => Outcome::List(ObjectList {
                resource_version: list.revision.to_string(),
                continue_token: list.continue_token,
                remaining: list.remaining,
                items: list.items.into_iter().map(Item::into_value).collect(),
            }),
            Content::Watch(_) => Outcome::Deleted { object: None },
        }
    }
}

fn is_success(value: &Value) -> bool {
    value.get("kind").and_then(Value::as_str) == Some("Status")
}

impl List {
    /// The metadata of the list.
    pub(crate) fn metadata(&self) -> Value {
        let mut metadata = serde_json::Map::new();
        metadata.insert(
            "resourceVersion".to_owned(),
            self.revision.to_string().into(),
        );
        if let Some(token) = &self.continue_token {
            metadata.insert("continue".to_owned(), token.as_str().into());
        }
        if let Some(remaining) = self.remaining {
            metadata.insert("remainingItemCount".to_owned(), remaining.into());
        }
        Value::Object(metadata)
    }

    /// The list as an object.
    fn into_value(self) -> Value {
        let metadata = self.metadata();
        let items = self.items.into_iter().map(Item::into_value).collect();
        let mut list = serde_json::Map::new();
        list.insert("kind".to_owned(), self.resource.list_kind.as_str().into());
        list.insert("apiVersion".to_owned(), self.resource.api_version().into());
        list.insert("metadata".to_owned(), metadata);
        list.insert("items".to_owned(), Value::Array(items));
        Value::Object(list)
    }

    /// The list as JSON. Items of built-in kinds do not repeat what they are.
    pub(crate) fn text(&self) -> Vec<u8> {
        let typed = self.resource.custom.is_some();
        let length: usize = self.items.iter().map(|item| item.length() + 1).sum();
        let mut text = Vec::with_capacity(length + 256);
        let version = Value::String(self.resource.api_version());
        text.extend_from_slice(format!("{{\"apiVersion\":{version},\"items\":[").as_bytes());
        for (index, item) in self.items.iter().enumerate() {
            if index > 0 {
                text.push(b',');
            }
            item.write(&mut text, typed);
        }
        let kind = Value::from(self.resource.list_kind.as_str());
        let metadata = self.metadata();
        text.extend_from_slice(format!("],\"kind\":{kind},\"metadata\":{metadata}}}").as_bytes());
        text
    }
}
