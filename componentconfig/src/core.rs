//! Types of the Kubernetes core API that configuration files and the objects of other crates contain.

#[cfg(feature = "kube-scheduler")]
mod affinity;
#[cfg(feature = "kubelet")]
mod env;
mod meta;
#[cfg(feature = "kube-apiserver")]
mod micro_time;
#[cfg(feature = "kube-scheduler")]
mod spread;
#[cfg(feature = "kubelet")]
mod taint;
mod time;
#[cfg(feature = "kube-apiserver")]
mod toleration;

#[cfg(feature = "kubelet")]
pub use self::{
    env::{
        ConfigMapKeySelector, EnvVar, EnvVarSource, FileKeySelector, ObjectFieldSelector,
        ResourceFieldSelector, SecretKeySelector,
    },
    taint::Taint,
};
pub use self::{
    meta::{ListMeta, ManagedFieldsEntry, ObjectMeta, OwnerReference, ShardInfo},
    time::{ParseTimeError, Time},
};

#[cfg(feature = "kube-scheduler")]
pub use self::{
    affinity::{
        NodeAffinity, NodeSelector, NodeSelectorRequirement, NodeSelectorTerm,
        PreferredSchedulingTerm,
    },
    spread::{LabelSelector, LabelSelectorRequirement, TopologySpreadConstraint},
};
#[cfg(feature = "kube-apiserver")]
pub use self::{micro_time::MicroTime, toleration::Toleration};
