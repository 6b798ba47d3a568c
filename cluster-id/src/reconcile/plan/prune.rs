//! What is to be done about objects that were applied and are not desired any more.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{
    super::{
        Inventory, ObjectId,
        inventory::Known,
        policy::{Owner, keeps},
        waves::{Object, Order, waves},
    },
    Action, Context, Facts, Step, advance, going, is_going, uid_of,
};

/// An object that was applied and is not desired.
struct Gone<'a> {
    id: &'a ObjectId,
    known: &'a Known,
    live: Option<&'a Value>,
}

/// What is desired.
struct Desired<'a> {
    ids: Vec<&'a ObjectId>,
    /// As far as it is there, by the uid of what is there.
    by_uid: BTreeMap<&'a str, &'a ObjectId>,
}

impl Context<'_> {
    /// What becomes of objects that were applied and are not desired, dependents first.
    pub(super) fn prune(
        &self,
        desired: &[Facts<'_>],
        live: &BTreeMap<ObjectId, Value>,
        inventory: &Inventory,
    ) -> Vec<Vec<Step>> {
        let mut wanted = desired.iter().map(|facts| (facts.id, facts)).peekable();
        let gone: Vec<Gone<'_>> = inventory
            .entries()
            .filter(|(id, _)| advance(&mut wanted, id).is_none())
            .map(|(id, known)| Gone {
                id,
                known,
                live: live.get(id),
            })
            .collect();
        if gone.is_empty() {
            return Vec::new();
        }
        let by_uid = desired.iter();
        let by_uid = by_uid.filter_map(|facts| Some((uid_of(facts.live?), facts.id)));
        let desired = Desired {
            ids: desired.iter().map(|facts| facts.id).collect(),
            by_uid: by_uid.collect(),
        };
        let steps = gone.iter().map(|gone| self.prune_one(gone, &desired));
        let mut steps: Vec<Step> = steps.collect();
        self.guard(&mut steps, inventory.len());
        self.order(&gone, steps)
    }

    /// Blocks all deletions if there are more than the policy lets there be.
    fn guard(&self, steps: &mut [Step], total: usize) {
        let is_deletion = |step: &&mut Step| matches!(step.action, Action::Delete { .. });
        let deleted = steps.iter_mut().filter(is_deletion).count();
        let Some(most) = self.policy.most_deleted.map(|most| most.of(total)) else {
            return;
        };
        if deleted <= most {
            return;
        }
        let why = format!("{deleted} of {total} objects would be deleted, at most {most} may be");
        for step in steps.iter_mut().filter(is_deletion) {
            step.action = Action::Blocked;
            step.reasons.push(why.clone());
        }
    }

    /// In waves, what depends on others first. `steps` are those of `gone`.
    fn order(&self, gone: &[Gone<'_>], steps: Vec<Step>) -> Vec<Vec<Step>> {
        let there = gone.iter().filter_map(|gone| {
            let (id, value) = (gone.id, gone.live?);
            Some(Object { id, value })
        });
        let there: Vec<Object<'_>> = there.collect();
        // What cannot be ordered by what it depends on is still ordered by kind.
        let order = waves(&there, self.policy.order).unwrap_or_else(|_| {
            let mut all: Vec<usize> = (0..there.len()).collect();
            all.sort_by_cached_key(|index| {
                there
                    .get(*index)
                    .map(|object| self.policy.order.place(object.id))
            });
            Order {
                waves: all.into_iter().map(|index| vec![index]).collect(),
                needs: Vec::new(),
            }
        });
        let mut rest: BTreeMap<&ObjectId, Step> =
            gone.iter().map(|gone| gone.id).zip(steps).collect();
        for (object, needs) in there.iter().zip(order.needs) {
            for need in needs.into_iter().filter_map(|need| there.get(need)) {
                if let Some(step) = rest.get_mut(need.id) {
                    step.needs.insert(object.id.clone());
                }
            }
        }
        let mut result: Vec<Vec<Step>> = Vec::new();
        for wave in order.waves.into_iter().rev() {
            let steps = wave.into_iter().rev();
            let steps = steps.filter_map(|index| rest.remove(there.get(index)?.id));
            result.push(steps.collect());
        }
        result.push(rest.into_values().collect());
        result
    }

    fn prune_one(&self, gone: &Gone<'_>, desired: &Desired<'_>) -> Step {
        let (action, why) = self.pruned(gone, desired);
        Step {
            object: gone.id.clone(),
            action,
            reasons: vec![why],
            uid: gone.live.map_or("", uid_of).to_owned(),
            needs: BTreeSet::new(),
        }
    }

    fn pruned(&self, gone: &Gone<'_>, desired: &Desired<'_>) -> (Action, String) {
        let Gone { id, known, live } = *gone;
        let Some(live) = live else {
            return (Action::Forget, "it is gone".to_owned());
        };
        let live_uid = uid_of(live);
        if !known.uid.is_empty() && live_uid != known.uid {
            return (Action::Orphan, "another object has its name now".to_owned());
        }
        let same = desired
            .by_uid
            .get(live_uid)
            .filter(|_| !live_uid.is_empty());
        if let Some(same) = same {
            return (Action::Orphan, format!("it is {same}, which is desired"));
        }
        if self.marks.owner(live) == Owner::Other {
            return (Action::Orphan, "it belongs to another inventory".to_owned());
        }
        if !self.is_known(known, live) {
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
        let used = desired.ids.iter().find(|other| other.namespace == id.name);
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
