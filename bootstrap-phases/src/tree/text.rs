//! The tree as kubeadm's help lists it.

use std::fmt;

use super::{Tree, TreeNode};
use crate::node::path_name;

/// Blanks per level, and between the columns.
const INDENT: usize = 2;

/// One phase a line: indented name, what it does, and its state if it has one. Follows the list in kubeadm's help
/// (`cmd/kubeadm/app/cmd/phases/workflow`): hidden phases and run-all entries are left out.
impl fmt::Display for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut lines = Vec::new();
        listed(&self.phases, 0, &mut lines);
        let width = lines.iter().map(|line| line.name.len()).max().unwrap_or(0);
        for line in lines {
            let name = &line.name;
            write!(f, "{:1$}{name:2$}", "", line.depth * INDENT, width + INDENT)?;
            f.write_str(&line.node.short)?;
            if let Some(state) = &line.node.state {
                write!(f, "  [{}", state.state.word())?;
                match state.changes {
                    0 => f.write_str("]")?,
                    1 => f.write_str(", 1 change]")?,
                    many => write!(f, ", {many} changes]")?,
                }
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

struct Line<'a> {
    depth: usize,
    name: String,
    node: &'a TreeNode,
}

fn listed<'a>(phases: &'a [TreeNode], depth: usize, lines: &mut Vec<Line<'a>>) {
    for node in phases {
        if node.hidden || node.run_all_siblings {
            continue;
        }
        let slash = if depth == 0 { "" } else { "/" };
        lines.push(Line {
            depth,
            name: format!("{slash}{}", path_name(&node.name)),
            node,
        });
        listed(&node.phases, depth + 1, lines);
    }
}
