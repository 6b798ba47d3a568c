//! Cluster properties: what a cluster knows about itself, and who may name one how.
//!
//! Follows KEP-2149 and `about-api` (`api/v1beta1/clusterproperty_types.go`).

mod name;
mod object;

pub use name::{Author, NameRefusal, PropertyName, WellKnown};
pub use object::{ApiVersion, ClusterProperty, ClusterPropertySpec, Kind, Strictness};

/// The API group of cluster properties.
pub const GROUP: &str = "about.k8s.io";

/// How many characters (Unicode scalar values) the value of a property may have, by the marker in about-api. The CRD
/// that is installed lacks the limit.
pub const VALUE_MAX: usize = 128_000;
