//! Carrying a plan out: stage everything, then put everything in place.

use std::collections::BTreeSet;

use super::alongside;
use super::keep::{self, Keep};
use crate::{
    Change, ChangeRecord, Digest, Effect, ErrorClass, FileError, FileErrorKind, Files,
    JournalError, Owner, PhaseError, Plan, clean_path,
    files::{child, parent},
    journal::{Record, Step, Was},
};

/// Mode of staged files and folders: nobody else's business.
const PRIVATE_FILE: u32 = 0o600;
const PRIVATE_DIR: u32 = 0o700;

/// Why work stopped: the phase's fault, or the journal's.
#[derive(Debug)]
pub(super) enum Stop {
    Phase(PhaseError),
    Journal(JournalError),
}

impl From<PhaseError> for Stop {
    fn from(error: PhaseError) -> Self {
        Self::Phase(error)
    }
}

impl From<FileError> for Stop {
    fn from(error: FileError) -> Self {
        Self::Phase(error.into())
    }
}

impl From<JournalError> for Stop {
    fn from(error: JournalError) -> Self {
        Self::Journal(error)
    }
}

/// Writes an entry to the journal, if there is one.
pub(super) type Ledger<'a> = &'a dyn Fn(Record) -> Result<(), JournalError>;

/// Hears of every change made, as the plan has it.
pub(super) type Made<'a> = &'a mut dyn FnMut(&ChangeRecord);

/// Carries effects out; in a plan nobody does.
pub(super) type Ports<'a> = Option<&'a (dyn Fn(&Effect) -> Result<(), PhaseError> + Sync)>;

/// A plan whose files are staged; what is left are renames, modes and removals.
#[derive(Debug)]
pub(super) struct Staged {
    pub(super) steps: Vec<Step>,
    /// The same changes with the paths of the plan.
    changes: Vec<ChangeRecord>,
    /// The effect of each step that is one.
    effects: Vec<Option<Effect>>,
    /// How many are in place.
    done: usize,
}

/// Refuses plans whose changes contradict each other: the order they are carried out in would decide.
pub(super) fn check(plan: &Plan) -> Result<(), PhaseError> {
    let is_removal =
        |change: &Change| matches!(change, Change::Remove { .. } | Change::RemoveDir { .. });
    let mut made = BTreeSet::new();
    for change in &plan.changes {
        let makes = matches!(change, Change::CreateDir { .. } | Change::WriteFile { .. });
        if makes && !made.insert(clean_path(change.path())) {
            return Err(conflicting(change.path()));
        }
    }
    for change in &plan.changes {
        let Change::Remove { path, keep_root } = change else {
            continue;
        };
        let path = clean_path(path);
        let below = child(&path, "");
        let hit = plan.changes.iter().find(|other| {
            let other_path = clean_path(other.path());
            let same = other_path == path && !keep_root;
            !is_removal(other) && (same || other_path.starts_with(&below))
        });
        if let Some(other) = hit {
            return Err(conflicting(other.path()));
        }
    }
    Ok(())
}

fn conflicting(path: &str) -> PhaseError {
    let message = format!("the plan has changes of {path} that contradict each other");
    PhaseError::fatal("plan.conflicting-changes", message)
}

/// Makes the folders of a plan and stages its files; keeps what was there before, if it may be undone.
///
/// A failure removes what was staged; what cannot be removed stays in the journal for the next run.
pub(super) fn stage(
    files: &dyn Files,
    ledger: Ledger<'_>,
    phase: &str,
    tag: &str,
    plan: &Plan,
    keep: Option<Keep<'_>>,
    made: Made<'_>,
) -> Result<Staged, Stop> {
    let places = places(files, tag, plan)?;
    let was = keep.map(|mut keep| keep.look(plan, &places)).transpose()?;
    let copies = was.iter().flatten().flat_map(|was| keep::copies(was));
    let temps = places.iter().flatten().map(|place| &place.temp);
    let temps: Vec<String> = temps.chain(copies).cloned().collect();
    if !temps.is_empty() {
        ledger(Record::Stage {
            phase: phase.to_owned(),
            temps: temps.clone(),
            folders: folder_steps(plan, &places, was.as_deref()),
        })?;
    }
    match stage_all(files, plan, &places, was.as_deref(), made) {
        Ok(staged) => Ok(staged),
        Err(error) => {
            unstage(files, ledger, phase, &temps)?;
            Err(error.into())
        }
    }
}

