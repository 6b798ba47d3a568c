//! One decision.

use std::{cmp::Reverse, ops::Not as _, sync::Arc};

use componentconfig::core::Time;
use serde::{Serialize, Serializer};

use crate::inventory::{Taint, TaintEffect};

use super::{
    super::{
        BuiltIn, Misconfigured, Placement, ScoreCoordinate, Stickiness,
        placement::{Lasts, left},
    },
    Fleet, Placed,
    bits::Bits,
    index::Tainted,
};

/// The best score of one prioritizer.
const BEST: i64 = 100;

/// Where something goes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Decision {
    /// The clusters, best first.
    pub targets: Vec<Target>,
    /// How many clusters are missing.
    pub unscheduled: u32,
    /// After how many seconds the answer may be another one though nothing changed: a toleration ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recheck_after_seconds: Option<i64>,
}

/// A cluster that was chosen, or could be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Target {
    /// Its name.
    #[serde(serialize_with = "as_text")]
    pub cluster: Arc<str>,
    /// All its scores, each times its weight.
    pub score: i64,
}

pub(super) fn as_text<S: Serializer>(text: &Arc<str>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(text)
}

/// Why nothing could be decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum DecideError {
    /// There is no placement of that name.
    #[error("there is no placement {0:?}")]
    Unknown(String),
    /// It makes no sense.
    #[error(transparent)]
    Misconfigured(#[from] Misconfigured),
}

/// Room that decisions work in. Keep it from one decision to the next, and none is allocated.
#[derive(Debug, Default)]
pub struct Scratch {
    candidates: Bits,
    targets: Bits,
    ranked: Vec<Key>,
    balance: Vec<i64>,
}

/// A candidate; the greatest is the best.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    /// It goes back there.
    home: bool,
    held: bool,
    score: i64,
    rank: Reverse<u64>,
    slot: usize,
}

/// For how long the placement may stay in a cluster with that taint, if it may at all.
pub(super) fn lasts(placement: &Placement, taint: &Taint, chosen: bool) -> Option<Lasts> {
    match taint.effect {
        TaintEffect::PreferNoSelect => Some(Lasts::Always),
        TaintEffect::NoSelectIfNew if chosen => Some(Lasts::Always),
        _ => {
            let tolerations = placement.tolerations.iter();
            let lasts = tolerations
                .filter_map(|toleration| toleration.of(&taint.key, &taint.value, taint.effect));
            lasts.max()
        }
    }
}

impl Fleet {
    /// Decides where a placement goes; nothing changes until it is [committed](Self::commit).
    ///
    /// Follows `pkg/placement/controllers/scheduling` of Open Cluster Management: clusters that one of the predicates
    /// selects and whose taints are tolerated are scored, and the best taken, by name among equals.
    ///
    /// # Errors
    /// There is no such placement, or one of its tolerations makes no sense and there is a cluster to judge by it.
    pub fn decide(&self, placement: &str, now: Time) -> Result<Decision, DecideError> {
        let mut decision = Decision::default();
        self.decide_into(placement, now, &mut Scratch::default(), &mut decision)?;
        Ok(decision)
    }

    /// As [`decide`](Self::decide), in room that is there already.
    ///
    /// # Errors
    /// As there.
    pub fn decide_into(
        &self,
        placement: &str,
        now: Time,
        scratch: &mut Scratch,
        decision: &mut Decision,
    ) -> Result<(), DecideError> {
        let placed = self.known(placement)?;
        let wanted = placed.placement.number_of_clusters;
        let limit = wanted.map_or(usize::MAX, |wanted| {
            usize::try_from(wanted).unwrap_or(usize::MAX)
        });
        self.rank(placed, now, limit, scratch)?;
        decision.targets.clear();
        let targets = scratch.ranked.iter().filter_map(|key| self.target(*key));
        decision.targets.extend(targets);
        let chosen = u32::try_from(decision.targets.len()).unwrap_or(u32::MAX);
        decision.unscheduled = wanted.map_or(0, |wanted| wanted.saturating_sub(chosen));
        let ends = scratch
            .ranked
            .iter()
            .filter_map(|key| self.toleration_ends(placed, key.slot, now));
        let returns = placed.homes.is_empty().not().then(|| {
            let candidates = scratch.candidates.iter();
            let returns = candidates.filter_map(|slot| self.returns_in(placed, slot, now));
            returns.filter(|left| *left > 0).min()
        });
        decision.recheck_after_seconds = ends.chain(returns.flatten()).min();
        Ok(())
    }

