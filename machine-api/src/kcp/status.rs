//! What a control plane says about itself.
//!
//! Follows `updateStatus` of Cluster API's KubeadmControlPlane controller.

mod available;
mod progress;

use super::{
    Instability, Remediation, RemediationError, desired::selector, observed::ControlPlane,
};
use crate::{
    conditions::{self, has_status, machines, told},
    controlplane::v1beta2::{KubeadmControlPlaneStatus, LastRemediationStatus},
    core::v1beta2::Machine,
    facts, labels,
    meta::{Condition, ConditionStatus},
    versions,
};

/// What the status says beside what can be seen of the machines.
#[derive(Clone, Debug, Default)]
pub struct Reported {
    /// Conditions that were found out: `CertificatesAvailable` and those of an [`Inspection`](super::Inspection).
    pub conditions: Vec<Condition>,
    /// Whether members of etcd and machines match.
    pub members_match: bool,
    /// Whether the ConfigMap `kubeadm-config` is there, which is what kubeadm makes last; `None` if the cluster does not answer.
    pub has_kubeadm_config: Option<bool>,
    /// Whether the template of the machines' infrastructure is missing.
    pub template_missing: bool,
    /// Why machines are neither made nor removed.
    pub unstable: Vec<Instability>,
    /// Reason and message of the condition `Deleting`; not used unless the control plane is being deleted.
    pub deleting: (String, String),
}

impl ControlPlane<'_> {
    /// The status: counters, versions and conditions.
    ///
    /// ```
    /// use machine_api::{controlplane::v1beta2::KubeadmControlPlane, core::v1beta2::Cluster, kcp::{ControlPlane, Reported}};
    ///
    /// let mut kcp = KubeadmControlPlane::default();
    /// kcp.spec.replicas = Some(3);
    /// let now = "2026-06-01T00:00:00Z".parse()?;
    /// let status = ControlPlane::of(&kcp, &Cluster::default(), &[], now).status(&Reported::default())?;
    /// let scaling = status.conditions.iter().find(|one| one.r#type == "ScalingUp").unwrap();
    /// assert_eq!(scaling.message, "Scaling up from 0 to 3 replicas");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// An annotation about a remediation cannot be read.
    pub fn status(
        &self,
        reported: &Reported,
    ) -> Result<KubeadmControlPlaneStatus, RemediationError> {
        let mut status = self.kcp.status.clone();
        status.selector = selector(&self.cluster.metadata.name);
        let all: Vec<&Machine> = self.machines.iter().collect();
        status.versions = versions::of_machines(&all);
        if let Some(lowest) = status.versions.first() {
            status.version.clone_from(&lowest.version);
        }
        let count = |kind: &str| {
            let with = |machine: &&Machine| {
                has_status(&machine.status.conditions, kind, &ConditionStatus::True)
            };
            Some(number(self.machines.iter().filter(with).count()))
        };
        status.replicas = Some(number(self.machines.len()));
        status.ready_replicas = count("Ready");
        status.available_replicas = count("Available");
        status.up_to_date_replicas = count("UpToDate");
        status.observed_generation = self.kcp.metadata.generation;
        if self.answers(reported) {
            status.initialization.control_plane_initialized = Some(true);
        }
        let initialized = status.initialization.control_plane_initialized == Some(true);
        self.write(&mut status, reported.conditions.iter().cloned());
        self.write(&mut status, [initialized_condition(initialized)]);
        let progress = [
            machines::rolling_out(&all),
            self.scaling_up(reported),
            self.scaling_down(reported),
            machines::ready(&all, "MachinesReady"),
            machines::up_to_date(&all, "MachinesUpToDate", self.now),
            machines::remediating(&all, " by KubeadmControlPlane"),
            self.being_deleted(reported),
        ];
        self.write(&mut status, progress);
        let available = self.available(&status, reported.members_match);
        self.write(&mut status, [available]);
        if let Some(last) = self.last_remediation()? {
            status.last_remediation = last;
        }
        Ok(status)
    }

    fn write(
        &self,
        status: &mut KubeadmControlPlaneStatus,
        all: impl IntoIterator<Item = Condition>,
    ) {
        let generation = self.kcp.metadata.generation;
        for condition in all {
            conditions::set(&mut status.conditions, condition, generation, self.now);
        }
    }

    /// Whether the control plane answers. A first machine that is about to go does not count: the next one would join what is
    /// not there any more.
    fn answers(&self, reported: &Reported) -> bool {
        if let [only] = self.machines
            && (facts::awaits_remediation(only) || only.metadata.is_deleting())
        {
            return false;
        }
        reported.has_kubeadm_config == Some(true)
    }

    /// The remediation that is under way, else the latest one that a machine remembers.
    fn last_remediation(&self) -> Result<Option<LastRemediationStatus>, RemediationError> {
        let mut last = self.remediation_in_progress()?;
        if last.is_none() {
            let mut all = Vec::new();
            for machine in self.machines {
                let annotation = machine.metadata.annotations.get(labels::REMEDIATION_FOR);
                if let Some(text) = annotation {
                    all.push(text.parse::<Remediation>()?);
                }
            }
            last = all.into_iter().max_by_key(|one| one.timestamp);
        }
        Ok(last.map(|last| LastRemediationStatus {
            machine: last.machine,
            time: last.timestamp,
            retry_count: Some(i32::try_from(last.retry_count).unwrap_or(i32::MAX)),
        }))
    }
}

fn initialized_condition(initialized: bool) -> Condition {
    if initialized {
        told("Initialized", ConditionStatus::True, "Initialized", "")
    } else {
        told("Initialized", ConditionStatus::False, "NotInitialized", "")
    }
}

fn number(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}
