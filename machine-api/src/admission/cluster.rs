//! Cluster.

mod upgrade;
mod values;

use componentconfig::field::{Errors, FieldError, Path};

use super::{
    Admit, Refusal, Request, Warnings,
    check::{self, path},
    class, health_check, sets, verdict,
};
use crate::{
    core::v1beta2::{
        ClassTemplate, Cluster, ClusterClass, ContractVersionedObjectReference,
        ControlPlaneTopologyHealthCheck, MachineDeploymentTopologyHealthCheck,
        MachineHealthCheckChecks, MachineHealthCheckRemediation, Topology,
    },
    labels,
    meta::ConditionStatus,
};

/// What is known about the class of a Cluster.
enum Class {
    /// There is none of that name.
    Missing,
    /// Its controller has not dealt with it yet.
    NotReconciled(Box<ClusterClass>),
    Ready(Box<ClusterClass>),
}

impl Class {
    fn of(cluster: &Cluster, request: &Request<'_>) -> Self {
        let (namespace, name) = class_key(cluster);
        match request.get::<ClusterClass>(namespace, name) {
            None => Self::Missing,
            Some(class) if is_reconciled(&class) => Self::Ready(Box::new(class)),
            Some(class) => Self::NotReconciled(Box::new(class)),
        }
    }

    fn warning(&self, cluster: &Cluster) -> Option<String> {
        let (namespace, name) = class_key(cluster);
        match self {
            Self::Missing => Some(format!(
                "Cluster refers to ClusterClass {namespace}/{name}, but this ClusterClass does not exist. Cluster topology \
                 has not been fully validated. The ClusterClass must be created to reconcile the Cluster"
            )),
            Self::NotReconciled(_) => Some(format!(
                "Cluster refers to ClusterClass {namespace}/{name}, but this ClusterClass hasn't been successfully \
                 reconciled. Cluster topology has not been fully validated. Please take a look at the ClusterClass status"
            )),
            Self::Ready(_) => None,
        }
    }

    fn into_found(self) -> Option<ClusterClass> {
        match self {
            Self::Missing => None,
            Self::NotReconciled(class) | Self::Ready(class) => Some(*class),
        }
    }
}

/// Namespace and name of the class of a Cluster.
pub(super) fn class_key(cluster: &Cluster) -> (&str, &str) {
    let class = &cluster.spec.topology.class_ref;
    let own = cluster.metadata.namespace.as_str();
    (
        if class.namespace.is_empty() {
            own
        } else {
            &class.namespace
        },
        &class.name,
    )
}

