//! Files, users, disks and the like on the host.

use componentconfig::secret::Secret;
use serde::{Deserialize, Serialize};

use crate::omit;
use crate::open_enum::open_enum;

/// Settings of Ignition.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("minProperties" = 1)))]
#[serde(rename_all = "camelCase", default)]
pub struct IgnitionSpec {
    /// Settings of Container Linux.
    #[serde(skip_serializing_if = "omit::zero")]
    pub container_linux_config: ContainerLinuxConfig,
}

/// Settings of Container Linux.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("minProperties" = 1)))]
#[serde(rename_all = "camelCase", default)]
pub struct ContainerLinuxConfig {
    /// More configuration, in YAML.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 32768)))]
    pub additional_config: String,
    /// Whether warnings are errors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strict: Option<bool>,
}

open_enum! {
    /// How the content of a file is encoded.
    pub enum Encoding {
        /// Base64.
        Base64 = "base64",
        /// Gzip.
        Gzip = "gzip",
        /// Gzip, then base64.
        GzipBase64 = "gzip+base64",
    }
}

open_enum! {
    /// Whether the content of a file is a template.
    pub enum FileContentFormat {
        /// It is taken as it is.
        Raw = "Raw",
        /// It is a template.
        Template = "Template",
    }
}

/// A file that is written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["path"]))))]
#[serde(rename_all = "camelCase", default)]
pub struct File {
    /// Where it is written.
    #[serde(skip_serializing_if = "String::is_empty")]
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
    #[serde(skip_serializing_if = "Option::is_none")]
    pub append: Option<bool>,
    /// The content.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 10240)))]
    pub content: String,
    /// Where the content comes from.
    #[serde(skip_serializing_if = "omit::zero")]
    pub content_from: FileSource,
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
    #[serde(skip_serializing_if = "omit::zero")]
    pub secret: SecretFileSource,
}

/// A key of a Secret.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["name", "key"]))))]
#[serde(rename_all = "camelCase", default)]
pub struct SecretFileSource {
    /// Its name.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 253)))]
    pub name: String,
    /// Its key.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 256)))]
    pub key: String,
}

/// Where the hash of a password comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["secret"]))))]
#[serde(rename_all = "camelCase", default)]
pub struct PasswdSource {
    /// The secret.
    #[serde(skip_serializing_if = "omit::zero")]
    pub secret: SecretPasswdSource,
}

/// A key of a Secret.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["name", "key"]))))]
#[serde(rename_all = "camelCase", default)]
pub struct SecretPasswdSource {
    /// Its name.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 253)))]
    pub name: String,
    /// Its key.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 256)))]
    pub key: String,
}

/// A user that is made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["name"]))))]
#[serde(rename_all = "camelCase", default)]
pub struct User {
    /// Its name.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 256)))]
    pub name: String,
    /// What is said about the user.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 256)))]
    pub gecos: String,
    /// Further groups.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 256)))]
    pub groups: String,
    /// The home folder.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 256)))]
    pub home_dir: String,
    /// Whether it cannot log in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inactive: Option<bool>,
    /// The shell.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 256)))]
    pub shell: String,
    /// Hash of the password.
    #[serde(skip_serializing_if = "Secret::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(with = "String", extend("minLength" = 1, "maxLength" = 256)))]
    pub passwd: Secret,
    /// Where the hash of the password comes from.
    #[serde(skip_serializing_if = "omit::zero")]
    pub passwd_from: PasswdSource,
    /// The first group.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 256)))]
    pub primary_group: String,
    /// Whether the password is locked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lock_password: Option<bool>,
    /// The rule for sudo.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 256)))]
    pub sudo: String,
    /// Public keys for SSH.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-kubernetes-list-type" = "atomic", "maxItems" = 100, "items" = serde_json::json!({"type": "string", "minLength": 1, "maxLength": 2048}))))]
    pub ssh_authorized_keys: Vec<String>,
}

/// Servers that the time comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("minProperties" = 1)))]
#[serde(rename_all = "camelCase", default)]
pub struct NTP {
    /// The servers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-kubernetes-list-type" = "atomic", "maxItems" = 100, "items" = serde_json::json!({"type": "string", "minLength": 1, "maxLength": 512}))))]
    pub servers: Vec<String>,
    /// Whether it is on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
}

/// Partitions and file systems.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("minProperties" = 1)))]
#[serde(rename_all = "camelCase", default)]
pub struct DiskSetup {
    /// The partitions.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-kubernetes-list-type" = "atomic", "maxItems" = 100)))]
    pub partitions: Vec<Partition>,
    /// The file systems.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-kubernetes-list-type" = "atomic", "maxItems" = 100)))]
    pub filesystems: Vec<Filesystem>,
}

/// How a device is partitioned.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["device"]), "x-kubernetes-validations" = serde_json::json!([{"rule": "[has(self.layout),has(self.diskLayout)].filter(x,x==true).size() == 1", "message": "exactly one of the fields in [layout diskLayout] must be set"}]))))]
#[serde(rename_all = "camelCase", default)]
pub struct Partition {
    /// The device.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 256)))]
    pub device: String,
    /// Whether there is one partition that fills the device.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub layout: Option<bool>,
    /// Whether what is there may be lost.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overwrite: Option<bool>,
    /// Kind of the partition table: `mbr` or `gpt`.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("enum" = serde_json::json!(["mbr", "gpt"]))))]
    pub table_type: String,
    /// The partitions, one by one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-kubernetes-list-type" = "atomic", "minItems" = 1, "maxItems" = 100)))]
    pub disk_layout: Vec<PartitionSpec>,
}

/// A partition.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["percentage"]))))]
#[serde(rename_all = "camelCase", default)]
pub struct PartitionSpec {
    /// Its part of the disk, in percent.
    #[serde(skip_serializing_if = "omit::zero")]
    #[cfg_attr(feature = "schemars", schemars(extend("minimum" = 1, "maximum" = 100)))]
    pub percentage: i32,
    /// Its type: a name or a GUID.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 36, "x-kubernetes-validations" = serde_json::json!([{"rule": "self.matches('^(Linux|LinuxSwap|LinuxRAID|LVM|Fat32|NTFS|LinuxExtended|[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})$')", "message": "partitionType must be one of Linux, LinuxSwap, LinuxRAID, LVM, Fat32, NTFS, LinuxExtended or a full GPT partition GUID"}]))))]
    pub partition_type: String,
}

/// A file system.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["device", "filesystem"]))))]
#[serde(rename_all = "camelCase", default)]
pub struct Filesystem {
    /// The device.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 256)))]
    pub device: String,
    /// The file system.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 128)))]
    pub filesystem: String,
    /// The label of the file system.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 512)))]
    pub label: String,
    /// The partition.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 128)))]
    pub partition: String,
    /// Whether what is there may be lost.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overwrite: Option<bool>,
    /// Which file system may be replaced.
    #[serde(rename = "replaceFS", skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 128)))]
    pub replace_fs: String,
    /// Further options.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-kubernetes-list-type" = "atomic", "maxItems" = 100, "items" = serde_json::json!({"type": "string", "minLength": 1, "maxLength": 256}))))]
    pub extra_opts: Vec<String>,
}
