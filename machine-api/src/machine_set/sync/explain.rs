//! Why machines of a MachineSet are made, deleted or given away, or why they are not.

use super::{NotMoved, SyncAction, SyncPlan};
use crate::{core::v1beta2::Machine, explain::Why, labels};

impl SyncPlan<'_> {
    /// Why this happens, or why nothing does.
    pub fn explain(&self) -> Vec<Why> {
        let subject = format!("MachineSet {}", self.machine_set.metadata.name);
        let mut all = vec![self.action.explain(&subject)];
        if !self.unacknowledged.is_empty() {
            let names = names(&self.unacknowledged);
            all.push(Why::new(
                subject,
                "PendingAcknowledgeMove",
                format!("{names} came from another MachineSet and do not count before the MachineDeployment counts them"),
            ));
        }
        if let SyncAction::Move { left, .. } = &self.action {
            all.extend(left.iter().map(|(machine, why)| why.explain(machine)));
        }
        all
    }
}

impl SyncAction<'_> {
    fn explain(&self, subject: &str) -> Why {
        match self {
            Self::Nothing => Why::new(subject, "AsWanted", "there are as many machines as wanted"),
            Self::CreateDisabled { count } => Why::new(
                subject,
                "MachineCreateDisabled",
                format!("{} missing, and none are made", machines(*count)),
            )
            .remedy(format!(
                "remove the annotation {}",
                labels::DISABLE_MACHINE_CREATE
            )),
            Self::Create { count } => Why::new(
                subject,
                "TooFewMachines",
                format!("{} missing", machines(*count)),
            ),
            Self::Delete {
                count,
                delete,
                waiting,
            } if delete.is_empty() => Why::new(
                subject,
                "WaitingForDeletion",
                format!(
                    "{} too many, and {} being deleted already",
                    machines(*count),
                    names(waiting)
                ),
            ),
            Self::Delete { count, delete, .. } => Why::new(
                subject,
                "TooManyMachines",
                format!("{} too many: {}", machines(*count), names(delete)),
            ),
            Self::Move {
                count,
                target,
                moved,
                delete,
                ..
            } => Why::new(
                subject,
                "MachinesMove",
                format!(
                    "{} too many: to MachineSet {} go {}; {} deleted for remediation",
                    machines(*count),
                    target.metadata.name,
                    names(moved),
                    names(delete)
                ),
            ),
            Self::MoveRefused { count, refusal, .. } => Why::new(
                subject,
                "MoveRefused",
                format!("{} too many, but {refusal}", machines(*count)),
            )
            .remedy("let the MachineDeployment set the annotations of both MachineSets anew"),
        }
    }
}

impl NotMoved {
    fn explain(self, machine: &Machine) -> Why {
        let (reason, evidence) = match self {
            Self::Deleting => ("Deleting", "it is being deleted already"),
            Self::UpdateInProgress => ("UpdateInProgress", "it is still being updated in place"),
            Self::NoNode => ("NoNode", "it has no node yet"),
        };
        Why::new(
            format!("Machine {}", machine.metadata.name),
            reason,
            evidence,
        )
    }
}

fn machines(count: usize) -> String {
    match count {
        1 => "1 machine is".to_owned(),
        count => format!("{count} machines are"),
    }
}

fn names(machines: &[&Machine]) -> String {
    if machines.is_empty() {
        return "none".to_owned();
    }
    let names: Vec<&str> = machines
        .iter()
        .map(|machine| machine.metadata.name.as_str())
        .collect();
    names.join(", ")
}
