//! Every default of every kind, compared with `tests/golden/defaults.md`. Refresh it with
//! `UPDATE_GOLDEN=1 cargo test -p componentconfig --all-features --test defaults`, and review the difference like code.

#![cfg(all(
    feature = "kubeadm",
    feature = "kube-scheduler",
    feature = "kube-apiserver",
    feature = "kube-controller-manager",
    feature = "kubectl"
))]
#![allow(clippy::unwrap_used, reason = "a test")]

use std::{env, fmt::Write as _, fs, path::Path};

use componentconfig::{
    Config, GroupVersionKind, Kind, Registry,
    defaults::FieldDefault,
    kube_proxy::v1alpha1::KubeProxyConfiguration,
    kubeadm::v1beta4::{ClusterConfiguration, InitConfiguration},
    kubelet::v1beta1::KubeletConfiguration,
    release::Release,
    scalar::Duration,
};

fn rows(defaults: &[FieldDefault]) -> Vec<String> {
    let row = |field: &FieldDefault| format!("| {} | `{}` |\n", field.path, field.value);
    defaults.iter().map(row).collect()
}

fn table(registry: &Registry, kind: &GroupVersionKind) -> String {
    let current = registry.default_values(kind, Release::CURRENT).unwrap();
    let mut text = format!("\n## {} {}\n\n", kind.api_version(), kind.kind());
    if current.is_empty() {
        text.push_str("No defaults.\n");
        return text;
    }
    write!(
        text,
        "| field | default |\n|---|---|\n{}",
        rows(&current).concat()
    )
    .unwrap();
    let mut before = rows(&current);
    for release in (25..36).rev().chain([37]).map(Release::new) {
        let Some(there) = registry.default_values(kind, release) else {
            continue;
        };
        let there = rows(&there);
        if release > Release::CURRENT {
            before = rows(&current);
        }
        let gone = before.iter().filter(|row| !there.contains(row));
        let new = there.iter().filter(|row| !before.contains(row));
        for (sign, row) in gone.map(|row| ("-", row)).chain(new.map(|row| ("+", row))) {
            write!(text, "\n{release} {sign} {row}").unwrap();
        }
        before = there;
    }
    text
}

#[test]
fn the_defaults_are_those_that_were_reviewed() {
    let registry = Registry::kubernetes();
    let mut text = "# Defaults of Kubernetes 1.36, and what differs in other releases\n".to_owned();
    text.extend(registry.kinds().map(|kind| table(&registry, kind)));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/defaults.md");
    if env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&path, &text).unwrap();
    }
    assert!(
        fs::read_to_string(&path).unwrap() == text,
        "{} differs: refresh and review it",
        path.display()
    );
}

/// What an accessor gives is what defaulting fills in, whether the field is set or not.
#[test]
fn accessors_give_what_defaulting_fills_in() {
    let unset = KubeletConfiguration::default();
    assert_eq!(
        unset.max_pods(),
        unset.effective(|kubelet| kubelet.max_pods)
    );
    assert_eq!(
        Some(unset.healthz_port()),
        unset.effective(|kubelet| kubelet.healthz_port)
    );
    assert_eq!(
        unset.address(),
        unset.effective(|kubelet| kubelet.address.clone())
    );
    let webhook = &unset.authentication.webhook;
    assert_eq!(webhook.cache_ttl(), Duration::from_mins(2));
    assert_eq!(webhook.enabled, None);

    let set = KubeletConfiguration {
        max_pods: 7,
        healthz_port: Some(0),
        ..unset
    };
    assert_eq!((set.max_pods(), set.healthz_port()), (7, 0));

    let proxy = KubeProxyConfiguration::default();
    assert_eq!(proxy.conntrack.max_per_core(), 32_768);
    let init = InitConfiguration::default();
    assert_eq!(init.local_api_endpoint.bind_port(), 6443);
    let cluster = ClusterConfiguration::default();
    assert_eq!(cluster.networking.service_subnet(), "10.96.0.0/12");
}

#[test]
fn releases_have_their_own_defaults() {
    let registry = Registry::kubernetes();
    let has = |minor, wanted: &str| {
        let defaults = registry.default_values(&KubeletConfiguration::GVK, Release::new(minor));
        let mut fields = defaults.unwrap().into_iter();
        fields.any(|field| field.path.to_string() == wanted)
    };
    assert!(has(36, "memoryThrottlingFactor") && !has(37, "memoryThrottlingFactor"));
    assert!(has(32, "crashLoopBackOff.maxContainerRestartPeriod"));
    assert!(!has(31, "crashLoopBackOff.maxContainerRestartPeriod"));
    let gone = GroupVersionKind::new("kubeadm.k8s.io", "v1beta2", "InitConfiguration");
    assert_eq!(registry.default_values(&gone, Release::CURRENT), None);
}
