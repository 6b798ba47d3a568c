//! Workflows: trees of phases whose order is checked before anything runs.

mod edit;

use std::{
    collections::{BTreeMap, BTreeSet},
    error::Error,
    fmt,
    sync::Arc,
};

use crate::{
    Flag, Node, Phase, RetryPolicy,
    node::{Condition, NodeInfo, path_name},
};

/// A workflow in the making: phases in order. [`build`](Workflow::build) checks it.
pub struct Workflow<C: ?Sized> {
    name: String,
    command: Option<String>,
    description: String,
    flags: Vec<Flag>,
    phase_flags: Vec<Flag>,
    external: Vec<String>,
    nodes: Vec<Node<C>>,
    /// What went wrong while it was put together.
    problems: Vec<BuildProblem>,
}

/// A checked workflow: what a [`Runner`](crate::Runner) runs.
pub struct Flow<C: ?Sized> {
    pub(crate) name: String,
    pub(crate) command: String,
    pub(crate) description: String,
    pub(crate) flags: Vec<Flag>,
    pub(crate) phase_flags: Vec<Flag>,
    pub(crate) units: Vec<Unit<C>>,
}

/// A phase at its place. Units stand in the order they run in: a parent before its children.
pub(crate) struct Unit<C: ?Sized> {
    pub(crate) path: String,
    pub(crate) parent: Option<usize>,
    pub(crate) info: NodeInfo,
    pub(crate) phase: Option<Arc<dyn Phase<C>>>,
    pub(crate) condition: Option<Arc<Condition<C>>>,
    pub(crate) retry: Option<RetryPolicy>,
}

impl<C: ?Sized> Workflow<C> {
    /// An empty workflow. The name is that of its command, `init` for example.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            command: None,
            description: String::new(),
            flags: Vec::new(),
            phase_flags: Vec::new(),
            external: Vec::new(),
            nodes: Vec::new(),
            problems: Vec::new(),
        }
    }

    /// How the command is called, if not just by the workflow's name: `join [api-server-endpoint]`.
    ///
    /// Every word after the first stands for an argument that may be given.
    #[must_use]
    pub fn command(mut self, usage: impl Into<String>) -> Self {
        self.command = Some(usage.into());
        self
    }

    /// What the workflow does, for the command's help.
    #[must_use]
    pub fn description(mut self, text: impl Into<String>) -> Self {
        self.description = text.into();
        self
    }

    /// Flags of the command; phases may take them over. A name stands for a flag that takes a value.
    #[must_use]
    pub fn flags<F: Into<Flag>>(mut self, flags: impl IntoIterator<Item = F>) -> Self {
        self.flags.extend(flags.into_iter().map(Into::into));
        self
    }

    /// Flags that phases may take over though the command does not have them.
    #[must_use]
    pub fn phase_flags<F: Into<Flag>>(mut self, flags: impl IntoIterator<Item = F>) -> Self {
        self.phase_flags.extend(flags.into_iter().map(Into::into));
        self
    }

    /// Adds a phase at the end.
    #[must_use]
    pub fn phase(mut self, node: Node<C>) -> Self {
        self.nodes.push(node);
        self
    }

    /// Adds phases at the end.
    #[must_use]
    pub fn phases(mut self, nodes: impl IntoIterator<Item = Node<C>>) -> Self {
        self.nodes.extend(nodes);
        self
    }

    /// Inputs that no phase makes: they are there before the run.
    #[must_use]
    pub fn external<S: Into<String>>(mut self, inputs: impl IntoIterator<Item = S>) -> Self {
        self.external.extend(inputs.into_iter().map(Into::into));
        self
    }

    /// Checks names, inputs, outputs and dependencies, and answers the workflow ready to run.
    ///
    /// Since phases run in the order they stand in, an input made by an earlier phase can be in no cycle.
    ///
    /// # Errors
    /// Everything that is wrong, at once.
    pub fn build(mut self) -> Result<Flow<C>, BuildError> {
        let external = std::mem::take(&mut self.external);
        let mut problems = std::mem::take(&mut self.problems);
        let flow = self.build_unchecked();
        problems.extend(order_problems(&flow, &external));
        if problems.is_empty() {
            return Ok(flow);
        }
        Err(BuildError {
            workflow: flow.name,
            problems,
        })
    }

    /// The workflow as it stands, unchecked: for trees that break the rules, as kubeadm's runner lets them.
    pub fn build_unchecked(self) -> Flow<C> {
        let mut units = Vec::new();
        // A run-all entry at the top has no group to run.
        for node in self.nodes.into_iter().filter(|node| !node.info.run_all) {
            flatten(node, None, &mut units);
        }
        Flow {
            command: self.command.unwrap_or_else(|| self.name.clone()),
            name: self.name,
            description: self.description,
            flags: self.flags,
            phase_flags: self.phase_flags,
            units,
        }
    }
}

