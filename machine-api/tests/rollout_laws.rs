//! Laws of rollouts, over arbitrary fleets: bounds hold at worst, and every rollout ends.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test: what is taken is there"
)]

use machine_api::{
    Compat, IntOrString,
    core::v1beta2::{MachineDeployment, MachineDeploymentRolloutStrategyType, MachineSet},
    names,
    rollout::{Reason, Rollout, RolloutPlan},
};
use proptest::{collection::vec, prelude::*};

const OLD: &str = "v1.35.0";
const NEW: &str = "v1.36.0";

/// How many machines a MachineSet is to have, has, and has available.
type Counts = (i32, i32, i32);

#[derive(Clone, Debug)]
struct Wanted {
    replicas: i32,
    surge: i32,
    unavailable: i32,
    on_delete: bool,
}

fn wanted() -> impl Strategy<Value = Wanted> {
    let bounds = (0..30_i32, 0..6_i32, 0..6_i32, prop::bool::weighted(0.2));
    bounds.prop_map(|(replicas, surge, unavailable, on_delete)| Wanted {
        replicas,
        surge,
        // Admission refuses both at once.
        unavailable: unavailable.max(i32::from(surge == 0)),
        on_delete,
    })
}

fn counts() -> impl Strategy<Value = Counts> {
    (0..20_i32, 0..20_i32, 0..20_i32)
        .prop_map(|(spec, machines, available)| (spec, machines, available.min(machines)))
}

fn compat() -> impl Strategy<Value = Compat> {
    prop_oneof![Just(Compat::Fixed), Just(Compat::Upstream)]
}

fn deployment(wanted: &Wanted) -> MachineDeployment {
    let mut deployment = MachineDeployment::default();
    "md".clone_into(&mut deployment.metadata.name);
    let spec = &mut deployment.spec;
    spec.replicas = Some(wanted.replicas);
    NEW.clone_into(&mut spec.template.spec.version);
    let strategy = &mut spec.rollout.strategy;
    strategy.r#type = if wanted.on_delete {
        MachineDeploymentRolloutStrategyType::OnDelete
    } else {
        MachineDeploymentRolloutStrategyType::RollingUpdate
    };
    strategy.rolling_update.max_surge = Some(IntOrString::Int(wanted.surge));
    strategy.rolling_update.max_unavailable = Some(IntOrString::Int(wanted.unavailable));
    deployment
}

fn set(index: usize, version: &str, (spec, machines, available): Counts) -> MachineSet {
    let mut set = MachineSet::default();
    set.metadata.name = format!("ms{index}");
    let created = 1_750_000_000 + i64::try_from(index).expect("few");
    set.metadata.creation_timestamp = componentconfig::core::Time::from_unix(created);
    let labels = &mut set.metadata.labels;
    labels.insert("machine-template-hash".to_owned(), index.to_string());
    version.clone_into(&mut set.spec.template.spec.version);
    set.spec.replicas = Some(spec);
    set.status.replicas = Some(machines);
    set.status.available_replicas = Some(available);
    set
}

/// The current MachineSet, if there is one, comes last.
fn sets(old: &[Counts], current: Option<Counts>) -> Vec<MachineSet> {
    let old = old
        .iter()
        .enumerate()
        .map(|(index, counts)| set(index, OLD, *counts));
    let current = current.map(|counts| set(99, NEW, counts));
    old.chain(current).collect()
}

fn plan<'a>(
    deployment: &'a MachineDeployment,
    sets: &'a [MachineSet],
    compat: Compat,
) -> RolloutPlan<'a> {
    let now = "2026-06-01T00:00:00Z".parse().expect("a time");
    let rollout = Rollout::of(deployment, sets, now).compat(compat);
    rollout
        .plan(&mut |length| names::suffix(0, length))
        .expect("a plan")
}

fn of(counts: Option<i32>) -> i64 {
    i64::from(counts.unwrap_or_default())
}

