//! Which clusters something goes to.
//!
//! - [`Fleet`]: all clusters and all placements; where each goes by predicates, taints, room and scores, as Open Cluster
//!   Management decides, and which placements a change of a cluster matters to.
//! - [`spread`]: clusters chosen by score and room, so many of them in so many regions, as Karmada does.

mod fleet;
mod placement;
mod spread;

pub use fleet::{Cause, DecideError, Decision, Fleet, Scratch, Target, Touched, Verdict, Why};
pub use placement::{
    AddOnScore, BuiltIn, ClaimSelector, ClusterSelector, Failback, Misconfigured, Placement,
    Predicate, PrioritizerConfig, PrioritizerMode, PrioritizerPolicy, ScoreCoordinate, Stickiness,
    Toleration, TolerationOperator,
};
pub use spread::{Bounds, Candidate, Constraints, Spread, SpreadError, spread};
