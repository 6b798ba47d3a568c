//! What of a template asks for other machines, and what is changed on the machines there are.

use std::fmt;

use serde::Serialize;

use crate::core::v1beta2::{ContractVersionedObjectReference, MachineSpec, MachineTemplateSpec};

/// Why machines of one template are not those of another. Displays as Cluster API logs it; [`TemplateChange::message`] is the
/// text of conditions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
#[non_exhaustive]
pub enum TemplateChange<'a> {
    /// Another Kubernetes version.
    Version {
        /// What the machines have.
        current: &'a str,
        /// What they are to have.
        desired: &'a str,
    },
    /// Another object makes the bootstrap data.
    BootstrapConfig {
        /// What the machines have.
        current: &'a ContractVersionedObjectReference,
        /// What they are to have.
        desired: &'a ContractVersionedObjectReference,
    },
    /// Another secret holds the bootstrap data.
    BootstrapData {
        /// What the machines have.
        current: Option<&'a str>,
        /// What they are to have.
        desired: Option<&'a str>,
    },
    /// Another infrastructure template.
    Infrastructure {
        /// What the machines have.
        current: &'a ContractVersionedObjectReference,
        /// What they are to have.
        desired: &'a ContractVersionedObjectReference,
    },
    /// Another failure domain.
    FailureDomain {
        /// What the machines have.
        current: &'a str,
        /// What they are to have.
        desired: &'a str,
    },
    /// The machines are older than `spec.rollout.after`, which has passed.
    RolloutAfter,
}

/// What asks for other machines: version, bootstrap, infrastructure and failure domain; nothing if the machines can stay.
///
/// Labels, annotations, timeouts, readiness gates, taints and `minReadySeconds` do not count: they are changed on the machines
/// there are. Follows `MachineTemplateUpToDate` of Cluster API.
///
/// ```
/// use machine_api::{core::v1beta2::MachineTemplateSpec, rollout::template_changes};
///
/// let mut current = MachineTemplateSpec::default();
/// current.spec.version = "v1.35.0".to_owned();
/// let mut desired = current.clone();
/// desired.spec.min_ready_seconds = Some(30);
/// assert!(template_changes(&current, &desired).is_empty());
///
/// desired.spec.version = "v1.36.0".to_owned();
/// let changes = template_changes(&current, &desired);
/// assert_eq!(changes[0].to_string(), "spec.version v1.35.0, v1.36.0 required");
/// assert_eq!(changes[0].message().as_deref(), Some("Version v1.35.0, v1.36.0 required"));
/// ```
pub fn template_changes<'a>(
    current: &'a MachineTemplateSpec,
    desired: &'a MachineTemplateSpec,
) -> Vec<TemplateChange<'a>> {
    let (current, desired) = (&current.spec, &desired.spec);
    let mut changes = Vec::new();
    if current.version != desired.version {
        changes.push(TemplateChange::Version {
            current: &current.version,
            desired: &desired.version,
        });
    }
    changes.extend(bootstrap_change(current, desired));
    if current.infrastructure_ref != desired.infrastructure_ref {
        changes.push(TemplateChange::Infrastructure {
            current: &current.infrastructure_ref,
            desired: &desired.infrastructure_ref,
        });
    }
    if current.failure_domain != desired.failure_domain {
        changes.push(TemplateChange::FailureDomain {
            current: &current.failure_domain,
            desired: &desired.failure_domain,
        });
    }
    changes
}

/// Bootstrap is compared as a whole; what the machines have decides how the difference is told.
fn bootstrap_change<'a>(
    current: &'a MachineSpec,
    desired: &'a MachineSpec,
) -> Option<TemplateChange<'a>> {
    let (current, desired) = (&current.bootstrap, &desired.bootstrap);
    if current == desired {
        return None;
    }
    if current.config_ref == ContractVersionedObjectReference::default() {
        return Some(TemplateChange::BootstrapData {
            current: current.data_secret_name.as_deref(),
            desired: desired.data_secret_name.as_deref(),
        });
    }
    Some(TemplateChange::BootstrapConfig {
        current: &current.config_ref,
        desired: &desired.config_ref,
    })
}

impl TemplateChange<'_> {
    /// The text of it in conditions; none where conditions do not name it.
    pub fn message(&self) -> Option<String> {
        Some(match self {
            Self::Version { current, desired } => {
                format!("Version {current}, {desired} required")
            }
            Self::BootstrapConfig { current, .. } | Self::Infrastructure { current, .. } => {
                let kind = current.kind.as_str();
                let made = kind.strip_suffix("Template").unwrap_or(kind);
                format!("{made} is not up-to-date")
            }
            Self::BootstrapData { .. } => self.to_string(),
            Self::FailureDomain { current, desired } => {
                format!("Failure domain {current}, {desired} required")
            }
            Self::RolloutAfter => return None,
        })
    }
}

impl fmt::Display for TemplateChange<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let references = |f: &mut fmt::Formatter<'_>,
                          field: &str,
                          current: &ContractVersionedObjectReference,
                          desired: &ContractVersionedObjectReference| {
            write!(
                f,
                "spec.{field} {} {}, {} {} required",
                current.kind, current.name, desired.kind, desired.name
            )
        };
        match self {
            Self::Version { current, desired } => {
                write!(f, "spec.version {current}, {desired} required")
            }
            Self::BootstrapConfig { current, desired } => {
                references(f, "bootstrap.configRef", current, desired)
            }
            Self::BootstrapData { current, desired } => write!(
                f,
                "spec.bootstrap.dataSecretName {}, {} required",
                current.unwrap_or("nil"),
                desired.unwrap_or("nil")
            ),
            Self::Infrastructure { current, desired } => {
                references(f, "infrastructureRef", current, desired)
            }
            Self::FailureDomain { current, desired } => {
                write!(f, "spec.failureDomain {current}, {desired} required")
            }
            Self::RolloutAfter => f.write_str("MachineDeployment spec.rolloutAfter expired"),
        }
    }
}
