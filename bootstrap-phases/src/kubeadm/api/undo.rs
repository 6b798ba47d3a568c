//! Taking back what a run made at the API, unless somebody else has a part in it by then.

use apply_semantics::op::{DeleteOptions, ObjectRef, Operation, Reason, Refusal, WriteOptions};
use serde_json::{Map, Value, json};

use super::{Api, MANAGER, PORT, error_of};
use crate::{Effect, Outlook, PhaseError};

/// What data of an effect stand under that undoes another.
const UNDO: &str = "undo";
/// Who writes into all objects of some kinds: that is no sign of somebody else.
const CONTROLLERS: &str = "kube-controller-manager";

/// What undoes the making of an object: it is deleted.
pub(crate) fn made(target: &ObjectRef) -> Effect {
    let delete = Operation::delete(target.clone(), DeleteOptions::default());
    let data = json!({UNDO: delete});
    Effect::new(PORT, target.to_string(), format!("delete {target}"), data)
}

/// What undoes the marking of a node: labels and taints that are still as they were given go.
pub(crate) fn marked(target: &ObjectRef, labels: &Map<String, Value>, taints: &[Value]) -> Effect {
    let read = Operation::get(target.clone());
    let data = json!({UNDO: read, "labels": labels, "taints": taints});
    let title = format!("take marks from {target}");
    Effect::new(PORT, target.to_string(), title, data)
}

impl Api {
    /// What such an effect is about, if it is one.
    fn undo_of(effect: &Effect) -> Option<Operation> {
        serde_json::from_value(effect.data().get(UNDO)?.clone()).ok()
    }

    pub(super) fn outlook_of_undo(&self, effect: &Effect) -> Result<Outlook, PhaseError> {
        let target = Self::undo_of(effect).and_then(|operation| operation.target());
        let Some(target) = target else {
            return Ok(Outlook::Open);
        };
        let Some(live) = self.get(&target)? else {
            return Ok(Outlook::Settled);
        };
        if effect.data().get("labels").is_some() {
            return Ok(match without_marks(&live, effect.data()) {
                None => Outlook::Settled,
                Some(_) => Outlook::Open,
            });
        }
        Ok(match somebody(&live) {
            Some(who) => Outlook::Changed(format!("{who} wrote into it")),
            None => Outlook::Open,
        })
    }

    /// Does it; `None` for an effect that undoes nothing.
    pub(super) fn carry_out_undo(&self, effect: &Effect) -> Option<Result<(), PhaseError>> {
        let target = Self::undo_of(effect)?.target()?;
        Some(self.undo(&target, effect))
    }

    fn undo(&self, target: &ObjectRef, effect: &Effect) -> Result<(), PhaseError> {
        let Some(live) = self.get(target)? else {
            return Ok(());
        };
        let told = |refusal: &Refusal| error_of(effect.title(), refusal);
        if effect.data().get("labels").is_some() {
            let Some(object) = without_marks(&live, effect.data()) else {
                return Ok(());
            };
            let options = WriteOptions::new(MANAGER);
            let update = Operation::update(target.clone(), object, options);
            return self.write(&update).map_err(|refusal| told(&refusal));
        }
        if let (Some(who), false) = (somebody(&live), effect.is_forced()) {
            let text = format!("{target}: {who} wrote into it since");
            return Err(PhaseError::conflict("api.changed-since", text));
        }
        let text = |path: &str| live.pointer(path).and_then(Value::as_str);
        // What is deleted is what was looked at.
        let options = DeleteOptions {
            uid: text("/metadata/uid").map(str::to_owned),
            resource_version: text("/metadata/resourceVersion").map(str::to_owned),
            ..DeleteOptions::default()
        };
        match self.write(&Operation::delete(target.clone(), options)) {
            Err(refusal) if refusal.reason == Reason::NotFound => Ok(()),
            outcome => outcome.map_err(|refusal| told(&refusal)),
        }
    }

    /// Writes as an administrator; as who can grant them their rights once those are gone.
    fn write(&self, operation: &Operation) -> Result<(), Refusal> {
        match self.run_as(false, operation) {
            Err(refusal) if refusal.reason == Reason::Forbidden && self.has_super_admin() => {
                self.run_as(true, operation).map(drop)
            }
            outcome => outcome.map(drop),
        }
    }
}

/// Who else has fields of an object, but for its status.
fn somebody(object: &Value) -> Option<&str> {
    let entries = object.pointer("/metadata/managedFields")?.as_array()?;
    let of = |entry: &'_ Value, field: &str| -> Option<String> {
        entry.get(field).and_then(Value::as_str).map(str::to_owned)
    };
    let others = entries
        .iter()
        .filter(|entry| of(entry, "subresource").as_deref() != Some("status"));
    let mut managers = others.filter_map(|entry| entry.get("manager")?.as_str());
    managers.find(|manager| ![MANAGER, CONTROLLERS].contains(manager))
}

/// A node without these labels and taints; `None` if it has none of them.
fn without_marks(node: &Value, marks: &Value) -> Option<Value> {
    let mut object = node.clone();
    let given = marks.get("labels").and_then(Value::as_object)?;
    if let Some(labels) = object
        .pointer_mut("/metadata/labels")
        .and_then(Value::as_object_mut)
    {
        labels.retain(|name, value| given.get(name) != Some(value));
    }
    let given = marks.get("taints").and_then(Value::as_array)?;
    if let Some(taints) = object
        .pointer_mut("/spec/taints")
        .and_then(Value::as_array_mut)
    {
        taints.retain(|taint| !given.contains(taint));
        if taints.is_empty()
            && let Some(spec) = object.get_mut("spec").and_then(Value::as_object_mut)
        {
            spec.remove("taints");
        }
    }
    (object != *node).then_some(object)
}
