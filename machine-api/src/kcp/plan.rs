//! The next thing that a control plane does.

use std::collections::BTreeMap;

use super::{
    Instability, Outdated, Remediation, RemediationError, RemediationPlan, RemediationWait,
    observed::{ControlPlane, EtcdMember, has_node, is_true},
    quorum::{Change, Harm},
};
use crate::{
    Compat, IntOrString, conditions,
    controlplane::v1beta2::KubeadmControlPlaneRolloutStrategyType as StrategyType,
    core::v1beta2::Machine,
    facts, labels,
    meta::ConditionStatus,
    version::{ParseVersionError, Version},
};

/// Why the next thing to do cannot be found out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ControlPlaneError {
    /// The control plane says no number of machines.
    #[error("spec.replicas: required: how many machines the control plane is to have")]
    NoReplicas,
    /// The version of the control plane cannot be read.
    #[error("spec.version: {0}")]
    Version(#[from] ParseVersionError),
    /// An annotation about a remediation cannot be read.
    #[error("metadata.annotations: {0}")]
    Remediation(#[from] RemediationError),
    /// `maxSurge` is no number.
    #[error(
        "spec.rollout.strategy.rollingUpdate.maxSurge: {0:?} is no number; 0 and 1 are allowed"
    )]
    MaxSurge(String),
}

/// The next thing that a control plane does.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Action<'a> {
    /// Nothing: all is as it is to be.
    Nothing,
    /// Nothing yet.
    Wait(Wait<'a>),
    /// The first machine is made, in a failure domain if there are any.
    Initialize {
        /// The failure domain.
        failure_domain: Option<&'a str>,
    },
    /// A machine is made that joins.
    ScaleUp {
        /// The failure domain.
        failure_domain: Option<&'a str>,
        /// The remediation that it is the end of, which goes into its annotations.
        remediation: Option<Remediation>,
    },
    /// A machine is deleted.
    ScaleDown {
        /// The machine.
        machine: &'a Machine,
        /// Machines that the leadership of etcd is offered to first, best first; none if it is elsewhere.
        leadership: Vec<&'a Machine>,
    },
    /// An unhealthy machine is deleted, and the control plane remembers it.
    Remediate {
        /// The machine.
        machine: &'a Machine,
        /// What the control plane remembers, in its annotation.
        remediation: Remediation,
        /// Machines that the leadership of etcd is offered to first, best first; none if it is elsewhere.
        leadership: Vec<&'a Machine>,
    },
    /// Whether a machine can be updated in place has to be asked, and told to [`ControlPlane::in_place`].
    AskInPlace {
        /// The machine.
        machine: &'a Machine,
    },
    /// A machine is updated in place, or the beginning of that is completed.
    UpdateInPlace {
        /// The machine.
        machine: &'a Machine,
    },
    /// A member of etcd that no machine has is removed.
    RemoveMember {
        /// The member.
        member: &'a EtcdMember,
    },
    /// A machine that is being deleted may end: its member of etcd is removed, then the hook that holds it back.
    Release {
        /// The machine.
        machine: &'a Machine,
        /// Its member of etcd; none if it has none.
        member: Option<&'a EtcdMember>,
        /// Machines that the leadership of etcd is offered to first, best first; none if it is elsewhere.
        leadership: Vec<&'a Machine>,
    },
}

