//! Operations as HTTP requests, and back. Nothing is sent here.

use std::fmt;

use serde_json::{Map, Value, json};

use super::{
    ApplyOptions, CollectionRef, DeleteOptions, FieldValidation, FormError, ListOptions, ObjectRef,
    Operation, Propagation, ResourceRef, WriteOptions,
    operation::content,
    percent::{decode, encode},
};
use crate::patch::{Patch, PatchType};

/// The content type of server-side apply.
const APPLY: &str = "application/apply-patch+yaml";
const JSON: &str = "application/json";

/// The methods of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    /// Read.
    Get,
    /// Create.
    Post,
    /// Replace.
    Put,
    /// Patch and apply.
    Patch,
    /// Delete.
    Delete,
}

impl Method {
    /// The method in a request line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }

    /// The method of that name.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Get, Self::Post, Self::Put, Self::Patch, Self::Delete]
            .into_iter()
            .find(|method| method.as_str() == text)
    }
}

/// What goes over the wire for an operation.
#[derive(Clone, PartialEq)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The path, percent-encoded.
    pub path: String,
    /// The parameters, not encoded.
    pub query: Vec<(String, String)>,
    /// The type of the body, if there is one.
    pub content_type: Option<&'static str>,
    /// The body. An apply carries JSON too, which is YAML.
    pub body: Option<Value>,
}

impl Request {
    /// The path and the query, percent-encoded.
    pub fn path_and_query(&self) -> String {
        let mut out = self.path.clone();
        for (index, (key, value)) in self.query.iter().enumerate() {
            out.push(if index == 0 { '?' } else { '&' });
            encode(key, &mut out);
            out.push('=');
            encode(value, &mut out);
        }
        out
    }

    /// The parameters of an encoded query.
    pub fn parse_query(query: &str) -> Vec<(String, String)> {
        query
            .split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| {
                let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
                (decode(key, true), decode(value, true))
            })
            .collect()
    }

    fn parameter(&self, name: &str) -> Option<&str> {
        let pair = self.query.iter().find(|(key, _)| key == name);
        pair.map(|(_, value)| value.as_str())
    }
}

/// The body may hold secrets, so only the request line is shown.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method.as_str(), self.path_and_query())
    }
}

impl Operation {
    /// The HTTP request of the operation.
    ///
    /// ```
    /// use apply_semantics::op::{ListOptions, Operation, ResourceRef};
    ///
    /// let pods = ResourceRef::of_kind("v1", "Pod").within("kube-system");
    /// let request = Operation::list(pods, ListOptions::default().labels("tier=control-plane")).to_request();
    /// assert_eq!(request.path_and_query(), "/api/v1/namespaces/kube-system/pods?labelSelector=tier%3Dcontrol-plane");
    /// ```
    pub fn to_request(&self) -> Request {
        match self {
            Self::Get { target } => Request::new(Method::Get, object_path(target)),
            Self::List {
                collection,
                options,
            } => Request {
                query: list_query(options),
                ..Request::new(Method::Get, collection_path(collection))
            },
            Self::Create {
                collection,
                object,
                options,
            } => Request::new(Method::Post, collection_path(collection))
                .write(options)
                .carry(JSON, object),
            Self::CreateSubresource {
                target,
                object,
                options,
            } => Request::new(Method::Post, object_path(target))
                .write(options)
                .carry(JSON, object),
            Self::Update {
                target,
                object,
                options,
            } => Request::new(Method::Put, object_path(target))
                .write(options)
                .carry(JSON, object),
            Self::Apply {
                target,
                object,
                options,
            } => Request {
                query: apply_query(options),
                ..Request::new(Method::Patch, object_path(target)).carry(APPLY, object)
            },
            Self::Patch {
                target,
                patch,
                options,
            } => Request::new(Method::Patch, object_path(target))
                .write(options)
                .carry(patch.patch_type().content_type(), content(patch)),
            Self::Delete { target, options } => {
                Request::new(Method::Delete, object_path(target)).delete(options)
            }
            Self::DeleteCollection {
                collection,
                list,
                options,
            } => Request {
                query: list_query(list),
                ..Request::new(Method::Delete, collection_path(collection))
            }
            .delete(options),
        }
    }

