//! Where the API server sends its traces.

pub mod v1;
pub mod v1alpha1;
pub mod v1beta1;

use crate::{
    component_base,
    config::{Config, same_shape},
    field::{Errors, Path},
};

macro_rules! tracing {
    ($($version:ident)+) => {
        $(impl Config for $version::TracingConfiguration {
            fn validate(&self) -> Errors {
                let shared = component_base::TracingConfiguration {
                    endpoint: self.endpoint.clone(),
                    sampling_rate_per_million: self.sampling_rate_per_million,
                };
                let mut errors = Errors::new();
                shared.validate(&Path::root(), &mut errors);
                errors
            }
        })+
    };
}

tracing!(v1 v1beta1 v1alpha1);

same_shape!(
    v1beta1::TracingConfiguration,
    v1::TracingConfiguration {
        endpoint,
        sampling_rate_per_million
    }
);
same_shape!(
    v1alpha1::TracingConfiguration,
    v1beta1::TracingConfiguration {
        endpoint,
        sampling_rate_per_million
    }
);
