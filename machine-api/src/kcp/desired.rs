//! What a control plane makes: its machines, their configurations and their infrastructure.
//!
//! Follows `controlplane/kubeadm/pkg/desiredstate` of Cluster API. A machine that exists keeps what cannot be changed without
//! replacing it; everything else is written anew.

use std::collections::BTreeMap;

use componentconfig::Kind;
use serde_json::Value;

use super::{
    CLEANUP_HOOK, Remediation,
    components::{
        API_SERVER_POD_HEALTHY, CONTROLLER_MANAGER_POD_HEALTHY, ETCD_MEMBER_HEALTHY,
        ETCD_POD_HEALTHY, NODE_LABELS_AND_TAINTS_SET, SCHEDULER_POD_HEALTHY,
    },
    kubeadm_config_spec,
};
use crate::{
    bootstrap::v1beta2::{ExternalEtcd, KubeadmConfig},
    cloning::FromTemplate,
    controlplane::v1beta2::KubeadmControlPlane,
    core::v1beta2::{Cluster, Machine, MachineReadinessGate},
    labels,
    meta::{ObjectMeta, OwnerReference},
    names::{self, NameOf, RandomSource},
    propagation::{PropagationError, controller_reference, owner_reference},
    template::Template,
    version::ParseVersionError,
};

/// What a template of a name has to contain, to the letter.
const RANDOM: &str = "{{ .random }}";

/// How long the deletion of a node is tried if nothing is said about it.
const NODE_DELETION_TIMEOUT: i32 = 10;

/// A new machine, which has no references to its configuration and its infrastructure yet: they have its name when they are made.
///
/// # Errors
/// The template of the name is malformed or would give two machines one name.
pub fn new_machine(
    kcp: &KubeadmControlPlane,
    cluster: &Cluster,
    failure_domain: Option<&str>,
    remediation: Option<&Remediation>,
    random: &mut dyn RandomSource,
) -> Result<Machine, PropagationError> {
    let mut machine = machine(kcp, cluster);
    machine.metadata.name = machine_name(kcp, cluster, random)?;
    machine.spec.version.clone_from(&kcp.spec.version);
    failure_domain
        .unwrap_or_default()
        .clone_into(&mut machine.spec.failure_domain);
    if let Some(remediation) = remediation {
        let key = labels::REMEDIATION_FOR.to_owned();
        let annotations = &mut machine.metadata.annotations;
        annotations.insert(key, remediation.to_string());
    }
    Ok(machine)
}

/// A machine that exists, as the control plane applies it.
pub fn updated_machine(kcp: &KubeadmControlPlane, cluster: &Cluster, current: &Machine) -> Machine {
    let mut machine = machine(kcp, cluster);
    machine.metadata.name.clone_from(&current.metadata.name);
    machine.metadata.uid.clone_from(&current.metadata.uid);
    let key = labels::REMEDIATION_FOR;
    if let Some(remediation) = current.metadata.annotations.get(key) {
        let annotations = &mut machine.metadata.annotations;
        annotations.insert(key.to_owned(), remediation.clone());
    }
    let (spec, fixed) = (&mut machine.spec, &current.spec);
    spec.version.clone_from(&fixed.version);
    spec.failure_domain.clone_from(&fixed.failure_domain);
    spec.infrastructure_ref = fixed.infrastructure_ref.clone();
    spec.bootstrap.config_ref = fixed.bootstrap.config_ref.clone();
    machine
}

/// A machine that is being deleted, with what the control plane says about how it goes. Nothing else of it changes any more.
pub fn deleting_machine(kcp: &KubeadmControlPlane, current: &Machine) -> Machine {
    let mut machine = current.clone();
    let template = &kcp.spec.machine_template.spec;
    machine.spec.deletion = template.deletion.clone();
    let timeout = &mut machine.spec.deletion.node_deletion_timeout_seconds;
    *timeout = timeout.or(Some(NODE_DELETION_TIMEOUT));
    machine.spec.taints.clone_from(&template.taints);
    machine
}

/// The configuration of a new machine of that name: of the first one, or of one that joins.
///
/// # Errors
/// The version of the control plane cannot be read.
pub fn kubeadm_config(
    kcp: &KubeadmControlPlane,
    cluster: &Cluster,
    name: &str,
    joins: bool,
) -> Result<KubeadmConfig, ParseVersionError> {
    Ok(KubeadmConfig {
        metadata: ObjectMeta {
            labels: machine_labels(kcp, &cluster.metadata.name),
            annotations: machine_annotations(kcp),
            owner_references: vec![creator(kcp)],
            ..ObjectMeta::named(&kcp.metadata.namespace, name)
        },
        spec: kubeadm_config_spec(kcp, joins)?,
        ..KubeadmConfig::default()
    })
}

