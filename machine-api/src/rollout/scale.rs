//! Scaling while nothing is rolled out: a MachineDeployment that is paused.

use std::{cmp::Reverse, collections::BTreeMap};

use componentconfig::core::Time;

use super::{PlannedSet, Reason, RolloutError, RolloutPlan, plan::Strategy, planned::clamp};
use crate::{
    Compat,
    core::v1beta2::{MachineDeployment, MachineSet},
    labels,
};

/// How many machines each MachineSet of a paused MachineDeployment is to have, by name.
///
/// One MachineSet alone with machines, or none: it, or the newest, gets all. If `current` has all machines, the `old` ones lose
/// theirs. Else a rolling update goes by proportion, so that what was rolled out of it stays about what it was. Follows `scale` of
/// Cluster API; a size before the change of nothing is what the MachineSets have together, where Cluster API divides by nothing
/// ([`Compat::Upstream`]).
///
/// # Errors
/// A number of machines or a bound of the rolling update is missing or none.
pub fn scale<'a>(
    deployment: &MachineDeployment,
    current: Option<&'a MachineSet>,
    old: &'a [MachineSet],
    compat: Compat,
) -> Result<BTreeMap<&'a str, i32>, RolloutError> {
    let replicas = deployment.spec.replicas.ok_or(RolloutError::NoReplicas)?;
    let strategy = Strategy::of(deployment, replicas)?;
    let mut sets = Vec::with_capacity(old.len() + 1);
    for set in old.iter().chain(current) {
        if set.spec.replicas.is_none() {
            return Err(RolloutError::NoReplicasOf(set.metadata.name.clone()));
        }
        sets.push(PlannedSet::existing(set));
    }
    let mut current = current.and_then(|_| sets.pop());
    let size = i64::from(deployment.status.replicas.unwrap_or_default());
    Scale {
        replicas: i64::from(replicas),
        strategy,
        size,
        compat,
        told: false,
    }
    .apply(current.as_mut(), &mut sets);
    let decided = sets.iter().chain(&current);
    Ok(decided
        .filter_map(|set| Some((set.existing?.metadata.name.as_str(), set.replicas())))
        .collect())
}

impl RolloutPlan<'_> {
    pub(super) fn scale_while_paused(&mut self) {
        let size = self.rollout.deployment.status.replicas.unwrap_or_default();
        Scale {
            replicas: self.replicas,
            strategy: self.strategy,
            size: i64::from(size),
            compat: self.rollout.compat,
            told: self.rollout.compat == Compat::Upstream,
        }
        .apply(self.current.as_mut(), &mut self.old);
    }
}

/// What a change of size is made of.
struct Scale {
    replicas: i64,
    strategy: Strategy,
    /// How many machines the MachineDeployment had.
    size: i64,
    compat: Compat,
    /// The MachineSets know of the change already.
    told: bool,
}

impl Scale {
    fn apply<'a>(&self, current: Option<&mut PlannedSet<'a>>, old: &mut [PlannedSet<'a>]) {
        // Newest first; the current one comes last.
        old.sort_by(|a, b| (b.created(), b.name()).cmp(&(a.created(), a.name())));
        let saturated = current.as_deref().is_some_and(|set| self.saturated(set));
        let has_current = current.is_some();
        let mut sets: Vec<&mut PlannedSet<'a>> = old.iter_mut().chain(current).collect();
        let mut active = sets.iter().enumerate().filter(|(_, set)| set.spec > 0);
        match (active.next(), active.next()) {
            (Some((only, _)), None) => self.all_to(&mut sets, only),
            (None, _) if has_current => self.all_to(&mut sets, usize::MAX),
            (None, _) => self.all_to(&mut sets, 0),
            _ if saturated => {
                let old = sets.iter_mut().rev().skip(1).filter(|set| set.spec > 0);
                for set in old {
                    set.because(Reason::CurrentSaturated);
                    set.intent = Some(0);
                }
            }
            _ if matches!(self.strategy, Strategy::RollingUpdate(_)) => {
                sets.retain(|set| set.spec > 0);
                self.share(&mut sets);
            }
            _ => {}
        }
        drop(sets);
        old.reverse();
    }

