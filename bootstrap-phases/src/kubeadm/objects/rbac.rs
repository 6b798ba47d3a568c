//! Rights: who may read what kubeadm keeps in the cluster, and who may join it.
//!
//! Follows `cmd/kubeadm/app/phases/bootstraptoken` and the rights that the other phases grant.

use serde_json::{Value, json};

const VERSION: &str = "rbac.authorization.k8s.io/v1";
const GROUP: &str = "rbac.authorization.k8s.io";
/// The group of who joins with a token.
pub const JOINING: &str = "system:bootstrappers:kubeadm:default-node-token";
/// The group of the kubelets.
pub const NODES: &str = "system:nodes";
/// The group of the administrators.
pub const ADMINS: &str = "kubeadm:cluster-admins";

/// Who is granted something.
#[derive(Clone, Copy, Debug)]
pub enum Subject<'a> {
    /// A group.
    Group(&'a str),
    /// A user.
    User(&'a str),
    /// A service account of `kube-system`.
    ServiceAccount(&'a str),
}

impl Subject<'_> {
    fn to_value(self) -> Value {
        match self {
            Self::Group(name) => json!({"kind": "Group", "name": name}),
            Self::User(name) => json!({"kind": "User", "name": name}),
            Self::ServiceAccount(name) => {
                json!({"kind": "ServiceAccount", "name": name, "namespace": super::SYSTEM})
            }
        }
    }
}

/// A Role to get one object of a namespace, and its RoleBinding of the same name.
pub fn may_get(
    namespace: &str,
    name: &str,
    resource: &str,
    object: &str,
    subjects: &[Subject<'_>],
) -> [Value; 2] {
    let metadata = json!({"name": name, "namespace": namespace});
    let role = json!({
        "apiVersion": VERSION,
        "kind": "Role",
        "metadata": metadata,
        "rules": [{
            "apiGroups": [""], "resourceNames": [object], "resources": [resource], "verbs": ["get"],
        }],
    });
    let binding = json!({
        "apiVersion": VERSION,
        "kind": "RoleBinding",
        "metadata": metadata,
        "roleRef": {"apiGroup": GROUP, "kind": "Role", "name": name},
        "subjects": list(subjects),
    });
    [role, binding]
}

/// A ClusterRole.
pub fn cluster_role(name: &str, rules: &Value) -> Value {
    json!({"apiVersion": VERSION, "kind": "ClusterRole", "metadata": {"name": name}, "rules": rules})
}

/// A ClusterRoleBinding.
pub fn cluster_role_binding(name: &str, role: &str, subjects: &[Subject<'_>]) -> Value {
    json!({
        "apiVersion": VERSION,
        "kind": "ClusterRoleBinding",
        "metadata": {"name": name},
        "roleRef": {"apiGroup": GROUP, "kind": "ClusterRole", "name": role},
        "subjects": list(subjects),
    })
}

/// What lets the administrators administrate.
pub fn cluster_admins() -> Value {
    cluster_role_binding(ADMINS, "cluster-admin", &[Subject::Group(ADMINS)])
}

/// What lets nodes join, get certificates and renew them, and the API server reach kubelets.
pub fn joining() -> Vec<Value> {
    let signing =
        |kind: &str| format!("system:certificates.k8s.io:certificatesigningrequests:{kind}");
    let joining = [Subject::Group(JOINING)];
    vec![
        cluster_role(
            "kubeadm:get-nodes",
            &json!([{"apiGroups": [""], "resources": ["nodes"], "verbs": ["get"]}]),
        ),
        cluster_role_binding("kubeadm:get-nodes", "kubeadm:get-nodes", &joining),
        cluster_role_binding(
            "kubeadm:kubelet-bootstrap",
            "system:node-bootstrapper",
            &joining,
        ),
        cluster_role_binding(
            "kubeadm:node-autoapprove-bootstrap",
            &signing("nodeclient"),
            &joining,
        ),
        cluster_role_binding(
            "kubeadm:node-autoapprove-certificate-rotation",
            &signing("selfnodeclient"),
            &[Subject::Group(NODES)],
        ),
        cluster_role_binding(
            "kubeadm:apiserver-kubelet-client",
            "system:kubelet-api-admin",
            &[Subject::User("kube-apiserver-kubelet-client")],
        ),
    ]
}

fn list(subjects: &[Subject<'_>]) -> Vec<Value> {
    subjects.iter().map(|subject| subject.to_value()).collect()
}
