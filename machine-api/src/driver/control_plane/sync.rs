//! What machines of a control plane may change in place, and whom they belong to.

use serde_json::{Value, json};

use super::{MANAGER, Work};
use crate::{
    core::v1beta2::Machine,
    driver::{Chain, Context, chain::is_applied},
    kcp,
    propagation::controller_reference,
    provider::Provider,
    version::Version,
};

/// Who applies labels and annotations of what machines are made of.
const METADATA_MANAGER: &str = "capi-kubeadmcontrolplane-metadata";

impl<P: Provider> Context<'_, P> {
    /// Follows `syncMachines` of Cluster API.
    pub(super) fn sync_machines(&mut self, work: &mut Work<'_>) {
        let (kcp, cluster) = (work.current, work.cluster);
        for machine in &mut work.machines {
            let meta = machine.metadata.clone();
            let mut chain = Chain::new(format!("Machine {}/{}", meta.namespace, meta.name));
            if meta.is_deleting() {
                *machine = kcp::deleting_machine(kcp, machine);
            } else {
                let intent = json!(kcp::updated_machine(kcp, cluster, machine));
                let current = self.snapshot.raw::<Machine>(&meta);
                if !current.is_some_and(|current| is_applied(current, &intent, MANAGER)) {
                    chain.apply(intent, MANAGER);
                }
            }
            let spec = &machine.spec;
            for reference in [&spec.infrastructure_ref, &spec.bootstrap.config_ref] {
                if let Some(object) = self.snapshot.find(&meta.namespace, reference) {
                    let intent = metadata_of(object, work.current, &cluster.metadata.name);
                    if !is_applied(object, &intent, METADATA_MANAGER) {
                        chain.apply(intent, METADATA_MANAGER);
                    }
                }
            }
            self.plan.chains.push(chain);
        }
    }

    /// Machines of the control plane that belong to nobody, if their versions are near enough.
    pub(super) fn adopt_machines(&mut self, work: &Work<'_>, machines: &[&Machine]) {
        let subject = work.chain.subject.clone();
        for machine in machines {
            let name = &machine.metadata.name;
            if machine.spec.bootstrap.config_ref.kind != "KubeadmConfig" {
                let message = format!("Machine {name} has no KubeadmConfig");
                self.fails(subject, "AdoptionFailed", &message);
                return;
            }
            if !is_near(&machine.spec.version, &work.current.spec.version) {
                let message = format!(
                    "Could not adopt Machine {}/{name}: its version ({:?}) is outside supported +/- one minor version skew \
                     from KCP's ({:?})",
                    machine.metadata.namespace, machine.spec.version, work.current.spec.version
                );
                self.fails(subject, "AdoptionFailed", &message);
                return;
            }
        }
        for machine in machines {
            let mut desired = (*machine).clone();
            let owners = &mut desired.metadata.owner_references;
            owners.push(controller_reference(work.current));
            let meta = &machine.metadata;
            let mut chain = Chain::new(format!("Machine {}/{}", meta.namespace, meta.name));
            chain.change(*machine, &desired);
            self.plan.chains.push(chain);
        }
    }
}

/// Whether two versions are at most one minor version apart. One that is not said is taken to be right.
fn is_near(machine: &str, control_plane: &str) -> bool {
    if machine.is_empty() {
        return true;
    }
    match (machine.parse::<Version>(), control_plane.parse::<Version>()) {
        (Ok(a), Ok(b)) => a.major() == b.major() && a.minor().abs_diff(b.minor()) <= 1,
        _ => false,
    }
}

/// The labels and annotations of what a machine is made of.
fn metadata_of(
    object: &Value,
    kcp: &crate::controlplane::v1beta2::KubeadmControlPlane,
    cluster: &str,
) -> Value {
    let text = |pointer: &str| object.pointer(pointer).cloned().unwrap_or_default();
    json!({
        "apiVersion": text("/apiVersion"),
        "kind": text("/kind"),
        "metadata": {
            "name": text("/metadata/name"),
            "namespace": text("/metadata/namespace"),
            "uid": text("/metadata/uid"),
            "labels": kcp::machine_labels(kcp, cluster),
            "annotations": kcp::machine_annotations(kcp),
        },
    })
}
