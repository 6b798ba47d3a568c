//! The type of authentication in `apiserver.config.k8s.io/v1alpha1`, the same as that of v1.

use serde::{Deserialize, Serialize};

pub use super::v1::{
    AnonymousAuthCondition, AnonymousAuthConfig, ClaimMappings, ClaimOrExpression,
    ClaimValidationRule, ExtraMapping, Issuer, JWTAuthenticator, PrefixedClaimOrExpression,
    UserValidationRule,
};

/// How the API server finds out who sends a request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct AuthenticationConfiguration {
    /// Issuers of JSON web tokens. At most 64.
    pub jwt: Option<Vec<JWTAuthenticator>>,
    /// Requests without credentials. Unset: as the flag `--anonymous-auth` says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub anonymous: Option<AnonymousAuthConfig>,
}

crate::kind::kinds!("apiserver.config.k8s.io", "v1alpha1": AuthenticationConfiguration);
