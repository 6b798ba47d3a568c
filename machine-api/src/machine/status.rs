//! The status of a Machine: whether it is ready, available and up to date, and its phase.

use std::fmt;

use componentconfig::core::Time;

use crate::{
    conditions::{self, Summary},
    core::v1beta2::{
        ConditionPolarity, ContractVersionedObjectReference, Machine, MachineDeployment,
        MachinePhase, MachineSet, MachineStatus, MachineTemplateSpec,
    },
    explain::Why,
    meta::{Condition, ConditionStatus},
};

/// What a Machine belongs to. A condition UpToDate is only written if both are there: whoever else manages machines writes it
/// for them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Owners<'a> {
    /// Its MachineSet.
    pub machine_set: Option<&'a MachineSet>,
    /// The MachineDeployment of that.
    pub machine_deployment: Option<&'a MachineDeployment>,
}

/// The status that follows from what is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Conclusion {
    /// The status.
    pub status: MachineStatus,
    /// After how many seconds the machine becomes available if nothing else happens.
    pub requeue_after_seconds: Option<i64>,
}

impl Conclusion {
    /// Why the machine is available, or is not.
    pub fn explain(&self, machine: &Machine) -> Vec<Why> {
        let find = |kind: &str| conditions::find(&self.status.conditions, kind);
        let why = |reason, evidence: String| {
            vec![Why::new(
                format!("Machine {}", machine.metadata.name),
                reason,
                evidence,
            )]
        };
        let (Some(ready), Some(available)) = (find("Ready"), find("Available")) else {
            return why("NotReported", "nothing is known about it".to_owned());
        };
        if available.status == ConditionStatus::True {
            return why("Available", "it is available".to_owned());
        }
        if let Some(seconds) = self.requeue_after_seconds {
            let evidence = format!("it is ready, and available in {seconds} s if it stays so");
            return why("WaitingForMinReadySeconds", evidence);
        }
        let (reason, which) = if ready.status == ConditionStatus::Unknown {
            ("ReadyUnknown", "it is not known whether it is ready")
        } else {
            ("NotReady", "it is not ready")
        };
        why(reason, format!("{which}:\n{}", ready.message))
    }
}

/// Draws the conclusions from what the machine's status says: the conditions UpToDate, Ready and Available, and the phase.
///
/// ```
/// use machine_api::{core::v1beta2::{Machine, MachinePhase}, machine::status};
///
/// let machine: Machine = serde_json::from_str(r#"{
///     "spec": {"clusterName": "prod", "providerID": "demo://m1", "minReadySeconds": 30},
///     "status": {"conditions": [
///         {"type": "Deleting", "status": "False"}, {"type": "Updating", "status": "False"},
///         {"type": "BootstrapConfigReady", "status": "True"}, {"type": "InfrastructureReady", "status": "True"},
///         {"type": "NodeHealthy", "status": "False", "reason": "NodeNotHealthy", "message": "* Node.Ready: no network"}]}}"#)?;
/// let found = status::conclude(&machine, status::Owners::default(), "2026-06-01T00:00:00Z".parse()?);
/// assert_eq!(found.status.phase, MachinePhase::Provisioned);
/// let why = &found.explain(&machine)[0];
/// assert_eq!((why.reason, &*why.evidence), ("NotReady", "it is not ready:\n* NodeHealthy:\n  * Node.Ready: no network"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn conclude(machine: &Machine, owners: Owners<'_>, now: Time) -> Conclusion {
    let mut status = machine.status.clone();
    let generation = machine.metadata.generation;
    let set = |status: &mut MachineStatus, condition: Condition| {
        conditions::set(&mut status.conditions, condition, generation, now);
    };
    if let (Some(machine_set), Some(deployment)) = (owners.machine_set, owners.machine_deployment) {
        let condition = up_to_date(machine, &status, machine_set, deployment, now);
        set(&mut status, condition);
    }
    let ready = ready(machine, &status, now);
    set(&mut status, ready);
    set_phase(machine, &mut status, now);
    let (available, requeue_after_seconds) = available(machine, &status, now);
    set(&mut status, available);
    Conclusion {
        status,
        requeue_after_seconds,
    }
}

