//! A world whose state is an API server.

use std::{fmt, sync::Arc};

use apply_semantics::op::{FormError, Operation};
use serde_json::Value;

use super::{
    fault::Faults,
    run::Simulation,
    turn::Turn,
    view::{Change, History, View, Watcher},
    world::{Actor, Stopped, Violation, World},
};
use crate::{ManualClock, Server};

type Step = Box<dyn FnMut(&View, &mut Turn<'_>) -> Vec<Operation>>;
type MakeStep = Box<dyn Fn() -> Step + Send + Sync>;
type Rule = Box<dyn Fn(&View) -> Result<(), String> + Send + Sync>;
type Begin = Box<dyn Fn(&View) -> Vec<Operation> + Send + Sync>;
type Goal = Box<dyn Fn(&View) -> bool + Send + Sync>;

/// Actors that work on an API server: what is there in the beginning, who acts, what must never be, and what has to be in the end.
///
/// An actor is a function of what it sees and the time, that answers operations. They are carried out one after the other; one that
/// the server refuses ends the turn. What an actor sees of a kind may be old, of each kind differently; what it wrote itself it has
/// seen, unless [`Scenario::blind_to_own_writes`] says otherwise.
pub struct Scenario {
    name: String,
    objects: Vec<Value>,
    actors: Vec<(Actor, MakeStep)>,
    rules: Vec<(String, Rule)>,
    stages: Vec<(Begin, Goal)>,
    faults: Box<dyn Fn(u64) -> Faults + Send + Sync>,
    patience: u64,
    own_writes: bool,
}

impl Scenario {
    /// A scenario in which nobody does anything.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            objects: Vec::new(),
            actors: Vec::new(),
            rules: Vec::new(),
            stages: Vec::new(),
            faults: Box::new(Faults::mixed),
            patience: 500,
            own_writes: true,
        }
    }

    /// An object that is there in the beginning, as [`Server::seed`] takes it; definitions of custom resources too.
    #[must_use]
    pub fn object(mut self, object: Value) -> Self {
        self.objects.push(object);
        self
    }

    /// Somebody who acts, without a memory of its own.
    #[must_use]
    pub fn actor<F>(self, actor: Actor, step: F) -> Self
    where
        F: Fn(&View, &mut Turn<'_>) -> Vec<Operation> + Send + Sync + 'static,
    {
        let step = Arc::new(step);
        self.actor_with_memory(actor, move || {
            let step = Arc::clone(&step);
            move |view: &View, turn: &mut Turn<'_>| step(view, turn)
        })
    }

    /// Somebody who remembers something from one turn to the next. `begin` is called when the run begins, and again whenever the actor
    /// ended: whatever the function that it answers has kept is gone then.
    #[must_use]
    pub fn actor_with_memory<F>(
        mut self,
        actor: Actor,
        begin: impl Fn() -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: FnMut(&View, &mut Turn<'_>) -> Vec<Operation> + 'static,
    {
        let begin: MakeStep = Box::new(move || Box::new(begin()));
        self.actors.push((actor, begin));
        self
    }

    /// What must hold after every turn.
    #[must_use]
    pub fn always(
        mut self,
        rule: impl Into<String>,
        holds: impl Fn(&View) -> Result<(), String> + Send + Sync + 'static,
    ) -> Self {
        self.rules.push((rule.into(), Box::new(holds)));
        self
    }

    /// What has to be in the end.
    #[must_use]
    pub fn settles(self, settled: impl Fn(&View) -> bool + Send + Sync + 'static) -> Self {
        self.then(|_| Vec::new(), settled)
    }

    /// What is wanted once all is as was wanted before: operations, and what has to be after them.
    #[must_use]
    pub fn then(
        mut self,
        change: impl Fn(&View) -> Vec<Operation> + Send + Sync + 'static,
        settled: impl Fn(&View) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.stages.push((Box::new(change), Box::new(settled)));
        self
    }

    /// How many rounds it may take until all is as it should be; 500 if nothing is said.
    #[must_use]
    pub const fn patience(mut self, rounds: u64) -> Self {
        self.patience = rounds;
        self
    }

    /// What goes wrong, for every seed; [`Faults::mixed`] if nothing is said.
    #[must_use]
    pub fn faults(mut self, faults: impl Fn(u64) -> Faults + Send + Sync + 'static) -> Self {
        self.faults = Box::new(faults);
        self
    }

    /// Actors see their own writes not before they are told of them, as a client does that keeps what it watches and no expectations.
    #[must_use]
    pub const fn blind_to_own_writes(mut self) -> Self {
        self.own_writes = false;
        self
    }

    /// The scenario as something that can be run.
    ///
    /// # Errors
    /// An object of the beginning is not one that the server takes.
    pub fn simulation(self) -> Result<Simulation, FormError> {
        // Found out here, because a run cannot say it.
        let server = Server::new();
        for object in &self.objects {
            server.seed(object.clone())?;
        }
        let (name, shared) = (self.name.clone(), Arc::new(self));
        let faults = Arc::clone(&shared);
        Ok(
            Simulation::new(name, move |seed| ServerWorld::new(&shared, seed))
                .faults(move |seed| (faults.faults)(seed)),
        )
    }
}

impl fmt::Debug for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let actors: Vec<&str> = self.actors.iter().map(|(actor, _)| actor.name()).collect();
        f.debug_struct("Scenario")
            .field("name", &self.name)
            .field("actors", &actors)
            .finish_non_exhaustive()
    }
}

