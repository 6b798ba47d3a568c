//! Why the program ends with an error, and with which exit code.

use std::{fmt, io, process::ExitCode};

/// Bad input, or a run that did not succeed. The text is for people and complete.
#[derive(Clone, Debug)]
pub enum Failure {
    /// Nothing was begun: the configuration, the selection or the arguments are wrong.
    Input(String),
    /// The run began and did not succeed.
    Run(String),
}

impl Failure {
    /// What is wrong with what was given.
    pub fn input(error: impl fmt::Display) -> Self {
        Self::Input(error.to_string())
    }

    /// Why it did not succeed.
    pub fn run(error: impl fmt::Display) -> Self {
        Self::Run(error.to_string())
    }

    /// How a program ends: what is wrong is told on the standard error.
    #[expect(clippy::print_stderr, reason = "the end of a program")]
    pub fn end(outcome: Result<(), Self>) -> ExitCode {
        match outcome {
            Ok(()) => ExitCode::SUCCESS,
            Err(failure) => {
                eprintln!("{failure}");
                failure.exit_code()
            }
        }
    }

    /// 2 for bad input, 1 for a run that failed.
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Self::Input(_) => ExitCode::from(2),
            Self::Run(_) => ExitCode::from(1),
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::run(error)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // A report with source lines begins each of its findings with the word.
            Self::Input(text) if text.starts_with("error: ") => f.write_str(text.trim_end()),
            Self::Input(text) | Self::Run(text) => write!(f, "error: {}", text.trim_end()),
        }
    }
}
