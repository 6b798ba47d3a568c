//! Laws of the kinds, over documents that are made up from the catalog of upstream's fields.

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

use componentconfig::{
    Document, DocumentSet, Kind as _, Policy, Registry, Strictness,
    conversion::Target,
    decode_value, kube_proxy,
    kubeadm::{
        self, DocumentsV1Beta3, DocumentsV1Beta4, Facts, HostAddress, LoadOptions, v1beta3, v1beta4,
    },
    kubelet,
    print::Print,
};
use proptest::{option, prelude::*, sample, test_runner::TestCaseResult};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use values::{documents_of, forget, prune, values};

/// Documents of a kind, without `apiVersion` and `kind`.
fn documents(version: &str, kind: &str) -> BoxedStrategy<Value> {
    let kinds = support::kinds();
    let kind = kinds
        .iter()
        .find(|other| other.version == version && other.kind == kind)
        .unwrap();
    values(kind, &kind.root)
}

fn typed<T: DeserializeOwned + std::fmt::Debug>(
    version: &str,
    kind: &str,
) -> impl Strategy<Value = T> + use<T> {
    documents(version, kind).prop_map(|value| decoded(&value))
}

fn maybe<T: DeserializeOwned + std::fmt::Debug>(
    version: &str,
    kind: &str,
) -> impl Strategy<Value = Option<T>> + use<T> {
    option::weighted(0.7, typed(version, kind))
}

prop_compose! {
    fn old_documents()(
        init in maybe("v1beta3", "InitConfiguration"),
        cluster in maybe("v1beta3", "ClusterConfiguration"),
        join in maybe("v1beta3", "JoinConfiguration"),
    ) -> DocumentsV1Beta3 {
        DocumentsV1Beta3 { init, cluster, join }
    }
}

prop_compose! {
    fn new_documents()(
        init in maybe("v1beta4", "InitConfiguration"),
        cluster in maybe("v1beta4", "ClusterConfiguration"),
        join in maybe("v1beta4", "JoinConfiguration"),
        reset in option::weighted(0.2, typed("v1beta4", "ResetConfiguration")),
        upgrade in option::weighted(0.2, typed("v1beta4", "UpgradeConfiguration")),
    ) -> DocumentsV1Beta4 {
        DocumentsV1Beta4 { init, cluster, join, reset, upgrade }
    }
}

/// The documents as one value, without what is empty: it makes no difference where nothing is said.
fn said(documents: &DocumentsV1Beta4) -> Value {
    let mut all = json!({
        "InitConfiguration": documents.init,
        "ClusterConfiguration": documents.cluster,
        "JoinConfiguration": documents.join,
        "ResetConfiguration": documents.reset,
        "UpgradeConfiguration": documents.upgrade,
    });
    prune(&mut all);
    all
}

fn decoded<T: DeserializeOwned>(value: &Value) -> T {
    let decoded = decode_value(value, Strictness::Ignore);
    decoded
        .value
        .unwrap_or_else(|| panic!("{:?}", decoded.diagnostics))
}

fn comes_back<T>(value: &Value) -> TestCaseResult
where
    T: DeserializeOwned + Serialize + PartialEq + std::fmt::Debug,
{
    let first: T = decoded(value);
    let text = serde_json::to_value(&first).unwrap();
    let second: T = decoded(&text);
    prop_assert_eq!(serde_json::to_value(&second).unwrap(), text);
    Ok(())
}

fn facts() -> Facts {
    Facts {
        hostname: Some("host".to_owned()),
        address: HostAddress::found("192.0.2.10".parse().unwrap()),
        cri_sockets: Some(Vec::new()),
        tokens: vec!["abcdef.0123456789abcdef".parse().unwrap(); 4],
        discovery_file_exists: Some(true),
        ..Facts::default()
    }
}