/// A run of a scenario.
struct ServerWorld {
    scenario: Arc<Scenario>,
    server: Server,
    clock: ManualClock,
    history: History,
    /// All as it is.
    truth: View,
    steps: Vec<(Step, Watcher)>,
    stage: usize,
}

impl ServerWorld {
    fn new(scenario: &Arc<Scenario>, seed: u64) -> Self {
        let clock = ManualClock::at(1_780_000_000);
        let builder = Server::builder().clock(clock.clone()).seed(seed);
        let server = builder.history(usize::MAX).build();
        for object in &scenario.objects {
            // `Scenario::simulation` has tried it.
            drop(server.seed(object.clone()));
        }
        let actors = scenario.actors.iter();
        let mut world = Self {
            scenario: Arc::clone(scenario),
            server,
            clock,
            history: History::default(),
            truth: View::default(),
            steps: actors
                .map(|(_, begin)| (begin(), Watcher::default()))
                .collect(),
            stage: 0,
        };
        world.history.revision = 1;
        world.note();
        world.begin_stage();
        world
    }

    /// Notes down what was written since the last time.
    fn note(&mut self) -> Vec<Change> {
        let state = self.server.lock();
        let events = state.core.store.history().after(self.history.revision);
        let events = events.into_iter().flatten();
        let changes: Vec<Change> = events
            .filter_map(|event| self.history.push(event))
            .collect();
        drop(state);
        for change in &changes {
            self.truth.see(change);
        }
        changes
    }

    /// Does what the stage begins with.
    fn begin_stage(&mut self) {
        let Some((change, _)) = self.scenario.stages.get(self.stage) else {
            return;
        };
        for operation in change(&self.truth) {
            drop(self.server.execute(&operation));
        }
        self.note();
    }
}

impl World for ServerWorld {
    fn actors(&self) -> Vec<Actor> {
        let actors = self.scenario.actors.iter();
        actors.map(|(actor, _)| actor.clone()).collect()
    }

    fn act(&mut self, actor: usize, turn: &mut Turn<'_>) -> Result<(), Stopped> {
        self.clock.set(turn.now());
        let Some((step, watcher)) = self.steps.get_mut(actor) else {
            return Ok(());
        };
        watcher.look(&self.history, turn);
        for operation in step(&watcher.view, turn) {
            let server = &self.server;
            let done = turn.write(&operation, || server.execute(&operation));
            let done = done.and_then(|answer| {
                answer.map_err(|refusal| {
                    turn.tell_of(format_args!("is told: {}", refusal.message));
                    Stopped::Refused
                })
            });
            let changes = self.note();
            if let (Some((_, watcher)), true) =
                (self.steps.get_mut(actor), self.scenario.own_writes)
            {
                watcher.wrote(&changes, done.is_ok());
            }
            done?;
        }
        Ok(())
    }

    fn forget(&mut self, actor: usize) {
        if let (Some((step, watcher)), Some((_, begin))) =
            (self.steps.get_mut(actor), self.scenario.actors.get(actor))
        {
            *step = begin();
            watcher.forget();
        }
    }

    fn check(&self) -> Result<(), Violation> {
        for (rule, holds) in &self.scenario.rules {
            holds(&self.truth).map_err(|detail| Violation::new(rule.as_str(), detail))?;
        }
        Ok(())
    }

    fn is_settled(&self) -> bool {
        let stage = self.scenario.stages.get(self.stage);
        stage.is_none_or(|(_, settled)| settled(&self.truth))
    }

    fn advance(&mut self) -> bool {
        self.stage += 1;
        self.begin_stage();
        self.stage < self.scenario.stages.len()
    }

    fn patience(&self) -> u64 {
        self.scenario.patience
    }
}
