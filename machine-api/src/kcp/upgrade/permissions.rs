//! Rights that newer versions of kubeadm give.

use serde_json::{Value, json};

use crate::version::Version;

/// The minor version from which on kubeadm has seen to it itself on the way.
const LAST: (u64, u64) = (1, 38);

/// The right of the API server to reach kubelets, which kubeadm gives since 1.37 and which is made before a control plane gets a
/// version that may need it; none if that is behind.
///
/// ```
/// use machine_api::kcp::upgrade::permissions;
///
/// assert_eq!(permissions(&"v1.36.0".parse()?).unwrap()["kind"], "ClusterRoleBinding");
/// assert_eq!(permissions(&"v1.38.0".parse()?), None);
/// # Ok::<(), machine_api::version::ParseVersionError>(())
/// ```
pub fn permissions(version: &Version) -> Option<Value> {
    ((version.major(), version.minor()) < LAST).then(|| {
        json!({
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRoleBinding",
            "metadata": {"name": "kubeadm:apiserver-kubelet-client"},
            "roleRef": {
                "apiGroup": "rbac.authorization.k8s.io",
                "kind": "ClusterRole",
                "name": "system:kubelet-api-admin",
            },
            "subjects": [{
                "apiGroup": "rbac.authorization.k8s.io",
                "kind": "User",
                "name": "kube-apiserver-kubelet-client",
            }],
        })
    })
}
