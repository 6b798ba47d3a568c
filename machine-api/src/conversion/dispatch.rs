//! Conversion of objects whose kind is only known when they are read, as a conversion webhook sees them.

use componentconfig::{GroupVersion, GroupVersionKind, Kind, Strictness, decode_value};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{Conversion, ConversionError, Spoke};
use crate::{addons, bootstrap, controlplane, core, ipam, runtime};

/// Converts an object of any of the kinds to another version of it.
///
/// ```
/// use machine_api::conversion::{Conversion, convert};
/// use serde_json::json;
///
/// let conversion = Conversion::new(&|_: &str, _: &str| None);
/// let old = json!({
///     "apiVersion": "cluster.x-k8s.io/v1beta1", "kind": "MachineDeployment", "metadata": {"name": "a"},
///     "spec": {"minReadySeconds": 5},
/// });
/// let new = convert(&old, &"cluster.x-k8s.io/v1beta2".parse()?, &conversion)?;
/// assert_eq!(new["spec"]["template"]["spec"]["minReadySeconds"], 5);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// As [`Conversion::to_hub`] and [`Conversion::from_hub`], and for objects of other kinds or that cannot be read.
pub fn convert(
    object: &Value,
    to: &GroupVersion,
    conversion: &Conversion<'_>,
) -> Result<Value, ConversionError> {
    let text = |field: &str| {
        object
            .get(field)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let from = GroupVersionKind::parse(text("apiVersion"), text("kind"));
    let from = from.map_err(|error| ConversionError::MalformedObject {
        message: error.to_string(),
    })?;
    if from.group_version() == *to {
        return Ok(object.clone());
    }
    let unsupported = || ConversionError::Unsupported {
        from: from.to_string(),
        to: to.to_string(),
    };
    let edges = || EDGES.iter().filter(|edge| edge.spoke.kind() == from.kind());
    if let Some(edge) = edges().find(|edge| edge.hub == from && edge.spoke.group_version() == *to) {
        return (edge.down)(object, conversion);
    }
    let edge = edges()
        .find(|edge| edge.spoke == from)
        .ok_or_else(unsupported)?;
    let hub = (edge.up)(object, conversion)?;
    if edge.hub.group_version() == *to {
        return Ok(hub);
    }
    let other =
        edges().find(|edge| edge.spoke.group_version() == *to && edge.hub.group() == to.group());
    (other.ok_or_else(unsupported)?.down)(&hub, conversion)
}

type Convert = fn(&Value, &Conversion<'_>) -> Result<Value, ConversionError>;

/// A spoke and its hub.
struct Edge {
    spoke: GroupVersionKind,
    hub: GroupVersionKind,
    up: Convert,
    down: Convert,
}

const fn edge<T>() -> Edge
where
    T: Spoke + DeserializeOwned,
    T::Hub: DeserializeOwned,
{
    Edge {
        spoke: T::GVK,
        hub: <T::Hub as Kind>::GVK,
        up: |object, conversion| Ok(conversion.to_hub(read::<T>(object)?)?.to_document()),
        down: |object, conversion| Ok(conversion.from_hub::<T>(read(object)?)?.to_document()),
    }
}

fn read<T: DeserializeOwned>(object: &Value) -> Result<T, ConversionError> {
    let read = decode_value(object, Strictness::Ignore).into_result();
    let read = read.map_err(|report| ConversionError::MalformedObject {
        message: report.to_string(),
    });
    Ok(read?.0)
}

static EDGES: [Edge; 19] = [
    edge::<core::v1beta1::Cluster>(),
    edge::<core::v1beta1::ClusterClass>(),
    edge::<core::v1beta1::Machine>(),
    edge::<core::v1beta1::MachineSet>(),
    edge::<core::v1beta1::MachineDeployment>(),
    edge::<core::v1beta1::MachineHealthCheck>(),
    edge::<core::v1beta1::MachinePool>(),
    edge::<core::v1beta1::MachineDrainRule>(),
    edge::<addons::v1beta1::ClusterResourceSet>(),
    edge::<addons::v1beta1::ClusterResourceSetBinding>(),
    edge::<bootstrap::v1beta1::KubeadmConfig>(),
    edge::<bootstrap::v1beta1::KubeadmConfigTemplate>(),
    edge::<controlplane::v1beta1::KubeadmControlPlane>(),
    edge::<controlplane::v1beta1::KubeadmControlPlaneTemplate>(),
    edge::<ipam::v1alpha1::IPAddress>(),
    edge::<ipam::v1alpha1::IPAddressClaim>(),
    edge::<ipam::v1beta1::IPAddress>(),
    edge::<ipam::v1beta1::IPAddressClaim>(),
    edge::<runtime::v1alpha1::ExtensionConfig>(),
];
