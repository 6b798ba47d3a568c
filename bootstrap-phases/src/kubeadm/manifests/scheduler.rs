//! `kube-scheduler`.

use serde_json::{Value, json};

use super::{
    Component, PodInputs, env, kubeconfig,
    pod::Parts,
    probe::{Probes, probe_host},
    volumes::Mounts,
};
use crate::kubeadm::arguments::{self, arg};

const PORT: i32 = 10_259;
const LOCALHOST: &str = "127.0.0.1";

pub(super) fn pod(inputs: &PodInputs<'_>) -> Value {
    let scheduler = &inputs.cluster.scheduler;
    let address = arguments::value(&scheduler.extra_args, "bind-address").unwrap_or(LOCALHOST);
    let kubeconfig = kubeconfig("scheduler.conf");
    let mut mounts = Mounts::default();
    mounts.add_kubeconfig(&kubeconfig);
    mounts.add_all(&scheduler.extra_volumes);
    let defaults = vec![
        arg("authentication-kubeconfig", &kubeconfig),
        arg("authorization-kubeconfig", &kubeconfig),
        arg("bind-address", LOCALHOST),
        arg("kubeconfig", &kubeconfig),
        arg("leader-elect", "true"),
    ];
    Parts {
        component: Component::Scheduler,
        image: inputs.image(Component::Scheduler),
        flags: arguments::to_command(defaults, &scheduler.extra_args),
        probes: Probes {
            host: probe_host(address),
            port: PORT,
            scheme: "HTTPS",
            liveness: "/livez",
            readiness: Some("/readyz"),
            startup: "/livez",
            timeout: inputs.health_check_timeout,
        },
        requests: json!({"cpu": "100m"}),
        env: env::merge(&inputs.host.proxy, &scheduler.extra_envs),
        mounts,
        annotation: None,
    }
    .into_pod()
}
