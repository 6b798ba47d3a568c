//! What a phase is: something that looks at the world and answers what is to be different.

use std::{borrow::Cow, fmt};

use serde::{Deserialize, Serialize};

use crate::{CancelToken, Change, Clock, Draft, Files, PhaseError, RetryPolicy};

/// One step of a workflow, over a configuration `C` of the embedder's own.
///
/// A function `fn(&Cx<'_, C>) -> Result<Plan, PhaseError>` is a phase too.
pub trait Phase<C: ?Sized>: Send + Sync {
    /// Looks at the world and answers what differs from what is wanted. Changes nothing; an empty plan means up to date.
    ///
    /// Two laws make runs resumable: once the changes are carried out, the next plan is empty; and a phase looks at the
    /// world through `cx` only, so that a dry run sees what a run would see.
    ///
    /// # Errors
    /// What is wrong, and by its class what the runner may do about it.
    fn plan(&self, cx: &Cx<'_, C>) -> Result<Plan, PhaseError>;

    /// How the phase is tried again.
    fn retry(&self, cx: &Cx<'_, C>) -> RetryPolicy {
        let _ = cx;
        RetryPolicy::default()
    }
}

impl<C: ?Sized, F> Phase<C> for F
where
    F: Fn(&Cx<'_, C>) -> Result<Plan, PhaseError> + Send + Sync,
{
    fn plan(&self, cx: &Cx<'_, C>) -> Result<Plan, PhaseError> {
        self(cx)
    }
}

/// A phase that never has anything to do: for groups that are to be seen running.
#[derive(Clone, Copy, Debug, Default)]
pub struct Idle;

impl<C: ?Sized> Phase<C> for Idle {
    fn plan(&self, _: &Cx<'_, C>) -> Result<Plan, PhaseError> {
        Ok(Plan::up_to_date())
    }
}

/// What a phase sees: the configuration, and the world through a few small traits.
#[non_exhaustive]
pub struct Cx<'a, C: ?Sized> {
    /// The embedder's configuration.
    pub config: &'a C,
    /// The files; in a dry run, with what earlier phases would have written.
    pub files: &'a dyn Files,
    /// The time.
    pub clock: &'a dyn Clock,
    /// To be looked at in work that takes long.
    pub cancel: &'a CancelToken,
}

impl<'a, C: ?Sized> Cx<'a, C> {
    /// A context; the runner makes these, and tests of phases.
    pub fn new(
        config: &'a C,
        files: &'a dyn Files,
        clock: &'a dyn Clock,
        cancel: &'a CancelToken,
    ) -> Self {
        Self {
            config,
            files,
            clock,
            cancel,
        }
    }

    /// An empty plan to be filled by saying what is wanted; only what differs is put into it.
    pub fn draft(&self) -> Draft<'a> {
        Draft::new(self.files)
    }
}

impl<C: ?Sized> Clone for Cx<'_, C> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<C: ?Sized> Copy for Cx<'_, C> {}

impl<C: ?Sized> fmt::Debug for Cx<'_, C> {
    /// The configuration may hold secrets and does not show.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cx").finish_non_exhaustive()
    }
}

/// What a phase wants done, in order, and what it has to say.
///
/// Folders are made first; then all files take their new content together, as far as a disk allows; then the rest is done in
/// the order given. No path may be both made and removed in one plan.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Plan {
    /// The differences; none means up to date.
    pub changes: Vec<Change>,
    /// Remarks, such as "using the existing CA".
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Note>,
}

impl Plan {
    /// A plan without changes.
    pub fn up_to_date() -> Self {
        Self::default()
    }

    /// Whether nothing is to be done.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }
}

/// A remark of a phase. Never secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// How much it matters.
    pub level: NoteLevel,
    /// For machines, dotted and stable.
    pub code: Cow<'static, str>,
    /// For people.
    pub text: String,
}

/// How much a note matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum NoteLevel {
    /// Good to know.
    Info,
    /// Somebody should look at it.
    Warning,
}

impl Note {
    /// Good to know.
    pub fn info(code: impl Into<Cow<'static, str>>, text: impl Into<String>) -> Self {
        Self {
            level: NoteLevel::Info,
            code: code.into(),
            text: text.into(),
        }
    }

    /// Somebody should look at it.
    pub fn warning(code: impl Into<Cow<'static, str>>, text: impl Into<String>) -> Self {
        Self {
            level: NoteLevel::Warning,
            code: code.into(),
            text: text.into(),
        }
    }
}

/// Whether a phase has anything to do here at all: the answer of a condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Applies {
    /// It has.
    Yes,
    /// It has not, and why: `etcd is external`.
    No(Cow<'static, str>),
}

impl Applies {
    /// Yes if the condition holds, else no for this reason.
    pub fn when(holds: bool, reason: impl Into<Cow<'static, str>>) -> Self {
        if holds {
            Self::Yes
        } else {
            Self::No(reason.into())
        }
    }
}
