//! The operations `validate`, `load`, `migrate` and `print` on the files of kubeadm.

use std::path::Path;

use componentconfig::{
    Compat, DocumentSet, Kind,
    kubeadm::{self, Facts, HostAddress, LoadOptions, PrintedComponent},
};
use conformance_runner::Runner;
use serde_json::{Value, json};

use crate::case::{Case, Outcome, Tally};

pub(crate) fn run(runner: &mut Runner, cases: &[Case], tally: &Tally) {
    for case in cases {
        let answer: fn(&Case, Compat) -> Outcome = match case.operation() {
            "validate" => validate,
            "load" => load,
            "migrate" => migrate,
            "print" => print,
            _ => continue,
        };
        runner.case(case.operation(), &case.name, || case.run(tally, answer));
    }
}

/// The host of the recording, as far as the cases depend on it.
fn facts(set: &DocumentSet) -> Facts {
    let exists = set.by_kind("JoinConfiguration").and_then(|document| {
        let path = "discovery.file.kubeConfigPath".parse().ok()?;
        let file = document.root().find(&path)?.as_str()?;
        Some(Path::new(file.trim_start_matches("file://")).exists())
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

fn validate(case: &Case, compat: Compat) -> Outcome {
    let options = LoadOptions {
        allow_deprecated: case.flag("allowDeprecated"),
        compat,
        ..LoadOptions::validate()
    };
    let set = DocumentSet::read(&case.name, &case.input)?;
    let loaded = kubeadm::load(&set, &facts(&set), options)?;
    Ok((vec![json!({"valid": true})], loaded.warnings))
}

fn load(case: &Case, compat: Compat) -> Outcome {
    let set = DocumentSet::read(&case.name, &case.input)?;
    let options = LoadOptions {
        compat,
        ..LoadOptions::init()
    };
    let loaded = kubeadm::load_init(&set, &facts(&set), options)?;
    let all = [PrintedComponent::Kubelet, PrintedComponent::KubeProxy];
    Ok((documents(&loaded.config, &all), loaded.warnings))
}

fn migrate(case: &Case, compat: Compat) -> Outcome {
    let set = DocumentSet::read(&case.name, &case.input)?;
    let options = LoadOptions {
        compat,
        ..LoadOptions::migrate()
    };
    let migration = kubeadm::migrate_with(&set, &facts(&set), options)?;
    Ok((migration.documents, migration.warnings))
}

fn print(case: &Case, _: Compat) -> Outcome {
    let args = case.args();
    let documents = match args.as_slice() {
        ["init-defaults"] => documents(&kubeadm::init_defaults(), &[]),
        ["init-defaults", "--component-configs", kinds] => {
            let kinds: Result<Vec<PrintedComponent>, _> =
                kinds.split(',').map(str::parse).collect();
            documents(&kubeadm::init_defaults(), &kinds?)
        }
        ["join-defaults"] => vec![kubeadm::join_defaults("rec-host").to_document()],
        ["reset-defaults"] => vec![kubeadm::reset_defaults().to_document()],
        ["upgrade-defaults"] => vec![kubeadm::upgrade_defaults().to_document()],
        other => panic!("no such print: {other:?}"),
    };
    Ok((documents, Vec::new()))
}

fn documents(init: &kubeadm::Init, components: &[PrintedComponent]) -> Vec<Value> {
    let mut documents = vec![init.init.to_document(), init.cluster.to_document()];
    if components.contains(&PrintedComponent::Kubelet) {
        documents.push(init.kubelet.config.to_document());
    }
    if components.contains(&PrintedComponent::KubeProxy) {
        documents.push(init.kube_proxy.config.to_document());
    }
    documents
}
