//! Which clusters meet a selector and have a taint: one set for each that somebody asks for.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    inventory::{Cluster, Taint, TaintEffect},
    selector::Labels,
};

use super::{super::ClusterSelector, bits::Bits, members::Members};

/// The selectors in use, each once.
#[derive(Debug, Default)]
pub(super) struct Selectors {
    entries: Vec<Selected>,
    ids: BTreeMap<String, usize>,
    free: Vec<usize>,
    /// The selectors that look at a label.
    by_label: BTreeMap<String, BTreeSet<usize>>,
    /// The selectors that look at a claim.
    by_claim: BTreeMap<String, BTreeSet<usize>>,
}

/// A selector.
#[derive(Debug, Default)]
pub(super) struct Selected {
    pub(super) selector: ClusterSelector,
    /// The clusters that it selects.
    pub(super) bits: Bits,
    /// The placements that use it, each with how often.
    pub(super) users: BTreeMap<usize, usize>,
}

impl Selectors {
    pub(super) fn get(&self, id: usize) -> Option<&Selected> {
        self.entries.get(id)
    }

    /// The selector's number, for one more use by that placement.
    pub(super) fn take(
        &mut self,
        selector: &ClusterSelector,
        user: usize,
        members: &Members,
    ) -> usize {
        // The same text for the same selector; what cannot be written is its own.
        let text = serde_json::to_string(selector).unwrap_or_default();
        let id = self.ids.get(&text).copied().unwrap_or_else(|| {
            let id = self.free.pop().unwrap_or(self.entries.len());
            if id == self.entries.len() {
                self.entries.push(Selected::default());
            }
            self.ids.insert(text, id);
            self.fill(id, selector, members);
            id
        });
        if let Some(entry) = self.entries.get_mut(id) {
            *entry.users.entry(user).or_insert(0) += 1;
        }
        id
    }

    fn fill(&mut self, id: usize, selector: &ClusterSelector, members: &Members) {
        for key in label_keys(selector) {
            self.by_label.entry(key.clone()).or_default().insert(id);
        }
        for requirement in &selector.claim_selector.match_expressions {
            let claims = self.by_claim.entry(requirement.key.clone());
            claims.or_default().insert(id);
        }
        if let Some(entry) = self.entries.get_mut(id) {
            entry.selector = selector.clone();
            let meant = members.iter().filter(|(_, member)| {
                selector.matches(&member.cluster.labels, &member.cluster.claims)
            });
            entry.bits = meant.map(|(slot, _)| slot).collect();
        }
    }

    /// Ends one use of the selector.
    pub(super) fn release(&mut self, id: usize, user: usize) {
        let Some(entry) = self.entries.get_mut(id) else {
            return;
        };
        if let Some(uses) = entry.users.get_mut(&user) {
            *uses -= 1;
            if *uses == 0 {
                entry.users.remove(&user);
            }
        }
        if !entry.users.is_empty() {
            return;
        }
        let selector = std::mem::take(entry).selector;
        let text = serde_json::to_string(&selector).unwrap_or_default();
        self.ids.remove(&text);
        for (_, ids) in self.by_label.iter_mut().chain(&mut self.by_claim) {
            ids.remove(&id);
        }
        self.by_label.retain(|_, ids| !ids.is_empty());
        self.by_claim.retain(|_, ids| !ids.is_empty());
        self.free.push(id);
    }

    /// Looks at the cluster again; `flipped` is told each selector that meant it and does not any more, or the other way
    /// round.
    pub(super) fn update(
        &mut self,
        slot: usize,
        old: Option<&Cluster>,
        new: Option<&Cluster>,
        mut flipped: impl FnMut(&Selected, bool),
    ) {
        let affected: Box<dyn Iterator<Item = usize>> = match (old, new) {
            (Some(old), Some(new)) => {
                let mut ids = BTreeSet::new();
                affected(&self.by_label, &old.labels, &new.labels, &mut ids);
                affected(&self.by_claim, &old.claims, &new.claims, &mut ids);
                Box::new(ids.into_iter())
            }
            _ => Box::new(0..self.entries.len()),
        };
        for id in affected {
            let Some(entry) = self.entries.get_mut(id) else {
                continue;
            };
            let meant = !entry.users.is_empty()
                && new.is_some_and(|new| entry.selector.matches(&new.labels, &new.claims));
            if entry.bits.contains(slot) != meant {
                entry.bits.set(slot, meant);
                flipped(entry, meant);
            }
        }
    }
}

fn label_keys(selector: &ClusterSelector) -> impl Iterator<Item = &String> {
    let labels = &selector.label_selector;
    let expressions = labels.match_expressions.iter();
    let expressions = expressions.map(|requirement| &requirement.key);
    labels.match_labels.keys().chain(expressions)
}

/// The selectors that look at something that is not the same in both.
fn affected(
    index: &BTreeMap<String, BTreeSet<usize>>,
    old: &Labels,
    new: &Labels,
    ids: &mut BTreeSet<usize>,
) {
    if old == new {
        return;
    }
    let changed = old
        .iter()
        .filter(|(key, value)| new.get(*key) != Some(*value));
    let added = new.iter().filter(|(key, _)| !old.contains_key(*key));
    for (key, _) in changed.chain(added) {
        ids.extend(index.get(key).into_iter().flatten());
    }
}

/// The taints that there are, each once, whenever it was added.
#[derive(Debug, Default)]
pub(super) struct Taints(Vec<Tainted>);

/// A taint.
#[derive(Debug)]
pub(super) struct Tainted {
    pub(super) key: String,
    pub(super) value: String,
    pub(super) effect: TaintEffect,
    /// The clusters that have it.
    pub(super) bits: Bits,
}

impl Taints {
    pub(super) fn iter(&self) -> impl Iterator<Item = &Tainted> {
        self.0.iter()
    }

    pub(super) fn update(&mut self, slot: usize, old: &[Taint], new: &[Taint]) {
        if old == new {
            return;
        }
        for taint in old {
            if let Some(entry) = self.0.iter_mut().find(|entry| entry.is(taint)) {
                entry.bits.set(slot, false);
            }
        }
        for taint in new {
            if taint.effect == TaintEffect::PreferNoSelect {
                continue;
            }
            let place = self.0.iter().position(|entry| entry.is(taint));
            let place = place.unwrap_or_else(|| {
                self.0.push(Tainted {
                    key: taint.key.clone(),
                    value: taint.value.clone(),
                    effect: taint.effect,
                    bits: Bits::default(),
                });
                self.0.len() - 1
            });
            if let Some(entry) = self.0.get_mut(place) {
                entry.bits.set(slot, true);
            }
        }
        self.0.retain(|entry| !entry.bits.is_empty());
    }
}

impl Tainted {
    pub(super) fn is(&self, taint: &Taint) -> bool {
        self.key == taint.key && self.value == taint.value && self.effect == taint.effect
    }
}
