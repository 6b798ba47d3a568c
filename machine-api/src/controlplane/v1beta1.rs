//! Version v1beta1 of the group `controlplane.cluster.x-k8s.io`.

mod kubeadm_control_plane;
mod kubeadm_control_plane_template;

pub use crate::controlplane::v1beta2::KubeadmControlPlaneRolloutStrategyType;
pub use crate::core::v1beta1::V1Beta2ReplicasStatus;
pub use kubeadm_control_plane::{
    KubeadmControlPlane, KubeadmControlPlaneMachineTemplate, KubeadmControlPlaneSpec,
    KubeadmControlPlaneStatus, LastRemediationStatus, MachineNamingStrategy, RemediationStrategy,
    RollingUpdate, RolloutBefore, RolloutStrategy,
};
pub use kubeadm_control_plane_template::{
    KubeadmControlPlaneTemplate, KubeadmControlPlaneTemplateMachineTemplate,
    KubeadmControlPlaneTemplateResource, KubeadmControlPlaneTemplateResourceSpec,
    KubeadmControlPlaneTemplateSpec,
};
