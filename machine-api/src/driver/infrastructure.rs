//! What providers do, written into their objects as the contract has it.

use serde_json::{Map, Value, json};

use super::{Chain, Context, snapshot::place};
use crate::{
    contract::{ControlPlane, Untyped, Written},
    core::v1beta2::{Cluster, Machine},
    explain::Why,
    labels,
    meta::{ObjectMeta, OwnerReference},
    propagation::controller_reference,
    provider::{
        ClusterRequest, ControlPlaneRequest, MachineRequest, Progress, Provider, ProviderError,
    },
};

/// Keeps objects of providers until what they stand for is gone.
const FINALIZER: &str = "provider.cluster.x-k8s.io/cleanup";

/// What a provider said about an object: what to write, or that it is gone.
enum Said {
    Write(Written),
    Gone,
}

impl<P: Provider> Context<'_, P> {
    /// The infrastructure and the control plane of a cluster.
    pub(super) fn provide_cluster(&mut self, cluster: &Cluster) {
        let (namespace, now) = (&cluster.metadata.namespace, self.now);
        let owner = controller_reference(cluster);
        let request = ClusterRequest { cluster, now };
        let reference = &cluster.spec.infrastructure_ref;
        let active = |object: &&Value| !is_paused(cluster, object);
        let object = self.snapshot.find(namespace, reference);
        if let Some(object) = object.filter(active) {
            let contract = self.snapshot.contract(reference);
            let said = if is_deleting(object) {
                gone(self.provider.delete_cluster(&request))
            } else {
                let facts = self.provider.cluster(&request);
                facts.map(|facts| facts.map(|facts| Said::Write(facts.written(contract))))
            };
            self.take(object, &owner, &cluster.metadata.name, said);
        }
        let reference = &cluster.spec.control_plane_ref;
        let snapshot = self.snapshot;
        if let Some(kcp) = snapshot.kubeadm_control_plane(cluster) {
            self.kubeadm_control_plane(cluster, kcp);
        } else if let Some(object) = self.snapshot.find(namespace, reference).filter(active) {
            let contract = self.snapshot.contract(reference);
            let facts = Untyped::new(object, contract).control_plane_facts();
            let version = facts.version.unwrap_or_default();
            let request = ControlPlaneRequest {
                cluster,
                version: &version,
                now,
            };
            let infrastructure = cluster.status.initialization.infrastructure_provisioned;
            let said = if is_deleting(object) {
                gone(self.provider.delete_control_plane(&request))
            } else if infrastructure == Some(true) {
                let facts = self.provider.control_plane(&request);
                facts.map(|facts| facts.map(|facts| Said::Write(facts.written(contract))))
            } else {
                Ok(Progress::Done(Said::Write(Written::default())))
            };
            self.take(object, &owner, &cluster.metadata.name, said);
        }
    }

    /// The bootstrap configuration and the infrastructure of a machine.
    pub(super) fn provide_machine(&mut self, machine: &Machine) {
        let meta = &machine.metadata;
        let Some(cluster) = self
            .snapshot
            .cluster(&meta.namespace, &machine.spec.cluster_name)
        else {
            return;
        };
        let request = MachineRequest {
            cluster,
            machine,
            now: self.now,
        };
        let owner = controller_reference(machine);
        let status = &cluster.status.initialization;
        let may_join = status.infrastructure_provisioned == Some(true)
            && (status.control_plane_initialized == Some(true)
                || meta.labels.contains_key(labels::CONTROL_PLANE));
        let nothing = || Ok(Progress::Done(Said::Write(Written::default())));
        let active = |object: &&Value| !is_paused(cluster, object);
        let reference = &machine.spec.bootstrap.config_ref;
        let object = self.snapshot.find(&meta.namespace, reference);
        if let Some(object) = object.filter(active) {
            let contract = self.snapshot.contract(reference);
            if !self.makes_data(cluster, machine, object) {
                let said = if is_deleting(object) {
                    Ok(Progress::Done(Said::Gone))
                } else if may_join {
                    let facts = self.provider.bootstrap(&request);
                    facts.map(|facts| facts.map(|facts| Said::Write(facts.written(contract))))
                } else {
                    nothing()
                };
                self.take(object, &owner, &cluster.metadata.name, said);
            }
        }
        let reference = &machine.spec.infrastructure_ref;
        let object = self.snapshot.find(&meta.namespace, reference);
        if let Some(object) = object.filter(active) {
            let contract = self.snapshot.contract(reference);
            let said = if is_deleting(object) {
                gone(self.provider.delete_machine(&request))
            } else if machine.spec.bootstrap.data_secret_name.is_some() {
                let facts = self.provider.machine(&request);
                facts.map(|facts| facts.map(|facts| Said::Write(facts.written(contract))))
            } else {
                nothing()
            };
            self.take(object, &owner, &cluster.metadata.name, said);
        }
    }

    /// Whether the data of a machine is made here rather than by the provider.
    #[cfg(feature = "bootstrap-data")]
    fn makes_data(&mut self, cluster: &Cluster, machine: &Machine, object: &Value) -> bool {
        self.makes_data && self.kubeadm_config(cluster, machine, object)
    }

    /// Whether the data of a machine is made here rather than by the provider.
    #[cfg(not(feature = "bootstrap-data"))]
    #[allow(clippy::unused_self, reason = "with the feature it is used")]
    const fn makes_data(&self, _: &Cluster, _: &Machine, _: &Value) -> bool {
        false
    }

    /// What is deleted and belongs to no machine and no cluster any more.
    pub(super) fn provide_orphans(&mut self) {
        let snapshot = self.snapshot;
        let used: Vec<&Value> = snapshot.referenced().collect();
        for object in snapshot.external() {
            if !is_deleting(object) || used.iter().any(|one| std::ptr::eq(*one, object)) {
                continue;
            }
            let (namespace, name) = place(object);
            let cluster_name = object.pointer("/metadata/labels");
            let cluster_name = cluster_name.and_then(|all| all.get(labels::CLUSTER_NAME)?.as_str());
            let cluster = Cluster {
                metadata: ObjectMeta::named(namespace, cluster_name.unwrap_or_default()),
                ..Cluster::default()
            };
            let machine = Machine {
                metadata: ObjectMeta::named(namespace, name),
                ..Machine::default()
            };
            let request = MachineRequest {
                cluster: &cluster,
                machine: &machine,
                now: self.now,
            };
            let said = gone(self.provider.delete_machine(&request));
            self.take(object, &OwnerReference::default(), "", said);
        }
    }

    /// Writes what a provider said, and who the object belongs to.
    fn take(
        &mut self,
        object: &Value,
        owner: &OwnerReference,
        cluster: &str,
        said: Result<Progress<Said>, ProviderError>,
    ) {
        let (namespace, name) = place(object);
        let subject = format!(
            "{} {namespace}/{name}",
            object
                .get("kind")
                .and_then(Value::as_str)
                .unwrap_or_default()
        );
        let mut desired = object.clone();
        if is_deleting(object) {
            if matches!(said, Ok(Progress::Done(Said::Gone))) {
                finalizers(&mut desired, |all| all.retain(|one| one != FINALIZER));
            }
        } else {
            belong(&mut desired, owner, cluster);
            finalizers(&mut desired, |all| {
                if !all.iter().any(|one| one == FINALIZER) {
                    all.push(FINALIZER.to_owned());
                }
            });
        }
        match said {
            Ok(Progress::Done(Said::Write(written))) => {
                merge(&mut desired, "spec", written.spec);
                merge(&mut desired, "status", written.status);
            }
            Ok(Progress::Done(Said::Gone)) => {}
            Ok(Progress::Pending {
                retry_after_seconds,
            }) => self.look_again(retry_after_seconds),
            Err(error) => {
                self.plan.why.push(Why::new(
                    subject.clone(),
                    "ProviderFailed",
                    error.to_string(),
                ));
                self.look_again(RETRY_SECONDS);
            }
        }
        let mut chain = Chain::new(subject);
        chain.change(object, &desired);
        self.plan.chains.push(chain);
    }
}

