//! What changes of a Cluster that is made from a class, what waits, and why.

use super::{
    Action, Change, ControlPlaneTracker, Desired, Hook, State, UpgradeTracker, WorkersTracker,
};
use crate::{core::v1beta2::Cluster, explain::Why};

impl Desired {
    /// What changes and what waits, and why.
    pub fn explain(&self, cluster: &Cluster, current: &State) -> Vec<Why> {
        let changes = self.changes(cluster, current);
        let mut all: Vec<Why> = changes.iter().map(Change::explain).collect();
        if all.is_empty() {
            let evidence = "all objects are as they should be";
            all.push(Why::new(subject(cluster), "AsWanted", evidence));
        }
        if self.tracker != UpgradeTracker::default() {
            all.extend(self.tracker.explain(cluster));
        }
        let blocking = self.hooks.iter().filter(|(_, blocking)| *blocking);
        all.extend(blocking.map(|(hook, _)| held_back(cluster, *hook)));
        all
    }
}

fn subject(cluster: &Cluster) -> String {
    format!("Cluster {}", cluster.metadata.name)
}

fn held_back(cluster: &Cluster, hook: Hook) -> Why {
    let evidence = format!("the hook {} holds the upgrade back", hook.name());
    Why::new(subject(cluster), hook.name(), evidence)
        .remedy("look at the extension, or at the annotation that holds the upgrade")
}

impl Change {
    /// What happens to the object.
    pub fn explain(&self) -> Why {
        let (reason, what) = match self.action {
            Action::Create => ("Create", "it is made"),
            Action::Apply => ("Apply", "it is changed"),
            Action::Rotate => ("Rotate", "it is replaced by one with another name"),
            Action::Delete => ("Delete", "it is deleted"),
            Action::Wait => ("Wait", "it waits"),
        };
        let evidence = match &*self.fields {
            [] => what.to_owned(),
            fields => format!("{what}: {}", fields.join(", ")),
        };
        Why::new(format!("{} {}", self.kind, self.name), reason, evidence)
    }
}

impl UpgradeTracker {
    /// Why not everything has the version that is wanted.
    pub fn explain(&self, cluster: &Cluster) -> Vec<Why> {
        let mut all = self.control_plane.explain(cluster);
        let workers = [
            ("MachineDeployment", &self.machine_deployments),
            ("MachinePool", &self.machine_pools),
        ];
        for (kind, tracker) in workers {
            all.extend(tracker.explain(kind, &self.control_plane));
        }
        if all.is_empty() {
            let evidence = "everything has the version that is wanted, or is new";
            all.push(Why::new(subject(cluster), "UpToDate", evidence));
        }
        all
    }
}

impl ControlPlaneTracker {
    fn explain(&self, cluster: &Cluster) -> Vec<Why> {
        let mut all = Vec::new();
        let mut because = |reason, evidence: String| {
            let subject = format!("control plane of {}", subject(cluster));
            all.push(Why::new(subject, reason, evidence));
        };
        if self.provisioning {
            because(
                "Provisioning",
                "it is being made for the first time".to_owned(),
            );
        }
        if self.upgrading {
            because("Upgrading", "it is on its way to its version".to_owned());
        }
        if self.starting_upgrade {
            let next = self.upgrade_plan.first().map_or("", String::as_str);
            because("StartingUpgrade", format!("it sets out for {next}"));
        }
        if self.pending_upgrade {
            let why = if self.waiting_for_workers_upgrade {
                "workers have to be upgraded first"
            } else if self.provisioning || self.upgrading {
                "it has to come to rest first"
            } else {
                "workers are on their way, or an extension holds it back"
            };
            because("PendingUpgrade", format!("it waits for its upgrade: {why}"));
        }
        all
    }
}

impl WorkersTracker {
    fn explain(&self, kind: &str, control_plane: &ControlPlaneTracker) -> Vec<Why> {
        let created = self.pending_create.iter().map(|name| {
            Why::new(
                format!("{kind} of topology {name}"),
                "PendingCreate",
                "it is not made before the control plane has come to rest",
            )
        });
        let moving = self.upgrading.iter().map(|name| {
            let evidence = "it is on its way to its version";
            Why::new(format!("{kind} {name}"), "Upgrading", evidence)
        });
        let pending = self.pending_upgrade.iter().map(|name| {
            let (reason, why) = if self.deferred.contains(name) {
                ("Deferred", "the user put it off")
            } else if self.concurrency_reached() {
                ("UpgradeConcurrency", "as many as may be are on their way")
            } else if control_plane.lets_workers_upgrade() {
                (
                    "PendingUpgrade",
                    "the control plane has to go on first, or an extension holds it back",
                )
            } else {
                (
                    "WaitingForControlPlane",
                    "the control plane has to come to rest first",
                )
            };
            let evidence = format!("it waits for its upgrade: {why}");
            let found = Why::new(format!("{kind} {name}"), reason, evidence);
            match reason {
                "Deferred" => found.remedy(
                    "take the annotations topology.cluster.x-k8s.io/defer-upgrade and \
                     hold-upgrade-sequence from the topology",
                ),
                _ => found,
            }
        });
        created.chain(moving).chain(pending).collect()
    }
}
