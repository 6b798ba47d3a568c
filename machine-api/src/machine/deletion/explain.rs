//! Why a machine is still there.

use super::{DeletionPlan, NodeKept, Stage};
use crate::{core::v1beta2::Machine, explain::Why};

impl Stage {
    /// The reason of the condition Deleting.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::InternalError => "InternalError",
            Self::WaitingForPreDrainHook => "WaitingForPreDrainHook",
            Self::DrainingNode => "DrainingNode",
            Self::WaitingForVolumeDetach => "WaitingForVolumeDetach",
            Self::WaitingForPreTerminateHook => "WaitingForPreTerminateHook",
            Self::WaitingForInfrastructureDeletion => "WaitingForInfrastructureDeletion",
            Self::WaitingForBootstrapDeletion => "WaitingForBootstrapDeletion",
            Self::DeletingNode => "DeletingNode",
            Self::DeletionCompleted => "DeletionCompleted",
        }
    }

    /// What to do for it to go on, if it does not by itself.
    const fn remedy(self) -> Option<&'static str> {
        Some(match self {
            Self::WaitingForPreDrainHook | Self::WaitingForPreTerminateHook => {
                "let whoever set the annotations of the hooks finish and remove them"
            }
            Self::DrainingNode => {
                "let the pods go that are named, or set spec.deletion.nodeDrainTimeoutSeconds"
            }
            Self::WaitingForVolumeDetach => {
                "let the volumes go that are named, or set spec.deletion.nodeVolumeDetachTimeoutSeconds"
            }
            Self::WaitingForInfrastructureDeletion => {
                "look at the finalizers of the infrastructure machine"
            }
            Self::WaitingForBootstrapDeletion => {
                "look at the finalizers of the bootstrap configuration"
            }
            _ => return None,
        })
    }
}

impl NodeKept {
    const fn reason(self) -> &'static str {
        match self {
            Self::ClusterDeleting => "ClusterDeleting",
            Self::ControlPlaneDeleting => "ControlPlaneDeleting",
            Self::NoNode => "NoNode",
            Self::NoControlPlane => "NoControlPlane",
        }
    }
}

impl DeletionPlan {
    /// Why the machine is still there, and what is done about it: how far it is, why its node is left alone if it is, and the pods
    /// of the node while it is drained.
    pub fn explain(&self, machine: &Machine) -> Vec<Why> {
        let subject = format!("Machine {}", machine.metadata.name);
        let stage = Why::new(&*subject, self.stage.reason(), &*self.message);
        let mut all = vec![match self.stage.remedy() {
            Some(remedy) => stage.remedy(remedy),
            None => stage,
        }];
        if let Some(kept) = self.node_kept {
            let evidence = format!("the node is neither drained nor deleted: {kept}");
            all.push(Why::new(&*subject, kept.reason(), evidence));
        }
        if let Some(drain) = &self.drain {
            all.extend(drain.explain(&machine.status.node_ref.name));
        }
        if self.actions.is_empty() {
            let evidence = "nothing is to be done until that changes";
            all.push(Why::new(subject, "Waiting", evidence));
        }
        all
    }
}
