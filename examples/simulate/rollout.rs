//! A change goes to clusters in stages: a canary, some, the rest. Agents in the clusters come to have it, or fail.

use std::collections::BTreeMap;

use apply_server::simulation::{Actor, Random, Simulation, Stopped, Turn, Violation, World};
use cluster_id::{
    inventory::Group,
    rollout::{ClusterState, Deadline, OnBreach, Phase, Portion, Stage, Stages, Strategy, step},
};
use componentconfig::{core::Time, scalar::Duration};

use crate::planted::Rollout as Bug;

const AT_ONCE: &str = "no more clusters at once than maxConcurrency";
const ORDER: &str = "a stage begins when the one before is done and was watched";
const BREACH: &str = "nothing begins once too many failed";

const STAGES: [(&str, usize, i32, i64); 3] =
    [("canary", 1, 1, 60), ("some", 4, 2, 30), ("rest", 7, 3, 0)];

pub(crate) fn simulation(bug: Option<Bug>) -> Simulation {
    Simulation::new("rollout", move |seed| Fleet::new(seed, bug))
}

/// What is true of a cluster, and since when it says so.
#[derive(Clone)]
struct Cluster {
    stage: usize,
    state: Option<ClusterState>,
    /// When the agent will have done its work, and whether well.
    ends: u64,
    fails: bool,
}

struct Fleet {
    bug: Option<Bug>,
    groups: Vec<Group>,
    strategy: Strategy,
    clusters: BTreeMap<String, Cluster>,
    /// What the controller has seen.
    seen: Option<Vec<ClusterState>>,
    breached: bool,
    /// How many clusters of a stage may fail.
    tolerated: usize,
    now: i64,
    wrong: Option<Violation>,
}

impl Fleet {
    fn new(seed: u64, bug: Option<Bug>) -> Self {
        let mut random = Random::new(seed);
        let tolerated = usize::from(random.percent(30));
        let trouble = random.percent(50);
        let (mut clusters, mut groups, mut stages) = (BTreeMap::new(), Vec::new(), Vec::new());
        for (place, (name, size, most, soak)) in STAGES.into_iter().enumerate() {
            let names: Vec<String> = (0..size).map(|number| format!("{name}-{number}")).collect();
            for name in &names {
                let cluster = Cluster {
                    stage: place,
                    state: None,
                    ends: 2 + random.below(6),
                    fails: trouble && random.percent(15),
                };
                clusters.insert(name.clone(), cluster);
            }
            groups.push(Group::of(place, name, names));
            stages.push(Stage {
                name: name.to_owned(),
                max_concurrency: Some(Portion::Count(most)),
                max_failures: Some(Portion::Count(i32::from(tolerated > 0))),
                soak: Duration::from_secs(soak),
                progress_deadline: Deadline::After(Duration::from_secs(3_000)),
                ..Stage::default()
            });
        }
        let strategy = Strategy::Stages(Stages {
            stages,
            on_breach: OnBreach::Halt,
            ..Stages::default()
        });
        Self {
            bug,
            groups,
            strategy,
            clusters,
            seen: None,
            breached: false,
            tolerated,
            now: 0,
            wrong: None,
        }
    }

    fn states(&self) -> Vec<ClusterState> {
        let clusters = self.clusters.values();
        clusters
            .filter_map(|cluster| cluster.state.clone())
            .collect()
    }

    /// Looks where all clusters are, and tells those whose turn it is.
    fn control(&mut self, turn: &mut Turn<'_>) -> Result<(), Stopped> {
        let stale = turn.is_stale("looks where the clusters are");
        if self.seen.is_none() || !stale {
            self.seen = Some(self.states());
        }
        let mut seen = self.seen.clone().unwrap_or_default();
        let early = if self.bug == Some(Bug::NoSoak) { 60 } else { 0 };
        let taken_for_done = match self.bug {
            Some(Bug::Hasty) => Some(Phase::Progressing),
            Some(Bug::GoesOn) => Some(Phase::Failed),
            _ => None,
        };
        for state in &mut seen {
            if Some(state.phase) == taken_for_done {
                state.phase = Phase::Succeeded;
            }
        }
        let Some(now) = Time::from_unix(turn.now() + early) else {
            return Ok(());
        };
        let plan = step(&self.strategy, &self.groups, &seen, now);
        self.breached |= plan.max_failure_breach;
        let to_apply = plan.rollout.iter();
        let to_apply = to_apply.filter(|state| state.phase == Phase::ToApply);
        let mut next: Vec<String> = to_apply.map(|state| state.cluster.clone()).collect();
        if self.bug == Some(Bug::OneMore)
            && let Some(more) = plan.waiting.keys().next()
            && !next.is_empty()
        {
            next.push(more.clone());
        }
        for name in next {
            self.tell(&name, turn)?;
        }
        Ok(())
    }