/// Removes what was staged, and says so in the journal; what cannot be removed is left to the next run.
pub(super) fn unstage(
    files: &dyn Files,
    ledger: Ledger<'_>,
    phase: &str,
    temps: &[String],
) -> Result<(), JournalError> {
    if temps.is_empty() || remove_temps(files, temps).is_err() {
        return Ok(());
    }
    ledger(Record::Dropped {
        phase: phase.to_owned(),
    })
}

/// Removes temporary files and folders that are there.
pub(super) fn remove_temps(files: &dyn Files, temps: &[String]) -> Result<(), FileError> {
    let mut folders = BTreeSet::new();
    for temp in temps {
        if files.link_stat(temp)?.is_some() {
            files.remove_tree(temp, false)?;
            folders.insert(parent(temp));
        }
    }
    folders.iter().try_for_each(|folder| files.sync_dir(folder))
}

/// Where a folder or file is to be, all links followed, and where it is staged.
pub(super) struct Staging {
    pub(super) target: String,
    temp: String,
}

/// The folders that a plan makes, for a phase that keeps what was there before.
fn folder_steps(plan: &Plan, places: &[Option<Staging>], was: Option<&[Vec<Was>]>) -> Vec<Step> {
    let changes = plan.changes.iter().zip(places).zip(was.unwrap_or_default());
    let folders = changes.filter(|((change, _), _)| matches!(change, Change::CreateDir { .. }));
    let step = |((change, place), was): ((&Change, &Option<Staging>), &Vec<Was>)| {
        let mut step = plain_step(change);
        if let (ChangeRecord::CreateDir { path, .. }, Some(place)) = (&mut step.change, place) {
            path.clone_from(&place.target);
        }
        step.was = Some(was.clone());
        step
    };
    folders.map(step).collect()
}

fn places(files: &dyn Files, tag: &str, plan: &Plan) -> Result<Vec<Option<Staging>>, FileError> {
    plan.changes
        .iter()
        .map(|change| match change {
            Change::CreateDir { path, .. } | Change::WriteFile { path, .. } => {
                let target = files.resolve(path)?;
                let temp = temp_path(&target, tag);
                Ok(Some(Staging { target, temp }))
            }
            _ => Ok(None),
        })
        .collect()
}

/// A hidden name in the same folder, so that a rename is all it takes. The kubelet, too, looks away from such names.
fn temp_path(target: &str, tag: &str) -> String {
    let folder = parent(target);
    let name = target.rsplit('/').next().unwrap_or_default();
    // File systems take 255 bytes a name.
    if name.len() > 200 {
        return child(
            &folder,
            &format!(".{}.{tag}.staged", Digest::of(name.as_bytes())),
        );
    }
    child(&folder, &format!(".{name}.{tag}.staged"))
}

fn stage_all(
    files: &dyn Files,
    plan: &Plan,
    places: &[Option<Staging>],
    was: Option<&[Vec<Was>]>,
    made: Made<'_>,
) -> Result<Staged, FileError> {
    for (change, place) in plan.changes.iter().zip(places) {
        if let (Change::CreateDir { mode, owner, .. }, Some(place)) = (change, place) {
            make_dir(files, place, *mode, *owner)?;
            made(&change.into());
        }
    }
    let mut steps = Vec::new();
    let mut folders = BTreeSet::new();
    for (index, (change, place)) in plan.changes.iter().zip(places).enumerate() {
        let was = was.and_then(|was| was.get(index)).cloned();
        match (change, place) {
            (Change::CreateDir { .. }, _) => {}
            (Change::WriteFile { content, owner, .. }, Some(place)) => {
                steps.push(Step {
                    was,
                    ..file_step(files, change, place)?
                });
                create_anew(files, &place.temp, content.bytes())?;
                if let Some(owner) = owner {
                    files.set_owner(&place.temp, *owner)?;
                }
                folders.insert(parent(&place.temp));
            }
            (Change::SetMode { path, .. } | Change::SetOwner { path, .. }, _) => {
                demand(files, path, plan)?;
                steps.push(Step {
                    was,
                    ..plain_step(change)
                });
            }
            _ => steps.push(Step {
                was,
                ..plain_step(change)
            }),
        }
    }
    keep::copy(files, was.unwrap_or_default())?;
    folders
        .iter()
        .try_for_each(|folder| files.sync_dir(folder))?;
    let kept = plan.changes.iter();
    let kept = kept.filter(|change| !matches!(change, Change::CreateDir { .. }));
    Ok(Staged {
        steps,
        changes: kept.clone().map(Into::into).collect(),
        effects: kept.map(effect_of).collect(),
        done: 0,
    })
}

fn effect_of(change: &Change) -> Option<Effect> {
    match change {
        Change::Effect(effect) => Some(effect.clone()),
        _ => None,
    }
}

