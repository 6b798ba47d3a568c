//! One step on its way.

mod answer;
mod ask;

use std::fmt;

use apply_semantics::{
    client_side::Kinds, extract::extract_with_keys, op::ObjectRef, schema::Type,
};
use componentconfig::core::Time;
use serde_json::Value;

use super::{
    Ended, Ending,
    context::Context,
    look::{Look, leaves},
    retry::Retry,
};
use crate::{
    clock::{later, seconds},
    reconcile::{
        Action, ObjectId, Observed, Record, Step,
        inventory::{Manifest, Seen},
        observe::reference,
        policy::{MUTATION, Marks, meta, text},
    },
    work::Health,
};

pub(super) use ask::Want;

/// Where a step is.
#[derive(Clone, Debug)]
enum At {
    /// Looking whether it is as the plan has it.
    Verify(Box<At>),
    /// Asking the server for it by a dry run.
    Confirm(Box<At>),
    /// Asking the server by a dry run.
    Ask,
    /// Applying: an object of that uid, or a new one if it is empty.
    Apply { uid: String },
    /// Deleting.
    Delete { uid: String },
    /// Looking whether it is gone.
    Vanish { uid: String },
    /// Applying again what was applied before.
    Restore,
    /// Leaving an object that somebody else has created meanwhile.
    GiveBack,
    /// Looking whether it is ready.
    Settle,
    /// Writing down, and then ending so.
    Note(Record, Ending),
    /// Writing down, and then seeing whether it is ready.
    NoteAndSettle(Record, Ending),
    /// It has ended.
    Done,
}

/// One step on its way.
pub(super) struct Task {
    pub(super) step: Step,
    /// Whether others depend on it.
    pub(super) awaited: bool,
    pub(super) ending: Option<Ending>,
    target: ObjectRef,
    /// What is desired, with our marks.
    manifest: Option<Value>,
    /// The number of what is desired.
    digest: u64,
    /// What was applied before.
    restore: Option<Manifest>,
    /// What the plan was made of.
    look: Look,
    /// The uid that the inventory knows, empty if not for certain; `None` if it does not know the object.
    known_uid: Option<String>,
    at: At,
    /// Whether what it is going to do is written down.
    is_recorded: bool,
    begun: bool,
    /// The object, as the last answer had it.
    live: Option<Value>,
    retry: Retry,
    /// When to give up waiting.
    deadline: Option<Time>,
    due: Option<(Time, String)>,
    /// How it ends if it becomes ready.
    good: Ending,
    reasons: Vec<String>,
}

/// Manifests may be secret.
impl fmt::Debug for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Task")
            .field("step", &self.step)
            .field("at", &self.at)
            .field("ending", &self.ending)
            .finish_non_exhaustive()
    }
}

impl Task {
    pub(super) fn new(
        step: &Step,
        manifest: Option<&Value>,
        observed: &Observed,
        marks: &Marks<'_>,
        kinds: &Kinds,
    ) -> Self {
        let policy = marks.policy;
        let object = &step.object;
        let known = observed.inventory.known(object);
        let mut task = Self {
            step: step.clone(),
            awaited: false,
            ending: None,
            target: reference(object, manifest, kinds),
            manifest: manifest.map(|manifest| marks.put(manifest)),
            digest: manifest.map_or(0, |manifest| marks.digest(manifest)),
            restore: known.and_then(|known| known.replaced.clone()),
            look: Look::of(observed.live.get(object)),
            known_uid: known.map(|known| {
                let uid = known.is_certain().then_some(known.uid.as_str());
                uid.unwrap_or_default().to_owned()
            }),
            at: At::Done,
            is_recorded: false,
            begun: false,
            live: None,
            retry: Retry::default(),
            deadline: None,
            due: None,
            good: Ending::Unchanged,
            reasons: step.reasons.clone(),
        };
        let uid = step.uid.clone();
        // What is left as it is was not found as it should be.
        let seen = observed
            .live
            .get(object)
            .filter(|live| text(live, MUTATION) != Some("ignore"));
        let seen = seen.and_then(|live| Seen::of(live, task.digest));
        let certain = task.is_ours() && known.is_some_and(|known| known.seen == seen);
        let forget = Record::Forgotten {
            object: object.clone(),
        };
        let (at, good) = match &step.action {
            Action::Create => (At::Apply { uid: String::new() }, Ending::Created),
            Action::Update => (At::Apply { uid }, Ending::Updated),
            Action::Adopt => (At::Apply { uid }, Ending::Adopted),
            Action::Ask => (At::Ask, Ending::Updated),
            Action::Recreate { uid, .. } => {
                let live = observed.live.get(object);
                task.restore = live.and_then(|live| restorable(live, &policy.manager));
                (At::Delete { uid: uid.clone() }, Ending::Recreated)
            }
            Action::Delete { uid } => (At::Delete { uid: uid.clone() }, Ending::Deleted),
            Action::Await if manifest.is_some() => (At::Vanish { uid }, Ending::Recreated),
            Action::Await => (At::Vanish { uid }, Ending::Deleted),
            Action::Orphan => (At::Note(forget, Ending::Orphaned), Ending::Orphaned),
            Action::Forget => (At::Note(forget, Ending::Forgotten), Ending::Forgotten),
            Action::NoOp if !certain => {
                let applied = Record::Applied {
                    object: object.clone(),
                    uid,
                    seen,
                };
                task.live = observed.live.get(object).cloned();
                (
                    At::NoteAndSettle(applied, Ending::Unchanged),
                    Ending::Unchanged,
                )
            }
            Action::NoOp => {
                task.live = observed.live.get(object).cloned();
                (At::Settle, Ending::Unchanged)
            }
            Action::Blocked => {
                task.ending = Some(Ending::Blocked);
                (At::Done, Ending::Blocked)
            }
        };
        let is_doubtful = known.is_some_and(|known| task.look.is_doubtful(known, &step.action));
        task.at = match is_doubtful && task.is_open() {
            // There is no write after it that a server would refuse.
            true if leaves(&step.action) => At::Confirm(Box::new(at)),
            true => At::Verify(Box::new(at)),
            false => at,
        };
        task.good = good;
        task
    }

