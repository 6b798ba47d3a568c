//! Files and folders of the host in the containers (`cmd/kubeadm/app/phases/controlplane/volumes.go`).

use std::collections::{BTreeMap, BTreeSet};

use componentconfig::kubeadm::v1beta4::{ExternalEtcd, HostPathMount};
use serde_json::{Value, json};

use super::PodInputs;

/// Folders with certificates of authorities that distributions link to from `/etc/ssl/certs`. Mounted where they exist.
pub const CA_FOLDERS: [&str; 5] = [
    "/etc/pki/ca-trust",
    "/etc/pki/tls/certs",
    "/etc/ca-certificates",
    "/usr/share/ca-certificates",
    "/usr/local/share/ca-certificates",
];

const SYSTEM_CERTIFICATES: &str = "/etc/ssl/certs";

/// Volumes and their mounts by name; of one name the last one stays.
#[derive(Default)]
pub(super) struct Mounts {
    by_name: BTreeMap<String, HostPathMount>,
    /// Names in the order of the mounts, if that is not the order of names.
    order: Vec<&'static str>,
}

impl Mounts {
    /// The mounts of a component that checks certificates: those of the cluster and of the host.
    pub(super) fn with_certificates(inputs: &PodInputs<'_>) -> Self {
        let mut mounts = Self::default();
        mounts.add_folder("k8s-certs", &inputs.cluster.certificates_dir, true);
        mounts.add_folder("ca-certs", SYSTEM_CERTIFICATES, true);
        for folder in &inputs.host.ca_folders {
            let name = folder.trim_start_matches('/').replace('/', "-");
            mounts.add_folder(&name, folder, true);
        }
        mounts
    }

    /// A folder under its own path; it is made on the host if it is missing.
    pub(super) fn add_folder(&mut self, name: &str, path: &str, read_only: bool) {
        self.add(HostPathMount {
            name: name.to_owned(),
            host_path: path.to_owned(),
            mount_path: path.to_owned(),
            read_only,
            path_type: "DirectoryOrCreate".to_owned(),
        });
    }

    /// The component's kubeconfig.
    pub(super) fn add_kubeconfig(&mut self, path: &str) {
        self.add(HostPathMount {
            name: "kubeconfig".to_owned(),
            host_path: path.to_owned(),
            mount_path: path.to_owned(),
            read_only: true,
            path_type: "FileOrCreate".to_owned(),
        });
    }

    /// The folders of the certificates that an external etcd is reached with, as far as nothing else mounts them.
    pub(super) fn add_etcd_certificates(&mut self, etcd: &ExternalEtcd, certificates_dir: &str) {
        for (index, folder) in etcd_folders(etcd, certificates_dir).iter().enumerate() {
            self.add_folder(&format!("etcd-certs-{index}"), folder, true);
        }
    }

    /// The user's own.
    pub(super) fn add_all(&mut self, mounts: &[HostPathMount]) {
        for mount in mounts {
            self.add(mount.clone());
        }
    }

    /// Lists the mounts (not the volumes) in this order.
    pub(super) fn in_order(mut self, names: &[&'static str]) -> Self {
        self.order = names.to_vec();
        self
    }

    fn add(&mut self, mount: HostPathMount) {
        self.by_name.insert(mount.name.clone(), mount);
    }

    /// `spec.volumes`, by name.
    pub(super) fn volumes(&self) -> Value {
        self.by_name
            .values()
            .map(
                |m| json!({"name": m.name, "hostPath": {"path": m.host_path, "type": m.path_type}}),
            )
            .collect()
    }

    /// `volumeMounts` of the container.
    pub(super) fn mounts(&self) -> Value {
        let place = |name: &str| self.order.iter().position(|ordered| *ordered == name);
        let mut mounts: Vec<&HostPathMount> = self.by_name.values().collect();
        mounts.sort_by_key(|mount| place(&mount.name));
        mounts
            .into_iter()
            .map(|m| {
                if m.read_only {
                    json!({"name": m.name, "mountPath": m.mount_path, "readOnly": true})
                } else {
                    json!({"name": m.name, "mountPath": m.mount_path})
                }
            })
            .collect()
    }
}

/// Paths are compared as texts here, as kubeadm does: `/srv/one` counts as inside `/srv/o`.
fn etcd_folders(etcd: &ExternalEtcd, certificates_dir: &str) -> BTreeSet<String> {
    let mut folders: BTreeSet<String> = BTreeSet::new();
    for file in [&etcd.ca_file, &etcd.cert_file, &etcd.key_file] {
        let Some(folder) = folder_of(file) else {
            continue;
        };
        let mounted = CA_FOLDERS
            .into_iter()
            .chain([SYSTEM_CERTIFICATES, certificates_dir]);
        if mounted.into_iter().any(|outer| folder.starts_with(outer)) {
            continue;
        }
        let inside_another = folders
            .iter()
            .any(|other| folder.starts_with(other.as_str()) && *other != folder);
        folders.retain(|other| !other.starts_with(&folder));
        if !inside_another {
            folders.insert(folder);
        }
    }
    folders
}

fn folder_of(file: &str) -> Option<String> {
    let (folder, _) = file.rsplit_once('/')?;
    Some(crate::clean_path(folder))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folders(ca: &str, cert: &str, key: &str) -> Vec<String> {
        let etcd = ExternalEtcd {
            ca_file: ca.into(),
            cert_file: cert.into(),
            key_file: key.into(),
            ..ExternalEtcd::default()
        };
        etcd_folders(&etcd, "/etc/kubernetes/pki")
            .into_iter()
            .collect()
    }

    #[test]
    fn folders_inside_others_are_not_mounted_twice() {
        assert!(folders("", "", "").is_empty());
        assert!(
            folders(
                "/etc/ssl/certs/x/ca",
                "/etc/pki/ca-trust/c",
                "/etc/kubernetes/pki/k"
            )
            .is_empty()
        );
        assert_eq!(folders("/a/b/ca", "/a/c", "/a/d/e/k"), ["/a"]);
        assert_eq!(folders("/b/ca", "/a/c", "/a/k"), ["/a", "/b"]);
        assert_eq!(folders("/ca", "/a/c", "/b/k"), ["/"]);
    }
}
