//! Undoing a run: a run of its own, whose phases take back what the journal says that the others did.
//!
//! What is to be done follows from what is there now, held against what the journal says was there before and after each change.
//! So an undo that was killed goes on by looking again, and what somebody changed since is seen before anything is done.

mod inverse;
mod past;

use std::sync::Arc;

use super::{Runner, execution, execution::Execution, keep, plan as planning};
use crate::{
    Applies, Cx, Digest, Entry, Files, Flow, Journal, JournalError, Note, Overlay, Phase,
    PhaseError, PhaseState, Plan, PlanFailure, PlannedPhase, Port, Report, RunError, RunFailure,
    RunPlan, Selection, node::NodeInfo, workflow::Unit,
};
use inverse::Inverse;
use past::{Group, Past};

/// What the phases of an undo work with.
struct Undoing<'a> {
    ports: &'a [(&'a str, &'a dyn Port)],
    force: bool,
}

/// Takes back what one phase did.
struct Undo(Arc<Group>);

impl Phase<Undoing<'_>> for Undo {
    fn plan(&self, cx: &Cx<'_, Undoing<'_>>) -> Result<Plan, PhaseError> {
        let inverse = Inverse::of(&self.0, cx.files, cx.config)?;
        if inverse.changed.is_empty() {
            return Ok(Plan {
                notes: inverse.notes(),
                changes: inverse.changes,
            });
        }
        let error = RunError::ChangedSince {
            what: inverse.changed,
        };
        Err(PhaseError::conflict(
            "undo.changed-since",
            error.to_string(),
        ))
    }
}

impl Inverse {
    /// What is left as it is.
    fn notes(&self) -> Vec<Note> {
        let left = self.left.iter();
        left.map(|what| Note::warning("undo.left", format!("not undone: {what}")))
            .collect()
    }
}

pub(super) fn plan<C: ?Sized>(runner: &Runner<'_, C>) -> Result<RunPlan, Box<PlanFailure>> {
    let mut plan = RunPlan {
        workflow: name(runner),
        phases: Vec::new(),
    };
    let outcome = past(runner).and_then(|past| plan_all(runner, &past, &mut plan.phases));
    match outcome {
        Ok(()) => Ok(plan),
        Err(error) => Err(Box::new(PlanFailure { error, plan })),
    }
}

fn name<C: ?Sized>(runner: &Runner<'_, C>) -> String {
    format!("undo {}", runner.flow.name)
}

fn past<C: ?Sized>(runner: &Runner<'_, C>) -> Result<Past, RunError> {
    let (journal, _) = runner.journal.ok_or(RunError::NothingToUndo)?;
    let entries = journal.load().map_err(RunError::Journal)?;
    let past = Past::of(&entries).ok_or(RunError::NothingToUndo)?;
    if past.workflow == runner.flow.name {
        return Ok(past);
    }
    Err(RunError::Journal(JournalError::OtherWorkflow {
        journal: past.workflow,
        run: runner.flow.name.clone(),
    }))
}

/// Plans all phases, each over what those before it would leave, and tells all at once what somebody changed since.
fn plan_all<C: ?Sized>(
    runner: &Runner<'_, C>,
    past: &Past,
    phases: &mut Vec<PlannedPhase>,
) -> Result<(), RunError> {
    let overlay = Overlay::new(runner.files);
    let undoing = Undoing {
        ports: &runner.ports,
        force: runner.force,
    };
    let mut what = Vec::new();
    for group in &past.groups {
        let planned = plan_one(group, &overlay, &undoing, &mut what);
        phases.push(planned.map_err(|error| RunError::Phase {
            path: group.path.clone(),
            error,
        })?);
    }
    if what.is_empty() {
        return Ok(());
    }
    Err(RunError::ChangedSince { what })
}

fn plan_one(
    group: &Group,
    overlay: &Overlay<'_>,
    undoing: &Undoing<'_>,
    what: &mut Vec<String>,
) -> Result<PlannedPhase, PhaseError> {
    let mut planned = PlannedPhase {
        path: group.path.clone(),
        state: PhaseState::NotUndone,
        reason: group.stays().map(str::to_owned),
        changes: Vec::new(),
        notes: Vec::new(),
    };
    if planned.reason.is_some() {
        return Ok(planned);
    }
    let inverse = Inverse::of(group, overlay, undoing)?;
    let plan = Plan {
        notes: inverse.notes(),
        changes: inverse.changes,
    };
    planned.changes = planning::with_before(overlay, &plan)?;
    planned.notes = plan.notes;
    planned.state = match plan.changes.len() {
        0 => PhaseState::UpToDate,
        _ => PhaseState::Planned,
    };
    for change in &plan.changes {
        inverse::apply(overlay, change)?;
    }
    what.extend(inverse.changed);
    Ok(planned)
}

