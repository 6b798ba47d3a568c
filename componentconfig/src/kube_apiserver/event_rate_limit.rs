//! The configuration of the plugin `EventRateLimit`.

pub mod v1alpha1;

use crate::{
    Strictness,
    config::Config,
    field::{Errors, Path},
};

const TYPES: [&str; 4] = ["Server", "Namespace", "User", "SourceAndObject"];

/// Follows `plugin/pkg/admission/eventratelimit/apis/eventratelimit/validation/validation.go`.
impl Config for v1alpha1::Configuration {
    const HABIT: Strictness = Strictness::Ignore;

    fn validate(&self) -> Errors {
        let (mut errors, path) = (Errors::new(), Path::new("limits"));
        let limits = self.limits.as_deref().unwrap_or_default();
        if limits.is_empty() {
            errors.invalid(&path, "[]", "must not be empty");
        }
        for (index, limit) in limits.iter().enumerate() {
            let path = path.index(index);
            if !TYPES.contains(&limit.r#type.as_str()) {
                errors.not_supported(&path.child("type"), limit.r#type.as_str(), &TYPES);
            }
            for (name, number) in [("burst", limit.burst), ("qps", limit.qps)] {
                if number <= 0 {
                    errors.invalid(&path.child(name), number, "must be positive");
                }
            }
            if limit.r#type != "Server" && limit.cache_size < 0 {
                let path = path.child("cacheSize");
                errors.invalid(&path, limit.cache_size, "must not be negative");
            }
        }
        errors
    }
}
