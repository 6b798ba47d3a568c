//! The endpoints of exporting clusters, as other clusters get them.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{Export, ServiceKey, Validity};
use crate::{
    id::ClusterId,
    name::check_label_value,
    rule::{Explain, Rule},
};

/// The label that says which service a slice belongs to.
pub const SERVICE_NAME: &str = "multicluster.kubernetes.io/service-name";
/// The label that says which cluster the endpoints of a slice are in.
pub const SOURCE_CLUSTER: &str = "multicluster.kubernetes.io/source-cluster";
/// The label that says who manages a slice.
pub const MANAGED_BY: &str = "endpointslice.kubernetes.io/managed-by";

/// The slices that an importing cluster should have for one service, and what is left out.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Slices {
    /// The objects, by name; of other slices that this manager has for the service there should be none.
    pub slices: BTreeMap<String, Value>,
    /// The exporting clusters whose endpoints are left out, with the reason.
    pub left_out: BTreeMap<ClusterId, LeftOut>,
}

/// Why the endpoints of a cluster are left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum LeftOut {
    /// Its export takes no part in the service.
    Export(Validity),
    /// Its ID is no value of a label, and the slices need it as one.
    Id,
}

impl Explain for LeftOut {
    fn rule(&self) -> Rule {
        match self {
            Self::Export(Validity::InvalidServiceType) => Rule::ExternalNameStays,
            Self::Export(_) => Rule::ExportNeedsService,
            Self::Id => Rule::IdAsLabel,
        }
    }

    fn evidence(&self) -> String {
        match self {
            Self::Export(_) => "the export is not valid",
            Self::Id => "the ID of the cluster is no value of a label",
        }
        .to_owned()
    }

    fn remedy(&self) -> String {
        match self {
            Self::Export(Validity::InvalidServiceType) => "export a Service of another type",
            Self::Export(_) => "create the Service",
            Self::Id => "let the cluster leave, and join again with an ID of at most 63 characters",
        }
        .to_owned()
    }
}

/// Makes the `EndpointSlice` objects (`discovery.k8s.io/v1`) that an importing cluster should have for a service, out of those
/// that each exporting cluster has for the Service.
///
/// Each has the endpoints of one cluster, and says so by its labels; with `manager` as who manages it, no core controller
/// touches it. What means nothing elsewhere goes: nodes, target references, hints. A slice has the ports that its cluster
/// exposes, so that traffic to a port on which exports disagree goes only where it is exposed.
///
/// Follows KEP-1645 and mcs-api; a service that is not exported any more has no slices.
///
/// ```
/// use std::collections::BTreeMap;
/// use cluster_id::mcs::{Export, ServiceKey, slices::slices};
/// use serde_json::json;
///
/// let key = ServiceKey::new("shop", "web")?;
/// let exports: BTreeMap<_, Export> = serde_json::from_value(json!({
///     "eu": {"createdAt": "2026-01-02T00:00:00Z", "service": {"ports": [{"name": "http", "port": 80}]}},
/// }))?;
/// let local = json!({
///     "metadata": {"name": "web-x7k2p"}, "addressType": "IPv4",
///     "endpoints": [{"addresses": ["10.1.0.7"], "conditions": {"ready": true}, "nodeName": "node-1"}],
///     "ports": [{"name": "http", "port": 8080, "protocol": "TCP"}],
/// });
/// let found = slices(&key, &exports, &[("eu".parse()?, vec![local])].into(), "mcs.example.com");
/// let slice = &found.slices["eu-web-x7k2p"];
/// assert_eq!(slice["metadata"]["labels"]["multicluster.kubernetes.io/source-cluster"], "eu");
/// assert_eq!(slice["endpoints"], json!([{"addresses": ["10.1.0.7"], "conditions": {"ready": true}}]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn slices(
    key: &ServiceKey,
    exports: &BTreeMap<ClusterId, Export>,
    local: &BTreeMap<ClusterId, Vec<Value>>,
    manager: &str,
) -> Slices {
    let mut found = Slices::default();
    for (cluster, export) in exports {
        let left_out = match export.validity() {
            Validity::Valid if check_label_value(cluster.as_str()).is_err() => Some(LeftOut::Id),
            Validity::Valid => None,
            invalid => Some(LeftOut::Export(invalid)),
        };
        if let Some(why) = left_out {
            found.left_out.insert(cluster.clone(), why);
            continue;
        }
        for slice in local.get(cluster).into_iter().flatten() {
            let name = name(cluster, slice);
            let slice = imported(key, cluster, slice, &name, manager);
            found.slices.insert(name, slice);
        }
    }
    found
}

