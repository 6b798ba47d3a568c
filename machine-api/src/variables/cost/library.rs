//! What the functions cost that Kubernetes adds to CEL.

use super::{
    estimate::{Argument, Called},
    size::{PATTERN, Size, TRAVERSAL},
    types::Type,
};

/// The cost of a method of Kubernetes and the size of what it gives; none if it costs what CEL says. `items` is about what is in a
/// list that it is called on.
pub(super) fn cost(
    function: &str,
    on: &Argument<'_>,
    items: Option<&(Type<'_>, Size)>,
    given: &[Argument<'_>],
) -> Option<Called> {
    let size = on.size();
    Some(match (function, given) {
        ("isSorted" | "sum" | "max" | "min" | "indexOf" | "lastIndexOf", _) => {
            let cost = match items {
                None => size.cost(TRAVERSAL),
                Some((Type::String | Type::Bytes, item)) => {
                    let each = item.cost(TRAVERSAL).saturating_add(1);
                    size.max.saturating_mul(each)
                }
                Some(_) => size.max,
            };
            (cost, None)
        }
        ("lowerAscii" | "upperAscii" | "substring" | "trim", _) => {
            (size.cost(TRAVERSAL), Some(size))
        }
        ("replace", [before, after, ..]) => {
            let result = replaced(size, before.size(), after.size());
            (size.cost(2.0 * TRAVERSAL), Some(result))
        }
        ("split", _) => {
            let limit = given.get(1).and_then(|limit| limit.number);
            let result = Size {
                min: 0,
                max: limit.unwrap_or(size.max),
            };
            (size.cost(2.0 * TRAVERSAL), Some(result))
        }
        ("join", _) => {
            let mut result = items.map_or(Size::fixed(0), |(_, item)| size.times(*item));
            if let Some(separator) = given.first() {
                let between = Size {
                    min: size.min.saturating_sub(1),
                    max: size.max.saturating_sub(1),
                };
                result = result.plus(separator.size().times(between));
            }
            (result.cost(TRAVERSAL), Some(result))
        }
        ("find" | "findAll", [pattern, ..]) => {
            let text = size.plus(Size::fixed(1)).cost(TRAVERSAL);
            let pattern = pattern.size().cost(PATTERN);
            let result = Size {
                min: 0,
                max: size.max,
            };
            (text.saturating_mul(pattern), Some(result))
        }
        ("containsIP" | "containsCIDR", [other, ..]) => {
            let address = Size { min: 4, max: 16 };
            let mut cost = address.plus(address).cost(TRAVERSAL);
            if function == "containsCIDR" {
                cost = cost.saturating_add(address.cost(TRAVERSAL) + 1);
            }
            if matches!(other.of, Type::String) {
                cost = cost.saturating_add(other.size().cost(TRAVERSAL));
            }
            (cost, None)
        }
        _ => return None,
    })
}

/// The size of a text in which parts are replaced: the most and the fewest replacements count.
fn replaced(text: Size, before: Size, after: Size) -> Size {
    let max = if before.min == 0 {
        let count = text.max.saturating_add(1);
        count.saturating_mul(after.max).saturating_add(text.max)
    } else if after.max <= before.min {
        text.max
    } else {
        text.max.div_ceil(before.min).saturating_mul(after.max)
    };
    let min = if before.max == 0 {
        let count = text.min.saturating_add(1);
        count.saturating_mul(after.min).saturating_add(text.min)
    } else if before.max <= after.min {
        text.min
    } else {
        text.min.div_ceil(before.max).saturating_mul(after.min)
    };
    Size { min, max }
}
