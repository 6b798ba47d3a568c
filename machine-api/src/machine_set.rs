//! What a MachineSet does: how many machines it makes, deletes or gives away, which of them, and when it waits.
//!
//! Follows `core/reconcilers/machineset` of Cluster API.
//!
//! - [`sync`]: from the machines there are and the number wanted to what happens to them.
//! - [`delete_order`]: which of several machines go first.
//! - [`preflight`]: whether the control plane can take new machines.
//! - [`remediation`]: which unhealthy machines are replaced now, and which wait.
//! - [`status`](mod@status): what it says about itself.
//!
//! What a MachineSet writes into its machines is in [`propagation`](crate::propagation).

pub mod delete_order;
pub mod preflight;
pub mod remediation;
pub mod status;
pub mod sync;
