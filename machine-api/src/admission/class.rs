//! ClusterClass.

mod change;
mod patches;

use std::collections::BTreeSet;

use componentconfig::{
    GroupVersion,
    field::{Errors, FieldError, Path},
};

use super::{
    Admit, Refusal, Request, Warnings,
    check::{self, path},
    cluster::{class_key, says_health},
    health_check, only, sets, verdict,
};
use crate::{
    core::v1beta2::{
        ClassTemplate, Cluster, ClusterClass, ClusterClassTemplateReference, ObjectMeta,
    },
    labels,
    names::{NameOf, generate},
    template::Template,
    variables,
    version::Version,
};

pub(super) use change::compatible;

/// Whether an autoscaler chooses the number of machines.
pub(super) fn has_autoscaler(metadata: &ObjectMeta) -> bool {
    let bounds = [labels::AUTOSCALER_MIN_SIZE, labels::AUTOSCALER_MAX_SIZE];
    bounds
        .iter()
        .any(|bound| metadata.annotations.contains_key(*bound))
}

impl Admit for ClusterClass {
    fn validate_create(&self, request: &Request<'_>) -> Result<Warnings, Refusal> {
        self.validate(None, request)
    }

    fn validate_update(&self, old: &Self, request: &Request<'_>) -> Result<Warnings, Refusal> {
        self.validate(Some(old), request)
    }

    fn validate_delete(&self, request: &Request<'_>) -> Result<Warnings, Refusal> {
        let users = self.users(request);
        if users.is_empty() {
            return Ok(Warnings::new());
        }
        let shown = users.iter().take(3).map(|user| {
            let metadata = &user.metadata;
            format!("{}/{}", metadata.namespace, metadata.name)
        });
        let mut shown: Vec<String> = shown.collect();
        if users.len() > 3 {
            shown.push(format!("... ({} more)", users.len() - 3));
        }
        Err(Refusal::Other(format!(
            "ClusterClass.cluster.x-k8s.io {:?} is forbidden: ClusterClass cannot be deleted because it is used by \
             Cluster(s): {}",
            self.metadata.name,
            shown.join(", ")
        )))
    }
}

impl ClusterClass {
    /// The Clusters of this class.
    fn users(&self, request: &Request<'_>) -> Vec<Cluster> {
        let clusters = request.list::<Cluster>("").into_iter();
        let own = (&*self.metadata.namespace, &*self.metadata.name);
        clusters
            .filter(|cluster| class_key(cluster) == own)
            .collect()
    }

    fn validate(&self, old: Option<&Self>, request: &Request<'_>) -> Result<Warnings, Refusal> {
        if !request.gates.cluster_topology {
            let detail = "can be set only if the ClusterTopology feature flag is enabled";
            return only(self, FieldError::forbidden(path(&["spec"]), detail));
        }
        let mut errors = Errors::default();
        self.validate_templates(&mut errors);
        self.validate_workers(request, &mut errors);
        self.validate_control_plane(request, &mut errors);
        self.validate_naming(&mut errors);
        let at = path(&["spec", "variables"]);
        let found = variables::validate_definitions(&self.spec.variables, request.rules, &at);
        for error in found.into_vec() {
            errors.push(error);
        }
        patches::validate(self, request.gates, &mut errors);
        versions(&self.spec.kubernetes_versions, &mut errors);
        if let Some(old) = old {
            compatible(old, self, &mut errors);
            let users = old.users(request);
            self.validate_for_users(old, &users, &mut errors);
        }
        verdict(self, errors)
    }

