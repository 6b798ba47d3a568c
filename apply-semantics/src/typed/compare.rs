//! What changes from one object to another.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{
    Fit, Kind, elements, error::ValidationErrors, is_empty_list, is_empty_map, item,
    validate::check_scalar,
};
use crate::{
    fieldset::{FieldSet, FieldSetBuilder, Patterns},
    path::{Path, PathElement},
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
    path: Path,
    added: FieldSetBuilder,
    modified: FieldSetBuilder,
    removed: FieldSetBuilder,
}

/// Whether a node was compared as a whole.
type IsLeaf = bool;
type Checked<T> = Result<T, ValidationErrors>;

impl<'a> Walk<'a> {
    fn new(schema: &'a Schema) -> Self {
        Self {
            schema,
            path: Path::new(),
            added: FieldSetBuilder::new(),
            modified: FieldSetBuilder::new(),
            removed: FieldSetBuilder::new(),
        }
    }

    /// Compares a node. Values of different kinds are compared as either kind.
    fn node(&mut self, target: Target, left: Option<&Value>, right: Option<&Value>) -> Checked<()> {
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
            (false, None, _) => self.added.insert(&self.path),
            (false, _, None) => self.removed.insert(&self.path),
            _ => {}
        }
        Ok(())
    }

    fn kind(
        &mut self,
        kind: Kind<'a>,
        left: Option<&Value>,
        right: Option<&Value>,
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
        self.leaf(left, right);
        Ok(true)
    }

    fn leaf(&mut self, left: Option<&Value>, right: Option<&Value>) {
        match (left, right) {
            (None, _) => self.added.insert(&self.path),
            (_, None) => self.removed.insert(&self.path),
            (Some(left), Some(right)) if equal(left, right) => {}
            _ => self.modified.insert(&self.path),
        }
    }

    fn entries(
        &mut self,
        map: &MapNode,
        left: Option<&Value>,
        right: Option<&Value>,
    ) -> Checked<()> {
        let empty = Map::new();
        let [left, right] =
            [left, right].map(|value| value.and_then(Value::as_object).unwrap_or(&empty));
        for (name, value) in left {
            self.below(
                PathElement::field(name.as_str()),
                map.entry(name),
                Some(value),
                right.get(name),
            )?;
        }
        for (name, value) in right.iter().filter(|(name, _)| !left.contains_key(*name)) {
            self.below(
                PathElement::field(name.as_str()),
                map.entry(name),
                None,
                Some(value),
            )?;
        }
        Ok(())
    }

    fn items(&mut self, list: &ListNode, left: &[Value], right: &[Value]) -> Checked<()> {
        let mut copies: BTreeMap<PathElement, [Vec<&Value>; 2]> = BTreeMap::new();
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

    /// Compares the copies of one element. Several on both sides are compared as a whole; one on one side is compared with
    /// nothing, and the element itself changes.
    fn copies(
        &mut self,
        list: &ListNode,
        element: PathElement,
        left: &[&Value],
        right: &[&Value],
    ) -> Checked<()> {
        match (left, right) {
            ([] | [_], [] | [_]) => {
                self.below(
                    element,
                    list.element,
                    left.first().copied(),
                    right.first().copied(),
                )?;
            }
            ([_, _, ..], [_, _, ..]) => {
                let same = left.len() == right.len()
                    && left
                        .iter()
                        .zip(right)
                        .all(|(left, right)| equal(left, right));
                if !same {
                    self.at(element, |walk| walk.modified.insert(&walk.path));
                }
            }
            ([_, _, ..], _) => {
                if let Some(right) = right.first() {
                    self.below(element.clone(), list.element, None, Some(right))?;
                }
                self.at(element, |walk| walk.removed.insert(&walk.path));
            }
            _ => {
                if let Some(left) = left.first() {
                    self.below(element.clone(), list.element, Some(left), None)?;
                }
                self.at(element, |walk| walk.added.insert(&walk.path));
            }
        }
        Ok(())
    }

    fn below(
        &mut self,
        element: PathElement,
        target: Target,
        left: Option<&Value>,
        right: Option<&Value>,
    ) -> Checked<()> {
        self.path.push(element);
        let result = self.node(target, left, right);
        let element = self.path.pop();
        result.map_err(|errors| match element {
            Some(element) => errors.below(&element),
            None => errors,
        })
    }

    fn at(&mut self, element: PathElement, change: impl FnOnce(&mut Self)) {
        self.path.push(element);
        change(self);
        self.path.pop();
    }
}
