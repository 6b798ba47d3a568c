//! Planning all phases over an overlay.

use super::{
    Runner,
    attempts::{Attempts, Pause},
    walk::{Turn, Walk},
    work,
};
use crate::{
    Before, Change, Content, Cx, ErrorClass, FileError, Files, Overlay, PhaseError, PhaseState,
    Plan, PlanFailure, PlannedChange, PlannedPhase, RunError, RunPlan, workflow::Unit,
};

pub(super) fn plan<C: ?Sized>(
    runner: &Runner<'_, C>,
    config: &C,
) -> Result<RunPlan, Box<PlanFailure>> {
    let mut plan = RunPlan {
        workflow: runner.flow.name.clone(),
        phases: Vec::new(),
    };
    match plan_all(runner, config, &mut plan.phases) {
        Ok(()) => Ok(plan),
        Err(error) => Err(Box::new(PlanFailure { error, plan })),
    }
}

fn plan_all<C: ?Sized>(
    runner: &Runner<'_, C>,
    config: &C,
    phases: &mut Vec<PlannedPhase>,
) -> Result<(), RunError> {
    let selected = runner
        .flow
        .select(&runner.selection)
        .map_err(RunError::Select)?;
    let overlay = Overlay::new(runner.files);
    let cx = runner.cx(config, &overlay);
    let mut walk = Walk::new(runner.flow, selected);
    // Phases that cannot be planned before others really ran: what needs them cannot either.
    let mut later: Vec<&Unit<C>> = Vec::new();
    while let Some(turn) = walk.next(&cx) {
        let turn = turn?;
        if runner.cancel.is_cancelled() {
            return Err(RunError::Cancelled);
        }
        if let Some(reason) = &turn.skipped {
            let state = PhaseState::NotApplicable;
            phases.push(without_changes(&turn, state, Some(reason.clone())));
            continue;
        }
        match plan_one(runner, &turn, &cx) {
            Ok(planned) => phases.push(planned),
            Err(error) if can_wait(&error, turn.unit, &later) => {
                later.push(turn.unit);
                let reason = Some(error.to_string());
                phases.push(without_changes(&turn, PhaseState::Later, reason));
            }
            Err(error) => {
                return Err(RunError::Phase {
                    path: turn.unit.path.clone(),
                    error,
                });
            }
        }
    }
    Ok(())
}

/// Whether an error only means that a real run would know more by then.
fn can_wait<C: ?Sized>(error: &PhaseError, unit: &Unit<C>, later: &[&Unit<C>]) -> bool {
    let made_later = |input: &String| later.iter().any(|unit| unit.info.outputs.contains(input));
    let runs_later = |on: &String| later.iter().any(|unit| unit.answers_to(on));
    error.class == ErrorClass::NotYet
        || unit.info.inputs.iter().any(made_later)
        || unit.info.dependencies.iter().any(runs_later)
}

fn plan_one<C: ?Sized>(
    runner: &Runner<'_, C>,
    turn: &Turn<'_, C>,
    cx: &Cx<'_, C>,
) -> Result<PlannedPhase, PhaseError> {
    let plan = look(runner, turn, cx)?;
    work::check(&plan)?;
    let changes = with_before(cx.files, &plan)?;
    let carried_out = work::stage(
        cx.files,
        &|_| Ok(()),
        turn.place.path,
        "plan",
        &plan,
        None,
        &mut |_| {},
    )
    .map_err(|stop| match stop {
        work::Stop::Phase(error) => error,
        work::Stop::Journal(error) => PhaseError::fatal("journal", error.to_string()),
    });
    carried_out?.finish(cx.files, None, 1, &mut |_| {})?;
    let state = match changes.len() {
        0 => PhaseState::UpToDate,
        _ => PhaseState::Planned,
    };
    Ok(PlannedPhase {
        changes,
        notes: plan.notes,
        ..without_changes(turn, state, None)
    })
}

/// Asks the phase for its plan, again after transient failures as in a run, but waits for nothing.
fn look<C: ?Sized>(
    runner: &Runner<'_, C>,
    turn: &Turn<'_, C>,
    cx: &Cx<'_, C>,
) -> Result<Plan, PhaseError> {
    let policy = turn.unit.retry.clone();
    let policy = policy.unwrap_or_else(|| turn.phase.retry(cx));
    let mut attempts = Attempts::new(runner.clock, runner.jitter, policy, None);
    loop {
        let error = match turn.phase.plan(cx) {
            Ok(plan) => return Ok(plan),
            Err(error) => error,
        };
        match attempts.after(&error)? {
            Pause::Wait(_) => return Err(error),
            Pause::Retry { delay, .. } => runner.clock.sleep(delay, &runner.cancel),
        }
        if runner.cancel.is_cancelled() {
            return Err(PhaseError::cancelled());
        }
    }
}

fn without_changes<C: ?Sized>(
    turn: &Turn<'_, C>,
    state: PhaseState,
    reason: Option<String>,
) -> PlannedPhase {
    PlannedPhase {
        path: turn.place.path.to_owned(),
        state,
        reason,
        changes: Vec::new(),
        notes: Vec::new(),
    }
}

pub(super) fn with_before(files: &dyn Files, plan: &Plan) -> Result<Vec<PlannedChange>, FileError> {
    let changes = plan.changes.iter();
    changes
        .map(|change| {
            Ok(PlannedChange {
                change: change.clone(),
                before: before(files, change)?,
            })
        })
        .collect()
}

fn before(files: &dyn Files, change: &Change) -> Result<Option<Before>, FileError> {
    let stat = match change {
        Change::Effect(_) => None,
        Change::Remove { path, .. } | Change::RemoveDir { path } => files.link_stat(path)?,
        other => files.stat(other.path())?,
    };
    let Some(stat) = stat else { return Ok(None) };
    let content = if stat.is_file() {
        Some(old_content(files.read(change.path())?, change))
    } else {
        None
    };
    Ok(Some(Before { stat, content }))
}

/// Only text that takes the place of public text is public.
fn old_content(bytes: Vec<u8>, change: &Change) -> Content {
    if !matches!(change.content(), Some(Content::Text(_))) {
        return Content::secret(bytes);
    }
    match String::from_utf8(bytes) {
        Ok(text) => Content::Text(text),
        Err(error) => Content::secret(error.into_bytes()),
    }
}
