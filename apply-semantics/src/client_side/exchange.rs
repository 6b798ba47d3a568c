//! How plans run: as straight-line functions of the answers so far.
//!
//! Whoever asks a server several times, and decides by its answers, is a state machine. Written out as one, the order of the requests
//! is hard to see; as a function that blocks or awaits, it is no longer data. So a script is a plain function that is played from its
//! beginning whenever an answer comes in: answered requests return at once, and the first unanswered one ends the play. A script asks a
//! handful of times, so that playing it anew costs little, and it can be stopped, stored and resumed anywhere.

use std::slice;

use serde_json::Value;

use super::{Failure, Request};
use crate::op::{ObjectRef, Outcome, Refusal};

/// What came of a request.
pub type Answer = Result<Outcome, Refusal>;

/// Why a play ends before its goal.
#[derive(Debug)]
pub(super) enum Stop {
    /// The next request has no answer yet.
    Ask(Box<Request>),
    /// It cannot go on.
    Fail(Box<Failure>),
}

impl<F: Into<Failure>> From<F> for Stop {
    fn from(failure: F) -> Self {
        Self::Fail(Box::new(failure.into()))
    }
}

pub(super) type Play<T> = Result<T, Stop>;

/// The answers so far, from first to last.
pub(super) struct Exchange<'a> {
    answers: slice::Iter<'a, Answer>,
}

impl<'a> Exchange<'a> {
    pub(super) fn new(answers: &'a [Answer]) -> Self {
        Self {
            answers: answers.iter(),
        }
    }

    /// The answer to a request.
    pub(super) fn ask(&mut self, request: impl FnOnce() -> Request) -> Play<&'a Answer> {
        self.answers
            .next()
            .ok_or_else(|| Stop::Ask(Box::new(request())))
    }

    /// The answer to a request that must not be refused.
    pub(super) fn must(&mut self, request: impl Fn() -> Request) -> Play<&'a Outcome> {
        let answer = self.ask(&request)?;
        answer
            .as_ref()
            .map_err(|refusal| refused(&request(), refusal).into())
    }

    /// The object that a request that must not be refused answers; null if it answers none.
    pub(super) fn object(&mut self, request: impl Fn() -> Request) -> Play<&'a Value> {
        let outcome = self.must(request)?;
        Ok(outcome.as_object().unwrap_or(&Value::Null))
    }

    /// An object, if it exists.
    pub(super) fn read(&mut self, target: &ObjectRef) -> Play<Option<&'a Value>> {
        let request = || Request::get(target.clone());
        match self.ask(request)? {
            Ok(outcome) => Ok(Some(outcome.as_object().unwrap_or(&Value::Null))),
            Err(refusal) if refusal.is_not_found() => Ok(None),
            Err(refusal) => Err(refused(&request(), refusal).into()),
        }
    }
}

pub(super) fn refused(request: &Request, refusal: &Refusal) -> Failure {
    Failure::Refused {
        request: request.operation().to_string(),
        refusal: Box::new(refusal.clone()),
    }
}