/// Why a control plane does nothing yet.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Wait<'a> {
    /// The infrastructure of the cluster is not there yet.
    Infrastructure,
    /// The place where the API server is to be reached is not known yet.
    Endpoint,
    /// A member of etcd that no machine has cannot be removed without harm.
    Member {
        /// The member.
        member: &'a EtcdMember,
        /// The harm.
        harm: Harm,
    },
    /// A machine is being deleted.
    Deletion {
        /// The machine.
        machine: &'a Machine,
        /// Why it does not end yet; none if that is no matter of the control plane.
        harm: Option<Harm>,
    },
    /// A machine cannot go without harm.
    Harm {
        /// The machine.
        machine: &'a Machine,
        /// The harm.
        harm: Harm,
    },
    /// The control plane is not stable.
    Unstable(Vec<Instability>),
    /// Machines are being updated in place.
    Updating(Vec<&'a Machine>),
    /// Which member leads etcd is not known, or there is no machine to offer the leadership to.
    Leadership {
        /// The machine that would be deleted.
        machine: &'a Machine,
    },
    /// The strategy is none of those there are.
    Strategy(&'a str),
}

/// The next thing that a control plane does, and what it does besides.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ControlPlanePlan<'a> {
    /// The next thing to do.
    pub action: Action<'a>,
    /// Machines that are not as they are to be.
    pub outdated: Vec<Outdated<'a>>,
    /// Why an unhealthy machine is not remediated. Its condition `OwnerRemediated` says so; other work goes on.
    pub deferred: Option<(&'a Machine, RemediationWait)>,
    /// Machines that are healthy again: their condition `OwnerRemediated` goes.
    pub recovered: Vec<&'a Machine>,
}

/// The hook by which a control plane holds back the end of its machines.
pub const CLEANUP_HOOK: &str = "pre-terminate.delete.hook.machine.cluster.x-k8s.io/kcp-cleanup";

impl<'a> ControlPlane<'a> {
    /// With what extensions answered to the question whether a machine can be updated in place, by the name of the machine.
    #[must_use]
    pub const fn in_place(mut self, answers: &'a BTreeMap<String, bool>) -> Self {
        self.in_place = Some(answers);
        self
    }

    /// The next thing to do: what is under way is completed first, then unhealthy machines are remediated, then outdated ones are
    /// replaced, then their number is made right.
    ///
    /// How a control plane ends that is itself being deleted is not decided here. Follows `reconcile` of Cluster API's controller.
    ///
    /// # Errors
    /// What is observed cannot be; the error says where.
    pub fn plan(&self) -> Result<ControlPlanePlan<'a>, ControlPlaneError> {
        let mut plan = ControlPlanePlan {
            action: Action::Nothing,
            outdated: self.outdated()?,
            deferred: None,
            recovered: self.recovered().collect(),
        };
        plan.action = match self.complete()? {
            Some(Action::Wait(Wait::Deletion {
                machine,
                harm: Some(harm),
            })) => self.unlock(machine, harm)?,
            Some(action) => action,
            None => self.remediate_or_go_on(&mut plan)?,
        };
        Ok(plan)
    }

    /// A machine that is being deleted cannot end without harm. If that is so because another one is unhealthy, that one is
    /// remediated first, if it can go without harm; Cluster API waits for a person.
    fn unlock(&self, machine: &'a Machine, harm: Harm) -> Result<Action<'a>, ControlPlaneError> {
        let wait = Action::Wait(Wait::Deletion {
            machine,
            harm: Some(harm),
        });
        if self.compat == Compat::Upstream {
            return Ok(wait);
        }
        Ok(match self.plan_remediation_while(true)? {
            RemediationPlan::Delete {
                machine,
                remediation,
            } if self.is_initialized() => {
                self.leadership_before(machine)
                    .map_or(wait, |leadership| Action::Remediate {
                        machine,
                        remediation,
                        leadership,
                    })
            }
            _ => wait,
        })
    }

    /// What is under way.
    fn complete(&self) -> Result<Option<Action<'a>>, ControlPlaneError> {
        let status = &self.cluster.status.initialization;
        if status.infrastructure_provisioned != Some(true) {
            return Ok(Some(Action::Wait(Wait::Infrastructure)));
        }
        let endpoint = &self.cluster.spec.control_plane_endpoint;
        if endpoint.host.is_empty() || endpoint.port == 0 {
            return Ok(Some(Action::Wait(Wait::Endpoint)));
        }
        if let Some(action) = self.remove_unexpected_member() {
            return Ok(Some(action));
        }
        if let Some(action) = self.release_deleting()? {
            return Ok(Some(action));
        }
        let begun = self.machines.iter().find(|machine| {
            let annotations = &machine.metadata.annotations;
            let hooks = annotations.get(labels::PENDING_HOOKS);
            let hook =
                hooks.is_some_and(|hooks| hooks.split(',').any(|hook| hook == "UpdateMachine"));
            annotations.contains_key(labels::UPDATE_IN_PROGRESS) && !hook
        });
        Ok(begun.map(|machine| Action::UpdateInPlace { machine }))
    }

    /// A member without machine counts for the quorum and does nothing for it.
    ///
    /// One may belong to a machine that does not know its node yet, so nothing is removed while there is such a machine.
    fn remove_unexpected_member(&self) -> Option<Action<'a>> {
        let conditions = &self.kcp.status.conditions;
        let healthy =
            conditions::has_status(conditions, "EtcdClusterHealthy", &ConditionStatus::True);
        let all_known = self.machines.iter().all(has_node);
        if !self.manages_etcd() || self.machines.is_empty() || healthy || !all_known {
            return None;
        }
        let expected = |member: &&EtcdMember| {
            let mut machines = self.machines.iter();
            machines.any(|machine| machine.status.node_ref.name == member.name)
        };
        let unexpected = self.etcd.members.iter().filter(|member| !expected(member));
        let member = unexpected.min_by_key(|member| (&member.name, member.id))?;
        // One without name never started, so it does not vote.
        let after = self.etcd_after(Change::RemoveMember(&member.name));
        if !member.name.is_empty() && !after.is_safe() {
            let harm = Harm::Quorum(after);
            return Some(Action::Wait(Wait::Member { member, harm }));
        }
        Some(Action::RemoveMember { member })
    }

    /// Machines that are being deleted end one after the other, each once it can go without harm.
    ///
    /// Cluster API looks at the one first that was deleted first, and at no other until it is gone.
    fn release_deleting(&self) -> Result<Option<Action<'a>>, ControlPlaneError> {
        let held = |machine: &&Machine| machine.metadata.annotations.contains_key(CLEANUP_HOOK);
        if let Some(machine) = self.deleting().find(|machine| !held(machine)) {
            return Ok(Some(Action::Wait(Wait::Deletion {
                machine,
                harm: None,
            })));
        }
        let mut deleting: Vec<&Machine> = self.deleting().collect();
        deleting.sort_by_key(|machine| {
            let metadata = &machine.metadata;
            (metadata.deletion_timestamp, metadata.name.as_str())
        });
        let mut first = None;
        for machine in deleting {
            let action = self.release(machine)?;
            if matches!(action, Action::Release { .. }) || self.compat == Compat::Upstream {
                return Ok(Some(action));
            }
            first.get_or_insert(action);
        }
        Ok(first)
    }

    fn release(&self, machine: &'a Machine) -> Result<Action<'a>, ControlPlaneError> {
        let wait = |harm| Ok(Action::Wait(Wait::Deletion { machine, harm }));
        if self.has_other_hooks(machine)? || !waits_for_hook(machine) {
            return wait(None);
        }
        let release = |member, leadership| {
            Ok(Action::Release {
                machine,
                member,
                leadership,
            })
        };
        if self.machines.len() <= 1 {
            return release(None, Vec::new());
        }
        if let Some(harm) = self.harm_of_removing(machine) {
            return wait(Some(harm));
        }
        let name = self.member_name(machine).filter(|_| self.manages_etcd());
        let Some(name) = name else {
            return release(None, Vec::new());
        };
        let Some(leadership) = self.leadership_before(machine) else {
            return Ok(Action::Wait(Wait::Leadership { machine }));
        };
        let member = self.etcd.members.iter().find(|member| member.name == name);
        release(member, leadership)
    }

    /// Since 1.31 a kubelet needs the API server on its machine, so hooks that need the kubelet come first.
    fn has_other_hooks(&self, machine: &Machine) -> Result<bool, ParseVersionError> {
        let version: Version = self.kcp.spec.version.parse()?;
        if (version.major(), version.minor()) < (1, 31) {
            return Ok(false);
        }
        let hooks = machine.metadata.annotations.keys();
        let mut others = hooks.filter(|key| *key != CLEANUP_HOOK);
        Ok(others.any(|key| key.starts_with(labels::PRE_TERMINATE_HOOK_PREFIX)))
    }

    fn remediate_or_go_on(
        &self,
        plan: &mut ControlPlanePlan<'a>,
    ) -> Result<Action<'a>, ControlPlaneError> {
        match self.remediation()? {
            RemediationPlan::Nothing => {}
            RemediationPlan::Wait { machine, reason } => plan.deferred = Some((machine, reason)),
            RemediationPlan::Delete {
                machine,
                remediation,
            } => {
                let leadership = if self.is_initialized() {
                    self.leadership_before(machine)
                } else {
                    Some(Vec::new())
                };
                return Ok(match leadership {
                    None => Action::Wait(Wait::Leadership { machine }),
                    Some(leadership) => Action::Remediate {
                        machine,
                        remediation,
                        leadership,
                    },
                });
            }
        }
        let updating = self
            .machines
            .iter()
            .filter(|machine| facts::is_update_in_progress(machine));
        let updating: Vec<&Machine> = updating.collect();
        if !updating.is_empty() {
            return Ok(Action::Wait(Wait::Updating(updating)));
        }
        let replicas = self
            .kcp
            .spec
            .replicas
            .ok_or(ControlPlaneError::NoReplicas)?;
        let replicas = usize::try_from(replicas).unwrap_or_default();
        if !plan.outdated.is_empty() {
            return self.roll(&plan.outdated, replicas);
        }
        if self.machines.is_empty() && replicas > 0 {
            let failure_domain = self.domain_for_new_machine(|_| true);
            return Ok(Action::Initialize { failure_domain });
        }
        match self.machines.len().cmp(&replicas) {
            std::cmp::Ordering::Less => self.scale_up(&plan.outdated),
            std::cmp::Ordering::Equal => Ok(Action::Nothing),
            std::cmp::Ordering::Greater => Ok(self
                .select_for_removal(&[])
                .map_or(Action::Nothing, |machine| self.scale_down(machine))),
        }
    }

    /// One remediation is completed before the next one begins. If it cannot be completed, since etcd has an unhealthy member and
    /// bears no new one, the next one has to come first; Cluster API waits for a person.
    fn remediation(&self) -> Result<RemediationPlan<'a>, RemediationError> {
        let plan = self.plan_remediation()?;
        let in_progress = matches!(
            plan,
            RemediationPlan::Wait {
                reason: RemediationWait::InProgress,
                ..
            }
        );
        let stuck = in_progress
            && self.compat == Compat::Fixed
            && self.deleting().next().is_none()
            && !self.unsafe_to_add().is_empty();
        if stuck {
            return self.plan_remediation_while(true);
        }
        Ok(plan)
    }

    fn roll(
        &self,
        outdated: &[Outdated<'a>],
        replicas: usize,
    ) -> Result<Action<'a>, ControlPlaneError> {
        let strategy = &self.kcp.spec.rollout.strategy;
        match &strategy.r#type {
            StrategyType::RollingUpdate => {}
            StrategyType::Other(other) => return Ok(Action::Wait(Wait::Strategy(other))),
        }
        let surge = match &strategy.rolling_update.max_surge {
            None => 1,
            Some(IntOrString::Int(surge)) => *surge,
            Some(IntOrString::String(text)) => {
                let number = text.parse();
                number.map_err(|_| ControlPlaneError::MaxSurge(text.clone()))?
            }
        };
        // As many machines as there may be: while one is replaced, etcd can do without another one then.
        if self.machines.len() < replicas.saturating_add(usize::try_from(surge).unwrap_or_default())
        {
            return self.scale_up(outdated);
        }
        let machines: Vec<&Machine> = outdated.iter().map(|outdated| outdated.machine).collect();
        let Some(machine) = self.select_for_removal(&machines) else {
            return Ok(Action::Nothing);
        };
        let up_to_date = self.machines.len() - outdated.len();
        let name = &machine.metadata.name;
        let in_place = outdated
            .iter()
            .any(|outdated| outdated.in_place && outdated.machine.metadata.name == *name);
        if self.gates.in_place_updates && in_place && up_to_date < replicas {
            return Ok(self.update_in_place(machine));
        }
        Ok(self.scale_down(machine))
    }

    /// A machine that is the only unhealthy one is replaced rather than updated.
    fn update_in_place(&self, machine: &'a Machine) -> Action<'a> {
        let unstable = self.unstable_for_changing(None);
        if !unstable.is_empty() {
            if self.unstable_for_changing(Some(machine)).is_empty() {
                return self.scale_down(machine);
            }
            return Action::Wait(Wait::Unstable(unstable));
        }
        match self
            .in_place
            .and_then(|answers| answers.get(&machine.metadata.name))
        {
            None => Action::AskInPlace { machine },
            Some(true) => Action::UpdateInPlace { machine },
            Some(false) => self.scale_down(machine),
        }
    }

    fn scale_up(&self, outdated: &[Outdated<'a>]) -> Result<Action<'a>, ControlPlaneError> {
        let mut unstable = self.unstable_for_adding()?;
        if unstable.is_empty() && self.compat == Compat::Fixed && self.manages_etcd() {
            let after = self.etcd_after(Change::Add);
            let harmful = self.etcd.members.len() > 1 && !after.is_safe();
            unstable.extend(harmful.then_some(Instability::Quorum(after)));
        }
        if !unstable.is_empty() {
            return Ok(Action::Wait(Wait::Unstable(unstable)));
        }
        let is_up_to_date = |machine: &Machine| {
            let mut outdated = outdated.iter();
            !outdated.any(|outdated| outdated.machine.metadata.name == machine.metadata.name)
        };
        Ok(Action::ScaleUp {
            failure_domain: self.domain_for_new_machine(is_up_to_date),
            remediation: self.remediation_in_progress()?,
        })
    }

    fn scale_down(&self, machine: &'a Machine) -> Action<'a> {
        let unstable = self.unstable_for_changing(Some(machine));
        if !unstable.is_empty() {
            return Action::Wait(Wait::Unstable(unstable));
        }
        // Conditions and members are read one after the other, so that they need not agree. Cluster API goes by the conditions.
        if self.compat == Compat::Fixed
            && self.machines.len() > 1
            && let Some(harm) = self.harm_of_removing(machine)
        {
            return Action::Wait(Wait::Harm { machine, harm });
        }
        match self.leadership_before(machine) {
            None => Action::Wait(Wait::Leadership { machine }),
            Some(leadership) => Action::ScaleDown {
                machine,
                leadership,
            },
        }
    }

    /// Who the leadership of etcd is offered to before a machine goes; none if that cannot be said.
    fn leadership_before(&self, machine: &'a Machine) -> Option<Vec<&'a Machine>> {
        if !self.manages_etcd() {
            return Some(Vec::new());
        }
        let leader = self.etcd.leader?;
        let candidates = self.leadership_candidates(machine);
        let leads = has_node(machine) && machine.status.node_ref.name == leader;
        (!leads || !candidates.is_empty()).then_some(candidates)
    }
}

/// Whether everything else that has to happen before a machine ends did.
fn waits_for_hook(machine: &Machine) -> bool {
    let condition = conditions::find(&machine.status.conditions, "Deleting");
    is_true(machine, "Deleting")
        && condition.is_some_and(|condition| condition.reason == "WaitingForPreTerminateHook")
}
