//! The kind ExtensionConfig.

use std::collections::BTreeMap;

use componentconfig::scalar::Bytes;
use serde::{Deserialize, Serialize};

use crate::core::v1beta2::{DeprecatedStatus, V1Beta1Conditions};
use crate::kind::kind;
use crate::meta::{Condition, LabelSelector};
use crate::omit;
use crate::open_enum::open_enum;
#[cfg(feature = "schemars")]
use crate::schema;

kind! {
    /// An extension that is called at hooks.
    pub struct ExtensionConfig = "runtime.cluster.x-k8s.io", "v1beta2", "ExtensionConfig" {
        /// What is wanted.
        [omit required] spec: ExtensionConfigSpec,
        /// What is.
        [omit] status: ExtensionConfigStatus,
    }
}

/// What an ExtensionConfig is to be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["clientConfig"]))))]
#[serde(rename_all = "camelCase", default)]
pub struct ExtensionConfigSpec {
    /// How the extension is reached.
    #[serde(skip_serializing_if = "omit::zero")]
    pub client_config: ClientConfig,
    /// Which namespaces are meant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace_selector: Option<LabelSelector>,
    /// What the extension is given besides.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub settings: BTreeMap<String, String>,
}

/// How an extension is reached.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("minProperties" = 1)))]
#[serde(rename_all = "camelCase", default)]
pub struct ClientConfig {
    /// Its URL.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 512)))]
    pub url: String,
    /// The service, if it runs in the cluster.
    #[serde(skip_serializing_if = "omit::zero")]
    pub service: ServiceReference,
    /// PEM certificates that its certificate is checked with.
    #[serde(skip_serializing_if = "omit::zero")]
    #[cfg_attr(feature = "schemars", schemars(with = "schema::Base64", extend("minLength" = 1, "maxLength" = 51200)))]
    pub ca_bundle: Bytes,
}

/// A service in the cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["namespace", "name"]))))]
#[serde(rename_all = "camelCase", default)]
pub struct ServiceReference {
    /// Its namespace.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 63)))]
    pub namespace: String,
    /// Its name.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 63)))]
    pub name: String,
    /// Path of the URL.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 512)))]
    pub path: String,
    /// Port.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<i32>,
}

/// What an ExtensionConfig is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("minProperties" = 1)))]
#[serde(rename_all = "camelCase", default)]
pub struct ExtensionConfigStatus {
    /// What is known about the object, by type.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = serde_json::json!(["type"]), "maxItems" = 32)))]
    pub conditions: Vec<Condition>,
    /// What the extension handles.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = serde_json::json!(["name"]), "maxItems" = 512)))]
    pub handlers: Vec<ExtensionHandler>,
    /// Parts of the status that will go.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deprecated: Option<DeprecatedStatus<V1Beta1Conditions>>,
}

/// A handler of an extension.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["name", "requestHook"]))))]
#[serde(rename_all = "camelCase", default)]
pub struct ExtensionHandler {
    /// Its name.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 512)))]
    pub name: String,
    /// The hook.
    #[serde(skip_serializing_if = "omit::zero")]
    pub request_hook: GroupVersionHook,
    /// How many seconds an answer may take.
    #[serde(skip_serializing_if = "omit::zero")]
    #[cfg_attr(feature = "schemars", schemars(extend("minimum" = 1)))]
    pub timeout_seconds: i32,
    /// What happens when it cannot be reached.
    #[serde(skip_serializing_if = "FailurePolicy::is_unset")]
    #[cfg_attr(feature = "schemars", schemars(extend("enum" = serde_json::json!(["Ignore", "Fail"]))))]
    pub failure_policy: FailurePolicy,
}

/// A hook.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["apiVersion", "hook"]))))]
#[serde(rename_all = "camelCase", default)]
pub struct GroupVersionHook {
    /// Group and version.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 512)))]
    pub api_version: String,
    /// Name of the hook.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 256)))]
    pub hook: String,
}

open_enum! {
    /// What happens when an extension cannot be reached.
    pub enum FailurePolicy {
        /// Nothing.
        Ignore = "Ignore",
        /// What called it fails.
        Fail = "Fail",
    }
}
