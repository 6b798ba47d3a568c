//! The components of a control plane: static Pods on its nodes.

use std::collections::BTreeMap;

use super::{
    Look, NODE_ROLE,
    gather::{Gather, gather},
    told, waits_for_node,
};
use crate::{
    core::v1beta2::Machine,
    kcp::{
        API_SERVER_POD_HEALTHY, CONTROLLER_MANAGER_POD_HEALTHY, ETCD_POD_HEALTHY,
        NODE_LABELS_AND_TAINTS_SET, SCHEDULER_POD_HEALTHY,
    },
    machine::{Node, Pod},
    meta::{Condition, ConditionStatus, Taint, TaintEffect},
};

/// A component and the condition about it.
pub(super) struct Component {
    name: &'static str,
    pub(super) condition: &'static str,
}

const COMPONENTS: [Component; 4] = [
    Component {
        name: "kube-apiserver",
        condition: API_SERVER_POD_HEALTHY,
    },
    Component {
        name: "kube-controller-manager",
        condition: CONTROLLER_MANAGER_POD_HEALTHY,
    },
    Component {
        name: "kube-scheduler",
        condition: SCHEDULER_POD_HEALTHY,
    },
    Component {
        name: "etcd",
        condition: ETCD_POD_HEALTHY,
    },
];

/// The components of a control plane, with etcd or without.
pub(super) fn kinds(etcd: bool) -> impl Iterator<Item = &'static Component> {
    COMPONENTS
        .iter()
        .filter(move |component| etcd || component.name != "etcd")
}

/// A condition about a component, but for its type.
type Verdict = (ConditionStatus, &'static str, String);

impl Look<'_> {
    pub(super) fn components(&mut self, nodes: &[Node], pods: &BTreeMap<String, Vec<Pod>>) {
        let managed = self.control_plane.manages_etcd();
        for index in 0..self.machines.len() {
            let Some(machine) = self.machines.get(index) else {
                continue;
            };
            let mut found = nodes.iter();
            let node = found.find(|node| {
                !node.metadata.name.is_empty() && node.metadata.name == machine.status.node_ref.name
            });
            let (of_node, all) = self.states(machine, node);
            let mut conditions = vec![of_node];
            for component in kinds(managed) {
                let (status, reason, message) = match (&all, node) {
                    (None, Some(node)) => component.state(node, pods),
                    (Some(all), _) => all.clone(),
                    (None, None) => continue,
                };
                conditions.push(told(component.condition, status, reason, &message));
            }
            for condition in conditions {
                self.set(index, condition);
            }
        }
        let errors = self.nodes_without_machine(nodes);
        let kinds: Vec<&str> = kinds(managed)
            .map(|component| component.condition)
            .collect();
        self.conditions.push(gather(
            &self.machines,
            &Gather {
                kinds: &kinds,
                errors: &errors,
                target: "ControlPlaneComponentsHealthy",
                note: "control plane",
            },
        ));
    }

    /// The condition about the node of a machine, and what all its components have in common if they are not looked at.
    fn states(&self, machine: &Machine, node: Option<&Node>) -> (Condition, Option<Verdict>) {
        let about = |status, reason, message: &str| {
            told(NODE_LABELS_AND_TAINTS_SET, status, reason, message)
        };
        let unknown = |message: String| {
            let reason = "InspectionFailed";
            let condition = about(ConditionStatus::Unknown, reason, &message);
            (condition, Some((ConditionStatus::Unknown, reason, message)))
        };
        if machine.metadata.is_deleting() {
            let (reason, message) = ("Deleting", "Machine is deleting");
            let condition = node.map_or_else(
                || about(ConditionStatus::False, reason, message),
                |node| self.labels_and_taints(machine, node),
            );
            let verdict = (ConditionStatus::False, reason, message.to_owned());
            return (condition, Some(verdict));
        }
        if machine.status.node_ref.name.is_empty() {
            return unknown(waits_for_node(machine));
        }
        let name = &machine.status.node_ref.name;
        let Some(node) = node else {
            return unknown(format!("Node {name} does not exist"));
        };
        let unreachable = node.spec.taints.iter().any(|taint| {
            taint.key == "node.kubernetes.io/unreachable" && taint.effect == TaintEffect::NoExecute
        });
        if unreachable {
            return unknown(format!("Node {name} is unreachable"));
        }
        (self.labels_and_taints(machine, node), None)
    }

    fn labels_and_taints(&self, machine: &Machine, node: &Node) -> Condition {
        let name = &node.metadata.name;
        let label = node.metadata.labels.contains_key(NODE_ROLE);
        let taint = !self.should_have_taint(machine) || node.spec.taints.iter().any(is_default);
        let message = match (label, taint) {
            (true, true) => {
                return told(NODE_LABELS_AND_TAINTS_SET, ConditionStatus::True, "Set", "");
            }
            (false, true) => format!("Node {name} does not have the {NODE_ROLE} label"),
            (false, false) => format!(
                "Node {name} does not have the {NODE_ROLE} label and the {NODE_ROLE}:NoSchedule taint"
            ),
            (true, false) => format!("Node {name} does not have the {NODE_ROLE}:NoSchedule taint"),
        };
        told(
            NODE_LABELS_AND_TAINTS_SET,
            ConditionStatus::False,
            "NotSet",
            &message,
        )
    }

    /// Whether the node has to have the taint of control planes, which kubeadm gives it unless it is told other ones.
    fn should_have_taint(&self, machine: &Machine) -> bool {
        let mut own = machine.spec.taints.iter();
        if own.any(|taint| taint.key == NODE_ROLE && taint.effect == TaintEffect::NoSchedule) {
            return true;
        }
        let configs = self.control_plane.configs;
        let config = configs.and_then(|configs| configs.get(&machine.metadata.name));
        config.is_some_and(|config| {
            let spec = &config.spec;
            let registration = match &spec.join_configuration.control_plane {
                Some(_) => &spec.join_configuration.node_registration,
                None => &spec.init_configuration.node_registration,
            };
            let taints = registration.taints.as_ref();
            taints.is_none_or(|taints| taints.iter().any(is_default))
        })
    }

    fn nodes_without_machine(&self, nodes: &[Node]) -> Vec<String> {
        let has_node = |machine: &Machine| !machine.status.node_ref.name.is_empty();
        let mut staying = self
            .machines
            .iter()
            .filter(|machine| !machine.metadata.is_deleting());
        if staying.any(|machine| !has_node(machine)) {
            return Vec::new();
        }
        nodes
            .iter()
            .filter(|node| node.metadata.labels.contains_key(NODE_ROLE))
            .map(|node| node.metadata.name.as_str())
            .filter(|name| {
                let mut machines = self.machines.iter();
                !machines.any(|machine| machine.status.node_ref.name == *name)
            })
            .map(|name| format!("Control plane Node {name} does not have a corresponding Machine"))
            .collect()
    }
}

