//! The server as a service of HTTP requests.

mod accept;
mod asker;
#[cfg(any(feature = "listen", test))]
mod batch;
mod body;
mod protobuf;
mod render;
mod route;

use std::{
    convert::Infallible,
    future::{Future, poll_fn},
    pin::{Pin, pin},
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, Waker},
};

use apply_semantics::op::Refusal;
use bytes::{Buf as _, Bytes};
use http::{HeaderMap, Request, Response, header};
use tower_service::Service;

#[cfg(feature = "listen")]
pub(crate) use asker::bearer;
#[cfg(feature = "listen")]
pub(crate) use batch::Batch;
pub use body::ResponseBody;
pub(crate) use render::metadata_of;
#[cfg(feature = "listen")]
pub(crate) use render::unauthorized;

use self::accept::Language;
use crate::{
    call::{Body, Call, Method, Params},
    requests::parse_query,
    server::Server,
};

/// Whether a time has come, and who waits for it.
#[derive(Debug, Default)]
struct Alarm {
    rung: bool,
    waiting: Option<Waker>,
}

/// The longest body that is read: 3 MiB, as with the original.
const LONGEST_BODY: usize = 3 * 1024 * 1024;

impl<B> Service<Request<B>> for Server
where
    B: http_body::Body + Send + 'static,
    B::Data: Send,
{
    type Response = Response<ResponseBody>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let server = self.clone();
        Box::pin(async move {
            let (head, body) = request.into_parts();
            let mut response = match collect(body).await {
                Some(body) => server.respond(&head, body),
                None => render::too_large(),
            };
            if let Some(Late(seconds)) = response.extensions_mut().remove() {
                server.pass(seconds).await;
            }
            Ok(response)
        })
    }
}

impl Server {
    /// Waits until the clock of the server is so many seconds on.
    async fn pass(&self, seconds: u64) {
        let clock = Arc::clone(&self.lock().core.clock);
        let alarm = Arc::new(Mutex::new(Alarm::default()));
        let ringing = Arc::clone(&alarm);
        let then = clock.unix_seconds().saturating_add_unsigned(seconds);
        clock.call_at(
            then,
            Box::new(move || {
                let mut alarm = ringing.lock().unwrap_or_else(PoisonError::into_inner);
                alarm.rung = true;
                alarm.waiting.take().into_iter().for_each(Waker::wake);
            }),
        );
        poll_fn(|cx| {
            let mut alarm = alarm.lock().unwrap_or_else(PoisonError::into_inner);
            if alarm.rung {
                return Poll::Ready(());
            }
            alarm.waiting = Some(cx.waker().clone());
            Poll::Pending
        })
        .await;
    }

    /// Answers a request whose body is there. The body of a watch goes on for as long as the watch does; everything else is done
    /// when this returns.
    pub fn respond(&self, head: &http::request::Parts, body: Bytes) -> Response<ResponseBody> {
        let accept = text_of(&head.headers, header::ACCEPT).unwrap_or_default();
        let answer = self.answer(head, body, &accept);
        #[cfg(feature = "yaml")]
        if accept.contains("yaml")
            && matches!(accept::Accept::parse(&accept), Ok((_, Language::Yaml)))
            && !is_in_json_alone(head.uri.path())
        {
            return render::in_yaml(answer);
        }
        answer
    }

