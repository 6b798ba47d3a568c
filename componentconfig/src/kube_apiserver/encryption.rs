//! Encryption at rest.

pub mod alias;
pub mod v1;
mod validate;

use self::v1::{KMSConfiguration, ResourceConfiguration};
use crate::{
    config::{Config, same_shape},
    field::Errors,
    scalar::Duration,
};

impl Config for v1::EncryptionConfiguration {
    fn set_defaults(&mut self) {
        set_defaults(self.resources.as_deref_mut());
    }

    fn validate(&self) -> Errors {
        validate::resources(self.resources.as_deref())
    }
}

impl Config for alias::EncryptionConfig {
    fn set_defaults(&mut self) {
        set_defaults(self.resources.as_deref_mut());
    }

    fn validate(&self) -> Errors {
        validate::resources(self.resources.as_deref())
    }
}

same_shape!(
    alias::EncryptionConfig,
    v1::EncryptionConfiguration { resources }
);

/// Follows `staging/src/k8s.io/apiserver/pkg/apis/apiserver/v1/defaults.go`.
fn set_defaults(resources: Option<&mut [ResourceConfiguration]>) {
    let resources = resources.unwrap_or_default().iter_mut();
    let providers = resources.flat_map(|resource| resource.providers.iter_mut().flatten());
    for kms in providers.filter_map(|provider| provider.kms.as_mut()) {
        kms.set_defaults();
    }
}

impl KMSConfiguration {
    fn set_defaults(&mut self) {
        self.timeout.get_or_insert(Duration::from_secs(3));
        if self.api_version.is_empty() {
            "v1".clone_into(&mut self.api_version);
        }
        if self.api_version == "v1" {
            self.cachesize.get_or_insert(1000);
        }
    }
}