impl<C: ?Sized> Flow<C> {
    /// The workflow's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The paths of all phases in the order they run in, hidden ones and run-all entries included.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.units.iter().map(|unit| unit.path.as_str())
    }
}

fn flatten<C: ?Sized>(node: Node<C>, parent: Option<usize>, units: &mut Vec<Unit<C>>) {
    let name = path_name(&node.info.name);
    let path = match parent.and_then(|parent| units.get(parent)) {
        Some(parent) => format!("{}/{name}", parent.path),
        None => name,
    };
    let index = units.len();
    units.push(Unit {
        path,
        parent,
        info: node.info,
        phase: node.phase,
        condition: node.condition,
        retry: node.retry,
    });
    for child in node.children {
        flatten(child, Some(index), units);
    }
}

/// A workflow that cannot be run as it stands: everything that is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BuildError {
    /// Name of the workflow.
    pub workflow: String,
    /// What is wrong, in the order of the phases.
    pub problems: Vec<BuildProblem>,
}

/// One thing that is wrong with a workflow.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BuildProblem {
    /// A phase that was to be changed is not there.
    UnknownPhase {
        /// Its path as given.
        path: String,
    },
    /// A name is empty, begins with a blank or holds a slash.
    BadName {
        /// Path of the phase as far as it has one.
        path: String,
    },
    /// Two phases of one group have the same name or alias.
    DuplicateName {
        /// Path that both answer to.
        path: String,
    },
    /// A run-all entry has an action, a condition or phases of its own.
    RunAllActs {
        /// Path of the entry.
        path: String,
    },
    /// No earlier phase makes an input, and it is not external.
    MissingInput {
        /// Path of the phase that needs it.
        path: String,
        /// The input.
        input: String,
        /// A later phase that makes it, if one does.
        made_later_by: Option<String>,
    },
    /// Two phases make the same output.
    DuplicateOutput {
        /// Path of the second phase.
        path: String,
        /// The output.
        output: String,
        /// Path of the first phase.
        first: String,
    },
    /// A dependency names no earlier phase.
    MissingDependency {
        /// Path of the phase that depends.
        path: String,
        /// The dependency as given.
        dependency: String,
    },
}

