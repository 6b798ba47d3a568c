//! `who-owns` as a person meets it: the program itself, with what kubectl prints as its input.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests are tests"
)]

use std::{
    fs,
    io::Write as _,
    process::{Command, Output, Stdio},
};

use componentconfig::yaml;
use serde_json::{Value, json};

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_who-owns"));
    command
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/who-owns"))
        .args(arguments);
    command
}

fn run(arguments: &[&str]) -> Output {
    command(arguments).output().unwrap()
}

fn run_on(input: &str, arguments: &[&str]) -> Output {
    let mut child = command(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(input.as_bytes())
        .unwrap();
    child.wait_with_output().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

fn answer(output: &Output) -> &str {
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout)
}

fn input(name: &str) -> String {
    fs::read_to_string(format!(
        "{}/tests/who-owns/{name}",
        env!("CARGO_MANIFEST_DIR")
    ))
    .unwrap()
}

#[test]
fn a_tree_shows_every_owner() {
    let output = run(&["deployment.yaml"]);
    let tree = answer(&output);
    assert!(
        tree.starts_with("Deployment shop/coredns (apps/v1)\n"),
        "{tree}"
    );
    for line in [
        "replicas: 5 user (Update, scale)",
        "[name=\"proxy\"] mesh (Apply)",
        "image: registry.example/proxy:3 mesh (Apply)",
    ] {
        let found = tree.lines().any(|shown| {
            shown
                .split_whitespace()
                .collect::<Vec<_>>()
                .join(" ")
                .ends_with(line)
        });
        assert!(found, "{line} is missing from\n{tree}");
    }
    assert!(
        !tree.contains('\u{1b}'),
        "no colours when it is not a terminal"
    );
    assert!(text(&run(&["deployment.yaml", "--color", "always"]).stdout).contains("\u{1b}["));
}

#[test]
fn annotated_yaml_is_the_object() {
    for name in ["deployment.yaml", "client-side.yaml"] {
        let output = run(&[name, "--output", "yaml", "--times"]);
        let annotated = answer(&output);
        let mut object = yaml::read(&input(name)).unwrap();
        object["metadata"]
            .as_object_mut()
            .unwrap()
            .remove("managedFields");
        assert_eq!(yaml::read(annotated).unwrap(), object, "{annotated}");
    }
    let output = run(&["documents.yaml", "--output", "yaml", "--show-secrets"]);
    let documents = yaml::read_all("annotated", answer(&output)).unwrap();
    let mut objects = yaml::read_all("documents.yaml", &input("documents.yaml")).unwrap();
    for object in &mut objects {
        object["metadata"]
            .as_object_mut()
            .unwrap()
            .remove("managedFields");
    }
    assert_eq!(documents, objects);
}

#[test]
fn one_field_says_what_keeps_it() {
    let output = run(&["deployment.yaml", "--path", ".spec.replicas"]);
    assert_eq!(
        answer(&output),
        "Deployment shop/coredns .spec.replicas\n  \
         written by user (Update, scale); leaving it out of an apply does not remove it: it goes when \"user\" takes it from the object, \
         or by a patch ([{\"op\":\"remove\",\"path\":\"/spec/replicas\"}])\n"
    );
    let output = run(&[
        "deployment.yaml",
        "--path",
        "/spec/replicas",
        "--output",
        "json",
    ]);
    let why: Value = serde_json::from_str(answer(&output)).unwrap();
    assert_eq!(why["reason"], "Updated");
    assert_eq!(why["owners"][0]["subresource"], "scale");
}

#[test]
fn what_becomes_of_a_field_that_a_manager_leaves_out_is_told() {
    for (path, manager, fate) in [
        (
            ".metadata.labels.tier",
            "provisioner",
            "it goes, or gets its default",
        ),
        (
            ".spec.replicas",
            "provisioner",
            "nothing changes, as it does not apply it",
        ),
    ] {
        let output = run(&["deployment.yaml", "--path", path, "--manager", manager]);
        let told = format!("  if {manager:?} leaves it out of its next apply: {fate}\n");
        assert!(answer(&output).ends_with(&told), "{}", text(&output.stdout));
    }
}

#[test]
fn a_field_that_is_not_there_is_a_no() {
    let output = run(&["deployment.yaml", "--path", ".spec.replica"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(text(&output.stdout), "");
    assert_eq!(
        text(&output.stderr),
        "Deployment shop/coredns: .spec.replica: not in the object; the nearest field is .spec\n"
    );
}

#[test]
fn lists_and_documents_are_taken_apart() {
    let output = run(&["list.json", "documents.yaml", "--output", "json"]);
    let all: Value = serde_json::from_str(answer(&output)).unwrap();
    let kinds: Vec<&Value> = all
        .as_array()
        .unwrap()
        .iter()
        .map(|object| &object["kind"])
        .collect();
    assert_eq!(
        kinds,
        [
            "ConfigMap",
            "Secret",
            "Widget",
            "ConfigMap",
            "Secret",
            "Widget"
        ]
    );
    assert_eq!(all[0], all[3]);
    assert_eq!(
        all[2]["absent"],
        json!([]),
        "lists of custom resources are told apart by their entries"
    );

    let piped = run_on(
        &input("list.json"),
        &["--manager", "b", "--output", "table"],
    );
    let table = answer(&piped);
    assert!(table.starts_with("OBJECT               PATH "), "{table}");
    assert!(
        table.contains(".spec.rooms[name=\"hall\"].seats[id=1].who"),
        "{table}"
    );
    let piped = run_on(&input("documents.yaml"), &["-", "--unowned"]);
    assert_eq!(
        answer(&piped),
        "Widget shop/listmap .spec.color\nWidget shop/listmap .spec.ports[port=1,protocol=\"TCP\"].protocol\n"
    );
}

#[test]
fn secrets_are_hidden_unless_asked_for() {
    for output in ["tree", "yaml", "json", "table"] {
        let shown = run(&["documents.yaml", "--output", output]);
        let shown = answer(&shown);
        assert!(
            shown.contains("pin") && !shown.contains("OTg3Ng"),
            "{shown}"
        );
    }
    let shown = run(&["documents.yaml", "--output", "yaml", "--show-secrets"]);
    assert!(answer(&shown).contains("OTg3Ng=="));
}

#[test]
fn migrations_are_patches() {
    let output = run(&["client-side.yaml", "--migrate", "auto", "my-tool"]);
    let patch: Value = serde_json::from_str(answer(&output)).unwrap();
    assert_eq!(patch[0]["path"], "/metadata/managedFields");
    assert_eq!(patch[0]["value"][0]["manager"], "my-tool");
    assert_eq!(patch[0]["value"][0]["operation"], "Apply");
    let object = yaml::read(&input("client-side.yaml")).unwrap();
    let guard = json!({"op": "replace", "path": "/metadata/resourceVersion", "value": object["metadata"]["resourceVersion"]});
    assert_eq!(patch[1], guard);
    assert!(
        text(&output.stderr).contains(
            "\"kubectl-client-side-apply\" (Update, apps/v1) becomes \"my-tool\" (Apply)"
        )
    );

    let output = run(&["deployment.yaml", "--migrate", "kubectl,helm", "my-tool"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).ends_with("nothing to migrate\n"));

    let output = run(&["list.json", "--migrate", "auto", "my-tool"]);
    let patches: Value = serde_json::from_str(answer(&output)).unwrap();
    assert_eq!(patches.as_array().unwrap().len(), 1);
    assert_eq!(patches[0]["kind"], "ConfigMap");
}

#[test]
fn an_apply_can_be_checked_before_it_is_sent() {
    let output = run(&[
        "deployment.yaml",
        "--manager",
        "provisioner",
        "--check",
        "upgrade.yaml",
    ]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        text(&output.stdout),
        "Deployment shop/coredns .spec.replicas: owned by user (Update, scale), is 5, would be 2\n"
    );
    assert_eq!(text(&output.stderr), "1 conflict\n");
    let output = run(&[
        "deployment.yaml",
        "--manager",
        "user",
        "--check",
        "upgrade.yaml",
    ]);
    assert_eq!(
        output.status.code(),
        Some(1),
        "an update by the same name is another manager"
    );
    let output = run(&[
        "list.json",
        "--manager",
        "provisioner",
        "--check",
        "upgrade.yaml",
    ]);
    assert_eq!(answer(&output), "");
    assert_eq!(
        text(&output.stderr),
        "Deployment coredns: not among the objects, so it would be created\n"
    );
}

#[test]
fn bad_input_is_named_with_its_place() {
    for (bad, expected) in [
        ("a: [1\nb: 2\n", "standard input:2:"),
        (
            "{\"kind\": \"Pod\",\n  \"metadata\": }",
            "standard input:2:15",
        ),
        ("", "error: standard input: no objects in it"),
        (
            "---\n# nothing\n",
            "error: standard input: no objects in it",
        ),
        ("- a\n", "error: standard input: expected objects"),
        (
            "kind: Pod\nmetadata: {name: a, managedFields: [{manager: x, operation: Applied}]}\n",
            "error: Pod a: metadata.managedFields[0].operation: expected Apply or Update",
        ),
    ] {
        let output = run_on(bad, &[]);
        assert_eq!(output.status.code(), Some(2), "{bad}");
        assert!(
            text(&output.stderr).contains(expected),
            "{bad}: {}",
            text(&output.stderr)
        );
        assert_eq!(text(&output.stdout), "");
    }
    let output = run(&["missing.yaml"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).starts_with("error: missing.yaml: "));
}

#[test]
fn objects_without_entries_are_pointed_out() {
    let output = run_on(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {a: b}\n",
        &[],
    );
    assert!(answer(&output).contains("a: b"));
    assert!(text(&output.stderr).contains("--show-managed-fields"));
}
