//! What a MachineSet says about itself.
//!
//! Follows `machineset_controller_status.go` of Cluster API.

use componentconfig::core::Time;

use crate::{
    conditions::{
        self, has_status,
        machines::{self, Scale},
    },
    core::v1beta2::{Machine, MachineSet, MachineSetStatus, MachineSpec},
    facts,
    meta::ConditionStatus,
    selector::{Selector, SelectorError},
    versions,
};

/// What was found out about a MachineSet, beside its machines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reported {
    /// The templates that are missing.
    pub missing: MissingTemplates,
    /// Why machines are not made though some are missing: the texts of [preflight checks](super::preflight).
    pub blocked: Vec<String>,
}

/// The templates that machines are made from and that are not there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MissingTemplates {
    /// That of their bootstrap configuration.
    pub bootstrap: bool,
    /// That of their infrastructure.
    pub infrastructure: bool,
}

impl MissingTemplates {
    /// What is missing, by its kind.
    pub(crate) fn text(self, spec: &MachineSpec) -> Option<String> {
        let kinds = [
            (self.bootstrap, &spec.bootstrap.config_ref.kind),
            (self.infrastructure, &spec.infrastructure_ref.kind),
        ];
        let kinds = kinds.iter().filter(|(missing, _)| *missing);
        let kinds: Vec<&str> = kinds.map(|(_, kind)| kind.as_str()).collect();
        match *kinds {
            [] => None,
            [kind] => Some(format!("{kind} does not exist")),
            _ => Some(format!("{} do not exist", kinds.join(" and "))),
        }
    }
}

/// The status of a MachineSet with these machines: counters, versions and conditions.
///
/// ```
/// use machine_api::{conditions, core::v1beta2::MachineSet, machine_set::status::{Reported, status}};
///
/// let set: MachineSet = serde_json::from_str(r#"{"metadata": {"name": "workers"}, "spec": {"replicas": 3}}"#)?;
/// let blocked = vec!["DemoControlPlane default/prod is upgrading".to_owned()];
/// let reported = Reported { blocked, ..Reported::default() };
/// let status = status(&set, &[], &reported, "2026-06-01T00:00:00Z".parse()?)?;
/// assert_eq!(
///     conditions::find(&status.conditions, "ScalingUp").unwrap().message,
///     "Scaling up from 0 to 3 replicas is blocked because:\n* DemoControlPlane default/prod is upgrading",
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// The selector cannot be read.
pub fn status(
    set: &MachineSet,
    machines: &[Machine],
    reported: &Reported,
    now: Time,
) -> Result<MachineSetStatus, SelectorError> {
    let all: Vec<&Machine> = machines.iter().collect();
    let (generation, deleting) = (set.metadata.generation, set.metadata.is_deleting());
    let mut status = set.status.clone();
    status.selector = Selector::new(&set.spec.selector)?.to_string();
    // What is updated in place will say so itself only a moment later.
    let counted: Vec<&Machine> = machines
        .iter()
        .filter(|machine| !facts::is_update_in_progress(machine))
        .collect();
    let count = |kind: &str| {
        let good =
            |one: &&&Machine| has_status(&one.status.conditions, kind, &ConditionStatus::True);
        Some(number(counted.iter().filter(good).count()))
    };
    status.replicas = Some(number(all.len()));
    status.ready_replicas = count("Ready");
    status.available_replicas = count("Available");
    status.up_to_date_replicas = count("UpToDate");
    status.versions = versions::of_machines(&all);
    status.observed_generation = generation;
    let missing = reported.missing.text(&set.spec.template.spec);
    let blocked = reported.blocked.iter().chain(&missing);
    let blocked: Vec<String> = blocked.map(|one| format!("* {one}")).collect();
    let blocked = match &*blocked {
        [] => String::new(),
        lines => format!(" is blocked because:\n{}", lines.join("\n")),
    };
    let missing = missing.filter(|_| !deleting);
    let here = |one: &&Machine| !facts::is_pending_acknowledge_move(one);
    let here = machines.iter().filter(here).count();
    for condition in [
        machines::scaling_up(
            Scale::of(all.len(), set.spec.replicas, deleting),
            &blocked,
            missing.as_deref(),
        ),
        machines::scaling_down(
            Scale::of(here, set.spec.replicas, deleting),
            &machines::slow(&all, now),
        ),
        machines::ready(&all, "MachinesReady"),
        machines::up_to_date(&all, "MachinesUpToDate", now),
        machines::remediating(&all, " by MachineSet"),
        machines::deleting(deleting, &all, None, now),
    ] {
        conditions::set(&mut status.conditions, condition, generation, now);
    }
    Ok(status)
}

fn number(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}
