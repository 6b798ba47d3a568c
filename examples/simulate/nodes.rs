//! Nodes set up by kubeadm's workflows: runs are killed at any durable step, and others go on, on the same root, with other keys at hand.
//! The workflows and their surroundings are those that bootstrap-phases tests itself with.

use std::{
    path::Path,
    sync::{Arc, OnceLock},
};

use apply_server::{
    Server,
    simulation::{Actor, Faults, Random, Simulation, Stopped, Turn, Violation, World as Simulated},
};
use bootstrap_phases::testing::CrashPoint;

use crate::planted::Nodes as Bug;
use state::State;
use workflows::Workflow;
use world::{Process, World};

macro_rules! shared {
    ($($name:ident at $path:literal),*) => {$(
        #[path = $path]
        #[allow(
            dead_code,
            clippy::unwrap_used,
            clippy::indexing_slicing,
            clippy::panic,
            clippy::case_sensitive_file_extension_comparisons,
            clippy::verbose_bit_mask,
            reason = "it is a test"
        )]
        mod $name;
    )*};
}

shared!(
    cluster at "../../bootstrap-phases/tests/support/cluster.rs",
    state at "../../bootstrap-phases/tests/killed/state.rs",
    upgrade at "../../bootstrap-phases/tests/killed/upgrade.rs",
    watch at "../../bootstrap-phases/tests/killed/watch.rs",
    workflows at "../../bootstrap-phases/tests/killed/workflows.rs",
    world at "../../bootstrap-phases/tests/killed/world.rs"
);

const WORKFLOWS: [(&str, Workflow); 6] = [
    ("init", workflows::INIT),
    ("join of a worker", workflows::WORKER),
    ("join of a control plane", workflows::CONTROL_PLANE),
    ("renew", workflows::RENEW),
    ("reset", workflows::RESET),
    ("upgrade", workflows::UPGRADE),
];

const THROUGH: &str = "a run that nothing disturbs comes through";
const SAME: &str = "what is left is what an undisturbed run leaves";
const ONCE: &str = "every key and certificate is issued once";
const NOTHING: &str = "after a run nothing is left to do";

pub(crate) fn simulation(bug: Option<Bug>) -> Simulation {
    let wanted: Arc<Vec<OnceLock<State>>> =
        Arc::new(WORKFLOWS.iter().map(|_| OnceLock::new()).collect());
    Simulation::new("nodes", move |seed| Node::new(seed, bug, &wanted))
        .faults(|_| Faults::none().crash(70).unobserved(30).for_rounds(6))
}

struct Node {
    bug: Option<Bug>,
    name: &'static str,
    workflow: Workflow,
    place: usize,
    world: World,
    wanted: Arc<Vec<OnceLock<State>>>,
    /// How many processes there were.
    processes: u64,
    done: bool,
}

impl Node {
    fn new(seed: u64, bug: Option<Bug>, wanted: &Arc<Vec<OnceLock<State>>>) -> Self {
        let mut random = Random::new(seed);
        let place = usize::try_from(random.below(WORKFLOWS.len() as u64)).unwrap_or_default();
        let [first, ..] = WORKFLOWS;
        let (name, workflow) = WORKFLOWS.into_iter().nth(place).unwrap_or(first);
        Self {
            bug,
            name,
            world: (workflow.before)().anew(),
            workflow,
            place,
            wanted: Arc::clone(wanted),
            processes: 0,
            done: false,
        }
    }