    /// Whether it deletes an object for good.
    pub(super) fn is_deletion(&self) -> bool {
        matches!(self.step.action, Action::Delete { .. })
    }

    /// Whether anything was asked for it.
    pub(super) fn has_begun(&self) -> bool {
        self.begun
    }

    /// Whether the object is to be there.
    pub(super) fn is_desired(&self) -> bool {
        self.manifest.is_some()
    }

    /// Whether the object that the plan is about is, for certain, the one that was applied.
    fn is_ours(&self) -> bool {
        let known = self.known_uid.as_deref();
        known.is_some_and(|uid| !uid.is_empty() && uid == self.step.uid)
    }

    /// Whether an object that an old look did not show may be the one that was applied.
    fn may_be_ours(&self, live: &Value) -> bool {
        let known = self.known_uid.as_deref();
        known.is_some_and(|uid| uid.is_empty() || uid == uid_of(live))
    }

    pub(super) fn is_open(&self) -> bool {
        self.ending.is_none()
    }

    /// Whether something can be done about it now.
    pub(super) fn is_due(&self, now: Time) -> bool {
        let polls = self.due.as_ref().is_some_and(|(due, _)| now < *due);
        self.is_open() && !polls && self.retry.waits(now).is_none()
    }

    /// Until when it waits, and for what.
    pub(super) fn waiting(&self, now: Time) -> Option<(Time, String)> {
        let polls = self.due.clone().filter(|(due, _)| now < *due);
        let (until, why) = polls.or_else(|| self.retry.waits(now))?;
        Some((until, format!("{}: {why}", self.step.object)))
    }

    pub(super) fn ended(&self) -> Option<Ended> {
        Some(Ended {
            object: self.step.object.clone(),
            action: self.step.action.clone(),
            ending: self.ending?,
            reasons: self.reasons.clone(),
        })
    }

    pub(super) fn end(&mut self, ending: Ending, why: impl Into<String>) {
        self.at = At::Done;
        self.ending = Some(ending);
        self.reasons = vec![why.into()];
    }

    fn go(&mut self, at: At) {
        self.at = at;
        self.is_recorded = false;
        self.retry = Retry::default();
        self.deadline = None;
        self.due = None;
    }

    fn object(&self) -> ObjectId {
        self.step.object.clone()
    }

    /// Looks again later, unless it took too long already.
    fn wait(&mut self, why: String, context: &Context, now: Time) {
        let limit = seconds(context.pacing.deadline);
        let deadline = *self.deadline.get_or_insert_with(|| later(now, limit));
        if now >= deadline {
            self.end(Ending::Failed, format!("{why}, for {limit} seconds"));
        } else {
            self.due = Some((later(now, seconds(context.pacing.poll).max(1)), why));
        }
    }

    /// Whether it has ended, or waits, by how the object is.
    fn is_settled(&mut self, context: &Context, now: Time) -> bool {
        let health = match &self.live {
            _ if !self.awaited => Health::Available,
            None => return false,
            Some(live) => context.readiness.health(live),
        };
        match health {
            Health::Available | Health::Unknown => {
                self.at = At::Done;
                self.ending = Some(self.good);
            }
            Health::Progressing(why) => {
                self.live = None;
                self.wait(why, context, now);
            }
            Health::Degraded(why) => self.end(Ending::Failed, why),
        }
        true
    }
}

/// What the manager applied to an object, which can be applied again. Of a Secret nothing is kept.
fn restorable(live: &Value, manager: &str) -> Option<Manifest> {
    let text = |name: &str| live.get(name).and_then(Value::as_str).unwrap_or_default();
    let (api_version, kind) = (text("apiVersion"), text("kind"));
    if (api_version, kind) == ("v1", "Secret") {
        return None;
    }
    let ty = Type::builtin(api_version, kind).unwrap_or_else(Type::deduced);
    let applied = extract_with_keys(live, manager, "", &ty).ok()??;
    Some(Manifest(applied))
}

fn uid_of(live: &Value) -> &str {
    let uid = meta(live, "uid").and_then(Value::as_str);
    uid.unwrap_or_default()
}
