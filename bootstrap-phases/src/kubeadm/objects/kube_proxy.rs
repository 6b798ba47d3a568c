//! The add-on kube-proxy.
//!
//! Follows `cmd/kubeadm/app/phases/addons/proxy`.

use componentconfig::Kind as _;
use componentconfig::kube_proxy::v1alpha1::KubeProxyConfiguration;
use componentconfig::yaml;
use serde_json::{Value, json};

use super::rbac::{JOINING, Subject, cluster_role_binding, may_get};
use super::{SYSTEM, config::signed, config_map, service_account};

/// Name of nearly all of its objects.
pub const NAME: &str = "kube-proxy";
/// The key of its configuration.
pub const CONFIG_KEY: &str = "config.conf";

/// The ConfigMap with its configuration and its kubeconfig. One that no user gave carries its checksum.
pub fn config(config: &KubeProxyConfiguration, user_supplied: bool, server: &str) -> Value {
    let text = yaml::write(&config.to_document());
    let mut map = config_map(
        SYSTEM,
        NAME,
        &json!({CONFIG_KEY: text.trim_end(), "kubeconfig.conf": kubeconfig(server)}),
    );
    if let Some(metadata) = map.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.insert("labels".to_owned(), json!({"app": NAME}));
    }
    signed(map, user_supplied)
}

/// The kubeconfig of its account.
fn kubeconfig(server: &str) -> String {
    let account = "/var/run/secrets/kubernetes.io/serviceaccount";
    [
        "apiVersion: v1".to_owned(),
        "kind: Config".to_owned(),
        "clusters:".to_owned(),
        "- cluster:".to_owned(),
        format!("    certificate-authority: {account}/ca.crt"),
        format!("    server: {server}"),
        "  name: default".to_owned(),
        "contexts:".to_owned(),
        "- context:".to_owned(),
        "    cluster: default".to_owned(),
        "    namespace: default".to_owned(),
        "    user: default".to_owned(),
        "  name: default".to_owned(),
        "current-context: default".to_owned(),
        "users:".to_owned(),
        "- name: default".to_owned(),
        "  user:".to_owned(),
        format!("    tokenFile: {account}/token"),
    ]
    .join("\n")
}

/// The DaemonSet.
pub fn daemon_set(image: &str) -> Value {
    let app = json!({"k8s-app": NAME});
    json!({
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": NAME, "namespace": SYSTEM, "labels": app},
        "spec": {
            "selector": {"matchLabels": app},
            "template": {"metadata": {"labels": app}, "spec": pod(image)},
            "updateStrategy": {"type": "RollingUpdate"},
        },
        "status": {
            "currentNumberScheduled": 0,
            "desiredNumberScheduled": 0,
            "numberMisscheduled": 0,
            "numberReady": 0,
        },
    })
}

fn pod(image: &str) -> Value {
    json!({
        "containers": [{
            "name": NAME,
            "image": image,
            "imagePullPolicy": "IfNotPresent",
            "command": [
                "/usr/local/bin/kube-proxy",
                "--config=/var/lib/kube-proxy/config.conf",
                "--hostname-override=$(NODE_NAME)",
            ],
            "env": [{"name": "NODE_NAME", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}}],
            "resources": {},
            "securityContext": {"privileged": true},
            "volumeMounts": [
                {"name": NAME, "mountPath": "/var/lib/kube-proxy"},
                {"name": "xtables-lock", "mountPath": "/run/xtables.lock"},
                {"name": "lib-modules", "mountPath": "/lib/modules", "readOnly": true},
            ],
        }],
        "hostNetwork": true,
        "nodeSelector": {"kubernetes.io/os": "linux"},
        "priorityClassName": "system-node-critical",
        "serviceAccountName": NAME,
        "tolerations": [{"operator": "Exists"}],
        "volumes": [
            {"name": NAME, "configMap": {"name": NAME}},
            {"name": "xtables-lock", "hostPath": {"path": "/run/xtables.lock", "type": "FileOrCreate"}},
            {"name": "lib-modules", "hostPath": {"path": "/lib/modules"}},
        ],
    })
}

/// Its account and rights.
pub fn rights() -> [Value; 4] {
    let [role, binding] = may_get(SYSTEM, NAME, "configmaps", NAME, &[Subject::Group(JOINING)]);
    [
        service_account(NAME),
        cluster_role_binding(
            "kubeadm:node-proxier",
            "system:node-proxier",
            &[Subject::ServiceAccount(NAME)],
        ),
        role,
        binding,
    ]
}
