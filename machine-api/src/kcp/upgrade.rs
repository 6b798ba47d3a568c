//! What a control plane changes inside of its cluster when its version changes: the configuration that machines join with, rights
//! that newer versions need, kube-proxy and CoreDNS.
//!
//! Each function takes objects of the cluster as they are and gives the operations that make them as they are to be; none if they
//! are so. Follows `workload_cluster*.go` of Cluster API.

#[cfg(feature = "bootstrap-data")]
mod configuration;
mod core_dns;
mod corefile;
mod image;
mod kube_proxy;
mod permissions;

#[cfg(feature = "bootstrap-data")]
pub use configuration::{Part, cluster_configuration};
pub use core_dns::{CoreDns, core_dns};
pub use corefile::{CorefileError, migrate};
pub use image::ImageError;
pub use kube_proxy::kube_proxy;
pub use permissions::permissions;

use apply_semantics::{
    op::{ObjectRef, Operation, WriteOptions},
    patch::{Patch, merge},
};
use serde_json::{Value, json};

use crate::version::ParseVersionError;

/// Who writes inside of clusters.
const MANAGER: &str = "manager";

/// Why something inside of a cluster cannot be made as it is to be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UpgradeError {
    /// A version cannot be read.
    #[error(transparent)]
    Version(#[from] ParseVersionError),
    /// The image of a container cannot be read or changed.
    #[error(transparent)]
    Image(#[from] ImageError),
    /// The ConfigMap of CoreDNS has no configuration.
    #[error("unable to find the CoreDNS Corefile data")]
    NoCorefile,
    /// The Deployment of CoreDNS has no container of that name.
    #[error("failed to update coredns deployment: deployment spec has no \"coredns\" container")]
    NoContainer,
    /// The image of CoreDNS does not say which version it is.
    #[error("failed to update coredns deployment: does not have a valid image tag: {0:?}")]
    NoTag(String),
    /// CoreDNS would become older.
    #[error(
        "failed to validate CoreDNS: toVersion {to:?} must be greater than or equal to fromVersion {from:?}"
    )]
    Older {
        /// The tag of the image that runs.
        from: String,
        /// The tag of the image that is wanted.
        to: String,
    },
    /// The configuration of CoreDNS cannot be taken to the version that is wanted.
    #[error("unable to migrate CoreDNS corefile: {0}")]
    Corefile(#[from] CorefileError),
    /// The configuration of the cluster is none that kubeadm writes, or the one that is wanted cannot be written.
    #[error("failed to update the kubeadm-config ConfigMap: {0}")]
    Configuration(String),
}

/// What changes an object as it was read into another one. An object that was changed since is not written to.
fn change(current: &Value, desired: &Value) -> Option<Operation> {
    let mut patch = difference(current, desired)?;
    let version = current.pointer("/metadata/resourceVersion");
    if let (Some(version), Some(fields)) = (version, patch.as_object_mut()) {
        let metadata = fields.entry("metadata").or_insert_with(|| json!({}));
        if let Some(metadata) = metadata.as_object_mut() {
            metadata.insert("resourceVersion".to_owned(), version.clone());
        }
    }
    patched(current, patch)
}

/// What changes an object again that was just changed.
fn change_again(current: &Value, desired: &Value) -> Option<Operation> {
    patched(current, difference(current, desired)?)
}

fn difference(current: &Value, desired: &Value) -> Option<Value> {
    let patch = merge::create(current, desired).ok()?;
    (patch != json!({})).then_some(patch)
}

fn patched(object: &Value, patch: Value) -> Option<Operation> {
    let target = ObjectRef::of(object).ok()?;
    let options = WriteOptions::new(MANAGER);
    Some(Operation::patch(target, Patch::Merge(patch), options))
}

/// The container of that name, in what pods are made from.
fn container<'a>(object: &'a Value, name: &str) -> Option<&'a Value> {
    let containers = object.pointer("/spec/template/spec/containers")?;
    let mut containers = containers.as_array()?.iter();
    containers.find(|container| container.get("name").and_then(Value::as_str) == Some(name))
}

/// The image of the container of that name.
fn image_of<'a>(object: &'a Value, name: &str) -> Option<&'a str> {
    container(object, name)?.get("image")?.as_str()
}

/// The same object with another image in the containers of that name.
fn with_image(mut object: Value, name: &str, image: &str) -> Value {
    let containers = object.pointer_mut("/spec/template/spec/containers");
    let containers = containers.and_then(Value::as_array_mut);
    for container in containers.into_iter().flatten() {
        let is_it = container.get("name").and_then(Value::as_str) == Some(name);
        if let (true, Some(fields)) = (is_it, container.as_object_mut()) {
            fields.insert("image".to_owned(), json!(image));
        }
    }
    object
}
