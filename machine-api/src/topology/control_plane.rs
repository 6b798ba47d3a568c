//! The control plane of a Cluster, the template of its machines, and what watches over them.

use componentconfig::scalar::Duration;
use serde::Serialize;
use serde_json::{Value, json};

use super::{
    Contract, TopologyError, Work,
    clone::{self, Metadata, Source},
    object,
};
use crate::{
    admission::{Admit, Request},
    core::v1beta2::{
        Cluster, ClusterClassTemplateReference, MachineHealthCheck, MachineHealthCheckChecks,
        MachineHealthCheckRemediation,
    },
    labels,
    meta::{LabelSelector, OwnerReference},
    names::{NameOf, with_suffix},
};

const MACHINES: [&str; 2] = ["spec", "machineTemplate"];

/// Where a control plane refers to the template of its machines.
pub(super) const fn machines_path(contract: Contract) -> &'static [&'static str] {
    match contract {
        Contract::V1Beta1 => &["spec", "machineTemplate", "infrastructureRef"],
        Contract::V1Beta2 => &["spec", "machineTemplate", "spec", "infrastructureRef"],
    }
}

/// A field of the machines of a control plane.
fn machine_field(contract: Contract, name: &'static str) -> Vec<&'static str> {
    let mut path = MACHINES.to_vec();
    if contract == Contract::V1Beta2 {
        path.push("spec");
    }
    path.push(name);
    path
}

impl Work<'_, '_> {
    pub(super) fn has_control_plane_machines(&self) -> bool {
        let class = &self.observed.class.spec.control_plane;
        class.machine_infrastructure.template_ref != ClusterClassTemplateReference::default()
    }

    /// The template of the machines of the control plane, if the class has them.
    pub(super) fn control_plane_machines(&mut self) -> Result<Option<Value>, TopologyError> {
        if !self.has_control_plane_machines() {
            return Ok(None);
        }
        let class = &self.observed.class.spec.control_plane;
        let reference = &class.machine_infrastructure.template_ref;
        let template = self.template(reference)?;
        let mut current = String::new();
        if let Some(state) = &self.observed.current.control_plane {
            let path = machines_path(self.contract(&state.object)?);
            current = machines_name(&state.object, path)?;
        }
        let prefix = format!("{}-", self.observed.cluster.metadata.name);
        let name = with_suffix(&prefix, self.random);
        let source = Source {
            template: &template,
            reference,
            cluster: self.observed.cluster,
            name: object::first_of([&current, &name]),
        };
        Ok(Some(source.template(&Metadata::default())))
    }

    /// The control plane, with the template of its machines.
    pub(super) fn control_plane(
        &mut self,
        machines: Option<&Value>,
    ) -> Result<Value, TopologyError> {
        let observed = self.observed;
        let (class, topology) = (
            &observed.class.spec.control_plane,
            &observed.cluster.spec.topology.control_plane,
        );
        let template = self.template(&class.template_ref)?;
        let mut metadata = Metadata {
            labels: object::merged(&topology.metadata.labels, &class.metadata.labels),
            annotations: object::merged(
                &topology.metadata.annotations,
                &class.metadata.annotations,
            ),
        };
        let cluster = observed.cluster.metadata.name.clone();
        let labels = &mut metadata.labels;
        labels.insert(labels::CLUSTER_NAME.to_owned(), cluster);
        labels.insert(labels::TOPOLOGY_OWNED.to_owned(), String::new());
        let name = self.name(NameOf::ControlPlane, &class.naming.template)?;
        let current = &observed.cluster.spec.control_plane_ref.name;
        let mut made = Source {
            template: &template,
            reference: &class.template_ref,
            cluster: observed.cluster,
            name: object::first_of([current, &name]),
        }
        .object(&metadata, None);
        let current = observed.current.control_plane.as_ref();
        self.keep_shim(&mut made, current.map(|state| &state.object));
        let contract = self.contract(&made)?;
        if let Some(machines) = machines {
            self.refer_to_machines(&mut made, machines, contract)?;
            for (field, values) in [
                ("labels", &metadata.labels),
                ("annotations", &metadata.annotations),
            ] {
                let path = ["spec", "machineTemplate", "metadata", field];
                let merged = object::merged(values, &object::labels(&made, &path));
                let any = !merged.is_empty();
                if any {
                    object::set(&mut made, &path, shown(&merged))?;
                } else {
                    object::remove(&mut made, &path);
                }
            }
        }
        if let Some(replicas) = topology.replicas {
            object::set(&mut made, &["spec", "replicas"], replicas.into())?;
        }
        if let Some(after) = topology.rollout.after {
            object::set(&mut made, &["spec", "rollout", "after"], shown(&after))?;
        }
        let gates = first(&topology.readiness_gates, &class.readiness_gates);
        if !gates.is_empty() {
            let path = machine_field(contract, "readinessGates");
            object::set(&mut made, &path, shown(gates))?;
        }
        let taints = first(&topology.taints, &class.taints);
        if !taints.is_empty() {
            let path = machine_field(contract, "taints");
            object::set(&mut made, &path, shown(taints))?;
        }
        let (wanted, default) = (&topology.deletion, &class.deletion);
        let timeouts = [
            (
                "nodeDrainTimeout",
                wanted
                    .node_drain_timeout_seconds
                    .or(default.node_drain_timeout_seconds),
            ),
            (
                "nodeVolumeDetachTimeout",
                wanted
                    .node_volume_detach_timeout_seconds
                    .or(default.node_volume_detach_timeout_seconds),
            ),
            (
                "nodeDeletionTimeout",
                wanted
                    .node_deletion_timeout_seconds
                    .or(default.node_deletion_timeout_seconds),
            ),
        ];
        for (name, seconds) in timeouts {
            if let Some(seconds) = seconds {
                set_timeout(&mut made, contract, name, seconds)?;
            }
        }
        let version = self.control_plane_version()?;
        object::set(&mut made, &["spec", "version"], version.into())?;
        Ok(made)
    }

    fn refer_to_machines(
        &self,
        made: &mut Value,
        machines: &Value,
        contract: Contract,
    ) -> Result<(), TopologyError> {
        let path = machines_path(contract);
        let reference = object::reference(machines);
        if contract == Contract::V1Beta2 {
            return object::set(made, path, shown(&reference));
        }
        let mut api_version = object::api_version(machines).to_owned();
        if let Some(state) = &self.observed.current.control_plane {
            machines_name(&state.object, path)?;
            let current = object::get(&state.object, path);
            let text = |name| current.map_or("", |current| object::text(current, &[name]));
            // Others may have moved on to a newer version of the same kind.
            let same = object::group(text("apiVersion")) == reference.api_group;
            if same && text("kind") == reference.kind {
                text("apiVersion").clone_into(&mut api_version);
            }
        }
        let value = json!({
            "apiVersion": api_version,
            "kind": reference.kind,
            "namespace": object::text(machines, &["metadata", "namespace"]),
            "name": reference.name,
        });
        object::set(made, path, value)
    }

    /// What watches over the machines of the control plane, if it is wanted.
    pub(super) fn control_plane_health_check(
        &self,
        control_plane: &Value,
    ) -> Option<MachineHealthCheck> {
        if !self.has_control_plane_machines() {
            return None;
        }
        let class = &self.observed.class.spec.control_plane.health_check;
        let topology = &self
            .observed
            .cluster
            .spec
            .topology
            .control_plane
            .health_check;
        let own = Check {
            checks: &topology.checks,
            remediation: topology.remediation.clone(),
        };
        let default = Check {
            checks: &class.checks,
            remediation: class.remediation.clone(),
        };
        let chosen = choose(own, default, topology.enabled)?;
        let labels = [labels::TOPOLOGY_OWNED, labels::CONTROL_PLANE];
        let labels = labels.map(|label| (label.to_owned(), String::new()));
        Some(health_check(
            self.observed.cluster,
            object::name(control_plane),
            chosen,
            labels.into(),
        ))
    }
}

/// Checks of machines, and what follows.
pub(super) struct Check<'a> {
    pub(super) checks: &'a MachineHealthCheckChecks,
    pub(super) remediation: MachineHealthCheckRemediation,
}