    fn answer(
        &self,
        head: &http::request::Parts,
        body: Bytes,
        accept: &str,
    ) -> Response<ResponseBody> {
        let path = head.uri.path();
        let params = Params::new(parse_query(head.uri.query().unwrap_or_default()));
        let route = route::Route::of(path);
        let route::Route::Resource(target) = route else {
            return self.document(&route, &head.method, accept);
        };
        let Some(method) = method_of(&head.method) else {
            return render::refusal(
                &Refusal::method_not_allowed(
                    "the server does not allow this method on the requested resource",
                ),
                &[],
            );
        };
        let content_type = text_of(&head.headers, header::CONTENT_TYPE);
        let (body, content_type) = match json_of(body, content_type) {
            Ok(read) => read,
            Err(refusal) => return render::refusal(&refusal, &[]),
        };
        let user = match self.asker(head) {
            Ok(user) => user,
            Err(refusal) => return render::refusal(&refusal, &[]),
        };
        let call = Call {
            method,
            group: target.group,
            version: target.version,
            resource: target.resource,
            namespace: target.namespace,
            name: target.name,
            subresource: target.subresource,
            params,
            content_type,
            user_agent: text_of(&head.headers, header::USER_AGENT).unwrap_or_default(),
            user,
            body,
        };
        let accept = match accept::Accept::parse(accept) {
            // Nobody could tell where a document ends.
            Ok((_, Language::Yaml)) if call.is_watch() => {
                let refusal = accept::not_acceptable("application/json;stream=watch");
                return render::refusal(&refusal, &[]);
            }
            Ok((accept, _)) => accept,
            Err(refusal) => return render::refusal(&refusal, &[]),
        };
        let called = self.call(&call);
        let mut response = match called.answered {
            Ok(answer) => self.render(answer, &call, accept, &called.warnings),
            Err(refusal) => render::refusal(&refusal, &called.warnings),
        };
        if let Some(seconds) = called.delay {
            response.extensions_mut().insert(Late(seconds));
        }
        response
    }
}

/// Documents that nobody gets in YAML.
#[cfg(feature = "yaml")]
fn is_in_json_alone(path: &str) -> bool {
    path == "/version" || path.starts_with("/openapi/")
}

/// An answer is to come so many seconds late.
#[derive(Debug, Clone, Copy)]
struct Late(u64);

/// A body and its type; one in protobuf as the JSON that it stands for.
fn json_of(body: Bytes, content_type: Option<String>) -> Result<(Body, Option<String>), Refusal> {
    let media = content_type.as_deref().unwrap_or_default();
    let media = media.split(';').next().unwrap_or_default().trim();
    if body.is_empty() {
        return Ok((Body::None, content_type));
    }
    if media != protobuf::MEDIA_TYPE {
        return Ok((Body::Text(body), content_type));
    }
    match protobuf::read(&body) {
        Ok(object) => Ok((Body::Value(object), Some("application/json".to_owned()))),
        // Custom resources are not written in protobuf, and the server says what it reads instead.
        Err(protobuf::Fault::UnknownKind { .. }) => Ok((Body::Text(body), content_type)),
        Err(fault) => Err(Refusal::bad_request(fault.to_string())),
    }
}

/// The whole body; none if it is too long or breaks off.
async fn collect<B: http_body::Body>(body: B) -> Option<Bytes> {
    let mut body = pin!(body);
    let mut bytes = Vec::new();
    while let Some(frame) = poll_fn(|cx| body.as_mut().poll_frame(cx)).await {
        let Ok(mut data) = frame.ok()?.into_data() else {
            continue;
        };
        if bytes.len() + data.remaining() > LONGEST_BODY {
            return None;
        }
        while data.has_remaining() {
            let chunk = data.chunk();
            bytes.extend_from_slice(chunk);
            let read = chunk.len();
            data.advance(read);
        }
    }
    Some(bytes.into())
}

/// A header as text; bytes that are none become replacement characters.
fn text_of(headers: &HeaderMap, name: header::HeaderName) -> Option<String> {
    let values: Vec<_> = headers
        .get_all(name)
        .iter()
        .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
        .collect();
    (!values.is_empty()).then(|| values.join(","))
}

fn method_of(method: &http::Method) -> Option<Method> {
    match *method {
        http::Method::GET => Some(Method::Get),
        http::Method::POST => Some(Method::Post),
        http::Method::PUT => Some(Method::Put),
        http::Method::PATCH => Some(Method::Patch),
        http::Method::DELETE => Some(Method::Delete),
        _ => None,
    }
}
