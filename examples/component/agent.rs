//! A component of one's own: an agent that ships the lines of files in batches.
//!
//! What its author writes about the configuration is in [`config`], under 80 lines. What stands here is the program: reading
//! its file (of either version), drop-in files and flags, printing and explaining what holds, shipping, reloading.

mod config;

use std::{
    collections::HashMap,
    fs::{self, OpenOptions},
    io::Write as _,
    path::{Path, PathBuf},
    thread,
};

use clap::Args;
use componentconfig::{
    Document, Kind, Policy, Registry,
    layers::{Effective, Layers},
    print::Print,
    reload, yaml,
};
use serde_json::json;

use crate::{
    Mode,
    commands::{Failure, Outcome},
};
use config::{LogAgentConfiguration, LogAgentConfigurationV1Alpha1};

/// The flags of the agent; those that name a field of the configuration count more than its files.
#[derive(Debug, Args)]
pub(crate) struct Flags {
    /// The configuration file, of any version.
    #[arg(long)]
    config: PathBuf,
    /// The folder of drop-in files, `*.conf`, which count more than the file, the last most.
    #[arg(long)]
    config_dir: Option<PathBuf>,
    /// The file that lines are shipped to.
    #[arg(long)]
    target: Option<String>,
    /// The most lines in one batch.
    #[arg(long)]
    max_batch: Option<u32>,
    /// Print the configuration and stop.
    #[arg(long, value_enum, num_args = 0..=1, default_missing_value = "effective")]
    print_config: Option<Mode>,
    /// Say where the value of a field comes from, and stop.
    #[arg(long, value_name = "FIELD")]
    explain: Option<String>,
    /// Look at the files once and stop.
    #[arg(long)]
    once: bool,
}

type Config = Effective<LogAgentConfiguration>;

pub(crate) fn registry() -> Registry {
    Registry::new()
        .with_schema::<LogAgentConfiguration>()
        .with_older::<LogAgentConfigurationV1Alpha1>()
}

pub(crate) fn run(flags: &Flags) -> Outcome {
    let mut config = read(flags)?;
    warn(&config);
    if let Some(field) = &flags.explain {
        let field = field.parse().map_err(|error| format!("{error}"))?;
        return Ok(format!("{}\n", config.explain(&field)));
    }
    if let Some(mode) = flags.print_config {
        let printed = registry().print(&config.merged(), mode.into());
        return Ok(yaml::write(&printed?));
    }
    let mut shipped = HashMap::new();
    loop {
        ship(&config.config, &mut shipped)?;
        if flags.once {
            return Ok(String::new());
        }
        thread::sleep(config.config.interval().to_std().unwrap_or_default());
        config = reload(flags, config);
    }
}

/// The file, then drop-in files, then flags.
fn read(flags: &Flags) -> Result<Config, Failure> {
    let registry = registry();
    let mut layers = Layers::new();
    let mut odd = Vec::new();
    let dropins = flags
        .config_dir
        .as_deref()
        .map_or(Ok(Vec::new()), dropins)?;
    for path in [&flags.config].into_iter().chain(&dropins) {
        let name = path.display().to_string();
        let content = fs::read_to_string(path).map_err(|error| format!("{name}: {error}"))?;
        let document = Document::read(&name, &content)?;
        let (document, warnings) = registry.upgraded(&document, Policy::Strict)?;
        layers = layers.document(&document);
        odd.extend(warnings);
    }
    let layers = layers
        .flag_if_given("--target", "target", flags.target.as_deref())
        .flag_if_given("--max-batch", "maxBatch", flags.max_batch);
    let mut config = layers.resolve(Policy::Strict)?;
    config.warnings.extend(odd);
    Ok(config)
}

fn dropins(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let entries = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let paths = entries.flatten().map(|entry| entry.path());
    let mut paths: Vec<_> = paths
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "conf")
        })
        .collect();
    paths.sort();
    Ok(paths)
}

/// What the agent goes on with: what the files say now, or, where that is wrong, what it has.
fn reload(flags: &Flags, before: Config) -> Config {
    let after = match read(flags) {
        Ok(after) => after,
        Err(failure) => {
            eprintln!("{}\nthe agent goes on with what it has", failure.text);
            return before;
        }
    };
    let (old, new) = (before.config.to_document(), after.config.to_document());
    for change in reload::changes(&old, &new) {
        eprintln!("changed: {}", after.explain(&change.path));
    }
    after
}

fn warn(config: &Config) {
    for warning in &config.warnings {
        eprintln!("{warning}");
    }
}

/// Ships the lines that were not shipped yet, each batch as a line of JSON.
fn ship(
    config: &LogAgentConfiguration,
    shipped: &mut HashMap<String, usize>,
) -> Result<(), String> {
    let batch = usize::try_from(config.max_batch()).unwrap_or(usize::MAX);
    let failed = |error: std::io::Error| format!("{}: {error}", config.target);
    let mut target = OpenOptions::new()
        .append(true)
        .create(true)
        .open(&config.target)
        .map_err(failed)?;
    for source in &config.sources {
        let content = fs::read_to_string(source).map_err(|error| format!("{source}: {error}"))?;
        let lines: Vec<&str> = content.lines().collect();
        let seen = shipped.entry(source.clone()).or_default();
        for lines in lines.get(*seen..).unwrap_or_default().chunks(batch.max(1)) {
            writeln!(target, "{}", json!({"source": source, "lines": lines})).map_err(failed)?;
        }
        *seen = lines.len();
    }
    Ok(())
}

impl From<Mode> for Print {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::Minimal => Self::Minimal,
            Mode::Effective => Self::Effective,
            Mode::Upstream => Self::Upstream,
        }
    }
}
