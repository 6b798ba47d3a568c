//! Objects of a type, and objects made from others.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{
    generator::{Dice, Generator},
    reduce,
};
use crate::{
    fieldset::FieldSet,
    path::Path,
    schema::{ListNode, MapNode, Node, Scalar, Target, Type},
    typed::{Duplicates, Typed},
    value::{equal, path_text},
};

/// How deep generated objects are.
const DEPTH: usize = 5;
/// The most fields that a generated struct has.
const WIDTH: usize = 5;
/// How often a generator tries again when what it made is not valid.
const TRIES: usize = 8;

/// Valid objects of a type. Fields `apiVersion` and `kind` are always there if the type has them, and `managedFields` never is. Nothing
/// is null, and no list or map is empty: what is owned of those comes and goes by rules of its own.
pub fn object(ty: &Type) -> Generator<Value> {
    objects(ty, Duplicates::Forbid)
}

/// Objects of a type as they may be stored: elements of sets and keyed lists may be there more than once, and lists and maps may be
/// empty.
pub fn object_with_duplicates(ty: &Type) -> Generator<Value> {
    objects(ty, Duplicates::Allow)
}

fn objects(ty: &Type, duplicates: Duplicates) -> Generator<Value> {
    let maker = Maker::new(ty, duplicates);
    let judge = maker.clone();
    Generator::new(
        move |dice| maker.valid(dice, Maker::root),
        move |value| {
            let mut simpler = reduce::values(value);
            simpler.retain(|value| judge.is_valid(value));
            simpler
        },
    )
}

/// An object with some changes: parts are added, removed, changed or moved. It shrinks towards the object.
pub fn mutation(ty: &Type, object: &Value) -> Generator<Value> {
    let maker = Maker::new(ty, Duplicates::Forbid);
    let judge = maker.clone();
    let (base, towards) = (object.clone(), object.clone());
    Generator::new(
        move |dice| {
            let change = |maker: &Maker, dice: &mut Dice<'_>| {
                (0..=dice.below(3)).fold(base.clone(), |value, _| {
                    maker.changed(maker.ty.root, &value, dice, DEPTH)
                })
            };
            maker.valid_or(dice, base.clone(), change)
        },
        move |value| {
            let mut closer = reduce::towards(&towards, value);
            closer.retain(|value| judge.is_valid(value));
            closer
        },
    )
}

/// A part of an object: what somebody might apply who wants some of its fields. Elements of keyed lists keep their keys.
pub fn projection(ty: &Type, object: &Value) -> Generator<Value> {
    let maker = Maker::new(ty, Duplicates::Forbid);
    let judge = maker.clone();
    let base = object.clone();
    Generator::new(
        move |dice| {
            let choose = |maker: &Maker, dice: &mut Dice<'_>| {
                let whole = Typed::unchecked(maker.ty.clone(), Some(base.clone()));
                let leaves = whole.field_set().unwrap_or_default().leaves();
                let paths: Vec<Path> = leaves.paths().collect();
                let chosen: FieldSet = dice
                    .some(&paths, paths.len())
                    .into_iter()
                    .cloned()
                    .collect();
                let part = whole.extract_with_keys(&chosen).into_value();
                maker.dressed(part.unwrap_or_default(), &base)
            };
            maker.valid_or(dice, base.clone(), choose)
        },
        move |value| {
            let mut simpler = reduce::values(value);
            simpler.retain(|value| judge.is_valid(value));
            simpler
        },
    )
}

/// Makes values by a type.
#[derive(Clone)]
struct Maker {
    ty: Type,
    duplicates: Duplicates,
}

impl Maker {
    fn new(ty: &Type, duplicates: Duplicates) -> Self {
        Self {
            ty: ty.clone(),
            duplicates,
        }
    }

    fn is_valid(&self, value: &Value) -> bool {
        let full = || self.duplicates == Duplicates::Allow || !has_empty(value);
        full() && Typed::new(self.ty.clone(), value.clone(), self.duplicates).is_ok()
    }

