//! Why there is no upgrade plan.

use std::fmt;

use serde::Serialize;

use crate::version::ParseVersionError;

/// Whose steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum PlanKind {
    /// Those of the control plane.
    ControlPlane,
    /// Those of the workers.
    Workers,
}

impl fmt::Display for PlanKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ControlPlane => "the control plane",
            Self::Workers => "the workers",
        })
    }
}

/// Why there is no upgrade plan. Steps are counted from 0.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UpgradePlanError {
    /// A version cannot be read.
    #[error(transparent)]
    Version(ParseVersionError),
    /// The desired version is more than one minor version ahead, and nobody knows those between.
    #[error("{to} is more than one minor version after {from}, and no versions between are known")]
    TooFar {
        /// The version of the control plane.
        from: String,
        /// The desired version.
        to: String,
    },
    /// A step does not lead upwards.
    #[error("step {item} of {plan}, {version}, is not greater than {than}")]
    NotGreater {
        /// Whose step.
        plan: PlanKind,
        /// Which step.
        item: usize,
        /// Its version.
        version: String,
        /// The version before it.
        than: String,
    },
    /// A step of the control plane leaves out a minor version.
    #[error("step {item} of the control plane, {version}, skips minor version {skipped}")]
    SkipsMinor {
        /// Which step.
        item: usize,
        /// Its version.
        version: String,
        /// The minor version that should come first.
        skipped: u64,
    },
    /// A step of the workers is too long for the rules of version skew.
    #[error(
        "step {item} of the workers goes from {from} to {version}, more than 3 minor versions at once"
    )]
    TooManyMinors {
        /// Which step.
        item: usize,
        /// The version before it.
        from: String,
        /// Its version.
        version: String,
    },
    /// The steps do not lead to the desired version.
    #[error("the steps of {plan} end with {last}, not with {desired}")]
    EndsElsewhere {
        /// Whose steps.
        plan: PlanKind,
        /// Where they end.
        last: String,
        /// The desired version.
        desired: String,
    },
    /// There are steps, and nothing to upgrade.
    #[error("there are steps of {plan}, which has nothing to upgrade")]
    NothingToUpgrade {
        /// Whose steps.
        plan: PlanKind,
    },
    /// A step of the workers has a version that the control plane never has.
    #[error("the control plane never has the version {version} of a step of the workers")]
    NotOfControlPlane {
        /// The version.
        version: String,
    },
    /// Two versions that differ by their build metadata only come in another order than for the control plane.
    #[error("step {item} of the workers, {version}, comes before {before} for the control plane")]
    OtherOrder {
        /// Which step.
        item: usize,
        /// Its version.
        version: String,
        /// The version before it.
        before: String,
    },
    /// Two versions that differ by their build metadata only have no order, and the control plane does not give one.
    #[error("nothing says whether {version} comes after {before}")]
    NoOrder {
        /// The version.
        version: String,
        /// The version before it.
        before: String,
    },
    /// Workers must stop at a minor version of which no version is known.
    #[error("the workers have to stop at minor version {minor}, of which no version is known")]
    NoVersionOfMinor {
        /// The minor version.
        minor: u64,
    },
}
