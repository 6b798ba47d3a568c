//! `minikube-like` as a person meets it: the program itself, started with arguments, in a directory of its own.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests are tests"
)]

mod support;

use std::fs;

use serde_json::Value;
use support::{Bench, CONFIG, snapshot, text, without_journal};

#[test]
fn up_bootstraps_and_a_second_up_changes_nothing() {
    let bench = Bench::new(CONFIG);
    let first = bench.run(&["up"]);
    assert!(first.status.success(), "{}", text(&first.stderr));
    let tree = snapshot(&bench.root());
    for path in [
        "etc/kubernetes/pki/ca.crt",
        "etc/kubernetes/pki/etcd/peer.key",
        "etc/kubernetes/admin.conf",
        "etc/kubernetes/manifests/kube-apiserver.yaml",
        "etc/kubernetes/manifests/etcd.yaml",
        "var/lib/kubelet/config.yaml",
    ] {
        assert!(
            tree.contains_key(path),
            "{path} is missing from {:?}",
            tree.keys()
        );
    }
    assert_eq!(tree["etc/kubernetes/pki/ca.key"].0, 0o600);
    assert_eq!(tree["etc/kubernetes/admin.conf"].0, 0o600);

    let second = bench.run(&["up"]);
    assert!(second.status.success(), "{}", text(&second.stderr));
    assert_eq!(
        without_journal(&tree),
        without_journal(&snapshot(&bench.root()))
    );
    assert!(
        text(&second.stdout).contains("nothing to do"),
        "{}",
        text(&second.stdout)
    );
}

#[test]
fn undo_takes_back_what_up_did_unless_somebody_changed_it() {
    let bench = Bench::new(CONFIG);
    let undo = |more: &[&str]| bench.program(&[&["undo", "--root", "root"], more].concat());
    assert!(bench.run(&["up"]).status.success());
    let out = undo(&["--dry-run"]).stdout;
    let out = text(&out);
    assert!(out.contains("- remove /etc/kubernetes/admin.conf"), "{out}");
    let manifest = bench.root().join("etc/kubernetes/manifests/etcd.yaml");
    let wanted = fs::read(&manifest).unwrap();
    fs::write(&manifest, "changed").unwrap();
    let refused = undo(&[]);
    assert!(!refused.status.success());
    let told = text(&refused.stderr);
    assert!(
        told.contains("/etc/kubernetes/manifests/etcd.yaml"),
        "{told}"
    );
    assert!(bench.root().join("etc/kubernetes/admin.conf").exists());
    fs::write(&manifest, wanted).unwrap();
    let undone = undo(&[]);
    assert!(undone.status.success(), "{}", text(&undone.stderr));
    for gone in ["admin.conf", "manifests", "pki"] {
        let gone = bench.root().join("etc/kubernetes").join(gone);
        assert!(!gone.exists(), "{}", gone.display());
    }
    assert!(bench.run(&["up"]).status.success());
}

#[test]
fn plan_shows_diffs_and_writes_nothing() {
    let bench = Bench::new(CONFIG);
    let plan = bench.run(&["plan"]);
    assert!(plan.status.success(), "{}", text(&plan.stderr));
    let out = text(&plan.stdout);
    assert!(out.contains("/etc/kubernetes/manifests/etcd.yaml"), "{out}");
    assert!(out.contains("+  name: kube-apiserver"), "{out}");
    assert!(!out.contains("PRIVATE KEY"), "a plan never shows a key");
    assert!(!bench.root().exists(), "a plan makes nothing");

    assert!(bench.run(&["up"]).status.success());
    let manifest = bench
        .root()
        .join("etc/kubernetes/manifests/kube-scheduler.yaml");
    let changed = fs::read_to_string(&manifest)
        .unwrap()
        .replace("leader-elect=true", "leader-elect=false");
    fs::write(&manifest, changed).unwrap();
    let plan = bench.run(&["plan"]);
    let out = text(&plan.stdout);
    assert!(out.contains("-    - --leader-elect=false"), "{out}");
    assert!(out.contains("+    - --leader-elect=true"), "{out}");
    assert!(
        !out.contains("etcd.yaml"),
        "what is as it should be is not shown: {out}"
    );
}

