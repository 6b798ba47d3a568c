//! The types of authorization, `apiserver.config.k8s.io/v1`.
//!
//! They mirror `staging/src/k8s.io/apiserver/pkg/apis/apiserver/v1/types.go`.

use serde::{Deserialize, Serialize};

use crate::scalar::Duration;

/// Who decides whether a request is allowed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct AuthorizationConfiguration {
    /// The authorizers in the order they are asked.
    pub authorizers: Option<Vec<AuthorizerConfiguration>>,
}

/// One authorizer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct AuthorizerConfiguration {
    /// What it is: `ABAC`, `AlwaysAllow`, `AlwaysDeny`, `Node`, `RBAC` or `Webhook`. Only `Webhook` may come twice.
    pub r#type: String,
    /// Its name in metrics: a DNS subdomain, unique.
    pub name: String,
    /// The webhook, for the type `Webhook`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub webhook: Option<WebhookConfiguration>,
}

/// A webhook that authorizes requests.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct WebhookConfiguration {
    /// How long an answer of yes is kept. Default 5 minutes.
    #[serde(rename = "authorizedTTL")]
    pub authorized_ttl: Duration,
    /// Whether an answer of yes is kept. Default true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_authorized_requests: Option<bool>,
    /// How long an answer of no is kept. Default 30 seconds.
    #[serde(rename = "unauthorizedTTL")]
    pub unauthorized_ttl: Duration,
    /// Whether an answer of no is kept. Default true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_unauthorized_requests: Option<bool>,
    /// How long a call may take: more than nothing, at most 30 seconds.
    pub timeout: Duration,
    /// The version of what is sent, `v1` or `v1beta1`.
    pub subject_access_review_version: String,
    /// The version of what `matchConditions` see: `v1`.
    pub match_condition_subject_access_review_version: String,
    /// What a failed call means: `NoOpinion` or `Deny`.
    pub failure_policy: String,
    /// Where the webhook is.
    pub connection_info: WebhookConnectionInfo,
    /// The requests that the webhook is asked about: those for which all conditions are true. At most 64.
    pub match_conditions: Option<Vec<WebhookMatchCondition>>,
}

/// Where a webhook is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct WebhookConnectionInfo {
    /// `KubeConfigFile`, or `InClusterConfig` for the server itself.
    pub r#type: String,
    /// The kubeconfig with the webhook's address, an absolute path.
    pub kube_config_file: Option<String>,
}

/// A condition of a webhook.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct WebhookMatchCondition {
    /// A CEL expression over `request`, a SubjectAccessReview's spec.
    pub expression: String,
}

crate::kind::kinds!("apiserver.config.k8s.io", "v1": AuthorizationConfiguration);
