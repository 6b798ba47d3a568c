//! The phase tree as data, and drawn.

mod draw;
mod text;

use serde::Serialize;

use crate::{Flow, workflow::Unit};

/// The phases of a workflow as data. Displays as kubeadm lists them, serialises, and draws as Mermaid and DOT.
///
/// ```
/// use bootstrap_phases::{Node, Workflow};
///
/// let certs: Node<()> = Node::new("certs", "Certificates").children([Node::new("ca", "The CA")]);
/// let flow = Workflow::new("init").phase(certs).build()?;
/// assert_eq!(flow.tree().to_string(), "certs  Certificates\n  /ca    The CA\n");
/// # Ok::<(), bootstrap_phases::BuildError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Tree {
    /// How the command is called: `join [api-server-endpoint]`.
    #[serde(rename = "use")]
    pub command: String,
    /// Names of the command's flags, sorted.
    pub command_flags: Vec<String>,
    /// Names of the flags that only phases have, sorted.
    pub phase_only_flags: Vec<String>,
    /// The phases at the top, in order.
    pub phases: Vec<TreeNode>,
}

/// A phase in the tree.
#[expect(
    clippy::struct_excessive_bools,
    reason = "the form of kubeadm's own phase data"
)]
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct TreeNode {
    /// The name as given.
    pub name: String,
    /// The path in the workflow.
    #[serde(skip)]
    pub path: String,
    /// Other names.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
    /// What it does, in a line.
    pub short: String,
    /// Left out of help and command line.
    #[serde(skip_serializing_if = "is_false")]
    pub hidden: bool,
    /// Stands for its group.
    #[serde(skip_serializing_if = "is_false")]
    pub run_all_siblings: bool,
    /// Does something itself.
    pub has_run: bool,
    /// Has a condition.
    pub has_run_if: bool,
    /// Flags it takes over from the command.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub inherit_flags: Vec<String>,
    /// Names of its own flags.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub local_flags: Vec<String>,
    /// Says itself how many arguments it takes.
    #[serde(rename = "ownArgsValidator", skip_serializing_if = "is_false")]
    pub own_args: bool,
    /// Phases that must come earlier.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dependencies: Vec<String>,
    /// Things it needs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub inputs: Vec<String>,
    /// Things it makes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub outputs: Vec<String>,
    /// How far it is, once a plan or a report was laid over the tree.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<NodeState>,
    /// The phases below it, in order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub phases: Vec<TreeNode>,
}

/// How far a phase is: a word, and how many changes it has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct NodeState {
    /// `upToDate`, `planned`, `done`, `failed`, ...
    pub state: PhaseState,
    /// How many changes it plans or made.
    pub changes: usize,
}

/// How far a phase is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum PhaseState {
    /// It was looked at and has changes to make.
    Planned,
    /// It was looked at and has nothing to do.
    UpToDate,
    /// It made its changes.
    Done,
    /// It does not apply here: its condition, or one above it, does not hold.
    NotApplicable,
    /// What it did is not undone: it does not offer that.
    NotUndone,
    /// It cannot be planned before earlier phases really ran.
    Later,
    /// It failed.
    Failed,
    /// The run was cancelled in it.
    Cancelled,
}

impl PhaseState {
    /// The word for it, for people.
    pub fn word(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::UpToDate => "up to date",
            Self::Done => "done",
            Self::NotApplicable => "not applicable",
            Self::NotUndone => "not undone",
            Self::Later => "later",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }
}

impl NodeState {
    pub(crate) fn new(state: PhaseState, changes: usize) -> Self {
        Self { state, changes }
    }
}

impl Tree {
    /// The tree with the states that a plan or a report found, by path; phases without one keep theirs.
    #[must_use]
    pub fn with_states<'a>(
        mut self,
        states: impl IntoIterator<Item = (&'a str, NodeState)>,
    ) -> Self {
        for (path, state) in states {
            set_state(&mut self.phases, path, &state);
        }
        self
    }

    /// Every phase, parents before children, with its depth.
    pub fn walk(&self) -> Vec<(usize, &TreeNode)> {
        let mut nodes = Vec::new();
        walk(&self.phases, 0, &mut nodes);
        nodes
    }
}

fn walk<'a>(phases: &'a [TreeNode], depth: usize, nodes: &mut Vec<(usize, &'a TreeNode)>) {
    for node in phases {
        nodes.push((depth, node));
        walk(&node.phases, depth + 1, nodes);
    }
}

fn set_state(phases: &mut [TreeNode], path: &str, state: &NodeState) {
    for node in phases {
        if node.path == path {
            node.state = Some(state.clone());
        }
        set_state(&mut node.phases, path, state);
    }
}

impl<C: ?Sized> Flow<C> {
    /// The phases as data.
    pub fn tree(&self) -> Tree {
        Tree {
            command: self.command.clone(),
            command_flags: names(&self.flags),
            phase_only_flags: names(&self.phase_flags),
            phases: self.nodes_below(None),
        }
    }

    fn nodes_below(&self, parent: Option<usize>) -> Vec<TreeNode> {
        let units = self.units.iter().enumerate();
        units
            .filter(|(_, unit)| unit.parent == parent)
            .map(|(index, unit)| node(unit, self.nodes_below(Some(index))))
            .collect()
    }
}

fn names(flags: &[crate::Flag]) -> Vec<String> {
    let mut names: Vec<_> = flags.iter().map(|flag| flag.name.clone()).collect();
    names.sort_unstable();
    names
}

fn node<C: ?Sized>(unit: &Unit<C>, phases: Vec<TreeNode>) -> TreeNode {
    let info = unit.info.clone();
    TreeNode {
        path: unit.path.clone(),
        has_run: unit.phase.is_some(),
        has_run_if: unit.condition.is_some(),
        run_all_siblings: info.run_all,
        own_args: info.max_args.is_some(),
        local_flags: info
            .local_flags
            .iter()
            .map(|flag| flag.name.clone())
            .collect(),
        name: info.name,
        aliases: info.aliases,
        short: info.short,
        hidden: info.hidden,
        inherit_flags: info.inherit_flags,
        dependencies: info.dependencies,
        inputs: info.inputs,
        outputs: info.outputs,
        state: None,
        phases,
    }
}

#[allow(
    clippy::trivially_copy_pass_by_ref,
    reason = "the signature that serde asks for"
)]
fn is_false(value: &bool) -> bool {
    !value
}

#[cfg(test)]
mod tests;
