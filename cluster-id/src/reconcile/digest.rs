//! Numbers that tell manifests apart.

use serde_json::Value;

/// A number that grows out of values and texts, eight bytes at a time. Other values most likely come to another number; it is
/// not made to be hard to forge.
///
/// Each step can be undone, so two that differ in one place never come to the same; the high half goes into the low one, since
/// products only carry upwards.
#[derive(Clone, Copy, Debug)]
pub(super) struct Digest(u64);

impl Default for Digest {
    fn default() -> Self {
        Self(0x9e37_79b9_7f4a_7c15)
    }
}

impl Digest {
    fn word(self, word: u64) -> Self {
        let mixed = (self.0 ^ word).wrapping_mul(0xff51_afd7_ed55_8ccd);
        Self(mixed ^ (mixed >> 32))
    }

    /// Goes on with bytes whose number is known.
    fn bytes(self, bytes: &[u8]) -> Self {
        let (words, rest) = bytes.as_chunks();
        let digest = words
            .iter()
            .fold(self, |digest, word| digest.word(u64::from_le_bytes(*word)));
        if rest.is_empty() {
            return digest;
        }
        let shifted = |word: u64, byte: &u8| word << 8 | u64::from(*byte);
        digest.word(rest.iter().fold(0, shifted))
    }

    /// Goes on with something of that kind and length.
    fn kind(self, kind: u64, length: usize) -> Self {
        self.word(kind | u64::try_from(length).unwrap_or(u64::MAX) << 3)
    }

    /// Goes on with a text.
    pub(super) fn text(self, text: &str) -> Self {
        self.kind(4, text.len()).bytes(text.as_bytes())
    }

    /// Goes on with a value. Objects count in the order of their keys as they come.
    pub(super) fn value(self, value: &Value) -> Self {
        match value {
            Value::Null => self.kind(0, 0),
            Value::Bool(value) => self.kind(1, usize::from(*value)),
            // One and 1.0 are written differently.
            Value::Number(number) => match number.as_u64() {
                Some(number) => self.kind(2, 0).word(number),
                None => self.kind(3, 0).text(&number.to_string()),
            },
            Value::String(text) => self.text(text),
            Value::Array(items) => items.iter().fold(self.kind(5, items.len()), Self::value),
            Value::Object(fields) => fields
                .iter()
                .fold(self.kind(6, fields.len()), |digest, (key, value)| {
                    digest.text(key).value(value)
                }),
        }
    }

    /// The number.
    pub(super) const fn finish(self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Number, json};

    use super::*;

    fn of(value: &Value) -> u64 {
        Digest::default().value(value).finish()
    }

    fn values() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            (-2_i64..3).prop_map(Value::from),
            (0_u32..3).prop_map(
                |number| Number::from_f64(number.into()).map_or(Value::Null, Value::Number)
            ),
            "[ab]{0,9}".prop_map(Value::from),
        ];
        leaf.prop_recursive(2, 8, 3, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
                prop::collection::btree_map("[ab]{0,2}", inner, 0..3).prop_map(|fields| fields
                    .into_iter()
                    .collect::<serde_json::Map<_, _>>()
                    .into()),
            ]
        })
    }

    proptest! {
        #[test]
        fn same_numbers_are_same_values(left in values(), right in values()) {
            prop_assert_eq!(of(&left), of(&left.clone()));
            prop_assert_eq!(of(&left) == of(&right), left == right);
        }

        /// Two places of a text, wherever they fall in their words.
        #[test]
        fn two_changes_do_not_make_up_for_each_other(
            (text, first, second) in "[a-d]{9,40}".prop_flat_map(|text: String| {
                let length = text.len();
                (Just(text), 0..length, 0..length)
            }),
            letters in ("[a-d]", "[a-d]"),
        ) {
            let mut changed = text.clone();
            changed.replace_range(first..=first, &letters.0);
            changed.replace_range(second..=second, &letters.1);
            prop_assert_eq!(of(&json!(text)) == of(&json!(changed)), text == changed);
        }
    }

    #[test]
    fn what_is_next_to_each_other_is_told_apart() {
        let alike = [
            json!({"a": "bc"}),
            json!({"ab": "c"}),
            json!(["a", "b"]),
            json!(["ab"]),
            json!([["a"], "b"]),
            json!([]),
            json!({}),
            json!(""),
            json!(null),
            json!(false),
            json!(0),
            json!(0.0),
            json!("0"),
            json!("\u{0}"),
        ];
        let numbers: std::collections::BTreeSet<u64> = alike.iter().map(of).collect();
        assert_eq!(numbers.len(), alike.len());
    }
}