/// Makes a folder under another name first, so that it never shows with a mode or owner that is not its own.
fn make_dir(
    files: &dyn Files,
    place: &Staging,
    mode: u32,
    owner: Option<Owner>,
) -> Result<(), FileError> {
    let exists = files
        .link_stat(&place.target)?
        .is_some_and(|stat| stat.is_dir());
    let dir = if exists { &place.target } else { &place.temp };
    if !exists {
        match files.create_dir(&place.temp, PRIVATE_DIR) {
            Err(error) if error.kind == FileErrorKind::AlreadyExists => {}
            outcome => outcome?,
        }
    }
    if let Some(owner) = owner {
        files.set_owner(dir, owner)?;
    }
    files.set_mode(dir, mode)?;
    if exists {
        return Ok(());
    }
    files.rename(&place.temp, &place.target)?;
    files.sync_dir(&parent(&place.target))
}

/// Writes a staged file; one of that name can only be left over from a run that forgot its journal.
fn create_anew(files: &dyn Files, temp: &str, content: &[u8]) -> Result<(), FileError> {
    match files.create_file(temp, content, PRIVATE_FILE) {
        Err(error) if error.kind == FileErrorKind::AlreadyExists => {
            files.remove_tree(temp, false)?;
            files.create_file(temp, content, PRIVATE_FILE)
        }
        outcome => outcome,
    }
}

fn file_step(files: &dyn Files, change: &Change, place: &Staging) -> Result<Step, FileError> {
    let stat = files.link_stat(&place.target)?;
    if stat.is_some_and(|stat| stat.is_dir()) {
        return Err(FileError::new(
            "write",
            change.path(),
            FileErrorKind::IsADirectory,
        ));
    }
    let before = match stat {
        Some(stat) if stat.is_file() => Some(Digest::of(&files.read(&place.target)?)),
        _ => None,
    };
    let mut step = plain_step(change);
    if let ChangeRecord::WriteFile { path, .. } = &mut step.change {
        path.clone_from(&place.target);
    }
    step.temp = Some(place.temp.clone());
    step.before = before;
    Ok(step)
}

fn plain_step(change: &Change) -> Step {
    Step {
        change: change.into(),
        temp: None,
        before: None,
        was: None,
    }
}

/// A path whose mode or owner is set is there, or comes with the plan: better told now than half-way.
fn demand(files: &dyn Files, path: &str, plan: &Plan) -> Result<(), FileError> {
    let cleaned = clean_path(path);
    let mut others = plan.changes.iter();
    let written = others.any(|change| {
        matches!(change, Change::WriteFile { .. }) && clean_path(change.path()) == cleaned
    });
    if written || files.stat(path)?.is_some() {
        return Ok(());
    }
    Err(FileError::new("set", path, FileErrorKind::NotFound))
}

impl Staged {
    /// Whether more than files is changed.
    pub(super) fn has_effects(&self) -> bool {
        self.effects.iter().any(Option::is_some)
    }

    /// Paths of what is staged, and of copies that were made.
    pub(super) fn temps(&self) -> Vec<String> {
        let steps = self.steps.iter();
        let temps = |step: &Step| {
            let copies = keep::copies(step.was.as_deref().unwrap_or_default());
            let temps: Vec<String> = step.temp.iter().chain(copies).cloned().collect();
            temps
        };
        steps.flat_map(temps).collect()
    }

    /// Puts everything in place. After a failure it may be called again and goes on where it stopped. Effects that go alongside each
    /// other are carried out on so many threads.
    ///
    /// Before an effect, the names changed by the steps before it are on the disk.
    pub(super) fn finish(
        &mut self,
        files: &dyn Files,
        ports: Ports<'_>,
        jobs: usize,
        made: Made<'_>,
    ) -> Result<(), PhaseError> {
        let mut synced = 0;
        while let (Some(step), Some(change)) =
            (self.steps.get(self.done), self.changes.get(self.done))
        {
            if let Some(Some(effect)) = self.effects.get(self.done) {
                if let Some(port) = ports {
                    sync(files, self.steps.get(synced..self.done).unwrap_or_default())?;
                    synced = self.done;
                    let together = self.together();
                    if jobs > 1 && together.len() > 1 {
                        let outcomes = alongside::carry_out(&together, port, jobs);
                        for outcome in outcomes {
                            outcome?;
                            if let Some(change) = self.changes.get(self.done) {
                                made(change);
                            }
                            self.done += 1;
                        }
                        continue;
                    }
                    port(effect)?;
                }
            } else {
                carry_out(files, step)?;
            }
            made(change);
            self.done += 1;
        }
        sync(files, &self.steps)
    }

