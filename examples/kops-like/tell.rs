//! What happens, for people, for programs, and for later: lines and bars, JSON, and a file of events.

use std::{
    collections::BTreeMap,
    fs::{self, File, OpenOptions},
    io::{IsTerminal as _, Write as _, stderr, stdout},
    path::Path,
    sync::{Mutex, PoisonError},
    time::SystemTime,
};

use examples::failure::Failure;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use serde::{Deserialize, Serialize};

use crate::cli::Output;

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Event {
    /// When, in milliseconds since 1970.
    pub(crate) time: i64,
    #[serde(rename = "event")]
    pub(crate) kind: Kind,
    pub(crate) subject: String,
    pub(crate) says: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Kind {
    /// A command began or ended.
    Command,
    /// A machine is in another phase.
    Machine,
    /// A phase of kubeadm is done on a machine.
    Phase,
    /// Why something happens, or does not.
    Why,
}

/// How far a group of machines is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Progress {
    pub(crate) group: String,
    pub(crate) wanted: u64,
    pub(crate) ready: u64,
    pub(crate) says: String,
}

pub(crate) struct Teller {
    output: Output,
    log: Mutex<File>,
    bars: Option<MultiProgress>,
    groups: Mutex<BTreeMap<String, ProgressBar>>,
}

impl Teller {
    pub(crate) fn new(output: Output, log: &Path) -> Result<Self, Failure> {
        let file = OpenOptions::new().append(true).create(true).open(log);
        let file = file.map_err(|error| Failure::Run(format!("{}: {error}", log.display())))?;
        // One that was killed may have left half a line.
        let whole = fs::read(log).is_ok_and(|text| text.is_empty() || text.ends_with(b"\n"));
        let log = Mutex::new(file);
        let bars = (output == Output::Text && stderr().is_terminal()).then(MultiProgress::new);
        let teller = Self {
            output,
            log,
            bars,
            groups: Mutex::default(),
        };
        if !whole {
            teller.append("\n");
        }
        Ok(teller)
    }

    fn append(&self, line: &str) {
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        // A picture may lack something; the work goes on.
        let _ = log.write_all(line.as_bytes());
    }

    pub(crate) fn tell(&self, kind: Kind, subject: &str, says: impl Into<String>) {
        let event = Event {
            time: now(),
            kind,
            subject: subject.to_owned(),
            says: says.into(),
        };
        let Ok(line) = serde_json::to_string(&event) else {
            return;
        };
        if event.kind != Kind::Phase {
            self.append(&format!("{line}\n"));
        }
        match (self.output, event.kind) {
            (Output::Json, _) => {
                let _ = writeln!(stdout(), "{line}");
            }
            (Output::Text, Kind::Phase) => {}
            (Output::Text, _) => self.line(&format!("{}: {}", event.subject, event.says)),
        }
    }

    fn line(&self, text: &str) {
        match &self.bars {
            Some(bars) => bars.suspend(|| println!("{text}")),
            None => println!("{text}"),
        }
    }

    /// Shows how far all groups are.
    pub(crate) fn progress(&self, all: &[Progress]) {
        let Some(bars) = &self.bars else {
            return;
        };
        let mut groups = self.groups.lock().unwrap_or_else(PoisonError::into_inner);
        for progress in all {
            let bar = groups.entry(progress.group.clone()).or_insert_with(|| {
                let bar = bars.add(ProgressBar::new(progress.wanted));
                if let Ok(style) =
                    ProgressStyle::with_template("{prefix:>20} {bar:30} {pos}/{len} {msg}")
                {
                    bar.set_style(style);
                }
                bar.with_prefix(progress.group.clone())
            });
            bar.set_length(progress.wanted);
            bar.set_position(progress.ready);
            bar.set_message(progress.says.clone());
        }
    }

    pub(crate) fn end(&self) {
        let groups = self.groups.lock().unwrap_or_else(PoisonError::into_inner);
        groups.values().for_each(ProgressBar::finish_and_clear);
    }
}

/// The events of a file; lines that are torn are left out.
pub(crate) fn read(log: &Path) -> Vec<Event> {
    let text = fs::read_to_string(log).unwrap_or_default();
    text.lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect()
}

pub(crate) fn now() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    i64::try_from(since.unwrap_or_default().as_millis()).unwrap_or(i64::MAX)
}
