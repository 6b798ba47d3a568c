//! Which clusters are meant: by labels as Kubernetes selects, and by what an inventory knows of a cluster.
//!
//! ```
//! use cluster_id::selector::LabelSelector;
//!
//! let selector: LabelSelector = serde_json::from_value(serde_json::json!({
//!     "matchLabels": {"env": "prod"},
//!     "matchExpressions": [{"key": "gpu", "operator": "NotIn", "values": ["a100"]}],
//! }))?;
//! assert!(selector.matches(&[("env".to_owned(), "prod".to_owned())].into()));
//! # Ok::<(), serde_json::Error>(())
//! ```

mod affinity;

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};

pub use affinity::{ClusterAffinity, FieldRequirement};

/// Labels, or anything else that has values by key.
pub type Labels = BTreeMap<String, String>;

/// What labels must be like: all of it. An empty selector selects everything.
///
/// Follows `metav1.LabelSelector`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct LabelSelector {
    /// Labels that must be there with that value.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub match_labels: Labels,
    /// More that must be true.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub match_expressions: Vec<Requirement>,
}

/// What the value of one key must be like.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Requirement {
    /// The key.
    pub key: String,
    /// How the value is compared.
    pub operator: Operator,
    /// With what; empty for [`Operator::Exists`] and [`Operator::DoesNotExist`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<String>,
}

/// How a value is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Operator {
    /// There is a value, and it is one of those named.
    In,
    /// There is no value, or it is none of those named.
    NotIn,
    /// There is a value.
    Exists,
    /// There is none.
    DoesNotExist,
}

impl LabelSelector {
    /// Whether the labels are as they must be.
    pub fn matches(&self, labels: &Labels) -> bool {
        let mut equal = self.match_labels.iter();
        equal.all(|(key, value)| labels.get(key) == Some(value))
            && self
                .match_expressions
                .iter()
                .all(|requirement| requirement.matches(labels))
    }

    /// The first part of the selector that the labels do not meet.
    pub fn unmet(&self, labels: &Labels) -> Option<Requirement> {
        let equal = self.match_labels.iter().map(|(key, value)| Requirement {
            key: key.clone(),
            operator: Operator::In,
            values: vec![value.clone()],
        });
        equal
            .chain(self.match_expressions.iter().cloned())
            .find(|requirement| !requirement.matches(labels))
    }
}

impl Requirement {
    /// Whether the value of the key is as it must be.
    pub fn matches(&self, labels: &Labels) -> bool {
        let value = labels.get(&self.key);
        match self.operator {
            Operator::In => value.is_some_and(|value| self.values.contains(value)),
            Operator::NotIn => value.is_none_or(|value| !self.values.contains(value)),
            Operator::Exists => value.is_some(),
            Operator::DoesNotExist => value.is_none(),
        }
    }
}

/// As `kubectl` writes it: `env in (prod,test)`, `!gpu`.
impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let values = self.values.join(",");
        match self.operator {
            Operator::In => write!(f, "{} in ({values})", self.key),
            Operator::NotIn => write!(f, "{} notin ({values})", self.key),
            Operator::Exists => f.write_str(&self.key),
            Operator::DoesNotExist => write!(f, "!{}", self.key),
        }
    }
}
