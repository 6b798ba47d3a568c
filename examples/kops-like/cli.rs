//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Clusters from a declarative file: machines of a cloud in memory become nodes, each in a directory of its own.
#[derive(Debug, Parser)]
#[command(name = "kops-like", version)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make the cluster what its file says, but for what replaces machines; whatever was interrupted goes on
    Apply(OfFile),
    /// Show what `apply` would change, and what `rolling-update` would replace; change nothing
    Plan(OfFile),
    /// Replace the machines that are of another image or version than the file says, step by step
    RollingUpdate(OfFile),
    /// Renew the certificates of the control plane, one node after the other
    RotateCerts(RotateCerts),
    /// Delete the cluster with all its machines
    Delete(OfName),
    /// Tell what there is, and draw what happened
    Status(Status),
}

/// Where things are kept and how the program talks.
#[derive(Debug, Args)]
pub(crate) struct Manner {
    /// The directory of clusters, with their machines; made when it is missing
    #[arg(long, default_value = "kops-like")]
    pub(crate) state: PathBuf,
    /// Keep the objects of Cluster API in the cluster of this kubeconfig, not in an API server inside the process
    #[arg(long)]
    pub(crate) kubeconfig: Option<PathBuf>,
    /// Text for people, or one JSON object a line
    #[arg(long, value_enum, default_value_t = Output::Text)]
    pub(crate) output: Output,
}

#[derive(Debug, Args)]
pub(crate) struct OfFile {
    /// The cluster file
    #[arg(short, long)]
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) manner: Manner,
    #[command(flatten)]
    pub(crate) patience: Patience,
}

#[derive(Debug, Args)]
pub(crate) struct OfName {
    /// The name of the cluster
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) manner: Manner,
    #[command(flatten)]
    pub(crate) patience: Patience,
}

#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct Patience {
    /// After how many seconds to give up; the next run goes on
    #[arg(long, default_value_t = 1800, value_name = "SECONDS")]
    pub(crate) timeout: u64,
}

#[derive(Debug, Args)]
pub(crate) struct RotateCerts {
    /// The name of the cluster
    pub(crate) name: String,
    /// Renew those with less than so many days left
    #[arg(
        long,
        default_value_t = 90,
        value_name = "DAYS",
        conflicts_with = "all"
    )]
    pub(crate) renew_before: u64,
    /// Renew all of them
    #[arg(long)]
    pub(crate) all: bool,
    #[command(flatten)]
    pub(crate) manner: Manner,
}

#[derive(Debug, Args)]
pub(crate) struct Status {
    /// The name of the cluster
    pub(crate) name: String,
    /// Write a picture of what became of each machine
    #[arg(long, value_name = "FILE")]
    pub(crate) timeline: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) manner: Manner,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    Text,
    Json,
}
