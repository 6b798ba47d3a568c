//! One look at a bundle, and what follows from it.

use std::{collections::BTreeMap, fmt, sync::Arc};

use apply_semantics::op::{
    DeleteOptions, ObjectRef, Operation, Outcome, Refusal, ResourceRef, WriteOptions,
};
use componentconfig::core::Time;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::reconcile::{
    Execution, Inventory, Next as Step, ObjectId, Observation, Plan, Readiness, Reconciler, Report,
    Waiting,
};

use super::{
    super::{AppliedResource, AppliedWork, Work},
    AgentError, Next, WORK_FINALIZER,
    bundle::{Bundle, intended, kept, kinds_of, object_of},
    outcome,
};

/// One look at a bundle, and what follows from it, one operation after the other.
///
/// It does nothing itself: carry out what [`next`](Self::next) says and give the answers to [`answered`](Self::answered), as
/// [`sync`](super::sync) does.
pub struct Pass {
    namespace: String,
    name: String,
    reconciler: Reconciler,
    readiness: Arc<dyn Readiness>,
    at: At,
    asked: Option<Ask>,
    work: Option<Work>,
    work_raw: Option<Value>,
    ledger: Option<Value>,
    /// What the ledger says.
    resources: Vec<AppliedResource>,
    /// What of it is left alone, because not all manifests can be read.
    withheld: Vec<AppliedResource>,
    bundle: Bundle,
    plan: Plan,
    execution: Option<Execution>,
    live: BTreeMap<ObjectId, Value>,
}

/// Manifests may be secret.
impl fmt::Debug for Pass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pass")
            .field("namespace", &self.namespace)
            .field("name", &self.name)
            .field("asked", &self.asked)
            .field("report", &self.report())
            .finish_non_exhaustive()
    }
}

#[derive(Clone, Debug)]
enum Ask {
    Hub(Operation),
    Spoke(Operation),
}

/// Where a pass is.
enum At {
    ReadWork,
    ReadLedger,
    /// Putting the finalizer on the bundle.
    Hold,
    /// Creating the ledger.
    Open,
    Observe(Observation),
    /// Writing what is going to be created into the ledger.
    Intend,
    Run,
    /// Looking at what was written.
    Look(Observation),
    /// Writing what is there into the ledger.
    Keep,
    /// Writing the status of the bundle.
    Tell,
    /// Deleting the ledger.
    Drop,
    /// Taking the finalizer off the bundle.
    Release,
    Done,
}

impl Pass {
    /// A pass over the bundle of that name.
    pub(super) fn new(
        namespace: String,
        name: String,
        reconciler: Reconciler,
        readiness: Arc<dyn Readiness>,
    ) -> Self {
        Self {
            namespace,
            name,
            reconciler,
            readiness,
            at: At::ReadWork,
            asked: None,
            work: None,
            work_raw: None,
            ledger: None,
            resources: Vec::new(),
            withheld: Vec::new(),
            bundle: Bundle::default(),
            plan: Plan::default(),
            execution: None,
            live: BTreeMap::new(),
        }
    }

    /// What is to be done now. Asked again without an answer, it says the same.
    pub fn next(&mut self, now: Time) -> Next {
        loop {
            match &self.asked {
                Some(Ask::Hub(operation)) => return Next::Hub(operation.clone()),
                Some(Ask::Spoke(operation)) => return Next::Spoke(operation.clone()),
                None => {}
            }
            if matches!(self.at, At::Done) {
                return Next::Done;
            }
            if let Some(waiting) = self.advance(now) {
                return Next::Wait(waiting);
            }
        }
    }

