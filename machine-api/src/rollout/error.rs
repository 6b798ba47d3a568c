//! Why there is no plan.

use crate::ScaledValueError;

/// Why a rollout cannot be planned.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RolloutError {
    /// The MachineDeployment says no number of machines.
    #[error("spec.replicas: required: how many machines the MachineDeployment is to have")]
    NoReplicas,
    /// A MachineSet says no number of machines.
    #[error("spec.replicas of MachineSet {0}: required: how many machines it is to have")]
    NoReplicasOf(String),
    /// The strategy is none of those there are.
    #[error(
        "spec.rollout.strategy.type: unsupported value {0:?}: RollingUpdate and OnDelete are supported"
    )]
    Strategy(String),
    /// One of the bounds of a rolling update is no number.
    #[error("spec.rollout.strategy.rollingUpdate: {0}")]
    Bounds(#[from] ScaledValueError),
    /// A MachineSet has no label that tells its machines from those of others.
    #[error(
        "metadata.labels of MachineSet {0}: \"machine-template-hash\" is required, to tell its machines from others"
    )]
    NoTemplateHash(String),
    /// The revision of the current MachineSet is no number.
    #[error("revision {revision:?} of MachineSet {set} is no number")]
    Revision {
        /// The MachineSet.
        set: String,
        /// Its annotation.
        revision: String,
    },
    /// A MachineSet would have to be made, and the templates that its machines are made from do not exist.
    #[error("a MachineSet cannot be made as long as the templates of its machines do not exist")]
    NoTemplates,
    /// Whether a MachineSet can be updated in place is not known.
    #[error("whether MachineSet {set} can be updated in place is not known: {reason}")]
    InPlace {
        /// The MachineSet.
        set: String,
        /// Why not.
        reason: String,
    },
}