/// What a MachineSet has: wanted before, wanted now, there, available.
fn numbers(plan: &RolloutPlan<'_>) -> Vec<(i64, i64, i64, i64)> {
    let sets = plan.sets().map(|set| {
        let (spec, status) = set
            .observed()
            .map(|set| (set.spec.clone(), set.status.clone()))
            .unwrap_or_default();
        let after = i64::from(set.replicas());
        (
            of(spec.replicas),
            after,
            of(status.replicas),
            of(status.available_replicas),
        )
    });
    sets.collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// No more machines than there may be, or than there are already.
    #[test]
    fn surge_is_kept(wanted in wanted(), old in vec(counts(), 0..5), current in proptest::option::of(counts()), compat in compat()) {
        let (deployment, sets) = (deployment(&wanted), sets(&old, current));
        let plan = plan(&deployment, &sets, compat);
        let numbers = numbers(&plan);
        let before: i64 = numbers.iter().map(|(spec, _, there, _)| spec.max(there)).sum();
        let after: i64 = numbers.iter().map(|(_, spec, there, _)| spec.max(there)).sum();
        let surge = if wanted.on_delete { 0 } else { i64::from(wanted.surge) };
        prop_assert!(after <= before.max(i64::from(wanted.replicas) + surge), "{before} -> {after}");
    }

    /// As many machines available as there have to be, whichever ones go; but for a deadlock, and for the current MachineSet, which
    /// shrinks at once when the user wants fewer.
    #[test]
    fn availability_is_kept_at_worst(mut wanted in wanted(), old in vec(counts(), 0..5), current in counts()) {
        wanted.on_delete = false;
        let (deployment, sets) = (deployment(&wanted), sets(&old, Some(current)));
        let plan = plan(&deployment, &sets, Compat::Fixed);
        let deadlock = plan.sets().any(|set| set.reasons().contains(&Reason::Deadlock));
        if deadlock || plan.current().expect("one").change() < 0 {
            return Ok(());
        }
        // Of what goes, what is available goes first.
        let left = |spec: fn(&(i64, i64, i64, i64)) -> i64| -> i64 {
            let numbers = numbers(&plan);
            numbers.iter().map(|all| all.3 - all.3.min((all.2 - spec(all)).max(0))).sum()
        };
        let (before, after) = (left(|all| all.0), left(|all| all.1));
        let minimum = i64::from((wanted.replicas - wanted.unavailable).max(0));
        prop_assert!(after >= before.min(minimum), "{before} -> {after}, minimum {minimum}");
    }

    /// Only the current MachineSet grows, and never beyond what is wanted.
    #[test]
    fn one_set_grows_at_most(wanted in wanted(), old in vec(counts(), 0..5), current in proptest::option::of(counts()), compat in compat()) {
        let (deployment, sets) = (deployment(&wanted), sets(&old, current));
        let plan = plan(&deployment, &sets, compat);
        for set in plan.old() {
            prop_assert!(set.change() <= 0 && set.replicas() >= 0);
        }
        let current = plan.current().expect("one");
        prop_assert!(current.change() <= 0 || current.replicas() <= wanted.replicas);
        prop_assert!(current.replicas() >= 0);
    }

    /// Every change says why, and a plan that changes nothing says why not.
    #[test]
    fn plans_explain_themselves(wanted in wanted(), old in vec(counts(), 0..5), current in proptest::option::of(counts()), compat in compat()) {
        let (deployment, sets) = (deployment(&wanted), sets(&old, current));
        let plan = plan(&deployment, &sets, compat);
        if compat == Compat::Fixed {
            for set in plan.sets().filter(|set| set.change() != 0) {
                prop_assert!(!set.reasons().is_empty(), "{}", set.name());
            }
        }
        prop_assert!(plan.changes_anything() || !plan.explain().is_empty());
    }

    /// A plan that is made again of what it wrote, before any machine came or went, keeps the bounds as well.
    #[test]
    fn plans_of_stale_status_keep_the_bounds(mut wanted in wanted(), old in vec(1..20_i32, 1..4)) {
        wanted.on_delete = false;
        let healthy: Vec<Counts> = old.iter().map(|count| (*count, *count, *count)).collect();
        let deployment = deployment(&wanted);
        let mut sets = sets(&healthy, Some((0, 0, 0)));
        let total: i32 = old.iter().sum();
        let most = total.max(wanted.replicas + wanted.surge);
        let least = (wanted.replicas - wanted.unavailable).max(0).min(total);
        for _ in 0..10 {
            let decided: Vec<(String, i32)> = plan(&deployment, &sets, Compat::Fixed)
                .sets().map(|set| (set.name().to_owned(), set.replicas())).collect();
            for (name, replicas) in decided {
                let set = sets.iter_mut().find(|set| set.metadata.name == name).expect("one");
                set.spec.replicas = Some(replicas);
            }
            let numbers = sets.iter().map(|set| (of(set.spec.replicas), of(set.status.replicas)));
            let (mut most_there, mut kept) = (0, 0);
            for (spec, there) in numbers {
                most_there += spec.max(there);
                kept += spec.min(there);
            }
            prop_assert!(most_there <= i64::from(most));
            prop_assert!(kept >= i64::from(least), "{kept} kept of {least}");
        }
    }
}

