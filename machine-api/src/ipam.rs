//! Addresses from pools: the group `ipam.cluster.x-k8s.io`.

pub mod v1alpha1;
pub mod v1beta1;
pub mod v1beta2;
