//! What it takes to make a cluster hold what is desired, and nothing more of what was applied before.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use apply_semantics::plan::{Decision, PlanOptions, Planner};
use serde::Serialize;
use serde_json::Value;

use super::{
    Adoption, Inventory, ObjectId, Policy, Recreation,
    inventory::Manifest,
    policy::{MUTATION, Owner, keeps, text},
    waves::{Cycle, Order, waves},
};

/// What is to be done, in waves: what is in one wave can be done at once, after everything before it is done.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Plan {
    /// The steps, objects that others depend on first; deletions at the end, in the reverse.
    pub waves: Vec<Vec<Step>>,
}

/// What is to be done about one object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Step {
    /// The object.
    pub object: ObjectId,
    /// What is to be done.
    pub action: Action,
    /// Why, a reason a line.
    pub reasons: Vec<String>,
    /// The uid of the object that is there; empty if none is.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub uid: String,
    /// The objects whose steps have to be done before, as far as the plan has them: what it depends on, or what depends on
    /// it if it is to go.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub needs: BTreeSet<ObjectId>,
}

/// What is to be done about an object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Action {
    /// It is not there: apply it.
    Create,
    /// It is as desired: nothing.
    NoOp,
    /// Apply it; others keep what they own.
    Update,
    /// It is there and nobody's: apply it, and it is ours.
    Adopt,
    /// These fields cannot be changed: delete it, if it still has that uid, and create it when it is gone.
    Recreate {
        /// The fields.
        fields: Vec<String>,
        /// The uid of the object that is there.
        uid: String,
    },
    /// It is not desired any more: delete it, if it still has that uid.
    Delete {
        /// The uid of the object that was applied.
        uid: String,
    },
    /// It is not desired any more, and is to stay, or is not ours: forget it.
    Orphan,
    /// It is not desired any more, and gone: forget it.
    Forget,
    /// Its deletion has begun: wait until it is gone, and create it then if it is desired.
    Await,
    /// Only a server can tell: ask it by a dry run, and apply it if that passes.
    Ask,
    /// Nothing can be done about it as things are.
    Blocked,
}

impl Action {
    /// Whether it writes.
    pub const fn is_write(&self) -> bool {
        matches!(
            self,
            Self::Create | Self::Update | Self::Adopt | Self::Recreate { .. } | Self::Delete { .. }
        )
    }
}

/// Why there is no plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum PlanError {
    /// An object is desired twice.
    #[error("{0} is desired twice")]
    Duplicate(ObjectId),
    /// Objects depend on each other in a circle.
    #[error("{}", Circle(.0))]
    Cycle(Vec<ObjectId>),
    /// What an object depends on cannot be read.
    #[error(
        "{object}: metadata.annotations[config.kubernetes.io/depends-on]: {text:?} names no object"
    )]
    DependsOn {
        /// The object.
        object: ObjectId,
        /// What it says.
        text: String,
    },
}

struct Circle<'a>(&'a [ObjectId]);

impl fmt::Display for Circle<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("objects depend on each other: ")?;
        for (index, id) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            write!(f, "{separator}{id}")?;
        }
        Ok(())
    }
}

/// Plans from what is desired, what lives in the cluster, and what was applied before.
///
/// `live` has every object that is desired or in the inventory, as the server answered it, with its `managedFields`, as far
/// as it is there. `planner` says what an apply would do; it knows the built-in kinds, and is told of others by their
/// definitions. Nothing is asked of a server and nothing changed; the same input gives the same plan.
///
/// - What lives and is not ours is taken over, or is not, as the [adoption](Adoption) says; it is ours if the annotation
///   `config.k8s.io/owning-inventory` has our id.
/// - An object whose annotation `client.lifecycle.config.k8s.io/mutation` is `ignore` is left as it is.
/// - What is in the inventory and not desired is deleted, unless the live object has another uid, is not ours, is the same
///   as one that is desired under another group, has an annotation that keeps it, or is a namespace that something desired
///   is in. When more would be deleted than [`Policy::most_deleted`] says, nothing is.
/// - Only what is ours is recreated; an object that would have to be replaced to be adopted is left.
/// - Only fields that are known not to change make an object be recreated, never the mere refusal of a write.
///
/// # Errors
/// Desired objects are there twice, or depend on each other in a circle or on what has no name.
pub fn plan(
    desired: &[Value],
    live: &BTreeMap<ObjectId, Value>,
    inventory: &Inventory,
    policy: &Policy,
    planner: &Planner,
) -> Result<Plan, PlanError> {
    let mut wanted: BTreeMap<ObjectId, &Value> = BTreeMap::new();
    for object in desired {
        let id = ObjectId::of(object);
        if wanted.insert(id.clone(), object).is_some() {
            return Err(PlanError::Duplicate(id));
        }
    }
    let context = Context {
        wanted: &wanted,
        live,
        inventory,
        policy,
        planner,
    };
    let order = waves(&wanted, policy.order).map_err(|cycle| match cycle {
        Cycle::Objects(objects) => PlanError::Cycle(objects),
        Cycle::Text { object, text } => PlanError::DependsOn { object, text },
    })?;
    let Order { waves, mut needs } = order;
    let applied = waves.into_iter().map(|wave| {
        let steps = wave.into_iter().filter_map(|id| {
            let manifest = wanted.get(&id)?;
            let mut step = context.apply(&id, manifest);
            step.needs = needs.remove(&id).unwrap_or_default();
            Some(step)
        });
        steps.collect::<Vec<Step>>()
    });
    let mut plan = Plan {
        waves: applied.collect(),
    };
    plan.waves.extend(context.prune());
    plan.waves.retain(|wave| !wave.is_empty());
    Ok(plan)
}

