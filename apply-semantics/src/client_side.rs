//! What `kubectl` sends: client-side apply with its annotation and three-way patches, server-side apply with the hand-over of fields,
//! pruning by labels and by ApplySets, and the commands around them; as plans that make requests and take answers.
//!
//! A [`Plan`] is about one object, a [`Run`] about many. Both say what is next ([`Step::Send`]) and decide by the answer; nothing here
//! talks to a server. [`Request::operation`] is what an executor carries out, and [`Request::sent`] is the same request as kubectl
//! writes it, with its parameters and media types.
//!
//! ```
//! use apply_semantics::client_side::{plan, Kinds, Namespace, Options, Step};
//! use serde_json::json;
//!
//! let manifest = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"mode": "fast"}});
//! let live = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "b"}, "data": {"mode": "slow"}});
//!
//! let plan = plan(Some(&live), manifest, &Kinds::builtin(), &Namespace::default_to("b"), &Options::new())?;
//! let Step::Send(request) = plan.step() else { panic!("nothing to do") };
//! let sent = request.sent();
//! assert_eq!((sent.method, sent.path.as_str()), ("PATCH", "/api/v1/namespaces/b/configmaps/a"));
//! assert_eq!(sent.content_type, Some("application/strategic-merge-patch+json"));
//! assert_eq!(sent.body.unwrap()["data"], json!({"mode": "fast"}));
//! # Ok::<(), apply_semantics::client_side::Failure>(())
//! ```
//!
//! Follows k8s.io/kubectl of Kubernetes 1.36.

mod annotation;
mod apply;
mod apply_set;
mod commands;
mod exchange;
mod failure;
mod kinds;
mod migrate;
mod object;
mod options;
mod prune;
mod request;
mod run;
mod server_side;
mod sha256;
mod target;

use std::{collections::BTreeMap, fmt, sync::Arc};

use serde_json::Value;

pub use annotation::{LAST_APPLIED, annotated, encode, last_applied};
pub use apply::CLIENT_SIDE_MANAGER;
pub use apply_set::{
    ApplySet, ApplySetScope, ID_LABEL, KINDS_ANNOTATION, NAMESPACES_ANNOTATION, PARENT_TYPE_LABEL,
    PART_OF_LABEL, TOOLING_ANNOTATION,
};
pub use exchange::Answer;
pub use failure::{ApplySetFault, Failure, Warning};
pub use kinds::{Kind, Kinds};
pub use options::{DryRun, Options};
pub use prune::LabelPruning;
pub use request::{Request, Sent};
pub use run::{Pruning, Run, RunOptions, RunReport};
pub use server_side::SERVER_SIDE_MANAGER;
pub use target::{Namespace, Target};

use self::exchange::{Exchange, Play, Stop};
use crate::{
    op::{Effect, Executor, Outcome, Refusal},
    patch::Patch,
};

/// Plans the apply of a manifest to a live object that is known already, or known not to exist.
///
/// Server-side apply asks for no live object, so it makes no use of one.
///
/// # Errors
/// The manifest is no object of this server, or the options do not go together.
pub fn plan(
    live: Option<&Value>,
    manifest: Value,
    kinds: &Kinds,
    namespace: &Namespace,
    options: &Options,
) -> Result<Plan, Failure> {
    let command = Command::Apply(options.clone());
    command.check()?;
    let target = Target::of(manifest, kinds, namespace)?;
    let mut plan = Plan::new(command, target);
    if !options.server_side {
        let reference = plan.target.reference();
        plan.answers.push(match live {
            Some(live) => Ok(Outcome::object(live.clone(), Effect::Read)),
            None => Err(Refusal::not_found(&reference)),
        });
    }
    Ok(plan)
}

/// What to do with an object.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Command {
    /// `apply`.
    Apply(Options),
    /// `create`.
    Create(Options),
    /// `replace`.
    Replace(Options),
    /// `delete`, waiting until the object is gone.
    Delete(Options),
    /// `diff`. The report says [`Action::Unchanged`] if apply would change nothing, and has the object as it would be.
    Diff(Options),
    /// `apply set-last-applied`.
    SetLastApplied {
        /// Whether to add the annotation to an object that has none (`--create-annotation`).
        create: bool,
        /// How.
        options: Options,
    },
    /// `apply view-last-applied`. The report has the manifest.
    ViewLastApplied(Options),
    /// `label`.
    Label {
        /// What to set and remove.
        changes: Changes,
        /// How.
        options: Options,
    },
    /// `annotate`.
    Annotate {
        /// What to set and remove.
        changes: Changes,
        /// How.
        options: Options,
    },
    /// `patch`.
    Patch {
        /// The patch.
        patch: Patch,
        /// How.
        options: Options,
    },
    /// `scale`.
    Scale {
        /// To how many replicas.
        replicas: u32,
        /// How.
        options: Options,
    },
    /// `set image`, `set env` and their like: a change of the live object.
    Edit {
        /// The change.
        edit: Edit,
        /// How.
        options: Options,
    },
}

impl Command {
    /// The options.
    pub fn options(&self) -> &Options {
        match self {
            Self::Apply(options)
            | Self::Create(options)
            | Self::Replace(options)
            | Self::Delete(options)
            | Self::Diff(options)
            | Self::ViewLastApplied(options)
            | Self::SetLastApplied { options, .. }
            | Self::Label { options, .. }
            | Self::Annotate { options, .. }
            | Self::Patch { options, .. }
            | Self::Scale { options, .. }
            | Self::Edit { options, .. } => options,
        }
    }

