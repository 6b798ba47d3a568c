//! How a MachineDeployment rolls out.
//!
//! [`Rollout`] holds what is observed, and its [`plan`](Rollout::plan) says how many machines each MachineSet is to have next and
//! why; [`RolloutPlan::explain`] says why nothing happens. A plan is one step: what it decides is written, and the next one is
//! made of what is observed then.
//!
//! ```
//! use machine_api::{core::v1beta2::{MachineDeployment, MachineSet}, names, rollout::Rollout};
//!
//! let deployment: MachineDeployment = serde_json::from_str(
//!     r#"{"metadata": {"name": "workers"}, "spec": {"replicas": 3, "template": {"spec": {"version": "v1.36.0"}},
//!         "rollout": {"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}}}}"#,
//! )?;
//! let old: MachineSet = serde_json::from_str(
//!     r#"{"metadata": {"name": "workers-x2b4c", "labels": {"machine-template-hash": "a"}},
//!         "spec": {"replicas": 3, "template": {"spec": {"version": "v1.35.4"}}},
//!         "status": {"replicas": 3, "availableReplicas": 3}}"#,
//! )?;
//! let now = "2026-06-01T00:00:00Z".parse()?;
//! let mut random = |length| names::suffix(0, length);
//! let sets = [old];
//! let plan = Rollout::of(&deployment, &sets, now).plan(&mut random)?;
//!
//! let current = plan.current().expect("a new one");
//! assert_eq!((current.name(), current.replicas()), ("workers-bbbbb", 1));
//! assert_eq!(current.reasons()[0].to_string(), "3 current Machines < 3 MachineDeployment spec.replicas + 1 maxSurge");
//! assert_eq!(plan.old()[0].replicas(), 3);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Follows `core/reconcilers/machinedeployment` of Cluster API.

mod desired;
mod error;
mod explain;
mod fenceposts;
mod find;
mod in_place;
mod moving;
mod on_delete;
mod plan;
mod planned;
mod reason;
mod revision;
mod rolling_update;
mod scale;
mod status;
mod template;

pub use error::RolloutError;
pub use explain::Cause;
pub use fenceposts::Fenceposts;
pub use find::CreateReason;
pub use moving::{InPlace, MovingMachine};
pub use plan::{Rollout, RolloutPlan};
pub use planned::PlannedSet;
pub use reason::Reason;
pub use scale::scale;
pub use status::status;
pub use template::{TemplateChange, template_changes};
