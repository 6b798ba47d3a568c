//! What a step wants to be done now.

use apply_semantics::op::{DeleteOptions, Operation};
use componentconfig::core::Time;
use serde_json::{Value, json};

use super::{super::context::Context, At, Task};
use crate::reconcile::{
    Record,
    inventory::{Manifest, Refused},
};

/// What a step wants.
pub(in super::super) enum Want {
    Record(Record),
    Do(Operation),
    Nothing,
}

impl Task {
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

    pub(in super::super) fn want(&mut self, context: &Context, now: Time) -> Want {
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
    pub(in super::super) fn recorded(&mut self) -> Option<Record> {
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
