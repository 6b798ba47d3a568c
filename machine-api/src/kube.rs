//! The kinds as [`kube`]'s `Api` takes them.
//!
//! kube keeps metadata in the type that it has from k8s-openapi, for which somebody has to choose a Kubernetes version;
//! ours does not. [`Stored`] is an object with kube's metadata.
//!
//! ```no_run
//! use kube::{Api, api::ListParams};
//! use machine_api::{core::v1beta2::Machine, kube::Stored};
//!
//! # async fn example(client: kube::Client) -> kube::Result<()> {
//! let machines: Api<Stored<Machine>> = Api::namespaced(client, "default");
//! for machine in machines.list(&ListParams::default()).await? {
//!     println!("{:?} runs {}", machine.metadata.name, machine.spec.version);
//! }
//! # Ok(())
//! # }
//! ```

use std::{
    borrow::Cow,
    ops::{Deref, DerefMut},
};

use ::kube::core::{ClusterResourceScope, NamespaceResourceScope, ObjectMeta, Resource};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};

use crate::{
    addons, bootstrap, controlplane, core, ipam,
    kind::{Object, WithoutMetadata},
    runtime,
};

/// A kind that an API server serves.
pub trait Served: Object {
    /// Whether its objects are in namespaces.
    type Scope;

    /// The name under which the API server has them, such as `machines`.
    const PLURAL: &'static str;
}

/// An object with kube's metadata. It is used like the object itself, whose own metadata is empty here.
///
/// ```
/// use kube::Resource;
/// use machine_api::{core::v1beta2::Machine, kube::Stored};
///
/// let mut machine = Machine::default();
/// machine.metadata.name = "a".to_owned();
/// machine.spec.version = "v1.36.0".to_owned();
/// let stored = Stored::new(machine.clone())?;
/// assert_eq!(stored.meta().name.as_deref(), Some("a"));
/// assert_eq!(Stored::<Machine>::url_path(&(), Some("b")), "/apis/cluster.x-k8s.io/v1beta2/namespaces/b/machines");
/// assert_eq!(stored.into_object()?, machine);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stored<T> {
    /// The object's metadata.
    pub metadata: ObjectMeta,
    object: T,
}

impl<T: Object> Stored<T> {
    /// The object with its metadata as kube has it.
    ///
    /// # Errors
    /// The metadata cannot be said in kube's type.
    pub fn new(mut object: T) -> serde_json::Result<Self> {
        let metadata = std::mem::take(object.metadata_mut());
        let metadata = serde_json::from_value(serde_json::to_value(metadata)?)?;
        Ok(Self { metadata, object })
    }

    /// The object with its metadata as we have it.
    ///
    /// # Errors
    /// The metadata cannot be said in our type.
    pub fn into_object(mut self) -> serde_json::Result<T> {
        *self.object.metadata_mut() = serde_json::from_value(serde_json::to_value(self.metadata)?)?;
        Ok(self.object)
    }
}

impl<T> Deref for Stored<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.object
    }
}

impl<T> DerefMut for Stored<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.object
    }
}

impl<T: Served> Resource for Stored<T> {
    type DynamicType = ();
    type Scope = T::Scope;

    fn kind((): &()) -> Cow<'_, str> {
        Cow::Owned(T::GVK.kind().to_owned())
    }

    fn group((): &()) -> Cow<'_, str> {
        Cow::Owned(T::GVK.group().to_owned())
    }

    fn version((): &()) -> Cow<'_, str> {
        Cow::Owned(T::GVK.version().to_owned())
    }

    fn plural((): &()) -> Cow<'_, str> {
        Cow::Borrowed(T::PLURAL)
    }

    fn meta(&self) -> &ObjectMeta {
        &self.metadata
    }

    fn meta_mut(&mut self) -> &mut ObjectMeta {
        &mut self.metadata
    }
}

impl<T> Serialize for Stored<T>
where
    T: Object,
    for<'a> WithoutMetadata<'a, T>: Serialize,
{
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Parts<'a, O: Serialize> {
            metadata: &'a ObjectMeta,
            #[serde(flatten)]
            rest: O,
        }

        let parts = Parts {
            metadata: &self.metadata,
            rest: WithoutMetadata(&self.object),
        };
        parts.serialize(serializer).map_err(ser::Error::custom)
    }
}

