//! What decides where something goes.

use std::collections::BTreeMap;

use componentconfig::{
    core::Time,
    scalar::{Duration, Quantity},
};
use serde::{Deserialize, Serialize};

use crate::{
    inventory::{Taint, TaintEffect},
    selector::{LabelSelector, Labels, Operator, Requirement},
};

/// To which clusters something goes, and to how many: the `spec` of Open Cluster Management's `Placement`, and beside it
/// what the workload takes in each cluster and how long it stays there.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Placement {
    /// Of which one at least must be true of a cluster; if there are none, all clusters may be chosen.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub predicates: Vec<Predicate>,
    /// The taints that are no obstacle.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tolerations: Vec<Toleration>,
    /// How many clusters; `None` for all that may be chosen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number_of_clusters: Option<u32>,
    /// What makes one cluster better than another.
    pub prioritizer_policy: PrioritizerPolicy,
    /// What it takes of each cluster, by resource. A cluster with less left cannot be chosen.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub requests: BTreeMap<String, Quantity>,
    /// What it means that a cluster is chosen already.
    pub stickiness: Stickiness,
    /// Whether it goes back to a cluster that it lost.
    #[serde(skip_serializing_if = "Failback::is_never")]
    pub failback: Failback,
}

/// What must be true of a cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Predicate {
    /// All of it.
    pub required_cluster_selector: ClusterSelector,
}

/// What the labels and the claims of a cluster must be like: both.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ClusterSelector {
    /// The labels.
    pub label_selector: LabelSelector,
    /// The claims.
    pub claim_selector: ClaimSelector,
}

/// What the claims of a cluster must be like: all of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ClaimSelector {
    /// The requirements.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub match_expressions: Vec<Requirement>,
}

/// A taint that is no obstacle.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Toleration {
    /// The key of the taint; empty for any, with [`TolerationOperator::Exists`].
    #[serde(skip_serializing_if = "String::is_empty")]
    pub key: String,
    /// How the value is compared.
    pub operator: TolerationOperator,
    /// The value of the taint.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub value: String,
    /// The effect of the taint; `None` for any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effect: Option<TaintEffect>,
    /// For how many seconds after the taint was added; `None` for ever.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub toleration_seconds: Option<i64>,
}

/// How the value of a taint is compared with that of a toleration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum TolerationOperator {
    /// They are the same.
    #[default]
    #[serde(alias = "")]
    Equal,
    /// Not at all.
    Exists,
}

/// What makes one cluster better than another.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PrioritizerPolicy {
    /// Whether the defaults count too.
    pub mode: PrioritizerMode,
    /// What counts, each with its weight. Of two of the same, the last counts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub configurations: Vec<PrioritizerConfig>,
}

/// Whether the default prioritizers count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum PrioritizerMode {
    /// [`BuiltIn::Balance`] and [`BuiltIn::Steady`] count once each unless another weight is given.
    #[default]
    #[serde(alias = "")]
    Additive,
    /// Only what is given counts.
    Exact,
}

/// A score, and how much it counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PrioritizerConfig {
    /// Which score.
    pub score_coordinate: ScoreCoordinate,
    /// What it is multiplied with, from -10 to 10; 0 turns it off.
    #[serde(default)]
    pub weight: i32,
}

/// A score of clusters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "type")]
pub enum ScoreCoordinate {
    /// One that is computed here.
    BuiltIn {
        /// Which.
        #[serde(rename = "builtIn")]
        built_in: BuiltIn,
    },
    /// One that somebody else gives: an entry of [`Cluster::scores`](crate::inventory::Cluster::scores).
    AddOn {
        /// Which.
        #[serde(rename = "addOn")]
        add_on: AddOnScore,
    },
}

/// The scores that are computed here. Each is from -100 to 100.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum BuiltIn {
    /// 100 for the clusters that have nothing of other placements; less the more of them chose it.
    Balance,
    /// 100 for the clusters that are chosen already, 0 for others.
    Steady,
    /// 100 for the cluster with the most allocatable cores, -100 for that with the fewest.
    ResourceAllocatableCPU,
    /// 100 for the cluster with the most allocatable memory, -100 for that with the least.
    ResourceAllocatableMemory,
    /// One that is not known; it can only be turned off.
    #[serde(untagged)]
    Other(String),
}

/// A score of others.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AddOnScore {
    /// The object that holds the score.
    pub resource_name: String,
    /// Its name there.
    pub score_name: String,
}

impl ScoreCoordinate {
    /// The score with that name in [`Cluster::scores`](crate::inventory::Cluster::scores): `resource/score`.
    pub(super) fn add_on(name: &str) -> Option<Self> {
        let (resource_name, score_name) = name.split_once('/')?;
        Some(Self::AddOn {
            add_on: AddOnScore {
                resource_name: resource_name.to_owned(),
                score_name: score_name.to_owned(),
            },
        })
    }

    /// Its name there.
    pub(super) fn add_on_name(&self) -> Option<String> {
        match self {
            Self::BuiltIn { .. } => None,
            Self::AddOn { add_on } => {
                Some(format!("{}/{}", add_on.resource_name, add_on.score_name))
            }
        }
    }
}

/// What it means that a cluster is chosen already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Stickiness {
    /// As much as the prioritizers say.
    #[default]
    Scored,
    /// That it stays chosen for as long as it may be, whatever the scores.
    Hold,
    /// That it stays chosen for as long as it is there, even if it might not be chosen any more.
    Keep,
}

