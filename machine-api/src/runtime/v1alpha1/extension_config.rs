//! The kind ExtensionConfig.

use std::collections::BTreeMap;

use componentconfig::scalar::Bytes;
use serde::{Deserialize, Serialize};

use crate::core::v1beta1::V1Beta2Conditions;
use crate::core::v1beta2::V1Beta1Condition;
use crate::kind::kind;
use crate::meta::LabelSelector;
use crate::omit;
use crate::runtime::v1beta2::FailurePolicy;
#[cfg(feature = "schemars")]
use crate::schema;

kind! {
    /// An extension that is called at hooks.
    pub struct ExtensionConfig = "runtime.cluster.x-k8s.io", "v1alpha1", "ExtensionConfig" {
        /// What is wanted.
        spec: ExtensionConfigSpec,
        /// What is.
        status: ExtensionConfigStatus,
    }
}

/// What an ExtensionConfig is to be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["clientConfig"]))))]
#[serde(rename_all = "camelCase", default)]
pub struct ExtensionConfigSpec {
    /// How the extension is reached.
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
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ClientConfig {
    /// Its URL.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 512)))]
    pub url: Option<String>,
    /// The service, if it runs in the cluster.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<ServiceReference>,
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
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 63)))]
    pub namespace: String,
    /// Its name.
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 63)))]
    pub name: String,
    /// Path of the URL.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 512)))]
    pub path: Option<String>,
    /// Port.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<i32>,
}

/// What an ExtensionConfig is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ExtensionConfigStatus {
    /// What the extension handles.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = serde_json::json!(["name"]), "maxItems" = 512)))]
    pub handlers: Vec<ExtensionHandler>,
    /// What is known about the object, by type.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<V1Beta1Condition>,
    /// The parts of the status that only v1beta2 has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub v1beta2: Option<V1Beta2Conditions>,
}

/// A handler of an extension.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["name", "requestHook"]))))]
#[serde(rename_all = "camelCase", default)]
pub struct ExtensionHandler {
    /// Its name.
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 512)))]
    pub name: String,
    /// The hook.
    pub request_hook: GroupVersionHook,
    /// How many seconds an answer may take.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout_seconds: Option<i32>,
    /// What happens when it cannot be reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(extend("enum" = serde_json::json!(["Ignore", "Fail"]))))]
    pub failure_policy: Option<FailurePolicy>,
}

/// A hook.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["apiVersion", "hook"]))))]
#[serde(rename_all = "camelCase", default)]
pub struct GroupVersionHook {
    /// Group and version.
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 512)))]
    pub api_version: String,
    /// Name of the hook.
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 256)))]
    pub hook: String,
}
