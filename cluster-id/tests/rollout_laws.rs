//! Where a rollout follows its documentation rather than the program, and what no order of events may break.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

use std::collections::{BTreeMap, BTreeSet};

use cluster_id::{
    inventory::Group,
    rollout::{ClusterState, Deadline, GroupRef, Limits, Phase, Portion, Step, Strategy, step},
};
use componentconfig::{core::Time, scalar::Duration};
use proptest::{prelude::*, strategy::Strategy as _};

const NOW: i64 = 1_800_000_000;

fn state(cluster: &str, phase: Phase, age: i64) -> ClusterState {
    ClusterState {
        cluster: cluster.to_owned(),
        phase,
        since: Time::from_unix(NOW - age),
    }
}

fn at_now(strategy: &Strategy, groups: &[Group], states: &[ClusterState]) -> Step {
    step(strategy, groups, states, Time::from_unix(NOW).unwrap())
}

fn rolled_out(step: &Step) -> Vec<(&str, Phase)> {
    let states = step.rollout.iter();
    states
        .map(|state| (state.cluster.as_str(), state.phase))
        .collect()
}

fn limits(deadline: &str) -> Limits {
    Limits {
        progress_deadline: deadline.parse().unwrap(),
        ..Limits::default()
    }
}

const fn count(number: i32) -> Portion {
    Portion::Count(number)
}

/// Case rqk-o01.
#[test]
fn a_later_group_waits_for_an_unfinished_one() {
    let groups = [
        Group::of(0, "", ["c1", "c2"]),
        Group::of(1, "", ["c3", "c4"]),
    ];
    let strategy = Strategy::ProgressivePerGroup(Limits {
        max_failures: Some(count(1)),
        ..limits("60s")
    });
    let states = [
        state("c1", Phase::Progressing, 400),
        state("c2", Phase::Progressing, 5),
    ];
    let step = at_now(&strategy, &groups, &states);
    assert_eq!(rolled_out(&step), [("c2", Phase::Progressing)]);
    assert_eq!(step.waiting.keys().collect::<Vec<_>>(), ["c3", "c4"]);
}

/// Cases rqk-o02, rol-o022 and rol-o034.
#[test]
fn clusters_on_their_way_hold_their_places() {
    let strategy = Strategy::Progressive(Limits {
        max_concurrency: Some(count(1)),
        ..limits("None")
    });
    let states = [
        state("c1", Phase::ToApply, 5),
        state("c2", Phase::Progressing, 5),
    ];
    let step = at_now(&strategy, &[Group::of(0, "", ["c1", "c2"])], &states);
    assert_eq!(rolled_out(&step), [("c2", Phase::Progressing)]);
}

/// Case rqk-o03.
#[test]
fn a_mandatory_group_that_timed_out_stops_the_rollout() {
    let groups = [
        Group::of(0, "canary", ["c1"]),
        Group::of(1, "", ["c3", "c4"]),
    ];
    let strategy = Strategy::Progressive(Limits {
        max_concurrency: Some(count(3)),
        max_failures: Some(count(1)),
        mandatory_groups: vec![GroupRef {
            group_name: "canary".to_owned(),
            group_index: 0,
        }],
        ..limits("60s")
    });
    let step = at_now(&strategy, &groups, &[state("c1", Phase::TimeOut, 400)]);
    assert_eq!(rolled_out(&step), []);
    assert!(step.max_failure_breach);
}

/// Cases rqk-o04, rol-o008 and rol-o029.
#[test]
fn more_tolerated_failures_than_clusters_tolerate_every_failure() {
    let strategy = Strategy::Progressive(Limits {
        max_failures: Some(count(4)),
        ..limits("60s")
    });
    let groups = [Group::of(0, "", ["c1", "c2", "c3"])];
    let step = at_now(&strategy, &groups, &[state("c1", Phase::Failed, 400)]);
    assert_eq!(
        rolled_out(&step),
        [("c2", Phase::ToApply), ("c3", Phase::ToApply)]
    );
    assert!(!step.max_failure_breach);
}

