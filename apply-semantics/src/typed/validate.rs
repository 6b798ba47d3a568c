//! Validation.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::{
    Duplicates, Kind,
    error::{Reason, ValidationError, ValidationErrors, prefix},
    item, kind_of,
    valid::is_valid,
};
use crate::{
    patch::JsonKind,
    path::PathElement,
    schema::{ListNode, MapNode, Scalar, Schema, Target, Type},
};

impl Type {
    pub(super) fn validate_with(
        &self,
        value: Option<&Value>,
        duplicates: Duplicates,
    ) -> Result<(), ValidationErrors> {
        if value.is_some_and(|value| is_valid(&self.schema, self.root, value, duplicates)) {
            return Ok(());
        }
        let mut walk = Walk {
            schema: &self.schema,
            duplicates,
            errors: Vec::new(),
        };
        walk.node(self.root, value);
        ValidationErrors::check(walk.errors)
    }
}

struct Walk<'a> {
    schema: &'a Schema,
    duplicates: Duplicates,
    errors: Vec<ValidationError>,
}

impl Walk<'_> {
    fn node(&mut self, target: Target, value: Option<&Value>) {
        match kind_of(self.schema, target, value) {
            Err(fault) => self.fail(fault.into()),
            Ok(Kind::Scalar(scalar)) => {
                if let Some(reason) = check_scalar(scalar, value) {
                    self.fail(reason);
                }
            }
            Ok(Kind::Map(map)) => match value {
                Some(Value::Object(entries)) => self.entries(map, entries),
                Some(Value::Null) => {}
                other => self.fail(expected("an object", other)),
            },
            Ok(Kind::List(list)) => match value {
                Some(Value::Array(items)) => self.items(list, items),
                Some(Value::Null) => {}
                other => self.fail(expected("a list", other)),
            },
        }
    }

    fn entries(&mut self, map: &MapNode, entries: &Map<String, Value>) {
        for (name, value) in entries {
            let target = map.entry(name);
            let declared = target != Target::Absent || map.fields.contains_key(name.as_str());
            self.below(&PathElement::field(name.as_str()), |walk| {
                if declared {
                    walk.node(target, Some(value));
                } else {
                    walk.fail(Reason::UndeclaredField);
                }
            });
        }
    }

    fn items(&mut self, list: &ListNode, items: &[Value]) {
        let mut seen = HashSet::new();
        for (index, item) in items.iter().enumerate() {
            let position = PathElement::index(i64::try_from(index).unwrap_or(i64::MAX));
            if list.atomic {
                self.below(&position, |walk| walk.node(list.element, Some(item)));
                continue;
            }
            let element = match item::element(self.schema, list, item) {
                Ok(element) => element,
                Err(reason) => {
                    self.below(&position, |walk| walk.fail(reason));
                    // Without knowing the element nothing below it can be placed.
                    return;
                }
            };
            let new = seen.insert(element.serialize());
            self.below(&element, |walk| {
                if !new && walk.duplicates == Duplicates::Forbid {
                    walk.fail(Reason::Duplicate);
                }
                walk.node(list.element, Some(item));
            });
        }
    }

    /// Walks on below an element, and places the errors found there.
    fn below(&mut self, element: &PathElement, walk: impl FnOnce(&mut Self)) {
        let before = self.errors.len();
        walk(self);
        prefix(self.errors.get_mut(before..).unwrap_or_default(), element);
    }

    fn fail(&mut self, reason: Reason) {
        self.errors.push(reason.into());
    }
}

/// Why a value is not a scalar of that kind. Null and nothing are.
pub(crate) fn check_scalar(scalar: Scalar, value: Option<&Value>) -> Option<Reason> {
    let (wanted, fits) = match (scalar, value?) {
        (_, Value::Null) => return None,
        (Scalar::Numeric, value) => ("a number", value.is_number()),
        (Scalar::String, value) => ("a string", value.is_string()),
        (Scalar::Boolean, value) => ("a boolean", value.is_boolean()),
        (Scalar::Untyped, value) => ("a scalar", !value.is_array() && !value.is_object()),
    };
    (!fits).then(|| expected(wanted, value))
}

fn expected(wanted: &'static str, found: Option<&Value>) -> Reason {
    Reason::Expected {
        wanted,
        found: found.map(JsonKind::of),
    }
}
