//! The elements of lists: their kind, their identity and their order.

use std::collections::{HashMap, HashSet};

use serde_json::{Number, Value};

use super::{bad, has_directive};
use crate::patch::{JsonKind, PatchError, PatchFault};

/// What tells elements apart: the scalar itself, or the merge key of an object.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Key {
    Null,
    Boolean(bool),
    Integer(i64),
    Float(u64),
    Text(String),
}

impl Key {
    pub(super) fn of_scalar(value: &Value) -> Result<Self, PatchFault> {
        Ok(match value {
            Value::Null => Self::Null,
            Value::Bool(flag) => Self::Boolean(*flag),
            Value::Number(number) => Self::of_number(number),
            Value::String(text) => Self::Text(text.clone()),
            Value::Array(_) | Value::Object(_) => return Err(PatchFault::NotComparable),
        })
    }

    fn of_number(number: &Number) -> Self {
        let float = || number.as_f64().unwrap_or_default();
        // Adding zero turns -0.0 into 0.0, which is the same element.
        number
            .as_i64()
            .map_or_else(|| Self::Float((float() + 0.0).to_bits()), Self::Integer)
    }

    /// The identity of an element in a list with that merge key, or in a list of scalars if the merge key is empty.
    pub(super) fn of_element(element: &Value, merge_key: &str) -> Result<Self, PatchError> {
        if merge_key.is_empty() {
            return Self::of_scalar(element).map_err(bad);
        }
        Self::of_scalar(key_value(element, merge_key)?).map_err(bad)
    }
}

/// The value of the merge key of an element.
pub(super) fn key_value<'a>(element: &'a Value, merge_key: &str) -> Result<&'a Value, PatchError> {
    let map = element
        .as_object()
        .ok_or_else(|| PatchError::expected("an object", element))?;
    map.get(merge_key).ok_or_else(|| {
        bad(PatchFault::MissingMergeKey {
            key: merge_key.to_owned(),
        })
    })
}

pub(super) fn keys(elements: &[Value], merge_key: &str) -> Result<Vec<Key>, PatchError> {
    let key = |(index, element)| {
        Key::of_element(element, merge_key).map_err(|error: PatchError| error.below_element(index))
    };
    elements.iter().enumerate().map(key).collect()
}

/// The kind all elements of the lists have.
pub(super) fn common_kind<'a>(
    elements: impl IntoIterator<Item = &'a Value>,
) -> Result<JsonKind, PatchFault> {
    let mut kinds = elements.into_iter().map(JsonKind::of);
    let first = kinds.next().ok_or(PatchFault::NoElements)?;
    match first {
        JsonKind::List => Err(PatchFault::ListOfLists),
        JsonKind::Null => Err(PatchFault::MixedElements),
        _ if kinds.any(|kind| kind != first) => Err(PatchFault::MixedElements),
        _ => Ok(first),
    }
}

/// Removes repeated scalars; as in the original, the last element moves to the place of each repetition.
pub(super) fn remove_repeated(scalars: &mut Vec<Value>) -> Result<(), PatchFault> {
    let mut seen = HashSet::new();
    let mut index = 0;
    while let Some(scalar) = scalars.get(index) {
        if seen.insert(Key::of_scalar(scalar)?) {
            index += 1;
        } else {
            scalars.swap_remove(index);
        }
    }
    Ok(())
}

/// Puts the elements of a merged list in order.
///
/// Those that `wanted` names come in its order, the others in the order of `live`; the two runs are then woven together:
/// an element of the others goes first when `live` has it before the next one of the wanted.
pub(super) fn arrange(
    merged: Vec<Value>,
    merge_key: &str,
    wanted: &[Key],
    live: &[Key],
) -> Result<Vec<Value>, PatchError> {
    let (wanted, live) = (first_positions(wanted), first_positions(live));
    let (mut named, mut others) = (Vec::new(), Vec::new());
    for element in merged {
        let key = Key::of_element(&element, merge_key)?;
        let live = live.get(&key).copied();
        match wanted.get(&key) {
            Some(&position) => named.push(Placed {
                position: Some(position),
                live,
                element,
            }),
            None => others.push(Placed {
                position: live,
                live,
                element,
            }),
        }
    }
    sort(&mut named);
    sort(&mut others);
    Ok(weave(others, named))
}

