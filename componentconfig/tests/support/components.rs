//! The operations on the files of components: `decode` by its family, `effective`, `checksum` and `states`.

use std::collections::BTreeMap;

use componentconfig::{Document, Kind, kube_proxy, kubelet, yaml};
use conformance_runner::Runner;

use crate::case::{Case, Outcome, Tally};

pub(crate) fn run(runner: &mut Runner, cases: &[Case], tally: &Tally) {
    let mut not_built: BTreeMap<String, usize> = BTreeMap::new();
    for case in cases {
        let suite = match case.operation() {
            "decode" => format!("decode-{}", case.family()),
            "effective" | "checksum" | "states" => case.operation().to_owned(),
            _ => continue,
        };
        let answer: fn(&Case) -> Outcome = match suite.as_str() {
            "decode-kubelet" => kubelet,
            "decode-kubeproxy" => kube_proxy,
            _ => {
                *not_built.entry(suite).or_default() += 1;
                continue;
            }
        };
        runner.case(&suite, &case.name, || case.check(tally, &answer(case)));
    }
    for (suite, count) in not_built {
        runner.not_counted(&suite, count, "not built yet");
    }
}

fn read(case: &Case) -> Result<Document, componentconfig::Report> {
    yaml::parse(&case.name, &case.input)
}

fn kubelet(case: &Case) -> Outcome {
    let (config, warnings) = kubelet::load(&read(case)?)?;
    Ok((vec![config.to_document()], warnings))
}

fn kube_proxy(case: &Case) -> Outcome {
    let (config, warnings) = kube_proxy::load(&read(case)?)?;
    Ok((vec![config.to_document()], warnings))
}
