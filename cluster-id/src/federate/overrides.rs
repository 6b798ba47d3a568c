//! What is different in one cluster.

use std::{collections::BTreeSet, fmt};

use apply_semantics::{
    patch::{PatchError, json, merge, strategic},
    types::builtin,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::FederateError;

/// What is different in one cluster.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Override {
    /// Operations of a JSON patch, one after the other.
    JsonPatch(Vec<ClusterOverride>),
    /// A JSON merge patch.
    MergePatch(Value),
    /// A strategic merge patch, by the schema of the built-in kind; for other kinds a JSON merge patch, as an API server
    /// has it.
    StrategicMergePatch(Value),
}

/// One operation of a JSON patch; it replaces if it does not say what it does.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ClusterOverride {
    /// What is done.
    pub op: Op,
    /// Where, as a JSON pointer.
    pub path: String,
    /// From where, for [`Op::Move`] and [`Op::Copy`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// What is put there.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub value: Value,
}

/// What an operation does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Op {
    /// Puts a value in the place of another.
    #[default]
    #[serde(alias = "")]
    Replace,
    /// Adds a value.
    Add,
    /// Takes a value away.
    Remove,
    /// Takes a value elsewhere.
    Move,
    /// Puts a copy of a value elsewhere.
    Copy,
    /// Fails unless the value is as it says.
    Test,
}

/// An override that does not fit the template.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub struct OverrideError {
    /// The cluster.
    pub cluster: String,
    /// Which override of the cluster.
    pub index: usize,
    /// What is wrong.
    pub source: PatchError,
}

impl OverrideError {
    pub(super) fn new(cluster: &str, index: usize, source: PatchError) -> Self {
        Self {
            cluster: cluster.to_owned(),
            index,
            source,
        }
    }
}

impl fmt::Display for OverrideError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "override {} of cluster {:?}: {}",
            self.index, self.cluster, self.source
        )
    }
}

/// The fields that say which object it is.
const IDENTITY: [&str; 4] = [
    "/metadata/namespace",
    "/metadata/name",
    "/metadata/generateName",
    "/kind",
];

/// Refuses overrides of one path twice, and of what says which object it is.
pub(super) fn check(entry: usize, overrides: &[ClusterOverride]) -> Result<(), FederateError> {
    let mut paths = BTreeSet::new();
    for (index, one) in overrides.iter().enumerate() {
        let path = one.path.clone();
        if IDENTITY.contains(&path.as_str()) {
            return Err(FederateError::Path { entry, index, path });
        }
        if !paths.insert(&one.path) {
            return Err(FederateError::DuplicatePath { entry, index, path });
        }
    }
    Ok(())
}

impl Override {
    pub(super) fn apply(&self, object: Value) -> Result<Value, PatchError> {
        match self {
            Self::JsonPatch(operations) => {
                let operations = operations.iter().map(ClusterOverride::operation);
                json::apply(object, &Value::Array(operations.collect()))
            }
            Self::MergePatch(patch) => merge::apply(object, patch.clone()),
            Self::StrategicMergePatch(patch) => {
                let text = |field: &str| object.get(field).and_then(Value::as_str);
                let (api_version, kind) = (text("apiVersion"), text("kind"));
                let (api_version, kind) =
                    (api_version.unwrap_or_default(), kind.unwrap_or_default());
                match builtin().kind(api_version, kind) {
                    Some(node) => strategic::apply(object, patch.clone(), Some(node).into()),
                    None => merge::apply(object, patch.clone()),
                }
            }
        }
    }
}

impl ClusterOverride {
    /// As an operation of RFC 6902, which has no default.
    fn operation(&self) -> Value {
        let mut operation = serde_json::Map::new();
        let op = match self.op {
            Op::Replace => "replace",
            Op::Add => "add",
            Op::Remove => "remove",
            Op::Move => "move",
            Op::Copy => "copy",
            Op::Test => "test",
        };
        operation.insert("op".to_owned(), op.into());
        operation.insert("path".to_owned(), self.path.clone().into());
        if let Some(from) = &self.from {
            operation.insert("from".to_owned(), from.clone().into());
        }
        if !matches!(self.op, Op::Remove | Op::Move | Op::Copy) {
            operation.insert("value".to_owned(), self.value.clone());
        }
        Value::Object(operation)
    }
}