impl<'de, T: Object + Deserialize<'de>> Deserialize<'de> for Stored<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(T::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

macro_rules! served {
    ($($scope:ident $plural:literal: $($kind:ty),+;)+) => {
        $($(impl Served for $kind {
            type Scope = $scope;

            const PLURAL: &'static str = $plural;
        })+)+
    };
}

served! {
    NamespaceResourceScope "clusters": core::v1beta1::Cluster, core::v1beta2::Cluster;
    NamespaceResourceScope "clusterclasses": core::v1beta1::ClusterClass, core::v1beta2::ClusterClass;
    NamespaceResourceScope "machines": core::v1beta1::Machine, core::v1beta2::Machine;
    NamespaceResourceScope "machinesets": core::v1beta1::MachineSet, core::v1beta2::MachineSet;
    NamespaceResourceScope "machinedeployments": core::v1beta1::MachineDeployment, core::v1beta2::MachineDeployment;
    NamespaceResourceScope "machinehealthchecks":
        core::v1beta1::MachineHealthCheck, core::v1beta2::MachineHealthCheck;
    NamespaceResourceScope "machinepools": core::v1beta1::MachinePool, core::v1beta2::MachinePool;
    NamespaceResourceScope "machinedrainrules": core::v1beta1::MachineDrainRule, core::v1beta2::MachineDrainRule;
    NamespaceResourceScope "clusterresourcesets":
        addons::v1beta1::ClusterResourceSet, addons::v1beta2::ClusterResourceSet;
    NamespaceResourceScope "clusterresourcesetbindings":
        addons::v1beta1::ClusterResourceSetBinding, addons::v1beta2::ClusterResourceSetBinding;
    NamespaceResourceScope "kubeadmconfigs":
        bootstrap::v1beta1::KubeadmConfig, bootstrap::v1beta2::KubeadmConfig;
    NamespaceResourceScope "kubeadmconfigtemplates":
        bootstrap::v1beta1::KubeadmConfigTemplate, bootstrap::v1beta2::KubeadmConfigTemplate;
    NamespaceResourceScope "kubeadmcontrolplanes":
        controlplane::v1beta1::KubeadmControlPlane, controlplane::v1beta2::KubeadmControlPlane;
    NamespaceResourceScope "kubeadmcontrolplanetemplates":
        controlplane::v1beta1::KubeadmControlPlaneTemplate, controlplane::v1beta2::KubeadmControlPlaneTemplate;
    NamespaceResourceScope "ipaddresses":
        ipam::v1alpha1::IPAddress, ipam::v1beta1::IPAddress, ipam::v1beta2::IPAddress;
    NamespaceResourceScope "ipaddressclaims":
        ipam::v1alpha1::IPAddressClaim, ipam::v1beta1::IPAddressClaim, ipam::v1beta2::IPAddressClaim;
    ClusterResourceScope "extensionconfigs":
        runtime::v1alpha1::ExtensionConfig, runtime::v1beta2::ExtensionConfig;
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn metadata_goes_through_unchanged() {
        let text = json!({
            "apiVersion": "cluster.x-k8s.io/v1beta2",
            "kind": "MachineSet",
            "metadata": {
                "name": "a",
                "creationTimestamp": "2026-06-01T00:00:00Z",
                "labels": {"app": "web"},
                "ownerReferences": [
                    {"apiVersion": "v1", "kind": "A", "name": "b", "uid": "c", "controller": true},
                ],
                "managedFields": [{
                    "manager": "m", "operation": "Apply", "apiVersion": "v1", "time": "2026-06-01T00:00:00Z",
                    "fieldsType": "FieldsV1", "fieldsV1": {"f:spec": {}},
                }],
            },
            "spec": {"clusterName": "c", "replicas": 3, "selector": {}, "template": {}},
        });
        let stored: Stored<core::v1beta2::MachineSet> =
            serde_json::from_value(text.clone()).unwrap();
        assert_eq!(stored.spec.replicas, Some(3));
        let mut written = serde_json::to_value(&stored).unwrap();
        written["spec"]["selector"] = json!({});
        written["spec"]["template"] = json!({});
        assert_eq!(written, text);
    }
}
