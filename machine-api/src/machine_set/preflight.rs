//! Whether the control plane of a cluster can take new machines.
//!
//! Follows `machineset_preflight.go` of Cluster API. Checks that are in doubt pass: without a control plane, or with one that
//! has no version, there is nothing to compare with.

use std::fmt;

use serde_json::Value;

use crate::{
    Compat, Gates,
    contract::{is_provisioning, is_upgrading},
    core::v1beta2::{Cluster, MachineSet},
    explain::Why,
    facts, labels,
    open_enum::open_enum,
    version::{ParseVersionError, Version},
};

/// How long until the checks are made again once one of them fails, in seconds.
pub const RETRY_SECONDS: u32 = 15;

/// How many minor versions a kubelet may be older than its API server.
const SKEW: u64 = 3;

open_enum! {
    /// A check that is made before a MachineSet makes machines, as the annotation that leaves checks out names it.
    pub enum PreflightCheck {
        /// All of them.
        All = "All",
        /// The control plane is neither on its way to its first version nor to another one.
        ControlPlaneIsStable = "ControlPlaneIsStable",
        /// The machines have the version of the control plane, in a cluster made from a ClusterClass.
        ControlPlaneVersionSkew = "ControlPlaneVersionSkew",
        /// The machines have the minor version of the control plane, as kubeadm demands.
        KubeadmVersionSkew = "KubeadmVersionSkew",
        /// The machines are not newer than the control plane, and at most three minor versions older.
        KubernetesVersionSkew = "KubernetesVersionSkew",
    }
}

/// What is looked at.
#[derive(Clone, Copy, Debug)]
pub struct Preflight<'a> {
    cluster: &'a Cluster,
    machine_set: &'a MachineSet,
    control_plane: Option<&'a Value>,
    bootstrap_template: Option<&'a Value>,
    checks: &'a [PreflightCheck],
    gates: Gates,
    compat: Compat,
}

/// A check that did not pass. Displays as Cluster API's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What is wrong.
    pub problem: Problem,
}

/// What a check found.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Problem {
    /// The control plane does not have the version of the topology, or of its current step, yet.
    PendingUpgrade {
        /// Kind, namespace and name of the control plane.
        control_plane: String,
        /// The version it will get.
        version: String,
    },
    /// The control plane has no version yet.
    Provisioning {
        /// Kind, namespace and name of the control plane.
        control_plane: String,
    },
    /// Some of the control plane has an older version.
    Upgrading {
        /// Kind, namespace and name of the control plane.
        control_plane: String,
    },
    /// The machines would be newer than the control plane.
    Newer(Versions),
    /// The machines would be older than the control plane can have them.
    TooOld(Versions),
    /// kubeadm of the machines cannot join the control plane.
    OtherMinor(Versions),
    /// The MachineSet does not have the version of the control plane yet.
    NotPropagated {
        /// The version of the MachineSet.
        machine_set: String,
        /// The version of the control plane.
        control_plane: String,
    },
}

/// Versions that do not go together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Versions {
    /// That of the MachineSet.
    pub machine_set: Version,
    /// That of the control plane.
    pub control_plane: Version,
}

/// Why checks cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PreflightError {
    /// The control plane that the Cluster names is not there.
    #[error("failed to perform preflight checks: ControlPlane {0} was not found")]
    NoControlPlane(String),
    /// The template that the annotation may be on is not there.
    #[error(
        "failed to read machineset.cluster.x-k8s.io/skip-preflight-checks annotation: bootstrap template {0} was not found"
    )]
    NoBootstrapTemplate(String),
    /// A version of the control plane cannot be read.
    #[error(
        "failed to perform preflight checks: failed to parse version of ControlPlane {control_plane}: {source}"
    )]
    ControlPlaneVersion {
        /// Namespace and name of the control plane.
        control_plane: String,
        /// What is wrong with it.
        source: ParseVersionError,
    },
    /// The version of the MachineSet cannot be read.
    #[error(
        "failed to perform preflight checks: failed to parse version of MachineSet {machine_set}: {source}"
    )]
    MachineSetVersion {
        /// Namespace and name of the MachineSet.
        machine_set: String,
        /// What is wrong with it.
        source: ParseVersionError,
    },
}

impl<'a> Preflight<'a> {
    /// The checks that are switched on, for a MachineSet of a cluster with that control plane.
    ///
    /// The control plane is the object that `spec.controlPlaneRef` of the Cluster names, whatever its kind.
    pub fn new(
        cluster: &'a Cluster,
        machine_set: &'a MachineSet,
        control_plane: Option<&'a Value>,
        checks: &'a [PreflightCheck],
    ) -> Self {
        Self {
            cluster,
            machine_set,
            control_plane,
            bootstrap_template: None,
            checks,
            gates: Gates::default(),
            compat: Compat::default(),
        }
    }