/// A file of these documents, in JSON.
fn file(documents: &[Value]) -> DocumentSet {
    let texts: Vec<String> = documents.iter().map(ToString::to_string).collect();
    DocumentSet::read("made-up", &texts.join("\n---\n")).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_read_back(
        init in documents("v1beta4", "InitConfiguration"),
        cluster in documents("v1beta4", "ClusterConfiguration"),
        join in documents("v1beta4", "JoinConfiguration"),
        upgrade in documents("v1beta4", "UpgradeConfiguration"),
    ) {
        comes_back::<v1beta4::InitConfiguration>(&init)?;
        comes_back::<v1beta4::ClusterConfiguration>(&cluster)?;
        comes_back::<v1beta4::JoinConfiguration>(&join)?;
        comes_back::<v1beta4::UpgradeConfiguration>(&upgrade)?;
        let init: v1beta4::InitConfiguration = decoded(&init);
        prop_assert_eq!(&decoded::<v1beta4::InitConfiguration>(&init.to_document()), &init);
    }

    #[test]
    fn old_documents_survive_the_way_there_and_back(mut old in old_documents()) {
        // The first node's document is made where a timeout needs it.
        old.init.get_or_insert_default();
        let (back, losses) = old.to_v1beta4().to_v1beta3();
        prop_assert_eq!(losses, vec![]);
        prop_assert_eq!(back, old);
    }

    #[test]
    fn whatever_new_documents_lose_is_told(new in new_documents()) {
        let (old, losses) = new.to_v1beta3();
        let (mut before, mut after) = (said(&new), said(&old.to_v1beta4()));
        prop_assert_eq!(losses.is_empty(), before == after);
        for loss in losses {
            let path = loss.path.to_string();
            let steps = path.split('.').filter(|step| !step.is_empty()).map(str::to_owned);
            let steps: Vec<String> = std::iter::once(loss.kind).chain(steps).collect();
            forget(&mut before, &steps);
            forget(&mut after, &steps);
        }
        prune(&mut before);
        prune(&mut after);
        prop_assert_eq!(before, after);
    }

    #[test]
    fn conversion_and_defaulting_can_change_places(old in old_documents()) {
        // Losses of the defaults would be told: there are none that a user has set.
        let mut new = old.to_v1beta4();
        if let Some(cluster) = &mut new.cluster {
            cluster.set_defaults();
            let once = cluster.clone();
            cluster.set_defaults();
            prop_assert_eq!(&once, cluster);
        }
        let (again, _) = new.to_v1beta3();
        let mut twice = again.to_v1beta4();
        if let Some(cluster) = &mut twice.cluster {
            cluster.set_defaults();
        }
        prop_assert_eq!(twice.cluster, new.cluster);
    }

    #[test]
    fn defaults_are_set_once(mut new in new_documents()) {
        let set = |documents: &mut DocumentsV1Beta4| {
            documents.init.iter_mut().for_each(v1beta4::InitConfiguration::set_defaults);
            documents.cluster.iter_mut().for_each(v1beta4::ClusterConfiguration::set_defaults);
            documents.join.iter_mut().for_each(v1beta4::JoinConfiguration::set_defaults);
            documents.reset.iter_mut().for_each(v1beta4::ResetConfiguration::set_defaults);
            documents.upgrade.iter_mut().for_each(v1beta4::UpgradeConfiguration::set_defaults);
        };
        set(&mut new);
        let once = new.clone();
        set(&mut new);
        prop_assert_eq!(once, new);
    }

    #[test]
    fn any_file_is_answered(new in new_documents(), old in old_documents(), mix in any::<bool>()) {
        let mut documents = Vec::new();
        if mix {
            documents.extend(old.init.iter().map(v1beta3::InitConfiguration::to_document));
        } else {
            documents.extend(new.init.iter().map(v1beta4::InitConfiguration::to_document));
        }
        documents.extend(new.cluster.iter().map(v1beta4::ClusterConfiguration::to_document));
        documents.extend(old.join.iter().map(v1beta3::JoinConfiguration::to_document));
        documents.extend(new.reset.iter().map(v1beta4::ResetConfiguration::to_document));
        documents.extend(new.upgrade.iter().map(v1beta4::UpgradeConfiguration::to_document));
        prop_assume!(!documents.is_empty());
        let set = file(&documents);
        for options in [LoadOptions::validate(), LoadOptions::init()] {
            for facts in [facts(), Facts::default()] {
                match kubeadm::load(&set, &facts, options) {
                    Ok(loaded) => prop_assert!(loaded.unset.is_empty() || facts == Facts::default()),
                    Err(report) => prop_assert!(report.has_errors()),
                }
            }
        }
    }

    #[test]
    fn a_migrated_file_stays_as_it_is(
        cluster in typed::<v1beta3::ClusterConfiguration>("v1beta3", "ClusterConfiguration"),
    ) {
        // Only what cannot be refused is kept of the made-up cluster.
        let kept = v1beta3::ClusterConfiguration {
            api_server: v1beta3::APIServer {
                extra_volumes: cluster.api_server.extra_volumes,
                timeout_for_control_plane: cluster.api_server.timeout_for_control_plane,
                ..v1beta3::APIServer::default()
            },
            cluster_name: cluster.cluster_name,
            dns: v1beta3::DNS { image_tag: cluster.dns.image_tag, ..v1beta3::DNS::default() },
            ..v1beta3::ClusterConfiguration::default()
        };
        let once = kubeadm::migrate(&file(&[kept.to_document()]), &facts()).unwrap();
        let twice = kubeadm::migrate(&file(&once.documents), &facts()).unwrap();
        prop_assert_eq!(once.documents, twice.documents);
    }
}

