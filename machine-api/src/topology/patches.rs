//! The patches of a ClusterClass.
//!
//! Follows `core/reconcilers/topology/cluster/patches`. Each patch sees what those before it left of the templates. What comes out
//! is copied into the objects, apart from the fields that the topology itself sets.

mod builtin;
mod inline;
mod items;
mod path;

use std::collections::BTreeMap;

use apply_semantics::patch::Patch;
use serde_json::Value;

use super::{
    MachineDeploymentState, MachinePoolState, Observed, State, TopologyError,
    kind::{Part, Workers},
    object::{self, get},
};
use crate::{
    core::v1beta2::{Cluster, ClusterClassPatch},
    labels,
};

/// Variables by their names; `builtin` is what Cluster API says about the objects.
pub type Variables = BTreeMap<String, Value>;

/// Which object a template belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Holder {
    Infrastructure,
    ControlPlane,
    ControlPlaneMachines,
    MachineDeployment(String, Part),
    MachinePool(String, Part),
}

/// A template that patches may change, with the variables that are about it.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct PatchItem {
    /// The template.
    pub template: Value,
    /// Variables that replace those of the Cluster or add to them.
    pub variables: Variables,
    /// The kind of the object that refers to what is made of the template.
    pub holder_kind: String,
    /// The field by which it does.
    pub holder_field: String,
    holder: Holder,
}

/// Extensions that make patches. `()` has none, and refuses.
pub trait ExternalPatches {
    /// The changes of the templates, by their places in `items`.
    ///
    /// # Errors
    /// What is wrong, in words.
    fn generate(
        &self,
        patch: &ClusterClassPatch,
        variables: &Variables,
        items: &[PatchItem],
    ) -> Result<Vec<(usize, Patch)>, String>;

    /// Whether the patched templates are valid.
    ///
    /// # Errors
    /// What is wrong, in words.
    fn validate(
        &self,
        _patch: &ClusterClassPatch,
        _variables: &Variables,
        _items: &[PatchItem],
    ) -> Result<(), String> {
        Ok(())
    }
}

impl ExternalPatches for () {
    fn generate(
        &self,
        _: &ClusterClassPatch,
        _: &Variables,
        _: &[PatchItem],
    ) -> Result<Vec<(usize, Patch)>, String> {
        Err("it is made by an extension, and there are none".to_owned())
    }
}

/// Applies the patches of the class to the objects.
pub(super) fn apply(
    observed: &Observed<'_>,
    cluster: &Cluster,
    state: &mut State,
) -> Result<(), TopologyError> {
    let patches = &observed.class.spec.patches;
    if patches.is_empty() {
        return Ok(());
    }
    let mut items = items::of(observed, state)?;
    let mut variables = Variables::new();
    for patch in patches {
        let from = match &patch.external {
            None => "inline",
            Some(_) => patch.name.as_str(),
        };
        variables = builtin::of_cluster(observed, cluster, from);
        for item in &mut items {
            item.variables = builtin::of_holder(observed, state, &item.holder, from);
        }
        for (index, change) in changes(observed, patch, &variables, &items)? {
            if let Some(item) = items.get_mut(index) {
                let kind = object::kind(&item.template).to_owned();
                let problem = |problem: String| refused(patch, &kind, problem);
                item.template = patched(&item.template, change).map_err(problem)?;
            }
        }
    }
    for patch in patches {
        let validated = patch.external.as_ref();
        if validated.is_some_and(|external| !external.validate_topology_extension.is_empty()) {
            let valid = observed
                .external_patches
                .validate(patch, &variables, &items);
            valid.map_err(|problem| refused(patch, "all templates", problem))?;
        }
    }
    for item in items {
        copy_back(state, &item)?;
    }
    Ok(())
}

fn refused(patch: &ClusterClassPatch, kind: &str, problem: String) -> TopologyError {
    TopologyError::Patch {
        patch: patch.name.clone(),
        kind: kind.to_owned(),
        problem,
    }
}

fn changes(
    observed: &Observed<'_>,
    patch: &ClusterClassPatch,
    variables: &Variables,
    items: &[PatchItem],
) -> Result<Vec<(usize, Patch)>, TopologyError> {
    if !patch.definitions.is_empty() {
        return inline::generate(patch, variables, items)
            .map_err(|(kind, problem)| refused(patch, &kind, problem));
    }
    let none = |problem: &str| Err(refused(patch, "all templates", problem.to_owned()));
    match &patch.external {
        None => none("it says neither what to change nor which extension does"),
        Some(external) if external.generate_patches_extension.is_empty() => {
            none("it names no extension")
        }
        Some(_) if !observed.gates.runtime_sdk => none("the feature RuntimeSDK is off"),
        Some(_) => observed
            .external_patches
            .generate(patch, variables, items)
            .map_err(|problem| refused(patch, "all templates", problem)),
    }
}

/// A template with a change, of which only its spec, labels and annotations count.
fn patched(template: &Value, change: Patch) -> Result<Value, String> {
    let changed = change
        .apply(template.clone(), None)
        .map_err(|error| error.to_string())?;
    let mut patched = template.clone();
    let fields: [&[&str]; 3] = [
        &["spec"],
        &["metadata", "labels"],
        &["metadata", "annotations"],
    ];
    for field in fields {
        if let Some(value) = get(&changed, field) {
            object::set(&mut patched, field, value.clone()).map_err(|error| error.to_string())?;
        }
    }
    Ok(patched)
}

