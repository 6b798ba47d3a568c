//! Kinds of the group `bootstrap.cluster.x-k8s.io`.

use crate::{
    bootstrap,
    crd::{Column, Definition, Scale, Version},
    schema::structural,
};

pub(super) const KUBEADM_CONFIG: Definition = Definition {
    group: "bootstrap.cluster.x-k8s.io",
    kind: "KubeadmConfig",
    plural: "kubeadmconfigs",
    short_names: &[],
    namespaced: true,
    versions: &[
        Version {
            name: "v1beta1",
            schema: structural::<bootstrap::v1beta1::KubeadmConfig>,
            deprecated: true,
            status: true,
            scale: Scale::None,
            columns: &[
                Column::new(
                    "Cluster",
                    "string",
                    r".metadata.labels['cluster\.x-k8s\.io/cluster-name']",
                ),
                Column::AGE,
            ],
        },
        Version {
            name: "v1beta2",
            schema: structural::<bootstrap::v1beta2::KubeadmConfig>,
            deprecated: false,
            status: true,
            scale: Scale::None,
            columns: &[
                Column::new(
                    "Cluster",
                    "string",
                    r".metadata.labels['cluster\.x-k8s\.io/cluster-name']",
                ),
                Column::condition("Paused", "Paused").wide(),
                Column::new(
                    "Data secret created",
                    "string",
                    ".status.initialization.dataSecretCreated",
                ),
                Column::AGE,
            ],
        },
    ],
};

pub(super) const KUBEADM_CONFIG_TEMPLATE: Definition = Definition {
    group: "bootstrap.cluster.x-k8s.io",
    kind: "KubeadmConfigTemplate",
    plural: "kubeadmconfigtemplates",
    short_names: &[],
    namespaced: true,
    versions: &[
        Version {
            name: "v1beta1",
            schema: structural::<bootstrap::v1beta1::KubeadmConfigTemplate>,
            deprecated: true,
            status: false,
            scale: Scale::None,
            columns: &[Column::AGE],
        },
        Version {
            name: "v1beta2",
            schema: structural::<bootstrap::v1beta2::KubeadmConfigTemplate>,
            deprecated: false,
            status: false,
            scale: Scale::None,
            columns: &[
                Column::new(
                    "ClusterClass",
                    "string",
                    r#".metadata.ownerReferences[?(@.kind=="ClusterClass")].name"#,
                ),
                Column::new(
                    "Cluster",
                    "string",
                    r#".metadata.ownerReferences[?(@.kind=="Cluster")].name"#,
                ),
                Column::AGE,
            ],
        },
    ],
};
