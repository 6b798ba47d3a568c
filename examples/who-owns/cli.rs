//! The command line.

use std::{
    io::{IsTerminal, stdout},
    path::PathBuf,
};

use apply_semantics::explain::View;
use clap::{Parser, ValueEnum};

/// Tells who owns the fields of Kubernetes objects, since when, and why they are still there.
///
/// Reads what `kubectl get -o yaml --show-managed-fields` (or `-o json`) prints: one object, a list, or several documents.
#[derive(Debug, Parser)]
#[command(name = "who-owns", version, after_help = EXIT_CODES)]
pub(crate) struct Cli {
    /// Files with objects; `-`, or none, is the standard input
    pub(crate) files: Vec<PathBuf>,
    /// Only this field, and what keeps it: `.spec.replicas`, `/spec/replicas`, `.spec.containers[name="app"].image`
    #[arg(long, short)]
    pub(crate) path: Option<String>,
    /// Only fields that this manager owns; with --path, the manager that may leave the field out; with --check, the one that applies
    #[arg(long, short)]
    pub(crate) manager: Option<String>,
    /// Only fields that nobody owns: no apply removes them
    #[arg(long, conflicts_with = "manager")]
    pub(crate) unowned: bool,
    /// How to print
    #[arg(long, short, value_enum, default_value_t = Output::Tree)]
    pub(crate) output: Output,
    /// With the times since which fields are owned
    #[arg(long, short)]
    pub(crate) times: bool,
    /// With the values of Secrets
    #[arg(long)]
    pub(crate) show_secrets: bool,
    /// Colours in trees
    #[arg(long, value_enum, default_value_t = Color::Auto)]
    pub(crate) color: Color,
    /// Print the JSON patch that gives what CSA owns by client-side apply to SSA, who applies on the server's side. CSA is one name,
    /// several with commas between them, or `auto` for those that show signs of client-side apply
    #[arg(long, num_args = 2, value_names = ["CSA", "SSA"], conflicts_with_all = ["path", "unowned", "manager"])]
    pub(crate) migrate: Option<Vec<String>>,
    /// Tell who would object if --manager applied the configurations of this file
    #[arg(long, value_name = "FILE", requires = "manager", conflicts_with_all = ["path", "unowned", "migrate"])]
    pub(crate) check: Option<PathBuf>,
    /// The subresource through which --manager applies, and that --migrate is about
    #[arg(long, default_value = "", hide_default_value = true)]
    pub(crate) subresource: String,
}

const EXIT_CODES: &str = "\
Exit codes: 0 all is told; 1 the answer is no (no such field, nothing to migrate, or --check found conflicts); 2 bad input.";

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    /// The fields as a tree, with their owners
    Tree,
    /// The object, with its owners in comments
    Yaml,
    /// Every field with its owners, one object for each object read
    Json,
    /// A line for each field and owner
    Table,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// If the output is a terminal and NO_COLOR is not set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// From whom to whom a migration goes.
#[derive(Debug)]
pub(crate) struct Names<'a> {
    /// None: those that show signs of it.
    pub(crate) from: Option<Vec<&'a str>>,
    pub(crate) to: &'a str,
}

impl Cli {
    pub(crate) fn view(&self) -> View {
        let mut view = View::new();
        if self.times {
            view = view.times();
        }
        if self.show_secrets {
            view = view.secrets();
        }
        let color = match self.color {
            Color::Auto => stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none(),
            Color::Always => true,
            Color::Never => false,
        };
        if color { view.color() } else { view }
    }

    pub(crate) fn migration(&self) -> Option<Names<'_>> {
        let [from, to] = self.migrate.as_deref()? else {
            return None;
        };
        let from = (from != "auto").then(|| from.split(',').collect());
        Some(Names { from, to })
    }
}