/// Labels and annotations that no patch changes.
const MANAGED: [&[&str]; 6] = [
    &["metadata", "labels", labels::CLUSTER_NAME],
    &["metadata", "labels", labels::TOPOLOGY_OWNED],
    &["metadata", "labels", labels::TOPOLOGY_DEPLOYMENT_NAME],
    &["metadata", "labels", labels::TOPOLOGY_POOL_NAME],
    &["metadata", "annotations", labels::CLONED_FROM_NAME],
    &["metadata", "annotations", labels::CLONED_FROM_GROUP_KIND],
];

/// Fields of a control plane that the topology sets and no patch changes, in both versions of the contract.
const OF_CONTROL_PLANE: [&[&str]; 16] = [
    &["spec", "machineTemplate", "metadata"],
    &["spec", "machineTemplate", "readinessGates"],
    &["spec", "machineTemplate", "spec", "readinessGates"],
    &["spec", "machineTemplate", "taints"],
    &["spec", "machineTemplate", "spec", "taints"],
    &["spec", "machineTemplate", "infrastructureRef"],
    &["spec", "machineTemplate", "spec", "infrastructureRef"],
    &["spec", "machineTemplate", "nodeDrainTimeout"],
    &["spec", "machineTemplate", "nodeVolumeDetachTimeout"],
    &["spec", "machineTemplate", "nodeDeletionTimeout"],
    &[
        "spec",
        "machineTemplate",
        "spec",
        "deletion",
        "nodeDrainTimeoutSeconds",
    ],
    &[
        "spec",
        "machineTemplate",
        "spec",
        "deletion",
        "nodeVolumeDetachTimeoutSeconds",
    ],
    &[
        "spec",
        "machineTemplate",
        "spec",
        "deletion",
        "nodeDeletionTimeoutSeconds",
    ],
    &["spec", "replicas"],
    &["spec", "version"],
    &["spec", "rollout", "after"],
];

/// What a template gives to the object that is made of it.
const TO_OBJECT: [(&[&str], &[&str]); 3] = [
    (&["spec", "template", "spec"], &["spec"]),
    (
        &["spec", "template", "metadata", "labels"],
        &["metadata", "labels"],
    ),
    (
        &["spec", "template", "metadata", "annotations"],
        &["metadata", "annotations"],
    ),
];

/// What a template gives to its copy.
const TO_TEMPLATE: [(&[&str], &[&str]); 5] = [
    (&["metadata", "labels"], &["metadata", "labels"]),
    (&["metadata", "annotations"], &["metadata", "annotations"]),
    (&["spec", "template", "spec"], &["spec", "template", "spec"]),
    (
        &["spec", "template", "metadata", "labels"],
        &["spec", "template", "metadata", "labels"],
    ),
    (
        &["spec", "template", "metadata", "annotations"],
        &["spec", "template", "metadata", "annotations"],
    ),
];

/// An object, what it gets of its template, and what of itself it keeps besides [`MANAGED`].
type Copied<'a> = (
    Option<&'a mut Value>,
    &'static [(&'static [&'static str], &'static [&'static str])],
    &'static [&'static [&'static str]],
);

fn of_workers<'a, W: Workers>(state: &'a mut State, name: &str, part: Part) -> Copied<'a> {
    let made = W::all_mut(state).get_mut(name);
    let object = made.and_then(|made| made.part_mut(part));
    if W::OF_TEMPLATES {
        (object, &TO_TEMPLATE, &[])
    } else {
        (object, &TO_OBJECT, &[])
    }
}

/// Copies what patches made of a template into what is made of it.
fn copy_back(state: &mut State, item: &PatchItem) -> Result<(), TopologyError> {
    let control_plane = state.control_plane.as_mut();
    let (object, fields, more): Copied<'_> = match &item.holder {
        Holder::Infrastructure => (state.infrastructure_cluster.as_mut(), &TO_OBJECT, &[]),
        Holder::ControlPlane => (
            control_plane.map(|state| &mut state.object),
            &TO_OBJECT,
            &OF_CONTROL_PLANE,
        ),
        Holder::ControlPlaneMachines => (
            control_plane.and_then(|state| state.infrastructure_machine_template.as_mut()),
            &TO_TEMPLATE,
            &[],
        ),
        Holder::MachineDeployment(name, part) => {
            of_workers::<MachineDeploymentState>(state, name, *part)
        }
        Holder::MachinePool(name, part) => of_workers::<MachinePoolState>(state, name, *part),
    };
    let Some(object) = object else { return Ok(()) };
    let kept: Vec<(&[&str], Value)> = more
        .iter()
        .chain(&MANAGED)
        .filter_map(|path| Some((*path, get(object, path)?.clone())))
        .collect();
    for (from, to) in fields {
        if let Some(value) = get(&item.template, from) {
            object::set(object, to, value.clone())?;
        }
    }
    for (path, value) in kept {
        object::set(object, path, value)?;
    }
    Ok(())
}
