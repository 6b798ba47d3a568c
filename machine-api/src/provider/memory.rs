//! A provider whose clusters and machines are only remembered.

mod etcd;
mod keys;
mod objects;
mod state;
mod workload;

use std::collections::BTreeMap;

use componentconfig::core::Time;
use serde::{Deserialize, Serialize};

use self::{etcd::MemoryEtcd, objects::MemoryObjects, workload::MemoryWorkload};
use super::{
    BootstrapProvider, ClusterRequest, ControlPlaneProvider, ControlPlaneRequest,
    InfrastructureProvider, MachineRequest, Progress, ProviderError,
};
use crate::{
    contract::{BootstrapConfigFacts, ControlPlaneFacts, InfraClusterFacts, InfraMachineFacts},
    core::v1beta2::{APIEndpoint, FailureDomain, MachineAddress, MachineAddressType},
    facts,
    meta::ObjectMeta,
};

/// Something that takes time, and can go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Job {
    /// The infrastructure of a cluster is made.
    CreateCluster,
    /// It is deleted.
    DeleteCluster,
    /// The infrastructure of a machine is made.
    CreateMachine,
    /// It is deleted.
    DeleteMachine,
    /// Bootstrap data is made.
    Bootstrap,
    /// A control plane is made, or changes its version.
    ControlPlane,
    /// It is deleted.
    DeleteControlPlane,
    /// A machine that was made becomes a node. This cannot fail: a machine whose node never comes has a long delay.
    StartNode,
}

/// Namespace and name.
type Key = (String, String);

/// A provider of infrastructure, bootstrap data and control planes whose machines are only remembered: for tests, and for trying
/// things out.
///
/// Everything takes as long as it is told to, and goes wrong as often as it is told to. A machine that was made becomes a node of
/// its name, which can be broken, mended and lost. Those of a control plane have a member of etcd and the components that kubeadm
/// starts; pods and budgets of users can be added. Keys and certificates are texts that look like some: nothing can be signed or
/// encrypted with them, and tokens can be guessed.
#[derive(Clone, Debug, Default)]
pub struct MemoryProvider {
    delays: BTreeMap<(Job, Option<String>), u32>,
    failures: Vec<Failure>,
    domains: Vec<String>,
    started: BTreeMap<(Job, Key, String), Time>,
    machines: BTreeMap<Key, MemoryMachine>,
    control_planes: BTreeMap<Key, String>,
    etcd: BTreeMap<Key, MemoryEtcd>,
    workload: MemoryWorkload,
    objects: BTreeMap<Key, MemoryObjects>,
    made: usize,
    keys: u64,
}

#[derive(Clone, Debug)]
struct Failure {
    job: Job,
    name: Option<String>,
    left: usize,
    error: ProviderError,
}

/// What a machine is in its cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Role {
    Worker,
    /// Of the control plane, before its member of etcd is added.
    Starting,
    /// Of the control plane.
    Member,
}

#[derive(Clone, Debug)]
struct MemoryMachine {
    cluster: Key,
    version: String,
    since: Time,
    facts: InfraMachineFacts,
    role: Role,
    /// Since when its node is broken.
    broken: Option<Time>,
    lost: bool,
    cordoned: bool,
}

impl MemoryProvider {
    /// A provider that does everything at once.
    pub fn new() -> Self {
        Self::default()
    }

    /// A job takes so many seconds.
    #[must_use]
    pub fn delay(mut self, job: Job, seconds: u32) -> Self {
        self.delays.insert((job, None), seconds);
        self
    }

    /// A job takes so many seconds for the cluster or machine of that name.
    pub fn delay_for(&mut self, job: Job, name: impl Into<String>, seconds: u32) {
        self.delays.insert((job, Some(name.into())), seconds);
    }

