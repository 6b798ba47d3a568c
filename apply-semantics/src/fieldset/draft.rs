//! Sets in the making: nodes are added at the end, with their texts.

use std::sync::OnceLock;

use super::{Element, Entry, FieldSet, Level, Node, PLAIN};
use crate::{path::PathElement, scan::is_plain};

/// About how long the text of a node is.
const USUAL_TEXT: usize = 20;

impl FieldSet {
    /// No nodes, but room for about so many.
    pub(super) fn draft(nodes: usize) -> Self {
        Self {
            text: String::with_capacity(nodes * USUAL_TEXT),
            nodes: Vec::with_capacity(nodes),
            elements: OnceLock::from(Vec::new()),
            canonical: false,
        }
    }

    /// Adds a node, which is not in the set yet. Answers which it is.
    pub(super) fn push(&mut self, element: Element<'_>) -> usize {
        match element {
            Element::Field(name) if is_plain(name) => {
                let start = self.text.len();
                self.text.push_str("\"f:");
                self.text.push_str(name);
                self.text.push_str("\":{");
                self.push_node(start, PLAIN, false)
            }
            element => self.push_element(element.into()),
        }
    }

    fn push_element(&mut self, element: PathElement) -> usize {
        let start = self.text.len();
        self.text.push('"');
        element.write_key(&mut self.text);
        self.text.push_str("\":{");
        let element = self.keep(element);
        self.push_node(start, element, false)
    }

    fn push_node(&mut self, start: usize, element: u32, member: bool) -> usize {
        self.nodes.push(Node {
            start,
            end: self.text.len(),
            below: 0,
            element,
            member,
        });
        self.nodes.len() - 1
    }

    /// Keeps an element that is no plain field; answers which it is.
    fn keep(&mut self, element: PathElement) -> u32 {
        self.elements();
        let Some(elements) = self.elements.get_mut() else {
            return PLAIN;
        };
        elements.push(element);
        u32::try_from(elements.len() - 1).unwrap_or(PLAIN)
    }

    /// Adds the node of an entry of another set.
    pub(super) fn push_entry(&mut self, entry: Entry<'_>) -> usize {
        self.push_copy(entry.set, entry.node);
        self.nodes.len() - 1
    }

    fn push_copy(&mut self, set: &Self, node: &Node) {
        let start = self.text.len();
        let text = set.text.get(node.start..node.end);
        self.text.push_str(text.unwrap_or_default());
        let element = match usize::try_from(node.element) {
            Ok(index) if node.element != PLAIN => match set.elements().get(index) {
                Some(element) => self.keep(element.clone()),
                None => PLAIN,
            },
            _ => PLAIN,
        };
        let at = self.push_node(start, element, node.member);
        if let Some(copy) = self.nodes.get_mut(at) {
            copy.below = node.below;
        }
    }

    /// Adds all nodes of a level of another set.
    pub(super) fn push_all(&mut self, level: Level<'_>) {
        for node in level.nodes() {
            self.push_copy(level.set(), node);
        }
    }

    /// Completes a node, behind which all below it have been added. It leaves no trace if it is neither in the set nor has
    /// anything below it. Answers whether it stays.
    pub(super) fn close(&mut self, at: usize) -> bool {
        let below = self.nodes.len() - at - 1;
        let Some(node) = self.nodes.get_mut(at) else {
            return false;
        };
        node.below = below;
        let (stays, start) = (node.member || below > 0, node.start);
        if !stays {
            self.nodes.truncate(at);
            self.text.truncate(start);
        }
        stays
    }

    /// Puts the nodes from `start` on in another order, or fewer of them.
    pub(super) fn rearrange(
        &mut self,
        start: usize,
        arrange: impl FnOnce(Level<'_>, &mut Vec<Node>),
    ) {
        let nodes = self.nodes.split_off(start);
        let mut arranged = Vec::with_capacity(nodes.len());
        arrange(Level::new(self, &nodes), &mut arranged);
        self.nodes.append(&mut arranged);
    }
}
