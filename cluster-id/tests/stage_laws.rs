//! What no rollout in stages may do, whatever happens to its clusters and in which order.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on fails"
)]

use std::collections::{BTreeMap, BTreeSet};

use cluster_id::{
    inventory::Group,
    rollout::{
        Approval, ClusterState, Deadline, OnBreach, Phase, Portion, Stage, Stages, Step, Strategy,
        Waiting, rollback, step,
    },
};
use componentconfig::{core::Time, scalar::Duration};
use proptest::{prelude::*, strategy::Strategy as _};

const NOW: i64 = 1_800_000_000;

fn stage(name: &str, most: i32) -> Stage {
    Stage {
        name: name.to_owned(),
        max_concurrency: Some(Portion::Count(most)),
        ..Stage::default()
    }
}

fn at(seconds: i64) -> Time {
    Time::from_unix(NOW + seconds).unwrap()
}

fn state(cluster: &str, phase: Phase, since: i64) -> ClusterState {
    ClusterState {
        cluster: cluster.to_owned(),
        phase,
        since: Some(at(since)),
    }
}

fn next(step: &Step) -> Vec<&str> {
    let states = step.rollout.iter();
    let states = states.filter(|state| state.phase == Phase::ToApply);
    states.map(|state| state.cluster.as_str()).collect()
}

fn run(stages: &Stages, groups: &[Group], states: &[ClusterState], seconds: i64) -> Step {
    step(
        &Strategy::Stages(stages.clone()),
        groups,
        states,
        at(seconds),
    )
}

/// A canary, then two clusters of which one at a time.
fn canary() -> (Stages, [Group; 2]) {
    let canary = Stage {
        soak: Duration::from_secs(60),
        ..stage("canary", 1)
    };
    let stages = Stages {
        stages: vec![canary, stage("rest", 1)],
        ..Stages::default()
    };
    let groups = [
        Group::of(0, "canary", ["a"]),
        Group::of(1, "rest", ["b", "c"]),
    ];
    (stages, groups)
}

#[test]
fn a_stage_is_watched_before_the_next_one_begins() {
    let (stages, groups) = canary();
    let first = run(&stages, &groups, &[], 0);
    assert_eq!(next(&first), ["a"]);
    assert_eq!(first.stage.as_deref(), Some("canary"));
    assert_eq!(first.waiting["b"], Waiting::EarlierGroup);

    let done = [state("a", Phase::Succeeded, 0)];
    let watched = run(&stages, &groups, &done, 59);
    assert!(next(&watched).is_empty());
    assert_eq!(watched.waiting["b"], Waiting::Soak);
    assert_eq!(watched.recheck_after_seconds, Some(1));
    let second = run(&stages, &groups, &done, 60);
    assert_eq!(next(&second), ["b"]);
    assert_eq!(second.waiting["c"], Waiting::MaxConcurrency);
    let all: Vec<ClusterState> = ["a", "b", "c"]
        .map(|cluster| state(cluster, Phase::Succeeded, 0))
        .into();
    assert_eq!(run(&stages, &groups, &all, 60), Step::default());
}

#[test]
fn pausing_and_consent_hold_a_stage_back() {
    let (mut stages, groups) = canary();
    stages.paused = true;
    assert_eq!(run(&stages, &groups, &[], 0).waiting["a"], Waiting::Paused);
    stages.paused = false;
    assert_eq!(next(&run(&stages, &groups, &[], 0)), ["a"]);

    stages.stages[1].approval = Approval::Awaited;
    let done = [state("a", Phase::Succeeded, 0)];
    let waits = run(&stages, &groups, &done, 60);
    assert_eq!(waits.waiting["b"], Waiting::Approval);
    assert_eq!(waits.stage.as_deref(), Some("rest"));
    stages.stages[1].approval = Approval::Given;
    assert_eq!(next(&run(&stages, &groups, &done, 60)), ["b"]);
}

