//! What machines are told on their first boot.
#![allow(
    clippy::indexing_slicing,
    clippy::needless_pass_by_value,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test"
)]

use componentconfig::{secret::Secret, yaml};
use machine_api::{
    Compat,
    bootstrap::v1beta2::KubeadmConfig,
    bootstrap_data::{
        BootstrapData, BootstrapError, Certificates, Decision, Input, KeyPair, Observed, Role,
        Wait, decide, render,
    },
    core::v1beta2::{Cluster, Machine},
    labels,
};
use proptest::prelude::*;
use serde_json::{Value, json};

fn read<T: serde::de::DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).unwrap()
}

fn cluster() -> Cluster {
    read(
        json!({"metadata": {"name": "prod", "namespace": "default"}, "spec": {
        "controlPlaneEndpoint": {"host": "10.0.0.1", "port": 6443},
        "clusterNetwork": {"pods": {"cidrBlocks": ["10.1.0.0/16", "fd00::/64"]}, "services": {"cidrBlocks": ["10.2.0.0/16"]}, "serviceDomain": "cluster.local"}}}),
    )
}

fn certificates() -> Certificates {
    let pair = |name: &str| {
        Some(KeyPair {
            certificate: format!("CERT {name}\n"),
            key: Secret::from(format!("KEY {name}\n").as_str()),
        })
    };
    Certificates {
        cluster_ca: pair("ca"),
        etcd_ca: pair("etcd"),
        front_proxy_ca: pair("front"),
        service_account: pair("sa"),
        api_server_etcd_client: pair("client"),
    }
}

const TOKEN: &str = "abcdef.0123456789abcdef";

fn made(
    spec: Value,
    role: Role,
    version: &str,
    compat: Compat,
    hashes: &[String],
) -> Result<BootstrapData, BootstrapError> {
    let config: KubeadmConfig = read(json!({ "spec": spec }));
    let machine: Machine = read(json!({"metadata": {"name": "m"}, "spec": {"version": version}}));
    let secrets =
        |name: &str, key: &str| (name == "s" && key == "k").then(|| Secret::from("hidden"));
    render(&Input {
        cluster: &cluster(),
        machine: &machine,
        config: &config,
        role,
        certificates: &certificates(),
        ca_cert_hashes: hashes,
        control_plane_version: Some("1.36"),
        secrets: &secrets,
        compat,
    })
}

fn fixed(spec: Value, role: Role, version: &str) -> BootstrapData {
    let hashes = ["sha256:12".to_owned()];
    made(spec, role, version, Compat::Fixed, &hashes).unwrap()
}

/// The document below the header of cloud-init.
fn cloud_config(data: &BootstrapData) -> Value {
    let text = data.value.expose();
    let rest = text.strip_prefix("## template: jinja\n#cloud-config\n");
    yaml::read(rest.unwrap()).unwrap()
}

fn content(config: &Value, path: &str) -> String {
    let mut files = config["write_files"].as_array().unwrap().iter();
    let file = files.find(|file| file["path"] == *path);
    file.unwrap_or_else(|| panic!("no {path} in {config}"))["content"]
        .as_str()
        .unwrap()
        .to_owned()
}

fn joining() -> Value {
    json!({"joinConfiguration": {"discovery": {"bootstrapToken": {"token": TOKEN}}}})
}

fn with(mut spec: Value, name: &str, value: Value) -> Value {
    spec[name] = value;
    spec
}

