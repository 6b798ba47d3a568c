//! Bootstrap data made for kubeadm: the group `bootstrap.cluster.x-k8s.io`.

pub mod v1beta1;
pub mod v1beta2;
