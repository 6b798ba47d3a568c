//! Objects brought to what is desired, with a journal that is written before anything is done; somebody changes and removes them
//! meanwhile, and takes names that are free. Its looks may be some writes behind: those that plans are made of, and those on the way.

use std::collections::{BTreeSet, VecDeque};

use apply_semantics::op::{
    ApplyOptions, CollectionRef, DeleteOptions, Effect, ListOptions, Operation, Outcome, Reason,
    Refusal, ResourceRef,
};
use apply_server::{
    Server, Snapshot,
    simulation::{Actor, Random, Simulation, Stopped, Turn, Violation, World},
};
use cluster_id::reconcile::{
    Execution, Inventory, Next, OWNING_INVENTORY, ObjectId, Observation, Policy, Reconciler,
    Record, observe,
};
use componentconfig::core::Time;
use serde_json::{Value, json};

use crate::planted::Reconcile as Bug;

const US: &str = "shop";
const THEIRS: &str = "nothing is deleted that is not ours";
const KNOWN: &str = "whatever we applied is in the journal";

/// Until when somebody interferes.
const TROUBLE: u64 = 40;

/// How many writes a look may be behind.
const BEHIND: usize = 5;

pub(crate) fn simulation(bug: Option<Bug>) -> Simulation {
    Simulation::new("reconcile", move |seed| Site::new(seed, bug))
}

struct Site {
    bug: Option<Bug>,
    server: Server,
    /// What was before each of the last writes, the newest first.
    past: VecDeque<Snapshot>,
    /// Something that it was told since it began was not so any more.
    misled: bool,
    journal: Vec<Record>,
    /// Uids of what we applied.
    applied: BTreeSet<String>,
    /// Names and values that are desired, one after the other; the last ones are desired now.
    desired: Vec<Vec<(&'static str, u64)>>,
    execution: Option<Execution>,
    /// Nothing was left to do when it looked last, and nothing has changed since.
    idle_at: Option<u64>,
    now: i64,
    wrong: Option<Violation>,
}

const NAMES: [&str; 5] = ["a", "b", "c", "d", "e"];

impl Site {
    fn new(seed: u64, bug: Option<Bug>) -> Self {
        let mut random = Random::new(seed);
        let server = Server::builder().seed(seed).build();
        let mut desired: Vec<Vec<(&str, u64)>> = (0..3)
            .map(|_| {
                let chosen = NAMES.into_iter().filter(|_| random.percent(60));
                let chosen: Vec<&str> = chosen.collect();
                let with_value = chosen.into_iter().map(|name| (name, random.below(3)));
                with_value.collect()
            })
            .collect();
        desired.retain(|desired: &Vec<_>| !desired.is_empty());
        Self {
            bug,
            server,
            past: VecDeque::new(),
            misled: false,
            journal: Vec::new(),
            applied: BTreeSet::new(),
            desired,
            execution: None,
            idle_at: None,
            now: 0,
            wrong: None,
        }
    }

    fn manifests(&self) -> Vec<Value> {
        let desired = self.desired.last().into_iter().flatten();
        desired.map(|(name, value)| map(name, *value)).collect()
    }

    /// Goes on with what was begun, or looks, plans and begins.
    fn deploy(&mut self, turn: &mut Turn<'_>) -> Result<(), Stopped> {
        let Some(now) = Time::from_unix(turn.now()) else {
            return Ok(());
        };
        let mut execution = match self.execution.take() {
            Some(execution) => execution,
            None if self.idle_at == Some(self.server.revision()) => return Ok(()),
            None => {
                let Some(begun) = self.begin(turn) else {
                    return Ok(());
                };
                begun
            }
        };
        let changed = self.journal.len();
        loop {
            match execution.next(now) {
                Next::Record(record) => {
                    self.record(&record, turn)?;
                    execution.recorded();
                }
                Next::Do(operation) => {
                    let answer = self.execute(&operation, turn)?;
                    execution.answered(answer, now);
                }
                Next::Done => {
                    let quiet = self.journal.len() == changed && !self.misled;
                    self.idle_at = quiet.then(|| self.server.revision());
                    return Ok(());
                }
                // What is waited for is looked at in the next turn.
                _ => {
                    self.execution = Some(execution);
                    return Ok(());
                }
            }
        }
    }

