//! What is to be done about an object that is desired.

use std::collections::BTreeSet;

use apply_semantics::plan::{Decision, PlanOptions};
use serde_json::Value;

use super::{
    super::{
        Adoption, ObjectId, Recreation,
        inventory::{Known, Manifest},
        policy::{MUTATION, Owner, meta, text},
    },
    Action, Context, Facts, Step, going, is_going, uid_of,
};

impl Context<'_> {
    pub(super) fn apply(&self, facts: &Facts<'_>) -> Step {
        let Facts {
            id,
            manifest,
            live,
            known,
        } = *facts;
        let uid = live.map_or("", uid_of);
        let step = |action, reasons| Step {
            object: id.clone(),
            action,
            reasons,
            uid: uid.to_owned(),
            needs: BTreeSet::new(),
        };
        let Some(live) = live else {
            let why = if known.is_some() {
                "it was applied and is gone"
            } else {
                "it is not there"
            };
            return step(Action::Create, vec![why.to_owned()]);
        };
        let owner = self.marks.owner(live);
        let is_known = || known.is_some_and(|known| self.is_known(known, live));
        let ours = owner == Owner::Us || (owner == Owner::Nobody && is_known());
        if is_going(live) {
            let action = if ours { Action::Await } else { Action::Blocked };
            return step(action, vec![going(live)]);
        }
        let refused = match (owner, self.policy.adoption) {
            _ if ours => None,
            (Owner::Nobody, Adoption::MustMatch) => Some("it is there and not ours"),
            (Owner::Other, Adoption::MustMatch | Adoption::AdoptIfNoInventory) => {
                Some("it belongs to another inventory")
            }
            _ => None,
        };
        if let Some(why) = refused {
            return step(Action::Blocked, vec![why.to_owned()]);
        }
        if text(live, MUTATION) == Some("ignore") {
            let why = format!("its annotation {MUTATION} says ignore");
            return step(Action::NoOp, vec![why]);
        }
        if self.is_unchanged(known, (live, uid), manifest) {
            let why = "neither it nor its manifest has changed since it was as it should be";
            return step(Action::NoOp, vec![why.to_owned()]);
        }
        let manifest = self.marks.put(manifest);
        let options = PlanOptions::new(self.policy.manager.clone());
        let options = if self.policy.force {
            options.force()
        } else {
            options
        };
        let outcome = self.planner.apply(Some(live), &manifest, &options);
        let mut reasons = outcome.reasons();
        let action = match outcome.decision {
            Decision::Create => Action::Create,
            Decision::NoOp | Decision::Update if !ours => Action::Adopt,
            // What we do not own we could not take back.
            Decision::NoOp if !self.policy.applied(live) => {
                let manager = &self.policy.manager;
                reasons = vec![format!(
                    "it is ours, and {manager} has applied nothing of it"
                )];
                Action::Update
            }
            Decision::NoOp => Action::NoOp,
            Decision::Update => Action::Update,
            Decision::Recreate { .. } if !ours => {
                reasons.push("it is not ours, so it is not deleted".to_owned());
                Action::Blocked
            }
            Decision::Recreate { fields } => {
                let refused = known.and_then(|known| known.refused.as_ref());
                let refused =
                    refused.filter(|refused| refused.digest == Manifest::digest(&manifest));
                if let Some(refused) = refused {
                    reasons.push(format!("its replacement was refused: {}", refused.why));
                    Action::Blocked
                } else if !self.may_recreate(id) {
                    reasons.push("the policy does not let it be recreated".to_owned());
                    Action::Blocked
                } else {
                    let uid = uid.to_owned();
                    Action::Recreate { fields, uid }
                }
            }
            Decision::Ask { .. } => Action::Ask,
            _ => Action::Blocked,
        };
        step(action, reasons)
    }

    /// Whether neither the object nor what is desired has changed since it was found as it should be: then nobody has to
    /// look closer.
    fn is_unchanged(
        &self,
        known: Option<&Known>,
        (live, uid): (&Value, &str),
        manifest: &Value,
    ) -> bool {
        let known = known.filter(|known| known.is_certain() && known.uid == uid);
        let Some(seen) = known.and_then(|known| known.seen.as_ref()) else {
            return false;
        };
        let version = meta(live, "resourceVersion");
        version.and_then(Value::as_str) == Some(seen.resource_version.as_str())
            && self.marks.digest(manifest) == seen.digest
    }

    fn may_recreate(&self, object: &ObjectId) -> bool {
        match self.policy.recreation {
            Recreation::Never => false,
            Recreation::Always => true,
            Recreation::WithoutData => !holds_data(object),
        }
    }
}

/// Whether data goes with an object of that kind.
fn holds_data(object: &ObjectId) -> bool {
    const KINDS: [(&str, &str); 8] = [
        ("", "Namespace"),
        ("", "PersistentVolume"),
        ("", "PersistentVolumeClaim"),
        ("", "Secret"),
        ("", "ConfigMap"),
        ("apps", "StatefulSet"),
        ("apiextensions.k8s.io", "CustomResourceDefinition"),
        ("snapshot.storage.k8s.io", "VolumeSnapshot"),
    ];
    KINDS.contains(&(object.group.as_str(), object.kind.as_str()))
}
