//! The types of expressions.

use super::{
    decl::{Decl, DeclKind},
    syntax::Literal,
};

/// The type of an expression.
#[derive(Clone, Debug)]
pub(super) enum Type<'a> {
    Null,
    Bool,
    Int,
    Uint,
    Double,
    String,
    Bytes,
    Duration,
    Timestamp,
    /// Known when the rule is evaluated.
    Dyn,
    /// A type itself.
    OfValues,
    /// A value of one of Kubernetes' own types, such as a quantity or an address.
    Opaque,
    List(Box<Type<'a>>),
    Map(Box<Type<'a>>, Box<Type<'a>>),
    Object(&'a Decl),
}

impl<'a> Type<'a> {
    pub(super) fn of(decl: &'a Decl) -> Self {
        match &decl.kind {
            DeclKind::Bool => Self::Bool,
            DeclKind::Int => Self::Int,
            DeclKind::Double => Self::Double,
            DeclKind::String => Self::String,
            DeclKind::Bytes => Self::Bytes,
            DeclKind::Duration => Self::Duration,
            DeclKind::Timestamp => Self::Timestamp,
            DeclKind::Dyn => Self::Dyn,
            DeclKind::List(items) => Self::List(Box::new(Self::of(items))),
            DeclKind::Map(values) => Self::Map(Box::new(Self::String), Box::new(Self::of(values))),
            DeclKind::Object(_) => Self::Object(decl),
        }
    }

    pub(super) const fn literal(literal: Literal) -> Self {
        match literal {
            Literal::Null => Self::Null,
            Literal::Bool => Self::Bool,
            Literal::Int(_) => Self::Int,
            Literal::Uint => Self::Uint,
            Literal::Double => Self::Double,
            Literal::String => Self::String,
            Literal::Bytes => Self::Bytes,
        }
    }

    /// Whether all values are of one size.
    pub(super) const fn is_scalar(&self) -> bool {
        matches!(
            self,
            Self::Bool | Self::Int | Self::Uint | Self::Double | Self::Duration | Self::Timestamp
        )
    }

    pub(super) const fn is_number(&self) -> bool {
        matches!(self, Self::Int | Self::Uint | Self::Double)
    }

    /// What a loop over a value goes through: items, or names.
    pub(super) fn iterated(&self) -> Option<Self> {
        match self {
            Self::List(items) => Some((**items).clone()),
            Self::Map(keys, _) => Some((**keys).clone()),
            Self::Dyn => Some(Self::Dyn),
            _ => None,
        }
    }

    /// What is at an index, or under a name.
    pub(super) fn indexed(&self) -> Option<Self> {
        match self {
            Self::List(inner) | Self::Map(_, inner) => Some((**inner).clone()),
            Self::Dyn => Some(Self::Dyn),
            _ => None,
        }
    }

    pub(super) fn field(&self, name: &str) -> Option<Self> {
        match self {
            Self::Object(decl) => match &decl.kind {
                DeclKind::Object(fields) => fields.get(name).map(Type::of),
                _ => None,
            },
            Self::Map(..) | Self::Dyn => self.indexed(),
            _ => None,
        }
    }

    /// The type of what is one of two values.
    pub(super) fn or(&self, other: &Self) -> Self {
        if self.is_same(other) {
            self.clone()
        } else {
            Self::Dyn
        }
    }

    fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::List(a), Self::List(b)) => a.is_same(b),
            (Self::Map(k, a), Self::Map(l, b)) => k.is_same(l) && a.is_same(b),
            (Self::Object(a), Self::Object(b)) => std::ptr::eq(*a, *b),
            _ => std::mem::discriminant(self) == std::mem::discriminant(other),
        }
    }
}