    fn play(&self, exchange: &mut Exchange<'_>, target: &Target) -> Play<Report> {
        match self {
            Self::Apply(options) if options.server_side => {
                server_side::play(exchange, target, options)
            }
            Self::Apply(options) => apply::play(exchange, target, options),
            Self::Create(options) => commands::create(exchange, target, options),
            Self::Replace(options) => commands::replace(exchange, target, options),
            Self::Delete(options) => commands::delete(exchange, target, options),
            Self::Diff(options) => commands::diff(exchange, target, options),
            Self::SetLastApplied { create, options } => {
                commands::set_last_applied(exchange, target, *create, options)
            }
            Self::ViewLastApplied(_) => commands::view_last_applied(exchange, target),
            Self::Label { changes, options } => {
                commands::strings(exchange, target, "labels", changes, options)
            }
            Self::Annotate { changes, options } => {
                commands::strings(exchange, target, "annotations", changes, options)
            }
            Self::Patch { patch, options } => commands::patch(exchange, target, patch, options),
            Self::Scale { replicas, options } => {
                commands::scale(exchange, target, *replicas, options)
            }
            Self::Edit { edit, options } => commands::edit(exchange, target, edit, options),
        }
    }
}

/// Changes of labels or annotations.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Changes {
    /// What to set.
    pub set: BTreeMap<String, String>,
    /// What to remove.
    pub remove: Vec<String>,
    /// Whether what is set to another value gives way (`--overwrite`).
    pub overwrite: bool,
}

/// A change of a live object, and the manager that makes it.
#[derive(Clone)]
pub struct Edit {
    manager: String,
    change: Arc<dyn Fn(&mut Value) + Send + Sync>,
}

impl Edit {
    /// A change by that manager; kubectl's own `set` commands use `kubectl-set`. The change may be made more than once, and must come to
    /// the same each time.
    pub fn new(
        manager: impl Into<String>,
        change: impl Fn(&mut Value) + Send + Sync + 'static,
    ) -> Self {
        Self {
            manager: manager.into(),
            change: Arc::new(change),
        }
    }

    fn manager(&self) -> &str {
        &self.manager
    }

    fn edited(&self, live: &Value) -> Value {
        let mut object = live.clone();
        (self.change)(&mut object);
        object
    }
}

impl fmt::Debug for Edit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Edit({})", self.manager)
    }
}

/// What is next.
#[derive(Debug, Clone)]
#[must_use = "the plan goes on only when the request is answered"]
pub enum Step<T> {
    /// Send this, and give the answer to the plan.
    Send(Box<Request>),
    /// The goal is reached.
    Done(Box<T>),
    /// The goal is out of reach.
    Failed(Failure),
}

/// What was done to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Action {
    /// It was only read.
    Read,
    /// It did not exist before.
    Created,
    /// It was changed.
    Configured,
    /// It was as it should be.
    Unchanged,
    /// The server applied it.
    ServerSideApplied,
    /// It was replaced.
    Replaced,
    /// It was deleted.
    Deleted,
}

/// What came of a plan.
#[derive(Clone, PartialEq)]
pub struct Report {
    action: Action,
    object: Value,
    warnings: Vec<Warning>,
}

impl Report {
    fn new(action: Action, object: Value, warnings: Vec<Warning>) -> Self {
        Self {
            action,
            object,
            warnings,
        }
    }

    /// What was done.
    pub fn action(&self) -> Action {
        self.action
    }

    /// The object as it is now, or would be; null if there is none.
    pub fn object(&self) -> &Value {
        &self.object
    }

    /// What people should know.
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }
}

/// Objects may hold secrets, so they are not shown.
impl fmt::Debug for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Report")
            .field("action", &self.action)
            .field("warnings", &self.warnings)
            .finish_non_exhaustive()
    }
}

/// A command on one object, and the answers so far.
#[derive(Debug, Clone)]
pub struct Plan {
    command: Command,
    target: Target,
    answers: Vec<Answer>,
}

impl Plan {
    /// A command on an object, of which nothing is known yet.
    pub fn new(command: Command, target: Target) -> Self {
        Self {
            command,
            target,
            answers: Vec::new(),
        }
    }

    /// The object.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// What comes next.
    pub fn step(&self) -> Step<Report> {
        let mut exchange = Exchange::new(&self.answers);
        match self.command.play(&mut exchange, &self.target) {
            Ok(report) => Step::Done(Box::new(report)),
            Err(Stop::Ask(request)) => Step::Send(request),
            Err(Stop::Fail(failure)) => Step::Failed(*failure),
        }
    }

    /// Takes the answer to the request of the last step, and says what comes next.
    pub fn answer(&mut self, answer: Answer) -> Step<Report> {
        self.answers.push(answer);
        self.step()
    }

    /// Carries out the whole plan. Pauses are not made.
    ///
    /// # Errors
    /// The goal is out of reach.
    pub fn execute(&mut self, executor: &mut dyn Executor) -> Result<Report, Failure> {
        let mut step = self.step();
        loop {
            match step {
                Step::Send(request) => step = self.answer(executor.execute(request.operation())),
                Step::Done(report) => return Ok(*report),
                Step::Failed(failure) => return Err(failure),
            }
        }
    }
}
