//! Whether what a plan was made of is still so.

use apply_semantics::op::{DeleteOptions, Refusal};
use serde_json::Value;

use crate::reconcile::{Action, inventory::Known, policy::meta};

/// Which object was there, and what it was: its uid and its version. Both are empty if none was.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Look {
    uid: String,
    version: String,
}

impl Look {
    pub(super) fn of(live: Option<&Value>) -> Self {
        let text = |name| meta(live?, name).and_then(Value::as_str);
        let text = |name| text(name).unwrap_or_default().to_owned();
        Self {
            uid: text("uid"),
            version: text("resourceVersion"),
        }
    }

    /// Whether the look may be older than what the inventory knows.
    ///
    /// A cache that is behind shows no object, or another, where one was applied since: acted on, the inventory would lose
    /// an object that is ours. What is known for certain and has the uid that was seen is beyond that, unless it is to be
    /// left without the server being asked.
    pub(super) fn is_doubtful(&self, known: &Known, action: &Action) -> bool {
        leaves(action) || !known.is_certain() || known.uid != self.uid
    }

    /// A deletion that is not to be done, of the object that was there: by its answer the server
    /// [confirms](Self::is_confirmed) the look. Unlike a read, nobody answers that from a cache.
    pub(super) fn question(&self) -> DeleteOptions {
        let question = DeleteOptions::default().dry_run();
        if self.uid.is_empty() {
            return question;
        }
        let question = question.uid(self.uid.clone());
        if self.version.is_empty() {
            return question;
        }
        question.resource_version(self.version.clone())
    }

    /// Whether it is so still, by the answer to the [question](Self::question).
    pub(super) fn is_confirmed(&self, refusal: Option<&Refusal>) -> bool {
        match refusal {
            None => !self.uid.is_empty(),
            Some(refusal) => self.uid.is_empty() && refusal.is_not_found(),
        }
    }
}

/// Whether a step only takes an object out of the inventory.
pub(super) fn leaves(action: &Action) -> bool {
    matches!(action, Action::Orphan | Action::Forget)
}
