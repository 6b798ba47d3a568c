//! Where steps come from.

use std::cmp::Ordering;

use super::{StepSource, UpgradePlan, UpgradePlanError, UpgradeRequest, read};
use crate::version::Version;

/// The lowest of the versions of MachineDeployments and MachinePools of a cluster.
///
/// Of two that differ by build metadata without order, the one that the control plane does not have is lower: workers are
/// never ahead of it.
pub fn min_workers_version<'a>(
    workers: impl IntoIterator<Item = &'a Version>,
    control_plane: &Version,
) -> Option<&'a Version> {
    workers.into_iter().reduce(|lowest, version| {
        let lower = match version.cmp_with_build_tags(lowest) {
            Some(order) => order == Ordering::Less,
            None => version != control_plane,
        };
        if lower { version } else { lowest }
    })
}

pub(super) fn propose(
    request: UpgradeRequest<'_>,
    source: StepSource<'_>,
) -> Result<UpgradePlan, UpgradePlanError> {
    let mut plan = UpgradePlan::default();
    match source {
        StepSource::OneMinor => plan.control_plane = one_minor(request)?,
        StepSource::ClassVersions(versions) => {
            plan.control_plane = of_class(request, versions)?;
        }
        StepSource::Given {
            control_plane,
            workers,
        } => {
            plan.control_plane = control_plane.to_vec();
            plan.workers = workers.to_vec();
        }
    }
    Ok(plan)
}

fn one_minor(request: UpgradeRequest<'_>) -> Result<Vec<String>, UpgradePlanError> {
    let (desired, current) = (read(request.desired)?, read(request.control_plane)?);
    if current == desired {
        return Ok(Vec::new());
    }
    if desired.minor() > current.minor().saturating_add(1) {
        return Err(UpgradePlanError::TooFar {
            from: request.control_plane.to_owned(),
            to: request.desired.to_owned(),
        });
    }
    Ok(vec![request.desired.to_owned()])
}

fn of_class(
    request: UpgradeRequest<'_>,
    versions: &[String],
) -> Result<Vec<String>, UpgradePlanError> {
    let (desired, current) = (read(request.desired)?, read(request.control_plane)?);
    if current == desired {
        return Ok(Vec::new());
    }
    let mut steps: Vec<String> = Vec::new();
    let mut minor = current.minor();
    for text in versions {
        let version = read(text)?;
        if !is_between(&current, &version, &desired) {
            continue;
        }
        let first_of_own = steps.is_empty() && desired.minor() == current.minor();
        if version.minor() > minor || first_of_own {
            steps.push(text.clone());
        } else if version.minor() == minor
            && let Some(last) = steps.last_mut()
        {
            last.clone_from(text);
        }
        minor = version.minor();
    }
    Ok(steps)
}

/// Whether a version comes after the current one, whatever its build, and not after the desired one. Of builds without order, only
/// the desired one itself does.
fn is_between(current: &Version, version: &Version, desired: &Version) -> bool {
    let after = version.cmp_precedence(current) == Ordering::Greater;
    let within = version.cmp_with_build_tags(desired);
    after && within.is_some_and(Ordering::is_le)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lowest_of_the_workers() {
        let version = |text: &str| text.parse::<Version>().unwrap();
        let control_plane = version("v1.31.0+b");
        let lowest = |workers: &[&str]| {
            let workers: Vec<_> = workers.iter().map(|text| version(text)).collect();
            min_workers_version(&workers, &control_plane).map(ToString::to_string)
        };
        assert_eq!(lowest(&[]), None);
        assert_eq!(
            lowest(&["v1.31.0", "v1.30.4", "v1.30.5"]).as_deref(),
            Some("1.30.4")
        );
        assert_eq!(
            lowest(&["v1.31.0+a", "v1.31.0+b"]).as_deref(),
            Some("1.31.0+a")
        );
        assert_eq!(
            lowest(&["v1.31.0+b", "v1.31.0+a"]).as_deref(),
            Some("1.31.0+a")
        );
    }
}
