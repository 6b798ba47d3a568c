//! One turn of one actor, and what goes wrong in it.

use std::{collections::BTreeMap, fmt::Display};

use super::{
    fault::{Fault, Faults, Site},
    random::Random,
    story::Line,
    world::{Role, Stopped, Violation},
};

/// What an actor has while it is its turn: the time, numbers, and a way to look and to write with which things may go wrong.
#[derive(Debug)]
pub struct Turn<'a> {
    pub(super) round: u64,
    pub(super) actor: usize,
    pub(super) role: Role,
    pub(super) now: i64,
    pub(super) key: u64,
    pub(super) random: Random,
    pub(super) faults: Faults,
    /// What goes wrong, if that is laid down.
    pub(super) only: Option<&'a BTreeMap<Site, Fault>>,
    pub(super) struck: &'a mut Vec<(Site, Fault)>,
    pub(super) lines: Option<&'a mut Vec<Line>>,
    pub(super) occasion: u32,
    pub(super) writes: u64,
    pub(super) violation: Option<Violation>,
}

/// The occasion that a turn has before it begins.
const BEFORE: u32 = u32::MAX;

impl Turn<'_> {
    /// The time, in seconds since 1970.
    pub const fn now(&self) -> i64 {
        self.now
    }

    /// Which round it is; the first one is 1. In every round each actor has one turn.
    pub const fn round(&self) -> u64 {
        self.round
    }

    /// Numbers for this turn alone.
    pub const fn random(&mut self) -> &mut Random {
        &mut self.random
    }

    /// Whether a look is to show what it showed before. `what` is for the story.
    pub fn is_stale(&mut self, what: impl Display) -> bool {
        self.look(Fault::Stale, what)
    }

    /// Whether the first look after a crash is to show something older than what was seen before it.
    pub fn is_rewound(&mut self, what: impl Display) -> bool {
        self.look(Fault::Rewound, what)
    }

    /// Whether a part of the turn has to be left out, for an actor that cares for many things and hears of each by itself.
    pub fn is_unobserved(&mut self, what: impl Display) -> bool {
        self.look(Fault::Unobserved, what)
    }

    /// Whether the actor ends in the midst of what it does, for one that does many writes by code that knows nothing of turns. Then
    /// the turn has to answer [`Stopped::Crashed`].
    pub fn is_killed(&mut self, what: impl Display) -> bool {
        self.look(Fault::Crash, what)
    }

    /// Does a write; or does not, or does it and says that it did not.
    ///
    /// # Errors
    /// The turn ends here. Of a [`Stopped::Refused`] it is not known whether the write was done.
    pub fn write<T>(
        &mut self,
        what: impl Display,
        write: impl FnOnce() -> T,
    ) -> Result<T, Stopped> {
        let fault = self.strike(&[Fault::Crash, Fault::Refused, Fault::LostAnswer]);
        self.tell(&what, fault);
        match fault {
            Some(Fault::Crash) => return Err(Stopped::Crashed),
            Some(Fault::Refused) => return Err(Stopped::Refused),
            _ => {}
        }
        self.writes += 1;
        let done = write();
        match fault {
            Some(_) => Err(Stopped::Refused),
            None => Ok(done),
        }
    }

    /// Says that something changed without [`Turn::write`], so that the rules are looked at after this turn.
    pub const fn changed(&mut self) {
        self.writes += 1;
    }

    /// Tells something for the story. Nothing is written together if nobody listens.
    pub fn tell_of(&mut self, what: impl Display) {
        self.tell(&what, None);
    }

    /// Says that something is wrong that [`World::check`](super::World::check) could not see, because it is a decision and not a state.
    pub fn wrong(&mut self, rule: impl Into<String>, detail: impl Into<String>) {
        self.violation
            .get_or_insert_with(|| Violation::new(rule, detail));
    }

    /// Whether the actor does not get its turn.
    pub(super) fn is_missed(&mut self) -> bool {
        self.occasion = BEFORE;
        let missed = self.look(Fault::Unobserved, "has no turn");
        self.occasion = 0;
        missed
    }

    fn look(&mut self, fault: Fault, what: impl Display) -> bool {
        let struck = self.strike(&[fault]);
        if struck.is_some() {
            self.tell(&what, struck);
        }
        struck.is_some()
    }

    /// What of some goes wrong on the next occasion.
    fn strike(&mut self, of: &[Fault]) -> Option<Fault> {
        if self.role != Role::Controller {
            return None;
        }
        let site = Site {
            round: self.round,
            actor: self.actor,
            occasion: self.occasion,
        };
        self.occasion = self.occasion.wrapping_add(1);
        let fault = match self.only {
            Some(only) => only.get(&site).copied().filter(|fault| of.contains(fault)),
            None => self.draw(site, of),
        }?;
        self.struck.push((site, fault));
        Some(fault)
    }

    fn draw(&self, site: Site, of: &[Fault]) -> Option<Fault> {
        if self.faults.rounds.is_some_and(|rounds| self.round > rounds) {
            return None;
        }
        let mut drawn = Random::of(self.key, u64::from(site.occasion)).below(100);
        for fault in of {
            let percent = self.faults.percent(*fault);
            if drawn < percent {
                return Some(*fault);
            }
            drawn -= percent;
        }
        None
    }

    fn tell(&mut self, what: &dyn Display, fault: Option<Fault>) {
        if let Some(lines) = &mut self.lines {
            lines.push(Line {
                round: self.round,
                actor: self.actor,
                text: what.to_string(),
                fault,
            });
        }
    }
}
