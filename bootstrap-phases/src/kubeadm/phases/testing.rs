//! A small world for the tests of phases: files in memory, a clock that stands still, keys from a seed.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use componentconfig::kubeadm::v1beta4::{ClusterConfiguration, InitConfiguration, LocalEtcd};
use componentconfig::kubelet::v1beta1::KubeletConfiguration;

use crate::kubeadm::InitContext;
use crate::kubeadm::pki::{Authority, CertSpec, FixedKeys, PrivateKey, Validity};
use crate::{
    CancelToken, Change, Compat, Cx, Files as _, ManualClock, MemFiles, Node, PhaseError, Plan,
};

pub(super) const PKI: &str = "/etc/kubernetes/pki";

pub(super) struct World {
    pub(super) context: InitContext,
    pub(super) files: MemFiles,
    clock: ManualClock,
}

impl World {
    pub(super) fn new(compat: Compat) -> Self {
        let mut init = InitConfiguration::default();
        init.node_registration.name = "cp-1".to_owned();
        init.local_api_endpoint.advertise_address = "10.1.2.3".to_owned();
        init.local_api_endpoint.bind_port = 6443;
        let mut cluster = ClusterConfiguration {
            certificates_dir: PKI.to_owned(),
            cluster_name: "kubernetes".to_owned(),
            encryption_algorithm: "ECDSA-P256".to_owned(),
            ..ClusterConfiguration::default()
        };
        cluster.networking.service_subnet = "10.96.0.0/12".to_owned();
        cluster.networking.dns_domain = "cluster.local".to_owned();
        cluster.etcd.local = Some(LocalEtcd::default());
        let context = InitContext::new(init, cluster, KubeletConfiguration::default())
            .keys(Arc::new(FixedKeys::seeded("tests of phases")))
            .compat(compat);
        Self {
            context,
            files: MemFiles::new(),
            clock: ManualClock::new(now()),
        }
    }

    /// Plans the phase at this path below `node`; an empty path is the node itself.
    pub(super) fn plan(&self, node: &Node<InitContext>, path: &str) -> Result<Plan, PhaseError> {
        let node = if path.is_empty() {
            node
        } else {
            node.children.iter().find(|n| n.name() == path).unwrap()
        };
        let cancel = CancelToken::new();
        let cx = Cx::new(&self.context, &self.files, &self.clock, &cancel);
        node.phase.as_ref().unwrap().plan(&cx)
    }

    /// Plans a phase, carries the plan out, and sees that there is nothing left to do then.
    pub(super) fn run(&self, node: &Node<InitContext>, path: &str) -> Result<Plan, PhaseError> {
        let plan = self.plan(node, path)?;
        for change in &plan.changes {
            match change {
                Change::CreateDir { path, mode, .. } => self.files.create_dir(path, *mode).unwrap(),
                Change::WriteFile {
                    path,
                    mode,
                    content,
                    ..
                } => self.put(path, content.bytes(), *mode),
                other => panic!("unexpected change {other}"),
            }
        }
        let again = self.plan(node, path).unwrap();
        assert!(again.is_empty(), "{path}: {again:?}");
        Ok(plan)
    }

    /// Runs all phases below `node`.
    pub(super) fn run_all(&self, node: &Node<InitContext>) {
        for child in node.children.iter().filter(|child| child.phase.is_some()) {
            self.run(node, child.name()).unwrap();
        }
    }

    pub(super) fn put(&self, path: &str, content: &[u8], mode: u32) {
        let mut folder = String::new();
        for name in path.rsplit_once('/').unwrap().0.split('/').skip(1) {
            folder = format!("{folder}/{name}");
            if self.files.stat(&folder).unwrap().is_none() {
                self.files.create_dir(&folder, 0o755).unwrap();
            }
        }
        if self.files.stat(path).unwrap().is_some() {
            self.files.remove(path).unwrap();
        }
        self.files.create_file(path, content, mode).unwrap();
    }

    pub(super) fn remove(&self, name: &str) {
        self.files.remove(&pki(name)).unwrap();
    }

    pub(super) fn read(&self, path: &str) -> Vec<u8> {
        self.files.read(path).unwrap()
    }

    /// An authority like the one of the name, put in place.
    pub(super) fn put_authority(&self, base: &str, spec: &CertSpec) -> Authority {
        let authority =
            Authority::self_signed(spec, self.key(), self.context.keys.as_ref()).unwrap();
        self.put_pair(base, &authority.certificate().to_pem(), authority.key());
        authority
    }

    pub(super) fn put_pair(&self, base: &str, certificate: &str, key: &PrivateKey) {
        self.put(&pki(&format!("{base}.crt")), certificate.as_bytes(), 0o644);
        self.put(
            &pki(&format!("{base}.key")),
            key.to_pem().unwrap().as_bytes(),
            0o600,
        );
    }

    pub(super) fn key(&self) -> PrivateKey {
        self.context
            .keys
            .generate("ECDSA-P256".parse().unwrap())
            .unwrap()
    }
}

pub(super) fn pki(name: &str) -> String {
    format!("{PKI}/{name}")
}

pub(super) fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_790_000_000)
}

pub(super) fn days(from: i64, to: i64) -> Validity {
    let at = |days: i64| {
        let span = Duration::from_secs(days.unsigned_abs() * 86_400);
        if days < 0 { now() - span } else { now() + span }
    };
    Validity::between(at(from), at(to))
}
