//! Objects brought into a cluster: what is desired is compared with what lives there and with what was applied before.
//!
//! [`plan`](fn@plan) says for every object what is to be done and why, before anything is done. [`Order`] is the order. An
//! [`Execution`] carries the plan out, by operations of `apply_semantics::op`, and has each written into a [`Journal`] before
//! it is done: a run that is killed anywhere is followed by one that begins with what the journal comes to, and nothing is
//! forgotten, deleted twice, or taken for ours that is not. [`Reconciler`] does both; [`ApplySet`] is for what kubectl shall
//! understand too.
//!
//! ```
//! use std::collections::BTreeMap;
//! use apply_semantics::plan::Planner;
//! use cluster_id::reconcile::{Action, Inventory, ObjectId, Policy, plan};
//! use serde_json::json;
//!
//! let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}});
//! let limits = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "limits", "namespace": "shop"}});
//! let mut inventory = Inventory::default();
//! let old = ObjectId { kind: "Secret".into(), namespace: "shop".into(), name: "token".into(), ..ObjectId::default() };
//! inventory.insert(old.clone(), "u-1");
//! let live = BTreeMap::from([(old, json!({"metadata": {"name": "token", "namespace": "shop", "uid": "u-1"}}))]);
//!
//! let mut policy = Policy::new("deployer", "shop-objects");
//! policy.most_deleted = None;
//! let plan = plan(&[limits, namespace], &live, &inventory, &policy, &Planner::new())?;
//! let steps: Vec<String> = plan.steps().map(|step| format!("{:?} {}", step.action, step.object)).collect();
//! assert_eq!(steps, [
//!     "Create Namespace shop",
//!     "Create ConfigMap shop/limits",
//!     "Delete { uid: \"u-1\" } Secret shop/token",
//! ]);
//! # Ok::<(), cluster_id::reconcile::PlanError>(())
//! ```

mod apply_set;
mod digest;
mod execution;
mod inventory;
mod journal;
mod observe;
mod order;
mod plan;
mod policy;
mod run;
mod waves;

pub use apply_set::ApplySet;
pub use execution::{
    Ended, Ending, Established, Execution, Next, Pacing, Readiness, Report, Waiting,
};
pub use inventory::{Inventory, Known, Manifest, Refused, Seen};
pub use journal::{FileJournal, Journal, JournalError, Record};
pub use observe::{Observation, ObserveError, Observed};
pub use order::{ObjectId, Order};
pub use plan::{Action, Plan, PlanError, Step, plan};
pub use policy::{Adoption, OWNING_INVENTORY, Policy, Recreation};
pub use run::{ReconcileError, Reconciler, Run, observe, run};
#[cfg(feature = "kube")]
pub use run::{observe_async, run_async};
