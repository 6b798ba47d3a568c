//! What is wrong with a complete configuration of encryption.
//!
//! Follows `staging/src/k8s.io/apiserver/pkg/apis/apiserver/validation/validation_encryption.go`, for a configuration
//! that is not reloaded.

use std::collections::BTreeSet;

use super::v1::{KMSConfiguration, Key, ProviderConfiguration, ResourceConfiguration};
use crate::{
    base64,
    check::url,
    field::{Errors, Path},
    scalar::Duration,
};

const AES_KEYS: &[usize] = &[16, 24, 32];
const SECRETBOX_KEYS: &[usize] = &[32];

pub(super) fn resources(resources: Option<&[ResourceConfiguration]>) -> Errors {
    let (mut errors, path) = (Errors::new(), Path::new("resources"));
    let resources = resources.unwrap_or_default();
    if resources.is_empty() {
        errors.required(&path, "at least one resources is required");
    }
    let mut names = BTreeSet::new();
    for (index, configuration) in resources.iter().enumerate() {
        let (path, here) = (path.index(index), configuration);
        let (of, providers) = (path.child("resources"), path.child("providers"));
        resource_names(
            here.resources.as_deref().unwrap_or_default(),
            &of,
            &mut errors,
        );
        let all = here.providers.as_deref().unwrap_or_default();
        if all.is_empty() {
            errors.required(&providers, format!("at least one {providers} is required"));
        }
        for (index, provider) in all.iter().enumerate() {
            provider.validate(&providers.index(index), &mut names, &mut errors);
        }
    }
    errors
}

/// A resource taken apart: `resource.group`.
fn parsed(resource: &str) -> (&str, &str) {
    resource.split_once('.').unwrap_or((resource, ""))
}

fn resource_names(resources: &[String], path: &Path, errors: &mut Errors) {
    if resources.is_empty() {
        errors.required(path, format!("at least one {path} is required"));
    }
    let all: Vec<_> = resources.iter().map(|resource| parsed(resource)).collect();
    let unique: BTreeSet<_> = all.iter().collect();
    if unique.len() < all.len() {
        let detail = "the same resource cannot be specified multiple times";
        errors.invalid(path, resources.to_vec(), detail);
    }
    if overlap(&all) {
        let detail = "using overlapping resources such as 'secrets' and '*.' in the same resource list is not allowed \
                      as they will be masked";
        errors.invalid(path, resources.to_vec(), detail);
    }
    for (index, resource) in resources.iter().enumerate() {
        if let Some(detail) = wrong_resource(resource) {
            errors.invalid(&path.index(index), resource.as_str(), detail);
        }
    }
}

/// Whether one of the resources contains another one.
fn overlap(all: &[(&str, &str)]) -> bool {
    let pairs = all.iter().enumerate().flat_map(|(i, one)| {
        let others = all.iter().enumerate().filter(move |(j, _)| i != *j);
        others.map(move |(_, other)| (one, other))
    });
    let mut different = pairs.filter(|(one, other)| one != other);
    different.any(|(one, other)| {
        *one == ("*", "*") || (one.1 == other.1 && (one.0 == "*" || other.0 == "*"))
    })
}

fn wrong_resource(resource: &str) -> Option<&'static str> {
    let (name, group) = parsed(resource);
    if resource.to_lowercase() != resource {
        return Some("resource name should not contain capital letters");
    }
    match (resource, group) {
        ("*", _) => Some(
            "use '*.' to encrypt all the resources from core API group or *.* to encrypt all resources",
        ),
        ("apiserveripinfo" | "serviceipallocations" | "servicenodeportallocations", _) => {
            Some("resources which do not have REST API/s cannot be encrypted")
        }
        (_, "events.k8s.io") => Some(
            "'*.events.k8s.io' objects are stored using the 'events' API group in etcd. Use 'events' instead in the \
             config file",
        ),
        (_, "extensions") => {
            Some("'extensions' group has been removed and cannot be used for encryption")
        }
        (_, "*") if name != "*" => {
            Some("encrypting the same resource across groups is not supported")
        }
        _ => None,
    }
}