proptest! {
    // These documents are large.
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn components_are_read_back(
        kubelet in documents("v1beta1", "KubeletConfiguration"),
        kube_proxy in documents("v1alpha1", "KubeProxyConfiguration"),
    ) {
        comes_back::<kubelet::v1beta1::KubeletConfiguration>(&kubelet)?;
        comes_back::<kube_proxy::v1alpha1::KubeProxyConfiguration>(&kube_proxy)?;
    }

    #[test]
    fn components_are_answered(
        kubelet in documents("v1beta1", "KubeletConfiguration"),
        dropin in documents("v1beta1", "KubeletConfiguration"),
        kube_proxy in documents("v1alpha1", "KubeProxyConfiguration"),
    ) {
        let mut config: kubelet::v1beta1::KubeletConfiguration = decoded(&kubelet);
        config.set_defaults();
        let once = config.clone();
        config.set_defaults();
        prop_assert_eq!(&once, &config);
        let base = Document::from_value("kubelet", &config.to_document());
        prop_assert_eq!(kubelet::load(&base).is_ok(), config.validate().is_empty());
        let dropin: kubelet::v1beta1::KubeletConfiguration = decoded(&dropin);
        let dropins = [Document::from_value("dropin", &dropin.to_document())];
        let layers = kubelet::Layers { base: &base, folder: "/", dropins: &dropins, flags: &["--max-pods=7"] };
        let (effective, _) = kubelet::effective(layers).unwrap();
        prop_assert_eq!(effective.max_pods, 7);

        let mut config: kube_proxy::v1alpha1::KubeProxyConfiguration = decoded(&kube_proxy);
        config.set_defaults();
        let once = config.clone();
        config.set_defaults();
        prop_assert_eq!(&once, &config);
        let document = Document::from_value("kube-proxy", &config.to_document());
        prop_assert_eq!(kube_proxy::load(&document).is_ok(), config.validate().is_empty());
    }
}

/// A document of any kind of the catalog, with `apiVersion` and `kind`.
fn any_document() -> impl Strategy<Value = Value> {
    let kinds = support::kinds();
    let one = sample::select((0..kinds.len()).collect::<Vec<_>>());
    one.prop_flat_map(move |index| documents_of(&kinds[index]))
}

/// Whether there is an empty list or map anywhere.
fn has_empty(value: &Value) -> bool {
    match value {
        Value::Object(fields) => fields.is_empty() || fields.values().any(has_empty),
        Value::Array(items) => items.is_empty() || items.iter().any(has_empty),
        _ => false,
    }
}

/// What is said, without what says nothing.
fn pruned(mut value: Value) -> Value {
    prune(&mut value);
    value
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_kind_is_read_back_and_completed_once(document in any_document()) {
        let registry = Registry::kubernetes();
        let once = registry.normalized(&document).unwrap();
        prop_assert_eq!(registry.normalized(&once).unwrap(), once.clone());
        // What upstream writes is left out here: it says nothing of an empty list, where that is not the same as none.
        for mode in [Print::Minimal, Print::Effective] {
            let printed = registry.print(&document, mode).unwrap();
            // Kubernetes itself does not write an empty list that was set in place of a default.
            if mode == Print::Upstream && has_empty(&document) {
                continue;
            }
            prop_assert_eq!(registry.print(&printed, mode).unwrap(), printed.clone(), "{:?}", mode);
            prop_assert_eq!(
                registry.print(&printed, Print::Upstream).unwrap(),
                registry.print(&document, Print::Upstream).unwrap(),
            );
        }
    }

    #[test]
    fn every_kind_is_answered(document in any_document()) {
        let registry = Registry::kubernetes();
        let document = Document::from_value("made-up", &document);
        match registry.load_any(&document, Policy::Strict) {
            Ok((complete, _)) => prop_assert_eq!(complete["kind"].as_str(), Some(document.gvk().unwrap().kind())),
            Err(report) => prop_assert!(report.has_errors()),
        }
    }

    #[test]
    fn no_conversion_loses_in_silence(document in any_document()) {
        let registry = Registry::kubernetes();
        let before = registry.normalized(&document).unwrap();
        let newest = registry.convert(std::slice::from_ref(&document), &Target::Newest).unwrap();
        let version = document["apiVersion"].as_str().unwrap().parse().unwrap();
        let back = registry.convert(&newest.documents, &Target::Version(version)).unwrap();
        let after = back.documents.into_iter().find(|after| after["kind"] == document["kind"]).unwrap();
        let (mut before, mut after) = (before, registry.normalized(&after).unwrap());
        for loss in newest.losses {
            let path = loss.path.to_string();
            let steps: Vec<String> = path.split('.').map(str::to_owned).collect();
            forget(&mut before, &steps);
            forget(&mut after, &steps);
        }
        prop_assert_eq!(pruned(after), pruned(before));
    }
}
