//! The configurations of admission plugins.

pub mod v1;
pub mod v1alpha1;

use crate::{
    config::{Config, Nested, same_shape},
    field::{Errors, Path},
    tree::{Content, Node},
};

impl Config for v1::AdmissionConfiguration {
    fn validate(&self) -> Errors {
        Errors::new()
    }

    fn nested(root: &Node) -> Vec<Nested> {
        configurations(root)
    }
}

impl Config for v1alpha1::AdmissionConfiguration {
    fn nested(root: &Node) -> Vec<Nested> {
        configurations(root)
    }
}

same_shape!(
    v1alpha1::AdmissionConfiguration,
    v1::AdmissionConfiguration { plugins }
);

/// The documents inside: the configuration of every plugin that has one inline.
fn configurations(root: &Node) -> Vec<Nested> {
    let plugins = root.get("plugins").map(Node::items).unwrap_or_default();
    let inline = |(index, plugin): (usize, &Node)| {
        let node = plugin.get("configuration")?;
        let path = Path::new("plugins").index(index).child("configuration");
        (!matches!(node.content(), Content::Null)).then(|| Nested::of_any_kind(path))
    };
    plugins.iter().enumerate().filter_map(inline).collect()
}
