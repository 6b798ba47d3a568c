//! What the sets of a fleet find is what looking at every cluster finds, and whoever is not told that something changed
//! has missed nothing.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "a test that cannot go on fails"
)]

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use cluster_id::{
    inventory::{Cluster, Taint, TaintEffect},
    schedule::{
        BuiltIn, Decision, Fleet, Placement, PrioritizerConfig, PrioritizerMode, PrioritizerPolicy,
        ScoreCoordinate, Scratch, Stickiness, Toleration, TolerationOperator,
    },
};
use componentconfig::{core::Time, scalar::Quantity};
use proptest::prelude::*;
use serde_json::json;

const NOW: i64 = 1_800_000_000;

fn now() -> Time {
    Time::from_unix(NOW).unwrap()
}

#[derive(Clone, Debug)]
enum Event {
    Upsert(Cluster),
    Remove(String),
    Place(String, Placement),
    Displace(String),
    Commit(String),
    Settle(String, String),
}

fn labels() -> impl Strategy<Value = BTreeMap<String, String>> {
    prop::collection::btree_map("[ab]", "[xy]", 0..3)
}

fn taint() -> impl Strategy<Value = Taint> {
    let effect = prop_oneof![
        Just(TaintEffect::NoSelect),
        Just(TaintEffect::NoSelectIfNew),
        Just(TaintEffect::PreferNoSelect)
    ];
    ("[kl]", "[vw]?", effect, 0..100_i64).prop_map(|(key, value, effect, age)| Taint {
        key,
        value,
        effect,
        time_added: Time::from_unix(NOW - age),
    })
}

fn resources() -> impl Strategy<Value = BTreeMap<String, Quantity>> {
    let amount = (1..9_u32).prop_map(|amount| amount.to_string().parse::<Quantity>().unwrap());
    prop::collection::btree_map(
        prop_oneof![Just("cpu".to_owned()), Just("memory".to_owned())],
        amount,
        0..3,
    )
}

fn cluster() -> impl Strategy<Value = Cluster> {
    let taints = prop::collection::btree_map("[kl]", taint(), 0..3);
    ("[c-h]", labels(), labels(), taints, resources(), -9..9_i64).prop_map(
        |(name, labels, claims, taints, allocatable, score)| Cluster {
            name,
            labels,
            claims,
            taints: taints.into_values().collect(),
            capacity: allocatable.clone(),
            allocatable,
            scores: [("other/score".to_owned(), score)].into(),
            ..Cluster::default()
        },
    )
}

fn toleration() -> impl Strategy<Value = Toleration> {
    let seconds = prop::option::of(0..100_i64);
    ("[kl]?", "[vw]?", any::<bool>(), seconds).prop_map(|(key, value, exists, seconds)| {
        let exists = exists || key.is_empty();
        Toleration {
            key,
            operator: if exists {
                TolerationOperator::Exists
            } else {
                TolerationOperator::Equal
            },
            value: if exists { String::new() } else { value },
            effect: None,
            toleration_seconds: seconds,
        }
    })
}

fn weight(built_in: BuiltIn, weight: i32) -> PrioritizerConfig {
    PrioritizerConfig {
        score_coordinate: ScoreCoordinate::BuiltIn { built_in },
        weight,
    }
}

