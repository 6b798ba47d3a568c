//! Clusters chosen so that they spread over regions, as Karmada spreads.

mod group;
mod regions;

use std::{cmp::Reverse, collections::BTreeMap};

use serde::{Deserialize, Serialize};

use crate::divide::Strategy;

use group::{Demand, Group};

/// How many groups of a kind are to be chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bounds {
    /// The fewest.
    pub min: usize,
    /// The most.
    pub max: usize,
}

/// Over what the chosen clusters must spread.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Constraints {
    /// How many regions. A cluster whose region is not known is then not chosen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<Bounds>,
    /// How many clusters. When absent beside regions, each region gives one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster: Option<Bounds>,
}

/// A cluster that may be chosen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Candidate {
    /// Its name.
    pub name: String,
    /// Its region; empty if that is not known.
    pub region: String,
    /// How good it is; more is better.
    pub score: u64,
    /// The replicas that it has room for, those that it runs already included.
    pub available: u64,
    /// Whether it is a second choice, third choice and so on: 0 for the first. A lower tier goes before any score.
    pub tier: u32,
}

/// What is to be spread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spread<'a> {
    /// Over what.
    pub constraints: Constraints,
    /// How the replicas are going to be divided. [`Strategy::StaticWeight`] heeds no constraint.
    pub strategy: Strategy,
    /// All replicas.
    pub replicas: u64,
    /// The clusters to choose from; no name is there twice.
    pub candidates: &'a [Candidate],
}

/// No choice of clusters meets the constraints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum SpreadError {
    /// There are fewer clusters than the fewest asked for.
    #[error("{found} clusters are feasible, at least {min} are needed")]
    TooFewClusters {
        /// The clusters that there are.
        found: usize,
        /// The fewest asked for.
        min: usize,
    },
    /// There are fewer regions than the fewest asked for.
    #[error("{found} regions are feasible, at least {min} are needed")]
    TooFewRegions {
        /// The regions that there are.
        found: usize,
        /// The fewest asked for.
        min: usize,
    },
    /// No choice of that many regions has as many clusters.
    #[error("no {max} regions have the {min} clusters that are needed")]
    TooFewClustersInRegions {
        /// The most regions.
        max: usize,
        /// The fewest clusters.
        min: usize,
    },
    /// The clusters that may be chosen have too little room together.
    #[error("no {clusters} clusters have room for {wanted} replicas")]
    TooLittleRoom {
        /// The most clusters.
        clusters: usize,
        /// The replicas that need a place.
        wanted: u64,
    },
    /// More regions are needed than clusters are allowed.
    #[error("at least {regions} regions are needed, at most {clusters} clusters are allowed")]
    Contradiction {
        /// The fewest regions.
        regions: usize,
        /// The most clusters.
        clusters: usize,
    },
}

/// Chooses clusters, best first.
///
/// The order is that of tiers, then scores, then room, then names. Without regions the first
/// [`max`](Bounds::max) clusters are chosen; when replicas are divided by room and theirs does not suffice, the last ones
/// give way to the roomiest of the rest. With regions, the best regions that together have the
/// clusters are chosen, each gives its best cluster, and the remaining places go to the best of what they have left.
/// Follows `pkg/scheduler/core/spreadconstraint` of Karmada, whose search takes exponential time in the number of
/// regions; this one finds the same regions in polynomial time.
///
/// # Errors
/// No choice meets the constraints; what is missing is said. A demand for more regions than clusters is one of these.
/// (The original answers with more clusters than allowed.)
pub fn spread(request: &Spread<'_>) -> Result<Vec<String>, SpreadError> {
    let Constraints { region, cluster } = request.constraints;
    let mut sorted: Vec<&Candidate> = request.candidates.iter().collect();
    sorted.sort_by(|left, right| rank(left).cmp(&rank(right)));
    let chosen = match (request.strategy, region, cluster) {
        (Strategy::StaticWeight, ..) | (_, None, None) => sorted,
        (_, Some(regions), clusters) => by_region(request, &sorted, regions, clusters)?,
        (strategy, None, Some(clusters)) => {
            let wanted = (strategy != Strategy::Duplicated).then_some(request.replicas);
            by_cluster(sorted, clusters, wanted)?
        }
    };
    Ok(chosen
        .into_iter()
        .map(|candidate| candidate.name.clone())
        .collect())
}

/// The place of a cluster in the order of choice.
fn rank(candidate: &Candidate) -> (u32, Reverse<u64>, Reverse<u64>, &str) {
    (
        candidate.tier,
        Reverse(candidate.score),
        Reverse(candidate.available),
        &candidate.name,
    )
}

fn by_cluster(
    mut sorted: Vec<&Candidate>,
    clusters: Bounds,
    wanted: Option<u64>,
) -> Result<Vec<&Candidate>, SpreadError> {
    if sorted.len() < clusters.min {
        return Err(SpreadError::TooFewClusters {
            found: sorted.len(),
            min: clusters.min,
        });
    }
    let count = sorted.len().min(clusters.max);
    let mut rest = sorted.split_off(count);
    let Some(wanted) = wanted else {
        return Ok(sorted);
    };
    let enough = |chosen: &[&Candidate]| room(chosen) >= u128::from(wanted);
    for place in (0..count).rev() {
        if enough(&sorted) {
            break;
        }
        let (Some(last), Some(roomiest)) = (sorted.get_mut(place), roomiest(&mut rest)) else {
            break;
        };
        if roomiest.available > last.available {
            std::mem::swap(last, roomiest);
        }
    }
    if enough(&sorted) {
        return Ok(sorted);
    }
    Err(SpreadError::TooLittleRoom {
        clusters: count,
        wanted,
    })
}

