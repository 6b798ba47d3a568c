//! Many clusters, and what goes to them.
#![allow(
    clippy::expect_used,
    reason = "a measurement without its input cannot go on"
)]

use std::sync::LazyLock;

use cluster_id::{
    divide::Strategy as Division,
    inventory::{Cluster, Group, Taint, TaintEffect},
    rollout::{ClusterState, Limits, Phase, Portion, Strategy},
    schedule::{Bounds, Candidate, Constraints, Fleet, Placement, Spread},
};
use componentconfig::core::Time;
use serde_json::json;

/// When the decisions are taken.
pub static NOW: LazyLock<Time> = LazyLock::new(|| {
    "2027-01-15T08:00:00Z"
        .parse()
        .expect("a time in the form that is read")
});

/// The name of a cluster.
fn name(index: usize) -> String {
    format!("cluster-{index:06}")
}

/// A cluster with three labels, and in one of ten cases a taint; `round` changes what is allocatable.
pub fn heartbeat(index: usize, round: usize) -> Cluster {
    let environment = ["prod", "test", "dev"].get(index % 3);
    let taint = index.is_multiple_of(10).then(|| Taint {
        key: "maintenance".to_owned(),
        value: String::new(),
        effect: TaintEffect::NoSelect,
        time_added: Some(*NOW),
    });
    let amount = |amount: usize| amount.to_string().parse().unwrap_or_default();
    Cluster {
        name: name(index),
        labels: [
            (
                "env".to_owned(),
                environment.copied().unwrap_or_default().to_owned(),
            ),
            ("region".to_owned(), format!("region-{}", index % 20)),
            ("tier".to_owned(), format!("tier-{}", index % 5)),
        ]
        .into(),
        taints: taint.into_iter().collect(),
        allocatable: [("cpu".to_owned(), amount(1 + (index + round) % 64))].into(),
        capacity: [("cpu".to_owned(), amount(64))].into(),
        ..Cluster::default()
    }
}

/// A placement of five clusters by a label, one of 40.
fn placement(index: usize) -> Placement {
    let (key, value) = match index % 40 {
        region @ 0..20 => ("region", format!("region-{region}")),
        tier @ 20..35 => ("tier", format!("tier-{}", tier % 5)),
        other => (
            "env",
            ["prod", "test"]
                .get(other % 2)
                .copied()
                .unwrap_or_default()
                .to_owned(),
        ),
    };
    let selector = json!({"labelSelector": {"matchLabels": {key: value}}});
    let placement = json!({
        "numberOfClusters": 5,
        "predicates": [{"requiredClusterSelector": selector}],
    });
    serde_json::from_value(placement).unwrap_or_default()
}

/// That many clusters; that many placements, the first 1,000 decided. `placement-7` may go to all clusters.
pub fn fleet(clusters: usize, placements: usize) -> Fleet {
    let mut fleet = Fleet::default();
    for index in 0..clusters {
        fleet.upsert(heartbeat(index, 0));
    }
    for index in 0..placements {
        let mut placement = placement(index);
        if index == 7 {
            placement.predicates.clear();
        }
        let name = format!("placement-{index}");
        if fleet.place(&name, placement).is_err() || index >= 1000 {
            continue;
        }
        if let Ok(decision) = fleet.decide(&name, *NOW) {
            fleet.commit(&name, &decision);
        }
    }
    fleet
}

/// What is asked of regions.
#[derive(Clone, Copy, Debug)]
pub struct Asked(Constraints);

impl Asked {
    /// Of those clusters.
    pub fn of(self, candidates: &[Candidate]) -> Spread<'_> {
        Spread {
            constraints: self.0,
            strategy: Division::DynamicWeight,
            replicas: 100,
            candidates,
        }
    }
}

/// Clusters in that many regions, of which half are needed.
pub fn regions(count: usize) -> (Vec<Candidate>, Asked) {
    let candidates = (0..count * 4).map(|index| Candidate {
        name: name(index),
        region: format!("region-{:03}", index % count),
        score: u64::from(index.is_multiple_of(7)) * 100,
        available: u64::try_from(index * 7 % 13).unwrap_or(0),
        tier: 0,
    });
    let half = count / 2;
    let region = Bounds {
        min: half,
        max: half,
    };
    let cluster = Bounds {
        min: half * 2,
        max: half * 3,
    };
    let constraints = Constraints {
        region: Some(region),
        cluster: Some(cluster),
    };
    (candidates.collect(), Asked(constraints))
}

/// A rollout to ten percent of the clusters at a time.
#[derive(Clone, Debug)]
pub struct Rollout {
    /// How.
    pub strategy: Strategy,
    /// To whom.
    pub groups: Vec<Group>,
    /// How far each is.
    pub states: Vec<ClusterState>,
}

/// A rollout to that many clusters, half done.
pub fn rollout(clusters: usize) -> Rollout {
    let states = (0..clusters / 2).map(|index| ClusterState {
        cluster: name(index),
        phase: if index.is_multiple_of(20) {
            Phase::Progressing
        } else {
            Phase::Succeeded
        },
        since: Some(*NOW),
    });
    Rollout {
        strategy: Strategy::Progressive(Limits {
            max_concurrency: Some(Portion::Percent(10.0)),
            ..Limits::default()
        }),
        groups: vec![Group::of(0, "", (0..clusters).map(name))],
        states: states.collect(),
    }
}
