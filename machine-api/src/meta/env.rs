//! Environment variables.

use componentconfig::scalar::Quantity;
use serde::{Deserialize, Serialize};

/// An environment variable.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = ["name"])))]
#[serde(rename_all = "camelCase", default)]
pub struct EnvVar {
    /// Its name.
    pub name: String,
    /// Its value.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub value: String,
    /// Where its value comes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value_from: Option<EnvVarSource>,
}

/// Where the value of an environment variable comes from: one of these.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct EnvVarSource {
    /// A field of the pod.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field_ref: Option<ObjectFieldSelector>,
    /// A resource of the container.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource_field_ref: Option<ResourceFieldSelector>,
    /// A key of a ConfigMap.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub config_map_key_ref: Option<ConfigMapKeySelector>,
    /// A key of a Secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_key_ref: Option<SecretKeySelector>,
    /// A key of a file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file_key_ref: Option<FileKeySelector>,
}

/// A field of a pod.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(
    feature = "schemars",
    derive(schemars::JsonSchema),
    schemars(extend("required" = ["fieldPath"], "x-kubernetes-map-type" = "atomic"))
)]
#[serde(rename_all = "camelCase", default)]
pub struct ObjectFieldSelector {
    /// The version that the path is of.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub api_version: String,
    /// The path of the field.
    pub field_path: String,
}

/// A resource of a container.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(
    feature = "schemars",
    derive(schemars::JsonSchema),
    schemars(extend("required" = ["resource"], "x-kubernetes-map-type" = "atomic"))
)]
#[serde(rename_all = "camelCase", default)]
pub struct ResourceFieldSelector {
    /// The container; that of the variable if unset.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub container_name: String,
    /// The resource.
    pub resource: String,
    /// The unit of the value.
    #[cfg_attr(feature = "schemars", schemars(with = "crate::schema::Quantity"))]
    pub divisor: Quantity,
}

/// A key of a ConfigMap.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(
    feature = "schemars",
    derive(schemars::JsonSchema),
    schemars(extend("required" = ["key"], "x-kubernetes-map-type" = "atomic"))
)]
#[serde(rename_all = "camelCase", default)]
pub struct ConfigMapKeySelector {
    /// Name of the ConfigMap.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-default" = "")))]
    pub name: String,
    /// The key.
    pub key: String,
    /// Whether it may be missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub optional: Option<bool>,
}

/// A key of a Secret.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(
    feature = "schemars",
    derive(schemars::JsonSchema),
    schemars(extend("required" = ["key"], "x-kubernetes-map-type" = "atomic"))
)]
#[serde(rename_all = "camelCase", default)]
pub struct SecretKeySelector {
    /// Name of the Secret.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-default" = "")))]
    pub name: String,
    /// The key.
    pub key: String,
    /// Whether it may be missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub optional: Option<bool>,
}

/// A key of a file with environment variables.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(
    feature = "schemars",
    derive(schemars::JsonSchema),
    schemars(extend("required" = ["key", "path", "volumeName"], "x-kubernetes-map-type" = "atomic"))
)]
#[serde(rename_all = "camelCase", default)]
pub struct FileKeySelector {
    /// The volume that the file is in.
    pub volume_name: String,
    /// The path of the file in the volume.
    pub path: String,
    /// The key.
    pub key: String,
    /// Whether it may be missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-default" = false)))]
    pub optional: Option<bool>,
}
