//! A workflow's command line, without a command-line library: from arguments to what is to be run.
//!
//! A workflow `init` has the commands `init`, `init phase` and one for each phase that is not hidden, `init phase certs ca`.
//! [`parse`] says what a list of arguments asks for; reading flags' values and printing is the caller's. Follows
//! `cmd/kubeadm/app/cmd/phases/workflow` and the conventions of the command-line library it uses.
//!
//! ```
//! use bootstrap_phases::{Node, Selection, Workflow, cli};
//!
//! let certs: Node<()> = Node::new("certs", "Certificates").children([Node::new("ca", "The CA")]);
//! let flow = Workflow::new("init").flags(["config"]).phase(certs).build()?;
//! let cli::Invocation::Run(call) = cli::parse(&flow, &["phase", "certs", "ca"])? else {
//!     return Ok(());
//! };
//! assert_eq!(call.selection, Selection::only(["certs/ca"]));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod args;
mod help;

use std::{error::Error, fmt};

use crate::{Flag, Flow, Selection, node::path_name, suggest, workflow::Unit};

/// What a command line asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Invocation {
    /// To run phases.
    Run(Call),
    /// To say how a command is called: the text.
    Help(String),
}

/// A call of the workflow or of one phase.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Call {
    /// The phases to run.
    pub selection: Selection,
    /// Whether one phase was asked for, not the workflow.
    pub single_phase: bool,
    /// Flags given, by name, in order; a flag that stands alone has the value `true` unless another was given.
    pub flags: Vec<(String, String)>,
    /// Arguments that are neither flags nor commands.
    pub args: Vec<String>,
}

impl Call {
    /// Takes over the list of phases to skip that a configuration holds.
    ///
    /// As in kubeadm, a list on the command line replaces it, and a call of a single phase does not look at it.
    #[must_use]
    pub fn with_config_skip<S: Into<String>>(mut self, skip: impl IntoIterator<Item = S>) -> Self {
        if !self.single_phase && self.selection.skip.is_empty() {
            self.selection = self.selection.skip(skip);
        }
        self
    }

    /// The last value given for a flag.
    pub fn flag(&self, name: &str) -> Option<&str> {
        let given = self.flags.iter().rev();
        given
            .filter(|(flag, _)| flag == name)
            .map(|(_, value)| value.as_str())
            .next()
    }
}

/// One command of a workflow, as data.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Command {
    /// Its words after the workflow's: `phase certs ca`.
    pub words: String,
    /// Other names for its last word.
    pub aliases: Vec<String>,
    /// Its flags, sorted by name.
    pub flags: Vec<Flag>,
}

/// A command line that makes no sense.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UsageError {
    /// The command does nothing itself: one of those below it is wanted.
    SubcommandRequired {
        /// The command, from the workflow's name on.
        command: String,
    },
    /// No command of that name.
    UnknownCommand {
        /// The name as given.
        name: String,
        /// The command it was given to.
        command: String,
        /// Names that look like it.
        suggestions: Vec<String>,
    },
    /// The command has no such flag.
    UnknownFlag {
        /// The flag as given, with its dashes.
        flag: String,
    },
    /// The flag wants a value.
    MissingValue {
        /// The flag as given, with its dashes.
        flag: String,
    },
    /// More arguments than the command takes.
    TooManyArguments {
        /// The command.
        command: String,
        /// How many it takes.
        most: usize,
        /// How many there were.
        given: usize,
    },
}

/// What the arguments after the workflow's name ask for.
///
/// # Errors
/// An unknown command or flag, a flag without its value, too many arguments, or a group of phases without a choice.
pub fn parse<C: ?Sized, S: AsRef<str>>(
    flow: &Flow<C>,
    args: &[S],
) -> Result<Invocation, UsageError> {
    let args: Vec<&str> = args.iter().map(AsRef::as_ref).collect();
    let (target, rest) = args::target(flow, &args);
    let parsed = args::split(&target.flags(flow), &rest)?;
    if parsed.help {
        return Ok(Invocation::Help(help::text(flow, target)));
    }
    if target.is_group(flow) {
        return Err(match parsed.args.first() {
            Some(name) => target.unknown(flow, name),
            None => UsageError::SubcommandRequired {
                command: target.command(flow),
            },
        });
    }
    let most = target.max_args(flow);
    if most == 0
        && let Some(name) = parsed.args.first()
    {
        return Err(target.unknown(flow, name));
    }
    if parsed.args.len() > most {
        return Err(UsageError::TooManyArguments {
            command: target.command(flow),
            most,
            given: parsed.args.len(),
        });
    }
    Ok(Invocation::Run(Call {
        selection: target.selection(flow, parsed.skip),
        single_phase: target != Target::Workflow,
        flags: parsed.flags,
        args: parsed.args,
    }))
}

/// Takes arguments apart by flags alone: the flags given, by name and in order, and what is none. `None` where help is asked for.
#[cfg(feature = "kubeadm")]
pub(crate) fn take_apart<S: AsRef<str>>(
    flags: &[Flag],
    args: &[S],
) -> Result<Option<Given>, UsageError> {
    let args: Vec<&str> = args.iter().map(AsRef::as_ref).collect();
    let parsed = args::split(flags, &args)?;
    Ok((!parsed.help).then_some((parsed.flags, parsed.args)))
}

/// Flags by name and value, and arguments.
#[cfg(feature = "kubeadm")]
pub(crate) type Given = (Vec<(String, String)>, Vec<String>);

