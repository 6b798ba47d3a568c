//! One step on its way.

use std::fmt;

use apply_semantics::{
    client_side::Kinds,
    extract::extract_with_keys,
    op::{ApplyOptions, DeleteOptions, Effect, ObjectRef, Operation, Outcome, Reason, Refusal},
    schema::Type,
};
use componentconfig::core::Time;
use serde_json::{Value, json};

use super::{
    Ended, Ending, Established, Pacing, Readiness,
    look::{Look, leaves},
};
use crate::{
    clock::{later, seconds},
    reconcile::{
        Action, Adoption, ObjectId, Observed, Policy, Record, Step,
        inventory::{Manifest, Refused, Seen},
        observe::reference,
        plan::going,
        policy::{MUTATION, Marks, meta, text},
    },
    work::Health,
};

/// What all steps have in common.
#[derive(Debug)]
pub(super) struct Context {
    manager: String,
    force: bool,
    adoption: Adoption,
    pub(super) pacing: Pacing,
    pub(super) readiness: Box<dyn Readiness>,
}

impl Context {
    pub(super) fn new(policy: &Policy) -> Self {
        Self {
            manager: policy.manager.clone(),
            force: policy.force,
            adoption: policy.adoption,
            pacing: Pacing::default(),
            readiness: Box::new(Established),
        }
    }

    /// Options to create by: without force, so that nothing is taken from an object that somebody creates meanwhile.
    fn creating(&self) -> ApplyOptions {
        ApplyOptions::new(self.manager.clone())
    }

    fn changing(&self) -> ApplyOptions {
        ApplyOptions {
            force: self.force,
            ..self.creating()
        }
    }
}

/// What a step wants.
pub(super) enum Want {
    Record(Record),
    Do(Operation),
    Nothing,
}

/// Something that is tried again.
#[derive(Debug, Default)]
pub(super) struct Retry {
    tries: u32,
    due: Option<Time>,
    why: String,
    /// An answer got lost, so that it may be done already.
    unsure: bool,
}

impl Retry {
    /// Until when to wait, and why.
    pub(super) fn waits(&self, now: Time) -> Option<(Time, String)> {
        let due = self.due.filter(|due| now < *due)?;
        Some((due, self.why.clone()))
    }

