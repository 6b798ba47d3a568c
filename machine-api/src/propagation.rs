//! What owners write into what they own: MachineDeployments into MachineSets, MachineSets into machines and into what
//! machines are made of.
//!
//! Follows `computeDesiredMS` and `computeDesiredMachine` of Cluster API. An object that exists keeps its name, and what
//! cannot be changed without replacing machines: version, failure domain and references. Everything else is written anew.

use std::collections::BTreeMap;

use componentconfig::{Kind, core::Time};

use crate::{
    IntOrString,
    conversion::DATA_ANNOTATION,
    core::v1beta2::{
        ContractVersionedObjectReference, DeletionOrderSpec, Machine, MachineDeployment,
        MachineDeploymentRolloutStrategyType, MachineSet, MachineSetSpec, MachineSpec,
        MachineTemplateSpec, ObjectMeta as TemplateMeta,
    },
    labels,
    meta::{LabelSelector, ObjectMeta, OwnerReference},
    names::{self, NameOf, RandomSource},
    rollout::Fenceposts,
    template::{Template, TemplateError},
};

/// Annotations of a MachineDeployment that its MachineSets do not get.
const NOT_COPIED: [&str; 6] = [
    "kubectl.kubernetes.io/last-applied-configuration",
    labels::REVISION,
    labels::REVISION_HISTORY,
    labels::DESIRED_REPLICAS,
    labels::MAX_REPLICAS,
    DATA_ANNOTATION,
];

/// What a template of a name has to contain, to the letter.
const RANDOM: &str = "{{ .random }}";

/// Why an object cannot be made of its owner.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PropagationError {
    /// The number of machines is not set. Defaults of admission set it.
    #[error("spec.replicas of {kind} {name} is not set")]
    NoReplicas {
        /// The kind of the object.
        kind: &'static str,
        /// Its name.
        name: String,
    },
    /// A MachineSet cannot be told from the others of its MachineDeployment.
    #[error("MachineSet {0} has no label machine-template-hash")]
    NoHash(String),
    /// Two machines would get one name.
    #[error("cannot generate Machine name: {{{{ .random }}}} is missing in machineNaming.template")]
    NotRandom,
    /// The template of a name cannot be read or filled.
    #[error("cannot generate Machine name: {0}")]
    Name(#[from] TemplateError),
}

/// The MachineSet that a MachineDeployment wants: `current` with everything that is propagated, or a new one without machines.
///
/// How many machines it is to have, and which revision it is of, is for the rollout to say. A new one gets `now` as its time
/// of creation, so that it can be sorted among others.
///
/// # Errors
/// The number of machines of either is not set, or `current` has no label that tells its machines from those of others.
pub fn machine_set(
    deployment: &MachineDeployment,
    current: Option<&MachineSet>,
    random: &mut dyn RandomSource,
    now: Time,
) -> Result<MachineSet, PropagationError> {
    let (metadata, hash, replicas, spec, status) = match current {
        None => {
            let base = format!("{}-", deployment.metadata.name);
            let name = names::with_suffix(&base, random);
            let suffix = name.get(name.len() - names::RANDOM_LENGTH..);
            let spec = deployment.spec.template.spec.clone();
            let hash = format!("{}-{}", template_hash(&spec), suffix.unwrap_or_default());
            let mut metadata = ObjectMeta::named("", name);
            metadata.creation_timestamp = Some(now);
            (
                metadata,
                hash,
                0,
                spec,
                crate::core::v1beta2::MachineSetStatus::default(),
            )
        }
        Some(current) => {
            let found = &current.metadata;
            let hash = found
                .labels
                .get(labels::MACHINE_TEMPLATE_HASH)
                .ok_or_else(|| PropagationError::NoHash(found.name.clone()))?;
            let metadata = ObjectMeta {
                name: found.name.clone(),
                uid: found.uid.clone(),
                finalizers: found.finalizers.clone(),
                creation_timestamp: found.creation_timestamp,
                ..ObjectMeta::default()
            };
            let replicas = set_replicas("MachineSet", found, current.spec.replicas)?;
            let spec = current.spec.template.spec.clone();
            (
                metadata,
                hash.clone(),
                replicas,
                spec,
                current.status.clone(),
            )
        }
    };
    let template = &deployment.spec.template;
    let mut with_hash = template.metadata.labels.clone();
    with_hash.insert(labels::MACHINE_TEMPLATE_HASH.to_owned(), hash.clone());
    let mut own = with_hash.clone();
    own.insert(
        labels::DEPLOYMENT_NAME.to_owned(),
        deployment.metadata.name.clone(),
    );
    let mut selector: LabelSelector = deployment.spec.selector.clone();
    selector
        .match_labels
        .insert(labels::MACHINE_TEMPLATE_HASH.to_owned(), hash);
    let mut spec = spec;
    propagate(&template.spec, &mut spec);
    Ok(MachineSet {
        metadata: ObjectMeta {
            namespace: deployment.metadata.namespace.clone(),
            labels: own,
            annotations: annotations_of_machine_set(deployment)?,
            owner_references: vec![controller_reference(deployment)],
            ..metadata
        },
        spec: MachineSetSpec {
            cluster_name: deployment.spec.cluster_name.clone(),
            replicas: Some(replicas),
            selector,
            template: MachineTemplateSpec {
                metadata: TemplateMeta {
                    labels: with_hash,
                    annotations: template.metadata.annotations.clone(),
                },
                spec,
            },
            machine_naming: deployment.spec.machine_naming.clone(),
            deletion: DeletionOrderSpec {
                order: deployment.spec.deletion.order.clone(),
            },
        },
        status,
    })
}

