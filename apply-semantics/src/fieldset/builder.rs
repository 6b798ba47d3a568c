//! Making sets in any order.

use super::{Element, FieldSet, Level, Node};
use crate::path::PathElement;

/// Collects paths, in any order and as often as they come, along a way that is walked down and up.
///
/// ```
/// use apply_semantics::{fieldset::FieldSetBuilder, path::PathElement};
///
/// let mut builder = FieldSetBuilder::new();
/// builder.down(PathElement::field("spec"));
/// builder.down(PathElement::field("replicas"));
/// builder.add();
/// builder.up();
/// builder.up();
/// assert_eq!(builder.finish().to_string(), r#"{"f:spec":{"f:replicas":{}}}"#);
/// ```
#[derive(Debug)]
pub struct FieldSetBuilder {
    set: FieldSet,
    open: Vec<Open>,
    /// Where the last entry of the topmost level is.
    last: Option<usize>,
    unsorted: bool,
}

#[derive(Debug)]
struct Open {
    at: usize,
    /// Where the entry before it on its level is.
    previous: Option<usize>,
    /// Where the last entry below is.
    last: Option<usize>,
}

impl FieldSetBuilder {
    /// No paths yet, and at the root.
    pub fn new() -> Self {
        Self {
            set: FieldSet::draft(0),
            open: Vec::new(),
            last: None,
            unsorted: false,
        }
    }

    /// Walks down to an element.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "builders are given what they keep, and this one may come to keep it"
    )]
    pub fn down(&mut self, element: PathElement) {
        self.step(Element::from(&element));
    }

    /// The same, with an element that is copied only if need be.
    pub(crate) fn step(&mut self, element: Element<'_>) {
        let at = self.set.nodes.len();
        let last = self
            .open
            .last_mut()
            .map_or(&mut self.last, |open| &mut open.last);
        let previous = last.replace(at);
        let before = previous.and_then(|previous| self.set.nodes.get(previous));
        self.unsorted |= before.is_some_and(|before| before.element(&self.set) >= element);
        self.set.push(element);
        self.open.push(Open {
            at,
            previous,
            last: None,
        });
    }

    /// Adds the path that was walked down to. At the root this does nothing.
    pub fn add(&mut self) {
        let open = self.open.last();
        if let Some(node) = open.and_then(|open| self.set.nodes.get_mut(open.at)) {
            node.member = true;
        }
    }

    /// Walks up again. What was walked down to and not added, nor anything below it, leaves no trace.
    pub fn up(&mut self) {
        let Some(Open { at, previous, .. }) = self.open.pop() else {
            return;
        };
        if !self.set.close(at) {
            *self
                .open
                .last_mut()
                .map_or(&mut self.last, |open| &mut open.last) = previous;
        }
    }

    /// Adds a path from the root, and stays at its end.
    pub fn insert(&mut self, path: &[PathElement]) {
        self.insert_steps(path.iter().map(Element::from));
    }

    /// The same, with elements that are copied only if need be.
    pub(crate) fn insert_steps<'a>(&mut self, path: impl Iterator<Item = Element<'a>>) {
        let mut path = path.peekable();
        let set = &self.set;
        let open = self.open.iter().map(|open| set.nodes.get(open.at));
        let mut shared = 0;
        for node in open {
            let element = node.map(|node| node.element(set));
            if path.next_if(|step| element == Some(*step)).is_none() {
                break;
            }
            shared += 1;
        }
        while self.open.len() > shared {
            self.up();
        }
        for element in path {
            self.step(element);
        }
        self.add();
    }

    /// The set of all added paths.
    pub fn finish(mut self) -> FieldSet {
        while !self.open.is_empty() {
            self.up();
        }
        if self.unsorted {
            self.set
                .rearrange(0, |level, nodes| sort(vec![level], nodes));
        }
        self.set
    }
}

impl Default for FieldSetBuilder {
    fn default() -> Self {
        Self::new()
    }
}

/// Writes the entries of several levels as one, sorted, with equal ones merged.
fn sort(levels: Vec<Level<'_>>, out: &mut Vec<Node>) {
    let mut entries: Vec<_> = levels.into_iter().flat_map(Level::entries).collect();
    entries.sort_by(|a, b| a.element().cmp(&b.element()));
    for same in entries.chunk_by(|a, b| a.element() == b.element()) {
        let Some(first) = same.first() else { continue };
        let at = out.len();
        out.push(Node {
            member: same.iter().any(|entry| entry.member),
            ..*first.node
        });
        sort(same.iter().map(|entry| entry.level).collect(), out);
        let below = out.len() - at - 1;
        if let Some(node) = out.get_mut(at) {
            node.below = below;
        }
    }
}
