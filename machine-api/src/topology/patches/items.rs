//! The templates that patches may change.

use serde_json::Value;

use super::{Holder, PatchItem, Variables, builtin};
use crate::{
    core::v1beta2::ClusterClassTemplateReference,
    topology::{
        Contract, MachineDeploymentState, MachinePoolState, Observed, State, TopologyError,
        control_plane::machines_path,
        kind::{Part, Workers},
        object,
    },
};

/// Where a template keeps the labels and annotations of the objects that are made of it, and those of itself.
const OF_OBJECT: &[&str] = &["spec", "template", "metadata"];
const OF_TEMPLATE: &[&str] = &["metadata"];

const BOOTSTRAP: &str = "spec.template.spec.bootstrap.configRef";
const INFRASTRUCTURE: &str = "spec.template.spec.infrastructureRef";

/// The templates that there are, with the labels and annotations that their objects have so far.
pub(super) fn of(observed: &Observed<'_>, state: &State) -> Result<Vec<PatchItem>, TopologyError> {
    let mut items = Items {
        observed,
        found: Vec::new(),
    };
    items.cluster(state)?;
    items.workers::<MachineDeploymentState>(state)?;
    items.workers::<MachinePoolState>(state)?;
    Ok(items.found)
}

struct Items<'a> {
    observed: &'a Observed<'a>,
    found: Vec<PatchItem>,
}

impl Items<'_> {
    fn add(
        &mut self,
        reference: &ClusterClassTemplateReference,
        object: Option<&Value>,
        place: &[&str],
        (holder, kind, field): (Holder, &str, &str),
    ) -> Result<(), TopologyError> {
        let template = self.observed.templates.template(reference);
        let mut template = template.ok_or_else(|| TopologyError::NoTemplate {
            kind: reference.kind.clone(),
            name: reference.name.clone(),
        })?;
        if let Some(object) = object {
            copy_metadata(object, &mut template, place)?;
        }
        clean(&mut template);
        self.found.push(PatchItem {
            template,
            variables: Variables::new(),
            holder_kind: kind.to_owned(),
            holder_field: field.to_owned(),
            holder,
        });
        Ok(())
    }

    fn cluster(&mut self, state: &State) -> Result<(), TopologyError> {
        let class = &self.observed.class.spec;
        self.add(
            &class.infrastructure.template_ref,
            state.infrastructure_cluster.as_ref(),
            OF_OBJECT,
            (Holder::Infrastructure, "Cluster", "spec.infrastructureRef"),
        )?;
        let state = state.control_plane.as_ref();
        let object = state.map(|state| &state.object);
        self.add(
            &class.control_plane.template_ref,
            object,
            OF_OBJECT,
            (Holder::ControlPlane, "Cluster", "spec.controlPlaneRef"),
        )?;
        let machines = state.and_then(|state| state.infrastructure_machine_template.as_ref());
        let (Some(machines), Some(object)) = (machines, object) else {
            return Ok(());
        };
        let (version, kind) = (object::api_version(object), object::kind(object));
        let contract = self.observed.contracts.contract(version, kind);
        let path = machines_path(contract.unwrap_or(Contract::V1Beta2)).join(".");
        self.add(
            &class.control_plane.machine_infrastructure.template_ref,
            Some(machines),
            OF_TEMPLATE,
            (Holder::ControlPlaneMachines, kind, &path),
        )
    }

    fn workers<W: Workers>(&mut self, state: &State) -> Result<(), TopologyError> {
        let observed = self.observed;
        let topology = &observed.cluster.spec.topology.workers;
        let place = if W::OF_TEMPLATES {
            OF_TEMPLATE
        } else {
            OF_OBJECT
        };
        for (name, made) in W::all(state) {
            let mut wanted = W::wanted(topology).iter().map(W::asked);
            let Some(wanted) = wanted.find(|wanted| wanted.name == name) else {
                continue;
            };
            let classes = W::classes(&observed.class.spec.workers).iter();
            let mut classes = classes.map(W::offered);
            let Some(class) = classes.find(|class| class.class == wanted.class) else {
                continue;
            };
            for (part, reference, field) in [
                (Part::Bootstrap, class.bootstrap, BOOTSTRAP),
                (Part::Infrastructure, class.infrastructure, INFRASTRUCTURE),
            ] {
                let holder = W::holder(name.clone(), part);
                self.add(reference, made.part(part), place, (holder, W::KIND, field))?;
            }
        }
        Ok(())
    }
}

/// Gives a template the labels and annotations of its object.
fn copy_metadata(
    object: &Value,
    template: &mut Value,
    place: &[&str],
) -> Result<(), TopologyError> {
    for field in ["labels", "annotations"] {
        if let Some(value) = object::get(object, &["metadata", field]) {
            let path: Vec<&str> = place.iter().copied().chain([field]).collect();
            object::set(template, &path, value.clone())?;
        }
    }
    Ok(())
}

/// Takes out what patches have no use for.
fn clean(template: &mut Value) {
    object::remove(template, &["metadata", "managedFields"]);
    let path = ["metadata", "annotations"];
    let mut annotations = object::labels(template, &path);
    annotations.retain(|name, _| !builtin::LEFT_OUT.contains(&name.as_str()));
    object::put_labels(template, &path, &annotations);
}
