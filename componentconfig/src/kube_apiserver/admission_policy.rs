//! The configurations of the plugins `ValidatingAdmissionPolicy` and `MutatingAdmissionPolicy`.

pub mod v1;

use crate::{
    config::Config,
    field::{Errors, Path},
};

macro_rules! policies {
    ($($kind:ident)+) => {
        $(impl Config for v1::$kind {
            fn validate(&self) -> Errors {
                let mut errors = Errors::new();
                static_manifests_dir(&self.static_manifests_dir, &mut errors);
                errors
            }
        })+
    };
}

policies!(MutatingAdmissionPolicyConfiguration ValidatingAdmissionPolicyConfiguration);

/// Follows `staging/src/k8s.io/apiserver/pkg/admission/plugin/manifest/validation.go`. Whether the folder exists is not
/// looked at, nor whether the API server runs with the feature gate that it needs.
pub(super) fn static_manifests_dir(folder: &str, errors: &mut Errors) {
    if !folder.is_empty() && !folder.starts_with('/') {
        let path = Path::new("staticManifestsDir");
        errors.invalid(&path, folder, "must be an absolute file path");
    }
}
