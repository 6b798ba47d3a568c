//! A plan carried out, one operation after the other, each written down before it is done.

mod context;
mod look;
mod pacing;
mod parent;
mod report;
mod retry;
mod task;

use std::collections::{BTreeMap, BTreeSet};

use apply_semantics::{
    client_side::Kinds,
    op::{Operation, Outcome, Refusal},
};
use componentconfig::core::Time;
use serde::Serialize;
use serde_json::Value;

use super::{
    Inventory, ObjectId, Observed, Plan, Policy, Record, observe::with_definitions, policy::Marks,
};

use context::Context;
pub use pacing::{Established, Pacing, Readiness};
use parent::Parent;
pub use report::{Ended, Ending, Report};
use task::{Task, Want};

/// What a run does next.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Next {
    /// Keep this record, then say so by [`Execution::recorded`].
    Record(Record),
    /// Carry this out, then give the answer to [`Execution::answered`].
    Do(Operation),
    /// Nothing can be done before that time.
    Wait(Waiting),
    /// Everything is done that can be.
    Done,
}

/// What a run waits for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Waiting {
    /// Until when at least.
    pub until: Time,
    /// What for, an object a line.
    pub reasons: Vec<String>,
}

/// A plan on its way.
///
/// It asks for one thing after the other ([`Next`]) and takes the answers; it does nothing itself, so that whoever runs it can
/// stop anywhere. If a run ends before its plan, begin anew: replay the journal, observe, plan, execute.
///
/// - A wave begins when the one before it has ended. A step whose needs failed is blocked; the others go on.
/// - Nothing is deleted for good unless everything that is desired was applied.
/// - Objects that are there are applied and deleted by uid: if another object has taken the name meanwhile, the step fails.
/// - What a server refuses is not tried in another way. Only a plan says that something is recreated; if the new object is
///   refused then, what was applied before is applied again, and that manifest is not tried again.
/// - An object that somebody created between plan and execution is left to them, unless the policy adopts it.
#[derive(Debug)]
pub struct Execution {
    context: Context,
    inventory: Inventory,
    waves: Vec<Vec<Task>>,
    wave: usize,
    current: Option<usize>,
    /// The state of the parent of the ApplySet.
    parent: Option<Parent>,
    endings: Endings,
}

/// What came of the steps so far.
#[derive(Debug, Default)]
struct Endings {
    failed: BTreeSet<ObjectId>,
    /// Something desired that is not as it should be.
    unapplied: Option<ObjectId>,
}

impl Endings {
    fn take(&mut self, tasks: &[Task]) {
        let failed = |task: &&Task| task.ending.is_some_and(Ending::is_failure);
        for task in tasks.iter().filter(failed) {
            let object = &task.step.object;
            self.failed.insert(object.clone());
            if task.is_desired() && self.unapplied.is_none() {
                self.unapplied = Some(object.clone());
            }
        }
    }

    /// Why a step cannot be begun: what it needs failed.
    fn obstacle(&self, parent: Option<&str>, task: &Task) -> Option<String> {
        if let Some(why) = parent {
            return Some(format!(
                "the parent of the ApplySet could not be written: {why}"
            ));
        }
        if task.has_begun() {
            return None;
        }
        let mut needs = task.step.needs.iter();
        if let Some(object) = needs.find(|object| self.failed.contains(*object)) {
            return Some(format!("{object} failed"));
        }
        let unapplied = self.unapplied.as_ref().filter(|_| task.is_deletion());
        unapplied.map(|object| format!("nothing is deleted, for {object} failed"))
    }
}

impl Execution {
    /// The execution of a plan that was made of what is desired and what was observed.
    pub fn new(
        plan: &Plan,
        desired: &[Value],
        observed: &Observed,
        policy: &Policy,
        kinds: &Kinds,
    ) -> Self {
        let kinds = with_definitions(kinds, desired);
        let manifests: BTreeMap<ObjectId, &Value> = desired
            .iter()
            .map(|manifest| (ObjectId::of(manifest), manifest))
            .collect();
        let marks = Marks::of(policy);
        let awaited: BTreeSet<&ObjectId> = plan.steps().flat_map(|step| &step.needs).collect();
        let wave = |steps: &Vec<super::Step>| {
            let tasks = steps.iter().map(|step| {
                let manifest = manifests.get(&step.object).copied();
                let mut task = Task::new(step, manifest, observed, &marks, &kinds);
                task.awaited = manifest.is_some() && awaited.contains(&step.object);
                task
            });
            tasks.collect()
        };
        Self {
            waves: plan.waves.iter().map(wave).collect(),
            parent: policy
                .apply_set
                .as_ref()
                .map(|set| Parent::new(set, manifests.keys(), observed.scope.as_ref())),
            context: Context::new(policy),
            inventory: observed.inventory.clone(),
            wave: 0,
            current: None,
            endings: Endings::default(),
        }
    }

