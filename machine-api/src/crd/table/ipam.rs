//! Kinds of the group `ipam.cluster.x-k8s.io`.

use crate::{
    crd::{Column, Definition, Scale, Version},
    ipam,
    schema::structural,
};

pub(super) const IP_ADDRESS_CLAIM: Definition = Definition {
    group: "ipam.cluster.x-k8s.io",
    kind: "IPAddressClaim",
    plural: "ipaddressclaims",
    short_names: &[],
    namespaced: true,
    versions: &[
        Version {
            name: "v1alpha1",
            schema: structural::<ipam::v1alpha1::IPAddressClaim>,
            deprecated: false,
            status: true,
            scale: Scale::None,
            columns: &[
                Column::new("Pool Name", "string", ".spec.poolRef.name"),
                Column::new("Pool Kind", "string", ".spec.poolRef.kind"),
                Column::AGE,
            ],
        },
        Version {
            name: "v1beta1",
            schema: structural::<ipam::v1beta1::IPAddressClaim>,
            deprecated: true,
            status: true,
            scale: Scale::None,
            columns: &[
                Column::new("Pool Name", "string", ".spec.poolRef.name"),
                Column::new("Pool Kind", "string", ".spec.poolRef.kind"),
                Column::AGE,
            ],
        },
        Version {
            name: "v1beta2",
            schema: structural::<ipam::v1beta2::IPAddressClaim>,
            deprecated: false,
            status: true,
            scale: Scale::None,
            columns: &[
                Column::new("Pool Name", "string", ".spec.poolRef.name"),
                Column::new("Pool Kind", "string", ".spec.poolRef.kind"),
                Column::AGE,
            ],
        },
    ],
};

pub(super) const IP_ADDRESS: Definition = Definition {
    group: "ipam.cluster.x-k8s.io",
    kind: "IPAddress",
    plural: "ipaddresses",
    short_names: &[],
    namespaced: true,
    versions: &[
        Version {
            name: "v1alpha1",
            schema: structural::<ipam::v1alpha1::IPAddress>,
            deprecated: false,
            status: false,
            scale: Scale::None,
            columns: &[
                Column::new("Address", "string", ".spec.address"),
                Column::new("Pool Name", "string", ".spec.poolRef.name"),
                Column::new("Pool Kind", "string", ".spec.poolRef.kind"),
                Column::AGE,
            ],
        },
        Version {
            name: "v1beta1",
            schema: structural::<ipam::v1beta1::IPAddress>,
            deprecated: true,
            status: false,
            scale: Scale::None,
            columns: &[
                Column::new("Address", "string", ".spec.address"),
                Column::new("Pool Name", "string", ".spec.poolRef.name"),
                Column::new("Pool Kind", "string", ".spec.poolRef.kind"),
                Column::AGE,
            ],
        },
        Version {
            name: "v1beta2",
            schema: structural::<ipam::v1beta2::IPAddress>,
            deprecated: false,
            status: false,
            scale: Scale::None,
            columns: &[
                Column::new("Address", "string", ".spec.address"),
                Column::new("Pool Name", "string", ".spec.poolRef.name"),
                Column::new("Pool Kind", "string", ".spec.poolRef.kind"),
                Column::AGE,
            ],
        },
    ],
};