fn placement(balance: i32) -> impl Strategy<Value = Placement> {
    let selector = |field: &'static str| {
        let values = prop::collection::vec("[xy]", 1..3);
        ("[ab]", any::<bool>(), values).prop_map(move |(key, not, values)| {
            let operator = if not { "NotIn" } else { "In" };
            let requirement = json!({"key": key, "operator": operator, "values": values});
            json!({"requiredClusterSelector": {field: {"matchExpressions": [requirement]}}})
        })
    };
    let predicate = prop_oneof![selector("labelSelector"), selector("claimSelector")];
    let stickiness = prop_oneof![
        Just(Stickiness::Scored),
        Just(Stickiness::Hold),
        Just(Stickiness::Keep)
    ];
    let requests = prop_oneof![Just(BTreeMap::new()), resources()];
    (
        prop::collection::vec(predicate, 0..3),
        prop::collection::vec(toleration(), 0..3),
        prop::option::of(0..5_u32),
        (-2..3_i32, -2..3_i32, -2..3_i32, -2..3_i32),
        stickiness,
        requests,
    )
        .prop_map(move |(predicates, tolerations, number, weights, stickiness, requests)| {
            let mut configurations = vec![
                weight(BuiltIn::Balance, balance),
                weight(BuiltIn::Steady, weights.0),
                weight(BuiltIn::ResourceAllocatableCPU, weights.1),
                weight(BuiltIn::ResourceAllocatableMemory, weights.2),
            ];
            let add_on = json!({"type": "AddOn", "addOn": {"resourceName": "other", "scoreName": "score"}});
            configurations.push(PrioritizerConfig {
                score_coordinate: serde_json::from_value(add_on).unwrap(),
                weight: weights.3,
            });
            Placement {
                predicates: serde_json::from_value(json!(predicates)).unwrap(),
                tolerations,
                number_of_clusters: number,
                prioritizer_policy: PrioritizerPolicy {
                    mode: PrioritizerMode::Exact,
                    configurations,
                },
                requests,
                stickiness,
                ..Placement::default()
            }
        })
}

fn events(balance: i32) -> impl Strategy<Value = Vec<Event>> {
    let event = prop_oneof![
        5 => cluster().prop_map(Event::Upsert),
        1 => "[c-h]".prop_map(Event::Remove),
        4 => ("[p-s]", placement(balance)).prop_map(|(name, placement)| Event::Place(name, placement)),
        1 => "[p-s]".prop_map(Event::Displace),
        4 => "[p-s]".prop_map(Event::Commit),
        1 => ("[p-s]", "[c-h]").prop_map(|(placement, cluster)| Event::Settle(placement, cluster)),
    ];
    prop::collection::vec(event, 1..40)
}

/// A fleet that knows nothing but lists.
#[derive(Default)]
struct Lists {
    clusters: BTreeMap<String, Cluster>,
    placed: BTreeMap<String, (Placement, Vec<String>, BTreeSet<String>)>,
}

impl Lists {
    fn left(&self, cluster: &Cluster, resource: &str, except: &str) -> i64 {
        let there = cluster
            .allocatable
            .get(resource)
            .map_or(0, |amount| amount.milli_value().unwrap());
        let taken = self.placed.iter().filter(|(name, (_, targets, settled))| {
            *name != except && targets.contains(&cluster.name) && !settled.contains(&cluster.name)
        });
        let taken = taken.filter_map(|(_, (placement, ..))| placement.requests.get(resource));
        there
            - taken
                .map(|amount| amount.milli_value().unwrap())
                .sum::<i64>()
    }

    fn may_be_chosen(&self, name: &str, cluster: &Cluster) -> bool {
        let (placement, targets, settled) = &self.placed[name];
        let target = targets.contains(&cluster.name);
        if target && placement.stickiness == Stickiness::Keep {
            return true;
        }
        let mut predicates = placement.predicates.iter();
        let selected = placement.predicates.is_empty()
            || predicates.any(|predicate| {
                predicate
                    .required_cluster_selector
                    .matches(&cluster.labels, &cluster.claims)
            });
        let tolerated = cluster.taints.iter().all(|taint| {
            let mut tolerations = placement.tolerations.iter();
            taint.effect == TaintEffect::PreferNoSelect
                || (taint.effect == TaintEffect::NoSelectIfNew && target)
                || tolerations.any(|toleration| toleration.tolerates(taint, now()))
        });
        let mut requests = placement.requests.iter();
        let room = (target && settled.contains(&cluster.name))
            || requests.all(|(resource, amount)| {
                self.left(cluster, resource, name) >= amount.milli_value().unwrap()
            });
        selected && tolerated && room
    }

