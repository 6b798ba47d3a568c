//! Whether a request is allowed.

pub mod v1;
pub mod v1alpha1;
pub mod v1beta1;
mod validate;

use crate::{
    config::{Config, same_shape},
    field::Errors,
    scalar::Duration,
};

macro_rules! authorization {
    ($($version:ident)+) => {
        $(impl Config for $version::AuthorizationConfiguration {
            fn set_defaults(&mut self) {
                set_defaults(self.authorizers.as_deref_mut());
            }

            fn validate(&self) -> Errors {
                validate::authorizers(self.authorizers.as_deref())
            }
        })+
    };
}

authorization!(v1 v1beta1 v1alpha1);

same_shape!(
    v1beta1::AuthorizationConfiguration,
    v1::AuthorizationConfiguration { authorizers }
);
same_shape!(
    v1alpha1::AuthorizationConfiguration,
    v1beta1::AuthorizationConfiguration { authorizers }
);

/// Follows `staging/src/k8s.io/apiserver/pkg/apis/apiserver/v1/defaults.go`.
fn set_defaults(authorizers: Option<&mut [v1::AuthorizerConfiguration]>) {
    let authorizers = authorizers.unwrap_or_default().iter_mut();
    for webhook in authorizers.filter_map(|authorizer| authorizer.webhook.as_mut()) {
        for (period, default) in [
            (&mut webhook.authorized_ttl, Duration::from_mins(5)),
            (&mut webhook.unauthorized_ttl, Duration::from_secs(30)),
        ] {
            if period.is_zero() {
                *period = default;
            }
        }
        webhook.cache_authorized_requests.get_or_insert(true);
        webhook.cache_unauthorized_requests.get_or_insert(true);
    }
}
