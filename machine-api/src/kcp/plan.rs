//! The next thing that a control plane does.

use std::collections::BTreeMap;

use super::{
    Action, ControlPlaneError, ControlPlanePlan, Harm, Instability, Outdated, RemediationError,
    RemediationPlan, RemediationWait, Wait,
    observed::{ControlPlane, has_node},
    quorum::Change,
};
use crate::{
    Compat, IntOrString,
    controlplane::v1beta2::KubeadmControlPlaneRolloutStrategyType as StrategyType,
    core::v1beta2::Machine, facts,
};

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
            rolls: false,
            deferred: None,
            recovered: self.recovered().collect(),
            // An annotation that cannot be read is an error where something depends on it.
            completed: self.completed_remediation().ok().flatten(),
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
        let replicas = self.desired_replicas()?;
        if !plan.outdated.is_empty() {
            plan.rolls = true;
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

    /// How many machines there are to be, with the one more that a rollout may make.
    pub(super) fn wanted_machines(&self) -> Result<usize, ControlPlaneError> {
        let replicas = self.desired_replicas()?;
        if self.outdated()?.is_empty() {
            return Ok(replicas);
        }
        Ok(replicas.saturating_add(self.surge()?))
    }

    fn desired_replicas(&self) -> Result<usize, ControlPlaneError> {
        let replicas = self.kcp.spec.replicas;
        let replicas = replicas.ok_or(ControlPlaneError::NoReplicas)?;
        Ok(usize::try_from(replicas).unwrap_or_default())
    }

    fn surge(&self) -> Result<usize, ControlPlaneError> {
        let strategy = &self.kcp.spec.rollout.strategy;
        let surge = match &strategy.rolling_update.max_surge {
            None => 1,
            Some(IntOrString::Int(surge)) => *surge,
            Some(IntOrString::String(text)) => {
                let number = text.parse();
                number.map_err(|_| ControlPlaneError::MaxSurge(text.clone()))?
            }
        };
        Ok(usize::try_from(surge).unwrap_or_default())
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
        // As many machines as there may be: while one is replaced, etcd can do without another one then.
        if self.machines.len() < replicas.saturating_add(self.surge()?) {
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
    pub(super) fn leadership_before(&self, machine: &'a Machine) -> Option<Vec<&'a Machine>> {
        if !self.manages_etcd() {
            return Some(Vec::new());
        }
        let leader = self.etcd.leader?;
        let candidates = self.leadership_candidates(machine);
        let leads = has_node(machine) && machine.status.node_ref.name == leader;
        (!leads || !candidates.is_empty()).then_some(candidates)
    }
}
