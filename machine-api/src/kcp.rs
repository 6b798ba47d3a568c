//! What a KubeadmControlPlane does: which machines it makes and removes, when, and why it waits.
//!
//! [`ControlPlane`] holds what is observed; all else are questions to it. [`ControlPlane::plan`] is the next thing to do of all
//! that there is, one at a time: with etcd on the same machines, two changes at once are one too many.
//!
//! ```
//! use machine_api::kcp::{Change, ControlPlane, EtcdCluster, EtcdMember};
//! # use machine_api::{controlplane::v1beta2::KubeadmControlPlane, core::v1beta2::{Cluster, Machine}};
//! # let machine = |name: &str, healthy: bool| serde_json::from_value::<Machine>(serde_json::json!({
//! #     "metadata": {"name": name},
//! #     "status": {"nodeRef": {"name": name}, "conditions": [{"type": "EtcdMemberHealthy", "status": if healthy {"True"} else {"False"}}]},
//! # })).unwrap();
//!
//! let member = |name: &str, id| EtcdMember { name: name.to_owned(), id, is_learner: false };
//! let members = [member("a", 1), member("b", 2), member("c", 3)];
//! let machines = [machine("a", true), machine("b", true), machine("c", false)];
//! let (kcp, cluster) = (KubeadmControlPlane::default(), Cluster::default());
//! let now = "2026-06-01T00:00:00Z".parse()?;
//! let control_plane = ControlPlane::of(&kcp, &cluster, &machines, now)
//!     .etcd(EtcdCluster { members: &members, ..EtcdCluster::default() });
//!
//! // Two healthy members of two are a quorum, one healthy member of two is none.
//! assert!(control_plane.etcd_after(Change::Remove(&machines[2])).is_safe());
//! assert!(!control_plane.etcd_after(Change::Remove(&machines[0])).is_safe());
//! # Ok::<(), componentconfig::core::ParseTimeError>(())
//! ```
//!
//! Follows `controlplane/kubeadm` of Cluster API.

mod action;
mod complete;
mod components;
mod config;
mod desired;
mod explain;
mod failure_domain;
mod inspect;
mod observed;
mod plan;
mod preflight;
mod quorum;
mod remediation;
mod retry;
mod select;
mod status;
mod up_to_date;
pub mod upgrade;

pub use action::{Action, ControlPlaneError, ControlPlanePlan, Wait};
pub use complete::CLEANUP_HOOK;
pub use components::{
    API_SERVER_POD_HEALTHY, CONTROLLER_MANAGER_POD_HEALTHY, ETCD_MEMBER_HEALTHY, ETCD_POD_HEALTHY,
    NODE_LABELS_AND_TAINTS_SET, SCHEDULER_POD_HEALTHY,
};
pub use config::kubeadm_config_spec;
pub use desired::{
    deleting_machine, infrastructure, is_made_by, kubeadm_config, machine_annotations,
    machine_labels, new_machine, selector, updated_machine,
};
pub use inspect::{GRACE_SECONDS, Inspection, Workload};
pub use observed::{ControlPlane, EtcdAlarm, EtcdAlarmKind, EtcdCluster, EtcdMember};
pub use preflight::Instability;
pub use quorum::{Change, ComponentsAfter, EtcdAfter, Harm};
pub use remediation::{RemediationError, RemediationPlan, RemediationWait};
pub use retry::{DEFAULT_MIN_HEALTHY_PERIOD_SECONDS, Remediation, Retry, RetryRefusal};
pub use status::Reported;
pub use up_to_date::{MachineChange, Outdated};
