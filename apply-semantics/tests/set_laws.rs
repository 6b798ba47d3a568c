//! Laws of values, path elements and field sets.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test"
)]

use std::cmp::Ordering;

use apply_semantics::{
    fieldset::FieldSet,
    path::{Path, PathElement},
    value,
};
use proptest::{collection, prelude::*};
use serde_json::{Value, json};

fn values() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-3_i64..4).prop_map(Value::from),
        (-3_i8..4).prop_map(|half| json!(f64::from(half) / 2.0)),
        "[ab<\"\\\\\u{1}é]{0,3}".prop_map(Value::from),
    ];
    scalar.prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            collection::btree_map("[ab]", inner, 0..3)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn elements() -> impl Strategy<Value = PathElement> {
    prop_oneof![
        4 => "[abc.\"\\\\]{0,2}".prop_map(PathElement::field),
        2 => collection::vec(("[ab]", values()), 0..3).prop_map(PathElement::key),
        2 => values().prop_map(PathElement::value),
        1 => (-1_i64..3).prop_map(PathElement::index),
    ]
}

fn paths() -> impl Strategy<Value = Path> {
    collection::vec(elements(), 1..4)
}

fn sets() -> impl Strategy<Value = FieldSet> {
    collection::vec(paths(), 0..10).prop_map(|paths| paths.into_iter().collect())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn values_are_totally_ordered(a in values(), b in values(), c in values()) {
        prop_assert_eq!(value::compare(&a, &b), value::compare(&b, &a).reverse());
        prop_assert_eq!(value::compare(&a, &b) == Ordering::Equal, value::equal(&a, &b));
        if value::compare(&a, &b).is_le() && value::compare(&b, &c).is_le() {
            prop_assert!(value::compare(&a, &c).is_le());
        }
    }

    #[test]
    fn elements_come_back(element in elements()) {
        prop_assert_eq!(PathElement::parse(&element.serialize()), Ok(element));
    }

    #[test]
    fn sets_come_back(set in sets()) {
        let text = set.to_string();
        let again: FieldSet = text.parse().unwrap();
        prop_assert_eq!(again.to_string(), text);
        prop_assert_eq!(&FieldSet::from_value(&set.to_value()).unwrap(), &set);
        prop_assert_eq!(again, set);
    }

    #[test]
    fn what_was_read_is_as_what_was_made(a in sets(), b in sets()) {
        prop_assert_eq!(a.to_fields_v1(), a.to_string());
        let read = |set: &FieldSet| set.to_fields_v1().parse::<FieldSet>().unwrap();
        let (c, d) = (read(&a), read(&b));
        prop_assert_eq!(a == b, c == d);
        for (made, read) in [
            (a.union(&b), c.union(&d)),
            (a.difference(&b), c.difference(&b)),
            (a.intersection(&b), a.intersection(&d)),
            (a.recursive_difference(&b), c.recursive_difference(&d)),
            (a.leaves(), c.leaves()),
        ] {
            prop_assert_eq!(made.to_fields_v1(), read.to_fields_v1());
            prop_assert_eq!(made.paths().collect::<Vec<_>>(), read.paths().collect::<Vec<_>>());
            prop_assert_eq!(made, read);
        }
        for element in a.paths().filter_map(|path| path.into_iter().next()) {
            prop_assert_eq!(a.below(&element), c.below(&element));
        }
    }

    #[test]
    fn a_set_has_its_paths(paths in collection::vec(paths(), 0..10), other in paths()) {
        let set: FieldSet = paths.iter().cloned().collect();
        prop_assert!(paths.iter().all(|path| set.contains(path)));
        prop_assert_eq!(set.contains(&other), paths.contains(&other));
        prop_assert_eq!(set.len(), set.paths().count());
    }

    #[test]
    fn algebra(a in sets(), b in sets(), c in sets()) {
        prop_assert_eq!(a.union(&b), b.union(&a));
        prop_assert_eq!(a.union(&b).union(&c), a.union(&b.union(&c)));
        prop_assert_eq!(a.intersection(&b), b.intersection(&a));
        prop_assert_eq!(a.union(&a.intersection(&b)), a.clone());
        prop_assert_eq!(a.difference(&b).union(&a.intersection(&b)), a.clone());
        prop_assert!(a.difference(&b).intersection(&b).is_empty());
        prop_assert_eq!(a.difference(&b.union(&c)), a.difference(&b).difference(&c));
        prop_assert_eq!(a.recursive_difference(&b).difference(&b), a.recursive_difference(&b));
        prop_assert_eq!(a.difference(&a.recursive_difference(&b)).recursive_difference(&b), FieldSet::new());
        prop_assert_eq!(a.leaves().leaves(), a.leaves());
        prop_assert!(a.leaves().difference(&a).is_empty());
    }

    #[test]
    fn membership_decides(a in sets(), b in sets(), path in paths()) {
        let (in_a, in_b) = (a.contains(&path), b.contains(&path));
        prop_assert_eq!(a.union(&b).contains(&path), in_a || in_b);
        prop_assert_eq!(a.intersection(&b).contains(&path), in_a && in_b);
        prop_assert_eq!(a.difference(&b).contains(&path), in_a && !in_b);
        let above = (1..=path.len()).any(|length| b.contains(path.get(..length).unwrap()));
        prop_assert_eq!(a.recursive_difference(&b).contains(&path), in_a && !above);
    }

    #[test]
    fn no_text_panics(text in ".{0,40}", json in "[{}\\[\\]\",:.fkvi019ea\\\\ \\-]{0,40}") {
        let _ = text.parse::<FieldSet>();
        let _ = json.parse::<FieldSet>();
        let _ = PathElement::parse(&text);
    }
}
