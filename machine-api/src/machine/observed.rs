//! What a Machine's status says about the objects behind it: bootstrap configuration, infrastructure and node.

use componentconfig::core::Time;
use serde_json::Value;

use super::{Node, status::condition};
use crate::{
    conditions::{self, Mirror},
    core::v1beta2::{Cluster, ContractVersionedObjectReference, Machine},
    meta::{Condition, ConditionStatus},
};

/// What is known of an object that a Machine refers to.
#[derive(Clone, Copy, Debug, Default)]
pub enum External<'a> {
    /// It could not be asked for.
    #[default]
    Unknown,
    /// There is none.
    Missing,
    /// It.
    Found(&'a Value),
}

impl<'a> External<'a> {
    /// The object, if it is there.
    pub const fn object(self) -> Option<&'a Value> {
        match self {
            Self::Found(object) => Some(object),
            Self::Unknown | Self::Missing => None,
        }
    }

    /// Whether it is there and waits for its end.
    pub fn is_deleting(self) -> bool {
        let time = self
            .object()
            .and_then(|object| object.pointer("/metadata/deletionTimestamp"));
        time.is_some_and(|time| !time.is_null())
    }
}

/// The condition BootstrapConfigReady: that of the bootstrap configuration, or what its absence means.
pub fn bootstrap_config_ready(machine: &Machine, config: External<'_>) -> Condition {
    const TYPE: &str = "BootstrapConfigReady";
    let kind = &machine.spec.bootstrap.config_ref.kind;
    let created = machine.status.initialization.bootstrap_data_secret_created == Some(true);
    if machine.spec.bootstrap.config_ref == ContractVersionedObjectReference::default() {
        return condition(TYPE, ConditionStatus::True, "DataSecretProvided");
    }
    let not = |reason: &str, message: String| Condition {
        message,
        ..condition(TYPE, ConditionStatus::False, reason)
    };
    match config {
        External::Found(object) => {
            let why_not = format!("{kind} status.initialization.dataSecretCreated is false");
            Mirror::ready(TYPE).or(created, &why_not).of(object)
        }
        External::Unknown => unreadable(TYPE),
        External::Missing if machine.metadata.is_deleting() && created => {
            not("ObjectDeleted", format!("{kind} has been deleted"))
        }
        External::Missing => not("ObjectDoesNotExist", format!("{kind} does not exist")),
    }
}

/// The condition InfrastructureReady: that of the infrastructure machine, or what its absence means.
pub fn infrastructure_ready(machine: &Machine, infrastructure: External<'_>) -> Condition {
    const TYPE: &str = "InfrastructureReady";
    let kind = &machine.spec.infrastructure_ref.kind;
    let provisioned = machine.status.initialization.infrastructure_provisioned == Some(true);
    let not = |reason: &str, message: String| Condition {
        message,
        ..condition(TYPE, ConditionStatus::False, reason)
    };
    match infrastructure {
        External::Found(object) => {
            let why_not = format!("{kind} status.initialization.provisioned is false");
            Mirror::ready(TYPE).or(provisioned, &why_not).of(object)
        }
        External::Unknown => unreadable(TYPE),
        External::Missing if !provisioned => {
            not("ObjectDoesNotExist", format!("{kind} does not exist"))
        }
        External::Missing if machine.metadata.is_deleting() => {
            not("ObjectDeleted", format!("{kind} has been deleted"))
        }
        External::Missing => not(
            "ObjectDeleted",
            format!("{kind} has been deleted while the Machine still exists"),
        ),
    }
}

fn unreadable(kind: &str) -> Condition {
    Condition {
        message: "Please check controller logs for errors".to_owned(),
        ..condition(kind, ConditionStatus::Unknown, "InternalError")
    }
}

/// What is known of the node of a machine.
#[derive(Clone, Copy, Debug)]
pub enum NodeSeen<'a> {
    /// There is no connection to the workload cluster now.
    NotConnected,
    /// It could not be asked for, though there is a connection.
    Failed,
    /// There is none.
    Missing,
    /// It.
    Found(&'a Node),
}

/// How the connection to the workload cluster fares.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Connection {
    /// When it last answered.
    pub last_success: Option<Time>,
    /// How often it did not since.
    pub consecutive_failures: u32,
    /// For how many seconds what was known still counts after it last answered. Cluster API's default is 300.
    pub grace_seconds: i64,
}

/// As often a connection is tried before its absence means anything.
const ATTEMPTS: u32 = 5;

