//! Suites about multi-cluster services.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
};

use cluster_id::{
    id::ClusterId,
    mcs::{
        Export, Merged, ServiceKey, ServicePort, desired,
        dns::{Backends, Endpoint, RecordData, records},
        merge,
    },
};
use serde_json::{Map, Value, json};

use crate::case::{read, same};

pub(crate) fn merged(input: &Value, expect: &Value) -> Result<(), String> {
    let merged = merge_of(input)?;
    let spec = json!(merged.spec);
    let affinity = &spec["sessionAffinityConfig"]["clientIP"]["timeoutSeconds"];
    let mut import = json!({
        "annotations": filled(&merged.annotations),
        "labels": filled(&merged.labels),
        "internalTrafficPolicy": spec["internalTrafficPolicy"],
        "ipFamilies": spec["ipFamilies"],
        "ports": spec["ports"],
        "sessionAffinity": spec["sessionAffinity"],
        "trafficDistribution": spec["trafficDistribution"],
        "type": spec["type"],
    });
    if !affinity.is_null() {
        import["timeoutSeconds"] = affinity.clone();
    }
    let actual = json!({
        "import": import,
        "clustersOldestFirst": merged.clusters,
        "conflicts": reasons(&merged),
    });
    let mut expect = expect.clone();
    expect["conflicts"] = json!(read::<BTreeSet<String>>(&expect["conflicts"]));
    same(&actual, &expect)
}

pub(crate) fn derived(input: &Value, expect: &Value) -> Result<(), String> {
    let merged = merge_of(input)?;
    let ports: BTreeSet<_> = merged.spec.ports.iter().cloned().collect();
    let actual = json!({
        "conflicts": reasons(&merged),
        "portSet": ports,
        "winner": merged.clusters.first(),
    });
    let expect = json!({
        "conflicts": read::<BTreeSet<String>>(&expect["conflicts"]),
        "portSet": read::<BTreeSet<ServicePort>>(&expect["portSet"]),
        "winner": expect["winner"],
    });
    same(&actual, &expect)
}

pub(crate) fn lifecycle(input: &Value, expect: &Value) -> Result<(), String> {
    let key = ServiceKey::new(
        input["namespace"].as_str().unwrap(),
        input["service"].as_str().unwrap(),
    )
    .unwrap();
    let mut exports: BTreeMap<ClusterId, Export> = BTreeMap::new();
    let mut namespaces = BTreeSet::new();
    for cluster in input["clusters"].as_array().unwrap() {
        let name: ClusterId = read(&cluster["name"]);
        if cluster["namespaceExists"] == true {
            namespaces.insert(name.clone());
        }
        if cluster["exported"] == true {
            let service = match cluster["serviceType"].as_str() {
                None => Value::Null,
                Some("Headless") => json!({"clusterIP": "None"}),
                Some(other) => json!({"type": other}),
            };
            let export = json!({"createdAt": "2026-01-01T00:00:00Z", "service": service});
            exports.insert(name, read(&export));
        }
    }
    let desired = desired(&key, &exports, &namespaces);
    let imports: Map<String, Value> = desired
        .imports
        .iter()
        .map(|(cluster, import)| (cluster.to_string(), json!(import.spec.import_type)))
        .collect();
    let valid: Map<String, Value> = desired
        .exports
        .iter()
        .map(|(cluster, conditions)| {
            let valid = &conditions[0];
            let valid = json!({"status": valid.status, "reason": valid.reason});
            (cluster.to_string(), valid)
        })
        .collect();
    same(&json!({"imports": imports, "valid": valid}), expect)
}

pub(crate) fn dns_records(input: &Value, expect: &Value) -> Result<(), String> {
    let key = ServiceKey::new(
        input["namespace"].as_str().unwrap(),
        input["service"].as_str().unwrap(),
    )
    .unwrap();
    let ports: Vec<ServicePort> = read(&input["ports"]);
    let found = if input["type"] == "Headless" {
        let endpoints: Vec<Endpoint> = read(&input["endpoints"]);
        records(&key, &ports, Backends::Headless(&endpoints))
    } else {
        let ips: Vec<IpAddr> = read(&input["ips"]);
        records(&key, &ports, Backends::ClusterSetIp(&ips))
    };
    let absent: BTreeSet<String> = read(&expect["absent"]);
    if let Some(record) = found
        .records
        .iter()
        .find(|record| absent.contains(&record.name))
    {
        return Err(format!("{record} must not exist"));
    }
    let actual: BTreeSet<_> = found
        .records
        .into_iter()
        .map(|record| {
            let (kind, data) = match record.data {
                RecordData::A { address } => ("A", address.to_string()),
                RecordData::Aaaa { address } => ("AAAA", address.to_string()),
                RecordData::Srv { port, target } => ("SRV", format!("{port} {target}")),
                other => panic!("no such record is expected: {other:?}"),
            };
            (record.name, kind.to_owned(), data)
        })
        .collect();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let expected: BTreeSet<_> = expect["records"]
        .as_array()
        .unwrap()
        .iter()
        .map(|record| {
            (
                text(&record["name"]),
                text(&record["type"]),
                text(&record["data"]),
            )
        })
        .collect();
    same(&json!(actual), &json!(expected))
}

fn merge_of(input: &Value) -> Result<Merged, String> {
    let exports: BTreeMap<ClusterId, Export> = input["exports"]
        .as_array()
        .unwrap()
        .iter()
        .map(|export| (read(&export["cluster"]), read(&export_of(export))))
        .collect();
    merge(&exports).ok_or_else(|| "no valid export".to_owned())
}

/// An export in the form of this crate: the cases write `headless` and `timeoutSeconds` where a Service has more words.
fn export_of(export: &Value) -> Value {
    let mut service = export["service"].clone();
    let fields = service.as_object_mut().unwrap();
    if fields.remove("headless") == Some(Value::Bool(true)) {
        fields.insert("clusterIP".to_owned(), json!("None"));
    }
    if let Some(seconds) = fields.remove("timeoutSeconds") {
        let config = json!({"clientIP": {"timeoutSeconds": seconds}});
        fields.insert("sessionAffinityConfig".to_owned(), config);
    }
    let mut out = json!({"createdAt": export["createdAt"], "service": service});
    for name in ["exportedLabels", "exportedAnnotations"] {
        if let Some(map) = export.get(name).filter(|map| !map.is_null()) {
            out[name] = map.clone();
        }
    }
    out
}

fn reasons(merged: &Merged) -> BTreeSet<&'static str> {
    let conflicts = merged.conflicts.iter();
    conflicts.map(|conflict| conflict.reason.as_str()).collect()
}

/// An empty map is written as null in the cases.
fn filled(map: &BTreeMap<String, String>) -> Value {
    if map.is_empty() {
        Value::Null
    } else {
        json!(map)
    }
}
