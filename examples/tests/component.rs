//! `component` as a person meets it: the program itself, started with arguments.
#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

use std::{
    fs,
    io::{BufRead as _, BufReader},
    process::{Command, Output, Stdio},
    thread,
    time::Duration,
};

use tempfile::TempDir;

const KUBEADM: &str = "\
apiVersion: kubeadm.k8s.io/v1beta3
kind: ClusterConfiguration
kubernetesVersion: v1.36.1
apiServer:
  extraArgs: {v: '4'}
  timeoutForControlPlane: 5m
---
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
maxPods: 50
";

struct Bench(TempDir);

impl Bench {
    fn new(files: &[(&str, &str)]) -> Self {
        let dir = TempDir::new().unwrap();
        for (name, text) in files {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        Self(dir)
    }

    fn run(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_component"))
            .current_dir(self.0.path())
            .args(arguments)
            .output()
            .unwrap()
    }

    fn text(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let errors = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{errors}");
        String::from_utf8(output.stdout).unwrap()
    }

    fn refused(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(!output.status.success());
        String::from_utf8(output.stderr).unwrap()
    }
}

#[test]
fn migrate_keeps_the_documents_of_components() {
    let bench = Bench::new(&[("old.yaml", KUBEADM)]);
    let migrate = [
        "migrate",
        "--old-config",
        "old.yaml",
        "--new-config",
        "new.yaml",
    ];
    assert_eq!(bench.text(&migrate), "");
    let new = fs::read_to_string(bench.0.path().join("new.yaml")).unwrap();
    for part in [
        "apiVersion: kubeadm.k8s.io/v1beta4\nbootstrapTokens:",
        "controlPlaneComponentHealthCheck: 5m0s",
        "- name: v\n    value: \"4\"",
        "kind: KubeletConfiguration\nmaxPods: 50\n",
    ] {
        assert!(new.contains(part), "{part} is not in {new}");
    }
    assert_eq!(bench.text(&["validate", "--config", "new.yaml"]), "ok\n");
}

#[test]
fn validate_says_everything_with_its_place() {
    let bench = Bench::new(&[(
        "bad.yaml",
        &KUBEADM.replace("maxPods: 50", "maxPods: -5\nmaxpods: 1"),
    )]);
    let errors = bench.refused(&["validate", "--config", "bad.yaml"]);
    for part in [
        "bad.yaml:10:1",
        "maxPods",
        "bad.yaml:11:1",
        "unknown field \"maxpods\"",
    ] {
        assert!(errors.contains(part), "{part} is not in {errors}");
    }
}

#[test]
fn conversions_tell_what_is_lost() {
    let config = "apiVersion: kubelet.config.k8s.io/v1\nkind: CredentialProviderConfig\nproviders:\n- name: p\n  \
                  tokenAttributes: {cacheType: Token}\n";
    let bench = Bench::new(&[("c.yaml", config)]);
    let output = bench.run(&["convert", "c.yaml", "--to", "kubelet.config.k8s.io/v1beta1"]);
    let losses = String::from_utf8(output.stderr).unwrap();
    assert!(
        losses.contains("lost: CredentialProviderConfig providers"),
        "{losses}"
    );
}

#[test]
fn values_say_where_they_come_from() {
    let head = "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n";
    let (base, dropin) = (format!("{head}maxPods: 5\n"), format!("{head}maxPods: 6\n"));
    let bench = Bench::new(&[("k.yaml", &base), ("d/10.conf", &dropin)]);
    let arguments = [
        "explain",
        "maxPods",
        "--config",
        "k.yaml",
        "--config-dir",
        "d",
    ];
    assert_eq!(
        bench.text(&arguments),
        "maxPods: 6, from d/10.conf:3:1 (over 5 of k.yaml:3:1)\n"
    );
}

const AGENT: &str = "apiVersion: agent.example.org/v1\nkind: LogAgentConfiguration\n";

/// A file of last year, a drop-in file of today, and lines to ship.
fn agent() -> Bench {
    let old =
        AGENT.replace("/v1", "/v1alpha1") + "file: in.log\nlinesAtOnce: 3\ntarget: out.json\n";
    let dropin = format!("{AGENT}maxBatch: 2\ninterval: 50ms\n");
    Bench::new(&[
        ("agent.yaml", &old),
        ("conf.d/10.conf", &dropin),
        ("conf.d/README", "no configuration"),
        ("in.log", "a\nb\nc\n"),
    ])
}

const START: [&str; 5] = ["agent", "--config", "agent.yaml", "--config-dir", "conf.d"];

#[test]
fn the_author_of_the_agent_writes_less_than_80_lines() {
    let code = include_str!("../component/agent/config.rs");
    let code = code.lines().map(str::trim);
    let lines = code
        .filter(|line| !line.is_empty() && !line.starts_with("//"))
        .count();
    assert!(lines < 80, "{lines} lines");
}

#[test]
fn the_agent_says_what_holds_and_why() {
    let bench = agent();
    let explain =
        |field: &str| bench.text(&[&START[..], &["--max-batch", "7", "--explain", field]].concat());
    assert_eq!(
        explain("maxBatch"),
        "maxBatch: 7, from the flag --max-batch (over 2 of conf.d/10.conf:3:1, 3 of agent.yaml:4:1)\n"
    );
    // Another name in the version that the file has.
    assert_eq!(
        explain("sources"),
        "sources: [\"in.log\"], from agent.yaml:3:1\n"
    );
    let print = |mode: &str| bench.text(&[&START[..3], &[mode]].concat());
    let minimal = format!("{AGENT}maxBatch: 3\nsources:\n- in.log\ntarget: out.json\n");
    assert_eq!(print("--print-config=minimal"), minimal);
    let effective = minimal.replace("kind:", "interval: 10s\nkind:");
    assert_eq!(print("--print-config"), effective);
}

#[test]
fn the_agent_ships() {
    let bench = agent();
    bench.text(&[&START[..], &["--once"]].concat());
    let out = fs::read_to_string(bench.0.path().join("out.json")).unwrap();
    let batches = ["a\",\"b", "c"]
        .map(|lines| format!("{{\"lines\":[\"{lines}\"],\"source\":\"in.log\"}}\n"));
    assert_eq!(out, batches.concat());
}

#[test]
fn the_agent_refuses_what_is_wrong_with_its_place() {
    let bench = agent();
    let wrong = format!("{AGENT}maxBatch: 0\nintervall: 1s\n");
    fs::write(bench.0.path().join("conf.d/10.conf"), wrong).unwrap();
    let errors = bench.refused(&START);
    for part in [
        "conf.d/10.conf:3:1: maxBatch: Invalid value: 0: must be greater than zero",
        "conf.d/10.conf:4:1: intervall: unknown field \"intervall\"",
    ] {
        assert!(errors.contains(part), "{part} is not in {errors}");
    }
}

#[test]
fn the_agent_reloads_and_keeps_what_it_has_when_the_new_is_wrong() {
    let bench = agent();
    let path = |name: &str| bench.0.path().join(name);
    let mut running = Command::new(env!("CARGO_BIN_EXE_component"))
        .current_dir(bench.0.path())
        .args(START)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    while !path("out.json").exists() {
        thread::sleep(Duration::from_millis(5));
    }
    let mut said = BufReader::new(running.stderr.take().unwrap()).lines();
    let mut change = |dropin: &str| {
        // As careful programs do: nobody reads half a file.
        fs::write(path("new"), dropin).unwrap();
        fs::rename(path("new"), path("conf.d/10.conf")).unwrap();
        said.next().unwrap().unwrap()
    };
    let wrong = change(&format!("{AGENT}interval: 1x\n"));
    assert!(wrong.contains("10.conf:3:"), "{wrong}");
    let mut said = change(&format!("{AGENT}maxBatch: 3\ninterval: 50ms\n"));
    while !said.starts_with("changed") {
        said = change(&format!("{AGENT}maxBatch: 3\ninterval: 50ms\n"));
    }
    running.kill().unwrap();
    running.wait().unwrap();
    assert_eq!(
        said,
        "changed: maxBatch: 3, from conf.d/10.conf:3:1 (over 3 of agent.yaml:4:1)"
    );
}

#[test]
fn defaults_and_schemas_are_printed() {
    let bench = Bench::new(&[]);
    let defaults = bench.text(&[
        "print",
        "init-defaults",
        "--component-configs",
        "KubeletConfiguration",
    ]);
    assert!(
        defaults.contains("kubernetesVersion: 1.36.0\n"),
        "{defaults}"
    );
    assert!(
        defaults.contains("kind: KubeletConfiguration\n"),
        "{defaults}"
    );
    let schema = bench.text(&[
        "schema",
        "kubelet.config.k8s.io/v1beta1/KubeletConfiguration",
    ]);
    assert!(schema.contains("\"maxPods\""), "{schema}");
}
