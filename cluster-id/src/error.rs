//! What can be wrong with the data that this crate is given.

use std::fmt;

use componentconfig::field::{FieldError, Path};

use crate::{name::Fault, rule::Rule};

/// Data that cannot be what it should be.
///
/// A decision that goes against a caller is no error but a value of its own, such as
/// [`membership::Refusal`](crate::membership::Refusal).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A text is no name of the kind that is asked for.
    #[error("{} is no {what}: {fault}", Shown(value))]
    Name {
        /// What it should be.
        what: NameKind,
        /// The text.
        value: String,
        /// The first thing that is wrong with it.
        fault: Fault,
    },
}

impl Error {
    /// The rule that the data breaks; `None` where no standard has one.
    pub const fn rule(&self) -> Option<Rule> {
        match self {
            Self::Name { what, .. } => what.rule(),
        }
    }

    /// The same as an error of the field at `path`, in apimachinery's form.
    pub fn at(&self, path: Path) -> FieldError {
        let Self::Name { what, value, fault } = self;
        match fault {
            Fault::Empty => FieldError::required(path, format!("a {what}")),
            Fault::TooLong { max, .. } => FieldError::too_long(path, value.as_str(), *max),
            _ => FieldError::invalid(path, value.as_str(), format!("no {what}: {fault}")),
        }
    }
}

/// The kinds of names that this crate reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NameKind {
    /// A cluster ID as KEP-2149 has it.
    ClusterId,
    /// A cluster ID as KEP-1645 has it.
    McsClusterId,
    /// A cluster ID that is good for every use.
    PortableClusterId,
    /// The name of a ClusterSet.
    ClusterSet,
    /// The identity of a physical cluster.
    PhysicalCluster,
    /// The name of a cluster property.
    PropertyName,
    /// The name of a namespace.
    Namespace,
    /// The name of a Service.
    Service,
}

impl NameKind {
    const fn rule(self) -> Option<Rule> {
        match self {
            Self::ClusterId => Some(Rule::IdSyntax),
            Self::McsClusterId => Some(Rule::McsClusterId),
            Self::PortableClusterId => Some(Rule::IdAsLabel),
            Self::ClusterSet => Some(Rule::PropertyValue),
            Self::PropertyName => Some(Rule::PropertyName),
            Self::PhysicalCluster | Self::Namespace | Self::Service => None,
        }
    }
}

impl fmt::Display for NameKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ClusterId => "cluster ID (a DNS subdomain)",
            Self::McsClusterId => "cluster ID of multi-cluster services (one or two DNS labels)",
            Self::PortableClusterId => "portable cluster ID (a DNS label)",
            Self::ClusterSet => "ClusterSet name",
            Self::PhysicalCluster => "UID of a cluster",
            Self::PropertyName => "property name (a DNS subdomain)",
            Self::Namespace => "namespace (a DNS label)",
            Self::Service => "service name (a DNS label)",
        })
    }
}

/// A value as messages show it: quoted, and no more of it than a person reads.
pub(crate) struct Shown<'a>(pub(crate) &'a str);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MOST: usize = 80;
        match self.0.char_indices().nth(MOST) {
            None => write!(f, "{:?}", self.0),
            Some((end, _)) => {
                let start = self.0.get(..end).unwrap_or_default();
                write!(f, "{start:?}... ({} bytes)", self.0.len())
            }
        }
    }
}
