//! The types of the plugin `EventRateLimit`, `eventratelimit.admission.k8s.io/v1alpha1`.
//!
//! They mirror `plugin/pkg/admission/eventratelimit/apis/eventratelimit/v1alpha1/types.go`.

use serde::{Deserialize, Serialize};

use crate::omit;

/// The configuration of the admission plugin.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct Configuration {
    /// The limits, each of another type. At least one.
    pub limits: Option<Vec<Limit>>,
}

/// How many events one bucket takes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct Limit {
    /// What has a bucket: `Server`, `Namespace`, `User` or `SourceAndObject`.
    pub r#type: String,
    /// How many events a second.
    pub qps: i32,
    /// How many events at once.
    pub burst: i32,
    /// How many buckets are kept. Unset: 4096. Not for the type `Server`.
    #[serde(skip_serializing_if = "omit::zero")]
    pub cache_size: i32,
}

crate::kind::kinds!("eventratelimit.admission.k8s.io", "v1alpha1": Configuration);
