//! Requests as kubectl spells them.

use std::{collections::BTreeMap, fmt, time::Duration};

use serde_json::{Map, Value, json};

use crate::{
    op::{
        ApplyOptions, CollectionRef, DeleteOptions, FieldValidation, ListOptions, ObjectRef,
        Operation, WriteOptions,
    },
    patch::Patch,
};

/// Something that a plan wants to be done.
///
/// [`Request::operation`] is what any executor of operations understands; [`Request::sent`] is the same down to what kubectl writes on
/// the wire.
#[derive(Clone, PartialEq)]
pub struct Request {
    operation: Operation,
    spelling: Spelling,
    delay: Duration,
}

/// Where kubectl spells one thing in two ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Spelling {
    /// What is as the server has it by default is left out.
    Terse,
    /// Applies say whether they force, deletions say what kind of object their options are.
    Full,
}

impl Request {
    pub(super) fn get(target: ObjectRef) -> Self {
        Operation::Get { target }.into()
    }

    pub(super) fn list(collection: CollectionRef, options: ListOptions) -> Self {
        Operation::List {
            collection,
            options,
        }
        .into()
    }

    /// A create. Clients drop the version that a manifest states, since there is no object yet that could have it.
    pub(super) fn create(target: &ObjectRef, object: Value, options: WriteOptions) -> Self {
        let mut object = object;
        if super::object::text(&object, "resourceVersion").is_some() {
            super::object::remove(&mut object, "resourceVersion");
        }
        Operation::Create {
            collection: target.collection(),
            object,
            options,
        }
        .into()
    }

    pub(super) fn update(target: ObjectRef, object: Value, options: WriteOptions) -> Self {
        Operation::Update {
            target,
            object,
            options,
        }
        .into()
    }

    pub(super) fn patch(target: ObjectRef, patch: Patch, options: WriteOptions) -> Self {
        Operation::Patch {
            target,
            patch,
            options,
        }
        .into()
    }

    pub(super) fn apply(target: ObjectRef, object: Value, options: ApplyOptions) -> Self {
        Operation::Apply {
            target,
            object,
            options,
        }
        .into()
    }

    pub(super) fn delete(target: ObjectRef, options: DeleteOptions) -> Self {
        Operation::Delete { target, options }.into()
    }

    /// The same, spelled out.
    pub(super) fn in_full(self) -> Self {
        Self {
            spelling: Spelling::Full,
            ..self
        }
    }

    /// The same, after a pause.
    pub(super) fn after(self, delay: Duration) -> Self {
        Self { delay, ..self }
    }

    /// The request as an operation.
    pub fn operation(&self) -> &Operation {
        &self.operation
    }

    /// How long kubectl waits before it sends the request: a second before it asks again for what was not there, or tries again what
    /// collided, and else no time at all.
    pub fn delay(&self) -> Duration {
        self.delay
    }

    /// The request as kubectl sends it.
    pub fn sent(&self) -> Sent {
        match &self.operation {
            Operation::Get { target } => Sent::new("GET", target_path(target)),
            Operation::List {
                collection,
                options,
            } => {
                let mut sent = Sent::new("GET", collection_path(collection));
                sent.parameter("labelSelector", options.label_selector.as_deref());
                sent.parameter("fieldSelector", options.field_selector.as_deref());
                sent
            }
            Operation::Create {
                collection,
                object,
                options,
            } => Sent::new("POST", collection_path(collection))
                .written(options)
                .with_body("application/json", object.clone()),
            Operation::Update {
                target,
                object,
                options,
            } => Sent::new("PUT", target_path(target))
                .written(options)
                .with_body("application/json", object.clone()),
            Operation::Patch {
                target,
                patch,
                options,
            } => {
                let (Patch::Strategic(body) | Patch::Merge(body) | Patch::Json(body)) = patch;
                Sent::new("PATCH", target_path(target))
                    .written(options)
                    .with_body(patch.patch_type().content_type(), body.clone())
            }
            Operation::Apply {
                target,
                object,
                options,
            } => self.sent_apply(target, object, options),
            Operation::Delete { target, options } => {
                let body = self.delete_options(options);
                Sent::new("DELETE", target_path(target)).with_body("application/json", body)
            }
            other => Sent::new("", other.to_string()),
        }
    }

