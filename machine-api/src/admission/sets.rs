//! MachineSet, MachineDeployment and MachinePool.

use componentconfig::field::{Errors, FieldError, FieldErrorKind, Path};
use serde_json::json;

use super::{
    Admit, Refusal, Request, Warnings,
    check::{self, path},
    machine::NODE_DELETION_TIMEOUT,
    only, verdict,
};
use crate::{
    IntOrString,
    core::v1beta2::{
        MachineDeployment, MachineDeploymentRolloutStrategyRollingUpdate,
        MachineDeploymentRolloutStrategyType, MachinePool, MachineSet, MachineTemplateSpec,
    },
    labels,
    meta::{LabelSelector, ObjectMeta},
    names::NameOf,
};

/// How many machines there are to be if nothing is said: what an autoscaler would choose, as far as its bounds are known,
/// else one.
fn default_replicas(
    kind: &str,
    replicas: Option<i32>,
    old: Option<i32>,
    metadata: &ObjectMeta,
) -> Result<i32, Refusal> {
    if let Some(replicas) = replicas {
        return Ok(replicas);
    }
    let bound = |annotation: &str| metadata.annotations.get(annotation);
    let (Some(min), Some(max)) = (
        bound(labels::AUTOSCALER_MIN_SIZE),
        bound(labels::AUTOSCALER_MAX_SIZE),
    ) else {
        return Ok(1);
    };
    let parse = |annotation: &str, text: &str| {
        text.parse::<i32>().map_err(|_| {
            Refusal::Other(format!(
                "{kind} has no default number of replicas: annotation {annotation:?} is no number: {text:?}"
            ))
        })
    };
    let min = parse(labels::AUTOSCALER_MIN_SIZE, min)?;
    let max = parse(labels::AUTOSCALER_MAX_SIZE, max)?;
    Ok(match old {
        Some(old) if old < min => min,
        Some(old) if old > max => max,
        Some(old) => old,
        None => min,
    })
}

/// Checks of the template that all three kinds share: its cluster, its version, its metadata.
fn cluster_name(
    name: &str,
    old: Option<&String>,
    template: &MachineTemplateSpec,
    errors: &mut Errors,
) {
    let at = path(&["spec", "clusterName"]);
    check::immutable(&name.to_owned(), old, &at, errors);
    if name != template.spec.cluster_name {
        errors.invalid(
            &at,
            name,
            "spec.clusterName and spec.template.spec.clusterName must be set to the same value",
        );
    }
}

fn template_version(template: &MachineTemplateSpec, errors: &mut Errors) {
    if !template.spec.version.is_empty() {
        check::version(
            &template.spec.version,
            &path(&["spec", "template", "spec", "version"]),
            errors,
        );
    }
}

fn template_taints(template: &MachineTemplateSpec, request: &Request<'_>, errors: &mut Errors) {
    let at = path(&["spec", "template", "spec", "taints"]);
    check::taints(&template.spec.taints, &at, request.gates, errors);
    check::worker_taints(&template.spec.taints, &at, request.gates, errors);
}

/// The selector has to be readable and match the labels of the template.
fn selects_template(
    selector: &LabelSelector,
    template: &MachineTemplateSpec,
    kind: FieldErrorKind,
    errors: &mut Errors,
) {
    let Some(selector) = check::selector(selector, &path(&["spec", "selector"]), errors) else {
        return;
    };
    if !selector.matches(&template.metadata.labels) {
        let at = path(&["spec", "template", "metadata", "labels"]);
        let labels = check::shown(&template.metadata.labels);
        let detail = format!("must match spec.selector {:?}", selector.to_string());
        errors.push(FieldError::new(kind, at, labels, detail));
    }
}

const PREFLIGHT_CHECKS: [&str; 5] = [
    "All",
    "ControlPlaneIsStable",
    "ControlPlaneVersionSkew",
    "KubeadmVersionSkew",
    "KubernetesVersionSkew",
];

/// The checks that are left out have to be known ones.
fn skipped_checks(metadata: &ObjectMeta, request: &Request<'_>, errors: &mut Errors) {
    let skipped = metadata.annotations.get(labels::SKIP_PREFLIGHT_CHECKS);
    let Some(skipped) =
        skipped.filter(|text| !text.is_empty() && request.gates.machine_set_preflight_checks)
    else {
        return;
    };
    let names = skipped.split(',').map(str::trim);
    let unknown: Vec<&str> = names
        .filter(|name| !PREFLIGHT_CHECKS.contains(name))
        .collect();
    if !unknown.is_empty() {
        let at = path(&["metadata", "annotations", labels::SKIP_PREFLIGHT_CHECKS]);
        let detail = format!(
            "skipped preflight check(s) must be among: [{}]",
            PREFLIGHT_CHECKS.join(" ")
        );
        errors.invalid(&at, json!(unknown), detail);
    }
}

