//! The add-on CoreDNS.
//!
//! Follows `cmd/kubeadm/app/phases/addons/dns`.

use serde_json::{Value, json};

use super::rbac::{Subject, cluster_role, cluster_role_binding};
use super::{SYSTEM, config_map, service_account};

/// Name of nearly all of its objects.
pub const NAME: &str = "coredns";
/// The key of its configuration.
pub const COREFILE: &str = "Corefile";
/// How many run where nobody says otherwise.
pub const REPLICAS: u64 = 2;

/// The ConfigMap with its configuration for this domain.
pub fn config(domain: &str) -> Value {
    config_map(SYSTEM, NAME, &json!({COREFILE: corefile(domain)}))
}

/// Its configuration: names of the cluster from the API, all others from where the node asks.
pub fn corefile(domain: &str) -> String {
    let cached = format!("      disable success {domain}\n       disable denial {domain}");
    let server = [
        "    errors".to_owned(),
        "    health {\n       lameduck 5s\n    }".to_owned(),
        "    ready".to_owned(),
        format!(
            "    kubernetes {domain} in-addr.arpa ip6.arpa {{\n       pods insecure\n       fallthrough in-addr.arpa \
             ip6.arpa\n       ttl 30\n    }}"
        ),
        "    prometheus :9153".to_owned(),
        "    forward . /etc/resolv.conf {\n       max_concurrent 1000\n    }".to_owned(),
        format!("    cache 30 {{\n {cached}\n    }}"),
        "    loop".to_owned(),
        "    reload".to_owned(),
        "    loadbalance".to_owned(),
    ];
    format!(".:53 {{\n{}\n}}\n", server.join("\n"))
}

/// Its rights and its account.
pub fn rights() -> [Value; 3] {
    let rules = json!([
        {
            "apiGroups": [""],
            "resources": ["endpoints", "services", "pods", "namespaces"],
            "verbs": ["list", "watch"],
        },
        {"apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"], "verbs": ["list", "watch"]},
    ]);
    let name = "system:coredns";
    [
        cluster_role(name, &rules),
        cluster_role_binding(name, name, &[Subject::ServiceAccount(NAME)]),
        service_account(NAME),
    ]
}

/// The Deployment.
pub fn deployment(image: &str, replicas: u64) -> Value {
    let app = json!({"k8s-app": "kube-dns"});
    json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": NAME, "namespace": SYSTEM, "labels": app},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": app},
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1}},
            "template": {"metadata": {"labels": app}, "spec": pod(image)},
        },
        "status": {},
    })
}

fn pod(image: &str) -> Value {
    json!({
        "affinity": {"podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [{
            "weight": 100,
            "podAffinityTerm": {
                "labelSelector": {"matchExpressions": [
                    {"key": "k8s-app", "operator": "In", "values": ["kube-dns"]},
                ]},
                "topologyKey": "kubernetes.io/hostname",
            },
        }]}},
        "containers": [container(image)],
        "dnsPolicy": "Default",
        "nodeSelector": {"kubernetes.io/os": "linux"},
        "priorityClassName": "system-cluster-critical",
        "serviceAccountName": NAME,
        "tolerations": [
            {"key": "CriticalAddonsOnly", "operator": "Exists"},
            {"key": super::node::CONTROL_PLANE, "effect": "NoSchedule"},
        ],
        "volumes": [{
            "name": "config-volume",
            "configMap": {"name": NAME, "items": [{"key": COREFILE, "path": COREFILE}]},
        }],
    })
}

fn container(image: &str) -> Value {
    let port = |name: &str, number: u16, protocol: &str| json!({"name": name, "containerPort": number, "protocol": protocol});
    json!({
        "name": NAME,
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "args": ["-conf", "/etc/coredns/Corefile"],
        "resources": {
            "limits": {"memory": "170Mi"},
            "requests": {"cpu": "100m", "memory": "70Mi"},
        },
        "volumeMounts": [{"name": "config-volume", "mountPath": "/etc/coredns", "readOnly": true}],
        "ports": [
            port("dns", 53, "UDP"),
            port("dns-tcp", 53, "TCP"),
            port("metrics", 9153, "TCP"),
            port("liveness-probe", 8080, "TCP"),
            port("readiness-probe", 8181, "TCP"),
        ],
        "livenessProbe": {
            "httpGet": {"path": "/health", "port": "liveness-probe", "scheme": "HTTP"},
            "initialDelaySeconds": 60,
            "timeoutSeconds": 5,
            "successThreshold": 1,
            "failureThreshold": 5,
        },
        "readinessProbe": {"httpGet": {"path": "/ready", "port": "readiness-probe", "scheme": "HTTP"}},
        "securityContext": {
            "allowPrivilegeEscalation": false,
            "capabilities": {"add": ["NET_BIND_SERVICE"], "drop": ["ALL"]},
            "readOnlyRootFilesystem": true,
        },
    })
}

/// The Service at the cluster's DNS address.
pub fn service(address: &str) -> Value {
    let port = |name: &str, number: u16, protocol: &str| json!({"name": name, "port": number, "protocol": protocol, "targetPort": number});
    json!({
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            "name": "kube-dns",
            "namespace": SYSTEM,
            "labels": {
                "k8s-app": "kube-dns",
                "kubernetes.io/cluster-service": "true",
                "kubernetes.io/name": "CoreDNS",
            },
            "annotations": {"prometheus.io/port": "9153", "prometheus.io/scrape": "true"},
            "resourceVersion": "0",
        },
        "spec": {
            "clusterIP": address,
            "ports": [
                port("dns", 53, "UDP"),
                port("dns-tcp", 53, "TCP"),
                port("metrics", 9153, "TCP"),
            ],
            "selector": {"k8s-app": "kube-dns"},
        },
        "status": {"loadBalancer": {}},
    })
}