    /// Whether to try again after that refusal; from when on is remembered.
    pub(super) fn again(&mut self, refusal: &Refusal, pacing: &Pacing, now: Time) -> bool {
        self.tries += 1;
        self.unsure |= refusal.is_outcome_unknown();
        if !refusal.is_retriable() || self.tries >= pacing.tries {
            return false;
        }
        let doubled = 1_i64.checked_shl(self.tries - 1).unwrap_or(i64::MAX);
        let pause = seconds(pacing.first_pause).saturating_mul(doubled);
        let asked = refusal.details.retry_after_seconds.map_or(0, i64::from);
        self.due = Some(later(now, pause.max(asked)));
        self.why = refusal.to_string();
        true
    }
}

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

    /// What it is going to do, as it is written down before.
    fn intent(&self) -> Option<Record> {
        let object = self.object();
        match &self.at {
            At::Apply { uid } => Some(Record::Applying {
                object,
                uid: uid.clone(),
            }),
            At::Delete { uid } if self.manifest.is_some() => Some(Record::Replacing {
                object,
                uid: uid.clone(),
                restore: self.restore.clone(),
            }),
            At::Delete { uid } => Some(Record::Deleting {
                object,
                uid: uid.clone(),
            }),
            At::Restore => Some(Record::Refused {
                object,
                refused: Refused {
                    digest: self.manifest.as_ref().map_or(0, Manifest::digest),
                    why: self.reasons.join("; "),
                },
            }),
            At::Note(record, _) | At::NoteAndSettle(record, _) => Some(record.clone()),
            At::Verify(_)
            | At::Confirm(_)
            | At::Ask
            | At::Vanish { .. }
            | At::GiveBack
            | At::Settle
            | At::Done => None,
        }
    }

    pub(super) fn want(&mut self, context: &Context, now: Time) -> Want {
        self.begun = true;
        if let At::Settle = self.at
            && self.is_settled(context, now)
        {
            return Want::Nothing;
        }
        if !self.is_due(now) {
            return Want::Nothing;
        }
        if !self.is_recorded
            && let Some(record) = self.intent()
        {
            return Want::Record(record);
        }
        self.operation(context).map_or(Want::Nothing, Want::Do)
    }

    fn operation(&self, context: &Context) -> Option<Operation> {
        let target = self.target.clone();
        Some(match &self.at {
            At::Ask => {
                let object = guarded(self.manifest.clone()?, &self.step.uid);
                Operation::apply(target, object, context.changing().dry_run())
            }
            At::Apply { uid } if uid.is_empty() => {
                Operation::apply(target, self.manifest.clone()?, context.creating())
            }
            At::Apply { uid } => {
                let object = guarded(self.manifest.clone()?, uid);
                Operation::apply(target, object, context.changing())
            }
            At::Delete { uid } => {
                Operation::delete(target, DeleteOptions::default().uid(uid.clone()))
            }
            At::Confirm(_) => Operation::delete(target, self.look.question()),
            At::Verify(_) | At::Vanish { .. } | At::Settle => Operation::get(target),
            At::Restore => {
                let Manifest(manifest) = self.restore.clone()?;
                Operation::apply(target, manifest, context.creating())
            }
            At::GiveBack => {
                // What a manager applies no more it no longer owns.
                let manifest = self.manifest.as_ref()?;
                let field = |name: &str| manifest.get(name).cloned().unwrap_or_default();
                let object = &self.step.object;
                let mut metadata = json!({"name": object.name});
                if let (Some(metadata), false) =
                    (metadata.as_object_mut(), object.namespace.is_empty())
                {
                    metadata.insert("namespace".to_owned(), object.namespace.as_str().into());
                }
                let bare = json!({
                    "apiVersion": field("apiVersion"), "kind": field("kind"), "metadata": metadata,
                });
                Operation::apply(target, bare, context.creating())
            }
            At::Note(..) | At::NoteAndSettle(..) | At::Done => return None,
        })
    }

    /// Says that the record is kept; gives it back.
    pub(super) fn recorded(&mut self) -> Option<Record> {
        let record = self.intent();
        match self.at.clone() {
            At::Note(_, ending) => {
                self.at = At::Done;
                self.ending = Some(ending);
            }
            At::NoteAndSettle(_, ending) => {
                self.good = ending;
                self.go(At::Settle);
            }
            _ => self.is_recorded = true,
        }
        record
    }

    pub(super) fn answered(
        &mut self,
        answer: Result<Outcome, Refusal>,
        context: &Context,
        now: Time,
    ) {
        match answer {
            Ok(outcome) => self.done(outcome, context, now),
            Err(refusal) => self.refused(&refusal, context, now),
        }
    }

    fn done(&mut self, outcome: Outcome, context: &Context, now: Time) {
        match self.at.clone() {
            At::Verify(then) => {
                let is_so = Look::of(outcome.as_object()) == self.look;
                self.verified(is_so, *then);
            }
            At::Confirm(then) => self.verified(self.look.is_confirmed(None), *then),
            At::Ask => {
                let uid = self.step.uid.clone();
                self.go(At::Apply { uid });
            }
            At::Apply { uid } => {
                let effect = outcome.effect();
                let live = outcome.into_object().unwrap_or_default();
                let is_new = uid.is_empty();
                if is_new
                    && effect != Some(Effect::Created)
                    && !self.retry.unsure
                    && !self.may_be_ours(&live)
                    && context.adoption == Adoption::MustMatch
                {
                    self.go(At::GiveBack);
                    return;
                }
                let applied = Record::Applied {
                    object: self.object(),
                    uid: uid_of(&live).to_owned(),
                    seen: Seen::of(&live, self.digest),
                };
                let good = if self.good == Ending::Updated && effect == Some(Effect::Unchanged) {
                    Ending::Unchanged
                } else {
                    self.good
                };
                self.live = Some(live);
                self.go(At::NoteAndSettle(applied, good));
            }
            At::Delete { uid } => match outcome.into_object() {
                None => self.gone(),
                Some(_) => self.go(At::Vanish { uid }),
            },
            At::Vanish { uid } => {
                let live = outcome.into_object().unwrap_or_default();
                if uid_of(&live) == uid {
                    self.wait(going(&live), context, now);
                } else {
                    self.replaced();
                }
            }
            At::Restore => {
                let restored = Record::Restored {
                    object: self.object(),
                    uid: outcome.as_object().map_or("", uid_of).to_owned(),
                };
                self.go(At::Note(restored, Ending::Restored));
            }
            At::GiveBack => self.given_back("somebody has created it meanwhile".to_owned()),
            At::Settle => self.live = outcome.into_object(),
            At::Note(..) | At::NoteAndSettle(..) | At::Done => {}
        }
    }

    fn refused(&mut self, refusal: &Refusal, context: &Context, now: Time) {
        let is_gone = refusal.is_not_found();
        match self.at.clone() {
            At::Verify(then) if is_gone => {
                return self.verified(self.look == Look::of(None), *then);
            }
            At::Confirm(then) if is_gone || refusal.reason == Reason::Conflict => {
                return self.verified(self.look.is_confirmed(Some(refusal)), *then);
            }
            // Who may not delete can still look.
            At::Confirm(then) if refusal.reason == Reason::Forbidden => {
                return self.go(At::Verify(then));
            }
            At::Delete { .. } | At::Vanish { .. } if is_gone => return self.gone(),
            At::Delete { .. } if refusal.reason == Reason::Conflict => return self.replaced(),
            At::Settle if is_gone => {
                return self.end(Ending::Failed, "it was deleted by somebody else");
            }
            _ => {}
        }
        if self.retry.again(refusal, &context.pacing, now) {
            return;
        }
        let why = why(refusal);
        match self.at.clone() {
            At::Apply { uid } => self.not_applied(&uid, why, refusal),
            At::Restore => {
                let refused = self.reasons.join("; ");
                let why = format!("{refused}; what was there before was refused as well: {why}");
                self.end(Ending::Failed, why);
            }
            At::GiveBack => {
                self.given_back(format!("somebody has created it meanwhile; {why}"));
            }
            _ => self.end(Ending::Failed, why),
        }
    }

    /// Goes on if the plan was made of what is there.
    fn verified(&mut self, is_so: bool, then: At) {
        if is_so {
            self.go(then);
        } else {
            self.end(
                Ending::Blocked,
                "it is not as it was when the plan was made",
            );
        }
    }

    /// An apply that the server does not do.
    fn not_applied(&mut self, uid: &str, why: String, refusal: &Refusal) {
        let ending = if refusal.field_conflicts().is_empty() {
            Ending::Failed
        } else {
            Ending::Blocked
        };
        self.reasons = vec![why];
        let forget = Record::Forgotten {
            object: self.object(),
        };
        // Whether a lost request was carried out is not known: then the inventory has to remember it.
        if self.retry.unsure {
            self.at = At::Done;
            self.ending = Some(ending);
        } else if uid.is_empty() && self.restore.is_some() && ending == Ending::Failed {
            self.go(At::Restore);
        } else if self.known_uid.is_some()
            && matches!(self.step.action, Action::Create | Action::Adopt)
        {
            // Nor is it known whether the plan was made of an old look.
            self.at = At::Done;
            self.ending = Some(ending);
        } else if uid.is_empty() || self.step.action == Action::Adopt {
            self.go(At::Note(forget, ending));
        } else {
            self.at = At::Done;
            self.ending = Some(ending);
        }
    }

    /// The object is not there any more.
    fn gone(&mut self) {
        if self.manifest.is_some() {
            self.go(At::Apply { uid: String::new() });
        } else {
            let forget = Record::Forgotten {
                object: self.object(),
            };
            self.go(At::Note(forget, Ending::Deleted));
        }
    }

    /// Another object has its name.
    fn replaced(&mut self) {
        let why = "another object has its name now";
        if self.manifest.is_some() {
            self.end(Ending::Failed, why);
        } else {
            self.reasons = vec![why.to_owned()];
            let forget = Record::Forgotten {
                object: self.object(),
            };
            self.go(At::Note(forget, Ending::Forgotten));
        }
    }

    fn given_back(&mut self, why: String) {
        self.reasons = vec![why];
        let forget = Record::Forgotten {
            object: self.object(),
        };
        self.go(At::Note(forget, Ending::Blocked));
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

/// The manifest for the object of that uid and no other.
fn guarded(mut manifest: Value, uid: &str) -> Value {
    let metadata = manifest.get_mut("metadata").and_then(Value::as_object_mut);
    if let Some(metadata) = metadata
        && !uid.is_empty()
    {
        metadata.insert("uid".to_owned(), uid.into());
    }
    manifest
}

fn why(refusal: &Refusal) -> String {
    if refusal.reason == Reason::Conflict && refusal.field_conflicts().is_empty() {
        return format!("it is not as it was when the plan was made: {refusal}");
    }
    refusal.to_string()
}

fn uid_of(live: &Value) -> &str {
    let uid = meta(live, "uid").and_then(Value::as_str);
    uid.unwrap_or_default()
}