impl Plan {
    /// Every step, in order.
    pub fn steps(&self) -> impl Iterator<Item = &Step> {
        self.waves.iter().flatten()
    }

    /// Whether nothing is to be written.
    pub fn is_noop(&self) -> bool {
        !self.steps().any(|step| step.action.is_write())
    }
}

struct Context<'a> {
    wanted: &'a BTreeMap<ObjectId, &'a Value>,
    live: &'a BTreeMap<ObjectId, Value>,
    inventory: &'a Inventory,
    policy: &'a Policy,
    planner: &'a Planner,
}

impl Context<'_> {
    /// Whether an object that is there is the one that was applied.
    ///
    /// It is by its uid; where that is not known for certain, because a run ended between the request and its answer, it has
    /// to have our mark, or what our manager applied.
    fn is_known(&self, object: &ObjectId, live: &Value) -> bool {
        let Some(known) = self.inventory.known(object) else {
            return false;
        };
        let same = known.uid.is_empty() || known.uid == uid_of(live);
        let owner = self.policy.owner(live);
        same && (known.is_certain() || owner == Owner::Us || self.policy.applied(live))
    }

    /// Whether neither the object nor what is desired has changed since it was found as it should be: then nobody has to
    /// look closer.
    fn is_unchanged(&self, object: &ObjectId, live: &Value, manifest: &Value) -> bool {
        let known = self.inventory.known(object);
        let known = known.filter(|known| known.is_certain() && known.uid == uid_of(live));
        let Some(seen) = known.and_then(|known| known.seen.as_ref()) else {
            return false;
        };
        let version = live.pointer("/metadata/resourceVersion");
        version.and_then(Value::as_str) == Some(seen.resource_version.as_str())
            && self.policy.digest(manifest) == seen.digest
    }

    fn apply(&self, object: &ObjectId, manifest: &Value) -> Step {
        let step = |action, reasons| Step {
            object: object.clone(),
            action,
            reasons,
            uid: self.live.get(object).map_or("", uid_of).to_owned(),
            needs: BTreeSet::new(),
        };
        let Some(live) = self.live.get(object) else {
            let why = if self.inventory.contains(object) {
                "it was applied and is gone"
            } else {
                "it is not there"
            };
            return step(Action::Create, vec![why.to_owned()]);
        };
        let owner = self.policy.owner(live);
        let ours = owner == Owner::Us || (owner == Owner::Nobody && self.is_known(object, live));
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
        if self.is_unchanged(object, live, manifest) {
            let why = "neither it nor its manifest has changed since it was as it should be";
            return step(Action::NoOp, vec![why.to_owned()]);
        }
        let manifest = self.policy.owned(manifest);
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
                let refused = self.inventory.known(object);
                let refused = refused.and_then(|known| known.refused.as_ref());
                let refused =
                    refused.filter(|refused| refused.digest == Manifest::digest(&manifest));
                if let Some(refused) = refused {
                    reasons.push(format!("its replacement was refused: {}", refused.why));
                    Action::Blocked
                } else if !self.may_recreate(object) {
                    reasons.push("the policy does not let it be recreated".to_owned());
                    Action::Blocked
                } else {
                    let uid = uid_of(live).to_owned();
                    Action::Recreate { fields, uid }
                }
            }
            Decision::Ask { .. } => Action::Ask,
            _ => Action::Blocked,
        };
        step(action, reasons)
    }

    fn may_recreate(&self, object: &ObjectId) -> bool {
        match self.policy.recreation {
            Recreation::Never => false,
            Recreation::Always => true,
            Recreation::WithoutData => !holds_data(object),
        }
    }

    /// What becomes of objects that were applied and are not desired, dependents first.
    fn prune(&self) -> Vec<Vec<Step>> {
        let gone = self.inventory.iter();
        let gone = gone.filter(|(id, _)| !self.wanted.contains_key(*id));
        let mut steps: Vec<Step> = gone.map(|(id, uid)| self.prune_one(id, uid)).collect();
        let deletions = |steps: &[Step]| {
            let deletions = steps.iter();
            deletions
                .filter(|step| matches!(step.action, Action::Delete { .. }))
                .count()
        };
        let (deleted, total) = (deletions(&steps), self.inventory.len());
        let most = self.policy.most_deleted.map(|most| most.of(total));
        if most.is_some_and(|most| deleted > most) {
            let why = format!(
                "{deleted} of {total} objects would be deleted, at most {} may be",
                most.unwrap_or(0)
            );
            for step in &mut steps {
                if matches!(step.action, Action::Delete { .. }) {
                    step.action = Action::Blocked;
                    step.reasons.push(why.clone());
                }
            }
        }
        let ids: BTreeMap<ObjectId, &Value> = steps
            .iter()
            .filter_map(|step| Some((step.object.clone(), self.live.get(&step.object)?)))
            .collect();
        // What cannot be ordered by what it depends on is still ordered by kind.
        let order = waves(&ids, self.policy.order).unwrap_or_else(|_| {
            let mut all: Vec<ObjectId> = ids.keys().cloned().collect();
            self.policy.order.sort(&mut all, Clone::clone);
            Order {
                waves: all.into_iter().map(|id| vec![id]).collect(),
                needs: BTreeMap::new(),
            }
        });
        let mut rest: BTreeMap<ObjectId, Step> = steps
            .into_iter()
            .map(|step| (step.object.clone(), step))
            .collect();
        let mut result: Vec<Vec<Step>> = Vec::new();
        for (id, needs) in order.needs {
            for need in needs {
                if let Some(step) = rest.get_mut(&need) {
                    step.needs.insert(id.clone());
                }
            }
        }
        for wave in order.waves.into_iter().rev() {
            let steps = wave.into_iter().rev();
            result.push(steps.filter_map(|id| rest.remove(&id)).collect());
        }
        result.push(rest.into_values().collect());
        result
    }

    fn prune_one(&self, id: &ObjectId, uid: &str) -> Step {
        let (action, why) = self.pruned(id, uid);
        Step {
            object: id.clone(),
            action,
            reasons: vec![why],
            uid: self.live.get(id).map_or("", uid_of).to_owned(),
            needs: BTreeSet::new(),
        }
    }

    fn pruned(&self, id: &ObjectId, uid: &str) -> (Action, String) {
        let Some(live) = self.live.get(id) else {
            return (Action::Forget, "it is gone".to_owned());
        };
        let live_uid = uid_of(live);
        if !uid.is_empty() && live_uid != uid {
            return (Action::Orphan, "another object has its name now".to_owned());
        }
        let is_same = |other: &ObjectId| {
            let other = self
                .live
                .get(other)
                .and_then(|live| live.pointer("/metadata/uid"));
            !live_uid.is_empty() && other.and_then(Value::as_str) == Some(live_uid)
        };
        if let Some(same) = self.wanted.keys().find(|other| is_same(other)) {
            return (Action::Orphan, format!("it is {same}, which is desired"));
        }
        if self.policy.owner(live) == Owner::Other {
            return (Action::Orphan, "it belongs to another inventory".to_owned());
        }
        if !self.is_known(id, live) {
            let why = "nothing tells that it is the one that was to be applied";
            return (Action::Orphan, why.to_owned());
        }
        if is_going(live) {
            return (Action::Await, going(live));
        }
        if let Some(annotation) = keeps(live) {
            return (
                Action::Orphan,
                format!("its annotation {annotation} keeps it"),
            );
        }
        let used = self.wanted.keys().find(|other| other.namespace == id.name);
        if id.group.is_empty()
            && id.kind == "Namespace"
            && let Some(used) = used
        {
            return (Action::Blocked, format!("{used} is in it"));
        }
        let uid = live_uid.to_owned();
        (
            Action::Delete { uid },
            "it is not desired any more".to_owned(),
        )
    }
}

fn uid_of(live: &Value) -> &str {
    let uid = live.pointer("/metadata/uid").and_then(Value::as_str);
    uid.unwrap_or_default()
}

fn is_going(live: &Value) -> bool {
    live.pointer("/metadata/deletionTimestamp").is_some()
}

/// Says that an object is being deleted, and what it waits for.
pub(super) fn going(live: &Value) -> String {
    let finalizers = live
        .pointer("/metadata/finalizers")
        .and_then(Value::as_array);
    let finalizers = finalizers.into_iter().flatten().filter_map(Value::as_str);
    let finalizers: Vec<&str> = finalizers.collect();
    format!(
        "it is being deleted; finalizers: [{}]",
        finalizers.join(", ")
    )
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