pub(super) fn condition(kind: &str, status: ConditionStatus, reason: &str) -> Condition {
    conditions::told(kind, status, reason, "")
}

/// A way in which a template for machines differs from the one that is wanted, such that machines have to be replaced.
///
/// Displays as conditions say it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Difference {
    /// Another Kubernetes version.
    Version {
        /// The one that is there.
        current: String,
        /// The one that is wanted.
        desired: String,
    },
    /// Another template of bootstrap configurations, of this kind now.
    BootstrapConfig {
        /// The kind of the configurations.
        kind: String,
    },
    /// Other bootstrap data.
    DataSecret {
        /// The secret that is there.
        current: Option<String>,
        /// The one that is wanted.
        desired: Option<String>,
    },
    /// Another template of infrastructure machines, of this kind now.
    Infrastructure {
        /// The kind of the machines.
        kind: String,
    },
    /// Another failure domain.
    FailureDomain {
        /// The one that is there.
        current: String,
        /// The one that is wanted.
        desired: String,
    },
    /// It is older than the point in time after which everything is made anew.
    RolloutAfter,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Version { current, desired } => {
                write!(f, "Version {current}, {desired} required")
            }
            Self::BootstrapConfig { kind } | Self::Infrastructure { kind } => {
                write!(f, "{kind} is not up-to-date")
            }
            Self::DataSecret { current, desired } => write!(
                f,
                "spec.bootstrap.dataSecretName {}, {} required",
                current.as_deref().unwrap_or("nil"),
                desired.as_deref().unwrap_or("nil")
            ),
            Self::FailureDomain { current, desired } => {
                write!(f, "Failure domain {current}, {desired} required")
            }
            Self::RolloutAfter => f.write_str("MachineDeployment spec.rolloutAfter expired"),
        }
    }
}

/// In what a template for machines differs from the one that is wanted. What can be changed without replacing machines is not
/// looked at.
pub fn differences(
    current: &MachineTemplateSpec,
    desired: &MachineTemplateSpec,
) -> Vec<Difference> {
    let (current, desired) = (&current.spec, &desired.spec);
    let machine_kind = |kind: &str| kind.strip_suffix("Template").unwrap_or(kind).to_owned();
    let mut found = Vec::new();
    if current.version != desired.version {
        found.push(Difference::Version {
            current: current.version.clone(),
            desired: desired.version.clone(),
        });
    }
    if current.bootstrap != desired.bootstrap {
        let kind = &current.bootstrap.config_ref.kind;
        let by_reference =
            current.bootstrap.config_ref != ContractVersionedObjectReference::default();
        found.push(if by_reference {
            Difference::BootstrapConfig {
                kind: machine_kind(kind),
            }
        } else {
            Difference::DataSecret {
                current: current.bootstrap.data_secret_name.clone(),
                desired: desired.bootstrap.data_secret_name.clone(),
            }
        });
    }
    if current.infrastructure_ref != desired.infrastructure_ref {
        found.push(Difference::Infrastructure {
            kind: machine_kind(&current.infrastructure_ref.kind),
        });
    }
    if current.failure_domain != desired.failure_domain {
        found.push(Difference::FailureDomain {
            current: current.failure_domain.clone(),
            desired: desired.failure_domain.clone(),
        });
    }
    found
}

