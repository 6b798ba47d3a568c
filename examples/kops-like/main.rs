//! `kops-like`: clusters from a declarative file. Machines of a cloud in memory become nodes, each in a directory of its own.
//!
//! What an embedder copies from here: a kind of configuration of one's own ([`kind`], [`input`]); how it becomes objects of Cluster
//! API, and what of a change would replace machines ([`objects`], [`plan`]); where they are kept, in the process or in a real cluster
//! ([`api`], [`state`]); a provider of infrastructure, keys and clusters ([`cloud`], [`keys`], [`workload`]) for the driver of
//! Cluster API, and the loop around it ([`fleet`]); how a machine that was told what to do becomes a node ([`user_data`],
//! [`boot`], [`kubelet`]); how certificates of several nodes are renewed ([`rotate`]); and how all of it is told ([`tell`], [`status`]).
//!
//! Nothing is remembered between two commands but what is in the state: a command that was killed goes on when it is given again.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program talks to whoever started it"
)]

mod api;
mod apply;
mod boot;
mod cli;
mod cloud;
mod delete;
mod fleet;
mod input;
mod keys;
mod kind;
mod kubelet;
mod objects;
mod plan;
mod rotate;
mod state;
mod status;
mod tell;
mod user_data;
mod workload;

use std::process::ExitCode;

use clap::Parser;
use examples::failure::Failure;

use cli::{Cli, Command};

fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Apply(arguments) => apply::apply(&arguments),
        Command::Plan(arguments) => plan::plan(&arguments),
        Command::RollingUpdate(arguments) => apply::rolling_update(&arguments),
        Command::RotateCerts(arguments) => rotate::rotate(&arguments),
        Command::Delete(arguments) => delete::delete(&arguments),
        Command::Status(arguments) => status::status(&arguments),
    };
    Failure::end(outcome)
}
