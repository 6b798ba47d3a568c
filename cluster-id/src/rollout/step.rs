//! One step of a rollout.

mod stages;

use std::{collections::BTreeMap, fmt};

use componentconfig::core::Time;
use serde::Serialize;

use crate::{clock::seconds, inventory::Group};

use super::{
    ClusterState, Deadline, Limits, Phase, Portion, Strategy,
    groups::{Clusters, Groups},
};

/// What a rollout should do now.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Step {
    /// The clusters that should have the change, by name: those that are to get it, and those that hold their place.
    pub rollout: Vec<ClusterState>,
    /// The clusters that became late.
    pub time_out: Vec<ClusterState>,
    /// The clusters that are not selected any more and may have the change.
    pub removed: Vec<ClusterState>,
    /// Whether more failed than may, so that no other cluster gets the change.
    pub max_failure_breach: bool,
    /// After how many seconds the answer may be another one without any cluster having changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recheck_after_seconds: Option<i64>,
    /// Clusters that wait, each with the reason.
    pub waiting: BTreeMap<String, Waiting>,
    /// The stage that is on its way, or watched; `None` if all are over, or there are no stages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stage: Option<String>,
    /// Whether the clusters that have the change are to lose it: see [`rollback`](super::rollback).
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub roll_back: bool,
}

/// Why a cluster waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub enum Waiting {
    /// As many clusters as may be are on their way.
    MaxConcurrency,
    /// An earlier group is not done.
    EarlierGroup,
    /// Too many failed.
    MaxFailures,
    /// An earlier stage is done, and watched.
    Soak,
    /// Somebody has to agree before the stage begins.
    Approval,
    /// The rollout is paused.
    Paused,
    /// No stage means it.
    NoStage,
}

impl fmt::Display for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::MaxConcurrency => "as many as may be are on their way",
            Self::EarlierGroup => "an earlier group or stage is not done",
            Self::MaxFailures => "too many failed",
            Self::Soak => "an earlier stage is watched",
            Self::Approval => "somebody has to agree",
            Self::Paused => "the rollout is paused",
            Self::NoStage => "no stage means it",
        })
    }
}

/// Says what a rollout should do, from where each cluster is.
///
/// A cluster without a state has not got the change; a cluster of no group is [removed](Step::removed). The answer does
/// not depend on the order of `groups`, of their clusters, or of `states`.
///
/// - Mandatory groups come first, one after the other, and tolerate no failure: while one of them has a cluster that is
///   on its way, failed or late, nothing else gets the change.
/// - Then, under [`Progressive`](Strategy::Progressive), as many clusters as `maxConcurrency` allows, by name. Clusters
///   that are on their way, or done but still watched, hold their places, and so do failed ones until they are late. One
///   that failed, is tolerated and never gets late holds none.
/// - Under [`ProgressivePerGroup`](Strategy::ProgressivePerGroup), one group after the other, as a whole.
/// - When more failed than `maxFailures`, no more cluster gets the change.
/// - Under [`Stages`](Strategy::Stages), one stage after the other, each within its bounds, watched before the next one
///   begins. A cluster that failed holds no place. When more failed than a stage or the whole may, no cluster of any stage
///   gets the change.
pub fn step(strategy: &Strategy, groups: &[Group], states: &[ClusterState], now: Time) -> Step {
    let all = Limits::default();
    let limits = match strategy {
        Strategy::All { .. } => &all,
        Strategy::Progressive(limits) | Strategy::ProgressivePerGroup(limits) => limits,
        Strategy::Stages(stages) => return stages::step(stages, groups, states, now),
    };
    let clusters = Clusters::of(groups);
    let (mandatory, rest) = Groups::split(groups, &clusters, &limits.mandatory_groups);
    let (states, removed) = clusters.split(states);

    let clock = Clock {
        now,
        deadline: match strategy {
            Strategy::All { progress_deadline } => *progress_deadline,
            _ => limits.progress_deadline,
        },
        soak: seconds(limits.min_success_time),
    };
    let survey = Survey::of(&clusters, &states, clock);
    let draft = survey.mandatory(&mandatory).unwrap_or_else(|| {
        let total = clusters.len();
        match strategy {
            Strategy::All { .. } => survey.per_cluster(&rest, None, total),
            Strategy::Progressive(limits) => {
                let most = limits.max_failures.map_or(0, |portion| portion.of(total));
                survey.per_cluster(&rest, limits.max_concurrency, most)
            }
            Strategy::ProgressivePerGroup(limits) => survey.per_group(&rest, limits.max_failures),
            Strategy::Stages(_) => Draft::new(Waiting::EarlierGroup),
        }
    });
    survey.step(&draft, removed)
}