/// Sorts the elements of a patch by where `order` has them.
pub(super) fn arrange_patch(
    patch: Vec<Value>,
    merge_key: &str,
    order: &[Key],
) -> Result<Vec<Value>, PatchError> {
    let order = first_positions(order);
    let place = |element: Value| {
        let position = order.get(&Key::of_element(&element, merge_key)?).copied();
        Ok(Placed {
            position,
            live: None,
            element,
        })
    };
    let mut placed = patch
        .into_iter()
        .map(place)
        .collect::<Result<Vec<_>, PatchError>>()?;
    sort(&mut placed);
    Ok(placed.into_iter().map(|placed| placed.element).collect())
}

struct Placed {
    position: Option<usize>,
    live: Option<usize>,
    element: Value,
}

fn first_positions(keys: &[Key]) -> HashMap<&Key, usize> {
    let mut positions = HashMap::with_capacity(keys.len());
    for (position, key) in keys.iter().enumerate() {
        positions.entry(key).or_insert(position);
    }
    positions
}

fn sort(elements: &mut Vec<Placed>) {
    let deletions = elements.extract_if(.., |placed| has_directive(&placed.element, "delete"));
    let deletions: Vec<_> = deletions.collect();
    if elements.iter().all(|placed| placed.position.is_some()) {
        elements.sort_by_key(|placed| placed.position);
    } else {
        sort_by_insertion(elements);
    }
    elements.extend(deletions);
}

/// With elements that have no position the original's comparison is no order: one without position counts as less than
/// everything and everything as less than it. What comes out is what insertion makes of that.
fn sort_by_insertion(elements: &mut [Placed]) {
    for end in 1..elements.len() {
        for at in (1..=end).rev() {
            let [left, right] =
                [at - 1, at].map(|index| elements.get(index).and_then(|placed| placed.position));
            if matches!((left, right), (Some(left), Some(right)) if left <= right) {
                break;
            }
            elements.swap(at - 1, at);
        }
    }
}

fn weave(others: Vec<Placed>, named: Vec<Placed>) -> Vec<Value> {
    let mut woven = Vec::with_capacity(others.len() + named.len());
    let mut others = others.into_iter().peekable();
    for next in named {
        let goes_first =
            |other: &Placed| matches!((other.live, next.live), (Some(a), Some(b)) if a < b);
        while let Some(other) = others.next_if(goes_first) {
            woven.push(other.element);
        }
        woven.push(next.element);
    }
    woven.extend(others.map(|other| other.element));
    woven
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn list(value: Value) -> Vec<Value> {
        serde_json::from_value(value).unwrap()
    }

    fn arranged(merged: Value, wanted: Value, live: Value) -> Value {
        let keys = |value| keys(&list(value), "").unwrap();
        Value::Array(arrange(list(merged), "", &keys(wanted), &keys(live)).unwrap())
    }

    #[test]
    fn runs_are_woven_by_the_live_order() {
        let result = arranged(json!([1, 2, 3, 4]), json!([4, 2]), json!([1, 2, 3, 4]));
        assert_eq!(result, json!([1, 3, 4, 2]));
        let result = arranged(json!([1, 2, 9]), json!([9]), json!([1, 2]));
        assert_eq!(result, json!([9, 1, 2]));
    }

    #[test]
    fn repetitions_make_room_for_the_last() {
        let mut scalars = list(json!(["a", "b", "a", "c", "a", "d"]));
        remove_repeated(&mut scalars).unwrap();
        assert_eq!(Value::Array(scalars), json!(["a", "b", "d", "c"]));
    }

    #[test]
    fn whole_numbers_and_floats_are_different_elements() {
        assert_ne!(Key::of_scalar(&json!(1)), Key::of_scalar(&json!(1.0)));
        assert_eq!(Key::of_scalar(&json!(0.0)), Key::of_scalar(&json!(-0.0)));
        assert_eq!(Key::of_scalar(&json!([])), Err(PatchFault::NotComparable));
    }
}
