//! The Pod Security standards of a cluster.

pub mod v1;
pub mod v1alpha1;
pub mod v1beta1;

use std::collections::BTreeSet;

use self::v1::{PodSecurityDefaults, PodSecurityExemptions};
use crate::{
    check::dns,
    config::{Config, same_shape},
    field::{Errors, Path},
};

macro_rules! pod_security {
    ($($version:ident)+) => {
        $(impl Config for $version::PodSecurityConfiguration {
            fn set_defaults(&mut self) {
                self.defaults.set_defaults();
            }

            fn validate(&self) -> Errors {
                let mut errors = Errors::new();
                self.defaults.validate(&mut errors);
                self.exemptions.validate(&mut errors);
                errors
            }
        })+
    };
}

pod_security!(v1 v1beta1 v1alpha1);

same_shape!(
    v1beta1::PodSecurityConfiguration,
    v1::PodSecurityConfiguration {
        defaults,
        exemptions
    }
);
same_shape!(
    v1alpha1::PodSecurityConfiguration,
    v1beta1::PodSecurityConfiguration {
        defaults,
        exemptions
    }
);

impl PodSecurityDefaults {
    fn set_defaults(&mut self) {
        for (field, default) in [
            (&mut self.enforce, "privileged"),
            (&mut self.warn, "privileged"),
            (&mut self.audit, "privileged"),
            (&mut self.enforce_version, "latest"),
            (&mut self.warn_version, "latest"),
            (&mut self.audit_version, "latest"),
        ] {
            if field.is_empty() {
                default.clone_into(field);
            }
        }
    }

    /// Follows `staging/src/k8s.io/pod-security-admission/admission/api/validation/validation.go`.
    fn validate(&self, errors: &mut Errors) {
        let path = Path::new("defaults");
        for (name, level) in [
            ("enforce", &self.enforce),
            ("warn", &self.warn),
            ("audit", &self.audit),
        ] {
            if !matches!(level.as_str(), "privileged" | "baseline" | "restricted") {
                let detail = "must be one of privileged, baseline, restricted";
                errors.invalid(&path.child(name), level.as_str(), detail);
            }
        }
        for (name, version) in [
            ("enforce-version", &self.enforce_version),
            ("warn-version", &self.warn_version),
            ("audit-version", &self.audit_version),
        ] {
            if !is_version(version) {
                errors.invalid(
                    &path.child(name),
                    version.as_str(),
                    "must be \"latest\" or \"v1.x\"",
                );
            }
        }
    }
}

/// `latest`, or `v1.` and a number without leading zeros.
fn is_version(version: &str) -> bool {
    let minor = version.strip_prefix("v1.").unwrap_or_default();
    let plain = minor == "0" || !minor.starts_with('0');
    let digits = !minor.is_empty() && minor.bytes().all(|byte| byte.is_ascii_digit());
    version == "latest" || (plain && digits && minor.parse::<i64>().is_ok())
}

impl PodSecurityExemptions {
    fn validate(&self, errors: &mut Errors) {
        let path = Path::new("exemptions");
        unique(
            &path.child("namespaces"),
            &self.namespaces,
            dns::label,
            errors,
        );
        unique(
            &path.child("runtimeClasses"),
            &self.runtime_classes,
            dns::subdomain,
            errors,
        );
        let users = path.child("usernames");
        for (index, _) in self
            .usernames
            .iter()
            .enumerate()
            .filter(|(_, name)| name.is_empty())
        {
            errors.required(&users.index(index), "");
        }
        let named: Vec<_> = self.usernames.iter().enumerate().collect();
        let mut seen = BTreeSet::new();
        for (index, name) in named.into_iter().filter(|(_, name)| !name.is_empty()) {
            if !seen.insert(name) {
                errors.duplicate(&users.index(index), name.as_str());
            }
        }
    }
}

/// Names of a form, each only once.
fn unique(path: &Path, names: &[String], wrong: fn(&str) -> Vec<String>, errors: &mut Errors) {
    let mut seen = BTreeSet::new();
    for (index, name) in names.iter().enumerate() {
        let path = path.index(index);
        let wrong = wrong(name);
        if !wrong.is_empty() {
            errors.invalid(&path, name.as_str(), wrong.join(", "));
        } else if !seen.insert(name) {
            errors.duplicate(&path, name.as_str());
        }
    }
}
