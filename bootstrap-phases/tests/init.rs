//! The workflow `init` as a whole: on every recorded configuration, and on a disk.
#![cfg(feature = "kubeadm")]
#![allow(clippy::unwrap_used, reason = "helpers of tests, beside the tests")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    sync::Arc,
};

use bootstrap_phases::{
    Compat, Files, Flow, ManualClock, MemFiles, Owner, RunError, Runner, Selection,
    kubeadm::{self, HostFacts, InitContext, pki::FixedKeys},
};
use componentconfig::kubeadm::{Facts, HostAddress};

const BOTH: [Compat; 2] = [Compat::Fixed, Compat::Upstream];
const MINIMAL: &str = "
apiVersion: kubeadm.k8s.io/v1beta4
kind: InitConfiguration
localAPIEndpoint: {advertiseAddress: 10.1.2.3}
nodeRegistration: {name: cp-1}
patches: {directory: /patches}
---
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
kubernetesVersion: v1.36.1
";

fn context(text: &str, compat: Compat) -> Option<InitContext> {
    let facts = Facts {
        hostname: Some("host".to_owned()),
        address: HostAddress::found("192.0.2.10".parse().unwrap()),
        cri_sockets: Some(Vec::new()),
        ..Facts::default()
    };
    let host = HostFacts {
        hostname: "host".to_owned(),
        ..HostFacts::default()
    };
    let keys = Arc::new(FixedKeys::seeded("init"));
    let mut context = kubeadm::init_context("init.yaml", text, &facts, host, keys).ok()?;
    "ECDSA-P256".clone_into(&mut context.cluster.encryption_algorithm);
    context.cluster.feature_gates.remove("PublicKeysECDSA");
    Some(context.compat(compat))
}

fn flow() -> Flow<InitContext> {
    kubeadm::init_workflow().build().unwrap()
}

/// A tree with what the recorded configurations expect of a host.
fn tree() -> MemFiles {
    let files = MemFiles::new();
    for folder in ["/etc", "/tmp/patches", "/patches", "/var/lib"] {
        files.create_dir_all(folder, 0o755).unwrap();
    }
    let put = |path: &str, text: &str| files.create_file(path, text.as_bytes(), 0o644).unwrap();
    put("/etc/passwd", "root:x:0:0:root:/root:/bin/sh\n");
    put("/etc/group", "root:x:0:\n");
    files
}

fn walk(files: &dyn Files, folder: &str, out: &mut BTreeMap<String, (u32, Vec<u8>)>) {
    for name in files.list(folder).unwrap() {
        let path = format!("{}/{name}", folder.trim_end_matches('/'));
        let stat = files.link_stat(&path).unwrap().unwrap();
        if stat.is_dir() {
            out.insert(path.clone(), (stat.mode, Vec::new()));
            walk(files, &path, out);
        } else {
            out.insert(path.clone(), (stat.mode, files.read(&path).unwrap()));
        }
    }
}

fn contents(files: &dyn Files) -> BTreeMap<String, (u32, Vec<u8>)> {
    let mut out = BTreeMap::new();
    walk(files, "/", &mut out);
    out
}

/// The phases that need no keys: those that make them have laws of their own.
fn without_keys() -> Selection {
    Selection::only(["etcd", "control-plane", "kubelet-start"])
}

/// The different configurations among the recorded cases.
fn recorded() -> BTreeSet<String> {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance/cases");
    let folders = fs::read_dir(cases).unwrap();
    folders
        .filter_map(|case| fs::read_to_string(case.unwrap().path().join("input.yaml")).ok())
        .collect()
}

#[test]
fn a_second_run_of_every_recorded_configuration_has_nothing_to_do() {
    let clock = ManualClock::at(1_795_235_010);
    let flow = flow();
    let mut runs = 0;
    for text in recorded() {
        for compat in BOTH {
            let Some(context) = context(&text, compat) else {
                continue;
            };
            let files = tree();
            let runner = Runner::new(&flow, &files).clock(&clock);
            // Components that are not root are handed their keys.
            let selection = if text.contains("RootlessControlPlane: true") {
                Selection::all()
            } else {
                without_keys()
            };
            let runner = runner.select(selection);
            assert!(runner.run(&context).unwrap().changes() > 0);
            let again = runner.plan(&context).unwrap();
            assert!(again.is_empty(), "{text}\n{again}");
            runs += 1;
        }
    }
    assert!(runs > 100, "only {runs} runs");
}

