//! Values that nobody needs any more, made into copies of others.
//!
//! Whoever writes an object needs a copy of it to change. Of two revisions of an object almost everything is the same, and to find that
//! out takes a fraction of what it takes to allocate all of it anew.

use std::collections::VecDeque;

use serde_json::{Map, Value};

use super::Place;

/// Values of earlier revisions of the objects that were written last.
#[derive(Default)]
pub(super) struct Spares(VecDeque<(Place, Value)>);

impl Spares {
    /// Of so many objects a value is kept.
    const MOST: usize = 8;
    /// Values of objects whose texts are longer are not kept: a value takes about ten times as much as its text.
    pub(super) const LONGEST: usize = 32 * 1024;

    /// Keeps a value that the object at a place had or nearly had.
    pub(super) fn keep(&mut self, place: Place, value: Value) {
        self.0.retain(|(other, _)| *other != place);
        if self.0.len() == Self::MOST {
            self.0.pop_front();
        }
        self.0.push_back((place, value));
    }

    /// A copy of the value of the object at a place.
    pub(super) fn copy(&mut self, place: &Place, value: &Value) -> Value {
        let at = self.0.iter().position(|(other, _)| other == place);
        match at.and_then(|at| self.0.remove(at)) {
            Some((_, mut spare)) => {
                renew(&mut spare, value);
                spare
            }
            None => value.clone(),
        }
    }
}

/// A copy of a store has none: what one needs no more the other may.
impl Clone for Spares {
    fn clone(&self) -> Self {
        Self::default()
    }
}

/// Makes a value equal to another, and keeps what is equal.
fn renew(old: &mut Value, new: &Value) {
    match (old, new) {
        (Value::Object(old), Value::Object(new)) => renew_fields(old, new),
        (Value::Array(old), Value::Array(new)) => {
            old.truncate(new.len());
            for (old, new) in old.iter_mut().zip(new) {
                renew(old, new);
            }
            let more = new.get(old.len()..).unwrap_or_default();
            old.extend(more.iter().cloned());
        }
        (Value::String(old), Value::String(new)) => {
            if old != new {
                old.clone_from(new);
            }
        }
        (old, new) => *old = new.clone(),
    }
}

fn renew_fields(old: &mut Map<String, Value>, new: &Map<String, Value>) {
    let alike = old.len() == new.len();
    let mut pairs = old.iter_mut().zip(new);
    let done = alike
        && pairs.all(|((old_name, old), (name, new))| {
            let same = old_name == name;
            if same {
                renew(old, new);
            }
            same
        });
    if done {
        return;
    }
    // Other fields, or the same in another order.
    let mut kept = std::mem::take(old);
    for (name, new) in new {
        let field = match kept.remove(name) {
            Some(mut field) => {
                renew(&mut field, new);
                field
            }
            None => new.clone(),
        };
        old.insert(name.clone(), field);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            (0..3).prop_map(Value::from),
            "[ab]{0,2}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map("[a-d]", inner, 0..4)
                    .prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn any_value_becomes_any_other(mut old in any_value(), new in any_value()) {
            renew(&mut old, &new);
            prop_assert_eq!(old.to_string(), new.to_string());
            prop_assert_eq!(old, new);
        }
    }

    #[test]
    fn spares_are_of_one_place_each_and_few() {
        let place = |name: &str| Place::new(&"/things".into(), None, name);
        let mut spares = Spares::default();
        for revision in 0..3 {
            spares.keep(place("a"), json!({"revision": revision}));
        }
        assert_eq!(spares.0.len(), 1);
        assert_eq!(spares.copy(&place("a"), &json!({"b": 1})), json!({"b": 1}));
        assert!(spares.0.is_empty());
        for name in 0..20 {
            spares.keep(place(&name.to_string()), json!(name));
        }
        assert_eq!(spares.0.len(), Spares::MOST);
        assert_eq!(spares.copy(&place("0"), &json!(1)), json!(1));
        assert_eq!(spares.0.len(), Spares::MOST);
    }
}