    /// Takes the answer to an operation.
    ///
    /// # Errors
    /// Something was refused that the pass cannot go on without, or what was read is of another form or another bundle. What
    /// becomes of a manifest is no error; it goes into the status of the bundle.
    pub fn answered(
        &mut self,
        answer: Result<Outcome, Refusal>,
        now: Time,
    ) -> Result<(), AgentError> {
        let Some(asked) = self.asked.take() else {
            return Ok(());
        };
        match &mut self.at {
            At::Observe(observation) | At::Look(observation) => {
                return Ok(observation.answered(answer)?);
            }
            At::Run => {
                if let Some(execution) = &mut self.execution {
                    execution.answered(answer, now);
                }
                return Ok(());
            }
            _ => {}
        }
        let missing_is_fine = matches!(
            self.at,
            At::ReadWork | At::ReadLedger | At::Drop | At::Release
        );
        let object = match answer {
            Ok(outcome) => outcome.into_object(),
            Err(refusal) if refusal.is_not_found() && missing_is_fine => None,
            Err(refusal) => {
                return Err(match asked {
                    Ask::Hub(operation) => AgentError::Hub {
                        operation: operation.to_string(),
                        refusal,
                    },
                    Ask::Spoke(operation) => AgentError::Spoke {
                        operation: operation.to_string(),
                        refusal,
                    },
                });
            }
        };
        match self.at {
            At::ReadWork => {
                self.take_work(object)?;
                self.at = At::ReadLedger;
            }
            At::ReadLedger => {
                self.take_ledger(object)?;
                self.at = At::Hold;
            }
            At::Hold => {
                self.take_work(object)?;
                self.at = At::Open;
            }
            At::Open => {
                self.take_ledger(object)?;
                self.observe();
            }
            At::Intend => {
                self.take_ledger(object)?;
                self.at = At::Run;
            }
            At::Keep => {
                self.take_ledger(object)?;
                self.at = At::Tell;
            }
            At::Drop => self.at = At::Release,
            _ => self.at = At::Done,
        }
        Ok(())
    }

    /// What came of the objects, once they were planned; `None` before, and if there is no plan.
    pub fn report(&self) -> Option<Report> {
        self.execution.as_ref().map(Execution::report)
    }

    /// Whether the bundle is to be cleared away.
    fn is_leaving(&self) -> bool {
        let metadata = self.work.as_ref().map(|work| &work.metadata);
        metadata.is_none_or(|metadata| metadata.rest.contains_key("deletionTimestamp"))
    }

