//! The kinds of `kubeproxy.config.k8s.io`: what kube-proxy reads.

mod load;
pub mod v1alpha1;
mod validate;

pub use load::load;

use crate::{Registry, Strictness, config::Config, field::Errors};

impl Config for v1alpha1::KubeProxyConfiguration {
    const HABIT: Strictness = Strictness::Tolerate;

    fn set_defaults(&mut self) {
        Self::set_defaults(self);
    }

    fn validate(&self) -> Errors {
        Self::validate(self)
    }

    fn warnings(&self) -> Errors {
        self.odd()
    }
}

/// Adds the kind of kube-proxy.
#[must_use]
pub fn register(registry: Registry) -> Registry {
    registry.builtin::<v1alpha1::KubeProxyConfiguration>()
}
