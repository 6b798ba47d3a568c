//! Steps carried out, one at a time.

use std::time::SystemTime;

use super::order::{Blocked, Plan, PlanError, plan};
use super::state::{Desired, Observed};
use super::step::Step;

/// What became of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome<E> {
    /// Steps that succeeded, in order.
    pub done: Vec<Step>,
    /// Why it ended before everything was done.
    pub halt: Option<Halt<E>>,
}

/// Why nothing more was done.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Halt<E> {
    /// It could not be observed how things are.
    Observe(E),
    /// There can be no plan.
    Plan(PlanError),
    /// A step failed: the node is looked at by somebody, or the next call tries it again before anything else.
    Failed {
        /// The step.
        step: Step,
        /// Why.
        error: E,
    },
    /// A step succeeded, and what is observed says that it still has to be made.
    NoProgress {
        /// The step.
        step: Step,
    },
    /// What is left cannot be done now.
    Blocked(Vec<Blocked>),
}

/// Has the steps done that bring a cluster to what is wanted: looks, has the first step of the plan done, and looks again, until
/// nothing is left to do. At no time is more than one node worked on.
///
/// `run` makes the [runs](Step::runs) of a step on its node, each with a journal there; it may be called with a step of which an
/// earlier call did a part.
pub fn carry_out<E>(
    desired: &Desired,
    mut now: impl FnMut() -> SystemTime,
    mut observe: impl FnMut() -> Result<Observed, E>,
    mut run: impl FnMut(&Step) -> Result<(), E>,
) -> Outcome<E> {
    let mut done: Vec<Step> = Vec::new();
    let halt = loop {
        let planned = observe()
            .map_err(Halt::Observe)
            .and_then(|observed| plan(&observed, desired, now()).map_err(Halt::Plan));
        let Plan { steps, blocked, .. } = match planned {
            Ok(plan) => plan,
            Err(halt) => break Some(halt),
        };
        let Some(step) = steps.into_iter().next() else {
            break (!blocked.is_empty()).then_some(Halt::Blocked(blocked));
        };
        // Why may read differently the second time; what is done may not be the same.
        let same = |other: &Step| other.node == step.node && other.task == step.task;
        if done.iter().any(same) {
            break Some(Halt::NoProgress { step });
        }
        if let Err(error) = run(&step) {
            break Some(Halt::Failed { step, error });
        }
        done.push(step);
    };
    Outcome { done, halt }
}
