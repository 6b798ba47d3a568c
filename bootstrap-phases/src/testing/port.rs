//! Effects that are cut off.

use std::fmt;

use super::{CrashPoint, Verdict};
use crate::{Effect, Outlook, PhaseError, Port};

/// A port that crashes at a point. An effect is two steps: a crash at the first leaves it undone, one at the second comes when
/// it is done and nobody has heard of it.
pub struct CrashPort<'a> {
    port: &'a dyn Port,
    point: &'a CrashPoint,
}

impl<'a> CrashPort<'a> {
    /// This port, until the crash.
    pub fn new(port: &'a dyn Port, point: &'a CrashPoint) -> Self {
        Self { port, point }
    }

    fn step(&self) -> Result<(), PhaseError> {
        match self.point.step() {
            Verdict::Go => return Ok(()),
            Verdict::Crash => self.point.crash(),
            Verdict::Down => {}
        }
        Err(PhaseError::fatal("crashed", "crashed on purpose"))
    }
}

impl Port for CrashPort<'_> {
    fn carry_out(&self, effect: &Effect) -> Result<(), PhaseError> {
        self.step()?;
        let outcome = self.port.carry_out(effect);
        self.step()?;
        outcome
    }

    fn outlook(&self, effect: &Effect) -> Result<Outlook, PhaseError> {
        self.port.outlook(effect)
    }
}

impl fmt::Debug for CrashPort<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CrashPort").field(&self.point).finish()
    }
}
