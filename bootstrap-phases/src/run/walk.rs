//! The phases of a run in order, with conditions asked just before each.

use crate::{
    Applies, Compat, Cx, Flow, Phase, RunError, node::Condition, select::Selected, workflow::Unit,
};

/// Goes through the selected phases of a flow.
pub(super) struct Walk<'f, C: ?Sized> {
    flow: &'f Flow<C>,
    selected: Selected,
    /// Answers of conditions asked so far, by position.
    answers: Vec<Option<Applies>>,
    position: usize,
    index: usize,
    total: usize,
}

/// A phase whose turn it is.
pub(super) struct Turn<'f, C: ?Sized> {
    pub(super) place: Place<'f>,
    pub(super) unit: &'f Unit<C>,
    pub(super) phase: &'f dyn Phase<C>,
    /// Why it does not apply.
    pub(super) skipped: Option<String>,
}

/// Where in the run a phase is: its path, and its number from 1.
#[derive(Clone, Copy)]
pub(super) struct Place<'f> {
    pub(super) path: &'f str,
    pub(super) index: usize,
    pub(super) total: usize,
}

impl<'f, C: ?Sized> Walk<'f, C> {
    pub(super) fn new(flow: &'f Flow<C>, selected: Selected) -> Self {
        let mut walk = Self {
            flow,
            answers: vec![None; flow.units.len()],
            selected,
            position: 0,
            index: 0,
            total: 0,
        };
        walk.total = walk.acting().count();
        walk
    }

    /// The paths of the phases that have something to do.
    pub(super) fn paths(&self) -> Vec<String> {
        self.acting().map(|unit| unit.path.clone()).collect()
    }

    fn acting(&self) -> impl Iterator<Item = &'f Unit<C>> {
        let both = self.flow.units.iter().zip(&self.selected.runs);
        both.filter(|(unit, runs)| **runs && unit.phase.is_some())
            .map(|(unit, _)| unit)
    }

    /// Whether conditions and run-all entries are as only kubeadm's runner has them.
    pub(super) fn is_irregular(&self) -> bool {
        let both = self.flow.units.iter().zip(&self.selected.runs);
        let mut selected = both.filter(|(_, runs)| **runs).map(|(unit, _)| unit);
        self.selected.compat == Compat::Upstream
            || selected
                .any(|unit| unit.info.run_all && (unit.phase.is_some() || unit.condition.is_some()))
    }

    /// The positions of the phases that have something to do.
    pub(super) fn acting_positions(&self) -> Vec<usize> {
        let both = self.flow.units.iter().zip(&self.selected.runs).enumerate();
        both.filter(|(_, (unit, runs))| **runs && unit.phase.is_some())
            .map(|(position, _)| position)
            .collect()
    }

    /// The phase at a position, number `index` of those that have something to do, after asking the conditions on the way.
    pub(super) fn turn(
        &mut self,
        position: usize,
        index: usize,
        cx: &Cx<'_, C>,
    ) -> Result<Turn<'f, C>, RunError> {
        self.index = index.saturating_sub(1);
        let unit = self.flow.units.get(position);
        let turn = unit.map(|unit| self.look_at(position, unit, cx));
        // Positions are those of phases that act.
        turn.transpose()?.flatten().ok_or(RunError::Cancelled)
    }

    /// The next phase, after asking the conditions on the way.
    pub(super) fn next(&mut self, cx: &Cx<'_, C>) -> Option<Result<Turn<'f, C>, RunError>> {
        loop {
            let position = self.position;
            let unit = self.flow.units.get(position)?;
            self.position += 1;
            if self.selected.runs.get(position) != Some(&true) {
                continue;
            }
            match self.look_at(position, unit, cx) {
                Ok(None) => {}
                Ok(Some(turn)) => return Some(Ok(turn)),
                Err(error) => return Some(Err(error)),
            }
        }
    }

    fn look_at(
        &mut self,
        position: usize,
        unit: &'f Unit<C>,
        cx: &Cx<'_, C>,
    ) -> Result<Option<Turn<'f, C>>, RunError> {
        if unit.info.run_all && (unit.phase.is_some() || unit.condition.is_some()) {
            return Err(RunError::RunAllActs {
                path: unit.path.clone(),
            });
        }
        let answer = match self.selected.compat {
            Compat::Upstream => ask(unit, unit.condition.as_deref(), cx)?,
            Compat::Fixed if unit.phase.is_some() => self.ask_from_top(position, cx)?,
            Compat::Fixed => Applies::Yes,
        };
        let Some(phase) = unit.phase.as_deref() else {
            return Ok(None);
        };
        self.index += 1;
        Ok(Some(Turn {
            place: Place {
                path: &unit.path,
                index: self.index,
                total: self.total,
            },
            unit,
            phase,
            skipped: match answer {
                Applies::Yes => None,
                Applies::No(reason) => Some(reason.into_owned()),
            },
        }))
    }

    /// The first condition that does not hold, from the top of the tree down to this phase.
    fn ask_from_top(&mut self, position: usize, cx: &Cx<'_, C>) -> Result<Applies, RunError> {
        let Some(unit) = self.flow.units.get(position) else {
            return Ok(Applies::Yes);
        };
        if let Some(parent) = unit.parent
            && let no @ Applies::No(_) = self.ask_from_top(parent, cx)?
        {
            return Ok(no);
        }
        if let Some(Some(answer)) = self.answers.get(position) {
            return Ok(answer.clone());
        }
        let answer = ask(unit, unit.condition.as_deref(), cx)?;
        if let Some(slot) = self.answers.get_mut(position) {
            *slot = Some(answer.clone());
        }
        Ok(answer)
    }
}

fn ask<C: ?Sized>(
    unit: &Unit<C>,
    condition: Option<&Condition<C>>,
    cx: &Cx<'_, C>,
) -> Result<Applies, RunError> {
    let Some(condition) = condition else {
        return Ok(Applies::Yes);
    };
    condition(cx).map_err(|error| RunError::Condition {
        path: unit.path.clone(),
        error,
    })
}
