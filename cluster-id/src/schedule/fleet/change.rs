//! What a change of a cluster means to placements.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use serde::Serialize;

use crate::inventory::{Cluster, Taint};

use super::{
    super::{BuiltIn, ScoreCoordinate, Stickiness, placement::Lasts},
    Fleet, Placed,
    decide::{self, lasts},
};

/// The resources of which clusters are scored by what is allocatable.
const RESOURCES: [(&str, BuiltIn); 2] = [
    ("cpu", BuiltIn::ResourceAllocatableCPU),
    ("memory", BuiltIn::ResourceAllocatableMemory),
];

/// A placement that should be decided again, and why.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[non_exhaustive]
pub struct Touched {
    /// The name of the placement.
    #[serde(serialize_with = "decide::as_text")]
    pub placement: Arc<str>,
    /// What happened.
    pub cause: Cause,
}

/// What happened to a placement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[non_exhaustive]
pub enum Cause {
    /// A cluster that it chose may not be chosen any more, or is gone.
    Lost,
    /// A cluster that it did not choose may be chosen now, and it has too few or takes the best.
    Gained,
    /// A score that it heeds is another one.
    Scored,
}

impl Fleet {
    /// Brings sets up to date after the cluster in a slot changed, and finds out to whom that matters.
    pub(super) fn after_change(&mut self, slot: usize, old: Option<&Cluster>) -> Vec<Touched> {
        let mut unselected = BTreeSet::new();
        let mut selected = BTreeSet::new();
        let new = self.members.get(slot).map(|member| &member.cluster);
        self.selectors.update(slot, old, new, |entry, meant| {
            let users = entry.users.keys().copied();
            if meant {
                selected.extend(users);
            } else {
                unselected.extend(users);
            }
        });
        let (old_taints, new_taints) = (taints_of(old), taints_of(new));
        self.taints.update(slot, old_taints, new_taints);
        let less_tainted = old_taints.iter().any(|taint| !new_taints.contains(taint));
        let more_tainted = new_taints.iter().any(|taint| !old_taints.contains(taint));

        let changed = Changed::between(old, new);
        let fewer = more_tainted || changed.room || new.is_none() || !unselected.is_empty();
        let mut touched = BTreeMap::new();
        let targets = self.chosen_by.get(&slot);
        let lost: Vec<usize> = match (old, new) {
            (Some(_), None) => targets.into_iter().flatten().copied().collect(),
            _ if more_tainted || changed.room => {
                let targets = targets.into_iter().flatten().copied();
                targets.filter(|id| self.is_lost(*id, slot)).collect()
            }
            _ => {
                let targets = unselected.iter().copied();
                let targets = targets.filter(|id| targets_contain(&self.chosen_by, slot, *id));
                targets.filter(|id| self.is_lost(*id, slot)).collect()
            }
        };
        let mut gained: Vec<usize> = match (old, new) {
            (_, None) => Vec::new(),
            (None, Some(_)) => {
                let all = self.unselective.iter().chain(&selected).copied();
                all.filter(|id| self.is_gained(*id, slot)).collect()
            }
            _ if less_tainted => {
                let all = 0..self.placed.len();
                all.filter(|id| self.is_gained(*id, slot)).collect()
            }
            _ => {
                if changed.room {
                    selected.extend(&self.requesting);
                }
                let selected = selected.iter().copied();
                selected.filter(|id| self.is_gained(*id, slot)).collect()
            }
        };
        let better =
            old.is_none() || less_tainted || changed.room || changed.ready || !selected.is_empty();
        if let Some(new) = new.filter(|_| better) {
            let homeless = self.lost_by.get(new.name.as_str());
            let homeless = homeless.into_iter().flatten().copied();
            gained.extend(homeless.filter(|id| {
                !targets_contain(&self.chosen_by, slot, *id) && self.may_choose(*id, slot)
            }));
        }
        let scored: Vec<usize> = changed
            .scores
            .iter()
            .flat_map(|score| self.scored_by.get(score).into_iter().flatten().copied())
            .filter(|id| self.is_open(*id) && self.may_choose(*id, slot))
            .collect();
        // Amounts are measured against the least and the most that candidates have.
        if fewer {
            for score in RESOURCES.map(|(_, built_in)| ScoreCoordinate::BuiltIn { built_in }) {
                let measuring = self.scored_by.get(&score).into_iter().flatten();
                let open = measuring.copied().filter(|id| self.is_open(*id));
                touched.extend(open.map(|id| (id, Cause::Scored)));
            }
        }
        for (ids, cause) in [
            (scored, Cause::Scored),
            (gained, Cause::Gained),
            (lost, Cause::Lost),
        ] {
            touched.extend(ids.into_iter().map(|id| (id, cause)));
        }
        let touched = touched.into_iter().filter_map(|(id, cause)| {
            let placed = self.placed.get(id)?.as_ref()?;
            Some(Touched {
                placement: Arc::clone(&placed.name),
                cause,
            })
        });
        let mut touched: Vec<Touched> = touched.collect();
        touched.sort();
        touched
    }

