//! Conversion of objects between the versions of their kinds, without loss.
//!
//! The newest version is the hub, v1beta2; the others are its spokes. What a spoke cannot say, it carries along in the
//! annotation [`DATA_ANNOTATION`], from which the way back restores it. Follows `core/webhooks/conversion` and its
//! siblings for the other groups.
//!
//! ```
//! use machine_api::{conversion::Conversion, core::{v1beta1, v1beta2}};
//!
//! // References lose their version on the way up and get it back on the way down.
//! let conversion = Conversion::new(&|group: &str, kind: &str| {
//!     (kind == "DockerCluster").then(|| format!("{group}/v1beta1"))
//! });
//! let old: v1beta1::Cluster = serde_json::from_str(
//!     r#"{"metadata": {"name": "a", "namespace": "b"}, "spec": {"infrastructureRef": {
//!         "apiVersion": "infrastructure.cluster.x-k8s.io/v1beta1", "kind": "DockerCluster", "name": "a"}}}"#,
//! )?;
//! let new = conversion.to_hub(old)?;
//! assert_eq!(new.spec.infrastructure_ref.api_group, "infrastructure.cluster.x-k8s.io");
//! let old: v1beta1::Cluster = conversion.from_hub(new)?;
//! assert_eq!(old.spec.infrastructure_ref.unwrap_or_default().namespace, "b");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod addons;
mod core;
mod dispatch;
mod field;
mod ipam;
mod kubeadm;
mod kubeadm_control_plane;
mod restore;
mod runtime;

use crate::{Compat, kind::Object};
use field::Context;

pub use dispatch::convert;

/// The annotation that holds what a spoke cannot say: the hub as JSON without its metadata.
pub const DATA_ANNOTATION: &str = "cluster.x-k8s.io/conversion-data";

/// Which version of a kind is served.
///
/// Cluster API looks for the CustomResourceDefinition of the kind and takes the version that the newest contract lists.
/// Every `Fn(&str, &str) -> Option<String>` is one.
pub trait ApiVersions {
    /// The group and version, such as `infrastructure.cluster.x-k8s.io/v1beta1`; `None` if the kind is not known.
    fn api_version(&self, group: &str, kind: &str) -> Option<String>;
}

impl<F: Fn(&str, &str) -> Option<String>> ApiVersions for F {
    fn api_version(&self, group: &str, kind: &str) -> Option<String> {
        self(group, kind)
    }
}

/// An older version of a kind.
pub trait Spoke: Object {
    /// The newest version.
    type Hub: Object;

    /// The object in the newest version, restored from the annotation as far as the kind keeps one.
    #[doc(hidden)]
    fn up(self, context: &mut Context<'_>) -> Self::Hub;

    /// The object in this version, with the annotation if the kind keeps one.
    #[doc(hidden)]
    fn down(hub: Self::Hub, context: &mut Context<'_>) -> Self;
}

/// How objects are converted.
#[derive(Clone, Copy)]
pub struct Conversion<'a> {
    versions: &'a dyn ApiVersions,
    compat: Compat,
}

impl std::fmt::Debug for Conversion<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Conversion")
            .field("compat", &self.compat)
            .finish_non_exhaustive()
    }
}

impl<'a> Conversion<'a> {
    /// References get their versions from `versions`.
    pub fn new(versions: &'a dyn ApiVersions) -> Self {
        Self {
            versions,
            compat: Compat::default(),
        }
    }

    /// With [`Compat::Upstream`], mounts and files that have the path of an earlier one are taken for it when it is
    /// restored whether they are read-only, or appended.
    #[must_use]
    pub fn compat(mut self, compat: Compat) -> Self {
        self.compat = compat;
        self
    }

    /// The object in the newest version of its kind.
    ///
    /// # Errors
    /// The annotation is not what a conversion writes, or a reference names no version.
    pub fn to_hub<T: Spoke>(&self, spoke: T) -> Result<T::Hub, ConversionError> {
        let mut context = self.context(&spoke);
        let hub = spoke.up(&mut context);
        context.finish(hub)
    }

    /// The object in an older version of its kind.
    ///
    /// # Errors
    /// The version of a referenced kind is not known.
    pub fn from_hub<T: Spoke>(&self, hub: T::Hub) -> Result<T, ConversionError> {
        let mut context = self.context(&hub);
        let spoke = T::down(hub, &mut context);
        context.finish(spoke)
    }

    fn context<T: Object>(&self, object: &T) -> Context<'a> {
        Context::new(self.versions, self.compat, &object.metadata().namespace)
    }
}

/// Why an object cannot be converted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConversionError {
    /// A reference whose version cannot be read.
    #[error("the apiVersion {api_version:?} of a reference is not a group and a version")]
    MalformedReference {
        /// The version.
        api_version: String,
    },
    /// A reference to a kind whose version is not known.
    #[error("no version of {kind}.{group} is known")]
    UnknownKind {
        /// The group.
        group: String,
        /// The kind.
        kind: String,
    },
    /// An annotation that no conversion wrote.
    #[error("annotation {DATA_ANNOTATION}: {message}")]
    MalformedData {
        /// What is wrong with it.
        message: String,
    },
    /// There is no such conversion.
    #[error("no conversion from {from} to {to}")]
    Unsupported {
        /// The kind of the object.
        from: String,
        /// The version asked for.
        to: String,
    },
    /// The object cannot be read or written.
    #[error("{message}")]
    MalformedObject {
        /// What is wrong with it.
        message: String,
    },
}

#[cfg(test)]
mod tests;