pub(super) fn run<C: ?Sized>(runner: &Runner<'_, C>) -> Result<Report, Box<RunFailure>> {
    let past = past(runner);
    let refused = match &past {
        Ok(past) => plan_all(runner, past, &mut Vec::new()).err(),
        Err(error) => Some(error.clone()),
    };
    let past = past.unwrap_or_default();
    let flow = flow(name(runner), &past);
    let undoing = Undoing {
        ports: &runner.ports,
        force: runner.force,
    };
    let journal = runner.journal.map(|(journal, _)| Later {
        journal,
        from: past.entries,
    });
    let undo = Runner {
        flow: &flow,
        files: runner.files,
        ports: runner.ports.clone(),
        clock: runner.clock,
        journal: journal
            .as_ref()
            .map(|journal| (journal as &dyn Journal, past.config)),
        fresh: false,
        sink: runner.sink,
        cancel: runner.cancel.clone(),
        jitter: runner.jitter,
        deadline: runner.deadline,
        name: runner.name.clone(),
        selection: Selection::all(),
        jobs: 1,
        drive: execution::run,
        keep: None,
        force: runner.force,
        undoes: Some(past.run.clone()),
    };
    let mut execution = Execution::new(&undo);
    let outcome = match refused {
        Some(error) => execution.refuse(error),
        None => execution.run(&undoing, |execution, walk, undoing| {
            execution.run_phases(walk, undoing)?;
            forget_copies(runner.files, runner.keep, &past)
        }),
    };
    execution.end(outcome).map(told).map_err(|mut failure| {
        failure.report = told(failure.report);
        failure
    })
}

/// A report in which phases that stay say so.
fn told(mut report: Report) -> Report {
    for phase in &mut report.phases {
        if phase.state == PhaseState::NotApplicable {
            phase.state = PhaseState::NotUndone;
        }
    }
    report
}

/// The workflow that undoes: a phase for each that did something.
fn flow<'a>(name: String, past: &Past) -> Flow<Undoing<'a>> {
    let unit = |group: &Arc<Group>| {
        let stays = group.stays().map(str::to_owned);
        let applies = move |_: &Cx<'_, Undoing<'a>>| -> Result<Applies, PhaseError> {
            let stays = stays.clone();
            Ok(stays.map_or(Applies::Yes, |reason| Applies::No(reason.into())))
        };
        Unit {
            path: group.path.clone(),
            parent: None,
            info: NodeInfo {
                name: group.path.clone(),
                ..NodeInfo::default()
            },
            phase: Some(Arc::new(Undo(group.clone())) as Arc<dyn Phase<Undoing<'a>>>),
            condition: Some(Arc::new(applies)),
            retry: None,
        }
    };
    Flow {
        command: name.clone(),
        name,
        description: String::new(),
        flags: Vec::new(),
        phase_flags: Vec::new(),
        units: past.groups.iter().map(unit).collect(),
    }
}

/// What is no longer needed once everything is undone.
fn forget_copies(files: &dyn Files, folder: Option<&str>, past: &Past) -> Result<(), RunError> {
    let given = folder.into_iter();
    for folder in given.chain(past.folders.iter().map(String::as_str)) {
        let forgotten = keep::forget(files, folder);
        forgotten.map_err(|error| RunError::Recovery {
            path: folder.to_owned(),
            error: error.into(),
        })?;
    }
    Ok(())
}

/// The end of a journal: what an undo writes after the run that it undoes.
struct Later<'a> {
    journal: &'a dyn Journal,
    /// How many entries come before.
    from: usize,
}

impl Journal for Later<'_> {
    fn load(&self) -> Result<Vec<Entry>, JournalError> {
        let mut entries = self.journal.load()?;
        Ok(entries.split_off(self.from.min(entries.len())))
    }

    fn append(&self, entry: &Entry) -> Result<(), JournalError> {
        self.journal.append(entry)
    }

    fn note(&self, entry: &Entry) -> Result<(), JournalError> {
        self.journal.note(entry)
    }

    fn clear(&self) -> Result<(), JournalError> {
        // What is undone stands before it.
        Ok(())
    }
}

impl Default for Past {
    fn default() -> Self {
        Self {
            run: String::new(),
            workflow: String::new(),
            config: Digest::of(b""),
            groups: Vec::new(),
            folders: std::collections::BTreeSet::new(),
            entries: 0,
        }
    }
}