    /// Goes on until there is something to ask for, or to wait for.
    fn advance(&mut self, now: Time) -> Option<Waiting> {
        let leaving = self.is_leaving();
        match &mut self.at {
            At::ReadWork => self.asked = Some(Ask::Hub(Operation::get(self.work_ref()))),
            At::ReadLedger => self.asked = Some(Ask::Spoke(Operation::get(self.ledger_ref()))),
            At::Hold => match self.work_raw.as_ref().filter(|_| !leaving) {
                Some(work) if !is_held(work) => {
                    let held = with_finalizers(work, |finalizers| {
                        finalizers.push(WORK_FINALIZER.into());
                    });
                    self.asked = Some(Ask::Hub(self.write(self.work_ref(), held)));
                }
                _ => self.at = At::Open,
            },
            At::Open if self.ledger.is_some() => self.observe(),
            At::Open if leaving => self.at = At::Release,
            At::Open => {
                let ledger = json!({
                    "apiVersion": "multicluster.x-k8s.io/v1alpha1", "kind": "AppliedWork",
                    "metadata": {"name": self.name},
                    "spec": {"workName": self.name, "workNamespace": self.namespace},
                });
                let collection = self.ledger_ref().collection();
                let create = Operation::create(collection, ledger, self.options());
                self.asked = Some(Ask::Spoke(create));
            }
            At::Observe(observation) => match observation.next() {
                Some(operation) => self.asked = Some(Ask::Spoke(operation.clone())),
                None => {
                    if let At::Observe(observation) = std::mem::replace(&mut self.at, At::Intend) {
                        self.plan(observation);
                    }
                }
            },
            At::Intend => {
                let intended = intended(&self.resources, &self.bundle, &self.plan);
                self.keep(&intended, At::Run);
            }
            At::Run => match self.execution.as_mut().map(|execution| execution.next(now)) {
                Some(Step::Record(_)) => {
                    if let Some(execution) = &mut self.execution {
                        execution.recorded();
                    }
                }
                Some(Step::Do(operation)) => self.asked = Some(Ask::Spoke(operation)),
                Some(Step::Wait(waiting)) => return Some(waiting),
                Some(Step::Done) | None => self.look(),
            },
            At::Look(observation) => match observation.next() {
                Some(operation) => self.asked = Some(Ask::Spoke(operation.clone())),
                None => {
                    if let At::Look(observation) = std::mem::replace(&mut self.at, At::Keep) {
                        self.live = observation.finish().live;
                    }
                }
            },
            At::Keep => {
                let kept = match &self.execution {
                    Some(execution) => kept(
                        &self.resources,
                        &self.withheld,
                        &self.bundle,
                        execution.inventory(),
                    ),
                    None => self.resources.clone(),
                };
                self.keep(&kept, At::Tell);
            }
            At::Tell if leaving && self.resources.is_empty() => self.at = At::Drop,
            At::Tell => self.tell(now),
            At::Drop => {
                let uid = self.ledger.as_ref();
                let uid = uid.and_then(|ledger| ledger.pointer("/metadata/uid")?.as_str());
                let options = DeleteOptions::default().uid(uid.unwrap_or_default());
                let delete = Operation::delete(self.ledger_ref(), options);
                self.asked = Some(Ask::Spoke(delete));
            }
            At::Release => match self.work_raw.as_ref().filter(|work| is_held(work)) {
                Some(work) => {
                    let released = with_finalizers(work, |finalizers| {
                        finalizers.retain(|finalizer| finalizer != WORK_FINALIZER);
                    });
                    self.asked = Some(Ask::Hub(self.write(self.work_ref(), released)));
                }
                None => self.at = At::Done,
            },
            At::Done => {}
        }
        None
    }

    fn take_work(&mut self, object: Option<Value>) -> Result<(), AgentError> {
        self.work = object.as_ref().map(read).transpose()?;
        self.work_raw = object;
        Ok(())
    }

    fn take_ledger(&mut self, object: Option<Value>) -> Result<(), AgentError> {
        let ledger: Option<AppliedWork> = object.as_ref().map(read).transpose()?;
        if let Some(ledger) = ledger {
            let spec = ledger.spec;
            if spec.work_name != self.name || spec.work_namespace != self.namespace {
                return Err(AgentError::Taken {
                    name: self.name.clone(),
                    owner: format!("{}/{}", spec.work_namespace, spec.work_name),
                });
            }
            self.resources = ledger.status.applied_resources;
        }
        self.ledger = object;
        Ok(())
    }

    /// Begins to look at what is in the spoke.
    fn observe(&mut self) {
        let kinds = kinds_of(&self.reconciler.kinds, &self.resources);
        self.reconciler.kinds = kinds;
        if self.is_leaving() {
            // Everything goes.
            self.reconciler.policy.most_deleted = None;
        } else if let Some(work) = &self.work {
            let manifests = &work.spec.workload.manifests;
            self.bundle = Bundle::read(manifests, &self.reconciler.kinds);
        }
        let mut inventory = Inventory::default();
        for resource in &self.resources {
            let object = object_of(&resource.identifier);
            if self.bundle.is_whole() || self.bundle.wants(&object) {
                inventory.insert(object, resource.uid.clone());
            } else {
                self.withheld.push(resource.clone());
            }
        }
        let Reconciler { policy, kinds, .. } = &self.reconciler;
        let observation = Observation::new(&self.bundle.desired, &inventory, policy, kinds);
        self.at = At::Observe(observation);
    }

    fn plan(&mut self, observation: Observation) {
        let observed = observation.finish();
        match self.reconciler.plan(&self.bundle.desired, &observed) {
            Ok((plan, execution)) => (self.plan, self.execution) = (plan, Some(execution)),
            Err(error) => self.bundle.refuse_all(&error.to_string()),
        }
        self.live = observed.live;
    }

