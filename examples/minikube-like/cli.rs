//! The command line.

use std::{net::IpAddr, num::NonZeroUsize, path::PathBuf};

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Bootstraps Kubernetes clusters into directories, phase by phase: files on the disk, objects in an API server inside the process.
#[derive(Debug, Parser)]
#[command(name = "minikube-like", version)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Do what is missing; a run that was interrupted goes on where it stopped
    Up(Up),
    /// Join another node to a cluster that `up` made, as a worker or as a control plane
    Join(Join),
    /// Run kubectl as the cluster's administrator against its API server
    Kubectl {
        /// The directory given to `up`
        #[arg(long, default_value = "minikube-like")]
        root: PathBuf,
        /// What kubectl is told; without anything the server stays until it is interrupted
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Show what `up` would change, with diffs, and change nothing
    Plan(Workspace),
    /// Print the tree of phases
    Phases {
        /// How to print it
        #[arg(long, value_enum, default_value_t = TreeFormat::Text)]
        format: TreeFormat,
    },
    /// Take back what the last `up` did: its files, and the objects into which nobody else has written
    Undo(Undo),
    /// Tell from the journal how far the last run came
    Status {
        /// The directory given to `up`
        #[arg(long, default_value = "minikube-like")]
        root: PathBuf,
        /// How to print it
        #[arg(long, value_enum, default_value_t = Output::Text)]
        output: Output,
    },
}

/// Where the cluster is described and where its files go.
#[derive(Debug, Args)]
pub(crate) struct Workspace {
    /// A kubeadm configuration file; a sample that ships with the program when absent
    #[arg(long)]
    pub(crate) config: Option<PathBuf>,
    /// The directory that stands for the node's root; made when it is missing
    #[arg(long, default_value = "minikube-like")]
    pub(crate) root: PathBuf,
    /// Only these phases and what is below them, by path (`certs/ca`)
    #[arg(long, value_delimiter = ',')]
    pub(crate) only: Vec<String>,
    /// Not these phases and what is below them
    #[arg(long, value_delimiter = ',')]
    pub(crate) skip: Vec<String>,
    /// Text for people, or one JSON object a line
    #[arg(long, value_enum, default_value_t = Output::Text)]
    pub(crate) output: Output,
}

#[derive(Debug, Args)]
pub(crate) struct Up {
    #[command(flatten)]
    pub(crate) workspace: Workspace,
    #[command(flatten)]
    pub(crate) manner: Manner,
}

/// The node that joins.
#[derive(Debug, Args)]
pub(crate) struct Join {
    /// The directory given to `up`
    #[arg(long)]
    pub(crate) cluster: PathBuf,
    /// The directory that stands for the new node's root; made when it is missing
    #[arg(long)]
    pub(crate) root: PathBuf,
    /// The name of the new node
    #[arg(long)]
    pub(crate) name: String,
    /// It becomes a control plane
    #[arg(long)]
    pub(crate) control_plane: bool,
    /// The address of its API server; that of the default route when absent
    #[arg(long, requires = "control_plane")]
    pub(crate) advertise_address: Option<IpAddr>,
    /// Text for people, or one JSON object a line
    #[arg(long, value_enum, default_value_t = Output::Text)]
    pub(crate) output: Output,
    #[command(flatten)]
    pub(crate) manner: Manner,
}

#[derive(Debug, Args)]
pub(crate) struct Undo {
    /// The directory given to `up`
    #[arg(long, default_value = "minikube-like")]
    pub(crate) root: PathBuf,
    /// Also what somebody changed since
    #[arg(long)]
    pub(crate) force: bool,
    /// Show what would be done, and do nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// How many seconds to wait for another run on the same directory to end
    #[arg(long, default_value_t = 0, value_name = "SECONDS")]
    pub(crate) wait: u64,
    /// Text for people, or one JSON object a line
    #[arg(long, value_enum, default_value_t = Output::Text)]
    pub(crate) output: Output,
}

/// How a run is made.
#[derive(Debug, Args)]
pub(crate) struct Manner {
    /// Forget an interrupted run of another configuration
    #[arg(long)]
    pub(crate) fresh: bool,
    /// How many seconds to wait for another run on the same directory to end
    #[arg(long, default_value_t = 0, value_name = "SECONDS")]
    pub(crate) wait: u64,
    /// How many phases to plan at the same time; as many as there are processors when absent
    #[arg(long)]
    pub(crate) jobs: Option<NonZeroUsize>,
    /// Kill this process in place of the durable step of this number, to see the next run go on
    #[arg(long, hide = true)]
    pub(crate) crash_at: Option<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    Text,
    Json,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum TreeFormat {
    Text,
    Json,
    Mermaid,
    Dot,
}