    /// Clusters have these failure domains; machines are put where they ask to be, else into one after the other.
    #[must_use]
    pub fn failure_domains<'a>(mut self, names: impl IntoIterator<Item = &'a str>) -> Self {
        self.domains = names.into_iter().map(str::to_owned).collect();
        self
    }

    /// A job fails the next `times` times that it is asked for: for the cluster or machine of that name, or for any.
    pub fn fail(&mut self, job: Job, name: Option<&str>, times: usize, error: ProviderError) {
        self.failures.push(Failure {
            job,
            name: name.map(str::to_owned),
            left: times,
            error,
        });
    }

    /// The node of a machine stops being ready. Says whether there is such a machine.
    pub fn break_node(&mut self, machine: &str, now: Time) -> bool {
        self.change(machine, |machine| machine.broken = Some(now))
    }

    /// The node of a machine is ready again.
    pub fn mend_node(&mut self, machine: &str) -> bool {
        self.change(machine, |machine| machine.broken = None)
    }

    /// The node of a machine goes, and does not come back.
    pub fn lose_node(&mut self, machine: &str) -> bool {
        self.change(machine, |machine| machine.lost = true)
    }

    /// The names of all machines there are, whatever became of the objects that they were made for.
    pub fn machines(&self) -> impl Iterator<Item = &str> {
        self.machines.keys().map(|(_, name)| name.as_str())
    }

    fn change(&mut self, name: &str, change: impl FnOnce(&mut MemoryMachine)) -> bool {
        let mut machines = self.machines.iter_mut();
        let found = machines.find(|((_, found), _)| found == name);
        found.map(|(_, machine)| change(machine)).is_some()
    }

    fn delay_of(&self, job: Job, name: &str) -> u32 {
        let own = self.delays.get(&(job, Some(name.to_owned())));
        let all = self.delays.get(&(job, None));
        own.or(all).copied().unwrap_or(0)
    }

    /// How far a job is. Asking for one cancels what undoes it.
    fn progress(
        &mut self,
        job: Job,
        key: &Key,
        what: &str,
        now: Time,
    ) -> Result<Progress<()>, ProviderError> {
        let mut failures = self.failures.iter_mut();
        let failure = failures.find(|failure| {
            failure.job == job
                && failure.left > 0
                && failure.name.as_ref().is_none_or(|name| *name == key.1)
        });
        if let Some(failure) = failure {
            failure.left -= 1;
            return Err(failure.error.clone());
        }
        let place = (job, key.clone(), what.to_owned());
        let started = *self.started.entry(place).or_insert(now);
        let elapsed = u32::try_from(now.unix() - started.unix()).unwrap_or(0);
        Ok(match self.delay_of(job, &key.1).saturating_sub(elapsed) {
            0 => Progress::Done(()),
            retry_after_seconds => Progress::Pending {
                retry_after_seconds,
            },
        })
    }

    fn forget(&mut self, key: &Key, jobs: &[Job]) {
        self.started
            .retain(|(job, other, _), _| other != key || !jobs.contains(job));
    }

    fn place(&mut self, wanted: &str) -> Option<String> {
        if !wanted.is_empty() {
            return Some(wanted.to_owned());
        }
        let index = self.made.checked_rem(self.domains.len())?;
        self.domains.get(index).cloned()
    }
}

fn key(metadata: &ObjectMeta) -> Key {
    (metadata.namespace.clone(), metadata.name.clone())
}

impl InfrastructureProvider for MemoryProvider {
    fn cluster(
        &mut self,
        request: &ClusterRequest<'_>,
    ) -> Result<Progress<InfraClusterFacts>, ProviderError> {
        let key = key(&request.cluster.metadata);
        let progress = self.progress(Job::CreateCluster, &key, "", request.now)?;
        let domains = self.domains.iter().map(|name| FailureDomain {
            name: name.clone(),
            control_plane: Some(true),
            ..FailureDomain::default()
        });
        Ok(progress.map(|()| InfraClusterFacts {
            provisioned: true,
            control_plane_endpoint: Some(APIEndpoint {
                host: format!("{}.{}.memory", key.1, key.0),
                port: 6443,
            }),
            failure_domains: domains.collect(),
        }))
    }

    fn delete_cluster(
        &mut self,
        request: &ClusterRequest<'_>,
    ) -> Result<Progress<()>, ProviderError> {
        let key = key(&request.cluster.metadata);
        let progress = self.progress(Job::DeleteCluster, &key, "", request.now)?;
        if progress == Progress::Done(()) {
            self.forget(&key, &[Job::CreateCluster, Job::DeleteCluster]);
            self.etcd.remove(&key);
            self.workload.forget(&key);
            self.objects.remove(&key);
        }
        Ok(progress)
    }

