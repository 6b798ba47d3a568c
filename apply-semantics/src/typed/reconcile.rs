//! Sets brought in line with a schema.

use super::{Fit, Kind, error::ValidationErrors};
use crate::{
    fieldset::{Element, FieldSet, FieldSetBuilder, Level},
    path::PathElement,
    schema::{MapNode, Schema, Target, Type},
};

pub(super) fn reconcile(
    ty: &Type,
    fields: &FieldSet,
) -> Result<Option<FieldSet>, ValidationErrors> {
    let mut walk = Walk {
        schema: &ty.schema,
        whole: FieldSetBuilder::new(),
        found: false,
    };
    walk.node(ty.root, fields.level(), false)?;
    if !walk.found {
        return Ok(None);
    }
    let whole = walk.whole.finish();
    Ok(Some(fields.recursive_difference(&whole).union(&whole)))
}

/// Looks for what is owned as a whole, and has something below it in the set.
struct Walk<'a> {
    schema: &'a Schema,
    whole: FieldSetBuilder,
    found: bool,
}

impl Walk<'_> {
    /// Walks a node; `leaf` says that it is in the set, with nothing below it.
    fn node(
        &mut self,
        target: Target,
        fields: Level<'_>,
        leaf: bool,
    ) -> Result<(), ValidationErrors> {
        match Fit::of(self.schema.node(target)?, None).kind()? {
            Kind::Scalar(_) => {}
            Kind::Map(map) if map.deduced => {}
            Kind::Map(map) if map.atomic && !leaf => {
                if !fields.is_empty() {
                    self.owned_whole();
                }
            }
            Kind::List(list) if list.atomic && !leaf => self.owned_whole(),
            Kind::List(list) => self.below(fields, |_| list.element)?,
            Kind::Map(map) => self.below(fields, |element| entry(map, element))?,
        }
        Ok(())
    }

    fn owned_whole(&mut self) {
        self.found = true;
        self.whole.add();
    }

    fn below(
        &mut self,
        fields: Level<'_>,
        target: impl Fn(Element<'_>) -> Target,
    ) -> Result<(), ValidationErrors> {
        for entry in fields.entries() {
            let target = target(entry.element());
            if target == Target::Absent {
                continue;
            }
            self.whole.step(entry.element());
            let leaf = entry.member && entry.level.is_empty();
            self.node(target, entry.level, leaf)
                .map_err(|errors| errors.below(&entry.to_element()))?;
            self.whole.up();
        }
        Ok(())
    }
}

fn entry(map: &MapNode, element: Element<'_>) -> Target {
    match element {
        Element::Field(name) => map.entry(name),
        Element::Other(_) => map.element,
    }
}

pub(super) fn with_named_fields(ty: &Type, fields: &FieldSet) -> FieldSet {
    let mut set = FieldSetBuilder::new();
    name_fields(&ty.schema, ty.root, fields.level(), &mut set);
    set.finish()
}

fn name_fields(schema: &Schema, target: Target, fields: Level<'_>, set: &mut FieldSetBuilder) {
    let node = schema.node(target).ok();
    for entry in fields.entries() {
        set.step(entry.element());
        let mut named = false;
        let below = match (entry.element(), node) {
            (Element::Field(name), Some(node)) => node.map.as_ref().map(|map| {
                named = map.fields.contains_key(name);
                map.entry(name)
            }),
            (Element::Other(PathElement::Key(_)), Some(node)) => {
                node.list.as_ref().map(|list| list.element)
            }
            _ => None,
        };
        if entry.member || named {
            set.add();
        }
        name_fields(schema, below.unwrap_or(Target::Absent), entry.level, set);
        set.up();
    }
}
