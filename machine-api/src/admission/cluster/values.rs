//! Values of variables in a Cluster.

use componentconfig::field::{Errors, Path};

use super::{super::check::path, Request};
use crate::{
    core::v1beta2::{ClusterClass, ClusterClassStatusVariable, ClusterVariable, Topology},
    variables::{self, Scope},
};

/// Adds the defaults of variables and validates their values, those of the Cluster and those of its parts.
pub(super) fn default_and_validate(
    topology: &mut Topology,
    old: Option<&Topology>,
    class: &ClusterClass,
    request: &Request<'_>,
) -> Errors {
    let places = Places {
        definitions: &class.status.variables,
        request,
    };
    let at = path(&["spec", "topology"]);
    let mut errors = Errors::default();
    let was = old.map_or(&[][..], |old| &old.variables);
    places.check(
        &mut topology.variables,
        was,
        Scope::Cluster,
        &at.child("variables"),
        &mut errors,
    );
    let part = &mut topology.control_plane.variables.overrides;
    let was = old.map_or(&[][..], |old| &old.control_plane.variables.overrides);
    let place = at
        .child("controlPlane")
        .child("variables")
        .child("overrides");
    places.check(part, was, Scope::Part, &place, &mut errors);
    let workers = at.child("workers");
    for deployment in &mut topology.workers.machine_deployments {
        let mut olds = old
            .into_iter()
            .flat_map(|old| &old.workers.machine_deployments);
        let was = olds.find(|was| was.name == deployment.name);
        let was = was.map_or(&[][..], |was| &was.variables.overrides);
        let place = workers
            .child("machineDeployments")
            .key(deployment.name.clone());
        let place = place.child("variables").child("overrides");
        places.check(
            &mut deployment.variables.overrides,
            was,
            Scope::Part,
            &place,
            &mut errors,
        );
    }
    for pool in &mut topology.workers.machine_pools {
        let mut olds = old.into_iter().flat_map(|old| &old.workers.machine_pools);
        let was = olds.find(|was| was.name == pool.name);
        let was = was.map_or(&[][..], |was| &was.variables.overrides);
        let place = workers.child("machinePools").key(pool.name.clone());
        let place = place.child("variables").child("overrides");
        places.check(
            &mut pool.variables.overrides,
            was,
            Scope::Part,
            &place,
            &mut errors,
        );
    }
    errors
}

struct Places<'a> {
    definitions: &'a [ClusterClassStatusVariable],
    request: &'a Request<'a>,
}

impl Places<'_> {
    /// Validates the values with their defaults, or as they are if they have none.
    fn check(
        &self,
        values: &mut Vec<ClusterVariable>,
        old: &[ClusterVariable],
        scope: Scope,
        at: &Path,
        errors: &mut Errors,
    ) {
        if scope == Scope::Part && values.is_empty() {
            return;
        }
        match variables::default(values, self.definitions, scope, at) {
            Ok(defaulted) => *values = defaulted,
            Err(found) => errors.extend(found),
        }
        let rules = self.request.rules;
        errors.extend(variables::validate(
            values,
            old,
            self.definitions,
            scope,
            rules,
            at,
        ));
    }
}
