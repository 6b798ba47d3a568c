//! What the server answers, before it is written down in the form that the client wants.

use std::sync::Arc;

use apply_semantics::op::{Effect, ObjectList, Outcome};
use serde_json::Value;

use crate::{registry::Resource, watch::WatchRequest};

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
        object: Arc<Value>,
    },
    /// Something else: a `Status`, a `Scale`, a `Binding`.
    Other(Arc<Value>),
    List(List),
    Watch(Box<WatchRequest>),
}

/// Objects of one resource, in the version asked for.
pub(crate) struct List {
    pub(crate) resource: Arc<Resource>,
    pub(crate) items: Vec<Arc<Value>>,
    pub(crate) revision: u64,
    pub(crate) continue_token: Option<String>,
    pub(crate) remaining: Option<u64>,
}

impl Answer {
    pub(crate) fn object(resource: &Arc<Resource>, object: Arc<Value>, effect: Effect) -> Self {
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

    /// The answer as the outcome of an operation. A watch has none.
    pub(crate) fn into_outcome(self, deletion: bool, warnings: Vec<String>) -> Outcome {
        let whole =
            |object: Arc<Value>| Arc::try_unwrap(object).unwrap_or_else(|o| Value::clone(&o));
        match self.content {
            Content::Other(value) if deletion && is_success(&value) => {
                Outcome::Deleted { object: None }
            }
            Content::Object { object, .. } | Content::Other(object) if deletion => {
                Outcome::Deleted {
                    object: Some(whole(object)),
                }
            }
            Content::Object { object, .. } | Content::Other(object) => Outcome::Object {
                object: whole(object),
                effect: self.effect,
                warnings,
            },
            Content::List(list) if deletion => Outcome::Deleted {
                object: Some(list.into_value(true)),
            },
            Content::List(list) => Outcome::List(ObjectList {
                resource_version: list.revision.to_string(),
                continue_token: list.continue_token,
                remaining: list.remaining,
                items: list.items.into_iter().map(whole).collect(),
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

    /// The list as an object. Items of built-in kinds do not repeat what they are, unless `typed`.
    pub(crate) fn into_value(self, typed: bool) -> Value {
        let metadata = self.metadata();
        let plain = self.resource.custom.is_none() && !typed;
        let items = self.items.into_iter().map(|item| {
            let mut item = Arc::try_unwrap(item).unwrap_or_else(|item| Value::clone(&item));
            if let (true, Some(fields)) = (plain, item.as_object_mut()) {
                fields.remove("apiVersion");
                fields.remove("kind");
            }
            item
        });
        let items = items.collect();
        let mut list = serde_json::Map::new();
        list.insert("kind".to_owned(), self.resource.list_kind.as_str().into());
        list.insert("apiVersion".to_owned(), self.resource.api_version().into());
        list.insert("metadata".to_owned(), metadata);
        list.insert("items".to_owned(), Value::Array(items));
        Value::Object(list)
    }
}
