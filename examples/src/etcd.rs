//! The members of the cluster's etcd, of which nothing is there but the list, in a file.

use std::{fs, path::PathBuf};

use bootstrap_phases::{
    Files, PhaseError,
    kubeadm::join::{Etcd, Member},
};
use serde_json::{Value, json};

use crate::files::replace;

/// The list in a file. A member that gets its vote has started, under the name of the node that joins.
#[derive(Debug)]
pub struct ListedEtcd {
    path: PathBuf,
    node: String,
}

impl ListedEtcd {
    /// The list in this file; a new one has the first control plane's member, as it stands in its manifest.
    ///
    /// # Errors
    /// There is no list and no manifest to begin one with, or the list cannot be written.
    pub fn open(path: PathBuf, node: &str, first: &dyn Files) -> Result<Self, PhaseError> {
        let etcd = Self {
            path,
            node: node.to_owned(),
        };
        if !etcd.path.exists() {
            let manifest = first.read("/etc/kubernetes/manifests/etcd.yaml")?;
            let manifest = String::from_utf8_lossy(&manifest);
            let member = initial_member(&manifest)
                .ok_or_else(|| failed("the manifest of etcd names no member"))?;
            etcd.write(&[member])?;
        }
        Ok(etcd)
    }

    /// Puts the member of that name first: nobody leads a list, and the first one is as good as any.
    ///
    /// # Errors
    /// There is no such member, or the list cannot be written.
    pub fn lead(&self, name: &str) -> Result<(), PhaseError> {
        let mut found = false;
        self.change(|members| {
            if let Some(index) = members.iter().position(|member| member.name == name) {
                members
                    .get_mut(..=index)
                    .unwrap_or_default()
                    .rotate_right(1);
                found = true;
            }
        })?;
        found
            .then_some(())
            .ok_or_else(|| failed(&format!("there is no {name}")))
    }

    fn write(&self, members: &[Member]) -> Result<(), PhaseError> {
        let list: Vec<Value> = members
            .iter()
            .map(|member| {
                json!({
                    "id": member.id,
                    "name": member.name,
                    "peerURLs": member.peer_urls,
                    "learner": member.learner,
                })
            })
            .collect();
        let text = Value::from(list).to_string();
        replace(&self.path, text.as_bytes()).map_err(|failure| failed(&failure.to_string()))
    }

    fn change(&self, change: impl FnOnce(&mut Vec<Member>)) -> Result<(), PhaseError> {
        let mut members = self.members()?;
        change(&mut members);
        self.write(&members)
    }
}

fn failed(why: &str) -> PhaseError {
    PhaseError::fatal("etcd.list", format!("the members of etcd: {why}"))
}

/// The member that a manifest begins a cluster with.
fn initial_member(manifest: &str) -> Option<Member> {
    let (_, rest) = manifest.split_once("--initial-cluster=")?;
    let (name, url) = rest.lines().next()?.split_once('=')?;
    Some(Member {
        id: 1,
        name: name.to_owned(),
        peer_urls: vec![url.trim().to_owned()],
        learner: false,
    })
}

fn member(entry: &Value) -> Option<Member> {
    let urls = entry.get("peerURLs")?.as_array()?.iter();
    Some(Member {
        id: entry.get("id")?.as_u64()?,
        name: entry.get("name")?.as_str()?.to_owned(),
        peer_urls: urls
            .filter_map(|url| Some(url.as_str()?.to_owned()))
            .collect(),
        learner: entry.get("learner")?.as_bool()?,
    })
}

impl Etcd for ListedEtcd {
    fn members(&self) -> Result<Vec<Member>, PhaseError> {
        let text = fs::read(&self.path).map_err(|error| failed(&error.to_string()))?;
        let list: Vec<Value> =
            serde_json::from_slice(&text).map_err(|error| failed(&error.to_string()))?;
        let members = list
            .iter()
            .map(|entry| member(entry).ok_or_else(|| failed("an entry is none")));
        members.collect()
    }

    fn add_learner(&self, peer_url: &str) -> Result<(), PhaseError> {
        self.change(|members| {
            let last = members.iter().map(|member| member.id).max();
            members.push(Member {
                id: last.unwrap_or_default() + 1,
                name: String::new(),
                peer_urls: vec![peer_url.to_owned()],
                learner: true,
            });
        })
    }

    fn promote(&self, id: u64) -> Result<(), PhaseError> {
        self.change(|members| {
            for member in members.iter_mut().filter(|member| member.id == id) {
                member.learner = false;
                member.name.clone_from(&self.node);
            }
        })
    }

    fn remove(&self, id: u64) -> Result<(), PhaseError> {
        self.change(|members| members.retain(|member| member.id != id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_member_is_the_one_in_the_manifest() {
        let manifest = "    - --initial-cluster=cp-1=https://10.1.2.3:2380\n    - --name=cp-1\n";
        let member = initial_member(manifest).unwrap();
        assert_eq!(member.name, "cp-1");
        assert_eq!(member.peer_urls, ["https://10.1.2.3:2380"]);
        assert_eq!(initial_member("kind: Pod\n"), None);
    }
}
