//! A cluster in the making: its configuration, and what others do in it.

use apply_semantics::op::{Operation, ResourceRef, WriteOptions};
use apply_semantics::patch::Patch;
use apply_server::Server;
use bootstrap_phases::kubeadm::objects::cluster_info;
use bootstrap_phases::kubeadm::pki::Certificate;
use bootstrap_phases::{Files as _, MemFiles};
use serde_json::{Value, json};

/// The time at which clusters begin, in seconds.
pub(crate) const BEGINNING: u64 = 1_795_235_010;

/// The first control plane.
pub(crate) const INIT: &str = "
apiVersion: kubeadm.k8s.io/v1beta4
kind: InitConfiguration
localAPIEndpoint: {advertiseAddress: 10.1.2.3}
nodeRegistration: {name: cp-1}
bootstrapTokens:
- token: abcdef.0123456789abcdef
certificateKey: 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff
---
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
kubernetesVersion: v1.36.1
controlPlaneEndpoint: api.example:6443
encryptionAlgorithm: ECDSA-P256
networking: {podSubnet: 10.244.0.0/16}
";

/// The pin of the authority of the cluster whose files these are.
pub(crate) fn pin(files: &MemFiles) -> String {
    let authority = files.read("/etc/kubernetes/pki/ca.crt").unwrap();
    let authority = Certificate::from_pem(&authority).unwrap();
    authority.public_key().pin()
}

/// A node that joins a cluster whose authority has this pin.
pub(crate) fn join(pin: &str, own: &str) -> String {
    format!(
        "
apiVersion: kubeadm.k8s.io/v1beta4
kind: JoinConfiguration
discovery:
  bootstrapToken:
    token: abcdef.0123456789abcdef
    apiServerEndpoint: api.example:6443
    caCertHashes: ['{pin}']
{own}"
    )
}

pub(crate) fn node_object(name: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Node",
        "metadata": {"name": name, "labels": {"kubernetes.io/hostname": name}},
    })
}

/// A server that the kubelet of the first node has told of it.
pub(crate) fn server() -> Server {
    let server = Server::builder().seed(1).build();
    server.seed(node_object("cp-1")).unwrap();
    server
}

/// What the controller manager does: signs `cluster-info` with the tokens that may sign.
pub(crate) fn sign_cluster_info(server: &Server) {
    let target = ResourceRef::of_kind("v1", "ConfigMap")
        .within("kube-public")
        .named("cluster-info");
    let map = server.execute(&Operation::get(target.clone())).unwrap();
    let map = map.into_object().unwrap();
    let token = "abcdef.0123456789abcdef".parse().unwrap();
    let text = map["data"]["kubeconfig"].as_str().unwrap();
    let data = json!({cluster_info::signature_key("abcdef"): cluster_info::sign(text, &token)});
    let patch = Patch::Merge(json!({"data": data}));
    let options = WriteOptions::new("kube-controller-manager");
    let signing = Operation::patch(target, patch, options);
    server.execute(&signing).unwrap();
}

/// A kubelet that starts for the first time: it registers its node and gets credentials of its own.
pub(crate) fn kubelet(server: &Server, files: &MemFiles, node: &str) {
    let path = "/etc/kubernetes/kubelet.conf";
    if files.stat(path).unwrap().is_some() {
        return;
    }
    let first = files.stat("/etc/kubernetes/bootstrap-kubelet.conf");
    assert!(first.unwrap().is_some(), "a kubelet without credentials");
    server.seed(node_object(node)).unwrap();
    files.create_file(path, b"own", 0o600).unwrap();
}
