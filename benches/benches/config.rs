//! Reading, completing and migrating configuration files, beside serde_yaml's bare read of the same file.
//!
//! `cargo bench -p benches --bench config`. The binary `config-figures` measures the same in turns, for the table in the README.

use benches::{
    KUBELET,
    config::{events, four_documents, kubelet_of, load, migrate, peer, read},
};
use componentconfig::{Registry, kubeadm::Facts};
use divan::{Bencher, black_box, counter::BytesCount};

fn main() {
    divan::main();
}

/// A kubelet configuration: strict, with positions, defaults and validation.
#[divan::bench_group]
mod kubelet {
    use super::{Bencher, KUBELET, Registry, black_box};

    #[divan::bench]
    fn serde_yaml(bencher: Bencher) {
        bencher.bench(|| super::peer(black_box(KUBELET)));
    }

    #[divan::bench]
    fn events(bencher: Bencher) {
        bencher.bench(|| super::events(black_box(KUBELET)));
    }

    #[divan::bench]
    fn read(bencher: Bencher) {
        bencher.bench(|| super::read(black_box(KUBELET)));
    }

    #[divan::bench]
    fn load(bencher: Bencher) {
        let registry = Registry::kubernetes();
        bencher.bench(|| super::load(&registry, black_box(KUBELET)));
    }
}

/// Four documents for kubeadm, to the newest versions and written.
#[divan::bench]
fn migration(bencher: Bencher) {
    let (text, facts) = (four_documents(), Facts::default());
    bencher.bench(|| migrate(black_box(&text), &facts));
}

/// Files of so many lines; the bytes a second should stay the same.
#[divan::bench_group(sample_count = 10)]
mod growth {
    use super::{Bencher, BytesCount, Registry, black_box, kubelet_of};

    const LINES: [usize; 3] = [300, 3_000, 30_000];

    #[divan::bench(args = LINES)]
    fn load(bencher: Bencher, lines: usize) {
        let (registry, text) = (Registry::kubernetes(), kubelet_of(lines));
        bencher
            .counter(BytesCount::of_str(&text))
            .bench(|| super::load(&registry, black_box(&text)));
    }

    #[divan::bench(args = LINES)]
    fn serde_yaml(bencher: Bencher, lines: usize) {
        let text = kubelet_of(lines);
        bencher
            .counter(BytesCount::of_str(&text))
            .bench(|| super::peer(black_box(&text)));
    }
}
