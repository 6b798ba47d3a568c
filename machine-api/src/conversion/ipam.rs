//! IPAddress and IPAddressClaim.

use super::{
    Spoke,
    core::{conditions, deprecated_conditions, undeprecated, v1beta2_conditions},
    field::{Context, Convert, pair},
    restore,
};
use crate::{
    ipam::{v1alpha1 as oldest, v1beta1 as old, v1beta2 as new},
    meta::{LocalObjectReference, TypedLocalObjectReference},
};

/// The label that v1alpha1 has in place of a field.
const CLUSTER_NAME_LABEL: &str = "cluster.x-k8s.io/cluster-name";
/// Says that the label was not there before it took the place of the field.
const LABEL_SET_ANNOTATION: &str = "conversion.cluster.x-k8s.io/cluster-name-label-set";

pair!(LocalObjectReference, new::IPAddressClaimReference { name });
pair!(LocalObjectReference, new::IPAddressReference { name });
pair!(
    TypedLocalObjectReference,
    new::IPPoolReference {
        kind,
        name,
        api_group
    }
);

pair!(
    old::IPAddressSpec,
    new::IPAddressSpec {
        claim_ref,
        pool_ref,
        address,
        prefix,
        gateway
    }
);
pair!(
    oldest::IPAddressSpec,
    new::IPAddressSpec {
        claim_ref,
        pool_ref,
        address,
        prefix,
        gateway
    }
);
pair!(
    old::IPAddressClaimSpec,
    new::IPAddressClaimSpec {
        cluster_name,
        pool_ref
    }
);
pair!(
    oldest::IPAddressClaimSpec,
    new::IPAddressClaimSpec { pool_ref }
);
pair!(old::IPAddressClaimStatus, new::IPAddressClaimStatus { address_ref }
    up(from, to, _context) {
        to.conditions = conditions(&mut from.v1beta2);
        to.deprecated = deprecated_conditions(std::mem::take(&mut from.conditions));
    }
    down(from, to, _context) {
        to.conditions = undeprecated(&mut from.deprecated).conditions;
        to.v1beta2 = v1beta2_conditions(&mut from.conditions);
    }
);
pair!(oldest::IPAddressClaimStatus, new::IPAddressClaimStatus { address_ref }
    up(from, to, _context) {
        to.deprecated = deprecated_conditions(std::mem::take(&mut from.conditions));
    }
    down(from, to, _context) {
        to.conditions = undeprecated(&mut from.deprecated).conditions;
    }
);

macro_rules! address {
    ($spoke:ty) => {
        impl Spoke for $spoke {
            type Hub = new::IPAddress;

            fn up(self, context: &mut Context<'_>) -> new::IPAddress {
                new::IPAddress {
                    metadata: self.metadata,
                    spec: self.spec.convert(context),
                }
            }

            fn down(hub: new::IPAddress, context: &mut Context<'_>) -> Self {
                Self {
                    metadata: hub.metadata,
                    spec: hub.spec.convert(context),
                }
            }
        }
    };
}

address!(old::IPAddress);
address!(oldest::IPAddress);

impl Spoke for old::IPAddressClaim {
    type Hub = new::IPAddressClaim;

    fn up(self, context: &mut Context<'_>) -> new::IPAddressClaim {
        new::IPAddressClaim {
            metadata: self.metadata,
            spec: self.spec.convert(context),
            status: self.status.convert(context),
        }
    }

    fn down(hub: new::IPAddressClaim, context: &mut Context<'_>) -> Self {
        Self {
            metadata: hub.metadata,
            spec: hub.spec.convert(context),
            status: hub.status.convert(context),
        }
    }
}

impl Spoke for oldest::IPAddressClaim {
    type Hub = new::IPAddressClaim;

    fn up(mut self, context: &mut Context<'_>) -> new::IPAddressClaim {
        let restored = restore::take::<new::IPAddressClaim, _>(&mut self, context);
        let mut hub = new::IPAddressClaim {
            metadata: self.metadata,
            spec: self.spec.convert(context),
            status: self.status.convert(context),
        };
        let metadata = &mut hub.metadata;
        if !metadata.labels.is_empty() {
            hub.spec.cluster_name = metadata
                .labels
                .get(CLUSTER_NAME_LABEL)
                .cloned()
                .unwrap_or_default();
            let was_set = metadata.annotations.remove(LABEL_SET_ANNOTATION);
            if was_set.is_some_and(|was_set| was_set == "false") {
                metadata.labels.remove(CLUSTER_NAME_LABEL);
            }
        }
        if let Some(restored) = restored {
            hub.status.conditions = restored.status.conditions;
        }
        hub
    }

    fn down(hub: new::IPAddressClaim, context: &mut Context<'_>) -> Self {
        let data = restore::data(&hub, context);
        let cluster_name = hub.spec.cluster_name.clone();
        let mut spoke = Self {
            metadata: hub.metadata,
            spec: hub.spec.convert(context),
            status: hub.status.convert(context),
        };
        if !cluster_name.is_empty() {
            let metadata = &mut spoke.metadata;
            if !metadata.labels.contains_key(CLUSTER_NAME_LABEL) {
                metadata
                    .annotations
                    .insert(LABEL_SET_ANNOTATION.to_owned(), "false".to_owned());
            }
            metadata
                .labels
                .insert(CLUSTER_NAME_LABEL.to_owned(), cluster_name);
        }
        restore::keep(&mut spoke, data);
        spoke
    }
}
