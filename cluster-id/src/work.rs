//! A bundle of manifests for one cluster, and how far they are there.
//!
//! [`Work`] and [`AppliedWork`] are the objects of the Work API (`multicluster.x-k8s.io/v1alpha1`). [`applied`] and
//! [`find`] answer as its reference controller does; [`aggregate`] makes all four conditions of a bundle out of what
//! became of each manifest, which the reference leaves to others. An [`Agent`] brings the objects of a bundle into a cluster,
//! clears away what is not named any more, and writes the status.
//!
//! ```
//! use cluster_id::work::{Health, ManifestOutcome, aggregate};
//!
//! let manifests = [
//!     ManifestOutcome::applied(Health::Available),
//!     ManifestOutcome::applied(Health::Progressing("2 of 3 replicas are ready".to_owned())),
//! ];
//! let conditions = aggregate(&manifests);
//! let lines: Vec<String> = conditions.iter().map(ToString::to_string).collect();
//! assert_eq!(lines[0], "Applied=True (AppliedWorkComplete): all 2 manifests are applied");
//! assert_eq!(lines[1], "Progressing=True (ManifestsProgressing): manifest 1: 2 of 3 replicas are ready");
//! assert_eq!(lines[2], "Available=False (ManifestsNotAvailable): manifest 1 is not available");
//! assert_eq!(lines[3], "Degraded=False (AsExpected): no manifest is degraded");
//! ```

mod agent;
mod health;
mod object;
mod status;

#[cfg(feature = "kube")]
pub use agent::sync_async;
pub use agent::{Agent, AgentError, Next, Pass, WORK_FINALIZER, sync};
pub use health::Workloads;
pub use object::{
    ApiVersion, AppliedResource, AppliedWork, AppliedWorkKind, AppliedWorkSpec, AppliedWorkStatus,
    ManifestCondition, ResourceIdentifier, Work, WorkKind, WorkSpec, WorkStatus, WorkloadTemplate,
};
pub use status::{Health, ManifestOutcome, aggregate, applied, find, is_modified, orphaned};
