//! The set of fields that an object consists of.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{Kind, error::ValidationErrors, is_empty_map, item, kind_of};
use crate::{
    fieldset::{Element, FieldSet, FieldSetBuilder},
    path::PathElement,
    schema::{ListNode, MapNode, Schema, Target, Type},
};

impl Type {
    /// The set of all leaves and list elements of a value. Of entries that are not leaves those are in the set that the type
    /// does not declare, such as the keys of a map.
    ///
    /// # Errors
    /// The schema does not cover the value.
    pub fn field_set(&self, value: Option<&Value>) -> Result<FieldSet, ValidationErrors> {
        walk(self, value, Keyless::Refuse)
    }

    /// The same for a value of which something was removed, so that list elements may have lost their keys. All elements
    /// without keys count as one.
    pub(crate) fn field_set_of_remains(
        &self,
        value: Option<&Value>,
    ) -> Result<FieldSet, ValidationErrors> {
        walk(self, value, Keyless::Accept)
    }
}

fn walk(ty: &Type, value: Option<&Value>, keyless: Keyless) -> Result<FieldSet, ValidationErrors> {
    let mut walk = Walk {
        schema: &ty.schema,
        keyless,
        set: FieldSetBuilder::new(),
    };
    walk.node(ty.root, value)?;
    Ok(walk.set.finish())
}

/// The set that a part of an object adds to that of the whole, which is found at that path.
pub(crate) fn field_set_at(
    schema: &Schema,
    path: impl ExactSizeIterator<Item = PathElement>,
    target: Target,
    value: &Value,
    marked: bool,
) -> Result<FieldSet, ValidationErrors> {
    let mut walk = Walk {
        schema,
        keyless: Keyless::Refuse,
        set: FieldSetBuilder::new(),
    };
    for element in path {
        walk.set.down(element);
    }
    walk.node(target, Some(value))?;
    if marked {
        walk.set.add();
    }
    Ok(walk.set.finish())
}

/// What to do with list elements without keys.
#[derive(Clone, Copy)]
enum Keyless {
    Refuse,
    Accept,
}

struct Walk<'a> {
    schema: &'a Schema,
    keyless: Keyless,
    set: FieldSetBuilder,
}

impl Walk<'_> {
    fn node(&mut self, target: Target, value: Option<&Value>) -> Result<(), ValidationErrors> {
        match kind_of(self.schema, target, value)? {
            Kind::Scalar(_) => self.set.add(),
            Kind::Map(map) if map.atomic => self.set.add(),
            Kind::List(list) if list.atomic => self.set.add(),
            Kind::Map(map) => {
                if let Some(Value::Object(entries)) = value {
                    self.entries(map, entries)?;
                }
            }
            Kind::List(list) => {
                if let Some(Value::Array(items)) = value {
                    self.items(list, items)?;
                }
            }
        }
        Ok(())
    }

    fn entries(
        &mut self,
        map: &MapNode,
        entries: &Map<String, Value>,
    ) -> Result<(), ValidationErrors> {
        for (name, value) in entries {
            self.set.step(Element::Field(name));
            self.node(map.entry(name), Some(value))
                .map_err(|errors| errors.below(&PathElement::field(name.as_str())))?;
            let empty = value.is_null() || (value.is_object() && is_empty_map(Some(value)));
            if empty || !map.fields.contains_key(name.as_str()) {
                self.set.add();
            }
            self.set.up();
        }
        Ok(())
    }

    /// Elements that are there more than once are owned as they are, without what is in them.
    fn items(&mut self, list: &ListNode, items: &[Value]) -> Result<(), ValidationErrors> {
        let mut elements: BTreeMap<PathElement, (&Value, usize)> = BTreeMap::new();
        for item in items {
            let element = match self.keyless {
                Keyless::Refuse => item::element(self.schema, list, item)?,
                Keyless::Accept => item::element_or_none(self.schema, list, item),
            };
            elements.entry(element).or_insert((item, 0)).1 += 1;
        }
        for (element, (item, copies)) in elements {
            self.set.step(Element::from(&element));
            if copies == 1 {
                self.node(list.element, Some(item))
                    .map_err(|errors| errors.below(&element))?;
            }
            self.set.add();
            self.set.up();
        }
        Ok(())
    }
}