    /// The operation that a request stands for. A URL names no kind, so the kind is that of the body, or empty.
    ///
    /// # Errors
    /// The request is none of the API of objects, has no body where it needs one, or is a watch.
    pub fn from_request(request: &Request) -> Result<Self, FormError> {
        let mut url = Url::parse(&request.path)?;
        if request.parameter("watch").is_some() {
            return Err(FormError::new("watch", "a watch is no operation"));
        }
        if let (Some(kind), None) = (body_kind(request), &url.subresource) {
            url.resource.kind = kind;
        }
        let body = || {
            let body = request.body.clone();
            body.ok_or_else(|| FormError::new("body", "required"))
        };
        match (request.method, url.name.is_some()) {
            (Method::Get, true) => Ok(Self::get(url.object()?)),
            (Method::Get, false) => Ok(Self::list(url.collection(), list_options(request)?)),
            (Method::Post, false) => {
                let options = write_options(request)?;
                Ok(Self::create(url.collection(), body()?, options))
            }
            (Method::Post, true) => Ok(Self::CreateSubresource {
                target: url.object()?,
                object: body()?,
                options: write_options(request)?,
            }),
            (Method::Put, _) => {
                let options = write_options(request)?;
                Ok(Self::update(url.object()?, body()?, options))
            }
            (Method::Patch, _) => patch(request, url.object()?, body()?),
            (Method::Delete, true) => Ok(Self::delete(url.object()?, delete_options(request)?)),
            (Method::Delete, false) => Ok(Self::DeleteCollection {
                collection: url.collection(),
                list: list_options(request)?,
                options: delete_options(request)?,
            }),
        }
    }
}

impl Request {
    fn new(method: Method, path: String) -> Self {
        Self {
            method,
            path,
            query: Vec::new(),
            content_type: None,
            body: None,
        }
    }

    fn write(mut self, options: &WriteOptions) -> Self {
        if let Some(manager) = &options.field_manager {
            self.set("fieldManager", manager);
        }
        if options.dry_run {
            self.set("dryRun", "All");
        }
        if let Some(validation) = options.field_validation {
            self.set("fieldValidation", validation.as_str());
        }
        self
    }

    /// The options of a deletion go into the body, which is left out when they are the defaults.
    fn delete(mut self, options: &DeleteOptions) -> Self {
        if options.dry_run {
            self.set("dryRun", "All");
        }
        let mut body = Map::new();
        if let Some(seconds) = options.grace_period_seconds {
            body.insert("gracePeriodSeconds".to_owned(), seconds.into());
        }
        if let Some(propagation) = options.propagation {
            body.insert("propagationPolicy".to_owned(), propagation.as_str().into());
        }
        let mut preconditions = Map::new();
        for (key, value) in [
            ("uid", &options.uid),
            ("resourceVersion", &options.resource_version),
        ] {
            if let Some(value) = value {
                preconditions.insert(key.to_owned(), value.as_str().into());
            }
        }
        if !preconditions.is_empty() {
            body.insert("preconditions".to_owned(), Value::Object(preconditions));
        }
        if body.is_empty() {
            return self;
        }
        body.insert("apiVersion".to_owned(), "v1".into());
        body.insert("kind".to_owned(), "DeleteOptions".into());
        self.carry(JSON, &Value::Object(body))
    }

    fn carry(mut self, content_type: &'static str, body: &Value) -> Self {
        self.content_type = Some(content_type);
        self.body = Some(body.clone());
        self
    }

    fn set(&mut self, key: &str, value: &str) {
        self.query.push((key.to_owned(), value.to_owned()));
    }
}

