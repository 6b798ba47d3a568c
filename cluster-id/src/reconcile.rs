//! Objects brought into a cluster: what is desired is compared with what lives there and with what was applied before.
//!
//! [`plan`](fn@plan) says for every object what is to be done and why, before anything is done. [`Order`] is the order.
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

mod order;
mod plan;
mod policy;
mod waves;

pub use order::{ObjectId, Order};
pub use plan::{Action, Plan, PlanError, Step, plan};
pub use policy::{Adoption, Inventory, OWNING_INVENTORY, Policy, Recreation};
