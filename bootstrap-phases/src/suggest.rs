//! Names that look like a mistyped one.

/// No more suggestions than a person reads.
const MOST: usize = 3;

/// The paths nearest to a name: those that end in it, then those a few letters away.
pub(crate) fn near<'a>(name: &str, paths: impl Iterator<Item = &'a str>) -> Vec<String> {
    let name = name.to_lowercase();
    if name.is_empty() {
        return Vec::new();
    }
    let allowed = (name.chars().count() / 3).max(1);
    let mut found: Vec<(usize, &str)> = paths
        .filter_map(|path| {
            let last = path.rsplit('/').next().unwrap_or(path);
            let distance = distance(&name, path).min(distance(&name, last));
            (distance <= allowed).then_some((distance, path))
        })
        .collect();
    found.sort_by_key(|(distance, _)| *distance);
    let names = found.into_iter().map(|(_, path)| path.to_owned());
    names.take(MOST).collect()
}

/// How many letters to add, drop, replace, or exchange with their neighbour.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    // Rows of the table of distances between beginnings: two before, one before, this one.
    let mut rows = (Vec::new(), (0..=b.len()).collect::<Vec<_>>());
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let at = |row: &[usize], j: usize| row.get(j).copied().unwrap_or(usize::MAX - 1);
            let mut best = (at(&rows.1, j) + usize::from(x != y))
                .min(at(&rows.1, j + 1) + 1)
                .min(at(&row, j) + 1);
            if let (Some(i), Some(j)) = (i.checked_sub(1), j.checked_sub(1))
                && a.get(i) == Some(y)
                && b.get(j) == Some(x)
            {
                best = best.min(at(&rows.0, j) + 1);
            }
            row.push(best);
        }
        rows = (rows.1, row);
    }
    rows.1.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances() {
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("preflihgt", "preflight"), 1);
        assert_eq!(distance("same", "same"), 0);
    }

    #[test]
    fn the_nearest_come_first() {
        let paths = ["certs/ca", "certs/sa", "certs", "kubeconfig"];
        assert_eq!(near("ca", paths.into_iter()), ["certs/ca", "certs/sa"]);
        assert!(near("", paths.into_iter()).is_empty());
        assert!(near("quite-different", paths.into_iter()).is_empty());
    }
}