#[test]
fn the_first_machine_makes_the_cluster() {
    let spec = json!({
        "clusterConfiguration": {"apiServer": {"extraArgs": [{"name": "v", "value": "1"}]}, "certificateValidityPeriodDays": 10},
        "initConfiguration": {"nodeRegistration": {"name": "{{ ds.meta_data.hostname }}"}, "timeouts": {"controlPlaneComponentHealthCheckSeconds": 90}},
        "preKubeadmCommands": ["echo \"a: b\""], "postKubeadmCommands": ["echo c"], "bootCommands": ["true"], "verbosity": 5,
        "files": [{"path": "/a", "content": "x", "append": true, "permissions": "0600", "owner": "a:b"},
            {"path": "/b", "contentFrom": {"secret": {"name": "s", "key": "k"}}},
            {"path": "/c", "contentFormat": "Template", "content": "{{ .controlPlane.version }}"}],
        "users": [{"name": "u", "groups": "a, b", "passwdFrom": {"secret": {"name": "s", "key": "k"}}, "lockPassword": false, "sshAuthorizedKeys": ["k1"]}],
        "ntp": {"enabled": true, "servers": ["n1"]}, "mounts": [["LABEL=x", "/x"]],
        "diskSetup": {"partitions": [{"device": "/dev/a", "layout": true, "tableType": "gpt"},
            {"device": "/dev/b", "diskLayout": [{"percentage": 40, "partitionType": "LVM"}, {"percentage": 60}]}],
            "filesystems": [{"device": "/dev/a", "filesystem": "ext4", "label": "x", "extraOpts": ["-F"]}]}});
    let data = fixed(spec, Role::Init, "v1.36.0");
    let config = cloud_config(&data);
    assert_eq!(
        config["runcmd"],
        json!([
            "echo \"a: b\"",
            "kubeadm init --config /run/kubeadm/kubeadm.yaml --v 5 && echo success > /run/cluster-api/bootstrap-success.complete",
            "echo c"
        ])
    );
    assert_eq!(config["bootcmd"], json!(["true"]));
    assert_eq!(config["ntp"], json!({"enabled": true, "servers": ["n1"]}));
    assert_eq!(config["mounts"], json!([["LABEL=x", "/x"]]));
    assert_eq!(config["users"][0]["passwd"], "hidden");
    assert_eq!(config["users"][0]["lock_passwd"], false);
    assert_eq!(
        config["disk_setup"]["/dev/b"]["layout"],
        json!([[40, "8e"], 60])
    );
    assert_eq!(config["fs_setup"][0]["extra_opts"], json!(["-F"]));
    assert_eq!(
        config["write_files"][0],
        json!({"path": "/etc/kubernetes/pki/ca.crt", "owner": "root:root", "permissions": "0640", "content": "CERT ca\n"})
    );
    assert_eq!(
        content(&config, "/etc/kubernetes/pki/etcd/ca.key"),
        "KEY etcd\n"
    );
    assert_eq!(content(&config, "/b"), "hidden");
    assert_eq!(content(&config, "/c"), "v1.36.0");
    let documents = yaml::read_all(
        "kubeadm.yaml",
        &content(&config, "/run/kubeadm/kubeadm.yaml"),
    )
    .unwrap();
    let [cluster, init] = &*documents else {
        panic!("{documents:?}")
    };
    assert_eq!(cluster["apiVersion"], "kubeadm.k8s.io/v1beta4");
    assert_eq!(cluster["controlPlaneEndpoint"], "10.0.0.1:6443");
    assert_eq!(
        cluster["networking"],
        json!({"dnsDomain": "cluster.local", "podSubnet": "10.1.0.0/16,fd00::/64", "serviceSubnet": "10.2.0.0/16"})
    );
    assert_eq!(cluster["certificateValidityPeriod"], "240h0m0s");
    assert_eq!(init["kind"], "InitConfiguration");
    assert_eq!(
        init["timeouts"]["controlPlaneComponentHealthCheck"],
        "1m30s"
    );
    assert_eq!(
        init["nodeRegistration"]["name"],
        "{{ ds.meta_data.hostname }}"
    );
    // Nothing of it can be read where data is shown.
    assert!(!format!("{data:?}").contains("hidden"));
}

#[test]
fn an_older_kubeadm_is_told_in_its_own_version() {
    let spec = json!({
        "clusterConfiguration": {"apiServer": {"extraArgs": [{"name": "v", "value": "1"}], "extraEnvs": [{"name": "A", "value": "b"}]}},
        "initConfiguration": {"timeouts": {"controlPlaneComponentHealthCheckSeconds": 90}}});
    let data = fixed(spec, Role::Init, "v1.30.1");
    let config = cloud_config(&data);
    let text = content(&config, "/run/kubeadm/kubeadm.yaml");
    let documents = yaml::read_all("kubeadm.yaml", &text).unwrap();
    assert_eq!(documents[0]["apiVersion"], "kubeadm.k8s.io/v1beta3");
    assert_eq!(documents[0]["apiServer"]["extraArgs"], json!({"v": "1"}));
    assert_eq!(documents[0]["apiServer"]["timeoutForControlPlane"], "1m30s");
    assert!(!data.lost.is_empty());
    let error = made(json!({}), Role::Init, "v1.21.0", Compat::Fixed, &[]).unwrap_err();
    assert!(
        error.to_string().contains("v1.22.0 is the first"),
        "{error}"
    );
}

