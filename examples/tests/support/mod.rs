//! The program started in a directory of its own.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use tempfile::TempDir;

/// Every path with its mode and content.
pub(crate) type Tree = BTreeMap<String, (u32, Vec<u8>)>;

/// ECDSA keys, so that a test takes milliseconds.
pub(crate) const CONFIG: &str = "\
apiVersion: kubeadm.k8s.io/v1beta4
kind: InitConfiguration
localAPIEndpoint:
  advertiseAddress: 10.1.2.3
nodeRegistration:
  name: cp-1
  criSocket: unix:///run/containerd/containerd.sock
---
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
kubernetesVersion: v1.36.1
encryptionAlgorithm: ECDSA-P256
";

/// A directory with a configuration file and a root that does not exist yet.
pub(crate) struct Bench {
    dir: TempDir,
}

impl Bench {
    pub(crate) fn new(config: &str) -> Self {
        let dir = TempDir::new().unwrap();
        fs::write(dir.path().join("kubeadm.yaml"), config).unwrap();
        Self { dir }
    }

    pub(crate) fn root(&self) -> PathBuf {
        self.dir.path().join("root")
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        let mut all = arguments.to_vec();
        all.extend(["--config", "kubeadm.yaml", "--root", "root"]);
        self.program(&all)
    }

    pub(crate) fn program(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_minikube-like"))
            .current_dir(self.dir.path())
            .args(arguments)
            .output()
            .unwrap()
    }
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// Every path below a directory with its mode and content.
pub(crate) fn snapshot(root: &Path) -> Tree {
    fn walk(root: &Path, dir: &Path, into: &mut Tree) {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            let mode = fs::symlink_metadata(&path).unwrap().permissions().mode() & 0o7777;
            let name = path
                .strip_prefix(root)
                .unwrap()
                .to_str()
                .unwrap()
                .to_owned();
            if path.is_dir() {
                into.insert(name, (mode, Vec::new()));
                walk(root, &path, into);
            } else {
                into.insert(name, (mode, fs::read(&path).unwrap()));
            }
        }
    }
    let mut into = BTreeMap::new();
    walk(root, root, &mut into);
    into
}

pub(crate) fn without_journal(tree: &Tree) -> Tree {
    tree.iter()
        .filter(|(path, _)| !path.starts_with("var/lib/bootstrap-phases"))
        .map(|(path, entry)| (path.clone(), entry.clone()))
        .collect()
}
