//! Highest averages: each replica goes where votes per seat are highest.
//!
//! Follows Karmada's dispenser, which hands out one seat at a time. Here a divisor is searched that hands out nearly all
//! of them at once, so that the cost does not depend on the number of replicas; the few that remain go one at a time.

use std::{
    cmp::{Ordering, Reverse},
    collections::{BTreeMap, BinaryHeap},
};

use super::{Replicas, fnv::fnv1a};

/// Which of two clusters with an equal claim comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Ties {
    /// The one whose name sorts first.
    #[default]
    Ascending,
    /// The one whose name sorts last.
    Descending,
}

impl Ties {
    /// What Karmada does for the object with that UID, so that not every workload favours the same clusters.
    pub fn of_uid(uid: &str) -> Self {
        if uid.is_empty() || fnv1a(uid).is_multiple_of(2) {
            Self::Ascending
        } else {
            Self::Descending
        }
    }
}

/// Divides `replicas` more replicas by weight among clusters that have `initial` ones already.
///
/// The next replica goes to the cluster with the highest `weight / (2 * seats + 1)`; of two equal ones to the one with
/// fewer seats, then by name as `ties` says. Every cluster of `weights` and `initial` is in the result, with its initial
/// replicas and what it got. Without any weight nothing is handed out.
pub fn webster(
    replicas: u64,
    weights: &BTreeMap<String, u64>,
    initial: &Replicas,
    ties: Ties,
) -> Replicas {
    let mut seats = initial.clone();
    for name in weights.keys() {
        seats.entry(name.clone()).or_insert(0);
    }
    let mut claims: Vec<Claim> = weights
        .iter()
        .filter(|(_, votes)| **votes > 0)
        .map(|(name, votes)| Claim {
            votes: *votes,
            seats: seats.get(name).copied().unwrap_or(0),
        })
        .collect();
    if claims.is_empty() {
        return seats;
    }
    hand_out(&mut claims, replicas, ties);
    let names = weights.iter().filter(|(_, votes)| **votes > 0);
    for ((name, _), claim) in names.zip(&claims) {
        seats.insert(name.clone(), claim.seats);
    }
    seats
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Claim {
    votes: u64,
    seats: u64,
}

/// Votes with 32 bits of fraction, which divisors are searched in.
type Fixed = u128;

impl Claim {
    fn fixed(self) -> Fixed {
        Fixed::from(self.votes) << 32
    }

    /// The seats after every one was handed out whose average is above the divisor.
    fn seats_above(self, divisor: Fixed) -> u64 {
        let averages = (self.fixed() - 1) / divisor;
        let seats = u64::try_from(averages.div_ceil(2)).unwrap_or(u64::MAX);
        seats.max(self.seats)
    }

    /// Whose claim is stronger, names left out.
    fn compare(self, other: Self) -> Ordering {
        let odd = |seats: u64| 2 * Fixed::from(seats) + 1;
        let left = Fixed::from(self.votes) * odd(other.seats);
        let right = Fixed::from(other.votes) * odd(self.seats);
        left.cmp(&right).then(other.seats.cmp(&self.seats))
    }
}

/// Adds that many seats to the claims, which are in the order of their names.
fn hand_out(claims: &mut [Claim], replicas: u64, ties: Ties) {
    let given = take_by_divisor(claims, replicas);
    let mut heap: BinaryHeap<Next> = claims
        .iter()
        .enumerate()
        .map(|(index, claim)| Next::new(*claim, index, ties))
        .collect();
    for _ in given..replicas {
        let Some(mut next) = heap.pop() else { return };
        next.claim.seats += 1;
        if let Some(claim) = claims.get_mut(next.index) {
            *claim = next.claim;
        }
        heap.push(next);
    }
}

/// Hands out all seats above a divisor that leaves few to hand out, and says how many that were.
fn take_by_divisor(claims: &mut [Claim], replicas: u64) -> u64 {
    let few = Fixed::try_from(claims.len()).unwrap_or(Fixed::MAX);
    let before: Fixed = claims.iter().map(|claim| Fixed::from(claim.seats)).sum();
    let handed_out = |divisor: Fixed| -> Fixed {
        let seats = claims
            .iter()
            .map(|claim| Fixed::from(claim.seats_above(divisor)));
        seats.sum::<Fixed>() - before
    };
    let wanted = Fixed::from(replicas);
    // At `high` nothing is handed out: no average is above all votes.
    let mut high = claims.iter().map(|claim| claim.fixed()).max().unwrap_or(1);
    let mut low: Fixed = 0;
    let votes: Fixed = claims.iter().map(|claim| claim.fixed()).sum();
    let mut divisor = (votes / (2 * (wanted + before) + few)).clamp(1, high);
    while high - low > 1 {
        let taken = handed_out(divisor);
        if taken > wanted {
            low = divisor;
        } else {
            high = divisor;
            if wanted - taken <= few {
                break;
            }
        }
        divisor = low.midpoint(high).max(1);
    }
    let taken = u64::try_from(handed_out(high)).unwrap_or(replicas);
    for claim in claims {
        claim.seats = claim.seats_above(high);
    }
    taken
}

/// A claim in the queue; the greatest is next.
#[derive(Debug, PartialEq, Eq)]
struct Next {
    claim: Claim,
    index: usize,
    rank: Rank,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    First(Reverse<usize>),
    Last(usize),
}

impl Next {
    fn new(claim: Claim, index: usize, ties: Ties) -> Self {
        let rank = match ties {
            Ties::Ascending => Rank::First(Reverse(index)),
            Ties::Descending => Rank::Last(index),
        };
        Self { claim, index, rank }
    }
}

impl Ord for Next {
    fn cmp(&self, other: &Self) -> Ordering {
        self.claim
            .compare(other.claim)
            .then_with(|| self.rank.cmp(&other.rank))
    }
}

impl PartialOrd for Next {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Claim, Next, Ties, hand_out};

    fn one_at_a_time(claims: &mut [Claim], replicas: u64, ties: Ties) {
        for _ in 0..replicas {
            let next = claims.iter().enumerate();
            let next = next
                .map(|(index, claim)| Next::new(*claim, index, ties))
                .max();
            if let Some(claim) = next.and_then(|next| claims.get_mut(next.index)) {
                claim.seats += 1;
            }
        }
    }

    fn claims() -> impl Strategy<Value = Vec<Claim>> {
        let votes = prop_oneof![1..8_u64, 1..1_000_u64, Just(u64::MAX), Just(1)];
        let claim = (votes, 0..20_u64).prop_map(|(votes, seats)| Claim { votes, seats });
        prop::collection::vec(claim, 1..9)
    }

    proptest! {
        #[test]
        fn the_divisor_is_only_a_short_cut(
            claims in claims(),
            replicas in 0..200_u64,
            descending in any::<bool>(),
        ) {
            let ties = if descending { Ties::Descending } else { Ties::Ascending };
            let (mut quick, mut slow) = (claims.clone(), claims);
            hand_out(&mut quick, replicas, ties);
            one_at_a_time(&mut slow, replicas, ties);
            prop_assert_eq!(quick, slow);
        }

        #[test]
        fn more_replicas_take_none_away(claims in claims(), replicas in 0..200_u64, more in 0..50_u64) {
            let (mut fewer, mut all) = (claims.clone(), claims);
            hand_out(&mut fewer, replicas, Ties::Ascending);
            hand_out(&mut all, replicas + more, Ties::Ascending);
            for (fewer, all) in fewer.iter().zip(&all) {
                prop_assert!(fewer.seats <= all.seats);
            }
        }
    }
}
