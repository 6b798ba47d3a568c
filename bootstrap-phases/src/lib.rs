//! (front page)

mod cancel;
mod change;
pub mod cli;
mod clock;
mod content;
mod digest;
mod draft;
mod error;
mod files;
mod flag;
#[cfg(feature = "kubeadm")]
pub mod kubeadm;
mod node;
mod phase;
mod retry;
mod select;
mod suggest;
mod tree;
mod workflow;

pub use cancel::CancelToken;
pub use change::Change;
pub use clock::{Clock, ManualClock, SystemClock};
pub use content::{Content, Secret};
pub use digest::Digest;
pub use draft::Draft;
pub use error::{ErrorClass, PhaseError};
#[cfg(unix)]
pub use files::StdFiles;
pub use files::{
    FileError, FileErrorKind, FileKind, Files, MemFiles, Overlay, Owner, Stat, clean_path,
};
pub use flag::Flag;
pub use node::Node;
pub use phase::{Applies, Cx, Idle, Note, NoteLevel, Phase, Plan};
pub use retry::RetryPolicy;
pub use select::{Compat, Dependency, Need, SelectError, Selection};
pub use tree::{NodeState, PhaseState, Tree, TreeNode};
pub use workflow::{BuildError, BuildProblem, Flow, Workflow};
