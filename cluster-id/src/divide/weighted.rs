//! Replicas by weight between bounds, as KubeFed's planner for ReplicaSchedulingPreferences divides them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Replicas, fnv::fnv1};

/// The name under which [`WeightedRequest::preferences`] holds what goes for clusters that are not named.
const ANY_CLUSTER: &str = "*";

/// How many replicas a cluster should have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Bounds {
    /// Its share in what is left after every minimum is met.
    pub weight: u64,
    /// Replicas that it gets first.
    #[serde(skip_serializing_if = "is_zero")]
    pub min_replicas: u64,
    /// Replicas that it never exceeds; `None` for no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_replicas: Option<u64>,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
const fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// How many replicas clusters have room for; one that is not named has room for any number.
pub type Capacity = BTreeMap<String, u64>;

/// What is to be divided, and among whom.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct WeightedRequest {
    /// All replicas.
    pub total_replicas: u64,
    /// Whether running replicas may move; if not, clusters keep what they run as far as bounds allow.
    pub rebalance: bool,
    /// The bounds by cluster; `*` for all that are not named. A cluster without bounds gets nothing.
    #[serde(alias = "clusters")]
    pub preferences: BTreeMap<String, Bounds>,
    /// The clusters that there are.
    pub available_clusters: Vec<String>,
    /// What they run.
    pub current: Replicas,
    /// What they have room for.
    pub capacity: Capacity,
    /// `namespace/name` of the workload, so that not every workload favours the same clusters.
    pub key: String,
}

/// Who gets how many.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WeightedPlan {
    /// Replicas of every available cluster.
    pub plan: Replicas,
    /// Replicas that a cluster was due beyond its capacity. With rebalance they may run elsewhere by now.
    pub overflow: Replicas,
}

/// Divides replicas by weight between bounds.
///
/// Minima come first, in the order of weight; then, without rebalance, what runs already; the rest goes round by weight,
/// each share rounded up, until nothing is left or no cluster takes more. Clusters of equal weight are in the order of a
/// hash of cluster and workload.
pub fn weighted_plan(request: &WeightedRequest) -> WeightedPlan {
    let mut planner = Planner::new(request);
    planner.give_minima();
    if !request.rebalance {
        planner.keep_running();
    }
    planner.share_rest();
    planner.finish()
}

struct Planner<'a> {
    request: &'a WeightedRequest,
    /// Clusters that take more, in the order of weight.
    open: Vec<Share<'a>>,
    left: u64,
    result: WeightedPlan,
}

#[derive(Clone, Copy)]
struct Share<'a> {
    name: &'a str,
    bounds: Bounds,
    capacity: Option<u64>,
    hash: u32,
    planned: u64,
    /// Of the planned ones, those it has because they run there and that its shares are still to be counted against.
    ahead: u64,
}

impl Share<'_> {
    fn most(&self) -> u64 {
        let bounds = [self.bounds.max_replicas, self.capacity];
        bounds.into_iter().flatten().min().unwrap_or(u64::MAX)
    }
}

impl<'a> Planner<'a> {
    fn new(request: &'a WeightedRequest) -> Self {
        let mut open: Vec<Share<'a>> = request
            .available_clusters
            .iter()
            .filter_map(|name| share(request, name))
            .collect();
        open.sort_by_key(|share| (std::cmp::Reverse(share.bounds.weight), share.hash));
        let plan = request.available_clusters.iter();
        Self {
            request,
            open,
            left: request.total_replicas,
            result: WeightedPlan {
                plan: plan.map(|name| (name.clone(), 0)).collect(),
                overflow: Replicas::new(),
            },
        }
    }

    fn give_minima(&mut self) {
        for share in &mut self.open {
            let room = share.capacity.unwrap_or(u64::MAX);
            share.planned = share.bounds.min_replicas.min(self.left).min(room);
            self.left -= share.planned;
        }
    }

    fn keep_running(&mut self) {
        for share in &mut self.open {
            let running = self.request.current.get(share.name).copied().unwrap_or(0);
            let kept = running.min(share.most());
            share.ahead = kept.saturating_sub(share.planned).min(self.left);
            share.planned += share.ahead;
            self.left -= share.ahead;
        }
    }

    fn share_rest(&mut self) {
        let mut taking = true;
        while taking && self.left > 0 {
            taking = false;
            let weights = self
                .open
                .iter()
                .map(|share| u128::from(share.bounds.weight));
            let sum: u128 = weights.sum();
            if sum == 0 {
                break;
            }
            let round = u128::from(self.left);
            let mut still_open = Vec::with_capacity(self.open.len());
            for mut share in std::mem::take(&mut self.open) {
                let due = (round * u128::from(share.bounds.weight)).div_ceil(sum);
                let due = u64::try_from(due).unwrap_or(u64::MAX).min(self.left);
                let (took, full) = self.give(&mut share, due);
                taking |= took;
                if full {
                    self.result
                        .plan
                        .insert(share.name.to_owned(), share.planned);
                } else {
                    still_open.push(share);
                }
            }
            self.open = still_open;
        }
    }

    /// Whether the cluster took anything, if only by counting what it has, and whether it is full.
    fn give(&mut self, share: &mut Share<'_>, due: u64) -> (bool, bool) {
        let counted = due.min(share.ahead);
        share.ahead -= counted;
        let wanted = share.planned.saturating_add(due - counted);
        let bounded = share
            .bounds
            .max_replicas
            .map_or(wanted, |max| wanted.min(max));
        let total = share.capacity.map_or(bounded, |room| bounded.min(room));
        if total < bounded {
            self.result
                .overflow
                .insert(share.name.to_owned(), bounded - total);
        }
        // A minimum may be above the maximum: such a cluster gives back.
        let before = std::mem::replace(&mut share.planned, total);
        self.left = (self.left + before).saturating_sub(total);
        (counted > 0 || total > before, total < wanted)
    }

    fn finish(mut self) -> WeightedPlan {
        for share in &self.open {
            self.result
                .plan
                .insert(share.name.to_owned(), share.planned);
        }
        if !self.request.rebalance {
            // What found a place elsewhere is no overflow.
            for replicas in self.result.overflow.values_mut() {
                *replicas = (*replicas).min(self.left);
            }
            self.result.overflow.retain(|_, replicas| *replicas > 0);
        }
        self.result
    }
}

fn share<'a>(request: &WeightedRequest, name: &'a str) -> Option<Share<'a>> {
    let named = request.preferences.get(name);
    let bounds = named.or_else(|| request.preferences.get(ANY_CLUSTER))?;
    Some(Share {
        name,
        bounds: *bounds,
        capacity: request.capacity.get(name).copied(),
        hash: fnv1([name, request.key.as_str()]),
        planned: 0,
        ahead: 0,
    })
}
