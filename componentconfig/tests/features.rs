//! What each feature builds in, and that it builds in nothing else. `.ci/feature-matrix` runs this for every feature alone.

use std::collections::BTreeSet;

use componentconfig::{GroupVersionKind, Registry};

/// The features that bring kinds, whether they are on, and the groups they bring.
const COMPONENTS: [(&str, bool, &[&str]); 7] = [
    (
        "kubeadm",
        cfg!(feature = "kubeadm"),
        &["kubeadm.k8s.io", "output.kubeadm.k8s.io"],
    ),
    (
        "kubelet",
        cfg!(feature = "kubelet"),
        &["kubelet.config.k8s.io"],
    ),
    (
        "kube-proxy",
        cfg!(feature = "kube-proxy"),
        &["kubeproxy.config.k8s.io"],
    ),
    (
        "kube-scheduler",
        cfg!(feature = "kube-scheduler"),
        &["kubescheduler.config.k8s.io"],
    ),
    (
        "kube-apiserver",
        cfg!(feature = "kube-apiserver"),
        &[
            "",
            "apiserver.config.k8s.io",
            "apiserver.k8s.io",
            "audit.k8s.io",
            "eventratelimit.admission.k8s.io",
            "pod-security.admission.config.k8s.io",
            "podtolerationrestriction.admission.k8s.io",
            "resourcequota.admission.k8s.io",
        ],
    ),
    (
        "kube-controller-manager",
        cfg!(feature = "kube-controller-manager"),
        &[
            "cloudcontrollermanager.config.k8s.io",
            "controllermanager.config.k8s.io",
            "kubecontrollermanager.config.k8s.io",
        ],
    ),
    (
        "kubectl",
        cfg!(feature = "kubectl"),
        &["kubectl.config.k8s.io"],
    ),
];

#[test]
fn the_groups_are_those_of_the_features() {
    let registry = Registry::kubernetes();
    let found: BTreeSet<&str> = registry.kinds().map(GroupVersionKind::group).collect();
    let on = COMPONENTS.iter().filter(|(_, on, _)| *on);
    let expected: BTreeSet<&str> = on.flat_map(|(.., groups)| *groups).copied().collect();
    assert_eq!(found, expected);
}

#[test]
fn a_component_brings_only_itself() {
    let brought = [
        ("kubeadm", &["kubelet", "kube-proxy"][..]),
        ("cel", &["kube-apiserver"][..]),
    ];
    let on = |wanted: &str| {
        (wanted == "cel" && cfg!(feature = "cel"))
            || COMPONENTS
                .iter()
                .any(|(name, on, _)| *on && *name == wanted)
    };
    for (feature, others) in brought {
        assert!(
            !on(feature) || others.iter().all(|other| on(other)),
            "{feature}"
        );
    }
    // Where the matrix builds one alone, it says which.
    let Ok(alone) = std::env::var("FEATURE_ALONE") else {
        return;
    };
    let mut allowed: Vec<&str> = vec![&alone];
    let also = brought.iter().filter(|(feature, _)| *feature == alone);
    allowed.extend(also.flat_map(|(_, others)| *others));
    for (name, is_on, _) in COMPONENTS {
        assert!(!is_on || allowed.contains(&name), "{alone} brings {name}");
    }
}

#[test]
fn every_kind_answers_for_itself() {
    let registry = Registry::kubernetes();
    for kind in registry.kinds() {
        let defaults = registry.defaults(kind).expect("the kind is known");
        assert_eq!(defaults["kind"], kind.kind());
        assert_eq!(defaults["apiVersion"], kind.api_version());
        let printed = registry
            .normalized(&defaults)
            .expect("defaults can be read");
        assert_eq!(printed["kind"], kind.kind());
    }
}
