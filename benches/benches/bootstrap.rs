//! The whole file part of `kubeadm init`: certificates, kubeconfigs, static pods, etcd, kubelet files.
//!
//! `cargo bench -p benches --bench bootstrap`. A run is everything from the text of the configuration to 34 files on a disk, with the
//! journal, each file synced. `keys` is the share of key generation: the 16 keys of a run and nothing else, on one thread and on all.
#![expect(
    clippy::expect_used,
    reason = "a measurement has nothing to do without its input"
)]

use std::{num::NonZeroUsize, sync::Arc, thread};

use bootstrap_phases::{
    Digest, FileJournal, Files, Flow, Journal, MemFiles, MemJournal, Runner, StdFiles,
    kubeadm::{
        InitContext, init_workflow,
        pki::{Algorithm, KeyPool, KeySource, SystemKeys},
    },
};
use componentconfig::{
    DocumentSet,
    kubeadm::{Facts, LoadOptions, load_init},
};
use divan::{Bencher, black_box};
use tempfile::TempDir;

const KEYS: usize = 16;

fn main() {
    divan::main();
}

fn configuration(algorithm: &str) -> String {
    format!(
        "\
apiVersion: kubeadm.k8s.io/v1beta4
kind: InitConfiguration
localAPIEndpoint:
  advertiseAddress: 10.1.2.3
nodeRegistration:
  name: cp-1
---
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
kubernetesVersion: v1.36.1
encryptionAlgorithm: {algorithm}
"
    )
}

fn threads() -> NonZeroUsize {
    thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

/// From text to a context with as many keys on the way as the files lack.
fn context(text: &str, files: &dyn Files) -> InitContext {
    let documents = DocumentSet::read("kubeadm.yaml", text).expect("valid");
    let loaded = load_init(&documents, &Facts::default(), LoadOptions::validate()).expect("valid");
    let context = InitContext::loaded(loaded.config);
    context
        .with_keys_ahead(files, threads())
        .expect("known algorithm")
}

fn run(flow: &Flow<InitContext>, text: &str, files: &dyn Files, journal: &dyn Journal) -> usize {
    let context = context(text, files);
    let runner = Runner::new(flow, files).journal(journal, Digest::of(text.as_bytes()));
    runner.run(&context).expect("it runs").changes()
}

#[divan::bench_group(sample_count = 20, sample_size = 1)]
mod init {
    use super::{
        Bencher, FileJournal, MemFiles, MemJournal, StdFiles, TempDir, configuration,
        init_workflow, run,
    };

    /// On a disk, with a journal on it.
    #[divan::bench(args = ["ECDSA-P256", "RSA-2048"])]
    fn on_disk(bencher: Bencher, algorithm: &str) {
        let flow = init_workflow().build().expect("it builds");
        let text = configuration(algorithm);
        bencher
            .with_inputs(|| TempDir::new().expect("a folder"))
            .bench_values(|dir| {
                let journal = FileJournal::open(dir.path().join("journal")).expect("a journal");
                let changes = run(&flow, &text, &StdFiles::new(dir.path()), &journal);
                (changes, dir)
            });
    }

    /// In memory: what is left when the disk costs nothing.
    #[divan::bench(args = ["ECDSA-P256", "RSA-2048"])]
    fn in_memory(bencher: Bencher, algorithm: &str) {
        let flow = init_workflow().build().expect("it builds");
        let text = configuration(algorithm);
        bencher.bench(|| run(&flow, &text, &MemFiles::new(), &MemJournal::new()));
    }

    /// A second run on a disk that has everything.
    #[divan::bench]
    fn nothing_to_do(bencher: Bencher) {
        let flow = init_workflow().build().expect("it builds");
        let text = configuration("ECDSA-P256");
        let dir = TempDir::new().expect("a folder");
        let journal = FileJournal::open(dir.path().join("journal")).expect("a journal");
        run(&flow, &text, &StdFiles::new(dir.path()), &journal);
        bencher.bench(|| run(&flow, &text, &StdFiles::new(dir.path()), &journal));
    }
}

#[divan::bench_group(sample_count = 20, sample_size = 1)]
mod keys {
    use super::{Algorithm, Arc, KEYS, KeyPool, KeySource, SystemKeys, black_box, threads};

    #[divan::bench(args = [Algorithm::EcdsaP256, Algorithm::Rsa2048])]
    fn on_one_thread(algorithm: Algorithm) {
        for _ in 0..KEYS {
            black_box(SystemKeys.generate(algorithm).expect("a key"));
        }
    }

    #[divan::bench(args = [Algorithm::EcdsaP256, Algorithm::Rsa2048])]
    fn on_all_threads(algorithm: Algorithm) {
        let pool = KeyPool::start(Arc::new(SystemKeys), algorithm, KEYS, threads().get());
        for _ in 0..KEYS {
            black_box(pool.generate(algorithm).expect("a key"));
        }
    }
}