/// Case rqk-o05.
#[test]
fn no_percent_of_the_clusters_is_one_at_a_time() {
    let strategy = Strategy::Progressive(Limits {
        max_concurrency: Some("0%".parse().unwrap()),
        ..limits("60s")
    });
    let step = at_now(&strategy, &[Group::of(0, "", ["c1", "c2", "c3"])], &[]);
    assert_eq!(rolled_out(&step), [("c1", Phase::ToApply)]);
}

/// Case rqk-o06.
#[test]
fn a_tolerated_failure_that_never_ends_holds_no_place() {
    let strategy = Strategy::Progressive(Limits {
        max_concurrency: Some(count(1)),
        max_failures: Some(count(1)),
        ..limits("None")
    });
    let groups = [Group::of(0, "", ["c1", "c2", "c3"])];
    let step = at_now(&strategy, &groups, &[state("c1", Phase::Failed, 400)]);
    assert_eq!(
        rolled_out(&step),
        [("c1", Phase::Failed), ("c2", Phase::ToApply)]
    );
}

#[test]
fn the_answer_changes_when_the_recheck_says_so() {
    let strategy = Strategy::Progressive(Limits {
        min_success_time: Duration::from_secs(60),
        max_concurrency: Some(count(1)),
        ..limits("5m")
    });
    let groups = [Group::of(0, "", ["c1", "c2"])];
    let states = [state("c1", Phase::Succeeded, 20)];
    let early = at_now(&strategy, &groups, &states);
    assert_eq!(early.recheck_after_seconds, Some(40));
    let then = Time::from_unix(NOW + 40).unwrap();
    let step = step(&strategy, &groups, &states, then);
    assert_eq!(rolled_out(&step), [("c2", Phase::ToApply)]);
}

/// A fleet that does what each step says, and whose clusters end as `ends` says.
struct Fleet {
    states: BTreeMap<String, ClusterState>,
    time: i64,
}

impl Fleet {
    fn step(&self, strategy: &Strategy, groups: &[Group]) -> Step {
        let states: Vec<ClusterState> = self.states.values().cloned().collect();
        step(
            strategy,
            groups,
            &states,
            Time::from_unix(self.time).unwrap(),
        )
    }

    fn set(&mut self, cluster: &str, phase: Phase) {
        let since = Time::from_unix(self.time);
        let cluster = cluster.to_owned();
        self.states.insert(
            cluster.clone(),
            ClusterState {
                cluster,
                phase,
                since,
            },
        );
    }

    fn follow(&mut self, step: &Step) {
        for late in &step.time_out {
            self.set(&late.cluster, Phase::TimeOut);
        }
        for next in &step.rollout {
            if next.phase == Phase::ToApply {
                self.set(&next.cluster, Phase::Progressing);
            }
        }
    }

    fn on_their_way(&self) -> BTreeSet<&str> {
        let states = self.states.values();
        let progressing = states.filter(|state| state.phase == Phase::Progressing);
        progressing.map(|state| state.cluster.as_str()).collect()
    }

    fn failed(&self) -> usize {
        let failed = |state: &&ClusterState| matches!(state.phase, Phase::Failed | Phase::TimeOut);
        self.states.values().filter(failed).count()
    }
}

#[derive(Clone, Debug)]
enum Event {
    End(usize, bool),
    Wait(i64),
    Forget(usize),
}

fn events() -> impl proptest::strategy::Strategy<Value = Vec<Event>> {
    let event = prop_oneof![
        4 => (0..9_usize, prop::bool::weighted(0.8)).prop_map(|(index, well)| Event::End(index, well)),
        1 => (1..90_i64).prop_map(Event::Wait),
        1 => (0..9_usize).prop_map(Event::Forget),
    ];
    prop::collection::vec(event, 0..40)
}

fn happen(fleet: &mut Fleet, event: &Event, clusters: &[String]) {
    match event {
        Event::Wait(seconds) => fleet.time += seconds,
        Event::End(index, well) => {
            let cluster = &clusters[index % clusters.len()];
            if fleet.on_their_way().contains(cluster.as_str()) {
                fleet.set(
                    cluster,
                    if *well {
                        Phase::Succeeded
                    } else {
                        Phase::Failed
                    },
                );
            }
        }
        // The report of a cluster is lost: it says that it has not got the change.
        Event::Forget(index) => {
            let cluster = &clusters[index % clusters.len()];
            if fleet.on_their_way().contains(cluster.as_str()) {
                fleet.set(cluster, Phase::ToApply);
            }
        }
    }
}

