//! What becomes of a step by the answers of the server.

use apply_semantics::op::{Effect, Outcome, Reason, Refusal};
use componentconfig::core::Time;

use super::{
    super::{Ending, context::Context, look::Look},
    At, Task, uid_of,
};
use crate::reconcile::{Action, Adoption, Record, inventory::Seen, plan::going};

impl Task {
    pub(in super::super) fn answered(
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
}

fn why(refusal: &Refusal) -> String {
    if refusal.reason == Reason::Conflict && refusal.field_conflicts().is_empty() {
        return format!("it is not as it was when the plan was made: {refusal}");
    }
    refusal.to_string()
}
