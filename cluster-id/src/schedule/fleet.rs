//! All clusters and all placements, kept so that a decision costs little.
//!
//! Every selector that a placement uses owns the set of clusters that it selects, and every taint the set of clusters
//! that have it: a decision combines sets, and looks at single clusters only to score them. A change of a cluster is
//! brought into the sets that ask for what changed, and tells which placements it may matter to.

mod bits;
mod change;
mod decide;
mod explain;
mod home;
mod index;
mod load;
mod members;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{Misconfigured, Placement, ScoreCoordinate};
use crate::inventory::Cluster;

use home::{Homes, LostBy};
use index::{Selectors, Taints};
use load::{Counts, Reserved};
use members::Members;

pub use change::{Cause, Touched};
pub use decide::{DecideError, Decision, Scratch, Target};
pub use explain::{Verdict, Why};

/// The clusters, what goes to them, and what was decided.
///
/// ```
/// use cluster_id::{inventory::Cluster, schedule::{Fleet, Placement}};
///
/// let mut fleet = Fleet::default();
/// for (name, env) in [("eu-1", "prod"), ("us-1", "prod"), ("lab", "test")] {
///     fleet.upsert(Cluster {
///         name: name.to_owned(),
///         labels: [("env".to_owned(), env.to_owned())].into(),
///         ..Cluster::default()
///     });
/// }
/// let placement: Placement = serde_json::from_value(serde_json::json!({
///     "numberOfClusters": 1,
///     "predicates": [{"requiredClusterSelector": {"labelSelector": {"matchLabels": {"env": "prod"}}}}],
/// }))?;
/// fleet.place("web", placement)?;
///
/// let now = "2026-03-01T12:00:00Z".parse()?;
/// let decision = fleet.decide("web", now)?;
/// assert_eq!(&*decision.targets[0].cluster, "eu-1");
/// fleet.commit("web", &decision);
/// assert_eq!(fleet.explain("web", "lab", now)?.to_string(), "not selected: env in (prod)");
///
/// let touched = fleet.remove("eu-1");
/// assert_eq!(&*touched[0].placement, "web");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Default)]
pub struct Fleet {
    members: Members,
    selectors: Selectors,
    taints: Taints,
    counts: Counts,
    reserved: Reserved,
    placed: Vec<Option<Placed>>,
    by_name: BTreeMap<Arc<str>, usize>,
    free: Vec<usize>,
    /// By slot of a cluster, the placements that chose it.
    chosen_by: BTreeMap<usize, BTreeSet<usize>>,
    /// The placements that take every cluster's measure: those without predicates.
    unselective: BTreeSet<usize>,
    /// The placements that take something of a cluster.
    requesting: BTreeSet<usize>,
    /// The placements that heed a score, by score.
    scored_by: BTreeMap<ScoreCoordinate, BTreeSet<usize>>,
    lost_by: LostBy,
}

/// What a placement has and lacks, in clusters.
pub(crate) struct Load {
    pub(crate) targets: usize,
    pub(crate) lost: usize,
    pub(crate) missing: usize,
}

/// A placement, prepared.
#[derive(Debug)]
struct Placed {
    name: Arc<str>,
    placement: Placement,
    /// The selectors of its predicates.
    selectors: Vec<usize>,
    weights: Vec<(ScoreCoordinate, i64)>,
    /// What it takes of a cluster, in thousandths.
    requests: Vec<(String, i64)>,
    /// The slots of the clusters that it chose.
    targets: Vec<usize>,
    /// Those of them whose figures show already what it takes.
    settled: BTreeSet<usize>,
    homes: Homes,
}

impl Fleet {
    /// How many clusters there are.
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What is known of a cluster.
    pub fn cluster(&self, name: &str) -> Option<&Cluster> {
        let slot = self.members.slot(name)?;
        Some(&self.members.get(slot)?.cluster)
    }

    /// The clusters that a placement has, by the last [`commit`](Self::commit), in its order.
    pub fn targets(&self, placement: &str) -> Vec<Arc<str>> {
        let placed = self.find(placement);
        let targets = placed.into_iter().flat_map(|placed| &placed.targets);
        targets
            .filter_map(|slot| Some(Arc::clone(&self.members.get(*slot)?.name)))
            .collect()
    }

