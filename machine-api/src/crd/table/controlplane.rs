//! Kinds of the group `controlplane.cluster.x-k8s.io`.

use crate::{
    controlplane,
    crd::{Column, Definition, Scale, Version},
    schema::structural,
};

pub(super) const KUBEADM_CONTROL_PLANE: Definition = Definition {
    group: "controlplane.cluster.x-k8s.io",
    kind: "KubeadmControlPlane",
    plural: "kubeadmcontrolplanes",
    short_names: &["kcp"],
    namespaced: true,
    versions: &[
        Version {
            name: "v1beta1",
            schema: structural::<controlplane::v1beta1::KubeadmControlPlane>,
            deprecated: true,
            status: true,
            scale: Scale::Selected,
            columns: &[
                Column::new(
                    "Cluster",
                    "string",
                    r".metadata.labels['cluster\.x-k8s\.io/cluster-name']",
                ),
                Column::new("Initialized", "boolean", ".status.initialized"),
                Column::new("API Server Available", "boolean", ".status.ready"),
                Column::new("Desired", "integer", ".spec.replicas").wide(),
                Column::new("Replicas", "integer", ".status.replicas"),
                Column::new("Ready", "integer", ".status.readyReplicas"),
                Column::new("Updated", "integer", ".status.updatedReplicas"),
                Column::new("Unavailable", "integer", ".status.unavailableReplicas"),
                Column::AGE,
                Column::new("Version", "string", ".spec.version"),
            ],
        },
        Version {
            name: "v1beta2",
            schema: structural::<controlplane::v1beta2::KubeadmControlPlane>,
            deprecated: false,
            status: true,
            scale: Scale::Selected,
            columns: &[
                Column::new(
                    "Cluster",
                    "string",
                    r".metadata.labels['cluster\.x-k8s\.io/cluster-name']",
                ),
                Column::condition("Available", "Available"),
                Column::new("Desired", "integer", ".spec.replicas"),
                Column::new("Current", "integer", ".status.replicas"),
                Column::new("Ready", "integer", ".status.readyReplicas"),
                Column::new("Available", "integer", ".status.availableReplicas"),
                Column::new("Up-to-date", "integer", ".status.upToDateReplicas"),
                Column::condition("Paused", "Paused").wide(),
                Column::new(
                    "Initialized",
                    "boolean",
                    ".status.initialization.controlPlaneInitialized",
                ),
                Column::AGE,
                Column::new("Version", "string", ".spec.version"),
            ],
        },
    ],
};

pub(super) const KUBEADM_CONTROL_PLANE_TEMPLATE: Definition = Definition {
    group: "controlplane.cluster.x-k8s.io",
    kind: "KubeadmControlPlaneTemplate",
    plural: "kubeadmcontrolplanetemplates",
    short_names: &[],
    namespaced: true,
    versions: &[
        Version {
            name: "v1beta1",
            schema: structural::<controlplane::v1beta1::KubeadmControlPlaneTemplate>,
            deprecated: true,
            status: false,
            scale: Scale::None,
            columns: &[Column::AGE],
        },
        Version {
            name: "v1beta2",
            schema: structural::<controlplane::v1beta2::KubeadmControlPlaneTemplate>,
            deprecated: false,
            status: false,
            scale: Scale::None,
            columns: &[
                Column::new(
                    "ClusterClass",
                    "string",
                    r#".metadata.ownerReferences[?(@.kind=="ClusterClass")].name"#,
                ),
                Column::AGE,
            ],
        },
    ],
};
