//! Renewal in the file system: nothing is renewed twice, whenever a run is killed.

#![cfg(feature = "kubeadm")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test")]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bootstrap_phases::kubeadm::credentials::{Renewal, expiration, renew_workflow};
use bootstrap_phases::kubeadm::pki::{
    Algorithm, Certificate, FixedKeys, KeySource, PkiError, PrivateKey,
};
use bootstrap_phases::kubeadm::{HostFacts, init_context, init_workflow};
use bootstrap_phases::{
    Compat, Digest, Entry, Files as _, Journal, JournalError, ManualClock, MemFiles, MemJournal,
    Owner, Runner, Selection,
};
use componentconfig::kubeadm::Facts;

const CONFIG: &str = "
apiVersion: kubeadm.k8s.io/v1beta4
kind: InitConfiguration
localAPIEndpoint: {advertiseAddress: 10.1.2.3}
nodeRegistration: {name: cp-1}
---
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
kubernetesVersion: v1.36.1
encryptionAlgorithm: ECDSA-P256
";

fn at(days: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_795_235_010 + days * 86_400)
}

/// Counts the keys that are made.
struct Counting(FixedKeys, AtomicUsize);

impl KeySource for Counting {
    fn generate(&self, algorithm: Algorithm) -> Result<PrivateKey, PkiError> {
        self.1.fetch_add(1, Ordering::SeqCst);
        self.0.generate(algorithm)
    }

    fn fill(&self, bytes: &mut [u8]) -> Result<(), PkiError> {
        self.0.fill(bytes)
    }
}

/// A journal that ends the process when so many entries are written.
struct Killing<'a>(&'a MemJournal, AtomicUsize);

impl Journal for Killing<'_> {
    fn load(&self) -> Result<Vec<Entry>, JournalError> {
        self.0.load()
    }

    fn append(&self, entry: &Entry) -> Result<(), JournalError> {
        // A killed process writes no end either.
        if std::thread::panicking() {
            return Ok(());
        }
        let left = self.1.load(Ordering::SeqCst);
        assert!(left > 0, "killed");
        self.1.store(left - 1, Ordering::SeqCst);
        self.0.append(entry)
    }

    fn clear(&self) -> Result<(), JournalError> {
        self.0.clear()
    }
}

fn cluster() -> (MemFiles, Renewal, Arc<Counting>) {
    let keys = Arc::new(Counting(FixedKeys::seeded("renew"), AtomicUsize::new(0)));
    let context = init_context(
        "c",
        CONFIG,
        &Facts::default(),
        HostFacts::default(),
        keys.clone(),
    )
    .unwrap();
    let (files, clock) = (MemFiles::new(), ManualClock::new(at(0)));
    let flow = init_workflow().build().unwrap();
    let only = Selection::only(["certs", "kubeconfig"]);
    Runner::new(&flow, &files)
        .clock(&clock)
        .select(only)
        .run(&context)
        .unwrap();
    keys.1.store(0, Ordering::SeqCst);
    (
        files,
        Renewal {
            context,
            since: at(200),
        },
        keys,
    )
}

fn serial(files: &MemFiles, name: &str) -> Vec<u8> {
    let text = files
        .read(&format!("/etc/kubernetes/pki/{name}.crt"))
        .unwrap();
    Certificate::from_pem(&text).unwrap().serial().to_vec()
}

#[test]
fn everything_once_and_a_second_run_has_nothing_to_do() {
    let (files, renewal, keys) = cluster();
    let flow = renew_workflow(false).build().unwrap();
    let clock = ManualClock::new(at(200));
    let (ca, leaf) = (serial(&files, "ca"), serial(&files, "apiserver"));
    let runner = Runner::new(&flow, &files).clock(&clock);
    runner.run(&renewal).unwrap();
    assert_eq!(keys.1.load(Ordering::SeqCst), 11);
    assert_eq!(serial(&files, "ca"), ca);
    assert_ne!(serial(&files, "apiserver"), leaf);
    assert!(runner.plan(&renewal).unwrap().is_empty());
    let info = expiration(&renewal.context, &files, at(200)).unwrap();
    for row in info.certificates.unwrap() {
        assert_eq!(row.residual_time / 86_400, 365, "{}", row.name);
    }
}

#[test]
fn what_belongs_to_the_user_of_a_component_stays_so() {
    let (files, renewal, _) = cluster();
    let user = Owner { uid: 101, gid: 102 };
    let (own, open) = (
        "/etc/kubernetes/pki/apiserver.key",
        "/etc/kubernetes/pki/front-proxy-client.key",
    );
    files.set_owner(own, user).unwrap();
    files.set_mode(own, 0o644).unwrap();
    files.set_mode(open, 0o640).unwrap();
    let flow = renew_workflow(false).build().unwrap();
    let clock = ManualClock::new(at(200));
    let renew = |renewal: &Renewal, files: &MemFiles| {
        let runner = Runner::new(&flow, files).clock(&clock);
        runner.run(renewal).unwrap();
        [own, open].map(|path| {
            let stat = files.stat(path).unwrap().unwrap();
            (stat.owner, stat.mode)
        })
    };
    let root = Owner { uid: 0, gid: 0 };
    let mut upstream = renewal.clone();
    upstream.context.compat = Compat::Upstream;
    let before = files.read(own).unwrap();
    assert_eq!(
        renew(&upstream, &files.clone()),
        [(user, 0o644), (root, 0o640)]
    );
    assert_eq!(renew(&renewal, &files), [(user, 0o640), (root, 0o600)]);
    assert_ne!(files.read(own).unwrap(), before);
}

#[test]
fn killed_at_every_journal_entry_nothing_is_renewed_twice() {
    let mut killed = 0;
    for entries in 0.. {
        let (files, renewal, keys) = cluster();
        let flow = renew_workflow(false).build().unwrap();
        let (clock, journal) = (ManualClock::new(at(200)), MemJournal::new());
        let killing = Killing(&journal, AtomicUsize::new(entries));
        let config = Digest::of(b"renewal");
        let first = catch_unwind(AssertUnwindSafe(|| {
            Runner::new(&flow, &files)
                .clock(&clock)
                .journal(&killing, config)
                .run(&renewal)
                .is_ok()
        }));
        if matches!(first, Ok(true)) {
            break;
        }
        killed += 1;
        let later = ManualClock::new(at(201));
        let runner = Runner::new(&flow, &files)
            .clock(&later)
            .journal(&journal, config);
        runner.run(&renewal).unwrap();
        // At most the key that was being made when the run was killed was made in vain.
        assert!(
            keys.1.load(Ordering::SeqCst) <= 12,
            "{entries}: {keys}",
            keys = keys.1.load(Ordering::SeqCst)
        );
        assert!(runner.plan(&renewal).unwrap().is_empty());
        assert!(
            files
                .paths()
                .iter()
                .all(|(path, _)| !path.contains(".staged"))
        );
    }
    assert!(killed > 30, "{killed}");
}