    /// What is made, if it is valid; the last resort is an object without any choice.
    fn valid(&self, dice: &mut Dice<'_>, make: impl Fn(&Self, &mut Dice<'_>) -> Value) -> Value {
        let fallback = self.dressed(Value::Object(Map::new()), &Value::Null);
        self.valid_or(dice, fallback, make)
    }

    fn valid_or(
        &self,
        dice: &mut Dice<'_>,
        fallback: Value,
        make: impl Fn(&Self, &mut Dice<'_>) -> Value,
    ) -> Value {
        let mut tries = (0..TRIES).map(|_| {
            let mut value = make(self, dice);
            if self.duplicates == Duplicates::Forbid {
                drop_empty(&mut value);
            }
            value
        });
        let valid = tries.find(|value| self.is_valid(value));
        valid.unwrap_or(fallback)
    }

    fn node(&self, target: Target) -> Option<&Node> {
        self.ty.schema.node(target).ok()
    }

    fn root(&self, dice: &mut Dice<'_>) -> Value {
        let value = self.value(self.ty.root, dice, DEPTH);
        self.dressed(value.unwrap_or_default(), &Value::Null)
    }

    /// An object that says what it is.
    fn dressed(&self, mut value: Value, like: &Value) -> Value {
        let map = self.node(self.ty.root).and_then(|node| node.map.as_ref());
        if let (Some(map), Some(object)) = (map, value.as_object_mut()) {
            for (field, text) in [("apiVersion", "v1"), ("kind", "Kind")] {
                if map.fields.contains_key(field) {
                    let wanted = like.get(field).cloned().unwrap_or_else(|| text.into());
                    object.insert(field.to_owned(), wanted);
                }
            }
        }
        value
    }

    /// A value of one of the kinds that a type allows; none if it allows none.
    fn value(&self, target: Target, dice: &mut Dice<'_>, depth: usize) -> Option<Value> {
        let node = self.node(target)?;
        let mut kinds = Vec::new();
        if let Some(scalar) = node.scalar {
            kinds.extend([Choice::Scalar(scalar), Choice::Scalar(scalar)]);
        }
        if let Some(list) = &node.list {
            kinds.push(Choice::List(list));
        }
        if let Some(map) = &node.map {
            kinds.extend([Choice::Map(map), Choice::Map(map)]);
        }
        if depth == 0 && node.scalar.is_some() {
            kinds.truncate(1);
        }
        Some(match dice.pick(&kinds)? {
            Choice::Scalar(scalar) => scalar_value(*scalar, dice),
            Choice::List(list) => self.list(list, dice, depth),
            Choice::Map(map) => Value::Object(self.map(map, dice, depth)),
        })
    }

    fn map(&self, map: &MapNode, dice: &mut Dice<'_>, depth: usize) -> Map<String, Value> {
        let mut object = Map::new();
        if depth == 0 {
            return object;
        }
        let mut names: Vec<&str> = map.fields.keys().map(|name| &**name).collect();
        names.retain(|name| *name != "managedFields");
        names.sort_unstable();
        for name in dice.some(&names, WIDTH) {
            if let Some(value) = self.value(map.entry(name), dice, depth - 1) {
                object.insert((*name).to_owned(), value);
            }
        }
        if map.element != Target::Absent {
            for name in dice.some(&["a", "b", "c"], 3) {
                if let Some(value) = self.value(map.element, dice, depth - 1) {
                    object.entry(*name).or_insert(value);
                }
            }
        }
        object
    }

    fn list(&self, list: &ListNode, dice: &mut Dice<'_>, depth: usize) -> Value {
        let mut items: Vec<Value> = Vec::new();
        let mut seen = BTreeSet::new();
        if depth == 0 {
            return Value::Array(items);
        }
        for _ in 0..dice.below(4) {
            let Some(item) = self.item(list, dice, depth - 1) else {
                continue;
            };
            let again = self.duplicates == Duplicates::Allow && dice.once_in(2);
            if list.atomic || seen.insert(self.identity(list, &item)) || again {
                items.push(item);
            }
        }
        Value::Array(items)
    }

    fn item(&self, list: &ListNode, dice: &mut Dice<'_>, depth: usize) -> Option<Value> {
        if list.atomic {
            return self.value(list.element, dice, depth);
        }
        let node = self.node(list.element)?;
        if list.keys.is_empty() {
            return node.scalar.map(|scalar| scalar_value(scalar, dice));
        }
        let map = node.map.as_ref()?;
        let mut item = self.map(map, dice, depth);
        for key in list.keys.iter() {
            item.remove(&**key);
            let default = map.fields.get(key).and_then(|field| field.default.as_ref());
            if default.is_some() && dice.once_in(2) {
                continue;
            }
            let scalar = self.node(map.entry(key)).and_then(|node| node.scalar)?;
            item.insert((**key).to_owned(), scalar_value(scalar, dice));
        }
        Some(Value::Object(item))
    }

    /// What tells an element of a list apart.
    fn identity(&self, list: &ListNode, item: &Value) -> String {
        if list.keys.is_empty() {
            return path_text(item);
        }
        let fields = self.node(list.element).and_then(|node| node.map.as_ref());
        let key = |key: &str| {
            let default = fields.and_then(|map| map.fields.get(key));
            let default = default.and_then(|field| field.default.as_ref());
            item.get(key).or(default).map(path_text)
        };
        let keys: Vec<_> = list.keys.iter().map(|name| key(name)).collect();
        format!("{keys:?}")
    }

    /// A value with one change, somewhere.
    fn changed(&self, target: Target, value: &Value, dice: &mut Dice<'_>, depth: usize) -> Value {
        let node = self.node(target);
        match (value, node) {
            (Value::Object(object), Some(Node { map: Some(map), .. })) if depth > 0 => {
                Value::Object(self.changed_map(map, object, dice, depth))
            }
            (
                Value::Array(items),
                Some(Node {
                    list: Some(list), ..
                }),
            ) if depth > 0 => Value::Array(self.changed_list(list, items, dice, depth)),
            _ => self
                .value(target, dice, depth)
                .unwrap_or_else(|| value.clone()),
        }
    }

    fn changed_map(
        &self,
        map: &MapNode,
        object: &Map<String, Value>,
        dice: &mut Dice<'_>,
        depth: usize,
    ) -> Map<String, Value> {
        let mut object = object.clone();
        let mut names: Vec<String> = object.keys().cloned().collect();
        names.sort_unstable();
        let Some(name) = dice.pick(&names).filter(|_| !dice.once_in(4)) else {
            object.extend(self.map(map, dice, depth));
            return object;
        };
        if dice.once_in(3) {
            object.remove(name);
        } else if let Some(value) = object.get_mut(name) {
            *value = self.changed(map.entry(name), value, dice, depth - 1);
        }
        object
    }

    fn changed_list(
        &self,
        list: &ListNode,
        items: &[Value],
        dice: &mut Dice<'_>,
        depth: usize,
    ) -> Vec<Value> {
        let mut items = items.to_vec();
        let at = dice.below(items.len());
        match dice.below(4) {
            0 if !items.is_empty() => drop(items.remove(at)),
            1 if !items.is_empty() => items.rotate_left(at),
            2 if !items.is_empty() => {
                if let Some(item) = items.get_mut(at) {
                    *item = self.changed(list.element, item, dice, depth - 1);
                }
            }
            _ => {
                if let Some(item) = self.item(list, dice, depth - 1)
                    && !items.iter().any(|other| equal(other, &item))
                {
                    items.insert(at, item);
                }
            }
        }
        items
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Object(map) => map.is_empty(),
        Value::Array(items) => items.is_empty(),
        other => other.is_null(),
    }
}