    /// Whether the placement takes more or better clusters than it has.
    fn is_open(&self, id: usize) -> bool {
        let Some(Some(placed)) = self.placed.get(id) else {
            return false;
        };
        let unfilled = placed.placement.number_of_clusters.is_none_or(|wanted| {
            placed.targets.len() < usize::try_from(wanted).unwrap_or(usize::MAX)
        });
        unfilled || placed.placement.stickiness == Stickiness::Scored
    }

    fn is_gained(&self, id: usize, slot: usize) -> bool {
        self.is_open(id) && !targets_contain(&self.chosen_by, slot, id) && self.may_choose(id, slot)
    }

    fn is_lost(&self, id: usize, slot: usize) -> bool {
        let placed = self.placed.get(id).and_then(Option::as_ref);
        placed.is_some_and(|placed| placed.placement.stickiness != Stickiness::Keep)
            && !self.may_choose_while(id, slot, |lasts| lasts == Lasts::Always)
    }

    /// Whether the placement could choose the cluster, taints that are tolerated for some time counted as tolerated.
    fn may_choose(&self, id: usize, slot: usize) -> bool {
        self.may_choose_while(id, slot, |_| true)
    }

    fn may_choose_while(&self, id: usize, slot: usize, enough: impl Fn(Lasts) -> bool) -> bool {
        let placed = self.placed.get(id).and_then(Option::as_ref);
        placed.is_some_and(|placed| self.may_be_in(placed, slot, enough))
    }

    /// Whether the placement could stay in the cluster for as long as nothing changes.
    pub(super) fn may_stay(&self, placed: &Placed, slot: usize) -> bool {
        self.may_be_in(placed, slot, |lasts| lasts == Lasts::Always)
    }

    fn may_be_in(&self, placed: &Placed, slot: usize, enough: impl Fn(Lasts) -> bool) -> bool {
        let Some(member) = self.members.get(slot) else {
            return false;
        };
        let selected = placed.selectors.is_empty()
            || placed.selectors.iter().any(|id| {
                let selector = self.selectors.get(*id);
                selector.is_some_and(|selector| selector.bits.contains(slot))
            });
        let chosen = placed.targets.contains(&slot);
        selected
            && member
                .cluster
                .taints
                .iter()
                .all(|taint| lasts(&placed.placement, taint, chosen).is_some_and(&enough))
            && self.has_room(placed, slot)
    }
}

fn taints_of(cluster: Option<&Cluster>) -> &[Taint] {
    cluster.map_or(&[], |cluster| &cluster.taints)
}

fn targets_contain(chosen_by: &BTreeMap<usize, BTreeSet<usize>>, slot: usize, id: usize) -> bool {
    chosen_by
        .get(&slot)
        .is_some_and(|users| users.contains(&id))
}

/// What of a cluster is another one than before, apart from labels, claims and taints.
struct Changed {
    scores: Vec<ScoreCoordinate>,
    room: bool,
    ready: bool,
}

impl Changed {
    fn between(old: Option<&Cluster>, new: Option<&Cluster>) -> Self {
        let (Some(old), Some(new)) = (old, new) else {
            return Self {
                scores: Vec::new(),
                room: false,
                ready: false,
            };
        };
        let mut scores = Vec::new();
        let differs = |resource: &str| {
            old.allocatable.get(resource) != new.allocatable.get(resource)
                || old.capacity.contains_key(resource) != new.capacity.contains_key(resource)
        };
        for (resource, built_in) in RESOURCES {
            if differs(resource) {
                scores.push(ScoreCoordinate::BuiltIn { built_in });
            }
        }
        let names: BTreeSet<&String> = old.scores.keys().chain(new.scores.keys()).collect();
        for name in names {
            if old.scores.get(name) != new.scores.get(name)
                && let Some(score) = ScoreCoordinate::add_on(name)
            {
                scores.push(score);
            }
        }
        Self {
            scores,
            room: old.allocatable != new.allocatable,
            ready: old.ready_since != new.ready_since,
        }
    }
}
