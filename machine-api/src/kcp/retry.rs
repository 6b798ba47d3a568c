//! How often remediation is tried again.

use std::fmt;

use componentconfig::{core::Time, scalar::Duration};
use serde::{Deserialize, Serialize};

use super::{RemediationError, observed::ControlPlane};
use crate::{core::v1beta2::Machine, labels};

/// After that many seconds without failure tries are counted anew, unless the control plane says otherwise.
pub const DEFAULT_MIN_HEALTHY_PERIOD_SECONDS: i32 = 3600;

/// A remediation, as the annotations of the control plane and of the machine that it made say it.
///
/// ```
/// use machine_api::kcp::Remediation;
///
/// let text = r#"{"machine":"m1","timestamp":"2026-06-01T00:00:00Z","retryCount":2}"#;
/// let remediation: Remediation = text.parse()?;
/// assert_eq!(remediation.retry_count, 2);
/// assert_eq!(remediation.to_string(), text);
/// # Ok::<(), machine_api::kcp::RemediationError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Remediation {
    /// The machine that was deleted.
    pub machine: String,
    /// When.
    pub timestamp: Option<Time>,
    /// How often it had been tried for the same trouble before.
    pub retry_count: i64,
}

impl std::str::FromStr for Remediation {
    type Err = RemediationError;

    fn from_str(text: &str) -> Result<Self, RemediationError> {
        serde_json::from_str(text).map_err(|error| RemediationError {
            value: text.to_owned(),
            reason: error.to_string(),
        })
    }
}

impl fmt::Display for Remediation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string(self).map_err(|_| fmt::Error)?)
    }
}

/// Whether a machine may be remediated as far as earlier tries are concerned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Retry {
    /// What is to be written if it is remediated.
    pub remediation: Remediation,
    /// Why it is not; none if it may be.
    pub refusal: Option<RetryRefusal>,
}

/// Why remediation is not tried again. Displays as the message of the condition `OwnerRemediated`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum RetryRefusal {
    /// The last try was too short a time ago.
    RetryPeriod {
        /// How many seconds have to pass.
        seconds: i32,
    },
    /// It was tried as often as it may be.
    MaxRetry {
        /// How often that is.
        retries: i32,
    },
}

impl RetryRefusal {
    /// Whether waiting helps.
    pub const fn is_temporary(&self) -> bool {
        matches!(self, Self::RetryPeriod { .. })
    }
}

impl fmt::Display for RetryRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KubeadmControlPlane can't remediate this machine because the operation already failed ")?;
        match self {
            Self::RetryPeriod { seconds } => write!(
                f,
                "in the latest {} (RetryPeriodSeconds)",
                Duration::from_secs(i64::from(*seconds))
            ),
            Self::MaxRetry { retries } => write!(f, "{retries} times (MaxRetry)"),
        }
    }
}

impl ControlPlane<'_> {
    /// Whether a machine may be remediated as far as earlier tries are concerned.
    ///
    /// A machine that was made by a remediation and fails within the healthy period is another try of the same one. Follows
    /// `checkRetryLimits` of Cluster API.
    ///
    /// # Errors
    /// The annotation of the machine cannot be read.
    pub fn retry(&self, machine: &Machine) -> Result<Retry, RemediationError> {
        let mut retry = Retry {
            remediation: Remediation {
                machine: machine.metadata.name.clone(),
                timestamp: Some(self.now),
                retry_count: 0,
            },
            refusal: None,
        };
        let Some(last) = machine.metadata.annotations.get(labels::REMEDIATION_FOR) else {
            return Ok(retry);
        };
        let last: Remediation = last.parse()?;
        let limits = &self.kcp.spec.remediation;
        let healthy = limits.min_healthy_period_seconds;
        let healthy = healthy.unwrap_or(DEFAULT_MIN_HEALTHY_PERIOD_SECONDS);
        let period = limits.retry_period_seconds.unwrap_or_default();
        // One that does not say when was long ago.
        let recent = |seconds: i32| {
            last.timestamp
                .is_some_and(|time| time.unix() + i64::from(seconds) > self.now.unix())
        };
        if !recent(healthy) {
            return Ok(retry);
        }
        retry.remediation.retry_count = last.retry_count;
        if recent(period) {
            retry.refusal = Some(RetryRefusal::RetryPeriod { seconds: period });
        } else if let Some(retries) = limits.max_retry
            && last.retry_count >= i64::from(retries)
        {
            retry.refusal = Some(RetryRefusal::MaxRetry { retries });
        } else {
            retry.remediation.retry_count += 1;
        }
        Ok(retry)
    }
}