impl ProviderConfiguration {
    fn validate<'a>(&'a self, path: &Path, names: &mut BTreeSet<&'a str>, errors: &mut Errors) {
        let set = [
            ("kms", self.kms.is_some()),
            ("aesgcm", self.aesgcm.is_some()),
            ("aescbc", self.aescbc.is_some()),
            ("secretbox", self.secretbox.is_some()),
            ("identity", self.identity.is_some()),
        ];
        let set: Vec<&str> = set
            .into_iter()
            .filter_map(|(name, set)| set.then_some(name))
            .collect();
        match set.as_slice() {
            [_] => {}
            [] => errors.invalid(
                path,
                "{}",
                "provider does not contain any of the expected providers: KMS, AESGCM, AESCBC, Secretbox, Identity",
            ),
            several => errors.invalid(
                path,
                several.join(", "),
                "more than one provider specified in a single element, should split into different list elements",
            ),
        }
        if let Some(kms) = &self.kms {
            kms.validate(&path.child("kms"), names, errors);
            names.insert(&kms.name);
        } else if let Some(aes) = &self.aesgcm {
            keys(aes.keys.as_deref(), &path.child("aesgcm"), AES_KEYS, errors);
        } else if let Some(aes) = &self.aescbc {
            keys(aes.keys.as_deref(), &path.child("aescbc"), AES_KEYS, errors);
        } else if let Some(secretbox) = &self.secretbox {
            let path = path.child("secretbox");
            keys(secretbox.keys.as_deref(), &path, SECRETBOX_KEYS, errors);
        }
    }
}

fn keys(keys: Option<&[Key]>, path: &Path, lengths: &[usize], errors: &mut Errors) {
    let (keys, path) = (keys.unwrap_or_default(), path.child("keys"));
    if keys.is_empty() {
        errors.required(&path, "at least one keys is required");
    }
    for (index, key) in keys.iter().enumerate() {
        key.validate(&path.index(index), lengths, errors);
    }
}

impl Key {
    fn validate(&self, path: &Path, lengths: &[usize], errors: &mut Errors) {
        if self.name.is_empty() {
            errors.required(&path.child("name"), "name is a mandatory field for a key");
        }
        let path = path.child("secret");
        if self.secret.is_empty() {
            errors.required(&path, "secret is a mandatory field for a key");
            return;
        }
        let Some(bytes) = base64::decode(self.secret.expose()) else {
            errors.invalid(&path, "REDACTED", "secrets must be base64 encoded");
            return;
        };
        if !lengths.contains(&bytes.len()) {
            let lengths: Vec<_> = lengths.iter().map(ToString::to_string).collect();
            let detail = format!(
                "secret is not of the expected length, got {}, expected one of [{}]",
                bytes.len(),
                lengths.join(" ")
            );
            errors.invalid(&path, "REDACTED", detail);
        }
    }
}

impl KMSConfiguration {
    fn validate(&self, path: &Path, names: &BTreeSet<&str>, errors: &mut Errors) {
        self.validate_name(&path.child("name"), names, errors);
        let timeout = self.timeout.unwrap_or_default();
        if timeout <= Duration::ZERO {
            let detail = "timeout should be a positive value";
            errors.invalid(&path.child("timeout"), timeout.to_string(), detail);
        }
        self.validate_endpoint(&path.child("endpoint"), errors);
        let (v1, size) = (self.api_version == "v1", self.cachesize);
        let path_of_size = path.child("cachesize");
        match size {
            Some(size) if !v1 => {
                errors.invalid(&path_of_size, size, "cachesize is not supported in v2");
            }
            Some(0) => {
                let detail = "cachesize should be a positive value, or negative to disable";
                errors.invalid(&path_of_size, 0, detail);
            }
            _ => {}
        }
        if !matches!(self.api_version.as_str(), "v1" | "v2") {
            let detail =
                "unsupported apiVersion apiVersion for KMS provider, only v1 and v2 are supported";
            errors.invalid(&path.child("apiVersion"), self.api_version.as_str(), detail);
        }
    }

    fn validate_name(&self, path: &Path, names: &BTreeSet<&str>, errors: &mut Errors) {
        let name = self.name.as_str();
        if name.is_empty() {
            errors.required(path, "name is a mandatory field for a provider");
        }
        if self.api_version == "v1" {
            return;
        }
        if name.contains(':') {
            let detail = format!("invalid KMS provider name {name}, must not contain ':'");
            errors.invalid(path, name, detail);
        }
        if names.contains(name) {
            let detail = format!("duplicate KMS provider name {name}, names must be unique");
            errors.invalid(path, name, detail);
        }
    }

    fn validate_endpoint(&self, path: &Path, errors: &mut Errors) {
        let endpoint = self.endpoint.as_str();
        if endpoint.is_empty() {
            errors.invalid(path, "", "endpoint is a mandatory field for a kms");
            return;
        }
        match url::parse(endpoint) {
            Err(why) => {
                let detail = format!("invalid endpoint for kms provider, error: {why}");
                errors.invalid(path, endpoint, detail);
            }
            Ok(url) if url.scheme != "unix" => {
                let detail = format!(
                    "unsupported scheme {:?} for KMS provider, only unix is supported",
                    url.scheme
                );
                errors.invalid(path, endpoint, detail);
            }
            Ok(_) => {}
        }
    }
}