fn order_problems<C: ?Sized>(flow: &Flow<C>, external: &[String]) -> Vec<BuildProblem> {
    let mut problems = Vec::new();
    let mut taken = BTreeSet::new();
    let mut makers: BTreeMap<&str, &str> = BTreeMap::new();
    for (index, unit) in flow.units.iter().enumerate() {
        let path = &unit.path;
        name_problems(flow, unit, &mut taken, &mut problems);
        let has_children = flow.units.iter().any(|other| other.parent == Some(index));
        if unit.info.run_all && (unit.phase.is_some() || unit.condition.is_some() || has_children) {
            problems.push(BuildProblem::RunAllActs { path: path.clone() });
        }
        for input in &unit.info.inputs {
            if !makers.contains_key(input.as_str()) && !external.contains(input) {
                problems.push(BuildProblem::MissingInput {
                    path: path.clone(),
                    input: input.clone(),
                    made_later_by: maker_after(flow, index, input),
                });
            }
        }
        for output in &unit.info.outputs {
            if let Some(first) = makers.insert(output, path) {
                problems.push(BuildProblem::DuplicateOutput {
                    path: path.clone(),
                    output: output.clone(),
                    first: first.to_owned(),
                });
            }
        }
        let earlier = flow.units.get(..index).unwrap_or_default();
        for dependency in &unit.info.dependencies {
            if !earlier.iter().any(|unit| unit.answers_to(dependency)) {
                problems.push(BuildProblem::MissingDependency {
                    path: path.clone(),
                    dependency: dependency.clone(),
                });
            }
        }
    }
    problems
}

fn name_problems<C: ?Sized>(
    flow: &Flow<C>,
    unit: &Unit<C>,
    taken: &mut BTreeSet<(Option<usize>, String)>,
    problems: &mut Vec<BuildProblem>,
) {
    let parent = unit.parent.and_then(|parent| flow.units.get(parent));
    for name in std::iter::once(&unit.info.name).chain(&unit.info.aliases) {
        let name = path_name(name);
        let path = match parent {
            Some(parent) => format!("{}/{name}", parent.path),
            None => name.clone(),
        };
        if name.is_empty() || name.contains('/') {
            problems.push(BuildProblem::BadName { path });
        } else if !taken.insert((unit.parent, name)) {
            problems.push(BuildProblem::DuplicateName { path });
        }
    }
}

fn maker_after<C: ?Sized>(flow: &Flow<C>, index: usize, input: &str) -> Option<String> {
    let later = flow.units.get(index..).unwrap_or_default();
    later
        .iter()
        .find(|unit| unit.info.outputs.iter().any(|output| output == input))
        .map(|unit| unit.path.clone())
}

impl<C: ?Sized> Unit<C> {
    /// Whether a dependency means this phase: by path or by name.
    pub(crate) fn answers_to(&self, dependency: &str) -> bool {
        self.path == dependency || self.info.name == dependency
    }
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "workflow {}: ", self.workflow)?;
        for (index, problem) in self.problems.iter().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            write!(f, "{separator}{problem}")?;
        }
        Ok(())
    }
}

impl fmt::Display for BuildProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownPhase { path } => {
                write!(f, "{path} is no phase that could be changed")
            }
            Self::BadName { path } => write!(f, "{path:?} is no name for a phase"),
            Self::DuplicateName { path } => write!(f, "two phases are called {path}"),
            Self::RunAllActs { path } => {
                write!(
                    f,
                    "{path} runs its siblings and can have no action, condition or phases"
                )
            }
            Self::MissingInput {
                path,
                input,
                made_later_by: None,
            } => write!(
                f,
                "{path} needs {input}, which no phase makes and which is not external"
            ),
            Self::MissingInput {
                path,
                input,
                made_later_by: Some(later),
            } => write!(f, "{path} needs {input}, which {later} makes only later"),
            Self::DuplicateOutput {
                path,
                output,
                first,
            } => write!(f, "{path} makes {output}, which {first} makes too"),
            Self::MissingDependency { path, dependency } => {
                write!(
                    f,
                    "{path} depends on {dependency}, which is no earlier phase"
                )
            }
        }
    }
}

impl Error for BuildError {}

impl<C: ?Sized> fmt::Debug for Workflow<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Workflow")
            .field("name", &self.name)
            .field("external", &self.external)
            .field("nodes", &self.nodes)
            .finish_non_exhaustive()
    }
}

impl<C: ?Sized> fmt::Debug for Flow<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Flow")
            .field("name", &self.name)
            .field("paths", &self.paths().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