#[test]
fn a_disk_holds_what_memory_holds() {
    let context = context(MINIMAL, Compat::Fixed).unwrap();
    let clock = ManualClock::at(1_795_235_010);
    let flow = flow();
    let memory = MemFiles::new();
    let folder = tempfile::tempdir().unwrap();
    let disk = bootstrap_phases::StdFiles::new(folder.path());
    for files in [&memory as &dyn Files, &disk] {
        for path in ["/patches", "/etc"] {
            files.create_dir(path, 0o755).unwrap();
        }
        let runner = Runner::new(&flow, files).clock(&clock);
        runner.select(without_keys()).run(&context).unwrap();
    }
    let kept = contents(&memory);
    assert_eq!(contents(&disk), kept);
    assert!(kept.contains_key("/var/lib/kubelet/config.yaml"));
    assert_eq!(kept.get("/var/lib/etcd").unwrap().0, 0o700);
    assert_eq!(
        kept.get("/etc/kubernetes/manifests/etcd.yaml").unwrap().0,
        0o600
    );
}

#[test]
fn patches_that_make_no_pod_are_refused() {
    let clock = ManualClock::at(1_795_235_010);
    let flow = flow();
    let refused = |name: &str, patch: &str, compat| {
        let context = context(MINIMAL, compat).unwrap();
        let files = tree();
        let path = format!("/patches/{name}");
        files.create_file(&path, patch.as_bytes(), 0o644).unwrap();
        let runner = Runner::new(&flow, &files).clock(&clock);
        let selection = Selection::only(["control-plane/scheduler"]);
        match runner.select(selection).run(&context) {
            Ok(_) => String::new(),
            Err(failure) => match failure.error {
                RunError::Phase { error, .. } => error.code.into_owned(),
                other => other.to_string(),
            },
        }
    };
    let service = ("kube-scheduler+merge.yaml", "kind: Service");
    assert_eq!(
        refused(service.0, service.1, Compat::Fixed),
        "patches.not-a-pod"
    );
    assert_eq!(refused(service.0, service.1, Compat::Upstream), "");
    for compat in BOTH {
        let unknown = refused("kube-scheduler+merge.yaml", "kind: Nothing", compat);
        assert_eq!(unknown, "patches.not-a-pod");
        let invalid = refused("kube-scheduler.yaml", "spec: {hostNetwork: 1}", compat);
        assert_eq!(invalid, "patches.invalid-pod");
        let unfit = refused(
            "kube-scheduler+json.json",
            "[{\"op\": \"remove\", \"path\": \"/no\"}]",
            compat,
        );
        assert_eq!(unfit, "patches.unusable");
    }
}

#[test]
fn a_manifest_that_others_could_read_is_closed() {
    let context = context(MINIMAL, Compat::Fixed).unwrap();
    let clock = ManualClock::at(1_795_235_010);
    let flow = flow();
    let files = tree();
    let path = "/etc/kubernetes/manifests/kube-scheduler.yaml";
    files
        .create_dir_all("/etc/kubernetes/manifests", 0o755)
        .unwrap();
    files.create_file(path, b"mine\n", 0o644).unwrap();
    let selection = Selection::only(["control-plane/scheduler"]);
    let runner = Runner::new(&flow, &files).clock(&clock);
    runner.select(selection).run(&context).unwrap();
    assert_eq!(files.stat(path).unwrap().unwrap().mode, 0o600);
}

#[test]
fn data_of_etcd_change_hands_with_their_folder() {
    let text = MINIMAL.replace(
        "kubernetesVersion",
        "featureGates: {RootlessControlPlane: true}\nkubernetesVersion",
    );
    let context = context(&text, Compat::Fixed).unwrap();
    let clock = ManualClock::at(1_795_235_010);
    let flow = flow();
    let files = tree();
    files.create_dir_all("/var/lib/etcd/member", 0o700).unwrap();
    files
        .create_file("/var/lib/etcd/member/wal", b"x", 0o600)
        .unwrap();
    let runner = Runner::new(&flow, &files).clock(&clock);
    runner.run(&context).unwrap();
    let owner = files
        .stat("/var/lib/etcd/member/wal")
        .unwrap()
        .unwrap()
        .owner;
    assert_eq!(owner, Owner { uid: 100, gid: 100 });
    assert!(runner.plan(&context).unwrap().is_empty());
}
