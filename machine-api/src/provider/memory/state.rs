//! What a provider in memory remembers, as data: whoever keeps it can go on with it in another process.

use componentconfig::core::Time;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    Job, Key, MemoryMachine, MemoryProvider, Role, etcd::MemoryEtcd, objects::MemoryObjects,
};
use crate::{contract::InfraMachineFacts, core::v1beta2::MachineAddress};

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct State {
    started: Vec<(Job, Key, String, Time)>,
    machines: Vec<Machine>,
    control_planes: Vec<(Key, String)>,
    etcd: Vec<(Key, MemoryEtcd)>,
    #[serde(default)]
    objects: Vec<(Key, MemoryObjects)>,
    made: usize,
    keys: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Machine {
    key: Key,
    cluster: Key,
    version: String,
    since: Time,
    provider_id: Option<String>,
    addresses: Vec<MachineAddress>,
    failure_domain: Option<String>,
    role: Role,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    broken: Option<Time>,
    #[serde(default)]
    lost: bool,
    #[serde(default)]
    cordoned: bool,
}

impl MemoryProvider {
    /// What it remembers: machines, members of etcd, objects in clusters, and what was begun. Delays and failures to come are not part of it, nor what
    /// was put into clusters: pods, budgets, Secrets.
    ///
    /// ```
    /// use machine_api::{core::v1beta2::{Cluster, Machine}, provider::{InfrastructureProvider, MachineRequest, MemoryProvider}};
    ///
    /// let cluster = Cluster::default();
    /// let machine: Machine = serde_json::from_str(r#"{"metadata": {"name": "a", "namespace": "default"}}"#)?;
    /// let mut provider = MemoryProvider::new();
    /// let request = MachineRequest { cluster: &cluster, machine: &machine, now: "2026-06-01T00:00:00Z".parse()? };
    /// let made = provider.machine(&request)?;
    ///
    /// let mut other = MemoryProvider::new().with_state(&provider.state())?;
    /// assert_eq!(other.machines().collect::<Vec<_>>(), ["a"]);
    /// assert_eq!(other.machine(&request)?, made);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn state(&self) -> Value {
        let machines = self.machines.iter().map(|(key, machine)| {
            let facts = machine.facts.clone();
            Machine {
                key: key.clone(),
                cluster: machine.cluster.clone(),
                version: machine.version.clone(),
                since: machine.since,
                provider_id: facts.provider_id,
                addresses: facts.addresses,
                failure_domain: facts.failure_domain,
                role: machine.role,
                broken: machine.broken,
                lost: machine.lost,
                cordoned: machine.cordoned,
            }
        });
        let started = self.started.clone().into_iter();
        json!(State {
            started: started
                .map(|((job, key, what), since)| (job, key, what, since))
                .collect(),
            machines: machines.collect(),
            control_planes: self.control_planes.clone().into_iter().collect(),
            etcd: self.etcd.clone().into_iter().collect(),
            objects: self.objects.clone().into_iter().collect(),
            made: self.made,
            keys: self.keys,
        })
    }

    /// The same provider with what another one [remembered](Self::state).
    ///
    /// # Errors
    /// It is nothing that a provider remembers.
    pub fn with_state(mut self, state: &Value) -> Result<Self, serde_json::Error> {
        let state = State::deserialize(state)?;
        let started = state.started.into_iter();
        self.started = started
            .map(|(job, key, what, since)| ((job, key, what), since))
            .collect();
        let machines = state.machines.into_iter().map(|machine| {
            let facts = InfraMachineFacts {
                provider_id: machine.provider_id,
                provisioned: true,
                addresses: machine.addresses,
                failure_domain: machine.failure_domain,
            };
            let kept = MemoryMachine {
                cluster: machine.cluster,
                version: machine.version,
                since: machine.since,
                facts,
                role: machine.role,
                broken: machine.broken,
                lost: machine.lost,
                cordoned: machine.cordoned,
            };
            (machine.key, kept)
        });
        self.machines = machines.collect();
        self.control_planes = state.control_planes.into_iter().collect();
        self.etcd = state.etcd.into_iter().collect();
        self.objects = state.objects.into_iter().collect();
        self.made = state.made;
        self.keys = state.keys;
        Ok(self)
    }
}
