//! The kinds of `kubelet.config.k8s.io`: what the kubelet reads, and what it writes for itself.

mod credential_provider;
mod effective;
mod load;
pub mod v1;
pub mod v1alpha1;
pub mod v1beta1;
mod validate;

#[cfg(feature = "yaml")]
pub use effective::read_dropins;
pub use effective::{Layers, effective, explained};
pub use load::load;

use crate::{
    Registry, Strictness,
    config::{Config, same_shape},
    field::Errors,
};

impl Config for v1beta1::KubeletConfiguration {
    const HABIT: Strictness = Strictness::Tolerate;

    fn set_defaults(&mut self) {
        Self::set_defaults(self);
    }

    fn validate(&self) -> Errors {
        Self::validate(self)
    }
}

impl Config for v1beta1::ImagePullIntent {}
impl Config for v1beta1::ImagePulledRecord {}
impl Config for v1beta1::SerializedNodeConfigSource {}
impl Config for v1alpha1::ImagePullIntent {}
impl Config for v1alpha1::ImagePulledRecord {}

same_shape!(
    v1alpha1::ImagePullIntent,
    v1beta1::ImagePullIntent { image }
);
same_shape!(
    v1alpha1::ImagePulledRecord,
    v1beta1::ImagePulledRecord {
        last_updated_time,
        image_ref,
        credential_mapping
    }
);

/// Adds the kinds of the kubelet.
#[must_use]
pub fn register(registry: Registry) -> Registry {
    registry
        .builtin::<v1beta1::KubeletConfiguration>()
        .builtin::<v1::CredentialProviderConfig>()
        .builtin_older::<v1beta1::CredentialProviderConfig>()
        .builtin_older::<v1alpha1::CredentialProviderConfig>()
        .builtin::<v1beta1::ImagePullIntent>()
        .builtin_older::<v1alpha1::ImagePullIntent>()
        .builtin::<v1beta1::ImagePulledRecord>()
        .builtin_older::<v1alpha1::ImagePulledRecord>()
        .builtin::<v1beta1::SerializedNodeConfigSource>()
}
