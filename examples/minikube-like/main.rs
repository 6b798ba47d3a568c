//! `minikube-like`: a Kubernetes control plane, bootstrapped into a directory from a kubeadm configuration. The files go below the
//! directory; the objects go to an API server inside the process, which keeps them below the directory, too. Other nodes join it,
//! and kubectl talks to it. Nothing runs: what kubelets and controllers would do meanwhile, [`examples::stand_in`] does.
//!
//! What an embedder copies from here: how a configuration is loaded with all its errors at once ([`input`]), how workflows are
//! planned and run with a journal and ports ([`run`], [`up`], [`join`], [`plan`]), how a node finds its cluster ([`reach`]), and how
//! events become progress bars or JSON ([`output`]).
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program talks to whoever started it"
)]

mod cli;
mod cluster;
mod host;
mod input;
mod join;
mod kubectl;
mod output;
mod phases;
mod plan;
mod run;
mod secrets;
mod status;
mod undo;
mod up;

use std::process::ExitCode;

use clap::Parser;
use examples::{
    etcd,
    failure::{self, Failure},
    reach, stand_in,
};

use cli::{Cli, Command};

fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Up(arguments) => up::up(&arguments),
        Command::Join(arguments) => join::join(&arguments),
        Command::Kubectl { root, arguments } => kubectl::kubectl(&root, &arguments),
        Command::Plan(workspace) => plan::plan(&workspace),
        Command::Phases { format } => phases::phases(format),
        Command::Undo(arguments) => undo::undo(&arguments),
        Command::Status { root, output } => status::status(&root, output),
    };
    Failure::end(outcome)
}
