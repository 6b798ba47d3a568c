//! Clusters that are made from a ClusterClass: the objects that there should be, and what has to change for that.
//!
//! Follows `exp/topology` and `core/reconcilers/topology/cluster` of Cluster API. [`desired`] computes the objects from the
//! ClusterClass, its templates and the topology of the Cluster, applies the patches of the class, and decides which version each
//! part may have now; [`changes`](Desired::changes) compares them with those that there are.

mod changes;
mod clone;
mod condition;
mod control_plane;
mod explain;
mod hooks;
mod kind;
mod object;
mod patches;
mod state;
mod version;
mod workers;

use std::collections::BTreeMap;

use serde_json::Value;

pub use self::{
    changes::{Action, Change},
    condition::{BlockingHook, Outcome, reconciled},
    hooks::{Hook, Hooks},
    patches::{ExternalPatches, PatchItem, Variables},
    state::{
        ControlPlaneState, ControlPlaneTracker, Desired, MachineDeploymentState, MachinePoolState,
        State, UpgradeTracker, WorkersTracker,
    },
};
use crate::{
    Compat, Gates,
    core::v1beta2::{Cluster, ClusterClass, ClusterClassTemplateReference, Machine},
    labels,
    names::{NameOf, RandomSource, generate},
    template::{Template, TemplateError},
    upgrade_plan::UpgradePlanError,
    version::ParseVersionError,
};

/// The templates of a ClusterClass. A closure is one.
pub trait Templates {
    /// The template that is referred to, in the namespace of the class and the version of the reference.
    fn template(&self, reference: &ClusterClassTemplateReference) -> Option<Value>;
}

impl<F: Fn(&ClusterClassTemplateReference) -> Option<Value>> Templates for F {
    fn template(&self, reference: &ClusterClassTemplateReference) -> Option<Value> {
        self(reference)
    }
}

/// The version of the contract that a provider's object keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contract {
    /// That of Cluster API v1beta1.
    V1Beta1,
    /// That of Cluster API v1beta2.
    V1Beta2,
}

/// Which contract which kind keeps, by the labels of its CustomResourceDefinition. A closure is one.
pub trait Contracts {
    /// The contract of a version of a kind, by `apiVersion` and `kind`.
    fn contract(&self, api_version: &str, kind: &str) -> Option<Contract>;
}

impl<F: Fn(&str, &str) -> Option<Contract>> Contracts for F {
    fn contract(&self, api_version: &str, kind: &str) -> Option<Contract> {
        self(api_version, kind)
    }
}

/// What the objects of a Cluster depend on.
#[derive(Clone, Copy)]
pub struct Observed<'a> {
    /// The Cluster.
    pub cluster: &'a Cluster,
    /// Its class.
    pub class: &'a ClusterClass,
    /// The templates of the class.
    pub templates: &'a dyn Templates,
    /// Which contract the control plane keeps.
    pub contracts: &'a dyn Contracts,
    /// The objects that there are.
    pub current: &'a State,
    /// The machines of the Cluster.
    pub machines: &'a [Machine],
    /// The kubelet's version of each node, by its name; asked for nodes of MachinePools alone.
    pub kubelet_versions: &'a BTreeMap<String, String>,
    /// The steps of control plane and workers from the extension that the class names, if it names one.
    pub upgrade_plan: Option<(&'a [String], &'a [String])>,
    /// What extensions answer, and who holds an upgrade back.
    pub hooks: &'a dyn Hooks,
    /// Who makes the patches that extensions make.
    pub external_patches: &'a dyn ExternalPatches,
    /// Which features are on.
    pub gates: Gates,
    /// Which upgrade plan to make where Cluster API's is wrong.
    pub compat: Compat,
}

impl std::fmt::Debug for Observed<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Observed")
            .field("cluster", &self.cluster.metadata.name)
            .field("class", &self.class.metadata.name)
            .finish_non_exhaustive()
    }
}

