//! Patches of a ClusterClass.

use componentconfig::field::{Errors, FieldError, Path};

use super::super::check::{self, path};
use crate::{
    Gates,
    core::v1beta2::{
        ClassTemplate, ClusterClass, ClusterClassPatch, ClusterClassTemplateReference, JSONPatch,
        JSONPatchValue, PatchSelector,
    },
    labels,
    template::Template,
};

/// Variables that are not defined by anybody: those of the Cluster and of the object that is patched.
const BUILTIN: [&str; 43] = [
    "builtin.cluster",
    "builtin.cluster.name",
    "builtin.cluster.namespace",
    "builtin.cluster.uid",
    "builtin.cluster.metadata.labels",
    "builtin.cluster.metadata.annotations",
    "builtin.cluster.topology",
    "builtin.cluster.topology.classRef.name",
    "builtin.cluster.topology.classRef.namespace",
    "builtin.cluster.topology.class",
    "builtin.cluster.topology.classNamespace",
    "builtin.cluster.topology.version",
    "builtin.cluster.network",
    "builtin.cluster.network.serviceDomain",
    "builtin.cluster.network.services",
    "builtin.cluster.network.pods",
    "builtin.controlPlane",
    "builtin.controlPlane.name",
    "builtin.controlPlane.replicas",
    "builtin.controlPlane.version",
    "builtin.controlPlane.metadata.labels",
    "builtin.controlPlane.metadata.annotations",
    "builtin.controlPlane.machineTemplate.infrastructureRef.name",
    "builtin.machineDeployment",
    "builtin.machineDeployment.class",
    "builtin.machineDeployment.name",
    "builtin.machineDeployment.replicas",
    "builtin.machineDeployment.topologyName",
    "builtin.machineDeployment.version",
    "builtin.machineDeployment.metadata.labels",
    "builtin.machineDeployment.metadata.annotations",
    "builtin.machineDeployment.bootstrap.configRef.name",
    "builtin.machineDeployment.infrastructureRef.name",
    "builtin.machinePool",
    "builtin.machinePool.class",
    "builtin.machinePool.name",
    "builtin.machinePool.replicas",
    "builtin.machinePool.topologyName",
    "builtin.machinePool.version",
    "builtin.machinePool.metadata.labels",
    "builtin.machinePool.metadata.annotations",
    "builtin.machinePool.bootstrap.configRef.name",
    "builtin.machinePool.infrastructureRef.name",
];

pub(super) fn validate(class: &ClusterClass, gates: Gates, errors: &mut Errors) {
    let at = path(&["spec", "patches"]);
    for (index, patch) in class.spec.patches.iter().enumerate() {
        let at = at.index(index);
        let earlier = class.spec.patches.iter().take(index);
        name(patch, earlier, &at.child("name"), errors);
        if let Some(problem) = template_problem(&patch.enabled_if) {
            errors.invalid(&at.child("enabledIf"), patch.enabled_if.as_str(), problem);
        }
        changes(patch, class, &at, gates, errors);
    }
}

fn name<'a>(
    patch: &ClusterClassPatch,
    mut earlier: impl Iterator<Item = &'a ClusterClassPatch>,
    at: &Path,
    errors: &mut Errors,
) {
    if patch.name.is_empty() {
        errors.required(at, "patch name must be defined");
    }
    if patch.name == "inline" {
        errors.required(at, "\"inline\" can not be used as the name of a patch");
    }
    if earlier.any(|earlier| earlier.name == patch.name) {
        let detail = format!(
            "patch names must be unique. Patch with name {:?} is defined more than once",
            patch.name
        );
        errors.invalid(at, patch.name.as_str(), detail);
    }
}

