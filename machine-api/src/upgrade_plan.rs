//! The versions that a managed cluster goes through on its way to another one.
//!
//! Follows `exp/topology/desiredstate/upgrade_plan.go` of Cluster API. A control plane takes every minor version; workers skip
//! as many as the rules of version skew let them, because each step replaces their machines.

mod check;
mod error;
mod propose;

use serde::Serialize;

pub use self::{
    error::{PlanKind, UpgradePlanError},
    propose::min_workers_version,
};
use crate::{Compat, version::Version};

/// What there is and what is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UpgradeRequest<'a> {
    /// The version that the cluster should have.
    pub desired: &'a str,
    /// The version of its control plane.
    pub control_plane: &'a str,
    /// The lowest version of its MachineDeployments and MachinePools; `None` if there are none. See
    /// [`min_workers_version`].
    pub min_workers: Option<&'a str>,
}

/// Where the steps come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepSource<'a> {
    /// Straight to the desired version, which is one minor version ahead at most.
    OneMinor,
    /// The `kubernetesVersions` of a ClusterClass, ascending: the last one of every minor version on the way.
    ClassVersions(&'a [String]),
    /// From elsewhere, such as an upgrade plan extension. Steps of the workers may be left out.
    Given {
        /// The steps of the control plane.
        control_plane: &'a [String],
        /// The steps of the workers.
        workers: &'a [String],
    },
}

/// The steps, the desired version last; none where nothing is to be done.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct UpgradePlan {
    /// The steps of the control plane.
    pub control_plane: Vec<String>,
    /// The steps of the workers.
    pub workers: Vec<String>,
}

/// Plans an upgrade, and checks the plan.
///
/// ```
/// use machine_api::{Compat, upgrade_plan::{StepSource, UpgradeRequest, plan}};
///
/// let request = UpgradeRequest { desired: "v1.33.0", control_plane: "v1.29.0", min_workers: Some("v1.29.0") };
/// let versions = ["v1.30.0", "v1.30.4", "v1.31.1", "v1.32.0", "v1.33.0"].map(str::to_owned);
/// let plan = plan(request, StepSource::ClassVersions(&versions), Compat::Fixed)?;
/// assert_eq!(plan.control_plane, ["v1.30.4", "v1.31.1", "v1.32.0", "v1.33.0"]);
/// assert_eq!(plan.workers, ["v1.32.0", "v1.33.0"]);
/// # Ok::<(), machine_api::upgrade_plan::UpgradePlanError>(())
/// ```
///
/// With [`Compat::Upstream`], a plan for the workers for which a minor version is missing on the way, or for workers that
/// are ahead of the desired version, comes out empty instead of being refused.
///
/// # Errors
/// A version cannot be read, there is no way to the desired version, or the steps are not ascending, skip a minor version of
/// the control plane or more than three of the workers, or do not end with the desired version.
pub fn plan(
    request: UpgradeRequest<'_>,
    source: StepSource<'_>,
    compat: Compat,
) -> Result<UpgradePlan, UpgradePlanError> {
    let proposed = propose(request, source)?;
    complete(request, proposed, compat)
}

/// The steps that `source` gives, unchecked. The workers have some only where they are given.
///
/// # Errors
/// A version cannot be read, or the desired one is too far away for [`StepSource::OneMinor`].
pub fn propose(
    request: UpgradeRequest<'_>,
    source: StepSource<'_>,
) -> Result<UpgradePlan, UpgradePlanError> {
    propose::propose(request, source)
}

/// Fills in the steps of the workers where there are none, and checks the whole.
///
/// # Errors
/// As of [`plan`].
pub fn complete(
    request: UpgradeRequest<'_>,
    proposed: UpgradePlan,
    compat: Compat,
) -> Result<UpgradePlan, UpgradePlanError> {
    check::complete(request, proposed, compat)
}

