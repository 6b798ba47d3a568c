//! The operations `validate`, `load`, `migrate` and `print` on the files of kubeadm.

use std::{fs, path::Path};

use componentconfig::{
    Class, Diagnostic, DocumentSet, Report,
    kubeadm::{self, Facts, HostAddress, LoadOptions},
    kube_proxy, kubelet, yaml,
};
use conformance_runner::Runner;
use serde::Serialize;
use serde_json::{Value, json};

use crate::case::{self, Case};

pub(crate) fn run(runner: &mut Runner, cases: &[Case], tally: &mut case::Tally) {
    for case in cases {
        match case.operation() {
            "validate" => runner.case("validate", &case.name, || case.check(tally, &validate(case))),
            "load" => runner.case("load", &case.name, || case.check(tally, &load(case))),
            _ => {}
        }
    }
}

/// The host of the recording, as far as the cases depend on it.
fn facts(set: &DocumentSet) -> Facts {
    let exists = set.by_kind("JoinConfiguration").and_then(|document| {
        let path = "discovery.file.kubeConfigPath".parse().ok()?;
        Some(Path::new(document.root().find(&path)?.as_str()?).exists())
    });
    Facts {
        hostname: Some("rec-host".to_owned()),
        address: HostAddress::found("192.0.2.10".parse().unwrap()),
        cri_sockets: Some(Vec::new()),
        tokens: vec!["abcdef.0123456789abcdef".parse().unwrap(); 8],
        discovery_file_exists: exists,
        ..Facts::default()
    }
}

fn validate(case: &Case) -> case::Outcome {
    let options = LoadOptions {
        allow_deprecated: case.flag("allowDeprecated"),
        ..LoadOptions::validate()
    };
    let set = DocumentSet::read(&case.name, &case.input)?;
    let loaded = kubeadm::load(&set, &facts(&set), options)?;
    Ok((vec![json!({"valid": true})], loaded.warnings))
}

fn load(case: &Case) -> case::Outcome {
    let set = DocumentSet::read(&case.name, &case.input)?;
    let loaded = kubeadm::load_init(&set, &facts(&set), LoadOptions::init())?;
    let init = &loaded.config;
    let documents = vec![
        typed("kubeadm.k8s.io/v1beta4", "InitConfiguration", &init.init),
        typed("kubeadm.k8s.io/v1beta4", "ClusterConfiguration", &init.cluster),
        typed("kubelet.config.k8s.io/v1beta1", "KubeletConfiguration", &init.kubelet.config),
        typed("kubeproxy.config.k8s.io/v1alpha1", "KubeProxyConfiguration", &init.kube_proxy.config),
    ];
    Ok((documents, loaded.warnings))
}

fn typed<T: Serialize>(version: &str, kind: &str, config: &T) -> Value {
    let mut value = serde_json::to_value(config).unwrap();
    value["apiVersion"] = version.into();
    value["kind"] = kind.into();
    value
}