fn is_reconciled(class: &ClusterClass) -> bool {
    let ready = class
        .status
        .conditions
        .iter()
        .find(|condition| condition.r#type == "VariablesReady");
    class.metadata.generation == class.status.observed_generation
        && ready.is_some_and(|ready| ready.status != ConditionStatus::False)
}

fn is_managed(cluster: &Cluster) -> bool {
    cluster.spec.topology != Topology::default()
}

impl Admit for Cluster {
    /// Variables get their defaults, and are validated, once the class is ready.
    fn set_defaults(&mut self, old: Option<&Self>, request: &Request<'_>) -> Result<(), Refusal> {
        if !is_managed(self) {
            return Ok(());
        }
        if !self.spec.topology.version.starts_with('v') {
            self.spec.topology.version.insert(0, 'v');
        }
        if self.spec.topology.class_ref.name.is_empty() {
            let at = path(&["spec", "topology", "classRef", "name"]);
            let error = FieldError::required(at, "cannot be empty");
            return verdict(self, Errors::from_iter([error])).map(|_| ());
        }
        let Class::Ready(class) = Class::of(self, request) else {
            return Ok(());
        };
        let was = old.map(|old| &old.spec.topology);
        let errors = values::default_and_validate(&mut self.spec.topology, was, &class, request);
        verdict(self, errors).map(|_| ())
    }

    fn validate_create(&self, request: &Request<'_>) -> Result<Warnings, Refusal> {
        self.validate(None, request)
    }

    fn validate_update(&self, old: &Self, request: &Request<'_>) -> Result<Warnings, Refusal> {
        self.validate(Some(old), request)
    }
}

impl Cluster {
    fn validate(&self, old: Option<&Self>, request: &Request<'_>) -> Result<Warnings, Refusal> {
        let mut errors = Errors::default();
        let mut warnings = Warnings::new();
        for problem in labels::value_problems(&self.metadata.name) {
            let detail = format!("must be a valid label value {problem}");
            errors.invalid(
                &path(&["metadata", "name"]),
                self.metadata.name.as_str(),
                detail,
            );
        }
        self.validate_references(old, &mut errors);
        let network = &self.spec.cluster_network;
        let at = path(&["spec", "clusterNetwork"]);
        blocks(&network.pods.cidr_blocks, &at.child("pods"), &mut errors);
        blocks(
            &network.services.cidr_blocks,
            &at.child("services"),
            &mut errors,
        );
        let at = path(&["spec", "topology"]);
        if is_managed(self) {
            self.validate_topology(old, &at, request, &mut errors, &mut warnings);
        } else if old.is_some_and(is_managed) {
            errors.forbidden(&at, "cannot be removed from an existing Cluster");
        }
        verdict(self, errors).map(|_| warnings)
    }

    fn validate_references(&self, old: Option<&Self>, errors: &mut Errors) {
        let at = path(&["spec"]);
        let none = ContractVersionedObjectReference::default();
        let spec = &self.spec;
        if spec.infrastructure_ref == none
            && old.is_some_and(|old| old.spec.infrastructure_ref != none)
        {
            errors.forbidden(&at.child("infrastructureRef"), "cannot be removed");
        }
        if spec.control_plane_ref == none && spec.infrastructure_ref == none && !is_managed(self) {
            let detail =
                "one of spec.controlPlaneRef, spec.infrastructureRef or spec.topology must be set";
            errors.forbidden(&at, detail);
        }
        if spec.control_plane_ref == none
            && old.is_some_and(|old| old.spec.control_plane_ref != none)
        {
            errors.forbidden(&at.child("controlPlaneRef"), "cannot be removed");
        }
    }

    fn validate_topology(
        &self,
        old: Option<&Self>,
        at: &Path,
        request: &Request<'_>,
        errors: &mut Errors,
        warnings: &mut Warnings,
    ) {
        if !request.gates.cluster_topology {
            let detail = "can be set only if the ClusterTopology feature flag is enabled";
            return errors.forbidden(at, detail);
        }
        let topology = &self.spec.topology;
        if topology.class_ref.name.is_empty() {
            return errors.required(&at.child("class"), "classRef.name cannot be empty");
        }
        topology_version(&topology.version, &at.child("version"), errors);
        parts(topology, at, request, errors);
        concurrency(self, errors);
        let class = Class::of(self, request);
        warnings.extend(class.warning(self));
        let class = class.into_found();
        if let Some(class) = &class {
            self.validate_for_class(class, errors);
        }
        autoscaled(self, class.as_ref(), errors);
        if let Some(old) = old {
            upgrade::validate(self, old, class.as_ref(), at, request, errors, warnings);
        }
    }

    /// What the class allows.
    fn validate_for_class(&self, class: &ClusterClass, errors: &mut Errors) {
        let (topology, at) = (&self.spec.topology, path(&["spec", "topology"]));
        let versions = &class.spec.kubernetes_versions;
        if !versions.is_empty() && !versions.contains(&topology.version) {
            let detail = "version must match one of the versions defined in the ClusterClass";
            errors.invalid(&at.child("version"), topology.version.as_str(), detail);
        }
        let (workers, classes) = (&topology.workers, &class.spec.workers);
        let deployments = workers
            .machine_deployments
            .iter()
            .map(|one| (&*one.class, &*one.name));
        let known: Vec<&str> = classes
            .machine_deployments
            .iter()
            .map(|one| &*one.class)
            .collect();
        worker_names(
            deployments,
            &known,
            class,
            "MachineDeployment",
            "machineDeployments",
            errors,
        );
        let pools = workers
            .machine_pools
            .iter()
            .map(|one| (&*one.class, &*one.name));
        let known: Vec<&str> = classes
            .machine_pools
            .iter()
            .map(|one| &*one.class)
            .collect();
        worker_names(pools, &known, class, "MachinePool", "machinePools", errors);
        health_checks(topology, class, &at, errors);
    }
}

fn topology_version(version: &str, at: &Path, errors: &mut Errors) {
    if !version.starts_with('v') {
        errors.invalid(at, version, "must start with v");
    }
    if semver::Version::parse(version.strip_prefix('v').unwrap_or(version)).is_err() {
        errors.invalid(at, version, "version must be a valid semantic version");
    }
}

/// Metadata, rollouts and taints of the parts of a topology.
fn parts(topology: &Topology, at: &Path, request: &Request<'_>, errors: &mut Errors) {
    let (control_plane, workers) = (at.child("controlPlane"), at.child("workers"));
    let deployments = workers.child("machineDeployments");
    let pools = workers.child("machinePools");
    check::metadata(
        &topology.control_plane.metadata,
        &control_plane.child("metadata"),
        errors,
    );
    check::taints(
        &topology.control_plane.taints,
        &control_plane.child("taints"),
        request.gates,
        errors,
    );
    for one in &topology.workers.machine_deployments {
        let at = deployments.key(one.name.clone());
        check::metadata(&one.metadata, &at.child("metadata"), errors);
        let place = at.child("rollout").child("strategy");
        sets::rolling_update(&one.rollout.strategy.rolling_update, &place, errors);
        check::taints(&one.taints, &at.child("taints"), request.gates, errors);
    }
    for one in &topology.workers.machine_pools {
        let at = pools.key(one.name.clone());
        check::metadata(&one.metadata, &at.child("metadata"), errors);
        check::taints(&one.taints, &at.child("taints"), request.gates, errors);
    }
}

/// How many MachineDeployments are upgraded at a time.
fn concurrency(cluster: &Cluster, errors: &mut Errors) {
    let Some(text) = cluster
        .metadata
        .annotations
        .get(labels::UPGRADE_CONCURRENCY)
    else {
        return;
    };
    let at = path(&["metadata", "annotations", labels::UPGRADE_CONCURRENCY]);
    match text.parse::<i64>() {
        Err(_) => errors.invalid(
            &at,
            text.as_str(),
            format!("could not parse the value of the annotation: strconv.Atoi: parsing {text:?}: invalid syntax"),
        ),
        Ok(..=0) => errors.invalid(&at, text.as_str(), "value cannot be less than 1"),
        Ok(_) => {}
    }
}

fn blocks(blocks: &[String], at: &Path, errors: &mut Errors) {
    for (index, block) in blocks.iter().enumerate() {
        if !is_block(block) {
            let at = at.child("cidrBlocks").index(index);
            errors.invalid(
                &at,
                block.as_str(),
                format!("invalid CIDR address: {block}"),
            );
        }
    }
}

/// An address and the length of its network part.
fn is_block(text: &str) -> bool {
    let Some((address, length)) = text.split_once('/') else {
        return false;
    };
    let Ok(address) = address.parse::<std::net::IpAddr>() else {
        return false;
    };
    let most = if address.is_ipv4() { 32 } else { 128 };
    let digits = !length.is_empty() && length.bytes().all(|byte| byte.is_ascii_digit());
    digits && length.parse::<u32>().is_ok_and(|length| length <= most)
}

/// Workers are of classes that there are, and have names of their own.
fn worker_names<'a>(
    workers: impl Iterator<Item = (&'a str, &'a str)>,
    known: &[&str],
    class: &ClusterClass,
    kind: &str,
    field: &'static str,
    errors: &mut Errors,
) {
    let at = path(&["spec", "topology", "workers", field]);
    let mut names: Vec<&str> = Vec::new();
    for (index, (class_name, name)) in workers.enumerate() {
        let at = at.index(index);
        if !known.contains(&class_name) {
            let detail = format!(
                "{kind}Class with name {class_name:?} does not exist in ClusterClass {:?}",
                class.metadata.name
            );
            errors.invalid(&at.child("class"), class_name, detail);
        }
        if name.is_empty() {
            errors.required(&at.child("name"), "name must not be empty");
            continue;
        }
        if names.contains(&name) {
            let detail =
                format!("name must be unique. {kind} with name {name:?} is defined more than once");
            errors.invalid(&at.child("name"), name, detail);
        }
        names.push(name);
    }
}

