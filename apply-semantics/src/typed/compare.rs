//! What changes from one object to another.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    Fit, Kind, elements,
    error::{Reason, ValidationErrors},
    is_empty_list, is_empty_map, item,
    valid::are_unique,
    validate::check_scalar,
};
use crate::{
    fieldset::{Element, FieldSet, FieldSetBuilder, Patterns},
    fused::{Join, maps_are_sorted},
    path::PathElement,
    schema::{ListNode, MapNode, Schema, Target, Type},
    value::equal,
};

/// The fields that differ between two objects. No field is in more than one of the sets.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Comparison {
    /// Fields that only the second object has.
    pub added: FieldSet,
    /// Fields that both have, with different values.
    pub modified: FieldSet,
    /// Fields that only the first object has.
    pub removed: FieldSet,
}

impl Comparison {
    /// Whether there is no difference.
    pub fn is_same(&self) -> bool {
        self.added.is_empty() && self.modified.is_empty() && self.removed.is_empty()
    }

    /// The comparison without fields of the set, and all below them.
    #[must_use]
    pub fn without(self, fields: &FieldSet) -> Self {
        self.map(|set| set.recursive_difference(fields))
    }

    /// The comparison of only the fields that match.
    #[must_use]
    pub fn matching(self, patterns: &Patterns) -> Self {
        self.map(|set| set.matching(patterns))
    }

    fn map(self, change: impl Fn(&FieldSet) -> FieldSet) -> Self {
        Self {
            added: change(&self.added),
            modified: change(&self.modified),
            removed: change(&self.removed),
        }
    }
}

impl Type {
    /// What changes from one value to another.
    ///
    /// # Errors
    /// Both values are absent, or one is not valid.
    pub fn compare(
        &self,
        left: Option<&Value>,
        right: Option<&Value>,
    ) -> Result<Comparison, ValidationErrors> {
        let mut walk = Walk::new(&self.schema);
        walk.node(self.root, left, right)?;
        Ok(Comparison {
            added: walk.added.finish(),
            modified: walk.modified.finish(),
            removed: walk.removed.finish(),
        })
    }
}

struct Walk<'a> {
    schema: &'a Schema,
    way: Vec<Step<'a>>,
    added: FieldSetBuilder,
    modified: FieldSetBuilder,
    removed: FieldSetBuilder,
}

#[derive(Clone, Copy)]
enum Side {
    Added,
    Modified,
    Removed,
}

/// A step of the way to a node. It becomes a path element only if something differs there.
enum Step<'a> {
    Field(&'a str),
    Item(&'a ListNode, &'a Value),
    Element(PathElement),
}

/// Whether a node was compared as a whole.
type IsLeaf = bool;
type Checked<T> = Result<T, ValidationErrors>;

impl<'a> Walk<'a> {
    fn new(schema: &'a Schema) -> Self {
        Self {
            schema,
            way: Vec::new(),
            added: FieldSetBuilder::new(),
            modified: FieldSetBuilder::new(),
            removed: FieldSetBuilder::new(),
        }
    }

    /// Compares a node. Values of different kinds are compared as either kind.
    fn node(
        &mut self,
        target: Target,
        left: Option<&'a Value>,
        right: Option<&'a Value>,
    ) -> Checked<()> {
        let node = self.schema.node(target)?;
        let (left_fit, right_fit) = (Fit::of(node, left), Fit::of(node, right));
        let leaf = match (left, right) {
            (_, None) => self.kind(left_fit.kind()?, left, right)?,
            (Some(_), Some(_)) if !left_fit.is_same(right_fit) => {
                self.kind(left_fit.kind()?, left, right)?;
                self.kind(right_fit.kind()?, left, right)?
            }
            _ => self.kind(right_fit.kind()?, left, right)?,
        };
        match (leaf, left, right) {
            (false, None, _) => self.put(Side::Added),
            (false, _, None) => self.put(Side::Removed),
            _ => Ok(()),
        }
    }

    fn kind(
        &mut self,
        kind: Kind<'a>,
        left: Option<&'a Value>,
        right: Option<&'a Value>,
    ) -> Checked<IsLeaf> {
        match kind {
            Kind::Scalar(scalar) => {
                if let (Some(reason), Some(_)) =
                    (check_scalar(scalar, right), check_scalar(scalar, left))
                {
                    return Err(reason.into());
                }
            }
            Kind::Map(map) if map.atomic || (is_empty_map(left) && is_empty_map(right)) => {}
            Kind::List(list) if list.atomic || (is_empty_list(left) && is_empty_list(right)) => {}
            Kind::Map(map) => return self.entries(map, left, right).map(|()| false),
            Kind::List(list) => {
                return self
                    .items(list, elements(left), elements(right))
                    .map(|()| false);
            }
        }
        self.leaf(left, right)?;
        Ok(true)
    }

