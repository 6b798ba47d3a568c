//! The objects that a scheduler writes its decision into.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::ObjectMeta;

/// The most clusters that one object names.
const MOST_DECISIONS: usize = 100;
/// The label that says which objects belong to one decision.
const DECISION_KEY: &str = "multicluster.x-k8s.io/decision-key";
/// The label that says which part of a decision an object is, from 0.
const DECISION_INDEX: &str = "multicluster.x-k8s.io/decision-index";

/// A part of a scheduler's decision: `multicluster.x-k8s.io/v1alpha1`, `PlacementDecision`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PlacementDecision {
    /// Always `multicluster.x-k8s.io/v1alpha1`.
    pub api_version: String,
    /// Always `PlacementDecision`.
    pub kind: String,
    /// Its name, and the labels that hold the parts of a decision together.
    pub metadata: ObjectMeta,
    /// The clusters, at most 100.
    #[serde(default)]
    pub decisions: Vec<ClusterDecision>,
    /// Who decided.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub scheduler_name: String,
}

/// A cluster that was chosen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClusterDecision {
    /// Its ClusterProfile.
    pub cluster_profile_ref: ClusterProfileRef,
    /// Why it was chosen.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

/// A ClusterProfile.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ClusterProfileRef {
    /// The name of the ClusterProfile.
    pub name: String,
    /// Its namespace.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub namespace: String,
}

/// Objects that are no whole decision.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GatherError {
    /// There is no object.
    #[error("no PlacementDecision is there")]
    Nothing,
    /// Objects of different decisions.
    #[error("PlacementDecisions of {0:?} and {1:?} are no one decision")]
    Mixed(String, String),
    /// A label that should be a number.
    #[error(
        "metadata.labels[{DECISION_INDEX}] of {name}: {value:?} is no index: expected 0 or a greater number"
    )]
    Index {
        /// The name of the object.
        name: String,
        /// The value of the label.
        value: String,
    },
    /// A part is missing, or there twice.
    #[error("part {0} of the decision is missing or there twice")]
    Part(usize),
}

/// Writes a decision into objects: at most 100 clusters in each, in the order given, and one object at least.
///
/// The objects are called `name`, or `name-0`, `name-1`, ... if there are several; these have the labels that hold them
/// together. Sort the decisions before for objects that change as little as the decision does.
pub fn slice(
    name: &str,
    namespace: &str,
    scheduler: &str,
    decisions: &[ClusterDecision],
) -> Vec<PlacementDecision> {
    let parts: Vec<&[ClusterDecision]> = if decisions.is_empty() {
        vec![&[]]
    } else {
        decisions.chunks(MOST_DECISIONS).collect()
    };
    let several = parts.len() > 1;
    let object = |(index, part): (usize, &&[ClusterDecision])| {
        let mut metadata = ObjectMeta::named(if several {
            format!("{name}-{index}")
        } else {
            name.to_owned()
        });
        namespace.clone_into(&mut metadata.namespace);
        if several {
            let labels = [
                (DECISION_KEY, name.to_owned()),
                (DECISION_INDEX, index.to_string()),
            ];
            let labels = labels.map(|(key, value)| (key.to_owned(), value));
            metadata.labels.extend(labels);
        }
        PlacementDecision {
            api_version: "multicluster.x-k8s.io/v1alpha1".to_owned(),
            kind: "PlacementDecision".to_owned(),
            metadata,
            decisions: part.to_vec(),
            scheduler_name: scheduler.to_owned(),
        }
    };
    parts.iter().enumerate().map(object).collect()
}

/// Puts the parts of one decision together, in the order of their indices.
///
/// # Errors
/// The objects are of several decisions, or a part is missing or there twice.
pub fn gather(objects: &[PlacementDecision]) -> Result<Vec<ClusterDecision>, GatherError> {
    let key = |object: &PlacementDecision| object.metadata.labels.get(DECISION_KEY).cloned();
    let first = objects.first().ok_or(GatherError::Nothing)?;
    let mut parts = BTreeMap::new();
    for object in objects {
        if key(object) != key(first) || (key(object).is_none() && objects.len() > 1) {
            let name = |object: &PlacementDecision| object.metadata.name.clone();
            return Err(GatherError::Mixed(name(first), name(object)));
        }
        let index = index_of(object)?;
        if parts.insert(index, &object.decisions).is_some() {
            return Err(GatherError::Part(index));
        }
    }
    if let Some(missing) = (0..parts.len()).find(|index| !parts.contains_key(index)) {
        return Err(GatherError::Part(missing));
    }
    Ok(parts.into_values().flatten().cloned().collect())
}

fn index_of(object: &PlacementDecision) -> Result<usize, GatherError> {
    let Some(value) = object.metadata.labels.get(DECISION_INDEX) else {
        return Ok(0);
    };
    value.parse().map_err(|_| GatherError::Index {
        name: object.metadata.name.clone(),
        value: value.clone(),
    })
}