    fn validate_templates(&self, errors: &mut Errors) {
        let (spec, at) = (&self.spec, path(&["spec"]));
        template(
            &spec.infrastructure.template_ref,
            &at.child("infrastructure"),
            errors,
        );
        let place = at.child("controlPlane");
        template(&spec.control_plane.template_ref, &place, errors);
        let machines = &spec.control_plane.machine_infrastructure;
        if *machines != ClassTemplate::default() {
            template(
                &machines.template_ref,
                &place.child("machineInfrastructure"),
                errors,
            );
        }
        let place = at.child("workers").child("machineDeployments");
        for (index, class) in spec.workers.machine_deployments.iter().enumerate() {
            let place = place.index(index).child("template");
            template(
                &class.bootstrap.template_ref,
                &place.child("bootstrap"),
                errors,
            );
            template(
                &class.infrastructure.template_ref,
                &place.child("infrastructure"),
                errors,
            );
        }
        let place = at.child("workers").child("machinePools");
        for (index, class) in spec.workers.machine_pools.iter().enumerate() {
            let place = place.index(index).child("template");
            template(
                &class.bootstrap.template_ref,
                &place.child("bootstrap"),
                errors,
            );
            template(
                &class.infrastructure.template_ref,
                &place.child("infrastructure"),
                errors,
            );
        }
    }

    fn validate_workers(&self, request: &Request<'_>, errors: &mut Errors) {
        let (workers, at) = (&self.spec.workers, path(&["spec", "workers"]));
        let deployments = at.child("machineDeployments");
        let classes = workers
            .machine_deployments
            .iter()
            .map(|class| &*class.class);
        unique(classes, "MachineDeployment", &deployments, errors);
        for class in &workers.machine_deployments {
            let at = deployments.key(class.class.clone());
            let place = at.child("rollout").child("strategy");
            sets::rolling_update(&class.rollout.strategy.rolling_update, &place, errors);
            let (checks, remediation) =
                (&class.health_check.checks, &class.health_check.remediation);
            if says_health(checks, remediation) {
                let place = at.child("healthCheck");
                health_check::node_startup_timeout(
                    checks.node_startup_timeout_seconds,
                    &place,
                    errors,
                );
                let bound = &remediation.trigger_if.unhealthy_less_than_or_equal_to;
                health_check::unhealthy_bound(bound.as_ref(), &place, errors);
                let place = place.child("remediation").child("maxInFlight");
                check::number_or_percentage(remediation.max_in_flight.as_ref(), &place, errors);
            }
            check::taints(&class.taints, &at.child("taints"), request.gates, errors);
            check::metadata(
                &class.metadata,
                &at.child("template").child("metadata"),
                errors,
            );
        }
        let pools = at.child("machinePools");
        unique(
            workers.machine_pools.iter().map(|class| &*class.class),
            "MachinePool",
            &pools,
            errors,
        );
        for class in &workers.machine_pools {
            let at = pools.key(class.class.clone());
            check::taints(&class.taints, &at.child("taints"), request.gates, errors);
            check::metadata(
                &class.metadata,
                &at.child("template").child("metadata"),
                errors,
            );
        }
    }

    fn validate_control_plane(&self, request: &Request<'_>, errors: &mut Errors) {
        let (control_plane, at) = (&self.spec.control_plane, path(&["spec", "controlPlane"]));
        let (checks, remediation) = (
            &control_plane.health_check.checks,
            &control_plane.health_check.remediation,
        );
        if says_health(checks, remediation) {
            let place = at.child("healthCheck");
            health_check::node_startup_timeout(checks.node_startup_timeout_seconds, &place, errors);
            let bound = &remediation.trigger_if.unhealthy_less_than_or_equal_to;
            health_check::unhealthy_bound(bound.as_ref(), &place, errors);
            if control_plane.machine_infrastructure == ClassTemplate::default() {
                let detail = "can be only set if spec.controlPlane.machineInfrastructure is set";
                errors.forbidden(&place, detail);
            }
        }
        check::taints(
            &control_plane.taints,
            &at.child("taints"),
            request.gates,
            errors,
        );
        check::metadata(&control_plane.metadata, &at.child("metadata"), errors);
    }

