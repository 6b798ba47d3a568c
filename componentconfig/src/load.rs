//! From text to a tree: what YAML and JSON have in common.
//!
//! A syntax yields [`events`]; the [`loader`] makes a tree of them and knows about anchors, merge keys, duplicate keys
//! and limits. [`json`] is the syntax that needs no library; YAML is in the module of its feature.

pub(crate) mod events;
mod index;
pub(crate) mod json;
pub(crate) mod loader;

pub(crate) use events::{Event, Events, Scalar, SyntaxError};
pub(crate) use loader::{Loaded, load};
