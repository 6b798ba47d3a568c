//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Bootstraps the files of a Kubernetes control plane into a directory, phase by phase.
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
    /// Show what `up` would change, with diffs, and change nothing
    Plan(Workspace),
    /// Print the tree of phases
    Phases {
        /// How to print it
        #[arg(long, value_enum, default_value_t = TreeFormat::Text)]
        format: TreeFormat,
    },
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
    /// Forget an interrupted run of another configuration
    #[arg(long)]
    pub(crate) fresh: bool,
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
