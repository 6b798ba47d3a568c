//! What kubeadm prints, with `-o yaml` or `-o json`.

pub mod v1alpha3;