    /// The server as it is, or as it was some writes ago.
    fn seen(&mut self, what: &str, turn: &mut Turn<'_>) -> Server {
        let most = u64::try_from(self.past.len()).unwrap_or(0);
        if most == 0 || !turn.is_stale(what) {
            return self.server.clone();
        }
        let behind = turn.random().below(most);
        let behind = usize::try_from(behind).unwrap_or(0);
        let Some(then) = self.past.get(behind) else {
            return self.server.clone();
        };
        self.misled = true;
        Server::builder().from_snapshot(then)
    }

    /// Keeps what is, for looks after the write that comes.
    fn keep(&mut self) {
        self.past.push_front(self.server.snapshot());
        self.past.truncate(BEHIND);
    }

    fn begin(&mut self, turn: &mut Turn<'_>) -> Option<Execution> {
        self.misled = false;
        let inventory = match self.bug {
            Some(Bug::LosesInventory) => Inventory::default(),
            _ => Inventory::replay(&self.journal),
        };
        let (reconciler, desired) = (reconciler(), self.manifests());
        let mut server = self.seen("looks at what is there", turn);
        let observation =
            Observation::new(&desired, &inventory, &reconciler.policy, &reconciler.kinds);
        let observed = observe(&mut server, observation);
        let planned = observed.map_err(|error| error.to_string());
        let planned = planned.and_then(|observed| {
            reconciler
                .plan(&desired, &observed)
                .map_err(|error| error.to_string())
        });
        match planned {
            Ok((_, execution)) => Some(execution),
            Err(error) => {
                turn.wrong("there is a plan", error);
                None
            }
        }
    }

    fn record(&mut self, record: &Record, turn: &mut Turn<'_>) -> Result<(), Stopped> {
        if self.bug == Some(Bug::ForgetsIntent) && matches!(record, Record::Applying { .. }) {
            return Ok(());
        }
        let journal = &mut self.journal;
        let what = format!("records {}", said(record));
        match turn.write(what, || journal.push(record.clone())) {
            // A file is written or not: there is no answer that could get lost.
            Err(Stopped::Refused) if self.journal.last() == Some(record) => Ok(()),
            Err(stopped) => Err(stopped),
            Ok(()) => Ok(()),
        }
    }

    /// An operation with the answer that the deployer gets; what is said to be refused is known to it as that.
    fn execute(
        &mut self,
        operation: &Operation,
        turn: &mut Turn<'_>,
    ) -> Result<Result<Outcome, Refusal>, Stopped> {
        if let (Some(Bug::KeepsAll), Operation::Delete { target, .. }) = (self.bug, operation) {
            return Ok(Err(Refusal::not_found(target)));
        }
        let target = operation.target();
        let get = target.map(Operation::get);
        let before = get.and_then(|get| self.server.execute(&get).ok());
        let before = before.and_then(Outcome::into_object);
        let mut answer = None;
        let written = if operation.is_read() {
            answer = Some(self.seen("looks on the way", turn).execute(operation));
            Ok(())
        } else {
            self.keep();
            let server = &self.server;
            turn.write(operation, || answer = Some(server.execute(operation)))
        };
        if let Some(Ok(outcome)) = &answer {
            self.judge(operation, outcome, before.as_ref());
        }
        match written {
            Err(Stopped::Crashed) => Err(Stopped::Crashed),
            Err(_) => Ok(Err(Refusal::new(Reason::Timeout, "no answer"))),
            Ok(()) => Ok(answer.unwrap_or_else(|| Err(Refusal::internal("no answer")))),
        }
    }

    /// Looks at what an operation did.
    fn judge(&mut self, operation: &Operation, outcome: &Outcome, before: Option<&Value>) {
        match operation {
            Operation::Apply { .. } if outcome.effect() != Some(Effect::Unchanged) => {
                self.applied.extend(outcome.as_object().and_then(uid));
            }
            Operation::Delete { options, .. } if !options.dry_run => {
                let gone = before.and_then(uid).unwrap_or_default();
                if !self.applied.contains(&gone) {
                    let detail = operation.to_string();
                    self.wrong.get_or_insert(Violation::new(THEIRS, detail));
                }
            }
            _ => {}
        }
    }

    fn live(&self) -> Vec<Value> {
        let all: CollectionRef = ResourceRef::of_kind("v1", "ConfigMap").within("default");
        let list = self
            .server
            .execute(&Operation::list(all, ListOptions::default()));
        let list = list.ok().and_then(Outcome::into_list);
        list.map(|list| list.items).unwrap_or_default()
    }

