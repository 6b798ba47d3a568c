//! How many machines run which version.
//!
//! Follows `internal/util/version` of Cluster API.

use std::cmp::Ordering;

use crate::{
    core::v1beta2::{Machine, StatusVersion},
    version::Version,
};

/// The versions of machines, the lowest first: that of the kubelet, else the one that is wanted.
pub(crate) fn of_machines(machines: &[&Machine]) -> Vec<StatusVersion> {
    let mut machines = machines.to_vec();
    machines.sort_by_key(|machine| {
        let metadata = &machine.metadata;
        (metadata.creation_timestamp, metadata.name.as_str())
    });
    let versions = machines.into_iter().map(|machine| {
        let info = machine.status.node_info.as_ref();
        let kubelet = info.map_or("", |info| info.kubelet_version.as_str());
        match kubelet {
            "" => (machine.spec.version.as_str(), 1),
            kubelet => (kubelet, 1),
        }
    });
    count(versions)
}

/// Versions that several objects tell of, together.
pub(crate) fn sum<'a>(versions: impl IntoIterator<Item = &'a StatusVersion>) -> Vec<StatusVersion> {
    let versions = versions.into_iter();
    count(versions.map(|one| (one.version.as_str(), one.replicas)))
}

/// Those that cannot be compared come in the order in which they are found.
fn count<'a>(versions: impl Iterator<Item = (&'a str, i32)>) -> Vec<StatusVersion> {
    let mut found: Vec<StatusVersion> = Vec::new();
    for (version, replicas) in versions {
        match found.iter_mut().find(|one| one.version == version) {
            _ if version.is_empty() => {}
            Some(one) => one.replicas = one.replicas.saturating_add(replicas),
            None => found.push(StatusVersion {
                version: version.to_owned(),
                replicas,
            }),
        }
    }
    let mut sorted: Vec<StatusVersion> = Vec::with_capacity(found.len());
    // Which of two is lower is not always known, so they are put in place one by one, each behind what is not higher.
    for one in found {
        let lower = |other: &StatusVersion| compare(&one.version, &other.version).is_lt();
        let place = sorted.iter().rposition(|other| !lower(other));
        sorted.insert(place.map_or(0, |place| place + 1), one);
    }
    sorted
}

/// What is no version comes behind all versions.
fn compare(a: &str, b: &str) -> Ordering {
    match (a.parse::<Version>(), b.parse::<Version>()) {
        (Ok(first), Ok(second)) => match first.cmp_with_build_tags(&second) {
            Some(Ordering::Equal) => a.cmp(b),
            order => order.unwrap_or(Ordering::Equal),
        },
        (Ok(_), Err(_)) => Ordering::Less,
        (Err(_), Ok(_)) => Ordering::Greater,
        (Err(_), Err(_)) => a.cmp(b),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(version: &str, replicas: i32) -> StatusVersion {
        StatusVersion {
            version: version.to_owned(),
            replicas,
        }
    }

    #[test]
    fn versions_are_counted_and_sorted() {
        let told = [
            one("v1.36.10", 1),
            one("latest", 1),
            one("v1.36.2", 2),
            one("", 4),
            one("v1.36.10", 3),
        ];
        let expected = [one("v1.36.2", 2), one("v1.36.10", 4), one("latest", 1)];
        assert_eq!(sum(&told), expected);
    }

    #[test]
    fn the_kubelet_knows_best() {
        let mut updated = Machine::default();
        updated.spec.version = "v1.36.1".to_owned();
        let mut outdated = updated.clone();
        let info = outdated.status.node_info.get_or_insert_default();
        info.kubelet_version = "v1.36.0".to_owned();
        let expected = [one("v1.36.0", 1), one("v1.36.1", 1)];
        assert_eq!(of_machines(&[&updated, &outdated]), expected);
    }
}
