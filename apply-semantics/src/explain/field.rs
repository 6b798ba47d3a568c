//! A field with its owners.

use serde_json::Value;

use super::{
    Explanation,
    secret::is_hidden,
    walk::{Node, Token},
    why::{Fate, Why},
};
use crate::{
    managed_fields::{Entry, Operation, never_owned},
    path::{self, Path, PathElement},
};

/// What a field is, as far as ownership goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Shape {
    /// A scalar, null, or an empty list or map.
    Leaf,
    /// A list or map that is owned as a whole.
    Atomic,
    /// A struct or map whose entries are owned one by one.
    Map,
    /// A list whose elements are owned one by one.
    List,
}

impl Shape {
    /// In lower case, as in the JSON form.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Leaf => "leaf",
            Self::Atomic => "atomic",
            Self::Map => "map",
            Self::List => "list",
        }
    }
}

/// A place of an explained object: a field of a struct, a key of a map, or an element of a list. Cheap to copy.
#[derive(Clone, Copy)]
pub struct Field<'e> {
    of: &'e Explanation<'e>,
    index: usize,
    node: &'e Node<'e>,
}

impl<'e> Field<'e> {
    pub(super) fn new(of: &'e Explanation<'e>, index: usize) -> Self {
        const NOWHERE: &Node<'static> = &Node {
            element: None,
            token: Token::Root,
            value: &Value::Null,
            shape: Shape::Leaf,
            owners: Vec::new(),
            parent: 0,
            end: 0,
        };
        let node = of.nodes.get(index).unwrap_or(NOWHERE);
        Self { of, index, node }
    }

    /// The path, as sets of fields have it.
    pub fn path(self) -> Path {
        let mut path: Path = self
            .ways()
            .filter_map(|field| field.element().cloned())
            .collect();
        path.reverse();
        path
    }

    /// The last element of the path.
    pub(super) fn element(self) -> Option<&'e PathElement> {
        self.node.element.as_ref()
    }

    pub(super) fn token(self) -> Token<'e> {
        self.node.token
    }

    /// The JSON pointer to it.
    pub fn pointer(self) -> String {
        let mut tokens: Vec<String> = self
            .ways()
            .map(|field| field.node.token.pointer())
            .collect();
        tokens.reverse();
        tokens.concat()
    }

    /// What stands there.
    pub fn value(self) -> &'e Value {
        self.node.value
    }

    /// What it is, as far as ownership goes.
    pub fn shape(self) -> Shape {
        self.node.shape
    }

    /// Who owns it, in the order of the entries. Of a list or map whose parts are owned one by one these are the owners of the
    /// place itself: of a list element, the key of a map, or a struct that an update created.
    pub fn owners(self) -> impl Iterator<Item = &'e Entry> {
        let entries = &self.of.entries;
        self.node
            .owners
            .iter()
            .filter_map(|owner| entries.get(*owner))
    }

    /// The same by index.
    pub(super) fn owner_indexes(self) -> &'e [usize] {
        &self.node.owners
    }

    pub(super) fn is_owned_by(self, entry: usize) -> bool {
        self.node.owners.contains(&entry)
    }

    /// Whether somebody owns it.
    pub fn is_owned(self) -> bool {
        !self.node.owners.is_empty()
    }

    /// Whether it has no parts that could be owned by themselves.
    pub fn is_leaf(self) -> bool {
        matches!(self.node.shape, Shape::Leaf | Shape::Atomic)
    }

    /// Whether it is a leaf that nobody owns, and not the server's.
    pub fn is_unowned(self) -> bool {
        self.is_leaf() && !self.is_owned() && !self.is_servers()
    }

    /// Whether it is what makes the object what it is, such as its name, or what the server alone fills in, such as its uid.
    /// Nobody can own that.
    pub fn is_servers(self) -> bool {
        const DELETION: [&str; 2] = ["deletionTimestamp", "deletionGracePeriodSeconds"];
        let path = self.path();
        let by_deletion = match path.as_slice() {
            [PathElement::Field(metadata), PathElement::Field(name)] => {
                &**metadata == "metadata" && DELETION.contains(&&**name)
            }
            _ => false,
        };
        by_deletion || never_owned().contains(&path)
    }

    /// Whether its value is hidden in what is printed, because it is data of a Secret.
    pub fn is_secret(self) -> bool {
        self.of.secret && is_hidden(&self.path(), self.value())
    }

    /// The place around it; none for those of the object itself.
    pub fn parent(self) -> Option<Self> {
        let parent = self.node.parent;
        (self.index > 0 && parent > 0).then(|| Self::new(self.of, parent))
    }

    /// The places directly in it.
    pub fn children(self) -> impl Iterator<Item = Self> {
        let mut next = self.index + 1;
        std::iter::from_fn(move || {
            let child = (next < self.node.end).then(|| Self::new(self.of, next))?;
            next = child.node.end.max(next + 1);
            Some(child)
        })
    }

    /// Why it is still there, and what would have to happen for it to go.
    pub fn why(self) -> Why<'e> {
        Why::new(self)
    }

    /// What becomes of it when the manager leaves it out of what it applies next.
    pub fn if_left_out_by(self, manager: &str, subresource: &str) -> Fate {
        let applies = |owner: &&Entry| {
            owner.operation() == Operation::Apply
                && owner.name() == manager
                && owner.subresource() == subresource
        };
        match self.owners().filter(applies).count() {
            0 => Fate::NotApplied,
            own if own < self.node.owners.len() => Fate::Stays,
            _ => Fate::Goes,
        }
    }

    pub(super) fn of_explanation(self) -> &'e Explanation<'e> {
        self.of
    }

    /// From this place outward, to the object itself.
    pub(super) fn ways(self) -> impl Iterator<Item = Self> {
        std::iter::successors(Some(self), |field| {
            (field.index > 0).then(|| Self::new(self.of, field.node.parent))
        })
    }
}

