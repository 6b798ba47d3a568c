//! From machines and nodes to conditions, requests and the status of a MachineHealthCheck.

use std::collections::BTreeSet;

use componentconfig::{Kind, core::Time};
use serde_json::Value;

use super::{
    limit::{Allowance, Limit, LimitError},
    verdict::{NodeOf, Verdict},
};
use crate::{
    Compat,
    cloning::{FromTemplate, without_suffix},
    conditions::{self, has_status},
    core::v1beta2::{Cluster, Machine, MachineHealthCheck, MachineHealthCheckStatus},
    explain::Why,
    facts, labels,
    machine::Node,
    meta::{Condition, ConditionStatus},
    propagation::owner_reference,
    selector::{Selector, SelectorError},
};

/// What is looked at.
#[derive(Clone, Copy, Debug)]
pub struct Observed<'a> {
    cluster: &'a Cluster,
    machine_health_check: &'a MachineHealthCheck,
    machines: &'a [Machine],
    nodes: Option<&'a [Node]>,
    template: Option<&'a Value>,
    requests: &'a [Request<'a>],
    now: Time,
    compat: Compat,
}

/// A request to an external remediation that exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request<'a> {
    /// Its name, which is that of the machine.
    pub machine: &'a str,
    /// Whether it is being deleted.
    pub deleting: bool,
}

/// What a MachineHealthCheck finds and does.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct HealthPlan<'a> {
    /// The MachineHealthCheck.
    pub machine_health_check: &'a MachineHealthCheck,
    /// The machines that it selects, by name, with what it says about them.
    pub verdicts: Vec<(&'a Machine, Verdict)>,
    /// Whether anything is done about unhealthy machines. An error is a limit that cannot be read: then nothing is written.
    pub allowance: Result<Allowance, LimitError>,
    /// What is written, in order.
    pub actions: Vec<Action<'a>>,
    /// When to look again, in seconds.
    pub next_check_seconds: Option<i64>,
}

/// What is written.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Action<'a> {
    /// A machine gets a condition.
    SetCondition {
        /// The machine.
        machine: &'a Machine,
        /// The condition.
        condition: Condition,
    },
    /// An external remediation is asked to do something about a machine.
    CreateRequest {
        /// The machine.
        machine: &'a Machine,
        /// The request.
        request: Value,
    },
    /// A machine is healthy again, and its request goes.
    DeleteRequest {
        /// The machine.
        machine: &'a Machine,
    },
}

impl<'a> Observed<'a> {
    /// A MachineHealthCheck with the machines of its namespace, selected or not.
    ///
    /// `nodes` are those of the cluster; `None` if it cannot be asked, as before its control plane is initialized.
    pub const fn new(
        cluster: &'a Cluster,
        machine_health_check: &'a MachineHealthCheck,
        machines: &'a [Machine],
        nodes: Option<&'a [Node]>,
        now: Time,
    ) -> Self {
        Self {
            cluster,
            machine_health_check,
            machines,
            nodes,
            template: None,
            requests: &[],
            now,
            compat: Compat::Fixed,
        }
    }