    fn sent_apply(&self, target: &ObjectRef, object: &Value, options: &ApplyOptions) -> Sent {
        let mut sent = Sent::new("PATCH", target_path(target)).written(&WriteOptions {
            field_manager: Some(options.manager.clone()),
            dry_run: options.dry_run,
            field_validation: options.field_validation,
        });
        if options.force || self.spelling == Spelling::Full {
            sent.parameter("force", Some(if options.force { "true" } else { "false" }));
        }
        sent.with_body("application/apply-patch+yaml", object.clone())
    }

    fn delete_options(&self, options: &DeleteOptions) -> Value {
        let mut body = Map::new();
        if self.spelling == Spelling::Full {
            body.insert("kind".to_owned(), "DeleteOptions".into());
            body.insert("apiVersion".to_owned(), "v1".into());
        }
        if let Some(seconds) = options.grace_period_seconds {
            body.insert("gracePeriodSeconds".to_owned(), seconds.into());
        }
        if let Some(propagation) = options.propagation {
            body.insert("propagationPolicy".to_owned(), propagation.as_str().into());
        }
        if options.dry_run {
            body.insert("dryRun".to_owned(), json!(["All"]));
        }
        Value::Object(body)
    }
}

impl From<Operation> for Request {
    fn from(operation: Operation) -> Self {
        Self {
            operation,
            spelling: Spelling::Terse,
            delay: Duration::ZERO,
        }
    }
}

/// Objects may hold secrets, so only the line for people is shown.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Request({})", self.operation)
    }
}

/// A request on the wire.
#[derive(Clone, PartialEq)]
pub struct Sent {
    /// The HTTP method.
    pub method: &'static str,
    /// The path, not percent-encoded.
    pub path: String,
    /// The parameters, not percent-encoded.
    pub query: BTreeMap<&'static str, String>,
    /// The media type of the body.
    pub content_type: Option<&'static str>,
    /// The body.
    pub body: Option<Value>,
}

impl Sent {
    fn new(method: &'static str, path: String) -> Self {
        Self {
            method,
            path,
            query: BTreeMap::new(),
            content_type: None,
            body: None,
        }
    }

    fn parameter(&mut self, name: &'static str, value: Option<&str>) {
        if let Some(value) = value {
            self.query.insert(name, value.to_owned());
        }
    }

    fn written(mut self, options: &WriteOptions) -> Self {
        self.parameter("fieldManager", options.field_manager.as_deref());
        self.parameter("dryRun", options.dry_run.then_some("All"));
        let validation = options.field_validation.map(FieldValidation::as_str);
        self.parameter("fieldValidation", validation);
        self
    }

    fn with_body(self, content_type: &'static str, body: Value) -> Self {
        Self {
            content_type: Some(content_type),
            body: Some(body),
            ..self
        }
    }
}

/// Bodies may hold secrets, so they are not shown.
impl fmt::Debug for Sent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {:?}", self.method, self.path, self.query)
    }
}

fn collection_path(collection: &CollectionRef) -> String {
    let resource = &collection.resource;
    let api = if resource.group.is_empty() {
        "/api"
    } else {
        "/apis"
    };
    let namespace = collection.namespace.as_deref();
    let namespace = namespace.map_or_else(String::new, |name| format!("/namespaces/{name}"));
    format!(
        "{api}/{}{namespace}/{}",
        resource.api_version(),
        resource.resource
    )
}

fn target_path(target: &ObjectRef) -> String {
    let subresource = target.subresource.as_deref();
    let subresource = subresource.map_or_else(String::new, |name| format!("/{name}"));
    let collection = collection_path(&target.collection());
    format!("{collection}/{}{subresource}", target.name)
}