    /// Every cluster that may be chosen, best first.
    ///
    /// # Errors
    /// As [`decide`](Self::decide).
    pub fn ranking(&self, placement: &str, now: Time) -> Result<Vec<Target>, DecideError> {
        let mut scratch = Scratch::default();
        self.rank(self.known(placement)?, now, usize::MAX, &mut scratch)?;
        let ranked = scratch.ranked.iter();
        Ok(ranked.filter_map(|key| self.target(*key)).collect())
    }

    pub(super) fn known(&self, placement: &str) -> Result<&Placed, DecideError> {
        self.find(placement)
            .ok_or_else(|| DecideError::Unknown(placement.to_owned()))
    }

    fn target(&self, key: Key) -> Option<Target> {
        let member = self.members.get(key.slot)?;
        Some(Target {
            cluster: Arc::clone(&member.name),
            score: key.score,
        })
    }

    /// Puts the best candidates into `scratch.ranked`.
    fn rank(
        &self,
        placed: &Placed,
        now: Time,
        limit: usize,
        scratch: &mut Scratch,
    ) -> Result<(), DecideError> {
        scratch.targets.clear();
        for slot in &placed.targets {
            scratch.targets.set(*slot, true);
        }
        self.select(placed, &mut scratch.candidates);
        if !scratch.candidates.is_empty() {
            placed.placement.check_tolerations()?;
        }
        for tainted in self.taints.iter() {
            self.drop_tainted(placed, tainted, now, scratch);
        }
        if !placed.requests.is_empty() {
            let candidates = &mut scratch.candidates;
            candidates.retain(|slot| self.has_room(placed, slot));
        }
        if placed.placement.stickiness == Stickiness::Keep {
            scratch.candidates.unite(&scratch.targets);
        }
        self.score(placed, now, limit, scratch);
        Ok(())
    }

    fn select(&self, placed: &Placed, candidates: &mut Bits) {
        let mut selectors = placed
            .selectors
            .iter()
            .filter_map(|id| self.selectors.get(*id));
        let first = selectors.next().map(|selector| &selector.bits);
        candidates.copy_from(first.unwrap_or(&self.members.live));
        for selector in selectors {
            candidates.unite(&selector.bits);
        }
        candidates.intersect(&self.members.live);
    }

    fn drop_tainted(&self, placed: &Placed, tainted: &Tainted, now: Time, scratch: &mut Scratch) {
        let spared = (tainted.effect == TaintEffect::NoSelectIfNew).then_some(&scratch.targets);
        let mut limited = false;
        for toleration in &placed.placement.tolerations {
            match toleration.of(&tainted.key, &tainted.value, tainted.effect) {
                None => {}
                Some(Lasts::Always) => return,
                Some(Lasts::Seconds(_)) => limited = true,
            }
        }
        if !limited {
            scratch.candidates.take_away(&tainted.bits, spared);
            return;
        }
        scratch.candidates.retain(|slot| {
            if !tainted.bits.contains(slot) || spared.is_some_and(|spared| spared.contains(slot)) {
                return true;
            }
            let taints = self.members.get(slot).into_iter();
            let mut taints = taints.flat_map(|member| &member.cluster.taints);
            taints.all(|taint| !tainted.is(taint) || tolerates(&placed.placement, taint, now))
        });
    }

    /// Whether there is room for the placement, beside what is reserved for others.
    pub(super) fn has_room(&self, placed: &Placed, slot: usize) -> bool {
        self.lacks(placed, slot).is_none()
    }