/// Whether anything is said about health.
pub(super) fn says_health<R: Default + PartialEq>(
    checks: &MachineHealthCheckChecks,
    remediation: &R,
) -> bool {
    *checks != MachineHealthCheckChecks::default() || *remediation != R::default()
}

fn health_checks(topology: &Topology, class: &ClusterClass, at: &Path, errors: &mut Errors) {
    let place = at.child("controlPlane").child("healthCheck");
    let ControlPlaneTopologyHealthCheck {
        enabled,
        checks,
        remediation,
    } = &topology.control_plane.health_check;
    let said = says_health::<MachineHealthCheckRemediation>(checks, remediation);
    if said {
        if class.spec.control_plane.machine_infrastructure == ClassTemplate::default() {
            let detail =
                "can be only set if spec.controlPlane.machineInfrastructure is set in ClusterClass";
            errors.forbidden(&place, detail);
        }
        health_check::node_startup_timeout(checks.node_startup_timeout_seconds, &place, errors);
        let bound = &remediation.trigger_if.unhealthy_less_than_or_equal_to;
        health_check::unhealthy_bound(bound.as_ref(), &place, errors);
    }
    let of_class = &class.spec.control_plane.health_check;
    if *enabled == Some(true) && !said && !says_health(&of_class.checks, &of_class.remediation) {
        errors.forbidden(&place.child("enable"), NO_DEFINITION);
    }
    for deployment in &topology.workers.machine_deployments {
        let at = at
            .child("workers")
            .child("machineDeployments")
            .key(deployment.name.clone());
        let place = at.child("healthCheck");
        let MachineDeploymentTopologyHealthCheck {
            enabled,
            checks,
            remediation,
        } = &deployment.health_check;
        let said = says_health(checks, remediation);
        if said {
            health_check::node_startup_timeout(checks.node_startup_timeout_seconds, &place, errors);
            let bound = &remediation.trigger_if.unhealthy_less_than_or_equal_to;
            health_check::unhealthy_bound(bound.as_ref(), &place, errors);
            let at = place.child("remediation").child("maxInFlight");
            check::number_or_percentage(remediation.max_in_flight.as_ref(), &at, errors);
        }
        let mut classes = class.spec.workers.machine_deployments.iter();
        let of_class = classes
            .find(|one| one.class == deployment.class)
            .map(|one| &one.health_check);
        let class_says = |class: &&_| {
            let class: &crate::core::v1beta2::MachineDeploymentClassHealthCheck = class;
            says_health(&class.checks, &class.remediation)
        };
        if *enabled == Some(true) && !said && of_class.is_some_and(|class| !class_says(&class)) {
            errors.forbidden(&place.child("enable"), NO_DEFINITION);
        }
    }
}

