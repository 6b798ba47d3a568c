//! What a control plane has under way: it is completed before anything else is begun.

use super::{
    Action, Change, ControlPlaneError, Harm, Wait,
    observed::{ControlPlane, EtcdMember, has_node, is_true},
};
use crate::{
    Compat, conditions,
    core::v1beta2::Machine,
    labels,
    meta::ConditionStatus,
    version::{ParseVersionError, Version},
};

/// The hook by which a control plane holds back the end of its machines.
pub const CLEANUP_HOOK: &str = "pre-terminate.delete.hook.machine.cluster.x-k8s.io/kcp-cleanup";

impl<'a> ControlPlane<'a> {
    /// What is under way.
    pub(super) fn complete(&self) -> Result<Option<Action<'a>>, ControlPlaneError> {
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
}

/// Whether everything else that has to happen before a machine ends did.
fn waits_for_hook(machine: &Machine) -> bool {
    let condition = conditions::find(&machine.status.conditions, "Deleting");
    is_true(machine, "Deleting")
        && condition.is_some_and(|condition| condition.reason == "WaitingForPreTerminateHook")
}