    /// The resource of which the cluster has too little: what is left, and what is wanted, in thousandths.
    pub(super) fn lacks<'p>(&self, placed: &'p Placed, slot: usize) -> Option<(&'p str, i64, i64)> {
        let member = self.members.get(slot)?;
        let own = placed.targets.contains(&slot);
        if own && placed.settled.contains(&slot) {
            return None;
        }
        placed.requests.iter().find_map(|(resource, wanted)| {
            let there = member.cluster.allocatable.get(resource);
            let there = there.map_or(0, |there| there.milli_value().unwrap_or(i64::MAX));
            let reserved = self.reserved.of(resource, slot) - if own { *wanted } else { 0 };
            let left = there.saturating_sub(reserved);
            (left < *wanted).then_some((resource.as_str(), left, *wanted))
        })
    }

    /// The seconds until the first toleration ends without which the cluster could not be chosen.
    fn toleration_ends(&self, placed: &Placed, slot: usize, now: Time) -> Option<i64> {
        let taints = &self.members.get(slot)?.cluster.taints;
        if taints.is_empty() {
            return None;
        }
        let chosen = placed.targets.contains(&slot);
        let ends =
            taints
                .iter()
                .filter_map(|taint| match lasts(&placed.placement, taint, chosen)? {
                    Lasts::Always => None,
                    Lasts::Seconds(seconds) => Some(left(taint.time_added, seconds, now)),
                });
        let ends = ends.filter(|left| *left > 0);
        ends.min()
    }

    /// Scores the candidates, and keeps the best in order.
    fn score(&self, placed: &Placed, now: Time, limit: usize, scratch: &mut Scratch) {
        let Scratch {
            candidates,
            targets,
            ranked,
            balance,
        } = scratch;
        ranked.clear();
        if limit == 0 {
            return;
        }
        let homeless = !placed.homes.is_empty();
        let scoring = Scoring::new(self, placed, candidates, balance);
        let sticky = placed.placement.stickiness != Stickiness::Scored;
        let full = limit.saturating_mul(2).max(64);
        let mut worst: Option<Key> = None;
        candidates.for_each(|slot| {
            let target = targets.contains(slot);
            let returns = homeless
                .then(|| self.returns_in(placed, slot, now))
                .flatten();
            let (home, held) = (returns.is_some_and(|left| left <= 0), sticky && target);
            let score = scoring.of(slot, target);
            // Most are not among the best by their scores alone.
            if worst
                .is_some_and(|worst| (home, held, score) < (worst.home, worst.held, worst.score))
            {
                return;
            }
            let key = Key {
                home,
                held,
                score,
                rank: Reverse(self.members.rank(slot)),
                slot,
            };
            if worst.is_some_and(|worst| key < worst) {
                return;
            }
            ranked.push(key);
            if ranked.len() >= full {
                ranked.select_nth_unstable_by(limit - 1, |left, right| right.cmp(left));
                ranked.truncate(limit);
                worst = ranked.last().copied();
            }
        });
        ranked.sort_unstable_by(|left, right| right.cmp(left));
        ranked.truncate(limit);
    }
}

/// Whether one of the placement's tolerations covers the taint now.
pub(super) fn tolerates(placement: &Placement, taint: &Taint, now: Time) -> bool {
    let mut tolerations = placement.tolerations.iter();
    tolerations.any(|toleration| toleration.tolerates(taint, now))
}

/// What the candidates of one decision are scored by.
struct Scoring<'a> {
    fleet: &'a Fleet,
    balance: i64,
    /// The score by how often a cluster is chosen by others, times its weight, as far as that was computed.
    by_count: &'a [i64],
    most: u32,
    steady: i64,
    resources: Vec<Resource<'a>>,
    add_ons: Vec<(String, i64)>,
}

/// A resource, of which more is better.
struct Resource<'a> {
    weight: i64,
    amounts: &'a [f64],
    least: f64,
    most: f64,
}