/// The path, as messages of conflicts have it.
impl std::fmt::Display for Field<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&path::display(&self.path()))
    }
}

/// The path and the owners; the value may be secret.
impl std::fmt::Debug for Field<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let owners: Vec<String> = self
            .owners()
            .map(|owner| owner.manager().to_string())
            .collect();
        write!(f, "Field({self}, {owners:?})")
    }
}

impl Token<'_> {
    fn pointer(self) -> String {
        match self {
            Self::Root => String::new(),
            Self::Name(name) => format!("/{}", name.replace('~', "~0").replace('/', "~1")),
            Self::Index(index) => format!("/{index}"),
        }
    }
}

/// A value in the object, also inside those that are owned as a whole.
#[derive(Clone, Copy)]
pub(super) struct Place<'e> {
    pub(super) token: Token<'e>,
    pub(super) value: &'e Value,
    /// The field; none inside a value that is owned as a whole.
    pub(super) field: Option<Field<'e>>,
}

impl<'e> Place<'e> {
    pub(super) fn of(field: Field<'e>) -> Self {
        Self {
            token: field.token(),
            value: field.value(),
            field: Some(field),
        }
    }

    pub(super) fn children(self) -> Vec<Self> {
        match self.field {
            Some(field) if !field.is_leaf() => field.children().map(Self::of).collect(),
            _ => self.values().collect(),
        }
    }

    fn values(self) -> Box<dyn Iterator<Item = Self> + 'e> {
        let place = |token, value| Self {
            token,
            value,
            field: None,
        };
        match self.value {
            Value::Object(map) => Box::new(
                map.iter()
                    .map(move |(name, value)| place(Token::Name(name), value)),
            ),
            Value::Array(items) => Box::new(
                items
                    .iter()
                    .enumerate()
                    .map(move |(index, value)| place(Token::Index(index), value)),
            ),
            _ => Box::new(std::iter::empty()),
        }
    }
}