    fn machine(
        &mut self,
        request: &MachineRequest<'_>,
    ) -> Result<Progress<InfraMachineFacts>, ProviderError> {
        let key = key(&request.machine.metadata);
        if let Some(machine) = self.machines.get(&key) {
            return Ok(Progress::Done(machine.facts.clone()));
        }
        let progress = self.progress(Job::CreateMachine, &key, "", request.now)?;
        if let Progress::Pending {
            retry_after_seconds,
        } = progress
        {
            return Ok(Progress::Pending {
                retry_after_seconds,
            });
        }
        let failure_domain = self.place(&request.machine.spec.failure_domain);
        self.made += 1;
        let facts = InfraMachineFacts {
            provider_id: Some(format!("memory:///{}/{}", key.0, key.1)),
            provisioned: true,
            addresses: vec![MachineAddress {
                r#type: MachineAddressType::InternalIp,
                address: format!(
                    "10.{}.{}.{}",
                    self.made >> 16,
                    self.made >> 8 & 255,
                    self.made & 255
                ),
            }],
            failure_domain,
        };
        let cluster = (key.0.clone(), request.cluster.metadata.name.clone());
        self.machines.insert(
            key,
            MemoryMachine {
                cluster,
                version: request.machine.spec.version.clone(),
                since: request.now,
                facts: facts.clone(),
                role: if facts::is_control_plane(request.machine) {
                    Role::Starting
                } else {
                    Role::Worker
                },
                broken: None,
                lost: false,
                cordoned: false,
            },
        );
        Ok(Progress::Done(facts))
    }

    fn delete_machine(
        &mut self,
        request: &MachineRequest<'_>,
    ) -> Result<Progress<()>, ProviderError> {
        let key = key(&request.machine.metadata);
        if !self.machines.contains_key(&key) {
            self.forget(&key, &[Job::CreateMachine, Job::Bootstrap]);
            return Ok(Progress::Done(()));
        }
        let progress = self.progress(Job::DeleteMachine, &key, "", request.now)?;
        if progress == Progress::Done(()) {
            self.machines.remove(&key);
            self.forget(
                &key,
                &[Job::CreateMachine, Job::DeleteMachine, Job::Bootstrap],
            );
        }
        Ok(progress)
    }
}

impl BootstrapProvider for MemoryProvider {
    fn bootstrap(
        &mut self,
        request: &MachineRequest<'_>,
    ) -> Result<Progress<BootstrapConfigFacts>, ProviderError> {
        let key = key(&request.machine.metadata);
        let progress = self.progress(Job::Bootstrap, &key, "", request.now)?;
        Ok(progress.map(|()| BootstrapConfigFacts {
            data_secret_created: true,
            data_secret_name: Some(key.1),
        }))
    }
}

impl ControlPlaneProvider for MemoryProvider {
    /// The version that it had stays until the next one is there.
    fn control_plane(
        &mut self,
        request: &ControlPlaneRequest<'_>,
    ) -> Result<Progress<ControlPlaneFacts>, ProviderError> {
        let key = key(&request.cluster.metadata);
        let wanted = request.version;
        if self.control_planes.get(&key).map(String::as_str) != Some(wanted) {
            let progress = self.progress(Job::ControlPlane, &key, wanted, request.now)?;
            if let Progress::Pending {
                retry_after_seconds,
            } = progress
            {
                return Ok(Progress::Pending {
                    retry_after_seconds,
                });
            }
            self.control_planes.insert(key, wanted.to_owned());
        }
        Ok(Progress::Done(ControlPlaneFacts {
            initialized: true,
            status_version: wanted.to_owned(),
            ..ControlPlaneFacts::default()
        }))
    }

    fn delete_control_plane(
        &mut self,
        request: &ControlPlaneRequest<'_>,
    ) -> Result<Progress<()>, ProviderError> {
        let key = key(&request.cluster.metadata);
        let progress = self.progress(Job::DeleteControlPlane, &key, "", request.now)?;
        if progress == Progress::Done(()) {
            self.control_planes.remove(&key);
            self.forget(&key, &[Job::ControlPlane, Job::DeleteControlPlane]);
        }
        Ok(progress)
    }
}

