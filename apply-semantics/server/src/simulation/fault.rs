//! What goes wrong.

use std::fmt;

/// One thing that goes wrong.
///
/// The first three are the patterns of [Sieve](https://www.usenix.org/conference/osdi22/presentation/sun): states in between, stale
/// states, states that nobody saw.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Fault {
    /// An actor ends between two writes, and forgets what it knew.
    Crash,
    /// An actor looks at what was.
    Stale,
    /// An actor is not told that something happened: it has no turn, and what changes twice until its next is seen once.
    Unobserved,
    /// An actor that began anew is shown what was before it ended.
    Rewound,
    /// A write is refused.
    Refused,
    /// A write is done, and its actor is told that it was not.
    LostAnswer,
}

impl Fault {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Crash,
        Self::Stale,
        Self::Unobserved,
        Self::Rewound,
        Self::Refused,
        Self::LostAnswer,
    ];

    /// Its name, in lower case with hyphens.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Crash => "crash",
            Self::Stale => "stale",
            Self::Unobserved => "unobserved",
            Self::Rewound => "rewound",
            Self::Refused => "refused",
            Self::LostAnswer => "lost-answer",
        }
    }

    pub(super) const fn place(self) -> usize {
        match self {
            Self::Crash => 0,
            Self::Stale => 1,
            Self::Unobserved => 2,
            Self::Rewound => 3,
            Self::Refused => 4,
            Self::LostAnswer => 5,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How often what goes wrong, in percent of the occasions there are for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Faults {
    /// [`Fault::Crash`], of writes.
    pub crash: u64,
    /// [`Fault::Stale`], of looks.
    pub stale: u64,
    /// [`Fault::Unobserved`], of turns.
    pub unobserved: u64,
    /// [`Fault::Rewound`], of first looks after a crash.
    pub rewound: u64,
    /// [`Fault::Refused`], of writes.
    pub refused: u64,
    /// [`Fault::LostAnswer`], of writes.
    pub lost_answer: u64,
    /// After that many rounds nothing goes wrong any more; `None` if it never ends.
    pub rounds: Option<u64>,
}

impl Faults {
    /// Nothing goes wrong.
    pub const fn none() -> Self {
        Self {
            crash: 0,
            stale: 0,
            unobserved: 0,
            rewound: 0,
            refused: 0,
            lost_answer: 0,
            rounds: None,
        }
    }

    /// How often actors end between two writes, in percent of writes.
    #[must_use]
    pub const fn crash(mut self, percent: u64) -> Self {
        self.crash = percent;
        self
    }

    /// How often a look shows what was, in percent of looks.
    #[must_use]
    pub const fn stale(mut self, percent: u64) -> Self {
        self.stale = percent;
        self
    }

    /// How often actors are not told that something happened, in percent of turns.
    #[must_use]
    pub const fn unobserved(mut self, percent: u64) -> Self {
        self.unobserved = percent;
        self
    }

    /// How often an actor that began anew is shown what was before it ended, in percent of first looks.
    #[must_use]
    pub const fn rewound(mut self, percent: u64) -> Self {
        self.rewound = percent;
        self
    }

    /// How often writes are refused, in percent of writes.
    #[must_use]
    pub const fn refused(mut self, percent: u64) -> Self {
        self.refused = percent;
        self
    }

    /// How often writes are done and said to be refused, in percent of writes.
    #[must_use]
    pub const fn lost_answer(mut self, percent: u64) -> Self {
        self.lost_answer = percent;
        self
    }

    /// Nothing goes wrong any more after that many rounds.
    #[must_use]
    pub const fn for_rounds(mut self, rounds: u64) -> Self {
        self.rounds = Some(rounds);
        self
    }

    /// Another mixture for every seed, of four: nothing; old looks and lost events; some of all; old looks and few of all. What one
    /// mixture hides another shows.
    pub const fn mixed(seed: u64) -> Self {
        let none = Self::none();
        match seed % 4 {
            0 => none,
            1 => none.stale(60).unobserved(30),
            2 => none
                .stale(20)
                .unobserved(20)
                .crash(5)
                .refused(3)
                .lost_answer(3)
                .rewound(10),
            _ => none
                .stale(40)
                .unobserved(10)
                .crash(2)
                .refused(1)
                .lost_answer(1)
                .rewound(30),
        }
    }

    pub(super) const fn percent(self, fault: Fault) -> u64 {
        match fault {
            Fault::Crash => self.crash,
            Fault::Stale => self.stale,
            Fault::Unobserved => self.unobserved,
            Fault::Rewound => self.rewound,
            Fault::Refused => self.refused,
            Fault::LostAnswer => self.lost_answer,
        }
    }
}

/// Where something went wrong: in which turn, and on which of its occasions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Site {
    pub(super) round: u64,
    pub(super) actor: usize,
    pub(super) occasion: u32,
}
