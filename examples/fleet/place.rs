//! Where the workload goes.

use cluster_id::schedule::{Placement, Stickiness};
use examples::table::Table;
use serde_json::json;

use crate::{
    Failure,
    world::{World, tell},
};

/// The name of the placement.
pub(crate) const WEB: &str = "web";

pub(crate) fn place(world: &mut World) -> Result<(), Failure> {
    let mut placement: Placement = serde_json::from_value(json!({
        "numberOfClusters": 3,
        "predicates": [{"requiredClusterSelector": {"labelSelector": {"matchLabels": {"env": "prod"}}}}],
    }))?;
    placement.stickiness = Stickiness::Hold;
    world.fleet.place(WEB, placement)?;
    let told = decide(world)?;
    tell("Three clusters of env=prod get the workload", &told);
    Ok(())
}

/// Decides, and says why for every cluster.
pub(crate) fn decide(world: &mut World) -> Result<Table<3>, Failure> {
    let now = world.now()?;
    let decision = world.fleet.decide(WEB, now)?;
    let mut table = Table::new(["CLUSTER", "CHOSEN", "WHY"]);
    for name in world.sites.keys() {
        let verdict = world.fleet.explain(WEB, name, now)?;
        let mut targets = decision.targets.iter();
        let chosen = targets.any(|target| *target.cluster == **name);
        table.row([
            name,
            if chosen { "yes" } else { "no" },
            &verdict.to_string(),
        ]);
    }
    world.fleet.commit(WEB, &decision);
    Ok(table)
}