#[test]
fn a_failure_halts_or_sends_back_the_last_stage_first() {
    let (mut stages, groups) = canary();
    stages.stages[1].progress_deadline = Deadline::After(Duration::from_secs(30));
    let states = [
        state("a", Phase::Succeeded, 0),
        state("b", Phase::Progressing, 60),
    ];
    let late = run(&stages, &groups, &states, 90);
    assert!(late.max_failure_breach && !late.roll_back);
    assert_eq!(late.time_out, [state("b", Phase::TimeOut, 60)]);
    assert_eq!(late.waiting["c"], Waiting::MaxFailures);
    stages.on_breach = OnBreach::RollBack;
    assert!(run(&stages, &groups, &states, 90).roll_back);

    // The way back is a rollout: "c" never had the change.
    let back = rollback(&stages, &groups, &states);
    let first = step(&back.strategy, &back.groups, &[], at(90));
    assert_eq!(next(&first), ["b"]);
    assert_eq!(first.waiting.keys().collect::<Vec<_>>(), ["a"]);
    let failed = [state("b", Phase::Failed, 91)];
    let second = step(&back.strategy, &back.groups, &failed, at(92));
    assert_eq!(next(&second), ["a"]);
}

#[test]
fn the_whole_may_allow_less_than_its_stages() {
    let mut stages = Stages {
        stages: vec![stage("one", 9), stage("two", 9)],
        ..Stages::default()
    };
    for stage in &mut stages.stages {
        stage.max_failures = Some(Portion::Count(1));
    }
    let groups = [
        Group::of(0, "one", ["a", "b"]),
        Group::of(1, "two", ["c", "d", "e"]),
    ];
    let states = [
        state("a", Phase::Failed, 0),
        state("b", Phase::Succeeded, 0),
        state("c", Phase::Failed, 0),
    ];
    assert_eq!(next(&run(&stages, &groups, &states, 0)), ["d", "e"]);
    stages.max_failures = Some(Portion::Count(1));
    assert!(run(&stages, &groups, &states, 0).max_failure_breach);
}

#[test]
fn a_cluster_of_no_stage_waits_or_is_told_of() {
    let (stages, _) = canary();
    let groups = [
        Group::of(0, "canary", ["a"]),
        Group::of(1, "other", ["x", "y"]),
    ];
    let step = run(&stages, &groups, &[state("y", Phase::Succeeded, 0)], 0);
    assert_eq!(step.waiting["x"], Waiting::NoStage);
    assert_eq!(step.removed, [state("y", Phase::Succeeded, 0)]);
}