    /// The effects from here on that go alongside each other.
    fn together(&self) -> Vec<&Effect> {
        let rest = self.effects.get(self.done..).unwrap_or_default().iter();
        rest.map_while(|effect| effect.as_ref().filter(|effect| effect.is_alongside()))
            .collect()
    }
}

/// Finishes steps of which an interrupted run did some, with the files it staged.
///
/// Effects that may be repeated are; the others are for the phase's next plan to see.
pub(super) fn roll_forward(
    files: &dyn Files,
    ports: Ports<'_>,
    steps: &[Step],
) -> Result<(), PhaseError> {
    for step in steps {
        if let ChangeRecord::Effect(record) = &step.change {
            if let (Some(effect), Some(port)) = (Effect::of_record(record), ports) {
                sync(files, steps)?;
                port(&effect)?;
            }
            continue;
        }
        if let ChangeRecord::WriteFile { path, sha256, .. } = &step.change {
            let temp = step.temp.as_deref().unwrap_or_default();
            if files.link_stat(temp)?.is_none() {
                in_place(files, path, sha256, step.before.as_ref())?;
                continue;
            }
            if Digest::of(&files.read(temp)?) != *sha256 {
                return Err(lost(path, "changed"));
            }
        }
        match carry_out(files, step) {
            // Someone removed it since; the phase's next plan will tell.
            Err(error) if error.kind == FileErrorKind::NotFound => {}
            outcome => outcome?,
        }
    }
    sync(files, steps)
}

/// Whether a file that is staged no more took its place. If what was there before still is, it got lost instead.
fn in_place(
    files: &dyn Files,
    path: &str,
    sha256: &Digest,
    before: Option<&Digest>,
) -> Result<(), PhaseError> {
    let now = files
        .read_if_exists(path)?
        .map(|content| Digest::of(&content));
    if now.as_ref() != Some(sha256) && now.as_ref() == before {
        return Err(lost(path, "lost"));
    }
    // In place, or in place and changed by someone since: the phase's next plan will tell.
    Ok(())
}

fn lost(path: &str, what: &str) -> PhaseError {
    PhaseError::new(
        ErrorClass::Conflict,
        format!("journal.staged-file-{what}"),
        format!(
            "the new content of {path} was staged by the interrupted run and is {what}; begin afresh"
        ),
    )
}

fn carry_out(files: &dyn Files, step: &Step) -> Result<(), FileError> {
    match &step.change {
        ChangeRecord::WriteFile { path, mode, .. } => {
            let temp = step.temp.as_deref().unwrap_or_default();
            files.set_mode(temp, *mode)?;
            files.rename(temp, path)
        }
        ChangeRecord::SetMode { path, mode } => files.set_mode(path, *mode),
        ChangeRecord::SetOwner { path, owner } => files.set_owner(path, *owner),
        ChangeRecord::Remove { path, keep_root } => files.remove_tree(path, *keep_root),
        ChangeRecord::RemoveDir { path } => remove_empty(files, path),
        // Folders are made before anything is journalled as intended; ports carry effects out.
        ChangeRecord::CreateDir { .. } | ChangeRecord::Effect(_) => Ok(()),
    }
}

/// Removes a folder unless something is in it.
pub(super) fn remove_empty(files: &dyn Files, path: &str) -> Result<(), FileError> {
    if !files.link_stat(path)?.is_some_and(|stat| stat.is_dir()) {
        return Ok(());
    }
    match files.remove(path) {
        Err(error) if error.kind == FileErrorKind::NotEmpty => Ok(()),
        outcome => outcome,
    }
}

/// Waits until the names, modes and owners changed by these steps are on the disk.
fn sync(files: &dyn Files, steps: &[Step]) -> Result<(), PhaseError> {
    let mut folders = BTreeSet::new();
    for step in steps {
        let folder = match &step.change {
            ChangeRecord::Remove {
                path,
                keep_root: true,
            } => path.clone(),
            ChangeRecord::WriteFile { path, .. }
            | ChangeRecord::Remove { path, .. }
            | ChangeRecord::RemoveDir { path }
            | ChangeRecord::SetMode { path, .. }
            | ChangeRecord::SetOwner { path, .. } => parent(path),
            _ => continue,
        };
        folders.insert(folder);
    }
    for folder in folders {
        match files.sync_dir(&folder) {
            Err(error) if matches!(error.kind, FileErrorKind::NotFound) => {}
            outcome => outcome?,
        }
    }
    Ok(())
}