/// Whether a placement goes back to a cluster that it lost, once that cluster may be chosen again. It lost what it could not
/// keep: a cluster that is gone, tainted, not selected any more or out of room; not one that others outranked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Failback {
    /// As stickiness and scores say, unless [`Fleet::fail_back`](super::Fleet::fail_back) asks for it.
    #[default]
    Never,
    /// When the cluster has been ready for so long, see
    /// [`Cluster::ready_since`](crate::inventory::Cluster::ready_since).
    After(Duration),
}

impl Failback {
    fn is_never(&self) -> bool {
        *self == Self::Never
    }
}

/// What is wrong with a placement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Misconfigured {
    /// A requirement has values where it must not, or none where it must.
    #[error(
        "predicates[{index}].requiredClusterSelector: requirement of \"{key}\": {}",
        if *.values { "values must be empty for Exists and DoesNotExist" } else { "values must be given for In and NotIn" }
    )]
    Requirement {
        /// Which predicate.
        index: usize,
        /// The key of the requirement.
        key: String,
        /// Whether there are values.
        values: bool,
    },
    /// A score that is not known counts.
    #[error("prioritizerPolicy.configurations: there is no built-in score {name:?}")]
    BuiltIn {
        /// Its name.
        name: String,
    },
    /// A toleration of any key compares values.
    #[error("tolerations[{index}].operator: must be Exists if the key is empty")]
    TolerationOperator {
        /// Which toleration.
        index: usize,
    },
    /// A toleration that compares no values has one.
    #[error("tolerations[{index}].value: must be empty if the operator is Exists")]
    TolerationValue {
        /// Which toleration.
        index: usize,
    },
}

impl Placement {
    /// Says what is wrong, if anything is.
    ///
    /// # Errors
    /// The first thing that is wrong, with the path of its field.
    pub fn validate(&self) -> Result<(), Misconfigured> {
        self.check_predicates()?;
        self.check_weights()?;
        self.check_tolerations()
    }

    pub(super) fn check_weights(&self) -> Result<(), Misconfigured> {
        let unknown = self.weights().into_keys().find_map(|score| match score {
            ScoreCoordinate::BuiltIn { built_in } => match built_in {
                BuiltIn::Other(name) => Some(name),
                _ => None,
            },
            ScoreCoordinate::AddOn { .. } => None,
        });
        unknown.map_or(Ok(()), |name| Err(Misconfigured::BuiltIn { name }))
    }

    pub(super) fn check_predicates(&self) -> Result<(), Misconfigured> {
        for (index, predicate) in self.predicates.iter().enumerate() {
            for requirement in predicate.required_cluster_selector.requirements() {
                let wants_values = matches!(requirement.operator, Operator::In | Operator::NotIn);
                let values = !requirement.values.is_empty();
                if wants_values != values {
                    let key = requirement.key.clone();
                    return Err(Misconfigured::Requirement { index, key, values });
                }
            }
        }
        Ok(())
    }

    pub(super) fn check_tolerations(&self) -> Result<(), Misconfigured> {
        for (index, toleration) in self.tolerations.iter().enumerate() {
            let exists = toleration.operator == TolerationOperator::Exists;
            if toleration.key.is_empty() && !exists {
                return Err(Misconfigured::TolerationOperator { index });
            }
            if exists && !toleration.value.is_empty() {
                return Err(Misconfigured::TolerationValue { index });
            }
        }
        Ok(())
    }

    /// The scores that count, each once, with their weights.
    pub(super) fn weights(&self) -> BTreeMap<ScoreCoordinate, i32> {
        let defaults = [BuiltIn::Balance, BuiltIn::Steady]
            .map(|built_in| (ScoreCoordinate::BuiltIn { built_in }, 1));
        let mut weights = match self.prioritizer_policy.mode {
            PrioritizerMode::Additive => BTreeMap::from(defaults),
            PrioritizerMode::Exact => BTreeMap::new(),
        };
        for config in &self.prioritizer_policy.configurations {
            weights.insert(config.score_coordinate.clone(), config.weight);
        }
        weights.retain(|_, weight| *weight != 0);
        weights
    }
}

impl ClusterSelector {
    /// Whether the cluster with these labels and claims is meant.
    pub fn matches(&self, labels: &Labels, claims: &Labels) -> bool {
        let mut claimed = self.claim_selector.match_expressions.iter();
        self.label_selector.matches(labels)
            && claimed.all(|requirement| requirement.matches(claims))
    }

    fn requirements(&self) -> impl Iterator<Item = &Requirement> {
        let labels = self.label_selector.match_expressions.iter();
        labels.chain(&self.claim_selector.match_expressions)
    }
}

/// How long a toleration lasts; the longest is the greatest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Lasts {
    /// That many seconds after the taint was added.
    Seconds(i64),
    /// As long as the taint.
    Always,
}

impl Toleration {
    /// How long it tolerates the taint, if it does.
    pub(super) fn of(&self, key: &str, value: &str, effect: TaintEffect) -> Option<Lasts> {
        let meant = self.effect.is_none_or(|own| own == effect)
            && (self.key.is_empty() || self.key == key)
            && (self.operator == TolerationOperator::Exists || self.value == value);
        meant.then_some(
            self.toleration_seconds
                .map_or(Lasts::Always, Lasts::Seconds),
        )
    }

    /// Whether it tolerates the taint at that time.
    pub fn tolerates(&self, taint: &Taint, now: Time) -> bool {
        match self.of(&taint.key, &taint.value, taint.effect) {
            None => false,
            Some(Lasts::Always) => true,
            Some(Lasts::Seconds(seconds)) => left(taint.time_added, seconds, now) > 0,
        }
    }
}

/// The seconds until a toleration ends.
pub(super) fn left(added: Option<Time>, seconds: i64, now: Time) -> i64 {
    added.map_or(0, |added| {
        added
            .unix()
            .saturating_add(seconds)
            .saturating_sub(now.unix())
    })
}
