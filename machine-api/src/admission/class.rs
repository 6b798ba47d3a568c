//! ClusterClass.

mod patches;

use std::collections::BTreeSet;

use componentconfig::{
    GroupVersion,
    field::{Errors, FieldError, Path},
};

use super::{
    Admit, Refusal, Request, Warnings,
    check::{self, path},
    cluster::{autoscaled, class_key, says_health},
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

    /// What the Clusters of the class still need.
    fn validate_for_users(&self, old: &Self, users: &[Cluster], errors: &mut Errors) {
        let (spec, at) = (&self.spec, path(&["spec"]));
        for user in users
            .iter()
            .filter(|_| !spec.kubernetes_versions.is_empty())
        {
            let version = &user.spec.topology.version;
            if !spec.kubernetes_versions.contains(version) {
                let detail = format!(
                    "Kubernetes Version {version} is used by Cluster {:?} but not set in ClusterClass",
                    user.metadata.name
                );
                errors.forbidden(&at.child("kubernetesVersions"), detail);
            }
        }
        let place = at.child("workers").child("machineDeployments");
        let (was, now) = (
            &old.spec.workers.machine_deployments,
            &spec.workers.machine_deployments,
        );
        let gone = removed(
            was.iter().map(|class| &*class.class),
            now.iter().map(|class| &*class.class),
        );
        for user in users {
            for used in &user.spec.topology.workers.machine_deployments {
                if gone.contains(&*used.class) {
                    still_used("MachineDeploymentClass", &used.class, user, &place, errors);
                }
            }
        }
        let place = at.child("workers").child("machinePools");
        let (was, now) = (&old.spec.workers.machine_pools, &spec.workers.machine_pools);
        let gone = removed(
            was.iter().map(|class| &*class.class),
            now.iter().map(|class| &*class.class),
        );
        for user in users {
            for used in &user.spec.topology.workers.machine_pools {
                if gone.contains(&*used.class) {
                    still_used("MachinePoolClass", &used.class, user, &place, errors);
                }
            }
        }
        self.validate_removed_health_checks(old, users, errors);
        for user in users {
            autoscaled(user, Some(self), errors);
        }
    }

    fn validate_removed_health_checks(&self, old: &Self, users: &[Cluster], errors: &mut Errors) {
        let (was, now) = (
            &old.spec.control_plane.health_check,
            &self.spec.control_plane.health_check,
        );
        let lost = says_health(&was.checks, &was.remediation)
            && !says_health(&now.checks, &now.remediation);
        let needs = |user: &&Cluster| {
            let check = &user.spec.topology.control_plane.health_check;
            check.enabled == Some(true) && !says_health(&check.checks, &check.remediation)
        };
        let at = path(&["spec", "controlPlane", "healthCheck"]);
        health_check_used(users.iter().filter(|user| lost && needs(user)), &at, errors);
        for class in &self.spec.workers.machine_deployments {
            let mut classes = old.spec.workers.machine_deployments.iter();
            let Some(was) = classes.find(|was| was.class == class.class) else {
                continue;
            };
            let (was, now) = (&was.health_check, &class.health_check);
            let lost = says_health(&was.checks, &was.remediation)
                && !says_health(&now.checks, &now.remediation);
            let needs = |user: &&Cluster| {
                let mut deployments = user.spec.topology.workers.machine_deployments.iter();
                deployments.any(|one| {
                    let check = &one.health_check;
                    one.class == class.class
                        && check.enabled == Some(true)
                        && !says_health(&check.checks, &check.remediation)
                })
            };
            let at = path(&["spec", "workers", "machineDeployments"]);
            let at = at.key(class.class.clone()).child("healthCheck");
            health_check_used(users.iter().filter(|user| lost && needs(user)), &at, errors);
        }
    }
}

fn removed<'a>(
    was: impl Iterator<Item = &'a str>,
    now: impl Iterator<Item = &'a str>,
) -> BTreeSet<&'a str> {
    let now: BTreeSet<_> = now.collect();
    was.filter(|name| !now.contains(name)).collect()
}

fn still_used(kind: &str, class: &str, user: &Cluster, at: &Path, errors: &mut Errors) {
    let name = &user.metadata.name;
    errors.forbidden(
        at,
        format!("{kind} {class:?} cannot be deleted because it is used by Cluster {name:?}"),
    );
}

fn health_check_used<'a>(users: impl Iterator<Item = &'a Cluster>, at: &Path, errors: &mut Errors) {
    let names: Vec<&str> = users.map(|user| &*user.metadata.name).collect();
    if !names.is_empty() {
        let names = names.join(",");
        errors.forbidden(
            at,
            format!("healthCheck cannot be deleted because it is used by Cluster(s) {names:?}"),
        );
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

/// Templates keep their groups and kinds.
pub(super) fn compatible(old: &ClusterClass, new: &ClusterClass, errors: &mut Errors) {
    let (old, new, at) = (&old.spec, &new.spec, path(&["spec"]));
    let place = at.child("infrastructure").child("templateRef");
    same_kind(
        &old.infrastructure.template_ref,
        &new.infrastructure.template_ref,
        &place,
        errors,
    );
    let control_plane = at.child("controlPlane");
    let place = control_plane.child("templateRef");
    same_kind(
        &old.control_plane.template_ref,
        &new.control_plane.template_ref,
        &place,
        errors,
    );
    let (was, now) = (
        &old.control_plane.machine_infrastructure,
        &new.control_plane.machine_infrastructure,
    );
    let place = control_plane
        .child("machineInfrastructure")
        .child("templateRef");
    same_kind(&was.template_ref, &now.template_ref, &place, errors);
    let place = at.child("workers").child("machineDeployments");
    for (index, class) in new.workers.machine_deployments.iter().enumerate() {
        let place = place
            .index(index)
            .child("infrastructure")
            .child("templateRef");
        for was in old
            .workers
            .machine_deployments
            .iter()
            .filter(|was| was.class == class.class)
        {
            same_kind(
                &was.infrastructure.template_ref,
                &class.infrastructure.template_ref,
                &place,
                errors,
            );
        }
    }
    let place = at.child("workers").child("machinePools");
    for (index, class) in new.workers.machine_pools.iter().enumerate() {
        let place = place
            .index(index)
            .child("infrastructure")
            .child("templateRef");
        for was in old
            .workers
            .machine_pools
            .iter()
            .filter(|was| was.class == class.class)
        {
            same_kind(
                &was.infrastructure.template_ref,
                &class.infrastructure.template_ref,
                &place,
                errors,
            );
        }
    }
}

fn same_kind(
    old: &ClusterClassTemplateReference,
    new: &ClusterClassTemplateReference,
    at: &Path,
    errors: &mut Errors,
) {
    let group = |reference: &ClusterClassTemplateReference| {
        let version = reference.api_version.parse::<GroupVersion>();
        version
            .map(|version| version.group().to_owned())
            .unwrap_or_default()
    };
    let (was, now) = (group(old), group(new));
    if was != now {
        let detail = format!(
            "group of apiVersion cannot be changed from {was:?} to {now:?} to prevent incompatible changes in the Clusters"
        );
        errors.forbidden(&at.child("apiVersion"), detail);
    }
    if old.kind != new.kind {
        let detail = format!(
            "kind cannot be changed from {:?} to {:?} to prevent incompatible changes in the Clusters",
            old.kind, new.kind
        );
        errors.forbidden(&at.child("kind"), detail);
    }
}
