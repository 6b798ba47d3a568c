//! Replicas by one of Karmada's strategies, from what clusters have room for and what they run.

use std::{cmp::Reverse, collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};

use super::{Replicas, Ties, webster};

/// How replicas are divided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Strategy {
    /// Every cluster gets all of them.
    Duplicated,
    /// By weight that somebody set, from nothing every time.
    StaticWeight,
    /// By what clusters have room for; what runs stays where it is.
    DynamicWeight,
    /// As [`DynamicWeight`](Self::DynamicWeight), in as few clusters as have the room.
    Aggregated,
}

/// A cluster that may get replicas.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    /// Its name.
    pub name: String,
    /// How many more replicas it has room for.
    pub available: u64,
    /// Its weight, for [`Strategy::StaticWeight`]. If no candidate has one, all have the same.
    #[serde(default)]
    pub weight: u64,
}

/// What is to be assigned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Assignment<'a> {
    /// How.
    pub strategy: Strategy,
    /// All replicas.
    pub replicas: u64,
    /// The clusters that may get some.
    pub candidates: &'a [Candidate],
    /// What clusters have by the assignment before; those that are no candidates lose it.
    pub previous: &'a Replicas,
    /// Whether to assign from nothing, as if what runs were free to move.
    pub fresh: bool,
    /// Who comes first of two with an equal claim.
    pub ties: Ties,
}

/// Clusters have too little room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[non_exhaustive]
pub struct Unschedulable {
    /// The room that there is.
    pub available: u64,
    /// The replicas that need a place.
    pub wanted: u64,
}

impl fmt::Display for Unschedulable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "clusters have room for {} replicas, {} need a place",
            self.available, self.wanted
        )
    }
}

/// Assigns replicas to clusters; clusters that get none are left out.
///
/// # Errors
/// The candidates have too little room, under a strategy that looks at it.
pub fn assign(assignment: &Assignment<'_>) -> Result<Replicas, Unschedulable> {
    match assignment.strategy {
        Strategy::Duplicated => {
            let candidates = assignment.candidates.iter();
            Ok(candidates
                .map(|candidate| (candidate.name.clone(), assignment.replicas))
                .collect())
        }
        Strategy::StaticWeight => Ok(by_static_weight(assignment)),
        Strategy::DynamicWeight | Strategy::Aggregated => by_room(assignment),
    }
}

fn by_static_weight(assignment: &Assignment<'_>) -> Replicas {
    let equal = assignment
        .candidates
        .iter()
        .all(|candidate| candidate.weight == 0);
    let weights = assignment.candidates.iter().map(|candidate| {
        let weight = if equal { 1 } else { candidate.weight };
        (candidate.name.clone(), weight)
    });
    let weights = weights.collect();
    without_zero(webster(
        assignment.replicas,
        &weights,
        &Replicas::new(),
        assignment.ties,
    ))
}

fn by_room(assignment: &Assignment<'_>) -> Result<Replicas, Unschedulable> {
    let kept: Replicas = assignment
        .candidates
        .iter()
        .filter_map(|candidate| {
            let replicas = assignment.previous.get(&candidate.name)?;
            (*replicas > 0).then(|| (candidate.name.clone(), *replicas))
        })
        .collect();
    let placed: u64 = kept.values().sum();
    let room = |candidate: &Candidate| (candidate.name.clone(), candidate.available);
    let rooms = assignment.candidates.iter();
    if assignment.fresh {
        let rooms = rooms.map(|candidate| {
            let (name, available) = room(candidate);
            let own = kept.get(&name).copied().unwrap_or(0);
            (name, available + own)
        });
        return divide(
            assignment,
            assignment.replicas,
            rooms.collect(),
            &kept,
            &Replicas::new(),
        );
    }
    match placed.cmp(&assignment.replicas) {
        std::cmp::Ordering::Equal => Ok(kept),
        // Fewer than run: what runs is the measure.
        std::cmp::Ordering::Greater => {
            let rooms = kept.clone().into_iter().collect();
            divide(
                assignment,
                assignment.replicas,
                rooms,
                &kept,
                &Replicas::new(),
            )
        }
        std::cmp::Ordering::Less => {
            let more = assignment.replicas - placed;
            divide(assignment, more, rooms.map(room).collect(), &kept, &kept)
        }
    }
}

/// Divides by room, on top of what stays.
fn divide(
    assignment: &Assignment<'_>,
    wanted: u64,
    mut rooms: Vec<(String, u64)>,
    preferred: &Replicas,
    stays: &Replicas,
) -> Result<Replicas, Unschedulable> {
    let available: u64 = rooms.iter().map(|(_, room)| room).sum();
    if available < wanted {
        return Err(Unschedulable { available, wanted });
    }
    if assignment.strategy == Strategy::Aggregated {
        rooms.sort_by(|left, right| {
            let rank =
                |(name, room): &(String, u64)| (!preferred.contains_key(name), Reverse(*room));
            rank(left)
                .cmp(&rank(right))
                .then_with(|| left.0.cmp(&right.0))
        });
        rooms.truncate(enough(&rooms, wanted));
    }
    let weights: BTreeMap<String, u64> = rooms.into_iter().collect();
    let mut result = webster(wanted, &weights, &Replicas::new(), assignment.ties);
    for (name, replicas) in stays {
        *result.entry(name.clone()).or_insert(0) += replicas;
    }
    Ok(without_zero(result))
}

/// How many of the first have room for all.
fn enough(rooms: &[(String, u64)], wanted: u64) -> usize {
    let mut sum = 0;
    let short = rooms.iter().take_while(|(_, room)| {
        let before = sum;
        sum += room;
        before < wanted
    });
    short.count()
}

fn without_zero(mut replicas: Replicas) -> Replicas {
    replicas.retain(|_, count| *count > 0);
    replicas
}
