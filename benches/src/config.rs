//! Inputs and jobs of the measurements of configuration files.
#![expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "a measurement has nothing to do without its input"
)]

use std::{fmt::Write as _, iter};

use componentconfig::{
    Document, DocumentSet, Policy, Registry,
    kubeadm::{self, Facts},
    kubelet::v1beta1::KubeletConfiguration,
    yaml,
};
use granit_parser::{Options, Parser};

use crate::KUBELET;

/// Reads a file that upstream's answer is recorded for.
macro_rules! recorded {
    ($case:literal) => {
        include_str!(concat!(
            "../../componentconfig/tests/conformance/cases/",
            $case,
            "/input.yaml"
        ))
    };
}

/// A file of four documents for `kubeadm config migrate`: the first node and the cluster at v1beta3 with every field set,
/// the kubelet and kube-proxy.
pub fn four_documents() -> String {
    [
        recorded!("migrate-all-fields-init-cluster-v1beta3-etcd-local-a"),
        recorded!("kubelet-all-fields-a"),
        recorded!("kubeproxy-all-fields-a"),
    ]
    .join("---\n")
}

/// The configuration of [`KUBELET`] with so many lines: more headers (a map of lists), sysctls (a list of texts) and taints
/// (a list of maps).
pub fn kubelet_of(lines: usize) -> String {
    let mut text = String::new();
    // Six lines for every step: a header, a sysctl, a taint.
    let steps = lines.saturating_sub(KUBELET.lines().count()) / 6;
    for line in KUBELET.lines() {
        writeln!(text, "{line}").expect("a String takes everything");
        for step in 0..steps {
            match line {
                "staticPodURLHeader:" => writeln!(text, "  X-More-{step}:\n  - \"value {step}\""),
                "allowedUnsafeSysctls:" => writeln!(text, "- net.ipv4.conf.more{step}.*"),
                "registerWithTaints:" => writeln!(
                    text,
                    "- key: more-{step}\n  value: infra\n  effect: NoSchedule"
                ),
                _ => break,
            }
            .expect("a String takes everything");
        }
    }
    text
}

/// How many events the parser underneath makes of a text: what no reader can do without.
pub fn events(text: &str) -> usize {
    let mut options = Options::default();
    options.set_emit_comments(false);
    let mut parser = Parser::new_from_str_with_options(text, options);
    iter::from_fn(|| parser.next_event())
        .inspect(|event| assert!(event.is_ok(), "the text is valid"))
        .count()
}

/// The peer: the same text into the same type, without defaults, validation, positions and the rules of YAML 1.1.
pub fn peer(text: &str) -> KubeletConfiguration {
    serde_yaml::from_str(text).expect("the text is valid")
}

/// A text with the position of every value.
pub fn read(text: &str) -> Document {
    Document::read("kubelet.yaml", text).expect("the text is valid")
}

/// Everything: positions, strict decoding, defaults, validation.
pub fn load(registry: &Registry, text: &str) -> KubeletConfiguration {
    let loaded = registry.load::<KubeletConfiguration>(&read(text), Policy::Strict);
    loaded.expect("the text is valid").0
}

/// A file at the newest versions, written.
pub fn migrate(text: &str, facts: &Facts) -> String {
    let set = DocumentSet::read("kubeadm.yaml", text).expect("the text is valid");
    let migration = kubeadm::migrate(&set, facts).expect("the text is valid");
    yaml::write_all(migration.documents.iter().chain(&migration.components))
}
