//! Looking into sets, level by level.

use std::{borrow::Cow, cmp::Ordering};

use super::{FieldSet, Node, PLAIN};
use crate::path::PathElement;

/// The nodes below one node.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Level<'a> {
    set: &'a FieldSet,
    nodes: &'a [Node],
}

/// A node with those below it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry<'a> {
    pub(super) set: &'a FieldSet,
    pub(super) node: &'a Node,
    pub(crate) member: bool,
    pub(crate) level: Level<'a>,
}

/// A path element that is looked at, and need not be made for that. In the order of path elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Element<'a> {
    Field(&'a str),
    /// One that is no field.
    Other(&'a PathElement),
}

impl<'a> Level<'a> {
    /// Nodes of a set, or nodes that may become some of it.
    pub(super) fn new(set: &'a FieldSet, nodes: &'a [Node]) -> Self {
        Self { set, nodes }
    }

    pub(super) fn nodes(self) -> &'a [Node] {
        self.nodes
    }

    pub(super) fn set(self) -> &'a FieldSet {
        self.set
    }

    pub(crate) fn is_empty(self) -> bool {
        self.nodes.is_empty()
    }

    /// The entry of an element.
    pub(crate) fn entry(self, element: Element<'_>) -> Option<Entry<'a>> {
        let (entry, order) = self
            .entries()
            .map(|entry| (entry, entry.element().cmp(&element)))
            .find(|(_, order)| order.is_ge())?;
        order.is_eq().then_some(entry)
    }

    /// The entries directly below, in order.
    pub(crate) fn entries(self) -> impl Iterator<Item = Entry<'a>> {
        let mut rest = self;
        std::iter::from_fn(move || rest.take())
    }

    pub(crate) fn to_set(self) -> FieldSet {
        let mut set = FieldSet::draft(self.nodes.len());
        set.push_all(self);
        set
    }

    pub(super) fn first(self) -> Option<Entry<'a>> {
        { self }.take()
    }

    /// Takes the first entry off.
    pub(super) fn take(&mut self) -> Option<Entry<'a>> {
        let (node, rest) = self.nodes.split_first()?;
        let (below, rest) = rest.split_at_checked(node.below).unwrap_or((rest, &[]));
        self.nodes = rest;
        Some(Entry {
            set: self.set,
            node,
            member: node.member,
            level: Self::new(self.set, below),
        })
    }

    /// Whether both have the same nodes.
    pub(super) fn is_same(self, other: Self) -> bool {
        self.nodes.len() == other.nodes.len()
            && self.nodes.iter().zip(other.nodes).all(|(left, right)| {
                left.below == right.below
                    && left.member == right.member
                    && left.element(self.set) == right.element(other.set)
            })
    }
}

impl Node {
    pub(super) fn element<'a>(&self, set: &'a FieldSet) -> Element<'a> {
        if self.element == PLAIN {
            let key = self.key(&set.text);
            return Element::Field(key.strip_prefix("f:").unwrap_or(key));
        }
        let element = usize::try_from(self.element).ok();
        let element = element.and_then(|index| set.elements().get(index));
        element.map_or(Element::Field(""), Element::from)
    }
}

impl<'a> Entry<'a> {
    pub(crate) fn element(self) -> Element<'a> {
        self.node.element(self.set)
    }

    pub(crate) fn to_element(self) -> PathElement {
        self.element().into()
    }

    /// What FieldsV1 calls it.
    pub(crate) fn key(self) -> Cow<'a, str> {
        let key = self.node.key(&self.set.text);
        if key.contains('\\') {
            Cow::Owned(self.to_element().serialize())
        } else {
            Cow::Borrowed(key)
        }
    }
}

impl<'a> From<&'a PathElement> for Element<'a> {
    fn from(element: &'a PathElement) -> Self {
        match element {
            PathElement::Field(name) => Self::Field(name),
            other => Self::Other(other),
        }
    }
}

impl From<Element<'_>> for PathElement {
    fn from(element: Element<'_>) -> Self {
        match element {
            Element::Field(name) => Self::field(name),
            Element::Other(other) => other.clone(),
        }
    }
}

impl Ord for Element<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Field(left), Self::Field(right)) => left.cmp(right),
            (Self::Other(left), Self::Other(right)) => left.cmp(right),
            (Self::Field(_), Self::Other(_)) => Ordering::Less,
            (Self::Other(_), Self::Field(_)) => Ordering::Greater,
        }
    }
}

impl PartialOrd for Element<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
