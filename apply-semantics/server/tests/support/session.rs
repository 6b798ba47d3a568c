//! A server in this process with a clock of its own, and requests to it as they were recorded.

use apply_semantics::{op::Refusal, typed::EmptyContainers};
use apply_server::{ManualClock, Server};
use bytes::Bytes;
use http::{HeaderValue, Request, Response};
use serde_json::{Value, json};

/// When sequences begin.
pub(crate) const START: i64 = 1_700_000_000;

/// A server and its clock.
pub(crate) struct Session {
    pub(crate) server: Server,
    pub(crate) clock: ManualClock,
}

/// An answer: code, warnings and body.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) code: u64,
    pub(crate) warnings: Vec<String>,
    pub(crate) body: Value,
}

impl Session {
    /// A server as the recording one was set up: nothing runs but itself, and emptied containers stay.
    pub(crate) fn new() -> Self {
        let clock = ManualClock::at(START);
        let server = Server::builder()
            .clock(clock.clone())
            .without_controllers()
            .empty_containers(EmptyContainers::Preserve)
            .build();
        Self { server, clock }
    }

    /// The namespace of a case and the definitions that it needs are there before.
    pub(crate) fn prepare(&self, namespace: &str, definitions: &[Value]) {
        for definition in definitions {
            self.must_create(
                "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
                definition,
            );
        }
        if namespace != "default" {
            let object =
                json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}});
            self.must_create("/api/v1/namespaces", &object);
        }
    }

    /// Creates an object as a client without a name, which must be accepted.
    fn must_create(&self, path: &str, object: &Value) {
        let request = json!({"method": "POST", "path": path, "headers": {"Content-Type": "application/json"}});
        let answer = self.ask(&request, Some(object.to_string()));
        assert_eq!(answer.code, 201, "{object}: {}", answer.body);
    }

    /// The path of the objects of a kind, in a namespace if they are in one.
    pub(crate) fn collection(&self, object: &Value, namespace: &str) -> String {
        let version = object["apiVersion"].as_str().expect("a version");
        let base = if version.contains('/') {
            format!("/apis/{version}")
        } else {
            format!("/api/{version}")
        };
        let resources = self.send("GET", &base, &Value::Null).body;
        let resource = resources["resources"]
            .as_array()
            .into_iter()
            .flatten()
            .find(|resource| {
                resource["kind"] == object["kind"]
                    && resource["name"]
                        .as_str()
                        .is_some_and(|name| !name.contains('/'))
            })
            .unwrap_or_else(|| panic!("no resource for {version} {}", object["kind"]));
        let plural = resource["name"].as_str().expect("a name");
        if resource["namespaced"] == true {
            format!("{base}/namespaces/{namespace}/{plural}")
        } else {
            format!("{base}/{plural}")
        }
    }

    /// The path of an object.
    pub(crate) fn path(&self, object: &Value, namespace: &str) -> String {
        let name = object["metadata"]["name"].as_str().expect("a name");
        format!("{}/{name}", self.collection(object, namespace))
    }

    /// Sends an object as JSON. `path` may have parameters behind it.
    pub(crate) fn send(&self, method: &str, path: &str, body: &Value) -> Answer {
        self.send_as(method, path, "application/json", body)
    }

    /// Sends a body of a media type. `path` may have parameters behind it.
    pub(crate) fn send_as(
        &self,
        method: &str,
        path: &str,
        content_type: &str,
        body: &Value,
    ) -> Answer {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        let query: Value = pairs
            .map(|(key, value)| (key.to_owned(), Value::from(value)))
            .collect::<serde_json::Map<_, _>>()
            .into();
        let request = json!({"method": method, "path": path, "query": query,
            "headers": {"Content-Type": content_type, "User-Agent": "recorder"}});
        let body = (!body.is_null()).then(|| body.to_string());
        self.ask(&request, body)
    }

    /// Sends a recorded request.
    pub(crate) fn ask(&self, request: &Value, sent: Option<String>) -> Answer {
        let mut uri = encode(request["path"].as_str().expect("a path"), "/:");
        for (index, (key, value)) in request["query"]
            .as_object()
            .into_iter()
            .flatten()
            .enumerate()
        {
            uri.push(if index == 0 { '?' } else { '&' });
            let value = value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned);
            uri.push_str(&format!("{}={}", encode(key, ""), encode(&value, "")));
        }
        let mut builder = Request::builder()
            .method(request["method"].as_str().expect("a method"))
            .uri(uri);
        for (name, value) in request["headers"].as_object().into_iter().flatten() {
            // Recorded headers are ISO 8859-1.
            let bytes: Vec<u8> = value
                .as_str()
                .expect("text")
                .chars()
                .map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?'))
                .collect();
            builder = builder.header(name, HeaderValue::from_bytes(&bytes).expect("a header"));
        }
        let text = request
            .get("bodyText")
            .map(|text| text.as_str().expect("text").to_owned());
        let body = sent.or(text).unwrap_or_default();
        let (head, ()) = builder.body(()).expect("a request").into_parts();
        let mut response = self.server.respond(&head, Bytes::from(body));
        let warnings = response.headers().get_all("warning").iter();
        let warnings = warnings
            .map(|value| value.to_str().expect("text").to_owned())
            .collect();
        let watch = request.pointer("/query/watch").is_some();
        let body = if watch && response.status() == 200 {
            self.events(&mut response)
        } else {
            whole(&mut response)
        };
        Answer {
            code: response.status().as_u16().into(),
            warnings,
            body,
        }
    }

    /// The events of a watch until it ends.
    fn events(&self, response: &mut Response<apply_server::ResponseBody>) -> Value {
        let mut events = Vec::new();
        let mut read = |response: &mut Response<apply_server::ResponseBody>| {
            while let Some(line) = response.body_mut().take_now() {
                events.push(serde_json::from_slice(&line).expect("an event"));
            }
        };
        read(response);
        self.clock.advance(5);
        read(response);
        Value::Array(events)
    }
}

impl Answer {
    pub(crate) fn is_ok(&self) -> bool {
        self.code < 300
    }

    /// What a refusal says, in one line.
    pub(crate) fn message(&self) -> String {
        let refusal = Refusal::from_status(&self.body, u16::try_from(self.code).unwrap_or(500));
        format!("{}: {}", self.code, refusal.message)
    }

    /// Reasons and fields of the causes of a refusal, sorted.
    pub(crate) fn causes(&self) -> Vec<(String, String)> {
        causes(&self.body["details"]["causes"])
    }
}

/// Reasons and fields of causes, sorted.
pub(crate) fn causes(causes: &Value) -> Vec<(String, String)> {
    let text = |cause: &Value, name: &str| cause[name].as_str().unwrap_or_default().to_owned();
    let mut found: Vec<_> = causes
        .as_array()
        .into_iter()
        .flatten()
        .map(|cause| (text(cause, "reason"), text(cause, "field")))
        .collect();
    found.sort();
    found
}

fn whole(response: &mut Response<apply_server::ResponseBody>) -> Value {
    let bytes = response.body_mut().take_now().unwrap_or_default();
    serde_json::from_slice(&bytes)
        .unwrap_or_else(|_| String::from_utf8_lossy(&bytes).into_owned().into())
}

fn encode(text: &str, keep: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        let character = char::from(byte);
        if byte.is_ascii_alphanumeric() || "-._~".contains(character) || keep.contains(character) {
            out.push(character);
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}
