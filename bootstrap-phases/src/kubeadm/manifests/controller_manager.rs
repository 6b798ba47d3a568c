//! `kube-controller-manager`.

use componentconfig::kubeadm::v1beta4::Arg;
use serde_json::{Value, json};

use super::{
    Component, PodInputs, env, kubeconfig,
    pod::Parts,
    probe::{Probes, probe_host},
    volumes::Mounts,
};
use crate::kubeadm::arguments::{self, arg};

const PORT: i32 = 10_257;
const LOCALHOST: &str = "127.0.0.1";

pub(super) fn pod(inputs: &PodInputs<'_>) -> Value {
    let manager = &inputs.cluster.controller_manager;
    let address = arguments::value(&manager.extra_args, "bind-address").unwrap_or(LOCALHOST);
    let mut mounts = Mounts::with_certificates(inputs);
    mounts.add_kubeconfig(&kubeconfig("controller-manager.conf"));
    mounts.add_all(&manager.extra_volumes);
    Parts {
        component: Component::ControllerManager,
        image: inputs.image(Component::ControllerManager),
        flags: arguments::to_command(defaults(inputs), &manager.extra_args),
        probes: Probes {
            host: probe_host(address),
            port: PORT,
            scheme: "HTTPS",
            liveness: "/healthz",
            readiness: None,
            startup: "/healthz",
            timeout: inputs.health_check_timeout,
        },
        requests: json!({"cpu": "200m"}),
        env: env::merge(&inputs.host.proxy, &manager.extra_envs),
        mounts,
        annotation: None,
    }
    .into_pod()
}

fn defaults(inputs: &PodInputs<'_>) -> Vec<Arg> {
    let kubeconfig = kubeconfig("controller-manager.conf");
    let ca = inputs.pki("ca.crt");
    // Empty files keep the controllers that sign from starting where they could not sign.
    let (signing_cert, signing_key) = if inputs.host.external_ca {
        (String::new(), String::new())
    } else {
        (ca.clone(), inputs.pki("ca.key"))
    };
    let mut args = vec![
        arg("authentication-kubeconfig", &kubeconfig),
        arg("authorization-kubeconfig", &kubeconfig),
        arg("bind-address", LOCALHOST),
        arg("client-ca-file", &ca),
        arg("cluster-signing-cert-file", signing_cert),
        arg("cluster-signing-key-file", signing_key),
        arg("controllers", "*,bootstrapsigner,tokencleaner"),
        arg("kubeconfig", &kubeconfig),
        arg("leader-elect", "true"),
        arg(
            "requestheader-client-ca-file",
            inputs.pki("front-proxy-ca.crt"),
        ),
        arg("root-ca-file", &ca),
        arg("service-account-private-key-file", inputs.pki("sa.key")),
        arg("use-service-account-credentials", "true"),
    ];
    let networking = &inputs.cluster.networking;
    if !networking.pod_subnet.is_empty() {
        args.push(arg("allocate-node-cidrs", "true"));
        args.push(arg("cluster-cidr", &networking.pod_subnet));
        if !networking.service_subnet.is_empty() {
            args.push(arg("service-cluster-ip-range", &networking.service_subnet));
        }
    }
    if !inputs.cluster.cluster_name.is_empty() {
        args.push(arg("cluster-name", &inputs.cluster.cluster_name));
    }
    args
}
