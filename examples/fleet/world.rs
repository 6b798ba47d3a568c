//! What whoever runs the fleet knows.

use std::collections::BTreeMap;

use apply_server::{Clock as _, ManualClock};
use cluster_id::{mcs::ExportTable, membership::Roster, rollout::ClusterState, schedule::Fleet};
use componentconfig::core::Time;
use examples::timeline::Timeline;

use crate::{Failure, site::Site};

/// The name of the ClusterSet.
pub(crate) const SET: &str = "shop";

/// The fleet, and what is known of it.
pub(crate) struct World {
    pub(crate) clock: ManualClock,
    pub(crate) roster: Roster,
    pub(crate) sites: BTreeMap<String, Site>,
    pub(crate) exports: ExportTable,
    pub(crate) fleet: Fleet,
    /// How far each cluster is with the change that is rolled out.
    pub(crate) states: BTreeMap<String, ClusterState>,
    pub(crate) timeline: Timeline,
}

impl World {
    pub(crate) fn new() -> Result<Self, Failure> {
        let clock = ManualClock::at("2026-03-01T09:00:00Z".parse::<Time>()?.unix());
        let mut sites = BTreeMap::new();
        let clusters = [
            ("eu-1", "eu", "prod"),
            ("eu-2", "eu", "prod"),
            ("us-1", "us", "prod"),
            ("us-2", "us", "prod"),
            ("lab", "eu", "test"),
        ];
        for (seed, (name, region, env)) in (1..).zip(clusters) {
            sites.insert(name.to_owned(), Site::new(name, region, env, seed, &clock)?);
        }
        Ok(Self {
            timeline: Timeline::new("What each cluster had when"),
            clock,
            roster: Roster::default(),
            sites,
            exports: ExportTable::default(),
            fleet: Fleet::default(),
            states: BTreeMap::new(),
        })
    }

    pub(crate) fn now(&self) -> Result<Time, Failure> {
        Time::from_unix(self.clock.unix_seconds()).ok_or_else(|| "the clock has no time".into())
    }

    pub(crate) fn site(&mut self, name: &str) -> Result<&mut Site, Failure> {
        let site = self.sites.get_mut(name);
        site.ok_or_else(|| format!("there is no cluster {name}").into())
    }
}

/// Prints a title and what belongs to it.
pub(crate) fn tell(title: &str, text: &impl std::fmt::Display) {
    println!("## {title}\n\n{text}");
}
