//! Texts that are no part of the pass rule, counted apart.

use std::collections::BTreeMap;

/// How many texts there are in a suite, and how many of ours are the same.
#[derive(Debug, Default)]
pub(crate) struct Texts(BTreeMap<String, (usize, usize)>);

impl Texts {
    /// Counts one text.
    pub(crate) fn count(&mut self, suite: &str, ours: Option<&str>, theirs: &str) {
        let (all, same) = self.0.entry(suite.to_owned()).or_default();
        *all += 1;
        *same += usize::from(ours == Some(theirs));
    }

    /// A line for each suite.
    pub(crate) fn lines(&self) -> impl Iterator<Item = String> {
        self.0
            .iter()
            .map(|(suite, (all, same))| format!("{suite}: {same} of {all} texts equal"))
    }
}
