//! The next thing of a control plane, done.

use serde_json::json;

use super::{FINALIZER, HEALTH_SECONDS, RETRY_SECONDS, Surroundings, Work};
use crate::{
    conditions,
    core::v1beta2::Machine,
    driver::Context,
    kcp::{Action, CLEANUP_HOOK, ControlPlane, ControlPlanePlan, Wait},
    labels,
    meta::{Condition, ConditionStatus},
    provider::Provider,
};

/// How a control plane ends is looked at again after so many seconds.
const DELETE_SECONDS: u32 = 30;

impl<P: Provider> Context<'_, P> {
    pub(super) fn act(
        &mut self,
        work: &mut Work<'_>,
        _around: &Surroundings,
        plan: ControlPlanePlan<'_>,
    ) {
        let now = self.now;
        for machine in &plan.recovered {
            change(work, machine, |machine| {
                conditions::remove(&mut machine.status.conditions, "OwnerRemediated");
            });
        }
        if let Some((machine, wait)) = &plan.deferred
            && let Some(condition) = wait.condition()
        {
            change(work, machine, |machine| set(machine, condition, now));
        }
        if plan.completed.is_some() {
            let annotations = &mut work.desired.metadata.annotations;
            annotations.remove(labels::REMEDIATION_IN_PROGRESS);
        }
        if plan.rolls && !self.prepare_rollout(work) {
            return;
        }
        match plan.action {
            Action::Nothing => self.update_add_ons(work),
            Action::Wait(Wait::Unstable(found)) => {
                work.reported.unstable = found;
                self.look_again(RETRY_SECONDS);
            }
            Action::Wait(_) => self.look_again(RETRY_SECONDS),
            Action::Initialize { failure_domain } => {
                self.make_machine(work, failure_domain, None, false);
            }
            Action::ScaleUp {
                failure_domain,
                remediation,
            } => self.make_machine(work, failure_domain, remediation.as_ref(), true),
            Action::ScaleDown {
                machine,
                leadership,
            } => {
                if self.hand_over(work, &leadership) {
                    work.chain.delete(&json!(machine));
                }
            }
            Action::Remediate {
                machine,
                remediation,
                leadership,
            } => {
                if self.hand_over(work, &leadership) {
                    work.chain.delete(&json!(machine));
                    let key = labels::REMEDIATION_IN_PROGRESS.to_owned();
                    let annotations = &mut work.desired.metadata.annotations;
                    annotations.insert(key, remediation.to_string());
                    change(work, machine, |machine| {
                        set(machine, being_remediated(), now);
                    });
                }
            }
            // Nothing is asked and nothing is updated in place, but by those who mark machines so.
            Action::AskInPlace { .. } | Action::UpdateInPlace { .. } => {
                self.look_again(RETRY_SECONDS);
            }
            Action::RemoveMember { member } => {
                let removed = self.provider.remove_member(work.cluster, member, now);
                if let Err(error) = removed {
                    let subject = format!("etcd member {}", member.name);
                    self.fails(subject, "MemberRemovalFailed", &error);
                }
                self.look_again(1_u32);
            }
            Action::Release {
                machine,
                member,
                leadership,
            } => {
                let subject = format!("Machine {}", machine.metadata.name);
                if !self.hand_over(work, &leadership) {
                    return;
                }
                if let Some(member) = member
                    && let Err(error) = self.provider.remove_member(work.cluster, member, now)
                {
                    self.fails(subject, "MemberRemovalFailed", &error);
                    self.look_again(RETRY_SECONDS);
                    return;
                }
                change(work, machine, |machine| {
                    machine.metadata.annotations.remove(CLEANUP_HOOK);
                });
            }
        }
    }

    /// Somebody else leads etcd before a member goes. Says whether the member may go.
    fn hand_over(&mut self, work: &Work<'_>, candidates: &[&Machine]) -> bool {
        let mut failures = Vec::new();
        for machine in candidates {
            let node = &machine.status.node_ref.name;
            match self.provider.move_leadership(work.cluster, node, self.now) {
                Ok(()) => return true,
                Err(error) => failures.push(format!("{node}: {error}")),
            }
        }
        if failures.is_empty() {
            return true;
        }
        let subject = work.chain.subject.clone();
        self.fails(subject, "LeadershipNotMoved", &failures.join("; "));
        self.look_again(RETRY_SECONDS);
        false
    }

    /// All machines go at once, after those of workers. Follows `reconcileDelete` of Cluster API.
    pub(super) fn end_control_plane(&mut self, work: &mut Work<'_>) {
        let told = |reason: &str, message: String| (reason.to_owned(), message);
        if work.machines.is_empty() {
            work.reported.deleting = told("DeletionCompleted", "Deletion completed".to_owned());
            let finalizers = &mut work.desired.metadata.finalizers;
            finalizers.retain(|one| one != FINALIZER);
            return;
        }
        let around = self.look_around(work);
        self.inspect(work, &around);
        let machines = work.machines.clone();
        let control_plane = ControlPlane::of(work.current, work.cluster, &machines, self.now);
        let workers = control_plane.workers_left(&self.snapshot.machines);
        if workers.is_empty() {
            let count = machines.len();
            let plural = if count == 1 { "" } else { "s" };
            let mut message = format!("Deleting {count} Machine{plural}");
            if let Some(stale) = control_plane.stale_machines() {
                message.push_str(" and ");
                message.push_str(&stale);
            }
            work.reported.deleting = told("WaitingForMachineDeletion", message);
            for machine in &machines {
                // Nobody is left to lead etcd, so nobody is asked.
                change(work, machine, |machine| {
                    machine.metadata.annotations.remove(CLEANUP_HOOK);
                });
                if !machine.metadata.is_deleting() {
                    work.chain.delete(&json!(machine));
                }
            }
            self.look_again(DELETE_SECONDS);
        } else {
            let message = format!(
                "KubeadmControlPlane deletion blocked because following objects still exist:\n* Machines: {}",
                crate::machine::shortened(&workers, 5)
            );
            self.fails(
                work.chain.subject.clone(),
                "WaitingForWorkersDeletion",
                &message,
            );
            work.reported.deleting = told("WaitingForWorkersDeletion", message);
            self.look_again(HEALTH_SECONDS);
        }
        for machine in &work.machines {
            self.remember(machine);
        }
    }
}

/// Changes a machine as it will be written.
fn change(work: &mut Work<'_>, machine: &Machine, change: impl FnOnce(&mut Machine)) {
    let name = &machine.metadata.name;
    let mut machines = work.machines.iter_mut();
    if let Some(machine) = machines.find(|one| one.metadata.name == *name) {
        change(machine);
    }
}

fn set(machine: &mut Machine, condition: Condition, now: componentconfig::core::Time) {
    let generation = machine.metadata.generation;
    conditions::set(&mut machine.status.conditions, condition, generation, now);
}

fn being_remediated() -> Condition {
    Condition {
        r#type: "OwnerRemediated".to_owned(),
        status: ConditionStatus::False,
        reason: "MachineDeleting".to_owned(),
        message: "Machine is deleting".to_owned(),
        ..Condition::default()
    }
}
