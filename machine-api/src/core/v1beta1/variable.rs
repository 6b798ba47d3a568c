//! Variables of a ClusterClass, their schemas and values.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::core::v1beta2::FieldValueErrorReason;
use crate::omit;
#[cfg(feature = "schemars")]
use crate::schema;

/// A value of a variable.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["name", "value"]))))]
#[serde(rename_all = "camelCase", default)]
pub struct ClusterVariable {
    /// Its name.
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 256)))]
    pub name: String,
    /// Which definition of the variable is meant if several differ; `inline` for that of the ClusterClass.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("maxLength" = 256)))]
    pub definition_from: String,
    /// Its value.
    #[cfg_attr(feature = "schemars", schemars(with = "schema::Anything"))]
    pub value: Value,
}

/// A variable that Clusters of the class give values to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["name", "required", "schema"]))))]
#[serde(rename_all = "camelCase", default)]
pub struct ClusterClassVariable {
    /// Its name.
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 256)))]
    pub name: String,
    /// Whether a value is required.
    pub required: bool,
    /// Labels and annotations of what is made from this.
    pub metadata: ClusterClassVariableMetadata,
    /// What values are valid.
    pub schema: VariableSchema,
}

/// Labels and annotations of a variable.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ClusterClassVariableMetadata {
    /// Labels, to select by.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// Annotations, for tools.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
}

/// What values of a variable are valid.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["openAPIV3Schema"]))))]
#[serde(rename_all = "camelCase", default)]
pub struct VariableSchema {
    /// The schema.
    #[serde(rename = "openAPIV3Schema")]
    pub open_api_v3_schema: JSONSchemaProps,
}

/// A JSON schema as Kubernetes writes it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
#[allow(clippy::struct_excessive_bools, reason = "the fields are given")]
pub struct JSONSchemaProps {
    /// What it is, for people.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 4096)))]
    pub description: String,
    /// An example of a value.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(with = "schema::Anything"))]
    pub example: Option<Value>,
    /// The type of the values.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("enum" = serde_json::json!(["object", "array", "string", "integer", "number", "boolean"]))))]
    pub r#type: String,
    /// The fields of an object.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(with = "schema::Anything"))]
    pub properties: BTreeMap<String, JSONSchemaProps>,
    /// The values of a map.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(with = "schema::Anything"))]
    pub additional_properties: Option<Box<JSONSchemaProps>>,
    /// At most how many fields.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_properties: Option<i64>,
    /// At least how many fields.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_properties: Option<i64>,
    /// The fields that have to be there.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("maxItems" = 1000, "items" = serde_json::json!({"type": "string", "minLength": 1, "maxLength": 256}))))]
    pub required: Vec<String>,
    /// The objects.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(with = "schema::Anything"))]
    pub items: Option<Box<JSONSchemaProps>>,
    /// At most how many items.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_items: Option<i64>,
    /// At least how many items.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_items: Option<i64>,
    /// Whether items have to differ.
    #[serde(skip_serializing_if = "omit::zero")]
    pub unique_items: bool,
    /// The format.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 32)))]
    pub format: String,
    /// At most how many characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_length: Option<i64>,
    /// At least how many characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_length: Option<i64>,
    /// A regular expression that texts match.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 512)))]
    pub pattern: String,
    /// The greatest number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub maximum: Option<i64>,
    /// Whether the greatest number itself is out.
    #[serde(skip_serializing_if = "omit::zero")]
    pub exclusive_maximum: bool,
    /// The smallest number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minimum: Option<i64>,
    /// Whether the smallest number itself is out.
    #[serde(skip_serializing_if = "omit::zero")]
    pub exclusive_minimum: bool,
    /// Whether fields may be there that the schema does not name.
    #[serde(
        rename = "x-kubernetes-preserve-unknown-fields",
        skip_serializing_if = "omit::zero"
    )]
    pub x_preserve_unknown_fields: bool,
    /// The valid values.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(with = "Vec<schema::Anything>", extend("maxItems" = 100)))]
    pub r#enum: Vec<Value>,
    /// The value where none is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(with = "schema::Anything"))]
    pub default: Option<Value>,
    /// Rules in CEL.
    #[serde(
        rename = "x-kubernetes-validations",
        skip_serializing_if = "Vec::is_empty"
    )]
    #[cfg_attr(feature = "schemars", schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = serde_json::json!(["rule"]), "maxItems" = 100)))]
    pub x_validations: Vec<ValidationRule>,
    /// Labels and annotations of the schema.
    #[serde(rename = "x-metadata", skip_serializing_if = "Option::is_none")]
    pub x_metadata: Option<VariableSchemaMetadata>,
    /// Whether it is a number or a text.
    #[serde(
        rename = "x-kubernetes-int-or-string",
        skip_serializing_if = "omit::zero"
    )]
    pub x_int_or_string: bool,
    /// Schemas that all have to match.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(with = "schema::Anything"))]
    pub all_of: Vec<JSONSchemaProps>,
    /// Schemas of which exactly one has to match.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(with = "schema::Anything"))]
    pub one_of: Vec<JSONSchemaProps>,
    /// Schemas of which one has to match.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(with = "schema::Anything"))]
    pub any_of: Vec<JSONSchemaProps>,
    /// A schema that must not match.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(with = "schema::Anything"))]
    pub not: Option<Box<JSONSchemaProps>>,
}

/// Labels and annotations of a schema.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct VariableSchemaMetadata {
    /// Labels, for tools.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// Annotations, for tools.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
}

/// A rule in CEL.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["rule"]))))]
#[serde(rename_all = "camelCase", default)]
pub struct ValidationRule {
    /// The rule, in CEL.
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 4096)))]
    pub rule: String,
    /// The message, for people.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 512)))]
    pub message: String,
    /// An expression in CEL that gives the message.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 1024)))]
    pub message_expression: String,
    /// The kind of error.
    #[serde(skip_serializing_if = "FieldValueErrorReason::is_unset")]
    #[cfg_attr(feature = "schemars", schemars(extend("enum" = serde_json::json!(["FieldValueInvalid", "FieldValueForbidden", "FieldValueRequired", "FieldValueDuplicate"]), "x-default" = "FieldValueInvalid")))]
    pub reason: FieldValueErrorReason,
    /// The field that the error is about.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 512)))]
    pub field_path: String,
}

/// A variable with all its definitions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["name", "definitions"]))))]
#[serde(rename_all = "camelCase", default)]
pub struct ClusterClassStatusVariable {
    /// Its name.
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 256)))]
    pub name: String,
    /// Whether the definitions differ.
    pub definitions_conflict: bool,
    /// Its definitions.
    #[serde(
        serialize_with = "omit::null_if_empty",
        deserialize_with = "omit::nullable"
    )]
    #[cfg_attr(feature = "schemars", schemars(extend("maxItems" = 100)))]
    pub definitions: Vec<ClusterClassStatusVariableDefinition>,
}

/// A definition of a variable.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["from", "required", "schema"]))))]
#[serde(rename_all = "camelCase", default)]
pub struct ClusterClassStatusVariableDefinition {
    /// Who defines it: `inline`, or the name of a patch.
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 256)))]
    pub from: String,
    /// Whether a value is required.
    pub required: bool,
    /// Labels and annotations of what is made from this.
    pub metadata: ClusterClassVariableMetadata,
    /// What values are valid.
    pub schema: VariableSchema,
}
