//! Laws of conversion, for arbitrary objects of the newest version: those that its schema describes.
#![allow(
    clippy::indexing_slicing,
    clippy::unnecessary_wraps,
    clippy::unwrap_used,
    reason = "a test"
)]

use std::fmt::Debug;

use machine_api::{
    Object, addons, bootstrap, controlplane,
    conversion::{Conversion, DATA_ANNOTATION, Spoke},
    core, ipam, runtime,
    schema::structural,
};
use proptest::{collection::vec, prelude::*, sample::select};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

fn versions(group: &str, _: &str) -> Option<String> {
    Some(if group.is_empty() {
        "v1".to_owned()
    } else {
        format!("{group}/v1beta1")
    })
}

fn text() -> impl Strategy<Value = Value> {
    "[a-z]([a-z0-9.-]{0,6}[a-z0-9])?".prop_map(Value::from)
}

fn time() -> impl Strategy<Value = Value> {
    (1_u8..29, 0_u8..60)
        .prop_map(|(day, minute)| format!("2026-06-{day:02}T12:{minute:02}:00Z").into())
}

/// Values that a schema describes. Limits are not looked at: conversion has to cope without.
fn values(schema: &Value) -> BoxedStrategy<Value> {
    if schema["x-kubernetes-int-or-string"] == true {
        let text = if schema["pattern"].is_string() {
            "25Mi" // A quantity.
        } else {
            "25%"
        };
        return prop_oneof![(0..5).prop_map(Value::from), Just(json!(text))].boxed();
    }
    if let Some(known) = schema["enum"].as_array() {
        return select(known.clone()).boxed();
    }
    match schema["type"].as_str() {
        Some("object") => objects(schema),
        Some("array") => vec(values(&schema["items"]), 0..3)
            .prop_map(Value::from)
            .boxed(),
        Some("integer") => (0..4).prop_map(Value::from).boxed(),
        Some("boolean") => any::<bool>().prop_map(Value::from).boxed(),
        Some("string") => match schema["format"].as_str() {
            Some("date-time") => time().boxed(),
            Some("byte") => Just(json!("AAEC")).boxed(),
            _ => text().boxed(),
        },
        _ => prop_oneof![Just(json!(7)), Just(json!({"a": [true, null]})), text()].boxed(),
    }
}

fn objects(schema: &Value) -> BoxedStrategy<Value> {
    if schema["additionalProperties"].is_object() {
        let entries = vec((text(), values(&schema["additionalProperties"])), 0..3);
        let object = |entries: Vec<(Value, Value)>| -> Value {
            let entries = entries.into_iter();
            entries
                .map(|(key, value)| (key.as_str().unwrap_or_default().to_owned(), value))
                .collect::<Map<_, _>>()
                .into()
        };
        return entries.prop_map(object).boxed();
    }
    let Some(properties) = schema["properties"].as_object() else {
        return Just(json!({})).boxed();
    };
    let mut fields = Just(Map::new()).boxed();
    let required = |name: &String| {
        let mut names = schema["required"].as_array().into_iter().flatten();
        names.any(|one| one == name)
    };
    for (name, property) in properties {
        let value = if required(name) {
            values(property).prop_map(Some).boxed()
        } else {
            proptest::option::weighted(0.4, values(property)).boxed()
        };
        let name = name.clone();
        fields = (fields, value)
            .prop_map(move |(mut fields, value)| {
                fields.extend(value.map(|value| (name.clone(), value)));
                fields
            })
            .boxed();
    }
    fields.prop_map(Value::from).boxed()
}

/// Objects of a kind, with some metadata.
fn any_of<T: Object + DeserializeOwned + Debug + schemars::JsonSchema>() -> impl Strategy<Value = T>
{
    let mut schema = structural::<T>();
    if let Some(properties) = schema["properties"].as_object_mut() {
        for known in ["apiVersion", "kind", "metadata"] {
            properties.remove(known);
        }
    }
    // What a schema leaves open, as it does within schemas of variables, may be of a type that the kind does not read.
    (values(&schema), any::<bool>()).prop_filter_map("not of the kind", |(mut object, labelled)| {
        object["metadata"] = json!({"name": "a", "namespace": "b", "annotations": {"c": "d"}});
        if labelled {
            object["metadata"]["labels"] = json!({"e": "f"});
        }
        serde_json::from_value(object).ok()
    })
}

fn down<S: Spoke>(hub: S::Hub) -> S {
    Conversion::new(&versions).from_hub(hub).unwrap()
}

fn up<S: Spoke>(spoke: S) -> S::Hub {
    Conversion::new(&versions).to_hub(spoke).unwrap()
}

fn trip<S: Spoke>(hub: S::Hub) -> S::Hub {
    up(down::<S>(hub))
}

fn without_data<S: Object>(mut spoke: S) -> S {
    spoke.metadata_mut().annotations.remove(DATA_ANNOTATION);
    spoke
}

