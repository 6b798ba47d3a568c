//! Recorded requests against a server in this process.

use std::collections::BTreeMap;

use apply_semantics::{managed_fields::Time, typed::EmptyContainers};
use apply_server::{ManualClock, Server};
use bytes::Bytes;
use http::{HeaderValue, Request, Response};
use serde_json::{Value, json, value::RawValue};

use crate::bindings::Bindings;

/// When sequences begin.
const START: i64 = 1_700_000_000;
/// What a step may take, in seconds.
const STEP: i64 = 100;

/// What became of a sequence.
pub(crate) struct Outcome {
    pub(crate) steps: usize,
    pub(crate) passed: usize,
    pub(crate) failure: Option<String>,
}

pub(crate) fn sequence(line: &str, sequence: &Value, definitions: &Value) -> Outcome {
    let sent = sent_bodies(line);
    let clock = ManualClock::at(START);
    let server = Server::builder()
        .clock(clock.clone())
        .without_controllers()
        .empty_containers(EmptyContainers::Preserve)
        .build();
    let namespace = sequence["namespace"].as_str().expect("a namespace");
    prepare(&server, namespace, sequence, definitions);
    let mut bindings = Bindings::default();
    let times = times(line);
    let mut bodies: Vec<Value> = Vec::new();
    let steps = sequence["steps"].as_array().expect("steps");
    for (placeholder, step, offset) in times {
        let time = Time::from_unix_seconds(START + STEP * (step + 1) + offset);
        bindings.bind(placeholder, time.to_string());
    }
    let mut outcome = Outcome {
        steps: steps.len(),
        passed: 0,
        failure: None,
    };
    for (index, step) in steps.iter().enumerate() {
        clock.advance(STEP);
        let now = START + STEP * i64::try_from(index + 1).expect("few steps");
        clock.set(now);
        let number = step["n"].to_string();
        let expected = &step["response"];
        let wanted = match expected.get("sameBodyAs").and_then(Value::as_u64) {
            Some(at) => bodies[usize::try_from(at).expect("small")].clone(),
            None => expected.get("body").cloned().unwrap_or_default(),
        };
        bodies.push(wanted.clone());
        let (code, warnings, body) = ask(
            &server,
            &clock,
            &bindings.fill_value(&step["request"]),
            sent[index].as_ref().map(|body| bindings.fill_text(body)),
        );
        let answer = json!({"code": code, "warnings": warnings, "body": body});
        let recorded = json!({
            "code": expected["code"],
            "warnings": expected.get("warnings").cloned().unwrap_or_else(|| json!([])),
            "body": wanted,
        });
        let refused = (answer["code"] != recorded["code"]).then(|| {
            format!(
                "code {}, expected {}: {}",
                answer["code"], recorded["code"], answer["body"]["message"]
            )
        });
        match refused.or_else(|| bindings.difference(&answer, &recorded, "")) {
            None => outcome.passed += 1,
            Some(difference) => {
                outcome.failure.get_or_insert_with(|| {
                    format!(
                        "step {number} ({}): {difference}",
                        step["do"].as_str().unwrap_or_default()
                    )
                });
            }
        }
    }
    outcome
}

/// The placeholders of times in a line, each with its step (-1 is before the first) and the seconds after that.
fn times(line: &str) -> Vec<(String, i64, i64)> {
    let inner = line
        .split("<time@")
        .skip(1)
        .filter_map(|rest| rest.split_once('>'));
    let mut found: Vec<_> = inner
        .map(|(inner, _)| {
            let (step, offset) = match inner.split_once('+') {
                Some((step, offset)) => (step, offset.trim_end_matches('s')),
                None => (inner, "0"),
            };
            let number = |text: &str| text.parse().expect("a number");
            (format!("<time@{inner}>"), number(step), number(offset))
        })
        .collect();
    found.sort();
    found.dedup();
    found
}

/// The namespace of the sequence and the definitions that it needs are there before.
fn prepare(server: &Server, namespace: &str, sequence: &Value, definitions: &Value) {
    let needs = sequence["needs"].as_array().cloned().unwrap_or_default();
    if needs.contains(&json!("crds")) {
        for definition in definitions.as_array().expect("a list of definitions") {
            post(
                server,
                "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
                definition,
            );
        }
    }
    let object = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}});
    post(server, "/api/v1/namespaces", &object);
}

fn post(server: &Server, path: &str, object: &Value) {
    let request = Request::post(path)
        .header("Content-Type", "application/json")
        .body(())
        .expect("a request");
    let mut response = server.respond(&request.into_parts().0, object.to_string().into());
    assert_eq!(
        response.status(),
        201,
        "{path}: {:?}",
        response.body_mut().take_now()
    );
}

/// Sends a request, and answers code, warnings and body.
fn ask(
    server: &Server,
    clock: &ManualClock,
    request: &Value,
    sent: Option<String>,
) -> (u16, Vec<String>, Value) {
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
    let mut response = server.respond(&head, Bytes::from(body));
    let warnings = response.headers().get_all("warning").iter();
    let warnings = warnings
        .map(|value| value.to_str().expect("text").to_owned())
        .collect();
    let watch = request.pointer("/query/watch").is_some();
    let body = if watch && response.status() == 200 {
        events(&mut response, clock)
    } else {
        whole(&mut response)
    };
    (response.status().as_u16(), warnings, body)
}

fn whole(response: &mut Response<apply_server::ResponseBody>) -> Value {
    let bytes = response.body_mut().take_now().unwrap_or_default();
    serde_json::from_slice(&bytes)
        .unwrap_or_else(|_| String::from_utf8_lossy(&bytes).into_owned().into())
}

/// The events of a watch until it ends.
fn events(response: &mut Response<apply_server::ResponseBody>, clock: &ManualClock) -> Value {
    let mut events = Vec::new();
    let mut read = |response: &mut Response<apply_server::ResponseBody>| {
        while let Some(line) = response.body_mut().take_now() {
            events.push(serde_json::from_slice(&line).expect("an event"));
        }
    };
    read(response);
    clock.advance(5);
    read(response);
    Value::Array(events)
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

/// The bodies of the requests as they were sent: the order of fields shows in what the server warns of.
fn sent_bodies(line: &str) -> Vec<Option<String>> {
    type Fields = BTreeMap<String, Box<RawValue>>;
    let fields = |text: &str| serde_json::from_str::<Fields>(text).expect("an object");
    let sequence = fields(line);
    let steps: Vec<Box<RawValue>> = serde_json::from_str(sequence["steps"].get()).expect("steps");
    let requests = steps
        .iter()
        .map(|step| fields(fields(step.get())["request"].get()));
    requests
        .map(|request| request.get("body").map(|body| body.get().to_owned()))
        .collect()
}
