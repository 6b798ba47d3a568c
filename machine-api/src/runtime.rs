//! Extensions that are called at hooks: the group `runtime.cluster.x-k8s.io`.

pub mod v1alpha1;
pub mod v1beta2;