    /// With the template of requests to an external remediation, and the requests there are.
    #[must_use]
    pub const fn external(
        mut self,
        template: Option<&'a Value>,
        requests: &'a [Request<'a>],
    ) -> Self {
        self.template = template;
        self.requests = requests;
        self
    }

    /// With Cluster API's answer where that is wrong: the number of remediations that are allowed can be below zero, and one
    /// request to an external remediation that exists keeps others from being made.
    #[must_use]
    pub const fn compat(mut self, compat: Compat) -> Self {
        self.compat = compat;
        self
    }

    /// Decides.
    ///
    /// # Errors
    /// The selector is malformed.
    pub fn plan(&self) -> Result<HealthPlan<'a>, SelectorError> {
        let check = self.machine_health_check;
        let mut verdicts: Vec<(&Machine, Verdict)> = self
            .selected()?
            .map(|machine| {
                let node = self.node(machine);
                let checks = &check.spec.checks;
                let verdict = Verdict::of(self.cluster, machine, node, checks, self.now);
                (machine, verdict)
            })
            .collect();
        verdicts.sort_by(|(a, _), (b, _)| a.metadata.name.cmp(&b.metadata.name));
        let mut plan = HealthPlan {
            machine_health_check: check,
            allowance: self.allowance(&verdicts),
            actions: Vec::new(),
            next_check_seconds: None,
            verdicts,
        };
        if let Ok(allowance) = &plan.allowance {
            let (allowed, mut actions) = (allowance.allowed, Vec::new());
            for (machine, verdict) in &plan.verdicts {
                let set = |condition| Action::SetCondition { machine, condition };
                actions.extend(verdict.condition().map(set));
            }
            if allowed {
                self.remediate(&plan.verdicts, &mut actions);
                self.forget(&plan.verdicts, &mut actions);
                plan.next_check_seconds = plan.next_checks().min();
            }
            plan.actions = actions;
        }
        Ok(plan)
    }

    fn selected(&self) -> Result<impl Iterator<Item = &'a Machine> + use<'a>, SelectorError> {
        let check = self.machine_health_check;
        let mut selector = check.spec.selector.clone();
        let cluster = check.spec.cluster_name.clone();
        selector
            .match_labels
            .insert(labels::CLUSTER_NAME.to_owned(), cluster);
        let selector = Selector::new(&selector)?;
        Ok(self.machines.iter().filter(move |machine| {
            machine.metadata.namespace == check.metadata.namespace
                && selector.matches(&machine.metadata.labels)
        }))
    }

    fn node(&self, machine: &Machine) -> NodeOf<'a> {
        let name = machine.status.node_ref.name.as_str();
        match self.nodes {
            Some(nodes) if !name.is_empty() => {
                let mut nodes = nodes.iter();
                let node = nodes.find(|node| node.metadata.name == name);
                node.map_or(NodeOf::Gone, NodeOf::There)
            }
            _ => NodeOf::None,
        }
    }

    fn allowance(&self, verdicts: &[(&Machine, Verdict)]) -> Result<Allowance, LimitError> {
        let looked_at = || {
            let verdicts = verdicts.iter().map(|(_, verdict)| verdict);
            verdicts.filter(|verdict| !matches!(verdict, Verdict::Skipped(_)))
        };
        let healthy = looked_at()
            .filter(|verdict| **verdict == Verdict::Healthy)
            .count();
        let limit = Limit::new(&self.machine_health_check.spec.remediation.trigger_if)?;
        limit.apply(looked_at().count(), healthy, self.compat)
    }

    /// Asks the owners of unhealthy machines, or an external remediation, to do something about them.
    fn remediate(&self, verdicts: &[(&'a Machine, Verdict)], actions: &mut Vec<Action<'a>>) {
        let external = self.is_external();
        for (machine, verdict) in verdicts {
            match verdict {
                Verdict::Unhealthy(_) if facts::is_paused(self.cluster, &machine.metadata) => {}
                Verdict::Unhealthy(_) if external => self.request(machine, actions),
                Verdict::Unhealthy(_) if may_ask_owner(machine) => {
                    actions.push(Action::SetCondition {
                        machine,
                        condition: owner_remediated(),
                    });
                }
                _ => {}
            }
        }
        if external {
            let healthy = verdicts
                .iter()
                .filter(|(_, verdict)| *verdict == Verdict::Healthy);
            let over = healthy.map(|(machine, _)| *machine).filter(|machine| {
                self.request_of(machine)
                    .is_some_and(|request| !request.deleting)
            });
            actions.extend(over.map(|machine| Action::DeleteRequest { machine }));
        }
    }

    fn request_of(&self, machine: &Machine) -> Option<&Request<'a>> {
        let mut requests = self.requests.iter();
        requests.find(|request| request.machine == machine.metadata.name)
    }

    /// What Cluster API forgets: from the first unhealthy machine that has a request already, or that none can be made for, it
    /// writes nothing into unhealthy machines.
    fn forget(&self, verdicts: &[(&'a Machine, Verdict)], actions: &mut Vec<Action<'a>>) {
        if self.compat == Compat::Fixed || !self.is_external() {
            return;
        }
        let unhealthy = verdicts.iter();
        let forgotten: BTreeSet<&str> = unhealthy
            .filter(|(_, verdict)| matches!(verdict, Verdict::Unhealthy(_)))
            .map(|(machine, _)| *machine)
            .skip_while(|machine| self.request_of(machine).is_none() && self.template.is_some())
            .map(|machine| machine.metadata.name.as_str())
            .collect();
        actions.retain(|action| !forgotten.contains(action.machine().metadata.name.as_str()));
    }

    /// Whether something else than the owners of machines remediates.
    fn is_external(&self) -> bool {
        let remediation = &self.machine_health_check.spec.remediation;
        !remediation.template_ref.name.is_empty()
    }

    /// Asks an external remediation, once.
    fn request(&self, machine: &'a Machine, actions: &mut Vec<Action<'a>>) {
        if self.request_of(machine).is_some() {
            return;
        }
        let waiting = |reason: &str, message: String| Action::SetCondition {
            machine,
            condition: Condition {
                r#type: "ExternallyRemediated".to_owned(),
                status: ConditionStatus::False,
                reason: reason.to_owned(),
                message,
                ..Condition::default()
            },
        };
        let reference = &self.machine_health_check.spec.remediation.template_ref;
        let namespace = &self.machine_health_check.metadata.namespace;
        let Some(template) = self.template else {
            let text = format!(
                "Error retrieving remediation template {} {namespace}/{}",
                reference.kind, reference.name
            );
            actions.push(waiting("RemediationTemplateNotFound", text));
            return;
        };
        let owner = owner_reference(machine);
        let meta = &machine.metadata;
        let request = FromTemplate::new(&meta.namespace, &meta.name, &machine.spec.cluster_name)
            .owner(&owner)
            .of(template);
        actions.push(Action::CreateRequest { machine, request });
        actions.push(waiting("WaitingForRemediation", String::new()));
    }
}

impl<'a> Action<'a> {
    /// The machine that it is about.
    pub const fn machine(&self) -> &'a Machine {
        match self {
            Self::SetCondition { machine, .. }
            | Self::CreateRequest { machine, .. }
            | Self::DeleteRequest { machine } => machine,
        }
    }
}

/// An owner is asked once; while it is busy it is left alone, and it is not asked about a machine that goes anyway.
fn may_ask_owner(machine: &Machine) -> bool {
    let conditions = &machine.status.conditions;
    let done = has_status(conditions, "OwnerRemediated", &ConditionStatus::True);
    let asked = conditions::find(conditions, "OwnerRemediated").is_some();
    !machine.metadata.is_deleting() && (!asked || done)
}

fn owner_remediated() -> Condition {
    Condition {
        r#type: "OwnerRemediated".to_owned(),
        status: ConditionStatus::False,
        reason: "WaitingForRemediation".to_owned(),
        message: "Waiting for remediation".to_owned(),
        ..Condition::default()
    }
}

impl HealthPlan<'_> {
    /// When something may become wrong with one of the machines, in seconds from now.
    pub fn next_checks(&self) -> impl Iterator<Item = i64> {
        self.verdicts
            .iter()
            .filter_map(|(_, verdict)| match verdict {
                Verdict::Pending { next_check_seconds } => Some(*next_check_seconds),
                _ => None,
            })
    }

    /// The kind of the requests to an external remediation: that of their template without `Template`. `None` if owners
    /// remediate.
    pub fn request_kind(&self) -> Option<(&str, &str)> {
        let reference = &self.machine_health_check.spec.remediation.template_ref;
        let kind = without_suffix(&reference.kind);
        (!reference.name.is_empty()).then_some((reference.api_version.as_str(), kind))
    }

    /// The status of the MachineHealthCheck: `None` if its limit cannot be read.
    pub fn status(&self, now: Time) -> Option<MachineHealthCheckStatus> {
        let allowance = self.allowance.as_ref().ok()?;
        let count = |number: usize| Some(i32::try_from(number).unwrap_or(i32::MAX));
        let check = self.machine_health_check;
        let looked_at = self.verdicts.iter();
        let looked_at = looked_at.filter(|(_, verdict)| !matches!(verdict, Verdict::Skipped(_)));
        let mut status = MachineHealthCheckStatus {
            expected_machines: count(allowance.expected),
            current_healthy: count(allowance.healthy),
            remediations_allowed: if allowance.allowed {
                Some(i32::try_from(allowance.remaining).unwrap_or(i32::MAX))
            } else {
                Some(0)
            },
            targets: looked_at
                .map(|(machine, _)| machine.metadata.name.clone())
                .collect(),
            observed_generation: check.metadata.generation,
            ..check.status.clone()
        };
        let condition = self.remediation_allowed(allowance);
        let generation = check.metadata.generation;
        conditions::set(&mut status.conditions, condition, generation, now);
        Some(status)
    }

    fn remediation_allowed(&self, allowance: &Allowance) -> Condition {
        let (status, reason, message) = if allowance.allowed {
            (ConditionStatus::True, "RemediationAllowed", String::new())
        } else {
            (
                ConditionStatus::False,
                "TooManyUnhealthy",
                self.refusal(allowance),
            )
        };
        Condition {
            r#type: "RemediationAllowed".to_owned(),
            status,
            reason: reason.to_owned(),
            message,
            ..Condition::default()
        }
    }

    fn refusal(&self, allowance: &Allowance) -> String {
        let unhealthy = self.verdicts.iter();
        let unhealthy = unhealthy
            .filter(|(_, verdict)| matches!(verdict, Verdict::Unhealthy(_)))
            .count();
        let (problem, name) = match allowance.limit {
            Limit::AtMost(_) => ("exceeds maxUnhealthy", "maxUnhealthy"),
            Limit::InRange { .. } => ("does not fall within the range", "unhealthyRange"),
        };
        format!(
            "Remediation is not allowed, the number of not started or unhealthy machines {problem} (total: {}, unhealthy: {unhealthy}, {name}: {})",
            allowance.expected, allowance.limit
        )
    }

    /// Why machines are remediated, or are not.
    pub fn explain(&self) -> Vec<Why> {
        let subject = format!(
            "{} {}",
            MachineHealthCheck::GVK.kind(),
            self.machine_health_check.metadata.name
        );
        let own = match &self.allowance {
            Err(error) => Why::new(subject, "InvalidLimit", error.to_string())
                .remedy("set a limit that can be read"),
            Ok(allowance) if !allowance.allowed => {
                Why::new(subject, "TooManyUnhealthy", self.refusal(allowance))
                    .remedy("mend machines, or widen spec.remediation.triggerIf")
            }
            Ok(_) if self.verdicts.is_empty() => {
                Why::new(subject, "NoMachines", "its selector matches no machines")
                    .remedy("check spec.selector and the label cluster.x-k8s.io/cluster-name")
            }
            Ok(allowance) => Why::new(
                subject,
                "RemediationAllowed",
                format!(
                    "{} of {} machines are not healthy, and {} more may be",
                    allowance.unhealthy(),
                    allowance.expected,
                    allowance.remaining
                ),
            ),
        };
        let machines = self.verdicts.iter();
        let machines = machines.filter_map(|(machine, verdict)| verdict.explain(machine));
        std::iter::once(own).chain(machines).collect()
    }
}
