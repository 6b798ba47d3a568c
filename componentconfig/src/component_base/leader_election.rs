//! Leader election, and debugging. Follows `component-base/config/v1alpha1`.

use serde::{Deserialize, Serialize};

#[cfg(feature = "kube-scheduler")]
use crate::field::{Errors, Path};
use crate::scalar::Duration;

/// What a component serves for debugging. Upstream: `component-base/config/v1alpha1`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct DebuggingConfiguration {
    /// Whether profiles are served.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enable_profiling: Option<bool>,
    /// Whether profiles of locks are served.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enable_contention_profiling: Option<bool>,
}

/// How one of several instances of a component becomes the active one. Upstream: `component-base/config/v1alpha1`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct LeaderElectionConfiguration {
    /// Whether there is an election at all. Default true.
    pub leader_elect: Option<bool>,
    /// How long others wait since the last renewal before they try to lead. Default 15 seconds.
    pub lease_duration: Duration,
    /// How long the leader tries to renew before it stops. Less than `leaseDuration`. Default 10 seconds.
    pub renew_deadline: Duration,
    /// How long everybody waits between tries. Default 2 seconds.
    pub retry_period: Duration,
    /// What is locked: `leases`.
    pub resource_lock: String,
    /// Its name.
    pub resource_name: String,
    /// Its namespace.
    pub resource_namespace: String,
}

crate::defaults! {
    LeaderElectionConfiguration: fill_defaults {
        leader_elect: bool = true,
        lease_duration: Duration = Duration::from_secs(15),
        renew_deadline: Duration = Duration::from_secs(10),
        retry_period: Duration = Duration::from_secs(2),
        resource_lock: &str = "leases",
    }
}

impl LeaderElectionConfiguration {
    /// Fills in what is unset. Setting defaults twice is the same as once.
    pub fn set_defaults(&mut self) {
        self.fill_defaults();
    }

    /// Follows `component-base/config/validation/validation.go`.
    #[cfg(feature = "kube-scheduler")]
    pub(crate) fn validate(&self, path: &Path, errors: &mut Errors) {
        if self.leader_elect != Some(true) {
            return;
        }
        for (name, period) in [
            ("leaseDuration", self.lease_duration),
            ("renewDeadline", self.renew_deadline),
            ("retryPeriod", self.retry_period),
        ] {
            if period <= Duration::ZERO {
                let path = path.child(name);
                errors.invalid(&path, period.to_string(), "must be greater than zero");
            }
        }
        if self.lease_duration <= self.renew_deadline {
            errors.invalid(
                &path.child("leaseDuration"),
                self.renew_deadline.to_string(),
                "must be greater than `RenewDeadline`",
            );
        }
        for (name, text) in [
            ("resourceLock", &self.resource_lock),
            ("resourceNamespace", &self.resource_namespace),
            ("resourceName", &self.resource_name),
        ] {
            if text.is_empty() {
                errors.required(&path.child(name), "");
            }
        }
    }
}