    fn validate_naming(&self, errors: &mut Errors) {
        let spec = &self.spec;
        let at = path(&["spec", "infrastructure", "naming", "template"]);
        let kind = "InfraCluster";
        naming(
            &spec.infrastructure.naming.template,
            kind,
            NameOf::InfrastructureCluster,
            &at,
            errors,
        );
        let at = path(&["spec", "controlPlane", "naming", "template"]);
        naming(
            &spec.control_plane.naming.template,
            "ControlPlane",
            NameOf::ControlPlane,
            &at,
            errors,
        );
        let workers = path(&["spec", "workers"]);
        for class in &spec.workers.machine_deployments {
            let at = workers.child("machineDeployments").key(class.class.clone());
            let what = NameOf::MachineDeployment {
                topology_name: "mdtopology",
            };
            let at = at.child("naming").child("template");
            naming(
                &class.naming.template,
                "MachineDeployment",
                what,
                &at,
                errors,
            );
        }
        for class in &spec.workers.machine_pools {
            let at = workers.child("machinePools").key(class.class.clone());
            let what = NameOf::MachinePool {
                topology_name: "mptopology",
            };
            let at = at.child("naming").child("template");
            naming(&class.naming.template, "MachinePool", what, &at, errors);
        }
    }
}

fn unique<'a>(classes: impl Iterator<Item = &'a str>, kind: &str, at: &Path, errors: &mut Errors) {
    let mut seen = BTreeSet::new();
    for (index, class) in classes.enumerate() {
        if !seen.insert(class) {
            let detail = format!(
                "{kind} class must be unique. {kind} with class {class:?} is defined more than once"
            );
            errors.invalid(&at.index(index).child("class"), class, detail);
        }
    }
}

/// A template has a name, a kind that says that it is one, and a version.
fn template(reference: &ClusterClassTemplateReference, at: &Path, errors: &mut Errors) {
    let at = at.child("ref");
    if reference.name.is_empty() {
        errors.required(&at.child("name"), "template name must be defined");
    }
    let kind = reference.kind.strip_suffix("Template");
    if kind.is_none_or(str::is_empty) {
        let detail = "template kind must be of form \"<name>Template\"";
        errors.invalid(&at.child("kind"), reference.kind.as_str(), detail);
    }
    let place = at.child("apiVersion");
    match reference.api_version.parse::<GroupVersion>() {
        Err(error) => {
            let detail =
                format!("template apiVersion must be a valid Kubernetes apiVersion: {error}");
            errors.invalid(&place, reference.api_version.as_str(), detail);
        }
        Ok(version) if version.group().is_empty() && version.version().is_empty() => {
            errors.required(&place, "template apiVersion must be defined");
        }
        Ok(_) => {}
    }
}

fn naming(template: &str, kind: &str, what: NameOf<'_>, at: &Path, errors: &mut Errors) {
    if template.is_empty() {
        return;
    }
    let name = Template::parse(template)
        .and_then(|parsed| generate(&parsed, "cluster", what, &mut |length| "b".repeat(length)));
    match name {
        Err(error) => errors.invalid(
            at,
            template,
            format!("invalid {kind} name template: {error}"),
        ),
        Ok(name) => {
            for problem in labels::subdomain_problems(&name) {
                errors.invalid(at, template, problem);
            }
        }
    }
}

/// Versions ascend, without leaving out a minor version.
fn versions(versions: &[String], errors: &mut Errors) {
    let at = path(&["spec", "kubernetesVersion"]);
    let mut previous: Option<Version> = None;
    for (index, text) in versions.iter().enumerate() {
        let at = at.index(index);
        let Ok(version) = text.parse::<Version>() else {
            errors.invalid(
                &at,
                text.as_str(),
                "version must be a valid semantic version",
            );
            continue;
        };
        if let Some(previous) = previous {
            if version
                .cmp_with_build_tags(&previous)
                .is_some_and(std::cmp::Ordering::is_le)
            {
                errors.invalid(
                    &at,
                    text.as_str(),
                    format!("version must be greater than v{previous}"),
                );
            }
            let (minor, next) = (previous.minor(), previous.minor().saturating_add(1));
            if version.minor() != minor && version.minor() != next {
                let detail = format!(
                    "expecting a version with minor {minor} or {next}, found version {version}"
                );
                errors.invalid(&at, text.as_str(), detail);
            }
        }
        previous = Some(version);
    }
}
