//! Conditions of objects of providers, as they write them.

use serde_json::Value;

use super::told;
use crate::meta::{Condition, ConditionStatus};

/// A condition of an object under another name; without one, what its status says otherwise.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mirror<'a> {
    source: &'a str,
    target: &'a str,
    reasons: (&'a str, &'a str),
    done: bool,
    why_not: &'a str,
}

impl<'a> Mirror<'a> {
    /// The condition `Ready`.
    pub(crate) const fn ready(target: &'a str) -> Self {
        Self {
            source: "Ready",
            target,
            reasons: ("Ready", "NotReady"),
            done: false,
            why_not: "",
        }
    }

    /// The condition `Available`.
    pub(crate) const fn available(target: &'a str) -> Self {
        Self {
            source: "Available",
            reasons: ("Available", "NotAvailable"),
            ..Self::ready(target)
        }
    }

    /// Without the condition: whether it would hold, and why not.
    pub(crate) const fn or(mut self, done: bool, why_not: &'a str) -> Self {
        self.done = done;
        self.why_not = why_not;
        self
    }

    /// The condition, with the time of the object's.
    pub(crate) fn of(&self, object: &Value) -> Condition {
        let found = match of_object(object) {
            Ok(all) => all.into_iter().find(|one| one.r#type == self.source),
            Err(message) => {
                let reason = "InvalidConditionReported";
                return told(self.target, ConditionStatus::Unknown, reason, &message);
            }
        };
        let (good, bad) = self.reasons;
        match found {
            Some(found) => {
                // A condition without a reason is one of v1beta1; if it is good, that is all there is to say.
                let reason = match found.reason.as_str() {
                    "" if found.status == ConditionStatus::True => good,
                    "" => "NoReasonReported",
                    reason => reason,
                };
                Condition {
                    last_transition_time: found.last_transition_time,
                    ..told(self.target, found.status.clone(), reason, &found.message)
                }
            }
            None if self.done => told(self.target, ConditionStatus::True, good, ""),
            None => told(self.target, ConditionStatus::False, bad, self.why_not),
        }
    }
}

/// All conditions of an object.
pub(crate) fn of_object(object: &Value) -> Result<Vec<Condition>, String> {
    let conditions = ["/status/v1beta2/conditions", "/status/conditions"];
    let conditions = conditions
        .iter()
        .find_map(|place| object.pointer(place)?.as_array());
    let conditions = conditions.into_iter().flatten();
    conditions.filter(|one| one.is_object()).map(read).collect()
}

/// A condition as providers write them, in either version.
fn read(value: &Value) -> Result<Condition, String> {
    let text = |name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default();
    let kind = text("type");
    if kind.is_empty() {
        return Err("type must be set for all conditions".to_owned());
    }
    let status = ConditionStatus::from(text("status"));
    if status.is_unset() {
        return Err(format!("status must be set for the {kind} condition"));
    }
    if let ConditionStatus::Other(_) = status {
        return Err(format!(
            "status for the {kind} condition must be one of True, False, Unknown"
        ));
    }
    let time = text("lastTransitionTime");
    let last_transition_time = if time.is_empty() {
        None
    } else {
        let wrong =
            |error| format!("failed to unmarshal lastTransitionTime value: {time}: {error}");
        Some(time.parse().map_err(wrong)?)
    };
    Ok(Condition {
        last_transition_time,
        ..told(kind, status, text("reason"), text("message"))
    })
}