#[derive(Clone, Copy)]
struct Clock {
    now: Time,
    deadline: Deadline,
    soak: i64,
}

/// A cluster that has the change, and holds a place.
struct Placed<'a> {
    cluster: usize,
    state: &'a ClusterState,
    /// The second at which it no longer holds the place, or is late.
    until: Option<i64>,
}

/// What is known of one cluster.
#[derive(Clone, Copy, Default)]
struct Standing {
    /// It failed or is late, or was before.
    failed: bool,
    /// It has a state that says that it has not got the change.
    to_apply: bool,
    /// It has a state.
    known: bool,
}

impl Standing {
    const fn lacks_change(self) -> bool {
        self.to_apply || !self.known
    }
}

/// Where clusters are, at one time.
struct Survey<'a> {
    now: i64,
    clusters: &'a Clusters<'a>,
    /// Clusters that have the change and hold a place, by name.
    placed: Vec<Placed<'a>>,
    late: Vec<&'a ClusterState>,
    /// By number of the cluster.
    standings: Vec<Standing>,
}

impl<'a> Survey<'a> {
    fn of(clusters: &'a Clusters<'a>, states: &[(usize, &'a ClusterState)], clock: Clock) -> Self {
        let mut survey = Self {
            now: clock.now.unix(),
            clusters,
            placed: Vec::new(),
            late: Vec::new(),
            standings: vec![Standing::default(); clusters.len()],
        };
        for (cluster, state) in states {
            survey.add(*cluster, state, clock);
        }
        survey
    }

    fn add(&mut self, cluster: usize, state: &'a ClusterState, clock: Clock) {
        let Some(standing) = self.standings.get_mut(cluster) else {
            return;
        };
        standing.known = true;
        standing.failed |= matches!(state.phase, Phase::Failed | Phase::TimeOut);
        let since = state.since.unwrap_or(clock.now);
        let until = match state.phase {
            Phase::ToApply => {
                standing.to_apply = true;
                return;
            }
            Phase::TimeOut | Phase::Skip => return,
            Phase::Succeeded => Some(since.unix().saturating_add(clock.soak)),
            Phase::Progressing | Phase::Failed => clock.deadline.since(since),
        };
        if until.is_none_or(|until| self.now < until) {
            self.placed.push(Placed {
                cluster,
                state,
                until,
            });
        } else if state.phase != Phase::Succeeded {
            standing.failed = true;
            self.late.push(state);
        }
    }

    fn standing(&self, cluster: usize) -> Standing {
        self.standings.get(cluster).copied().unwrap_or_default()
    }

    /// What the mandatory groups ask for, unless they are done.
    fn mandatory(&self, groups: &Groups) -> Option<Draft> {
        groups.iter().next()?;
        let draft = self.per_group(groups, None);
        let done = draft.next.is_empty()
            && !draft.breach
            && self.placed.is_empty()
            && self.late.is_empty();
        (!done).then_some(draft)
    }

    /// The whole of one group after the other, as far as earlier ones are done.
    fn per_group(&self, groups: &Groups, max_failures: Option<Portion>) -> Draft {
        let mut draft = Draft::new(Waiting::EarlierGroup);
        let mut failed_in_place = 0;
        for group in groups.iter() {
            let members = group.iter().copied();
            let failures = members.filter(|cluster| self.standing(*cluster).failed);
            let most = max_failures.map_or(0, |portion| portion.of(group.len()));
            draft.breach = failures.count() > most;
            let members = group.iter().copied();
            let next = members.filter(|cluster| self.standing(*cluster).lacks_change());
            draft.next.extend(next);
            draft.next.sort_unstable();
            draft.next.dedup();
            failed_in_place += self.failed_in_place(group);
            if draft.breach || self.placed.len() + draft.next.len() > failed_in_place {
                break;
            }
        }
        draft
    }

    fn failed_in_place(&self, group: &[usize]) -> usize {
        let failed = self
            .placed
            .iter()
            .filter(|placed| placed.state.phase == Phase::Failed);
        failed
            .filter(|placed| group.binary_search(&placed.cluster).is_ok())
            .count()
    }

    /// As many clusters as may be on their way at once.
    fn per_cluster(
        &self,
        groups: &Groups,
        max_concurrency: Option<Portion>,
        max_failures: usize,
    ) -> Draft {
        let clusters = groups.clusters();
        let places = match max_concurrency {
            None | Some(Portion::Count(..=0)) => clusters.len(),
            Some(portion) => portion.of(clusters.len()).max(1),
        };
        let mut draft = Draft::new(Waiting::MaxConcurrency);
        let failed = self.standings.iter().filter(|standing| standing.failed);
        draft.breach = failed.count() > max_failures;
        let taken = self.placed.iter().filter(|placed| {
            let tolerated = placed.state.phase == Phase::Failed && placed.until.is_none();
            !tolerated || draft.breach
        });
        let free = places.saturating_sub(taken.count());

        // A cluster that was told to get the change keeps its turn unless too many before it failed.
        let mut failed_before = 0;
        let told = self.standings.iter().enumerate().filter(|(_, standing)| {
            let keeps_turn = standing.to_apply && failed_before <= max_failures;
            failed_before += usize::from(standing.failed);
            keeps_turn
        });
        let told = told.map(|(cluster, _)| cluster);
        let fresh = clusters
            .iter()
            .copied()
            .filter(|cluster| !draft.breach && !self.standing(*cluster).known);
        draft.next = told.chain(fresh).take(free).collect();
        draft.next.sort_unstable();
        draft
    }

    fn step(&self, draft: &Draft, removed: Vec<&ClusterState>) -> Step {
        let reason = if draft.breach {
            Waiting::MaxFailures
        } else {
            draft.reason
        };
        let mut next = draft.next.iter().copied().peekable();
        let waiting = self
            .standings
            .iter()
            .enumerate()
            .filter(|(cluster, standing)| {
                let chosen = next.next_if_eq(cluster).is_some();
                standing.lacks_change() && !chosen
            });
        let waiting = waiting
            .map(|(cluster, _)| (self.clusters.name(cluster).to_owned(), reason))
            .collect();
        let deadlines = self.placed.iter().filter_map(|placed| placed.until);
        let placed = self.placed.iter().map(|placed| placed.state.clone());
        let next = draft.next.iter();
        let next = next.map(|cluster| ClusterState::to_apply(self.clusters.name(*cluster)));
        let mut rollout: Vec<ClusterState> = placed.chain(next).collect();
        rollout.sort_by(|left, right| left.cluster.cmp(&right.cluster));
        let late = self.late.iter().map(|state| ClusterState {
            phase: Phase::TimeOut,
            ..(*state).clone()
        });
        Step {
            rollout,
            time_out: late.collect(),
            removed: removed.into_iter().cloned().collect(),
            max_failure_breach: draft.breach,
            recheck_after_seconds: deadlines.min().map(|until| until.saturating_sub(self.now)),
            waiting,
            stage: None,
            roll_back: false,
        }
    }
}

/// Who gets the change, before anything is said about it.
struct Draft {
    /// The numbers of the clusters, from the least up.
    next: Vec<usize>,
    breach: bool,
    /// Why the others wait, if nothing failed.
    reason: Waiting,
}

impl Draft {
    const fn new(reason: Waiting) -> Self {
        Self {
            next: Vec::new(),
            breach: false,
            reason,
        }
    }
}