/// The annotations that every MachineSet of a MachineDeployment gets: those of the MachineDeployment, but for what says something
/// about it alone, and how many machines it has and may have.
///
/// # Errors
/// The number of machines is not set.
pub fn annotations_of_machine_set(
    deployment: &MachineDeployment,
) -> Result<BTreeMap<String, String>, PropagationError> {
    let metadata = &deployment.metadata;
    let replicas = set_replicas("MachineDeployment", metadata, deployment.spec.replicas)?;
    let mut annotations = metadata.annotations.clone();
    annotations.retain(|key, _| !NOT_COPIED.contains(&key.as_str()));
    let most = replicas.saturating_add(max_surge(deployment, replicas));
    annotations.insert(labels::DESIRED_REPLICAS.to_owned(), replicas.to_string());
    annotations.insert(labels::MAX_REPLICAS.to_owned(), most.to_string());
    Ok(annotations)
}

/// The machine that a MachineSet wants: `current` with everything that is propagated, or a new one.
///
/// A new one has no references to its bootstrap and infrastructure objects yet; they have its name when they are made.
///
/// # Errors
/// The template of the name is malformed or would give two machines one name.
pub fn machine(
    set: &MachineSet,
    current: Option<&Machine>,
    random: &mut dyn RandomSource,
) -> Result<Machine, PropagationError> {
    let name = machine_name(set, random)?;
    let template = &set.spec.template;
    let mut spec = MachineSpec {
        cluster_name: set.spec.cluster_name.clone(),
        infrastructure_ref: ContractVersionedObjectReference::default(),
        ..template.spec.clone()
    };
    spec.bootstrap.config_ref = ContractVersionedObjectReference::default();
    let mut metadata = ObjectMeta {
        namespace: set.metadata.namespace.clone(),
        labels: labels_of_machine(set),
        annotations: template.metadata.annotations.clone(),
        owner_references: vec![controller_reference(set)],
        finalizers: vec![labels::MACHINE_FINALIZER.to_owned()],
        ..ObjectMeta::named("", name)
    };
    if let Some(current) = current {
        metadata.name.clone_from(&current.metadata.name);
        metadata.uid.clone_from(&current.metadata.uid);
        if !current.metadata.finalizers.is_empty() {
            metadata.finalizers.clone_from(&current.metadata.finalizers);
            let own = labels::MACHINE_FINALIZER.to_owned();
            if !metadata.finalizers.contains(&own) {
                metadata.finalizers.push(own);
            }
        }
        let fixed = &current.spec;
        spec.bootstrap.config_ref = fixed.bootstrap.config_ref.clone();
        spec.infrastructure_ref = fixed.infrastructure_ref.clone();
        spec.version.clone_from(&fixed.version);
        spec.failure_domain.clone_from(&fixed.failure_domain);
    }
    Ok(Machine {
        metadata,
        spec,
        ..Machine::default()
    })
}

/// A machine that is being deleted, with what its MachineSet says about how it goes. Nothing else of it changes any more.
pub fn deleting_machine(set: &MachineSet, current: &Machine) -> Machine {
    let mut machine = current.clone();
    propagate(&set.spec.template.spec, &mut machine.spec);
    let timeout = &mut machine.spec.deletion.node_deletion_timeout_seconds;
    *timeout = timeout.or(Some(NODE_DELETION_TIMEOUT));
    machine
}

/// The labels of the machines of a MachineSet, and of what they are made of: those of its template, its name, and that of its
/// MachineDeployment.
pub fn labels_of_machine(set: &MachineSet) -> BTreeMap<String, String> {
    let mut all = set.spec.template.metadata.labels.clone();
    let name = labels::format_value(&set.metadata.name);
    all.insert(labels::SET_NAME.to_owned(), name);
    if let Some(deployment) = set.metadata.labels.get(labels::DEPLOYMENT_NAME) {
        all.insert(labels::DEPLOYMENT_NAME.to_owned(), deployment.clone());
    }
    all
}