    /// Somebody changes an object, removes it, or takes a free name and gives it back later.
    fn interfere(&mut self, turn: &mut Turn<'_>) {
        let live = self.live();
        let target = |name: &str| {
            ResourceRef::of_kind("v1", "ConfigMap")
                .within("default")
                .named(name)
        };
        let theirs = |map: &&Value| map["metadata"]["annotations"][OWNING_INVENTORY] != US;
        let operation = if turn.round() >= TROUBLE {
            // All they have they give back.
            let theirs = live.iter().find(theirs);
            let name = theirs.and_then(|map| map["metadata"]["name"].as_str());
            name.map(|name| Operation::delete(target(name), DeleteOptions::default()))
        } else if turn.random().percent(30) {
            let name = turn.random().pick(&NAMES).copied().unwrap_or_default();
            let present = live.iter().any(|map| map["metadata"]["name"] == name);
            match turn.random().below(3) {
                0 if present => Some(Operation::delete(target(name), DeleteOptions::default())),
                _ => {
                    let options = ApplyOptions::new("somebody").force();
                    Operation::apply_object(map(name, 7), options).ok()
                }
            }
        } else {
            None
        };
        if let Some(operation) = operation {
            turn.tell_of(&operation);
            self.keep();
            // What is refused is not there any more.
            drop(self.server.execute(&operation));
        }
    }
}

fn map(name: &str, value: u64) -> Value {
    json!({
        "apiVersion": "v1", "kind": "ConfigMap", "data": {"value": value.to_string()},
        "metadata": {"name": name, "namespace": "default"},
    })
}

fn reconciler() -> Reconciler {
    let mut policy = Policy::new("deployer", US);
    policy.most_deleted = None;
    policy.force = true;
    Reconciler::new(policy)
}

fn uid(object: &Value) -> Option<String> {
    object["metadata"]["uid"].as_str().map(str::to_owned)
}

fn said(record: &Record) -> String {
    let value = serde_json::to_value(record).unwrap_or_default();
    format!("{} {}", value["record"], value["object"])
}

impl World for Site {
    fn actors(&self) -> Vec<Actor> {
        vec![
            Actor::controller("deployer"),
            Actor::environment("somebody else"),
        ]
    }

    fn act(&mut self, actor: usize, turn: &mut Turn<'_>) -> Result<(), Stopped> {
        self.now = turn.now();
        if actor == 0 {
            return self.deploy(turn);
        }
        self.interfere(turn);
        Ok(())
    }

    fn forget(&mut self, _: usize) {
        self.execution = None;
        self.idle_at = None;
    }

    fn check(&self) -> Result<(), Violation> {
        if let Some(wrong) = &self.wrong {
            return Err(wrong.clone());
        }
        let inventory = Inventory::replay(&self.journal);
        let live = self.live();
        let mut ours = live
            .iter()
            .filter(|object| object["metadata"]["annotations"][OWNING_INVENTORY] == US);
        match ours.find(|object| !inventory.contains(&ObjectId::of(object))) {
            Some(object) => Err(Violation::new(
                KNOWN,
                object["metadata"]["name"].to_string(),
            )),
            None => Ok(()),
        }
    }

    /// All that is desired is there, nothing else of ours, and nothing more was to do at the last look.
    fn is_settled(&self) -> bool {
        if self.execution.is_some() || self.idle_at != Some(self.server.revision()) {
            return false;
        }
        let live = self.live();
        let found: Vec<(&str, &str)> = live
            .iter()
            .filter(|object| object["metadata"]["annotations"][OWNING_INVENTORY] == US)
            .filter_map(|map| {
                Some((
                    map["metadata"]["name"].as_str()?,
                    map["data"]["value"].as_str()?,
                ))
            })
            .collect();
        let desired: Vec<(&str, String)> = self
            .desired
            .last()
            .into_iter()
            .flatten()
            .map(|(name, value)| (*name, value.to_string()))
            .collect();
        let desired = desired.iter().map(|(name, value)| (*name, value.as_str()));
        found == desired.collect::<Vec<_>>()
    }

    fn advance(&mut self) -> bool {
        self.desired.pop();
        self.idle_at = None;
        !self.desired.is_empty()
    }

    fn summary(&self) -> String {
        let live = self.live();
        let live = live
            .iter()
            .map(|map| format!("{}={}", map["metadata"]["name"], map["data"]["value"]));
        format!(
            "{:?} desired, {:?} there, {} records",
            self.desired.last(),
            live.collect::<Vec<_>>(),
            self.journal.len()
        )
    }
}
