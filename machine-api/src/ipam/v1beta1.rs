//! Version v1beta1 of the group `ipam.cluster.x-k8s.io`.

mod ip_address;

pub use crate::core::v1beta1::V1Beta2Conditions;
pub use ip_address::{
    IPAddress, IPAddressClaim, IPAddressClaimSpec, IPAddressClaimStatus, IPAddressSpec,
};
