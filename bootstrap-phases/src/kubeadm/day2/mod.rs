//! Day 2: what has to be done on which node of a running cluster, and in which order, so that its certificates do not end, its
//! nodes have the configuration that is wanted, and their versions go up together.
//!
//! [`plan`] is a function of what is observed and what is wanted. It answers steps, each on one node, with the phases of kubeadm's
//! workflows to run there. [`carry_out`] has them done one after the other, looks again before each, and stops at the first
//! that fails. Nothing is remembered between two calls: after a crash the plan of what is observed then is what is left, and a node
//! on which something was begun comes first.
//!
//! ```
//! use std::time::{Duration, SystemTime};
//! use bootstrap_phases::{Digest, kubeadm::day2::{Desired, Managed, NodeState, Observed, plan}};
//!
//! let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
//! let days = |days: u64| now + Duration::from_secs(days * 86_400);
//! let observed = Observed {
//!     nodes: vec![
//!         NodeState::worker("w-1"),
//!         NodeState::control_plane("cp-1").certificate(Managed::new("apiserver", days(20))),
//!         NodeState::control_plane("cp-2").certificate(Managed::new("apiserver", days(300))),
//!         NodeState::control_plane("cp-3").certificate(Managed::new("apiserver", days(300))),
//!     ],
//! };
//! let plan = plan(&observed, &Desired::new(), now)?;
//! assert_eq!(plan.to_string(), "cp-1: renew apiserver (apiserver ends in 20 days)\n");
//! # Ok::<(), bootstrap_phases::kubeadm::day2::PlanError>(())
//! ```
//!
//! # The rules
//!
//! - One node at a time; control planes first, then workers, each by name. A node on which a run was begun and not finished comes
//!   before all others; among control planes, one whose member of etcd does not answer before those whose members do.
//! - A step on a control plane may restart its member of etcd, so the others have to be a quorum without it. One member alone
//!   cannot be spared and is worked on all the same; two of two only if [`Desired::allow_downtime`] says so.
//! - With several control planes, another one has to be ready meanwhile.
//! - A node that cannot be reached blocks nobody but those that have to come after it, and the plan says what it waits for.
//! - The version of the cluster goes up on one control plane by `upgrade apply`, on every other node by `upgrade node`; workers wait
//!   until all control planes are there. An upgrade renews a node's certificates by the way.

mod carry;
mod guard;
mod order;
mod state;
mod step;

pub use carry::{Halt, Outcome, carry_out};
pub use order::{Blocked, Plan, PlanError, plan};
pub use state::{Desired, EtcdMember, Managed, NodeState, Observed, Role, Unfinished};
pub use step::{PhaseRun, Step, Task};
