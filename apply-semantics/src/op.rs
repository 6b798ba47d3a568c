//! How code talks to a Kubernetes API without calling it: it makes [`Operation`]s and takes their [`Outcome`]s or [`Refusal`]s.
//!
//! Decisions stay functions of data, and whoever runs them chooses an [`Executor`]: an API server inside the process, a client
//! of a real one (feature `kube`; `BlockingExecutor` for code that is not async), or the [`Replay`] of what a [`Recorder`] saw.
//!
//! ```
//! use apply_semantics::op::{ApplyOptions, Effect, Executor, Operation, Outcome, Refusal, from_fn};
//! use serde_json::json;
//!
//! fn ensure(api: &mut dyn Executor) -> Result<Outcome, Refusal> {
//!     let object = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"namespace": "kube-system", "name": "demo"}});
//!     let operation = Operation::apply_object(object, ApplyOptions::new("installer"))
//!         .map_err(|error| Refusal::bad_request(error.to_string()))?;
//!     api.execute(&operation)
//! }
//!
//! // Any function from operations to outcomes can be an executor.
//! let mut echo = from_fn(|operation: &Operation| match operation {
//!     Operation::Apply { object, .. } => Ok(Outcome::object(object.clone(), Effect::Created)),
//!     other => Err(Refusal::method_not_allowed(other.to_string())),
//! });
//! let outcome = ensure(&mut echo)?;
//! assert_eq!(outcome.into_object().expect("an object")["metadata"]["name"], "demo");
//! # Ok::<(), Refusal>(())
//! ```
//!
//! `Debug` and `Display` show what is done to which object, and never what is in it. [`Serialize`](serde_core::Serialize) and the
//! requests of [`Operation::to_request`] hold everything.

mod answer;
#[cfg(feature = "kube")]
mod blocking;
mod error;
mod http;
mod json;
#[cfg(feature = "kube")]
mod kube;
mod operation;
mod options;
mod outcome;
mod percent;
mod record;
mod redact;
mod reference;
mod refusal;
mod replay;
mod status;

#[cfg(feature = "kube")]
pub use blocking::BlockingExecutor;
pub use error::FormError;
pub use http::{Method, Request};
#[cfg(feature = "kube")]
pub use kube::{AsyncExecutor, KubeExecutor};
pub use operation::Operation;
pub use options::{
    ApplyOptions, DeleteOptions, FieldValidation, ListOptions, Propagation, WriteOptions,
};
pub use outcome::{Effect, ObjectList, Outcome};
pub use record::{Exchange, Recorder};
pub use redact::{REDACTED, redact_secret};
pub use reference::{CollectionRef, ObjectRef, ResourceRef};
pub use refusal::{Cause, Conflict, Details, FieldConflict, Reason, Refusal};
pub use replay::{Order, Replay};

/// Carries out operations.
///
/// An executor does what an API server does, one operation after the other; it neither retries nor waits. What the server refuses is
/// a [`Refusal`]; so is the lack of an answer ([`Reason::Unreachable`]).
pub trait Executor {
    /// Carries out one operation.
    ///
    /// # Errors
    /// The refusal of the server, or that there was no answer.
    fn execute(&mut self, operation: &Operation) -> Result<Outcome, Refusal>;
}

impl<E: Executor + ?Sized> Executor for &mut E {
    fn execute(&mut self, operation: &Operation) -> Result<Outcome, Refusal> {
        (**self).execute(operation)
    }
}

impl<E: Executor + ?Sized> Executor for Box<E> {
    fn execute(&mut self, operation: &Operation) -> Result<Outcome, Refusal> {
        (**self).execute(operation)
    }
}

/// The executor that a function is, see [`from_fn`].
#[derive(Debug, Clone)]
pub struct FromFn<F>(F);

/// Makes an executor of a function from operations to outcomes.
pub fn from_fn<F>(function: F) -> FromFn<F>
where
    F: FnMut(&Operation) -> Result<Outcome, Refusal>,
{
    FromFn(function)
}

impl<F: FnMut(&Operation) -> Result<Outcome, Refusal>> Executor for FromFn<F> {
    fn execute(&mut self, operation: &Operation) -> Result<Outcome, Refusal> {
        (self.0)(operation)
    }
}