    fn leaf(&mut self, left: Option<&'a Value>, right: Option<&'a Value>) -> Checked<()> {
        match (left, right) {
            (None, _) => self.put(Side::Added),
            (_, None) => self.put(Side::Removed),
            (Some(left), Some(right)) if equal(left, right) => Ok(()),
            _ => self.put(Side::Modified),
        }
    }

    /// Puts the path to where the walk is into a set.
    fn put(&mut self, side: Side) -> Checked<()> {
        for step in &mut self.way {
            if let Step::Item(..) = step {
                *step = Step::Element(step.element(self.schema)?);
            }
        }
        let set = match side {
            Side::Added => &mut self.added,
            Side::Modified => &mut self.modified,
            Side::Removed => &mut self.removed,
        };
        set.insert_steps(self.way.iter().filter_map(|step| match step {
            Step::Field(name) => Some(Element::Field(name)),
            Step::Element(element) => Some(Element::from(element)),
            Step::Item(..) => None,
        }));
        Ok(())
    }

    fn entries(
        &mut self,
        map: &'a MapNode,
        left: Option<&'a Value>,
        right: Option<&'a Value>,
    ) -> Checked<()> {
        let [left, right] = [left, right].map(|value| value.and_then(Value::as_object));
        for (name, left, right) in Join::new(left, right, maps_are_sorted()) {
            self.below(Step::Field(name), map.entry(name), left, right)?;
        }
        Ok(())
    }

    fn items(&mut self, list: &'a ListNode, left: &'a [Value], right: &'a [Value]) -> Checked<()> {
        if self.are_same_items(list, left, right) {
            for (left, right) in left.iter().zip(right) {
                self.below(
                    Step::Item(list, left),
                    list.element,
                    Some(left),
                    Some(right),
                )?;
            }
            return Ok(());
        }
        let mut copies: BTreeMap<PathElement, [Vec<&'a Value>; 2]> = BTreeMap::new();
        for item in left {
            let [left, _] = copies
                .entry(item::element(self.schema, list, item)?)
                .or_default();
            left.push(item);
        }
        for item in right {
            let [_, right] = copies
                .entry(item::element(self.schema, list, item)?)
                .or_default();
            right.push(item);
        }
        for (element, [left, right]) in copies {
            self.copies(list, element, &left, &right)?;
        }
        Ok(())
    }

    /// Whether both lists have the same elements, each once and in the same order, as is usual.
    fn are_same_items(&self, list: &ListNode, left: &[Value], right: &[Value]) -> bool {
        let mut pairs = left.iter().zip(right);
        left.len() == right.len()
            && pairs.all(|(left, right)| item::is_same_plain(self.schema, list, left, right))
            && are_unique(self.schema, list, left)
    }

    /// Compares the copies of one element. Several on both sides are compared as a whole; one on one side is compared with
    /// nothing, and the element itself changes.
    fn copies(
        &mut self,
        list: &'a ListNode,
        element: PathElement,
        left: &[&'a Value],
        right: &[&'a Value],
    ) -> Checked<()> {
        let (first, second) = (left.first().copied(), right.first().copied());
        let step = Step::Element(element.clone());
        match (left, right) {
            ([] | [_], [] | [_]) => self.below(step, list.element, first, second),
            ([_, _, ..], [_, _, ..]) => {
                let mut pairs = left.iter().zip(right);
                if left.len() == right.len() && pairs.all(|(left, right)| equal(left, right)) {
                    return Ok(());
                }
                self.at(step, Side::Modified)
            }
            ([_, _, ..], _) => {
                if second.is_some() {
                    self.below(step, list.element, None, second)?;
                }
                self.at(Step::Element(element), Side::Removed)
            }
            _ => {
                if first.is_some() {
                    self.below(step, list.element, first, None)?;
                }
                self.at(Step::Element(element), Side::Added)
            }
        }
    }

    fn below(
        &mut self,
        step: Step<'a>,
        target: Target,
        left: Option<&'a Value>,
        right: Option<&'a Value>,
    ) -> Checked<()> {
        self.way.push(step);
        let result = self.node(target, left, right);
        let step = self.way.pop();
        result.map_err(
            |errors| match step.and_then(|step| step.element(self.schema).ok()) {
                Some(element) => errors.below(&element),
                None => errors,
            },
        )
    }

    fn at(&mut self, step: Step<'a>, side: Side) -> Checked<()> {
        self.way.push(step);
        let result = self.put(side);
        self.way.pop();
        result
    }
}

impl Step<'_> {
    fn element(&self, schema: &Schema) -> Result<PathElement, Reason> {
        match self {
            Self::Field(name) => Ok(PathElement::field(*name)),
            Self::Item(list, item) => item::element(schema, list, item),
            Self::Element(element) => Ok(element.clone()),
        }
    }
}