    /// What each placement has and lacks, in no order.
    pub(crate) fn loads(&self) -> impl Iterator<Item = Load> {
        self.placed.iter().flatten().map(|placed| {
            let targets = placed.targets.len();
            let wanted = placed.placement.number_of_clusters.unwrap_or(0);
            let wanted = usize::try_from(wanted).unwrap_or(usize::MAX);
            Load {
                targets,
                lost: placed.homes.len(),
                missing: wanted.saturating_sub(targets),
            }
        })
    }

    fn find(&self, placement: &str) -> Option<&Placed> {
        let id = self.by_name.get(placement)?;
        self.placed.get(*id)?.as_ref()
    }

    /// Adds a cluster, or brings it up to date, and says which placements should be decided again, by name. Nothing is
    /// decided here.
    ///
    /// A placement is [touched](Touched) if it lost a target, if a cluster that it may choose now could be among its
    /// targets, or if a score that it heeds changed, of a cluster or beside others. Placements that hold what they have and have enough are touched only
    /// by losses. How the choices of others change [`BuiltIn::Balance`](super::BuiltIn::Balance) touches nobody.
    pub fn upsert(&mut self, cluster: Cluster) -> Vec<Touched> {
        let (slot, old) = self.members.put(cluster);
        self.after_change(slot, old.as_ref())
    }

    /// Takes a cluster out, and says which placements should be decided again.
    pub fn remove(&mut self, cluster: &str) -> Vec<Touched> {
        let Some((slot, old)) = self.members.take(cluster) else {
            return Vec::new();
        };
        let touched = self.after_change(slot, Some(&old));
        for id in self.chosen_by.remove(&slot).unwrap_or_default() {
            let Some(Some(placed)) = self.placed.get_mut(id) else {
                continue;
            };
            placed.targets.retain(|target| *target != slot);
            let name = Arc::from(cluster);
            placed.homes.lose(id, slot, &name, &mut self.lost_by);
            self.counts.change(slot, false);
            if !placed.settled.remove(&slot) {
                self.reserved.change(slot, &placed.requests, false);
            }
        }
        touched
    }

    /// Adds a placement, or brings it up to date; what was decided stays until the next [`commit`](Self::commit).
    ///
    /// # Errors
    /// A predicate makes no sense, or a score is not known. Tolerations are looked at when a cluster has to be judged by them; ask
    /// [`Placement::validate`] to see all that is wrong at once.
    pub fn place(&mut self, name: &str, placement: Placement) -> Result<(), Misconfigured> {
        placement.check_predicates()?;
        placement.check_weights()?;
        let id = self.by_name.get(name).copied().unwrap_or_else(|| {
            let id = self.free.pop().unwrap_or(self.placed.len());
            if id == self.placed.len() {
                self.placed.push(None);
            }
            self.by_name.insert(Arc::from(name), id);
            id
        });
        let old = self.placed.get_mut(id).and_then(Option::take);
        let selectors = placement
            .predicates
            .iter()
            .map(|predicate| {
                let selector = &predicate.required_cluster_selector;
                self.selectors.take(selector, id, &self.members)
            })
            .collect();
        let weights = placement.weights();
        let weights: Vec<(ScoreCoordinate, i64)> = weights
            .into_iter()
            .map(|(score, weight)| (score, i64::from(weight)))
            .collect();
        let requests = placement.requests.iter().map(|(resource, amount)| {
            let most = amount.milli_value().unwrap_or(i64::MAX);
            (resource.clone(), most)
        });
        let mut placed = Placed {
            name: Arc::from(name),
            selectors,
            weights,
            requests: requests.collect(),
            placement,
            targets: Vec::new(),
            settled: BTreeSet::new(),
            homes: Homes::default(),
        };
        if let Some(mut old) = old {
            self.forget(id, &old);
            placed.homes = std::mem::take(&mut old.homes);
            placed.targets.clone_from(&old.targets);
            for slot in &placed.targets {
                if !old.settled.contains(slot) {
                    self.reserved.change(*slot, &old.requests, false);
                }
                self.reserved.change(*slot, &placed.requests, true);
            }
        }
        if placed.selectors.is_empty() {
            self.unselective.insert(id);
        }
        if !placed.requests.is_empty() {
            self.requesting.insert(id);
        }
        for (score, _) in &placed.weights {
            self.scored_by.entry(score.clone()).or_default().insert(id);
        }
        if let Some(place) = self.placed.get_mut(id) {
            *place = Some(placed);
        }
        Ok(())
    }

