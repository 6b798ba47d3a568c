//! Two authorities keep one roster: each wants memberships for its clusters, some under IDs that the other wants too, and writes into the
//! clusters what follows.

use std::collections::{BTreeMap, BTreeSet};

use apply_server::simulation::{Actor, Random, Simulation, Stopped, Turn, Violation, World};
use cluster_id::{
    Explain as _,
    id::PhysicalCluster,
    membership::{Command, Roster},
};
use componentconfig::core::Time;

use crate::planted::Membership as Bug;

const UNIQUE: &str = "an ID means one member of a set";
const STABLE: &str = "a member keeps set and ID until it leaves";
const EPOCHS: &str = "the number of a membership is never used again";

/// What the authorities want of a cluster, one after the other.
const CLUSTERS: [(&str, usize); 6] = [
    ("uid-1", 0),
    ("uid-2", 1),
    ("uid-3", 0),
    ("uid-4", 1),
    ("uid-5", 0),
    ("uid-6", 1),
];

pub(crate) fn simulation(bug: Option<Bug>) -> Simulation {
    Simulation::new("membership", move |seed| Site::new(seed, bug))
}

/// The roster with the number of its last write.
#[derive(Clone, Default)]
struct Kept {
    roster: Roster,
    version: u64,
}

/// What one of the two has in memory.
#[derive(Clone, Default)]
struct Authority {
    seen: Option<Kept>,
}

struct Site {
    bug: Option<Bug>,
    kept: Kept,
    /// What stands in each cluster: its ID and its set.
    properties: BTreeMap<PhysicalCluster, (String, String)>,
    /// What is still wanted, of each authority.
    wishes: [Vec<Command>; 2],
    memory: [Authority; 2],
    /// All memberships that there were, by number.
    epochs: BTreeMap<u64, (PhysicalCluster, String, String)>,
    /// The numbers of memberships whose clusters were asked to leave.
    left: BTreeSet<u64>,
    wrong: Option<Violation>,
}

impl Site {
    fn new(seed: u64, bug: Option<Bug>) -> Self {
        let mut random = Random::new(seed);
        let mut wishes = [Vec::new(), Vec::new()];
        for _ in 0..3 {
            for (cluster, authority) in CLUSTERS {
                let (Some(wishes), Ok(cluster)) = (
                    wishes.get_mut(authority),
                    cluster.parse::<PhysicalCluster>(),
                ) else {
                    continue;
                };
                wishes.extend(episode(&cluster, &mut random));
            }
        }
        for wishes in &mut wishes {
            wishes.reverse();
        }
        Self {
            bug,
            kept: Kept::default(),
            properties: BTreeMap::new(),
            wishes,
            memory: [Authority::default(), Authority::default()],
            epochs: BTreeMap::new(),
            left: BTreeSet::new(),
            wrong: None,
        }
    }

    /// Looks at the roster, does the next thing that is wanted, and then whatever the clusters lack.
    fn decide(&mut self, who: usize, turn: &mut Turn<'_>) -> Result<(), Stopped> {
        let stale = turn.is_stale("looks at the roster");
        // With one roster each, nobody ever looks at the other's.
        let alone = self.bug == Some(Bug::TwoRosters);
        let Some(memory) = self.memory.get_mut(who) else {
            return Ok(());
        };
        match &memory.seen {
            Some(_) if stale || alone => {}
            _ => memory.seen = Some(self.kept.clone()),
        }
        let Some(mut seen) = memory.seen.clone() else {
            return Ok(());
        };
        let Some(now) = Time::from_unix(turn.now()) else {
            return Ok(());
        };
        let wish = self
            .wishes
            .get(who)
            .and_then(|wishes| wishes.last())
            .cloned();
        if let Some(wish) = &wish {
            match seen.roster.apply(wish, now) {
                Ok(effects) => {
                    if !effects.is_empty() {
                        self.keep(who, wish, seen.clone(), turn)?;
                    }
                    self.fulfilled(who);
                }
                // What is refused is wanted no more; but the refusal has to be true of what is, not of what was.
                Err(refusal) if seen.version == self.kept.version || alone => {
                    turn.tell_of(format_args!("is refused: {}", refusal.explanation()));
                    self.fulfilled(who);
                }
                Err(_) => {}
            }
        }
        let just = wish.as_ref().map(Command::cluster);
        self.repair(who, &seen.roster, just, turn)
    }

    fn fulfilled(&mut self, who: usize) {
        if let Some(wishes) = self.wishes.get_mut(who) {
            wishes.pop();
        }
    }

    /// Writes the roster, if it is still the one that was looked at.
    fn keep(
        &mut self,
        who: usize,
        wish: &Command,
        seen: Kept,
        turn: &mut Turn<'_>,
    ) -> Result<(), Stopped> {
        let cluster = wish.cluster();
        if matches!(wish, Command::Leave { .. }) {
            // The cluster forgets its set before anybody else may have its ID there.
            let id = self.properties.get(cluster).cloned().unwrap_or_default().0;
            self.put(cluster, (id, String::new()), turn)?;
            let membership = self.kept.roster.membership(cluster);
            let number = membership.map(|membership| membership.epoch.number());
            self.left.extend(number);
        }
        let Some(memory) = self.memory.get_mut(who) else {
            return Ok(());
        };
        if self.bug == Some(Bug::TwoRosters) {
            memory.seen = Some(seen);
            return Ok(());
        }
        // Whatever comes of it: it looks again.
        memory.seen = None;
        let (kept, blind) = (&mut self.kept, self.bug == Some(Bug::LostUpdate));
        let done = turn.write(format_args!("writes the roster: {}", said(wish)), || {
            if kept.version != seen.version && !blind {
                return false;
            }
            *kept = Kept {
                version: kept.version + 1,
                roster: seen.roster.clone(),
            };
            true
        });
        self.note();
        if done? {
            return Ok(());
        }
        turn.tell_of("is told that the roster has changed");
        Err(Stopped::Refused)
    }

