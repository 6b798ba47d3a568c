//! Counts of what was decided, as data.
//!
//! [`Metrics`] come out of a report, a step, a fleet, a table of exports or a roster, and serialise; their text is what
//! Prometheus reads. Nothing is counted behind anybody's back: whoever has the value has its metrics.
//!
//! ```
//! use cluster_id::{inventory::Cluster, metrics::Measure, schedule::Fleet};
//!
//! let mut fleet = Fleet::default();
//! fleet.upsert(Cluster::new("eu-1", [("env", "prod")]));
//! let text = fleet.metrics().labelled("set", "shop").to_string();
//! assert!(text.contains("cluster_id_fleet_clusters{set=\"shop\"} 1\n"));
//! ```

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};

use crate::{
    mcs::{ExportTable, Validity},
    membership::Roster,
    reconcile::Report,
    rollout::Step,
    schedule::Fleet,
};

/// Gauges, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Metrics(BTreeMap<String, Gauge>);

/// What is counted, and how much there is of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gauge {
    /// What is counted.
    pub help: String,
    /// How much there is, by labels.
    pub samples: Vec<Sample>,
}

/// How much there is of something.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sample {
    /// Of what.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// How much.
    pub value: u64,
}

/// Has metrics.
pub trait Measure {
    /// The metrics, as things are now.
    fn metrics(&self) -> Metrics;
}

impl Metrics {
    /// The gauges, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Gauge)> {
        self.0.iter().map(|(name, gauge)| (name.as_str(), gauge))
    }

    /// How much there is of something with exactly these labels.
    pub fn value(&self, name: &str, labels: &[(&str, &str)]) -> Option<u64> {
        let wanted: BTreeMap<&str, &str> = labels.iter().copied().collect();
        let samples = self.0.get(name)?.samples.iter();
        let mut found = samples.filter(|sample| {
            let labels = sample.labels.iter();
            labels
                .map(|(key, value)| (key.as_str(), value.as_str()))
                .eq(wanted.iter().map(|(key, value)| (*key, *value)))
        });
        found.next().map(|sample| sample.value)
    }

    /// The same, all with that label: the cluster or the set that they are of.
    #[must_use]
    pub fn labelled(mut self, key: &str, value: &str) -> Self {
        let samples = self.0.values_mut().flat_map(|gauge| &mut gauge.samples);
        for sample in samples {
            sample.labels.insert(key.to_owned(), value.to_owned());
        }
        self
    }

    /// Adds those of somebody else.
    pub fn extend(&mut self, other: Self) {
        for (name, gauge) in other.0 {
            let own = self.0.entry(name).or_default();
            own.help = gauge.help;
            own.samples.extend(gauge.samples);
        }
    }

    fn add(&mut self, name: &str, help: &str, labels: &[(&str, &str)], value: usize) {
        let gauge = self.0.entry(format!("cluster_id_{name}")).or_default();
        help.clone_into(&mut gauge.help);
        let labels = labels.iter();
        gauge.samples.push(Sample {
            labels: labels
                .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
                .collect(),
            value: u64::try_from(value).unwrap_or(u64::MAX),
        });
    }

    /// One sample for each kind of thing, by the word that it serialises as.
    fn add_kinds<K: Serialize>(
        &mut self,
        name: &str,
        help: &str,
        label: &str,
        things: impl IntoIterator<Item = K>,
    ) {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for thing in things {
            let word = serde_json::to_value(thing).ok();
            let word = word.as_ref().and_then(|word| word.as_str());
            *counts
                .entry(word.unwrap_or_default().to_owned())
                .or_insert(0) += 1;
        }
        for (word, count) in counts {
            self.add(name, help, &[(label, &word)], count);
        }
    }
}

/// The text format of Prometheus.
impl fmt::Display for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, gauge) in &self.0 {
            let help = gauge.help.replace('\\', "\\\\").replace('\n', "\\n");
            writeln!(f, "# HELP {name} {help}")?;
            writeln!(f, "# TYPE {name} gauge")?;
            for sample in &gauge.samples {
                f.write_str(name)?;
                for (index, (key, value)) in sample.labels.iter().enumerate() {
                    let value = value
                        .replace('\\', "\\\\")
                        .replace('"', "\\\"")
                        .replace('\n', "\\n");
                    let before = if index == 0 { "{" } else { "," };
                    write!(f, "{before}{key}=\"{value}\"")?;
                }
                if !sample.labels.is_empty() {
                    f.write_str("}")?;
                }
                writeln!(f, " {}", sample.value)?;
            }
        }
        Ok(())
    }
}

impl Measure for Report {
    fn metrics(&self) -> Metrics {
        let mut metrics = Metrics::default();
        let endings = self.ended.iter().map(|ended| ended.ending);
        let help = "Objects of the last reconciliation by what came of them.";
        metrics.add_kinds("reconcile_objects", help, "ending", endings);
        let help = "Objects of the last reconciliation that wait.";
        metrics.add("reconcile_open", help, &[], self.open);
        metrics
    }
}

impl Measure for Step {
    fn metrics(&self) -> Metrics {
        let mut metrics = Metrics::default();
        let states = [&self.rollout, &self.time_out];
        let phases = states.into_iter().flatten().map(|state| state.phase);
        let help =
            "Clusters of the rollout that have a place, or have lost it, by how far they are.";
        metrics.add_kinds("rollout_clusters", help, "phase", phases);
        let help = "Clusters of the rollout that wait, by reason.";
        metrics.add_kinds("rollout_waiting", help, "reason", self.waiting.values());
        let help = "Clusters that are not selected any more and may have the change.";
        metrics.add("rollout_removed", help, &[], self.removed.len());
        let help = "Whether more clusters failed than may.";
        let breach = usize::from(self.max_failure_breach);
        metrics.add("rollout_breached", help, &[], breach);
        metrics
    }
}