/// The conditions NodeReady and NodeHealthy, in this order; none if what they say now stays.
pub fn node_conditions(
    cluster: &Cluster,
    machine: &Machine,
    node: NodeSeen<'_>,
    connection: Connection,
    now: Time,
) -> Vec<Condition> {
    let both = |status: ConditionStatus, reason: &str, message: &str| -> Vec<Condition> {
        let one = |kind| Condition {
            message: message.to_owned(),
            ..condition(kind, status.clone(), reason)
        };
        vec![one("NodeReady"), one("NodeHealthy")]
    };
    let unknown = |reason: &str, message: &str| both(ConditionStatus::Unknown, reason, message);
    if cluster.status.initialization.infrastructure_provisioned != Some(true) {
        return unknown(
            "InspectionFailed",
            "Waiting for Cluster status.initialization.infrastructureProvisioned to be true",
        );
    }
    let initialized = conditions::find(&cluster.status.conditions, "ControlPlaneInitialized");
    let Some(initialized) = initialized.filter(|one| one.status == ConditionStatus::True) else {
        return unknown(
            "InspectionFailed",
            "Waiting for Cluster control plane to be initialized",
        );
    };
    let said = |kind: &str| conditions::find(&machine.status.conditions, kind).is_some();
    let said = said("NodeReady") && said("NodeHealthy");
    if connection.last_success.is_none() && connection.consecutive_failures < ATTEMPTS {
        let message = "Remote connection not established yet";
        return if said {
            Vec::new()
        } else {
            unknown("ConnectionDown", message)
        };
    }
    let probed = connection.last_success.map_or_else(String::new, |time| {
        format!("Last successful probe at {time}")
    });
    let since = connection
        .last_success
        .max(initialized.last_transition_time);
    if since.is_none_or(|since| now.unix() - since.unix() > connection.grace_seconds) {
        return unknown("ConnectionDown", &probed);
    }
    let reference = &machine.status.node_ref.name;
    match node {
        NodeSeen::NotConnected if said => Vec::new(),
        NodeSeen::NotConnected => unknown("ConnectionDown", &probed),
        NodeSeen::Failed => unknown("InternalError", "Please check controller logs for errors"),
        NodeSeen::Found(node) => vec![node_ready(node), node_healthy(node)],
        NodeSeen::Missing if machine.metadata.is_deleting() && reference.is_empty() => {
            unknown("NodeDoesNotExist", "Node does not exist")
        }
        NodeSeen::Missing if machine.metadata.is_deleting() => both(
            ConditionStatus::False,
            "NodeDeleted",
            &format!("Node {reference} has been deleted"),
        ),
        NodeSeen::Missing if !reference.is_empty() => both(
            ConditionStatus::False,
            "NodeDeleted",
            &format!("Node {reference} has been deleted while the Machine still exists"),
        ),
        NodeSeen::Missing if !machine.spec.provider_id.is_empty() => {
            let id = &machine.spec.provider_id;
            let message = format!("Waiting for a Node with spec.providerID {id} to exist");
            unknown("InspectionFailed", &message)
        }
        NodeSeen::Missing => {
            let kind = &machine.spec.infrastructure_ref.kind;
            let message = format!("Waiting for {kind} to report spec.providerID");
            unknown("InspectionFailed", &message)
        }
    }
}

fn node_ready(node: &Node) -> Condition {
    let Some(ready) = node.condition("Ready") else {
        return Condition {
            message: "* Node.Ready: Condition not yet reported".to_owned(),
            ..condition("NodeReady", ConditionStatus::Unknown, "NodeReadyUnknown")
        };
    };
    let reason = match ready.status {
        ConditionStatus::True => "NodeReady",
        ConditionStatus::False => "NodeNotReady",
        _ => "NodeReadyUnknown",
    };
    let bad = ready.status != ConditionStatus::True && !ready.message.is_empty();
    Condition {
        last_transition_time: ready.last_transition_time,
        message: if bad {
            format!("* Node.Ready: {}", ready.message)
        } else {
            String::new()
        },
        ..condition("NodeReady", ready.status.clone(), reason)
    }
}

/// Conditions of a node that count for its health, with the status that is the good one.
const NODE_HEALTH: [(&str, ConditionStatus); 4] = [
    ("Ready", ConditionStatus::True),
    ("MemoryPressure", ConditionStatus::False),
    ("DiskPressure", ConditionStatus::False),
    ("PIDPressure", ConditionStatus::False),
];

