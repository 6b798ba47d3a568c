//! What has to change for the objects to be as they should be.

use serde::Serialize;
use serde_json::Value;

use super::{
    Desired, MachineDeploymentState, MachinePoolState, State,
    kind::{Part, Workers, shown},
    object,
};
use crate::core::v1beta2::Cluster;

/// What is to be done with an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub enum Action {
    /// It is made.
    Create,
    /// It is applied, since it is not as it should be.
    Apply,
    /// A template under a new name takes its place, since machines are made anew from it; it is deleted once nothing refers to it.
    Rotate,
    /// It is deleted.
    Delete,
    /// It waits: the tracker of the upgrade says why.
    Wait,
}

/// A change of one object, in the order in which it is made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Change {
    /// The kind of the object.
    pub kind: String,
    /// Its name now, or to be.
    pub name: String,
    /// What is to be done with it.
    pub action: Action,
    /// Where it is not as it should be: paths of fields, separated by dots. Nothing for what is made or deleted.
    pub fields: Vec<String>,
}

impl Desired {
    /// What has to change, in the order in which it is done: infrastructure, control plane, Cluster, workers. Only those fields
    /// count that the desired objects have; others may be somebody else's.
    pub fn changes(&self, cluster: &Cluster, current: &State) -> Vec<Change> {
        let mut changes = Vec::new();
        compare(
            self.state.infrastructure_cluster.as_ref(),
            current.infrastructure_cluster.as_ref(),
            Kind::Object,
            &mut changes,
        );
        let desired = self.state.control_plane.as_ref();
        let present = current.control_plane.as_ref();
        compare(
            desired.and_then(|state| state.infrastructure_machine_template.as_ref()),
            present.and_then(|state| state.infrastructure_machine_template.as_ref()),
            Kind::Template,
            &mut changes,
        );
        compare(
            desired.map(|state| &state.object),
            present.map(|state| &state.object),
            Kind::Object,
            &mut changes,
        );
        let check = |check: Option<&_>| check.map(shown);
        compare(
            check(desired.and_then(|state| state.machine_health_check.as_ref())).as_ref(),
            check(present.and_then(|state| state.machine_health_check.as_ref())).as_ref(),
            Kind::Object,
            &mut changes,
        );
        let mut fields = Vec::new();
        differences(&shown(&self.cluster), &shown(cluster), "", &mut fields);
        if !fields.is_empty() {
            changes.push(Change {
                kind: "Cluster".to_owned(),
                name: cluster.metadata.name.clone(),
                action: Action::Apply,
                fields,
            });
        }
        self.workers::<MachineDeploymentState>(current, &mut changes);
        self.workers::<MachinePoolState>(current, &mut changes);
        changes
    }

    fn workers<W: Workers>(&self, current: &State, changes: &mut Vec<Change>) {
        let (wanted, there) = (W::all(&self.state), W::all(current));
        let parts = if W::OF_TEMPLATES {
            Kind::Template
        } else {
            Kind::Object
        };
        for (topology, desired) in wanted {
            if W::tracker(&self.tracker).pending_create.contains(topology) {
                changes.push(waits(W::KIND, &desired.metadata().name));
                continue;
            }
            let present = there.get(topology);
            for part in Part::ALL {
                let present = present.and_then(|present| present.part(part));
                compare(desired.part(part), present, parts, changes);
            }
            let object = present.map(W::shown);
            compare(
                Some(&desired.shown()),
                object.as_ref(),
                Kind::Object,
                changes,
            );
            let present = present.and_then(W::health_check).map(shown);
            let desired = desired.health_check().map(shown);
            compare(desired.as_ref(), present.as_ref(), Kind::Object, changes);
        }
        for (_, present) in there.iter().filter(|(name, _)| !wanted.contains_key(*name)) {
            changes.push(deletes(W::KIND, &present.metadata().name));
            for part in Part::ALL.into_iter().filter_map(|part| present.part(part)) {
                changes.push(deletes(object::kind(part), object::name(part)));
            }
            if let Some(check) = present.health_check() {
                changes.push(deletes("MachineHealthCheck", &check.metadata.name));
            }
        }
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Object,
    Template,
}

fn waits(kind: &str, name: &str) -> Change {
    Change {
        kind: kind.to_owned(),
        name: name.to_owned(),
        action: Action::Wait,
        fields: Vec::new(),
    }
}

fn deletes(kind: &str, name: &str) -> Change {
    Change {
        action: Action::Delete,
        ..waits(kind, name)
    }
}

fn compare(
    desired: Option<&Value>,
    present: Option<&Value>,
    kind: Kind,
    changes: &mut Vec<Change>,
) {
    let change = |object: &Value, action, fields| Change {
        kind: object::kind(object).to_owned(),
        name: object::name(object).to_owned(),
        action,
        fields,
    };
    match (desired, present) {
        (None, None) => {}
        (None, Some(present)) => changes.push(change(present, Action::Delete, Vec::new())),
        (Some(desired), None) => changes.push(change(desired, Action::Create, Vec::new())),
        (Some(desired), Some(present)) => {
            let mut fields = Vec::new();
            differences(desired, present, "", &mut fields);
            if fields.is_empty() {
                return;
            }
            // A template is never changed in what machines are made from.
            let of_machines = |field: &String| field == "spec" || field.starts_with("spec.");
            let rotates = kind == Kind::Template && fields.iter().any(of_machines);
            let action = if rotates {
                Action::Rotate
            } else {
                Action::Apply
            };
            changes.push(change(desired, action, fields));
        }
    }
}

/// Paths of desired fields that are missing or have other values.
fn differences(desired: &Value, present: &Value, at: &str, fields: &mut Vec<String>) {
    match (desired, present) {
        (Value::Object(desired), Value::Object(present)) => {
            for (name, desired) in desired {
                let at = if at.is_empty() {
                    name.clone()
                } else {
                    format!("{at}.{name}")
                };
                match present.get(name) {
                    Some(present) => differences(desired, present, &at, fields),
                    None if says_nothing(desired) => {}
                    None => fields.push(at),
                }
            }
        }
        (desired, present) if desired == present => {}
        _ => fields.push(at.to_owned()),
    }
}

/// Whether a value is the same as none.
fn says_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Object(fields) => fields.values().all(says_nothing),
        _ => false,
    }
}