#[test]
fn json_output_is_one_event_a_line_and_holds_no_secret() {
    let bench = Bench::new(CONFIG);
    let up = bench.run(&["up", "--output", "json"]);
    assert!(up.status.success(), "{}", text(&up.stderr));
    let events: Vec<Value> = text(&up.stdout)
        .lines()
        .map(|line| serde_json::from_str(line).expect("every line is JSON"))
        .collect();
    assert!(events.len() > 20, "{} events", events.len());
    let seqs: Vec<u64> = events
        .iter()
        .filter_map(|event| event["seq"].as_u64())
        .collect();
    assert!(seqs.windows(2).all(|pair| pair[0] < pair[1]), "{seqs:?}");
    assert_eq!(events.first().unwrap()["type"], "runStarted");
    assert_eq!(events.last().unwrap()["type"], "runFinished");
    assert!(!text(&up.stdout).contains("PRIVATE KEY"));
}

#[test]
fn every_mistake_is_told_at_once_with_its_place_and_nothing_is_written() {
    let bench = Bench::new(
        "\
apiVersion: kubeadm.k8s.io/v1beta4
kind: InitConfiguration
localAPIEndpoint:
  advertiseAddres: 10.1.2.3
  bindPort: \"six\"
nodeRegistration:
  name: cp-1
  name: cp-2
---
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
kubernetesVersion: v1.36.1
networking:
  podSubnet: 10
",
    );
    let up = bench.run(&["up"]);
    assert_eq!(up.status.code(), Some(2), "{}", text(&up.stderr));
    let message = text(&up.stderr);
    for place in [
        "kubeadm.yaml:4:3", // unknown field
        "localAPIEndpoint.advertiseAddres",
        "kubeadm.yaml:5:13", // wrong type
        "localAPIEndpoint.bindPort",
        "kubeadm.yaml:8:3", // duplicate key
        "nodeRegistration.name",
        "kubeadm.yaml:14:14", // wrong type in the second document
        "networking.podSubnet",
    ] {
        assert!(message.contains(place), "{place} is not in:\n{message}");
    }
    assert!(!bench.root().exists(), "nothing is written");
}

#[test]
fn invalid_values_are_refused_together() {
    let bench = Bench::new(
        "\
apiVersion: kubeadm.k8s.io/v1beta4
kind: InitConfiguration
localAPIEndpoint:
  advertiseAddress: 10.1.2.3
  bindPort: 70000
bootstrapTokens:
- token: abcdef.0123456789abcdef
  usages: [signing, nonsense]
nodeRegistration:
  name: cp-1
---
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
kubernetesVersion: v1.36.1
networking:
  serviceSubnet: 10.96.0.0/40
",
    );
    let up = bench.run(&["up"]);
    assert_eq!(up.status.code(), Some(2), "{}", text(&up.stderr));
    let message = text(&up.stderr);
    for place in [
        "kubeadm.yaml:5:3",
        "localAPIEndpoint.bindPort",
        "networking.serviceSubnet",
        "kubeadm.yaml:16:3",
        "usages",
    ] {
        assert!(message.contains(place), "{place} is not in:\n{message}");
    }
    assert!(!bench.root().exists(), "nothing is written");
}

#[test]
fn bad_files_of_every_kind_end_with_exit_code_two() {
    let two_of_a_kind =
        format!("{CONFIG}---\napiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\n");
    let cases = [
        ("unknown version", CONFIG.replace("v1beta4", "v9"), "v9"),
        (
            "version too old",
            CONFIG.replace("v1.36.1", "v1.20.0"),
            "v1.20.0",
        ),
        (
            "no version",
            CONFIG.replace("v1.36.1", "nonsense"),
            "nonsense",
        ),
        ("two of a kind", two_of_a_kind, "ClusterConfiguration"),
        (
            "bad token",
            CONFIG.replace(
                "localAPIEndpoint:",
                "bootstrapTokens:\n- token: short\nlocalAPIEndpoint:",
            ),
            "bootstrap token",
        ),
        ("no YAML", "kind: [\n".to_owned(), "kubeadm.yaml:"),
    ];
    for (name, config, wanted) in cases {
        let bench = Bench::new(&config);
        let up = bench.run(&["up"]);
        let message = text(&up.stderr);
        assert_eq!(up.status.code(), Some(2), "{name}: {message}");
        assert!(
            message.contains(wanted),
            "{name}: {wanted} is not in:\n{message}"
        );
        assert!(!bench.root().exists(), "{name}: nothing is written");
    }
}

