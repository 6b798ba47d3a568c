//! The cloud: machines that are only remembered, and the cluster that they become, as the driver of Cluster API sees both.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use apply_semantics::op::{Executor, Operation, Outcome, Refusal, ResourceRef};
use bootstrap_phases::kubeadm::join::Member;
use componentconfig::core::Time;
use examples::{failure::Failure, stand_in};
use machine_api::{
    contract::{BootstrapConfigFacts, ControlPlaneFacts, InfraClusterFacts, InfraMachineFacts},
    core::v1beta2::Cluster,
    kcp::EtcdMember,
    machine::{Node, Pod},
    provider::{
        BootstrapProvider, ClusterRequest, ControlPlaneProvider, ControlPlaneRequest, DrainFacts,
        Etcd, EtcdClusters, InfrastructureProvider, Job, MachineRequest, MemoryProvider, Progress,
        ProviderError, WorkloadClusters,
    },
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::{
    api::{Api, NAMESPACE},
    kind, kubelet,
    objects::CLOUD,
    workload::Workload,
};

/// The object that the cloud is remembered in.
fn memory_name(cluster: &str) -> String {
    format!("{cluster}-cloud")
}

/// Clones are the same cloud.
#[derive(Clone)]
pub(crate) struct Cloud {
    memory: Arc<Mutex<MemoryProvider>>,
    kept: Arc<Mutex<Value>>,
    pub(crate) workload: Workload,
    api: Api,
    cluster: String,
}

impl Cloud {
    /// The cloud as it was left.
    pub(crate) fn open(api: &Api, cluster: &str, workload: &Workload) -> Result<Self, Failure> {
        let object = api
            .get(CLOUD, "MemoryCluster", cluster)?
            .unwrap_or_default();
        let behaviour = object.get("spec").cloned().unwrap_or_else(|| json!({}));
        let behaviour: kind::Cloud = serde_json::from_value(behaviour).map_err(Failure::run)?;
        let zones = behaviour.zones.iter().map(String::as_str);
        let mut memory = MemoryProvider::new()
            .delay(
                Job::CreateMachine,
                behaviour.create_seconds.unwrap_or_default(),
            )
            .delay(
                Job::DeleteMachine,
                behaviour.delete_seconds.unwrap_or_default(),
            )
            .failure_domains(zones);
        let kept = api.get("v1", "ConfigMap", &memory_name(cluster))?;
        let kept = kept.and_then(|kept| kept.pointer("/data/memory")?.as_str().map(str::to_owned));
        let mut state = memory.state();
        if let Some(kept) = kept {
            state = serde_json::from_str(&kept).map_err(Failure::run)?;
            memory = memory.with_state(&state).map_err(Failure::run)?;
        }
        Ok(Self {
            memory: Arc::new(Mutex::new(memory)),
            kept: Arc::new(Mutex::new(state)),
            workload: workload.clone(),
            api: api.clone(),
            cluster: cluster.to_owned(),
        })
    }

    fn memory(&self) -> MutexGuard<'_, MemoryProvider> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The names of the machines that there are.
    pub(crate) fn machines(&self) -> Vec<String> {
        self.memory().machines().map(str::to_owned).collect()
    }

    /// Writes down what is remembered, if that changed: before anybody is told of it.
    pub(crate) fn keep(&self) -> Result<(), Refusal> {
        let state = self.memory().state();
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if *kept == state {
            return Ok(());
        }
        let object = json!({
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": memory_name(&self.cluster), "namespace": NAMESPACE},
            "data": {"memory": state.to_string()},
        });
        let written = self.api.apply(object);
        written.map_err(|failure| Refusal::unreachable(failure.to_string()))?;
        *kept = state;
        Ok(())
    }

    /// The cloud is forgotten.
    pub(crate) fn forget(&self) -> Result<(), Failure> {
        self.api.delete(crate::api::reference(
            "v1",
            "ConfigMap",
            &memory_name(&self.cluster),
        ))
    }
}

/// The API, where nothing is written that tells of a machine which the cloud would not remember.
pub(crate) struct Guarded(pub(crate) Cloud);

impl Executor for Guarded {
    fn execute(&mut self, operation: &Operation) -> Result<Outcome, Refusal> {
        if !operation.is_read() {
            self.0.keep()?;
        }
        self.0.api.execute(operation)
    }
}

impl InfrastructureProvider for Cloud {
    fn cluster(
        &mut self,
        request: &ClusterRequest<'_>,
    ) -> Result<Progress<InfraClusterFacts>, ProviderError> {
        self.memory().cluster(request)
    }

    fn delete_cluster(
        &mut self,
        request: &ClusterRequest<'_>,
    ) -> Result<Progress<()>, ProviderError> {
        self.memory().delete_cluster(request)
    }

    fn machine(
        &mut self,
        request: &MachineRequest<'_>,
    ) -> Result<Progress<InfraMachineFacts>, ProviderError> {
        self.memory().machine(request)
    }

    fn delete_machine(
        &mut self,
        request: &MachineRequest<'_>,
    ) -> Result<Progress<()>, ProviderError> {
        self.memory().delete_machine(request)
    }
}

impl BootstrapProvider for Cloud {
    fn bootstrap(
        &mut self,
        _: &MachineRequest<'_>,
    ) -> Result<Progress<BootstrapConfigFacts>, ProviderError> {
        Err(only_kubeadm())
    }
}

impl ControlPlaneProvider for Cloud {
    fn control_plane(
        &mut self,
        _: &ControlPlaneRequest<'_>,
    ) -> Result<Progress<ControlPlaneFacts>, ProviderError> {
        Err(only_kubeadm())
    }

    fn delete_control_plane(
        &mut self,
        _: &ControlPlaneRequest<'_>,
    ) -> Result<Progress<()>, ProviderError> {
        Err(only_kubeadm())
    }
}

fn only_kubeadm() -> ProviderError {
    ProviderError::new(
        "NotSupported",
        "all machines of this cloud are made with kubeadm",
    )
}

impl WorkloadClusters for Cloud {
    fn nodes(&mut self, _: &Cluster, _: Time) -> Option<Vec<Node>> {
        self.workload
            .is_initialized()
            .then(|| self.workload.nodes())
    }

    fn pods(&mut self, _: &Cluster, node: &str, _: Time) -> Option<Vec<Pod>> {
        Some(read(kubelet::pods(&self.workload.server, node)))
    }

    fn drain_facts(&mut self, _: &Cluster, node: &str, _: Time) -> Option<DrainFacts> {
        let workload = &self.workload;
        let attachments = workload.list("storage.k8s.io/v1", "VolumeAttachment")?;
        let attached = attachments.iter().filter(|one| {
            let on = one.pointer("/spec/nodeName").and_then(Value::as_str);
            on == Some(node) && one.pointer("/status/attached") == Some(&Value::Bool(true))
        });
        let volumes = attached.filter_map(|one| {
            let name = one.pointer("/spec/source/persistentVolumeName");
            name.and_then(Value::as_str).map(str::to_owned)
        });
        let attachments = volumes.collect();
        Some(DrainFacts {
            namespaces: read(workload.list("v1", "Namespace")?),
            daemon_sets: read(workload.list("apps/v1", "DaemonSet")?),
            volumes: read(workload.list("v1", "PersistentVolume")?),
            attachments,
        })
    }

    fn has_kubeadm_config(&mut self, _: &Cluster, _: Time) -> Option<bool> {
        self.workload.is_initialized().then(|| {
            stand_in::get(
                &self.workload.server,
                "ConfigMap",
                "kube-system",
                "kubeadm-config",
            )
            .is_some()
        })
    }

    fn execute(
        &mut self,
        _: (&str, &str),
        operation: &Operation,
        _: Time,
    ) -> Result<Outcome, Refusal> {
        let outcome = self.workload.server.execute(operation)?;
        let [node, secret] = ["Node", "Secret"].map(|kind| ResourceRef::of_kind("v1", kind));
        match operation {
            Operation::Delete { target, .. } if target.resource == node => {
                kubelet::collect(&self.workload.server, &target.name);
            }
            Operation::Create { collection, .. } if collection.resource == secret => {
                // It may be a token, and who signs with tokens is quick.
                drop(stand_in::sign_cluster_info(&self.workload.server));
            }
            _ => {}
        }
        Ok(outcome)
    }
}

/// Objects as somebody wants to see them; those that are none are left out.
fn read<T: DeserializeOwned>(objects: Vec<Value>) -> Vec<T> {
    let objects = objects.into_iter();
    objects
        .filter_map(|object| serde_json::from_value(object).ok())
        .collect()
}

impl EtcdClusters for Cloud {
    fn etcd(&mut self, _: &Cluster, _: Time) -> Result<Etcd, ProviderError> {
        let members = self.workload.members();
        let voter = members.iter().find(|member| !member.learner);
        Ok(Etcd {
            leader: voter.map(|member| member.name.clone()),
            members: members.iter().map(member).collect(),
            alarms: Vec::new(),
        })
    }

    fn remove_member(
        &mut self,
        _: &Cluster,
        member: &EtcdMember,
        _: Time,
    ) -> Result<(), ProviderError> {
        self.workload.remove_member(member.id)
    }

    /// Nobody leads a list: the first one does for all that it matters.
    fn move_leadership(&mut self, _: &Cluster, to: &str, _: Time) -> Result<(), ProviderError> {
        self.workload.lead(to)
    }
}

fn member(member: &Member) -> EtcdMember {
    EtcdMember {
        name: member.name.clone(),
        id: member.id,
        is_learner: member.learner,
    }
}
