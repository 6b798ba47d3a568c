//! The programs that give the kubelet credentials for image registries.
//!
//! Follows `pkg/credentialprovider/plugin/config.go`. Errors about a provider are at `providers.name` and the like, without
//! the number of the provider, as upstream writes them.

use std::collections::BTreeSet;

use super::{
    v1::{self, ServiceAccountTokenAttributes},
    v1alpha1, v1beta1,
};
use crate::{
    Upgrade,
    check::{image, labels},
    config::{Config, same_shape},
    field::{Errors, Path},
    scalar::Duration,
};

const API_VERSIONS: [&str; 3] = [
    "credentialprovider.kubelet.k8s.io/v1",
    "credentialprovider.kubelet.k8s.io/v1alpha1",
    "credentialprovider.kubelet.k8s.io/v1beta1",
];
const CACHE_TYPES: [&str; 2] = ["ServiceAccount", "Token"];

impl Config for v1::CredentialProviderConfig {
    fn validate(&self) -> Errors {
        let (mut errors, path) = (Errors::new(), Path::new("providers"));
        let providers = self.providers.as_deref().unwrap_or_default();
        if providers.is_empty() {
            errors.required(&path, "at least 1 item in plugins is required");
        }
        let mut names = BTreeSet::new();
        for (index, provider) in providers.iter().enumerate() {
            let mut here = Errors::new();
            let name = provider.name.as_str();
            if !names.insert(name) {
                here.duplicate(&path.child("name"), name);
            }
            provider.validate(&path, &mut here);
            let entry = path.index(index);
            errors.extend(here.into_iter().map(|error| {
                let inside = error.path.elements().iter().skip(1).cloned().collect();
                error.pointing_at(entry.join(&inside))
            }));
        }
        errors
    }
}

impl Config for v1beta1::CredentialProviderConfig {
    fn validate(&self) -> Errors {
        self.clone().up().validate()
    }
}

impl Config for v1alpha1::CredentialProviderConfig {
    fn validate(&self) -> Errors {
        self.clone().up().validate()
    }
}

same_shape!(
    v1alpha1::CredentialProviderConfig,
    v1beta1::CredentialProviderConfig { providers }
);

impl Upgrade for v1beta1::CredentialProviderConfig {
    type Newer = v1::CredentialProviderConfig;

    fn up(self) -> Self::Newer {
        let up = |provider: v1beta1::CredentialProvider| v1::CredentialProvider {
            name: provider.name,
            match_images: provider.match_images,
            default_cache_duration: provider.default_cache_duration,
            api_version: provider.api_version,
            args: provider.args,
            env: provider.env,
            token_attributes: None,
        };
        v1::CredentialProviderConfig {
            providers: self
                .providers
                .map(|providers| providers.into_iter().map(up).collect()),
        }
    }

    fn down(newer: Self::Newer) -> Self {
        let down = |provider: v1::CredentialProvider| v1beta1::CredentialProvider {
            name: provider.name,
            match_images: provider.match_images,
            default_cache_duration: provider.default_cache_duration,
            api_version: provider.api_version,
            args: provider.args,
            env: provider.env,
        };
        Self {
            providers: newer
                .providers
                .map(|providers| providers.into_iter().map(down).collect()),
        }
    }
}

impl v1::CredentialProvider {
    fn validate(&self, path: &Path, errors: &mut Errors) {
        self.validate_name(&path.child("name"), errors);
        let api_version = path.child("apiVersion");
        match self.api_version.as_str() {
            "" => errors.required(&api_version, ""),
            known if API_VERSIONS.contains(&known) => {}
            unknown => errors.not_supported(&api_version, unknown, &API_VERSIONS),
        }
        let images = self.match_images.as_deref().unwrap_or_default();
        let of_images = path.child("matchImages");
        if images.is_empty() {
            errors.required(&of_images, "at least 1 item in matchImages is required");
        }
        for image in images {
            if let Err(why) = image::match_url(image) {
                let detail = format!("match image is invalid: {why}");
                errors.invalid(&of_images, image.as_str(), detail);
            }
        }
        let of_duration = path.child("defaultCacheDuration");
        match self.default_cache_duration {
            None => errors.required(&of_duration, ""),
            Some(period) if period < Duration::ZERO => {
                let detail = "defaultCacheDuration must be greater than or equal to 0";
                errors.invalid(&of_duration, period.to_string(), detail);
            }
            Some(_) => {}
        }
        if let Some(attributes) = &self.token_attributes {
            let path = path.child("tokenAttributes");
            let [newest, ..] = API_VERSIONS;
            if self.api_version != newest {
                let detail = format!("tokenAttributes is only supported for {newest} API version");
                errors.forbidden(&path, detail);
            }
            attributes.validate(&path, errors);
        }
    }

