//! Whether what a plan was made of is still so.

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
        let leaves = matches!(action, Action::Orphan | Action::Forget);
        leaves || !known.is_certain() || known.uid != self.uid
    }
}
