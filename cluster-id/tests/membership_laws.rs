//! Two authorities ask for memberships, and their requests come in any order.

#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test that cannot go on fails"
)]

use std::collections::BTreeMap;

use cluster_id::{
    Rule,
    membership::{Command, Effect, Roster},
};
use proptest::prelude::*;

/// The rules as the texts have them, one after the other, looking at everything.
#[derive(Clone, Debug, Default)]
struct Texts {
    ids: BTreeMap<String, String>,
    sets: BTreeMap<String, String>,
}

impl Texts {
    /// The rule that a command goes against.
    fn against(&self, command: &Command) -> Option<Rule> {
        let cluster = command.cluster().to_string();
        let (id, set) = (self.ids.get(&cluster), self.sets.get(&cluster));
        match command {
            Command::SetId { id: wanted, .. } => (set.is_some()
                && id.map(String::as_str) != Some(wanted.as_str()))
            .then_some(Rule::IdStable),
            Command::DropId { .. } => set.is_some().then_some(Rule::IdStable),
            Command::Join { set: wanted, .. } => {
                let Some(id) = id else {
                    return Some(Rule::JoinNeedsId);
                };
                let others = self
                    .sets
                    .iter()
                    .filter(|(other, set)| **other != cluster && set.as_str() == wanted.as_str());
                match set {
                    Some(set) if set == wanted.as_str() => None,
                    Some(_) => Some(Rule::SetStable),
                    None if others
                        .clone()
                        .any(|(other, _)| self.ids.get(other) == Some(id)) =>
                    {
                        Some(Rule::IdUnique)
                    }
                    None => None,
                }
            }
            Command::Leave { .. } => set.is_none().then_some(Rule::SetOnlyForMembers),
        }
    }

    fn apply(&mut self, command: &Command) {
        let cluster = command.cluster().to_string();
        match command {
            Command::SetId { id, .. } => {
                self.ids.insert(cluster, id.to_string());
            }
            Command::DropId { .. } => {
                self.ids.remove(&cluster);
            }
            Command::Join { set, .. } => {
                self.sets.insert(cluster, set.to_string());
            }
            Command::Leave { .. } => {
                self.sets.remove(&cluster);
            }
        }
    }
}

fn commands() -> impl Strategy<Value = Vec<Command>> {
    let cluster = prop::sample::select(vec!["k1", "k2"]);
    let command = (cluster, 0..6, 0..2_usize).prop_map(|(cluster, op, which)| {
        let cluster = cluster.parse().unwrap();
        match op {
            0 | 1 => Command::SetId {
                cluster,
                id: ["a", "b"][which].parse().unwrap(),
            },
            2 => Command::DropId { cluster },
            3 | 4 => Command::Join {
                cluster,
                set: ["s", "t"][which].parse().unwrap(),
            },
            _ => Command::Leave { cluster },
        }
    });
    prop::collection::vec(command, 0..5)
}

/// Goes on with the next request of either, in every order that there is.
fn interleave(
    roster: &Roster,
    texts: &Texts,
    rest: [&[Command]; 2],
    properties: &BTreeMap<String, BTreeMap<String, String>>,
) {
    let now = "2026-03-01T12:00:00Z".parse().unwrap();
    for (which, other) in [(0, 1), (1, 0)] {
        let Some((command, left)) = rest[which].split_first() else {
            continue;
        };
        let (mut roster, mut texts) = (roster.clone(), texts.clone());
        let mut properties = properties.clone();
        let answer = roster.apply(command, now);
        let refused = answer.as_ref().err().map(cluster_id::Explain::rule);
        let against = texts.against(command);
        // A cluster that is no member cannot leave; the roster's word for that is its own.
        assert_eq!(
            refused.is_some(),
            against.is_some(),
            "{command:?} {answer:?}"
        );
        if !matches!(command, Command::Leave { .. }) {
            assert_eq!(refused, against, "{command:?}");
        }
        if against.is_none() {
            texts.apply(command);
        }
        for effect in answer.unwrap_or_default() {
            match effect {
                Effect::WriteProperty {
                    cluster,
                    property,
                    value,
                } => {
                    let own = properties.entry(cluster.to_string()).or_default();
                    own.insert(property.name().to_owned(), value);
                }
                Effect::DeleteProperty { cluster, property } => {
                    let own = properties.entry(cluster.to_string()).or_default();
                    own.remove(property.name());
                }
                _ => {}
            }
        }
        // What was written into the clusters is what the texts say that they are.
        for cluster in ["k1", "k2"] {
            let own = properties.get(cluster);
            let property = |name: &str| own.and_then(|own| own.get(name));
            assert_eq!(
                property("cluster.clusterset.k8s.io"),
                texts.ids.get(cluster)
            );
            assert_eq!(property("clusterset.k8s.io"), texts.sets.get(cluster));
        }
        let mut rest = [left, rest[other]];
        if which == 1 {
            rest.reverse();
        }
        interleave(&roster, &texts, rest, &properties);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn the_rules_hold_in_every_interleaving(one in commands(), other in commands()) {
        interleave(&Roster::default(), &Texts::default(), [&one, &other], &BTreeMap::new());
    }
}
