//! The order of keys: that of go-yaml v2, in which `k9` comes before `k10` and signs come before letters.

use std::cmp::Ordering;

use serde_json::{Map, Value};

/// The entries of a map in the order in which they are written.
pub(super) fn sorted(map: &Map<String, Value>) -> Vec<(&str, &Value)> {
    let entries: Vec<_> = map
        .iter()
        .map(|(key, value)| (key.as_str(), value))
        .collect();
    // They come in the order of their bytes, which is mostly the same.
    if entries.is_sorted_by(|a, b| compare(b.0, a.0) != Ordering::Less) {
        return entries;
    }
    merge_sorted(entries)
}

/// Upstream's comparison is no total order for numbers beyond 64 bits, and the sorts of the standard library may panic
/// on such a one; this one does not.
fn merge_sorted<'a>(mut entries: Vec<(&'a str, &'a Value)>) -> Vec<(&'a str, &'a Value)> {
    if entries.len() < 2 {
        return entries;
    }
    let right = merge_sorted(entries.split_off(entries.len() / 2));
    let left = merge_sorted(entries);
    let mut out = Vec::with_capacity(left.len() + right.len());
    let (mut left, mut right) = (left.into_iter().peekable(), right.into_iter().peekable());
    while let (Some(a), Some(b)) = (left.peek(), right.peek()) {
        let next = if compare(b.0, a.0) == Ordering::Less {
            right.next()
        } else {
            left.next()
        };
        out.extend(next);
    }
    out.extend(left);
    out.extend(right);
    out
}

/// The first difference decides: letters by themselves, before them signs, and digits as the number they are part of.
fn compare(a: &str, b: &str) -> Ordering {
    let mut common = a.bytes().zip(b.bytes()).take_while(|(x, y)| x == y).count();
    while !a.is_char_boundary(common) {
        common -= 1;
    }
    let (before, rest_a) = a.split_at_checked(common).unwrap_or((a, ""));
    let rest_b = b.get(common..).unwrap_or_default();
    let (Some(x), Some(y)) = (rest_a.chars().next(), rest_b.chars().next()) else {
        return rest_a.len().cmp(&rest_b.len());
    };
    match (x.is_alphabetic(), y.is_alphabetic()) {
        (true, true) => return x.cmp(&y),
        (true, false) => return Ordering::Greater,
        (false, true) => return Ordering::Less,
        (false, false) => {}
    }
    // A zero counts only if the number has begun with another digit.
    let begun = (x == '0' || y == '0')
        && before
            .bytes()
            .rev()
            .take_while(u8::is_ascii_digit)
            .any(|digit| digit != b'0');
    let (number_a, digits_a) = number(rest_a, begun);
    let (number_b, digits_b) = number(rest_b, begun);
    number_a
        .cmp(&number_b)
        .then(digits_a.cmp(&digits_b))
        .then(x.cmp(&y))
}

fn number(text: &str, begun: bool) -> (i64, usize) {
    let digits = text.bytes().take_while(u8::is_ascii_digit);
    digits.fold((i64::from(begun), 0), |(number, count), digit| {
        let number = number
            .wrapping_mul(10)
            .wrapping_add(i64::from(digit - b'0'));
        (number, count + 1)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_count_as_numbers() {
        let map = json!({"k10": 1, "k9": 2, "k_1": 3, "K": 4, "k": 5, "k-a": 6, "ka": 7, "k09": 8, "k1.2": 9, "k1.10": 0, "k100": 0, "k1": 0, "é": 0, "": 0});
        let keys: Vec<_> = sorted(map.as_object().unwrap())
            .into_iter()
            .map(|(key, _)| key)
            .collect();
        assert_eq!(
            keys,
            [
                "", "K", "k", "k-a", "k_1", "k1", "k1.2", "k1.10", "k9", "k09", "k10", "k100",
                "ka", "é"
            ]
        );
    }
}