#[test]
fn a_worker_joins_with_a_taint_and_without_keys() {
    let data = fixed(joining(), Role::JoinWorker, "v1.36.0");
    let config = cloud_config(&data);
    let files = config["write_files"].as_array().unwrap();
    assert_eq!(files.len(), 2);
    let text = content(&config, "/run/kubeadm/kubeadm-join-config.yaml");
    let join = yaml::read_all("join.yaml", &text).unwrap().remove(0);
    assert_eq!(
        join["nodeRegistration"]["taints"],
        json!([{"key": "node.cluster.x-k8s.io/uninitialized", "effect": "NoSchedule"}])
    );
    assert_eq!(
        join["discovery"]["bootstrapToken"],
        json!({"token": TOKEN, "apiServerEndpoint": "10.0.0.1:6443", "caCertHashes": ["sha256:12"]})
    );
    let spec = json!({"joinConfiguration": {"controlPlane": {}, "discovery": {"bootstrapToken": {"token": TOKEN}}}});
    let error = made(spec, Role::JoinWorker, "v1.36.0", Compat::Upstream, &[]);
    assert_eq!(error, Err(BootstrapError::WorkerAsControlPlane));
}

#[test]
fn a_machine_of_the_control_plane_joins_with_keys() {
    let spec = with(
        joining(),
        "clusterConfiguration",
        json!({
        "certificatesDir": "/pki", "etcd": {"external": {"endpoints": ["https://e"], "caFile": "/e/ca", "certFile": "/e/crt", "keyFile": "/e/key"}}}),
    );
    let data = fixed(spec, Role::JoinControlPlane, "v1.36.0");
    let config = cloud_config(&data);
    assert_eq!(content(&config, "/pki/sa.key"), "KEY sa\n");
    assert_eq!(content(&config, "/e/ca"), "CERT etcd\n");
    assert_eq!(content(&config, "/e/key"), "KEY client\n");
    let text = content(&config, "/run/kubeadm/kubeadm-join-config.yaml");
    let join = yaml::read_all("join.yaml", &text).unwrap().remove(0);
    assert!(join["controlPlane"].is_object(), "{join}");
}

#[test]
fn nobody_is_trusted_unseen_or_as_upstream_whoever_answers() {
    let fixed = made(joining(), Role::JoinWorker, "v1.36.0", Compat::Fixed, &[]);
    assert_eq!(fixed, Err(BootstrapError::Unverified));
    let data = made(
        joining(),
        Role::JoinWorker,
        "v1.36.0",
        Compat::Upstream,
        &[],
    )
    .unwrap();
    assert!(
        data.value
            .expose()
            .contains("unsafeSkipCAVerification: true")
    );
    let without = json!({"joinConfiguration": {}});
    let error = made(without, Role::JoinWorker, "v1.36.0", Compat::Upstream, &[]);
    assert_eq!(error, Err(BootstrapError::NoToken));
}

#[test]
fn a_kubeconfig_is_written_for_discovery() {
    let spec = json!({"joinConfiguration": {"discovery": {"file": {"kubeConfigPath": "/k", "kubeConfig": {
        "cluster": {"server": "https://s", "insecureSkipTLSVerify": true}, "user": {"exec": {"command": "c"}}}}}}});
    let data = fixed(spec, Role::JoinWorker, "v1.36.0");
    let config = cloud_config(&data);
    let kubeconfig = yaml::read(&content(&config, "/k")).unwrap();
    assert_eq!(
        kubeconfig["clusters"][0]["cluster"],
        json!({"server": "https://s", "insecure-skip-tls-verify": true})
    );
    assert_eq!(
        kubeconfig["users"][0]["user"]["exec"]["interactiveMode"],
        "Never"
    );
    let text = content(&config, "/run/kubeadm/kubeadm-join-config.yaml");
    assert!(!text.contains("kubeConfig:"), "{text}");
}