#[test]
fn phases_print_in_every_format() {
    let bench = Bench::new(CONFIG);
    let phases =
        |format: &str| text(&bench.program(&["phases", "--format", format]).stdout).clone();
    assert!(phases("text").contains("  /apiserver-kubelet-client"));
    assert!(phases("mermaid").starts_with("flowchart TD"));
    assert!(phases("dot").starts_with("digraph"));
    let json: Value = serde_json::from_str(&phases("json")).unwrap();
    assert!(json.to_string().contains("kubelet-start"));
}

#[test]
fn status_tells_what_was_done() {
    let bench = Bench::new(CONFIG);
    let none = bench.program(&["status", "--root", bench.root().to_str().unwrap()]);
    assert!(none.status.success());
    assert!(
        text(&none.stdout).contains("no run"),
        "{}",
        text(&none.stdout)
    );
    assert!(bench.run(&["up"]).status.success());
    let status = bench.program(&["status", "--root", bench.root().to_str().unwrap()]);
    let out = text(&status.stdout);
    assert!(
        out.contains("certs/ca") && out.contains("kubelet-start"),
        "{out}"
    );
    let status = bench.program(&[
        "status",
        "--output",
        "json",
        "--root",
        bench.root().to_str().unwrap(),
    ]);
    let json: Value = serde_json::from_str(&text(&status.stdout)).unwrap();
    assert!(json.is_object(), "{json}");
}

#[test]
fn one_phase_alone_and_all_but_one() {
    let bench = Bench::new(CONFIG);
    assert!(bench.run(&["up", "--only", "certs/ca"]).status.success());
    let tree = snapshot(&bench.root());
    assert!(tree.contains_key("etc/kubernetes/pki/ca.crt"));
    assert!(!tree.contains_key("etc/kubernetes/pki/apiserver.crt"));
    assert!(
        bench
            .run(&["up", "--skip", "kubelet-start"])
            .status
            .success()
    );
    assert!(!snapshot(&bench.root()).contains_key("var/lib/kubelet/config.yaml"));
    let unknown = bench.run(&["up", "--only", "certs/nonsense"]);
    assert_eq!(unknown.status.code(), Some(2), "{}", text(&unknown.stderr));
    assert!(text(&unknown.stderr).contains("certs/nonsense"));
}

fn node(bench: &Bench, arguments: &[&str]) -> std::process::Output {
    let mut all = vec!["join", "--cluster", "root"];
    all.extend(arguments);
    bench.program(&all)
}

#[test]
fn a_worker_and_control_planes_join_and_a_second_join_changes_nothing() {
    let bench = Bench::new(CONFIG);
    let none = node(&bench, &["--root", "w1", "--name", "w-1"]);
    assert_eq!(none.status.code(), Some(2), "{}", text(&none.stderr));
    assert!(text(&none.stderr).contains("there is no cluster"));
    let up = bench.run(&["up"]);
    assert!(up.status.success(), "{}", text(&up.stderr));
    let others = [
        &["--root", "w1", "--name", "w-1"][..],
        &[
            "--root",
            "cp2",
            "--name",
            "cp-2",
            "--control-plane",
            "--advertise-address",
            "10.1.2.4",
        ],
        &[
            "--root",
            "cp3",
            "--name",
            "cp-3",
            "--control-plane",
            "--advertise-address",
            "10.1.2.5",
        ],
    ];
    for arguments in others {
        let joined = node(&bench, arguments);
        assert!(joined.status.success(), "{}", text(&joined.stderr));
        let again = node(&bench, arguments);
        let out = text(&again.stdout);
        assert!(
            out.contains("nothing to do"),
            "{out}{}",
            text(&again.stderr)
        );
    }
    let root = |name: &str| snapshot(&bench.root().with_file_name(name));
    let (first, worker, third) = (root("root"), root("w1"), root("cp3"));
    let ca = "etc/kubernetes/pki/ca.crt";
    assert_eq!(worker[ca], first[ca]);
    assert!(!worker.contains_key("etc/kubernetes/bootstrap-kubelet.conf"));
    assert!(!worker.contains_key("etc/kubernetes/manifests/kube-apiserver.yaml"));
    for shared in ["ca.key", "sa.key", "front-proxy-ca.key", "etcd/ca.key"] {
        let path = format!("etc/kubernetes/pki/{shared}");
        assert_eq!(third[&path], first[&path], "{shared}");
    }
    let manifest = text(&third["etc/kubernetes/manifests/etcd.yaml"].1);
    let members = "--initial-cluster=cp-1=https://10.1.2.3:2380,cp-2=https://10.1.2.4:2380,cp-3=https://10.1.2.5:2380";
    assert!(manifest.contains(members), "{manifest}");
    // Others joining is no drift of the first one.
    let plan = text(&bench.run(&["plan"]).stdout);
    assert!(plan.contains("nothing to do"), "{plan}");
}