    fn decide(&self, name: &str) -> Vec<(String, i64)> {
        let (placement, targets, _) = &self.placed[name];
        let candidates: Vec<&Cluster> = self
            .clusters
            .values()
            .filter(|cluster| self.may_be_chosen(name, cluster))
            .collect();
        let mut scored: Vec<(bool, i64, Reverse<String>)> = candidates
            .iter()
            .map(|cluster| {
                let held =
                    placement.stickiness != Stickiness::Scored && targets.contains(&cluster.name);
                (
                    held,
                    self.score(name, cluster, &candidates),
                    Reverse(cluster.name.clone()),
                )
            })
            .collect();
        scored.sort_by(|left, right| right.cmp(left));
        scored.truncate(
            placement
                .number_of_clusters
                .map_or(usize::MAX, |number| number as usize),
        );
        scored
            .into_iter()
            .map(|(_, score, name)| (name.0, score))
            .collect()
    }

    fn score(&self, name: &str, cluster: &Cluster, candidates: &[&Cluster]) -> i64 {
        let (placement, targets, _) = &self.placed[name];
        let chosen_by_others = |cluster: &String| {
            let others = self.placed.iter().filter(|(other, _)| *other != name);
            others
                .filter(|(_, (_, targets, _))| targets.contains(cluster))
                .count()
        };
        let amount = |resource: &str| {
            let known = candidates
                .iter()
                .filter_map(|other| other.allocatable.get(resource));
            let known: Vec<f64> = known.map(Quantity::approximate).collect();
            let own = cluster.allocatable.get(resource).map(Quantity::approximate);
            let least = known.iter().copied().fold(f64::INFINITY, f64::min);
            let most = known.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            own.map_or(0, |own| {
                if most > least {
                    (((own - least) / (most - least) - 0.5) * 2.0 * 100.0) as i64
                } else {
                    100
                }
            })
        };
        let configurations = placement.prioritizer_policy.configurations.iter();
        let scores = configurations.map(|config| {
            let score = match &config.score_coordinate {
                ScoreCoordinate::AddOn { .. } => cluster.scores["other/score"],
                ScoreCoordinate::BuiltIn { built_in } => match built_in {
                    BuiltIn::Steady => i64::from(targets.contains(&cluster.name)) * 100,
                    BuiltIn::ResourceAllocatableCPU => amount("cpu"),
                    BuiltIn::ResourceAllocatableMemory => amount("memory"),
                    _ => {
                        let most = self.clusters.keys().map(chosen_by_others).max().unwrap();
                        match chosen_by_others(&cluster.name) {
                            0 => 100,
                            count => 2 * (100.0 * (0.5 - count as f64 / most as f64)) as i64,
                        }
                    }
                },
            };
            score * i64::from(config.weight)
        });
        scores.sum()
    }

    fn apply(&mut self, event: &Event, decision: Option<&Decision>) {
        match event {
            Event::Upsert(cluster) => {
                self.clusters.insert(cluster.name.clone(), cluster.clone());
            }
            Event::Remove(name) => {
                self.clusters.remove(name);
                for (_, targets, settled) in self.placed.values_mut() {
                    targets.retain(|target| target != name);
                    settled.remove(name);
                }
            }
            Event::Place(name, placement) => {
                let old = self.placed.remove(name);
                let targets = old.map(|(_, targets, _)| targets).unwrap_or_default();
                self.placed
                    .insert(name.clone(), (placement.clone(), targets, BTreeSet::new()));
            }
            Event::Displace(name) => {
                self.placed.remove(name);
            }
            Event::Commit(name) => {
                if let (Some((_, targets, settled)), Some(decision)) =
                    (self.placed.get_mut(name), decision)
                {
                    let chosen = decision
                        .targets
                        .iter()
                        .map(|target| target.cluster.to_string());
                    *targets = chosen.collect();
                    settled.retain(|cluster| targets.contains(cluster));
                }
            }
            Event::Settle(name, cluster) => {
                if let Some((_, targets, settled)) = self.placed.get_mut(name)
                    && targets.contains(cluster)
                {
                    settled.insert(cluster.clone());
                }
            }
        }
    }
}

