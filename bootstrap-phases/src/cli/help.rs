//! What a command says of itself.

use std::fmt::Write;

use super::Target;
use crate::{Flow, node::path_name};

/// The workflow's own help is its description and the list of phases; a phase's is what it does, what is below it and its flags.
pub(super) fn text<C: ?Sized>(flow: &Flow<C>, target: Target) -> String {
    if target == Target::Workflow {
        let list = format!("{}\n", list(flow));
        return match flow.description.as_str() {
            "" => list,
            description => format!("{description}\n\n{list}"),
        };
    }
    let mut out = match target.unit(flow) {
        Some(unit) if unit.info.long.is_empty() => format!("{}\n", unit.info.short),
        Some(unit) => format!("{}\n", unit.info.long.trim_end()),
        None => format!("Runs a single phase of the {} workflow\n", flow.name),
    };
    // Writing to a string does not fail.
    let _ = writeln!(out, "\nUsage:\n  {} [flags]", target.command(flow));
    if let Some(unit) = target
        .unit(flow)
        .filter(|unit| !unit.info.example.is_empty())
    {
        let _ = writeln!(out, "\nExamples:\n{}", unit.info.example.trim_end());
    }
    let below: Vec<_> = target.children(flow).map(|(_, unit)| unit).collect();
    if !below.is_empty() {
        out.push_str("\nCommands:\n");
        let width = below.iter().map(|unit| unit.info.name.len()).max();
        for unit in below {
            let name = path_name(&unit.info.name);
            let _ = writeln!(out, "  {name:0$}  {1}", width.unwrap_or(0), unit.info.short);
        }
    }
    let flags = target.flags(flow);
    if !flags.is_empty() {
        out.push_str("\nFlags:\n");
        for flag in flags {
            let letter = flag.shorthand.map(|letter| format!("-{letter}, "));
            let value = if flag.switch { "" } else { " VALUE" };
            let _ = writeln!(
                out,
                "  {}--{}{value}",
                letter.unwrap_or_default(),
                flag.name
            );
        }
    }
    out
}

/// The list of phases as kubeadm prints it, in a Markdown code block. Follows `cmd/kubeadm/app/cmd/phases/workflow`.
pub(super) fn list<C: ?Sized>(flow: &Flow<C>) -> String {
    format!(
        "The \"{}\" command executes the following phases:\n```\n{}```",
        flow.command,
        flow.tree()
    )
}
