//! `upgrade diff`: what the manifests of the control plane would become.
//!
//! Follows `cmd/kubeadm/app/cmd/upgrade/diff.go`.

use std::fmt::Write as _;

use componentconfig::yaml;
use serde::Serialize;

use super::context::UpgradeContext;
use crate::kubeadm::manifests::Component;
use crate::kubeadm::phases;
use crate::{Cx, PhaseError};

/// How one manifest would change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ManifestDiff {
    /// The path of the manifest.
    pub path: String,
    /// The differences in unified form; empty if there are none.
    pub diff: String,
}

/// How the manifests of API server, controller manager and scheduler on this node would change.
///
/// # Errors
/// A manifest is not there, the API refuses, or the version is none.
pub fn diff(cx: &Cx<'_, UpgradeContext>) -> Result<Vec<ManifestDiff>, PhaseError> {
    let found = cx.config.found(cx)?;
    let init = Cx::new(found.init()?, cx.files, cx.clock, cx.cancel);
    let mut diffs = Vec::new();
    for component in [
        Component::ApiServer,
        Component::ControllerManager,
        Component::Scheduler,
    ] {
        let path = format!("{}/{component}.yaml", init.config.manifests_dir());
        let old = String::from_utf8_lossy(&cx.files.read(&path)?).into_owned();
        let new = yaml::write(&phases::wanted_pod(&init, component, &mut cx.draft())?);
        let lines = cx.config.settings.context_lines;
        let diff = unified(&path, "new manifest", &old, &new, lines);
        diffs.push(ManifestDiff { path, diff });
    }
    Ok(diffs)
}

/// One line, and where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Line<'a> {
    Both(&'a str),
    Old(&'a str),
    New(&'a str),
}

/// The differences of two texts in unified form, with so many lines around each.
fn unified(old_name: &str, new_name: &str, old: &str, new: &str, around: usize) -> String {
    let lines = compared(old, new);
    let differs = |line: &Line<'_>| !matches!(line, Line::Both(_));
    let near = |index: usize| {
        let from = index.saturating_sub(around);
        let mut window = lines.iter().skip(from).take(index - from + around + 1);
        window.any(differs)
    };
    let mut text = String::new();
    let (mut old_line, mut new_line, mut index) = (1, 1, 0);
    while index < lines.len() {
        let hunk: Vec<Line<'_>> = (index..lines.len())
            .take_while(|index| near(*index))
            .filter_map(|index| lines.get(index).copied())
            .collect();
        if hunk.is_empty() {
            index += 1;
            old_line += 1;
            new_line += 1;
            continue;
        }
        if text.is_empty() {
            // Writing into a String cannot fail.
            let _ = writeln!(text, "--- {old_name}\n+++ {new_name}");
        }
        index += hunk.len();
        let count =
            |without: fn(&Line<'_>) -> bool| hunk.iter().filter(|line| !without(line)).count();
        let old_count = count(|line| matches!(line, Line::New(_)));
        let new_count = count(|line| matches!(line, Line::Old(_)));
        let _ = writeln!(
            text,
            "@@ -{old_line},{old_count} +{new_line},{new_count} @@"
        );
        for line in &hunk {
            let (mark, line) = match line {
                Line::Both(line) => (' ', line),
                Line::Old(line) => ('-', line),
                Line::New(line) => ('+', line),
            };
            let _ = writeln!(text, "{mark}{line}");
        }
        old_line += old_count;
        new_line += new_count;
    }
    text
}

/// The lines of both texts by a longest common subsequence.
fn compared<'a>(old: &'a str, new: &'a str) -> Vec<Line<'a>> {
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let width = new.len() + 1;
    // How many lines the rests from here have in common.
    let mut common = vec![0_usize; (old.len() + 1) * width];
    let at = |common: &[usize], i: usize, j: usize| {
        common.get(i * width + j).copied().unwrap_or_default()
    };
    for (i, a) in old.iter().enumerate().rev() {
        for (j, b) in new.iter().enumerate().rev() {
            let best = if a == b {
                at(&common, i + 1, j + 1) + 1
            } else {
                at(&common, i + 1, j).max(at(&common, i, j + 1))
            };
            if let Some(cell) = common.get_mut(i * width + j) {
                *cell = best;
            }
        }
    }
    let (mut i, mut j, mut lines) = (0, 0, Vec::new());
    loop {
        match (old.get(i), new.get(j)) {
            (Some(a), Some(b)) if a == b => {
                lines.push(Line::Both(a));
                (i, j) = (i + 1, j + 1);
            }
            (Some(a), b) if b.is_none() || at(&common, i + 1, j) >= at(&common, i, j + 1) => {
                lines.push(Line::Old(a));
                i += 1;
            }
            (_, Some(b)) => {
                lines.push(Line::New(b));
                j += 1;
            }
            (_, None) => return lines,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn hunks_are_those_of_diff() {
        let old = "a\nb\nc\nd\ne\nf\ng\nh\n";
        let new = "a\nB\nc\nd\ne\nf\ng\nh\ni\n";
        let text = unified("old", "new", old, new, 1);
        let wanted = "--- old\n+++ new\n@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n@@ -8,1 +8,2 @@\n h\n+i\n";
        assert_eq!(text, wanted);
        assert_eq!(unified("old", "new", old, old, 3), "");
    }

    proptest! {
        #[test]
        fn both_texts_are_in_it(old in "([abc]\n){0,12}", new in "([abc]\n){0,12}") {
            let lines = compared(&old, &new);
            let side = |without: fn(&Line<'_>) -> bool| -> String {
                let kept = lines.iter().filter(|line| !without(line));
                kept.map(|line| match line {
                    Line::Both(line) | Line::Old(line) | Line::New(line) => format!("{line}\n"),
                }).collect()
            };
            prop_assert_eq!(side(|line| matches!(line, Line::New(_))), old.clone());
            prop_assert_eq!(side(|line| matches!(line, Line::Old(_))), new.clone());
        }
    }
}
