//! The kinds IPAddress and IPAddressClaim.

use serde::{Deserialize, Serialize};

use crate::core::v1beta2::V1Beta1Condition;
use crate::kind::kind;
use crate::meta::{LocalObjectReference, TypedLocalObjectReference};

kind! {
    /// An address that was given to a claim.
    pub struct IPAddress = "ipam.cluster.x-k8s.io", "v1alpha1", "IPAddress" {
        /// What is wanted.
        spec: IPAddressSpec,
    }
}

kind! {
    /// A request for an address.
    pub struct IPAddressClaim = "ipam.cluster.x-k8s.io", "v1alpha1", "IPAddressClaim" {
        /// What is wanted.
        spec: IPAddressClaimSpec,
        /// What is.
        status: IPAddressClaimStatus,
    }
}

/// What an IPAddress is to be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["claimRef", "poolRef", "address", "prefix"]))))]
#[serde(rename_all = "camelCase", default)]
pub struct IPAddressSpec {
    /// The claim that the address was given to.
    pub claim_ref: LocalObjectReference,
    /// The pool of addresses.
    pub pool_ref: TypedLocalObjectReference,
    /// The address.
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 39)))]
    pub address: String,
    /// Length of the network part of the address.
    #[cfg_attr(feature = "schemars", schemars(extend("format" = serde_json::Value::Null)))]
    pub prefix: i32,
    /// The gateway of the network.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 39)))]
    pub gateway: String,
}

/// What an IPAddressClaim is to be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["poolRef"]))))]
#[serde(rename_all = "camelCase", default)]
pub struct IPAddressClaimSpec {
    /// The pool of addresses.
    pub pool_ref: TypedLocalObjectReference,
}

/// What an IPAddressClaim is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct IPAddressClaimStatus {
    /// The address that was given.
    pub address_ref: LocalObjectReference,
    /// What is known about the object, by type.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<V1Beta1Condition>,
}
