//! Who sends a request: JSON web tokens, and requests without credentials.

pub mod v1;
pub mod v1alpha1;
pub mod v1beta1;
mod validate;

use crate::{
    config::{Config, same_shape},
    field::Errors,
};

macro_rules! authentication {
    ($($version:ident)+) => {
        $(impl Config for $version::AuthenticationConfiguration {
            /// The API server keeps the URL as a text that may be empty.
            fn set_defaults(&mut self) {
                for authenticator in self.jwt.iter_mut().flatten() {
                    authenticator.issuer.discovery_url.get_or_insert_default();
                }
            }

            fn validate(&self) -> Errors {
                validate::configuration(self.jwt.as_deref(), self.anonymous.as_ref())
            }
        })+
    };
}

authentication!(v1 v1beta1 v1alpha1);

same_shape!(
    v1beta1::AuthenticationConfiguration,
    v1::AuthenticationConfiguration { jwt, anonymous }
);
same_shape!(
    v1alpha1::AuthenticationConfiguration,
    v1beta1::AuthenticationConfiguration { jwt, anonymous }
);