/// The cluster and the name of the slice there; a long one is cut, and stays unique by a number made of all of it.
fn name(cluster: &ClusterId, slice: &Value) -> String {
    const MOST: usize = 253;
    let local = slice.pointer("/metadata/name").and_then(Value::as_str);
    let whole = format!("{cluster}-{}", local.unwrap_or_default());
    if whole.len() <= MOST {
        return whole;
    }
    // FNV-1a of 64 bits.
    let number = whole.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    let start: String = whole.chars().take(MOST - 17).collect();
    format!("{}-{number:016x}", start.trim_end_matches(['-', '.']))
}

fn imported(
    key: &ServiceKey,
    cluster: &ClusterId,
    slice: &Value,
    name: &str,
    manager: &str,
) -> Value {
    let field = |name: &str, absent: Value| slice.get(name).cloned().unwrap_or(absent);
    let endpoints = slice.get("endpoints").and_then(Value::as_array);
    let endpoints: Vec<Value> = endpoints.into_iter().flatten().map(endpoint).collect();
    json!({
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {
            "name": name,
            "namespace": key.namespace(),
            "labels": {
                SERVICE_NAME: key.name(),
                SOURCE_CLUSTER: cluster.as_str(),
                MANAGED_BY: manager,
            },
        },
        "addressType": field("addressType", "IPv4".into()),
        "endpoints": endpoints,
        "ports": field("ports", Value::Array(Vec::new())),
    })
}

/// What of an endpoint means something in another cluster.
fn endpoint(endpoint: &Value) -> Value {
    let kept = ["addresses", "conditions", "hostname", "zone"];
    let kept = kept.into_iter().filter_map(|name| {
        let value = endpoint.get(name).filter(|value| !value.is_null())?;
        Some((name.to_owned(), value.clone()))
    });
    Value::Object(kept.collect::<Map<String, Value>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exports(value: Value) -> BTreeMap<ClusterId, Export> {
        serde_json::from_value(value).unwrap()
    }

    fn local(names: &[&str]) -> Vec<Value> {
        let slice = |name: &&str| json!({"metadata": {"name": name}, "addressType": "IPv6", "endpoints": null});
        names.iter().map(slice).collect()
    }

    #[test]
    fn only_valid_exports_have_slices() {
        let key = ServiceKey::new("shop", "web").unwrap();
        let long = "a".repeat(64);
        let at = "2026-01-01T00:00:00Z";
        let exports = exports(json!({
            "eu": {"createdAt": at, "service": {}},
            "gone": {"createdAt": at},
            "name": {"createdAt": at, "service": {"type": "ExternalName"}},
            long.clone(): {"createdAt": at, "service": {}},
        }));
        let clusters = ["eu", "gone", "name", &long, "silent"];
        let slices_of =
            clusters.map(|cluster| (cluster.parse().unwrap(), local(&["web-1", "web-2"])));
        let found = slices(&key, &exports, &slices_of.into(), "m");
        let names: Vec<&String> = found.slices.keys().collect();
        assert_eq!(names, ["eu-web-1", "eu-web-2"]);
        assert_eq!(found.slices["eu-web-1"]["addressType"], "IPv6");
        let rules = found.left_out.values().map(Explain::rule);
        let rules: Vec<Rule> = rules.collect();
        let expected = [
            Rule::IdAsLabel,
            Rule::ExportNeedsService,
            Rule::ExternalNameStays,
        ];
        assert_eq!(rules, expected);
    }

    #[test]
    fn long_names_are_cut_and_stay_apart() {
        let key = ServiceKey::new("shop", "web").unwrap();
        let exports = exports(json!({"eu": {"createdAt": "2026-01-01T00:00:00Z", "service": {}}}));
        let (one, other) = ("a".repeat(252) + "1", "a".repeat(252) + "2");
        let found = slices(
            &key,
            &exports,
            &[("eu".parse().unwrap(), local(&[&one, &other]))].into(),
            "m",
        );
        assert_eq!(found.slices.len(), 2);
        assert!(found.slices.keys().all(|name| name.len() <= 253));
    }
}