    /// Takes a placement out with everything that it has.
    pub fn displace(&mut self, name: &str) {
        let Some(id) = self.by_name.remove(name) else {
            return;
        };
        let Some(mut placed) = self.placed.get_mut(id).and_then(Option::take) else {
            return;
        };
        placed.homes.clear(id, &mut self.lost_by);
        self.forget(id, &placed);
        for slot in &placed.targets {
            self.unchoose(id, *slot);
            if !placed.settled.contains(slot) {
                self.reserved.change(*slot, &placed.requests, false);
            }
        }
        self.free.push(id);
    }

    /// Takes what a placement asks for out of the tables.
    fn forget(&mut self, id: usize, placed: &Placed) {
        for selector in &placed.selectors {
            self.selectors.release(*selector, id);
        }
        self.unselective.remove(&id);
        self.requesting.remove(&id);
        for (score, _) in &placed.weights {
            if let Some(users) = self.scored_by.get_mut(score) {
                users.remove(&id);
            }
        }
    }

    fn unchoose(&mut self, id: usize, slot: usize) {
        self.counts.change(slot, false);
        if let Some(users) = self.chosen_by.get_mut(&slot) {
            users.remove(&id);
        }
    }

    /// Makes a decision hold: from now on its clusters are the placement's, count in [`BuiltIn::Balance`](super::BuiltIn::Balance), and have what
    /// the placement takes [reserved](Placement::requests). Names of no cluster, and placements that are not there, are
    /// passed over.
    ///
    /// Decisions that were taken at the same time do not know of each other: commit one before deciding the next, and no
    /// cluster is promised twice.
    pub fn commit(&mut self, placement: &str, decision: &Decision) {
        let targets = decision.targets.iter().map(|target| &*target.cluster);
        self.assume(placement, targets);
    }

    /// As [`commit`](Self::commit), for a choice that was made elsewhere or earlier.
    pub fn assume<'a>(&mut self, placement: &str, clusters: impl IntoIterator<Item = &'a str>) {
        let Some(id) = self.by_name.get(placement).copied() else {
            return;
        };
        let Some(mut placed) = self.placed.get_mut(id).and_then(Option::take) else {
            return;
        };
        let clusters = clusters.into_iter();
        let mut targets: Vec<usize> = Vec::with_capacity(placed.targets.len());
        for slot in clusters.filter_map(|cluster| self.members.slot(cluster)) {
            if !targets.contains(&slot) {
                targets.push(slot);
            }
        }
        for index in 0..placed.targets.len() {
            let slot = placed.targets.get(index).copied();
            let Some(slot) = slot.filter(|slot| !targets.contains(slot)) else {
                continue;
            };
            let member = self
                .members
                .get(slot)
                .filter(|_| !self.may_stay(&placed, slot));
            match member.map(|member| Arc::clone(&member.name)) {
                Some(name) => placed.homes.lose(id, slot, &name, &mut self.lost_by),
                None => placed.homes.give_up(slot),
            }
        }
        for slot in &placed.targets {
            if !targets.contains(slot) {
                self.unchoose(id, *slot);
                if !placed.settled.remove(slot) {
                    self.reserved.change(*slot, &placed.requests, false);
                }
            }
        }
        for slot in &targets {
            if !placed.targets.contains(slot) {
                self.counts.change(*slot, true);
                self.chosen_by.entry(*slot).or_default().insert(id);
                self.reserved.change(*slot, &placed.requests, true);
                if let Some(member) = self.members.get(*slot) {
                    let name = Arc::clone(&member.name);
                    placed.homes.choose(id, *slot, &name, &mut self.lost_by);
                }
            }
        }
        placed.targets = targets;
        if let Some(place) = self.placed.get_mut(id) {
            *place = Some(placed);
        }
    }

    /// Says that a cluster's figures show what the placement takes of it, so that nothing is reserved for it any more.
    pub fn settle(&mut self, placement: &str, cluster: &str) {
        let slot = self.members.slot(cluster);
        let id = self.by_name.get(placement);
        let placed = id.and_then(|id| self.placed.get_mut(*id)?.as_mut());
        if let (Some(slot), Some(placed)) = (slot, placed)
            && placed.targets.contains(&slot)
            && placed.settled.insert(slot)
        {
            self.reserved.change(slot, &placed.requests, false);
        }
    }
}
