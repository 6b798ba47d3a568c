//! The tree as a drawing: Mermaid and DOT.

use std::fmt::Write;

use super::{PhaseState, Tree, TreeNode};

impl Tree {
    /// A Mermaid flow chart: phases below their groups, and dotted arrows from the maker of a thing to those who need it.
    pub fn to_mermaid(&self) -> String {
        let nodes = self.walk();
        let mut out = String::from("flowchart TD\n");
        for (index, (_, node)) in nodes.iter().enumerate() {
            let text = mermaid_text(&label(node));
            let (open, close) = if node.has_run {
                ("[", "]")
            } else {
                ("([", "])")
            };
            let class = node.state.as_ref().map(|state| class(state.state));
            let class = class.map(|class| format!(":::{class}")).unwrap_or_default();
            // Writing to a string does not fail.
            let _ = writeln!(out, "  n{index}{open}\"{text}\"{close}{class}");
        }
        for (from, to) in branches(&nodes) {
            let _ = writeln!(out, "  n{from} --> n{to}");
        }
        for (from, to, thing) in needs(&nodes) {
            let _ = writeln!(out, "  n{from} -. \"{}\" .-> n{to}", mermaid_text(&thing));
        }
        let used = nodes.iter().filter_map(|(_, node)| node.state.as_ref());
        let mut used: Vec<_> = used.map(|state| state.state).collect();
        used.sort_by_key(|state| class(*state));
        used.dedup();
        for state in used {
            let _ = writeln!(out, "  classDef {} fill:{}", class(state), colour(state));
        }
        out
    }

    /// A Graphviz graph with the same nodes and arrows.
    pub fn to_dot(&self) -> String {
        let nodes = self.walk();
        let mut out = format!(
            "digraph \"{}\" {{\n  node [shape=box];\n",
            dot_text(&self.command)
        );
        for (index, (_, node)) in nodes.iter().enumerate() {
            let shape = if node.has_run { "" } else { ", shape=ellipse" };
            let fill = node.state.as_ref().map(|state| colour(state.state));
            let fill = fill.map(|fill| format!(", style=filled, fillcolor=\"{fill}\""));
            let text = dot_text(&label(node));
            let fill = fill.unwrap_or_default();
            let _ = writeln!(out, "  n{index} [label=\"{text}\"{shape}{fill}];");
        }
        for (from, to) in branches(&nodes) {
            let _ = writeln!(out, "  n{from} -> n{to};");
        }
        for (from, to, thing) in needs(&nodes) {
            let thing = dot_text(&thing);
            let _ = writeln!(out, "  n{from} -> n{to} [style=dotted, label=\"{thing}\"];");
        }
        out.push_str("}\n");
        out
    }
}

/// From every group to those right below it, by position in the walk.
fn branches(nodes: &[(usize, &TreeNode)]) -> Vec<(usize, usize)> {
    let mut branches = Vec::new();
    // The last node of each level seen so far.
    let mut above: Vec<usize> = Vec::new();
    for (index, (depth, _)) in nodes.iter().enumerate() {
        above.truncate(*depth);
        if let Some(parent) = above.last() {
            branches.push((*parent, index));
        }
        above.push(index);
    }
    branches
}

/// From the maker of a thing to those who need it, and from a phase to those that depend on it.
fn needs(nodes: &[(usize, &TreeNode)]) -> Vec<(usize, usize, String)> {
    let mut arrows = Vec::new();
    for (to, (_, node)) in nodes.iter().enumerate() {
        let earlier = nodes.get(..to).unwrap_or_default();
        for input in &node.inputs {
            let maker = earlier
                .iter()
                .rposition(|(_, node)| node.outputs.contains(input));
            arrows.extend(maker.map(|from| (from, to, input.clone())));
        }
        for on in &node.dependencies {
            let found = earlier
                .iter()
                .rposition(|(_, node)| node.path == *on || node.name == *on);
            arrows.extend(found.map(|from| (from, to, "after".to_owned())));
        }
    }
    arrows
}

fn label(node: &TreeNode) -> String {
    match &node.state {
        Some(state) if state.changes > 0 => format!("{} ({})", node.path, state.changes),
        _ => node.path.clone(),
    }
}

fn class(state: PhaseState) -> &'static str {
    match state {
        PhaseState::Planned => "planned",
        PhaseState::UpToDate => "upToDate",
        PhaseState::Done => "done",
        PhaseState::NotApplicable => "notApplicable",
        PhaseState::NotUndone => "not undone",
        PhaseState::Later => "later",
        PhaseState::Failed => "failed",
        PhaseState::Cancelled => "cancelled",
    }
}

fn colour(state: PhaseState) -> &'static str {
    match state {
        PhaseState::Planned => "#fff3bf",
        PhaseState::UpToDate | PhaseState::Done => "#d3f9d8",
        PhaseState::NotApplicable | PhaseState::NotUndone | PhaseState::Later => "#e9ecef",
        PhaseState::Failed => "#ffc9c9",
        PhaseState::Cancelled => "#ffe8cc",
    }
}

fn mermaid_text(text: &str) -> String {
    text.replace('#', "#35;").replace('"', "#quot;")
}

fn dot_text(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}