fn up_to_date(
    machine: &Machine,
    status: &MachineStatus,
    machine_set: &MachineSet,
    deployment: &MachineDeployment,
    now: Time,
) -> Condition {
    let mut differences = differences(&machine_set.spec.template, &deployment.spec.template);
    if let Some(after) = deployment.spec.rollout.after {
        let created = machine_set.metadata.creation_timestamp;
        if after < now && created.is_none_or(|created| created < after) {
            differences.push(Difference::RolloutAfter);
        }
    }
    let not = |reason: &str, message: String| Condition {
        message,
        ..condition("UpToDate", ConditionStatus::False, reason)
    };
    if !differences.is_empty() {
        let lines: Vec<String> = differences.iter().map(|one| format!("* {one}")).collect();
        return not("NotUpToDate", lines.join("\n"));
    }
    let updating = conditions::find(&status.conditions, "Updating");
    if let Some(updating) = updating.filter(|one| one.status == ConditionStatus::True) {
        let message = match updating.message.as_str() {
            "" => "In-place update in progress",
            message => message,
        };
        return not("Updating", format!("* {message}"));
    }
    let kubelet = status.node_info.as_ref().map(|info| &info.kubelet_version);
    let wanted = &machine.spec.version;
    if let Some(kubelet) = kubelet.filter(|version| !version.is_empty() && *version != wanted) {
        let message = format!("* Node.status.nodeInfo.kubeletVersion {kubelet}, {wanted} required");
        return not("Updating", message);
    }
    condition("UpToDate", ConditionStatus::True, "UpToDate")
}

/// Conditions that a machine has to have to be ready, apart from its readiness gates; their order is that of the message.
const GATES: [&str; 6] = [
    "Deleting",
    "Updating",
    "BootstrapConfigReady",
    "InfrastructureReady",
    "NodeHealthy",
    "HealthCheckSucceeded",
];

/// What is in order while a machine is being deleted: that what belongs to it is gone.
const GONE: [(&str, &str); 6] = [
    ("BootstrapConfigReady", "ObjectDeleted"),
    ("BootstrapConfigReady", "ObjectDoesNotExist"),
    ("InfrastructureReady", "ObjectDeleted"),
    ("InfrastructureReady", "ObjectDoesNotExist"),
    ("NodeHealthy", "NodeDeleted"),
    ("NodeHealthy", "NodeDoesNotExist"),
];