/// A machine: when it becomes available, and when it is gone.
#[derive(Clone, Debug)]
struct Machine {
    ready: usize,
    gone: Option<usize>,
}

/// A rollout with machines that come and go in their own time, of which the worst ones go first.
#[derive(Debug)]
struct Fleet {
    deployment: MachineDeployment,
    sets: Vec<(MachineSet, Vec<Machine>)>,
    times: Vec<usize>,
    next: usize,
    round: usize,
}

impl Fleet {
    fn time(&mut self) -> usize {
        self.next += 1;
        self.times[self.next % self.times.len()]
    }

    fn count(&mut self) {
        let round = self.round;
        for (set, machines) in &mut self.sets {
            machines.retain(|machine| machine.gone.is_none_or(|gone| gone > round));
            let available = machines
                .iter()
                .filter(|machine| machine.gone.is_none() && machine.ready <= round);
            set.status.available_replicas = i32::try_from(available.count()).ok();
            set.status.replicas = i32::try_from(machines.len()).ok();
        }
    }

    fn step(&mut self, compat: Compat) {
        self.count();
        let sets: Vec<MachineSet> = self.sets.iter().map(|(set, _)| set.clone()).collect();
        let plan = plan(&self.deployment, &sets, compat);
        let desired = plan.machine_sets().expect("objects");
        for mut desired in desired {
            let name = desired.metadata.name.clone();
            let mut present = self.sets.iter_mut();
            if let Some((set, _)) = present.find(|(set, _)| set.metadata.name == name) {
                set.spec.replicas = desired.spec.replicas;
            } else {
                let now = 1_780_000_000 + i64::try_from(self.round).expect("few");
                desired.metadata.creation_timestamp = componentconfig::core::Time::from_unix(now);
                self.sets.push((desired, Vec::new()));
            }
        }
        for index in 0..self.sets.len() {
            let (set, machines) = &self.sets[index];
            let spec = usize::try_from(of(set.spec.replicas)).expect("no negative number");
            let missing = spec.saturating_sub(machines.len());
            let mut surplus = machines.len().saturating_sub(spec);
            for _ in 0..missing {
                let ready = self.round + self.time();
                self.sets[index].1.push(Machine { ready, gone: None });
            }
            // Those that go already take their places; then available ones go before others.
            surplus = surplus.saturating_sub(
                self.sets[index]
                    .1
                    .iter()
                    .filter(|machine| machine.gone.is_some())
                    .count(),
            );
            let round = self.round;
            for available in [true, false] {
                for place in 0..self.sets[index].1.len() {
                    let machine = &self.sets[index].1[place];
                    if surplus > 0
                        && machine.gone.is_none()
                        && (machine.ready <= round) == available
                    {
                        let gone = Some(round + 1 + self.time());
                        self.sets[index].1[place].gone = gone;
                        surplus -= 1;
                    }
                }
            }
        }
        self.count();
        self.round += 1;
    }

