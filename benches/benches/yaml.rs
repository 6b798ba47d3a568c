//! Reading a configuration document of 300 lines, beside serde_yaml in the same run.
//!
//! `cargo bench -p benches --bench yaml`. The peer does less: no positions, no YAML 1.1 scalars, one error at a time.
#![expect(
    clippy::expect_used,
    reason = "a measurement has nothing to do without its input"
)]

use benches::KUBELET;
use componentconfig::{Document, Strictness, decode, kubelet::v1beta1::KubeletConfiguration, yaml};
use divan::{Bencher, black_box};

fn main() {
    divan::main();
}

/// Text to JSON value: what both can do.
#[divan::bench_group]
mod to_value {
    use super::{Bencher, KUBELET, black_box, yaml};

    #[divan::bench]
    fn componentconfig(bencher: Bencher) {
        bencher.bench(|| yaml::read(black_box(KUBELET)).expect("the document is valid"));
    }

    #[divan::bench]
    fn componentconfig_strict(bencher: Bencher) {
        bencher.bench(|| yaml::read_strict(black_box(KUBELET)).expect("the document is valid"));
    }

    #[divan::bench]
    fn serde_yaml(bencher: Bencher) {
        bencher.bench(|| {
            serde_yaml::from_str::<serde_json::Value>(black_box(KUBELET))
                .expect("the document is valid")
        });
    }
}

/// Text to the typed configuration; ours with strict checks and positions.
#[divan::bench_group]
mod to_type {
    use super::{Bencher, Document, KUBELET, KubeletConfiguration, Strictness, black_box, decode};

    #[divan::bench]
    fn componentconfig_strict(bencher: Bencher) {
        bencher.bench(|| {
            let document = Document::read("kubelet.yaml", black_box(KUBELET)).expect("valid");
            let decoded = decode::<KubeletConfiguration>(&document, Strictness::Strict);
            decoded.into_result().expect("the document is valid")
        });
    }

    #[divan::bench]
    fn serde_yaml(bencher: Bencher) {
        bencher.bench(|| {
            serde_yaml::from_str::<serde_yaml::Value>(black_box(KUBELET)).expect("valid")
        });
    }
}
