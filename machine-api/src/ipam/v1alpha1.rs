//! Version v1alpha1 of the group `ipam.cluster.x-k8s.io`.

mod ip_address;

pub use ip_address::{
    IPAddress, IPAddressClaim, IPAddressClaimSpec, IPAddressClaimStatus, IPAddressSpec,
};