fn apply_query(options: &ApplyOptions) -> Vec<(String, String)> {
    let mut query = vec![
        ("fieldManager".to_owned(), options.manager.clone()),
        ("force".to_owned(), options.force.to_string()),
    ];
    if options.dry_run {
        query.push(("dryRun".to_owned(), "All".to_owned()));
    }
    if let Some(validation) = options.field_validation {
        query.push(("fieldValidation".to_owned(), validation.as_str().to_owned()));
    }
    query
}

fn list_query(options: &ListOptions) -> Vec<(String, String)> {
    [
        ("labelSelector", options.label_selector.clone()),
        ("fieldSelector", options.field_selector.clone()),
        ("limit", options.limit.map(|limit| limit.to_string())),
        ("continue", options.continue_token.clone()),
        ("resourceVersion", options.resource_version.clone()),
    ]
    .into_iter()
    .filter_map(|(key, value)| Some((key.to_owned(), value?)))
    .collect()
}

fn list_options(request: &Request) -> Result<ListOptions, FormError> {
    let text = |name| request.parameter(name).map(str::to_owned);
    let limit = request.parameter("limit").map(str::parse).transpose();
    Ok(ListOptions {
        label_selector: text("labelSelector"),
        field_selector: text("fieldSelector"),
        limit: limit.map_err(|_| FormError::new("limit", "expected a number"))?,
        continue_token: text("continue"),
        resource_version: text("resourceVersion"),
    })
}

fn write_options(request: &Request) -> Result<WriteOptions, FormError> {
    Ok(WriteOptions {
        field_manager: request.parameter("fieldManager").map(str::to_owned),
        dry_run: dry_run(request)?,
        field_validation: field_validation(request)?,
    })
}

fn dry_run(request: &Request) -> Result<bool, FormError> {
    match request.parameter("dryRun") {
        None | Some("") => Ok(false),
        Some("All") => Ok(true),
        Some(_) => Err(FormError::new("dryRun", "expected \"All\"")),
    }
}

fn field_validation(request: &Request) -> Result<Option<FieldValidation>, FormError> {
    let Some(text) = request
        .parameter("fieldValidation")
        .filter(|text| !text.is_empty())
    else {
        return Ok(None);
    };
    let parsed = FieldValidation::parse(text);
    parsed.map(Some).ok_or_else(|| {
        FormError::new(
            "fieldValidation",
            "expected \"Ignore\", \"Warn\" or \"Strict\"",
        )
    })
}

fn patch(request: &Request, target: ObjectRef, body: Value) -> Result<Operation, FormError> {
    let media = request.content_type.unwrap_or_default();
    if media == APPLY {
        let options = ApplyOptions {
            manager: request
                .parameter("fieldManager")
                .unwrap_or_default()
                .to_owned(),
            force: matches!(request.parameter("force"), Some("true" | "1")),
            dry_run: dry_run(request)?,
            field_validation: field_validation(request)?,
        };
        return Ok(Operation::apply(target, body, options));
    }
    let kind = PatchType::from_content_type(media)
        .ok_or_else(|| FormError::new("content type", "expected the type of a patch"))?;
    Ok(Operation::patch(
        target,
        Patch::new(kind, body),
        write_options(request)?,
    ))
}

fn delete_options(request: &Request) -> Result<DeleteOptions, FormError> {
    let empty = json!({});
    let body = request.body.as_ref().unwrap_or(&empty);
    let text = |path: &str| {
        body.pointer(path)
            .and_then(Value::as_str)
            .map(str::to_owned)
    };
    let propagation = text("/propagationPolicy")
        .or_else(|| request.parameter("propagationPolicy").map(str::to_owned))
        .map(|text| {
            let expected = "expected \"Orphan\", \"Background\" or \"Foreground\"";
            Propagation::parse(&text).ok_or_else(|| FormError::new("propagationPolicy", expected))
        });
    let seconds = request
        .parameter("gracePeriodSeconds")
        .map(str::parse)
        .transpose();
    let seconds: Option<i64> =
        seconds.map_err(|_| FormError::new("gracePeriodSeconds", "expected a number"))?;
    Ok(DeleteOptions {
        uid: text("/preconditions/uid"),
        resource_version: text("/preconditions/resourceVersion"),
        propagation: propagation.transpose()?,
        grace_period_seconds: body
            .get("gracePeriodSeconds")
            .and_then(Value::as_i64)
            .or(seconds),
        dry_run: dry_run(request)? || body.get("dryRun").is_some_and(|all| *all == json!(["All"])),
    })
}

