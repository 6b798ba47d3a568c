//! (front page)

mod cancel;
mod change;
pub mod cli;
mod clock;
mod content;
mod digest;
mod draft;
mod error;
mod event;
mod files;
mod flag;
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
pub use error::{ErrorClass, PhaseError};
pub use event::{Event, EventKind, EventLog, EventSink, JsonLines, Silent};
#[cfg(unix)]
pub use files::StdFiles;
pub use files::{
    FileError, FileErrorKind, FileKind, Files, MemFiles, Overlay, Owner, Stat, clean_path,
};
pub use flag::Flag;
pub use journal::{
    Entry, FileJournal, Journal, JournalError, MemJournal, Outcome, PhaseProgress, PhaseStatus,
    Record, RunStatus, Step,
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