/// Whether a list or map inside of a value is empty.
fn has_empty(value: &Value) -> bool {
    let inner = |value: &Value| is_empty(value) || has_empty(value);
    match value {
        Value::Object(map) => map.values().any(inner),
        Value::Array(items) => items.iter().any(inner),
        _ => false,
    }
}

/// Drops lists and maps inside of a value that are empty, or are so when they have lost theirs.
fn drop_empty(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.values_mut().for_each(drop_empty);
            map.retain(|_, value| !is_empty(value));
        }
        Value::Array(items) => {
            items.iter_mut().for_each(drop_empty);
            items.retain(|value| !is_empty(value));
        }
        _ => {}
    }
}

enum Choice<'a> {
    Scalar(Scalar),
    List(&'a ListNode),
    Map(&'a MapNode),
}

/// Scalars from a small stock, so that they often meet.
fn scalar_value(scalar: Scalar, dice: &mut Dice<'_>) -> Value {
    let number = |dice: &mut Dice<'_>| {
        let whole = i64::try_from(dice.below(4)).unwrap_or_default();
        if dice.once_in(8) {
            Value::from(0.5)
        } else {
            Value::from(whole)
        }
    };
    match scalar {
        Scalar::Numeric => number(dice),
        Scalar::Boolean => Value::from(dice.once_in(2)),
        Scalar::Untyped if dice.once_in(2) => number(dice),
        Scalar::Untyped if dice.once_in(4) => Value::from(dice.once_in(2)),
        Scalar::String | Scalar::Untyped => {
            let texts = ["a", "b", "c", "dd"];
            Value::from(dice.pick(&texts).copied().unwrap_or_default())
        }
    }
}