#[test]
fn a_missing_secret_is_named() {
    let spec = with(
        joining(),
        "files",
        json!([{"path": "/a", "contentFrom": {"secret": {"name": "x", "key": "k"}}}]),
    );
    let error = made(spec, Role::JoinWorker, "v1.36.0", Compat::Upstream, &[]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "spec.files[/a].contentFrom.secret: there is no Secret \"x\" with the key \"k\""
    );
}

/// What a URL of Ignition holds.
fn decoded(config: &Value, path: &str) -> String {
    let mut files = config["storage"]["files"].as_array().unwrap().iter();
    let file = files.find(|file| file["path"] == *path).unwrap();
    let url = file["contents"]["source"].as_str().unwrap();
    let mut bytes = Vec::new();
    let mut rest = url.strip_prefix("data:,").unwrap().bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let hex = [rest.next().unwrap(), rest.next().unwrap()];
            bytes.push(u8::from_str_radix(std::str::from_utf8(&hex).unwrap(), 16).unwrap());
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).unwrap()
}

#[test]
fn ignition_runs_kubeadm_by_a_unit() {
    let spec = json!({
        "format": "ignition", "joinConfiguration": joining()["joinConfiguration"], "preKubeadmCommands": ["echo a"],
        "files": [{"path": "/a", "content": "aGk=", "encoding": "base64", "permissions": "0644", "owner": "u:g"}],
        "users": [{"name": "core", "sudo": "ALL=(ALL) NOPASSWD:ALL", "groups": "a, b", "lockPassword": false}],
        "ntp": {"enabled": true, "servers": ["n1"]},
        "diskSetup": {"filesystems": [{"device": "/dev/a", "filesystem": "ext4", "label": "data", "overwrite": true}]},
        "mounts": [["data", "/var/lib/x", "defaults"]],
        "ignition": {"containerLinuxConfig": {"strict": true, "additionalConfig":
            "systemd:\n  units:\n  - name: kubeadm.service\n    dropins:\n    - name: 10.conf\n      contents: x\nstorage:\n  files:\n  - path: /z\n    mode: 0600\n    contents:\n      inline: hi\n"}}});
    let data = fixed(spec, Role::JoinWorker, "v1.36.0");
    let config: Value = serde_json::from_str(data.value.expose()).unwrap();
    assert_eq!(config["ignition"]["version"], "2.3.0");
    let script = decoded(&config, "/etc/kubeadm.sh");
    assert!(
        script
            .starts_with("#!/bin/bash\nset -e\necho a\n\nkubeadm join --config /etc/kubeadm.yml\n"),
        "{script}"
    );
    assert!(decoded(&config, "/etc/kubeadm.yml").contains("JoinConfiguration"));
    assert_eq!(decoded(&config, "/a"), "hi");
    assert_eq!(
        decoded(&config, "/etc/sudoers.d/core"),
        "core ALL=(ALL) NOPASSWD:ALL\n"
    );
    assert!(decoded(&config, "/etc/ssh/sshd_config").contains("Match User core"));
    let mut files = config["storage"]["files"].as_array().unwrap().iter();
    let file = files.find(|file| file["path"] == "/a").unwrap();
    assert_eq!(
        (&file["mode"], &file["user"], &file["group"]),
        (&json!(0o644), &json!({"name": "u"}), &json!({"name": "g"}))
    );
    assert_eq!(decoded(&config, "/z"), "hi");
    let units = config["systemd"]["units"].as_array().unwrap();
    let names: Vec<&str> = units
        .iter()
        .map(|unit| unit["name"].as_str().unwrap())
        .collect();
    assert_eq!(
        names,
        [
            "kubeadm.service",
            "ntpd.service",
            "var-lib-x.mount",
            "kubeadm.service"
        ]
    );
    assert_eq!(config["passwd"]["users"][0]["groups"], json!(["a", "b"]));
    assert_eq!(
        config["storage"]["filesystems"][0]["mount"]["wipeFilesystem"],
        true
    );
}

