//! Changes rolled out to clusters: who is next, who is late, and whether to go on.
//!
//! [`step`] looks at where every cluster is and says which of them should have the change now. It follows the rollout
//! strategies of Open Cluster Management as they are documented; where the program does otherwise (it starts a group
//! before the one before it has ended, and exceeds `maxConcurrency`) the documentation wins.
//!
//! [`Stages`] go beyond it: each with bounds, a deadline, a time to be watched, and somebody's consent if need be; failures
//! halt the rollout or send it back ([`rollback`]). A rollout has no state but where the clusters are and what it is told to
//! do, so it is paused, resumed and approved by a change of the strategy, and the next [`step`] heeds it.
//!
//! ```
//! use cluster_id::{inventory::Group, rollout::{Limits, Phase, Strategy, step}};
//!
//! let groups = [Group::of(0, "", ["eu", "us", "ap"])];
//! let strategy = Strategy::Progressive(Limits { max_concurrency: Some(2.into()), ..Limits::default() });
//! let now = "2026-03-01T12:00:00Z".parse()?;
//! let step = step(&strategy, &groups, &[], now);
//! let next: Vec<_> = step.rollout.iter().map(|state| (state.cluster.as_str(), state.phase)).collect();
//! assert_eq!(next, [("ap", Phase::ToApply), ("eu", Phase::ToApply)]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod deadline;
mod groups;
mod portion;
mod stages;
mod state;
mod step;
mod strategy;

pub use deadline::{Deadline, ParseDeadlineError};
pub use portion::{ParsePortionError, Portion};
pub use stages::{Approval, OnBreach, Rollback, Stage, Stages, rollback};
pub use state::{ClusterState, Phase};
pub use step::{Step, Waiting, step};
pub use strategy::{GroupRef, Limits, Strategy};
