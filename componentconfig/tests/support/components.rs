//! The operations on the files of components: `decode` by its family, `effective`, `checksum` and `states`.

use std::collections::BTreeMap;

use componentconfig::{
    Compat, Document, Kind, Policy, Registry, cloud_controller_manager, kube_apiserver,
    kube_controller_manager, kube_proxy,
    kube_scheduler::{self, v1::KubeSchedulerConfiguration},
    kubeadm, kubectl, kubelet, yaml,
};
use conformance_runner::Runner;
use serde_json::json;

use crate::case::{Case, Outcome, Tally};

pub(crate) fn run(runner: &mut Runner, cases: &[Case], tally: &Tally) {
    let mut not_built: BTreeMap<String, usize> = BTreeMap::new();
    for case in cases {
        let suite = match case.operation() {
            "decode" => format!("decode-{}", case.family()),
            "effective" | "checksum" | "states" => case.operation().to_owned(),
            _ => continue,
        };
        let answer: fn(&Case, Compat) -> Outcome = match suite.as_str() {
            "effective" => effective,
            "checksum" => checksum,
            "states" => states,
            "decode-kubelet" => kubelet,
            "decode-kubeproxy" => kube_proxy,
            "decode-scheduler" => scheduler,
            other if other.starts_with("decode-") => of_registry,
            _ => {
                *not_built.entry(suite).or_default() += 1;
                continue;
            }
        };
        runner.case(&suite, &case.name, || case.run(tally, answer));
    }
    for (suite, count) in not_built {
        runner.not_counted(&suite, count, "not built yet");
    }
}

fn read(case: &Case) -> Result<Document, componentconfig::Report> {
    yaml::parse(&case.name, &case.input)
}

fn kubelet(case: &Case, _: Compat) -> Outcome {
    let (config, warnings) = kubelet::load(&read(case)?)?;
    Ok((vec![config.to_document()], warnings))
}

fn kube_proxy(case: &Case, _: Compat) -> Outcome {
    let (config, warnings) = kube_proxy::load(&read(case)?)?;
    Ok((vec![config.to_document()], warnings))
}

fn scheduler(case: &Case, compat: Compat) -> Outcome {
    let registry = kube_scheduler::register(Registry::new()).compat(compat);
    let (config, warnings) =
        registry.load::<KubeSchedulerConfiguration>(&read(case)?, Policy::Upstream)?;
    Ok((vec![config.to_document()], warnings))
}

/// What a component reads that has no function of its own for it: any of the kinds that it knows.
fn of_registry(case: &Case, compat: Compat) -> Outcome {
    type Register = fn(Registry) -> Registry;
    let register: Register = match case.family() {
        "credentialprovider" | "kubelet-records" => kubelet::register,
        "leadermigration" | "controllermanager" => kube_controller_manager::register,
        "cloudcontrollermanager" => cloud_controller_manager::register,
        "kuberc" => kubectl::register,
        _ => kube_apiserver::register,
    };
    let registry = register(Registry::new()).compat(compat);
    let (value, warnings) = registry.load_any(&read(case)?, Policy::Upstream)?;
    Ok((vec![value], warnings))
}

fn effective(case: &Case, _: Compat) -> Outcome {
    let base = read(case)?;
    let files = case.dropins();
    let files = files
        .iter()
        .map(|(path, text)| (path.as_str(), text.as_str()));
    let layers = kubelet::Layers {
        base: &base,
        folder: "/R/conf",
        dropins: &kubelet::read_dropins(files)?,
        flags: &case.args(),
    };
    let (config, warnings) = kubelet::effective(layers)?;
    Ok((vec![config.to_document()], warnings))
}

fn config_maps(case: &Case) -> Vec<kubeadm::ConfigMap> {
    let parts = case.input.split_inclusive("\n---\n");
    let texts = parts.map(|part| part.strip_suffix("---\n").unwrap_or(part));
    texts
        .filter(|text| !text.trim().is_empty())
        .map(|text| kubeadm::ConfigMap::from_value(&yaml::read(text).unwrap()).unwrap())
        .collect()
}

#[allow(clippy::unnecessary_wraps, reason = "an answer like the others")]
fn checksum(case: &Case, _: Compat) -> Outcome {
    let maps = config_maps(case);
    let map = maps.first().unwrap();
    Ok((
        vec![json!({"checksum": map.checksum(), "verified": map.is_generated()})],
        Vec::new(),
    ))
}

fn states(case: &Case, _: Compat) -> Outcome {
    let (versions, warnings) = kubeadm::component_config_versions(&config_maps(case))?;
    Ok((vec![json!({"configVersions": versions})], warnings))
}
