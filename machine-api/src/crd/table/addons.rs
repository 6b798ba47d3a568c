//! Kinds of the group `addons.cluster.x-k8s.io`.

use crate::{
    addons,
    crd::{Column, Definition, Scale, Version},
    schema::structural,
};

pub(super) const CLUSTER_RESOURCE_SET_BINDING: Definition = Definition {
    group: "addons.cluster.x-k8s.io",
    kind: "ClusterResourceSetBinding",
    plural: "clusterresourcesetbindings",
    short_names: &[],
    namespaced: true,
    versions: &[
        Version {
            name: "v1beta1",
            schema: structural::<addons::v1beta1::ClusterResourceSetBinding>,
            deprecated: true,
            status: true,
            scale: Scale::None,
            columns: &[Column::AGE],
        },
        Version {
            name: "v1beta2",
            schema: structural::<addons::v1beta2::ClusterResourceSetBinding>,
            deprecated: false,
            status: false,
            scale: Scale::None,
            columns: &[
                Column::new("Cluster", "string", ".spec.clusterName"),
                Column::AGE,
            ],
        },
    ],
};

pub(super) const CLUSTER_RESOURCE_SET: Definition = Definition {
    group: "addons.cluster.x-k8s.io",
    kind: "ClusterResourceSet",
    plural: "clusterresourcesets",
    short_names: &[],
    namespaced: true,
    versions: &[
        Version {
            name: "v1beta1",
            schema: structural::<addons::v1beta1::ClusterResourceSet>,
            deprecated: true,
            status: true,
            scale: Scale::None,
            columns: &[Column::AGE],
        },
        Version {
            name: "v1beta2",
            schema: structural::<addons::v1beta2::ClusterResourceSet>,
            deprecated: false,
            status: true,
            scale: Scale::None,
            columns: &[
                Column::condition("Applied", "ResourcesApplied"),
                Column::condition("Paused", "Paused").wide(),
                Column::AGE,
            ],
        },
    ],
};
