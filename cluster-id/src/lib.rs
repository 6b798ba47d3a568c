//! Identity of clusters in a ClusterSet.

mod error;
pub mod id;
pub mod membership;
mod meta;
pub mod name;
mod newtype;
pub mod property;
pub mod rule;
pub mod sameness;

pub use error::{Error, NameKind};
pub use meta::ObjectMeta;
pub use rule::{Explain, Explanation, Rule};