const NO_DEFINITION: &str = "cannot be set to true as healthCheck definition is not available in the Cluster topology or the ClusterClass";

/// Where an autoscaler chooses the number of machines, the Cluster does not.
pub(super) fn autoscaled(cluster: &Cluster, class: Option<&ClusterClass>, errors: &mut Errors) {
    let metadata = &cluster.metadata;
    for deployment in &cluster.spec.topology.workers.machine_deployments {
        let Some(replicas) = deployment.replicas else {
            continue;
        };
        let at = path(&["spec", "topology", "workers", "machineDeployments"]);
        let at = at.key(deployment.name.clone()).child("replicas");
        if class::has_autoscaler(&deployment.metadata) {
            let detail = format!(
                "cannot be set for cluster {:?} in namespace {:?} if the same MachineDeploymentTopology has autoscaler \
                 annotations",
                metadata.name, metadata.namespace
            );
            errors.invalid(&at, replicas, detail);
        }
        let classes = class
            .into_iter()
            .flat_map(|class| &class.spec.workers.machine_deployments);
        for of_class in classes.filter(|one| one.class == deployment.class) {
            if class::has_autoscaler(&of_class.metadata) {
                let detail = format!(
                    "cannot be set for cluster {:?} in namespace {:?} if the source class {:?} of this \
                     MachineDeploymentTopology has autoscaler annotations",
                    metadata.name, metadata.namespace, deployment.class
                );
                errors.invalid(&at, replicas, detail);
            }
        }
    }
}
