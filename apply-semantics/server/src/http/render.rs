//! Answers in the form that a client wants.

use std::sync::Arc;

use apply_semantics::op::{Reason, Refusal};
use http::{HeaderValue, Method, Response, StatusCode, header};
use serde_json::{Map, Value, json};

use super::{
    accept::{Accept, aggregated},
    body::ResponseBody,
    route::Route,
};
use crate::{
    answer::{Answer, Content, Item, List},
    call::Call,
    core::unknown_resource,
    discovery, openapi,
    registry::Resource,
    server::Server,
    table,
    watch::Watch,
};

impl Server {
    pub(super) fn render(
        &self,
        answer: Answer,
        call: &Call,
        accept: Accept,
        warnings: &[String],
    ) -> Response<ResponseBody> {
        let include = call
            .params
            .text("includeObject")
            .unwrap_or("Metadata")
            .to_owned();
        let now = || self.lock().core.now().to_string();
        let body = match answer.content {
            Content::Watch(request) => {
                let watch = Watch::begin(*request, &self.lock().core, accept == Accept::Plain);
                ResponseBody::watch(self, watch, accept, &include)
            }
            Content::Other(value) => ResponseBody::whole(value.to_string()),
            Content::Object { resource, object } => match accept {
                Accept::Plain => ResponseBody::whole(object.text()),
                _ => ResponseBody::whole(
                    shaped(&resource, &object.value(), accept, &include, true, &now()).to_string(),
                ),
            },
            Content::List(list) => match accept {
                Accept::Plain => ResponseBody::whole(list.text()),
                _ => ResponseBody::whole(list_in(&list, accept, &include, &now()).to_string()),
            },
        };
        respond(answer.code, body, warnings)
    }

    /// Answers requests for documents rather than objects.
    pub(super) fn document(
        &self,
        route: &Route,
        method: &Method,
        accept: &str,
    ) -> Response<ResponseBody> {
        if *method != Method::GET && *method != Method::HEAD {
            return refusal(
                &Refusal::method_not_allowed(
                    "the server does not allow this method on the requested resource",
                ),
                &[],
            );
        }
        let state = self.lock();
        let registry = &state.core.registry;
        let document = match route {
            Route::Health => {
                drop(state);
                let mut response = respond(200, ResponseBody::whole("ok"), &[]);
                let text = HeaderValue::from_static("text/plain; charset=utf-8");
                response.headers_mut().insert(header::CONTENT_TYPE, text);
                return response;
            }
            Route::Version => Some(discovery::version()),
            Route::Paths => Some(discovery::paths(registry)),
            Route::Groups { core } => {
                return match aggregated(accept) {
                    Some(version) => {
                        discovered(&discovery::aggregated(registry, *core, version), version)
                    }
                    None => respond(
                        200,
                        ResponseBody::whole(discovery::groups(registry, *core).to_string()),
                        &[],
                    ),
                };
            }
            Route::Group(group) => discovery::group(registry, group),
            Route::Resources { group, version } => discovery::resources(registry, group, version),
            Route::Swagger => {
                let document = openapi::swagger(registry);
                drop(state);
                return swagger(&document, accept);
            }
            Route::OpenApi => Some(openapi::index(registry)),
            Route::OpenApiOf { group, version } => openapi::document(registry, group, version),
            Route::Resource(_) | Route::Unknown => None,
        };
        drop(state);
        match document {
            Some(document) => respond(200, ResponseBody::whole(document.to_string()), &[]),
            None => refusal(&unknown_resource(), &[]),
        }
    }
}

/// OpenAPI v2 in protobuf for who wants that, else in JSON.
fn swagger(document: &Value, accept: &str) -> Response<ResponseBody> {
    const PROTOBUF: &str = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";
    // The older name is asked for still, and is none that an answer could have.
    const OLDER: &str = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf";
    let mut accepted = accept.split(',').map(str::trim);
    if !accepted.any(|media| media == PROTOBUF || media == OLDER) {
        return respond(200, ResponseBody::whole(document.to_string()), &[]);
    }
    let body = ResponseBody::whole(openapi::protobuf(document));
    let mut response = respond(200, body, &[]);
    let media = HeaderValue::from_static(PROTOBUF);
    response.headers_mut().insert(header::CONTENT_TYPE, media);
    response
}

fn discovered(document: &Value, version: &str) -> Response<ResponseBody> {
    let mut response = respond(200, ResponseBody::whole(document.to_string()), &[]);
    let media =
        format!("application/json;g=apidiscovery.k8s.io;v={version};as=APIGroupDiscoveryList");
    if let Ok(media) = HeaderValue::from_str(&media) {
        response.headers_mut().insert(header::CONTENT_TYPE, media);
    }
    response
}

