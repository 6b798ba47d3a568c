//! Why the program ends with an error, and with which exit code.

use std::{fmt, process::ExitCode};

/// The text is for people and complete.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The files cannot be read, or hold no objects.
    Input(String),
    /// The answer to the question is no.
    No {
        /// What is printed all the same.
        output: String,
        /// Why.
        why: String,
    },
}

impl Failure {
    pub(crate) fn input(error: impl fmt::Display) -> Self {
        Self::Input(error.to_string())
    }

    pub(crate) fn no(output: String, why: impl Into<String>) -> Self {
        Self::No {
            output,
            why: why.into(),
        }
    }

    pub(crate) fn output(&self) -> &str {
        match self {
            Self::Input(_) => "",
            Self::No { output, .. } => output,
        }
    }

    /// 2 for bad input, 1 for a no.
    pub(crate) fn exit_code(&self) -> ExitCode {
        match self {
            Self::Input(_) => ExitCode::from(2),
            Self::No { .. } => ExitCode::from(1),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // A report with source lines begins each of its findings with the word.
            Self::Input(text) if text.starts_with("error: ") => f.write_str(text.trim_end()),
            Self::Input(text) => write!(f, "error: {}", text.trim_end()),
            Self::No { why, .. } => f.write_str(why.trim_end()),
        }
    }
}
