//! `component`: what can be done with configuration files. It stands in for `kubeadm config migrate`, `validate` and
//! `print` on the same files, keeps the documents of components that kubeadm drops, and shows what the library has beside.
//!
//! Where it is not as `kubeadm config`: everything wrong in a file is said at once, with its line; documents of components are
//! validated, and written by `migrate`; an `UpgradeConfiguration` is migrated; nothing is asked of the internet, so that a version
//! such as `stable-1` becomes that of kubeadm 1.36, with a warning; `validate` takes every kind of Kubernetes, with or without
//! kubeadm's. It ends as kubeadm does: with 0, with 3 where only values are wrong or a kind comes twice, with 1 for anything
//! else, a wrong command line too.
//!
//! `component agent` is a component of one's own, in [`agent`].
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program talks to whoever started it"
)]

mod agent;
mod commands;
mod facts;

use std::{path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand, ValueEnum};

/// Configuration files of Kubernetes: migrate, validate, print, convert, explain.
#[derive(Debug, Parser)]
#[command(name = "component")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Write a file for kubeadm anew with the newest versions; documents of components are kept.
    Migrate {
        /// The file.
        #[arg(long)]
        old_config: PathBuf,
        /// Where to write; standard output if it is not given.
        #[arg(long)]
        new_config: Option<PathBuf>,
        /// Take versions that are experiments; there are none.
        #[arg(long)]
        allow_experimental_api: bool,
    },
    /// Say everything that is wrong with a file.
    Validate {
        /// The file.
        #[arg(long)]
        config: PathBuf,
        /// Take deprecated versions without a warning.
        #[arg(long)]
        allow_deprecated: bool,
        /// Take versions that are experiments; there are none.
        #[arg(long)]
        allow_experimental_api: bool,
        /// The release of Kubernetes that the file is for.
        #[arg(long)]
        release: Option<String>,
    },
    /// Print the defaults of a command of kubeadm.
    Print {
        /// Of which.
        what: Defaults,
        /// The kinds of components to print along, separated by commas; for `init-defaults`.
        #[arg(long, value_delimiter = ',')]
        component_configs: Vec<String>,
    },
    /// Print a file in another way.
    Show {
        /// The file.
        config: PathBuf,
        /// How much of it.
        #[arg(long, value_enum, default_value_t = Mode::Minimal)]
        mode: Mode,
    },
    /// Bring every document of a file to another version, and tell what is lost.
    Convert {
        /// The file.
        config: PathBuf,
        /// The group and version; the newest ones if it is not given.
        #[arg(long)]
        to: Option<String>,
    },
    /// Say where a value of the kubelet's configuration comes from.
    Explain {
        /// The field, such as `logging.format`; all fields if it is not given.
        field: Option<String>,
        /// The file.
        #[arg(long)]
        config: PathBuf,
        /// The folder of drop-in files.
        #[arg(long)]
        config_dir: Option<PathBuf>,
        /// Flags of the kubelet, behind `--`.
        #[arg(last = true)]
        flags: Vec<String>,
    },
    /// Say which component configurations of a cluster are current; reads ConfigMaps.
    States {
        /// The file.
        config_maps: PathBuf,
    },
    /// Print the checksum of a ConfigMap, and whether it carries it.
    Checksum {
        /// The file.
        config_map: PathBuf,
    },
    /// Print the JSON Schema of a kind, or one for files of all kinds.
    Schema {
        /// The kind as `group/version/kind`.
        kind: Option<String>,
        /// Markdown instead.
        #[arg(long)]
        markdown: bool,
    },
    /// Be a component of one's own: ship the lines of files in batches.
    Agent(agent::Flags),
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Defaults {
    #[value(name = "init-defaults")]
    Init,
    #[value(name = "join-defaults")]
    Join,
    #[value(name = "reset-defaults")]
    Reset,
    #[value(name = "upgrade-defaults")]
    Upgrade,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Mode {
    /// What is set.
    Minimal,
    /// What holds.
    Effective,
    /// What Kubernetes would write.
    Upstream,
}

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(usage) => {
            let _ = usage.print();
            // As kubeadm ends for a wrong command line.
            return if usage.use_stderr() {
                ExitCode::FAILURE
            } else {
                ExitCode::SUCCESS
            };
        }
    };
    let outcome = match cli.command {
        Command::Migrate {
            old_config,
            new_config,
            allow_experimental_api: _,
        } => commands::migrate(&old_config, new_config.as_deref()),
        Command::Validate {
            config,
            allow_deprecated,
            allow_experimental_api: _,
            release,
        } => commands::validate(&config, allow_deprecated, release.as_deref()),
        Command::Print {
            what,
            component_configs,
        } => commands::print(what, &component_configs),
        Command::Show { config, mode } => commands::show(&config, mode),
        Command::Convert { config, to } => commands::convert(&config, to.as_deref()),
        Command::Explain {
            field,
            config,
            config_dir,
            flags,
        } => commands::explain(field.as_deref(), &config, config_dir.as_deref(), &flags),
        Command::States { config_maps } => commands::states(&config_maps),
        Command::Checksum { config_map } => commands::checksum(&config_map),
        Command::Schema { kind, markdown } => commands::schema(kind.as_deref(), markdown),
        Command::Agent(flags) => agent::run(&flags),
    };
    match outcome {
        Ok(text) => {
            print!("{text}");
            ExitCode::SUCCESS
        }
        Err(failure) => {
            eprintln!("{}", failure.text.trim_end());
            failure.status.into()
        }
    }
}
