//! etcd on the machines of control planes.

use componentconfig::core::Time;
use serde::{Deserialize, Serialize};

use super::{Job, Key, MemoryMachine, MemoryProvider, Role, key};
use crate::{
    core::v1beta2::Cluster,
    kcp::EtcdMember,
    provider::{Etcd, EtcdClusters, ProviderError},
};

/// The members of one cluster.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct MemoryEtcd {
    members: Vec<EtcdMember>,
    leader: Option<String>,
    added: u64,
}

impl MemoryProvider {
    /// Machines that started join, as long as enough members are there to agree.
    pub(super) fn join(&mut self, cluster: &Key, now: Time) {
        let starting: Vec<Key> = self
            .machines
            .iter()
            .filter(|(key, machine)| {
                machine.cluster == *cluster
                    && machine.role == Role::Starting
                    && self.is_started(key, machine, now)
            })
            .map(|(key, _)| key.clone())
            .collect();
        for key in starting {
            if self.etcd.contains_key(cluster) && !self.has_quorum(cluster) {
                return;
            }
            if !self.etcd.contains_key(cluster) {
                let version = self
                    .machines
                    .get(&key)
                    .map(|machine| machine.version.clone());
                self.make_objects(cluster, &version.unwrap_or_default());
            }
            let etcd = self.etcd.entry(cluster.clone()).or_default();
            etcd.added += 1;
            etcd.members.push(EtcdMember {
                name: key.1.clone(),
                id: etcd.added,
                is_learner: false,
            });
            if let Some(machine) = self.machines.get_mut(&key) {
                machine.role = Role::Member;
            }
        }
    }

    pub(super) fn is_started(&self, key: &Key, machine: &MemoryMachine, now: Time) -> bool {
        let delay = i64::from(self.delay_of(Job::StartNode, &key.1));
        now.unix() - machine.since.unix() >= delay
    }

    /// Whether kubeadm made the cluster once.
    pub(super) fn is_made(&self, cluster: &Key) -> bool {
        self.etcd.contains_key(cluster)
    }

    fn healthy<'a>(&'a self, cluster: &'a Key) -> impl Iterator<Item = &'a str> {
        let members = self.etcd.get(cluster).map_or(&[][..], |etcd| &etcd.members);
        let names = members.iter().map(|member| member.name.as_str());
        names.filter(move |name| {
            let key = (cluster.0.clone(), (*name).to_owned());
            let machine = self.machines.get(&key);
            machine.is_some_and(|machine| machine.broken.is_none())
        })
    }

    pub(super) fn has_quorum(&self, cluster: &Key) -> bool {
        let members = self.etcd.get(cluster).map_or(0, |etcd| etcd.members.len());
        members > 0 && self.healthy(cluster).count() > members / 2
    }

    /// The names of the members of etcd of a cluster, whether they answer or not.
    pub fn members(&self, namespace: &str, cluster: &str) -> Vec<&str> {
        let key = (namespace.to_owned(), cluster.to_owned());
        let members = self.etcd.get(&key).map_or(&[][..], |etcd| &etcd.members);
        members.iter().map(|member| member.name.as_str()).collect()
    }

    fn answering(&mut self, cluster: &Key, now: Time) -> Result<&mut MemoryEtcd, ProviderError> {
        self.join(cluster, now);
        let healthy: Vec<String> = self.healthy(cluster).map(str::to_owned).collect();
        if !self.has_quorum(cluster) {
            let all = self.etcd.get(cluster).map_or(0, |etcd| etcd.members.len());
            let message = format!("{} of {all} members answer", healthy.len());
            return Err(ProviderError::new("NoLeader", message));
        }
        let etcd = self.etcd.entry(cluster.clone()).or_default();
        let leads = etcd.leader.as_ref();
        if leads.is_none_or(|leader| !healthy.contains(leader)) {
            etcd.leader = healthy.into_iter().next();
        }
        Ok(etcd)
    }
}

impl EtcdClusters for MemoryProvider {
    fn etcd(&mut self, cluster: &Cluster, now: Time) -> Result<Etcd, ProviderError> {
        let etcd = self.answering(&key(&cluster.metadata), now)?;
        Ok(Etcd {
            members: etcd.members.clone(),
            alarms: Vec::new(),
            leader: etcd.leader.clone(),
        })
    }

    fn remove_member(
        &mut self,
        cluster: &Cluster,
        member: &EtcdMember,
        now: Time,
    ) -> Result<(), ProviderError> {
        let etcd = self.answering(&key(&cluster.metadata), now)?;
        etcd.members.retain(|one| one.id != member.id);
        Ok(())
    }

    fn move_leadership(
        &mut self,
        cluster: &Cluster,
        to: &str,
        now: Time,
    ) -> Result<(), ProviderError> {
        let cluster = key(&cluster.metadata);
        self.answering(&cluster, now)?;
        if !self.healthy(&cluster).any(|name| name == to) {
            let message = format!("member {to} does not answer");
            return Err(ProviderError::new("NotHealthy", message));
        }
        let etcd = self.answering(&cluster, now)?;
        etcd.leader = Some(to.to_owned());
        Ok(())
    }
}