/// The infrastructure of a new machine of that name, made from a template.
pub fn infrastructure(
    kcp: &KubeadmControlPlane,
    cluster: &Cluster,
    name: &str,
    template: &Value,
) -> Value {
    let owner = creator(kcp);
    FromTemplate::new(&kcp.metadata.namespace, name, &cluster.metadata.name)
        .owner(&owner)
        .labels(&machine_labels(kcp, &cluster.metadata.name))
        .annotations(&machine_annotations(kcp))
        .of(template)
}

/// The labels of the machines of a control plane, and of what they are made of.
pub fn machine_labels(kcp: &KubeadmControlPlane, cluster: &str) -> BTreeMap<String, String> {
    let mut all = kcp.spec.machine_template.metadata.labels.clone();
    let name = labels::format_value(&kcp.metadata.name);
    for (key, value) in [
        (labels::CLUSTER_NAME, cluster.to_owned()),
        (labels::CONTROL_PLANE, String::new()),
        (labels::CONTROL_PLANE_NAME, name),
    ] {
        all.insert(key.to_owned(), value);
    }
    all
}

/// The annotations of the machines of a control plane, and of what they are made of.
pub fn machine_annotations(kcp: &KubeadmControlPlane) -> BTreeMap<String, String> {
    kcp.spec.machine_template.metadata.annotations.clone()
}

/// The label selector of the machines of a control plane, as text.
pub fn selector(cluster: &str) -> String {
    format!(
        "{}={cluster},{}",
        labels::CLUSTER_NAME,
        labels::CONTROL_PLANE
    )
}

/// Whoever makes what a machine is made of, until the machine is there: one owner among others.
fn creator(kcp: &KubeadmControlPlane) -> OwnerReference {
    owner_reference(kcp)
}

/// What all machines have in common.
fn machine(kcp: &KubeadmControlPlane, cluster: &Cluster) -> Machine {
    let mut machine = Machine {
        metadata: ObjectMeta {
            labels: machine_labels(kcp, &cluster.metadata.name),
            annotations: machine_annotations(kcp),
            owner_references: vec![controller_reference(kcp)],
            ..ObjectMeta::named(&kcp.metadata.namespace, "")
        },
        ..Machine::default()
    };
    let hook = (CLEANUP_HOOK.to_owned(), String::new());
    machine.metadata.annotations.extend([hook]);
    let template = &kcp.spec.machine_template.spec;
    machine.spec.cluster_name.clone_from(&cluster.metadata.name);
    machine.spec.deletion = template.deletion.clone();
    machine.spec.taints.clone_from(&template.taints);
    machine.spec.readiness_gates = readiness_gates(kcp);
    machine
}

/// The conditions of its components that a machine cannot be ready without, and those that the user asks for.
fn readiness_gates(kcp: &KubeadmControlPlane) -> Vec<MachineReadinessGate> {
    let own = [
        NODE_LABELS_AND_TAINTS_SET,
        API_SERVER_POD_HEALTHY,
        CONTROLLER_MANAGER_POD_HEALTHY,
        SCHEDULER_POD_HEALTHY,
    ];
    let etcd: &[&str] = if manages_etcd(kcp) {
        &[ETCD_POD_HEALTHY, ETCD_MEMBER_HEALTHY]
    } else {
        &[]
    };
    let gate = |kind: &str| MachineReadinessGate {
        condition_type: kind.to_owned(),
        ..MachineReadinessGate::default()
    };
    let mut gates: Vec<MachineReadinessGate> = Vec::new();
    let wanted = &kcp.spec.machine_template.spec.readiness_gates;
    let all = own.iter().chain(etcd).map(|kind| gate(kind));
    for gate in all.chain(wanted.iter().cloned()) {
        let mut known = gates.iter();
        if !known.any(|known| known.condition_type == gate.condition_type) {
            gates.push(gate);
        }
    }
    gates
}

pub(super) fn manages_etcd(kcp: &KubeadmControlPlane) -> bool {
    let etcd = &kcp.spec.kubeadm_config_spec.cluster_configuration.etcd;
    etcd.external == ExternalEtcd::default()
}

