//! The configuration that a cluster keeps of itself, read back for nodes that join it or are upgraded.
//!
//! Follows `FetchInitConfigurationFromCluster` in `cmd/kubeadm/app/util/config/cluster.go`.

use std::collections::BTreeMap;

use apply_semantics::op::ResourceRef;
use componentconfig::kubeadm::constants::FEATURE_GATES;
use componentconfig::kubeadm::{
    ConfigMap, Facts, Init, LoadOptions, component_config_versions, load_init,
};
use componentconfig::{DocumentSet, Report, yaml};
use serde_json::Value;

use super::api::Api;
use super::objects::{SYSTEM, config, kube_proxy};
use crate::PhaseError;

/// The ConfigMaps `kubeadm-config`, `kubelet-config` and `kube-proxy`, as they are.
#[derive(Clone, Debug)]
pub struct Kept {
    cluster: ConfigMap,
    kubelet: Option<ConfigMap>,
    /// A cluster may do without kube-proxy.
    kube_proxy: Option<ConfigMap>,
}

impl Kept {
    /// Reads them.
    ///
    /// # Errors
    /// The API refuses, or one that has to be there is not.
    pub fn read(api: &Api) -> Result<Self, PhaseError> {
        Ok(Self {
            cluster: required(api, config::CLUSTER)?,
            kubelet: Some(required(api, config::KUBELET)?),
            kube_proxy: map(api, kube_proxy::NAME)?,
        })
    }

    /// Reads `kubeadm-config` alone, for who needs to know nothing of components: their configurations are the default ones then.
    ///
    /// # Errors
    /// The API refuses, or it is not there.
    pub fn read_cluster(api: &Api) -> Result<Self, PhaseError> {
        Ok(Self {
            cluster: required(api, config::CLUSTER)?,
            kubelet: None,
            kube_proxy: None,
        })
    }

    /// The ConfigMaps of components, for what is said about their versions.
    pub fn component_maps(&self) -> Vec<ConfigMap> {
        let maps = self.kube_proxy.iter().chain(&self.kubelet);
        maps.cloned().collect()
    }

    /// Feature gates that earlier releases knew and this one does not. They mean nothing any more; the cluster keeps them until
    /// somebody takes them out.
    pub fn forgotten_gates(&self) -> BTreeMap<String, bool> {
        let document = self.cluster.data.get(config::CLUSTER_KEY);
        let document = document.and_then(|text| yaml::read(text).ok());
        let gates = document.as_ref().and_then(|document| {
            let gates = document.get("featureGates")?;
            gates.as_object()
        });
        let gates = gates.into_iter().flatten();
        gates
            .filter(|(name, _)| !FEATURE_GATES.contains(&name.as_str()))
            .filter_map(|(name, on)| Some((name.clone(), on.as_bool()?)))
            .collect()
    }

    /// The configuration of the cluster, together with this document: an `InitConfiguration` of the node.
    ///
    /// A component's configuration that was generated, and that nobody changed since, counts as not given by a user; one of them
    /// in a version that is no longer known is generated anew.
    ///
    /// # Errors
    /// Something in it cannot be read, or is not valid.
    pub fn with_node(&self, node: &str, facts: &Facts) -> Result<Init, PhaseError> {
        let forgotten = self.forgotten_gates();
        let cluster = text(&self.cluster, config::CLUSTER_KEY)?;
        let mut documents = vec![node.to_owned(), without_gates(cluster, &forgotten)];
        if self.kubelet.is_some() {
            documents.extend(self.component_documents()?);
        }
        let set = DocumentSet::read("cluster", &documents.join("\n---\n"));
        let set = set.map_err(|report| bad(&report))?;
        let loaded = load_init(&set, facts, LoadOptions::init());
        let mut init = loaded.map_err(|report| bad(&report))?.config;
        init.cluster.feature_gates.extend(forgotten);
        let by_user = |map: &ConfigMap| !map.is_generated();
        init.kubelet.user_supplied = self.kubelet.as_ref().is_some_and(by_user);
        init.kube_proxy.user_supplied = self.kube_proxy.as_ref().is_some_and(by_user);
        Ok(init)
    }

    fn component_documents(&self) -> Result<Vec<String>, PhaseError> {
        let versions = component_config_versions(&self.component_maps());
        let (versions, _) = versions.map_err(|report| bad(&report))?;
        let outdated = |group: &str| {
            let mut known = versions.iter();
            known.any(|version| version.group == group && version.current_version.is_empty())
        };
        let kept = [
            (&self.kubelet, "kubelet.config.k8s.io", config::KUBELET_KEY),
            (
                &self.kube_proxy,
                "kubeproxy.config.k8s.io",
                kube_proxy::CONFIG_KEY,
            ),
        ];
        let kept = kept.into_iter().filter(|(_, group, _)| !outdated(group));
        kept.filter_map(|(map, _, key)| map.as_ref().map(|map| text(map, key)))
            .collect()
    }
}

fn without_gates(document: String, forgotten: &BTreeMap<String, bool>) -> String {
    if forgotten.is_empty() {
        return document;
    }
    let Ok(mut value) = yaml::read(&document) else {
        return document;
    };
    if let Some(gates) = value.get_mut("featureGates").and_then(Value::as_object_mut) {
        gates.retain(|name, _| !forgotten.contains_key(name));
    }
    yaml::write(&value)
}

fn required(api: &Api, name: &str) -> Result<ConfigMap, PhaseError> {
    let text = format!("the cluster keeps no {name}");
    map(api, name)?.ok_or_else(|| PhaseError::fatal("cluster.no-configuration", text))
}

fn map(api: &Api, name: &str) -> Result<Option<ConfigMap>, PhaseError> {
    let maps = ResourceRef::of_kind("v1", "ConfigMap").within(SYSTEM);
    let found = api.get(&maps.named(name))?;
    let read = found.as_ref().map(ConfigMap::from_value).transpose();
    read.map_err(|error| {
        PhaseError::invalid("cluster.bad-configuration", format!("{name}: {error}"))
    })
}

fn text(map: &ConfigMap, key: &str) -> Result<String, PhaseError> {
    map.data.get(key).cloned().ok_or_else(|| {
        let text = format!("the cluster keeps no {key} in {}", map.metadata.name);
        PhaseError::fatal("cluster.no-configuration", text)
    })
}

fn bad(report: &Report) -> PhaseError {
    let text = format!("the configuration that the cluster keeps: {report}");
    PhaseError::invalid("cluster.bad-configuration", text)
}
