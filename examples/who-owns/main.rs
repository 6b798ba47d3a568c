//! `who-owns`: who owns the fields of objects, as `kubectl get -o yaml --show-managed-fields` prints them.
//!
//! What an embedder copies from here: how objects are read with places for every error ([`input`]), how they are explained and
//! shown ([`show`]), how an apply is checked before it is sent ([`check`]), and how a migration from client-side to
//! server-side apply is planned ([`migrate`]).
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program talks to whoever started it"
)]

mod check;
mod cli;
mod failure;
mod input;
mod migrate;
mod show;

use std::{
    io::{Write as _, stdout},
    process::ExitCode,
};

use clap::Parser;

use cli::Cli;
use failure::Failure;

fn main() -> ExitCode {
    match run(&Cli::parse()) {
        Ok(text) => print(&text),
        Err(failure) => {
            // What was found out before the failure is still an answer.
            let _ = print(failure.output());
            eprintln!("{failure}");
            failure.exit_code()
        }
    }
}

fn run(cli: &Cli) -> Result<String, Failure> {
    let objects = input::read(&cli.files)?;
    if let Some(names) = cli.migration() {
        return migrate::migrate(&objects, &names, &cli.subresource);
    }
    if let Some(config) = &cli.check {
        return check::check(&objects, config, cli);
    }
    show::show(&objects, cli)
}

/// A reader that has seen enough, such as `head`, is no failure.
fn print(text: &str) -> ExitCode {
    match stdout().lock().write_all(text.as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: standard output: {error}");
            ExitCode::from(1)
        }
    }
}
