//! Which versions run in a cluster.

use std::collections::BTreeMap;

use apply_semantics::op::{ListOptions, ResourceRef};
use semver::Version;
use serde_json::Value;

use crate::PhaseError;
use crate::kubeadm::api::Api;
use crate::kubeadm::objects::SYSTEM;

/// The names of nodes by the version that runs there, as the version is written.
pub type Nodes = BTreeMap<String, Vec<String>>;

/// The versions of what runs in a cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClusterVersions {
    /// The API servers.
    pub api_servers: Nodes,
    /// The controller managers.
    pub controller_managers: Nodes,
    /// The schedulers.
    pub schedulers: Nodes,
    /// The members of etcd that run on nodes of the cluster, by the tag of their image.
    pub etcds: Nodes,
    /// The kubelets.
    pub kubelets: Nodes,
    /// The tag of the image of the DNS add-on; empty if there is none.
    pub dns: String,
}

impl ClusterVersions {
    /// Reads them from nodes and mirror Pods.
    ///
    /// # Errors
    /// The API refuses, or there is more than one DNS add-on.
    pub fn read(api: &Api) -> Result<Self, PhaseError> {
        Ok(Self {
            api_servers: components(api, "kube-apiserver")?,
            controller_managers: components(api, "kube-controller-manager")?,
            schedulers: components(api, "kube-scheduler")?,
            etcds: components(api, "etcd")?,
            kubelets: kubelets(api)?,
            dns: dns(api)?,
        })
    }

    /// The version of the DNS add-on alone; empty if there is none.
    pub(super) fn dns_of(api: &Api) -> Result<String, PhaseError> {
        dns(api)
    }

    /// The newest API server.
    ///
    /// # Errors
    /// There is none, or a version is none.
    pub fn newest(&self) -> Result<Version, PhaseError> {
        let versions = self.api_servers.keys().map(|text| {
            parse(text).ok_or_else(|| {
                let text = format!("the image of an API server has the tag {text:?}, no version");
                PhaseError::invalid("upgrade.no-version", text)
            })
        });
        let versions = versions.collect::<Result<Vec<_>, _>>()?;
        versions.into_iter().max().ok_or_else(|| {
            let text = "there is no API server among the Pods of the cluster";
            PhaseError::not_yet("upgrade.no-api-server", text)
        })
    }

    /// The versions of the kubelets that are versions.
    pub fn kubelet_versions(&self) -> Vec<Version> {
        self.kubelets
            .keys()
            .filter_map(|text| parse(text))
            .collect()
    }
}

/// A version, with or without a `v` in front.
pub(super) fn parse(text: &str) -> Option<Version> {
    Version::parse(text.strip_prefix('v').unwrap_or(text)).ok()
}

fn components(api: &Api, component: &str) -> Result<Nodes, PhaseError> {
    let labels = format!("component={component},tier=control-plane");
    let pods = ResourceRef::of_kind("v1", "Pod");
    let pods = api.list(pods, Some(SYSTEM), ListOptions::default().labels(labels))?;
    let mut nodes = Nodes::new();
    for pod in &pods {
        let Some(image) = image(pod, component) else {
            continue;
        };
        let node = text(pod, "/spec/nodeName");
        nodes.entry(tag(image).to_owned()).or_default().push(node);
    }
    Ok(nodes)
}

fn kubelets(api: &Api) -> Result<Nodes, PhaseError> {
    let all = api.list(
        ResourceRef::of_kind("v1", "Node"),
        None,
        ListOptions::default(),
    )?;
    let mut nodes = Nodes::new();
    for node in &all {
        let version = text(node, "/status/nodeInfo/kubeletVersion");
        nodes
            .entry(version)
            .or_default()
            .push(text(node, "/metadata/name"));
    }
    Ok(nodes)
}

fn dns(api: &Api) -> Result<String, PhaseError> {
    let options = ListOptions::default().labels("k8s-app=kube-dns");
    let deployments = ResourceRef::of_kind("apps/v1", "Deployment");
    match api.list(deployments, Some(SYSTEM), options)?.as_slice() {
        [] => Ok(String::new()),
        [one] => {
            let image = one.pointer("/spec/template/spec/containers/0/image");
            let image = image.and_then(Value::as_str).unwrap_or_default();
            Ok(tag(image).to_owned())
        }
        many => {
            let text = format!(
                "there are {} Deployments of a DNS add-on, not one",
                many.len()
            );
            Err(PhaseError::conflict("upgrade.many-dns", text))
        }
    }
}

/// The image of the container that has its component's name; else of the first one.
pub(super) fn image<'a>(pod: &'a Value, component: &str) -> Option<&'a str> {
    let containers = pod.pointer("/spec/containers")?.as_array()?;
    let named =
        |container: &&Value| container.get("name").and_then(Value::as_str) == Some(component);
    let container = containers.iter().find(named).or(containers.first())?;
    container.get("image")?.as_str()
}

/// The tag of an image. The port of a registry is none, and a digest is left out.
pub(super) fn tag(image: &str) -> &str {
    let image = image.split_once('@').map_or(image, |(image, _)| image);
    let name = image.rsplit('/').next().unwrap_or_default();
    name.split_once(':').map_or("", |(_, tag)| tag)
}

fn text(object: &Value, path: &str) -> String {
    let found = object.pointer(path).and_then(Value::as_str);
    found.unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_no_port_and_no_digest() {
        for (image, wanted) in [
            ("r.example:5000/kube-apiserver:v1.36.2", "v1.36.2"),
            ("r.example:5000/kube-apiserver", ""),
            ("etcd:3.6.8-0@sha256:abc", "3.6.8-0"),
        ] {
            assert_eq!(tag(image), wanted, "{image}");
        }
    }
}