fn read(text: &str) -> Result<Version, UpgradePlanError> {
    text.parse().map_err(UpgradePlanError::Version)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn owned(versions: &[&str]) -> Vec<String> {
        versions
            .iter()
            .map(|version| (*version).to_owned())
            .collect()
    }

    fn request<'a>(
        control_plane: &'a str,
        workers: &'a str,
        desired: &'a str,
    ) -> UpgradeRequest<'a> {
        UpgradeRequest {
            desired,
            control_plane,
            min_workers: Some(workers),
        }
    }

    #[test]
    fn a_missing_minor_version_is_refused_or_as_upstream_forgotten() {
        let request = request("v1.33.0", "v1.29.0", "v1.34.0");
        let plan = |compat| plan(request, StepSource::OneMinor, compat);
        assert_eq!(
            plan(Compat::Fixed),
            Err(UpgradePlanError::NoVersionOfMinor { minor: 32 })
        );
        let upstream = plan(Compat::Upstream).unwrap();
        assert_eq!(upstream.control_plane, ["v1.34.0"]);
        assert_eq!(upstream.workers, owned(&[]));
    }

    #[test]
    fn workers_ahead_are_refused_or_as_upstream_forgotten() {
        let request = request("v1.30.0", "v1.32.0", "v1.31.1");
        let plan = |compat| plan(request, StepSource::OneMinor, compat);
        let error = plan(Compat::Fixed).unwrap_err();
        assert_eq!(
            error.to_string(),
            "step 0 of the workers, v1.31.1, is not greater than v1.32.0"
        );
        assert_eq!(plan(Compat::Upstream).unwrap().workers, owned(&[]));
    }

    #[test]
    fn steps_that_are_given_are_checked() {
        let given = |control_plane: &[&str], workers: &[&str]| {
            let (control_plane, workers) = (owned(control_plane), owned(workers));
            let source = StepSource::Given {
                control_plane: &control_plane,
                workers: &workers,
            };
            let plan = plan(
                request("v1.30.0", "v1.30.0", "v1.32.0"),
                source,
                Compat::Fixed,
            );
            plan.err().map(|error| error.to_string())
        };
        assert_eq!(given(&["v1.31.0", "v1.32.0"], &["v1.32.0"]), None);
        for (control_plane, workers, message) in [
            (
                &["v1.32.0"][..],
                &[][..],
                "step 0 of the control plane, v1.32.0, skips minor version 31",
            ),
            (
                &["v1.31.0"],
                &[],
                "the steps of the control plane end with v1.31.0, not with v1.32.0",
            ),
            (
                &["x"],
                &[],
                "\"x\" is no version such as v1.36.2: unexpected character 'x' while parsing major version number",
            ),
            (
                &["v1.31.0", "v1.32.0"],
                &["v1.31.5", "v1.32.0"],
                "the control plane never has the version v1.31.5 of a step of the workers",
            ),
            (
                &["v1.31.0", "v1.32.0"],
                &["v1.31.0"],
                "the steps of the workers end with v1.31.0, not with v1.32.0",
            ),
        ] {
            assert_eq!(given(control_plane, workers).as_deref(), Some(message));
        }
    }

    #[test]
    fn builds_without_order_follow_the_control_plane() {
        let given = |workers: &[&str]| {
            let control_plane = owned(&["v1.30.0+b", "v1.30.0+c"]);
            let workers = owned(workers);
            let source = StepSource::Given {
                control_plane: &control_plane,
                workers: &workers,
            };
            plan(
                request("v1.30.0+a", "v1.30.0+a", "v1.30.0+c"),
                source,
                Compat::Fixed,
            )
        };
        assert!(given(&["v1.30.0+b", "v1.30.0+c"]).is_ok());
        assert_eq!(
            given(&["v1.30.0+c", "v1.30.0+b"]),
            Err(UpgradePlanError::OtherOrder {
                item: 1,
                version: "v1.30.0+b".to_owned(),
                before: "v1.30.0+c".to_owned()
            })
        );
    }

    proptest! {
        #[test]
        fn plans_keep_the_rules(from in 20_u64..30, ahead in 0_u64..12, behind in 0_u64..4, patches in prop::collection::vec(0_u64..5, 20)) {
            let version = |minor: u64| {
                let patch = patches[usize::try_from(minor - 16).unwrap() % 20];
                format!("v1.{minor}.{patch}")
            };
            let (control_plane, workers, desired) = (version(from), version(from - behind), version(from + ahead));
            let versions: Vec<_> = (16..=from + ahead).map(version).collect();
            let request = request(&control_plane, &workers, &desired);
            let plan = plan(request, StepSource::ClassVersions(&versions), Compat::Fixed);
            // Without older versions in the plan, workers that lag have nowhere to stop before the control plane.
            let Ok(plan) = plan else {
                prop_assert!(behind > 0 && ahead > 0);
                return Ok(());
            };
            let minors = |steps: &[String]| -> Vec<u64> {
                steps.iter().map(|step| step.parse::<Version>().unwrap().minor()).collect()
            };
            prop_assert_eq!(minors(&plan.control_plane), (from + 1..=from + ahead).collect::<Vec<_>>());
            let mut before = from - behind;
            for minor in minors(&plan.workers) {
                prop_assert!(minor > before && minor - before <= 3);
                before = minor;
            }
            prop_assert_eq!(before, from + ahead);
            prop_assert!(plan.workers.iter().all(|step| plan.control_plane.contains(step) || *step == control_plane));
        }
    }
}
