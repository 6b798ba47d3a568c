//! Which of several machines go first when there are too many.
//!
//! Follows `machineset_deletion_order.go`, with the order computed once for each machine rather than once for each comparison.

use std::cmp::Ordering;

use componentconfig::core::Time;
use serde::Serialize;

use crate::{
    Compat,
    core::v1beta2::{Machine, MachineSetDeletionOrder},
    explain::Why,
    facts, labels,
};

/// Ten days in seconds: the pace at which age turns into priority.
const PACE: f64 = 864_000.0;

/// Priorities of [`Claim`]s.
const DELETING: f64 = 100.0;
const MARKED: f64 = 80.0;
const UPDATING: f64 = 75.0;
const UNHEALTHY: f64 = 50.0;
const RANDOM: f64 = 20.0;

/// What makes a machine one to delete, strongest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Claim {
    /// It is going already, so it takes a place that no other machine has to.
    Deleting,
    /// Its annotation `cluster.x-k8s.io/delete-machine` asks for it.
    Marked,
    /// It is being updated in place, which need not be finished then.
    Updating,
    /// It has no node, or a bad one, or failed a health check.
    Unhealthy,
    /// Nothing but the policy.
    Policy,
}

impl Claim {
    /// The strongest claim of a machine.
    pub fn of(machine: &Machine) -> Self {
        if machine.metadata.is_deleting() {
            return Self::Deleting;
        }
        match Self::by_annotation(machine) {
            Some(claim) => claim,
            None if facts::is_healthy(machine) => Self::Policy,
            None => Self::Unhealthy,
        }
    }

    /// One walk for all annotations: those of other lengths are told apart without a look at their text, and most machines have
    /// none of these.
    fn by_annotation(machine: &Machine) -> Option<Self> {
        let annotations = machine.metadata.annotations.keys();
        let claims = annotations.filter_map(|key| match key.as_str() {
            labels::DELETE_MACHINE => Some(Self::Marked),
            labels::UPDATE_IN_PROGRESS | labels::PENDING_HOOKS => Some(Self::Updating),
            _ => None,
        });
        match claims.min() {
            Some(Self::Updating) if !facts::is_update_in_progress(machine) => None,
            claim => claim,
        }
    }

    const fn evidence(self) -> &'static str {
        match self {
            Self::Deleting => "it is being deleted already",
            Self::Marked => "its annotation cluster.x-k8s.io/delete-machine asks for it",
            Self::Updating => "it is being updated in place",
            Self::Unhealthy => "it is unhealthy",
            Self::Policy => "the deletion order of its MachineSet",
        }
    }

    const fn reason(self) -> &'static str {
        match self {
            Self::Deleting => "Deleting",
            Self::Marked => "DeleteAnnotation",
            Self::Updating => "UpdateInProgress",
            Self::Unhealthy => "Unhealthy",
            Self::Policy => "DeletionOrder",
        }
    }
}

/// A deletion order that Cluster API does not know.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown deletion order {0:?}: it is one of Random, Newest and Oldest")]
pub struct UnknownOrder(pub String);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Policy {
    Random,
    Newest,
    Oldest,
}

/// The order in which the machines of a MachineSet are deleted.
///
/// It is total and does not depend on the order in which machines are given: machines of equal priority go by name.
///
/// Cluster API turns age into a number that stops growing after a year, and that is that of unhealthy machines then. With
/// [`Compat::Upstream`] so does this; with [`Compat::Fixed`] unhealthy machines go before healthy ones and ages of more than
/// a year still differ.
///
/// ```
/// use machine_api::{core::v1beta2::{Machine, MachineSetDeletionOrder}, machine_set::delete_order::DeleteOrder};
///
/// let machine = |name: &str, created: &str| -> Machine {
///     let json = serde_json::json!({
///         "metadata": {"name": name, "creationTimestamp": created},
///         "status": {"nodeRef": {"name": name}},
///     });
///     serde_json::from_value(json).unwrap()
/// };
/// let machines = [machine("a", "2026-05-02T00:00:00Z"), machine("b", "2026-05-01T00:00:00Z")];
/// let order = DeleteOrder::new(&MachineSetDeletionOrder::Oldest, "2026-06-01T00:00:00Z".parse()?)?;
/// assert_eq!(order.select(&machines, 1)[0].metadata.name, "b");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeleteOrder {
    policy: Policy,
    now: Time,
    compat: Compat,
}

impl DeleteOrder {
    /// The order of that name; `Random` if it is unset.
    ///
    /// # Errors
    /// There is no order of that name.
    pub fn new(order: &MachineSetDeletionOrder, now: Time) -> Result<Self, UnknownOrder> {
        let policy = match order {
            MachineSetDeletionOrder::Random => Policy::Random,
            MachineSetDeletionOrder::Newest => Policy::Newest,
            MachineSetDeletionOrder::Oldest => Policy::Oldest,
            MachineSetDeletionOrder::Other(other) if other.is_empty() => Policy::Random,
            MachineSetDeletionOrder::Other(other) => return Err(UnknownOrder(other.clone())),
        };
        Ok(Self {
            policy,
            now,
            compat: Compat::default(),
        })
    }

    /// With Cluster API's answer where that is wrong.
    #[must_use]
    pub const fn compat(mut self, compat: Compat) -> Self {
        self.compat = compat;
        self
    }

