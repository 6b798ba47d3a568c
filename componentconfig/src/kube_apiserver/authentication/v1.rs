//! The types of authentication, `apiserver.config.k8s.io/v1`.
//!
//! They mirror `staging/src/k8s.io/apiserver/pkg/apis/apiserver/v1/types.go`.

use serde::{Deserialize, Serialize};

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

/// A condition for requests without credentials.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct AnonymousAuthCondition {
    /// The path of the request.
    pub path: String,
}

/// Requests without credentials.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct AnonymousAuthConfig {
    /// Whether they are let in as `system:anonymous`.
    pub enabled: bool,
    /// The requests that are let in. Empty: all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<AnonymousAuthCondition>,
}

/// How claims become the attributes of a user.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ClaimMappings {
    /// The user's name.
    pub username: PrefixedClaimOrExpression,
    /// The user's groups.
    pub groups: PrefixedClaimOrExpression,
    /// The user's uid.
    pub uid: ClaimOrExpression,
    /// Further attributes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extra: Vec<ExtraMapping>,
}

/// An attribute that is a claim, or an expression.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ClaimOrExpression {
    /// The name of the claim. Excludes `expression`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub claim: String,
    /// A CEL expression over `claims`. Excludes `claim`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub expression: String,
}

/// A condition on claims: a claim with a value, or an expression.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ClaimValidationRule {
    /// The name of a claim of type string. Excludes `expression`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub claim: String,
    /// The value that the claim has to have.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub required_value: String,
    /// A CEL expression over `claims` that is true for good tokens. Excludes `claim`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub expression: String,
    /// What is said where the expression is false.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message: String,
}

/// A further attribute of the user.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ExtraMapping {
    /// Its name: a path below a domain, such as `example.org/team`, in lower case.
    pub key: String,
    /// A CEL expression over `claims` that gives a text or a list of texts.
    pub value_expression: String,
}

/// An issuer of tokens.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct Issuer {
    /// Its URL: the claim `iss`, and where its keys are found. `https` only, and unique.
    pub url: String,
    /// Where its keys are found, if that is not under `url`. `https` only, and unique.
    #[serde(rename = "discoveryURL", skip_serializing_if = "Option::is_none")]
    pub discovery_url: Option<String>,
    /// The certificates in PEM form that vouch for its server. Empty: those of the system.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub certificate_authority: String,
    /// The audiences of which a token needs one in its claim `aud`.
    pub audiences: Option<Vec<String>>,
    /// How audiences are compared: `MatchAny`. Needed if there are several of them.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub audience_match_policy: String,
    /// Through which egress selection the issuer is reached: `controlplane` or `cluster`. Empty: directly.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub egress_selector_type: String,
}

/// One issuer of tokens, and how its claims become a user.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct JWTAuthenticator {
    /// The issuer.
    pub issuer: Issuer,
    /// What the claims have to fulfil.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub claim_validation_rules: Vec<ClaimValidationRule>,
    /// How claims become the attributes of a user.
    pub claim_mappings: ClaimMappings,
    /// What the user has to fulfil that came out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub user_validation_rules: Vec<UserValidationRule>,
}

/// An attribute that is a claim with a prefix, or an expression.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct PrefixedClaimOrExpression {
    /// The name of the claim. Excludes `expression`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub claim: String,
    /// What is put before the value of the claim; has to be set with `claim`, if only to the empty text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
    /// A CEL expression over `claims`. Excludes `claim` and `prefix`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub expression: String,
}

/// A condition on the user that the claims were made into.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct UserValidationRule {
    /// A CEL expression over `user` that is true for good users.
    pub expression: String,
    /// What is said where the expression is false.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message: String,
}

crate::kind::kinds!("apiserver.config.k8s.io", "v1": AuthenticationConfiguration);
