//! One step of a rollout.

use std::collections::{BTreeMap, BTreeSet};

use componentconfig::core::Time;
use serde::Serialize;

use crate::inventory::Group;

use super::{
    ClusterState, Deadline, Limits, Phase, Portion, Strategy, deadline::seconds, groups::Groups,
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
pub fn step(strategy: &Strategy, groups: &[Group], states: &[ClusterState], now: Time) -> Step {
    let all = Limits::default();
    let limits = match strategy {
        Strategy::All { .. } => &all,
        Strategy::Progressive(limits) | Strategy::ProgressivePerGroup(limits) => limits,
    };
    let (mandatory, rest) = Groups::split(groups, &limits.mandatory_groups);
    let selected: BTreeSet<&str> = &mandatory.clusters() | &rest.clusters();
    let mut sorted: Vec<&ClusterState> = states.iter().collect();
    sorted.sort_by(|left, right| left.cluster.cmp(&right.cluster));
    let (states, removed): (Vec<_>, Vec<_>) = sorted
        .into_iter()
        .partition(|state| selected.contains(state.cluster.as_str()));

    let clock = Clock {
        now,
        deadline: match strategy {
            Strategy::All { progress_deadline } => *progress_deadline,
            _ => limits.progress_deadline,
        },
        soak: seconds(limits.min_success_time),
    };
    let survey = Survey::of(&states, clock);
    let draft = survey.mandatory(&mandatory).unwrap_or_else(|| {
        let total = selected.len();
        match strategy {
            Strategy::All { .. } => survey.per_cluster(&rest, None, total),
            Strategy::Progressive(limits) => {
                let most = limits.max_failures.map_or(0, |portion| portion.of(total));
                survey.per_cluster(&rest, limits.max_concurrency, most)
            }
            Strategy::ProgressivePerGroup(limits) => survey.per_group(&rest, limits.max_failures),
        }
    });
    survey.step(&draft, removed, &selected)
}

#[derive(Clone, Copy)]
struct Clock {
    now: Time,
    deadline: Deadline,
    soak: i64,
}

/// A cluster that has the change, and holds a place.
struct Placed {
    state: ClusterState,
    /// The second at which it no longer holds the place, or is late.
    until: Option<i64>,
}

/// Where clusters are, at one time.
struct Survey<'a> {
    now: i64,
    /// Clusters that have the change and hold a place, by name.
    placed: Vec<Placed>,
    late: Vec<ClusterState>,
    /// Clusters that failed or are late, or were before.
    failed: BTreeSet<&'a str>,
    /// Clusters that are known not to have the change, by name.
    to_apply: BTreeSet<&'a str>,
    /// Every cluster that has a state.
    known: BTreeSet<&'a str>,
}