    /// The same at that pace.
    #[must_use]
    pub fn pacing(mut self, pacing: Pacing) -> Self {
        self.context.pacing = pacing;
        self
    }

    /// The same, with what tells when an object is ready for those that depend on it.
    #[must_use]
    pub fn readiness(mut self, readiness: impl Readiness + 'static) -> Self {
        self.context.readiness = Box::new(readiness);
        self
    }

    /// What is to be done now. Asked again without an answer, it says the same.
    pub fn next(&mut self, now: Time) -> Next {
        if let Some(parent) = &mut self.parent
            && let Some(next) = parent.before(now)
        {
            return next;
        }
        loop {
            let Some(tasks) = self.waves.get_mut(self.wave) else {
                return self.finish(now);
            };
            if self.current.is_none() {
                self.endings.take(tasks);
                let parent = self.parent.as_ref().and_then(Parent::failure);
                for task in tasks.iter_mut().filter(|task| task.is_open()) {
                    if let Some(why) = self.endings.obstacle(parent.as_deref(), task) {
                        task.end(Ending::Blocked, why);
                    }
                }
                self.endings.take(tasks);
                self.current = tasks.iter().position(|task| task.is_due(now));
            }
            let Some(current) = self.current else {
                let open = tasks.iter().filter(|task| task.is_open());
                let waiting: Vec<_> = open.filter_map(|task| task.waiting(now)).collect();
                let Some(until) = waiting.iter().map(|(until, _)| *until).min() else {
                    self.wave += 1;
                    continue;
                };
                let reasons = waiting.into_iter().map(|(_, why)| why);
                return Next::Wait(Waiting {
                    until,
                    reasons: reasons.collect(),
                });
            };
            let want = tasks
                .get_mut(current)
                .map(|task| task.want(&self.context, now));
            match want {
                Some(Want::Record(record)) => return Next::Record(record),
                Some(Want::Do(operation)) => return Next::Do(operation),
                Some(Want::Nothing) | None => self.current = None,
            }
        }
    }

    /// Says that the record is kept.
    pub fn recorded(&mut self) {
        let task = self.current.and_then(|current| {
            let tasks = self.waves.get_mut(self.wave)?;
            tasks.get_mut(current)
        });
        if let Some(task) = task
            && let Some(record) = task.recorded()
        {
            self.inventory.take(&record);
            if !task.is_open() {
                self.current = None;
            }
        }
    }

    /// Takes the answer to an operation.
    pub fn answered(&mut self, answer: Result<Outcome, Refusal>, now: Time) {
        if let Some(parent) = &mut self.parent
            && parent.is_asked()
        {
            parent.answered(answer, &self.context, now);
            return;
        }
        let task = self
            .current
            .take()
            .and_then(|current| self.waves.get_mut(self.wave)?.get_mut(current));
        if let Some(task) = task {
            task.answered(answer, &self.context, now);
        }
    }

    /// What is known to have been applied, as far as the run got.
    pub fn inventory(&self) -> &Inventory {
        &self.inventory
    }

    /// What came of the steps that have ended, in the order of the plan.
    pub fn report(&self) -> Report {
        let tasks = self.waves.iter().flatten();
        Report {
            ended: tasks.filter_map(Task::ended).collect(),
            open: self
                .waves
                .iter()
                .flatten()
                .filter(|task| task.is_open())
                .count(),
            apply_set: self.parent.as_ref().and_then(Parent::failure),
        }
    }

    fn finish(&mut self, now: Time) -> Next {
        let parent = self.parent.as_mut();
        let parent = parent.filter(|_| self.endings.failed.is_empty());
        parent
            .and_then(|parent| parent.after(now))
            .unwrap_or(Next::Done)
    }
}