fn changes(
    patch: &ClusterClassPatch,
    class: &ClusterClass,
    at: &Path,
    gates: Gates,
    errors: &mut Errors,
) {
    match (&patch.external, patch.definitions.is_empty()) {
        (None, true) => errors.required(at, "one of definitions or external must be defined"),
        (Some(_), false) => {
            errors.invalid(
                at,
                check::shown(patch),
                "only one of definitions or external can be defined",
            );
        }
        _ => {}
    }
    for (index, definition) in patch.definitions.iter().enumerate() {
        let at = at.child("definitions").index(index);
        operations(
            &definition.json_patches,
            class,
            &at.child("jsonPatches"),
            errors,
        );
        selector(&definition.selector, class, &at.child("selector"), errors);
    }
    if let Some(external) = &patch.external {
        let at = at.child("external");
        if !gates.runtime_sdk {
            let detail =
                "patch.external can be used only if the RuntimeSDK feature flag is enabled";
            errors.forbidden(&at, detail);
        }
        if external.validate_topology_extension.is_empty()
            && external.generate_patches_extension.is_empty()
        {
            let detail =
                "one of validateTopologyExtension and generatePatchesExtension must be defined";
            errors.invalid(&at, check::shown(external), detail);
        }
    }
}

/// What is wrong with a template.
fn template_problem(text: &str) -> Option<String> {
    let error = Template::parse_sprig(text).err()?;
    Some(format!("template can not be parsed: {error}"))
}

fn matches(selector: &PatchSelector, template: &ClusterClassTemplateReference) -> bool {
    selector.kind == template.kind && selector.api_version == template.api_version
}

fn selector(selector: &PatchSelector, class: &ClusterClass, at: &Path, errors: &mut Errors) {
    let places = &selector.match_resources;
    let deployments = places
        .machine_deployment_class
        .as_ref()
        .map_or(&[][..], |class| &class.names);
    let pools = places
        .machine_pool_class
        .as_ref()
        .map_or(&[][..], |class| &class.names);
    let (infrastructure, control_plane) = (
        places.infrastructure_cluster == Some(true),
        places.control_plane == Some(true),
    );
    if !infrastructure && !control_plane && deployments.is_empty() && pools.is_empty() {
        return errors.invalid(at, check::shown(selector), "no selector enabled");
    }
    let at = at.child("matchResources");
    if infrastructure && !matches(selector, &class.spec.infrastructure.template_ref) {
        let detail = "selector is enabled but does not match the infrastructure ref";
        errors.invalid(&at.child("infrastructureCluster"), true, detail);
    }
    let of_class = &class.spec.control_plane;
    let machines = &of_class.machine_infrastructure;
    let of_machines =
        *machines != ClassTemplate::default() && matches(selector, &machines.template_ref);
    if control_plane && !matches(selector, &of_class.template_ref) && !of_machines {
        let detail = "selector is enabled but matches neither the controlPlane ref nor the controlPlane \
            machineInfrastructure ref";
        errors.invalid(&at.child("controlPlane"), true, detail);
    }
    let classes: Vec<_> = class
        .spec
        .workers
        .machine_deployments
        .iter()
        .map(|class| (&*class.class, [&class.infrastructure, &class.bootstrap]))
        .collect();
    let place = at.child("machineDeploymentClass").child("names");
    workers(
        deployments,
        &classes,
        selector,
        "MachineDeployment",
        &place,
        errors,
    );
    let pool_classes: Vec<_> = class
        .spec
        .workers
        .machine_pools
        .iter()
        .map(|class| (&*class.class, [&class.infrastructure, &class.bootstrap]))
        .collect();
    let place = at.child("machinePoolClass").child("names");
    workers(
        pools,
        &pool_classes,
        selector,
        "MachinePool",
        &place,
        errors,
    );
}

/// Every name means a class that has such a template; the first name that is none ends the check.
fn workers(
    names: &[String],
    classes: &[(&str, [&ClassTemplate; 2])],
    selector: &PatchSelector,
    kind: &str,
    at: &Path,
    errors: &mut Errors,
) {
    for (index, name) in names.iter().enumerate() {
        let at = at.index(index);
        if let Some(problem) = name_problem(name) {
            return errors.invalid(&at, name.as_str(), problem);
        }
        let mut meant = classes.iter().filter(|(class, _)| means(name, class));
        let found = meant.any(|(_, templates)| {
            templates
                .iter()
                .any(|one| matches(selector, &one.template_ref))
        });
        if !found {
            let detail = format!(
                "selector is enabled but matches neither the bootstrap ref nor the infrastructure ref of a {kind} class"
            );
            errors.invalid(&at, name.as_str(), detail);
        }
    }
}

