use serde_json::{Value, json};

use super::*;
use crate::{bootstrap, core::v1beta1, core::v1beta2};

fn none(_: &str, _: &str) -> Option<String> {
    None
}

/// A KubeadmConfig whose API server has mounts, each writable or not.
fn config_with_mounts(mounts: &[(&str, Option<bool>)]) -> bootstrap::v1beta2::KubeadmConfig {
    let volumes: Vec<Value> = mounts
        .iter()
        .enumerate()
        .map(|(index, (path, read_only))| {
            json!({"name": index.to_string(), "hostPath": path, "mountPath": "/m", "readOnly": read_only})
        })
        .collect();
    serde_json::from_value(json!({
        "spec": {"clusterConfiguration": {"apiServer": {"extraVolumes": volumes}}},
    }))
    .unwrap()
}

fn round_trip(
    config: &bootstrap::v1beta2::KubeadmConfig,
    compat: Compat,
) -> bootstrap::v1beta2::KubeadmConfig {
    let conversion = Conversion::new(&none).compat(compat);
    let spoke: bootstrap::v1beta1::KubeadmConfig = conversion.from_hub(config.clone()).unwrap();
    conversion.to_hub(spoke).unwrap()
}

#[test]
fn mounts_of_one_path_keep_their_own_mode() {
    let read_only = |config: &bootstrap::v1beta2::KubeadmConfig| -> Vec<Option<bool>> {
        let volumes = &config.spec.cluster_configuration.api_server.extra_volumes;
        volumes.iter().map(|volume| volume.read_only).collect()
    };
    let config = config_with_mounts(&[("/a", Some(true)), ("/a", Some(false)), ("/b", None)]);
    let fixed = round_trip(&config, Compat::Fixed);
    assert_eq!(read_only(&fixed), [Some(true), Some(false), None]);
    let upstream = round_trip(&config, Compat::Upstream);
    assert_eq!(read_only(&upstream), [Some(true), Some(true), None]);
}

#[test]
fn false_is_kept_if_it_was_said() {
    let conversion = Conversion::new(&none);
    for paused in [None, Some(false), Some(true)] {
        let hub = v1beta2::Cluster {
            spec: v1beta2::ClusterSpec {
                paused,
                ..v1beta2::ClusterSpec::default()
            },
            ..v1beta2::Cluster::default()
        };
        let mut spoke: v1beta1::Cluster = conversion.from_hub(hub.clone()).unwrap();
        assert_eq!(conversion.to_hub(spoke.clone()).unwrap(), hub);
        spoke.spec.paused = true;
        assert_eq!(conversion.to_hub(spoke).unwrap().spec.paused, Some(true));
    }
}

#[test]
fn data_of_another_version_is_read() {
    let conversion = Conversion::new(&none);
    let mut spoke = v1beta1::Cluster::default();
    let data = r#"{"apiVersion":"cluster.x-k8s.io/v1beta3","kind":"Cluster","spec":{"paused":false,"topology":null}}"#;
    let annotations = &mut spoke.metadata.annotations;
    annotations.insert(DATA_ANNOTATION.to_owned(), data.to_owned());
    let hub = conversion.to_hub(spoke).unwrap();
    assert_eq!(hub.spec.paused, Some(false));
    assert!(hub.metadata.annotations.is_empty());
}

#[test]
fn spokes_convert_to_each_other() {
    let conversion = Conversion::new(&none);
    let claim = json!({
        "apiVersion": "ipam.cluster.x-k8s.io/v1alpha1", "kind": "IPAddressClaim",
        "metadata": {"labels": {"cluster.x-k8s.io/cluster-name": "a"}},
    });
    let to = "ipam.cluster.x-k8s.io/v1beta1".parse().unwrap();
    let claim = convert(&claim, &to, &conversion).unwrap();
    assert_eq!(claim["apiVersion"], "ipam.cluster.x-k8s.io/v1beta1");
    assert_eq!(claim["spec"]["clusterName"], "a");
}

#[test]
fn what_cannot_be_converted_is_named() {
    let conversion = Conversion::new(&none);
    let to = "cluster.x-k8s.io/v1beta2".parse().unwrap();
    let pod = json!({"apiVersion": "v1", "kind": "Pod"});
    let error = convert(&pod, &to, &conversion).unwrap_err();
    assert!(
        matches!(error, ConversionError::Unsupported { .. }),
        "{error}"
    );
    let cluster = json!({"apiVersion": "cluster.x-k8s.io/v1beta1", "kind": "Cluster", "spec": {"paused": "no"}});
    let error = convert(&cluster, &to, &conversion).unwrap_err();
    assert_eq!(
        error.to_string(),
        "spec.paused: expected a boolean, found string \"no\""
    );
}
