//! An engine for workflows that set up machines. A phase looks at what is there and answers, as data, what has to be different;
//! the engine shows that as a plan, or carries it out so that a process killed at any moment can be followed by one that goes on.
//! Nothing of Kubernetes is in the engine; with feature `kubeadm` kubeadm's commands come on top.
//!
//! ```
//! use bootstrap_phases::{
//!     Content, Cx, Digest, Files, MemFiles, MemJournal, Node, PhaseError, Plan, Runner, Workflow,
//! };
//!
//! struct Site { name: &'static str }
//!
//! fn key(cx: &Cx<'_, Site>) -> Result<Plan, PhaseError> {
//!     let mut plan = cx.draft();
//!     plan.dir("/etc/site", 0o700)?;
//!     let key = format!("key of {}", cx.config.name);
//!     plan.file("/etc/site/key", 0o600, Content::secret(key))?;
//!     Ok(plan.finish())
//! }
//!
//! fn page(cx: &Cx<'_, Site>) -> Result<Plan, PhaseError> {
//!     let size = cx.files.read("/etc/site/key")?.len();
//!     let mut plan = cx.draft();
//!     let text = format!("{}, {size} bytes\n", cx.config.name);
//!     plan.file("/etc/site/page", 0o644, Content::text(text))?;
//!     Ok(plan.finish())
//! }
//!
//! let flow = Workflow::new("site")
//!     .phase(Node::new("key", "Make the key").outputs(["key"]).run(key))
//!     .phase(Node::new("page", "Write the page").inputs(["key"]).run(page))
//!     .build()?;
//! let (site, files, journal) = (Site { name: "demo" }, MemFiles::new(), MemJournal::new());
//! let runner = Runner::new(&flow, &files).journal(&journal, Digest::of(b"demo"));
//! print!("{}{}", flow.tree(), runner.plan(&site)?);
//! runner.run(&site)?;
//! assert!(runner.plan(&site)?.is_empty());
//! assert_eq!(files.read("/etc/site/page")?, b"demo, 11 bytes\n");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Begin with the [`guide`]: a workflow of your own, and a control plane as kubeadm makes it.
//!
//! # The parts
//!
//! - [`Workflow`] puts [`Node`]s into a tree and checks, when it is built, that every input is made by an earlier phase;
//!   the checked [`Flow`] draws itself as a [`Tree`]: text as kubeadm lists it, JSON, Mermaid, DOT.
//! - [`Phase`] answers a [`Plan`] of [`Change`]s; [`Draft`] makes one by saying what is wanted. [`PhaseError`] has a class that says
//!   whether trying again helps, and [`RetryPolicy`] says how.
//! - [`Runner`] plans over an [`Overlay`], so that later phases see what earlier ones would write, and runs with the same code;
//!   [`Selection`] picks phases, with kubeadm's rules ([`Compat::Upstream`]) or stricter ones.
//! - [`Journal`] is written before anything is done. [`FileJournal`] keeps it on a disk; [`RunStatus`] tells what it says, and
//!   [`Runner::undo`] takes back what its last run did.
//! - [`Event`]s tell what happens, to an [`EventSink`]: [`JsonLines`], a progress bar, a log.
//! - An [`Effect`] is a change beyond files, a request to a server or a command on the host; a [`Port`] carries it out.
//! - [`Files`], [`Clock`] are what phases see of the world: [`StdFiles`] below a root folder, [`MemFiles`] in tests; what else
//!   they need of a machine is a [`Host`]: [`LinuxHost`], or [`MemHost`] in tests.
//! - [`cli`] turns arguments into a selection without a command-line library, and [`testing`] crashes runs at any step.
//!
//! # What it promises
//!
//! - A plan changes nothing, and a run makes the changes that the plan showed.
//! - The files of one phase appear together: a run that was killed, or a machine that lost power, is followed by one that
//!   finishes the phase with the very files it had made, or removes them and begins the phase anew.
//! - Files have their mode and owner before they have their name. Secrets are in no event, error, plan or journal.
//! - With the same configuration, files and clock, the outcome, the events and the journal are the same.
//!
//! # What it does not do
//!
//! Phases make their changes one after the other, in the order they stand in; [`Runner::jobs`] plans independent ones at the same
//! time. A run goes forward, is begun afresh, or is undone as a whole; a failure undoes nothing by itself. A phase that plans is not interrupted; cancellation and
//! deadlines are looked at between steps and in waits.
//!
//! # Features
//!
//! | feature | who wants it | what it costs |
//! |---|---|---|
//! | (none) | workflows of one's own | 13 packages, most of them serde's |
//! | `kubeadm` | `kubeadm init`, `join`, `upgrade`, `reset`, `certs`, `config`, `token` without kubeadm | configuration types, YAML, X.509, AWS-LC (a C compiler) |
//! | `kube` | the API through a `kube::Client`, whose answers are waited for | kube |
//! | `tracing` | runs and phases as spans (`TracingSink`) | tracing |
#![cfg_attr(docsrs, feature(doc_cfg))]

mod cancel;
mod change;
pub mod cli;
mod clock;
mod content;
mod digest;
mod draft;
mod effect;
mod error;
mod event;
mod files;
mod flag;
#[cfg(doc)]
pub mod guide;
mod host;
mod journal;
#[cfg(feature = "kubeadm")]
pub mod kubeadm;
mod node;
mod phase;
mod record;
mod report;
mod retry;
mod run;
mod select;
mod suggest;
pub mod testing;
mod timestamp;
mod tree;
mod workflow;

pub use cancel::CancelToken;
pub use change::Change;
pub use clock::{Clock, ManualClock, SystemClock};
pub use content::{Content, Secret};
pub use digest::Digest;
pub use draft::Draft;
pub use effect::{Effect, EffectRecord, Outlook, Port};
pub use error::{ErrorClass, PhaseError};
#[cfg(feature = "tracing")]
pub use event::TracingSink;
pub use event::{Event, EventKind, EventLog, EventSink, JsonLines, Silent};
#[cfg(unix)]
pub use files::StdFiles;
pub use files::{
    FileError, FileErrorKind, FileKind, Files, MemFiles, Overlay, Owner, Stat, clean_path,
};
pub use flag::Flag;
pub use host::{
    Command, HOST_PORT, Host, HostError, HostPort, LinuxHost, MemHost, Output as CommandOutput,
};
pub use journal::{
    Entry, FileJournal, Holder, Journal, JournalError, MemJournal, Outcome, PhaseProgress,
    PhaseStatus, Record, RunStatus, Step, Was,
};
pub use node::Node;
pub use phase::{Applies, Cx, Idle, Note, NoteLevel, Phase, Plan};
pub use record::ChangeRecord;
pub use report::{
    Before, PhaseReport, PlanFailure, PlannedChange, PlannedPhase, Report, RunError, RunFailure,
    RunPlan,
};
pub use retry::RetryPolicy;
pub use run::Runner;
pub use select::{Compat, Dependency, Need, SelectError, Selection};
pub use timestamp::Timestamp;
pub use tree::{NodeState, PhaseState, Tree, TreeNode};
pub use workflow::{BuildError, BuildProblem, Flow, Workflow};

/// The example of the README is tested like any other.
#[cfg(all(doctest, unix))]
#[doc = include_str!("../README.md")]
struct Readme;
