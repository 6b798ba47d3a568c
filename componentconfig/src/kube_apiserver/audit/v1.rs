//! The types of auditing, `audit.k8s.io/v1`: the policy, and the events that come of it.
//!
//! They mirror `staging/src/k8s.io/apiserver/pkg/apis/audit/v1/types.go`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::core::ListMeta;
use crate::core::MicroTime;
use crate::core::ObjectMeta;
use crate::omit;

/// Which requests are written to the audit log, and how much of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct Policy {
    /// Metadata, of which nothing is used.
    pub metadata: ObjectMeta,
    /// The rules: the first one that matches a request counts. At least one.
    pub rules: Option<Vec<PolicyRule>>,
    /// The stages that are not written for any rule.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub omit_stages: Vec<String>,
    /// Whether managed fields are left out of what is written.
    #[serde(skip_serializing_if = "omit::zero")]
    pub omit_managed_fields: bool,
}

/// Resources of a group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct GroupResources {
    /// The group; empty for the core group.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub group: String,
    /// The resources: `pods`, `pods/log`, `*`, `*/log`, `pods/*`. Empty: all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<String>,
    /// The names of objects. Empty: all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub resource_names: Vec<String>,
}

/// How much is written about the requests that match.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct PolicyRule {
    /// How much: `None`, `Metadata`, `Request` or `RequestResponse`.
    pub level: String,
    /// The users. Empty: all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub users: Vec<String>,
    /// The groups, of which a user is in one. Empty: all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub user_groups: Vec<String>,
    /// The verbs. Empty: all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub verbs: Vec<String>,
    /// The resources. Empty: all. Excludes `nonResourceURLs`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<GroupResources>,
    /// The namespaces; the empty text stands for what has none. Empty: all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub namespaces: Vec<String>,
    /// The paths that are no resources; `*` at the end stands for anything.
    #[serde(rename = "nonResourceURLs", skip_serializing_if = "Vec::is_empty")]
    pub non_resource_urls: Vec<String>,
    /// The stages that are not written.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub omit_stages: Vec<String>,
    /// Whether managed fields are left out. Unset: as the policy says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub omit_managed_fields: Option<bool>,
}

/// A list of policies.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct PolicyList {
    /// Metadata of the list.
    pub metadata: ListMeta,
    /// The policies.
    pub items: Option<Vec<Policy>>,
}

/// What the audit log says about a request at one stage.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct Event {
    /// How much was written.
    pub level: String,
    /// The same for all events of a request.
    #[serde(rename = "auditID")]
    pub audit_id: String,
    /// The stage: `RequestReceived`, `ResponseStarted`, `ResponseComplete` or `Panic`.
    pub stage: String,
    /// The URI as the client sent it.
    #[serde(rename = "requestURI")]
    pub request_uri: String,
    /// The verb; for what is no resource the HTTP method in lower case.
    pub verb: String,
    /// Who sent the request.
    pub user: UserInfo,
    /// As whom it was carried out, if that is another.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub impersonated_user: Option<UserInfo>,
    /// More about the authentication.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authentication_metadata: Option<AuthenticationMetadata>,
    /// Where it came from, through which proxies.
    #[serde(rename = "sourceIPs", skip_serializing_if = "Vec::is_empty")]
    pub source_ips: Vec<String>,
    /// What the client says it is.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub user_agent: String,
    /// The object, if it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object_ref: Option<ObjectReference>,
    /// How it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_status: Option<Status>,
    /// The object of the request, from the level `Request` on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_object: Option<Value>,
    /// The object of the answer, for the level `RequestResponse`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_object: Option<Value>,
    /// When the request came in.
    pub request_received_timestamp: Option<MicroTime>,
    /// When this stage was reached.
    pub stage_timestamp: Option<MicroTime>,
    /// What plugins had to say.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
}

/// More about an authentication.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct AuthenticationMetadata {
    /// The verb by which the impersonation was allowed.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub impersonation_constraint: String,
}

/// The object of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ObjectReference {
    /// Its resource.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub resource: String,
    /// Its namespace.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    /// Its name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Its uid.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub uid: String,
    /// Its group.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub api_group: String,
    /// Its version.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub api_version: String,
    /// Its resource version.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub resource_version: String,
    /// Its subresource.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub subresource: String,
}

/// How a request ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct Status {
    /// Metadata.
    pub metadata: ListMeta,
    /// `Success` or `Failure`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub status: String,
    /// For people.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// Why, as one word for machines.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// More about the reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub details: Option<StatusDetails>,
    /// The HTTP status.
    #[serde(skip_serializing_if = "omit::zero")]
    pub code: i32,
}

/// One cause.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct StatusCause {
    /// Why, as one word for machines.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// For people.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// The field that caused it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub field: String,
}

/// More about why a request failed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct StatusDetails {
    /// The name of the object.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// The group of the object.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub group: String,
    /// The kind of the object.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub kind: String,
    /// The uid of the object.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub uid: String,
    /// The causes one by one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub causes: Vec<StatusCause>,
    /// After how many seconds the client may try again.
    #[serde(skip_serializing_if = "omit::zero")]
    pub retry_after_seconds: i32,
}

/// A user.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct UserInfo {
    /// The name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub username: String,
    /// What tells the user from another one of that name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub uid: String,
    /// The groups.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
    /// What the authenticator adds.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub extra: BTreeMap<String, Vec<String>>,
}

/// A list of events.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct EventList {
    /// Metadata of the list.
    pub metadata: ListMeta,
    /// The events.
    pub items: Option<Vec<Event>>,
}

crate::kind::kinds!("audit.k8s.io", "v1": Policy);
crate::kind::kinds!("audit.k8s.io", "v1": PolicyList);
crate::kind::kinds!("audit.k8s.io", "v1": Event);
crate::kind::kinds!("audit.k8s.io", "v1": EventList);
