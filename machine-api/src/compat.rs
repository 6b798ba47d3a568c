//! Where Cluster API is wrong.

/// Which answer to give where Cluster API's own is a fault of it.
///
/// The functions that take this say what differs. Everything else is the same in both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Compat {
    /// The right one.
    #[default]
    Fixed,
    /// Cluster API's.
    Upstream,
}