/// Every command below the workflow's own: `phase`, and one for each phase that is not hidden, in order.
pub fn commands<C: ?Sized>(flow: &Flow<C>) -> Vec<Command> {
    let phases = (0..flow.units.len()).filter(|index| !is_hidden(flow, *index));
    std::iter::once(Target::Phases)
        .chain(phases.map(Target::Phase))
        .map(|target| Command {
            words: target.words(flow).join(" "),
            aliases: target
                .unit(flow)
                .map(|unit| unit.info.aliases.clone())
                .unwrap_or_default(),
            flags: target.flags(flow),
        })
        .collect()
}

/// The help of the workflow's own command: what it does, and the list of its phases.
pub fn help<C: ?Sized>(flow: &Flow<C>) -> String {
    help::text(flow, Target::Workflow)
}

/// The command that arguments lead to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    Workflow,
    Phases,
    Phase(usize),
}

impl Target {
    fn unit<C: ?Sized>(self, flow: &Flow<C>) -> Option<&Unit<C>> {
        match self {
            Self::Phase(index) => flow.units.get(index),
            Self::Workflow | Self::Phases => None,
        }
    }

    /// The position of this phase, as its children know it.
    fn as_parent(self) -> Option<usize> {
        match self {
            Self::Phase(index) => Some(index),
            Self::Workflow | Self::Phases => None,
        }
    }

    /// Its words after the workflow's name.
    fn words<C: ?Sized>(self, flow: &Flow<C>) -> Vec<&str> {
        match self {
            Self::Workflow => Vec::new(),
            Self::Phases => vec!["phase"],
            Self::Phase(_) => {
                let path = self.unit(flow).map(|unit| unit.path.split('/'));
                std::iter::once("phase")
                    .chain(path.into_iter().flatten())
                    .collect()
            }
        }
    }

    /// All its words.
    fn command<C: ?Sized>(self, flow: &Flow<C>) -> String {
        let mut words = vec![flow.name.as_str()];
        words.extend(self.words(flow));
        words.join(" ")
    }

    fn children<C: ?Sized>(self, flow: &Flow<C>) -> impl Iterator<Item = (usize, &Unit<C>)> {
        let parent = self.as_parent();
        let units = flow.units.iter().enumerate();
        units.filter(move |(_, unit)| {
            self != Self::Workflow && unit.parent == parent && !unit.info.hidden
        })
    }

    /// Whether it only stands for the commands below it.
    fn is_group<C: ?Sized>(self, flow: &Flow<C>) -> bool {
        match self {
            Self::Workflow => false,
            Self::Phases => true,
            Self::Phase(index) => flow.units.iter().any(|unit| unit.parent == Some(index)),
        }
    }

    fn max_args<C: ?Sized>(self, flow: &Flow<C>) -> usize {
        let own = self.unit(flow).and_then(|unit| unit.info.max_args);
        own.unwrap_or_else(|| flow.command.split_whitespace().skip(1).count())
    }

    fn selection<C: ?Sized>(self, flow: &Flow<C>, skip: Vec<String>) -> Selection {
        let Some(unit) = self.unit(flow) else {
            return Selection::all().skip(skip);
        };
        // A run-all entry stands for its group.
        let group = unit.parent.filter(|_| unit.info.run_all);
        let chosen = group
            .and_then(|group| flow.units.get(group))
            .unwrap_or(unit);
        Selection::only([chosen.path.as_str()])
    }

    /// Its flags, sorted: those of the workflow, or those a phase takes over and its own.
    fn flags<C: ?Sized>(self, flow: &Flow<C>) -> Vec<Flag> {
        let mut flags = match self {
            Self::Workflow => {
                let mut flags = flow.flags.clone();
                flags.push(Flag::new(args::SKIP_PHASES));
                flags
            }
            Self::Phases => Vec::new(),
            Self::Phase(_) => self.unit(flow).map_or_else(Vec::new, |unit| {
                let known = flow.flags.iter().chain(&flow.phase_flags);
                let inherited = known.filter(|flag| unit.info.inherit_flags.contains(&flag.name));
                inherited.chain(&unit.info.local_flags).cloned().collect()
            }),
        };
        flags.sort_by(|a, b| a.name.cmp(&b.name));
        flags.dedup_by(|a, b| a.name == b.name);
        flags
    }

    fn unknown<C: ?Sized>(self, flow: &Flow<C>, name: &str) -> UsageError {
        let names: Vec<String> = self
            .children(flow)
            .map(|(_, unit)| path_name(&unit.info.name))
            .collect();
        UsageError::UnknownCommand {
            name: name.to_owned(),
            command: self.command(flow),
            suggestions: suggest::near(name, names.iter().map(String::as_str)),
        }
    }
}

/// Whether a phase or a group above it is hidden: then it has no command.
fn is_hidden<C: ?Sized>(flow: &Flow<C>, index: usize) -> bool {
    let mut here = Some(index);
    while let Some(unit) = here.and_then(|index| flow.units.get(index)) {
        if unit.info.hidden {
            return true;
        }
        here = unit.parent;
    }
    false
}

impl fmt::Display for UsageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SubcommandRequired { command } => write!(f, "{command}: subcommand is required"),
            Self::UnknownCommand {
                name,
                command,
                suggestions,
            } => {
                write!(f, "unknown command {name:?} for {command:?}")?;
                if !suggestions.is_empty() {
                    write!(f, "; did you mean {}?", suggestions.join(" or "))?;
                }
                Ok(())
            }
            Self::UnknownFlag { flag } => write!(f, "unknown flag: {flag}"),
            Self::MissingValue { flag } => write!(f, "flag needs an argument: {flag}"),
            Self::TooManyArguments {
                command,
                most,
                given,
            } => write!(
                f,
                "{command}: accepts at most {most} arguments, received {given}"
            ),
        }
    }
}

impl Error for UsageError {}

#[cfg(test)]
mod tests;
