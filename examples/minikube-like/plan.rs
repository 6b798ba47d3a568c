//! `plan`: what `up` would change, with diffs.

use std::{fmt::Write as _, path::Path};

use bootstrap_phases::{
    Change, Content, Files, MemFiles, PlannedChange, PlannedPhase, RunError, RunPlan, Runner,
    StdFiles,
};
use similar::TextDiff;

use crate::{
    cli::{Output, Workspace},
    cluster,
    failure::Failure,
    input::{self, Input},
    secrets::JoinSecrets,
    up,
};

/// Plans and prints; makes and changes nothing.
pub(crate) fn plan(workspace: &Workspace) -> Result<(), Failure> {
    let secrets = JoinSecrets::kept_or_new(&workspace.root)?;
    let Input { context, flow, .. } = input::load(workspace, &secrets)?;
    let files = existing(&workspace.root);
    let api = up::api(&cluster::server_as_it_is(&workspace.root)?);
    let context = context.api(api);
    let runner = Runner::new(&flow, files.as_ref()).select(input::selection(workspace));
    let plan = runner
        .plan(&context)
        .map_err(|failure| match failure.error {
            RunError::Select(error) => Failure::input(error),
            error => Failure::run(error),
        })?;
    match workspace.output {
        Output::Json => println!("{}", serde_json::to_string(&plan).map_err(Failure::run)?),
        Output::Text => print!("{}", text(&plan)),
    }
    Ok(())
}

/// The files below the root; none when it is not there yet, since a plan makes nothing.
fn existing(root: &Path) -> Box<dyn Files> {
    if root.is_dir() {
        return Box::new(StdFiles::new(root));
    }
    Box::new(MemFiles::new())
}

fn text(plan: &RunPlan) -> String {
    if plan.is_empty() {
        return "nothing to do: everything is as it should be\n".to_owned();
    }
    let mut out = String::new();
    for phase in &plan.phases {
        describe_phase(phase, &mut out);
    }
    let _ = writeln!(out, "{} changes", plan.changes().count());
    out
}

fn describe_phase(phase: &PlannedPhase, out: &mut String) {
    if phase.changes.is_empty() && phase.reason.is_none() {
        return;
    }
    let reason = phase
        .reason
        .as_ref()
        .map(|reason| format!(" ({reason})"))
        .unwrap_or_default();
    let _ = writeln!(out, "{}: {}{reason}", phase.path, phase.state.word());
    for planned in &phase.changes {
        let _ = writeln!(out, "  {} {}", sign(planned), planned.change);
        if let Some(diff) = diff(planned) {
            out.push_str(&diff);
        }
    }
}

fn sign(planned: &PlannedChange) -> char {
    match (&planned.change, &planned.before) {
        (Change::Remove { .. }, _) => '-',
        (_, None) => '+',
        (_, Some(_)) => '~',
    }
}

/// A unified diff, for files whose content can be shown and is known before the run.
fn diff(planned: &PlannedChange) -> Option<String> {
    let after = shown(planned.change.content()?)?;
    let before = match planned
        .before
        .as_ref()
        .and_then(|before| before.content.as_ref())
    {
        Some(content) => shown(content)?,
        None => "",
    };
    let path = planned.change.path();
    let old = if planned.before.is_some() {
        path
    } else {
        "/dev/null"
    };
    let diff = TextDiff::from_lines(before, after);
    Some(diff.unified_diff().header(old, path).to_string())
}

/// The text of a content, unless it is secret or a certificate: that is another one at each run.
fn shown(content: &Content) -> Option<&str> {
    content
        .as_text()
        .filter(|text| !text.starts_with("-----BEGIN "))
}
