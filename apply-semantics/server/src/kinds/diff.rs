//! The difference of two texts as the server prints it in messages: hunks of a unified diff with three lines around.
//!
//! It finds the same hunks as Python's `difflib` and its Go port, which the server uses.

use std::{collections::HashMap, fmt::Write as _};

/// Lines around a change.
const CONTEXT: usize = 3;
/// From this many lines on, lines that are very frequent are not looked for.
const POPULAR_FROM: usize = 200;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Change {
    equal: bool,
    from: (usize, usize),
    to: (usize, usize),
}

/// The hunks that lead from one text to the other; empty if they are equal.
pub(super) fn unified(from: &str, to: &str) -> String {
    let (from, to) = (lines(from), lines(to));
    let mut out = String::new();
    for group in groups(&changes(&from, &to)) {
        let (Some(first), Some(last)) = (group.first(), group.last()) else {
            continue;
        };
        let from_range = range(first.from.0, last.from.1);
        let to_range = range(first.to.0, last.to.1);
        let _ = writeln!(out, "@@ -{from_range} +{to_range} @@");
        for change in &group {
            let removed = from.get(change.from.0..change.from.1).unwrap_or_default();
            let added = to.get(change.to.0..change.to.1).unwrap_or_default();
            if change.equal {
                push(&mut out, ' ', removed);
            } else {
                push(&mut out, '-', removed);
                push(&mut out, '+', added);
            }
        }
    }
    out
}

fn push(out: &mut String, mark: char, lines: &[&str]) {
    for line in lines {
        out.push(mark);
        out.push_str(line);
        out.push('\n');
    }
}

fn lines(text: &str) -> Vec<&str> {
    text.split('\n').collect()
}

fn range(start: usize, end: usize) -> String {
    match end - start {
        1 => format!("{}", start + 1),
        0 => format!("{start},0"),
        length => format!("{},{length}", start + 1),
    }
}

/// Changes and what is equal between them, in order.
fn changes(from: &[&str], to: &[&str]) -> Vec<Change> {
    let mut out = Vec::new();
    let (mut i, mut j) = (0, 0);
    for (a, b, size) in blocks(from, to) {
        if i < a || j < b {
            out.push(Change {
                equal: false,
                from: (i, a),
                to: (j, b),
            });
        }
        if size > 0 {
            out.push(Change {
                equal: true,
                from: (a, a + size),
                to: (b, b + size),
            });
        }
        (i, j) = (a + size, b + size);
    }
    out
}

/// The changes in groups, with at most so many equal lines around.
fn groups(changes: &[Change]) -> Vec<Vec<Change>> {
    let mut changes = changes.to_vec();
    if let Some(first) = changes.first_mut().filter(|first| first.equal) {
        first.from.0 = first.from.0.max(first.from.1.saturating_sub(CONTEXT));
        first.to.0 = first.to.0.max(first.to.1.saturating_sub(CONTEXT));
    }
    if let Some(last) = changes.last_mut().filter(|last| last.equal) {
        last.from.1 = last.from.1.min(last.from.0 + CONTEXT);
        last.to.1 = last.to.1.min(last.to.0 + CONTEXT);
    }
    let mut out = Vec::new();
    let mut group = Vec::new();
    for change in changes {
        let mut next = change;
        if change.equal && change.from.1 - change.from.0 > 2 * CONTEXT {
            let head = Change {
                from: (change.from.0, change.from.0 + CONTEXT),
                to: (change.to.0, change.to.0 + CONTEXT),
                ..change
            };
            group.push(head);
            out.push(std::mem::take(&mut group));
            next.from.0 = change.from.1 - CONTEXT;
            next.to.0 = change.to.1 - CONTEXT;
        }
        group.push(next);
    }
    out.push(group);
    out.retain(|group| group.iter().any(|change| !change.equal));
    out
}

/// Maximal equal blocks (from, to, length), the longest first, then what is left and right of it; ends with an empty one.
fn blocks(from: &[&str], to: &[&str]) -> Vec<(usize, usize, usize)> {
    let places = places(to);
    let mut found = Vec::new();
    let mut open = vec![(0, from.len(), 0, to.len())];
    while let Some((from_low, from_high, to_low, to_high)) = open.pop() {
        let (i, j, size) = longest(from, to, &places, (from_low, from_high), (to_low, to_high));
        if size > 0 {
            found.push((i, j, size));
            open.push((from_low, i, to_low, j));
            open.push((i + size, from_high, j + size, to_high));
        }
    }
    found.sort_unstable();
    let mut out: Vec<(usize, usize, usize)> = Vec::new();
    for (i, j, size) in found {
        match out.last_mut() {
            Some(last) if last.0 + last.2 == i && last.1 + last.2 == j => last.2 += size,
            _ => out.push((i, j, size)),
        }
    }
    out.push((from.len(), to.len(), 0));
    out
}

fn places<'a>(to: &[&'a str]) -> HashMap<&'a str, Vec<usize>> {
    let mut places: HashMap<&str, Vec<usize>> = HashMap::new();
    for (index, line) in to.iter().enumerate() {
        places.entry(line).or_default().push(index);
    }
    if to.len() >= POPULAR_FROM {
        let most = to.len() / 100 + 1;
        places.retain(|_, indexes| indexes.len() <= most);
    }
    places
}

/// The longest equal block within bounds; of several the one that starts first.
fn longest(
    from: &[&str],
    to: &[&str],
    places: &HashMap<&str, Vec<usize>>,
    (from_low, from_high): (usize, usize),
    (to_low, to_high): (usize, usize),
) -> (usize, usize, usize) {
    let (mut i, mut j, mut size) = (from_low, to_low, 0);
    let mut lengths: HashMap<usize, usize> = HashMap::new();
    for (index, line) in from.iter().enumerate().take(from_high).skip(from_low) {
        let mut next = HashMap::new();
        for &place in places.get(line).into_iter().flatten() {
            if place < to_low {
                continue;
            }
            if place >= to_high {
                break;
            }
            let before = place.checked_sub(1).and_then(|before| lengths.get(&before));
            let length = before.copied().unwrap_or_default() + 1;
            next.insert(place, length);
            if length > size {
                (i, j, size) = (index + 1 - length, place + 1 - length, length);
            }
        }
        lengths = next;
    }
    // Lines that were not looked for may still stand beside the block.
    while i > from_low && j > to_low && from.get(i - 1) == to.get(j - 1) {
        (i, j, size) = (i - 1, j - 1, size + 1);
    }
    while i + size < from_high && j + size < to_high && from.get(i + size) == to.get(j + size) {
        size += 1;
    }
    (i, j, size)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_texts_have_no_hunks() {
        assert_eq!(unified("a\nb", "a\nb"), "");
    }

    #[test]
    fn hunks_have_three_lines_around() {
        let from = "1\n2\n3\n4\n5\n6\n7\n8\n9";
        assert_eq!(
            unified(from, &from.replace('5', "x")),
            "@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+x\n 6\n 7\n 8\n"
        );
        assert_eq!(unified("a", "a\nb"), "@@ -1 +1,2 @@\n a\n+b\n");
    }

    #[test]
    fn far_changes_are_hunks_of_their_own() {
        let from: Vec<String> = (0..30).map(|number| number.to_string()).collect();
        let mut to = from.clone();
        to[2] = "x".to_owned();
        to[25] = "y".to_owned();
        let text = unified(&from.join("\n"), &to.join("\n"));
        assert_eq!(text.matches("@@ -").count(), 2, "{text}");
        assert!(text.contains("@@ -23,7 +23,7 @@"), "{text}");
    }
}
