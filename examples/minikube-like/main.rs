//! `minikube-like`: the files of a Kubernetes control plane, bootstrapped into a directory from a kubeadm configuration.
//!
//! What an embedder copies from here: how a configuration is loaded with all its errors at once ([`input`]), how the `init`
//! workflow is planned and run with a journal ([`up`], [`plan`]), and how events become progress bars or JSON ([`output`]).
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program talks to whoever started it"
)]

mod cli;
mod failure;
mod host;
mod input;
mod output;
mod phases;
mod plan;
mod status;
mod up;

use std::process::ExitCode;

use clap::Parser;

use cli::{Cli, Command};

fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Up(arguments) => up::up(&arguments),
        Command::Plan(workspace) => plan::plan(&workspace),
        Command::Phases { format } => phases::phases(format),
        Command::Status { root, output } => status::status(&root, output),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("{failure}");
            failure.exit_code()
        }
    }
}
