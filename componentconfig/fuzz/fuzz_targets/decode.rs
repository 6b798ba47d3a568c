//! Any document as a kind of Kubernetes: no panic, and a value unless something was said against it.
#![no_main]

use componentconfig::{Document, Strictness, decode, kubeadm, kubelet};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let Ok(document) = Document::read("f", text) else { return };
    let cluster = decode::<kubeadm::v1beta4::ClusterConfiguration>(&document, Strictness::Strict);
    assert!(cluster.value.is_some() || cluster.has_errors());
    let kubelet = decode::<kubelet::v1beta1::KubeletConfiguration>(&document, Strictness::Tolerate);
    assert!(kubelet.value.is_some() || kubelet.has_errors());
});
