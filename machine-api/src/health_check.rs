//! What a MachineHealthCheck finds, and whether anything is done about it.
//!
//! Follows `core/reconcilers/machinehealthcheck` of Cluster API. Machines that are unhealthy are only remediated as long as not
//! too many are; machines that have no node yet, or are going, are among those, since they are capacity that is not there.

mod checks;
mod limit;
mod plan;
mod verdict;

pub use checks::{Problem, UnhealthyReason};
pub use limit::{Allowance, Limit, LimitError};
pub use plan::{Action, HealthPlan, Observed, Request};
pub use verdict::{Findings, Skipped, Uncounted, Verdict};
