//! How phases reach the Kubernetes API: by operations, planned first and carried out by the port `api`.
//!
//! kubeadm creates an object and, where it is there already, replaces it (`cmd/kubeadm/app/util/apiclient`): what others wrote
//! into it is lost, and every run writes. With [`Compat::Upstream`](crate::Compat::Upstream) so do these phases. By default
//! they apply objects as the manager `kubeadm`: fields that others set stay theirs, and a run that would change nothing
//! writes nothing.

mod attempt;
mod draft;
mod undo;

use std::{
    collections::BTreeSet,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use apply_semantics::{
    op::{Executor, ListOptions, ObjectRef, Operation, Outcome, Reason, Refusal, ResourceRef},
    request::{Engine, Kinds},
};
use serde_json::{Value, json};

pub use attempt::{Attempt, Request};
pub use draft::ApiDraft;
pub(crate) use draft::target_of;
pub(crate) use undo::{made as undo_of_made, marked as undo_of_marks};

use crate::{Effect, ErrorClass, Outlook, PhaseError, Port};

/// The name under which a [`Runner`](crate::Runner) has the port.
pub const PORT: &str = "api";
/// The manager that fields belong to.
pub const MANAGER: &str = "kubeadm";

/// A Kubernetes API, as the cluster's administrators see it. Cheap to clone.
///
/// Give it to the phases as [`InitContext::api`](super::InitContext::api), and to the runner as the port [`PORT`].
#[derive(Clone)]
pub struct Api(Arc<Inner>);

struct Inner {
    admin: Mutex<Client>,
    /// Who needs no rights granted to him: `super-admin.conf`.
    super_admin: Option<Mutex<Client>>,
    engine: Engine,
    /// Titles of requests that are made once only, and were.
    made: Mutex<BTreeSet<String>>,
}

type Client = Box<dyn Executor + Send>;

impl Api {
    /// The API that this executor reaches as `admin.conf` does.
    pub fn new(admin: impl Executor + Send + 'static) -> Self {
        Self::of(Box::new(admin), None)
    }

    /// The same, with who can grant the administrators their rights: `super-admin.conf`.
    pub fn with_super_admin(
        admin: impl Executor + Send + 'static,
        super_admin: impl Executor + Send + 'static,
    ) -> Self {
        Self::of(Box::new(admin), Some(Mutex::new(Box::new(super_admin))))
    }

    fn of(admin: Client, super_admin: Option<Mutex<Client>>) -> Self {
        Self(Arc::new(Inner {
            admin: Mutex::new(admin),
            super_admin,
            engine: Engine::new(Kinds::builtin().or_deduced()),
            made: Mutex::default(),
        }))
    }

    /// Whether there is somebody to grant the administrators their rights.
    pub fn has_super_admin(&self) -> bool {
        self.0.super_admin.is_some()
    }

    /// Carries out one operation as an administrator. What he may not read before he has his rights, who can grant them reads.
    ///
    /// # Errors
    /// The server's refusal.
    pub fn execute(&self, operation: &Operation) -> Result<Value, Refusal> {
        Ok(self.outcome(operation)?.into_object().unwrap_or_default())
    }

    fn outcome(&self, operation: &Operation) -> Result<Outcome, Refusal> {
        let outcome = lock(&self.0.admin).execute(operation);
        match (outcome, &self.0.super_admin) {
            (Err(refusal), Some(client))
                if refusal.reason == Reason::Forbidden && operation.is_read() =>
            {
                lock(client).execute(operation)
            }
            (outcome, _) => outcome,
        }
    }

    /// An object, or `None` if there is none.
    ///
    /// # Errors
    /// The server refuses, or does not answer.
    pub fn get(&self, target: &ObjectRef) -> Result<Option<Value>, PhaseError> {
        match self.execute(&Operation::get(target.clone())) {
            Ok(object) => Ok(Some(object)),
            Err(refusal) if refusal.reason == Reason::NotFound => Ok(None),
            Err(refusal) => Err(error_of(&format!("get {target}"), &refusal)),
        }
    }

    /// The objects of a resource, in a namespace or in all.
    ///
    /// # Errors
    /// The server refuses, or does not answer.
    pub fn list(
        &self,
        resource: ResourceRef,
        namespace: Option<&str>,
        options: ListOptions,
    ) -> Result<Vec<Value>, PhaseError> {
        let collection = match namespace {
            Some(namespace) => resource.within(namespace),
            None => resource.all(),
        };
        let title = format!("list {collection}");
        let operation = Operation::list(collection, options);
        match self.outcome(&operation) {
            Ok(outcome) => Ok(outcome.into_list().unwrap_or_default().items),
            Err(refusal) => Err(error_of(&title, &refusal)),
        }
    }

    fn engine(&self) -> &Engine {
        &self.0.engine
    }

    fn run_as(&self, super_admin: bool, operation: &Operation) -> Result<Value, Refusal> {
        match (&self.0.super_admin, super_admin) {
            (Some(client), true) => run(client, operation),
            (None, true) => Err(Refusal::new(Reason::Forbidden, "there is no super-admin")),
            (_, false) => run(&self.0.admin, operation),
        }
    }

    fn carry_out_request(&self, request: &Request) -> Result<(), PhaseError> {
        if request.once && lock(&self.0.made).contains(&request.title) {
            return Ok(());
        }
        let mut last = None;
        for attempt in &request.attempts {
            let operation = self.with_owner(&attempt.operation)?;
            match self.run_as(attempt.as_super_admin, &operation) {
                Ok(_) => {
                    self.made(request);
                    return Ok(());
                }
                Err(refusal) if request.enough.contains(&refusal.reason) => {
                    self.made(request);
                    return Ok(());
                }
                Err(refusal) => {
                    let goes_on = attempt.otherwise.contains(&refusal.reason);
                    last = Some(refusal);
                    if !goes_on {
                        break;
                    }
                }
            }
        }
        match last {
            Some(refusal) => Err(error_of(&request.title, &refusal)),
            None => Ok(()),
        }
    }

    fn made(&self, request: &Request) {
        if request.once {
            lock(&self.0.made).insert(request.title.clone());
        }
    }

    /// Fills in the uid of owners that the plan could not know yet.
    fn with_owner(&self, operation: &Operation) -> Result<Operation, PhaseError> {
        let mut operation = operation.clone();
        let (Operation::Create { object, .. }
        | Operation::Update { object, .. }
        | Operation::Apply { object, .. }) = &mut operation
        else {
            return Ok(operation);
        };
        let namespace = object
            .pointer("/metadata/namespace")
            .and_then(Value::as_str);
        let namespace = namespace.map(str::to_owned);
        let owners = object.pointer_mut("/metadata/ownerReferences");
        for owner in owners.and_then(Value::as_array_mut).into_iter().flatten() {
            let text = |name| owner.get(name).and_then(Value::as_str).unwrap_or_default();
            if !text("uid").is_empty() {
                continue;
            }
            let resource = ResourceRef::of_kind(text("apiVersion"), text("kind"));
            let target = ObjectRef {
                resource,
                namespace: namespace.clone(),
                name: text("name").to_owned(),
                subresource: None,
            };
            let found = self.get(&target)?;
            let uid = found.and_then(|owner| owner.pointer("/metadata/uid").cloned());
            if let (Some(fields), Some(uid)) = (owner.as_object_mut(), uid) {
                fields.insert("uid".to_owned(), uid);
            }
        }
        Ok(operation)
    }
}

/// An effect that fails with this error: for what kubeadm refuses only after it has done other things.
pub(crate) fn refusal(error: &PhaseError) -> Effect {
    let data = json!({REFUSAL: error});
    Effect::new(PORT, error.code.clone(), error.message.clone(), data)
}

const REFUSAL: &str = "refusal";

impl Port for Api {
    fn carry_out(&self, effect: &Effect) -> Result<(), PhaseError> {
        if let Some(error) = effect.data().get(REFUSAL) {
            let error = serde_json::from_value(error.clone());
            return Err(error.unwrap_or_else(|_| PhaseError::fatal(PORT, effect.title())));
        }
        if let Some(undone) = self.carry_out_undo(effect) {
            return undone;
        }
        let request = Request::of_effect(effect)?;
        self.carry_out_request(&request)
    }

    fn outlook(&self, effect: &Effect) -> Result<Outlook, PhaseError> {
        self.outlook_of_undo(effect)
    }
}

impl fmt::Debug for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Api").finish_non_exhaustive()
    }
}

