//! How strategic merge patch looks fields up.

use crate::{
    patch::PatchFault,
    types::{Node, Shape, Strategy},
};

/// What says how the fields of an object merge.
#[derive(Debug, Clone, Copy)]
pub enum Schema<'a> {
    /// A declared type. Objects and lists under fields it does not declare cannot be merged, as in the original.
    Typed(Node<'a>),
    /// No type: objects merge field by field, lists are replaced, nothing is unknown. This is how a type without any
    /// patch marker merges, such as the `KubeletConfiguration`.
    Untyped,
}

impl<'a> From<Node<'a>> for Schema<'a> {
    fn from(node: Node<'a>) -> Self {
        Self::Typed(node)
    }
}

/// No node is [`Schema::Untyped`].
impl<'a> From<Option<Node<'a>>> for Schema<'a> {
    fn from(node: Option<Node<'a>>) -> Self {
        node.map_or(Self::Untyped, Self::Typed)
    }
}

/// A field as it was found: what is below it, or the elements of its list, and how they merge.
#[derive(Clone, Copy)]
pub(super) struct Found<'a> {
    pub(super) schema: Schema<'a>,
    pub(super) strategy: Strategy,
    pub(super) merge_key: &'a str,
}

impl<'a> Schema<'a> {
    /// Looks up a field that holds an object.
    pub(super) fn object_field(self, name: &str) -> Result<Found<'a>, PatchFault> {
        let Self::Typed(node) = self else {
            return Ok(Found {
                schema: Self::Untyped,
                strategy: Strategy::default(),
                merge_key: "",
            });
        };
        let Shape::Struct(type_name) = node.shape() else {
            return Err(PatchFault::NoFields);
        };
        let field = node.field(name).ok_or_else(|| PatchFault::UnknownField {
            type_name: type_name.to_owned(),
            field: name.to_owned(),
        })?;
        Ok(Found {
            schema: Self::Typed(field.node()),
            strategy: field.strategy(),
            merge_key: field.merge_key(),
        })
    }

    /// Looks up a field that holds a list; what is found describes its elements.
    pub(super) fn list_field(self, name: &str) -> Result<Found<'a>, PatchFault> {
        let found = self.object_field(name)?;
        let Self::Typed(node) = found.schema else {
            return Ok(found);
        };
        match node.shape() {
            Shape::List(element) if matches!(element.shape(), Shape::List(_)) => {
                Err(PatchFault::ListOfLists)
            }
            Shape::List(element) => Ok(Found {
                schema: Self::Typed(element),
                ..found
            }),
            _ => Err(PatchFault::NotAList),
        }
    }
}
