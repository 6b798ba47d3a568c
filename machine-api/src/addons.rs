//! Resources that are applied to Clusters: the group `addons.cluster.x-k8s.io`.

pub mod v1beta1;
pub mod v1beta2;
