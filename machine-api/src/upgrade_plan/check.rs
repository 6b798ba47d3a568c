//! Completing and checking steps.

use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet},
};

use super::{PlanKind, UpgradePlan, UpgradePlanError, UpgradeRequest, read};
use crate::{Compat, version::Version};

/// How many minor versions workers may take at once.
const WORKERS_MINORS_MAX: u64 = 3;

pub(super) fn complete(
    request: UpgradeRequest<'_>,
    mut plan: UpgradePlan,
    compat: Compat,
) -> Result<UpgradePlan, UpgradePlanError> {
    let desired = read(request.desired)?;
    let current = read(request.control_plane)?;
    let known = check_control_plane(request, &current, &desired, &plan.control_plane)?;
    let workers = request.min_workers.map(read).transpose()?;
    let Some(workers) = workers.filter(|version| !same(version, &desired)) else {
        if plan.workers.is_empty() {
            return Ok(plan);
        }
        let plan = PlanKind::Workers;
        return Err(UpgradePlanError::NothingToUpgrade { plan });
    };
    check_known(request, &plan)?;
    if plan.workers.is_empty() {
        let Some(steps) = worker_steps(request, &workers, &desired, &known, compat)? else {
            return Ok(plan);
        };
        plan.workers = steps;
    }
    check_workers(request, workers, &desired, &plan.workers, &known)?;
    Ok(plan)
}

/// The versions that the control plane has on its way, the present one among them.
struct Known {
    /// The last one of every minor version.
    by_minor: BTreeMap<u64, String>,
    /// Their order; the present one comes before the first.
    order: BTreeMap<String, usize>,
}

fn check_control_plane(
    request: UpgradeRequest<'_>,
    current: &Version,
    desired: &Version,
    steps: &[String],
) -> Result<Known, UpgradePlanError> {
    let mut known = Known {
        by_minor: BTreeMap::from([(current.minor(), request.control_plane.to_owned())]),
        order: BTreeMap::from([(request.control_plane.to_owned(), 0)]),
    };
    let plan = PlanKind::ControlPlane;
    if same(current, desired) {
        return match steps {
            [] => Ok(known),
            _ => Err(UpgradePlanError::NothingToUpgrade { plan }),
        };
    }
    let mut before = current.clone();
    for (item, text) in steps.iter().enumerate() {
        let version = read(text)?;
        check_greater(plan, item, text, &version, &before)?;
        let next = before.minor().saturating_add(1);
        if version.minor() != before.minor() && version.minor() != next {
            return Err(UpgradePlanError::SkipsMinor {
                item,
                version: text.clone(),
                skipped: next,
            });
        }
        known.by_minor.insert(version.minor(), text.clone());
        known.order.insert(text.clone(), item + 1);
        before = version;
    }
    check_end(plan, &before, desired, request)?;
    Ok(known)
}

/// While the control plane has steps to go, workers only go where it goes.
fn check_known(request: UpgradeRequest<'_>, plan: &UpgradePlan) -> Result<(), UpgradePlanError> {
    if plan.control_plane.is_empty() {
        return Ok(());
    }
    let steps = plan.control_plane.iter().map(String::as_str);
    let allowed: BTreeSet<_> = steps.chain([request.control_plane]).collect();
    let unknown: BTreeSet<_> = plan
        .workers
        .iter()
        .filter(|version| !allowed.contains(version.as_str()))
        .collect();
    match unknown.first() {
        None => Ok(()),
        Some(version) => Err(UpgradePlanError::NotOfControlPlane {
            version: (*version).clone(),
        }),
    }
}

/// As few steps as the rules of version skew let workers take. `None` where upstream gives up without saying so.
fn worker_steps(
    request: UpgradeRequest<'_>,
    from: &Version,
    desired: &Version,
    known: &Known,
    compat: Compat,
) -> Result<Option<Vec<String>>, UpgradePlanError> {
    let distance = match compat {
        Compat::Fixed => desired.minor().saturating_sub(from.minor()),
        // Workers ahead of the desired version are a distance of nearly 2^64 away.
        Compat::Upstream => desired.minor().wrapping_sub(from.minor()),
    };
    let mut steps = Vec::new();
    let mut ahead = WORKERS_MINORS_MAX;
    while ahead < distance {
        let minor = from.minor().saturating_add(ahead);
        match (known.by_minor.get(&minor), compat) {
            (Some(version), _) => steps.push(version.clone()),
            (None, Compat::Fixed) => return Err(UpgradePlanError::NoVersionOfMinor { minor }),
            (None, Compat::Upstream) => return Ok(None),
        }
        ahead += WORKERS_MINORS_MAX;
    }
    if steps.last().map(String::as_str) != Some(request.desired) {
        steps.push(request.desired.to_owned());
    }
    Ok(Some(steps))
}

fn check_workers(
    request: UpgradeRequest<'_>,
    from: Version,
    desired: &Version,
    steps: &[String],
    known: &Known,
) -> Result<(), UpgradePlanError> {
    let plan = PlanKind::Workers;
    let mut before = from;
    for (item, text) in steps.iter().enumerate() {
        let version = read(text)?;
        if version.cmp_with_build_tags(&before).is_none() {
            check_order(item, text, &before, known)?;
        }
        check_greater(plan, item, text, &version, &before)?;
        let minors = version.minor().checked_sub(before.minor());
        if minors.is_none_or(|minors| minors > WORKERS_MINORS_MAX) {
            return Err(UpgradePlanError::TooManyMinors {
                item,
                from: shown(&before),
                version: text.clone(),
            });
        }
        before = version;
    }
    check_end(plan, &before, desired, request)
}

/// Versions that differ by build metadata without order come in the order that they have for the control plane.
fn check_order(
    item: usize,
    text: &String,
    before: &Version,
    known: &Known,
) -> Result<(), UpgradePlanError> {
    let (version, before) = (text.clone(), shown(before));
    match (known.order.get(text), known.order.get(&before)) {
        (Some(order), Some(earlier)) if order < earlier => Err(UpgradePlanError::OtherOrder {
            item,
            version,
            before,
        }),
        (Some(_), Some(_)) => Ok(()),
        _ => Err(UpgradePlanError::NoOrder { version, before }),
    }
}

fn check_greater(
    plan: PlanKind,
    item: usize,
    text: &str,
    version: &Version,
    than: &Version,
) -> Result<(), UpgradePlanError> {
    // Versions without order pass: they differ by build metadata only.
    match version.cmp_with_build_tags(than) {
        Some(Ordering::Less | Ordering::Equal) => Err(UpgradePlanError::NotGreater {
            plan,
            item,
            version: text.to_owned(),
            than: shown(than),
        }),
        Some(Ordering::Greater) | None => Ok(()),
    }
}

fn check_end(
    plan: PlanKind,
    last: &Version,
    desired: &Version,
    request: UpgradeRequest<'_>,
) -> Result<(), UpgradePlanError> {
    if same(last, desired) {
        return Ok(());
    }
    Err(UpgradePlanError::EndsElsewhere {
        plan,
        last: shown(last),
        desired: request.desired.to_owned(),
    })
}

fn same(a: &Version, b: &Version) -> bool {
    a.cmp_with_build_tags(b) == Some(Ordering::Equal)
}

fn shown(version: &Version) -> String {
    format!("v{version}")
}
