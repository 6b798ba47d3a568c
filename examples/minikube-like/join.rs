//! `join`: another node finds the cluster by its token, trusts it by its pin, and becomes part of it.

use std::{fs, path::Path, sync::Arc};

use bootstrap_phases::{
    Digest, Selection, StdFiles,
    kubeadm::{
        HostFacts,
        api::PORT,
        join::{ETCD_PORT, EtcdPort, join_context, join_workflow},
        kubeconfig::Kubeconfig,
        pki::{Certificate, SystemKeys},
    },
};
use componentconfig::yaml;
use serde_json::{Value, json};

use crate::{
    cli::{Join, Output},
    cluster::{self, own_path},
    etcd::ListedEtcd,
    failure::Failure,
    host, input,
    reach::Reach,
    run::{Run, processors},
    secrets::JoinSecrets,
    stand_in::{self, Node, StandIns},
    up,
};

pub(crate) fn join(arguments: &Join) -> Result<(), Failure> {
    let (first, root) = (arguments.cluster.as_path(), arguments.root.as_path());
    if !cluster::journal_path(first).exists() {
        let text = format!("{}: there is no cluster; `up` makes one", first.display());
        return Err(Failure::Input(text));
    }
    // Both are ours for the while: the cluster's objects are in files below its root.
    let _cluster = cluster::take(first, arguments.manner.wait)?;
    let text = configuration(arguments)?;
    let journal = cluster::take(root, arguments.manner.wait)?;
    let server = cluster::server(first)?;
    let host = HostFacts {
        hostname: host::hostname().unwrap_or_default(),
        addresses: Vec::new(),
        environment: host::environment(),
    };
    let reach = Arc::new(Reach::new(server.clone()));
    let keys = Arc::new(SystemKeys);
    let mut context = join_context("join", &text, &input::facts(), host, keys, reach)
        .map_err(|report| Failure::Input(report.to_string()))?;
    let members = own_path(first, "etcd.json");
    let etcd = ListedEtcd::open(members, &arguments.name, &StdFiles::new(first));
    let etcd = Arc::new(etcd.map_err(Failure::run)?);
    context.etcd = Some(etcd.clone());
    let context = context.with_keys_ahead(processors());
    let address = context.join.control_plane.as_ref();
    let address = address.map(|own| own.local_api_endpoint.advertise_address.clone());
    let beside = StandIns {
        server: server.clone(),
        authority: &StdFiles::new(first),
        files: &StdFiles::new(root),
        node: Node {
            address,
            ..Node::new(&context.join.node_registration.name, version(&server))
        },
    };
    let api = up::api(&server);
    let report = Run {
        root,
        flow: &join_workflow().build().map_err(Failure::run)?,
        context: &context,
        config: identity(arguments),
        journal: &journal,
        selection: Selection::all(),
        ports: &[(PORT, &api), (ETCD_PORT, &EtcdPort(etcd.as_ref()))],
        beside: &beside,
        output: arguments.output,
        manner: &arguments.manner,
    }
    .go()?;
    if arguments.output == Output::Text {
        up::summary(&report, root);
    }
    Ok(())
}

/// What a run of this node is known by. Tokens come and go, and a run that goes on may have a new one.
fn identity(arguments: &Join) -> Digest {
    let Join {
        name,
        control_plane,
        advertise_address,
        ..
    } = arguments;
    Digest::of(format!("{name}\n{control_plane}\n{advertise_address:?}").as_bytes())
}

/// What a person would write after reading what `kubeadm init` prints: where, with which token, and whom to trust.
fn configuration(arguments: &Join) -> Result<String, Failure> {
    let cluster = arguments.cluster.as_path();
    let secrets = JoinSecrets::kept(cluster)
        .ok_or_else(|| Failure::Input("the cluster keeps no token".to_owned()))?;
    let authority = read(cluster, "etc/kubernetes/pki/ca.crt")?;
    let authority = Certificate::from_pem(&authority).map_err(Failure::run)?;
    let admin = read(cluster, "etc/kubernetes/admin.conf")?;
    let admin = Kubeconfig::parse(&admin).map_err(Failure::run)?;
    // Where nothing is said, the address is that of the default route.
    let endpoint = arguments
        .advertise_address
        .map(|address| json!({"advertiseAddress": address}));
    let control_plane = arguments.control_plane.then(|| {
        json!({
            "certificateKey": secrets.certificate_key.expose(),
            "localAPIEndpoint": endpoint.unwrap_or_else(|| json!({})),
        })
    });
    let join = json!({
        "apiVersion": "kubeadm.k8s.io/v1beta4",
        "kind": "JoinConfiguration",
        "nodeRegistration": {
            "name": arguments.name,
            "criSocket": "unix:///var/run/containerd/containerd.sock",
        },
        "discovery": {"bootstrapToken": {
            "token": secrets.token.expose(),
            "apiServerEndpoint": admin.server.trim_start_matches("https://"),
            "caCertHashes": [authority.public_key().pin()],
        }},
        "controlPlane": control_plane,
    });
    Ok(yaml::write(&join))
}

fn read(root: &Path, name: &str) -> Result<Vec<u8>, Failure> {
    let path = root.join(name);
    fs::read(&path).map_err(|error| Failure::Input(format!("{}: {error}", path.display())))
}

/// The version that the cluster runs.
fn version(server: &apply_server::Server) -> String {
    let map = stand_in::get(server, "ConfigMap", "kube-system", "kubeadm-config");
    let text = map
        .as_ref()
        .and_then(|map| map.pointer("/data/ClusterConfiguration"));
    let text = text.and_then(Value::as_str).unwrap_or_default();
    let version = text
        .lines()
        .find_map(|line| line.strip_prefix("kubernetesVersion: "));
    version.unwrap_or_default().to_owned()
}