/// Without fields that say nothing: the newest version does not tell a field of nothing from none without annotation.
fn telling(value: Value) -> Value {
    let nothing = |value: &Value| match value {
        Value::Null | Value::Bool(false) => true,
        Value::Number(number) => number.as_i64() == Some(0),
        Value::String(text) => text.is_empty() || text == "0s",
        Value::Object(fields) => fields.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Bool(true) => false,
    };
    match value {
        Value::Object(fields) => {
            let fields = fields
                .into_iter()
                .map(|(name, value)| (name, telling(value)));
            fields.filter(|(_, value)| !nothing(value)).collect()
        }
        Value::Array(items) => items.into_iter().map(telling).collect(),
        other => other,
    }
}

/// The way down and up again loses nothing that a second time would not lose, and so does the way up and down.
macro_rules! laws {
    ($($name:ident: $spoke:ty => $hub:ty;)+) => {
        proptest! {
            #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]
            $(
                #[test]
                fn $name(hub in any_of::<$hub>()) {
                    let once = trip::<$spoke>(hub.clone());
                    prop_assert_eq!(&once.metadata, &hub.metadata);
                    prop_assert_eq!(&trip::<$spoke>(once.clone()), &once);
                    let spoke = without_data(down::<$spoke>(hub));
                    let again = without_data(down::<$spoke>(up(spoke.clone())));
                    prop_assert_eq!(telling(json!(again)), telling(json!(spoke)));
                }
            )+
        }
    };
}

laws! {
    clusters: core::v1beta1::Cluster => core::v1beta2::Cluster;
    machines: core::v1beta1::Machine => core::v1beta2::Machine;
    machine_sets: core::v1beta1::MachineSet => core::v1beta2::MachineSet;
    machine_deployments: core::v1beta1::MachineDeployment => core::v1beta2::MachineDeployment;
    machine_health_checks: core::v1beta1::MachineHealthCheck => core::v1beta2::MachineHealthCheck;
    machine_pools: core::v1beta1::MachinePool => core::v1beta2::MachinePool;
    machine_drain_rules: core::v1beta1::MachineDrainRule => core::v1beta2::MachineDrainRule;
    cluster_classes: core::v1beta1::ClusterClass => core::v1beta2::ClusterClass;
    cluster_resource_sets: addons::v1beta1::ClusterResourceSet => addons::v1beta2::ClusterResourceSet;
    bindings: addons::v1beta1::ClusterResourceSetBinding => addons::v1beta2::ClusterResourceSetBinding;
    kubeadm_configs: bootstrap::v1beta1::KubeadmConfig => bootstrap::v1beta2::KubeadmConfig;
    kubeadm_config_templates: bootstrap::v1beta1::KubeadmConfigTemplate => bootstrap::v1beta2::KubeadmConfigTemplate;
    control_planes: controlplane::v1beta1::KubeadmControlPlane => controlplane::v1beta2::KubeadmControlPlane;
    control_plane_templates:
        controlplane::v1beta1::KubeadmControlPlaneTemplate => controlplane::v1beta2::KubeadmControlPlaneTemplate;
    oldest_addresses: ipam::v1alpha1::IPAddress => ipam::v1beta2::IPAddress;
    addresses: ipam::v1beta1::IPAddress => ipam::v1beta2::IPAddress;
    oldest_claims: ipam::v1alpha1::IPAddressClaim => ipam::v1beta2::IPAddressClaim;
    claims: ipam::v1beta1::IPAddressClaim => ipam::v1beta2::IPAddressClaim;
    extension_configs: runtime::v1alpha1::ExtensionConfig => runtime::v1beta2::ExtensionConfig;
}

/// What is wanted comes back exactly, where the older version has a place or an annotation for all of it.
macro_rules! exact {
    ($($name:ident: $spoke:ty => $hub:ty;)+) => {
        proptest! {
            #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]
            $(
                #[test]
                fn $name(hub in any_of::<$hub>()) {
                    prop_assert_eq!(trip::<$spoke>(hub.clone()).spec, hub.spec);
                }
            )+
        }
    };
}

exact! {
    exact_clusters: core::v1beta1::Cluster => core::v1beta2::Cluster;
    exact_machines: core::v1beta1::Machine => core::v1beta2::Machine;
    exact_machine_deployments: core::v1beta1::MachineDeployment => core::v1beta2::MachineDeployment;
    exact_machine_pools: core::v1beta1::MachinePool => core::v1beta2::MachinePool;
    exact_machine_health_checks: core::v1beta1::MachineHealthCheck => core::v1beta2::MachineHealthCheck;
    exact_machine_drain_rules: core::v1beta1::MachineDrainRule => core::v1beta2::MachineDrainRule;
    exact_cluster_resource_sets: addons::v1beta1::ClusterResourceSet => addons::v1beta2::ClusterResourceSet;
    exact_claims: ipam::v1alpha1::IPAddressClaim => ipam::v1beta2::IPAddressClaim;
    exact_extension_configs: runtime::v1alpha1::ExtensionConfig => runtime::v1beta2::ExtensionConfig;
}
