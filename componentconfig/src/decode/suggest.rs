//! The field that was perhaps meant.

/// The one of `fields` that is closest to `name`, if any is close: a few slips of the keyboard, the same letters in
/// another case, or only the beginning of it.
pub(super) fn closest<'a>(name: &str, fields: &[&'a str]) -> Option<&'a str> {
    let folded = fold(name);
    // One slip for every three letters, and never more than that.
    let allowed = (folded.len() / 3).clamp(1, 3);
    fields
        .iter()
        .map(|field| {
            let whole = fold(field);
            let begun = folded.len() > 2 && whole.starts_with(&folded);
            let far = distance(&folded, &whole);
            (if begun { far.min(allowed) } else { far }, *field)
        })
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, field)| field)
}

/// Letters and digits in lower case: `bind_port`, `bind-port` and `BindPort` are all meant to be `bindPort`.
fn fold(name: &str) -> Vec<char> {
    name.chars()
        .filter(|c| c.is_alphanumeric())
        .take(64)
        .flat_map(char::to_lowercase)
        .collect()
}

/// Edit distance in which two exchanged neighbours count one, as a slip does.
fn distance(a: &[char], b: &[char]) -> usize {
    if a.len().abs_diff(b.len()) > 3 {
        return usize::MAX;
    }
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    let mut a_before = None;
    for (i, &x) in a.iter().enumerate() {
        let mut row = Vec::with_capacity(last.len());
        row.push(i + 1);
        let mut b_before = None;
        for (j, &y) in b.iter().enumerate() {
            let at = |row: &[usize], j: usize| row.get(j).copied().unwrap_or(usize::MAX / 2);
            let mut best = (at(&last, j) + usize::from(x != y))
                .min(at(&last, j + 1) + 1)
                .min(at(&row, j) + 1);
            if j > 0 && a_before == Some(y) && b_before == Some(x) {
                best = best.min(at(&before_last, j - 1) + 1);
            }
            row.push(best);
            b_before = Some(y);
        }
        before_last = std::mem::replace(&mut last, row);
        a_before = Some(x);
    }
    last.last().copied().unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_understood() {
        let fields = ["advertiseAddress", "bindPort", "maxPods", "name"];
        for (typed, meant) in [
            ("bindport", Some("bindPort")),
            ("bind_port", Some("bindPort")),
            ("bindProt", Some("bindPort")),
            ("advertiseAdress", Some("advertiseAddress")),
            ("nam", Some("name")),
            ("maxPod", Some("maxPods")),
            ("max", Some("maxPods")),
            ("kind", None),
            ("value", None),
            ("", None),
        ] {
            assert_eq!(closest(typed, &fields), meant, "{typed}");
        }
    }

    #[test]
    fn distances() {
        let of = |a: &str, b: &str| distance(&fold(a), &fold(b));
        assert_eq!(of("abcd", "abcd"), 0);
        assert_eq!(of("abcd", "abdc"), 1);
        assert_eq!(of("abcd", "acd"), 1);
        assert_eq!(of("abcd", "xbcdy"), 2);
        assert_eq!(of("ab", "abcdefgh"), usize::MAX);
    }
}
