//! Version v1beta2 of the group `controlplane.cluster.x-k8s.io`.

mod kubeadm_control_plane;
mod kubeadm_control_plane_template;

pub use kubeadm_control_plane::{
    KubeadmControlPlane, KubeadmControlPlaneInitializationStatus,
    KubeadmControlPlaneMachineTemplate, KubeadmControlPlaneMachineTemplateSpec,
    KubeadmControlPlaneRemediationSpec, KubeadmControlPlaneRolloutBeforeSpec,
    KubeadmControlPlaneRolloutSpec, KubeadmControlPlaneRolloutStrategy,
    KubeadmControlPlaneRolloutStrategyRollingUpdate, KubeadmControlPlaneRolloutStrategyType,
    KubeadmControlPlaneSpec, KubeadmControlPlaneStatus, KubeadmControlPlaneV1Beta1DeprecatedStatus,
    LastRemediationStatus,
};
pub use kubeadm_control_plane_template::{
    KubeadmControlPlaneTemplate, KubeadmControlPlaneTemplateMachineTemplate,
    KubeadmControlPlaneTemplateMachineTemplateSpec, KubeadmControlPlaneTemplateResource,
    KubeadmControlPlaneTemplateResourceSpec, KubeadmControlPlaneTemplateSpec,
};
