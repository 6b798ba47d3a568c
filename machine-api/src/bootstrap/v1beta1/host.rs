//! Files, users, disks and the like on the host.

use componentconfig::secret::Secret;
use serde::{Deserialize, Serialize};

use crate::bootstrap::v1beta2::{Encoding, FileContentFormat, PartitionSpec};
use crate::omit;

/// Settings of Ignition.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct IgnitionSpec {
    /// Settings of Container Linux.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub container_linux_config: Option<ContainerLinuxConfig>,
}

/// Settings of Container Linux.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ContainerLinuxConfig {
    /// More configuration, in YAML.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 32768)))]
    pub additional_config: String,
    /// Whether warnings are errors.
    #[serde(skip_serializing_if = "omit::zero")]
    pub strict: bool,
}

/// A file that is written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["path"]))))]
#[serde(rename_all = "camelCase", default)]
pub struct File {
    /// Where it is written.
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 512)))]
    pub path: String,
    /// User and group that own it.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 256)))]
    pub owner: String,
    /// Its mode, in octal.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 16)))]
    pub permissions: String,
    /// How the content is encoded.
    #[serde(skip_serializing_if = "Encoding::is_unset")]
    #[cfg_attr(feature = "schemars", schemars(extend("enum" = serde_json::json!(["base64", "gzip", "gzip+base64"]))))]
    pub encoding: Encoding,
    /// Whether it is appended.
    #[serde(skip_serializing_if = "omit::zero")]
    pub append: bool,
    /// The content.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 10240)))]
    pub content: String,
    /// Where the content comes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_from: Option<FileSource>,
    /// Whether the content is a template.
    #[serde(skip_serializing_if = "FileContentFormat::is_unset")]
    #[cfg_attr(feature = "schemars", schemars(extend("enum" = serde_json::json!(["Raw", "Template"]))))]
    pub content_format: FileContentFormat,
}

/// Where the content of a file comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["secret"]))))]
#[serde(rename_all = "camelCase", default)]
pub struct FileSource {
    /// The secret.
    pub secret: SecretFileSource,
}

/// A key of a Secret.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["name", "key"]))))]
#[serde(rename_all = "camelCase", default)]
pub struct SecretFileSource {
    /// Its name.
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 253)))]
    pub name: String,
    /// Its key.
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 256)))]
    pub key: String,
}

/// Where the hash of a password comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["secret"]))))]
#[serde(rename_all = "camelCase", default)]
pub struct PasswdSource {
    /// The secret.
    pub secret: SecretPasswdSource,
}

/// A key of a Secret.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["name", "key"]))))]
#[serde(rename_all = "camelCase", default)]
pub struct SecretPasswdSource {
    /// Its name.
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 253)))]
    pub name: String,
    /// Its key.
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 256)))]
    pub key: String,
}

/// A user that is made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["name"]))))]
#[serde(rename_all = "camelCase", default)]
pub struct User {
    /// Its name.
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 256)))]
    pub name: String,
    /// What is said about the user.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 256)))]
    pub gecos: Option<String>,
    /// Further groups.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 256)))]
    pub groups: Option<String>,
    /// The home folder.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 256)))]
    pub home_dir: Option<String>,
    /// Whether it cannot log in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inactive: Option<bool>,
    /// The shell.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 256)))]
    pub shell: Option<String>,
    /// Hash of the password.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(with = "String", extend("minLength" = 1, "maxLength" = 256)))]
    pub passwd: Option<Secret>,
    /// Where the hash of the password comes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub passwd_from: Option<PasswdSource>,
    /// The first group.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 256)))]
    pub primary_group: Option<String>,
    /// Whether the password is locked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lock_password: Option<bool>,
    /// The rule for sudo.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 256)))]
    pub sudo: Option<String>,
    /// Public keys for SSH.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("maxItems" = 100, "items" = serde_json::json!({"type": "string", "minLength": 1, "maxLength": 2048}))))]
    pub ssh_authorized_keys: Vec<String>,
}

/// Servers that the time comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct NTP {
    /// The servers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("maxItems" = 100, "items" = serde_json::json!({"type": "string", "minLength": 1, "maxLength": 512}))))]
    pub servers: Vec<String>,
    /// Whether it is on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
}

/// Partitions and file systems.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct DiskSetup {
    /// The partitions.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("maxItems" = 100)))]
    pub partitions: Vec<Partition>,
    /// The file systems.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("maxItems" = 100)))]
    pub filesystems: Vec<Filesystem>,
}

/// How a device is partitioned.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["device", "layout"]))))]
#[serde(rename_all = "camelCase", default)]
pub struct Partition {
    /// The device.
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 256)))]
    pub device: String,
    /// Whether there is one partition that fills the device.
    pub layout: bool,
    /// Whether what is there may be lost.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overwrite: Option<bool>,
    /// Kind of the partition table: `mbr` or `gpt`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(extend("enum" = serde_json::json!(["mbr", "gpt"]))))]
    pub table_type: Option<String>,
    /// The partitions, one by one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minItems" = 1, "maxItems" = 100)))]
    pub disk_layout: Vec<PartitionSpec>,
}

/// A file system.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["device", "filesystem"]))))]
#[serde(rename_all = "camelCase", default)]
pub struct Filesystem {
    /// The device.
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 256)))]
    pub device: String,
    /// The file system.
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 128)))]
    pub filesystem: String,
    /// The label of the file system.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 512)))]
    pub label: String,
    /// The partition.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 128)))]
    pub partition: Option<String>,
    /// Whether what is there may be lost.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overwrite: Option<bool>,
    /// Which file system may be replaced.
    #[serde(rename = "replaceFS", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 128)))]
    pub replace_fs: Option<String>,
    /// Further options.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("maxItems" = 100, "items" = serde_json::json!({"type": "string", "minLength": 1, "maxLength": 256}))))]
    pub extra_opts: Vec<String>,
}
