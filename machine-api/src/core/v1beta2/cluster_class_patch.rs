//! Patches of a ClusterClass.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::omit;
#[cfg(feature = "schemars")]
use crate::schema;

/// A change to the templates of a class.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["name"]))))]
#[serde(rename_all = "camelCase", default)]
pub struct ClusterClassPatch {
    /// Its name.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 256)))]
    pub name: String,
    /// What it is, for people.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 1024)))]
    pub description: String,
    /// A template: the patch is made if it gives `true`.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 256)))]
    pub enabled_if: String,
    /// The changes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-kubernetes-list-type" = "atomic", "maxItems" = 100)))]
    pub definitions: Vec<PatchDefinition>,
    /// An extension that makes the changes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external: Option<ExternalPatchDefinition>,
}

/// Operations on templates.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["selector", "jsonPatches"]))))]
#[serde(rename_all = "camelCase", default)]
pub struct PatchDefinition {
    /// The templates that are changed.
    #[serde(skip_serializing_if = "omit::zero")]
    pub selector: PatchSelector,
    /// The operations of JSON patch.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minItems" = 1, "maxItems" = 100, "x-kubernetes-list-type" = "atomic")))]
    pub json_patches: Vec<JSONPatch>,
}

/// Templates of a class.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["apiVersion", "kind", "matchResources"]))))]
#[serde(rename_all = "camelCase", default)]
pub struct PatchSelector {
    /// Group and version of the templates.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 317, "pattern" = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\/[a-z]([-a-z0-9]*[a-z0-9])?$")))]
    pub api_version: String,
    /// Kind of the templates.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 63, "pattern" = "^[a-zA-Z]([-a-zA-Z0-9]*[a-zA-Z0-9])?$")))]
    pub kind: String,
    /// The places in the class.
    #[serde(skip_serializing_if = "omit::zero")]
    pub match_resources: PatchSelectorMatch,
}

/// Places in a class.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("minProperties" = 1)))]
#[serde(rename_all = "camelCase", default)]
pub struct PatchSelectorMatch {
    /// Whether the templates of the control plane are meant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub control_plane: Option<bool>,
    /// Whether the template of the infrastructure cluster is meant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub infrastructure_cluster: Option<bool>,
    /// The classes of MachineDeployments.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub machine_deployment_class: Option<PatchSelectorMatchMachineDeploymentClass>,
    /// The classes of MachinePools.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub machine_pool_class: Option<PatchSelectorMatchMachinePoolClass>,
}

/// Classes of MachineDeployments.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct PatchSelectorMatchMachineDeploymentClass {
    /// Their names; `*` at one end stands for anything.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-kubernetes-list-type" = "atomic", "maxItems" = 100, "items" = serde_json::json!({"type": "string", "minLength": 1, "maxLength": 256}))))]
    pub names: Vec<String>,
}

/// Classes of MachinePools.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct PatchSelectorMatchMachinePoolClass {
    /// Their names; `*` at one end stands for anything.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-kubernetes-list-type" = "atomic", "maxItems" = 100, "items" = serde_json::json!({"type": "string", "minLength": 1, "maxLength": 256}))))]
    pub names: Vec<String>,
}

/// An operation of JSON patch.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["op", "path"]))))]
#[serde(rename_all = "camelCase", default)]
pub struct JSONPatch {
    /// `add`, `replace` or `remove`.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("enum" = serde_json::json!(["add", "replace", "remove"]))))]
    pub op: String,
    /// The place in the template, as a JSON pointer.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 512)))]
    pub path: String,
    /// Its value.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(with = "schema::Anything"))]
    pub value: Option<Value>,
    /// Where the value comes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value_from: Option<JSONPatchValue>,
}

/// Where the value of an operation comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct JSONPatchValue {
    /// The path of a variable.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 256)))]
    pub variable: String,
    /// A template that gives the value as YAML.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 10240)))]
    pub template: String,
}

/// A patch that an extension makes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ExternalPatchDefinition {
    /// The extension that makes the patches.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 512)))]
    pub generate_patches_extension: String,
    /// The extension that checks the result.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 512)))]
    pub validate_topology_extension: String,
    /// The extension that defines variables.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 512)))]
    pub discover_variables_extension: String,
    /// What the extension is given besides.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub settings: BTreeMap<String, String>,
}
