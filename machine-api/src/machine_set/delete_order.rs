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
        // Most machines have no annotations of these, and many none at all.
        if !machine.metadata.annotations.is_empty() {
            if facts::has_annotation(&machine.metadata, labels::DELETE_MACHINE) {
                return Self::Marked;
            }
            if facts::is_update_in_progress(machine) {
                return Self::Updating;
            }
        }
        if facts::is_healthy(machine) {
            Self::Policy
        } else {
            Self::Unhealthy
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
        let machines: Vec<&Machine> = machines.into_iter().collect();
        let common = common_prefix(&machines);
        let mut keys: Vec<Key<'_>> = machines
            .iter()
            .map(|machine| Key {
                rank: self.rank(machine),
                name: leading_bytes(&machine.metadata.name, common),
                machine,
            })
            .collect();
        if count < keys.len() {
            keys.select_nth_unstable(count);
            keys.truncate(count);
        }
        keys.sort_unstable();
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

/// What a machine is sorted by. Names are rarely looked at: their first differing bytes are here.
#[derive(Clone, Copy, Debug)]
struct Key<'a> {
    rank: u64,
    name: u64,
    machine: &'a Machine,
}

impl Ord for Key<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.rank, self.name)
            .cmp(&(other.rank, other.name))
            .then_with(|| {
                let (a, b) = (&self.machine.metadata, &other.machine.metadata);
                (&a.name, &a.namespace, &a.uid).cmp(&(&b.name, &b.namespace, &b.uid))
            })
    }
}

impl PartialOrd for Key<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Key<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Key<'_> {}

/// How many bytes all names begin with in common: those of one MachineSet begin with its name.
fn common_prefix(machines: &[&Machine]) -> usize {
    let Some((first, rest)) = machines.split_first() else {
        return 0;
    };
    let first = first.metadata.name.as_bytes();
    rest.iter().fold(first.len(), |common, machine| {
        let both = first.iter().zip(machine.metadata.name.as_bytes());
        both.take(common).take_while(|(a, b)| a == b).count()
    })
}

/// Eight bytes of a name behind the first `skip`, as a number that sorts as they do.
fn leading_bytes(name: &str, skip: usize) -> u64 {
    let mut bytes = [0; 8];
    let rest = name.as_bytes().get(skip..).unwrap_or_default();
    for (to, from) in bytes.iter_mut().zip(rest) {
        *to = *from;
    }
    u64::from_be_bytes(bytes)
}