fn node_healthy(node: &Node) -> Condition {
    let mut lines = Vec::new();
    let mut texts = Vec::new();
    let (mut bad, mut unknown) = (false, false);
    for (kind, good) in NODE_HEALTH {
        let Some(found) = node.condition(kind) else {
            lines.push(format!("* Node.{kind}: Condition not yet reported"));
            unknown = true;
            continue;
        };
        if found.status == good {
            continue;
        }
        let text = match found.message.as_str() {
            "" => format!("Condition is {}", found.status),
            message => message.to_owned(),
        };
        lines.push(format!("* Node.{kind}: {text}"));
        texts.push(text);
        let not_known = found.status == ConditionStatus::Unknown;
        unknown |= not_known;
        bad |= !not_known;
    }
    if let [first, second @ ..] = &*texts
        && !second.is_empty()
        && second.iter().all(|text| text == first)
    {
        lines = vec![format!("* Node.AllConditions: {first}")];
    }
    let (status, reason) = if bad {
        (ConditionStatus::False, "NodeNotHealthy")
    } else if unknown {
        (ConditionStatus::Unknown, "NodeHealthyUnknown")
    } else {
        (ConditionStatus::True, "NodeHealthy")
    };
    Condition {
        message: lines.join("\n"),
        ..condition("NodeHealthy", status, reason)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn machine(value: Value) -> Machine {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn a_condition_of_a_provider_is_mirrored() {
        let machine = machine(json!({"spec": {"infrastructureRef": {"kind": "DemoMachine"}}}));
        let ready = |object: Value| infrastructure_ready(&machine, External::Found(&object));
        let v1beta1 = json!({"status": {"conditions": [{"type": "Ready", "status": "True"}]}});
        assert_eq!(ready(v1beta1).reason, "Ready");
        let both = json!({"status": {
            "conditions": [{"type": "Ready", "status": "True"}],
            "v1beta2": {"conditions": [{"type": "Ready", "status": "False", "reason": "Slow"}]}}});
        assert_eq!(ready(both).reason, "Slow");
        let none = ready(json!({}));
        assert_eq!(
            none.message,
            "DemoMachine status.initialization.provisioned is false"
        );
        let odd = ready(json!({"status": {"conditions": [{"type": "X", "status": "Maybe"}]}}));
        assert_eq!(odd.reason, "InvalidConditionReported");
    }

    #[test]
    fn what_is_gone_is_told_by_when_it_went() {
        let young = machine(json!({"spec": {"infrastructureRef": {"kind": "K"}}}));
        let found = infrastructure_ready(&young, External::Missing);
        assert_eq!(found.reason, "ObjectDoesNotExist");
        let old =
            machine(json!({"status": {"initialization": {"infrastructureProvisioned": true}}}));
        assert_eq!(
            infrastructure_ready(&old, External::Missing).reason,
            "ObjectDeleted"
        );
        assert_eq!(
            infrastructure_ready(&old, External::Unknown).reason,
            "InternalError"
        );
        assert_eq!(
            bootstrap_config_ready(&old, External::Missing).reason,
            "DataSecretProvided"
        );
    }

    #[test]
    fn a_node_is_seen_once_the_cluster_is_there() {
        let now: Time = "2026-06-01T00:00:00Z".parse().unwrap();
        let machine = machine(json!({"status": {"nodeRef": {"name": "n"}}}));
        let connection = Connection {
            last_success: Some(now),
            grace_seconds: 300,
            ..Connection::default()
        };
        let seen =
            |cluster: &Cluster, node| node_conditions(cluster, &machine, node, connection, now);
        let young = seen(&Cluster::default(), NodeSeen::Missing);
        assert!(young[0].message.contains("infrastructureProvisioned"));
        let cluster: Cluster = serde_json::from_value(json!({"status": {
            "initialization": {"infrastructureProvisioned": true},
            "conditions": [{"type": "ControlPlaneInitialized", "status": "True", "lastTransitionTime": null}]}}))
        .unwrap();
        assert_eq!(seen(&cluster, NodeSeen::Missing)[1].reason, "NodeDeleted");
        let node: Node = serde_json::from_value(json!({"status": {"conditions": [
            {"type": "Ready", "status": "Unknown", "message": "gone"},
            {"type": "MemoryPressure", "status": "Unknown", "message": "gone"},
            {"type": "DiskPressure", "status": "False"}, {"type": "PIDPressure", "status": "False"}]}}))
        .unwrap();
        let healthy = &seen(&cluster, NodeSeen::Found(&node))[1];
        assert_eq!(healthy.reason, "NodeHealthyUnknown");
        assert_eq!(healthy.message, "* Node.AllConditions: gone");
    }
}