impl<'a> Scoring<'a> {
    fn new(fleet: &'a Fleet, placed: &Placed, candidates: &Bits, table: &'a mut Vec<i64>) -> Self {
        let mut scoring = Self {
            fleet,
            balance: 0,
            by_count: &[],
            most: 0,
            steady: 0,
            resources: Vec::new(),
            add_ons: Vec::new(),
        };
        for (score, weight) in &placed.weights {
            match score {
                ScoreCoordinate::AddOn { .. } => {
                    scoring
                        .add_ons
                        .extend(score.add_on_name().map(|name| (name, *weight)));
                }
                ScoreCoordinate::BuiltIn { built_in } => match built_in {
                    BuiltIn::Balance => scoring.balance = *weight,
                    BuiltIn::Steady => scoring.steady = *weight,
                    BuiltIn::ResourceAllocatableCPU => {
                        let amounts = &fleet.members.cpu;
                        scoring
                            .resources
                            .extend(Resource::new(*weight, amounts, candidates));
                    }
                    BuiltIn::ResourceAllocatableMemory => {
                        let amounts = &fleet.members.memory;
                        scoring
                            .resources
                            .extend(Resource::new(*weight, amounts, candidates));
                    }
                    BuiltIn::Other(_) => {}
                },
            }
        }
        if scoring.balance != 0 {
            scoring.most = fleet.counts.most_by_others(&placed.targets);
            table.clear();
            let weighed = |count| scoring.balance * balance(count, scoring.most);
            table.extend((0..=scoring.most.min(1 << 12)).map(weighed));
            scoring.by_count = table;
        }
        scoring
    }

    /// What every candidate is asked, so in few steps.
    #[inline]
    fn of(&self, slot: usize, target: bool) -> i64 {
        let mut score = 0;
        if self.balance != 0 {
            let count = self.fleet.counts.of(slot) - u32::from(target);
            let known = usize::try_from(count)
                .ok()
                .and_then(|count| self.by_count.get(count));
            score = match known {
                Some(own) => *own,
                None => self.balance * balance(count, self.most),
            };
        }
        if target {
            score += self.steady * BEST;
        }
        if self.resources.is_empty() && self.add_ons.is_empty() {
            score
        } else {
            score + self.told(slot)
        }
    }

    /// The part of the score that the cluster says itself.
    fn told(&self, slot: usize) -> i64 {
        let resources = self.resources.iter();
        let resources = resources.map(|resource| resource.weight * resource.of(slot));
        let member = self.fleet.members.get(slot);
        let add_ons = member.into_iter().flat_map(|member| {
            let scores = &member.cluster.scores;
            let add_ons = self.add_ons.iter();
            add_ons.map(|(name, weight)| weight * scores.get(name).copied().unwrap_or(0))
        });
        resources.chain(add_ons).sum()
    }
}

/// From 100 for a cluster that others do not use to -100 for the one that they use most.
#[allow(
    clippy::cast_possible_truncation,
    reason = "between -50 and 50, cut off as the original cuts"
)]
fn balance(count: u32, most: u32) -> i64 {
    if count == 0 {
        return BEST;
    }
    let usage = f64::from(count) / f64::from(most);
    2 * (100.0 * (0.5 - usage)) as i64
}

impl<'a> Resource<'a> {
    /// `None` if no candidate says what it has.
    fn new(weight: i64, amounts: &'a [f64], candidates: &Bits) -> Option<Self> {
        let known = candidates.iter().filter_map(|slot| amounts.get(slot));
        let known = known.copied().filter(|amount| !amount.is_nan());
        let (least, most) = known.fold(
            (f64::INFINITY, f64::NEG_INFINITY),
            |(least, most), amount| (amount.min(least), amount.max(most)),
        );
        (least <= most).then_some(Self {
            weight,
            amounts,
            least,
            most,
        })
    }

    /// From -100 for the least to 100 for the most; 0 where it is not known.
    #[allow(
        clippy::cast_possible_truncation,
        reason = "between -100 and 100, cut off as the original cuts"
    )]
    fn of(&self, slot: usize) -> i64 {
        let amount = self.amounts.get(slot).copied().unwrap_or(f64::NAN);
        if amount.is_nan() {
            return 0;
        }
        let range = self.most - self.least;
        if range == 0.0 {
            return BEST;
        }
        let ratio = (amount - self.least) / range;
        ((ratio - 0.5) * 2.0 * 100.0) as i64
    }
}