proptest! {
    #[test]
    fn a_progressive_rollout_keeps_its_bounds(
        total in 1..9_usize,
        concurrency in 1..4_i32,
        failures in 0..3_i32,
        deadline in prop_oneof![Just("None"), Just("60s")],
        events in events(),
    ) {
        let clusters: Vec<String> = (0..total).map(|index| format!("c{index}")).collect();
        let groups = [Group::of(0, "", clusters.clone())];
        let strategy = Strategy::Progressive(Limits {
            max_concurrency: Some(count(concurrency)),
            max_failures: Some(count(failures)),
            ..limits(deadline)
        });
        let mut fleet = Fleet { states: BTreeMap::new(), time: NOW };
        for event in &events {
            let before = fleet.on_their_way().len();
            let step = fleet.step(&strategy, &groups);
            let before_step = fleet.failed() + step.time_out.iter().filter(|late| {
                fleet.states[&late.cluster].phase == Phase::Progressing
            }).count();
            fleet.follow(&step);
            let now = fleet.on_their_way().len();
            prop_assert!(now <= usize::try_from(concurrency).unwrap() || now <= before);
            let too_many = before_step > usize::try_from(failures).unwrap();
            prop_assert_eq!(too_many, step.max_failure_breach);
            happen(&mut fleet, event, &clusters);
        }
    }

    #[test]
    fn groups_come_one_after_the_other(events in events(), sizes in prop::collection::vec(1..4_usize, 1..4)) {
        let mut clusters = Vec::new();
        let mut groups = Vec::new();
        for (index, size) in sizes.iter().enumerate() {
            let names: Vec<String> = (0..*size).map(|number| format!("g{index}-{number}")).collect();
            clusters.extend(names.clone());
            groups.push(Group::of(index, format!("g{index}"), names));
        }
        let strategy = Strategy::ProgressivePerGroup(Limits {
            max_failures: Some(count(1)),
            progress_deadline: Deadline::After(Duration::from_secs(60)),
            ..Limits::default()
        });
        let mut fleet = Fleet { states: BTreeMap::new(), time: NOW };
        for event in &events {
            let step = fleet.step(&strategy, &groups);
            let next = step.rollout.iter().filter(|state| state.phase == Phase::ToApply);
            let next: BTreeSet<&str> = next.map(|state| state.cluster.split('-').next().unwrap()).collect();
            prop_assert!(next.len() <= 1, "{next:?}");
            for group in &next {
                let earlier = groups.iter().take_while(|other| other.name != **group);
                for cluster in earlier.flat_map(|group| &group.clusters) {
                    let phase = fleet.states.get(cluster).map(|state| state.phase);
                    let late = step.time_out.iter().any(|late| late.cluster == *cluster);
                    let ended = matches!(phase, Some(Phase::Succeeded | Phase::Failed | Phase::TimeOut));
                    prop_assert!(ended || late, "{cluster}: {phase:?}");
                }
            }
            fleet.follow(&step);
            happen(&mut fleet, event, &clusters);
        }
    }

    #[test]
    fn the_order_of_what_is_given_does_not_matter(
        phases in prop::collection::vec((0..6_usize, 0..200_i64), 1..7),
        swap in 0..7_usize,
    ) {
        let all = [Phase::ToApply, Phase::Progressing, Phase::Succeeded, Phase::Failed, Phase::TimeOut, Phase::Skip];
        let states: Vec<ClusterState> = phases
            .iter()
            .enumerate()
            .map(|(index, (phase, age))| state(&format!("c{index}"), all[*phase], *age))
            .collect();
        let groups = [Group::of(0, "", ["c0", "c1", "c2"]), Group::of(1, "", ["c3", "c4", "c5", "c6"])];
        let strategy = Strategy::ProgressivePerGroup(limits("60s"));
        let mut turned = states.clone();
        turned.rotate_left(swap % states.len());
        let backwards: Vec<Group> = groups.iter().rev().cloned().collect();
        prop_assert_eq!(at_now(&strategy, &groups, &states), at_now(&strategy, &backwards, &turned));
    }
}