/// A machine of the MachineSet `from` as it is when it is given to `to`, which has to do the rest: another owner, another label, and
/// the mark of an update that is under way and not counted yet.
///
/// # Errors
/// `to` has no label that tells its machines from those of others.
pub fn moved_machine(
    machine: &Machine,
    from: &MachineSet,
    to: &MachineSet,
) -> Result<Machine, PropagationError> {
    let hash = to
        .metadata
        .labels
        .get(labels::MACHINE_TEMPLATE_HASH)
        .ok_or_else(|| PropagationError::NoHash(to.metadata.name.clone()))?;
    let mut moved = machine.clone();
    let owner = OwnerReference {
        block_owner_deletion: None,
        ..controller_reference(to)
    };
    let owners = &mut moved.metadata.owner_references;
    let old = owners
        .iter_mut()
        .find(|owner| owner.kind == MachineSet::GVK.kind() && owner.name == from.metadata.name);
    match old {
        Some(old) => *old = owner,
        None => owners.push(owner),
    }
    let meta = &mut moved.metadata;
    meta.labels
        .insert(labels::MACHINE_TEMPLATE_HASH.to_owned(), hash.clone());
    for mark in [labels::UPDATE_IN_PROGRESS, labels::PENDING_ACKNOWLEDGE_MOVE] {
        meta.annotations.insert(mark.to_owned(), String::new());
    }
    Ok(moved)
}

/// A reference to an object as the controller of what it is written into.
pub fn controller_reference<T: crate::Object>(owner: &T) -> OwnerReference {
    OwnerReference {
        controller: Some(true),
        block_owner_deletion: Some(true),
        ..owner_reference(owner)
    }
}

/// A reference to an object as an owner among others.
pub fn owner_reference<T: crate::Object>(owner: &T) -> OwnerReference {
    OwnerReference {
        api_version: T::GVK.api_version(),
        kind: T::GVK.kind().to_owned(),
        name: owner.metadata().name.clone(),
        uid: owner.metadata().uid.clone(),
        controller: None,
        block_owner_deletion: None,
    }
}

/// How long the deletion of a node is tried if nothing is said about it.
const NODE_DELETION_TIMEOUT: i32 = 10;

/// Copies the fields that machines may change in place.
fn propagate(from: &MachineSpec, to: &mut MachineSpec) {
    to.min_ready_seconds = from.min_ready_seconds;
    to.readiness_gates.clone_from(&from.readiness_gates);
    to.deletion = from.deletion.clone();
    to.taints.clone_from(&from.taints);
}

fn machine_name(
    set: &MachineSet,
    random: &mut dyn RandomSource,
) -> Result<String, PropagationError> {
    let what = NameOf::MachineSetMachine {
        machine_set: &set.metadata.name,
    };
    let text = match set.spec.machine_naming.template.as_str() {
        "" => what.default_template(),
        template if template.contains(RANDOM) => template,
        _ => return Err(PropagationError::NotRandom),
    };
    let template = Template::parse(text)?;
    let cluster = &set.spec.cluster_name;
    Ok(names::generate(&template, cluster, what, random)?)
}

fn max_surge(deployment: &MachineDeployment, replicas: i32) -> i32 {
    let strategy = &deployment.spec.rollout.strategy;
    if strategy.r#type != MachineDeploymentRolloutStrategyType::RollingUpdate {
        return 0;
    }
    let number = |value: &Option<IntOrString>| value.clone().unwrap_or_default();
    let rolling = &strategy.rolling_update;
    let posts = Fenceposts::resolve(
        &number(&rolling.max_surge),
        &number(&rolling.max_unavailable),
        replicas,
    );
    // Validation refuses what cannot be read.
    posts.map_or(0, |posts| posts.max_surge())
}

fn set_replicas(
    kind: &'static str,
    metadata: &ObjectMeta,
    replicas: Option<i32>,
) -> Result<i32, PropagationError> {
    replicas.ok_or_else(|| PropagationError::NoReplicas {
        kind,
        name: metadata.name.clone(),
    })
}

/// A number for what a rollout replaces machines for. It is only there to tell MachineSets apart, so it need not be the number
/// that Cluster API would compute.
fn template_hash(spec: &MachineSpec) -> u32 {
    let mut rolled = MachineSpec {
        version: spec.version.clone(),
        failure_domain: spec.failure_domain.clone(),
        bootstrap: spec.bootstrap.clone(),
        infrastructure_ref: spec.infrastructure_ref.clone(),
        ..MachineSpec::default()
    };
    rolled.cluster_name.clone_from(&spec.cluster_name);
    let text = serde_json::to_string(&rolled).unwrap_or_default();
    labels::fnv32a(&text)
}
