//! Bodies and answers in YAML.

#![cfg(feature = "yaml")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test"
)]

use apply_server::{ManualClock, Server};
use bytes::Bytes;
use http::{Request, request::Builder};

const YAML: &str = "application/yaml";
const CONFIGS: &str = "/api/v1/namespaces/default/configmaps";

fn server() -> Server {
    let clock = ManualClock::at(1_700_000_000);
    Server::builder().clock(clock).build()
}

/// Code, media type and body.
fn send(server: &Server, request: Builder, body: &str) -> (u16, String, String) {
    let (head, ()) = request.body(()).unwrap().into_parts();
    let mut answer = server.respond(&head, Bytes::from(body.to_owned()));
    let text = answer.body_mut().take_now().unwrap_or_default();
    (
        answer.status().as_u16(),
        answer.headers()["content-type"]
            .to_str()
            .unwrap()
            .to_owned(),
        String::from_utf8(text.to_vec()).unwrap(),
    )
}

fn create(server: &Server) -> (u16, String, String) {
    let request = Request::post(CONFIGS)
        .header("content-type", YAML)
        .header("accept", YAML)
        .header("user-agent", "test/1");
    let body = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: conf}\ndata:\n  switch: \"yes\"\n  text: |\n    two\n    lines\n";
    send(server, request, body)
}

#[test]
fn objects_come_in_yaml() {
    let server = server();
    let (code, media, text) = create(&server);
    assert_eq!((code, &*media), (201, YAML));
    let uid = text
        .lines()
        .find_map(|line| line.strip_prefix("  uid: "))
        .unwrap();
    assert_eq!(
        text,
        format!(
            "apiVersion: v1\ndata:\n  switch: \"yes\"\n  text: |\n    two\n    lines\nkind: ConfigMap\nmetadata:\n  creationTimestamp: \"2023-11-14T22:13:20Z\"\n  managedFields:\n  - apiVersion: v1\n    fieldsType: FieldsV1\n    fieldsV1:\n      f:data:\n        .: {{}}\n        f:switch: {{}}\n        f:text: {{}}\n    manager: test\n    operation: Update\n    time: \"2023-11-14T22:13:20Z\"\n  name: conf\n  namespace: default\n  resourceVersion: \"{}\"\n  uid: {uid}\n",
            server.revision()
        )
    );
    let one = Request::get(format!("{CONFIGS}/conf")).header("accept", YAML);
    assert_eq!(send(&server, one, ""), (200, YAML.to_owned(), text));
}

#[test]
fn lists_tables_refusals_and_discovery_come_in_yaml() {
    let server = server();
    create(&server);
    let get =
        |path: &str, accept: &str| send(&server, Request::get(path).header("accept", accept), "");
    let (_, media, list) = get(CONFIGS, YAML);
    assert_eq!(media, YAML);
    assert!(
        list.starts_with("apiVersion: v1\nitems:\n- data:\n    switch: \"yes\"\n"),
        "{list}"
    );
    let (_, _, table) = get(CONFIGS, "application/yaml;as=Table;v=v1;g=meta.k8s.io");
    assert!(table.contains("\nkind: Table\n"), "{table}");
    let (code, media, status) = get(&format!("{CONFIGS}/none"), YAML);
    assert_eq!((code, &*media), (404, YAML));
    assert!(status.contains("\nreason: NotFound\n"), "{status}");
    let (_, media, groups) = get("/apis", YAML);
    assert_eq!(media, YAML);
    assert!(groups.contains("kind: APIGroupList\n"), "{groups}");
    // What only comes in JSON.
    assert_eq!(get("/version", YAML).1, "application/json");
    let (code, _, status) = get(&format!("{CONFIGS}?watch=true"), YAML);
    assert_eq!(code, 406, "{status}");
    // JSON, if that is wanted more.
    assert_eq!(
        get(CONFIGS, "application/json, application/yaml").1,
        "application/json"
    );
    assert_eq!(get(CONFIGS, "text/html").0, 406);
}
