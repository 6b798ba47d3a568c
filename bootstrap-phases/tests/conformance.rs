//! Replays the recorded cases of `tests/conformance/` (see its README.md), group by group.
//!
//! Each group that can be replayed has a function in [`SUITES`]; the others are named with their number of cases.

#[path = "support/cases.rs"]
mod cases;
#[cfg(feature = "kubeadm")]
#[path = "support/certificates.rs"]
mod certificates;
#[cfg(feature = "kubeadm")]
#[path = "support/cluster_functions.rs"]
mod cluster_functions;
#[path = "support/engine.rs"]
mod engine;
#[cfg(feature = "kubeadm")]
#[path = "support/functions.rs"]
mod functions;
#[path = "support/rendering.rs"]
mod rendering;
#[cfg(feature = "kubeadm")]
#[path = "support/run_case/mod.rs"]
mod run_case;
#[cfg(feature = "kubeadm")]
#[path = "support/trees.rs"]
mod trees;
#[cfg(feature = "kubeadm")]
#[path = "support/upload_functions.rs"]
mod upload_functions;

use std::{collections::BTreeMap, process::ExitCode};

use cases::Case;
use conformance_runner::Runner;

/// Replays the cases of one group.
type Suite = fn(&mut Runner, &[Case]);

const SUITES: &[(&str, Suite)] = &[
    #[cfg(feature = "kubeadm")]
    ("certs-commands", run_case::replay),
    ("engine", engine::replay),
    #[cfg(feature = "kubeadm")]
    ("existing-files", run_case::replay),
    #[cfg(feature = "kubeadm")]
    ("files", run_case::replay),
    #[cfg(feature = "kubeadm")]
    ("functions", functions::replay),
    #[cfg(feature = "kubeadm")]
    ("images", run_case::replay),
    #[cfg(feature = "kubeadm")]
    ("join-reset", run_case::replay),
    #[cfg(feature = "kubeadm")]
    ("live", run_case::live::replay),
    #[cfg(feature = "kubeadm")]
    ("objects", run_case::replay),
    #[cfg(feature = "kubeadm")]
    ("patches", run_case::replay),
    #[cfg(feature = "kubeadm")]
    ("refusals", run_case::replay),
    #[cfg(feature = "kubeadm")]
    ("single-phases", run_case::replay),
    #[cfg(feature = "kubeadm")]
    ("trees", trees::replay),
];

#[expect(clippy::print_stderr, reason = "nobody else tells")]
fn main() -> ExitCode {
    let mut runner = Runner::new("bootstrap-phases", env!("CARGO_MANIFEST_DIR"));
    let mut groups: BTreeMap<String, Vec<Case>> = BTreeMap::new();
    let cases = match cases::read(runner.cases()) {
        Ok(cases) => cases,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    for case in cases {
        groups.entry(case.group.clone()).or_default().push(case);
    }
    for (group, cases) in &groups {
        if let Some((_, replay)) = SUITES.iter().find(|(name, _)| name == group) {
            replay(&mut runner, cases);
        } else {
            let ids = cases.iter().map(|case| case.id.as_str());
            runner.not_replayed(group, ids, "not replayed here");
        }
    }
    rendering::replay(&mut runner, groups.get("trees").map_or(&[], Vec::as_slice));
    runner.finish()
}
