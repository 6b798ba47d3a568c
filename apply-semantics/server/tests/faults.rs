//! Bad days: answers that come late or from the past, watches that break off; and which state a list shows.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test"
)]

use std::{
    pin::pin,
    task::{Context, Poll, Waker},
};

use apply_semantics::op::{ApplyOptions, ListOptions, Operation, ResourceRef};
use apply_server::{FaultRule, ManualClock, ResponseBody, Server};
use bytes::Bytes;
use http::{Request, Response};
use serde_json::{Value, json};
use tower_service::Service as _;

fn put(server: &Server, name: &str) -> u64 {
    let config = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"namespace": "default", "name": name}});
    let apply = Operation::apply_object(config, ApplyOptions::new("m")).unwrap();
    server.execute(&apply).unwrap();
    server.revision()
}

fn get(server: &Server, path: &str) -> Response<ResponseBody> {
    let (head, ()) = Request::get(path).body(()).unwrap().into_parts();
    server.respond(&head, Bytes::new())
}

/// The code and the body of an answer.
fn ask(server: &Server, query: &str) -> (u16, Value) {
    let mut answer = get(
        server,
        &format!("/api/v1/namespaces/default/configmaps{query}"),
    );
    let body = answer.body_mut().take_now().unwrap();
    (
        answer.status().as_u16(),
        serde_json::from_slice(&body).unwrap(),
    )
}

fn names(list: &Value) -> Vec<&str> {
    let items = list["items"].as_array().unwrap().iter();
    items
        .map(|item| item["metadata"]["name"].as_str().unwrap())
        .collect()
}

#[test]
fn late_answers_come_when_the_clock_says_so() {
    let clock = ManualClock::at(1_000);
    let server = Server::builder().clock(clock.clone()).build();
    server.inject(FaultRule::delay(5).verb("get").resource("nodes").times(1));
    let request = || {
        let request = Request::get("/api/v1/nodes/a").body(String::new()).unwrap();
        server.clone().call(request)
    };
    let mut cx = Context::from_waker(Waker::noop());
    let mut late = pin!(request());
    assert!(late.as_mut().poll(&mut cx).is_pending());
    clock.advance(4);
    assert!(late.as_mut().poll(&mut cx).is_pending());
    // The request itself is done, and others are not held up.
    assert_eq!(server.requests().count(), 1);
    assert!(pin!(request()).poll(&mut cx).is_ready());
    clock.advance(1);
    let Poll::Ready(Ok(answer)) = late.poll(&mut cx) else {
        unreachable!("the time has come")
    };
    assert_eq!(answer.status(), 404);
}

#[test]
fn reads_may_be_behind() {
    let server = Server::new();
    put(&server, "a");
    put(&server, "b");
    server.inject(FaultRule::stale(1).times(2));
    let list = Operation::list(
        ResourceRef::of_kind("v1", "ConfigMap").all(),
        ListOptions::default(),
    );
    let seen = |outcome| match outcome {
        apply_semantics::op::Outcome::List(list) => list.items.len(),
        other => unreachable!("{other:?}"),
    };
    assert_eq!(seen(server.execute(&list).unwrap()), 1);
    let b = ResourceRef::of_kind("v1", "ConfigMap")
        .within("default")
        .named("b");
    let get = Operation::get(b);
    assert_eq!(server.execute(&get).unwrap_err().code, 404);
    assert!(server.execute(&get).is_ok());
    assert_eq!(seen(server.execute(&list).unwrap()), 2);
}

#[test]
fn watches_break_off_after_so_many_events() {
    let server = Server::new();
    server.inject(FaultRule::dropped_watch(2).resource("configmaps").times(1));
    let watch = || get(&server, "/api/v1/configmaps?watch=true&resourceVersion=1");
    let mut broken = watch();
    let mut whole = watch();
    for name in ["a", "b", "c"] {
        put(&server, name);
    }
    let events = |watch: &mut Response<ResponseBody>| {
        std::iter::from_fn(|| watch.body_mut().take_now()).count()
    };
    assert_eq!(events(&mut whole), 3);
    assert_eq!(events(&mut broken), 2);
    let mut cx = Context::from_waker(Waker::noop());
    let end = http_body::Body::poll_frame(pin!(broken.into_body()), &mut cx);
    assert!(matches!(end, Poll::Ready(None)));
}

#[test]
fn lists_show_the_state_that_is_asked_for() {
    let server = Server::new();
    let first = put(&server, "a");
    let second = put(&server, "b");
    let exact = format!("?resourceVersion={first}&resourceVersionMatch=Exact");
    let (code, list) = ask(&server, &exact);
    assert_eq!((code, names(&list)), (200, vec!["a"]));
    assert_eq!(list["metadata"]["resourceVersion"], first.to_string());
    let (_, list) = ask(
        &server,
        &format!("?resourceVersion={first}&resourceVersionMatch=NotOlderThan"),
    );
    assert_eq!(names(&list), ["a", "b"]);
    // Pages are of that very state, if nothing is said about it.
    let (_, list) = ask(&server, &format!("?resourceVersion={first}&limit=10"));
    assert_eq!(names(&list), ["a"]);
    let (_, list) = ask(&server, "?resourceVersion=0");
    assert_eq!(names(&list), ["a", "b"]);

    let (code, status) = ask(&server, &format!("?resourceVersion={}", second + 1000));
    assert_eq!((code, &status["reason"]), (504, &json!("Timeout")));
    assert_eq!(
        status["message"],
        format!(
            "Too large resource version: {}, current: {second}",
            second + 1000
        )
    );
    server.compact();
    let (code, status) = ask(&server, &exact);
    assert_eq!((code, &status["reason"]), (410, &json!("Expired")));
}

#[test]
fn options_of_lists_and_watches_go_together_or_are_refused() {
    let server = Server::new();
    for (query, field) in [
        ("resourceVersionMatch=Exact", "resourceVersionMatch"),
        (
            "resourceVersionMatch=Exact&resourceVersion=0",
            "resourceVersionMatch",
        ),
        (
            "resourceVersionMatch=Newest&resourceVersion=1",
            "resourceVersionMatch",
        ),
        ("sendInitialEvents=true", "sendInitialEvents"),
        ("watch=true&sendInitialEvents=true", "resourceVersionMatch"),
        (
            "watch=true&resourceVersionMatch=NotOlderThan",
            "resourceVersionMatch",
        ),
    ] {
        let (code, status) = ask(&server, &format!("?{query}"));
        assert_eq!(code, 422, "{query}");
        assert_eq!(status["details"]["causes"][0]["field"], field, "{query}");
        assert!(
            status["message"]
                .as_str()
                .unwrap()
                .starts_with("ListOptions.meta.k8s.io \"\" is invalid: "),
            "{status}"
        );
    }
    assert_eq!(ask(&server, "?resourceVersion=many").0, 400);
}