fn run(client: &Mutex<Client>, operation: &Operation) -> Result<Value, Refusal> {
    let outcome = lock(client).execute(operation)?;
    Ok(outcome.into_object().unwrap_or_default())
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A refusal as the error of a phase: its reason decides whether trying again helps.
pub fn error_of(what: &str, refusal: &Refusal) -> PhaseError {
    let (class, code) = match refusal.reason {
        Reason::Unreachable => (ErrorClass::NotYet, "api.no-answer"),
        Reason::Timeout
        | Reason::ServerTimeout
        | Reason::ServiceUnavailable
        | Reason::TooManyRequests
        | Reason::InternalError => (ErrorClass::Transient, "api.no-answer"),
        Reason::Forbidden | Reason::Unauthorized => (ErrorClass::Denied, "api.denied"),
        Reason::NotFound => (ErrorClass::Fatal, "api.not-found"),
        Reason::AlreadyExists => (ErrorClass::Conflict, "api.already-exists"),
        Reason::Conflict => (ErrorClass::Conflict, "api.conflict"),
        Reason::Invalid | Reason::BadRequest => (ErrorClass::Invalid, "api.invalid"),
        _ => (ErrorClass::Fatal, "api.refused"),
    };
    PhaseError::new(class, code, format!("{what}: {refusal}"))
}
