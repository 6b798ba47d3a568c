//! Whether the kubelet and the components of a control plane are healthy.
//!
//! Follows `cmd/kubeadm/app/util/apiclient/wait.go`.

use componentconfig::kubelet::v1beta1::KubeletConfiguration;
use componentconfig::yaml;
use serde_json::Value;

use super::missing;
use crate::kubeadm::InitContext;
use crate::kubeadm::http::healthy;
use crate::kubeadm::manifests::Component;
use crate::{Cx, PhaseError};

/// Where the kubelet tells of its health where nobody says otherwise.
const KUBELET: (&str, i32) = ("127.0.0.1", 10_248);

/// The URL at which a kubelet tells whether it is healthy; `None` if it does not tell.
pub fn kubelet_url(config: &KubeletConfiguration) -> Option<String> {
    let (address, port) = KUBELET;
    let port = config.healthz_port.unwrap_or(port);
    let given = config.healthz_bind_address.as_str();
    let address = if given.is_empty() { address } else { given };
    (port != 0).then(|| format!("http://{}/healthz", host_port(address, &port.to_string())))
}

/// The URL at which a component tells whether it is healthy, by the flags in its manifest; `address` is that of the API server where no
/// flag says it.
///
/// # Errors
/// The Pod has no container that runs the component.
pub fn component_url(
    component: Component,
    pod: &Value,
    address: &str,
) -> Result<String, PhaseError> {
    let (flag, address, port, path) = match component {
        Component::ApiServer => ("advertise-address", address, "6443", "livez"),
        Component::ControllerManager => ("bind-address", "127.0.0.1", "10257", "healthz"),
        Component::Scheduler => ("bind-address", "127.0.0.1", "10259", "livez"),
        Component::Etcd => ("listen-metrics-urls", "http://127.0.0.1:2381", "", "livez"),
    };
    let containers = pod.pointer("/spec/containers").and_then(Value::as_array);
    let commands = containers
        .into_iter()
        .flatten()
        .filter_map(|container| container.get("command")?.as_array());
    let mut commands = commands.map(|command| command.iter().filter_map(Value::as_str));
    let command = commands.find(|command| command.clone().next() == Some(component.name()));
    let Some(command) = command else {
        let text = format!("no container of its Pod runs {component}");
        return Err(PhaseError::invalid("health.no-container", text));
    };
    let value = |name: &str| {
        // Of a repeated flag the last one counts.
        command.clone().rev().find_map(|word| {
            let (flag, value) = word.trim().strip_prefix("--")?.split_once('=')?;
            (flag == name && !value.is_empty()).then_some(value)
        })
    };
    let address = value(flag).unwrap_or(address);
    if component == Component::Etcd {
        let first = address.split(',').next().unwrap_or_default();
        return Ok(format!("{first}/{path}"));
    }
    let port = value("secure-port").unwrap_or(port);
    Ok(format!("https://{}/{path}", host_port(address, port)))
}

fn host_port(address: &str, port: &str) -> String {
    if address.contains(':') {
        format!("[{address}]:{port}")
    } else {
        format!("{address}:{port}")
    }
}

/// Fails until the kubelet and all components of the control plane on this node say that they are healthy. Without a client there is
/// nobody to ask.
pub(super) fn all_healthy(cx: &Cx<'_, InitContext>) -> Result<(), PhaseError> {
    let Some(http) = &cx.config.http else {
        return Ok(());
    };
    if let Some(url) = kubelet_url(&cx.config.kubelet) {
        healthy(http.as_ref(), "the kubelet", &url)?;
    }
    let address = &cx.config.init.local_api_endpoint.advertise_address;
    for component in [
        Component::ApiServer,
        Component::ControllerManager,
        Component::Scheduler,
    ] {
        let path = format!("{}/{component}.yaml", cx.config.manifests_dir());
        let text = cx
            .files
            .read_if_exists(&path)?
            .ok_or_else(|| missing(&path))?;
        let text = String::from_utf8_lossy(&text);
        let pod = yaml::read(&text).map_err(|report| {
            PhaseError::invalid("health.broken-manifest", format!("{path}: {report}"))
        })?;
        let url = component_url(component, &pod, address)?;
        healthy(http.as_ref(), component.name(), &url)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn addresses_and_ports_are_those_of_the_manifests() {
        let pod = |command: &[&str]| json!({"spec": {"containers": [{"command": command}]}});
        let url = |component, command: &[&str]| component_url(component, &pod(command), "10.1.2.3");
        assert_eq!(
            url(Component::ApiServer, &["kube-apiserver"]).unwrap(),
            "https://10.1.2.3:6443/livez"
        );
        let own = [
            "kube-apiserver",
            "--advertise-address=fd00::1",
            "--secure-port=443",
        ];
        assert_eq!(
            url(Component::ApiServer, &own).unwrap(),
            "https://[fd00::1]:443/livez"
        );
        let manager = ["kube-controller-manager", "--bind-address=10.0.0.1"];
        assert_eq!(
            url(Component::ControllerManager, &manager).unwrap(),
            "https://10.0.0.1:10257/healthz"
        );
        assert_eq!(
            url(Component::Etcd, &["etcd"]).unwrap(),
            "http://127.0.0.1:2381/livez"
        );
        assert!(url(Component::Scheduler, &["other"]).is_err());
    }

    #[test]
    fn a_kubelet_may_not_tell() {
        let mut config = KubeletConfiguration::default();
        assert_eq!(
            kubelet_url(&config).unwrap(),
            "http://127.0.0.1:10248/healthz"
        );
        config.healthz_port = Some(0);
        assert_eq!(kubelet_url(&config), None);
    }
}
