//! How decisions explain themselves.

use std::fmt;

use serde::Serialize;

/// Why something happens, or does not: one line of the answer that the `explain` of a plan gives.
///
/// ```
/// use machine_api::explain::Why;
///
/// let why = Why::new("MachineSet workers", "MachineCreateDisabled", "2 machines are missing")
///     .remedy("remove the annotation cluster.x-k8s.io/disable-machine-create");
/// assert_eq!(
///     why.to_string(),
///     "MachineSet workers: 2 machines are missing (MachineCreateDisabled); to change that, \
///      remove the annotation cluster.x-k8s.io/disable-machine-create"
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Why {
    /// The object that it is about, such as `Machine a`.
    pub subject: String,
    /// The rule that decided, in one word.
    pub reason: &'static str,
    /// What was found that the rule applies to.
    pub evidence: String,
    /// What to do for another outcome; `None` if there is nothing to do but wait, or if all is well.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
}

impl Why {
    /// A reason without remedy.
    pub fn new(
        subject: impl Into<String>,
        reason: &'static str,
        evidence: impl Into<String>,
    ) -> Self {
        Self {
            subject: subject.into(),
            reason,
            evidence: evidence.into(),
            remedy: None,
        }
    }

    /// With what to do for another outcome.
    #[must_use]
    pub fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} ({})", self.subject, self.evidence, self.reason)?;
        match &self.remedy {
            Some(remedy) => write!(f, "; to change that, {remedy}"),
            None => Ok(()),
        }
    }
}
