//! The description of one phase and those below it.

use std::{fmt, sync::Arc};

use crate::{Applies, Cx, Flag, Phase, PhaseError, RetryPolicy};

/// A place in the phase tree: names and texts, what it does, what it needs and makes, and the phases below it.
///
/// ```
/// use bootstrap_phases::{Idle, Node};
///
/// let certs: Node<()> = Node::new("certs", "Certificate generation").children([
///     Node::run_all("Generate all certificates"),
///     Node::new("ca", "Generate the CA").outputs(["pki/ca"]).run(Idle),
///     Node::new("apiserver", "Generate the serving certificate").inputs(["pki/ca"]).run(Idle),
/// ]);
/// # let _ = certs;
/// ```
pub struct Node<C: ?Sized> {
    pub(crate) info: NodeInfo,
    pub(crate) phase: Option<Arc<dyn Phase<C>>>,
    pub(crate) condition: Option<Arc<Condition<C>>>,
    pub(crate) retry: Option<RetryPolicy>,
    pub(crate) children: Vec<Node<C>>,
}

/// Whether a phase and those below it have anything to do.
pub(crate) type Condition<C> = dyn Fn(&Cx<'_, C>) -> Result<Applies, PhaseError> + Send + Sync;

/// What a node says of itself: data only.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct NodeInfo {
    pub(crate) name: String,
    pub(crate) short: String,
    pub(crate) long: String,
    pub(crate) example: String,
    pub(crate) aliases: Vec<String>,
    pub(crate) hidden: bool,
    pub(crate) run_all: bool,
    pub(crate) max_args: Option<usize>,
    pub(crate) inherit_flags: Vec<String>,
    pub(crate) local_flags: Vec<Flag>,
    pub(crate) dependencies: Vec<String>,
    pub(crate) inputs: Vec<String>,
    pub(crate) outputs: Vec<String>,
    pub(crate) undoable: bool,
    /// What it looks at if it runs; `None` if it does not say.
    pub(crate) after: Option<Vec<String>>,
}

impl<C: ?Sized> Node<C> {
    /// A phase by name, with a line that says what it does.
    ///
    /// In paths the name is lower-cased and cut at the first blank, so that `Join [endpoint]` is `join`.
    pub fn new(name: impl Into<String>, short: impl Into<String>) -> Self {
        Self {
            info: NodeInfo {
                name: name.into(),
                short: short.into(),
                ..NodeInfo::default()
            },
            phase: None,
            condition: None,
            retry: None,
            children: Vec::new(),
        }
    }

    /// The entry `all` of a group: choosing it on the command line chooses the group. It does nothing itself.
    pub fn run_all(short: impl Into<String>) -> Self {
        Self::new("all", short).run_all_siblings()
    }

    /// Makes this a run-all entry under its own name.
    #[must_use]
    pub fn run_all_siblings(mut self) -> Self {
        self.info.run_all = true;
        self
    }

    /// What it does, at length.
    #[must_use]
    pub fn long(mut self, text: impl Into<String>) -> Self {
        self.info.long = text.into();
        self
    }

    /// How it is called, for its help.
    #[must_use]
    pub fn example(mut self, text: impl Into<String>) -> Self {
        self.info.example = text.into();
        self
    }

    /// Another name for it.
    #[must_use]
    pub fn alias(mut self, name: impl Into<String>) -> Self {
        self.info.aliases.push(name.into());
        self
    }

    /// Leaves it out of help and command line; it still runs.
    #[must_use]
    pub fn hidden(mut self) -> Self {
        self.info.hidden = true;
        self
    }

    /// What it does. Without one it is a group.
    #[must_use]
    pub fn run(mut self, phase: impl Phase<C> + 'static) -> Self {
        self.phase = Some(Arc::new(phase));
        self
    }

