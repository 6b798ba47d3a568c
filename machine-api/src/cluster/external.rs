//! Conditions about what a Cluster refers to: its infrastructure, its control plane, and the cluster itself.

use super::{Observed, is_set};
use crate::{
    Compat,
    conditions::{self, Mirror, has_status, told},
    contract::{ControlPlane, Untyped},
    core::v1beta2::ContractVersionedObjectReference,
    machine::observed::External,
    meta::{Condition, ConditionStatus},
};

const WAITS_FOR_TOPOLOGY: &str = "Waiting for cluster topology to be reconciled";
const WAITS_FOR_NODE: &str =
    "Waiting for the first control plane machine to have status.nodeRef set";
const SEE_LOGS: &str = "Please check controller logs for errors";

/// As often a connection is tried before its absence means anything.
const ATTEMPTS: u32 = 5;

impl Observed<'_> {
    /// `RemoteConnectionProbe`; none if what it says now stays.
    pub(super) fn remote_connection_probe(&self) -> Option<Condition> {
        const TYPE: &str = "RemoteConnectionProbe";
        let failed = |message: &str| {
            let reason = "ProbeFailed";
            Some(told(TYPE, ConditionStatus::False, reason, message))
        };
        let connection = self.connection;
        let Some(last) = connection.last_success else {
            if connection.consecutive_failures >= ATTEMPTS {
                return failed("Remote connection probe failed");
            }
            let known = conditions::find(&self.cluster.status.conditions, TYPE);
            return match known {
                Some(_) => None,
                None => failed("Remote connection not established yet"),
            };
        };
        if self.now.unix() - last.unix() > connection.grace_seconds {
            let message = format!("Remote connection probe failed, probe last succeeded at {last}");
            return failed(&message);
        }
        Some(told(TYPE, ConditionStatus::True, "ProbeSucceeded", ""))
    }

    pub(super) fn infrastructure_ready(&self) -> Condition {
        const TYPE: &str = "InfrastructureReady";
        let reference = &self.cluster.spec.infrastructure_ref;
        let initialization = &self.cluster.status.initialization;
        let provisioned = initialization.infrastructure_provisioned == Some(true);
        if let External::Found(object) = self.infrastructure {
            let field = "status.initialization.provisioned";
            let why_not = format!("{} {field} is false", reference.kind);
            return Mirror::ready(TYPE).or(provisioned, &why_not).of(object);
        }
        if self.stands_alone(reference) {
            return told(TYPE, ConditionStatus::True, "Ready", "");
        }
        self.absent(TYPE, reference, self.infrastructure, provisioned)
    }

    pub(super) fn control_plane_available(&self) -> Condition {
        const TYPE: &str = "ControlPlaneAvailable";
        let reference = &self.cluster.spec.control_plane_ref;
        let initialization = &self.cluster.status.initialization;
        let initialized = initialization.control_plane_initialized == Some(true);
        if let External::Found(object) = self.control_plane {
            let field = "status.initialization.controlPlaneInitialized";
            let why_not = format!("{} {field} is false", reference.kind);
            return Mirror::available(TYPE).or(initialized, &why_not).of(object);
        }
        if self.stands_alone(reference) {
            return if self.has_control_plane_node() {
                told(TYPE, ConditionStatus::True, "Available", "")
            } else {
                told(TYPE, ConditionStatus::False, "NotAvailable", WAITS_FOR_NODE)
            };
        }
        self.absent(TYPE, reference, self.control_plane, initialized)
    }

    /// Whether there need not be an object. Upstream takes it for an error that none was found.
    fn stands_alone(&self, reference: &ContractVersionedObjectReference) -> bool {
        !is_set(reference) && !self.has_topology() && self.compat == Compat::Fixed
    }

    fn has_control_plane_node(&self) -> bool {
        let machines = self.control_plane_machines();
        let mut nodes = machines.iter().map(|one| &one.status.node_ref.name);
        nodes.any(|name| !name.is_empty())
    }

    /// Of an object that is not there, though it may have been.
    fn absent(
        &self,
        kind: &str,
        reference: &ContractVersionedObjectReference,
        object: External<'_>,
        was_there: bool,
    ) -> Condition {
        let no = |reason: &str, message: &str| told(kind, ConditionStatus::False, reason, message);
        let deleting = self.cluster.metadata.is_deleting();
        let refers_to = &reference.kind;
        if !is_set(reference) && self.has_topology() {
            let message = if deleting { "" } else { WAITS_FOR_TOPOLOGY };
            return no("ObjectDoesNotExist", message);
        }
        if matches!(object, External::Unknown) || !is_set(reference) {
            return told(kind, ConditionStatus::Unknown, "InternalError", SEE_LOGS);
        }
        match (was_there, deleting) {
            (false, _) => no("ObjectDoesNotExist", &format!("{refers_to} does not exist")),
            (true, true) => no("ObjectDeleted", &format!("{refers_to} has been deleted")),
            (true, false) => no(
                "ObjectDeleted",
                &format!("{refers_to} has been deleted while the cluster still exists"),
            ),
        }
    }

    /// `ControlPlaneInitialized`; none if it is so already, which does not change any more.
    pub(super) fn control_plane_initialized(&self) -> Option<Condition> {
        const TYPE: &str = "ControlPlaneInitialized";
        if has_status(
            &self.cluster.status.conditions,
            TYPE,
            &ConditionStatus::True,
        ) {
            return None;
        }
        let unknown = |reason: &str, message: &str| {
            let status = ConditionStatus::Unknown;
            Some(told(TYPE, status, reason, message))
        };
        let reference = &self.cluster.spec.control_plane_ref;
        let (initialized, why_not) = if is_set(reference) {
            match self.control_plane {
                External::Unknown => return unknown("InternalError", SEE_LOGS),
                External::Missing => {
                    let message = format!("{} does not exist", reference.kind);
                    return unknown("ObjectDoesNotExist", &message);
                }
                External::Found(object) => (
                    Untyped::new(object, self.contract)
                        .control_plane_facts()
                        .initialized,
                    "Control plane not yet initialized",
                ),
            }
        } else if self.has_topology() {
            let deleting = self.cluster.metadata.is_deleting();
            let message = if deleting { "" } else { WAITS_FOR_TOPOLOGY };
            return unknown("ObjectDoesNotExist", message);
        } else {
            (self.has_control_plane_node(), WAITS_FOR_NODE)
        };
        Some(if initialized {
            told(TYPE, ConditionStatus::True, "Initialized", "")
        } else {
            told(TYPE, ConditionStatus::False, "NotInitialized", why_not)
        })
    }
}