impl Measure for Fleet {
    fn metrics(&self) -> Metrics {
        let mut metrics = Metrics::default();
        metrics.add(
            "fleet_clusters",
            "Clusters that can be chosen among.",
            &[],
            self.len(),
        );
        let (mut placements, mut targets, mut lost, mut missing) = (0, 0, 0, 0);
        for load in self.loads() {
            placements += 1;
            targets += load.targets;
            lost += load.lost;
            missing += load.missing;
        }
        metrics.add("fleet_placements", "Placements.", &[], placements);
        let help = "Clusters that are chosen, counted for each placement.";
        metrics.add("fleet_targets", help, &[], targets);
        let help = "Clusters that placements lack.";
        metrics.add("fleet_missing", help, &[], missing);
        let help = "Clusters that placements lost and may go back to.";
        metrics.add("fleet_lost", help, &[], lost);
        metrics
    }
}

impl Measure for ExportTable {
    fn metrics(&self) -> Metrics {
        let mut metrics = Metrics::default();
        let (mut validities, mut reasons, mut imports): (Vec<Validity>, Vec<_>, usize) =
            (Vec::new(), Vec::new(), 0);
        for key in self.services() {
            let exports = self.exports(key);
            validities.extend(exports.values().map(crate::mcs::Export::validity));
            if let Some(merged) = crate::mcs::merge(&exports) {
                imports += 1;
                reasons.extend(merged.conflicts.into_iter().map(|conflict| conflict.reason));
            }
        }
        let help = "Services that are imported.";
        metrics.add("mcs_imports", help, &[], imports);
        let help = "Exports of services, by whether they take part.";
        metrics.add_kinds("mcs_exports", help, "valid", validities);
        let help = "Services whose exports disagree, by what about.";
        metrics.add_kinds("mcs_conflicts", help, "reason", reasons);
        metrics
    }
}

impl Measure for Roster {
    fn metrics(&self) -> Metrics {
        let mut metrics = Metrics::default();
        let sets = self.memberships().map(|membership| &membership.set);
        metrics.add_kinds(
            "membership_members",
            "Members of ClusterSets.",
            "clusterset",
            sets,
        );
        metrics
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        inventory::{Cluster, Group},
        membership::Command,
        rollout::{ClusterState, Limits, Phase, Strategy, step},
        schedule::Placement,
    };

    #[test]
    fn a_fleet_counts_what_it_has_and_lacks() {
        let mut fleet = Fleet::default();
        fleet.upsert(Cluster::new("a", [("env", "prod")]));
        let placement = Placement {
            number_of_clusters: Some(3),
            ..Placement::default()
        };
        fleet.place("web", placement).unwrap();
        let decision = fleet
            .decide("web", "2026-03-01T00:00:00Z".parse().unwrap())
            .unwrap();
        fleet.commit("web", &decision);
        fleet.remove("a");
        let value = |name: &str| {
            fleet
                .metrics()
                .value(&format!("cluster_id_fleet_{name}"), &[])
        };
        assert_eq!(
            ["clusters", "placements", "targets", "missing", "lost"].map(value),
            [Some(0), Some(1), Some(0), Some(3), Some(1)]
        );
    }

    #[test]
    fn the_text_is_what_prometheus_reads() {
        let state = |cluster: &str, phase| ClusterState {
            cluster: cluster.to_owned(),
            phase,
            since: None,
        };
        let groups = [Group::of(0, "", ["a", "b", "c"])];
        let states = [state("a", Phase::Progressing), state("b", Phase::Failed)];
        let now = "2026-03-01T00:00:00Z".parse().unwrap();
        let step = step(
            &Strategy::Progressive(Limits::default()),
            &groups,
            &states,
            now,
        );
        let metrics = step.metrics().labelled("rollout", "a \"b\"");
        let text = metrics.to_string();
        assert!(
            text.contains("# TYPE cluster_id_rollout_waiting gauge\n"),
            "{text}"
        );
        let line = "cluster_id_rollout_waiting{reason=\"MaxFailures\",rollout=\"a \\\"b\\\"\"} 1\n";
        assert!(text.contains(line), "{text}");
        let read: Metrics = serde_json::from_value(json!(metrics)).unwrap();
        assert_eq!(read, metrics);
    }

    #[test]
    fn those_of_several_are_one() {
        let mut roster = Roster::default();
        let now = "2026-03-01T00:00:00Z".parse().unwrap();
        for (cluster, set) in [("k1", "s"), ("k2", "s"), ("k3", "t")] {
            let uid: crate::id::PhysicalCluster = cluster.parse().unwrap();
            let id = Command::SetId {
                cluster: uid.clone(),
                id: cluster.parse().unwrap(),
            };
            let join = Command::Join {
                cluster: uid,
                set: set.parse().unwrap(),
            };
            roster.apply(&id, now).unwrap();
            roster.apply(&join, now).unwrap();
        }
        let mut metrics = roster.metrics();
        metrics.extend(Fleet::default().metrics());
        metrics.extend(ExportTable::default().metrics());
        let members =
            |set: &str| metrics.value("cluster_id_membership_members", &[("clusterset", set)]);
        assert_eq!(
            (members("s"), members("t"), members("u")),
            (Some(2), Some(1), None)
        );
        assert_eq!(metrics.value("cluster_id_mcs_imports", &[]), Some(0));
    }
}