#[test]
fn a_join_that_is_killed_goes_on() {
    for step in [0, 7, 30, 60, 90, 110] {
        let bench = Bench::new(CONFIG);
        assert!(bench.run(&["up"]).status.success());
        let step = step.to_string();
        let arguments = [
            "--root",
            "cp2",
            "--name",
            "cp-2",
            "--control-plane",
            "--advertise-address",
            "10.1.2.4",
        ];
        let killed = node(&bench, &[&arguments[..], &["--crash-at", &step]].concat());
        assert!(!killed.status.success(), "step {step}");
        let joined = node(&bench, &arguments);
        assert!(
            joined.status.success(),
            "step {step}: {}",
            text(&joined.stderr)
        );
        let again = text(&node(&bench, &arguments).stdout);
        assert!(again.contains("nothing to do"), "step {step}: {again}");
    }
}

#[test]
fn kubectl_sees_the_cluster_with_the_certificates_that_were_made() {
    let there = std::process::Command::new("kubectl")
        .args(["version", "--client"])
        .output();
    if there.is_err() {
        return;
    }
    let bench = Bench::new(CONFIG);
    assert!(bench.run(&["up"]).status.success());
    assert!(
        node(&bench, &["--root", "w1", "--name", "w-1"])
            .status
            .success()
    );
    let kubectl = |arguments: &[&str]| {
        let mut all = vec!["kubectl", "--root", "root"];
        all.extend(arguments);
        let out = bench.program(&all);
        assert!(out.status.success(), "{}", text(&out.stderr));
        text(&out.stdout)
    };
    let nodes = kubectl(&["get", "nodes"]);
    assert!(nodes.contains("cp-1") && nodes.contains("w-1"), "{nodes}");
    let config = kubectl(&[
        "get",
        "configmap",
        "-n",
        "kube-system",
        "kubeadm-config",
        "-o",
        "yaml",
    ]);
    assert!(config.contains("kubernetesVersion: v1.36.1"), "{config}");
    let addons = kubectl(&[
        "get",
        "deployments,daemonsets",
        "-n",
        "kube-system",
        "-o",
        "name",
    ]);
    assert_eq!(
        addons,
        "deployment.apps/coredns\ndaemonset.apps/kube-proxy\n"
    );
    let roles = kubectl(&["get", "clusterrolebindings", "-o", "name"]);
    assert!(
        roles.contains("kubeadm:node-autoapprove-bootstrap"),
        "{roles}"
    );
    let secrets = kubectl(&["get", "secrets", "-n", "kube-system", "-o", "name"]);
    assert!(secrets.contains("kubeadm-certs"), "{secrets}");
}

#[test]
fn a_directory_that_somebody_uses_is_waited_for_or_refused_by_name() {
    let bench = Bench::new(CONFIG);
    assert!(bench.run(&["up"]).status.success());
    let path = bench.root().join("var/lib/bootstrap-phases/journal.jsonl");
    let held = bootstrap_phases::FileJournal::open(&path).unwrap();
    let refused = bench.run(&["up"]);
    let who = format!("process {}", std::process::id());
    assert_eq!(refused.status.code(), Some(1));
    assert!(
        text(&refused.stderr).contains(&who),
        "{}",
        text(&refused.stderr)
    );
    let mut held = Some(held);
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| bench.run(&["up", "--wait", "600"]));
        std::thread::sleep(std::time::Duration::from_millis(500));
        held = None;
        let waited = waiting.join().unwrap();
        assert!(waited.status.success(), "{}", text(&waited.stderr));
    });
}