    /// Writes into clusters what the roster says and they do not.
    fn repair(
        &mut self,
        who: usize,
        roster: &Roster,
        just: Option<&PhysicalCluster>,
        turn: &mut Turn<'_>,
    ) -> Result<(), Stopped> {
        let own = CLUSTERS.iter().filter(|(_, authority)| *authority == who);
        for (cluster, _) in own {
            let Ok(cluster) = cluster.parse::<PhysicalCluster>() else {
                continue;
            };
            let wanted = said_of(roster, &cluster);
            let present = self.properties.get(&cluster).cloned().unwrap_or_default();
            let told_once = self.bug == Some(Bug::NoRepair) && just != Some(&cluster);
            if wanted == present || told_once {
                continue;
            }
            self.put(&cluster, wanted, turn)?;
        }
        Ok(())
    }

    /// Writes ID and set into a cluster.
    fn put(
        &mut self,
        cluster: &PhysicalCluster,
        (id, set): (String, String),
        turn: &mut Turn<'_>,
    ) -> Result<(), Stopped> {
        let what = format!("writes ID {id:?} and set {set:?} into {cluster}");
        let properties = &mut self.properties;
        turn.write(what, || drop(properties.insert(cluster.clone(), (id, set))))
    }

    /// Notes down the memberships that there are, and looks at what became of those that there were.
    fn note(&mut self) {
        let mut found = None;
        for (cluster, _) in CLUSTERS {
            let Ok(cluster) = cluster.parse::<PhysicalCluster>() else {
                continue;
            };
            let Some(membership) = self.kept.roster.membership(&cluster) else {
                continue;
            };
            let now = (
                cluster,
                membership.set.to_string(),
                membership.id.to_string(),
            );
            let number = membership.epoch.number();
            match self.epochs.get(&number) {
                Some(before) if *before != now => {
                    found = Some(Violation::new(
                        EPOCHS,
                        format!("{number} was {before:?}, and is {now:?}"),
                    ));
                }
                Some(_) => {}
                None => drop(self.epochs.insert(number, now)),
            }
        }
        let members: BTreeSet<u64> = self
            .kept
            .roster
            .memberships()
            .map(|membership| membership.epoch.number())
            .collect();
        let ended = self
            .epochs
            .iter()
            .find(|(number, _)| !members.contains(number) && !self.left.contains(number));
        if let Some((_, membership)) = ended {
            found =
                found.or_else(|| Some(Violation::new(STABLE, format!("{membership:?} was lost"))));
        }
        self.wrong = self.wrong.take().or(found);
    }
}

/// A cluster gets an ID, joins, and may leave again.
fn episode(cluster: &PhysicalCluster, random: &mut Random) -> Vec<Command> {
    let ids = ["prod", "stage", "edge"];
    let (id, set) = (random.pick(&ids), random.pick(&["s", "t"]));
    let (Some(Ok(id)), Some(Ok(set))) = (id.map(|id| id.parse()), set.map(|set| set.parse()))
    else {
        return Vec::new();
    };
    let cluster = || cluster.clone();
    let mut commands = vec![
        Command::SetId {
            cluster: cluster(),
            id,
        },
        Command::Join {
            cluster: cluster(),
            set,
        },
    ];
    if random.percent(60) {
        commands.push(Command::Leave { cluster: cluster() });
    }
    commands
}

fn said(command: &Command) -> String {
    match command {
        Command::SetId { cluster, id } => format!("{cluster} goes by {id}"),
        Command::DropId { cluster } => format!("{cluster} goes by nothing"),
        Command::Join { cluster, set } => format!("{cluster} joins {set}"),
        Command::Leave { cluster } => format!("{cluster} leaves"),
    }
}

fn said_of(roster: &Roster, cluster: &PhysicalCluster) -> (String, String) {
    let id = roster.id(cluster).map(ToString::to_string);
    let membership = roster.membership(cluster);
    let set = membership.map(|membership| membership.set.to_string());
    (id.unwrap_or_default(), set.unwrap_or_default())
}

impl World for Site {
    fn actors(&self) -> Vec<Actor> {
        vec![
            Actor::controller("authority of the platform"),
            Actor::controller("authority of the edge"),
        ]
    }

    fn act(&mut self, actor: usize, turn: &mut Turn<'_>) -> Result<(), Stopped> {
        self.decide(actor, turn)
    }

    fn forget(&mut self, actor: usize) {
        if let Some(memory) = self.memory.get_mut(actor) {
            *memory = Authority::default();
        }
    }

    fn check(&self) -> Result<(), Violation> {
        if let Some(wrong) = &self.wrong {
            return Err(wrong.clone());
        }
        let mut holders = BTreeSet::new();
        for (id, set) in self.properties.values() {
            if !set.is_empty() && !holders.insert((id, set)) {
                return Err(Violation::new(UNIQUE, format!("{id} in {set}")));
            }
        }
        Ok(())
    }

    fn is_settled(&self) -> bool {
        let written = CLUSTERS.iter().all(|(cluster, _)| {
            cluster.parse::<PhysicalCluster>().is_ok_and(|cluster| {
                let present = self.properties.get(&cluster).cloned().unwrap_or_default();
                present == said_of(&self.kept.roster, &cluster)
            })
        });
        written && self.wishes.iter().all(Vec::is_empty)
    }

    fn summary(&self) -> String {
        let left: usize = self.wishes.iter().map(Vec::len).sum();
        format!(
            "{left} wishes are left; the clusters say {:?}",
            self.properties
        )
    }
}
