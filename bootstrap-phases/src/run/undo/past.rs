//! What a journal says was done.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::super::keep;
use crate::{
    ChangeRecord, Digest, Entry,
    files::parent,
    journal::{Open, Record, Step},
};

/// A run that may be undone.
pub(super) struct Past {
    /// Its name.
    pub(super) run: String,
    pub(super) workflow: String,
    pub(super) config: Digest,
    /// What its phases did and is not undone yet, the last first.
    pub(super) groups: Vec<Arc<Group>>,
    /// Where copies are.
    pub(super) folders: BTreeSet<String>,
    /// How many entries of the journal come before those of its undo.
    pub(super) entries: usize,
}

/// What a phase did in one go.
pub(super) struct Group {
    /// The phase, with a number if it did something more than once.
    pub(super) path: String,
    /// The folders that it made.
    pub(super) folders: Vec<Step>,
    pub(super) steps: Vec<Step>,
    /// What it may have left under temporary names.
    pub(super) temps: Vec<String>,
}

impl Past {
    /// The last run of a journal that is no undo itself.
    pub(super) fn of(entries: &[Entry]) -> Option<Self> {
        let is_begin = |entry: &Entry, undo: bool| matches!(&entry.record, Record::Run { undoes, .. } if undoes.is_some() == undo);
        let start = entries.iter().rposition(|entry| is_begin(entry, false))?;
        let run = entries.get(start..)?;
        let length = run.iter().position(|entry| is_begin(entry, true));
        let (run, undo) = run.split_at_checked(length.unwrap_or(run.len()))?;
        let Record::Run {
            run: name,
            workflow,
            config,
            ..
        } = &run.first()?.record
        else {
            return None;
        };
        let mut groups = groups(run);
        let copies = groups.iter().flat_map(|group| group.copies());
        let folders = copies.map(|copy| parent(copy)).collect();
        // What came and went in the run must not come back again.
        let is_undone = |group: &Arc<Group>| {
            let done = |entry: &Entry| matches!(&entry.record, Record::Done { phase, .. } if *phase == group.path);
            undo.iter().any(done)
        };
        groups.retain(|group| !is_undone(group));
        Some(Self {
            run: name.clone(),
            workflow: workflow.clone(),
            config: *config,
            groups,
            folders,
            entries: start + run.len(),
        })
    }
}

fn groups(run: &[Entry]) -> Vec<Arc<Group>> {
    let mut groups: Vec<Group> = Vec::new();
    // Whether the last group is still at work.
    let mut open = false;
    for entry in run {
        match &entry.record {
            Record::Stage { phase, folders, .. } => {
                groups.push(Group::new(phase, folders.clone()));
                open = true;
            }
            Record::Intent { phase, steps } => {
                match groups.last_mut() {
                    Some(group) if open => group.steps.clone_from(steps),
                    _ => {
                        let mut group = Group::new(phase, Vec::new());
                        group.steps.clone_from(steps);
                        groups.push(group);
                    }
                }
                open = true;
            }
            Record::Done { .. } | Record::Dropped { .. } => open = false,
            _ => {}
        }
    }
    if let (Some(open), Some(group)) = (Open::of(run), groups.last_mut()) {
        group.temps = open.temps;
    }
    groups.retain(|group| {
        !group.folders.is_empty() || !group.steps.is_empty() || !group.temps.is_empty()
    });
    groups.reverse();
    number(&mut groups);
    groups.into_iter().map(Arc::new).collect()
}

/// Gives phases that did something more than once different names.
fn number(groups: &mut [Group]) {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for group in groups {
        let times = seen.entry(group.path.clone()).or_default();
        *times += 1;
        if *times > 1 {
            group.path = format!("{} ({times})", group.path);
        }
    }
}

impl Group {
    fn new(phase: &str, folders: Vec<Step>) -> Self {
        Self {
            path: phase.to_owned(),
            folders,
            steps: Vec::new(),
            temps: Vec::new(),
        }
    }

    /// Why nothing of it is undone, if that is so.
    pub(super) fn stays(&self) -> Option<&'static str> {
        let offered = self.steps.iter().any(|step| step.was.is_some());
        let can_be_undone = |step: &Step| match &step.change {
            ChangeRecord::Effect(effect) => effect.undo.is_some(),
            _ => true,
        };
        if !self.folders.is_empty() || !self.temps.is_empty() {
            return None;
        }
        match self.steps.iter().any(can_be_undone) {
            _ if !offered => Some("it offers no undo"),
            false => Some("nothing of it can be undone"),
            true => None,
        }
    }

    /// Where copies are of what it replaced or removed.
    pub(super) fn copies(&self) -> impl Iterator<Item = &String> {
        let steps = self.steps.iter();
        steps.flat_map(|step| keep::copies(step.was.as_deref().unwrap_or_default()))
    }
}
