//! One object merged over another.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde_json::{Map, Value};

use super::{
    Fit, Kind,
    error::{Reason, ValidationError, ValidationErrors, prefix},
    is_empty_list, is_empty_map, item,
    validate::check_scalar,
};
use crate::{
    path::PathElement,
    schema::{ListNode, MapNode, Schema, Target, Type},
};

impl Type {
    /// The first value with the second over it.
    ///
    /// # Errors
    /// Both values are absent, or one is not valid. What is wrong inside list elements is not reported but left out.
    pub fn merge(
        &self,
        under: Option<Value>,
        over: Option<Value>,
    ) -> Result<Option<Value>, ValidationErrors> {
        let mut walk = Walk {
            schema: &self.schema,
            errors: Vec::new(),
        };
        let merged = walk.node(self.root, under, over);
        ValidationErrors::check(walk.errors)?;
        Ok(merged)
    }
}

struct Walk<'a> {
    schema: &'a Schema,
    errors: Vec<ValidationError>,
}

impl<'a> Walk<'a> {
    /// Merges a node. If the values are of different kinds the kind of the one over the other counts.
    fn node(&mut self, target: Target, under: Option<Value>, over: Option<Value>) -> Option<Value> {
        let schema = self.schema;
        let node = match schema.node(target) {
            Ok(node) => node,
            Err(fault) => return self.fail(fault.into()),
        };
        let (under_fit, over_fit) = (Fit::of(node, under.as_ref()), Fit::of(node, over.as_ref()));
        let fit = if over.is_none() { under_fit } else { over_fit };
        if under.is_some() && over.is_some() && !under_fit.is_same(over_fit) {
            // The original also merges by the kind of the value below, for the errors alone.
            match under_fit.kind() {
                Ok(kind) => drop(self.kind(kind, under.clone(), over.clone())),
                Err(fault) => return self.fail(fault.into()),
            }
        }
        match fit.kind() {
            Ok(kind) => self.kind(kind, under, over),
            Err(fault) => self.fail(fault.into()),
        }
    }

    fn kind(&mut self, kind: Kind<'a>, under: Option<Value>, over: Option<Value>) -> Option<Value> {
        match kind {
            Kind::Scalar(scalar) => {
                let faults = (
                    check_scalar(scalar, under.as_ref()),
                    check_scalar(scalar, over.as_ref()),
                );
                if let (Some(_), Some(reason)) = faults {
                    return self.fail(reason);
                }
                over.or(under)
            }
            Kind::Map(map)
                if map.atomic || (is_empty_map(under.as_ref()) && is_empty_map(over.as_ref())) =>
            {
                over.or(under)
            }
            Kind::List(list)
                if list.atomic
                    || (is_empty_list(under.as_ref()) && is_empty_list(over.as_ref())) =>
            {
                over.or(under)
            }
            Kind::Map(map) => self.entries(map, entries(under), entries(over)),
            Kind::List(list) => self.items(list, items(under), items(over)),
        }
    }

    fn entries(
        &mut self,
        map: &MapNode,
        under: Map<String, Value>,
        mut over: Map<String, Value>,
    ) -> Option<Value> {
        let mut merged = Map::new();
        let mut put = |walk: &mut Self, name: String, under, over| {
            let before = walk.errors.len();
            let value = walk.node(map.entry(&name), under, over);
            if walk.errors.len() > before {
                let new = walk.errors.get_mut(before..).unwrap_or_default();
                prefix(new, &PathElement::field(name.as_str()));
            }
            if let Some(value) = value {
                merged.insert(name, value);
            }
        };
        for (name, value) in under {
            let over = over.remove(&name);
            put(self, name, Some(value), over);
        }
        for (name, value) in over {
            put(self, name, None, Some(value));
        }
        (!merged.is_empty()).then_some(Value::Object(merged))
    }

    fn items(&mut self, list: &'a ListNode, under: Vec<Value>, over: Vec<Value>) -> Option<Value> {
        let before = self.errors.len();
        let over = self.index(list, over, false);
        let under = self.index(list, under, true);
        if self.errors.len() > before {
            return None;
        }
        let mut merged = Vec::with_capacity(under.items.len().max(over.items.len()));
        let steps = Order::new(&under, &over).steps();
        for (under, over) in pairs(steps, under.items, over.items) {
            merged.extend(self.item(list, under, over));
        }
        (!merged.is_empty()).then_some(Value::Array(merged))
    }

    /// Merges an element. As in the original, errors in it are dropped with what they are about.
    fn item(
        &mut self,
        list: &ListNode,
        under: Option<Value>,
        over: Option<Value>,
    ) -> Option<Value> {
        let mut walk = Walk {
            schema: self.schema,
            errors: Vec::new(),
        };
        walk.node(list.element, under, over)
    }

