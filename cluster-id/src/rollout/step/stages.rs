//! One step of a rollout in stages.

use componentconfig::core::Time;

use super::{Step, Waiting};
use crate::{
    clock::seconds,
    inventory::Group,
    rollout::{
        ClusterState, Phase, Portion,
        groups::Clusters,
        stages::{Approval, OnBreach, Stage, Stages},
    },
};

/// Where a cluster is.
#[derive(Clone, Copy, Default)]
enum At<'s> {
    /// It has not got the change.
    #[default]
    Before,
    /// It has got it and holds a place, until that second.
    Placed(&'s ClusterState, Option<i64>),
    /// It failed, or is late now.
    Failed(&'s ClusterState, Late),
    /// It is done: since that second.
    Done(i64),
    /// It is left alone.
    Skipped,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Late {
    /// It became late just now.
    Now,
    No,
}

impl<'s> At<'s> {
    fn of(state: &'s ClusterState, stage: &Stage, now: Time) -> Self {
        let since = state.since.unwrap_or(now);
        match state.phase {
            Phase::ToApply => Self::Before,
            Phase::Skip => Self::Skipped,
            Phase::Failed | Phase::TimeOut => Self::Failed(state, Late::No),
            Phase::Progressing => match stage.progress_deadline.since(since) {
                Some(deadline) if deadline <= now.unix() => Self::Failed(state, Late::Now),
                deadline => Self::Placed(state, deadline),
            },
            Phase::Succeeded => {
                let watched = since.unix().saturating_add(seconds(stage.min_success_time));
                if now.unix() < watched {
                    Self::Placed(state, Some(watched))
                } else {
                    Self::Done(since.unix())
                }
            }
        }
    }
}

/// What a stage comes to.
struct Survey<'s> {
    members: Vec<(usize, At<'s>)>,
    failed: usize,
    placed: usize,
    /// The second from which on the next stage may begin; `None` as long as this one is not done.
    over: Option<i64>,
}

impl<'s> Survey<'s> {
    fn of(members: Vec<(usize, At<'s>)>, stage: &Stage) -> Self {
        let count = |test: fn(&At<'s>) -> bool| {
            let members = members.iter();
            members.filter(|(_, at)| test(at)).count()
        };
        let failed = count(|at| matches!(at, At::Failed(..)));
        let placed = count(|at| matches!(at, At::Placed(..)));
        let before = count(|at| matches!(at, At::Before));
        let last = members.iter().filter_map(|(_, at)| match at {
            At::Done(since) => Some(*since),
            _ => None,
        });
        let last = last.max().unwrap_or(i64::MIN);
        let over = last.saturating_add(seconds(stage.soak));
        Self {
            failed,
            placed,
            over: (placed == 0 && before == 0).then_some(over),
            members,
        }
    }

    fn waiting(&self) -> impl Iterator<Item = usize> {
        let members = self.members.iter();
        members
            .filter(|(_, at)| matches!(at, At::Before))
            .map(|(cluster, _)| *cluster)
    }
}

/// Says what a rollout in stages should do.
///
/// A cluster that failed, or is late, holds no place; it counts against what may fail.
pub(super) fn step(stages: &Stages, groups: &[Group], states: &[ClusterState], now: Time) -> Step {
    let clusters = Clusters::of(groups);
    let (states, removed) = clusters.split(states);
    let mut by_number: Vec<Option<&ClusterState>> = vec![None; clusters.len()];
    for (cluster, state) in states {
        if let Some(place) = by_number.get_mut(cluster) {
            *place = Some(state);
        }
    }
    let mut course = Course {
        now: now.unix(),
        clusters: &clusters,
        step: Step {
            removed: removed.into_iter().cloned().collect(),
            ..Step::default()
        },
        recheck: Vec::new(),
    };
    // A cluster is in the first stage that means it.
    let mut meant = vec![false; clusters.len()];
    let surveys: Vec<Survey<'_>> = stages
        .stages
        .iter()
        .map(|stage| {
            let named = groups.iter().filter(|group| group.name == stage.name);
            let mut members: Vec<usize> = named
                .flat_map(|group| clusters.numbers(group))
                .filter(|cluster| {
                    let meant = meant.get_mut(*cluster);
                    meant.is_some_and(|meant| !std::mem::replace(meant, true))
                })
                .collect();
            members.sort_unstable();
            let members = members.into_iter().map(|cluster| {
                let state = by_number.get(cluster).copied().flatten();
                let at = state.map_or(At::Before, |state| At::of(state, stage, now));
                (cluster, at)
            });
            Survey::of(members.collect(), stage)
        })
        .collect();
    let breached = is_breached(stages, &surveys);
    course.step.max_failure_breach = breached;
    course.step.roll_back = breached && stages.on_breach == OnBreach::RollBack;
    course.report(&surveys);
    course.begin(stages, &surveys);
    let unmeant = (0..clusters.len()).filter(|cluster| meant.get(*cluster) == Some(&false));
    for cluster in unmeant {
        course.leave_out(cluster, by_number.get(cluster).copied().flatten());
    }
    course.finish()
}

/// A step on its way.
struct Course<'c> {
    now: i64,
    clusters: &'c Clusters<'c>,
    step: Step,
    /// The seconds at which the answer may be another one.
    recheck: Vec<i64>,
}

impl Course<'_> {
    /// The clusters that hold places, and those that became late.
    fn report(&mut self, surveys: &[Survey<'_>]) {
        for (_, at) in surveys.iter().flat_map(|survey| &survey.members) {
            match at {
                At::Placed(state, until) => {
                    self.step.rollout.push((*state).clone());
                    self.recheck.extend(until);
                }
                At::Failed(state, Late::Now) => self.step.time_out.push(ClusterState {
                    phase: Phase::TimeOut,
                    ..(*state).clone()
                }),
                _ => {}
            }
        }
    }

    /// The clusters that get the change now, and why others do not.
    fn begin(&mut self, stages: &Stages, surveys: &[Survey<'_>]) {
        let halted = match (self.step.max_failure_breach, stages.paused) {
            (true, _) => Some(Waiting::MaxFailures),
            (false, true) => Some(Waiting::Paused),
            (false, false) => None,
        };
        // Why no stage from here on may begin a cluster.
        let mut barrier: Option<Waiting> = None;
        for (stage, survey) in stages.stages.iter().zip(surveys) {
            let approval = stage.approval == Approval::Awaited;
            let approval = approval.then_some(Waiting::Approval);
            self.begin_stage(stage, survey, halted.or(barrier).or(approval));
            if barrier.is_some() {
                continue;
            }
            barrier = match survey.over {
                Some(over) if over <= self.now => continue,
                Some(over) => {
                    self.recheck.push(over);
                    Some(Waiting::Soak)
                }
                None => Some(Waiting::EarlierGroup),
            };
            self.step.stage = Some(stage.name.clone());
        }
    }

    fn begin_stage(&mut self, stage: &Stage, survey: &Survey<'_>, obstacle: Option<Waiting>) {
        let total = survey.members.len();
        let places = stage
            .max_concurrency
            .map_or(total, |portion| portion.of(total).max(1));
        let free = match obstacle {
            Some(_) => 0,
            None => places.saturating_sub(survey.placed),
        };
        for (index, cluster) in survey.waiting().enumerate() {
            let name = self.clusters.name(cluster);
            if index < free {
                self.step.rollout.push(ClusterState::to_apply(name));
            } else {
                let why = obstacle.unwrap_or(Waiting::MaxConcurrency);
                self.step.waiting.insert(name.to_owned(), why);
            }
        }
    }

    /// A cluster that no stage means.
    fn leave_out(&mut self, cluster: usize, state: Option<&ClusterState>) {
        match state {
            Some(state) if !matches!(state.phase, Phase::ToApply | Phase::Skip) => {
                self.step.removed.push(state.clone());
            }
            _ => {
                let name = self.clusters.name(cluster).to_owned();
                self.step.waiting.insert(name, Waiting::NoStage);
            }
        }
    }

    fn finish(mut self) -> Step {
        let step = &mut self.step;
        for list in [&mut step.rollout, &mut step.time_out, &mut step.removed] {
            list.sort_by(|left, right| left.cluster.cmp(&right.cluster));
        }
        let next = self.recheck.into_iter().filter(|time| *time > self.now);
        let next = next.min().map(|time| time.saturating_sub(self.now));
        self.step.recheck_after_seconds = next;
        self.step
    }
}

/// Whether more failed than may, in a stage or in all.
fn is_breached(stages: &Stages, surveys: &[Survey<'_>]) -> bool {
    let most = |portion: Option<Portion>, total| portion.map_or(0, |portion| portion.of(total));
    let in_a_stage = stages.stages.iter().zip(surveys);
    let in_a_stage = in_a_stage
        .into_iter()
        .any(|(stage, survey)| survey.failed > most(stage.max_failures, survey.members.len()));
    let failed: usize = surveys.iter().map(|survey| survey.failed).sum();
    let total = surveys.iter().map(|survey| survey.members.len()).sum();
    let in_all = stages
        .max_failures
        .is_some_and(|portion| failed > portion.of(total));
    in_a_stage || in_all
}
