//! Validation of tracing. Follows `component-base/tracing/api/v1/config.go`.

use super::TracingConfiguration;
use crate::{
    check::url,
    field::{Errors, Path},
};

const MILLION: i32 = 1_000_000;

impl TracingConfiguration {
    pub(crate) fn validate(&self, path: &Path, errors: &mut Errors) {
        if let Some(rate) = self.sampling_rate_per_million {
            let path = path.child("samplingRatePerMillion");
            if rate < 0 {
                errors.invalid(&path, rate, "sampling rate must be positive");
            }
            if rate > MILLION {
                errors.invalid(
                    &path,
                    rate,
                    "sampling rate per million must be less than or equal to one million",
                );
            }
        }
        if let Some(endpoint) = &self.endpoint {
            self::endpoint(endpoint, &path.child("endpoint"), errors);
        }
    }
}

fn endpoint(endpoint: &str, path: &Path, errors: &mut Errors) {
    let with_scheme = if endpoint.contains("//") {
        endpoint.to_owned()
    } else {
        format!("dns://{endpoint}")
    };
    match url::parse(&with_scheme) {
        Err(why) => errors.invalid(path, endpoint, why),
        Ok(url) if !matches!(url.scheme.as_str(), "dns" | "unix" | "unix-abstract") => {
            let detail = format!(
                "unsupported scheme: {}. Options are none, dns, unix, or unix-abstract",
                url.scheme
            );
            errors.invalid(path, endpoint, detail);
        }
        Ok(_) => {}
    }
}