    /// A condition asked just before it runs; if it does not hold, this phase and those below it are left out.
    ///
    /// (With [`Compat::Upstream`](crate::Compat::Upstream) only the phase itself is left out, as kubeadm does.)
    #[must_use]
    pub fn run_if(
        mut self,
        condition: impl Fn(&Cx<'_, C>) -> Result<Applies, PhaseError> + Send + Sync + 'static,
    ) -> Self {
        self.condition = Some(Arc::new(condition));
        self
    }

    /// How it is tried again, in place of what the phase itself says.
    #[must_use]
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = Some(policy);
        self
    }

    /// What it and the phases below it did may be undone ([`Runner::undo`](crate::Runner::undo)): their changes of files, and those
    /// of their effects that say [what undoes them](crate::Effect::undone_by). Phases put below it later have to say so themselves.
    #[must_use]
    pub fn undoable(mut self) -> Self {
        self.info.undoable = true;
        self.children = self.children.into_iter().map(Self::undoable).collect();
        self
    }

    /// Things it needs, by name: made by an earlier phase, or declared external, or found where the phase looks for them.
    #[must_use]
    pub fn inputs<S: Into<String>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
        extend(&mut self.info.inputs, names);
        self
    }

    /// Things it makes, by name.
    #[must_use]
    pub fn outputs<S: Into<String>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
        extend(&mut self.info.outputs, names);
        self
    }

    /// Phases that must come earlier, by path or name.
    #[must_use]
    pub fn dependencies<S: Into<String>>(mut self, phases: impl IntoIterator<Item = S>) -> Self {
        extend(&mut self.info.dependencies, phases);
        self
    }

    /// Phases that it looks at if they run, by path or name and with all below them, though it does not need them: where phases are
    /// [planned at the same time](crate::Runner::jobs), it is planned once they had their turn. Named none, it is as soon as may be.
    #[must_use]
    pub fn after<S: Into<String>>(mut self, phases: impl IntoIterator<Item = S>) -> Self {
        extend(self.info.after.get_or_insert_default(), phases);
        self
    }

    /// Flags of the workflow's command that the phase's command has too.
    #[must_use]
    pub fn inherit_flags<S: Into<String>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
        extend(&mut self.info.inherit_flags, names);
        self
    }

    /// Flags of the phase's command alone; a name stands for a flag that takes a value.
    #[must_use]
    pub fn local_flags<F: Into<Flag>>(mut self, flags: impl IntoIterator<Item = F>) -> Self {
        self.info
            .local_flags
            .extend(flags.into_iter().map(Into::into));
        self
    }

    /// How many arguments the phase's command takes at most; without this, as many as the workflow's command.
    #[must_use]
    pub fn max_args(mut self, number: usize) -> Self {
        self.info.max_args = Some(number);
        self
    }

    /// Phases below it, in order, after those it has.
    #[must_use]
    pub fn children(mut self, nodes: impl IntoIterator<Item = Node<C>>) -> Self {
        self.children.extend(nodes);
        self
    }

    /// The name as given.
    pub fn name(&self) -> &str {
        &self.info.name
    }
}

fn extend<S: Into<String>>(list: &mut Vec<String>, items: impl IntoIterator<Item = S>) {
    list.extend(items.into_iter().map(Into::into));
}

/// The name's form in paths: lower case, up to the first blank.
pub(crate) fn path_name(name: &str) -> String {
    let name = name.to_lowercase();
    name.split(' ').next().unwrap_or_default().to_owned()
}

impl<C: ?Sized> fmt::Debug for Node<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Node")
            .field("info", &self.info)
            .field("runs", &self.phase.is_some())
            .field("conditional", &self.condition.is_some())
            .field("children", &self.children)
            .finish_non_exhaustive()
    }
}

impl<C: ?Sized> Clone for Node<C> {
    fn clone(&self) -> Self {
        Self {
            info: self.info.clone(),
            phase: self.phase.clone(),
            condition: self.condition.clone(),
            retry: self.retry.clone(),
            children: self.children.clone(),
        }
    }
}
