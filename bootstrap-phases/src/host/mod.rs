//! The host beyond its files: programs, services, ports, memory.

mod linux;
mod mem;

use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use serde_json::json;

pub use linux::LinuxHost;
pub use mem::MemHost;

use crate::{Effect, ErrorClass, PhaseError, Port};

/// The name under which a [`Runner`](crate::Runner) has the host's port.
pub const HOST_PORT: &str = "host";

/// What phases see and do of a host, beyond its files.
pub trait Host: Send + Sync {
    /// Runs a program to its end.
    ///
    /// # Errors
    /// It is not there or could not be started; what it answers itself is in the output.
    fn run(&self, command: &Command) -> Result<Output, HostError>;

    /// Where the program of this name lies among the folders of programs.
    fn find_program(&self, name: &str) -> Option<String>;

    /// The text of a file of the kernel's, below `/proc` or `/sys`.
    fn kernel_file(&self, path: &str) -> Option<String>;

    /// Whether nobody listens on this TCP port.
    fn is_port_free(&self, port: u16) -> bool;

    /// The addresses of a name.
    ///
    /// # Errors
    /// Why there are none.
    fn look_up(&self, name: &str) -> Result<Vec<IpAddr>, HostError>;

    /// Whether this process may do everything.
    fn is_root(&self) -> bool;

    /// How many processors there are.
    fn processors(&self) -> usize;

    /// How much memory there is, in bytes, if it can be told.
    fn memory(&self) -> Option<u64>;
}

/// A program with its arguments. Holds no secrets: it shows in plans and journals.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Command {
    /// The program's name or path.
    pub program: String,
    /// Its arguments.
    pub args: Vec<String>,
}

/// What a program answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Output {
    /// How it ended; `None` if a signal ended it.
    pub code: Option<i32>,
    /// What it wrote to its standard output.
    pub stdout: String,
    /// What it wrote to its standard error.
    pub stderr: String,
}

/// Why a host could not do something.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HostError {
    /// There is no such program.
    NoProgram(String),
    /// Something else.
    Other(String),
}

impl Command {
    /// A program with these arguments.
    pub fn new<A: Into<String>>(
        program: impl Into<String>,
        args: impl IntoIterator<Item = A>,
    ) -> Self {
        Self {
            program: program.into(),
            args: args.into_iter().map(Into::into).collect(),
        }
    }

    /// The command as a change of a plan, about this target. It may be repeated after a crash.
    pub fn into_effect(self, target: impl Into<String>) -> Effect {
        let title = format!("run {self}");
        Effect::new(HOST_PORT, target, title, json!({"command": self})).repeatable()
    }
}

impl Output {
    /// Whether it ended well.
    pub fn is_success(&self) -> bool {
        self.code == Some(0)
    }
}

/// The port of a host: it runs commands.
#[derive(Clone, Copy, Debug)]
pub struct HostPort<'a, H: ?Sized>(pub &'a H);

impl<H: Host + ?Sized> Port for HostPort<'_, H> {
    fn carry_out(&self, effect: &Effect) -> Result<(), PhaseError> {
        let command = effect.data().get("command").cloned().unwrap_or_default();
        let command: Command = serde_json::from_value(command).map_err(|_| {
            PhaseError::fatal(
                "host.not-a-command",
                format!("{} is no command", effect.title()),
            )
        })?;
        let output = self.0.run(&command)?;
        if output.is_success() {
            return Ok(());
        }
        let code = output
            .code
            .map_or("a signal".to_owned(), |code| format!("code {code}"));
        let text = format!("{command} ended with {code}: {}", output.stderr.trim());
        Err(PhaseError::new(
            ErrorClass::Fatal,
            "host.command-failed",
            text,
        ))
    }
}

impl From<HostError> for PhaseError {
    fn from(error: HostError) -> Self {
        let code = match error {
            HostError::NoProgram(_) => "host.no-program",
            HostError::Other(_) => "host.failed",
        };
        Self::fatal(code, error.to_string())
    }
}

impl std::fmt::Display for Command {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.program)?;
        self.args.iter().try_for_each(|arg| write!(f, " {arg}"))
    }
}

impl std::fmt::Display for HostError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoProgram(name) => write!(f, "there is no program {name}"),
            Self::Other(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for HostError {}
