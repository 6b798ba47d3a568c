//! Events of a run as a progress bar, as lines of text, or as JSON.

use std::io::{IsTerminal, stderr};

use bootstrap_phases::{Event, EventKind, EventSink, NoteLevel, PhaseState};
use indicatif::{ProgressBar, ProgressStyle};

/// Tells people: a bar while phases run when standard error is a terminal, and a line for each phase that did something.
pub(crate) struct TextOutput {
    bar: Option<ProgressBar>,
}

impl TextOutput {
    pub(crate) fn new() -> Self {
        Self {
            bar: stderr().is_terminal().then(new_bar),
        }
    }

    fn line(&self, text: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| println!("{text}")),
            None => println!("{text}"),
        }
    }

    fn step(&self, path: &str, index: usize, total: usize) {
        if let Some(bar) = &self.bar {
            bar.set_length(total as u64);
            bar.set_position(index.saturating_sub(1) as u64);
            bar.set_message(path.to_owned());
        }
    }
}

impl EventSink for TextOutput {
    fn emit(&self, event: &Event) {
        match &event.kind {
            EventKind::RunStarted { resumed: true, .. } => {
                self.line("going on where the last run was interrupted");
            }
            EventKind::Recovered { path, finished } => {
                let what = if *finished { "finished" } else { "taken back" };
                self.line(&format!("  {path}: the interrupted step was {what}"));
            }
            EventKind::PhaseStarted { path, index, total } => self.step(path, *index, *total),
            EventKind::Note { path, note } if note.level == NoteLevel::Warning => {
                self.line(&format!("  {path}: warning: {}", note.text));
            }
            EventKind::Retrying { path, error, .. } | EventKind::Waiting { path, error, .. } => {
                self.line(&format!("  {path}: {error}; trying again"));
            }
            EventKind::PhaseFinished {
                path,
                state: PhaseState::Done,
                changes,
                took_ms,
                ..
            } => {
                self.line(&format!("  {path}: {changes} changes in {took_ms} ms"));
            }
            EventKind::RunFinished { .. } => {
                if let Some(bar) = &self.bar {
                    bar.finish_and_clear();
                }
            }
            _ => {}
        }
    }
}

fn new_bar() -> ProgressBar {
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} {msg}") {
        bar.set_style(style);
    }
    bar
}