fn ready(machine: &Machine, status: &MachineStatus, now: Time) -> Condition {
    let gates = &machine.spec.readiness_gates;
    let types = gates.iter().map(|gate| gate.condition_type.as_str());
    let types: Vec<&str> = GATES.into_iter().chain(types).collect();
    let negative = gates
        .iter()
        .filter(|gate| gate.polarity == ConditionPolarity::Negative)
        .map(|gate| gate.condition_type.as_str());
    let negative: Vec<&str> = ["Deleting", "Updating"]
        .into_iter()
        .chain(negative)
        .collect();
    let mut found = status.conditions.clone();
    let mut summary = Summary::of(&types)
        .negative(&negative)
        .optional(&["HealthCheckSucceeded"])
        .rewrite(control_plane_components);
    if machine.metadata.is_deleting() {
        let deleting = deleting_in_short(machine, status, now);
        conditions::remove(&mut found, "Deleting");
        found.push(deleting);
        summary = summary.harmless(|condition| {
            GONE.contains(&(condition.r#type.as_str(), condition.reason.as_str()))
        });
    }
    let mut ready = match summary.compute("Ready", &found) {
        Ok(ready) => ready,
        Err(error) => Condition {
            message: error.to_string(),
            ..condition("Ready", ConditionStatus::Unknown, "InternalError")
        },
    };
    ready.reason = match ready.reason.as_str() {
        "IssuesReported" => "NotReady",
        "UnknownReported" => "ReadyUnknown",
        "InfoReported" => "Ready",
        other => other,
    }
    .to_owned();
    ready
}

/// One line for all components of a control plane that say the same.
fn control_plane_components(lines: Vec<String>) -> Vec<String> {
    let component = |line: &str| -> Option<String> {
        let (name, message) = line.split_once(':')?;
        let prefixes = ["* APIServer", "* ControllerManager", "* Scheduler"];
        let is_one = prefixes.iter().any(|prefix| name.starts_with(prefix));
        (is_one || name == "* EtcdPodHealthy").then(|| message.to_owned())
    };
    let messages: Vec<String> = lines.iter().filter_map(|line| component(line)).collect();
    let Some(first) = messages.first() else {
        return lines;
    };
    if messages.len() < 2 || messages.iter().any(|message| message != first) {
        return lines;
    }
    let mut first = Some(format!("* Control plane components:{first}"));
    let mut rewritten = Vec::new();
    for line in lines {
        if component(&line).is_none() {
            rewritten.push(line);
        } else if let Some(line) = first.take() {
            rewritten.push(line);
        }
    }
    rewritten
}

const SHORT: i64 = 15 * 60;
const SHORT_DRAIN: i64 = 5 * 60;

/// What holds up a draining, by what the message of the condition Deleting says.
const DELAYS: [(&str, &str); 4] = [
    (
        "cannot evict pod as it would violate the pod's disruption budget.",
        "PodDisruptionBudgets",
    ),
    (
        "deletionTimestamp set, but still not removed from the Node",
        "Pods not terminating",
    ),
    ("failed to evict Pod", "Pod eviction errors"),
    ("waiting for completion", "Pods not completed yet"),
];

/// The condition Deleting without its details, so that conditions of many machines can be told in one line.
fn deleting_in_short(machine: &Machine, status: &MachineStatus, now: Time) -> Condition {
    let since = |time: Option<Time>| time.map_or(0, |time| now.unix() - time.unix());
    let mut message = "Machine deletion in progress".to_owned();
    if let Some(deleting) = conditions::find(&status.conditions, "Deleting") {
        let long = since(machine.metadata.deletion_timestamp) > SHORT;
        if long {
            message.push_str(" since more than 15m");
        }
        message.push_str(", stage: ");
        message.push_str(&deleting.reason);
        let drained_since = status
            .deletion
            .as_ref()
            .and_then(|one| one.node_drain_start_time);
        if long && deleting.reason == "DrainingNode" && since(drained_since) > SHORT_DRAIN {
            let delays = DELAYS
                .iter()
                .filter(|(text, _)| deleting.message.contains(text));
            let delays: Vec<&str> = delays.map(|(_, delay)| *delay).collect();
            if !delays.is_empty() {
                message.push_str(", delay likely due to ");
                message.push_str(&delays.join(", "));
            }
        }
    }
    Condition {
        message,
        ..condition("Deleting", ConditionStatus::True, "Deleting")
    }
}

fn available(machine: &Machine, status: &MachineStatus, now: Time) -> (Condition, Option<i64>) {
    let ready = conditions::find(&status.conditions, "Ready");
    let not = |reason: &str| condition("Available", ConditionStatus::False, reason);
    let Some(ready) = ready.filter(|ready| ready.status == ConditionStatus::True) else {
        return (not("NotReady"), None);
    };
    let since = ready.last_transition_time.map_or(0, Time::unix);
    let required = i64::from(machine.spec.min_ready_seconds.unwrap_or_default());
    let missing = required - (now.unix() - since);
    if missing > 0 {
        return (not("WaitingForMinReadySeconds"), Some(missing));
    }
    let available = condition("Available", ConditionStatus::True, "Available");
    (available, None)
}

fn set_phase(machine: &Machine, status: &mut MachineStatus, now: Time) {
    let before = status.phase.clone();
    let provisioned = status.initialization.infrastructure_provisioned == Some(true);
    let bootstrapped = status.initialization.bootstrap_data_secret_created == Some(true);
    let mut phase = before.clone();
    if phase.is_unset() {
        phase = MachinePhase::Pending;
    }
    if bootstrapped && !provisioned {
        phase = MachinePhase::Provisioning;
    }
    if !machine.spec.provider_id.is_empty() {
        phase = MachinePhase::Provisioned;
    }
    if !status.node_ref.name.is_empty() && provisioned {
        phase = MachinePhase::Running;
    }
    if conditions::has_status(&status.conditions, "Updating", &ConditionStatus::True) {
        phase = MachinePhase::Updating;
    }
    if machine.metadata.is_deleting() {
        phase = MachinePhase::Deleting;
    }
    if phase != before {
        status.last_updated = Some(now);
    }
    status.phase = phase;
}
