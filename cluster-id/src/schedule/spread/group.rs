//! The clusters of one region, and how good they are together.

use super::Candidate;

/// What room for replicas counts, against a score of at most 100.
const ROOM: u64 = 1000;

/// What the groups are wanted for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Demand {
    /// Whether every cluster gets all replicas.
    pub(super) duplicated: bool,
    /// All replicas.
    pub(super) replicas: u64,
    /// The fewest groups.
    pub(super) groups: usize,
    /// The fewest clusters.
    pub(super) clusters: usize,
}

/// A group of clusters.
#[derive(Clone, Debug)]
pub(super) struct Group<'a> {
    pub(super) name: &'a str,
    /// Its clusters, best first; there is one at least.
    pub(super) members: Vec<&'a Candidate>,
    /// How good it is.
    pub(super) weight: u64,
}

impl<'a> Group<'a> {
    pub(super) fn new(name: &'a str, members: Vec<&'a Candidate>, demand: &Demand) -> Self {
        let weight = if demand.duplicated {
            weight_of_copies(&members, demand.replicas)
        } else {
            weight_of_parts(&members, demand)
        };
        Self {
            name,
            members,
            weight,
        }
    }
}

/// First the clusters that have room for all, then their mean score.
fn weight_of_copies(members: &[&Candidate], replicas: u64) -> u64 {
    let fitting = members
        .iter()
        .filter(|candidate| candidate.available >= replicas);
    let (count, score) = fitting.fold((0_u64, 0_u64), |(count, score), candidate| {
        (count + 1, score.saturating_add(candidate.score))
    });
    score
        .checked_div(count)
        .map_or(0, |mean| count.saturating_mul(ROOM).saturating_add(mean))
}

/// First the replicas of this group's share that it has room for, then the mean score of the clusters that it takes.
fn weight_of_parts(members: &[&Candidate], demand: &Demand) -> u64 {
    let groups = u64::try_from(demand.groups.max(1)).unwrap_or(u64::MAX);
    let share = demand.replicas.div_ceil(groups);
    let fewest = demand.clusters.max(demand.groups);
    let (mut room, mut score, mut count) = (0_u64, 0_u64, 0_u64);
    for (index, candidate) in members.iter().enumerate() {
        room = room.saturating_add(candidate.available);
        score = score.saturating_add(candidate.score);
        count += 1;
        if index + 1 >= fewest && room >= share {
            break;
        }
    }
    let mean = score.checked_div(count).unwrap_or(0);
    room.min(share).saturating_mul(ROOM).saturating_add(mean)
}
