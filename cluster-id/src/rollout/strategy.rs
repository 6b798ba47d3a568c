//! How a change is rolled out.

use componentconfig::scalar::Duration;
use serde::{Deserialize, Serialize};

use super::{Deadline, Portion, Stages};

/// How a change is rolled out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type")]
#[non_exhaustive]
pub enum Strategy {
    /// To all clusters at once. Failures stop nothing.
    #[serde(rename_all = "camelCase")]
    All {
        /// How long a cluster may take.
        #[serde(default)]
        progress_deadline: Deadline,
    },
    /// To the mandatory groups, one after the other, then to some clusters at a time.
    Progressive(Limits),
    /// To the mandatory groups, then to one group after the other. `maxConcurrency` has no effect.
    ProgressivePerGroup(Limits),
    /// To one stage after the other, each with bounds of its own.
    Stages(Stages),
}

/// The bounds of a rollout.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Limits {
    /// How many clusters may be on their way at once; `None` for all, and at least one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_concurrency: Option<Portion>,
    /// How many clusters may fail: of all, or per group of each. `None` for none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_failures: Option<Portion>,
    /// How long a cluster that is done holds its place, to be watched.
    pub min_success_time: Duration,
    /// How long a cluster may be on its way, or failed.
    pub progress_deadline: Deadline,
    /// Groups that come first and tolerate no failure.
    #[serde(
        rename = "mandatoryDecisionGroups",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub mandatory_groups: Vec<GroupRef>,
}

/// A group by name, or by index if it has no name. A name means all parts of the group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GroupRef {
    /// The name of the group.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub group_name: String,
    /// The index of the group, if `groupName` is empty.
    pub group_index: usize,
}
