//! The configuration of the plugin `ResourceQuota`.

pub mod v1;
pub mod v1alpha1;
pub mod v1beta1;

use crate::{
    config::{Config, same_shape},
    field::{Errors, Path},
};

impl Config for v1::ResourceQuotaConfiguration {
    fn validate(&self) -> Errors {
        validate(self.limited_resources.as_deref())
    }
}

impl Config for v1beta1::Configuration {
    fn validate(&self) -> Errors {
        validate(self.limited_resources.as_deref())
    }
}

impl Config for v1alpha1::Configuration {
    fn validate(&self) -> Errors {
        validate(self.limited_resources.as_deref())
    }
}

same_shape!(
    v1beta1::Configuration,
    v1::ResourceQuotaConfiguration { limited_resources }
);
same_shape!(
    v1alpha1::Configuration,
    v1beta1::Configuration { limited_resources }
);

/// Follows `staging/src/k8s.io/apiserver/pkg/admission/plugin/resourcequota/apis/resourcequota/validation/validation.go`.
fn validate(resources: Option<&[v1::LimitedResource]>) -> Errors {
    let mut errors = Errors::new();
    for (index, limited) in resources.unwrap_or_default().iter().enumerate() {
        if limited.resource.is_empty() {
            let path = Path::new("limitedResources").index(index);
            errors.required(&path.child("resource"), "");
        }
    }
    errors
}