fn machine_name(
    kcp: &KubeadmControlPlane,
    cluster: &Cluster,
    random: &mut dyn RandomSource,
) -> Result<String, PropagationError> {
    let what = NameOf::KubeadmControlPlaneMachine {
        kubeadm_control_plane: &kcp.metadata.name,
    };
    let text = match kcp.spec.machine_naming.template.as_str() {
        "" => what.default_template(),
        template if template.contains(RANDOM) => template,
        _ => return Err(PropagationError::NotRandom),
    };
    let template = Template::parse(text)?;
    Ok(names::generate(
        &template,
        &cluster.metadata.name,
        what,
        random,
    )?)
}

/// Whether an object was made by that control plane, and belongs to no machine yet.
pub fn is_made_by(object: &Value, kcp: &KubeadmControlPlane) -> bool {
    let owners = object.pointer("/metadata/ownerReferences");
    let mut owners = owners.and_then(Value::as_array).into_iter().flatten();
    owners.any(|owner| {
        let text = |field: &str| owner.get(field).and_then(Value::as_str);
        text("kind") == Some(KubeadmControlPlane::GVK.kind())
            && text("uid") == Some(kcp.metadata.uid.as_str())
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn kcp() -> KubeadmControlPlane {
        serde_json::from_value(json!({
            "metadata": {"name": "cp", "namespace": "default", "uid": "u"},
            "spec": {
                "version": "v1.36.0",
                "machineTemplate": {
                    "metadata": {"labels": {"team": "a"}, "annotations": {"note": "b"}},
                    "spec": {
                        "deletion": {"nodeDrainTimeoutSeconds": 60},
                        "readinessGates": [{"conditionType": "Mine"}, {"conditionType": "EtcdPodHealthy"}],
                    },
                },
            },
        }))
        .unwrap()
    }

    fn cluster() -> Cluster {
        Cluster {
            metadata: ObjectMeta::named("default", "prod"),
            ..Cluster::default()
        }
    }

    #[test]
    fn a_machine_waits_for_its_components_once_each() {
        let machine = new_machine(&kcp(), &cluster(), Some("a"), None, &mut |length: usize| {
            "x".repeat(length)
        })
        .unwrap();
        assert_eq!(machine.metadata.name, "cp-xxxxx");
        assert_eq!(machine.spec.failure_domain, "a");
        let gates: Vec<&str> = machine
            .spec
            .readiness_gates
            .iter()
            .map(|gate| gate.condition_type.as_str())
            .collect();
        assert_eq!(
            gates,
            [
                "NodeKubeadmLabelsAndTaintsSet",
                "APIServerPodHealthy",
                "ControllerManagerPodHealthy",
                "SchedulerPodHealthy",
                "EtcdPodHealthy",
                "EtcdMemberHealthy",
                "Mine",
            ]
        );
        assert_eq!(
            json!(machine.metadata.labels),
            json!({
                "team": "a", "cluster.x-k8s.io/cluster-name": "prod", "cluster.x-k8s.io/control-plane": "",
                "cluster.x-k8s.io/control-plane-name": "cp",
            })
        );
        assert_eq!(
            json!(machine.metadata.annotations),
            json!({"note": "b", (CLEANUP_HOOK): ""})
        );
    }

    #[test]
    fn a_machine_that_exists_keeps_what_it_is() {
        let mut current = Machine::default();
        current.metadata.name = "cp-1".to_owned();
        current.metadata.uid = "m".to_owned();
        current.spec.version = "v1.35.0".to_owned();
        current.spec.failure_domain = "b".to_owned();
        current.spec.bootstrap.config_ref.name = "cp-1".to_owned();
        let key = labels::REMEDIATION_FOR.to_owned();
        current.metadata.annotations.insert(key, "{}".to_owned());
        let updated = updated_machine(&kcp(), &cluster(), &current);
        assert_eq!(updated.spec.version, "v1.35.0");
        assert_eq!(updated.spec.failure_domain, "b");
        assert_eq!(updated.spec.bootstrap.config_ref.name, "cp-1");
        assert_eq!(updated.spec.deletion.node_drain_timeout_seconds, Some(60));
        assert_eq!(updated.metadata.annotations[labels::REMEDIATION_FOR], "{}");
    }

    #[test]
    fn a_name_has_to_be_random() {
        let mut kcp = kcp();
        kcp.spec.machine_naming.template = "cp".to_owned();
        let error = new_machine(&kcp, &cluster(), None, None, &mut |_: usize| String::new());
        assert_eq!(error, Err(PropagationError::NotRandom));
    }
}
