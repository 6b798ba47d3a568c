//! Why a cluster is chosen or not.

use std::fmt;

use componentconfig::core::Time;
use serde::Serialize;

use crate::{
    inventory::{Taint, TaintEffect},
    selector::Requirement,
};

use super::{super::Stickiness, DecideError, Fleet, Placed, decide::tolerates};

/// What a placement makes of one cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Verdict {
    /// Its place among those that may be chosen, from 1; `None` if it may not be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<usize>,
    /// Its score, if it may be chosen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<i64>,
    /// Why it is chosen or not.
    pub why: Why,
}

/// Why a cluster is chosen or not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Why {
    /// It is among the best.
    Chosen,
    /// It was chosen before, and that holds.
    Held,
    /// It was lost, may be chosen again, and is gone back to.
    Returned,
    /// Others are better, and there are enough of them.
    Outranked,
    /// No predicate selects it: of each, what is not met.
    NotSelected(Vec<Requirement>),
    /// It has a taint that is not tolerated, or not any more.
    Tainted(Taint),
    /// It has too little of a resource, beside what is reserved for others.
    TooLittle {
        /// The resource.
        resource: String,
        /// What is left, in thousandths.
        left: i64,
        /// What is wanted, in thousandths.
        wanted: i64,
    },
    /// There is no such cluster.
    Unknown,
}

impl Fleet {
    /// Says why a cluster would be chosen for a placement now, or why not.
    ///
    /// # Errors
    /// As [`decide`](Self::decide).
    pub fn explain(
        &self,
        placement: &str,
        cluster: &str,
        now: Time,
    ) -> Result<Verdict, DecideError> {
        let placed = self.known(placement)?;
        let ranking = self.ranking(placement, now)?;
        let place = ranking
            .iter()
            .position(|target| &*target.cluster == cluster);
        let Some(place) = place else {
            return Ok(Verdict {
                place: None,
                score: None,
                why: self.why_not(placed, cluster, now),
            });
        };
        let wanted = placed.placement.number_of_clusters.map(usize::try_from);
        let chosen = wanted.is_none_or(|wanted| wanted.is_ok_and(|wanted| place < wanted));
        let slot = self.members.slot(cluster);
        let held = placed.placement.stickiness != Stickiness::Scored
            && slot.is_some_and(|slot| placed.targets.contains(&slot));
        let returns = slot.and_then(|slot| self.returns_in(placed, slot, now));
        let home = returns.is_some_and(|left| left <= 0);
        Ok(Verdict {
            place: Some(place + 1),
            score: ranking.get(place).map(|target| target.score),
            why: match (chosen, held) {
                (false, _) => Why::Outranked,
                (true, _) if home => Why::Returned,
                (true, true) => Why::Held,
                (true, false) => Why::Chosen,
            },
        })
    }

    fn why_not(&self, placed: &Placed, cluster: &str, now: Time) -> Why {
        let Some(slot) = self.members.slot(cluster) else {
            return Why::Unknown;
        };
        let Some(member) = self.members.get(slot) else {
            return Why::Unknown;
        };
        let cluster = &member.cluster;
        let selectors = placed.placement.predicates.iter();
        let selectors = selectors.map(|predicate| &predicate.required_cluster_selector);
        let unmet: Option<Vec<Requirement>> = selectors
            .map(|selector| {
                let claims = selector.claim_selector.match_expressions.iter();
                let mut claims = claims.filter(|requirement| !requirement.matches(&cluster.claims));
                let labels = selector.label_selector.unmet(&cluster.labels);
                labels.or_else(|| claims.next().cloned())
            })
            .collect();
        if let Some(unmet) = unmet
            && !unmet.is_empty()
        {
            return Why::NotSelected(unmet);
        }
        let chosen = placed.targets.contains(&slot);
        let taint = cluster.taints.iter().find(|taint| match taint.effect {
            TaintEffect::PreferNoSelect => false,
            TaintEffect::NoSelectIfNew if chosen => false,
            _ => !tolerates(&placed.placement, taint, now),
        });
        if let Some(taint) = taint {
            return Why::Tainted(taint.clone());
        }
        self.lacks(placed, slot)
            .map_or(Why::Unknown, |(resource, left, wanted)| Why::TooLittle {
                resource: resource.to_owned(),
                left,
                wanted,
            })
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.why)?;
        if let (Some(place), Some(score)) = (self.place, self.score) {
            write!(f, ": number {place} with score {score}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Chosen => f.write_str("chosen"),
            Self::Held => f.write_str("chosen before and held"),
            Self::Returned => f.write_str("lost before and gone back to"),
            Self::Outranked => f.write_str("outranked"),
            Self::NotSelected(unmet) => {
                f.write_str("not selected: ")?;
                for (index, requirement) in unmet.iter().enumerate() {
                    let separator = if index == 0 { "" } else { " or " };
                    write!(f, "{separator}{requirement}")?;
                }
                Ok(())
            }
            Self::Tainted(taint) => write!(f, "taint {taint} is not tolerated"),
            Self::TooLittle {
                resource,
                left,
                wanted,
            } => write!(
                f,
                "too little {resource}: {} left, {} wanted",
                Thousandths(*left),
                Thousandths(*wanted)
            ),
            Self::Unknown => f.write_str("there is no such cluster"),
        }
    }
}

/// An amount, as a quantity.
struct Thousandths(i64);

impl fmt::Display for Thousandths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 % 1000 == 0 {
            write!(f, "{}", self.0 / 1000)
        } else {
            write!(f, "{}m", self.0)
        }
    }
}