impl MachineSet {
    fn validate(&self, old: Option<&Self>, request: &Request<'_>) -> Result<Warnings, Refusal> {
        let mut errors = Errors::default();
        let (spec, template) = (&self.spec, &self.spec.template);
        let at = path(&["spec", "template", "spec", "bootstrap"]);
        check::bootstrap(&template.spec.bootstrap, &at, &mut errors);
        selects_template(
            &spec.selector,
            template,
            FieldErrorKind::Invalid,
            &mut errors,
        );
        skipped_checks(&self.metadata, request, &mut errors);
        let was = old.map(|old| &old.spec.cluster_name);
        cluster_name(&spec.cluster_name, was, template, &mut errors);
        template_version(template, &mut errors);
        template_taints(template, request, &mut errors);
        machine_naming(&spec.machine_naming.template, &mut errors);
        check::metadata(
            &template.metadata,
            &path(&["spec", "template", "metadata"]),
            &mut errors,
        );
        verdict(self, errors)
    }
}

fn machine_naming(template: &str, errors: &mut Errors) {
    let what = NameOf::MachineSetMachine {
        machine_set: "machineset",
    };
    check::machine_naming(template, what, &path(&["spec", "machineNaming"]), errors);
}

impl Admit for MachineSet {
    fn set_defaults(&mut self, old: Option<&Self>, _: &Request<'_>) -> Result<(), Refusal> {
        let name = self.spec.cluster_name.clone();
        self.metadata
            .labels
            .insert(labels::CLUSTER_NAME.to_owned(), name);
        let was = old.and_then(|old| old.spec.replicas);
        self.spec.replicas = Some(default_replicas(
            "MachineSet",
            self.spec.replicas,
            was,
            &self.metadata,
        )?);
        let (selector, template) = (&mut self.spec.selector, &mut self.spec.template);
        if *selector == LabelSelector::default() {
            let name = labels::format_value(&self.metadata.name);
            selector
                .match_labels
                .insert(labels::SET_NAME.to_owned(), name.clone());
            template
                .metadata
                .labels
                .insert(labels::SET_NAME.to_owned(), name);
        }
        check::with_v(&mut template.spec.version);
        Ok(())
    }

    fn validate_create(&self, request: &Request<'_>) -> Result<Warnings, Refusal> {
        self.validate(None, request)
    }

    fn validate_update(&self, old: &Self, request: &Request<'_>) -> Result<Warnings, Refusal> {
        self.validate(Some(old), request)
    }
}

/// The bounds of a rolling update: numbers or percentages, and not both nothing.
pub(super) fn rolling_update(
    bounds: &MachineDeploymentRolloutStrategyRollingUpdate,
    at: &Path,
    errors: &mut Errors,
) {
    let at = at.child("rollingUpdate");
    check::number_or_percentage(
        bounds.max_unavailable.as_ref(),
        &at.child("maxUnavailable"),
        errors,
    );
    check::number_or_percentage(bounds.max_surge.as_ref(), &at.child("maxSurge"), errors);
    let zero = Some(IntOrString::Int(0));
    if bounds.max_unavailable == zero && bounds.max_surge == zero {
        errors.invalid(&at, "0", "maxUnavailable and maxSurge cannot both be 0");
    }
}

impl MachineDeployment {
    fn validate(&self, old: Option<&Self>, request: &Request<'_>) -> Result<Warnings, Refusal> {
        let mut errors = Errors::default();
        let (spec, template) = (&self.spec, &self.spec.template);
        for problem in labels::value_problems(&self.metadata.name) {
            let detail = format!("must be a valid label value: {problem}");
            errors.invalid(
                &path(&["metadata", "name"]),
                self.metadata.name.as_str(),
                detail,
            );
        }
        let at = path(&["spec", "template", "spec", "bootstrap"]);
        check::bootstrap(&template.spec.bootstrap, &at, &mut errors);
        selects_template(
            &spec.selector,
            template,
            FieldErrorKind::Forbidden,
            &mut errors,
        );
        skipped_checks(&self.metadata, request, &mut errors);
        let was = old.map(|old| &old.spec.cluster_name);
        cluster_name(&spec.cluster_name, was, template, &mut errors);
        let at = path(&["spec", "rollout", "strategy"]);
        rolling_update(&spec.rollout.strategy.rolling_update, &at, &mut errors);
        let at = path(&["spec", "remediation", "maxInFlight"]);
        check::number_or_percentage(spec.remediation.max_in_flight.as_ref(), &at, &mut errors);
        template_version(template, &mut errors);
        machine_naming(&spec.machine_naming.template, &mut errors);
        template_taints(template, request, &mut errors);
        check::metadata(
            &template.metadata,
            &path(&["spec", "template", "metadata"]),
            &mut errors,
        );
        verdict(self, errors)
    }
}