    /// A process: it runs the workflow, from where another has left it.
    fn run(&mut self, turn: &mut Turn<'_>) -> Result<(), Stopped> {
        let name = self.name;
        let steps = match self.processes {
            0 => self.workflow.steps_at_least,
            _ => self.workflow.steps_at_least.min(40),
        };
        let step = turn.random().below(steps as u64);
        let killed = turn.is_killed(format_args!("{name}: is killed at durable step {step}"));
        let point = match usize::try_from(step) {
            Ok(step) if killed => CrashPoint::at(step),
            _ => CrashPoint::never(),
        };
        self.processes += 1;
        turn.changed();
        let process = Process::new(&self.world, self.processes, &point);
        let outcome = (self.workflow.run)(&self.world, &process);
        match outcome {
            Err(_) if point.has_crashed() => {
                self.after_a_kill(turn);
                if self.done {
                    self.judge(turn);
                }
                Err(Stopped::Crashed)
            }
            Err(failure) => {
                turn.wrong(THROUGH, failure.to_string());
                Ok(())
            }
            Ok(_) => {
                turn.tell_of(format_args!("{name}: comes through"));
                self.done = true;
                self.judge(turn);
                Ok(())
            }
        }
    }

    /// What goes wrong if somebody does not do what a kill asks for.
    fn after_a_kill(&mut self, turn: &mut Turn<'_>) {
        match self.bug {
            Some(Bug::NoJournal) => {
                let server = Server::builder().from_snapshot(&self.world.server.snapshot());
                let mut world = World::new(self.world.files.clone(), server, self.world.time);
                world.etcd.clone_from(&self.world.etcd);
                self.world = world;
            }
            Some(Bug::TakenForDone) => self.done = true,
            Some(Bug::ClearsAway) => {
                let paths = self.world.files.paths();
                let made: Vec<&String> = paths
                    .iter()
                    .filter(|(path, stat)| {
                        stat.is_file()
                            && Path::new(path).extension().is_some_and(|end| end == "key")
                    })
                    .map(|(path, _)| path)
                    .collect();
                if let Some(path) = turn.random().pick(&made) {
                    turn.tell_of(format_args!("removes {path}"));
                    let removed = bootstrap_phases::Files::remove(&self.world.files, path);
                    if let Err(error) = removed {
                        turn.wrong(THROUGH, error.to_string());
                    }
                }
            }
            None => {}
        }
    }

    /// Looks at what there is after a run that came through.
    fn judge(&self, turn: &mut Turn<'_>) {
        let never = CrashPoint::never();
        let next = Process::new(&self.world, self.processes + 1, &never);
        let plan = (self.workflow.plan)(&self.world, &next);
        if !plan.is_empty() {
            turn.wrong(NOTHING, plan.to_string());
        }
        let twice = self.world.issued();
        let twice: Vec<&String> = twice
            .iter()
            .filter(|(_, times)| **times != 1)
            .map(|(path, _)| path)
            .collect();
        if !twice.is_empty() {
            turn.wrong(ONCE, format!("{twice:?}"));
        }
        let Some(wanted) = self.wanted.get(self.place) else {
            return;
        };
        let wanted = wanted.get_or_init(|| undisturbed(&self.workflow));
        let differences = State::of(&self.world).differences(wanted);
        if let Some(first) = differences.first() {
            let first: String = first.chars().take(200).collect();
            turn.wrong(SAME, format!("{} differences: {first}", differences.len()));
        }
    }
}

fn undisturbed(workflow: &Workflow) -> State {
    let (world, never) = ((workflow.before)(), CrashPoint::never());
    // Whatever it leaves, others have to leave the same.
    drop((workflow.run)(&world, &Process::new(&world, 0, &never)));
    State::of(&world)
}

impl Simulated for Node {
    fn actors(&self) -> Vec<Actor> {
        vec![
            Actor::controller("one operator"),
            Actor::controller("another operator"),
        ]
    }

    fn act(&mut self, _: usize, turn: &mut Turn<'_>) -> Result<(), Stopped> {
        if self.done { Ok(()) } else { self.run(turn) }
    }

    fn check(&self) -> Result<(), Violation> {
        Ok(())
    }

    fn is_settled(&self) -> bool {
        self.done
    }

    fn patience(&self) -> u64 {
        20
    }

    fn summary(&self) -> String {
        format!("{}: {} processes", self.name, self.processes)
    }
}