impl<T> Progress<T> {
    /// What is done, as something else.
    pub fn map<U>(self, map: impl FnOnce(T) -> U) -> Progress<U> {
        match self {
            Self::Done(done) => Progress::Done(map(done)),
            Self::Pending {
                retry_after_seconds,
            } => Progress::Pending {
                retry_after_seconds,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::v1beta2::{Cluster, Machine};
    use crate::meta::ConditionStatus;
    use crate::provider::WorkloadClusters;

    fn at(seconds: i64) -> Time {
        Time::from_unix(1_780_000_000 + seconds).unwrap()
    }

    fn cluster() -> Cluster {
        Cluster {
            metadata: ObjectMeta::named("default", "prod"),
            ..Cluster::default()
        }
    }

    fn machine(name: &str) -> Machine {
        Machine {
            metadata: ObjectMeta::named("default", name),
            ..Machine::default()
        }
    }

    #[test]
    fn machines_take_their_time_and_become_nodes() {
        let (cluster, machine) = (cluster(), machine("a"));
        let mut provider = MemoryProvider::new()
            .delay(Job::CreateMachine, 10)
            .delay(Job::StartNode, 5)
            .failure_domains(["x", "y"]);
        let request = |seconds| MachineRequest {
            cluster: &cluster,
            machine: &machine,
            now: at(seconds),
        };
        let pending = Progress::Pending {
            retry_after_seconds: 10,
        };
        assert_eq!(provider.machine(&request(0)), Ok(pending));
        let Ok(Progress::Done(facts)) = provider.machine(&request(10)) else {
            panic!("not done");
        };
        assert_eq!(facts.failure_domain.as_deref(), Some("x"));
        assert_eq!(provider.machine(&request(50)), Ok(Progress::Done(facts)));
        assert_eq!(provider.nodes(&cluster, at(14)).unwrap(), []);
        let nodes = provider.nodes(&cluster, at(15)).unwrap();
        assert_eq!(nodes[0].metadata.name, "a");
        assert!(provider.break_node("a", at(20)));
        let nodes = provider.nodes(&cluster, at(21)).unwrap();
        assert_eq!(nodes[0].status.conditions[0].status, ConditionStatus::False);
        assert!(!provider.lose_node("b"));
        assert_eq!(
            provider.delete_machine(&request(30)),
            Ok(Progress::Done(()))
        );
        assert_eq!(provider.machines().count(), 0);
        assert_eq!(provider.nodes(&cluster, at(40)).unwrap(), []);
    }

    #[test]
    fn failures_are_as_many_as_told() {
        let cluster = cluster();
        let mut provider = MemoryProvider::new();
        let error = ProviderError::new("QuotaExceeded", "no machines left");
        provider.fail(Job::CreateMachine, Some("a"), 2, error.clone());
        let (a, b) = (machine("a"), machine("b"));
        let request = |machine| MachineRequest {
            cluster: &cluster,
            machine,
            now: at(0),
        };
        assert_eq!(provider.machine(&request(&a)), Err(error.clone()));
        assert!(provider.machine(&request(&b)).is_ok());
        assert_eq!(provider.machine(&request(&a)), Err(error));
        assert!(provider.machine(&request(&a)).is_ok());
        assert_eq!(provider.machines().collect::<Vec<_>>(), ["a", "b"]);
    }

    #[test]
    fn control_planes_change_their_version_in_time() {
        let cluster = cluster();
        let mut provider = MemoryProvider::new().delay(Job::ControlPlane, 60);
        let mut at = |version, seconds| {
            provider.control_plane(&ControlPlaneRequest {
                cluster: &cluster,
                version,
                now: at(seconds),
            })
        };
        assert!(matches!(at("v1.35.0", 0), Ok(Progress::Pending { .. })));
        assert!(matches!(at("v1.35.0", 60), Ok(Progress::Done(_))));
        assert!(matches!(at("v1.36.0", 70), Ok(Progress::Pending { .. })));
        let Ok(Progress::Done(facts)) = at("v1.36.0", 130) else {
            panic!("not done");
        };
        assert_eq!(facts.status_version, "v1.36.0");
    }
}