/// Why the objects cannot be computed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TopologyError {
    /// The class refers to a template that is not there.
    #[error("{kind} {name}, to which the ClusterClass refers, is not there")]
    NoTemplate {
        /// Its kind.
        kind: String,
        /// Its name.
        name: String,
    },
    /// The topology asks for a class of workers that the ClusterClass has not.
    #[error("{kind} class {class:?} of topology {topology:?} is not in the ClusterClass")]
    NoClass {
        /// `MachineDeployment` or `MachinePool`.
        kind: &'static str,
        /// The name of the class.
        class: String,
        /// The name in the topology.
        topology: String,
    },
    /// It is not known which contract the control plane keeps.
    #[error(
        "the CustomResourceDefinition of {kind} {api_version} names no contract for this version"
    )]
    NoContract {
        /// Its kind.
        kind: String,
        /// Its group and version.
        api_version: String,
    },
    /// A field of an object is not what the contract says.
    #[error("{kind} {name}: {path}: {problem}")]
    Field {
        /// The kind of the object.
        kind: String,
        /// Its name.
        name: String,
        /// The field.
        path: String,
        /// What is wrong.
        problem: String,
    },
    /// A name cannot be made.
    #[error("the name of {what}: {error}")]
    Name {
        /// What is to be named.
        what: &'static str,
        /// What is wrong with the template.
        error: TemplateError,
    },
    /// A version cannot be read.
    #[error(transparent)]
    Version(#[from] ParseVersionError),
    /// There is no way to the version that is wanted.
    #[error(transparent)]
    Plan(#[from] UpgradePlanError),
    /// There are no steps to the version that is wanted.
    #[error("{0} waits for an upgrade, and no plan says to which version")]
    NoPlan(String),
    /// A machine without a version belongs to a MachineDeployment with one.
    #[error("Machine {machine} of MachineDeployment {deployment} has no version")]
    MachineWithoutVersion {
        /// The machine.
        machine: String,
        /// The MachineDeployment.
        deployment: String,
    },
    /// The node of a MachinePool is not known.
    #[error("Node {node} of MachinePool {pool} is not known")]
    NodeOfPool {
        /// The node.
        node: String,
        /// The MachinePool.
        pool: String,
    },
    /// A patch of the class cannot be made or applied.
    #[error("patch {patch:?} of {kind}: {problem}")]
    Patch {
        /// Its name.
        patch: String,
        /// The kind of the template.
        kind: String,
        /// What is wrong.
        problem: String,
    },
}

/// The objects that there should be now.
///
/// ```
/// use std::collections::BTreeMap;
/// use machine_api::{
///     Compat, Gates, core::v1beta2::{Cluster, ClusterClass, ClusterClassTemplateReference},
///     topology::{self, Contract, State},
/// };
/// use serde_json::json;
///
/// let class: ClusterClass = serde_json::from_value(json!({"metadata": {"name": "small", "namespace": "default"}, "spec": {
///     "infrastructure": {"templateRef": {"apiVersion": "demo.io/v1", "kind": "DemoClusterTemplate", "name": "net"}},
///     "controlPlane": {"templateRef": {"apiVersion": "demo.io/v1", "kind": "DemoControlPlaneTemplate", "name": "cp"}}}}))?;
/// let cluster: Cluster = serde_json::from_value(json!({"metadata": {"name": "prod", "namespace": "default"}, "spec": {
///     "topology": {"classRef": {"name": "small"}, "version": "v1.36.0", "controlPlane": {"replicas": 3}}}}))?;
/// let templates = |reference: &ClusterClassTemplateReference| Some(json!({
///     "apiVersion": reference.api_version, "kind": reference.kind, "metadata": {"name": reference.name},
///     "spec": {"template": {"spec": {"size": 1}}}}));
/// let desired = topology::desired(
///     &topology::Observed {
///         cluster: &cluster, class: &class, templates: &templates, contracts: &|_: &str, _: &str| Some(Contract::V1Beta2),
///         current: &State::default(), machines: &[], kubelet_versions: &BTreeMap::new(), upgrade_plan: None,
///         hooks: &(), external_patches: &(), gates: Gates::default(), compat: Compat::Fixed,
///     },
///     &mut |length| "z".repeat(length),
/// )?;
/// let control_plane = desired.state.control_plane.as_ref().map(|state| &state.object);
/// assert_eq!(control_plane.map(|object| object["metadata"]["name"].clone()), Some(json!("prod-zzzzz")));
/// assert_eq!(control_plane.map(|object| object["spec"].clone()), Some(json!({"size": 1, "replicas": 3, "version": "v1.36.0"})));
/// assert_eq!(desired.changes(&cluster, &State::default()).len(), 3);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// What the class or the topology refers to is not there, a version or a name cannot be made, or a patch cannot be applied.
pub fn desired(
    observed: &Observed<'_>,
    random: &mut dyn RandomSource,
) -> Result<Desired, TopologyError> {
    let mut work = Work {
        observed,
        random,
        tracker: UpgradeTracker::new(observed.cluster),
        hooks: hooks::Calls::new(observed),
    };
    let mut state = State {
        infrastructure_cluster: Some(work.infrastructure_cluster()?),
        ..State::default()
    };
    let machines = work.control_plane_machines()?;
    version::plan(&mut work)?;
    version::mark_upgrading(&mut work)?;
    let object = work.control_plane(machines.as_ref())?;
    let machine_health_check = work.control_plane_health_check(&object);
    let control_plane = ControlPlaneState {
        object,
        infrastructure_machine_template: machines,
        machine_health_check,
    };
    let cluster = work.cluster(state.infrastructure_cluster.as_ref(), &control_plane.object);
    state.control_plane = Some(control_plane);
    work.workers(&mut state)?;
    patches::apply(observed, &cluster, &mut state)?;
    Ok(Desired {
        cluster,
        state,
        tracker: work.tracker,
        hooks: work.hooks.into_calls(),
    })
}

/// The computation while it goes on.
struct Work<'a, 'b> {
    observed: &'a Observed<'a>,
    random: &'b mut dyn RandomSource,
    tracker: UpgradeTracker,
    hooks: hooks::Calls<'a>,
}

impl Work<'_, '_> {
    fn template(&self, reference: &ClusterClassTemplateReference) -> Result<Value, TopologyError> {
        let found = self.observed.templates.template(reference);
        found.ok_or_else(|| TopologyError::NoTemplate {
            kind: reference.kind.clone(),
            name: reference.name.clone(),
        })
    }

    fn name(&mut self, what: NameOf<'_>, template: &str) -> Result<String, TopologyError> {
        let text = match template {
            "" => what.default_template(),
            text => text,
        };
        let cluster = &self.observed.cluster.metadata.name;
        let name = Template::parse(text)
            .and_then(|template| generate(&template, cluster, what, self.random));
        name.map_err(|error| TopologyError::Name {
            what: match what {
                NameOf::InfrastructureCluster => "the infrastructure cluster",
                NameOf::ControlPlane => "the control plane",
                NameOf::MachinePool { .. } => "a MachinePool",
                _ => "a MachineDeployment",
            },
            error,
        })
    }

    fn contract(&self, object: &Value) -> Result<Contract, TopologyError> {
        let (api_version, kind) = (object::api_version(object), object::kind(object));
        let contract = self.observed.contracts.contract(api_version, kind);
        contract.ok_or_else(|| TopologyError::NoContract {
            kind: kind.to_owned(),
            api_version: api_version.to_owned(),
        })
    }

    fn infrastructure_cluster(&mut self) -> Result<Value, TopologyError> {
        let class = &self.observed.class.spec.infrastructure;
        let template = self.template(&class.template_ref)?;
        let name = self.name(NameOf::InfrastructureCluster, &class.naming.template)?;
        let current = &self.observed.cluster.spec.infrastructure_ref.name;
        let mut object = clone::Source {
            template: &template,
            reference: &class.template_ref,
            cluster: self.observed.cluster,
            name: object::first_of([current, &name]),
        }
        .object(&clone::Metadata::default(), None);
        self.keep_shim(
            &mut object,
            self.observed.current.infrastructure_cluster.as_ref(),
        );
        Ok(object)
    }

    /// Keeps a reference to the shim that owns an object until the Cluster does.
    fn keep_shim(&self, object: &mut Value, current: Option<&Value>) {
        let shim = format!("{}-shim", self.observed.cluster.metadata.name);
        let owners = current.and_then(|current| current.pointer("/metadata/ownerReferences"));
        let mut owners = owners.and_then(Value::as_array).into_iter().flatten();
        let owner = owners.find(|owner| {
            owner.get("kind") == Some(&"Secret".into())
                && owner.get("name").and_then(Value::as_str) == Some(&shim)
        });
        if let Some(owner) = owner {
            object::put(
                object,
                &["metadata", "ownerReferences"],
                Value::Array(vec![owner.clone()]),
            );
        }
    }

    /// The Cluster with its references, and the step of an upgrade that it is in.
    fn cluster(&mut self, infrastructure: Option<&Value>, control_plane: &Value) -> Cluster {
        let mut cluster = self.observed.cluster.clone();
        let name = cluster.metadata.name.clone();
        let labels = &mut cluster.metadata.labels;
        labels.insert(labels::CLUSTER_NAME.to_owned(), name);
        labels.insert(labels::TOPOLOGY_OWNED.to_owned(), String::new());
        cluster.spec.infrastructure_ref = infrastructure.map(object::reference).unwrap_or_default();
        cluster.spec.control_plane_ref = object::reference(control_plane);
        self.hooks.write(&mut cluster.metadata.annotations);
        let annotations = &mut cluster.metadata.annotations;
        let upgrading = if self.observed.gates.runtime_sdk {
            self.hooks.is_pending("AfterClusterUpgrade")
        } else {
            self.tracker.has_plan()
        };
        annotations.remove(labels::UPGRADE_STEP);
        if upgrading {
            let version = object::text(control_plane, &["spec", "version"]).to_owned();
            annotations.insert(labels::UPGRADE_STEP.to_owned(), version);
        }
        cluster
    }
}
