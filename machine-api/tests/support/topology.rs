//! Clusters that are made from a ClusterClass.

use std::collections::BTreeMap;

use machine_api::{
    Compat, Gates,
    core::v1beta2::{Cluster, ClusterClass, ClusterClassTemplateReference, Machine},
    names,
    topology::{self, Contract, State},
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

fn read<T: DeserializeOwned + Default>(value: &Value) -> Result<T, String> {
    if value.is_null() {
        return Ok(T::default());
    }
    serde_json::from_value(value.clone()).map_err(|error| error.to_string())
}

/// Takes off what typed objects of a case are without.
fn untyped(object: &mut Value) {
    if let Some(fields) = object.as_object_mut() {
        fields.remove("apiVersion");
        fields.remove("kind");
    }
}

pub(crate) fn topology(input: &Value) -> Result<Value, String> {
    let cluster: Cluster = read(&input["cluster"])?;
    let class: ClusterClass = read(&input["clusterClass"])?;
    let (current, machines): (State, Vec<Machine>) =
        (read(&input["current"])?, read(&input["machines"])?);
    let templates = |reference: &ClusterClassTemplateReference| {
        let mut templates = input["templates"].as_array().into_iter().flatten();
        let found = templates.find(|template| {
            template["kind"] == *reference.kind && template["metadata"]["name"] == *reference.name
        });
        found.cloned()
    };
    let contracts = |api_version: &str, kind: &str| {
        let (group, version) = api_version.split_once('/')?;
        let mut crds = input["crds"].as_array().into_iter().flatten();
        let crd = crds.find(|crd| crd["group"] == *group && crd["kind"] == *kind)?;
        let mut contracts = crd["contracts"].as_object()?.iter();
        let (contract, _) = contracts.find(|(_, versions)| {
            let versions = versions.as_str().unwrap_or_default();
            versions.split('_').any(|one| one == version)
        })?;
        match contract.as_str() {
            "v1beta1" => Some(Contract::V1Beta1),
            "v1beta2" => Some(Contract::V1Beta2),
            _ => None,
        }
    };
    let mut gates = Gates::default();
    for (gate, on) in input["gates"].as_object().into_iter().flatten() {
        gates.set(gate, *on == true);
    }
    let fixed = input["random"].as_str().map(str::to_owned);
    let mut count = 0;
    let mut random = move |length: usize| {
        count += 1;
        let next = || names::suffix(count - 1, length);
        fixed.clone().unwrap_or_else(next)
    };
    let desired = topology::desired(
        &topology::Observed {
            cluster: &cluster,
            class: &class,
            templates: &templates,
            contracts: &contracts,
            current: &current,
            machines: &machines,
            kubelet_versions: &BTreeMap::new(),
            upgrade_plan: None,
            hooks: &(),
            external_patches: &(),
            gates,
            compat: Compat::Upstream,
        },
        &mut random,
    );
    let desired = match desired {
        Ok(desired) => desired,
        Err(error) => return Ok(json!({"error": error.to_string()})),
    };
    let mut answer = serde_json::to_value(&desired.state).map_err(|error| error.to_string())?;
    answer["cluster"] = json!(desired.cluster);
    answer["upgradeTracker"] = json!(desired.tracker);
    if let Some(tracker) = answer["upgradeTracker"].as_object_mut()
        && current.machine_pools.is_empty()
        && cluster.spec.topology.workers.machine_pools.is_empty()
    {
        tracker.remove("machinePools");
    }
    untyped(&mut answer["controlPlane"]["machineHealthCheck"]);
    for parts in answer["machineDeployments"]
        .as_object_mut()
        .into_iter()
        .flatten()
    {
        untyped(&mut parts.1["object"]);
        untyped(&mut parts.1["machineHealthCheck"]);
    }
    Ok(answer)
}
