//! Kinds of the group `runtime.cluster.x-k8s.io`.

use crate::{
    crd::{Column, Definition, Scale, Version},
    runtime,
    schema::structural,
};

pub(super) const EXTENSION_CONFIG: Definition = Definition {
    group: "runtime.cluster.x-k8s.io",
    kind: "ExtensionConfig",
    plural: "extensionconfigs",
    short_names: &["ext"],
    namespaced: false,
    versions: &[
        Version {
            name: "v1alpha1",
            schema: structural::<runtime::v1alpha1::ExtensionConfig>,
            deprecated: true,
            status: true,
            scale: Scale::None,
            columns: &[Column::AGE],
        },
        Version {
            name: "v1beta2",
            schema: structural::<runtime::v1beta2::ExtensionConfig>,
            deprecated: false,
            status: true,
            scale: Scale::None,
            columns: &[
                Column::condition("Paused", "Paused").wide(),
                Column::condition("Discovered", "Discovered"),
                Column::AGE,
            ],
        },
    ],
};
