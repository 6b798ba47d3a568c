//! Version v1beta1 of the group `addons.cluster.x-k8s.io`.

mod cluster_resource_set;

pub use crate::addons::v1beta2::ClusterResourceSetStrategy;
pub use crate::core::v1beta1::V1Beta2Conditions;
pub use cluster_resource_set::{
    ClusterResourceSet, ClusterResourceSetBinding, ClusterResourceSetBindingSpec,
    ClusterResourceSetSpec, ClusterResourceSetStatus, ResourceBinding, ResourceRef,
    ResourceSetBinding,
};