    fn validate_name(&self, path: &Path, errors: &mut Errors) {
        let name = self.name.as_str();
        for (wrong, detail) in [
            (name.contains('/'), "provider name cannot contain '/'"),
            (name.contains(' '), "provider name cannot contain spaces"),
            (name == ".", "provider name cannot be '.'"),
            (name == "..", "provider name cannot be '..'"),
        ] {
            if wrong {
                errors.invalid(path, name, detail);
            }
        }
    }
}

impl ServiceAccountTokenAttributes {
    fn validate(&self, path: &Path, errors: &mut Errors) {
        if self.service_account_token_audience.is_empty() {
            errors.required(&path.child("serviceAccountTokenAudience"), "");
        }
        if self.require_service_account.is_none() {
            errors.required(&path.child("requireServiceAccount"), "");
        }
        let (required, optional) = (
            &self.required_service_account_annotation_keys,
            &self.optional_service_account_annotation_keys,
        );
        let of_required = path.child("requiredServiceAccountAnnotationKeys");
        if self.require_service_account == Some(false) && !required.is_empty() {
            let detail = "requireServiceAccount cannot be false when requiredServiceAccountAnnotationKeys is set";
            errors.forbidden(&of_required, detail);
        }
        annotation_keys(required, &of_required, errors);
        annotation_keys(
            optional,
            &path.child("optionalServiceAccountAnnotationKeys"),
            errors,
        );
        let both: Vec<_> = required
            .iter()
            .filter(|key| optional.contains(key))
            .cloned()
            .collect();
        if !both.is_empty() {
            let detail = "annotation keys cannot be both required and optional";
            errors.invalid(path, both, detail);
        }
        let of_cache = path.child("cacheType");
        match self.cache_type.as_str() {
            "" => errors.required(
                &of_cache,
                format!(
                    "cacheType is required to be set when tokenAttributes is specified. Supported values are: {}",
                    CACHE_TYPES.join(", ")
                ),
            ),
            known if CACHE_TYPES.contains(&known) => {}
            unknown => errors.not_supported(&of_cache, unknown, &CACHE_TYPES),
        }
    }
}

fn annotation_keys(keys: &[String], path: &Path, errors: &mut Errors) {
    let mut seen = BTreeSet::new();
    for key in keys {
        if !labels::is_qualified_name(&key.to_lowercase()) {
            errors.invalid(path, key.as_str(), labels::NOT_QUALIFIED);
        }
        if !seen.insert(key) {
            errors.duplicate(path, key.as_str());
        }
    }
}

#[cfg(test)]
#[cfg(feature = "yaml")]
mod tests {
    use crate::{Policy, Registry, kubelet, yaml};

    #[test]
    fn errors_point_to_their_provider() {
        let text = "\
apiVersion: kubelet.config.k8s.io/v1
kind: CredentialProviderConfig
providers:
- name: a
  apiVersion: credentialprovider.kubelet.k8s.io/v1
  matchImages: [a.example]
  defaultCacheDuration: 1m
- name: a
  apiVersion: credentialprovider.kubelet.k8s.io/v2
  matchImages: [b.example]
  defaultCacheDuration: -1m
";
        let document = yaml::parse("c", text).unwrap();
        let registry = kubelet::register(Registry::new());
        let report = registry.load_any(&document, Policy::Strict).unwrap_err();
        let places = report.errors().map(|error| {
            let path = error.path.as_ref().unwrap().to_string();
            (path, error.span.unwrap().line)
        });
        let expected = [
            ("providers.name", 8),
            ("providers.apiVersion", 9),
            ("providers.defaultCacheDuration", 11),
        ];
        assert!(places.eq(expected.map(|(path, line)| (path.to_owned(), line))));
    }
}