    /// The first `count` machines to delete, all if there are not more, in order.
    pub fn select<'a>(
        &self,
        machines: impl IntoIterator<Item = &'a Machine>,
        count: usize,
    ) -> Vec<&'a Machine> {
        if count == 0 {
            return Vec::new();
        }
        let mut keys: Vec<Key<'_>> = machines
            .into_iter()
            .map(|machine| Key {
                rank: self.rank(machine),
                name: 0,
                machine,
            })
            .collect();
        if let Some(last) = count.checked_sub(1).filter(|last| *last < keys.len()) {
            let (_, last, _) = keys.select_nth_unstable_by_key(last, |key| key.rank);
            let rank = last.rank;
            keys.retain(|key| key.rank <= rank);
        }
        keys.sort_unstable_by_key(|key| key.rank);
        let mut left = count;
        for equal in keys.chunk_by_mut(|a, b| a.rank == b.rank) {
            sort_by_name(equal, left);
            left = left.saturating_sub(equal.len());
        }
        keys.truncate(count);
        keys.into_iter().map(|key| key.machine).collect()
    }

    /// Cluster API's priority of a machine: from 100, which goes first, to 0.
    pub fn priority(&self, machine: &Machine) -> f64 {
        match Claim::of(machine) {
            Claim::Deleting => DELETING,
            Claim::Marked => MARKED,
            Claim::Updating => UPDATING,
            Claim::Unhealthy => UNHEALTHY,
            Claim::Policy => match self.policy {
                Policy::Random => RANDOM,
                Policy::Oldest => self.oldness(machine),
                Policy::Newest => UNHEALTHY - self.oldness(machine),
            },
        }
    }

    /// Why a machine goes when it does.
    pub fn explain(&self, machine: &Machine) -> Why {
        let claim = Claim::of(machine);
        let evidence = match claim {
            Claim::Policy => format!("{:?} is {}", self.policy, claim.evidence()),
            _ => claim.evidence().to_owned(),
        };
        let subject = format!("Machine {}", machine.metadata.name);
        Why::new(subject, claim.reason(), evidence)
    }

    /// Age as a number from 0 to 50 that grows ever more slowly.
    #[allow(
        clippy::cast_precision_loss,
        reason = "as upstream: ages of machines are small numbers of seconds"
    )]
    fn oldness(&self, machine: &Machine) -> f64 {
        UNHEALTHY * (1.0 - (-(self.age(machine) as f64) / PACE).exp())
    }

    /// Seconds since the machine was made; none if that is unknown or still to come.
    fn age(&self, machine: &Machine) -> u64 {
        let created = machine.metadata.creation_timestamp;
        created.map_or(0, |created| {
            u64::try_from(self.now.unix() - created.unix()).unwrap_or(0)
        })
    }

    /// A number that is the smaller the earlier a machine goes.
    fn rank(&self, machine: &Machine) -> u64 {
        if self.compat == Compat::Upstream {
            // Numbers that are not negative sort as their bits do.
            return !self.priority(machine).to_bits();
        }
        let claim = Claim::of(machine);
        let within = match (claim, self.policy) {
            (Claim::Policy, Policy::Oldest) => AGES - self.age(machine).min(AGES),
            (Claim::Policy, Policy::Newest) => self.age(machine).min(AGES),
            _ => 0,
        };
        (claim as u64) << AGE_BITS | within
    }
}

const AGE_BITS: u32 = 56;
const AGES: u64 = (1 << AGE_BITS) - 1;

/// What a machine is sorted by: its rank, and among equals its name.
#[derive(Clone, Copy, Debug)]
struct Key<'a> {
    rank: u64,
    /// The bytes of the name behind what all names of equal rank begin with: most names are told apart by these.
    name: u64,
    machine: &'a Machine,
}

impl Key<'_> {
    fn by_name(&self, other: &Self) -> Ordering {
        let (a, b) = (&self.machine.metadata, &other.machine.metadata);
        self.name
            .cmp(&other.name)
            .then_with(|| (&a.name, &a.namespace, &a.uid).cmp(&(&b.name, &b.namespace, &b.uid)))
    }
}

/// Puts the first `count` of machines of equal rank in front, in order.
fn sort_by_name(keys: &mut [Key<'_>], count: usize) {
    if keys.len() < 2 {
        return;
    }
    let common = common_prefix(keys);
    for key in &mut *keys {
        key.name = leading_bytes(&key.machine.metadata.name, common);
    }
    let first = if count < keys.len() {
        keys.select_nth_unstable_by(count, Key::by_name).0
    } else {
        keys
    };
    first.sort_unstable_by(Key::by_name);
}

/// How many bytes all names begin with in common: those of one MachineSet begin with its name.
fn common_prefix(keys: &[Key<'_>]) -> usize {
    let mut names = keys.iter().map(|key| key.machine.metadata.name.as_bytes());
    let first = names.next().unwrap_or_default();
    names.fold(first.len(), |common, name| {
        let both = first.iter().zip(name);
        both.take(common).take_while(|(a, b)| a == b).count()
    })
}

/// Eight bytes of a name behind the first `skip`, as a number that sorts as they do.
fn leading_bytes(name: &str, skip: usize) -> u64 {
    let rest = name.as_bytes().get(skip..).unwrap_or_default();
    if let Some(bytes) = rest.first_chunk() {
        return u64::from_be_bytes(*bytes);
    }
    let mut bytes = [0; 8];
    for (to, from) in bytes.iter_mut().zip(rest) {
        *to = *from;
    }
    u64::from_be_bytes(bytes)
}
