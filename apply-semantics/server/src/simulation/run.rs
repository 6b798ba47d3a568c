//! One run, from its seed.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use super::{
    fault::{Fault, Faults, Site},
    random::Random,
    story::Line,
    turn::Turn,
    world::{Actor, Role, Stopped, Violation, World},
};

type MakeWorld = Box<dyn Fn(u64) -> Box<dyn World> + Send + Sync>;
type MakeFaults = Box<dyn Fn(u64) -> Faults + Send + Sync>;

/// A world, and what goes wrong in it, for every seed another.
///
/// A run is a number of rounds. In each of them every actor has a turn, in an order that is another each time; then the clock moves on.
/// A run ends when the world is settled and wants nothing more, or when something is wrong: a rule is broken, or the patience of the
/// world is over. The same seed gives the same run.
pub struct Simulation {
    name: String,
    world: MakeWorld,
    faults: MakeFaults,
    start: i64,
    seconds: i64,
}

/// What came of a run.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Run {
    /// What it was made from.
    pub seed: u64,
    /// How many rounds it took.
    pub rounds: u64,
    /// How many turns actors had.
    pub steps: u64,
    /// How much they wrote.
    pub writes: u64,
    /// What was wrong, if anything was.
    pub violation: Option<Violation>,
    pub(super) struck: Vec<(Site, Fault)>,
    pub(super) actors: Vec<Actor>,
    pub(super) lines: Vec<Line>,
}

/// What of a run is kept. Everything else is as its seed says.
#[derive(Debug, Clone, Default)]
pub(super) struct Schedule {
    /// What goes wrong, and nothing else; `None` if it is as the seed says.
    pub(super) only: Option<BTreeMap<Site, Fault>>,
    /// Actors that have no turns.
    pub(super) absent: BTreeSet<usize>,
    /// Turns that are left out.
    pub(super) skipped: BTreeSet<(u64, usize)>,
    /// In every round actors have their turns in the order of their list.
    pub(super) in_order: bool,
    /// The run ends with this round, whatever is.
    pub(super) last_round: Option<u64>,
}

/// What the numbers of a seed are for.
const ORDER: u64 = 1;
const FAULTS: u64 = 2;
const NUMBERS: u64 = 3;

impl Simulation {
    /// A world for every seed, with [`Faults::mixed`] and ten seconds a round.
    pub fn new<W: World + 'static>(
        name: impl Into<String>,
        world: impl Fn(u64) -> W + Send + Sync + 'static,
    ) -> Self {
        Self {
            name: name.into(),
            world: Box::new(move |seed| Box::new(world(seed))),
            faults: Box::new(Faults::mixed),
            start: 1_780_000_000,
            seconds: 10,
        }
    }

    /// What goes wrong, for every seed.
    #[must_use]
    pub fn faults(mut self, faults: impl Fn(u64) -> Faults + Send + Sync + 'static) -> Self {
        self.faults = Box::new(faults);
        self
    }

    /// When it begins, in seconds since 1970, and how many of them a round takes.
    #[must_use]
    pub const fn clock(mut self, start: i64, seconds_per_round: i64) -> Self {
        self.start = start;
        self.seconds = seconds_per_round;
        self
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Runs a seed.
    pub fn run(&self, seed: u64) -> Run {
        self.execute(seed, &Schedule::default(), false)
    }

    /// Runs a seed in which nothing goes wrong, in the order in which actors are listed.
    pub fn run_straight(&self, seed: u64) -> Run {
        let schedule = Schedule {
            only: Some(BTreeMap::new()),
            in_order: true,
            ..Schedule::default()
        };
        self.execute(seed, &schedule, false)
    }

    /// The first run of some in which something is wrong.
    pub fn find(&self, seeds: impl IntoIterator<Item = u64>) -> Option<Run> {
        let mut runs = seeds.into_iter().map(|seed| self.run(seed));
        runs.find(|run| run.violation.is_some())
    }

    pub(super) fn execute(&self, seed: u64, schedule: &Schedule, tell: bool) -> Run {
        let mut world = (self.world)(seed);
        let mut under_way = UnderWay {
            simulation: self,
            schedule,
            faults: (self.faults)(seed),
            tell,
            run: Run {
                seed,
                rounds: 0,
                steps: 0,
                writes: 0,
                violation: None,
                struck: Vec::new(),
                actors: world.actors(),
                lines: Vec::new(),
            },
        };
        under_way.run_on(&mut *world);
        under_way.run
    }

    /// The time in a round.
    pub(super) fn time(&self, round: u64) -> i64 {
        let rounds = i64::try_from(round).unwrap_or(i64::MAX);
        self.start
            .saturating_add(rounds.saturating_mul(self.seconds))
    }
}

impl fmt::Debug for Simulation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Simulation")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// A run that goes on.
struct UnderWay<'a> {
    simulation: &'a Simulation,
    schedule: &'a Schedule,
    faults: Faults,
    tell: bool,
    run: Run,
}

impl UnderWay<'_> {
    fn run_on(&mut self, world: &mut dyn World) {
        let mut since = 0;
        let mut order: Vec<usize> = (0..self.run.actors.len()).collect();
        loop {
            self.run.rounds += 1;
            let round = self.run.rounds;
            if self.schedule.last_round.is_some_and(|last| round > last) {
                return;
            }
            if !self.schedule.in_order {
                order.sort_unstable();
                Random::of(self.run.seed ^ ORDER, round).shuffle(&mut order);
            }
            for actor in &order {
                if let Err(violation) = self.turn(world, *actor) {
                    self.run.violation = Some(violation);
                    return;
                }
            }
            if world.is_settled() {
                since = round;
                if !world.advance() {
                    return;
                }
            } else if round - since > world.patience() {
                let detail = format!("not after {} rounds: {}", round - since, world.summary());
                self.run.violation = Some(Violation::new(Violation::UNSETTLED, detail));
                return;
            }
        }
    }

    fn turn(&mut self, world: &mut dyn World, actor: usize) -> Result<(), Violation> {
        let (round, seed) = (self.run.rounds, self.run.seed);
        let role = match self.run.actors.get(actor) {
            Some(actor) => actor.role,
            None => return Ok(()),
        };
        let over = self.faults.rounds.is_some_and(|rounds| round > rounds);
        if self.schedule.absent.contains(&actor)
            || self.schedule.skipped.contains(&(round, actor))
            || (over && role == Role::Disturbance)
        {
            return Ok(());
        }
        let which = round.wrapping_mul(1_000_003).wrapping_add(actor as u64);
        let mut turn = Turn {
            round,
            actor,
            role,
            now: self.simulation.time(round),
            key: Random::of(seed ^ FAULTS, which).number(),
            random: Random::of(seed ^ NUMBERS, which),
            faults: self.faults,
            only: self.schedule.only.as_ref(),
            struck: &mut self.run.struck,
            lines: self.tell.then_some(&mut self.run.lines),
            occasion: 0,
            writes: 0,
            violation: None,
        };
        if turn.is_missed() {
            return Ok(());
        }
        let stopped = world.act(actor, &mut turn);
        let (writes, violation) = (turn.writes, turn.violation.take());
        self.run.steps += 1;
        self.run.writes += writes;
        if stopped == Err(Stopped::Crashed) {
            world.forget(actor);
        }
        if let Some(violation) = violation {
            return Err(violation);
        }
        // What nobody changed is as right as it was.
        if writes > 0 || role != Role::Controller {
            world.check()
        } else {
            Ok(())
        }
    }
}