    /// With the template of the bootstrap objects, if the MachineSet has one: it can leave checks out where the MachineSet
    /// does not.
    #[must_use]
    pub const fn bootstrap_template(mut self, template: Option<&'a Value>) -> Self {
        self.bootstrap_template = template;
        self
    }

    /// With other feature gates.
    #[must_use]
    pub const fn gates(mut self, gates: Gates) -> Self {
        self.gates = gates;
        self
    }

    /// With Cluster API's answer where that is wrong: below minor version 3 of a control plane, its difference of versions
    /// runs over, and no machine is new enough.
    #[must_use]
    pub const fn compat(mut self, compat: Compat) -> Self {
        self.compat = compat;
        self
    }

    /// Makes the checks; none that failed if machines may be made.
    ///
    /// # Errors
    /// An object is missing, or a version cannot be read.
    pub fn run(&self) -> Result<Vec<Failure>, PreflightError> {
        let reference = &self.cluster.spec.control_plane_ref;
        if !self.gates.machine_set_preflight_checks {
            return Ok(Vec::new());
        }
        let skipped = self.skipped()?;
        if self.checks.is_empty()
            || skipped.contains(&PreflightCheck::All)
            || reference.name.is_empty()
        {
            return Ok(Vec::new());
        }
        let place = self.control_plane_place();
        let object = self
            .control_plane
            .ok_or_else(|| PreflightError::NoControlPlane(place.clone()))?;
        let Some(text) = object.pointer("/spec/version").and_then(Value::as_str) else {
            return Ok(Vec::new());
        };
        let unreadable = |source| PreflightError::ControlPlaneVersion {
            control_plane: place.clone(),
            source,
        };
        let version: Version = text.parse().map_err(unreadable)?;
        let runs = |check: PreflightCheck| {
            let on = self.checks.contains(&PreflightCheck::All) || self.checks.contains(&check);
            on && !skipped.contains(&check)
        };
        let mut problems = Vec::new();
        if runs(PreflightCheck::ControlPlaneIsStable) {
            problems.extend(self.unstable(object, text).map_err(unreadable)?);
        }
        let own = self.machine_set.spec.template.spec.version.as_str();
        if !own.is_empty() {
            let versions = Versions {
                machine_set: own
                    .parse()
                    .map_err(|source| PreflightError::MachineSetVersion {
                        machine_set: place_of(&self.machine_set.metadata),
                        source,
                    })?,
                control_plane: version,
            };
            if runs(PreflightCheck::KubernetesVersionSkew) {
                problems.extend(self.kubernetes_skew(&versions));
            }
            if runs(PreflightCheck::KubeadmVersionSkew) {
                problems.extend(self.kubeadm_skew(&versions));
            }
            if runs(PreflightCheck::ControlPlaneVersionSkew) && self.is_managed() && text != own {
                problems.push(Problem::NotPropagated {
                    machine_set: own.to_owned(),
                    control_plane: text.to_owned(),
                });
            }
        }
        let failures = problems.into_iter();
        Ok(failures.map(|problem| Failure { problem }).collect())
    }

    /// The checks that an annotation leaves out: of the MachineSet, else of the template of its bootstrap objects.
    fn skipped(&self) -> Result<Vec<PreflightCheck>, PreflightError> {
        let key = labels::SKIP_PREFLIGHT_CHECKS;
        let reference = &self.machine_set.spec.template.spec.bootstrap.config_ref;
        let text = match facts::annotation(&self.machine_set.metadata, key) {
            Some(text) => text,
            None if reference.name.is_empty() => return Ok(Vec::new()),
            None => {
                let template = self.bootstrap_template.ok_or_else(|| {
                    PreflightError::NoBootstrapTemplate(format!(
                        "{} {}/{}",
                        reference.kind, self.machine_set.metadata.namespace, reference.name
                    ))
                })?;
                let annotations = template.pointer("/metadata/annotations");
                let text = annotations.and_then(|all| all.get(key)?.as_str());
                text.unwrap_or_default()
            }
        };
        let names = text.split(',').map(str::trim);
        Ok(names
            .filter(|name| !name.is_empty())
            .map(PreflightCheck::from)
            .collect())
    }

