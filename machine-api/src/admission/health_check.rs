//! MachineHealthCheck.

use componentconfig::field::{Errors, Path};

use super::{
    Admit, Refusal, Request, Warnings,
    check::{self, path},
    verdict,
};
use crate::{IntOrString, core::v1beta2::MachineHealthCheck, labels};

/// How many seconds a machine may take until it has a node, if nothing is said.
const NODE_STARTUP_TIMEOUT: i32 = 600;
/// The least that may be said, besides nothing at all.
const MIN_NODE_STARTUP_TIMEOUT: i32 = 30;

/// How long a machine may take until it has a node: without end, or long enough.
pub(super) fn node_startup_timeout(seconds: Option<i32>, at: &Path, errors: &mut Errors) {
    if let Some(seconds) =
        seconds.filter(|seconds| *seconds != 0 && *seconds < MIN_NODE_STARTUP_TIMEOUT)
    {
        let at = at.child("checks").child("nodeStartupTimeoutSeconds");
        errors.invalid(&at, seconds, "must be at least 30s");
    }
}

/// With how many unhealthy machines remediation goes on.
pub(super) fn unhealthy_bound(bound: Option<&IntOrString>, at: &Path, errors: &mut Errors) {
    let at = at
        .child("remediation")
        .child("triggerIf")
        .child("unhealthyLessThanOrEqualTo");
    check::number_or_percentage(bound, &at, errors);
}

impl MachineHealthCheck {
    fn validate(&self, old: Option<&Self>) -> Result<Warnings, Refusal> {
        let mut errors = Errors::default();
        let (spec, at) = (&self.spec, path(&["spec"]));
        let place = at.child("selector");
        let selector = check::selector(&spec.selector, &place, &mut errors);
        if selector.is_some_and(|selector| selector.is_empty()) {
            errors.required(&place, "selector must not be empty");
        }
        let cluster = spec.selector.match_labels.get(labels::CLUSTER_NAME);
        if cluster.is_some_and(|cluster| *cluster != spec.cluster_name) {
            errors.invalid(
                &place,
                check::shown(&spec.selector),
                "cannot specify a cluster selector other than the one specified by ClusterName",
            );
        }
        let was = old.map(|old| &old.spec.cluster_name);
        check::immutable(
            &spec.cluster_name,
            was,
            &at.child("clusterName"),
            &mut errors,
        );
        node_startup_timeout(spec.checks.node_startup_timeout_seconds, &at, &mut errors);
        let bound = &spec.remediation.trigger_if.unhealthy_less_than_or_equal_to;
        unhealthy_bound(bound.as_ref(), &at, &mut errors);
        verdict(self, errors)
    }
}

impl Admit for MachineHealthCheck {
    fn set_defaults(&mut self, _: Option<&Self>, _: &Request<'_>) -> Result<(), Refusal> {
        let name = self.spec.cluster_name.clone();
        self.metadata
            .labels
            .insert(labels::CLUSTER_NAME.to_owned(), name);
        let timeout = &mut self.spec.checks.node_startup_timeout_seconds;
        timeout.get_or_insert(NODE_STARTUP_TIMEOUT);
        Ok(())
    }

    fn validate_create(&self, _: &Request<'_>) -> Result<Warnings, Refusal> {
        self.validate(None)
    }

    fn validate_update(&self, old: &Self, _: &Request<'_>) -> Result<Warnings, Refusal> {
        self.validate(Some(old))
    }
}
