//! Recorded sequences of requests, by clients of the API and by kubectl.

use std::collections::BTreeMap;

use apply_semantics::managed_fields::Time;
use serde_json::{Value, json, value::RawValue};

use crate::{
    bindings::Bindings,
    session::{START, Session},
};

/// What a step may take, in seconds.
const STEP: i64 = 100;

/// What became of a sequence.
pub(crate) struct Outcome {
    pub(crate) steps: usize,
    pub(crate) passed: usize,
    pub(crate) failure: Option<String>,
}

/// A request and what was answered to it.
struct Exchange<'a> {
    request: Value,
    /// The body as it was sent: the order of fields shows in what the server warns of.
    sent: Option<String>,
    response: &'a Value,
}

/// Replays a sequence. A step of kubectl is all its requests, and the reads after it.
pub(crate) fn sequence(line: &str, sequence: &Value, definitions: &[Value]) -> Outcome {
    let sent = sent_bodies(line);
    let session = Session::new();
    session.prepare(
        sequence["namespace"].as_str().expect("a namespace"),
        definitions,
    );
    let mut bindings = Bindings::default();
    for (placeholder, step, offset) in times(line) {
        let time = Time::from_unix_seconds(START + STEP * (step + 1) + offset);
        bindings.bind(placeholder, time.to_string());
    }
    let mut bodies: Vec<Value> = Vec::new();
    let steps = sequence["steps"].as_array().expect("steps");
    let mut outcome = Outcome {
        steps: steps.len(),
        passed: 0,
        failure: None,
    };
    for ((index, step), sent) in steps.iter().enumerate().zip(sent) {
        let now = START + STEP * i64::try_from(index + 1).expect("few steps");
        session.clock.set(now);
        let mut difference = None;
        let mut body = Value::Null;
        for exchange in exchanges(step, sent) {
            let expected = exchange.response;
            let wanted = match expected.get("sameBodyAs").and_then(Value::as_u64) {
                Some(at) => bodies[usize::try_from(at).expect("small")].clone(),
                None => expected.get("body").cloned().unwrap_or_default(),
            };
            let found = judge(&session, &mut bindings, &exchange, &wanted);
            difference = difference.or(found);
            body = wanted;
        }
        bodies.push(body);
        match difference {
            None => outcome.passed += 1,
            Some(difference) => {
                outcome.failure.get_or_insert_with(|| {
                    format!(
                        "step {} ({}): {difference}",
                        step["n"],
                        step["do"].as_str().unwrap_or_default()
                    )
                });
            }
        }
    }
    outcome
}

/// Whether all bodies that were sent are there.
pub(crate) fn is_complete(sequence: &Value) -> bool {
    let steps = sequence["steps"].as_array().into_iter().flatten();
    let mut requests = steps.flat_map(|step| step["requests"].as_array().into_iter().flatten());
    requests.all(|request| {
        let writes = ["POST", "PUT", "PATCH"]
            .iter()
            .any(|method| request["method"] == *method);
        !writes || request.get("body").is_some() || request.get("bodyText").is_some()
    })
}

/// Sends a request, and says how the answer differs from the recorded one.
fn judge(
    session: &Session,
    bindings: &mut Bindings,
    exchange: &Exchange<'_>,
    wanted: &Value,
) -> Option<String> {
    let request = bindings.fill_value(&exchange.request);
    let sent = exchange.sent.as_ref().map(|body| bindings.fill_text(body));
    let answer = session.ask(&request, sent);
    let recorded = exchange.response;
    if recorded["code"] != answer.code {
        return Some(format!(
            "{} {}: expected code {}, found {}",
            request["method"],
            request["path"],
            recorded["code"],
            answer.message()
        ));
    }
    let mut found = json!({"warnings": answer.warnings, "body": answer.body});
    let mut wanted = json!({
        "warnings": recorded.get("warnings").cloned().unwrap_or_else(|| json!([])),
        "body": wanted,
    });
    if wanted["body"].get("omitted").is_some() {
        found["body"].take();
        wanted["body"].take();
    }
    bindings.difference(&found, &wanted, "")
}

fn exchanges(step: &Value, sent: Vec<Option<String>>) -> Vec<Exchange<'_>> {
    if step.get("command").is_none() {
        return vec![Exchange {
            request: step["request"].clone(),
            sent: sent.into_iter().next().flatten(),
            response: &step["response"],
        }];
    }
    let list = |name: &str| step[name].as_array().into_iter().flatten();
    let requests = list("requests").zip(sent).map(|(request, sent)| Exchange {
        request: request.clone(),
        sent,
        response: &request["response"],
    });
    let reads = list("after").map(|read| Exchange {
        request: json!({"method": "GET", "path": read["path"], "headers": {"Accept": "application/json"}}),
        sent: None,
        response: read,
    });
    requests.chain(reads).collect()
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

/// The bodies of the requests of each step as they were sent.
fn sent_bodies(line: &str) -> Vec<Vec<Option<String>>> {
    type Fields = BTreeMap<String, Box<RawValue>>;
    let fields = |raw: &RawValue| serde_json::from_str::<Fields>(raw.get()).expect("an object");
    let list =
        |raw: &RawValue| serde_json::from_str::<Vec<Box<RawValue>>>(raw.get()).expect("a list");
    let body = |request: &RawValue| {
        fields(request)
            .get("body")
            .map(|body| body.get().to_owned())
    };
    let sequence: Fields = serde_json::from_str(line).expect("an object");
    let steps = list(&sequence["steps"]);
    let steps = steps.iter().map(|step| fields(step));
    steps
        .map(|step| match (step.get("request"), step.get("requests")) {
            (Some(request), _) => vec![body(request)],
            (None, Some(requests)) => list(requests).iter().map(|request| body(request)).collect(),
            (None, None) => Vec::new(),
        })
        .collect()
}