impl<'a> Survey<'a> {
    fn of(states: &[&'a ClusterState], clock: Clock) -> Self {
        let mut survey = Self {
            now: clock.now.unix(),
            placed: Vec::new(),
            late: Vec::new(),
            failed: BTreeSet::new(),
            to_apply: BTreeSet::new(),
            known: BTreeSet::new(),
        };
        for state in states {
            survey.add(state, clock);
        }
        survey
    }

    fn add(&mut self, state: &'a ClusterState, clock: Clock) {
        let name = state.cluster.as_str();
        let since = state.since.unwrap_or(clock.now);
        self.known.insert(name);
        if matches!(state.phase, Phase::Failed | Phase::TimeOut) {
            self.failed.insert(name);
        }
        let until = match state.phase {
            Phase::ToApply => {
                self.to_apply.insert(name);
                return;
            }
            Phase::TimeOut | Phase::Skip => return,
            Phase::Succeeded => Some(since.unix().saturating_add(clock.soak)),
            Phase::Progressing | Phase::Failed => clock.deadline.since(since),
        };
        if until.is_none_or(|until| self.now < until) {
            let state = state.clone();
            self.placed.push(Placed { state, until });
        } else if state.phase != Phase::Succeeded {
            self.failed.insert(name);
            self.late.push(ClusterState {
                phase: Phase::TimeOut,
                ..state.clone()
            });
        }
    }

    /// What the mandatory groups ask for, unless they are done.
    fn mandatory(&self, groups: &Groups<'_>) -> Option<Draft> {
        groups.iter().next()?;
        let draft = self.per_group(groups, None);
        let done = draft.next.is_empty()
            && !draft.breach
            && self.placed.is_empty()
            && self.late.is_empty();
        (!done).then_some(draft)
    }

    /// The whole of one group after the other, as far as earlier ones are done.
    fn per_group(&self, groups: &Groups<'_>, max_failures: Option<Portion>) -> Draft {
        let mut draft = Draft::new(Waiting::EarlierGroup);
        let mut failed_in_place = 0;
        for group in groups.iter() {
            let failures = group.iter().filter(|name| self.failed.contains(**name));
            let most = max_failures.map_or(0, |portion| portion.of(group.len()));
            draft.breach = failures.count() > most;
            let next = group.iter().filter(|name| self.lacks_change(name));
            draft.next.extend(next.map(|name| (*name).to_owned()));
            failed_in_place += self.failed_in_place(group);
            if draft.breach || self.placed.len() + draft.next.len() > failed_in_place {
                break;
            }
        }
        draft
    }

    fn lacks_change(&self, name: &str) -> bool {
        self.to_apply.contains(name) || !self.known.contains(name)
    }

    fn failed_in_place(&self, group: &BTreeSet<&str>) -> usize {
        let failed = self
            .placed
            .iter()
            .filter(|placed| placed.state.phase == Phase::Failed);
        failed
            .filter(|placed| group.contains(placed.state.cluster.as_str()))
            .count()
    }

    /// As many clusters as may be on their way at once.
    fn per_cluster(
        &self,
        groups: &Groups<'_>,
        max_concurrency: Option<Portion>,
        max_failures: usize,
    ) -> Draft {
        let clusters = groups.clusters();
        let places = match max_concurrency {
            None | Some(Portion::Count(..=0)) => clusters.len(),
            Some(portion) => portion.of(clusters.len()).max(1),
        };
        let mut draft = Draft::new(Waiting::MaxConcurrency);
        draft.breach = self.failed.len() > max_failures;
        let taken = self.placed.iter().filter(|placed| {
            let tolerated = placed.state.phase == Phase::Failed && placed.until.is_none();
            !tolerated || draft.breach
        });
        let free = places.saturating_sub(taken.count());

        // A cluster that was told to get the change keeps its turn unless too many before it failed.
        let told = self.to_apply.iter().filter(|name| {
            let before = self.failed.range(..**name).count();
            before <= max_failures
        });
        let fresh = clusters
            .iter()
            .filter(|name| !draft.breach && !self.known.contains(**name));
        let next = told.chain(fresh).take(free);
        draft.next = next.map(|name| (*name).to_owned()).collect();
        draft
    }
}

impl Survey<'_> {
    fn step(&self, draft: &Draft, removed: Vec<&ClusterState>, selected: &BTreeSet<&str>) -> Step {
        let reason = if draft.breach {
            Waiting::MaxFailures
        } else {
            draft.reason
        };
        let waiting = selected
            .iter()
            .filter(|name| self.lacks_change(name) && !draft.next.contains(**name))
            .map(|name| ((*name).to_owned(), reason))
            .collect();
        let deadlines = self.placed.iter().filter_map(|placed| placed.until);
        let placed = self.placed.iter().map(|placed| placed.state.clone());
        let next = draft.next.iter().map(|name| ClusterState::to_apply(name));
        let mut rollout: Vec<ClusterState> = placed.chain(next).collect();
        rollout.sort_by(|left, right| left.cluster.cmp(&right.cluster));
        Step {
            rollout,
            time_out: self.late.clone(),
            removed: removed.into_iter().cloned().collect(),
            max_failure_breach: draft.breach,
            recheck_after_seconds: deadlines.min().map(|until| until.saturating_sub(self.now)),
            waiting,
        }
    }
}

/// Who gets the change, before anything is said about it.
struct Draft {
    next: BTreeSet<String>,
    breach: bool,
    /// Why the others wait, if nothing failed.
    reason: Waiting,
}

impl Draft {
    const fn new(reason: Waiting) -> Self {
        Self {
            next: BTreeSet::new(),
            breach: false,
            reason,
        }
    }
}