fn is_default(taint: &Taint) -> bool {
    taint.key == NODE_ROLE && taint.effect == TaintEffect::NoSchedule
}

impl Component {
    fn state(&self, node: &Node, pods: &BTreeMap<String, Vec<Pod>>) -> Verdict {
        let unknown = |message: &str| {
            (
                ConditionStatus::Unknown,
                "InspectionFailed",
                message.to_owned(),
            )
        };
        if node.is_unreachable() {
            return unknown("Node Ready condition is Unknown, Pod data might be stale");
        }
        let Some(pods) = pods.get(&node.metadata.name) else {
            return unknown("Please check controller logs for errors");
        };
        let name = format!("{}-{}", self.name, node.metadata.name);
        let mut pods = pods.iter();
        let pod =
            pods.find(|pod| pod.metadata.namespace == "kube-system" && pod.metadata.name == name);
        match pod {
            None => {
                let message = "Pod does not exist".to_owned();
                (ConditionStatus::False, "DoesNotExist", message)
            }
            Some(pod) => state(pod),
        }
    }
}

/// What a static Pod says about its component.
fn state(pod: &Pod) -> Verdict {
    let bad = |reason, message: &str| (ConditionStatus::False, reason, message.to_owned());
    let holds = |kind| pod.condition(kind) == ConditionStatus::True;
    match pod.status.phase.as_str() {
        "Pending" if !holds("PodScheduled") => bad("Provisioning", "Waiting to be scheduled"),
        "Pending" if !holds("Initialized") => bad("Provisioning", "Running init containers"),
        "Pending" => bad("Provisioning", ""),
        "Running" if holds("Ready") => (ConditionStatus::True, "Running", String::new()),
        "Running" => containers(pod),
        "Succeeded" | "Failed" => bad("Failed", "All the containers have been terminated"),
        _ => (
            ConditionStatus::Unknown,
            "InspectionFailed",
            "Pod is reporting Unknown status".to_owned(),
        ),
    }
}

/// Why a Pod that runs is not ready.
fn containers(pod: &Pod) -> Verdict {
    let all = &pod.status.container_statuses;
    let waiting: Vec<&str> = all
        .iter()
        .filter_map(|one| Some(one.state.waiting.as_ref()?.reason.as_str()))
        .collect();
    let failed = all.iter().any(|one| {
        let end = one.last_state.terminated.as_ref();
        end.is_some_and(|end| end.exit_code != 0)
    });
    let ended: Vec<&str> = all
        .iter()
        .filter_map(|one| Some(one.state.terminated.as_ref()?.reason.as_str()))
        .collect();
    let (reason, message) = match (waiting.is_empty(), ended.is_empty()) {
        (false, _) if failed => ("Failed", waiting.join(", ")),
        (false, _) => ("Provisioning", waiting.join(", ")),
        (true, false) => ("Failed", ended.join(", ")),
        (true, true) => {
            let message = "Waiting for startup or readiness probes";
            ("Provisioning", message.to_owned())
        }
    };
    (ConditionStatus::False, reason, message)
}
