//! Which machine goes, or is updated in place, next.

use super::{
    components::ETCD_MEMBER_HEALTHY,
    failure_domain::age,
    observed::{ControlPlane, has_node, is_true},
};
use crate::{Compat, core::v1beta2::Machine, labels};

impl<'a> ControlPlane<'a> {
    /// Of the outdated machines, or of all if there are none, the one that goes next.
    ///
    /// Those that a person marked come first, outdated or not; then outdated ones with a component that fails. Of what is left,
    /// [failure domains](Self::domain_for_new_machine) are kept even. Follows `selectMachineForInPlaceUpdateOrScaleDown` of
    /// Cluster API.
    pub fn select_for_removal(&self, outdated: &[&'a Machine]) -> Option<&'a Machine> {
        let marked = |machine: &&Machine| {
            machine
                .metadata
                .annotations
                .contains_key(labels::DELETE_MACHINE)
        };
        let bad = |machine: &&Machine| self.has_bad_component(machine);
        let all: Vec<&Machine> = self.machines.iter().collect();
        let choose =
            |from: &[&'a Machine], which: &dyn Fn(&&Machine) -> bool| -> Vec<&'a Machine> {
                from.iter()
                    .copied()
                    .filter(|machine| which(machine))
                    .collect()
            };
        let choices = [
            choose(outdated, &marked),
            choose(&all, &marked),
            choose(outdated, &bad),
            outdated.to_vec(),
            all,
        ];
        let eligible = choices.into_iter().find(|machines| !machines.is_empty())?;
        self.oldest_of_largest_domain(&eligible)
    }

    /// Machines that etcd's leadership can go to before `leaving` goes, best first; none of them if `leaving` does not lead.
    ///
    /// Those whose member is healthy come first, then those that no health check complains about, then those that are up to
    /// date, then the newest. Follows `forwardEtcdLeadership` of Cluster API.
    pub fn leadership_candidates(&self, leaving: &Machine) -> Vec<&'a Machine> {
        let leads = self.etcd.leader == Some(leaving.status.node_ref.name.as_str());
        if !leads || !has_node(leaving) {
            return Vec::new();
        }
        let can = |machine: &&Machine| {
            has_node(machine)
                && !machine.metadata.is_deleting()
                && machine.metadata.name != leaving.metadata.name
        };
        let mut candidates: Vec<&Machine> = self.machines.iter().filter(can).collect();
        if self.compat == Compat::Fixed {
            candidates.sort_by(|a, b| age(b).cmp(&age(a)));
        }
        candidates.sort_by_key(|machine| {
            (
                !is_true(machine, ETCD_MEMBER_HEALTHY),
                !is_true(machine, "HealthCheckSucceeded"),
                !is_true(machine, "UpToDate"),
                std::cmp::Reverse(machine.metadata.creation_timestamp),
            )
        });
        candidates
    }
}
