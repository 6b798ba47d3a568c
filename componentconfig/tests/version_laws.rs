//! Laws that every kind keeps at every version, over documents that are made up from the catalog of upstream's fields.

#![cfg(all(
    feature = "yaml",
    feature = "kubeadm",
    feature = "kube-scheduler",
    feature = "kube-apiserver",
    feature = "kube-controller-manager",
    feature = "kubectl"
))]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test"
)]

#[path = "support/catalog.rs"]
mod support;
#[path = "support/values.rs"]
mod values;

use std::{cell::RefCell, collections::BTreeSet};

use componentconfig::{
    GroupVersion, Registry,
    conversion::{Loss, Target},
    field::Element,
    print::Print,
    yaml,
};
use proptest::{
    option,
    prelude::*,
    test_runner::{TestCaseResult, TestRunner},
};
use serde_json::Value;
use support::Kind;
use values::{documents_of, forget, prune};

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// Holds a law against documents of a kind.
fn holds(kind: &Kind, cases: u32, law: impl Fn(&Value) -> TestCaseResult) {
    let mut runner = TestRunner::new(config(cases));
    let outcome = runner.run(&documents_of(kind), |document| law(&document));
    if let Err(why) = outcome {
        panic!("{}/{} {}: {why}", kind.group, kind.version, kind.kind);
    }
}

/// The other versions of a kind.
fn others<'a>(kinds: &'a [Kind], kind: &'a Kind) -> impl Iterator<Item = &'a Kind> {
    let same = |other: &&Kind| other.group == kind.group && other.kind == kind.kind;
    kinds
        .iter()
        .filter(same)
        .filter(|other| other.version != kind.version)
}

#[test]
fn between_any_two_versions_what_is_lost_is_told_exactly() {
    let (kinds, registry) = (support::kinds(), Registry::kubernetes());
    let lossy = RefCell::new(BTreeSet::new());
    let mut pairs = 0;
    for kind in &kinds {
        for other in others(&kinds, kind) {
            let from = GroupVersion::new(kind.group.clone(), kind.version.clone());
            let to = GroupVersion::new(other.group.clone(), other.version.clone());
            holds(kind, 24, |document| {
                let lost = exact(&registry, std::slice::from_ref(document), &from, &to)?;
                if lost > 0 {
                    lossy
                        .borrow_mut()
                        .insert(format!("{from} {to} {}", kind.kind));
                }
                Ok(())
            });
            pairs += 1;
        }
    }
    let lossy = lossy.into_inner();
    assert_eq!(pairs, 52);
    // Newer versions have what older ones have not; the other way round nothing may be lost.
    let expected = [
        "kubeadm.k8s.io/v1beta4 kubeadm.k8s.io/v1beta3 ClusterConfiguration",
        "kubelet.config.k8s.io/v1 kubelet.config.k8s.io/v1beta1 CredentialProviderConfig",
    ];
    assert!(
        expected.iter().all(|pair| lossy.contains(*pair)),
        "{lossy:#?}"
    );
    assert!(lossy.len() < 20, "{lossy:#?}");
}

/// Documents of kubeadm that belong together, at the version.
fn files_of_kubeadm(version: &'static str) -> impl Strategy<Value = Vec<Value>> {
    let kinds = support::kinds();
    let of = |name: &str| {
        let wanted = |kind: &&Kind| kind.version == version && kind.kind == name;
        option::weighted(0.7, documents_of(kinds.iter().find(wanted).unwrap()))
    };
    let all = (
        of("InitConfiguration"),
        of("ClusterConfiguration"),
        of("JoinConfiguration"),
    );
    all.prop_map(|(init, cluster, join)| [init, cluster, join].into_iter().flatten().collect())
}

#[test]
fn what_a_file_of_kubeadm_loses_is_told_exactly() {
    let registry = Registry::kubernetes();
    for (from, to) in [("v1beta3", "v1beta4"), ("v1beta4", "v1beta3")] {
        let version = |version: &'static str| GroupVersion::from_static("kubeadm.k8s.io", version);
        let mut runner = TestRunner::new(config(96));
        runner
            .run(&files_of_kubeadm(from), |documents| {
                exact(&registry, &documents, &version(from), &version(to)).map(|_| ())
            })
            .unwrap();
    }
}

/// There and back: what differs then is what the conversion told, value by value, and nothing else is told. Gives how much
/// was lost.
fn exact(
    registry: &Registry,
    documents: &[Value],
    from: &GroupVersion,
    to: &GroupVersion,
) -> Result<usize, TestCaseError> {
    let convert = |documents: &[Value], to: &GroupVersion| {
        let converted = registry.convert(documents, &Target::Version(to.clone()));
        converted.map_err(|report| TestCaseError::fail(report.to_string()))
    };
    let there = convert(documents, to)?;
    let back = convert(&there.documents, from)?;
    for document in documents {
        let same = |other: &&Value| other["kind"] == document["kind"];
        let version = there
            .documents
            .iter()
            .find(same)
            .map(|other| &other["apiVersion"]);
        prop_assert_eq!(version, Some(&to.to_string().into()));
        let before = registry.normalized(document).unwrap();
        let after = back.documents.iter().find(same).unwrap();
        let after = registry.normalized(after).unwrap();
        let (mut left, mut right) = (before.clone(), after.clone());
        let of_kind = |loss: &&Loss| document["kind"] == loss.kind.as_str();
        for loss in there.losses.iter().filter(of_kind) {
            real(loss, &before, &after)?;
            let steps: Vec<String> = steps(loss).map(str::to_owned).collect();
            forget(&mut left, &steps);
            forget(&mut right, &steps);
        }
        prune(&mut left);
        prune(&mut right);
        prop_assert_eq!(left, right);
    }
    Ok(there.losses.len())
}

fn steps(loss: &Loss) -> impl Iterator<Item = &str> {
    loss.path
        .elements()
        .iter()
        .filter_map(|element| match element {
            Element::Field(name) => Some(name.as_ref()),
            _ => None,
        })
}

/// What a loss says was set was set, what it says is left is left, and the two differ.
fn real(loss: &Loss, before: &Value, after: &Value) -> TestCaseResult {
    let find =
        |whole: &Value| steps(loss).try_fold(whole.clone(), |value, step| value.get(step).cloned());
    prop_assert_eq!(find(before), Some(loss.value.clone()));
    prop_assert_eq!(
        find(after).filter(|value| !value.is_null()),
        loss.left.clone()
    );
    prop_assert_ne!(Some(&loss.value), loss.left.as_ref());
    Ok(())
}

#[test]
fn defaults_of_every_kind_are_set_once() {
    let registry = Registry::kubernetes();
    for kind in &support::kinds() {
        holds(kind, 12, |document| {
            let once = registry.print(document, Print::Effective).unwrap();
            prop_assert_eq!(registry.print(&once, Print::Effective).unwrap(), once);
            Ok(())
        });
    }
}

#[test]
fn what_is_printed_of_every_kind_is_read_with_the_same_effect() {
    let registry = Registry::kubernetes();
    for kind in &support::kinds() {
        holds(kind, 12, |document| {
            let effect = registry.print(document, Print::Effective).unwrap();
            for mode in [Print::Minimal, Print::Effective] {
                let text = yaml::write(&registry.print(document, mode).unwrap());
                let read = yaml::read_strict(&text);
                let read =
                    read.map_err(|report| TestCaseError::fail(format!("{report}\n{text}")))?;
                let again = registry.print(&read, Print::Effective).unwrap();
                prop_assert_eq!(&again, &effect, "{:?}\n{}", mode, text);
            }
            Ok(())
        });
    }
}
