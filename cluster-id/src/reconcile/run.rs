//! Plans made and carried out at an API.

use apply_semantics::{client_side::Kinds, op::Executor, plan::Planner};
use componentconfig::core::Time;
use serde_json::Value;

use super::{
    Execution, Inventory, Journal, JournalError, Next, Observation, ObserveError, Observed, Pacing,
    Plan, PlanError, Policy, Waiting, plan,
};

/// How far a run got.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Run {
    /// As far as it can; [`Execution::report`] says what came of it.
    Done,
    /// Something has to be waited for. Run it again then.
    Waiting(Waiting),
}

/// Why a run ended early. Begin anew with what the journal comes to.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ReconcileError {
    /// What is there could not be read.
    #[error(transparent)]
    Observe(#[from] ObserveError),
    /// There is no plan.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The journal does not keep what it has to.
    #[error("the journal: {0}")]
    Journal(#[from] JournalError),
}

/// Reads what is there.
///
/// # Errors
/// The server refused an answer, or the parent of the ApplySet is not ours.
pub fn observe(
    api: &mut dyn Executor,
    mut observation: Observation,
) -> Result<Observed, ObserveError> {
    while let Some(operation) = observation.next() {
        let answer = api.execute(operation);
        observation.answered(answer)?;
    }
    Ok(observation.finish())
}

/// Carries out a plan until it is done or has to wait.
///
/// # Errors
/// The journal fails. Nothing was done that it does not know of.
pub fn run(
    execution: &mut Execution,
    api: &mut dyn Executor,
    journal: &mut dyn Journal,
    now: Time,
) -> Result<Run, JournalError> {
    loop {
        match execution.next(now) {
            Next::Record(record) => {
                journal.append(&record)?;
                execution.recorded();
            }
            Next::Do(operation) => {
                let answer = api.execute(&operation);
                execution.answered(answer, now);
            }
            Next::Wait(waiting) => return Ok(Run::Waiting(waiting)),
            Next::Done => return Ok(Run::Done),
        }
    }
}

/// What a reconciliation goes by: how far it may go, which kinds there are, and what is known of them.
///
/// ```
/// use apply_server::Server;
/// use cluster_id::reconcile::{Inventory, Policy, Reconciler, Record, Run, run};
/// use serde_json::json;
///
/// let mut server = Server::new();
/// let mut journal: Vec<Record> = Vec::new();
/// let limits = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "limits", "namespace": "default"}});
/// let now = "2026-03-01T12:00:00Z".parse()?;
///
/// let reconciler = Reconciler::new(Policy::new("deployer", "limits"));
/// let inventory = Inventory::replay(&journal);
/// let (plan, mut execution) = reconciler.begin(&mut server, &[limits], &inventory)?;
/// assert_eq!(plan.steps().count(), 1);
/// assert_eq!(run(&mut execution, &mut server, &mut journal, now)?, Run::Done);
/// assert_eq!(execution.report().ended[0].to_string(), "ConfigMap default/limits: created (it is not there)");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Reconciler {
    /// How far it may go.
    pub policy: Policy,
    /// The kinds that the server serves; those that are defined by what is desired are known beside them.
    pub kinds: Kinds,
    /// What is known of them.
    pub planner: Planner,
    /// How often something is tried, and how long it is waited for.
    pub pacing: Pacing,
}

impl Reconciler {
    /// Goes by that policy, for built-in kinds.
    pub fn new(policy: Policy) -> Self {
        Self {
            policy,
            kinds: Kinds::builtin(),
            planner: Planner::new(),
            pacing: Pacing::default(),
        }
    }

    /// Reads what is there, and plans.
    ///
    /// # Errors
    /// The server refused an answer, the parent of the ApplySet is not ours, or there is no plan.
    pub fn begin(
        &self,
        api: &mut dyn Executor,
        desired: &[Value],
        inventory: &Inventory,
    ) -> Result<(Plan, Execution), ReconcileError> {
        let observation = Observation::new(desired, inventory, &self.policy, &self.kinds);
        self.plan(desired, &observe(api, observation)?)
    }

    /// Plans by what was observed.
    ///
    /// # Errors
    /// There is no plan.
    pub fn plan(
        &self,
        desired: &[Value],
        observed: &Observed,
    ) -> Result<(Plan, Execution), ReconcileError> {
        let plan = plan(
            desired,
            &observed.live,
            &observed.inventory,
            &self.policy,
            &self.planner,
        )?;
        let execution = Execution::new(&plan, desired, observed, &self.policy, &self.kinds);
        Ok((plan, execution.pacing(self.pacing.clone())))
    }
}

#[cfg(feature = "kube")]
mod kube;

#[cfg(feature = "kube")]
pub use kube::{observe_async, run_async};
