//! Why a MachineSet gets the machines that it gets.

use std::{borrow::Cow, fmt};

use serde::Serialize;

/// Why a plan changes a MachineSet. Displays as Cluster API logs it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
#[non_exhaustive]
pub enum Reason<'a> {
    /// An old MachineSet is the current one again.
    NowCurrent,
    /// Machines that were moved to it count from now on: all that wait for it.
    Acknowledged {
        /// Their names, in order.
        machines: Vec<&'a str>,
    },
    /// It has more machines than the MachineDeployment is to have.
    AboveReplicas,
    /// There is room for more machines in a rolling update.
    BelowSurge {
        /// How many there are.
        machines: i64,
        /// How many the MachineDeployment is to have.
        replicas: i64,
        /// How many there may be besides.
        surge: i64,
    },
    /// There are fewer machines than the MachineDeployment is to have.
    BelowReplicas {
        /// How many there are.
        machines: i64,
        /// How many the MachineDeployment is to have.
        replicas: i64,
    },
    /// More machines are available than have to be.
    Available {
        /// How many are.
        available: i64,
        /// How many have to be.
        minimum: i64,
    },
    /// It loses no machine that is available.
    NothingAvailable,
    /// It was to have machines that there are not.
    NoSuchMachines,
    /// It gives its machines to another MachineSet rather than deleting them.
    MovesTo {
        /// That MachineSet.
        set: Cow<'a, str>,
    },
    /// One machine more, so that others can be updated in place meanwhile.
    SurgeForInPlace,
    /// Fewer machines more, since others can be updated in place.
    SurgeDropped {
        /// How many fewer.
        surge: i64,
    },
    /// One machine fewer, since nothing else can move while old machines are unavailable.
    Deadlock,
    /// It is the only one with machines, or the newest, of a MachineDeployment that is paused.
    OnlyActive,
    /// The current MachineSet has all machines that the MachineDeployment is to have.
    CurrentSaturated,
    /// Its share of a change of a MachineDeployment that is paused.
    Proportion,
}

impl fmt::Display for Reason<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NowCurrent => f.write_str("this is now the current MachineSet"),
            Self::Acknowledged { machines } => write!(
                f,
                "acknowledge Machines {} moved from an old MachineSet",
                machines.join(",")
            ),
            Self::AboveReplicas => f.write_str(
                "scale down to align MachineSet spec.replicas to MachineDeployment spec.replicas",
            ),
            Self::BelowSurge {
                machines,
                replicas,
                surge,
            } => write!(
                f,
                "{machines} current Machines < {replicas} MachineDeployment spec.replicas + {surge} maxSurge"
            ),
            Self::BelowReplicas { machines, replicas } => write!(
                f,
                "{machines} current Machines < {replicas} MachineDeployment spec.replicas"
            ),
            Self::Available { available, minimum } => write!(
                f,
                "{available} available replicas > {minimum} minimum available replicas"
            ),
            Self::NothingAvailable => f.write_str(
                "scale down to align to existing Machines or scale down by removing unavailable replicas (and no \
                 available replicas exist on the MachineSet)",
            ),
            Self::NoSuchMachines => f.write_str("scale down to align to existing Machines"),
            Self::MovesTo { set } => write!(
                f,
                "should scale down by moving Machines to MachineSet {set}"
            ),
            Self::SurgeForInPlace => {
                f.write_str("surge 1 allowed to create availability for in-place updates")
            }
            Self::SurgeDropped { surge } => write!(
                f,
                "surge {surge} dropped to prioritize in-place updates"
            ),
            Self::Deadlock => f.write_str(
                "scaling down by 1 to unblock rollout stuck due to unavailable Machine on oldMS",
            ),
            Self::OnlyActive => {
                f.write_str("scale the only active MachineSet to MachineDeployment spec.replicas")
            }
            Self::CurrentSaturated => {
                f.write_str("scale down as the current MachineSet has all Machines")
            }
            Self::Proportion => {
                f.write_str("scale in proportion while the MachineDeployment is paused")
            }
        }
    }
}
