//! Version v1beta2 of the group `addons.cluster.x-k8s.io`.

mod cluster_resource_set;

pub use cluster_resource_set::{
    ClusterResourceSet, ClusterResourceSetBinding, ClusterResourceSetBindingSpec,
    ClusterResourceSetSpec, ClusterResourceSetStatus, ClusterResourceSetStrategy, ResourceBinding,
    ResourceRef, ResourceSetBinding,
};
