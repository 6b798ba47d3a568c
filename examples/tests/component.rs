//! `component` as a person meets it: the program itself, started with arguments.
#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

use std::{
    fs,
    process::{Command, Output},
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

#[test]
fn the_agent_lives() {
    let told = Bench::new(&[]).text(&["agent"]);
    for part in [
        "apiVersion: agent.example.org/v1\nbindPort: 9000\n",
        "bindPort: 9100, from the flag --bind-port (over 9000 of agent.yaml:2:1)",
        "interval: \"1m30s\", from 10-targets.yaml:4:1",
        "lost: AgentConfiguration interval",
        "wrong.yaml:3:1: bindPort: Invalid value: 70000: must be between 1 and 65535",
        "wrong.yaml:4:1: targts: unknown field \"targts\"",
        "unchanged\nchanged: interval\nrefused",
        "bindPort: Some(Number(8080))",
    ] {
        assert!(told.contains(part), "{part} is not in {told}");
    }
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