#[test]
fn stages_are_written_as_other_strategies_are() {
    let (stages, _) = canary();
    let strategy = Strategy::Stages(stages);
    let text = serde_json::to_string(&strategy).unwrap();
    assert!(text.starts_with(r#"{"type":"Stages","stages":[{"name":"canary","maxConcurrency":1,"#));
    assert_eq!(serde_json::from_str::<Strategy>(&text).unwrap(), strategy);
}

/// What happens between two steps.
#[derive(Clone, Debug)]
enum Event {
    /// A cluster that is on its way ends well or badly.
    End(usize, bool),
    /// A cluster that was done fails after all.
    Break(usize),
    /// The report of a cluster gets lost.
    Forget(usize),
    Wait(i64),
    Pause(bool),
    Consent(usize, bool),
    /// The steps since the last event are not followed yet: they come late.
    Stall,
}

fn events() -> impl proptest::strategy::Strategy<Value = Vec<Event>> {
    let event = prop_oneof![
        6 => (0..9_usize, prop::bool::weighted(0.9)).prop_map(|(index, well)| Event::End(index, well)),
        1 => (0..9_usize).prop_map(Event::Break),
        1 => (0..9_usize).prop_map(Event::Forget),
        2 => (1..90_i64).prop_map(Event::Wait),
        1 => any::<bool>().prop_map(Event::Pause),
        1 => (0..3_usize, any::<bool>()).prop_map(|(stage, yes)| Event::Consent(stage, yes)),
        1 => Just(Event::Stall),
    ];
    prop::collection::vec(event, 0..60)
}

fn a_stage(index: usize) -> impl proptest::strategy::Strategy<Value = Stage> {
    let deadline = prop_oneof![
        Just(Deadline::None),
        Just(Deadline::After(Duration::from_secs(60)))
    ];
    let seconds = || prop_oneof![Just(0_i64), 1..60_i64];
    let bounds = (1..3_i32, 0..2_i32, deadline);
    let times = (seconds(), seconds(), any::<bool>());
    (bounds, times).prop_map(
        move |((most, failures, deadline), (watch, soak, asks))| Stage {
            max_failures: Some(Portion::Count(failures)),
            progress_deadline: deadline,
            min_success_time: Duration::from_secs(watch),
            soak: Duration::from_secs(soak),
            approval: if asks {
                Approval::Awaited
            } else {
                Approval::NotNeeded
            },
            ..stage(&format!("s{index}"), most)
        },
    )
}

struct Fleet {
    stages: Stages,
    groups: Vec<Group>,
    states: BTreeMap<String, ClusterState>,
    time: i64,
}

impl Fleet {
    fn step(&self) -> Step {
        let states: Vec<ClusterState> = self.states.values().cloned().collect();
        run(&self.stages, &self.groups, &states, self.time)
    }

    fn set(&mut self, cluster: &str, phase: Phase) {
        let state = state(cluster, phase, self.time);
        self.states.insert(cluster.to_owned(), state);
    }

    fn phase(&self, cluster: &str) -> Option<Phase> {
        self.states.get(cluster).map(|state| state.phase)
    }

    /// The clusters of a stage that hold a place.
    fn placed(&self, index: usize) -> usize {
        let watch = self.stages.stages[index].min_success_time.as_secs_f64();
        let clusters = self.groups[index].clusters.iter();
        let placed = clusters.filter(|cluster| match self.states.get(*cluster) {
            Some(state) if state.phase == Phase::Succeeded => {
                let age = at(self.time).unix() - state.since.unwrap().unix();
                f64::from(i32::try_from(age).unwrap()) < watch
            }
            Some(state) => state.phase == Phase::Progressing,
            None => false,
        });
        placed.count()
    }

    fn failed(&self, index: usize) -> usize {
        let clusters = self.groups[index].clusters.iter();
        let failed = clusters
            .filter(|cluster| matches!(self.phase(cluster), Some(Phase::Failed | Phase::TimeOut)));
        failed.count()
    }

    fn happen(&mut self, event: &Event) {
        let clusters: Vec<String> = self
            .groups
            .iter()
            .flat_map(|group| group.clusters.clone())
            .collect();
        let pick = |index: &usize| clusters[index % clusters.len()].clone();
        match event {
            Event::End(index, well) => {
                let cluster = pick(index);
                if self.phase(&cluster) == Some(Phase::Progressing) {
                    self.set(
                        &cluster,
                        if *well {
                            Phase::Succeeded
                        } else {
                            Phase::Failed
                        },
                    );
                }
            }
            Event::Break(index) => {
                let cluster = pick(index);
                if self.phase(&cluster) == Some(Phase::Succeeded) {
                    self.set(&cluster, Phase::Failed);
                }
            }
            Event::Forget(index) => {
                let cluster = pick(index);
                if self.phase(&cluster) == Some(Phase::Progressing) {
                    self.states.remove(&cluster);
                }
            }
            Event::Wait(seconds) => self.time += seconds,
            Event::Pause(paused) => self.stages.paused = *paused,
            Event::Consent(index, yes) => {
                let count = self.stages.stages.len();
                self.stages.stages[index % count].approval = if *yes {
                    Approval::Given
                } else {
                    Approval::Awaited
                };
            }
            Event::Stall => {}
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_bound_is_ever_exceeded(
        stages in (a_stage(0), a_stage(1), a_stage(2)),
        sizes in prop::collection::vec(1..4_usize, 3),
        most in prop::option::of(0..3_i32),
        events in events(),
    ) {
        let groups = sizes.iter().enumerate().map(|(index, size)| {
            Group::of(index, format!("s{index}"), (0..*size).map(|number| format!("s{index}-{number}")))
        });
        let mut fleet = Fleet {
            stages: Stages {
                stages: vec![stages.0, stages.1, stages.2],
                max_failures: most.map(Portion::Count),
                ..Stages::default()
            },
            groups: groups.collect(),
            states: BTreeMap::new(),
            time: 0,
        };
        for event in &events {
            let step = fleet.step();
            let begun: BTreeSet<String> = next(&step).into_iter().map(str::to_owned).collect();
            for late in &step.time_out {
                fleet.set(&late.cluster, Phase::TimeOut);
            }
            if !matches!(event, Event::Stall) {
                let before: Vec<usize> = (0..3).map(|index| fleet.placed(index)).collect();
                for cluster in &begun {
                    prop_assert!(!matches!(fleet.phase(cluster), Some(phase) if phase != Phase::ToApply));
                    fleet.set(cluster, Phase::Progressing);
                }
                for (index, before) in before.into_iter().enumerate() {
                    let Some(Portion::Count(places)) = fleet.stages.stages[index].max_concurrency else { panic!() };
                    let now = fleet.placed(index);
                    prop_assert!(now <= usize::try_from(places).unwrap() || now == before, "{index}: {now}");
                }
            }
            if !begun.is_empty() {
                prop_assert!(!fleet.stages.paused);
                let index = |cluster: &String| cluster[1..2].parse::<usize>().unwrap();
                let stage: BTreeSet<usize> = begun.iter().map(index).collect();
                prop_assert_eq!(stage.len(), 1);
                let current = *stage.first().unwrap();
                prop_assert!(fleet.stages.stages[current].approval != Approval::Awaited);
                // Every earlier stage is over: all ended, and watched for as long as it has to be.
                for earlier in 0..current {
                    let soak = fleet.stages.stages[earlier].soak.as_secs_f64();
                    for cluster in &fleet.groups[earlier].clusters {
                        let state = &fleet.states[cluster];
                        let age = at(fleet.time).unix() - state.since.unwrap().unix();
                        let ended = match state.phase {
                            Phase::Failed | Phase::TimeOut => true,
                            Phase::Succeeded => f64::from(i32::try_from(age).unwrap()) >= soak,
                            _ => false,
                        };
                        prop_assert!(ended, "{cluster}");
                    }
                    prop_assert_eq!(fleet.placed(earlier), 0);
                }
                // Nothing begins once more failed than may.
                let failed: Vec<usize> = (0..3).map(|index| fleet.failed(index)).collect();
                for (index, failed) in failed.iter().enumerate() {
                    let Some(Portion::Count(most)) = fleet.stages.stages[index].max_failures else { panic!() };
                    prop_assert!(*failed <= usize::try_from(most).unwrap());
                }
                if let Some(most) = most {
                    prop_assert!(failed.iter().sum::<usize>() <= usize::try_from(most).unwrap());
                }
            }
            // Whoever waits is told why, and whoever could go on is not held back.
            let waits = step.waiting.len() + begun.len();
            let lacks = fleet.groups.iter().flat_map(|group| &group.clusters)
                .filter(|cluster| begun.contains(*cluster) || fleet.phase(cluster).is_none());
            prop_assert_eq!(waits, lacks.count());
            fleet.happen(event);
        }
        // It comes to an end if all goes well from here on.
        fleet.stages.paused = false;
        fleet.stages.max_failures = None;
        for stage in &mut fleet.stages.stages {
            stage.approval = Approval::Given;
            stage.max_failures = None;
            stage.max_failures = Some(Portion::Percent(100.0));
        }
        for _ in 0..40 {
            let step = fleet.step();
            let begun: Vec<String> = next(&step).into_iter().map(str::to_owned).collect();
            for late in &step.time_out {
                fleet.set(&late.cluster, Phase::TimeOut);
            }
            for cluster in begun {
                fleet.set(&cluster, Phase::Succeeded);
            }
            for index in 0..9 {
                fleet.happen(&Event::End(index, true));
            }
            fleet.time += step.recheck_after_seconds.unwrap_or(0);
        }
        prop_assert!(fleet.step().waiting.is_empty());
        prop_assert_eq!(fleet.step().stage, None);
    }
}