    fn all_to(&self, sets: &mut [&mut PlannedSet<'_>], place: usize) {
        let place = place.min(sets.len().saturating_sub(1));
        if let Some(set) = sets.get_mut(place)
            && set.spec != self.replicas
        {
            set.because(Reason::OnlyActive);
            set.intent = Some(self.replicas);
        }
    }

    /// Whether a MachineSet has all machines, knows it, and all are available.
    fn saturated(&self, set: &PlannedSet<'_>) -> bool {
        let told = self.told || number(set, labels::DESIRED_REPLICAS) == Some(self.replicas);
        told && set.spec == self.replicas && set.available == self.replicas
    }

    /// Shares a change out, the largest MachineSets first; of equals, the newer ones grow and the older ones shrink first.
    fn share(&self, sets: &mut [&mut PlannedSet<'_>]) {
        let allowed = if self.replicas > 0 {
            self.replicas + self.strategy.surge()
        } else {
            0
        };
        let total: i64 = sets.iter().map(|set| set.spec).sum();
        let change = allowed - total;
        if change == 0 {
            return;
        }
        sets.sort_by_key(|set| {
            let created = set.created().map_or(i64::MIN, Time::unix);
            let age = if change > 0 {
                created.saturating_neg()
            } else {
                created
            };
            (Reverse(set.spec), age)
        });
        let mut done = 0;
        for set in sets.iter_mut() {
            let share = if done == change {
                0
            } else if change > 0 {
                self.fraction(set, total).min(change - done)
            } else {
                self.fraction(set, total).max(change - done)
            };
            done += share;
            set.intent = Some(set.spec + share);
        }
        // What rounding leaves goes to the largest one.
        if let Some(largest) = sets.first_mut() {
            largest.intent = Some((largest.wanted() + change - done).max(0));
        }
        for set in sets {
            if set.wanted() == set.spec {
                set.intent = None;
            } else {
                set.because(Reason::Proportion);
            }
        }
    }

    /// By how much a MachineSet would change if it kept its part of the whole.
    fn fraction(&self, set: &PlannedSet<'_>, total: i64) -> i64 {
        if self.replicas == 0 {
            return -set.spec;
        }
        let allowed = self.replicas + self.strategy.surge();
        let known = number(set, labels::MAX_REPLICAS);
        let size = if self.told { Some(allowed) } else { known };
        let size = size.unwrap_or(self.size);
        if self.compat == Compat::Upstream {
            return upstream_fraction(set.spec, allowed, size);
        }
        let size = if size > 0 { size } else { total };
        round_half_away(i128::from(set.spec) * i128::from(allowed), i128::from(size)) - set.spec
    }
}

/// In 32 bits and through floating point, where a size of nothing becomes the smallest number.
fn upstream_fraction(spec: i64, allowed: i64, size: i64) -> i64 {
    let spec = clamp(spec);
    let share = f64::from(spec.wrapping_mul(clamp(allowed))) / f64::from(clamp(size));
    let rounded = if share < 0.0 {
        share - 0.5
    } else {
        share + 0.5
    };
    let rounded = if rounded.is_finite() && rounded.abs() < f64::from(i32::MAX) {
        #[allow(
            clippy::cast_possible_truncation,
            reason = "in range, and cut like the original"
        )]
        let rounded = rounded as i32;
        rounded
    } else {
        i32::MIN
    };
    i64::from(rounded.wrapping_sub(spec))
}

/// `a / b`, halves away from zero.
fn round_half_away(a: i128, b: i128) -> i64 {
    let rounded = (2 * a.abs() + b.abs()) / (2 * b.abs().max(1));
    let signed = if (a < 0) == (b < 0) {
        rounded
    } else {
        -rounded
    };
    i64::try_from(signed).unwrap_or(i64::MAX)
}

fn number(set: &PlannedSet<'_>, annotation: &str) -> Option<i64> {
    let text = set.existing?.metadata.annotations.get(annotation)?;
    text.parse::<i32>().ok().map(i64::from)
}