/// A refusal as an answer, with the warnings that go with it.
pub(super) fn refusal(refusal: &Refusal, warnings: &[String]) -> Response<ResponseBody> {
    let mut status = refusal.to_status();
    if has_empty_details(refusal)
        && let Some(status) = status.as_object_mut()
    {
        status.entry("details").or_insert_with(|| json!({}));
    }
    let mut response = respond(
        refusal.code,
        ResponseBody::whole(status.to_string()),
        warnings,
    );
    if let Some(seconds) = refusal.details.retry_after_seconds {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, seconds.into());
    }
    response
}

/// The original answers what its router refuses with details in which nothing stands.
fn has_empty_details(refusal: &Refusal) -> bool {
    match refusal.reason {
        Reason::MethodNotAllowed => true,
        Reason::NotFound => refusal.details.name.is_empty(),
        Reason::UnsupportedMediaType => refusal.message.starts_with("415"),
        Reason::Invalid => refusal.message.starts_with("the server rejected"),
        _ => false,
    }
}

/// Who asks does not say who it is.
#[cfg(feature = "listen")]
pub(crate) fn unauthorized() -> Response<ResponseBody> {
    refusal(&Refusal::new(Reason::Unauthorized, "Unauthorized"), &[])
}

pub(super) fn too_large() -> Response<ResponseBody> {
    let message = "the request body is too large or was cut short: limit is 3145728";
    refusal(&Refusal::new(Reason::RequestEntityTooLarge, message), &[])
}

/// The same answer in YAML, if it is an object and whole.
#[cfg(feature = "yaml")]
pub(super) fn in_yaml(mut answer: Response<ResponseBody>) -> Response<ResponseBody> {
    let json = HeaderValue::from_static("application/json");
    if answer.headers().get(header::CONTENT_TYPE) != Some(&json) || answer.body().is_watch() {
        return answer;
    }
    if let Some(text) = answer.body_mut().take_now() {
        let written = crate::yaml::write(&text);
        let language = match written {
            Some(_) => HeaderValue::from_static("application/yaml"),
            None => json,
        };
        *answer.body_mut() = ResponseBody::whole(written.unwrap_or(text));
        answer.headers_mut().insert(header::CONTENT_TYPE, language);
    }
    answer
}

fn respond(code: u16, body: ResponseBody, warnings: &[String]) -> Response<ResponseBody> {
    let mut response = Response::new(body);
    *response.status_mut() =
        StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("no-cache, private"),
    );
    for warning in warnings {
        let text = warning.replace('\\', "\\\\").replace('"', "\\\"");
        if let Ok(value) = HeaderValue::from_str(&format!("299 - \"{text}\"")) {
            headers.append(header::WARNING, value);
        }
    }
    response
}

/// One object in a form; the first table of a watch says what the columns are.
pub(super) fn shaped(
    resource: &Resource,
    object: &Value,
    accept: Accept,
    include: &str,
    columns: bool,
    now: &str,
) -> Value {
    match accept {
        Accept::Plain => object.clone(),
        Accept::Metadata => metadata_of(object),
        Accept::Table => {
            let version = object
                .pointer("/metadata/resourceVersion")
                .cloned()
                .unwrap_or_default();
            let mut table = table::table(
                resource,
                &[object],
                &json!({"resourceVersion": version}),
                include,
                now,
            );
            if let (false, Some(table)) = (columns, table.as_object_mut()) {
                table.insert("columnDefinitions".to_owned(), Value::Null);
            }
            table
        }
    }
}

fn list_in(list: &List, accept: Accept, include: &str, now: &str) -> Value {
    let items: Vec<Arc<Value>> = list.items.iter().map(Item::value).collect();
    if accept == Accept::Metadata {
        return json!({
            "kind": "PartialObjectMetadataList",
            "apiVersion": "meta.k8s.io/v1",
            "metadata": list.metadata(),
            "items": items.iter().map(|item| metadata_of(item)).collect::<Vec<_>>(),
        });
    }
    let items: Vec<&Value> = items.iter().map(|item| &**item).collect();
    table::table(&list.resource, &items, &list.metadata(), include, now)
}

/// The metadata of an object as an object.
pub(crate) fn metadata_of(object: &Value) -> Value {
    let mut partial = Map::new();
    partial.insert("kind".to_owned(), "PartialObjectMetadata".into());
    partial.insert("apiVersion".to_owned(), "meta.k8s.io/v1".into());
    partial.insert(
        "metadata".to_owned(),
        object.get("metadata").cloned().unwrap_or_default(),
    );
    Value::Object(partial)
}