    /// Why the control plane is not stable, if it is not.
    fn unstable(
        &self,
        object: &Value,
        version: &str,
    ) -> Result<Option<Problem>, ParseVersionError> {
        let kind = object["kind"].as_str().unwrap_or_default();
        let control_plane = format!("{kind} {}", self.control_plane_place());
        if self.is_managed() {
            let step = facts::annotation(&self.cluster.metadata, labels::UPGRADE_STEP);
            let wanted = self.cluster.spec.topology.version.as_str();
            if wanted != version && step != Some(version) {
                let version = step.unwrap_or(wanted).to_owned();
                return Ok(Some(Problem::PendingUpgrade {
                    control_plane,
                    version,
                }));
            }
        }
        if is_provisioning(object) {
            return Ok(Some(Problem::Provisioning { control_plane }));
        }
        Ok(is_upgrading(object)?.then_some(Problem::Upgrading { control_plane }))
    }

    fn kubernetes_skew(&self, versions: &Versions) -> Option<Problem> {
        let (own, other) = (versions.machine_set.minor(), versions.control_plane.minor());
        let oldest = match self.compat {
            Compat::Fixed => other.saturating_sub(SKEW),
            Compat::Upstream => other.wrapping_sub(SKEW),
        };
        if own > other {
            Some(Problem::Newer(versions.clone()))
        } else if own < oldest {
            Some(Problem::TooOld(versions.clone()))
        } else {
            None
        }
    }

    fn kubeadm_skew(&self, versions: &Versions) -> Option<Problem> {
        let reference = &self.machine_set.spec.template.spec.bootstrap.config_ref;
        let kubeadm = reference.kind == "KubeadmConfigTemplate"
            && reference.api_group == "bootstrap.cluster.x-k8s.io";
        let differ = versions.machine_set.minor() != versions.control_plane.minor();
        (kubeadm && differ).then(|| Problem::OtherMinor(versions.clone()))
    }

    /// Whether the cluster is made from a ClusterClass.
    fn is_managed(&self) -> bool {
        self.gates.cluster_topology
            && self.cluster.spec.topology != crate::core::v1beta2::Topology::default()
    }

    fn control_plane_place(&self) -> String {
        format!(
            "{}/{}",
            self.cluster.metadata.namespace, self.cluster.spec.control_plane_ref.name
        )
    }
}

fn place_of(metadata: &crate::meta::ObjectMeta) -> String {
    format!("{}/{}", metadata.namespace, metadata.name)
}

impl Failure {
    /// The check that did not pass.
    pub fn check(&self) -> PreflightCheck {
        match self.problem {
            Problem::PendingUpgrade { .. }
            | Problem::Provisioning { .. }
            | Problem::Upgrading { .. } => PreflightCheck::ControlPlaneIsStable,
            Problem::Newer(_) | Problem::TooOld(_) => PreflightCheck::KubernetesVersionSkew,
            Problem::OtherMinor(_) => PreflightCheck::KubeadmVersionSkew,
            Problem::NotPropagated { .. } => PreflightCheck::ControlPlaneVersionSkew,
        }
    }

    /// Why the MachineSet waits.
    pub fn explain(&self, machine_set: &MachineSet) -> Why {
        let subject = format!("MachineSet {}", machine_set.metadata.name);
        let why = Why::new(subject, "PreflightCheckFailed", self.problem.to_string());
        match self.problem {
            Problem::Newer(_) | Problem::TooOld(_) | Problem::OtherMinor(_) => {
                why.remedy("give the MachineSet a version that goes with that of the control plane")
            }
            _ => why.remedy(format!(
                "wait for the control plane, or name {} in the annotation {}",
                self.check(),
                labels::SKIP_PREFLIGHT_CHECKS
            )),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} ({:?} preflight check failed)",
            self.problem,
            self.check().as_str()
        )
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PendingUpgrade {
                control_plane,
                version,
            } => write!(
                f,
                "{control_plane} has a pending version upgrade to {version}"
            ),
            Self::Provisioning { control_plane } => write!(f, "{control_plane} is provisioning"),
            Self::Upgrading { control_plane } => write!(f, "{control_plane} is upgrading"),
            Self::Newer(versions) => write!(
                f,
                "{versions} do not conform to the kubernetes version skew policy as MachineSet version is higher than ControlPlane version"
            ),
            Self::TooOld(versions) => write!(
                f,
                "{versions} do not conform to the kubernetes version skew policy as MachineSet version is more than {SKEW} minor versions older than the ControlPlane version"
            ),
            Self::OtherMinor(versions) => write!(
                f,
                "{versions} do not conform to kubeadm version skew policy as kubeadm only supports joining with the same major+minor version as the control plane"
            ),
            Self::NotPropagated {
                machine_set,
                control_plane,
            } => write!(
                f,
                "MachineSet version ({machine_set}) is not yet the same as the ControlPlane version ({control_plane}), waiting for version to be propagated to the MachineSet"
            ),
        }
    }
}

impl fmt::Display for Versions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "MachineSet version ({}) and ControlPlane version ({})",
            self.machine_set, self.control_plane
        )
    }
}
