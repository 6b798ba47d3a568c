//! What a control plane does, and why it does nothing else.

use super::{Action, ControlPlanePlan, Wait};
use crate::{core::v1beta2::Machine, explain::Why};

impl ControlPlanePlan<'_> {
    /// What happens and why: the answer to "why does nothing happen?".
    ///
    /// The next thing to do, or what it waits for, comes first; then an unhealthy machine that stays, and the machines that are
    /// not as they are to be.
    pub fn explain(&self) -> Vec<Why> {
        let mut all = self.action.explain();
        if let Some((machine, wait)) = &self.deferred {
            let reason = wait
                .condition()
                .map_or("RemediationWaits", |_| "RemediationDeferred");
            let why = Why::new(subject(machine), reason, wait.to_string());
            all.push(why.remedy(
                "wait, or look at the other machines: a control plane is only changed while it stays able to work",
            ));
        }
        if let Some(remediation) = &self.completed {
            let evidence = format!(
                "the remediation of {} is over and forgotten",
                remediation.machine
            );
            all.push(control_plane("RemediationCompleted", evidence));
        }
        all.extend(self.outdated.iter().map(|outdated| {
            let changes: Vec<String> = outdated.changes.iter().map(ToString::to_string).collect();
            Why::new(subject(outdated.machine), "Outdated", changes.join(", "))
        }));
        all
    }
}

impl Action<'_> {
    fn explain(&self) -> Vec<Why> {
        let of = |machine: &Machine, reason, evidence: &str| {
            vec![Why::new(subject(machine), reason, evidence)]
        };
        match self {
            Self::Nothing => vec![control_plane("Stable", "all is as it is to be")],
            Self::Wait(wait) => wait.explain(),
            Self::Initialize { failure_domain } => {
                vec![control_plane(
                    "Initialize",
                    format!("the first machine is made{}", within(*failure_domain)),
                )]
            }
            Self::ScaleUp {
                failure_domain,
                remediation,
            } => {
                let of = remediation
                    .as_ref()
                    .map(|remediation| format!(" in place of {}", remediation.machine));
                let evidence = format!(
                    "a machine is made{}{}",
                    of.unwrap_or_default(),
                    within(*failure_domain)
                );
                vec![control_plane("ScaleUp", evidence)]
            }
            Self::ScaleDown { machine, .. } => of(machine, "ScaleDown", "it is deleted"),
            Self::Remediate { machine, .. } => {
                of(machine, "Remediate", "it is unhealthy and deleted")
            }
            Self::AskInPlace { machine } => of(
                machine,
                "AskInPlace",
                "whether it can be updated in place is to be asked",
            ),
            Self::UpdateInPlace { machine } => {
                of(machine, "UpdateInPlace", "it is updated in place")
            }
            Self::RemoveMember { member } => vec![Why::new(
                format!("etcd member {}", member.name),
                "UnexpectedMember",
                "no machine has it, so it is removed",
            )],
            Self::Release { machine, .. } => of(machine, "Release", "it can end without harm"),
        }
    }
}

impl Wait<'_> {
    fn explain(&self) -> Vec<Why> {
        match self {
            Self::Infrastructure => vec![
                control_plane("NoInfrastructure", "the infrastructure of the cluster is not provisioned")
                    .remedy("look at the condition InfrastructureReady of the Cluster"),
            ],
            Self::Endpoint => vec![
                control_plane("NoEndpoint", "spec.controlPlaneEndpoint of the Cluster is not set")
                    .remedy("set it, or look at the infrastructure object of the Cluster"),
            ],
            Self::Member { member, harm } => vec![
                Why::new(
                    format!("etcd member {}", member.name),
                    "QuorumLoss",
                    format!("no machine has it, and without it {harm}"),
                )
                .remedy("look at the other members of etcd"),
            ],
            Self::Deletion { machine, harm } => {
                let evidence = harm.map_or_else(
                    || "it is being deleted, and one thing is done at a time".to_owned(),
                    |harm| format!("it is being deleted, and without it {harm}"),
                );
                let remedy = match harm {
                    None => "wait, or look at its condition Deleting: draining may be held up",
                    Some(_) => "make another machine of the control plane healthy",
                };
                vec![Why::new(subject(machine), "Deleting", evidence).remedy(remedy)]
            }
            Self::Harm { machine, harm } => vec![
                Why::new(subject(machine), "Harm", format!("it cannot go: {harm}"))
                    .remedy("wait, or make another machine of the control plane healthy"),
            ],
            Self::Unstable(found) => found
                .iter()
                .map(|found| {
                    control_plane("Unstable", found.to_string())
                        .remedy("wait, or repair it: only a stable control plane is changed")
                })
                .collect(),
            Self::Updating(machines) => machines
                .iter()
                .map(|machine| {
                    Why::new(subject(machine), "Updating", "it is being updated in place")
                        .remedy("wait, or look at its condition Updating")
                })
                .collect(),
            Self::Leadership { machine } => vec![
                Why::new(
                    subject(machine),
                    "EtcdLeadership",
                    "it cannot go: which member leads etcd is not known, or no other machine can lead",
                )
                .remedy("look at the members of etcd"),
            ],
            Self::Strategy(other) => vec![
                control_plane("Strategy", format!("the strategy {other:?} is none"))
                    .remedy("set spec.rollout.strategy.type to RollingUpdate"),
            ],
        }
    }
}

fn control_plane(reason: &'static str, evidence: impl Into<String>) -> Why {
    Why::new("KubeadmControlPlane", reason, evidence)
}

fn subject(machine: &Machine) -> String {
    format!("Machine {}", machine.metadata.name)
}

fn within(failure_domain: Option<&str>) -> String {
    failure_domain.map_or_else(String::new, |name| format!(" in failure domain {name}"))
}
