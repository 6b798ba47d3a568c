//! The cluster that is made: its own API server, and its etcd, of which nothing is there but the list of members.

use std::{fs, sync::Arc};

use apply_semantics::op::{ListOptions, Operation, ResourceRef};
use apply_server::Server;
use bootstrap_phases::{
    Files, MemFiles, StdFiles,
    kubeadm::join::{Etcd as _, Member},
};
use examples::{etcd::ListedEtcd, failure::Failure, server, stand_in};
use machine_api::{machine::Node, provider::ProviderError};
use serde_json::Value;

use crate::state::Folder;

/// Clones are the same cluster.
#[derive(Clone)]
pub(crate) struct Workload {
    pub(crate) server: Server,
    pub(crate) folder: Folder,
}

impl Workload {
    pub(crate) fn open(folder: &Folder) -> Result<Self, Failure> {
        folder.make()?;
        Ok(Self {
            server: server::persistent(&folder.objects())?,
            folder: folder.clone(),
        })
    }

    /// Whether its first control plane is made.
    pub(crate) fn is_initialized(&self) -> bool {
        stand_in::get(&self.server, "ConfigMap", "kube-public", "cluster-info").is_some()
    }

    pub(crate) fn nodes(&self) -> Vec<Node> {
        let nodes = self.list("v1", "Node").unwrap_or_default().into_iter();
        nodes
            .filter_map(|node| serde_json::from_value(node).ok())
            .collect()
    }

    /// All objects of a kind; `None` if they cannot be read.
    pub(crate) fn list(&self, api_version: &str, kind: &str) -> Option<Vec<Value>> {
        let all = ResourceRef::of_kind(api_version, kind).all();
        let found = self
            .server
            .execute(&Operation::list(all, ListOptions::default()));
        Some(found.ok()?.into_list()?.items)
    }

    /// The members of etcd, as a machine of the control plane sees them that has this name and these files.
    pub(crate) fn etcd(&self, node: &str, files: &dyn Files) -> Result<Arc<ListedEtcd>, Failure> {
        let etcd = ListedEtcd::open(self.folder.etcd(), node, files);
        etcd.map(Arc::new).map_err(Failure::run)
    }

    /// The members of etcd; none before there is one.
    pub(crate) fn members(&self) -> Vec<Member> {
        if !self.folder.etcd().exists() {
            return Vec::new();
        }
        let etcd = self.etcd("", &MemFiles::new());
        etcd.ok()
            .and_then(|etcd| etcd.members().ok())
            .unwrap_or_default()
    }

    /// The list of members begins with that of the first control plane.
    pub(crate) fn begin_etcd(&self, node: &str) -> Result<(), Failure> {
        let files = StdFiles::new(self.folder.root(node));
        self.etcd(node, &files).map(drop)
    }

    pub(crate) fn remove_member(&self, id: u64) -> Result<(), ProviderError> {
        let etcd = self
            .etcd("", &MemFiles::new())
            .map_err(|error| silent(&error))?;
        etcd.remove(id).map_err(|error| silent(&error))
    }

    pub(crate) fn lead(&self, name: &str) -> Result<(), ProviderError> {
        let etcd = self
            .etcd("", &MemFiles::new())
            .map_err(|error| silent(&error))?;
        etcd.lead(name).map_err(|error| silent(&error))
    }

    /// Everything of it goes.
    pub(crate) fn remove(&self) -> Result<(), Failure> {
        match fs::remove_dir_all(self.folder.path()) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Failure::run(error)),
            _ => Ok(()),
        }
    }
}

fn silent(error: &impl ToString) -> ProviderError {
    ProviderError::new("NoAnswer", error.to_string())
}
