//! The parent of an ApplySet: written before the first object and after the last one.

use apply_semantics::{
    client_side::{self, ApplySetScope},
    op::{ApplyOptions, Operation, Outcome, Refusal},
};
use componentconfig::core::Time;

use super::{Next, Waiting, context::Context, retry::Retry};
use crate::reconcile::{ApplySet, ObjectId};

/// The parent on its way.
#[derive(Debug)]
pub(super) struct Parent {
    set: client_side::ApplySet,
    /// What it knows of before anything is done: all that there may be.
    before: ApplySetScope,
    /// What it knows of when all is done.
    after: ApplySetScope,
    state: State,
    force: bool,
    retry: Retry,
}

#[derive(Debug, PartialEq, Eq)]
enum State {
    Before,
    Between,
    After,
    Done,
    Failed(String),
}

impl Parent {
    pub(super) fn new<'o>(
        set: &ApplySet,
        desired: impl IntoIterator<Item = &'o ObjectId>,
        live: Option<&ApplySetScope>,
    ) -> Self {
        let after = set.scope(desired);
        let mut before = after.clone();
        if let Some(live) = live {
            before.group_kinds.extend(live.group_kinds.iter().cloned());
            before.namespaces.extend(live.namespaces.iter().cloned());
        }
        Self {
            set: set.rules(),
            state: if live == Some(&before) {
                State::Between
            } else {
                State::Before
            },
            before,
            after,
            force: false,
            retry: Retry::default(),
        }
    }

    /// What is to be done before the first object, if anything is.
    pub(super) fn before(&self, now: Time) -> Option<Next> {
        (self.state == State::Before).then(|| self.write(&self.before, now))
    }

    /// What is to be done after the last object, if anything is.
    pub(super) fn after(&mut self, now: Time) -> Option<Next> {
        if self.state == State::Between {
            self.state = if self.before == self.after {
                State::Done
            } else {
                State::After
            };
            self.force = false;
        }
        (self.state == State::After).then(|| self.write(&self.after, now))
    }

    /// Its fields are ours, so a conflict is no reason to stop.
    fn write(&self, scope: &ApplySetScope, now: Time) -> Next {
        if let Some((until, why)) = self.retry.waits(now) {
            return Next::Wait(Waiting {
                until,
                reasons: vec![format!("{}: {why}", self.set.parent())],
            });
        }
        let mut options = ApplyOptions::new(self.set.field_manager());
        options.force = self.force;
        let parent = self.set.parent().clone();
        Next::Do(Operation::apply(parent, self.set.manifest(scope), options))
    }

    /// Whether the last operation was one for the parent.
    pub(super) fn is_asked(&self) -> bool {
        matches!(self.state, State::Before | State::After)
    }

    pub(super) fn answered(
        &mut self,
        answer: Result<Outcome, Refusal>,
        context: &Context,
        now: Time,
    ) {
        match answer {
            Ok(_) => {
                self.retry = Retry::default();
                self.state = match self.state {
                    State::Before => State::Between,
                    _ => State::Done,
                };
            }
            Err(refusal) if !refusal.field_conflicts().is_empty() && !self.force => {
                self.force = true;
            }
            Err(refusal) => {
                if !self.retry.again(&refusal, &context.pacing, now) {
                    self.state = State::Failed(refusal.to_string());
                }
            }
        }
    }

    pub(super) fn failure(&self) -> Option<String> {
        match &self.state {
            State::Failed(why) => Some(why.clone()),
            _ => None,
        }
    }
}
