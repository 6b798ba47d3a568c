//! From the cluster file to the newest version of its kind; everything that is wrong with it is told at once.

use std::{
    fs,
    io::{IsTerminal as _, stderr},
    path::Path,
};

use componentconfig::{Document, Policy, Report, diagnostic::Source};
use examples::failure::Failure;

use crate::kind::{Cluster, registry};

/// Reads a file of either version, with defaults. Warnings go to standard error.
pub(crate) fn read(path: &Path) -> Result<Cluster, Failure> {
    let name = path.display().to_string();
    let text =
        fs::read_to_string(path).map_err(|error| Failure::Input(format!("{name}: {error}")))?;
    let refuse = |report: Report| Failure::input(describe(&report, &name, &text));
    let document = Document::read(&name, &text).map_err(refuse)?;
    let registry = registry();
    let known = document.gvk().is_some_and(|kind| registry.knows(kind));
    if !known {
        let kinds: Vec<String> = registry
            .kinds()
            .map(|kind| format!("{} {}", kind.api_version(), kind.kind()))
            .collect();
        return Err(Failure::Input(format!(
            "{name}: must be one of {}",
            kinds.join(", ")
        )));
    }
    let (document, mut warnings) = registry
        .upgraded(&document, Policy::Strict)
        .map_err(refuse)?;
    let (cluster, more) = registry.load(&document, Policy::Strict).map_err(refuse)?;
    warnings.extend(more);
    if !warnings.is_empty() {
        eprintln!("{}", describe(&Report::from(warnings), &name, &text));
    }
    Ok(cluster)
}

/// With the lines it is about on a terminal, one line for each finding elsewhere.
fn describe(report: &Report, name: &str, text: &str) -> String {
    if stderr().is_terminal() {
        return report.render(&[Source { name, text }]);
    }
    report.to_string()
}
