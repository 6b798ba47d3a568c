//! Making sets in any order.

use super::{FieldSet, Level, Node};
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
#[derive(Debug, Default)]
pub struct FieldSetBuilder {
    nodes: Vec<Node>,
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
        Self::default()
    }

    /// Walks down to an element.
    pub fn down(&mut self, element: PathElement) {
        let at = self.nodes.len();
        let last = self
            .open
            .last_mut()
            .map_or(&mut self.last, |open| &mut open.last);
        let previous = last.replace(at);
        let before = previous.and_then(|previous| self.nodes.get(previous));
        self.unsorted |= before.is_some_and(|before| before.element >= element);
        self.nodes.push(Node {
            element,
            below: 0,
            member: false,
        });
        self.open.push(Open {
            at,
            previous,
            last: None,
        });
    }

    /// Adds the path that was walked down to. At the root this does nothing.
    pub fn add(&mut self) {
        if let Some(node) = self
            .open
            .last()
            .and_then(|open| self.nodes.get_mut(open.at))
        {
            node.member = true;
        }
    }

    /// Walks up again. What was walked down to and not added, nor anything below it, leaves no trace.
    pub fn up(&mut self) {
        let Some(Open { at, previous, .. }) = self.open.pop() else {
            return;
        };
        let below = self.nodes.len() - at - 1;
        match self.nodes.get_mut(at) {
            Some(node) if node.member || below > 0 => node.below = below,
            _ => {
                self.nodes.truncate(at);
                *self
                    .open
                    .last_mut()
                    .map_or(&mut self.last, |open| &mut open.last) = previous;
            }
        }
    }

    /// Adds a path from the root, and stays at its end.
    pub fn insert(&mut self, path: &[PathElement]) {
        let nodes = &self.nodes;
        let open = self
            .open
            .iter()
            .map(|open| nodes.get(open.at).map(|node| &node.element));
        let shared = open
            .zip(path)
            .take_while(|(open, element)| *open == Some(*element))
            .count();
        while self.open.len() > shared {
            self.up();
        }
        for element in path.iter().skip(shared) {
            self.down(element.clone());
        }
        self.add();
    }

    /// The set of all added paths.
    pub fn finish(mut self) -> FieldSet {
        while !self.open.is_empty() {
            self.up();
        }
        if self.unsorted {
            let mut nodes = Vec::with_capacity(self.nodes.len());
            sort(vec![Level(&self.nodes)], &mut nodes);
            self.nodes = nodes;
        }
        FieldSet::from_nodes(self.nodes)
    }
}

/// Writes the entries of several levels as one, sorted, with equal ones merged.
fn sort(levels: Vec<Level<'_>>, out: &mut Vec<Node>) {
    let mut entries: Vec<_> = levels.into_iter().flat_map(Level::entries).collect();
    entries.sort_by(|a, b| a.element.cmp(b.element));
    for same in entries.chunk_by(|a, b| a.element == b.element) {
        let Some(first) = same.first() else { continue };
        let at = out.len();
        out.push(Node {
            element: first.element.clone(),
            below: 0,
            member: same.iter().any(|entry| entry.member),
        });
        sort(same.iter().map(|entry| entry.level).collect(), out);
        let below = out.len() - at - 1;
        if let Some(node) = out.get_mut(at) {
            node.below = below;
        }
    }
}