fn room(candidates: &[&Candidate]) -> u128 {
    let rooms = candidates
        .iter()
        .map(|candidate| u128::from(candidate.available));
    rooms.sum()
}

/// The first of those with most room.
fn roomiest<'s, 'a>(rest: &'s mut [&'a Candidate]) -> Option<&'s mut &'a Candidate> {
    rest.iter_mut()
        .rev()
        .max_by_key(|candidate| candidate.available)
}

fn by_region<'a>(
    request: &Spread<'_>,
    sorted: &[&'a Candidate],
    regions: Bounds,
    clusters: Option<Bounds>,
) -> Result<Vec<&'a Candidate>, SpreadError> {
    let (fewest, most) = clusters.map_or((0, 0), |bounds| (bounds.min, bounds.max));
    if clusters.is_some() && regions.min > most {
        return Err(SpreadError::Contradiction {
            regions: regions.min,
            clusters: most,
        });
    }
    let mut members: BTreeMap<&str, Vec<&'a Candidate>> = BTreeMap::new();
    for candidate in sorted {
        if !candidate.region.is_empty() {
            members
                .entry(&candidate.region)
                .or_default()
                .push(candidate);
        }
    }
    if members.len() < regions.min {
        return Err(SpreadError::TooFewRegions {
            found: members.len(),
            min: regions.min,
        });
    }
    let demand = Demand {
        duplicated: request.strategy == Strategy::Duplicated,
        replicas: request.replicas,
        groups: regions.min,
        clusters: fewest,
    };
    let groups = members
        .into_iter()
        .map(|(name, members)| Group::new(name, members, &demand));
    let best = regions::best(groups.collect(), regions, fewest);
    if best.is_empty() {
        return Err(SpreadError::TooFewClustersInRegions {
            max: regions.max,
            min: fewest,
        });
    }
    let mut chosen = Vec::new();
    let mut rest = Vec::new();
    for group in &best {
        let mut members = group.members.iter().copied();
        chosen.extend(members.next());
        rest.extend(members);
    }
    rest.sort_by(|left, right| rank(left).cmp(&rank(right)));
    let places = most.saturating_sub(chosen.len());
    chosen.extend(rest.into_iter().take(places));
    Ok(chosen)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(name: &str, region: &str, available: u64) -> Candidate {
        Candidate {
            name: name.to_owned(),
            region: region.to_owned(),
            available,
            ..Candidate::default()
        }
    }

    fn request(candidates: &[Candidate], region: Option<Bounds>, cluster: Bounds) -> Spread<'_> {
        Spread {
            constraints: Constraints {
                region,
                cluster: Some(cluster),
            },
            strategy: Strategy::DynamicWeight,
            replicas: 10,
            candidates,
        }
    }

    #[test]
    fn what_is_missing_is_said() {
        let candidates = [candidate("a", "eu", 3), candidate("b", "eu", 4)];
        let two = Bounds { min: 2, max: 2 };
        let answer = spread(&request(&candidates, None, Bounds { min: 3, max: 3 }));
        assert_eq!(
            answer,
            Err(SpreadError::TooFewClusters { found: 2, min: 3 })
        );
        let answer = spread(&request(&candidates, None, two));
        let error = answer.unwrap_err();
        assert_eq!(error.to_string(), "no 2 clusters have room for 10 replicas");
        let answer = spread(&request(&candidates, Some(two), two));
        assert_eq!(answer, Err(SpreadError::TooFewRegions { found: 1, min: 2 }));
        let one = Bounds { min: 1, max: 1 };
        let answer = spread(&request(&candidates, Some(one), Bounds { min: 3, max: 3 }));
        assert_eq!(
            answer,
            Err(SpreadError::TooFewClustersInRegions { max: 1, min: 3 })
        );
        let answer = spread(&request(&candidates, Some(two), one));
        let contradiction = SpreadError::Contradiction {
            regions: 2,
            clusters: 1,
        };
        assert_eq!(answer, Err(contradiction));
    }

    #[test]
    fn lower_tiers_go_first() {
        let mut candidates = [candidate("a", "", 9), candidate("b", "", 9)];
        candidates[0].tier = 1;
        candidates[0].score = 100;
        let mut request = request(&candidates, None, Bounds { min: 1, max: 1 });
        request.replicas = 1;
        assert_eq!(spread(&request).unwrap(), ["b"]);
    }

    #[test]
    fn clusters_of_no_known_region_are_not_chosen() {
        let candidates = [candidate("a", "", 90), candidate("b", "eu", 1)];
        let one = Bounds { min: 1, max: 1 };
        let chosen = spread(&request(&candidates, Some(one), Bounds { min: 1, max: 2 }));
        assert_eq!(chosen.unwrap(), ["b"]);
    }
}