    fn tell(&mut self, name: &str, turn: &mut Turn<'_>) -> Result<(), Stopped> {
        let Some(cluster) = self.clusters.get_mut(name) else {
            return Ok(());
        };
        if cluster.state.is_some() {
            return Ok(());
        }
        let state = ClusterState {
            cluster: name.to_owned(),
            phase: Phase::ToApply,
            since: Time::from_unix(turn.now()),
        };
        let stage = cluster.stage;
        let present = &mut cluster.state;
        let done = turn.write(format_args!("tells {name} to have the change"), || {
            *present = Some(state.clone());
        });
        if present.is_some() {
            self.now = turn.now();
            self.begun(stage);
        }
        if done.is_err() {
            // It looks before it does anything else.
            self.seen = None;
        } else if let Some(seen) = &mut self.seen {
            seen.push(state);
        }
        done
    }

    /// A cluster of that stage began.
    fn begun(&mut self, stage: usize) {
        let before = self.clusters.values().filter(|other| other.stage < stage);
        let mut last = i64::MIN;
        let mut failed = [0; STAGES.len()];
        for other in before {
            match &other.state {
                Some(state) if state.phase == Phase::Succeeded => {
                    last = last.max(state.since.map_or(0, Time::unix));
                }
                Some(state) if state.phase == Phase::Failed => {
                    last = last.max(state.since.map_or(0, Time::unix));
                    if let Some(failed) = failed.get_mut(other.stage) {
                        *failed += 1;
                    }
                }
                _ => {
                    let detail = format!("stage {stage} began before");
                    self.wrong.get_or_insert(Violation::new(ORDER, detail));
                }
            }
        }
        let soak = stage.checked_sub(1).and_then(|before| STAGES.get(before));
        let soak = soak.map_or(0, |(.., soak)| *soak);
        if last > i64::MIN && self.now - last < soak && failed.iter().all(|failed| *failed == 0) {
            let detail = format!("{} of {soak} seconds", self.now - last);
            self.wrong.get_or_insert(Violation::new(ORDER, detail));
        }
        if self.breached || failed.iter().any(|failed| *failed > self.tolerated) {
            let detail = format!("stage {stage} goes on");
            self.wrong.get_or_insert(Violation::new(BREACH, detail));
        }
    }

    /// The agents: they hear of the change some time later, and are done some time after that.
    fn agents(&mut self, turn: &mut Turn<'_>) {
        let now = Time::from_unix(turn.now());
        for (name, cluster) in &mut self.clusters {
            let Some(state) = &mut cluster.state else {
                continue;
            };
            let next = match state.phase {
                Phase::ToApply if turn.random().percent(40) => Phase::Progressing,
                Phase::Progressing if cluster.ends == 0 && cluster.fails => Phase::Failed,
                Phase::Progressing if cluster.ends == 0 => Phase::Succeeded,
                Phase::Progressing => {
                    cluster.ends -= 1;
                    continue;
                }
                _ => continue,
            };
            state.phase = next;
            state.since = now;
            turn.tell_of(format_args!("{name} is {next}"));
        }
    }

    fn phases(&self, phases: &[Phase]) -> usize {
        let states = self
            .clusters
            .values()
            .filter_map(|cluster| cluster.state.as_ref());
        states.filter(|state| phases.contains(&state.phase)).count()
    }
}

impl World for Fleet {
    fn actors(&self) -> Vec<Actor> {
        vec![
            Actor::controller("rollout controller"),
            Actor::environment("agents"),
        ]
    }

    fn act(&mut self, actor: usize, turn: &mut Turn<'_>) -> Result<(), Stopped> {
        if actor == 0 {
            return self.control(turn);
        }
        self.agents(turn);
        Ok(())
    }

    fn forget(&mut self, _: usize) {
        self.seen = None;
    }

    fn check(&self) -> Result<(), Violation> {
        if let Some(wrong) = &self.wrong {
            return Err(wrong.clone());
        }
        for (place, (name, _, most, _)) in STAGES.into_iter().enumerate() {
            let clusters = self
                .clusters
                .values()
                .filter(|cluster| cluster.stage == place);
            let states = clusters.filter_map(|cluster| cluster.state.as_ref());
            let under_way = states
                .filter(|state| matches!(state.phase, Phase::ToApply | Phase::Progressing))
                .count();
            if under_way > usize::try_from(most).unwrap_or_default() {
                let detail = format!("{under_way} of {name} are on their way, {most} may be");
                return Err(Violation::new(AT_ONCE, detail));
            }
        }
        Ok(())
    }

    /// All have it; or too many failed, and those that began have ended.
    fn is_settled(&self) -> bool {
        let on_their_way = self.phases(&[Phase::ToApply, Phase::Progressing]);
        let ended = self.phases(&[Phase::Succeeded, Phase::Failed]);
        on_their_way == 0 && (ended == self.clusters.len() || self.breached)
    }

    fn summary(&self) -> String {
        let states = self.states();
        let states = states
            .iter()
            .map(|state| format!("{} {}", state.cluster, state.phase));
        states.collect::<Vec<_>>().join(", ")
    }
}
