//! A rollout in stages.

use std::collections::BTreeSet;

use componentconfig::scalar::Duration;
use serde::{Deserialize, Serialize};

use crate::inventory::Group;

use super::{ClusterState, Deadline, Phase, Portion, Strategy};

/// Stages, one after the other: the next begins when every cluster of the one before is done and was watched long enough.
///
/// A stage means the clusters of the [groups](Group) of its name. Clusters of groups that no stage is called like never get
/// the change.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Stages {
    /// The stages.
    pub stages: Vec<Stage>,
    /// How many clusters of all may fail, beside what each stage allows; `None` for as many as the stages allow.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_failures: Option<Portion>,
    /// What is to happen when more fail than may.
    pub on_breach: OnBreach,
    /// Whether nothing more begins for now. What is on its way goes on.
    pub paused: bool,
}

/// One stage.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Stage {
    /// The name of the stage, and of the groups of clusters in it.
    pub name: String,
    /// How many of its clusters may be on their way at once; `None` for all, and at least one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_concurrency: Option<Portion>,
    /// How many of its clusters may fail; `None` for none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_failures: Option<Portion>,
    /// How long a cluster that is done holds its place, to be watched.
    pub min_success_time: Duration,
    /// How long a cluster may be on its way. A cluster that is late has failed.
    pub progress_deadline: Deadline,
    /// How long the whole stage is watched after its last cluster was done, before the next one begins.
    pub soak: Duration,
    /// Whether somebody has to agree before the stage begins.
    pub approval: Approval,
}

/// Whether somebody has to agree.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Approval {
    /// Nobody has to.
    #[default]
    NotNeeded,
    /// Somebody has to, and has not.
    Awaited,
    /// Somebody has.
    Given,
}

/// What is to happen when more clusters fail than may.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum OnBreach {
    /// Nothing more begins.
    #[default]
    Halt,
    /// Nothing more begins, and what has the change is to go [back](rollback).
    RollBack,
}

/// The way back: run it by [`step`](super::step) as a rollout of what was there before.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Rollback {
    /// How: the same stages, the last one first.
    pub strategy: Strategy,
    /// The clusters that have the change, or may have it.
    pub groups: Vec<Group>,
}

/// How to go back, from where each cluster is: every cluster that got the change loses it, those of the last stage first.
///
/// Bounds stay what they are, but nobody has to agree, nothing is paused, and no failure stops it: a cluster that cannot be
/// brought back is no reason to leave the others with a change that failed.
pub fn rollback(stages: &Stages, groups: &[Group], states: &[ClusterState]) -> Rollback {
    let touched: BTreeSet<&str> = states
        .iter()
        .filter(|state| !matches!(state.phase, Phase::ToApply | Phase::Skip))
        .map(|state| state.cluster.as_str())
        .collect();
    let groups = groups.iter().map(|group| {
        let clusters = group.clusters.iter();
        let clusters = clusters.filter(|cluster| touched.contains(cluster.as_str()));
        Group::of(group.index, group.name.as_str(), clusters.cloned())
    });
    let stages = stages.stages.iter().rev().map(|stage| Stage {
        max_failures: Some(Portion::Percent(100.0)),
        soak: Duration::ZERO,
        approval: Approval::NotNeeded,
        ..stage.clone()
    });
    Rollback {
        strategy: Strategy::Stages(Stages {
            stages: stages.collect(),
            ..Stages::default()
        }),
        groups: groups.filter(|group| !group.clusters.is_empty()).collect(),
    }
}