/// Does it to the fleet; gives the decision that was committed, and who was touched.
fn apply(fleet: &mut Fleet, event: &Event) -> (Option<Decision>, BTreeSet<String>) {
    let mut touched = Vec::new();
    let mut decision = None;
    match event {
        Event::Upsert(cluster) => touched = fleet.upsert(cluster.clone()),
        Event::Remove(name) => touched = fleet.remove(name),
        Event::Place(name, placement) => fleet.place(name, placement.clone()).unwrap(),
        Event::Displace(name) => fleet.displace(name),
        Event::Commit(name) => {
            decision = fleet.decide(name, now()).ok();
            if let Some(decision) = &decision {
                fleet.commit(name, decision);
            }
        }
        Event::Settle(name, cluster) => fleet.settle(name, cluster),
    }
    let touched = touched
        .into_iter()
        .map(|touched| touched.placement.to_string());
    (decision, touched.collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn sets_find_what_looking_at_every_cluster_finds(events in events(2)) {
        let (mut fleet, mut lists) = (Fleet::default(), Lists::default());
        let (mut scratch, mut decision) = (Scratch::default(), Decision::default());
        for event in &events {
            let (committed, _) = apply(&mut fleet, event);
            lists.apply(event, committed.as_ref());
            for name in lists.placed.keys() {
                fleet.decide_into(name, now(), &mut scratch, &mut decision).unwrap();
                let chosen = decision.targets.iter();
                let chosen: Vec<_> = chosen.map(|target| (target.cluster.to_string(), target.score)).collect();
                prop_assert_eq!(chosen, lists.decide(name), "{} after {:?}", name, event);
            }
        }
    }

    #[test]
    fn whoever_is_not_touched_has_missed_nothing(events in events(0)) {
        let (mut fleet, mut lists) = (Fleet::default(), Lists::default());
        for event in &events {
            let names: Vec<String> = lists.placed.keys().cloned().collect();
            let set = |fleet: &Fleet, name: &str| {
                let decision = fleet.decide(name, now()).unwrap();
                let clusters = decision.targets.iter().map(|target| target.cluster.to_string());
                clusters.collect::<BTreeSet<String>>()
            };
            let before: BTreeMap<&String, BTreeSet<String>> =
                names.iter().map(|name| (name, set(&fleet, name))).collect();
            let current: BTreeMap<&String, BTreeSet<String>> = names
                .iter()
                .map(|name| (name, fleet.targets(name).iter().map(ToString::to_string).collect()))
                .collect();
            let (committed, touched) = apply(&mut fleet, event);
            lists.apply(event, committed.as_ref());
            if !matches!(event, Event::Upsert(_) | Event::Remove(_)) {
                continue;
            }
            for name in &names {
                // Who is not where it should be anyway is decided again anyway.
                if before[name] == current[name] && !touched.contains(name) {
                    prop_assert_eq!(&set(&fleet, name), &before[name], "{} after {:?}", name, event);
                }
            }
        }
    }

    #[test]
    fn no_room_is_promised_twice(events in events(0)) {
        let (mut fleet, mut lists) = (Fleet::default(), Lists::default());
        for event in &events {
            let (committed, _) = apply(&mut fleet, event);
            lists.apply(event, committed.as_ref());
            let (Event::Commit(name), Some(decision)) = (event, &committed) else { continue };
            let placement = &lists.placed[name].0;
            for target in &decision.targets {
                let (_, _, settled) = &lists.placed[name];
                if placement.stickiness == Stickiness::Keep || settled.contains(&*target.cluster) {
                    continue;
                }
                let cluster = &lists.clusters[&*target.cluster];
                for (resource, amount) in &placement.requests {
                    let left = lists.left(cluster, resource, name);
                    prop_assert!(left >= amount.milli_value().unwrap(), "{} in {}", resource, cluster.name);
                }
            }
        }
    }
}
