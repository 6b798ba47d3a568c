//! Sets of fields: what a manager owns, what changed, what conflicts.
//!
//! ```
//! use apply_semantics::fieldset::FieldSet;
//!
//! let mine: FieldSet = r#"{"f:spec":{"f:replicas":{},"f:paused":{}}}"#.parse()?;
//! let theirs: FieldSet = r#"{"f:spec":{"f:replicas":{}}}"#.parse()?;
//! assert_eq!(mine.difference(&theirs).to_string(), r#"{"f:spec":{"f:paused":{}}}"#);
//! assert_eq!(mine.paths().count(), 2);
//! # Ok::<(), apply_semantics::fieldset::FieldsV1Error>(())
//! ```

mod algebra;
mod builder;
pub(crate) mod canonical;
mod draft;
mod fields_v1;
mod level;
mod patterns;

pub use builder::FieldSetBuilder;
pub use fields_v1::FieldsV1Error;
pub(crate) use level::{Element, Entry, Level};
pub use patterns::{Pattern, Patterns};

use std::{fmt, sync::OnceLock};

use crate::path::{Path, PathElement};

/// A set of paths.
///
/// A path can be in the set or be only a way to others below it; the empty path is never in it. Sets are kept as one list of
/// nodes, each followed by all below it, sorted, and one text that has what FieldsV1 says of each node.
#[derive(Clone, Default)]
pub struct FieldSet {
    /// What nodes have their texts in.
    text: String,
    nodes: Vec<Node>,
    /// The elements that are no plain fields. If the set was read from its canonical text, they are made when they are needed.
    elements: OnceLock<Vec<PathElement>>,
    /// Whether the text is the FieldsV1 of the whole set.
    canonical: bool,
}

/// A node of the tree that the paths of a set form.
#[derive(Debug, Clone, Copy)]
struct Node {
    /// Where its text begins, which is the key as it stands in FieldsV1 with its quotes, a colon and the opening brace.
    start: usize,
    /// Where its text ends.
    end: usize,
    /// How many of the following nodes are below this one.
    below: usize,
    /// Which of the elements it has; [`PLAIN`] if it is a field whose name is in the text as it is.
    element: u32,
    /// Whether the path that ends here is in the set.
    member: bool,
}

const PLAIN: u32 = u32::MAX;

impl Node {
    /// The key as it stands in FieldsV1, without quotes.
    fn key<'a>(&self, text: &'a str) -> &'a str {
        let text = text.get(self.start..self.end).unwrap_or_default();
        let key = text.strip_prefix('"').unwrap_or_default();
        key.strip_suffix("\":{").unwrap_or_default()
    }
}

impl FieldSet {
    /// The empty set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether no path is in the set.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// How many paths are in the set.
    pub fn len(&self) -> usize {
        self.nodes.iter().filter(|node| node.member).count()
    }

    /// Whether that path is in the set. Paths below it do not count.
    pub fn contains(&self, path: &[PathElement]) -> bool {
        let Some((last, way)) = path.split_last() else {
            return false;
        };
        let mut level = self.level();
        for element in way {
            let Some(found) = level.entry(element.into()) else {
                return false;
            };
            level = found.level;
        }
        level.entry(last.into()).is_some_and(|found| found.member)
    }

    /// The paths below that element, without it.
    #[must_use]
    pub fn below(&self, element: &PathElement) -> Self {
        self.level()
            .entry(element.into())
            .map_or_else(Self::new, |found| found.level.to_set())
    }

    /// All paths: those that end at the first element, then those below each of them.
    pub fn paths(&self) -> impl Iterator<Item = Path> {
        let mut paths = Vec::with_capacity(self.nodes.len());
        collect_paths(self.level(), &mut Vec::new(), &mut paths);
        paths.into_iter()
    }

    /// The topmost level of the tree.
    pub(crate) fn level(&self) -> Level<'_> {
        Level::new(self, &self.nodes)
    }

    fn elements(&self) -> &[PathElement] {
        self.elements.get_or_init(|| {
            let others = self.nodes.iter().filter(|node| node.element != PLAIN);
            others
                .map(|node| canonical::element(node.key(&self.text)))
                .collect()
        })
    }
}

impl PartialEq for FieldSet {
    fn eq(&self, other: &Self) -> bool {
        (self.canonical && other.canonical && self.text == other.text)
            || self.level().is_same(other.level())
    }
}

impl Eq for FieldSet {}

/// As its FieldsV1.
impl fmt::Debug for FieldSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FieldSet({self})")
    }
}

fn collect_paths(level: Level<'_>, way: &mut Path, paths: &mut Vec<Path>) {
    let elements: Path = level.entries().map(Entry::to_element).collect();
    for (entry, element) in level.entries().zip(&elements) {
        if entry.member {
            paths.push(way.iter().chain([element]).cloned().collect());
        }
    }
    for (entry, element) in level.entries().zip(elements) {
        way.push(element);
        collect_paths(entry.level, way, paths);
        way.pop();
    }
}

impl FromIterator<Path> for FieldSet {
    fn from_iter<T: IntoIterator<Item = Path>>(paths: T) -> Self {
        let mut builder = FieldSetBuilder::new();
        for path in paths {
            builder.insert(&path);
        }
        builder.finish()
    }
}
