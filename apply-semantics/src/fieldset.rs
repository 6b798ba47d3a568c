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
mod fields_v1;
mod patterns;

pub use builder::FieldSetBuilder;
pub use fields_v1::FieldsV1Error;
pub use patterns::{Pattern, Patterns};

use std::{
    fmt,
    sync::{Arc, OnceLock},
};

use crate::path::{Path, PathElement};

/// A set of paths.
///
/// A path can be in the set or be only a way to others below it; the empty path is never in it. Sets are kept as one list of
/// nodes, each followed by all below it, sorted. One that was read from its canonical text is kept as that text until
/// somebody looks into it.
#[derive(Clone, Default)]
pub struct FieldSet {
    /// The canonical text, if the set was read from it.
    text: Option<Arc<str>>,
    nodes: OnceLock<Vec<Node>>,
}

/// A node of the tree that the paths of a set form.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Node {
    element: PathElement,
    /// How many of the following nodes are below this one.
    below: usize,
    /// Whether the path that ends here is in the set.
    member: bool,
}

impl FieldSet {
    /// The empty set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether no path is in the set.
    pub fn is_empty(&self) -> bool {
        match &self.text {
            Some(text) => **text == *"{}",
            None => self.nodes().is_empty(),
        }
    }

    /// How many paths are in the set.
    pub fn len(&self) -> usize {
        self.nodes().iter().filter(|node| node.member).count()
    }

    /// Whether that path is in the set. Paths below it do not count.
    pub fn contains(&self, path: &[PathElement]) -> bool {
        let Some((last, way)) = path.split_last() else {
            return false;
        };
        let mut level = self.level();
        for element in way {
            let Some(found) = level.entry(element) else {
                return false;
            };
            level = found.level;
        }
        level.entry(last).is_some_and(|found| found.member)
    }

    /// The paths below that element, without it.
    #[must_use]
    pub fn below(&self, element: &PathElement) -> Self {
        self.level()
            .entry(element)
            .map_or_else(Self::new, |found| found.level.to_set())
    }

    /// All paths: those that end at the first element, then those below each of them.
    pub fn paths(&self) -> impl Iterator<Item = Path> {
        let mut paths = Vec::with_capacity(self.nodes().len());
        collect_paths(self.level(), &mut Vec::new(), &mut paths);
        paths.into_iter()
    }

    /// The topmost level of the tree.
    pub(crate) fn level(&self) -> Level<'_> {
        Level(self.nodes())
    }

    fn from_nodes(nodes: Vec<Node>) -> Self {
        Self {
            text: None,
            nodes: OnceLock::from(nodes),
        }
    }

    fn nodes(&self) -> &[Node] {
        self.nodes.get_or_init(|| {
            let text = self.text.as_deref().unwrap_or("{}");
            fields_v1::read_all(text).unwrap_or_default()
        })
    }
}

impl PartialEq for FieldSet {
    fn eq(&self, other: &Self) -> bool {
        (self.text.is_some() && self.text == other.text) || self.nodes() == other.nodes()
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
    for entry in level.entries().filter(|entry| entry.member) {
        paths.push(way.iter().chain([entry.element]).cloned().collect());
    }
    for entry in level.entries() {
        way.push(entry.element.clone());
        collect_paths(entry.level, way, paths);
        way.pop();
    }
}

/// The nodes below one node.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Level<'a>(&'a [Node]);

/// A node with those below it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry<'a> {
    pub(crate) element: &'a PathElement,
    pub(crate) member: bool,
    pub(crate) level: Level<'a>,
}

impl<'a> Level<'a> {
    pub(crate) const EMPTY: Self = Self(&[]);

    pub(crate) fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    /// The entry of an element.
    pub(crate) fn entry(self, element: &PathElement) -> Option<Entry<'a>> {
        let mut entries = self.entries();
        entries
            .find(|entry| entry.element >= element)
            .filter(|entry| entry.element == element)
    }

    /// The entries directly below, in order.
    pub(crate) fn entries(self) -> impl Iterator<Item = Entry<'a>> {
        let mut rest = self;
        std::iter::from_fn(move || rest.take())
    }

    pub(crate) fn to_set(self) -> FieldSet {
        FieldSet::from_nodes(self.0.to_vec())
    }

    fn first(self) -> Option<Entry<'a>> {
        { self }.take()
    }

    /// Takes the first entry off.
    fn take(&mut self) -> Option<Entry<'a>> {
        let (node, rest) = self.0.split_first()?;
        let (below, rest) = rest.split_at_checked(node.below).unwrap_or((rest, &[]));
        self.0 = rest;
        Some(Entry {
            element: &node.element,
            member: node.member,
            level: Level(below),
        })
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