/// A provider that failed is asked again after so many seconds.
const RETRY_SECONDS: u32 = 10;

fn gone(progress: Result<Progress<()>, ProviderError>) -> Result<Progress<Said>, ProviderError> {
    progress.map(|progress| progress.map(|()| Said::Gone))
}

pub(super) fn is_deleting(object: &Value) -> bool {
    let time = object.pointer("/metadata/deletionTimestamp");
    time.is_some_and(|time| !time.is_null())
}

/// Whether an object is left as it is: it is paused itself, or its whole cluster.
fn is_paused(cluster: &Cluster, object: &Value) -> bool {
    let annotations = object.pointer("/metadata/annotations");
    cluster.spec.paused == Some(true)
        || annotations.is_some_and(|all| all.get(labels::PAUSED).is_some())
}

/// The controller of an object, in place of the MachineSet or control plane that made it.
pub(super) fn belong(object: &mut Value, owner: &OwnerReference, cluster: &str) {
    let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) else {
        return;
    };
    let owners = metadata.remove("ownerReferences");
    let mut owners: Vec<OwnerReference> = owners
        .and_then(|owners| serde_json::from_value(owners).ok())
        .unwrap_or_default();
    let makers = ["MachineSet", "KubeadmControlPlane"];
    owners.retain(|one| !makers.contains(&one.kind.as_str()) && one.uid != owner.uid);
    owners.insert(0, owner.clone());
    metadata.insert("ownerReferences".to_owned(), json!(owners));
    let all = metadata
        .entry("labels")
        .or_insert_with(|| Value::Object(Map::new()));
    if let Some(all) = all.as_object_mut() {
        all.insert(labels::CLUSTER_NAME.to_owned(), json!(cluster));
    }
}

/// The controller of an object of a cluster, and its label.
pub(super) fn own(metadata: &mut ObjectMeta, owner: &OwnerReference, cluster: &str) {
    let owners = &mut metadata.owner_references;
    if !owners.contains(owner) {
        owners.retain(|one| one.uid != owner.uid);
        owners.insert(0, owner.clone());
    }
    let label = labels::CLUSTER_NAME.to_owned();
    metadata.labels.insert(label, cluster.to_owned());
}

fn finalizers(object: &mut Value, change: impl FnOnce(&mut Vec<String>)) {
    let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) else {
        return;
    };
    let all = metadata.remove("finalizers");
    let mut all: Vec<String> = all
        .and_then(|all| serde_json::from_value(all).ok())
        .unwrap_or_default();
    change(&mut all);
    if !all.is_empty() {
        metadata.insert("finalizers".to_owned(), json!(all));
    }
}

fn merge(object: &mut Value, part: &str, fields: Map<String, Value>) {
    let Some(object) = object.as_object_mut() else {
        return;
    };
    if fields.is_empty() {
        return;
    }
    let part = object
        .entry(part)
        .or_insert_with(|| Value::Object(Map::new()));
    if let Some(part) = part.as_object_mut() {
        part.extend(fields);
    }
}
