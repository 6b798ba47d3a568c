//! The kinds IPAddress and IPAddressClaim.

use serde::{Deserialize, Serialize};

use crate::core::v1beta2::{DeprecatedStatus, V1Beta1Conditions};
use crate::kind::kind;
use crate::meta::Condition;
use crate::omit;

kind! {
    /// An address that was given to a claim.
    pub struct IPAddress = "ipam.cluster.x-k8s.io", "v1beta2", "IPAddress" {
        /// What is wanted.
        [omit required] spec: IPAddressSpec,
    }
}

kind! {
    /// A request for an address.
    pub struct IPAddressClaim = "ipam.cluster.x-k8s.io", "v1beta2", "IPAddressClaim" {
        /// What is wanted.
        [omit required] spec: IPAddressClaimSpec,
        /// What is.
        [omit] status: IPAddressClaimStatus,
    }
}

/// What an IPAddress is to be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["claimRef", "poolRef", "address", "prefix"]))))]
#[serde(rename_all = "camelCase", default)]
pub struct IPAddressSpec {
    /// The claim that the address was given to.
    #[serde(skip_serializing_if = "omit::zero")]
    pub claim_ref: IPAddressClaimReference,
    /// The pool of addresses.
    #[serde(skip_serializing_if = "omit::zero")]
    pub pool_ref: IPPoolReference,
    /// The address.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 39)))]
    pub address: String,
    /// Length of the network part of the address.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(extend("minimum" = 0, "maximum" = 128)))]
    pub prefix: Option<i32>,
    /// The gateway of the network.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 39)))]
    pub gateway: String,
}

/// An IPAddressClaim.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["name"]))))]
#[serde(rename_all = "camelCase", default)]
pub struct IPAddressClaimReference {
    /// Its name.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 253, "pattern" = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$")))]
    pub name: String,
}

/// A pool of addresses.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["name", "kind", "apiGroup"]))))]
#[serde(rename_all = "camelCase", default)]
pub struct IPPoolReference {
    /// Its name.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 253, "pattern" = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$")))]
    pub name: String,
    /// Its kind.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 63, "pattern" = "^[a-zA-Z]([-a-zA-Z0-9]*[a-zA-Z0-9])?$")))]
    pub kind: String,
    /// Its group.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 253, "pattern" = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$")))]
    pub api_group: String,
}

/// What an IPAddressClaim is to be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["poolRef"]))))]
#[serde(rename_all = "camelCase", default)]
pub struct IPAddressClaimSpec {
    /// The Cluster that it belongs to.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 63)))]
    pub cluster_name: String,
    /// The pool of addresses.
    #[serde(skip_serializing_if = "omit::zero")]
    pub pool_ref: IPPoolReference,
}

/// What an IPAddressClaim is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("minProperties" = 1)))]
#[serde(rename_all = "camelCase", default)]
pub struct IPAddressClaimStatus {
    /// What is known about the object, by type.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = serde_json::json!(["type"]), "maxItems" = 32)))]
    pub conditions: Vec<Condition>,
    /// The address that was given.
    #[serde(skip_serializing_if = "omit::zero")]
    pub address_ref: IPAddressReference,
    /// Parts of the status that will go.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deprecated: Option<DeprecatedStatus<V1Beta1Conditions>>,
}

/// An IPAddress.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["name"]))))]
#[serde(rename_all = "camelCase", default)]
pub struct IPAddressReference {
    /// Its name.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 253, "pattern" = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$")))]
    pub name: String,
}
