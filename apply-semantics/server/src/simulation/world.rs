//! What is simulated.

use std::fmt;

use super::turn::Turn;

/// Something with actors that change it, and with what must never be true of it.
///
/// For actors that work on an API server there is [`Scenario`](super::Scenario), which is such a world. One of your own has its own
/// state, of any types, and is as fast as they are.
pub trait World {
    /// Who acts. [`World::act`] is told the place in this list; it is asked for once.
    fn actors(&self) -> Vec<Actor>;

    /// Lets one actor have its turn. All its looks and writes go through the [`Turn`], which says what goes wrong with them.
    ///
    /// # Errors
    /// The turn ended early, as [`Turn::write`] said. After a [`Stopped::Crashed`], [`World::forget`] follows.
    fn act(&mut self, actor: usize, turn: &mut Turn<'_>) -> Result<(), Stopped>;

    /// An actor ended: whatever it had in memory is gone, what it wrote stays.
    fn forget(&mut self, actor: usize) {
        let _ = actor;
    }

    /// What must never be. Asked after every turn in which something was written.
    ///
    /// # Errors
    /// What is wrong.
    fn check(&self) -> Result<(), Violation>;

    /// Whether all is as it should be, so that nothing more has to happen.
    fn is_settled(&self) -> bool;

    /// Once all is as it should be: wants something else. False if there is nothing more, which ends the run.
    fn advance(&mut self) -> bool {
        false
    }

    /// How many rounds it may take until all is as it should be.
    fn patience(&self) -> u64 {
        500
    }

    /// How things stand, in a line; for the report of a violation.
    fn summary(&self) -> String {
        String::new()
    }
}

/// One who acts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    pub(super) name: String,
    pub(super) role: Role,
}

/// What an actor is to the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Controller,
    Environment,
    Disturbance,
}

impl Actor {
    /// Somebody with whom things go wrong: a controller, an agent, a client.
    pub fn controller(name: impl Into<String>) -> Self {
        Self::new(name, Role::Controller)
    }

    /// The world around controllers, such as machines that come up. Nothing goes wrong with its turns and writes.
    pub fn environment(name: impl Into<String>) -> Self {
        Self::new(name, Role::Environment)
    }

    /// Trouble that nobody needs, such as machines that break. It ends when faults do, and shrinking may leave it out.
    pub fn disturbance(name: impl Into<String>) -> Self {
        Self::new(name, Role::Disturbance)
    }

    fn new(name: impl Into<String>, role: Role) -> Self {
        Self {
            name: name.into(),
            role,
        }
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// Why a turn ended early.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stopped {
    /// The actor ended. It begins anew with its next turn.
    Crashed,
    /// A write was refused, or its actor was told so: what became of it is not known.
    Refused,
}

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Crashed => "the actor ended",
            Self::Refused => "a write was refused",
        })
    }
}

impl std::error::Error for Stopped {}

/// Something that must never be, and was.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Violation {
    /// Which rule it breaks. Shrinking looks for a smaller run that breaks the same one.
    pub rule: String,
    /// What was seen.
    pub detail: String,
}

impl Violation {
    /// The rule of a run that does not come to its end.
    pub const UNSETTLED: &'static str = "settles";

    /// What was seen, and which rule it breaks.
    pub fn new(rule: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            rule: rule.into(),
            detail: detail.into(),
        }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.rule, self.detail)
    }
}

impl std::error::Error for Violation {}
