//! Version v1beta2 of the group `ipam.cluster.x-k8s.io`.

mod ip_address;

pub use ip_address::{
    IPAddress, IPAddressClaim, IPAddressClaimReference, IPAddressClaimSpec, IPAddressClaimStatus,
    IPAddressReference, IPAddressSpec, IPPoolReference,
};