    fn machines(&self) -> usize {
        self.sets.iter().map(|(_, machines)| machines.len()).sum()
    }

    fn available(&self) -> i64 {
        self.sets
            .iter()
            .map(|(set, _)| of(set.status.available_replicas))
            .sum()
    }

    fn is_over(&self) -> bool {
        let replicas = of(self.deployment.spec.replicas);
        self.sets.iter().all(|(set, _)| {
            let wanted = if set.spec.template.spec.version == NEW {
                replicas
            } else {
                0
            };
            let status = &set.status;
            of(set.spec.replicas) == wanted
                && of(status.replicas) == wanted
                && of(status.available_replicas) == wanted
        })
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// From healthy old machines, every rollout ends with healthy new ones and keeps both bounds in every round, however long
    /// machines take and whichever go first.
    #[test]
    fn rollouts_end_within_their_bounds(
        mut wanted in wanted(),
        old in vec(0..12_i32, 1..4),
        times in vec(0..5_usize, 1..20),
        compat in compat(),
    ) {
        wanted.on_delete = false;
        wanted.replicas = old.iter().sum();
        let old: Vec<Counts> = old.into_iter().map(|count| (count, count, count)).collect();
        let sets = sets(&old, None).into_iter().map(|set| {
            let count = usize::try_from(of(set.spec.replicas)).expect("a count");
            (set, vec![Machine { ready: 0, gone: None }; count])
        });
        let mut fleet = Fleet { deployment: deployment(&wanted), sets: sets.collect(), times, next: 0, round: 0 };
        let most = usize::try_from(wanted.replicas + wanted.surge).expect("a count");
        let least = i64::from((wanted.replicas - wanted.unavailable).max(0));
        for _ in 0..2000 {
            fleet.step(compat);
            prop_assert!(fleet.machines() <= most, "{} machines, at most {most}", fleet.machines());
            prop_assert!(fleet.available() >= least, "{} available, at least {least}", fleet.available());
            if fleet.is_over() {
                break;
            }
        }
        prop_assert!(fleet.is_over(), "{fleet:?}");
    }

    /// Old machines that are broken for good do not keep a rollout from ending, nor does a change of the number on the way.
    #[test]
    fn broken_old_machines_are_replaced(
        mut wanted in wanted(),
        old in vec((1..8_i32, 0..8_usize), 1..4),
        times in vec(0..4_usize, 1..20),
        changed in proptest::option::of((0..10_usize, 0..12_i32)),
    ) {
        wanted.on_delete = false;
        wanted.replicas = old.iter().map(|(count, _)| count).sum();
        let counts: Vec<Counts> = old.iter().map(|(count, _)| (*count, *count, *count)).collect();
        let sets = sets(&counts, None).into_iter().zip(&old).map(|(set, (count, broken))| {
            let machine = |index: usize| Machine { ready: if index < *broken { usize::MAX } else { 0 }, gone: None };
            (set, (0..usize::try_from(*count).expect("a count")).map(machine).collect())
        });
        let mut fleet = Fleet { deployment: deployment(&wanted), sets: sets.collect(), times, next: 0, round: 0 };
        for round in 0..2000 {
            if let Some((when, replicas)) = changed && when == round {
                fleet.deployment.spec.replicas = Some(replicas);
            }
            fleet.step(Compat::Fixed);
            if fleet.is_over() && changed.is_none_or(|(when, _)| round > when) {
                return Ok(());
            }
        }
        prop_assert!(false, "{fleet:?}");
    }
}

fn replicas(plan: &RolloutPlan<'_>) -> Vec<i32> {
    plan.sets()
        .map(machine_api::rollout::PlannedSet::replicas)
        .collect()
}

#[test]
fn on_delete_remembers_machines_that_are_missing_unlike_cluster_api() {
    let wanted = Wanted {
        replicas: 4,
        surge: 0,
        unavailable: 1,
        on_delete: true,
    };
    let (deployment, sets) = (deployment(&wanted), sets(&[(6, 4, 4)], Some((1, 1, 1))));
    assert_eq!(replicas(&plan(&deployment, &sets, Compat::Fixed)), [1, 3]);
    assert_eq!(
        replicas(&plan(&deployment, &sets, Compat::Upstream)),
        [1, 5]
    );
}

#[test]
fn machines_about_to_go_are_no_spare_ones_unlike_in_cluster_api() {
    let wanted = Wanted {
        replicas: 10,
        surge: 0,
        unavailable: 1,
        on_delete: false,
    };
    // Of the second MachineSet five machines go yet, all of them available: five stay available at worst.
    let old = [(13, 13, 3), (1, 6, 6)];
    let (deployment, sets) = (deployment(&wanted), sets(&old, Some((1, 1, 1))));
    assert_eq!(
        replicas(&plan(&deployment, &sets, Compat::Fixed)),
        [1, 13, 1]
    );
    assert_eq!(
        replicas(&plan(&deployment, &sets, Compat::Upstream)),
        [1, 12, 1]
    );
}

#[test]
fn machines_that_nobody_counted_keep_their_place_unlike_in_cluster_api() {
    let wanted = Wanted {
        replicas: 12,
        surge: 1,
        unavailable: 2,
        on_delete: false,
    };
    let deployment = deployment(&wanted);
    let mut sets = sets(&[(10, 0, 0)], Some((1, 1, 1)));
    let current = |sets: &[MachineSet], compat| {
        let plan = plan(&deployment, sets, compat);
        let causes = plan.causes().into_iter();
        let mut uncounted = causes.filter(|cause| cause.reason() == "Uncounted");
        (replicas(&plan)[0], uncounted.next().is_some())
    };
    sets[0].metadata.generation = 2;
    sets[0].status.observed_generation = 1;
    assert_eq!(current(&sets, Compat::Fixed), (1, true));
    assert_eq!(current(&sets, Compat::Upstream), (3, false));
    sets[0].status.observed_generation = 2;
    assert_eq!(current(&sets, Compat::Fixed), (3, false));
}

#[test]
fn a_deadlock_is_told_of_the_set_that_shrinks_unlike_in_cluster_api() {
    let wanted = Wanted {
        replicas: 3,
        surge: 1,
        unavailable: 0,
        on_delete: false,
    };
    let (deployment, sets) = (deployment(&wanted), sets(&[(3, 3, 2)], Some((1, 1, 1))));
    for (compat, told) in [(Compat::Fixed, "ms0"), (Compat::Upstream, "ms99")] {
        let plan = plan(&deployment, &sets, compat);
        assert_eq!(replicas(&plan), [1, 2]);
        let mut sets = plan.sets();
        let set = sets.find(|set| set.reasons().contains(&Reason::Deadlock));
        assert_eq!(set.expect("one").name(), told);
    }
}

#[test]
fn a_paused_deployment_is_scaled_in_proportion_unlike_in_cluster_api() {
    let wanted = Wanted {
        replicas: 20,
        surge: 0,
        unavailable: 1,
        on_delete: false,
    };
    let mut deployment = deployment(&wanted);
    deployment.spec.paused = Some(true);
    let mut sets = sets(&[(6, 6, 6)], Some((4, 4, 4)));
    for set in &mut sets {
        let annotations = &mut set.metadata.annotations;
        let most = "machinedeployment.clusters.x-k8s.io/max-replicas".to_owned();
        annotations.insert(most, "10".to_owned());
    }
    assert_eq!(replicas(&plan(&deployment, &sets, Compat::Fixed)), [8, 12]);
    assert_eq!(
        replicas(&plan(&deployment, &sets, Compat::Upstream)),
        [4, 16]
    );
}