    /// Looks again at what is desired, if anything was written.
    fn look(&mut self) {
        let asks = |step: &crate::reconcile::Step| {
            step.action.is_write() || matches!(step.action, crate::reconcile::Action::Ask)
        };
        if !self.plan.steps().any(asks) {
            self.at = At::Keep;
            return;
        }
        let Reconciler { policy, kinds, .. } = &self.reconciler;
        let none = Inventory::default();
        let observation = Observation::new(&self.bundle.desired, &none, policy, kinds);
        self.at = At::Look(observation);
    }

    /// Writes the ledger, unless it says that already, and goes on.
    fn keep(&mut self, resources: &[AppliedResource], then: At) {
        match &self.ledger {
            Some(ledger) if self.resources != resources => {
                let mut ledger = ledger.clone();
                if let Value::Object(fields) = &mut ledger {
                    let status = json!({"appliedResources": resources});
                    fields.insert("status".to_owned(), status);
                }
                let target = self.ledger_ref().subresource("status");
                self.asked = Some(Ask::Spoke(self.write(target, ledger)));
            }
            _ => self.at = then,
        }
    }

    /// Writes the status of the bundle, unless it says that already.
    fn tell(&mut self, now: Time) {
        let (Some(work), Some(raw)) = (&self.work, &self.work_raw) else {
            self.at = At::Done;
            return;
        };
        let report = self.report().unwrap_or_default();
        let status = if self.is_leaving() {
            outcome::leaving(work, &report, now)
        } else {
            let readiness = &*self.readiness;
            outcome::status(work, &self.bundle, &report, &self.live, readiness, now)
        };
        if status == work.status {
            self.at = At::Done;
            return;
        }
        let mut raw = raw.clone();
        if let Value::Object(fields) = &mut raw {
            fields.insert("status".to_owned(), json!(status));
        }
        let target = self.work_ref().subresource("status");
        self.asked = Some(Ask::Hub(self.write(target, raw)));
    }

    /// Replaces an object, if it is still at the version that was read.
    fn write(&self, target: ObjectRef, object: Value) -> Operation {
        Operation::update(target, object, self.options())
    }

    fn options(&self) -> WriteOptions {
        WriteOptions::new(self.reconciler.policy.manager.clone())
    }

    fn work_ref(&self) -> ObjectRef {
        let works = ResourceRef::new("multicluster.x-k8s.io", "v1alpha1", "works", "Work");
        works.within(&self.namespace).named(&self.name)
    }

    fn ledger_ref(&self) -> ObjectRef {
        let (group, version) = ("multicluster.x-k8s.io", "v1alpha1");
        let ledgers = ResourceRef::new(group, version, "appliedworks", "AppliedWork");
        ledgers.all().named(&self.name)
    }
}

fn read<T: DeserializeOwned>(object: &Value) -> Result<T, AgentError> {
    T::deserialize(object).map_err(|error| AgentError::Unreadable {
        object: ObjectId::of(object).to_string(),
        message: error.to_string(),
    })
}

fn is_held(work: &Value) -> bool {
    let finalizers = work.pointer("/metadata/finalizers");
    let mut finalizers = finalizers.and_then(Value::as_array).into_iter().flatten();
    finalizers.any(|finalizer| finalizer == WORK_FINALIZER)
}

fn with_finalizers(work: &Value, change: impl FnOnce(&mut Vec<Value>)) -> Value {
    let mut work = work.clone();
    if let Some(Value::Object(metadata)) = work.get_mut("metadata") {
        let finalizers = metadata.entry("finalizers").or_insert_with(|| json!([]));
        if finalizers.is_null() {
            *finalizers = json!([]);
        }
        if let Value::Array(finalizers) = finalizers {
            change(finalizers);
        }
    }
    work
}
