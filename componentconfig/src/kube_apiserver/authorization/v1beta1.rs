//! The type of authorization in `apiserver.config.k8s.io/v1beta1`, the same as that of v1.

use serde::{Deserialize, Serialize};

pub use super::v1::{
    AuthorizerConfiguration, WebhookConfiguration, WebhookConnectionInfo, WebhookMatchCondition,
};

/// Who decides whether a request is allowed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct AuthorizationConfiguration {
    /// The authorizers in the order they are asked.
    pub authorizers: Option<Vec<AuthorizerConfiguration>>,
}

crate::kind::kinds!("apiserver.config.k8s.io", "v1beta1": AuthorizationConfiguration);
