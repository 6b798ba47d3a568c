//! What keeps the objects of a bundle in a cluster.

mod bundle;
mod outcome;
mod pass;
mod run;

use std::sync::Arc;

use apply_semantics::op::{Operation, Refusal};

use crate::reconcile::{ObserveError, Readiness, Reconciler, Recreation, Waiting};

use super::Workloads;

pub use pass::Pass;
pub use run::sync;
#[cfg(feature = "kube")]
pub use run::sync_async;

/// The finalizer that keeps a [`Work`](super::Work) until its objects are out of the cluster, as the reference controller names it.
pub const WORK_FINALIZER: &str = "multicluster.x-k8s.io/work-cleanup";

/// Keeps the objects of bundles in a cluster (the spoke), and says in the bundles, which are in another one (the hub), how far
/// they are.
///
/// The [`AppliedWork`](super::AppliedWork) in the spoke is the ledger: an object is named there before it is created, without a uid, and with
/// its uid afterwards, so that whatever a run leaves behind is found by the next one. It has the name of the [`Work`](super::Work).
///
/// - Objects are applied and deleted by [`reconcile`](crate::reconcile), marked as those of the bundle: what is there and
///   not the bundle's is left, unless the policy adopts it, and fields of others are taken only if the policy says so.
/// - What no manifest names any more is deleted, if it is still the object that was applied, and if all manifests are read
///   and applied.
/// - A bundle that is deleted, or gone, is cleared away; then its `AppliedWork` goes, and at last [`WORK_FINALIZER`].
/// - Nothing is written, in either cluster, if nothing has changed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Agent {
    /// How objects are brought into the spoke. Its inventory is that of each bundle, and nothing is recreated: what a server
    /// refused is not in the ledger.
    pub reconciler: Reconciler,
    /// How objects are. [`Workloads`] knows the built-in kinds.
    pub readiness: Arc<dyn Readiness>,
}

/// What a pass does next.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Next {
    /// Carry this out in the cluster that has the bundle, then give the answer to [`Pass::answered`].
    Hub(Operation),
    /// Carry this out in the cluster that gets the objects, then give the answer to [`Pass::answered`].
    Spoke(Operation),
    /// Nothing can be done before that time.
    Wait(Waiting),
    /// Everything is done that can be.
    Done,
}

/// Why a pass ended early. Begin another one later: it goes on where this one ended.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum AgentError {
    /// The hub did not do what it was asked.
    #[error("the hub: {operation}: {refusal}")]
    Hub {
        /// What it was asked.
        operation: String,
        /// What it said.
        refusal: Refusal,
    },
    /// The spoke did not keep the ledger.
    #[error("the spoke: {operation}: {refusal}")]
    Spoke {
        /// What it was asked.
        operation: String,
        /// What it said.
        refusal: Refusal,
    },
    /// What is in the spoke could not be read.
    #[error("the spoke: {0}")]
    Observe(#[from] ObserveError),
    /// An object is not of the form that its kind has.
    #[error("{object}: {message}")]
    Unreadable {
        /// The object.
        object: String,
        /// What is wrong.
        message: String,
    },
    /// The ledger of that name is of another bundle.
    #[error("AppliedWork {name}: it is of the Work {owner}")]
    Taken {
        /// Its name.
        name: String,
        /// The namespace and name of the other bundle.
        owner: String,
    },
}

impl Agent {
    /// An agent that goes by the policy of that reconciler.
    pub fn new(reconciler: Reconciler) -> Self {
        Self {
            reconciler,
            readiness: Arc::new(Workloads),
        }
    }

    /// A pass over the bundle of that name, whether it is there or not.
    pub fn begin(&self, namespace: impl Into<String>, name: impl Into<String>) -> Pass {
        let (namespace, name) = (namespace.into(), name.into());
        let mut reconciler = self.reconciler.clone();
        reconciler.policy.inventory = format!("{namespace}/{name}");
        reconciler.policy.recreation = Recreation::Never;
        Pass::new(namespace, name, reconciler, Arc::clone(&self.readiness))
    }
}
