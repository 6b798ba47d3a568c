//! Controllers run while everything else goes wrong, from a seed, without threads and without waiting: crashes between any two writes,
//! looks at what was, events that nobody saw, writes that are refused or only seem to be.
//!
//! What you write is a [`Scenario`]: the objects of the beginning, actors that answer operations to what they see, what must never be,
//! and what has to be in the end. This controller keeps three replicas (ConfigMaps here, which need no node), and its author thought
//! that counting them is enough:
//!
//! ```
//! use apply_semantics::op::{Operation, ResourceRef, WriteOptions};
//! use apply_server::simulation::{Actor, Fault, Scenario, Turn, View};
//! use serde_json::json;
//!
//! fn replicas(view: &View) -> usize {
//!     view.all("v1", "ConfigMap").count()
//! }
//!
//! /// Makes what is missing; with names that are theirs for good, or with any.
//! fn keeper(named: bool) -> impl Fn(&View, &mut Turn<'_>) -> Vec<Operation> {
//!     let maps = ResourceRef::of_kind("v1", "ConfigMap").within("default");
//!     let create = move |place: usize| {
//!         let metadata = match named {
//!             true => json!({"name": format!("replica-{place}")}),
//!             false => json!({"generateName": "replica-"}),
//!         };
//!         let object = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata});
//!         Operation::create(maps.clone(), object, WriteOptions::new("keeper"))
//!     };
//!     move |view, _| (replicas(view)..3).map(&create).collect()
//! }
//!
//! fn scenario(named: bool) -> Scenario {
//!     Scenario::new("three replicas")
//!         .actor(Actor::controller("keeper"), keeper(named))
//!         .always("never more than three", |view| match replicas(view) {
//!             0..=3 => Ok(()),
//!             more => Err(format!("there are {more}")),
//!         })
//!         .settles(|view| replicas(view) == 3)
//! }
//!
//! let report = scenario(false).simulation()?.search(0..100);
//! let story = report.story.expect("counting is not enough");
//! assert_eq!(story.violation.rule, "never more than three");
//! assert_eq!(story.faults(), 2);
//!
//! let report = scenario(true).simulation()?.search(0..100);
//! assert!(report.is_clean(), "{report}");
//! assert!(report.faults(Fault::Crash) > 0);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The first run that breaks a rule is made smaller as long as it breaks the same one, and told:
//!
//! ```text
//! three replicas, seed 15: never more than three: there are 4
//! 2 of 2 faults and 2 of 2 turns are needed for it
//!     10s  keeper  create v1 ConfigMap in default as keeper
//!     10s  keeper  create v1 ConfigMap in default as keeper  <- crash: it ended before this
//!     20s  keeper  lists ConfigMap  <- rewound: it looks at what was before it ended
//!     20s  keeper  create v1 ConfigMap in default as keeper
//!     20s  keeper  create v1 ConfigMap in default as keeper
//!     20s  keeper  create v1 ConfigMap in default as keeper
//!                 never more than three: there are 4
//! ```
//!
//! # What goes wrong
//!
//! [`Fault`] has the three patterns of Sieve (states in between, stale states, unobserved states) and writes whose answer is wrong;
//! [`Faults`] says how often. Each occasion for a fault has a place of its own (round, actor, number), and each turn has numbers of its
//! own, so that leaving something out changes nothing else: that is what shrinking needs, and what makes a story of a seed the same
//! today and tomorrow.
//!
//! # Worlds of your own
//!
//! What need not be on an API server is a [`World`]: any state, whose actors ask their [`Turn`] whether a look is stale and let it do
//! their writes. A [`Simulation`] runs it, and so it does a [`Scenario`]. A run costs what the world costs.
//!
//! ```
//! use apply_server::simulation::{Actor, Faults, Simulation, Stopped, Turn, Violation, World};
//!
//! /// A counter that two clerks bring to ten: each looks, and writes one more than it saw.
//! #[derive(Default)]
//! struct Counter {
//!     count: u32,
//!     seen: [u32; 2],
//! }
//!
//! impl World for Counter {
//!     fn actors(&self) -> Vec<Actor> {
//!         vec![Actor::controller("ann"), Actor::controller("bob")]
//!     }
//!
//!     fn act(&mut self, actor: usize, turn: &mut Turn<'_>) -> Result<(), Stopped> {
//!         if !turn.is_stale("looks at the counter") {
//!             self.seen[actor] = self.count;
//!         }
//!         let next = self.seen[actor] + 1;
//!         if next > 10 {
//!             return Ok(());
//!         }
//!         turn.write(format_args!("writes {next}"), || self.count = next)
//!     }
//!
//!     fn check(&self) -> Result<(), Violation> {
//!         let least = self.seen.into_iter().max().unwrap_or_default();
//!         match self.count >= least {
//!             true => Ok(()),
//!             false => Err(Violation::new("never goes back", format!("{} after {least}", self.count))),
//!         }
//!     }
//!
//!     fn is_settled(&self) -> bool {
//!         self.count == 10
//!     }
//! }
//!
//! let simulation = Simulation::new("counter", |_| Counter::default());
//! assert!(simulation.run_straight(0).violation.is_none());
//! let run = simulation.find(0..100).expect("an old look");
//! let story = simulation.shrink(&run).expect("a violation");
//! assert_eq!(story.violation.rule, "never goes back");
//!
//! let calm = Simulation::new("counter", |_| Counter::default()).faults(|_| Faults::none());
//! assert!(calm.search(0..100).is_clean());
//! ```

mod fault;
mod random;
mod run;
mod scenario;
mod search;
mod shrink;
mod story;
mod turn;
mod view;
mod world;

pub use fault::{Fault, Faults};
pub use random::Random;
pub use run::{Run, Simulation};
pub use scenario::Scenario;
pub use search::Report;
pub use story::{Story, StoryEvent};
pub use turn::Turn;
pub use view::View;
pub use world::{Actor, Stopped, Violation, World};