#[test]
fn what_ignition_cannot_say_is_refused() {
    let ignition = with(joining(), "format", json!("ignition"));
    for (name, value, place) in [
        (
            "files",
            json!([{"path": "/a", "encoding": "gzip", "content": "x"}]),
            "spec.files[/a].encoding",
        ),
        (
            "files",
            json!([{"path": "/a", "permissions": "rw", "content": "x"}]),
            "spec.files[/a].permissions",
        ),
        ("mounts", json!([["x", "/x"]]), "spec.mounts[0]"),
        (
            "ignition",
            json!({"containerLinuxConfig": {"strict": true, "additionalConfig": "storage:\n  nope: 1\n"}}),
            "additionalConfig: storage.nope",
        ),
        (
            "ignition",
            json!({"containerLinuxConfig": {"additionalConfig": "etcd: {}\n"}}),
            "additionalConfig: etcd",
        ),
    ] {
        let spec = with(ignition.clone(), name, value);
        let error = made(spec, Role::JoinWorker, "v1.36.0", Compat::Upstream, &[]).unwrap_err();
        assert!(error.to_string().contains(place), "{error}");
    }
}

#[test]
fn who_waits_is_told_for_what() {
    let config: KubeadmConfig = read(json!({}));
    let worker: Machine = read(json!({"metadata": {"name": "w"}}));
    let leader: Machine =
        read(json!({"metadata": {"name": "l", "labels": {labels::CONTROL_PLANE: ""}}}));
    let mut cluster = cluster();
    let decided = |cluster: &Cluster, machine: &Machine, init_lock| {
        decide(&Observed {
            cluster,
            machine,
            config: &config,
            init_lock,
        })
    };
    assert_eq!(
        decided(&cluster, &worker, None),
        Decision::Wait(Wait::Infrastructure)
    );
    cluster.status.initialization.infrastructure_provisioned = Some(true);
    assert_eq!(
        decided(&cluster, &worker, None),
        Decision::Wait(Wait::ControlPlane)
    );
    assert_eq!(
        decided(&cluster, &leader, None),
        Decision::Render(Role::Init)
    );
    assert_eq!(
        decided(&cluster, &leader, Some("l")),
        Decision::Render(Role::Init)
    );
    let other = decided(&cluster, &leader, Some("x"));
    let why = &other.explain(&leader)[0];
    assert_eq!(why.reason, "WaitingForInitLock");
    assert_eq!(
        why.evidence,
        "there is no bootstrap data yet: Machine x makes the cluster; others join once it did"
    );
    cluster.status.conditions = read(
        json!([{"type": "ControlPlaneInitialized", "status": "True", "lastTransitionTime": null}]),
    );
    assert_eq!(
        decided(&cluster, &worker, None),
        Decision::Render(Role::JoinWorker)
    );
    assert_eq!(
        decided(&cluster, &leader, None),
        Decision::Render(Role::JoinControlPlane)
    );
    cluster.spec.control_plane_endpoint.host.clear();
    assert_eq!(
        decided(&cluster, &worker, None),
        Decision::Wait(Wait::Endpoint)
    );
}

proptest! {
    /// Whatever a field contains, it stays in its place.
    #[test]
    fn no_content_breaks_out(
        text in "[ -~\n\t:#'\"\\\\{}%é]{0,40}",
        command in "[ -~:#'\"\\\\{}%]{1,30}",
        name in "[a-z:#\\-]{1,8}",
    ) {
        let spec = with(with(with(joining(), "files", json!([{"path": "/f", "content": text}])), "preKubeadmCommands", json!([command])), "users", json!([{"name": name, "gecos": command}]));
        let data = fixed(spec.clone(), Role::JoinWorker, "v1.36.0");
        let config = cloud_config(&data);
        prop_assert_eq!(content(&config, "/f"), text.clone());
        prop_assert_eq!(&config["runcmd"][0], &json!(command));
        prop_assert_eq!(&config["users"][0], &json!({"name": name, "gecos": command}));
        prop_assert_eq!(config["runcmd"].as_array().unwrap().len(), 2);
        let data = fixed(with(spec, "format", json!("ignition")), Role::JoinWorker, "v1.36.0");
        let config: Value = serde_json::from_str(data.value.expose()).unwrap();
        prop_assert_eq!(decoded(&config, "/f"), text);
    }
}