/// The kind of the object in the body, where the body is the object of the URL.
fn body_kind(request: &Request) -> Option<String> {
    let whole = match request.method {
        Method::Post | Method::Put => true,
        Method::Patch => request.content_type == Some(APPLY),
        Method::Get | Method::Delete => false,
    };
    let kind = request.body.as_ref().filter(|_| whole)?.get("kind")?;
    kind.as_str().map(str::to_owned)
}

fn collection_path(collection: &CollectionRef) -> String {
    let mut path = resource_root(&collection.resource);
    if let Some(namespace) = &collection.namespace {
        path.push_str("/namespaces/");
        encode(namespace, &mut path);
    }
    path.push('/');
    encode(&collection.resource.resource, &mut path);
    path
}

fn object_path(target: &ObjectRef) -> String {
    let mut path = collection_path(&target.collection());
    path.push('/');
    encode(&target.name, &mut path);
    for part in target.subresource.iter().flat_map(|sub| sub.split('/')) {
        path.push('/');
        encode(part, &mut path);
    }
    path
}

fn resource_root(resource: &ResourceRef) -> String {
    let mut path = String::from(if resource.group.is_empty() {
        "/api"
    } else {
        "/apis"
    });
    for part in [&resource.group, &resource.version] {
        if !part.is_empty() {
            path.push('/');
            encode(part, &mut path);
        }
    }
    path
}

/// What a path says.
struct Url {
    resource: ResourceRef,
    namespace: Option<String>,
    name: Option<String>,
    subresource: Option<String>,
}

impl Url {
    fn parse(path: &str) -> Result<Self, FormError> {
        let parts: Vec<String> = path
            .trim_matches('/')
            .split('/')
            .map(|part| decode(part, false))
            .collect();
        let unknown = || FormError::new("path", format!("{path:?} names no resource"));
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        let (group, version, rest) = match parts.as_slice() {
            ["api", version, rest @ ..] => ("", *version, rest),
            ["apis", group, version, rest @ ..] => (*group, *version, rest),
            _ => return Err(unknown()),
        };
        // `namespaces/a` is an object, and so is `namespaces/a/status`; every other name that follows is a resource.
        let (namespace, rest) = match rest {
            ["namespaces", _, "status" | "finalize", ..] => (None, rest),
            ["namespaces", namespace, inside @ ..] if !inside.is_empty() => {
                (Some((*namespace).to_owned()), inside)
            }
            _ => (None, rest),
        };
        let (resource, rest) = rest.split_first().ok_or_else(unknown)?;
        let (name, subresource) = match rest {
            [] => (None, None),
            [name] => (Some((*name).to_owned()), None),
            [name, sub @ ..] => (Some((*name).to_owned()), Some(sub.join("/"))),
        };
        Ok(Self {
            resource: ResourceRef::new(group, version, *resource, ""),
            namespace,
            name,
            subresource,
        })
    }

    fn collection(self) -> CollectionRef {
        CollectionRef {
            resource: self.resource,
            namespace: self.namespace,
        }
    }

    fn object(self) -> Result<ObjectRef, FormError> {
        Ok(ObjectRef {
            name: self
                .name
                .ok_or_else(|| FormError::new("path", "names no object"))?,
            resource: self.resource,
            namespace: self.namespace,
            subresource: self.subresource,
        })
    }
}