impl Admit for MachineDeployment {
    fn set_defaults(&mut self, old: Option<&Self>, _: &Request<'_>) -> Result<(), Refusal> {
        let cluster = self.spec.cluster_name.clone();
        self.metadata
            .labels
            .insert(labels::CLUSTER_NAME.to_owned(), cluster.clone());
        let was = old.and_then(|old| old.spec.replicas);
        let replicas =
            default_replicas("MachineDeployment", self.spec.replicas, was, &self.metadata)?;
        let spec = &mut self.spec;
        spec.replicas = Some(replicas);
        let strategy = &mut spec.rollout.strategy;
        if strategy.r#type.is_unset() {
            strategy.r#type = MachineDeploymentRolloutStrategyType::RollingUpdate;
        }
        if strategy.r#type == MachineDeploymentRolloutStrategyType::RollingUpdate {
            strategy
                .rolling_update
                .max_surge
                .get_or_insert(IntOrString::Int(1));
            strategy
                .rolling_update
                .max_unavailable
                .get_or_insert(IntOrString::Int(0));
        }
        let selected = &mut spec.selector.match_labels;
        let labelled = &mut spec.template.metadata.labels;
        if selected.is_empty() && spec.selector.match_expressions.is_empty() {
            selected.insert(
                labels::DEPLOYMENT_NAME.to_owned(),
                self.metadata.name.clone(),
            );
            labelled.insert(
                labels::DEPLOYMENT_NAME.to_owned(),
                self.metadata.name.clone(),
            );
        }
        selected.insert(labels::CLUSTER_NAME.to_owned(), cluster.clone());
        labelled.insert(labels::CLUSTER_NAME.to_owned(), cluster);
        check::with_v(&mut spec.template.spec.version);
        Ok(())
    }

    fn validate_create(&self, request: &Request<'_>) -> Result<Warnings, Refusal> {
        self.validate(None, request)
    }

    fn validate_update(&self, old: &Self, request: &Request<'_>) -> Result<Warnings, Refusal> {
        self.validate(Some(old), request)
    }
}

impl MachinePool {
    fn validate(&self, old: Option<&Self>, request: &Request<'_>) -> Result<Warnings, Refusal> {
        if !request.gates.machine_pool {
            let detail = "can be set only if the MachinePool feature flag is enabled";
            return only(self, FieldError::forbidden(path(&["spec"]), detail));
        }
        let mut errors = Errors::default();
        let template = &self.spec.template;
        let at = path(&["spec", "template", "spec", "bootstrap"]);
        check::bootstrap(&template.spec.bootstrap, &at, &mut errors);
        let was = old.map(|old| &old.spec.cluster_name);
        cluster_name(&self.spec.cluster_name, was, template, &mut errors);
        template_version(template, &mut errors);
        if !template.spec.taints.is_empty() {
            let at = path(&["spec", "taints"]);
            errors.forbidden(
                &at,
                "taints feature for MachinePools is not yet implemented",
            );
            if !request.gates.machine_taint_propagation {
                errors.forbidden(
                    &at,
                    "taints are not allowed to be set when the feature gate MachineTaintPropagation is disabled",
                );
            }
        }
        check::metadata(
            &template.metadata,
            &path(&["spec", "template", "metadata"]),
            &mut errors,
        );
        verdict(self, errors)
    }
}

impl Admit for MachinePool {
    fn set_defaults(&mut self, old: Option<&Self>, _: &Request<'_>) -> Result<(), Refusal> {
        let name = self.spec.cluster_name.clone();
        self.metadata
            .labels
            .insert(labels::CLUSTER_NAME.to_owned(), name);
        let was = old.and_then(|old| old.spec.replicas);
        self.spec.replicas = Some(default_replicas(
            "MachinePool",
            self.spec.replicas,
            was,
            &self.metadata,
        )?);
        let machine = &mut self.spec.template.spec;
        let timeout = &mut machine.deletion.node_deletion_timeout_seconds;
        timeout.get_or_insert(NODE_DELETION_TIMEOUT);
        check::with_v(&mut machine.version);
        Ok(())
    }

    fn validate_create(&self, request: &Request<'_>) -> Result<Warnings, Refusal> {
        self.validate(None, request)
    }

    fn validate_update(&self, old: &Self, request: &Request<'_>) -> Result<Warnings, Refusal> {
        self.validate(Some(old), request)
    }

    /// Cluster API asks as much of one that is deleted as of one that is created.
    fn validate_delete(&self, request: &Request<'_>) -> Result<Warnings, Refusal> {
        self.validate(None, request)
    }
}
