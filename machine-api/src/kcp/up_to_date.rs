//! Which machines are to be replaced, or updated in place.

use std::fmt;

use serde::Serialize;
use serde_json::Value;

use super::{config::config_differences, observed::ControlPlane};
use crate::{
    core::v1beta2::{ContractVersionedObjectReference, Machine},
    labels,
    version::ParseVersionError,
};

/// Why a machine is not as its control plane wants it. Displays as Cluster API logs it; [`MachineChange::message`] is the text of
/// conditions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
#[non_exhaustive]
pub enum MachineChange<'a> {
    /// Its certificates expire within the days that `spec.rollout.before` says.
    CertificatesExpire,
    /// It is older than `spec.rollout.after`, which has passed.
    RolloutAfter,
    /// Another Kubernetes version.
    Version {
        /// What the machine has.
        current: &'a str,
        /// What it is to have.
        desired: &'a str,
    },
    /// Another configuration of kubeadm.
    KubeadmConfig {
        /// The fields of it that differ. Values are left out: some are secret.
        fields: Vec<String>,
    },
    /// Another infrastructure template.
    Infrastructure {
        /// The kind of the machine's infrastructure object.
        kind: &'a str,
        /// Kind and group, and name, of the template that it was made from.
        current: (&'a str, &'a str),
        /// Those of the template that it is to be made from.
        desired: (String, &'a str),
    },
}

impl MachineChange<'_> {
    /// The text of it in conditions.
    pub fn message(&self) -> String {
        match self {
            Self::CertificatesExpire => "Certificates will expire soon".to_owned(),
            Self::RolloutAfter => "KubeadmControlPlane spec.rolloutAfter expired".to_owned(),
            Self::Version { current, desired } => format!("Version {current}, {desired} required"),
            Self::KubeadmConfig { .. } => "KubeadmConfig is not up-to-date".to_owned(),
            Self::Infrastructure { kind, .. } => format!("{kind} is not up-to-date"),
        }
    }

    /// Whether only a new machine helps.
    const fn asks_for_replacement(&self) -> bool {
        matches!(self, Self::CertificatesExpire | Self::RolloutAfter)
    }
}

impl fmt::Display for MachineChange<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CertificatesExpire => {
                f.write_str("certificates will expire soon, rolloutBefore expired")
            }
            Self::RolloutAfter => f.write_str("rolloutAfter expired"),
            Self::Version { current, desired } => write!(
                f,
                "Machine version {current:?} is not equal to KCP version {desired:?}"
            ),
            Self::KubeadmConfig { fields } => write!(
                f,
                "Machine KubeadmConfig is outdated: {} differ",
                fields.join(", ")
            ),
            Self::Infrastructure {
                current, desired, ..
            } => write!(
                f,
                "Infrastructure template on KCP rotated from {} {} to {} {}",
                current.0, current.1, desired.0, desired.1
            ),
        }
    }
}

/// A machine that is not as its control plane wants it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Outdated<'a> {
    /// The machine.
    pub machine: &'a Machine,
    /// Why.
    pub changes: Vec<MachineChange<'a>>,
    /// Whether it may be updated in place rather than replaced, as far as the control plane is concerned.
    pub in_place: bool,
}

impl<'a> ControlPlane<'a> {
    /// What is other on a machine than its control plane wants it; nothing if it can stay.
    ///
    /// What the objects behind a template say is not compared, only which template it is. Follows `UpToDate` of Cluster API.
    ///
    /// # Errors
    /// The version of the control plane cannot be read.
    pub fn changes_of(
        &self,
        machine: &'a Machine,
    ) -> Result<Vec<MachineChange<'a>>, ParseVersionError> {
        let (spec, mut changes) = (&self.kcp.spec, Vec::new());
        let days = spec.rollout.before.certificates_expiry_days;
        let expiry = machine
            .status
            .certificates_expiry_date
            .filter(|_| days != 0);
        let horizon = self.now.unix().saturating_add(i64::from(days) * 86_400);
        if expiry.is_some_and(|expiry| horizon > expiry.unix()) {
            changes.push(MachineChange::CertificatesExpire);
        }
        let created = machine.metadata.creation_timestamp;
        let after = spec.rollout.after.filter(|after| *after < self.now);
        if after.is_some_and(|after| created < Some(after)) {
            changes.push(MachineChange::RolloutAfter);
        }
        if machine.spec.version != spec.version {
            changes.push(MachineChange::Version {
                current: &machine.spec.version,
                desired: &spec.version,
            });
        }
        let fields = self.differing_config(machine)?;
        if !fields.is_empty() {
            changes.push(MachineChange::KubeadmConfig { fields });
        }
        changes.extend(self.infrastructure_change(machine));
        Ok(changes)
    }

    /// The machines that are not as the control plane wants them, but for those that are being deleted anyway.
    ///
    /// # Errors
    /// The version of the control plane cannot be read.
    pub fn outdated(&self) -> Result<Vec<Outdated<'a>>, ParseVersionError> {
        let mut all = Vec::new();
        let staying = self
            .machines
            .iter()
            .filter(|machine| !machine.metadata.is_deleting());
        for machine in staying {
            let changes = self.changes_of(machine)?;
            if changes.is_empty() {
                continue;
            }
            let marked = [labels::DELETE_MACHINE, labels::REMEDIATE_MACHINE];
            let marked = marked
                .iter()
                .any(|mark| machine.metadata.annotations.contains_key(*mark));
            all.push(Outdated {
                machine,
                in_place: !marked && !changes.iter().any(MachineChange::asks_for_replacement),
                changes,
            });
        }
        Ok(all)
    }

    /// The fields of the machine's KubeadmConfig that differ. One that is not there does not: that may be an error of the API.
    fn differing_config(&self, machine: &Machine) -> Result<Vec<String>, ParseVersionError> {
        let named =
            machine.spec.bootstrap.config_ref != ContractVersionedObjectReference::default();
        let configs = self.configs.filter(|_| named);
        let config = configs.and_then(|configs| configs.get(&machine.metadata.name));
        config.map_or(Ok(Vec::new()), |config| {
            config_differences(self.kcp, config)
        })
    }

    /// One that was not made from a template, or by earlier versions, does not differ.
    fn infrastructure_change(&self, machine: &'a Machine) -> Option<MachineChange<'a>> {
        let object = self.infrastructure?.get(&machine.metadata.name)?;
        let annotations = object.pointer("/metadata/annotations")?;
        let annotation = |key: &str| annotations.get(key).and_then(Value::as_str);
        let name = annotation(labels::CLONED_FROM_NAME)?;
        let kind = annotation(labels::CLONED_FROM_GROUP_KIND)?;
        let wanted = &self.kcp.spec.machine_template.spec.infrastructure_ref;
        let wanted_kind = match wanted.api_group.as_str() {
            "" => wanted.kind.clone(),
            group => format!("{}.{group}", wanted.kind),
        };
        if name == wanted.name && kind == wanted_kind {
            return None;
        }
        Some(MachineChange::Infrastructure {
            kind: &machine.spec.infrastructure_ref.kind,
            current: (kind, name),
            desired: (wanted_kind, &wanted.name),
        })
    }
}
