//! Multi-cluster services: what the clusters of a ClusterSet export under one name, merged into what they import.
//!
//! Follows KEP-1645 and `mcs-api` (`pkg/apis/v1beta1`). [`merge`] is the rule book: exports in, one import and every
//! conflict out. [`ExportTable`] is the state to feed it from when exports arrive late, twice or out of order: tables
//! join to the same table whatever the order. [`desired`] is what a controller writes into every cluster, and
//! [`dns`] the records and [`slices`] the EndpointSlices that follow.

mod conflict;
mod desired;
pub mod dns;
mod export;
mod import;
mod key;
mod merge;
mod ports;
mod service;
pub mod slices;
mod table;

pub use crate::condition::{Condition, ConditionStatus, update_conditions};
pub use conflict::{Conflict, ConflictReason, Differing};
pub use desired::{Absence, Desired, desired};
pub use export::{
    Export, ServiceExport, ServiceExportKind, ServiceExportSpec, ServiceExportStatus, Validity,
};
pub use import::{
    ClusterStatus, ImportType, ServiceImport, ServiceImportKind, ServiceImportSpec,
    ServiceImportStatus,
};
pub use key::ServiceKey;
pub use merge::{Merged, merge};
pub use service::{
    ClientIpConfig, InternalTrafficPolicy, IpFamily, Protocol, ServicePort, ServiceSpec,
    ServiceType, SessionAffinity, SessionAffinityConfig,
};
pub use table::{ExportTable, Record, Report, Version};

use serde::{Deserialize, Serialize};

/// The API group of multi-cluster services.
pub const GROUP: &str = "multicluster.x-k8s.io";

/// The served versions of the group. The schemas of both are the same as far as this crate writes them.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub enum ApiVersion {
    /// `multicluster.x-k8s.io/v1alpha1`.
    #[serde(rename = "multicluster.x-k8s.io/v1alpha1")]
    V1Alpha1,
    /// `multicluster.x-k8s.io/v1beta1`, the stored one.
    #[default]
    #[serde(rename = "multicluster.x-k8s.io/v1beta1")]
    V1Beta1,
}
