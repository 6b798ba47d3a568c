//! How many machines may be unhealthy for anything to be done.

use std::fmt;

use crate::{
    Compat, IntOrString, Rounding, ScaledValueError,
    core::v1beta2::MachineHealthCheckRemediationTriggerIf,
};

/// How many machines may be unhealthy for any of them to be remediated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Limit {
    /// At most that many, or that part of all.
    AtMost(IntOrString),
    /// A number in a range, both ends included.
    InRange {
        /// The least number.
        min: u32,
        /// The greatest number.
        max: u32,
    },
}

/// Whether machines are remediated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// The limit that decides.
    pub limit: Limit,
    /// How many machines are looked at.
    pub expected: usize,
    /// How many of them are healthy.
    pub healthy: usize,
    /// Whether unhealthy machines are remediated.
    pub allowed: bool,
    /// How many more may become unhealthy before that stops. With [`Compat::Upstream`] below zero where too many are already.
    pub remaining: i64,
}

/// A limit that cannot be read. The schema of MachineHealthCheck refuses most of them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LimitError {
    /// A number or percentage that is none.
    #[error("spec.remediation.triggerIf.unhealthyLessThanOrEqualTo: {0}")]
    AtMost(#[from] ScaledValueError),
    /// A range that is none.
    #[error("spec.remediation.triggerIf.unhealthyInRange: {0:?} is no range such as \"[1-3]\"")]
    Range(String),
    /// A range whose end lies before its beginning.
    #[error(
        "spec.remediation.triggerIf.unhealthyInRange: max value {max} cannot be less than min value {min}"
    )]
    Order {
        /// The beginning.
        min: u32,
        /// The end.
        max: u32,
    },
}

impl Limit {
    /// Reads the limit; if none is set, all machines may be unhealthy. A range wins over a number.
    ///
    /// # Errors
    /// The range is malformed.
    pub fn new(trigger: &MachineHealthCheckRemediationTriggerIf) -> Result<Self, LimitError> {
        let range = trigger.unhealthy_in_range.as_str();
        if range.is_empty() {
            let most = trigger.unhealthy_less_than_or_equal_to.clone();
            return Ok(Self::AtMost(most.unwrap_or_else(|| "100%".into())));
        }
        let malformed = || LimitError::Range(range.to_owned());
        let inner = range
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'));
        let (min, max) = inner
            .and_then(|inner| inner.split_once('-'))
            .ok_or_else(malformed)?;
        let number = |text: &str| -> Result<u32, LimitError> {
            let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            digits
                .then(|| text.parse().ok())
                .flatten()
                .ok_or_else(malformed)
        };
        let (min, max) = (number(min)?, number(max)?);
        if max < min {
            return Err(LimitError::Order { min, max });
        }
        Ok(Self::InRange { min, max })
    }

    /// Applies the limit to numbers of machines.
    ///
    /// # Errors
    /// A percentage is malformed.
    pub fn apply(
        self,
        expected: usize,
        healthy: usize,
        compat: Compat,
    ) -> Result<Allowance, LimitError> {
        let unhealthy = i64::try_from(expected.saturating_sub(healthy)).unwrap_or(i64::MAX);
        let (min, max) = match &self {
            Self::InRange { min, max } => (i64::from(*min), i64::from(*max)),
            Self::AtMost(most) => {
                let all = i32::try_from(expected).unwrap_or(i32::MAX);
                (i64::MIN, i64::from(most.scaled(all, Rounding::Down)?))
            }
        };
        let allowed = (min..=max).contains(&unhealthy);
        let remaining = max - unhealthy;
        Ok(Allowance {
            limit: self,
            expected,
            healthy,
            allowed,
            remaining: match compat {
                Compat::Upstream => remaining,
                Compat::Fixed if allowed => remaining,
                Compat::Fixed => 0,
            },
        })
    }
}

impl Allowance {
    /// How many machines are not healthy: those that are unhealthy, those without a node and those that are being deleted.
    pub fn unhealthy(&self) -> usize {
        self.expected.saturating_sub(self.healthy)
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtMost(most) => most.fmt(f),
            Self::InRange { min, max } => write!(f, "[{min}-{max}]"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trigger(range: &str) -> MachineHealthCheckRemediationTriggerIf {
        MachineHealthCheckRemediationTriggerIf {
            unhealthy_in_range: range.to_owned(),
            ..MachineHealthCheckRemediationTriggerIf::default()
        }
    }

    #[test]
    fn ranges_are_read() {
        assert_eq!(
            Limit::new(&trigger("[1-3]")),
            Ok(Limit::InRange { min: 1, max: 3 })
        );
        assert_eq!(Limit::new(&trigger("")), Ok(Limit::AtMost("100%".into())));
        for range in [
            "3", "[", "[]", "[3]", "[a-b]", "[+1-2]", "1-2", "[1-2-3]", "é",
        ] {
            assert_eq!(
                Limit::new(&trigger(range)),
                Err(LimitError::Range(range.to_owned()))
            );
        }
        let error = Limit::new(&trigger("[3-1]")).unwrap_err();
        assert_eq!(error, LimitError::Order { min: 3, max: 1 });
    }

    #[test]
    fn what_remains_is_below_zero_in_cluster_api_only() {
        let limit = || Limit::AtMost(1.into());
        let remaining = |compat| limit().apply(5, 1, compat).unwrap().remaining;
        assert_eq!(remaining(Compat::Upstream), -3);
        assert_eq!(remaining(Compat::Fixed), 0);
        let below = Limit::InRange { min: 2, max: 5 };
        let allowance = below.apply(5, 4, Compat::Fixed).unwrap();
        assert!(!allowance.allowed);
        assert_eq!(allowance.remaining, 0);
    }
}