/// Whether a name, with `*` at one end for anything, means a class.
fn means(name: &str, class: &str) -> bool {
    let end = name
        .strip_prefix('*')
        .is_some_and(|end| class.ends_with(end));
    let start = name
        .strip_suffix('*')
        .is_some_and(|start| class.starts_with(start));
    name == class || end || start
}

fn name_problem(name: &str) -> Option<&'static str> {
    match name.matches('*').count() {
        1 if !name.starts_with('*') && !name.ends_with('*') => {
            Some("\"*\" rune can only appear at the beginning, or ending of the selector")
        }
        1 if !labels::key_problems(&name.replace('*', "a")).is_empty() => {
            Some("selector does not comply with the Kubernetes naming standards")
        }
        0 | 1 => None,
        _ => Some("selector can at most contain a single \"*\" rune"),
    }
}

fn operations(patches: &[JSONPatch], class: &ClusterClass, at: &Path, errors: &mut Errors) {
    for (index, patch) in patches.iter().enumerate() {
        let at = at.index(index);
        if !matches!(patch.op.as_str(), "add" | "remove" | "replace") {
            let supported = ["add", "remove", "replace"];
            errors.push(FieldError::not_supported(
                at.child("op"),
                check::shown(patch),
                &supported,
            ));
        }
        let place = at.child("path");
        if !patch.path.starts_with("/spec") {
            errors.invalid(
                &place,
                check::shown(patch),
                "jsonPatch path must start with \"/spec\"",
            );
        }
        for index in patch
            .path
            .split('/')
            .filter_map(|part| part.parse::<i64>().ok())
        {
            let problem = match patch.op.as_str() {
                "add" if index != 0 => Some(
                    "arrays can only be accessed using \"0\" (prepend) or \"-\" (append)"
                        .to_owned(),
                ),
                "replace" | "remove" => Some(format!(
                    "elements in arrays can not be accessed in a {} operation",
                    patch.op
                )),
                _ => None,
            };
            if let Some(problem) = problem {
                errors.invalid(&place, patch.path.as_str(), problem);
            }
        }
        if matches!(patch.op.as_str(), "add" | "replace") {
            value(patch, class, &at, errors);
        }
    }
}

fn value(patch: &JSONPatch, class: &ClusterClass, at: &Path, errors: &mut Errors) {
    match (&patch.value, &patch.value_from) {
        (None, None) => {
            errors.invalid(
                at,
                check::shown(patch),
                "jsonPatch must define one of value or valueFrom",
            );
        }
        (Some(_), Some(_)) => {
            errors.invalid(
                at,
                check::shown(patch),
                "jsonPatch can not define both value and valueFrom",
            );
        }
        _ => {}
    }
    let Some(from) = &patch.value_from else {
        return;
    };
    let at = at.child("valueFrom");
    let JSONPatchValue { variable, template } = from;
    if template.is_empty() && variable.is_empty() {
        errors.invalid(
            &at,
            check::shown(from),
            "valueFrom must set either template or variable",
        );
    }
    if !template.is_empty() && !variable.is_empty() {
        errors.invalid(
            &at,
            check::shown(from),
            "valueFrom can not set both template and variable",
        );
    }
    if let Some(problem) = template_problem(template) {
        errors.invalid(&at.child("template"), template.as_str(), problem);
    }
    if variable.is_empty() {
        return;
    }
    let place = at.child("variable");
    if variable.starts_with("builtin.") {
        if !BUILTIN.contains(&variable.as_str()) {
            errors.invalid(&place, variable.as_str(), "not a defined builtin variable");
        }
        return;
    }
    let name = variable
        .split(['[', '.'])
        .find(|part| !part.is_empty())
        .unwrap_or_default();
    if !class.spec.variables.iter().any(|one| one.name == name) {
        let detail = format!("variable with name {variable} cannot be found");
        errors.invalid(&place, variable.as_str(), detail);
    }
}