impl Check<'_> {
    fn is_defined(&self) -> bool {
        *self.checks != MachineHealthCheckChecks::default()
            || self.remediation != MachineHealthCheckRemediation::default()
    }
}

/// That of the topology, else that of the class, unless it is off or there is none.
pub(super) fn choose<'a>(
    own: Check<'a>,
    default: Check<'a>,
    enabled: Option<bool>,
) -> Option<Check<'a>> {
    let any = own.is_defined() || default.is_defined();
    let chosen = if own.is_defined() { own } else { default };
    (any && enabled != Some(false)).then_some(chosen)
}

/// A MachineHealthCheck for machines with these labels, with its defaults.
pub(super) fn health_check(
    cluster: &Cluster,
    name: &str,
    check: Check<'_>,
    match_labels: object::Labels,
) -> MachineHealthCheck {
    let mut made = MachineHealthCheck::default();
    name.clone_into(&mut made.metadata.name);
    made.metadata
        .namespace
        .clone_from(&cluster.metadata.namespace);
    made.metadata
        .labels
        .insert(labels::TOPOLOGY_OWNED.to_owned(), String::new());
    let owner: Result<OwnerReference, _> = serde_json::from_value(clone::owner(cluster));
    made.metadata.owner_references.extend(owner);
    made.spec.cluster_name.clone_from(&cluster.metadata.name);
    made.spec.selector = LabelSelector {
        match_labels,
        ..LabelSelector::default()
    };
    made.spec.checks = check.checks.clone();
    made.spec.remediation = check.remediation;
    // Defaults of this kind depend on nothing else and cannot fail.
    let _ = made.set_defaults(None, &Request::new(&()));
    made
}

fn machines_name(control_plane: &Value, path: &[&str]) -> Result<String, TopologyError> {
    let found = object::get(control_plane, path).and_then(|one| one.get("name"));
    let found = found.and_then(Value::as_str).map(str::to_owned);
    found.ok_or_else(|| TopologyError::Field {
        kind: object::kind(control_plane).to_owned(),
        name: object::name(control_plane).to_owned(),
        path: path.join("."),
        problem: "the control plane does not refer to a template of machines".to_owned(),
    })
}

fn set_timeout(
    made: &mut Value,
    contract: Contract,
    name: &'static str,
    seconds: i32,
) -> Result<(), TopologyError> {
    if contract == Contract::V1Beta1 {
        let duration = Duration::from_secs(i64::from(seconds));
        return object::set(made, &machine_field(contract, name), shown(&duration));
    }
    let field = format!("{name}Seconds");
    let path = ["spec", "machineTemplate", "spec", "deletion", &field];
    object::set(made, &path, seconds.into())
}

fn first<'a, T>(own: &'a [T], default: &'a [T]) -> &'a [T] {
    if own.is_empty() { default } else { own }
}

fn shown<T: Serialize + ?Sized>(value: &T) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}
