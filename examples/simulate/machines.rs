//! Machines and control planes, run by the planners of Cluster API. The fleet is the one that machine-api tests itself with.

use apply_server::simulation::Simulation;

pub(crate) use fleet::Bug;
use fleet::{Fleet, Options};

#[path = "../../machine-api/tests/simulation/fleet/mod.rs"]
#[allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::too_many_lines,
    reason = "it is a test"
)]
mod fleet;

/// A MachineDeployment that rolls to another version.
pub(crate) fn rollout(bug: Option<Bug>) -> Simulation {
    fleet("machine-deployment", bug, |seed| Options {
        workers: workers(seed),
        control_plane: false,
        broken_machines: false,
        bug: None,
    })
}

/// A KubeadmControlPlane that rolls to another version; in every other run machines break.
pub(crate) fn control_plane(bug: Option<Bug>) -> Simulation {
    fleet("control-plane", bug, |seed| Options {
        workers: 0,
        control_plane: true,
        broken_machines: seed % 8 > 3,
        bug: None,
    })
}

/// Workers that break, and health checks that see it.
pub(crate) fn health_checks(bug: Option<Bug>) -> Simulation {
    fleet("health-checks", bug, |seed| Options {
        workers: workers(seed),
        control_plane: false,
        broken_machines: true,
        bug: None,
    })
}

/// Both.
pub(crate) fn cluster(bug: Option<Bug>) -> Simulation {
    fleet("cluster", bug, |seed| Options {
        workers: workers(seed),
        control_plane: true,
        broken_machines: seed % 8 > 3,
        bug: None,
    })
}

fn fleet(name: &str, bug: Option<Bug>, options: fn(u64) -> Options) -> Simulation {
    Simulation::new(name, move |seed| {
        let options = Options {
            bug,
            ..options(seed)
        };
        Fleet::new(seed, options)
    })
}

/// From one to twelve.
fn workers(seed: u64) -> i32 {
    i32::try_from(seed / 4 % 12).unwrap_or_default() + 1
}