    fn index(&mut self, list: &ListNode, items: Vec<Value>, duplicates: bool) -> Indexed {
        let mut indexed = Indexed::default();
        for item in items {
            match item::element(self.schema, list, &item) {
                Ok(element) => {
                    let count = indexed.counts.entry(element.clone()).or_default();
                    *count += 1;
                    if *count > 1 && !duplicates {
                        self.fail(Reason::Duplicate);
                    }
                    indexed.elements.push(element);
                    indexed.items.push(item);
                }
                Err(reason) => drop(self.fail(reason)),
            }
        }
        indexed
    }

    fn fail(&mut self, reason: Reason) -> Option<Value> {
        self.errors.push(reason.into());
        None
    }
}

fn entries(value: Option<Value>) -> Map<String, Value> {
    match value {
        Some(Value::Object(entries)) => entries,
        _ => Map::new(),
    }
}

fn items(value: Option<Value>) -> Vec<Value> {
    match value {
        Some(Value::Array(items)) => items,
        _ => Vec::new(),
    }
}

/// The elements of a list, in order, and how often each is there.
#[derive(Default)]
struct Indexed {
    elements: Vec<PathElement>,
    items: Vec<Value>,
    counts: BTreeMap<PathElement, usize>,
}

/// In which order the elements of two lists are merged: pairs of positions, in the list below and in the one over it.
///
/// Two cursors go through the lists. Elements of the list below keep their place before the next shared element; shared
/// elements come in the order of the list over it.
struct Order<'a> {
    under: &'a Indexed,
    over: &'a Indexed,
    /// The elements of the list over the other that the list below has too, from the next one on.
    shared: VecDeque<&'a PathElement>,
    done: BTreeSet<&'a PathElement>,
    steps: Vec<Step>,
}

/// The position of an element that is in the list below more than once.
const REPEATED: usize = usize::MAX;

/// A step of the merge: elements to merge, by their positions.
type Step = (Option<usize>, Option<usize>);

impl<'a> Order<'a> {
    fn new(under: &'a Indexed, over: &'a Indexed) -> Self {
        let shared = over
            .elements
            .iter()
            .filter(|element| under.counts.contains_key(element))
            .collect();
        Self {
            under,
            over,
            shared,
            done: BTreeSet::new(),
            steps: Vec::new(),
        }
    }

    fn steps(mut self) -> Vec<Step> {
        let positions = self.positions();
        let (mut left, mut right) = (0, 0);
        loop {
            match (self.under.elements.get(left), self.over.elements.get(right)) {
                (None, None) => return self.steps,
                (Some(below), Some(above)) if below == above => {
                    self.take_over(above, right, &positions);
                    self.shared.pop_front();
                    left += 1;
                    right += 1;
                    continue;
                }
                (Some(below), Some(_))
                    if self.is_over(below)
                        && self.shared.front().is_some_and(|next| *next != below) =>
                {
                    // It is shared, but its turn comes later.
                    left += 1;
                    continue;
                }
                (Some(below), _) if !self.is_over(below) => {
                    self.steps.push((Some(left), None));
                    left += 1;
                    continue;
                }
                (Some(below), _) if self.done.contains(below) => left += 1,
                _ => {}
            }
            if let Some(above) = self.over.elements.get(right) {
                self.take_over(above, right, &positions);
                right += 1;
                if self.shared.front() == Some(&above) {
                    self.shared.pop_front();
                }
            }
        }
    }

    /// Where each element is in the list below; [`REPEATED`] if it is there more than once.
    fn positions(&self) -> BTreeMap<&'a PathElement, usize> {
        let mut positions = BTreeMap::new();
        for (index, element) in self.under.elements.iter().enumerate() {
            positions
                .entry(element)
                .and_modify(|at| *at = REPEATED)
                .or_insert(index);
        }
        positions
    }

    fn is_over(&self, element: &PathElement) -> bool {
        self.over.counts.contains_key(element)
    }

    fn take_over(
        &mut self,
        element: &'a PathElement,
        at: usize,
        positions: &BTreeMap<&PathElement, usize>,
    ) {
        self.done.insert(element);
        self.steps.push((positions.get(element).copied(), Some(at)));
    }
}

/// The elements to merge with each other, in order. An element that is in the list below more than once is merged as null.
fn pairs(
    steps: Vec<Step>,
    under: Vec<Value>,
    over: Vec<Value>,
) -> impl Iterator<Item = (Option<Value>, Option<Value>)> {
    let mut under: Vec<Option<Value>> = under.into_iter().map(Some).collect();
    let mut over: Vec<Option<Value>> = over.into_iter().map(Some).collect();
    let take = |items: &mut Vec<Option<Value>>, at: Option<usize>| {
        items.get_mut(at?).and_then(Option::take)
    };
    steps.into_iter().map(move |(left, right)| {
        let left = if left == Some(REPEATED) {
            Some(Value::Null)
        } else {
            take(&mut under, left)
        };
        (left, take(&mut over, right))
    })
}
