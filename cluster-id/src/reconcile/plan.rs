//! What it takes to make a cluster hold what is desired, and nothing more of what was applied before.

mod apply;
mod prune;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    iter::Peekable,
};

use apply_semantics::plan::Planner;
use serde::Serialize;
use serde_json::Value;

use super::{
    Inventory, ObjectId, Policy,
    inventory::Known,
    policy::{Marks, Owner, meta},
    waves::{Cycle, Object, Order, waves},
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
/// - What lives and is not ours is taken over, or is not, as the [adoption](super::Adoption) says; it is ours if the annotation
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
    let mut wanted: Vec<(ObjectId, &Value)> = desired
        .iter()
        .map(|object| (ObjectId::of(object), object))
        .collect();
    wanted.sort_by(|(left, _), (right, _)| left.cmp(right));
    for ((left, _), (right, _)) in wanted.iter().zip(wanted.iter().skip(1)) {
        if left == right {
            return Err(PlanError::Duplicate(left.clone()));
        }
    }
    let objects: Vec<Object<'_>> = wanted
        .iter()
        .map(|(id, manifest)| Object {
            id,
            value: manifest,
        })
        .collect();
    let Order { waves, needs } = waves(&objects, policy.order).map_err(|cycle| match cycle {
        Cycle::Objects(objects) => PlanError::Cycle(objects),
        Cycle::Text { object, text } => PlanError::DependsOn { object, text },
    })?;
    let context = Context {
        policy,
        marks: Marks::of(policy),
        planner,
    };
    let facts = facts(&objects, live, inventory);
    let mut steps: Vec<Option<Step>> = facts
        .iter()
        .zip(needs)
        .map(|(facts, needs)| {
            let mut step = context.apply(facts);
            let needs = needs.into_iter().filter_map(|need| objects.get(need));
            step.needs = needs.map(|need| need.id.clone()).collect();
            Some(step)
        })
        .collect();
    let mut place = |index: usize| steps.get_mut(index)?.take();
    let mut plan = Plan {
        waves: waves
            .into_iter()
            .map(|wave| wave.into_iter().filter_map(&mut place).collect())
            .collect(),
    };
    plan.waves.extend(context.prune(&facts, live, inventory));
    plan.waves.retain(|wave: &Vec<Step>| !wave.is_empty());
    Ok(plan)
}

/// All there is about an object that is desired.
struct Facts<'a> {
    id: &'a ObjectId,
    manifest: &'a Value,
    live: Option<&'a Value>,
    known: Option<&'a Known>,
}

/// What there is about objects that come in the order of their ids.
fn facts<'a>(
    objects: &[Object<'a>],
    live: &'a BTreeMap<ObjectId, Value>,
    inventory: &'a Inventory,
) -> Vec<Facts<'a>> {
    let (mut live, mut known) = (live.iter().peekable(), inventory.entries().peekable());
    let facts = objects.iter().map(|object| Facts {
        id: object.id,
        manifest: object.value,
        live: advance(&mut live, object.id),
        known: advance(&mut known, object.id),
    });
    facts.collect()
}

/// Goes on to that id, and gives what is there.
fn advance<'a, T>(
    entries: &mut Peekable<impl Iterator<Item = (&'a ObjectId, &'a T)>>,
    id: &ObjectId,
) -> Option<&'a T> {
    loop {
        let order = entries.peek()?.0.cmp(id);
        if order.is_gt() {
            return None;
        }
        let (_, found) = entries.next()?;
        if order.is_eq() {
            return Some(found);
        }
    }
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
    policy: &'a Policy,
    marks: Marks<'a>,
    planner: &'a Planner,
}

impl Context<'_> {
    /// Whether an object that is there is the one that was applied.
    ///
    /// It is by its uid; where that is not known for certain, because a run ended between the request and its answer, it has
    /// to have our mark, or what our manager applied.
    fn is_known(&self, known: &Known, live: &Value) -> bool {
        let same = known.uid.is_empty() || known.uid == uid_of(live);
        let ours = || self.marks.owner(live) == Owner::Us;
        same && (known.is_certain() || ours() || self.policy.applied(live))
    }
}

fn uid_of(live: &Value) -> &str {
    let uid = meta(live, "uid").and_then(Value::as_str);
    uid.unwrap_or_default()
}

fn is_going(live: &Value) -> bool {
    meta(live, "deletionTimestamp").is_some()
}

/// Says that an object is being deleted, and what it waits for.
pub(super) fn going(live: &Value) -> String {
    let finalizers = meta(live, "finalizers").and_then(Value::as_array);
    let finalizers = finalizers.into_iter().flatten().filter_map(Value::as_str);
    let finalizers: Vec<&str> = finalizers.collect();
    format!(
        "it is being deleted; finalizers: [{}]",
        finalizers.join(", ")
    )
}
